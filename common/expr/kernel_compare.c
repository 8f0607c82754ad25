/* SPDX-License-Identifier: Apache-2.0
 *
 * The six comparisons over every type, IS [NOT] DISTINCT FROM, and comparisons with a constant
 * straight into a selection. What is less than what: order.h.
 */
#include "common/expr/function.h"
#include "common/expr/order.h"

#define AS_EQ(EQ, LT, x, y) EQ(x, y)
#define AS_NE(EQ, LT, x, y) !EQ(x, y)
#define AS_LT(EQ, LT, x, y) LT(x, y)
#define AS_LE(EQ, LT, x, y) !LT(y, x)
#define AS_GT(EQ, LT, x, y) LT(y, x)
#define AS_GE(EQ, LT, x, y) !LT(x, y)

/* --- Kernels: a bit per row. --- */

/* Types whose values are plain numbers: garbage compares like anything else. */
#define COMPARE_DENSE(name, T, AS, EQ, LT)                                                         \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        const T *restrict xs = call->arguments[0].values;                                          \
        const T *restrict ys = call->arguments[1].values;                                          \
        if (call->arguments[0].is_constant) {                                                      \
            const T x = xs[0];                                                                     \
            LEAT_KERNEL_BITS(call, i, (uint8_t)(AS(EQ, LT, x, ys[i])));                            \
        } else if (call->arguments[1].is_constant) {                                               \
            const T y = ys[0];                                                                     \
            LEAT_KERNEL_BITS(call, i, (uint8_t)(AS(EQ, LT, xs[i], y)));                            \
        } else {                                                                                   \
            LEAT_KERNEL_BITS(call, i, (uint8_t)(AS(EQ, LT, xs[i], ys[i])));                        \
        }                                                                                          \
    }

/* Types whose values may point somewhere: only rows that have one. */
#define COMPARE_SPARSE(name, T, AS, EQ, LT)                                                        \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        const T *restrict xs = call->arguments[0].values;                                          \
        const T *restrict ys = call->arguments[1].values;                                          \
        const uint32_t x_step = call->arguments[0].is_constant ? 0 : 1;                            \
        const uint32_t y_step = call->arguments[1].is_constant ? 0 : 1;                            \
        uint64_t *restrict out = call->values;                                                     \
        memset(out, 0, leat_bit_words(call->row_count) * sizeof *out);                             \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const T *x = &xs[(size_t)row * x_step], *y = &ys[(size_t)row * y_step];                \
            out[row >> 6] |= (uint64_t)(AS(EQ, LT, *x, *y)) << (row & 63);                         \
        }                                                                                          \
    }

#define SIX(KIND, prefix, T, EQ, LT)                                                               \
    KIND(prefix##_eq, T, AS_EQ, EQ, LT)                                                            \
    KIND(prefix##_ne, T, AS_NE, EQ, LT)                                                            \
    KIND(prefix##_lt, T, AS_LT, EQ, LT)                                                            \
    KIND(prefix##_le, T, AS_LE, EQ, LT)                                                            \
    KIND(prefix##_gt, T, AS_GT, EQ, LT)                                                            \
    KIND(prefix##_ge, T, AS_GE, EQ, LT)

SIX(COMPARE_DENSE, i32, int32_t, LEAT_PLAIN_EQ, LEAT_PLAIN_LT)
SIX(COMPARE_DENSE, i64, int64_t, LEAT_PLAIN_EQ, LEAT_PLAIN_LT)
SIX(COMPARE_DENSE, f64, double, LEAT_REAL_EQ, LEAT_REAL_LT)
SIX(COMPARE_DENSE, wide, leat_i128, LEAT_PLAIN_EQ, LEAT_PLAIN_LT)
SIX(COMPARE_SPARSE, view, leat_view, LEAT_VIEW_EQ, LEAT_VIEW_LT)
SIX(COMPARE_SPARSE, interval, leat_interval, LEAT_SPAN_EQ, LEAT_SPAN_LT)

/* Decimals of one scale: narrow when both are, else both wide. */
static void decimal_compare(leat_kernel_call *call, leat_kernel *narrow, leat_kernel *wide)
{
    const leat_column *given = call->arguments;
    if (given[0].layout == LEAT_LAYOUT_I64 && given[1].layout == LEAT_LAYOUT_I64) {
        narrow(call);
        return;
    }
    leat_column widened[2] = {leat_kernel_widened(call, &given[0]),
                              leat_kernel_widened(call, &given[1])};
    call->arguments = widened;
    wide(call);
    call->arguments = given;
}

/* Booleans, 64 rows at a time; `whole` is an expression over the words x and y. */
#define COMPARE_BOOLEAN(name, whole)                                                               \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        const leat_column *a = &call->arguments[0], *b = &call->arguments[1];                      \
        const uint64_t *xs = a->values, *ys = b->values;                                           \
        const uint64_t a_all = a->is_constant ? UINT64_C(0) - (xs[0] & 1) : 0;                     \
        const uint64_t b_all = b->is_constant ? UINT64_C(0) - (ys[0] & 1) : 0;                     \
        uint64_t *restrict out = call->values;                                                     \
        for (size_t w = 0; w < leat_bit_words(call->row_count); w++) {                             \
            const uint64_t x = a->is_constant ? a_all : xs[w];                                     \
            const uint64_t y = b->is_constant ? b_all : ys[w];                                     \
            out[w] = (whole);                                                                      \
        }                                                                                          \
    }

COMPARE_BOOLEAN(bit_eq, ~(x ^ y))
COMPARE_BOOLEAN(bit_ne, x ^ y)
COMPARE_BOOLEAN(bit_lt, ~x &y)
COMPARE_BOOLEAN(bit_le, ~x | y)
COMPARE_BOOLEAN(bit_gt, x & ~y)
COMPARE_BOOLEAN(bit_ge, x | ~y)

#define DECIMAL_KERNEL(op)                                                                         \
    static void decimal_##op(leat_kernel_call *call)                                               \
    {                                                                                              \
        decimal_compare(call, i64_##op, wide_##op);                                                \
    }
DECIMAL_KERNEL(eq)
DECIMAL_KERNEL(ne)
DECIMAL_KERNEL(lt)
DECIMAL_KERNEL(le)
DECIMAL_KERNEL(gt)
DECIMAL_KERNEL(ge)

/* --- Straight into a selection. --- */

/* Writes every candidate and moves on only when it holds: no branch to predict. */
#define SELECT(name, T, AS, EQ, LT)                                                                \
    static uint32_t name(const leat_column *column, const leat_column *constant,                   \
                         const uint32_t *selected, uint32_t count, uint32_t *out)                  \
    {                                                                                              \
        const T *restrict xs = column->values;                                                     \
        const T y = *(const T *)constant->values;                                                  \
        const uint64_t *valid = column->validity;                                                  \
        uint32_t kept = 0;                                                                         \
        if (selected == NULL && valid == NULL) {                                                   \
            for (uint32_t i = 0; i < count; i++) {                                                 \
                out[kept] = i;                                                                     \
                kept += (uint32_t)(AS(EQ, LT, xs[i], y));                                          \
            }                                                                                      \
        } else if (valid == NULL) {                                                                \
            for (uint32_t k = 0; k < count; k++) {                                                 \
                const uint32_t i = selected[k];                                                    \
                out[kept] = i;                                                                     \
                kept += (uint32_t)(AS(EQ, LT, xs[i], y));                                          \
            }                                                                                      \
        } else {                                                                                   \
            for (uint32_t k = 0; k < count; k++) {                                                 \
                const uint32_t i = selected == NULL ? k : selected[k];                             \
                out[kept] = i;                                                                     \
                kept += leat_bit_get(valid, i) && (AS(EQ, LT, xs[i], y));                          \
            }                                                                                      \
        }                                                                                          \
        return kept;                                                                               \
    }

SIX(SELECT, select_i32, int32_t, LEAT_PLAIN_EQ, LEAT_PLAIN_LT)
SIX(SELECT, select_i64, int64_t, LEAT_PLAIN_EQ, LEAT_PLAIN_LT)
SIX(SELECT, select_f64, double, LEAT_REAL_EQ, LEAT_REAL_LT)
SELECT(select_view_eq, leat_view, AS_EQ, LEAT_VIEW_EQ, LEAT_VIEW_LT)
SELECT(select_view_ne, leat_view, AS_NE, LEAT_VIEW_EQ, LEAT_VIEW_LT)

#define SELECT_TABLE(op)                                                                           \
    static leat_kernel_select *const select_##op[LEAT_LAYOUT_COUNT] = {                            \
        [LEAT_LAYOUT_I32] = select_i32_##op,                                                       \
        [LEAT_LAYOUT_I64] = select_i64_##op,                                                       \
        [LEAT_LAYOUT_F64] = select_f64_##op,
#define SELECT_TABLE_END }

SELECT_TABLE(eq)[LEAT_LAYOUT_VIEW] = select_view_eq, SELECT_TABLE_END;
SELECT_TABLE(ne)[LEAT_LAYOUT_VIEW] = select_view_ne, SELECT_TABLE_END;
SELECT_TABLE(lt) SELECT_TABLE_END;
SELECT_TABLE(le) SELECT_TABLE_END;
SELECT_TABLE(gt) SELECT_TABLE_END;
SELECT_TABLE(ge) SELECT_TABLE_END;

/* --- IS [NOT] DISTINCT FROM: NULL is a value equal to itself. --- */

static void bits_of_validity(const leat_column *column, uint64_t *out, size_t words)
{
    if (column->validity == NULL)
        memset(out, 0xff, words * sizeof *out);
    else if (column->is_constant)
        memset(out, leat_bit_get(column->validity, 0) ? 0xff : 0, words * sizeof *out);
    else
        memcpy(out, column->validity, words * sizeof *out);
}

static void distinct_by(leat_kernel_call *call, leat_kernel *equal, bool is_distinct)
{
    size_t words = leat_bit_words(call->row_count);
    uint64_t *a = LEAT_ARENA_ARRAY(call->arena, uint64_t, words);
    uint64_t *b = LEAT_ARENA_ARRAY(call->arena, uint64_t, words);
    uint64_t *both = LEAT_ARENA_ARRAY(call->arena, uint64_t, words);
    bits_of_validity(&call->arguments[0], a, words);
    bits_of_validity(&call->arguments[1], b, words);
    for (size_t w = 0; w < words; w++)
        both[w] = a[w] & b[w];
    call->validity = both; /* `equal` looks at rows where both have a value */
    equal(call);
    call->validity = NULL;
    uint64_t flip = is_distinct ? ~UINT64_C(0) : 0;
    uint64_t *out = call->values;
    for (size_t w = 0; w < words; w++)
        out[w] = ((out[w] & both[w]) | ~(a[w] | b[w])) ^ flip;
}

#define DISTINCT_KERNELS(prefix)                                                                   \
    static void prefix##_distinct(leat_kernel_call *call)                                          \
    {                                                                                              \
        distinct_by(call, prefix##_eq, true);                                                      \
    }                                                                                              \
    static void prefix##_not_distinct(leat_kernel_call *call)                                      \
    {                                                                                              \
        distinct_by(call, prefix##_eq, false);                                                     \
    }

DISTINCT_KERNELS(bit)
DISTINCT_KERNELS(i32)
DISTINCT_KERNELS(i64)
DISTINCT_KERNELS(f64)
DISTINCT_KERNELS(decimal)
DISTINCT_KERNELS(view)
DISTINCT_KERNELS(interval)

/* --- Rows. --- */

#define COMPARE_ROW(symbol, text, id, prefix, op, select_table)                                    \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_2(id, id), LEAT_RESULT(BOOLEAN),       \
        .has_equal_types = true, .kernel = prefix##_##op, .select = (select_table)                 \
    }

#define COMPARE_ROWS(symbol, text, op)                                                             \
    COMPARE_ROW(symbol, text, BOOLEAN, bit, op, NULL),                                             \
        COMPARE_ROW(symbol, text, INT, i32, op, select_##op),                                      \
        COMPARE_ROW(symbol, text, BIGINT, i64, op, select_##op),                                   \
        COMPARE_ROW(symbol, text, DECIMAL, decimal, op, select_##op),                              \
        COMPARE_ROW(symbol, text, DOUBLE, f64, op, select_##op),                                   \
        COMPARE_ROW(symbol, text, TIMESTAMP, i64, op, select_##op),                                \
        COMPARE_ROW(symbol, text, STRING, view, op, select_##op),                                  \
        COMPARE_ROW(symbol, text, BYTES, view, op, select_##op),                                   \
        COMPARE_ROW(symbol, text, DATE, i32, op, select_##op),                                     \
        COMPARE_ROW(symbol, text, TIME, i64, op, select_##op),                                     \
        COMPARE_ROW(symbol, text, JSON, view, op, NULL),                                           \
        COMPARE_ROW(symbol, text, ARRAY, view, op, NULL),                                          \
        COMPARE_ROW(symbol, text, MAP, view, op, NULL),                                            \
        COMPARE_ROW(symbol, text, ROW, view, op, NULL),                                            \
        COMPARE_ROW(symbol, text, INTERVAL, interval, op, NULL)

#define DISTINCT_ROW(symbol, text, id, prefix, op)                                                 \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_2(id, id), LEAT_RESULT(BOOLEAN),       \
        .has_equal_types = true, .nulls = LEAT_NULLS_NEVER, .kernel = prefix##_##op                \
    }

#define DISTINCT_ROWS(symbol, text, op)                                                            \
    DISTINCT_ROW(symbol, text, BOOLEAN, bit, op), DISTINCT_ROW(symbol, text, INT, i32, op),        \
        DISTINCT_ROW(symbol, text, BIGINT, i64, op),                                               \
        DISTINCT_ROW(symbol, text, DECIMAL, decimal, op),                                          \
        DISTINCT_ROW(symbol, text, DOUBLE, f64, op),                                               \
        DISTINCT_ROW(symbol, text, TIMESTAMP, i64, op),                                            \
        DISTINCT_ROW(symbol, text, STRING, view, op), DISTINCT_ROW(symbol, text, BYTES, view, op), \
        DISTINCT_ROW(symbol, text, DATE, i32, op), DISTINCT_ROW(symbol, text, TIME, i64, op),      \
        DISTINCT_ROW(symbol, text, JSON, view, op), DISTINCT_ROW(symbol, text, ARRAY, view, op),   \
        DISTINCT_ROW(symbol, text, MAP, view, op), DISTINCT_ROW(symbol, text, ROW, view, op),      \
        DISTINCT_ROW(symbol, text, INTERVAL, interval, op)

static const leat_function rows[] = {
    COMPARE_ROWS("=", "equal", eq),
    COMPARE_ROWS("<>", "not equal", ne),
    COMPARE_ROWS("<", "less", lt),
    COMPARE_ROWS("<=", "less or equal", le),
    COMPARE_ROWS(">", "greater", gt),
    COMPARE_ROWS(">=", "greater or equal", ge),
    DISTINCT_ROWS("is_distinct", "IS DISTINCT FROM: not equal, NULL being equal to NULL", distinct),
    DISTINCT_ROWS(
        "is_not_distinct", "IS NOT DISTINCT FROM: equal, NULL being equal to NULL", not_distinct),
};

const leat_function_family leat_functions_compare = {"Comparison", rows, LEAT_COUNT_OF(rows)};
