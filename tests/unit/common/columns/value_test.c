/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/value.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* Text -> value -> text, or the error's text. */
static const char *round_trip(const char *type_text, const char *text)
{
    static char result[LEAT_ERROR_TEXT_MAX];
    leat_type type;
    leat_error err;
    leat_arena arena = {0};
    leat_value value;
    leat_buf out = {0};
    cr_assert_eq(leat_type_parse(leat_bytes_text(type_text), &type, NULL), LEAT_OK);
    if (leat_value_parse(type, leat_bytes_text(text), &arena, &value, &err) == LEAT_OK) {
        leat_column column = leat_value_column(&value, &arena);
        leat_value again = leat_column_value(&column, 12345);
        leat_value_print(&again, &out);
        snprintf(result, sizeof result, "%s", leat_buf_text(&out));
    } else {
        snprintf(result, sizeof result, "%s", err.text);
    }
    leat_buf_fini(&out);
    leat_arena_fini(&arena);
    return result;
}

Test(value, prints_as_postgresql_does)
{
    cr_assert_str_eq(round_trip("boolean", " TRUE "), "true");
    cr_assert_str_eq(round_trip("int", "-2147483648"), "-2147483648");
    cr_assert_str_eq(round_trip("bigint", "+9223372036854775807"), "9223372036854775807");
    cr_assert_str_eq(round_trip("double", "1e20"), "1e+20");
    cr_assert_str_eq(round_trip("decimal(12,2)", "12.5"), "12.50");
    cr_assert_str_eq(round_trip("decimal(38,38)", "-.1"),
                     "-0.10000000000000000000000000000000000000");
    cr_assert_str_eq(round_trip("timestamp", "2015-09-12T00:46:58.771Z"),
                     "2015-09-12 00:46:58.771");
    cr_assert_str_eq(round_trip("string", " raw "), " raw ");
    cr_assert_str_eq(round_trip("bytes", "\\x00fF"), "\\x00ff");
    cr_assert_str_eq(round_trip("interval", "1 day 02:00:00"), "1 day 02:00:00");
}

Test(value, a_wrong_text_is_quoted_with_the_type_it_was_for)
{
    cr_assert_str_eq(round_trip("int", "2147483648"), "`2147483648` is out of the range of int");
    cr_assert_str_eq(round_trip("bigint", "1.5"), "`1.5` is not a valid bigint");
    cr_assert_str_eq(round_trip("boolean", "maybe"), "`maybe` is not a valid boolean");
    cr_assert_str_eq(round_trip("decimal(3,1)", "100"),
                     "`100` is out of the range of decimal(3,1)");
    cr_assert_str_eq(round_trip("bytes", "\\x0"), "`\\x0` is not a valid bytes");
}

Test(value, a_null_column_is_null_at_every_row)
{
    leat_arena arena = {0};
    leat_value null = {.type = LEAT_TYPE(STRING), .is_null = true};

    leat_column column = leat_value_column(&null, &arena);

    cr_assert(leat_column_value(&column, 0).is_null);
    cr_assert(leat_column_value(&column, 99).is_null);
    leat_arena_fini(&arena);
}
