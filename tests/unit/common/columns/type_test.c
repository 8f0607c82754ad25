/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/type.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const char *printed(const char *spelling)
{
    static char text[64];
    leat_type type;
    cr_assert_eq(leat_type_parse(leat_bytes_text(spelling), &type, NULL), LEAT_OK, "%s", spelling);
    leat_buf out = {0};
    leat_type_print(type, &out);
    snprintf(text, sizeof text, "%s", leat_buf_text(&out));
    leat_buf_fini(&out);
    return text;
}

Test(type, spellings_of_sql_and_flink_mean_one_type)
{
    cr_assert_str_eq(printed("INTEGER"), "int");
    cr_assert_str_eq(printed(" double  Precision "), "double");
    cr_assert_str_eq(printed("varchar(20)"), "string");
    cr_assert_str_eq(printed("TIMESTAMP(3)"), "timestamp");
    cr_assert_str_eq(printed("timestamp_ltz(3)"), "timestamp");
    cr_assert_str_eq(printed("numeric ( 12 , 2 )"), "decimal(12,2)");
    cr_assert_str_eq(printed("decimal"), "decimal(38,0)");
    cr_assert_str_eq(printed("bytea"), "bytes");
    cr_assert_str_eq(printed("bool"), "boolean");
}

Test(type, what_nests_is_spelled_as_in_flink_and_as_in_postgresql)
{
    cr_assert_str_eq(printed("int[]"), "array<int>");
    cr_assert_str_eq(printed("INT[3][]"), "array<array<int>>");
    cr_assert_str_eq(printed("ARRAY< INT NOT NULL >"), "array<int>");
    cr_assert_str_eq(printed("map<string, ARRAY<decimal(10, 2)>>"),
                     "map<string, array<decimal(10,2)>>");
    cr_assert_str_eq(printed("ROW<a INT, `b c` varchar(3) not null>"),
                     "row<a int, \"b c\" string>");
    cr_assert_str_eq(printed("row(a timestamp(3) with time zone, b row<c int>)[]"),
                     "array<row<a timestamp, b row<c int>>>");
    cr_assert_str_eq(printed("jsonb"), "json");
}

Test(type, nested_types_are_equal_when_they_are_spelled_alike)
{
    leat_type a, b, c;
    cr_assert_eq(leat_type_parse(LEAT_BYTES("row<a int, b int[]>"), &a, NULL), LEAT_OK);
    cr_assert_eq(leat_type_parse(LEAT_BYTES("ROW(a INT, b ARRAY<INT>)"), &b, NULL), LEAT_OK);
    cr_assert_eq(leat_type_parse(LEAT_BYTES("row<a int, c int[]>"), &c, NULL), LEAT_OK);

    cr_assert(leat_type_equal(a, b));
    cr_assert(!leat_type_equal(a, c));
    cr_assert_eq(leat_type_field_find(a, LEAT_BYTES("B")), 1);
}

Test(type, what_nests_too_deep_or_is_not_closed_is_refused)
{
    const char *const wrong[] = {"array<int", "map<int>",    "row<>",      "row<a>",
                                 "int[",      "array<int>>", "row<a int,>"};
    leat_type type;
    for (size_t i = 0; i < LEAT_COUNT_OF(wrong); i++)
        cr_expect_eq(leat_type_parse(leat_bytes_text(wrong[i]), &type, NULL), LEAT_INVALID, "%s",
                     wrong[i]);
    leat_buf deep = {0};
    leat_buf_add_text(&deep, "int");
    for (int i = 0; i < 100; i++)
        leat_buf_add_text(&deep, "[]");
    cr_expect_neq(leat_type_parse(leat_buf_bytes(&deep), &type, NULL), LEAT_OK);
    leat_buf_fini(&deep);
}

Test(type, bytes_say_the_same_type_to_every_process)
{
    leat_type type, again;
    leat_buf bytes = {0};
    cr_assert_eq(
        leat_type_parse(LEAT_BYTES("row<a int, b map<string, decimal(5,2)[]>>"), &type, NULL),
        LEAT_OK);
    leat_type_encode(type, &bytes);

    leat_cursor in = leat_cursor_over(leat_buf_bytes(&bytes));
    cr_assert(leat_type_decode(&in, false, &again));
    cr_assert(leat_type_equal(type, again));

    for (size_t size = 0; size < bytes.size; size++) {
        in = leat_cursor_over(leat_bytes_of(bytes.data, size));
        cr_expect(!leat_type_decode(&in, false, &again), "%zu", size);
    }
    leat_buf_fini(&bytes);
}

Test(type, a_wrong_spelling_is_named_with_the_nearest)
{
    leat_type type;
    leat_error err;

    cr_assert_eq(leat_type_parse(LEAT_BYTES("biginf"), &type, &err), LEAT_INVALID);

    cr_assert_str_eq(err.text, "unknown type `biginf`, did you mean `bigint`?");
}

Test(type, numbers_in_parentheses_are_checked)
{
    const char *const wrong[] = {"decimal(39,2)",
                                 "decimal(0)",
                                 "decimal(5,6)",
                                 "decimal(5,2",
                                 "decimal()",
                                 "decimal(5,2,1)",
                                 "int(4)",
                                 "varchar(2,3)",
                                 "decimal(a)",
                                 "",
                                 "()",
                                 "decimal(-1)"};
    for (size_t i = 0; i < LEAT_COUNT_OF(wrong); i++) {
        leat_type type;
        leat_error err;
        cr_assert_eq(leat_type_parse(leat_bytes_text(wrong[i]), &type, &err), LEAT_INVALID, "%s",
                     wrong[i]);
    }
}
