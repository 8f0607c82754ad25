/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "common/columns/time_text.h"
#include "tests/support/op_harness.h"

Test(processing_window, rows_that_come_before_the_first_pass_get_the_time_of_their_step)
{
    leat_arena arena = {0};
    leat_op_harness *harness = leat_op_harness_open(
        leat_op_topology(&arena, "k: bigint",
                         "  counted: {input: in, group_by: [k], window: {tumble: 1s, time: "
                         "processing}, aggregate: {n: count(*)}}",
                         "counted"),
        LEAT_PHYSICAL_WINDOW_AGGREGATE, 0, 16);
    harness->now = 10 * LEAT_SECOND_US;

    OP_ROWS(harness, "1", "1", "2"); /* as when another slot started before ours */

    cr_assert_eq(harness->failed.count, 0);
    harness->op->class->pass(harness->op, 12 * LEAT_SECOND_US, &harness->emitter);
    cr_assert_eq(harness->lines[0].count, 2);
    cr_assert(strstr(harness->lines[0].items[0], "1970-01-01 00:00:10") != NULL, "%s",
              harness->lines[0].items[0]);
    leat_op_harness_close(&harness);
    leat_arena_fini(&arena);
}
