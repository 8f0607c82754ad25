/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic over decimals.
 *
 * Sums, differences and exact products have a fast loop over 64-bit values; when a value of the
 * batch does not fit, the batch is done again in 128 bits. Everything else goes through 128 bits
 * row by row and is stored narrow when it fits.
 */
#include "common/expr/decimal.h"
#include "common/expr/function.h"

static const char *const out_of_range = "decimal out of range";
static const char *const division_by_zero = "division by zero";

static leat_i128 argument(const leat_kernel_call *call, uint32_t index, uint32_t row)
{
    return leat_column_integer(&call->arguments[index],
                               leat_kernel_at(&call->arguments[index], row));
}

static unsigned argument_scale(const leat_kernel_call *call, uint32_t index)
{
    return call->arguments[index].type.scale;
}

static bool is_narrow(const leat_kernel_call *call)
{
    return call->arguments[0].layout == LEAT_LAYOUT_I64 &&
           call->arguments[1].layout == LEAT_LAYOUT_I64;
}

/* `compute` is a condition over a, b (128 bits) that sets z and holds when z fits. */
#define WIDE_PAIRS(call, compute)                                                                  \
    do {                                                                                           \
        leat_i128 *wide = leat_kernel_wide_room(call);                                             \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const leat_i128 a = argument(call, 0, row), b = argument(call, 1, row);                \
            leat_i128 z = 0;                                                                       \
            if ((compute) && leat_decimal_fits(z, call->type.precision))                           \
                wide[row] = z;                                                                     \
            else                                                                                   \
                leat_kernel_fail(call, row, out_of_range);                                         \
        }                                                                                          \
        leat_kernel_store_wide(call, wide);                                                        \
    } while (0)

/* The fast loop proves that 64 bits were enough; up to 18 digits the type proves it fits. */
#define FAST_PAIRS(name, overflow)                                                                 \
    LEAT_KERNEL_CLONES static bool name(leat_kernel_call *call)                                    \
    {                                                                                              \
        int64_t *restrict out = call->values;                                                      \
        bool has_overflow = false;                                                                 \
        LEAT_KERNEL_PAIRS(call, int64_t, int64_t, i, int64_t z;                                    \
                          has_overflow |= overflow(x, y, &z); out[i] = z;);                        \
        return !has_overflow;                                                                      \
    }

FAST_PAIRS(add_narrow, __builtin_add_overflow)
FAST_PAIRS(subtract_narrow, __builtin_sub_overflow)
FAST_PAIRS(multiply_narrow, __builtin_mul_overflow)

static void add_decimal(leat_kernel_call *call)
{
    if (is_narrow(call) && add_narrow(call))
        return;
    WIDE_PAIRS(call, !__builtin_add_overflow(a, b, &z));
}

static void subtract_decimal(leat_kernel_call *call)
{
    if (is_narrow(call) && subtract_narrow(call))
        return;
    WIDE_PAIRS(call, !__builtin_sub_overflow(a, b, &z));
}

static void multiply_decimal(leat_kernel_call *call)
{
    unsigned drop = argument_scale(call, 0) + argument_scale(call, 1) - call->type.scale;
    if (drop == 0 && is_narrow(call) && multiply_narrow(call))
        return;
    WIDE_PAIRS(call, leat_decimal_multiply(a, b, drop, &z));
}

/* Over 64 bits: false when some row needs more, is divided by zero, or may not fit the type. */
static bool divide_narrow(leat_kernel_call *call, unsigned shift)
{
    int64_t *restrict out = call->values;
    const int64_t factor = (int64_t)leat_decimal_power(shift);
    const int64_t limit = call->type.precision > LEAT_DECIMAL_PRECISION_I64
                              ? INT64_MAX
                              : (int64_t)leat_decimal_power(call->type.precision) - 1;
    bool is_hard = false;
    LEAT_KERNEL_PAIRS(call, int64_t, int64_t, i, int64_t n;
                      is_hard |= __builtin_mul_overflow(x, factor, &n);
                      const int64_t d = y == 0 || y == -1 ? 1 : y; const int64_t rest = n % d;
                      const uint64_t twice = 2 * (uint64_t)(rest < 0 ? -rest : rest);
                      const uint64_t size = d < 0 ? -(uint64_t)d : (uint64_t)d;
                      const int64_t away = (n < 0) == (d < 0) ? 1 : -1;
                      const int64_t z = n / d + (twice >= size ? away : 0);
                      is_hard |= d != y || z > limit || z < -limit; out[i] = z;);
    return !is_hard;
}

static void divide_decimal(leat_kernel_call *call)
{
    unsigned shift = call->type.scale + argument_scale(call, 1) - argument_scale(call, 0);
    if (shift <= LEAT_DECIMAL_PRECISION_I64 && is_narrow(call) && divide_narrow(call, shift))
        return;
    leat_i128 *wide = leat_kernel_wide_room(call);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_i128 a = argument(call, 0, row), b = argument(call, 1, row);
        if (b == 0)
            leat_kernel_fail(call, row, division_by_zero);
        else if (!leat_decimal_divide(a, b, shift, &wide[row]) ||
                 !leat_decimal_fits(wide[row], call->type.precision))
            leat_kernel_fail(call, row, out_of_range);
    }
    leat_kernel_store_wide(call, wide);
}

static void modulo_decimal(leat_kernel_call *call)
{
    leat_i128 *wide = leat_kernel_wide_room(call);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_i128 a = argument(call, 0, row), b = argument(call, 1, row);
        if (b == 0)
            leat_kernel_fail(call, row, division_by_zero);
        else
            wide[row] = b == -1 ? 0 : a % b;
    }
    leat_kernel_store_wide(call, wide);
}

/* `compute` is an expression over a, one and scale. */
#define WIDE_SINGLE(name, compute)                                                                 \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        const leat_i128 one LEAT_UNUSED = leat_decimal_power(argument_scale(call, 0));             \
        leat_i128 *wide = leat_kernel_wide_room(call);                                             \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const leat_i128 a = argument(call, 0, row);                                            \
            wide[row] = (compute);                                                                 \
            if (!leat_decimal_fits(wide[row], call->type.precision))                               \
                leat_kernel_fail(call, row, out_of_range);                                         \
        }                                                                                          \
        leat_kernel_store_wide(call, wide);                                                        \
    }

WIDE_SINGLE(negate_decimal, -a)
WIDE_SINGLE(abs_decimal, a < 0 ? -a : a)
WIDE_SINGLE(sign_decimal, (a > 0) - (a < 0))
WIDE_SINGLE(trunc_decimal, a / one)
WIDE_SINGLE(floor_decimal, a / one - (a % one < 0))
WIDE_SINGLE(ceil_decimal, a / one + (a % one > 0))

/* round(x): to no digits after the point. */
static void round_decimal(leat_kernel_call *call)
{
    leat_i128 *wide = leat_kernel_wide_room(call);
    LEAT_KERNEL_EACH_VALID(call, row)
    if (!leat_decimal_rescale(argument(call, 0, row), argument_scale(call, 0), 0, &wide[row]))
        leat_kernel_fail(call, row, out_of_range);
    leat_kernel_store_wide(call, wide);
}

/* To `digits` after the point (negative: before it), in the scale of the result. */
static bool rounded(leat_i128 value, unsigned from, int64_t digits, unsigned to, leat_i128 *out)
{
    if (digits >= (int64_t)from)
        return leat_decimal_rescale(value, from, to, out);
    if (digits < -(int64_t)LEAT_DECIMAL_PRECISION_MAX + (int64_t)from) {
        *out = 0;
        return true;
    }
    unsigned drop = (unsigned)((int64_t)from - digits);
    leat_i128 kept;
    if (!leat_decimal_rescale(value, drop, 0, &kept))
        return false;
    if (digits >= 0)
        return leat_decimal_rescale(kept, (unsigned)digits, to, out);
    return leat_decimal_multiply(kept, leat_decimal_power((unsigned)-digits), 0, &kept) &&
           leat_decimal_rescale(kept, 0, to, out);
}

static void round_digits_decimal(leat_kernel_call *call)
{
    leat_i128 *wide = leat_kernel_wide_room(call);
    unsigned from = argument_scale(call, 0), to = call->type.scale;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t digits = LEAT_COLUMN_GET(&call->arguments[1], int32_t, row);
        if (!rounded(argument(call, 0, row), from, digits, to, &wide[row]) ||
            !leat_decimal_fits(wide[row], call->type.precision))
            leat_kernel_fail(call, row, out_of_range);
    }
    leat_kernel_store_wide(call, wide);
}

#define PAIR_ROW(symbol, text, result_rule, equal, kernel_name)                                    \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_2(DECIMAL, DECIMAL),                   \
        .rule = (result_rule), .has_equal_types = (equal), .can_fail = true, .kernel = kernel_name \
    }

#define SINGLE_ROW(symbol, text, result_rule, kernel_name)                                         \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_1(DECIMAL), .rule = (result_rule),     \
        .can_fail = true, .kernel = kernel_name                                                    \
    }

static const leat_function rows[] = {
    PAIR_ROW("+", "sum, exact", LEAT_RESULT_ADD, true, add_decimal),
    PAIR_ROW("-", "difference, exact", LEAT_RESULT_ADD, true, subtract_decimal),
    PAIR_ROW("*", "product, exact up to 38 digits", LEAT_RESULT_MULTIPLY, false, multiply_decimal),
    PAIR_ROW("/", "quotient, rounded; fails on zero", LEAT_RESULT_DIVIDE, false, divide_decimal),
    PAIR_ROW("%", "remainder; fails on zero", LEAT_RESULT_FIRST, true, modulo_decimal),
    PAIR_ROW("mod", "the same as %", LEAT_RESULT_FIRST, true, modulo_decimal),
    SINGLE_ROW("-", "negated", LEAT_RESULT_FIRST, negate_decimal),
    SINGLE_ROW("abs", "without its sign", LEAT_RESULT_FIRST, abs_decimal),
    {.name = "sign",
     .summary = "-1, 0 or 1",
     LEAT_ARGUMENTS_1(DECIMAL),
     .rule = LEAT_RESULT_WHOLE,
     .can_fail = true,
     .kernel = sign_decimal},
    SINGLE_ROW("trunc", "without its fraction", LEAT_RESULT_WHOLE, trunc_decimal),
    SINGLE_ROW("floor", "nearest whole number below", LEAT_RESULT_WHOLE, floor_decimal),
    SINGLE_ROW("ceil", "nearest whole number above", LEAT_RESULT_WHOLE, ceil_decimal),
    SINGLE_ROW("ceiling", "the same as ceil", LEAT_RESULT_WHOLE, ceil_decimal),
    SINGLE_ROW(
        "round", "nearest whole number, halves away from zero", LEAT_RESULT_WHOLE, round_decimal),
    {.name = "round",
     .summary = "to that many digits after the point, halves away from zero",
     LEAT_ARGUMENTS_2(DECIMAL, INT),
     .rule = LEAT_RESULT_ROUND,
     .can_fail = true,
     .kernel = round_digits_decimal},
};

const leat_function_family leat_functions_decimal = {"Decimal arithmetic", rows,
                                                     LEAT_COUNT_OF(rows)};
