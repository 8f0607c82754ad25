/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/changes.h"

#include <criterion/criterion.h>

#include "common/plan/inline.h"

static leat_arena arena;

static const leat_schema *schema_of(uint32_t count)
{
    leat_field *fields = LEAT_ARENA_ARRAY(&arena, leat_field, count);
    for (uint32_t i = 0; i < count; i++)
        fields[i] = (leat_field){leat_bytes_text(leat_arena_print(&arena, "c%u", i)),
                                 LEAT_TYPE(BIGINT), true};
    return leat_schema_new(&arena, fields, count, -1);
}

/* Nodes one after another, each with the last ones as inputs. */
typedef struct nodes {
    leat_logical_node items[8];
    uint32_t count;
} nodes;

static const leat_logical_output *
add(nodes *all, leat_logical_node node, uint32_t input_count, uint32_t columns)
{
    node.input_count = input_count;
    node.inputs = LEAT_ARENA_ARRAY(&arena, leat_logical_input, input_count);
    for (uint32_t i = 0; i < input_count; i++)
        node.inputs[i].node = all->count - input_count + i;
    if (node.outputs == NULL)
        node.outputs = LEAT_ARENA_NEW(&arena, leat_logical_output);
    node.output_count = 1;
    node.outputs[0].schema = schema_of(columns);
    leat_logical_derive_changes(all->items, &node, &arena);
    all->items[all->count] = node;
    return all->items[all->count++].outputs;
}

/* A table with two columns, of which `key` (-1: none) is the key. */
static void add_source(nodes *all, leat_change_mode changes, int key)
{
    leat_logical_output *output = LEAT_ARENA_NEW(&arena, leat_logical_output);
    output->changes = changes;
    output->has_upsert_key = key >= 0;
    output->upsert_key_count = key >= 0;
    output->upsert_keys = LEAT_ARENA_NEW(&arena, uint16_t);
    output->upsert_keys[0] = (uint16_t)LEAT_MAX(key, 0);
    add(all, (leat_logical_node){.kind = LEAT_LOGICAL_SOURCE, .outputs = output}, 0, 2);
}

static void expect_key(const leat_logical_output *output, uint32_t count, const uint16_t *columns)
{
    cr_assert(output->has_upsert_key);
    cr_assert_eq(output->upsert_key_count, count);
    for (uint32_t i = 0; i < count; i++)
        cr_expect_eq(output->upsert_keys[i], columns[i]);
}

Test(changes, a_projection_keeps_a_key_that_it_passes_on)
{
    nodes all = {0};
    add_source(&all, LEAT_CHANGES_RETRACT, 1);
    leat_bound *swapped[] = {leat_bound_column(schema_of(2), 1, &arena),
                             leat_bound_column(schema_of(2), 0, &arena)};
    leat_logical_node project = {.kind = LEAT_LOGICAL_PROJECT, .expressions = swapped};

    project.expression_count = 2;
    const leat_logical_output *both = add(&all, project, 1, 2);

    expect_key(both, 1, (uint16_t[]){0});
    cr_expect_eq(both->changes, LEAT_CHANGES_RETRACT);
    all.count = 1;
    project.expressions = swapped + 1;
    project.expression_count = 1;
    cr_expect_not(add(&all, project, 1, 1)->has_upsert_key);
    leat_arena_fini(&arena);
}

Test(changes, a_running_group_changes_and_is_unique_by_its_keys)
{
    nodes all = {0};
    uint16_t keys[] = {1};
    add_source(&all, LEAT_CHANGES_APPEND, -1);

    const leat_logical_output *groups =
        add(&all, (leat_logical_node){.kind = LEAT_LOGICAL_AGGREGATE, .key_count = 1, .keys = keys},
            1, 2);

    expect_key(groups, 1, (uint16_t[]){0});
    cr_expect_eq(groups->changes, LEAT_CHANGES_RETRACT);
    cr_expect(groups->is_updating);
    leat_arena_fini(&arena);
}

static const leat_logical_output *join_of(leat_join_kind kind, int left_key, int right_key)
{
    static nodes all;
    static uint16_t column;
    static leat_join join;
    all.count = 0;
    column = 0;
    join = (leat_join){.kind = kind, .key_count = 1, .left_keys = &column, .right_keys = &column};
    add_source(&all, LEAT_CHANGES_APPEND, left_key);
    add_source(&all, LEAT_CHANGES_APPEND, right_key);
    bool has_right = kind != LEAT_JOIN_SEMI && kind != LEAT_JOIN_ANTI;
    return add(&all, (leat_logical_node){.kind = LEAT_LOGICAL_JOIN, .join = &join}, 2,
               has_right ? 4 : 2);
}

Test(changes, a_join_with_one_match_at_most_keeps_the_key_of_the_other_side)
{
    expect_key(join_of(LEAT_JOIN_INNER, 1, 0), 1, (uint16_t[]){1});
    expect_key(join_of(LEAT_JOIN_INNER, 0, 1), 1, (uint16_t[]){3});
    expect_key(join_of(LEAT_JOIN_LEFT, 0, 1), 2, (uint16_t[]){0, 3});
    expect_key(join_of(LEAT_JOIN_FULL, 0, 0), 2, (uint16_t[]){0, 2});
    expect_key(join_of(LEAT_JOIN_ANTI, 1, -1), 1, (uint16_t[]){1});
    cr_expect_not(join_of(LEAT_JOIN_INNER, 1, -1)->has_upsert_key);
    leat_arena_fini(&arena);
}

Test(changes, what_a_later_row_makes_untrue_is_taken_back)
{
    cr_expect_eq(join_of(LEAT_JOIN_INNER, -1, -1)->changes, LEAT_CHANGES_APPEND);
    cr_expect_eq(join_of(LEAT_JOIN_SEMI, -1, -1)->changes, LEAT_CHANGES_APPEND);
    cr_expect_eq(join_of(LEAT_JOIN_LEFT, -1, -1)->changes, LEAT_CHANGES_RETRACT);
    cr_expect_eq(join_of(LEAT_JOIN_ANTI, -1, -1)->changes, LEAT_CHANGES_RETRACT);
    leat_arena_fini(&arena);
}

Test(changes, all_of_the_key_makes_rows_unique)
{
    uint16_t keys[] = {2, 0};
    leat_logical_output output = {
        .has_upsert_key = true, .upsert_key_count = 2, .upsert_keys = keys};

    cr_expect(leat_logical_is_unique_by(&output, (uint16_t[]){0, 1, 2}, 3));
    cr_expect_not(leat_logical_is_unique_by(&output, (uint16_t[]){0, 1}, 2));
    output.upsert_key_count = 0;
    cr_expect(leat_logical_is_unique_by(&output, NULL, 0), "one row at most");
    output.has_upsert_key = false;
    cr_expect_not(leat_logical_is_unique_by(&output, keys, 2));
}
