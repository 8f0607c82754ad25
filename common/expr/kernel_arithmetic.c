/* SPDX-License-Identifier: Apache-2.0
 *
 * + - * / % and sign over int, bigint, double.
 *
 * Overflow is looked for once per batch: the fast loop computes every row and collects whether any
 * result went out of range; only then a second loop finds the rows. Garbage at unselected or
 * NULL rows can cause that second look, never a wrong answer.
 */
#include "common/expr/function.h"

#include <math.h>

static const char *const out_of_range_int = "int out of range";
static const char *const out_of_range_bigint = "bigint out of range";
static const char *const out_of_range_double = "double out of range";
static const char *const division_by_zero = "division by zero";

/* `result` is an expression over x and y that wraps; `suspicion` is nonzero when z may be wrong
 * (for garbage too); `is_wrong` decides for one row. */
#define CHECKED_PAIRS(name, T, result, suspicion, is_wrong, reason)                                \
    LEAT_KERNEL_CLONES static void name(leat_kernel_call *call)                                    \
    {                                                                                              \
        T *restrict out = call->values;                                                            \
        T suspicious = 0;                                                                          \
        LEAT_KERNEL_PAIRS(call, T, T, i, const T z = (T)(result); out[i] = z;                      \
                          suspicious |= (T)(suspicion););                                          \
        if (LEAT_LIKELY(!(suspicious < 0)))                                                        \
            return;                                                                                \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const T x = LEAT_COLUMN_GET(&call->arguments[0], T, row);                              \
            const T y = LEAT_COLUMN_GET(&call->arguments[1], T, row);                              \
            T z;                                                                                   \
            if (is_wrong)                                                                          \
                leat_kernel_fail(call, row, reason);                                               \
            (void)z;                                                                               \
        }                                                                                          \
    }

/* The sign bit of these is set exactly when the addition or subtraction overflowed. */
CHECKED_PAIRS(add_int,
              int32_t,
              (uint32_t)x + (uint32_t)y,
              (x ^ z) & (y ^ z),
              __builtin_add_overflow(x, y, &z),
              out_of_range_int)
CHECKED_PAIRS(add_bigint,
              int64_t,
              (uint64_t)x + (uint64_t)y,
              (x ^ z) & (y ^ z),
              __builtin_add_overflow(x, y, &z),
              out_of_range_bigint)
CHECKED_PAIRS(subtract_int,
              int32_t,
              (uint32_t)x - (uint32_t)y,
              (x ^ y) & (x ^ z),
              __builtin_sub_overflow(x, y, &z),
              out_of_range_int)
CHECKED_PAIRS(subtract_bigint,
              int64_t,
              (uint64_t)x - (uint64_t)y,
              (x ^ y) & (x ^ z),
              __builtin_sub_overflow(x, y, &z),
              out_of_range_bigint)
CHECKED_PAIRS(multiply_int,
              int32_t,
              (int64_t)x *y,
              -((int64_t)x *y != z),
              __builtin_mul_overflow(x, y, &z),
              out_of_range_int)

static void multiply_bigint(leat_kernel_call *call)
{
    int64_t *restrict out = call->values;
    bool has_overflow = false;
    LEAT_KERNEL_PAIRS(call, int64_t, int64_t, i, int64_t z;
                      has_overflow |= __builtin_mul_overflow(x, y, &z); out[i] = z;);
    if (LEAT_LIKELY(!has_overflow))
        return;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t z;
        if (__builtin_mul_overflow(LEAT_COLUMN_GET(&call->arguments[0], int64_t, row),
                                   LEAT_COLUMN_GET(&call->arguments[1], int64_t, row), &z))
            leat_kernel_fail(call, row, out_of_range_bigint);
    }
}

/* Division truncates; x / 0 and MIN / -1 fail, MIN % -1 is 0. The loop divides by something
 * harmless there, so that no garbage traps. */
#define DIVISION(name, T, U, MIN, op, fails_on_min, reason)                                        \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        T *restrict out = call->values;                                                            \
        bool is_suspicious = false;                                                                \
        LEAT_KERNEL_PAIRS(call, T, T, i, const bool is_bad = y == 0 || (y == -1 && x == (MIN));    \
                          is_suspicious |= is_bad; out[i] = is_bad ? 0 : x op y;);                 \
        if (LEAT_LIKELY(!is_suspicious))                                                           \
            return;                                                                                \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const T x = LEAT_COLUMN_GET(&call->arguments[0], T, row);                              \
            const T y = LEAT_COLUMN_GET(&call->arguments[1], T, row);                              \
            if (y == 0)                                                                            \
                leat_kernel_fail(call, row, division_by_zero);                                     \
            else if ((fails_on_min) && y == -1 && x == (MIN))                                      \
                leat_kernel_fail(call, row, reason);                                               \
        }                                                                                          \
    }

DIVISION(divide_int, int32_t, uint32_t, INT32_MIN, /, true, out_of_range_int)
DIVISION(divide_bigint, int64_t, uint64_t, INT64_MIN, /, true, out_of_range_bigint)
DIVISION(modulo_int, int32_t, uint32_t, INT32_MIN, %, false, out_of_range_int)
DIVISION(modulo_bigint, int64_t, uint64_t, INT64_MIN, %, false, out_of_range_bigint)

/* Infinity out of finite operands fails; NaN and infinity go through. */
#define DOUBLE_PAIRS(name, result)                                                                 \
    LEAT_KERNEL_CLONES static void name(leat_kernel_call *call)                                    \
    {                                                                                              \
        double *restrict out = call->values;                                                       \
        int is_suspicious = 0;                                                                     \
        LEAT_KERNEL_PAIRS(call, double, double, i, const double z = (result); out[i] = z;          \
                          is_suspicious |= !(fabs(z) <= 1.7976931348623157e308););                 \
        if (LEAT_LIKELY(is_suspicious == 0))                                                       \
            return;                                                                                \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const double x = LEAT_COLUMN_GET(&call->arguments[0], double, row);                    \
            const double y = LEAT_COLUMN_GET(&call->arguments[1], double, row);                    \
            if (isinf(result) && !isinf(x) && !isinf(y))                                           \
                leat_kernel_fail(call, row, out_of_range_double);                                  \
        }                                                                                          \
    }

DOUBLE_PAIRS(add_double, x + y)
DOUBLE_PAIRS(subtract_double, x - y)
DOUBLE_PAIRS(multiply_double, x *y)

static void divide_double(leat_kernel_call *call)
{
    double *restrict out = call->values;
    int is_suspicious = 0;
    LEAT_KERNEL_PAIRS(call, double, double, i, const double z = y == 0 ? (double)INFINITY : x / y;
                      out[i] = z; is_suspicious |= !(fabs(z) <= 1.7976931348623157e308););
    if (LEAT_LIKELY(is_suspicious == 0))
        return;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        const double x = LEAT_COLUMN_GET(&call->arguments[0], double, row);
        const double y = LEAT_COLUMN_GET(&call->arguments[1], double, row);
        if (y == 0)
            leat_kernel_fail(call, row, division_by_zero);
        else if (isinf(out[row]) && !isinf(x))
            leat_kernel_fail(call, row, out_of_range_double);
    }
}

#define SIGN(name, T, MIN, result, reason)                                                         \
    LEAT_KERNEL_CLONES static void name(leat_kernel_call *call)                                    \
    {                                                                                              \
        const T *restrict xs = call->arguments[0].values;                                          \
        T *restrict out = call->values;                                                            \
        bool has_min = false;                                                                      \
        LEAT_KERNEL_ROWS(call, i, const T x = xs[i]; has_min |= x == (MIN);                        \
                         out[i] = (T)(result););                                                   \
        if (LEAT_LIKELY(!has_min))                                                                 \
            return;                                                                                \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        if (xs[row] == (MIN))                                                                      \
            leat_kernel_fail(call, row, reason);                                                   \
    }

SIGN(negate_int, int32_t, INT32_MIN, 0u - (uint32_t)x, out_of_range_int)
SIGN(negate_bigint, int64_t, INT64_MIN, UINT64_C(0) - (uint64_t)x, out_of_range_bigint)
SIGN(abs_int, int32_t, INT32_MIN, x < 0 ? 0u - (uint32_t)x : (uint32_t)x, out_of_range_int)
SIGN(abs_bigint,
     int64_t,
     INT64_MIN,
     x < 0 ? UINT64_C(0) - (uint64_t)x : (uint64_t)x,
     out_of_range_bigint)

#define SIMPLE(name, T, R, result)                                                                 \
    LEAT_KERNEL_CLONES static void name(leat_kernel_call *call)                                    \
    {                                                                                              \
        const T *restrict xs = call->arguments[0].values;                                          \
        R *restrict out = call->values;                                                            \
        LEAT_KERNEL_ROWS(call, i, const T x = xs[i]; out[i] = (R)(result););                       \
    }

SIMPLE(negate_double, double, double, -x)
SIMPLE(abs_double, double, double, fabs(x))
SIMPLE(sign_int, int32_t, int32_t, (x > 0) - (x < 0))
SIMPLE(sign_bigint, int64_t, int64_t, (x > 0) - (x < 0))
SIMPLE(sign_double, double, double, (x > 0) - (x < 0))

#define PAIR_ROWS(symbol, text, kernel_name)                                                       \
    {.name = (symbol),                                                                             \
     .summary = (text),                                                                            \
     LEAT_ARGUMENTS_2(INT, INT),                                                                   \
     LEAT_RESULT(INT),                                                                             \
     .can_fail = true,                                                                             \
     .kernel = kernel_name##_int},                                                                 \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_2(BIGINT, BIGINT),                     \
        LEAT_RESULT(BIGINT), .can_fail = true, .kernel = kernel_name##_bigint                      \
    }

#define DOUBLE_ROW(symbol, text, kernel_name)                                                      \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_2(DOUBLE, DOUBLE),                     \
        LEAT_RESULT(DOUBLE), .can_fail = true, .kernel = kernel_name                               \
    }

#define SINGLE_ROW(symbol, text, id, fails, kernel_name)                                           \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_1(id), LEAT_RESULT(id),                \
        .can_fail = (fails), .kernel = kernel_name                                                 \
    }

static const leat_function rows[] = {
    PAIR_ROWS("+", "sum; fails when out of range", add),
    DOUBLE_ROW("+", "sum", add_double),
    PAIR_ROWS("-", "difference; fails when out of range", subtract),
    DOUBLE_ROW("-", "difference", subtract_double),
    PAIR_ROWS("*", "product; fails when out of range", multiply),
    DOUBLE_ROW("*", "product", multiply_double),
    PAIR_ROWS("/", "quotient, truncated; fails on zero", divide),
    DOUBLE_ROW("/", "quotient; fails on zero", divide_double),
    PAIR_ROWS("%", "remainder, with the sign of the first; fails on zero", modulo),
    PAIR_ROWS("mod", "the same as %", modulo),
    SINGLE_ROW("-", "negated; fails when out of range", INT, true, negate_int),
    SINGLE_ROW("-", "negated; fails when out of range", BIGINT, true, negate_bigint),
    SINGLE_ROW("-", "negated", DOUBLE, false, negate_double),
    SINGLE_ROW("abs", "without its sign; fails when out of range", INT, true, abs_int),
    SINGLE_ROW("abs", "without its sign; fails when out of range", BIGINT, true, abs_bigint),
    SINGLE_ROW("abs", "without its sign", DOUBLE, false, abs_double),
    SINGLE_ROW("sign", "-1, 0 or 1", INT, false, sign_int),
    SINGLE_ROW("sign", "-1, 0 or 1", BIGINT, false, sign_bigint),
    SINGLE_ROW("sign", "-1, 0 or 1", DOUBLE, false, sign_double),
};

const leat_function_family leat_functions_arithmetic = {"Arithmetic", rows, LEAT_COUNT_OF(rows)};
