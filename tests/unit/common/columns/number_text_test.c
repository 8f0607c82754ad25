/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/number_text.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "common/base/prng.h"

static const char *decimal(const char *text, unsigned precision, unsigned scale)
{
    static char result[64];
    leat_i128 value = 0;
    leat_type type = leat_type_decimal(precision, scale);
    leat_code code = leat_decimal_parse(leat_bytes_text(text), type, &value);
    if (code != LEAT_OK)
        return leat_code_name(code);
    leat_buf out = {0};
    leat_decimal_print(value, scale, &out);
    snprintf(result, sizeof result, "%s", leat_buf_text(&out));
    leat_buf_fini(&out);
    return result;
}

Test(number_text, decimals_round_half_away_from_zero_at_their_scale)
{
    cr_assert_str_eq(decimal("1.005", 10, 2), "1.01");
    cr_assert_str_eq(decimal("-1.005", 10, 2), "-1.01");
    cr_assert_str_eq(decimal("1.00499999", 10, 2), "1.00");
    cr_assert_str_eq(decimal("0.999", 3, 2), "1.00");
    cr_assert_str_eq(decimal("12345678901234567890123456789012345678.4999", 38, 0),
                     "12345678901234567890123456789012345678");
    cr_assert_str_eq(decimal("12345678901234567890123456789012345678.5", 38, 0),
                     "12345678901234567890123456789012345679");
}

Test(number_text, decimals_take_exponents)
{
    cr_assert_str_eq(decimal("1.5e3", 10, 2), "1500.00");
    cr_assert_str_eq(decimal("15E-1", 10, 1), "1.5");
    cr_assert_str_eq(decimal("1e-400000000000", 10, 2), "0.00");
    cr_assert_str_eq(decimal("0e999999999", 10, 2), "0.00");
    cr_assert_str_eq(decimal("000000000000000000000000000000000000000000001.10", 3, 1), "1.1");
}

Test(number_text, decimals_that_do_not_fit_or_are_none_are_told_apart)
{
    cr_assert_str_eq(decimal("999.95", 4, 1), "limit exceeded");
    cr_assert_str_eq(decimal("1e30", 38, 9), "limit exceeded");
    cr_assert_str_eq(decimal("99999999999999999999999999999999999999.9", 38, 0), "limit exceeded");
    cr_assert_str_eq(decimal("1e99999999999", 38, 0), "limit exceeded");
    const char *const wrong[] = {"", ".", "-", "1e", "1e+", "1.2.3", "0x1", "1 ", "e5", "--1"};
    for (size_t i = 0; i < LEAT_COUNT_OF(wrong); i++)
        cr_assert_str_eq(decimal(wrong[i], 10, 2), "bad record", "%s", wrong[i]);
}

Test(number_text, integers_stop_at_their_limits)
{
    int64_t value = 0;

    cr_assert_eq(leat_integer_parse(LEAT_BYTES("-9223372036854775808"), &value), LEAT_OK);
    cr_assert_eq(value, INT64_MIN);
    cr_assert_eq(leat_integer_parse(LEAT_BYTES("9223372036854775808"), &value), LEAT_LIMIT);
    cr_assert_eq(leat_integer_parse(LEAT_BYTES("99999999999999999999999"), &value), LEAT_LIMIT);
    cr_assert_eq(leat_integer_parse(LEAT_BYTES("1a"), &value), LEAT_RECORD);
    cr_assert_eq(leat_integer_parse(LEAT_BYTES(""), &value), LEAT_RECORD);
}

static double double_of(const char *text)
{
    double value = 0;
    cr_assert_eq(leat_double_parse(leat_bytes_text(text), &value), LEAT_OK, "%s", text);
    return value;
}

Test(number_text, doubles_parse_to_the_nearest)
{
    cr_assert_eq(double_of("0.1"), 0.1);
    cr_assert_eq(double_of("-123456.789e-3"), -123.456789);
    cr_assert_eq(double_of("9007199254740993"), 9007199254740992.0);
    cr_assert_eq(double_of("123456789012345678901234567890"), 123456789012345678901234567890.0);
    cr_assert_eq(double_of("4.9e-324"), 4.9e-324);
    cr_assert(isnan(double_of("NaN")));
    cr_assert_eq(double_of("-Infinity"), -(double)INFINITY);
    double value;
    cr_assert_eq(leat_double_parse(LEAT_BYTES("1e999"), &value), LEAT_LIMIT);
    cr_assert_eq(leat_double_parse(LEAT_BYTES("0x10"), &value), LEAT_RECORD);
}

Test(number_text, printed_doubles_read_back)
{
    leat_prng prng = {1};
    leat_buf out = {0};
    for (int i = 0; i < 2000; i++) {
        uint64_t bits = leat_prng_next(&prng);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        leat_buf_clear(&out);
        leat_double_print(value, &out);
        cr_assert_eq(double_of(leat_buf_text(&out)), value);
    }
    leat_buf_fini(&out);
}

static const char *printed(double value)
{
    static char text[40];
    leat_buf out = {0};
    leat_double_print(value, &out);
    snprintf(text, sizeof text, "%s", leat_buf_text(&out));
    leat_buf_fini(&out);
    return text;
}

Test(number_text, doubles_print_as_short_as_they_can)
{
    cr_assert_str_eq(printed(0.1), "0.1");
    cr_assert_str_eq(printed(0.1 + 0.2), "0.30000000000000004");
    cr_assert_str_eq(printed(-0.0), "-0");
    cr_assert_str_eq(printed(1234567), "1234567");
    cr_assert_str_eq(printed(1e300), "1e+300");
    cr_assert_str_eq(printed((double)NAN), "NaN");
}
