/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "tests/support/op_harness.h"

static leat_arena arena;

static leat_op_harness *
open_one(const char *schema, const char *processor, const char *out, leat_physical_kind kind)
{
    return leat_op_harness_open(leat_op_topology(&arena, schema, processor, out), kind, 0, 16);
}

static void close_one(leat_op_harness **h)
{
    leat_op_harness_close(h);
    leat_arena_fini(&arena);
}

Test(filter, passes_rows_whose_condition_is_true)
{
    leat_op_harness *h = open_one("a: bigint, s: string", "  p: {input: in, where: \"a > 2\"}", "p",
                                  LEAT_PHYSICAL_FILTER);
    OP_ROWS(h, "1, x", "3, y", "null, z", "7, w");

    cr_assert_str_eq(leat_op_take(h, 0), "3, y\n7, w\n");
    cr_assert_eq(leat_op_counts(h).rows_in, 4);
    cr_assert_eq(leat_op_counts(h).rows_out, 2);
    close_one(&h);
}

Test(filter, an_update_of_which_one_half_passes_becomes_a_delete_or_an_insert)
{
    leat_op_harness *h = open_one("a: bigint, s: string", "  p: {input: in, where: \"a > 2\"}", "p",
                                  LEAT_PHYSICAL_FILTER);
    OP_ROWS(h, "-U 3, x", "+U 1, x", "-U 1, y", "+U 5, y", "-U 4, z", "+U 6, z");

    cr_assert_str_eq(leat_op_take(h, 0), "-D 3, x\n+I 5, y\n-U 4, z\n+U 6, z\n");
    close_one(&h);
}

Test(filter, a_row_in_error_is_reported_and_does_not_pass)
{
    leat_op_harness *h = open_one("a: bigint, b: bigint", "  p: {input: in, where: \"a / b > 1\"}",
                                  "p", LEAT_PHYSICAL_FILTER);
    OP_ROWS(h, "4, 2", "4, 0", "9, 3");

    cr_assert_str_eq(leat_op_take(h, 0), "4, 2\n9, 3\n");
    cr_assert_eq(h->failed.count, 1);
    cr_assert_str_eq(h->failed.items[0], "division by zero: 4, 0");
    cr_assert_eq(leat_op_counts(h).rows_failed, 1);
    close_one(&h);
}

Test(project, computes_columns_and_keeps_selection_and_changes)
{
    leat_op_harness *h =
        open_one("a: bigint, s: string", "  p: {input: in, select: \"a + 1 AS b, upper(s) AS u\"}",
                 "p", LEAT_PHYSICAL_PROJECT);
    OP_ROWS(h, "1, x", "-D 3, y");

    cr_assert_str_eq(leat_op_take(h, 0), "+I 2, X\n-D 4, Y\n");
    close_one(&h);
}

Test(project, a_row_in_error_is_left_out)
{
    leat_op_harness *h =
        open_one("a: bigint, b: bigint", "  p: {input: in, select: \"a / b AS q\"}", "p",
                 LEAT_PHYSICAL_PROJECT);
    OP_ROWS(h, "4, 2", "4, 0", "9, 3");

    cr_assert_str_eq(leat_op_take(h, 0), "2\n3\n");
    cr_assert_eq(h->failed.count, 1);
    close_one(&h);
}

static const char route_two[] =
    "  p: {input: in, route: [{when: \"a > 10\", to: big}, {when: \"a / b > 1\", to: ratio}]}";

Test(route, the_first_match_takes_the_row_and_the_rest_is_counted)
{
    leat_op_harness *h =
        open_one("a: bigint, b: bigint", route_two, "[p.big, p.ratio]", LEAT_PHYSICAL_ROUTE);
    OP_ROWS(h, "20, 1", "4, 2", "1, 1", "30, 30");

    cr_assert_str_eq(leat_op_take(h, 0), "20, 1\n30, 30\n");
    cr_assert_str_eq(leat_op_take(h, 1), "4, 2\n");
    cr_assert_eq(leat_op_counts(h).rows_unmatched, 1);
    close_one(&h);
}

Test(route, later_conditions_are_not_asked_about_rows_that_matched)
{
    leat_op_harness *h =
        open_one("a: bigint, b: bigint", route_two, "[p.big, p.ratio]", LEAT_PHYSICAL_ROUTE);
    OP_ROWS(h, "20, 0", "5, 0");

    cr_assert_str_eq(leat_op_take(h, 0), "20, 0\n");
    cr_assert_str_eq(leat_op_take(h, 1), "");
    cr_assert_eq(h->failed.count, 1);
    cr_assert_eq(leat_op_counts(h).rows_unmatched, 0);
    close_one(&h);
}

Test(route, the_default_takes_what_is_left)
{
    leat_op_harness *h =
        open_one("a: bigint", "  p: {input: in, route: [{when: \"a > 10\", to: big}, {to: rest}]}",
                 "[p.big, p.rest]", LEAT_PHYSICAL_ROUTE);
    OP_ROWS(h, "20", "null", "3");

    cr_assert_str_eq(leat_op_take(h, 0), "20\n");
    cr_assert_str_eq(leat_op_take(h, 1), "null\n3\n");
    close_one(&h);
}
