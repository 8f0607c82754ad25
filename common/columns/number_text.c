/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/number_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "common/base/assert.h"

enum {
    DIGITS_I128_MAX = 40,     /* 2^127 has 39 */
    DIGITS_MANTISSA_MAX = 38, /* digits that surely fit in 128 bits */
    DIGITS_DOUBLE_MAX = 19,   /* digits that surely fit in 64 bits */
    EXPONENT_MAX = 100000,    /* beyond it every number is 0 or out of range */
    EXPONENT_EXACT_MAX = 22,  /* 10^22 is the largest power that a double holds exactly */
    DOUBLE_TEXT_MAX = 1100,   /* longest decimal text that can matter to a double */
};

/* Write digits backwards from `end`; returns where they start. */
static char *digits_write(leat_u128 value, char *end)
{
    while (value > UINT64_MAX) {
        *--end = (char)('0' + (unsigned)(value % 10));
        value /= 10;
    }
    uint64_t small = (uint64_t)value;
    do {
        *--end = (char)('0' + small % 10);
        small /= 10;
    } while (small > 0);
    return end;
}

void leat_integer_print(int64_t value, leat_buf *out)
{
    char text[DIGITS_I128_MAX];
    char *end = text + sizeof text;
    char *start = digits_write(value < 0 ? -(leat_u128)value : (leat_u128)value, end);
    if (value < 0)
        *--start = '-';
    leat_buf_add(out, start, (size_t)(end - start));
}

leat_code leat_integer_parse(leat_bytes text, int64_t *out_value)
{
    const char *at = text.data;
    const char *end = at + text.size;
    bool is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return LEAT_RECORD;
    uint64_t value = 0;
    bool is_over = false;
    for (; at < end; at++) {
        unsigned digit = (unsigned)*at - '0';
        if (digit > 9)
            return LEAT_RECORD;
        is_over |= __builtin_mul_overflow(value, UINT64_C(10), &value);
        is_over |= __builtin_add_overflow(value, (uint64_t)digit, &value);
    }
    if (is_over || value > (uint64_t)INT64_MAX + is_negative)
        return LEAT_LIMIT;
    *out_value = is_negative ? (int64_t)-value : (int64_t)value;
    return LEAT_OK;
}

leat_i128 leat_decimal_power(unsigned exponent)
{
    static const uint64_t powers[] = {
        1U,
        10U,
        100U,
        1000U,
        10000U,
        100000U,
        1000000U,
        10000000U,
        100000000U,
        1000000000U,
        10000000000U,
        100000000000U,
        1000000000000U,
        10000000000000U,
        100000000000000U,
        1000000000000000U,
        10000000000000000U,
        100000000000000000U,
        1000000000000000000U,
        10000000000000000000U,
    };
    LEAT_ASSERT(exponent <= LEAT_DECIMAL_PRECISION_MAX);
    unsigned low = LEAT_MIN(exponent, 19U);
    return (leat_i128)powers[low] * (leat_i128)powers[exponent - low];
}

void leat_decimal_print(leat_i128 value, unsigned scale, leat_buf *out)
{
    char text[DIGITS_I128_MAX + LEAT_DECIMAL_PRECISION_MAX];
    char *end = text + sizeof text;
    leat_u128 rest = value < 0 ? -(leat_u128)value : (leat_u128)value;
    char *start = digits_write(rest, end);
    while ((size_t)(end - start) <= scale)
        *--start = '0';
    size_t whole = (size_t)(end - start) - scale;
    if (value < 0)
        leat_buf_add_char(out, '-');
    leat_buf_add(out, start, whole);
    if (scale > 0) {
        leat_buf_add_char(out, '.');
        leat_buf_add(out, start + whole, scale);
    }
}

/* Decimal notation taken apart: mantissa * 10^exponent. */
typedef struct number {
    leat_u128 mantissa; /* its first digits_max digits, leading zeros not counted */
    unsigned digits;
    int exponent;
    bool is_negative;
    bool rounds_up; /* the first digit left out was 5 or more */
    bool is_cut;    /* digits were left out */
} number;

static void number_digit(number *n, unsigned digit, unsigned digits_max)
{
    if (n->digits < digits_max) {
        n->mantissa = n->mantissa * 10 + digit;
        n->digits += n->mantissa != 0;
        return;
    }
    if (!n->is_cut)
        n->rounds_up = digit >= 5;
    n->is_cut = true;
    n->exponent += n->exponent < EXPONENT_MAX;
}

static bool exponent_take(const char **at, const char *end, int *out_exponent)
{
    const char *p = *at;
    bool is_negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    int value = 0;
    const char *digits = p;
    for (; p < end && (unsigned)*p - '0' <= 9; p++)
        value = LEAT_MIN(value * 10 + (*p - '0'), EXPONENT_MAX);
    *at = p;
    *out_exponent = is_negative ? -value : value;
    return p > digits;
}

/* False when the text is not a number. */
static bool number_take(leat_bytes text, unsigned digits_max, number *out_number)
{
    number n = {0};
    const char *at = text.data;
    const char *end = at + text.size;
    n.is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    bool has_digits = false;
    for (; at < end && (unsigned)*at - '0' <= 9; at++, has_digits = true)
        number_digit(&n, (unsigned)*at - '0', digits_max);
    if (at < end && *at == '.') {
        at++;
        for (; at < end && (unsigned)*at - '0' <= 9; at++, has_digits = true) {
            number_digit(&n, (unsigned)*at - '0', digits_max);
            n.exponent -= n.exponent > -EXPONENT_MAX;
        }
    }
    if (!has_digits)
        return false;
    if (at < end && (*at == 'e' || *at == 'E')) {
        int exponent = 0;
        at++;
        if (!exponent_take(&at, end, &exponent))
            return false;
        n.exponent += exponent;
    }
    *out_number = n;
    return at == end;
}

leat_code leat_decimal_parse(leat_bytes text, leat_type type, leat_i128 *out_value)
{
    number n;
    if (!number_take(text, DIGITS_MANTISSA_MAX, &n))
        return LEAT_RECORD;
    leat_u128 limit = (leat_u128)leat_decimal_power(type.precision);
    int shift = n.exponent + type.scale;
    leat_u128 value = n.mantissa;
    if (value == 0 || shift < -LEAT_DECIMAL_PRECISION_MAX) {
        value = 0;
    } else if (shift < 0) {
        leat_u128 divisor = (leat_u128)leat_decimal_power((unsigned)-shift);
        leat_u128 rest = value % divisor;
        value = value / divisor + (rest >= divisor - rest);
    } else if (shift > 0) {
        if ((unsigned)shift + n.digits > type.precision)
            return LEAT_LIMIT;
        value *= (leat_u128)leat_decimal_power((unsigned)shift);
    } else {
        value += n.rounds_up;
    }
    if (value >= limit)
        return LEAT_LIMIT;
    *out_value = n.is_negative ? -(leat_i128)value : (leat_i128)value;
    return LEAT_OK;
}

void leat_double_print(double value, leat_buf *out)
{
    if (isnan(value) || isinf(value)) {
        leat_buf_add_text(out, isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
        return;
    }
    if (value >= -1e15 && value <= 1e15 && value == (double)(int64_t)value && value != 0) {
        leat_integer_print((int64_t)value, out);
        return;
    }
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    leat_buf_add_text(out, text);
}

static bool double_word(leat_bytes text, double *out_value)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {
        {"nan", (double)NAN},
        {"infinity", (double)INFINITY},
        {"+infinity", (double)INFINITY},
        {"-infinity", -(double)INFINITY},
        {"inf", (double)INFINITY},
        {"-inf", -(double)INFINITY},
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(words); i++) {
        if (text.size == strlen(words[i].word) &&
            strncasecmp(text.data, words[i].word, text.size) == 0) {
            *out_value = words[i].value;
            return true;
        }
    }
    return false;
}

leat_code leat_double_parse(leat_bytes text, double *out_value)
{
    static const double powers[EXPONENT_EXACT_MAX + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    number n;
    if (!number_take(text, DIGITS_DOUBLE_MAX, &n))
        return double_word(text, out_value) ? LEAT_OK : LEAT_RECORD;
    /* Clinger's fast path: mantissa and power are exact, so one rounding gives the answer. */
    if (!n.is_cut && n.mantissa <= (UINT64_C(1) << 53) && n.exponent >= -EXPONENT_EXACT_MAX &&
        n.exponent <= EXPONENT_EXACT_MAX) {
        double exact = (double)(uint64_t)n.mantissa;
        exact = n.exponent < 0 ? exact / powers[-n.exponent] : exact * powers[n.exponent];
        *out_value = n.is_negative ? -exact : exact;
        return LEAT_OK;
    }
    char copy[DOUBLE_TEXT_MAX];
    if (text.size >= sizeof copy)
        return LEAT_LIMIT;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    double value = strtod(copy, NULL);
    if (isinf(value))
        return LEAT_LIMIT;
    *out_value = value;
    return LEAT_OK;
}
