/* SPDX-License-Identifier: Apache-2.0
 *
 * One update loop per kind and layout, chosen when the plan is opened; the loop itself asks for
 * nothing but NULL and sign.
 *
 * Every accumulator has a count of the rows behind it: zero means NULL, and retracting brings it
 * back to that. Sums of 64-bit values and decimals are kept in 160 bits (128 and a count of how
 * often they overflowed), so that the order of rows never decides whether a sum fits.
 */
#include "common/expr/aggregate.h"

#include "common/base/assert.h"
#include "common/expr/decimal.h"
#include "common/expr/order.h"

#include <math.h>

/* --- Types. --- */

/* What sum and avg make of their argument (decisions 16, 39); false: not for this type. */
static bool number_result(leat_aggregate_kind kind, leat_type input, leat_type *out)
{
    enum { AVERAGE_SCALE = 16 }; /* as many digits as PostgreSQL gives an average near one */
    bool is_sum = kind == LEAT_AGGREGATE_SUM;
    unsigned scale = LEAT_MAX((unsigned)input.scale, (unsigned)AVERAGE_SCALE);
    switch ((leat_type_id)input.id) {
    case LEAT_TYPE_INT:
        *out = is_sum ? LEAT_TYPE(BIGINT) : leat_type_decimal(38, scale);
        return true;
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
        *out = leat_type_decimal(38, is_sum ? input.scale : scale);
        return true;
    case LEAT_TYPE_DOUBLE:
        *out = input;
        return true;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_BOOLEAN:
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_INTERVAL:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
    case LEAT_TYPE_COUNT:
        break;
    }
    return false;
}

bool leat_aggregate_result(leat_aggregate_kind kind, leat_type input, leat_type *out)
{
    switch (kind) {
    case LEAT_AGGREGATE_COUNT_STAR:
    case LEAT_AGGREGATE_COUNT:
        *out = LEAT_TYPE(BIGINT);
        return true;
    case LEAT_AGGREGATE_SUM:
    case LEAT_AGGREGATE_AVG:
        return number_result(kind, input, out);
    case LEAT_AGGREGATE_MIN:
    case LEAT_AGGREGATE_MAX:
        *out = input;
        return input.id != LEAT_TYPE_BOOLEAN && input.id != LEAT_TYPE_UNKNOWN;
    case LEAT_AGGREGATE_BOOL_AND:
    case LEAT_AGGREGATE_BOOL_OR:
    case LEAT_AGGREGATE_BIT_AND:
    case LEAT_AGGREGATE_BIT_OR:
    case LEAT_AGGREGATE_BIT_XOR:
    case LEAT_AGGREGATE_VAR_POP:
    case LEAT_AGGREGATE_VAR_SAMP:
    case LEAT_AGGREGATE_STDDEV_POP:
    case LEAT_AGGREGATE_STDDEV_SAMP:
    case LEAT_AGGREGATE_FIRST_VALUE:
    case LEAT_AGGREGATE_LAST_VALUE:
    case LEAT_AGGREGATE_STRING_AGG:
    case LEAT_AGGREGATE_ARRAY_AGG:
    case LEAT_AGGREGATE_PERCENTILE_CONT:
    case LEAT_AGGREGATE_PERCENTILE_DISC:
    case LEAT_AGGREGATE_MODE:
    case LEAT_AGGREGATE_APPROX_COUNT_DISTINCT:
    case LEAT_AGGREGATE_KIND_COUNT:
        break;
    }
    return false;
}

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

static leat_i128 joined(int64_t high, uint64_t low)
{
    return (leat_i128)((leat_u128)(uint64_t)high << 64 | low);
}

static void wide_add(wide_cell *cell, leat_i128 value)
{
    leat_i128 sum = joined(cell->high, cell->low), result;
    if (LEAT_UNLIKELY(__builtin_add_overflow(sum, value, &result)))
        cell->carry += value < 0 ? -1 : 1;
    cell->low = (uint64_t)result;
    cell->high = (int64_t)(result >> 64);
}

static inline bool is_retract(const uint8_t *changes, uint32_t row)
{
    return changes != NULL && (changes[row] & 1);
}

/* --- Update. --- */

typedef leat_aggregate self_type;

/* BODY for every row that is not NULL: `cell`, `row`, `at` (of its argument), `sign` (1, or -1 for
 * a retract). The first loop is for what comes most: a column without NULLs, and only inserts. */
#define UPDATE_OF(name, C, column, ...)                                                            \
    static void name(const self_type *self, char *const *cells, uint32_t offset,                   \
                     const leat_column *given LEAT_UNUSED, const uint8_t *changes,                 \
                     const uint32_t *positions, uint32_t count)                                    \
    {                                                                                              \
        (void)self;                                                                                \
        const leat_column *argument = (column);                                                    \
        const void *values LEAT_UNUSED = argument->values;                                         \
        const bool is_wide LEAT_UNUSED = argument->layout == LEAT_LAYOUT_I128;                     \
        if (argument->validity == NULL && changes == NULL && !argument->is_constant) {             \
            for (uint32_t i = 0; i < count; i++) {                                                 \
                C *cell = (C *)(void *)(cells[i] + offset);                                        \
                const uint32_t at LEAT_UNUSED = positions[i];                                      \
                const int64_t sign LEAT_UNUSED = 1;                                                \
                __VA_ARGS__                                                                        \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (uint32_t i = 0; i < count; i++) {                                                     \
            C *cell = (C *)(void *)(cells[i] + offset);                                            \
            const uint32_t at LEAT_UNUSED = argument->is_constant ? 0 : positions[i];              \
            const int64_t sign LEAT_UNUSED = is_retract(changes, positions[i]) ? -1 : 1;           \
            if (leat_column_is_null(argument, at))                                                 \
                continue;                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

#define UPDATE(name, C, ...) UPDATE_OF(name, C, given, __VA_ARGS__)

/* count(*) has no argument: a column that is never NULL stands in for it. */
static const leat_column nothing = {0};

#define ARGUMENT(T)   (((const T *)values)[at])
#define ARGUMENT_WIDE (is_wide ? ARGUMENT(leat_i128) : ARGUMENT(int64_t))

UPDATE(count_update, count_cell, cell->count += sign;)

UPDATE_OF(count_star_update, count_cell, &nothing, cell->count += sign;)
UPDATE(sum_i32_update, int_cell, cell->sum += sign * ARGUMENT(int32_t); cell->count += sign;)
UPDATE(sum_f64_update, real_cell, cell->sum += (double)sign * ARGUMENT(double);
       cell->count += sign;)

UPDATE(sum_wide_update, wide_cell, const leat_i128 value = ARGUMENT_WIDE;
       wide_add(cell, sign < 0 ? -value : value);
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

#define MERGE(name, C, ...)                                                                        \
    static void name(const self_type *self, char *into_bytes, const char *from_bytes)              \
    {                                                                                              \
        (void)self;                                                                                \
        C *into = (C *)(void *)into_bytes;                                                         \
        const C *from = (const C *)(const void *)from_bytes;                                       \
        __VA_ARGS__                                                                                \
    }

MERGE(count_merge, count_cell, into->count += from->count;)
MERGE(int_merge, int_cell, into->sum += from->sum; into->count += from->count;)
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

/* BODY sets out[i] and returns nothing; is_null says that there is no value, is_over that it does
 * not fit. Validity is written a word at a time. */
#define RESULT(name, C, T, ...)                                                                    \
    static leat_code name(const self_type *self, char *const *cells, uint32_t offset,              \
                          uint32_t count, void *out_values, uint64_t *out_validity)                \
    {                                                                                              \
        (void)self;                                                                                \
        T *out = out_values;                                                                       \
        bool has_failed = false;                                                                   \
        for (uint32_t from = 0; from < count; from += 64) {                                        \
            const uint32_t to = LEAT_MIN(from + 64, count);                                        \
            uint64_t valid = 0;                                                                    \
            for (uint32_t i = from; i < to; i++) {                                                 \
                const C *cell = (const C *)(const void *)(cells[i] + offset);                      \
                bool is_null = false, is_over = false;                                             \
                __VA_ARGS__                                                                        \
                has_failed |= is_over;                                                             \
                valid |= (uint64_t)(!is_null && !is_over) << (i % 64);                             \
            }                                                                                      \
            out_validity[from / 64] = valid;                                                       \
        }                                                                                          \
        return has_failed ? LEAT_RECORD : LEAT_OK;                                                 \
    }

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

#define SHAPE(C, update_, merge_, result_)                                                         \
    (leat_aggregate)                                                                               \
    {                                                                                              \
        .size = sizeof(C), .update = (update_), .merge = (merge_), .result_of = (result_)          \
    }

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

leat_aggregate leat_aggregate_of(const leat_bound_aggregate *bound)
{
    leat_type input = bound->argument == NULL ? LEAT_TYPE(UNKNOWN) : bound->argument->type;
    bool is_extreme = bound->kind == LEAT_AGGREGATE_MIN || bound->kind == LEAT_AGGREGATE_MAX;
    bool is_count = bound->kind == LEAT_AGGREGATE_COUNT || bound->kind == LEAT_AGGREGATE_COUNT_STAR;
    leat_aggregate aggregate;
    if (is_count)
        aggregate = count_shape(bound->kind);
    else if (is_extreme)
        aggregate = extreme_shape(bound->kind, input);
    else
        aggregate = number_shape(bound->kind, leat_type_layout(input));
    aggregate.kind = bound->kind;
    aggregate.input = input;
    aggregate.result = bound->type;
    aggregate.can_retract = !is_extreme;
    aggregate.holds_text = is_extreme && leat_type_layout(input) == LEAT_LAYOUT_VIEW;
    return aggregate;
}
