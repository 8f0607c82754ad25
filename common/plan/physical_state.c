/* SPDX-License-Identifier: Apache-2.0
 *
 * What each operator keeps, by name, key and value: the identity of state across plans
 * (decisions 2). The rows of a value schema that an operator keeps per key may be many: how they
 * lie is the operator's business.
 *
 *   source              splits
 *   sink                handles
 *   aggregate           groups: keys -> calls
 *   window_aggregate    panes: window_end, keys -> calls
 *     calls that keep values (leat_aggregate_keeps_values): values: keys -> calls
 *     DISTINCT calls    distinct0, ...: keys, value -> which calls have it
 *     sessions          rows: keys -> input rows, while the session is open
 *   join                left, right: join keys -> the side's rows
 *   set_op, distinct    rows: the row -> counts
 *   the others          rows: keys -> input rows
 */
#include "common/plan/distinct_plan.h"
#include "common/plan/physical.h"

/* What a resubmitted topology must say again to keep its state. */
static leat_bytes
call_text(const leat_bound_aggregate *call, const leat_schema *input, leat_arena *arena)
{
    leat_buf text = {0};
    leat_logical_print_call(call, input, &text);
    leat_bytes bytes = leat_arena_bytes(arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return bytes;
}

static void describe_groups(const leat_logical_node *node,
                            const leat_schema *input,
                            leat_arena *arena,
                            leat_physical_state *state)
{
    bool has_window = node->window.kind != LEAT_WINDOW_NONE;
    leat_field *keys = LEAT_ARENA_ARRAY(arena, leat_field, node->key_count + 1);
    leat_field *values = LEAT_ARENA_ARRAY(arena, leat_field, node->aggregate_count);
    uint32_t key_count = 0;
    if (has_window)
        keys[key_count++] = (leat_field){LEAT_BYTES("window_end"), LEAT_TYPE(TIMESTAMP), false};
    const leat_field *named = node->outputs[0].schema->fields + (has_window ? 2 : 0);
    for (uint32_t i = 0; i < node->key_count; i++)
        keys[key_count++] = named[i];
    for (uint32_t i = 0; i < node->aggregate_count; i++)
        values[i] = (leat_field){call_text(&node->aggregates[i], input, arena),
                                 node->aggregates[i].type, true};
    state->name = has_window ? LEAT_BYTES("panes") : LEAT_BYTES("groups");
    state->key = leat_schema_new(arena, keys, key_count, -1);
    state->value = leat_schema_new(arena, values, node->aggregate_count, -1);
}

static const leat_schema *
key_schema(const leat_schema *rows, const uint16_t *keys, uint32_t key_count, leat_arena *arena)
{
    leat_field *fields = LEAT_ARENA_ARRAY(arena, leat_field, key_count);
    for (uint32_t i = 0; i < key_count; i++)
        fields[i] = rows->fields[keys[i]];
    return leat_schema_new(arena, fields, key_count, -1);
}

/* Rows by whole row: how often the left and the right have it. */
static const leat_schema *count_schema(uint32_t count, leat_arena *arena)
{
    const leat_field fields[] = {{LEAT_BYTES("left"), LEAT_TYPE(BIGINT), false},
                                 {LEAT_BYTES("right"), LEAT_TYPE(BIGINT), false}};
    return leat_schema_new(arena, fields, count, -1);
}

static uint16_t describe_join(const leat_logical_node *node,
                              const leat_physical_operator *op,
                              leat_arena *arena,
                              leat_physical_state *out_states)
{
    const leat_join *join = node->join;
    out_states[0].name = LEAT_BYTES("left");
    out_states[0].key = key_schema(op->input, join->left_keys, join->key_count, arena);
    out_states[0].value = op->input;
    out_states[1].name = LEAT_BYTES("right");
    out_states[1].key = key_schema(op->right, join->right_keys, join->key_count, arena);
    out_states[1].value = op->right;
    return 2;
}

/* Its keys are those of the table: a pane stands for the window's end. */
static void describe_set(const leat_logical_node *node,
                         const leat_distinct_plan *sets,
                         uint32_t set,
                         leat_arena *arena,
                         leat_physical_state *state)
{
    bool has_window = node->window.kind != LEAT_WINDOW_NONE;
    uint32_t skipped = has_window && !leat_distinct_carries_window(node) ? 2 : 0;
    uint32_t key_count = node->key_count + (has_window && skipped == 0 ? 2 : 0);
    leat_field *keys = LEAT_ARENA_ARRAY(arena, leat_field, key_count + 1);
    memcpy(keys, node->outputs[0].schema->fields + skipped, key_count * sizeof *keys);
    keys[key_count] = (leat_field){LEAT_BYTES("value"), sets->arguments[set]->type, false};
    const leat_field calls = {LEAT_BYTES("calls"), LEAT_TYPE(BIGINT), false};
    state->name = leat_bytes_text(leat_arena_print(arena, "distinct%u", set));
    state->key = leat_schema_new(arena, keys, key_count + 1, -1);
    state->value = leat_schema_new(arena, &calls, 1, -1);
}

static uint16_t describe_aggregate(const leat_logical_plan *logical,
                                   const leat_logical_node *node,
                                   const leat_schema *input,
                                   leat_arena *arena,
                                   leat_physical_state *out_states)
{
    uint16_t count = 1;
    leat_logical_input from = node->inputs[0];
    bool retracts = logical->nodes[from.node].outputs[from.output].is_updating;
    bool has_values = false;
    describe_groups(node, input, arena, out_states);
    for (uint32_t i = 0; i < node->aggregate_count; i++)
        has_values |= leat_aggregate_keeps_values(&node->aggregates[i], retracts);
    if (has_values) {
        out_states[count].name = LEAT_BYTES("values");
        out_states[count].key = out_states->key;
        out_states[count++].value = out_states->value;
    }
    leat_distinct_plan sets;
    leat_distinct_plan_of(logical, node, &sets);
    for (uint32_t i = 0; i < sets.set_count; i++)
        describe_set(node, &sets, i, arena, &out_states[count++]);
    if (node->window.kind == LEAT_WINDOW_SESSION) {
        out_states[count].name = LEAT_BYTES("rows");
        out_states[count].key = key_schema(input, node->keys, node->key_count, arena);
        out_states[count++].value = input;
    }
    return count;
}

uint16_t leat_physical_states(const leat_logical_plan *logical,
                              const leat_physical_operator *op,
                              leat_arena *arena,
                              leat_physical_state *out_states)
{
    const leat_logical_node *node = &logical->nodes[op->logical];
    if (op->kind == LEAT_PHYSICAL_EXCHANGE ||
        leat_logical_growth(logical, op->logical) == LEAT_GROWTH_NONE)
        return 0;
    for (uint32_t i = 0; i < LEAT_PHYSICAL_STATES_MAX; i++)
        out_states[i] = (leat_physical_state){.operator_id = node->operator_id};
    switch (node->kind) {
    case LEAT_LOGICAL_SOURCE:
        out_states->name = LEAT_BYTES("splits");
        return 1;
    case LEAT_LOGICAL_SINK:
        out_states->name = LEAT_BYTES("handles");
        return 1;
    case LEAT_LOGICAL_AGGREGATE:
        return describe_aggregate(logical, node, op->input, arena, out_states);
    case LEAT_LOGICAL_JOIN:
        return describe_join(node, op, arena, out_states);
    case LEAT_LOGICAL_SET_OP:
    case LEAT_LOGICAL_DISTINCT:
        out_states->name = LEAT_BYTES("rows");
        out_states->key = key_schema(op->input, node->keys, node->key_count, arena);
        out_states->value = count_schema(node->kind == LEAT_LOGICAL_SET_OP ? 2 : 1, arena);
        return 1;
    case LEAT_LOGICAL_WINDOW:
    case LEAT_LOGICAL_OVER:
    case LEAT_LOGICAL_TOP_N:
    case LEAT_LOGICAL_DEDUPLICATE:
    case LEAT_LOGICAL_SORT:
    case LEAT_LOGICAL_NORMALIZE:
    case LEAT_LOGICAL_MATERIALIZE:
        out_states->name = LEAT_BYTES("rows");
        out_states->key = key_schema(op->input, node->keys, node->key_count, arena);
        out_states->value = op->input;
        return 1;
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_PROJECT:
    case LEAT_LOGICAL_ROUTE:
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_UNNEST:
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}
