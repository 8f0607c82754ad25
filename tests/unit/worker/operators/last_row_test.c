/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "tests/support/op_harness.h"

static uint16_t key = 0;
static const char schema[] = "~k bigint, v string";

static leat_op_harness *last_open(leat_logical_kind kind)
{
    leat_logical_node node = {.kind = kind, .key_count = 1, .keys = &key};
    return leat_op_harness_node(&node, schema, NULL, schema, 16);
}

Test(normalize, upserts_become_full_changes)
{
    leat_op_harness *h = last_open(LEAT_LOGICAL_NORMALIZE);
    OP_ROWS(h, "1, a", "+U 2, b");
    cr_assert_str_eq(leat_op_take(h, 0), "1, a\n2, b\n");
    leat_op_save_and_load(h);
    OP_ROWS(h, "+U 1, \"a text longer than a view\"", "+U 2, b", "-D 3, null", "-D 2, null");
    cr_assert_str_eq(leat_op_take(h, 0), "-U 1, a\n+U 1, a text longer than a view\n-D 2, b\n");
    leat_op_harness_close(&h);
}

Test(materialize, of_the_rows_of_a_key_the_last_to_arrive_counts)
{
    leat_op_harness *h = last_open(LEAT_LOGICAL_MATERIALIZE);
    OP_ROWS(h, "1, a", "1, b");
    cr_assert_str_eq(leat_op_take(h, 0), "+I 1, a\n-U 1, a\n+U 1, b\n");
    leat_op_save_and_load(h);
    OP_ROWS(h, "-D 1, b");
    cr_assert_str_eq(leat_op_take(h, 0), "-U 1, b\n+U 1, a\n");
    OP_ROWS(h, "-U 1, a", "+U 1, c");
    cr_assert_str_eq(leat_op_take(h, 0), "-U 1, a\n+U 1, c\n");
    OP_ROWS(h, "-D 1, c");
    cr_assert_str_eq(leat_op_take(h, 0), "-D 1, c\n");
    leat_op_harness_close(&h);
}
