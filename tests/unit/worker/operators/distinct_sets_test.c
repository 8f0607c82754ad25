/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/distinct_sets.h"

#include <criterion/criterion.h>

#include "tests/support/op_harness.h"

static leat_arena arena;
static uint16_t key;

static const char columns[] = "k bigint, v int, s string";
static const char changing[] = "~k bigint, v int, s string";

/* Three calls over v share a set, one over s has another. */
static leat_op_harness *open_four(const char *in, uint32_t key_count)
{
    static const char *const calls[] = {"count(distinct v)",
                                        "count(distinct v) filter (where s = 'a')",
                                        "sum(distinct v)", "count(distinct s)"};
    leat_bound_aggregate *aggregates = LEAT_ARENA_ARRAY(&arena, leat_bound_aggregate, 4);
    for (size_t i = 0; i < LEAT_COUNT_OF(calls); i++)
        aggregates[i] = leat_op_aggregate(calls[i], columns, &arena);
    leat_logical_node *node = LEAT_ARENA_NEW(&arena, leat_logical_node);
    *node = (leat_logical_node){.kind = LEAT_LOGICAL_AGGREGATE,
                                .key_count = key_count,
                                .keys = &key,
                                .aggregate_count = LEAT_COUNT_OF(calls),
                                .aggregates = aggregates};
    const char *out = key_count > 0 ? "k bigint, a bigint, b bigint, c bigint, d bigint"
                                    : "a bigint, b bigint, c bigint, d bigint";
    return leat_op_harness_node(node, in, NULL, out, 16);
}

static void close_one(leat_op_harness **h)
{
    leat_op_harness_close(h);
    leat_arena_fini(&arena);
}

static uint64_t set_rows(const leat_op_harness *h, uint32_t set)
{
    uint32_t first = h->plan->operators[h->operator_index].state + 2u; /* groups, values, sets */
    return leat_table_row_count(leat_state_table(h->state, first + set));
}

Test(distinct_sets, calls_over_one_argument_share_its_values)
{
    leat_op_harness *h = open_four(columns, 1);
    OP_ROWS(h, "1, 5, a", "1, 5, b", "1, 6, b", "2, 5, b", "1, null, null", "1, 5, a");
    cr_expect_str_eq(leat_op_table(h, 0), "1, 2, 1, 11, 2\n2, 1, 0, 5, 1\n");
    cr_expect_eq(set_rows(h, 0), 3, "v: 5 and 6 of group 1, 5 of group 2");
    cr_expect_eq(set_rows(h, 1), 3);

    leat_op_save_and_load(h);
    OP_ROWS(h, "1, 6, a", "2, 5, c");
    cr_expect_str_eq(leat_op_table(h, 0), "1, 2, 2, 11, 2\n2, 1, 0, 5, 2\n");
    close_one(&h);
}

Test(distinct_sets, one_group_of_all_rows_has_sets)
{
    leat_op_harness *h = open_four(columns, 0);
    OP_ROWS(h, "1, 5, a", "2, 5, b", "3, 7, \"longer than a view can hold\"");
    leat_op_save_and_load(h);
    OP_ROWS(h, "1, 7, a", "1, 8, \"longer than a view can hold\"");
    cr_expect_str_eq(leat_op_table(h, 0), "3, 2, 20, 3\n");
    close_one(&h);
}

Test(distinct_sets, a_value_leaves_with_its_last_row_even_within_a_batch)
{
    leat_op_harness *h = open_four(changing, 1);
    OP_ROWS(h, "+I 1, 5, a", "+I 1, 5, b", "-D 1, 5, a", "+I 1, 6, a", "-D 1, 6, a", "+I 1, 6, b");
    cr_expect_str_eq(leat_op_table(h, 0), "1, 2, 0, 11, 1\n");
    OP_ROWS(h, "-D 1, 5, b", "-D 1, 6, b", "+I 1, 6, c", "-D 1, 9, zz");
    cr_expect_eq(set_rows(h, 0), 1, "only 6 is left, and 9 never came");
    leat_op_save_and_load(h);
    OP_ROWS(h, "+I 1, 9, a");
    cr_expect_eq(set_rows(h, 0), 2);
    close_one(&h);
}
