/* SPDX-License-Identifier: Apache-2.0
 *
 * Angles, logarithms, whole numbers and bits. As in kernel_math.c, what has no result is an error.
 */
#include "common/expr/decimal.h"
#include "common/expr/function.h"

#include <math.h>

static const char *const out_of_range = "double out of range";
static const char *const not_defined = "the function has no result for this argument";

static double real_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return LEAT_COLUMN_GET(&call->arguments[argument], double, row);
}

static int64_t int_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return (int64_t)leat_column_integer(&call->arguments[argument], row);
}

/* --- Doubles. --- */

static void real_store(leat_kernel_call *call, uint32_t row, double value, bool is_fine)
{
    ((double *)call->values)[row] = value;
    if (isnan(value) && is_fine)
        leat_kernel_fail(call, row, not_defined);
    else if (isinf(value) && is_fine)
        leat_kernel_fail(call, row, out_of_range);
}

#define REAL(name, expression)                                                                     \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const double x = real_at(call, 0, row);                                                \
            real_store(call, row, (expression), isfinite(x));                                      \
        }                                                                                          \
    }
#define REAL_2(name, expression)                                                                   \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const double x = real_at(call, 0, row), y = real_at(call, 1, row);                     \
            real_store(call, row, (expression), isfinite(x) && isfinite(y));                       \
        }                                                                                          \
    }

static const double pi = 3.14159265358979323846;

REAL(cbrt_double, cbrt(x))
REAL(sin_double, sin(x))
REAL(cos_double, cos(x))
REAL(tan_double, tan(x))
REAL(cot_double, 1 / tan(x))
REAL(asin_double, asin(x))
REAL(acos_double, acos(x))
REAL(atan_double, atan(x))
REAL(sinh_double, sinh(x))
REAL(cosh_double, cosh(x))
REAL(tanh_double, tanh(x))
REAL(asinh_double, asinh(x))
REAL(acosh_double, acosh(x))
REAL(atanh_double, atanh(x))
REAL(degrees_double, x *(180 / pi))
REAL(radians_double, x *(pi / 180))
REAL(log2_double, x <= 0 ? NAN : log2(x))
REAL_2(atan2_double, atan2(x, y))
REAL_2(log_base, x <= 0 || y <= 0 || x == 1 ? NAN : log(y) / log(x))

static void pi_double(leat_kernel_call *call)
{
    double *out = call->values;
    LEAT_KERNEL_ROWS(call, i, out[i] = pi;);
}

static void trunc_digits_double(leat_kernel_call *call)
{
    double *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t digits = int_at(call, 1, row);
        double scale = pow(10, (double)LEAT_MAX(LEAT_MIN(digits, (int64_t)400), (int64_t)-400));
        double x = real_at(call, 0, row), scaled = trunc(x * scale) / scale;
        bool is_lost = isinf(scale) || scale == 0 || isinf(x * scale);
        out[row] = !is_lost ? scaled : digits > 0 ? x : 0;
    }
}

/* Which of `count` equal buckets between low and high; 0 below, count + 1 above. */
static void width_bucket(leat_kernel_call *call)
{
    int32_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        double x = real_at(call, 0, row), low = real_at(call, 1, row), high = real_at(call, 2, row);
        int64_t count = int_at(call, 3, row);
        if (count <= 0 || !(low != high) || !isfinite(low) || !isfinite(high) || isnan(x) ||
            count == INT32_MAX) {
            leat_kernel_fail(call, row, not_defined);
            continue;
        }
        double part = (x - low) / (high - low);
        out[row] = part < 0    ? 0
                   : part >= 1 ? (int32_t)count + 1
                               : (int32_t)(part * (double)count) + 1;
    }
}

/* --- Decimals. --- */

static void trunc_digits_decimal(leat_kernel_call *call)
{
    leat_i128 *wide = leat_kernel_wide_room(call);
    unsigned scale = call->arguments[0].type.scale;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t digits = int_at(call, 1, row), cut = (int64_t)scale - digits;
        leat_i128 unit = 1, value = leat_column_integer(&call->arguments[0], row);
        for (int64_t i = 0; i < cut && i < LEAT_DECIMAL_PRECISION_MAX; i++)
            unit *= 10;
        value = cut > LEAT_DECIMAL_PRECISION_MAX ? 0 : value - value % unit;
        if (!leat_decimal_rescale(value, scale, call->type.scale, &wide[row]))
            leat_kernel_fail(call, row, "decimal out of range");
    }
    leat_kernel_store_wide(call, wide);
}

/* --- Whole numbers. --- */

static void whole_store(leat_kernel_call *call, uint32_t row, leat_i128 value)
{
    bool is_int = call->layout == LEAT_LAYOUT_I32;
    if (is_int)
        ((int32_t *)call->values)[row] = (int32_t)value;
    else
        ((int64_t *)call->values)[row] = (int64_t)value;
    if (is_int ? value != (int32_t)value : value != (int64_t)value)
        leat_kernel_fail(call, row, is_int ? "int out of range" : "bigint out of range");
}

static leat_i128 common_divisor(leat_i128 a, leat_i128 b)
{
    a = a < 0 ? -a : a;
    b = b < 0 ? -b : b;
    while (b != 0) {
        leat_i128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void gcd(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    whole_store(call, row, common_divisor(int_at(call, 0, row), int_at(call, 1, row)));
}

static void lcm(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_i128 a = int_at(call, 0, row), b = int_at(call, 1, row);
        leat_i128 multiple = a == 0 || b == 0 ? 0 : a / common_divisor(a, b) * b;
        whole_store(call, row, multiple < 0 ? -multiple : multiple);
    }
}

static void div_whole(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_i128 x = int_at(call, 0, row), y = int_at(call, 1, row);
        if (y == 0)
            leat_kernel_fail(call, row, "division by zero");
        else
            whole_store(call, row, x / y);
    }
}

/* --- Bits. --- */

#define BITS(name, expression)                                                                     \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        bool is_int = call->layout == LEAT_LAYOUT_I32;                                             \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const int64_t x = int_at(call, 0, row);                                                \
            const int64_t y = call->argument_count == 2 ? int_at(call, 1, row) : 0;                \
            const unsigned by = (unsigned)y & (is_int ? 31U : 63U);                                \
            const int64_t value = (expression);                                                    \
            (void)by;                                                                              \
            if (is_int)                                                                            \
                ((int32_t *)call->values)[row] = (int32_t)value;                                   \
            else                                                                                   \
                ((int64_t *)call->values)[row] = value;                                            \
        }                                                                                          \
    }
BITS(bit_and, x &y)
BITS(bit_or, x | y)
BITS(bit_xor, x ^ y)
BITS(bit_not, ~x)
BITS(bit_left, (int64_t)((uint64_t)x << by))
BITS(bit_right, x >> by)

/* --- Rows. --- */

#define REAL_ROW(symbol, text, kernel_name)                                                        \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_1(DOUBLE), LEAT_RESULT(DOUBLE),        \
        .can_fail = true, .kernel = kernel_name                                                    \
    }
#define REAL_2_ROW(symbol, text, kernel_name)                                                      \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_2(DOUBLE, DOUBLE),                     \
        LEAT_RESULT(DOUBLE), .can_fail = true, .kernel = kernel_name                               \
    }
#define WHOLE_ROW(symbol, text, second, id, kernel_name)                                           \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_2(id, second), LEAT_RESULT(id),        \
        .can_fail = true, .kernel = kernel_name                                                    \
    }
#define WHOLE_ROWS(symbol, text, kernel_name)                                                      \
    WHOLE_ROW(symbol, text, INT, INT, kernel_name),                                                \
        WHOLE_ROW(symbol, text, BIGINT, BIGINT, kernel_name)
#define NOT_ROW(symbol, id)                                                                        \
    {                                                                                              \
        .name = (symbol), .summary = "its bits turned", LEAT_ARGUMENTS_1(id), LEAT_RESULT(id),     \
        .kernel = bit_not                                                                          \
    }

static const leat_function rows[] = {
    REAL_ROW("cbrt", "cube root", cbrt_double),
    REAL_ROW("sin", "sine of radians", sin_double),
    REAL_ROW("cos", "cosine of radians", cos_double),
    REAL_ROW("tan", "tangent of radians", tan_double),
    REAL_ROW("cot", "cotangent of radians", cot_double),
    REAL_ROW("asin", "arc sine", asin_double),
    REAL_ROW("acos", "arc cosine", acos_double),
    REAL_ROW("atan", "arc tangent", atan_double),
    REAL_ROW("sinh", "hyperbolic sine", sinh_double),
    REAL_ROW("cosh", "hyperbolic cosine", cosh_double),
    REAL_ROW("tanh", "hyperbolic tangent", tanh_double),
    REAL_ROW("asinh", "inverse hyperbolic sine", asinh_double),
    REAL_ROW("acosh", "inverse hyperbolic cosine", acosh_double),
    REAL_ROW("atanh", "inverse hyperbolic tangent", atanh_double),
    REAL_ROW("degrees", "of radians", degrees_double),
    REAL_ROW("radians", "of degrees", radians_double),
    REAL_ROW("log2", "binary logarithm", log2_double),
    REAL_2_ROW("atan2", "arc tangent of the first by the second", atan2_double),
    REAL_2_ROW("log", "log(base, x)", log_base),
    {.name = "pi",
     .summary = "3.14159...",
     LEAT_ARGUMENTS_0(),
     LEAT_RESULT(DOUBLE),
     .nulls = LEAT_NULLS_NEVER,
     .kernel = pi_double},
    {.name = "trunc",
     .summary = "cut to that many digits after the point",
     LEAT_ARGUMENTS_2(DECIMAL, INT),
     .rule = LEAT_RESULT_ROUND,
     .can_fail = true,
     .kernel = trunc_digits_decimal},
    {.name = "trunc",
     .summary = "cut to that many digits after the point",
     LEAT_ARGUMENTS_2(DOUBLE, INT),
     LEAT_RESULT(DOUBLE),
     .can_fail = true,
     .kernel = trunc_digits_double},
    {.name = "width_bucket",
     .summary = "width_bucket(x, low, high, n): which of n equal parts, 0 below, n + 1 above",
     LEAT_ARGUMENTS_4(DOUBLE, DOUBLE, DOUBLE, INT),
     LEAT_RESULT(INT),
     .can_fail = true,
     .kernel = width_bucket},
    WHOLE_ROWS("gcd", "greatest common divisor", gcd),
    WHOLE_ROWS("lcm", "least common multiple", lcm),
    WHOLE_ROWS("div", "quotient, truncated", div_whole),
    WHOLE_ROWS("&", "bits in both", bit_and),
    WHOLE_ROWS("|", "bits in either", bit_or),
    WHOLE_ROWS("#", "bits in one and not the other", bit_xor),
    WHOLE_ROW("<<", "bits moved to the left", INT, INT, bit_left),
    WHOLE_ROW("<<", "bits moved to the left", INT, BIGINT, bit_left),
    WHOLE_ROW(">>", "bits moved to the right, the sign stays", INT, INT, bit_right),
    WHOLE_ROW(">>", "bits moved to the right, the sign stays", INT, BIGINT, bit_right),
    NOT_ROW("~", INT),
    NOT_ROW("~", BIGINT),
};

const leat_function_family leat_functions_numeric = {"Angles, whole numbers and bits", rows,
                                                     LEAT_COUNT_OF(rows)};
