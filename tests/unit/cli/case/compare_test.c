/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "cli/case/compare.h"
#include "tests/support/batch_text.h"
#include "tests/unit/cli/case/case_text.h"

/* What `written` (the sink's lines) is against the case's expected rows: "" when equal. */
static leat_buf diff_of(const char *schema, const char *json, bool is_changes, const char *written)
{
    leat_arena arena = {0};
    leat_error err = {0};
    leat_buf diff = {0};
    bool is_equal = false;
    leat_case one = case_of(json, &arena);
    one.expectations[0].is_changes = is_changes;
    leat_case_result result = {.sink = LEAT_BYTES("out"), .schema = leat_test_schema(schema)};
    leat_buf_add_text(&result.text, written);

    cr_assert_eq(leat_case_result_fold(&result, &err), LEAT_OK, "%s", err.text);
    cr_assert_eq(leat_case_compare(&one, &one.expectations[0], &result, &is_equal, &diff, &err),
                 LEAT_OK, "%s", err.text);
    cr_assert_eq(is_equal, diff.size == 0);
    leat_case_result_fini(&result);
    leat_arena_fini(&arena);
    return diff;
}

static void equal(const char *schema, const char *json, const char *written)
{
    leat_buf diff = diff_of(schema, json, false, written);
    cr_assert_eq(diff.size, 0, "%s", leat_buf_text(&diff));
    leat_buf_fini(&diff);
}

static void differ(const char *schema, const char *json, const char *written, const char *expected)
{
    leat_buf diff = diff_of(schema, json, false, written);
    cr_assert_str_eq(leat_buf_text(&diff), expected);
    leat_buf_fini(&diff);
}

#define EXPECT(rows)  "{'name': 'a', 'sql': 'x', 'expected_rows': " rows "}"
#define ORDERED(rows) "{'name': 'a', 'sql': 'x', 'order': 'ordered', 'expected_rows': " rows "}"

Test(compare, a_bag_has_no_order_but_counts)
{
    equal("k bigint", EXPECT("[[1], [2], [1]]"), "+I [2]\n+I [1]\n+I [1]\n");
    differ("k bigint", EXPECT("[[1], [2], [2]]"), "+I [2]\n+I [1]\n+I [1]\n",
           "  sink out (k): 1 of 3 rows missing, 1 of 3 not expected\n"
           "    - [2]\n"
           "    + [1]\n");
}

Test(compare, ordered_rows_must_be_in_order)
{
    equal("k bigint", ORDERED("[[1], [2]]"), "+I [1]\n+I [2]\n");
    differ("k bigint", ORDERED("[[1], [2]]"), "+I [2]\n+I [1]\n",
           "  sink out (k): 2 of 2 rows missing, 2 of 2 not expected\n"
           "    - 1: [1]\n"
           "    - 2: [2]\n"
           "    + 1: [2]\n"
           "    + 2: [1]\n");
}

Test(compare, folds_updates_and_deletions_first)
{
    equal("k string, n bigint", EXPECT("[['a', 2]]"),
          "+I [\"a\", 1]\n+I [\"b\", 1]\n-U [\"a\", 1]\n+U [\"a\", 2]\n-D [\"b\", 1]\n");
}

Test(compare, numbers_are_equal_by_value_and_text_by_bytes)
{
    equal("d decimal(12,4), x double", EXPECT("[['2.5', 1e3], ['-0.0', 0]]"),
          "+I [\"2.5000\", 1000]\n+I [\"0.0000\", 0]\n");
    differ("s string", EXPECT("[['2.50']]"), "+I [\"2.5\"]\n",
           "  sink out (s): 1 of 1 rows missing, 1 of 1 not expected\n"
           "    - [\"2.50\"]\n"
           "    + [\"2.5\"]\n");
}

Test(compare, null_is_not_an_empty_text)
{
    differ("s string", EXPECT("[[null]]"), "+I [\"\"]\n",
           "  sink out (s): 1 of 1 rows missing, 1 of 1 not expected\n"
           "    - [null]\n"
           "    + [\"\"]\n");
}

Test(compare, times_are_equal_however_they_are_written)
{
    equal("t timestamp, i interval", EXPECT("[['2024-01-01T10:00:00.500+00', '90 minutes']]"),
          "+I [\"2024-01-01 10:00:00.5\", \"01:30:00\"]\n");
}

Test(compare, only_doubles_may_be_a_little_off_unless_the_case_says_so)
{
    equal("x double", EXPECT("[[1.0000000001]]"), "+I [1.0]\n");
    differ("x double", EXPECT("[[1.00001]]"), "+I [1]\n",
           "  sink out (x): 1 of 1 rows missing, 1 of 1 not expected\n"
           "    - [1.00001]\n"
           "    + [1]\n");
    equal("x decimal(10,2)",
          "{'name': 'a', 'sql': 'x', 'numeric_tolerance': 0.01, 'expected_rows': [['100.00']]}",
          "+I [\"100.50\"]\n");
}

Test(compare, of_two_quotients_one_may_have_more_digits)
{
    equal("x decimal(38,16)", EXPECT("[['31720196.237288135593']]"),
          "+I [\"31720196.2372881355932203\"]\n");
    differ("x decimal(38,16)", EXPECT("[['0.3333333']]"), "+I [\"0.3333333333333333\"]\n",
           "  sink out (x): 1 of 1 rows missing, 1 of 1 not expected\n"
           "    - [0.3333333]\n"
           "    + [0.3333333333333333]\n");
}

Test(compare, rows_by_name_may_leave_out_nulls)
{
    equal("a bigint, b bigint", EXPECT("[{'B': 2}]"), "+I [null, 2]\n");
}

Test(compare, changes_are_compared_with_their_signs)
{
    const char *json = EXPECT("[['+I', 1], ['-U', 1], ['+U', 2]]");
    leat_buf same = diff_of("k bigint", json, true, "+I [1]\n-U [1]\n+U [2]\n");
    leat_buf other = diff_of("k bigint", json, true, "+I [1]\n-D [1]\n+I [2]\n");

    cr_assert_eq(same.size, 0, "%s", leat_buf_text(&same));
    cr_assert_not_null(strstr(leat_buf_text(&other), "- [\"-U\", 1]"), "%s", leat_buf_text(&other));
    leat_buf_fini(&same);
    leat_buf_fini(&other);
}

Test(compare, a_row_that_is_taken_back_but_was_never_there_is_an_error)
{
    leat_error err = {0};
    leat_case_result result = {.sink = LEAT_BYTES("out"), .schema = leat_test_schema("k bigint")};
    leat_buf_add_text(&result.text, "+I [1]\n-D [2]\n");

    cr_assert_eq(leat_case_result_fold(&result, &err), LEAT_INVALID);
    cr_assert_str_eq(err.text, "sink out: row [2] is taken back but not there");
    leat_case_result_fini(&result);
}

Test(result, an_upserting_sink_keeps_the_last_row_of_a_key)
{
    const uint16_t keys[] = {0};
    leat_error err = {0};
    leat_case_result result = {.schema = leat_test_schema("k string, v bigint"),
                               .is_upsert = true,
                               .key_count = 1,
                               .keys = keys};
    leat_buf_add_text(&result.text, "+I [null, 1]\n+I [\"b\", 2]\n+U [null, 3]\n-D [\"b\", null]\n"
                                    "-D [\"c\", null]\n+I [\"\", 4]\n");

    cr_assert_eq(leat_case_result_fold(&result, &err), LEAT_OK, "%s", err.text);

    cr_assert_eq(result.rows.count, 2);
    cr_assert(leat_bytes_equal(result.rows.items[0].row, LEAT_BYTES("[null, 3]")));
    cr_assert(leat_bytes_equal(result.rows.items[1].row, LEAT_BYTES("[\"\", 4]")));
    leat_case_result_fini(&result);
}

Test(result, rows_come_in_the_order_of_the_sink)
{
    const leat_order orders[] = {{.column = 0, .is_descending = true, .nulls_first = true},
                                 {.column = 1}};
    leat_error err = {0};
    leat_arena arena = {0};
    bool is_equal = false;
    leat_buf diff = {0};
    leat_case_result result = {.schema = leat_test_schema("d decimal(10,2), s string, v bigint"),
                               .order_count = 2,
                               .orders = orders};
    leat_buf_add_text(&result.text, "+I [\"9.50\", \"b\", 1]\n+I [\"10.00\", \"a\", 2]\n"
                                    "+I [\"9.50\", \"B\", 3]\n+I [null, \"x\", 4]\n"
                                    "+I [\"9.50\", \"b\", 5]\n");
    cr_assert_eq(leat_case_result_fold(&result, &err), LEAT_OK, "%s", err.text);
    leat_case one = case_of(ORDERED("[[null, 'x', 4], ['10', 'a', 2], ['9.5', 'B', 3],"
                                    " ['9.5', 'b', 5], ['9.5', 'b', 1]]"),
                            &arena);

    cr_assert_eq(leat_case_compare(&one, &one.expectations[0], &result, &is_equal, &diff, &err),
                 LEAT_OK);

    cr_assert(is_equal, "peers may change places: %s", leat_buf_text(&diff));
    leat_buf_fini(&diff);
    leat_case_result_fini(&result);
    leat_arena_fini(&arena);
}

Test(compare, a_result_may_be_given_as_a_count_and_a_hash)
{
    leat_case_expectation expected = {
        .has_count = true,
        .row_count = 2,
        .sha256 = LEAT_BYTES("a3c1d8b811862ff55a893ce9e3128985fef7e6973557ffd43f7856e30fee4379")};
    leat_error err = {0};
    leat_buf diff = {0};
    leat_case_result result = {.sink = LEAT_BYTES("out"),
                               .schema = leat_test_schema("k bigint, v string")};
    leat_buf_add_text(&result.text, "+I [2, \"b\"]\n+I [1, \"a\"]\n");
    cr_assert_eq(leat_case_result_fold(&result, &err), LEAT_OK);

    cr_assert(leat_case_compare_sum(&expected, &result, &diff));
    expected.sha256.size--;
    cr_assert_not(leat_case_compare_sum(&expected, &result, &diff));
    expected.row_count++;
    cr_assert_not(leat_case_compare_sum(&expected, &result, &diff));

    cr_assert_str_eq(leat_buf_text(&diff), "  sink out: the hash of 2 rows is another\n"
                                           "  sink out: 2 rows, expected 3\n");
    leat_buf_fini(&diff);
    leat_case_result_fini(&result);
}
