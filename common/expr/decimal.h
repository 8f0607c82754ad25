/* SPDX-License-Identifier: Apache-2.0
 *
 * decimal - exact arithmetic on scaled 128-bit integers, one value at a time.
 *
 * Private to common/expr. A decimal(p, s) is its value times 10^s. Every function that rounds
 * rounds half away from zero, as SQL's numeric does, and returns false when the result does not
 * fit 38 digits.
 */
#ifndef LEAT_COMMON_EXPR_DECIMAL_H
#define LEAT_COMMON_EXPR_DECIMAL_H

#include "common/columns/number_text.h" /* leat_decimal_power */

/* Digits after the point of quotients and means, unless their arguments have more: as many as
 * PostgreSQL gives one near one. */
enum { LEAT_DECIMAL_QUOTIENT_SCALE = 16 };

/* |value| < 10^precision. */
bool leat_decimal_fits(leat_i128 value, unsigned precision);
/* The same number with another scale. */
bool leat_decimal_rescale(leat_i128 value, unsigned from, unsigned to, leat_i128 *out);
/* a * b / 10^drop. */
bool leat_decimal_multiply(leat_i128 a, leat_i128 b, unsigned drop, leat_i128 *out);
/* a * 10^shift / b; b is not 0; shift in [0, 76]. */
bool leat_decimal_divide(leat_i128 a, leat_i128 b, unsigned shift, leat_i128 *out);

double leat_decimal_to_double(leat_i128 value, unsigned scale);
/* False for NaN, infinity and what has more than 38 digits. */
bool leat_decimal_from_double(double value, unsigned scale, leat_i128 *out);

#endif
