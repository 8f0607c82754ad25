/* SPDX-License-Identifier: Apache-2.0
 *
 * Variances, covariances and regressions.
 *
 * Of doubles: count, sum and sum of squared deviations, moved along row by row (Youngs and Cramer,
 * as PostgreSQL does), and moved back by a retraction. Of exact numbers: the sums of values and of
 * squares in full, so that neither order nor retractions leave a trace; the result is rounded
 * once.
 */
#include <math.h>

#include "common/expr/aggregate_cells.h"
#include "common/expr/decimal.h"
#include "common/expr/limbs.h"

enum { SUM_WORDS = 3, SQUARE_WORDS = 5 };

typedef struct real_cell {
    int64_t count;
    double sum;
    double deviations; /* sum of (x - mean)^2 */
} real_cell;

typedef struct exact_cell {
    int64_t count;
    uint64_t sum[SUM_WORDS]; /* two's complement */
    uint64_t squares[SQUARE_WORDS];
} exact_cell;

/* Of pairs (y, x). */
typedef struct pair_cell {
    int64_t count;
    double sum_x;
    double sum_y;
    double xx; /* sums of products of deviations */
    double yy;
    double xy;
} pair_cell;

/* --- Doubles. --- */

/* The count after the row came or before it went: the deviation of the row from the others is
 * (x * n - sum) / n, and weighs n / (n - 1). */
static double weight_of(double n)
{
    return n > 1 ? 1 / (n * (n - 1)) : 0;
}

static inline void real_fold(real_cell *cell, double x, int64_t sign)
{
    cell->count += sign > 0;
    double n = (double)cell->count;
    double sum = sign > 0 ? cell->sum + x : cell->sum;
    double deviation = x * n - sum;
    cell->deviations += (double)sign * deviation * deviation * weight_of(n);
    cell->sum += (double)sign * x;
    cell->count -= sign < 0;
    if (cell->count == 0) /* nothing of what went may linger */
        *cell = (real_cell){0};
}

UPDATE(real_update, real_cell, real_fold(cell, ARGUMENT(double), sign);)

MERGE(
    real_merge, real_cell, if (from->count == 0) return; if (into->count == 0) {
        *into = *from;
        return;
    } double n = (double)into->count,
                                                         m = (double)from->count;
    double apart = into->sum / n - from->sum / m;
    into->deviations += from->deviations + n * m * apart * apart / (n + m);
    into->sum += from->sum;
    into->count += from->count;)

static bool is_sample(leat_aggregate_kind kind)
{
    return kind == LEAT_AGGREGATE_VAR_SAMP || kind == LEAT_AGGREGATE_STDDEV_SAMP ||
           kind == LEAT_AGGREGATE_COVAR_SAMP;
}

static bool is_root(leat_aggregate_kind kind)
{
    return kind == LEAT_AGGREGATE_STDDEV_POP || kind == LEAT_AGGREGATE_STDDEV_SAMP;
}

RESULT(real_result, real_cell, double, const int64_t n = cell->count - is_sample(self->kind);
       is_null = n <= 0;
       out[i] = is_null ? 0 : LEAT_MAX(cell->deviations, 0.0) / (double)n;
       if (is_root(self->kind)) out[i] = sqrt(out[i]);
       is_over = isinf(out[i]);)

/* --- Exact numbers. --- */

static void words_add(uint64_t *into, const uint64_t *words, unsigned count)
{
    uint64_t carry = 0;
    for (unsigned i = 0; i < count; i++) {
        leat_u128 sum = (leat_u128)into[i] + words[i] + carry;
        into[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
}

static void words_negate(uint64_t *words, unsigned count)
{
    uint64_t carry = 1;
    for (unsigned i = 0; i < count; i++) {
        words[i] = ~words[i] + carry;
        carry = carry && words[i] == 0;
    }
}

static void words_of(leat_u128 value, uint64_t *words, unsigned count)
{
    memset(words, 0, count * sizeof *words);
    words[0] = (uint64_t)value;
    words[1] = (uint64_t)(value >> 64);
}

static void square(leat_u128 value, uint64_t *out)
{
    uint64_t low = (uint64_t)value, high = (uint64_t)(value >> 64), part[SQUARE_WORDS] = {0};
    words_of((leat_u128)low * low, out, SQUARE_WORDS);
    if (high == 0)
        return;
    leat_u128 cross = (leat_u128)low * high, top = (leat_u128)high * high;
    words_of(cross, part + 1, SQUARE_WORDS - 1);
    words_add(out, part, SQUARE_WORDS);
    words_add(out, part, SQUARE_WORDS);
    memset(part, 0, sizeof part);
    words_of(top, part + 2, SQUARE_WORDS - 2);
    words_add(out, part, SQUARE_WORDS);
}

static void exact_fold(exact_cell *cell, leat_i128 value, int64_t sign)
{
    uint64_t sum[SUM_WORDS], squares[SQUARE_WORDS];
    leat_u128 size = value < 0 ? -(leat_u128)value : (leat_u128)value;
    words_of(size, sum, SUM_WORDS);
    square(size, squares);
    if ((value < 0) != (sign < 0))
        words_negate(sum, SUM_WORDS);
    if (sign < 0)
        words_negate(squares, SQUARE_WORDS);
    words_add(cell->sum, sum, SUM_WORDS);
    words_add(cell->squares, squares, SQUARE_WORDS);
    cell->count += sign;
}

UPDATE(exact_i32_update, exact_cell, exact_fold(cell, ARGUMENT(int32_t), sign);)
UPDATE(exact_wide_update, exact_cell, exact_fold(cell, ARGUMENT_WIDE, sign);)

MERGE(exact_merge, exact_cell, words_add(into->sum, from->sum, SUM_WORDS);
      words_add(into->squares, from->squares, SQUARE_WORDS);
      into->count += from->count;)

/* count * squares - sum^2: the variance times count^2. */
static leat_limbs spread(const exact_cell *cell)
{
    uint64_t sum[SUM_WORDS];
    memcpy(sum, cell->sum, sizeof sum);
    if (sum[SUM_WORDS - 1] >> 63)
        words_negate(sum, SUM_WORDS);
    leat_limbs once = leat_limbs_of(sum, SUM_WORDS);
    leat_limbs squares = leat_limbs_of(cell->squares, SQUARE_WORDS);
    squares = leat_limbs_scale(&squares, (uint64_t)cell->count);
    once = leat_limbs_multiply(&once, &once);
    return leat_limbs_subtract(&squares, &once);
}

/* One digit more than asked for, then rounded half up. */
static bool exact_spread(const leat_aggregate *self, const exact_cell *cell, leat_i128 *out)
{
    unsigned digits = self->result.scale + 1u;
    uint64_t n = (uint64_t)cell->count;
    leat_limbs value = spread(cell);
    value = leat_limbs_shift_up(&value, is_root(self->kind) ? 2 * digits : digits);
    value = leat_limbs_shift_down(&value, 2u * self->input.scale);
    value = leat_limbs_divide(&value, n);
    value = leat_limbs_divide(&value, is_sample(self->kind) ? n - 1 : n);
    if (is_root(self->kind))
        value = leat_limbs_root(&value);
    leat_i128 result;
    if (!leat_limbs_to_i128(&value, &result))
        return false;
    *out = (result + 5) / 10;
    return leat_decimal_fits(*out, LEAT_DECIMAL_PRECISION_MAX);
}

RESULT(exact_result, exact_cell, leat_i128, out[i] = 0;
       is_null = cell->count <= is_sample(self->kind);
       is_over = !is_null && !exact_spread(self, cell, &out[i]);)

/* --- Pairs. --- */

static void pair_fold(pair_cell *cell, double y, double x, int64_t sign)
{
    cell->count += sign > 0;
    double n = (double)cell->count, by = (double)sign;
    double from_x = x * n - (sign > 0 ? cell->sum_x + x : cell->sum_x);
    double from_y = y * n - (sign > 0 ? cell->sum_y + y : cell->sum_y);
    double weight = by * weight_of(n);
    cell->xx += weight * from_x * from_x;
    cell->yy += weight * from_y * from_y;
    cell->xy += weight * from_x * from_y;
    cell->sum_x += by * x;
    cell->sum_y += by * y;
    cell->count -= sign < 0;
    if (cell->count == 0)
        *cell = (pair_cell){0};
}

UPDATE(pair_update, pair_cell, const leat_column *x = &given[1];
       if (leat_column_is_null(x, positions[i])) continue;
       pair_fold(cell, ARGUMENT(double), LEAT_COLUMN_GET(x, double, positions[i]), sign);)

MERGE(
    pair_merge, pair_cell, if (from->count == 0) return; if (into->count == 0) {
        *into = *from;
        return;
    } double n = (double)into->count,
                                                         m = (double)from->count,
                                                         weight = n * m / (n + m);
    double apart_x = into->sum_x / n - from->sum_x / m;
    double apart_y = into->sum_y / n - from->sum_y / m;
    into->xx += from->xx + weight * apart_x * apart_x;
    into->yy += from->yy + weight * apart_y * apart_y;
    into->xy += from->xy + weight * apart_x * apart_y;
    into->sum_x += from->sum_x;
    into->sum_y += from->sum_y;
    into->count += from->count;)

/* NaN: there is none (no row, or a line that stands upright). */
static double pair_value(leat_aggregate_kind kind, const pair_cell *c)
{
    double n = (double)c->count;
    switch ((int)kind) {
    case LEAT_AGGREGATE_COVAR_POP:
        return c->xy / n;
    case LEAT_AGGREGATE_COVAR_SAMP:
        return n > 1 ? c->xy / (n - 1) : NAN;
    case LEAT_AGGREGATE_CORR:
        return c->xx > 0 && c->yy > 0 ? c->xy / sqrt(c->xx * c->yy) : NAN;
    case LEAT_AGGREGATE_REGR_AVGX:
        return c->sum_x / n;
    case LEAT_AGGREGATE_REGR_AVGY:
        return c->sum_y / n;
    case LEAT_AGGREGATE_REGR_SXX:
        return c->xx;
    case LEAT_AGGREGATE_REGR_SYY:
        return c->yy;
    case LEAT_AGGREGATE_REGR_SXY:
        return c->xy;
    case LEAT_AGGREGATE_REGR_SLOPE:
        return c->xx > 0 ? c->xy / c->xx : NAN;
    case LEAT_AGGREGATE_REGR_INTERCEPT:
        return c->xx > 0 ? (c->sum_y - c->sum_x * c->xy / c->xx) / n : NAN;
    default: /* REGR_R2 */
        return c->xx <= 0 ? NAN : c->yy <= 0 ? 1 : c->xy * c->xy / (c->xx * c->yy);
    }
}

RESULT(pair_result, pair_cell, double, const bool is_empty = cell->count == 0;
       const double value = is_empty ? NAN : pair_value(self->kind, cell);
       is_null = isnan(value);
       out[i] = is_null ? 0 : value;
       is_over = isinf(out[i]);)

RESULT(pair_count_result, pair_cell, int64_t, out[i] = cell->count;)

leat_aggregate leat_aggregate_statistics(leat_aggregate_kind kind, leat_type input)
{
    if (kind == LEAT_AGGREGATE_REGR_COUNT)
        return SHAPE(pair_cell, pair_update, pair_merge, pair_count_result);
    if (kind >= LEAT_AGGREGATE_COVAR_POP)
        return SHAPE(pair_cell, pair_update, pair_merge, pair_result);
    if (input.id == LEAT_TYPE_DOUBLE)
        return SHAPE(real_cell, real_update, real_merge, real_result);
    bool is_i32 = input.id == LEAT_TYPE_INT;
    return SHAPE(exact_cell, is_i32 ? exact_i32_update : exact_wide_update, exact_merge,
                 exact_result);
}
