/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdio.h>

#include "common/base/prng.h"
#include "tests/support/op_harness.h"

static const char schema[] = "~a bigint, b string";
static uint16_t both[] = {0, 1};

static leat_op_harness *distinct_open(const char *in)
{
    leat_logical_node node = {.kind = LEAT_LOGICAL_DISTINCT, .key_count = 2, .keys = both};
    return leat_op_harness_node(&node, in, NULL, in, 16);
}

Test(distinct, appended_rows_are_said_once)
{
    leat_op_harness *h = distinct_open("a bigint, b string");
    OP_ROWS(h, "1, x", "1, x", "null, x");
    leat_op_save_and_load(h);
    OP_ROWS(h, "1, x", "null, x", "1, null");
    cr_assert_str_eq(leat_op_take(h, 0), "1, x\nnull, x\n1, null\n");
    leat_op_harness_close(&h);
}

Test(distinct, a_row_goes_with_its_last_copy)
{
    leat_op_harness *h = distinct_open(schema);
    OP_ROWS(h, "1, x", "1, x");
    OP_ROWS(h, "-U 1, x", "+U 2, x");
    cr_assert_str_eq(leat_op_take(h, 0), "1, x\n2, x\n");
    OP_ROWS(h, "-D 1, x");
    cr_assert_str_eq(leat_op_take(h, 0), "-D 1, x\n");
    leat_op_harness_close(&h);
}

/* --- Against counting by hand: rows are one letter. --- */

static int64_t expected_count(leat_set set, int64_t left, int64_t right)
{
    if (set.kind == LEAT_SET_INTERSECT)
        return set.is_all ? LEAT_MIN(left, right) : left > 0 && right > 0;
    return set.is_all ? LEAT_MAX(left - right, 0) : left > 0 && right == 0;
}

static void compare(leat_set set, uint64_t seed)
{
    leat_logical_node node = {
        .kind = LEAT_LOGICAL_SET_OP, .key_count = 2, .keys = both, .set = &set};
    leat_op_harness *h = leat_op_harness_node(&node, schema, schema, schema, 16);
    leat_prng prng = {seed};
    int64_t counts[2][5] = {{0}};
    for (uint32_t step = 0; step < 300; step++) {
        uint64_t side = leat_prng_below(&prng, 2), letter = leat_prng_below(&prng, 5);
        bool is_retract = counts[side][letter] > 0 && leat_prng_chance(&prng, 0.5);
        counts[side][letter] += is_retract ? -1 : 1;
        char row[32];
        snprintf(row, sizeof row, "%s 7, %c", is_retract ? "-D" : "+I", (char)('a' + letter));
        if (side == 0)
            OP_ROWS(h, row);
        else
            OP_ROWS_RIGHT(h, row);
        if (leat_prng_chance(&prng, 0.05))
            leat_op_save_and_load(h);
    }
    leat_buf text = {0};
    for (uint32_t letter = 0; letter < 5; letter++)
        for (int64_t n = expected_count(set, counts[0][letter], counts[1][letter]); n > 0; n--)
            leat_buf_print(&text, "7, %c\n", (char)('a' + letter));
    cr_assert_str_eq(leat_op_table(h, 0), leat_buf_text(&text), "seed %" PRIu64, seed);
    leat_buf_fini(&text);
    leat_op_harness_close(&h);
}

Test(set_op, random_changes_on_both_sides_give_what_counting_gives)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        compare((leat_set){.kind = (leat_set_kind)(seed % 2), .is_all = seed % 4 < 2}, seed);
}
