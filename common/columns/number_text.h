/* SPDX-License-Identifier: Apache-2.0
 *
 * number_text - integers, decimals and doubles as text, the same for SQL, JSON and tests.
 *
 * Parsers take the whole text (no white space around it) and return LEAT_RECORD when it is not
 * such a number and LEAT_LIMIT when it is one that does not fit; they set no error text, the
 * caller knows the column. All exact: nothing goes through a double that is not a double.
 */
#ifndef LEAT_COMMON_COLUMNS_NUMBER_TEXT_H
#define LEAT_COMMON_COLUMNS_NUMBER_TEXT_H

#include "common/columns/type.h"

void leat_integer_print(int64_t value, leat_buf *out);
/* [+-]digits */
LEAT_MUST_USE leat_code leat_integer_parse(leat_bytes text, int64_t *out_value);

/* 10^exponent, exponent <= LEAT_DECIMAL_PRECISION_MAX. */
leat_i128 leat_decimal_power(unsigned exponent);
void leat_decimal_print(leat_i128 value, unsigned scale, leat_buf *out);
/* [+-]digits[.digits][e[+-]digits], rounded half away from zero to the scale of `type`. */
LEAT_MUST_USE leat_code leat_decimal_parse(leat_bytes text, leat_type type, leat_i128 *out_value);

void leat_double_print(double value, leat_buf *out); /* shortest that reads back */
/* Decimal notation, Infinity and NaN in any case. */
LEAT_MUST_USE leat_code leat_double_parse(leat_bytes text, double *out_value);

#endif
