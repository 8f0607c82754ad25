/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expr/decimal.h"

#include <math.h>

#include "common/base/assert.h"

typedef struct wide {
    leat_u128 high;
    leat_u128 low;
} wide;

static leat_u128 magnitude(leat_i128 value)
{
    return value < 0 ? (leat_u128)0 - (leat_u128)value : (leat_u128)value;
}

bool leat_decimal_fits(leat_i128 value, unsigned precision)
{
    if (precision > 18 && value == (leat_i128)(int64_t)value)
        return true; /* 19 digits hold every 64-bit value; no table look-up for most sums */
    return magnitude(value) < (leat_u128)leat_decimal_power(precision);
}

static wide wide_multiply(leat_u128 a, leat_u128 b)
{
    leat_u128 a0 = (uint64_t)a, a1 = a >> 64, b0 = (uint64_t)b, b1 = b >> 64;
    leat_u128 low = a0 * b0;
    leat_u128 middle = a1 * b0 + (low >> 64); /* cannot overflow: (2^64 - 1)^2 + 2^64 - 1 */
    leat_u128 other = a0 * b1 + (uint64_t)middle;
    wide product;
    product.low = (other << 64) | (uint64_t)low;
    product.high = a1 * b1 + (middle >> 64) + (other >> 64);
    return product;
}

/* n / d by shift and subtract; the caller knows that the quotient fits 128 bits. */
static leat_u128 wide_divide(wide n, leat_u128 d, leat_u128 *out_remainder)
{
    leat_u128 quotient = 0, remainder = n.high;
    for (int i = 127; i >= 0; i--) {
        bool carry = remainder >> 127;
        remainder = (remainder << 1) | ((n.low >> i) & 1);
        quotient <<= 1;
        if (carry || remainder >= d) {
            remainder -= d;
            quotient |= 1;
        }
    }
    *out_remainder = remainder;
    return quotient;
}

/* n / d rounded half up, with a sign; false above 38 digits. */
static bool divide_rounded(wide n, leat_u128 d, bool is_negative, leat_i128 *out)
{
    leat_u128 quotient, remainder;
    if (n.high >= d)
        return false;
    if (n.high != 0) {
        quotient = wide_divide(n, d, &remainder);
    } else if (n.low >> 64 == 0 && d >> 64 == 0) {
        quotient = (uint64_t)n.low / (uint64_t)d;
        remainder = (uint64_t)n.low % (uint64_t)d;
    } else {
        quotient = n.low / d;
        remainder = n.low % d;
    }
    leat_u128 limit = (leat_u128)leat_decimal_power(LEAT_DECIMAL_PRECISION_MAX);
    if (quotient >= limit)
        return false;
    quotient += remainder >= d - remainder;
    if (quotient >= limit)
        return false;
    *out = is_negative ? -(leat_i128)quotient : (leat_i128)quotient;
    return true;
}

bool leat_decimal_rescale(leat_i128 value, unsigned from, unsigned to, leat_i128 *out)
{
    if (to >= from)
        return leat_decimal_multiply(value, leat_decimal_power(to - from), 0, out);
    wide n = {0, magnitude(value)};
    return divide_rounded(n, (leat_u128)leat_decimal_power(from - to), value < 0, out);
}

bool leat_decimal_multiply(leat_i128 a, leat_i128 b, unsigned drop, leat_i128 *out)
{
    wide product = wide_multiply(magnitude(a), magnitude(b));
    return divide_rounded(product, (leat_u128)leat_decimal_power(drop), (a < 0) != (b < 0), out);
}

bool leat_decimal_divide(leat_i128 a, leat_i128 b, unsigned shift, leat_i128 *out)
{
    LEAT_ASSERT(b != 0);
    bool is_negative = (a < 0) != (b < 0);
    leat_u128 n = magnitude(a);
    unsigned first = LEAT_MIN(shift, (unsigned)LEAT_DECIMAL_PRECISION_MAX);
    wide shifted = wide_multiply(n, (leat_u128)leat_decimal_power(first));
    if (shift > first) {
        /* Only a numerator of few digits can leave a quotient that fits. */
        if (shifted.high != 0)
            return n == 0;
        shifted = wide_multiply(shifted.low, (leat_u128)leat_decimal_power(shift - first));
    }
    return divide_rounded(shifted, magnitude(b), is_negative, out);
}

double leat_decimal_to_double(leat_i128 value, unsigned scale)
{
    /* Two exact operands give a correctly rounded quotient; beyond 2^53 or 10^22 the last bit may
     * be off. */
    double divisor = 1.0;
    for (unsigned i = 0; i < scale; i++)
        divisor *= 10.0;
    return (double)value / divisor;
}

bool leat_decimal_from_double(double value, unsigned scale, leat_i128 *out)
{
    double scaled = value;
    for (unsigned i = 0; i < scale; i++)
        scaled *= 10.0;
    if (!(fabs(scaled) < 1e38))
        return false;
    *out = (leat_i128)round(scaled);
    return leat_decimal_fits(*out, LEAT_DECIMAL_PRECISION_MAX);
}
