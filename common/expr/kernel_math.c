/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of doubles. What has no result (the root of -1) or none that fits is a record error, as
 * in PostgreSQL, instead of NaN or infinity; NaN and infinity as arguments go through.
 */
#include "common/expr/function.h"

#include <math.h>

static const char *const out_of_range = "double out of range";

#define SMOOTH(name, expression)                                                                   \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        const double *restrict xs = call->arguments[0].values;                                     \
        double *restrict out = call->values;                                                       \
        LEAT_KERNEL_ROWS(call, i, const double x = xs[i]; out[i] = (expression););                 \
    }

SMOOTH(floor_double, floor(x))
SMOOTH(ceil_double, ceil(x))
SMOOTH(trunc_double, trunc(x))
SMOOTH(round_double, rint(x)) /* halves to even, as PostgreSQL does for doubles */

/* `is_wrong` names the arguments that have no result. */
#define PARTIAL(name, expression, is_wrong, reason)                                                \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        const double *xs = call->arguments[0].values;                                              \
        double *out = call->values;                                                                \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const double x = xs[row];                                                              \
            if (is_wrong) {                                                                        \
                leat_kernel_fail(call, row, reason);                                               \
                continue;                                                                          \
            }                                                                                      \
            out[row] = (expression);                                                               \
            if (isinf(out[row]) && !isinf(x))                                                      \
                leat_kernel_fail(call, row, out_of_range);                                         \
        }                                                                                          \
    }

PARTIAL(sqrt_double, sqrt(x), x < 0, "square root of a negative number")
PARTIAL(exp_double, exp(x), false, out_of_range)
PARTIAL(ln_double, log(x), x <= 0, "logarithm of zero or a negative number")
PARTIAL(log10_double, log10(x), x <= 0, "logarithm of zero or a negative number")

static void power_double(leat_kernel_call *call)
{
    double *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        double x = LEAT_COLUMN_GET(&call->arguments[0], double, row);
        double y = LEAT_COLUMN_GET(&call->arguments[1], double, row);
        out[row] = pow(x, y);
        if (x == 0 && y < 0)
            leat_kernel_fail(call, row, "zero raised to a negative power");
        else if (isnan(out[row]) && !isnan(x) && !isnan(y))
            leat_kernel_fail(call, row, "a negative number raised to a broken power");
        else if (isinf(out[row]) && !isinf(x) && !isinf(y))
            leat_kernel_fail(call, row, out_of_range);
    }
}

/* To so many digits after the point, halves away from zero. */
static void round_digits_double(leat_kernel_call *call)
{
    double *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        double x = LEAT_COLUMN_GET(&call->arguments[0], double, row);
        int32_t digits = LEAT_COLUMN_GET(&call->arguments[1], int32_t, row);
        double scale = pow(10, digits < -400 ? -400 : digits > 400 ? 400 : digits);
        double scaled = round(x * scale) / scale;
        bool is_lost = isinf(scale) || scale == 0 || isinf(x * scale);
        if (is_lost) /* finer than a double is, or coarser than it reaches */
            scaled = digits > 0 ? x : 0;
        out[row] = scaled;
    }
}

#define MATH_ROW(symbol, text, fails, kernel_name)                                                 \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_1(DOUBLE), LEAT_RESULT(DOUBLE),        \
        .can_fail = (fails), .kernel = kernel_name                                                 \
    }

#define POWER_ROW(symbol)                                                                          \
    {                                                                                              \
        .name = (symbol), .summary = "the first raised to the second",                             \
        LEAT_ARGUMENTS_2(DOUBLE, DOUBLE), LEAT_RESULT(DOUBLE), .can_fail = true,                   \
        .kernel = power_double                                                                     \
    }

static const leat_function rows[] = {
    MATH_ROW("floor", "nearest whole number below", false, floor_double),
    MATH_ROW("ceil", "nearest whole number above", false, ceil_double),
    MATH_ROW("ceiling", "the same as ceil", false, ceil_double),
    MATH_ROW("trunc", "without its fraction", false, trunc_double),
    MATH_ROW("round", "nearest whole number, halves to even", false, round_double),
    {.name = "round",
     .summary = "to that many digits after the point",
     LEAT_ARGUMENTS_2(DOUBLE, INT),
     LEAT_RESULT(DOUBLE),
     .can_fail = true,
     .kernel = round_digits_double},
    MATH_ROW("sqrt", "square root; fails below zero", true, sqrt_double),
    MATH_ROW("exp", "e raised to it", true, exp_double),
    MATH_ROW("ln", "natural logarithm; fails at and below zero", true, ln_double),
    MATH_ROW("log", "decimal logarithm; fails at and below zero", true, log10_double),
    MATH_ROW("log10", "decimal logarithm; fails at and below zero", true, log10_double),
    POWER_ROW("power"),
    POWER_ROW("pow"),
    POWER_ROW("^"),
};

const leat_function_family leat_functions_math = {"Mathematics", rows, LEAT_COUNT_OF(rows)};
