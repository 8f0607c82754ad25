/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "tests/support/op_harness.h"

static leat_arena arena;
static const char input[] = "~a bigint, b bigint, s bigint";

Test(unnest, a_row_goes_out_once_per_element_of_its_series)
{
    leat_bound *bounds[] = {leat_op_bound("a", input, &arena), leat_op_bound("b", input, &arena),
                            leat_op_bound("s", input, &arena)};
    leat_unnest unnest = {.kind = LEAT_UNNEST_SERIES, .is_outer = true, .has_ordinality = true};
    leat_logical_node node = {.kind = LEAT_LOGICAL_UNNEST,
                              .expression_count = 3,
                              .expressions = bounds,
                              .unnest = &unnest};
    leat_op_harness *h = leat_op_harness_node(
        &node, input, NULL, "~a bigint, b bigint, s bigint, e bigint, n bigint", 16);
    OP_ROWS(h, "1, 5, 2", "3, 2, -1", "2, 1, 1", "1, 2, 0");
    OP_ROWS(h, "-D 3, 2, -1");

    cr_assert_str_eq(leat_op_table(h, 0), "1, 5, 2, 1, 1\n1, 5, 2, 3, 2\n1, 5, 2, 5, 3\n"
                                          "2, 1, 1, null, null\n");
    cr_assert_eq(leat_op_counts(h).rows_failed, 1);
    leat_op_harness_close(&h);
    leat_arena_fini(&arena);
}
