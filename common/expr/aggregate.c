/* SPDX-License-Identifier: Apache-2.0
 *
 * count, sum, avg, min, max, and the choice among the families (aggregate_cells.h).
 *
 * Every accumulator has a count of the rows behind it: zero means NULL, and retracting brings it
 * back to that. Sums of 64-bit values and decimals are kept in 160 bits (128 and a count of how
 * often they overflowed), so that the order of rows never decides whether a sum fits.
 */
#include "common/expr/aggregate.h"

#include <math.h>

#include "common/expr/aggregate_cells.h"
#include "common/expr/decimal.h"
#include "common/expr/order.h"

/* --- Accumulators. Zero is empty. Cells are 8-byte aligned at least. --- */

typedef struct count_cell {
    int64_t count;
} count_cell;

/* sum and avg of INT: 2^32 rows of 2^31 fit. */
typedef struct int_cell {
    int64_t sum;
    int64_t count;
} int_cell;

/* sum and avg of BIGINT and DECIMAL. */
typedef struct wide_cell {
    uint64_t low;
    int64_t high; /* with low: the sum modulo 2^128 */
    int64_t carry;
    int64_t count;
} wide_cell;

typedef struct real_cell {
    double sum;
    int64_t count;
} real_cell;

typedef struct interval_cell {
    int64_t months;
    int64_t days;
    int64_t micros;
    int64_t count;
} interval_cell;

/* min and max. `seen` is 0 or 1: they take no retracts. A view stands first, where the state table
 * looks for it. */
#define EXTREME_CELL(name, T)                                                                      \
    typedef struct name {                                                                          \
        T value;                                                                                   \
        int64_t seen;                                                                              \
    } name
EXTREME_CELL(i32_cell, int64_t); /* as wide as the cell */
EXTREME_CELL(i64_cell, int64_t);
EXTREME_CELL(f64_cell, double);
EXTREME_CELL(span_cell, leat_interval);
EXTREME_CELL(view_cell, leat_view);
typedef struct i128_cell {
    int64_t seen;
    uint64_t low;
    int64_t high;
} i128_cell;

static void wide_add(wide_cell *cell, leat_i128 value)
{
    leat_i128 sum = joined(cell->high, cell->low), result;
    if (LEAT_UNLIKELY(__builtin_add_overflow(sum, value, &result)))
        cell->carry += value < 0 ? -1 : 1;
    cell->low = (uint64_t)result;
    cell->high = (int64_t)(result >> 64);
}

/* --- Update. --- */

UPDATE(count_update, count_cell, cell->count += sign;)

UPDATE_OF(count_star_update, count_cell, &nothing, cell->count += sign;)
UPDATE(sum_i32_update, int_cell, cell->sum += sign * ARGUMENT(int32_t); cell->count += sign;)
UPDATE(sum_f64_update, real_cell, cell->sum += (double)sign * ARGUMENT(double);
       cell->count += sign;)

UPDATE(sum_wide_update, wide_cell, const leat_i128 value = ARGUMENT_WIDE;
       wide_add(cell, sign < 0 ? -value : value);
       cell->count += sign;)

UPDATE(sum_interval_update, interval_cell, const leat_interval x = ARGUMENT(leat_interval);
       cell->months += sign * x.months;
       cell->days += sign * x.days;
       cell->micros += sign * x.micros;
       cell->count += sign;)

/* `takes` compares the argument x with what is there. */
#define EXTREME(name, C, T, takes)                                                                 \
    UPDATE(                                                                                        \
        name, C, const T x = ARGUMENT(T); if (cell->seen == 0 || (takes)) {                        \
            cell->value = x;                                                                       \
            cell->seen = 1;                                                                        \
        })

#define MIN_AND_MAX(type, C, T, LT)                                                                \
    EXTREME(min_##type##_update, C, T, LT(x, cell->value))                                         \
    EXTREME(max_##type##_update, C, T, LT(cell->value, x))

MIN_AND_MAX(i32, i32_cell, int32_t, LEAT_PLAIN_LT)
MIN_AND_MAX(i64, i64_cell, int64_t, LEAT_PLAIN_LT)
MIN_AND_MAX(f64, f64_cell, double, LEAT_REAL_LT)
MIN_AND_MAX(span, span_cell, leat_interval, LEAT_SPAN_LT)
MIN_AND_MAX(view, view_cell, leat_view, LEAT_VIEW_LT)

static void extreme_i128(i128_cell *cell, leat_i128 value, bool is_min)
{
    leat_i128 now = joined(cell->high, cell->low);
    if (cell->seen != 0 && (is_min ? value >= now : value <= now))
        return;
    cell->seen = 1;
    cell->low = (uint64_t)value;
    cell->high = (int64_t)(value >> 64);
}

UPDATE(extreme_decimal_update, i128_cell, leat_i128 value = ARGUMENT_WIDE;
       extreme_i128(cell, value, self->kind == LEAT_AGGREGATE_MIN);)

/* --- Merge. --- */

MERGE(count_merge, count_cell, into->count += from->count;)
MERGE(int_merge, int_cell, into->sum += from->sum; into->count += from->count;)
MERGE(interval_merge, interval_cell, into->months += from->months; into->days += from->days;
      into->micros += from->micros;
      into->count += from->count;)
MERGE(real_merge, real_cell, into->sum += from->sum; into->count += from->count;)
MERGE(wide_merge, wide_cell, wide_add(into, joined(from->high, from->low));
      into->carry += from->carry;
      into->count += from->count;)

#define EXTREME_MERGE(name, C, LT)                                                                 \
    MERGE(name, C, if (from->seen == 0) return; bool is_min = self->kind == LEAT_AGGREGATE_MIN;    \
          if (into->seen == 0 || (is_min ? LT(from->value, into->value)                            \
                                         : LT(into->value, from->value))) *into = *from;)

EXTREME_MERGE(i32_merge, i32_cell, LEAT_PLAIN_LT)
EXTREME_MERGE(i64_merge, i64_cell, LEAT_PLAIN_LT)
EXTREME_MERGE(f64_merge, f64_cell, LEAT_REAL_LT)
EXTREME_MERGE(span_merge, span_cell, LEAT_SPAN_LT)
EXTREME_MERGE(view_merge, view_cell, LEAT_VIEW_LT)
MERGE(i128_merge,
      i128_cell,
      if (from->seen != 0)
          extreme_i128(into, joined(from->high, from->low), self->kind == LEAT_AGGREGATE_MIN);)

/* --- Results. --- */

RESULT(count_result, count_cell, int64_t, out[i] = cell->count;)
RESULT(sum_int_result, int_cell, int64_t, is_null = cell->count == 0; out[i] = cell->sum;)
RESULT(sum_real_result, real_cell, double, is_null = cell->count == 0;
       is_over = !is_null && isinf(cell->sum);
       out[i] = cell->sum;)
RESULT(avg_real_result, real_cell, double, is_null = cell->count == 0;
       out[i] = is_null ? 0.0 : cell->sum / (double)cell->count;
       is_over = !is_null && isinf(out[i]);)

/* Most sums fit 64 bits, and then any decimal. */
static inline bool wide_fits(const wide_cell *cell)
{
    bool is_narrow = cell->high == (int64_t)cell->low >> 63;
    return cell->carry == 0 &&
           (LEAT_LIKELY(is_narrow) || leat_decimal_fits(joined(cell->high, cell->low), 38));
}

RESULT(sum_wide_result, wide_cell, leat_i128, is_null = cell->count == 0;
       out[i] = joined(cell->high, cell->low);
       is_over = !is_null && !wide_fits(cell);
       if (LEAT_UNLIKELY(is_null || is_over)) out[i] = 0;)

static bool interval_of(int64_t months, int64_t days, int64_t micros, leat_interval *out)
{
    *out = (leat_interval){(int32_t)months, (int32_t)days, micros};
    return out->months == months && out->days == days;
}

/* As PostgreSQL divides: what is left of a month becomes days, of a day time. */
static bool interval_average(const interval_cell *cell, leat_interval *out)
{
    enum { MONTH_DAYS = 30 };
    const double day_us = 86400e6;
    double n = (double)cell->count;
    int64_t months = cell->months / cell->count, days = cell->days / cell->count;
    double left_days = (double)(cell->months % cell->count) / n * MONTH_DAYS;
    left_days = rint(left_days * 1e6) / 1e6;
    double left = (double)(cell->days % cell->count) / n + left_days - trunc(left_days);
    double left_us = rint(left * day_us);
    int64_t carried = (int64_t)(left_us / day_us);
    left_us -= (double)carried * day_us;
    int64_t micros = (int64_t)rint((double)cell->micros / n + left_us);
    return interval_of(months, days + carried + (int64_t)left_days, micros, out);
}

RESULT(sum_interval_result, interval_cell, leat_interval, is_null = cell->count == 0;
       is_over = !interval_of(cell->months, cell->days, cell->micros, &out[i]);)
RESULT(avg_interval_result, interval_cell, leat_interval, is_null = cell->count == 0;
       out[i] = (leat_interval){0};
       is_over = !is_null && !interval_average(cell, &out[i]);)

static bool average(leat_i128 sum, int64_t count, const self_type *self, leat_i128 *out)
{
    unsigned shift = (unsigned)self->result.scale - self->input.scale;
    return leat_decimal_divide(sum, count, shift, out);
}

RESULT(avg_int_result, int_cell, leat_i128, out[i] = 0; is_null = cell->count == 0;
       is_over = !is_null && !average(cell->sum, cell->count, self, &out[i]);)
RESULT(avg_wide_result, wide_cell, leat_i128, out[i] = 0; is_null = cell->count == 0;
       is_over = !is_null && (cell->carry != 0 ||
                              !average(joined(cell->high, cell->low), cell->count, self, &out[i]));)

RESULT(i32_result, i32_cell, int32_t, is_null = cell->seen == 0; out[i] = (int32_t)cell->value;)
RESULT(i64_result, i64_cell, int64_t, is_null = cell->seen == 0; out[i] = cell->value;)
RESULT(f64_result, f64_cell, double, is_null = cell->seen == 0; out[i] = cell->value;)
RESULT(span_result, span_cell, leat_interval, is_null = cell->seen == 0; out[i] = cell->value;)
RESULT(view_result, view_cell, leat_view, is_null = cell->seen == 0; out[i] = cell->value;)
RESULT(i128_result, i128_cell, leat_i128, is_null = cell->seen == 0;
       out[i] = joined(cell->high, cell->low);)

/* --- Which. --- */

static leat_aggregate count_shape(leat_aggregate_kind kind)
{
    bool is_star = kind == LEAT_AGGREGATE_COUNT_STAR;
    return SHAPE(count_cell, is_star ? count_star_update : count_update, count_merge, count_result);
}

static leat_aggregate number_shape(leat_aggregate_kind kind, leat_layout layout)
{
    bool is_sum = kind == LEAT_AGGREGATE_SUM;
    if (layout == LEAT_LAYOUT_I32)
        return SHAPE(int_cell, sum_i32_update, int_merge, is_sum ? sum_int_result : avg_int_result);
    if (layout == LEAT_LAYOUT_F64)
        return SHAPE(real_cell, sum_f64_update, real_merge,
                     is_sum ? sum_real_result : avg_real_result);
    if (layout == LEAT_LAYOUT_INTERVAL)
        return SHAPE(interval_cell, sum_interval_update, interval_merge,
                     is_sum ? sum_interval_result : avg_interval_result);
    return SHAPE(wide_cell, sum_wide_update, wide_merge,
                 is_sum ? sum_wide_result : avg_wide_result);
}

static leat_aggregate extreme_shape(leat_aggregate_kind kind, leat_type input)
{
    bool is_min = kind == LEAT_AGGREGATE_MIN;
    if (input.id == LEAT_TYPE_DECIMAL)
        return SHAPE(i128_cell, extreme_decimal_update, i128_merge, i128_result);
    switch (leat_type_layout(input)) {
    case LEAT_LAYOUT_I32:
        return SHAPE(i32_cell, is_min ? min_i32_update : max_i32_update, i32_merge, i32_result);
    case LEAT_LAYOUT_I64:
        return SHAPE(i64_cell, is_min ? min_i64_update : max_i64_update, i64_merge, i64_result);
    case LEAT_LAYOUT_F64:
        return SHAPE(f64_cell, is_min ? min_f64_update : max_f64_update, f64_merge, f64_result);
    case LEAT_LAYOUT_INTERVAL:
        return SHAPE(span_cell, is_min ? min_span_update : max_span_update, span_merge,
                     span_result);
    case LEAT_LAYOUT_VIEW:
        return SHAPE(view_cell, is_min ? min_view_update : max_view_update, view_merge,
                     view_result);
    case LEAT_LAYOUT_BIT:
    case LEAT_LAYOUT_I128:
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static leat_aggregate shape_of(const leat_bound_aggregate *bound, leat_type input, bool retracts)
{
    switch (bound->kind) {
    case LEAT_AGGREGATE_COUNT_STAR:
    case LEAT_AGGREGATE_COUNT:
        return count_shape(bound->kind);
    case LEAT_AGGREGATE_SUM:
    case LEAT_AGGREGATE_AVG:
        return number_shape(bound->kind, leat_type_layout(input));
    case LEAT_AGGREGATE_MIN:
    case LEAT_AGGREGATE_MAX:
        return extreme_shape(bound->kind, input);
    case LEAT_AGGREGATE_BOOL_AND:
    case LEAT_AGGREGATE_BOOL_OR:
    case LEAT_AGGREGATE_BIT_AND:
    case LEAT_AGGREGATE_BIT_OR:
    case LEAT_AGGREGATE_BIT_XOR:
        return leat_aggregate_logic(bound->kind, input, retracts);
    case LEAT_AGGREGATE_FIRST_VALUE:
    case LEAT_AGGREGATE_LAST_VALUE:
    case LEAT_AGGREGATE_ANY_VALUE:
        return leat_aggregate_picking();
    case LEAT_AGGREGATE_STRING_AGG:
    case LEAT_AGGREGATE_ARRAY_AGG:
    case LEAT_AGGREGATE_JSONB_AGG:
    case LEAT_AGGREGATE_JSONB_OBJECT_AGG:
    case LEAT_AGGREGATE_PERCENTILE_CONT:
    case LEAT_AGGREGATE_PERCENTILE_DISC:
    case LEAT_AGGREGATE_MODE:
        break; /* of their values only */
    case LEAT_AGGREGATE_VAR_POP:
    case LEAT_AGGREGATE_VAR_SAMP:
    case LEAT_AGGREGATE_STDDEV_POP:
    case LEAT_AGGREGATE_STDDEV_SAMP:
    case LEAT_AGGREGATE_COVAR_POP:
    case LEAT_AGGREGATE_COVAR_SAMP:
    case LEAT_AGGREGATE_CORR:
    case LEAT_AGGREGATE_REGR_COUNT:
    case LEAT_AGGREGATE_REGR_AVGX:
    case LEAT_AGGREGATE_REGR_AVGY:
    case LEAT_AGGREGATE_REGR_SXX:
    case LEAT_AGGREGATE_REGR_SYY:
    case LEAT_AGGREGATE_REGR_SXY:
    case LEAT_AGGREGATE_REGR_SLOPE:
    case LEAT_AGGREGATE_REGR_INTERCEPT:
    case LEAT_AGGREGATE_REGR_R2:
        return leat_aggregate_statistics(bound->kind, input);
    case LEAT_AGGREGATE_KIND_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

/* The extremes, and what is picked or gathered. */
static bool holds_value(leat_aggregate_kind kind, bool is_gathered)
{
    return is_gathered || kind == LEAT_AGGREGATE_MIN || kind == LEAT_AGGREGATE_MAX ||
           kind == LEAT_AGGREGATE_FIRST_VALUE || kind == LEAT_AGGREGATE_LAST_VALUE ||
           kind == LEAT_AGGREGATE_ANY_VALUE;
}

leat_aggregate leat_aggregate_of(const leat_bound_aggregate *bound, bool retracts)
{
    leat_type input = bound->argument == NULL ? LEAT_TYPE(UNKNOWN) : bound->argument->type;
    bool is_gathered = leat_aggregate_is_gathered(bound, retracts);
    leat_aggregate aggregate =
        is_gathered ? leat_aggregate_gathering() : shape_of(bound, input, retracts);
    bool is_bits = bound->kind == LEAT_AGGREGATE_BIT_AND || bound->kind == LEAT_AGGREGATE_BIT_OR;
    aggregate.kind = bound->kind;
    aggregate.input = input;
    aggregate.result = bound->type;
    aggregate.option = bound->option;
    aggregate.is_gathered = is_gathered;
    aggregate.can_retract = !holds_value(bound->kind, is_gathered) && (retracts || !is_bits);
    aggregate.holds_text =
        holds_value(bound->kind, is_gathered) && leat_type_layout(bound->type) == LEAT_LAYOUT_VIEW;
    return aggregate;
}
