/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/plan_state.h"

#include "common/base/alloc.h"
#include "worker/operators/distinct_sets.h"
#include "worker/operators/grouping.h"

LEAT_STATIC_ASSERT((int)LEAT_AGGREGATES_MAX <= (int)LEAT_TABLE_VIEWS_MAX, "all may hold a text");

/* A window's state is keyed by its end and its keys; the table keeps the end as the pane. */
static void group_spec(const leat_physical_plan *plan,
                       const leat_physical_operator *op,
                       leat_state_spec *out_spec)
{
    const leat_logical_node *node = &plan->logical->nodes[op->logical];
    const leat_schema *key = plan->states[op->state].key;
    uint32_t pane_columns = op->kind == LEAT_PHYSICAL_WINDOW_AGGREGATE;
    bool has_window_keys =
        node->window.kind == LEAT_WINDOW_CARRIED || leat_group_is_windowed(plan->logical, node);
    if (has_window_keys) { /* start and end are keys, too */
        key = node->outputs[0].schema;
        pane_columns = 0;
    }
    leat_group_layout *layout = LEAT_NEW(leat_group_layout);
    leat_group_layout_of(plan->logical, node, layout);
    leat_table_spec *table = &out_spec->table;
    out_spec->is_bytes = false;
    table->key = (leat_schema){
        .field_count = has_window_keys ? node->key_count + 2 : key->field_count - pane_columns,
        .event_time = -1,
        .fields = key->fields + pane_columns,
    };
    table->value_size = layout->value_size;
    for (uint32_t i = 0; i < layout->count; i++)
        if (layout->aggregates[i].holds_text)
            table->view_offsets[table->view_count++] = layout->offsets[i];
    leat_free(layout);
}

/* Operators that keep whole rows, or several of anything per key, keep them in sorted tables. */
static void sorted_specs(const leat_physical_operator *op, leat_state_spec *specs)
{
    bool is_counted = op->kind == LEAT_PHYSICAL_DISTINCT || op->kind == LEAT_PHYSICAL_SET_OP ||
                      op->kind == LEAT_PHYSICAL_NORMALIZE;
    for (uint32_t i = 0; i < op->state_count; i++) {
        leat_state_spec *spec = &specs[op->state + i];
        *spec = (leat_state_spec){.is_sorted = true, .has_arrival = !is_counted};
    }
}

/* A table by group key and value, in the key group of the group. */
static leat_state_spec set_spec(const leat_physical_state *state, uint32_t calls, bool retracts)
{
    leat_state_spec spec = {.is_bytes = false};
    spec.table.key = *state->key;
    spec.table.value_size = leat_distinct_value_size(calls, retracts);
    spec.table.has_own_hashes = true;
    return spec;
}

/* Groups; then the values that calls keep; then the sets of DISTINCT ones; then the rows of a
 * window in front of them. */
static void aggregate_specs(const leat_physical_plan *plan,
                            const leat_physical_operator *op,
                            leat_state_spec *specs)
{
    const leat_logical_node *node = &plan->logical->nodes[op->logical];
    bool has_values = leat_group_keeps_values(plan->logical, node);
    leat_logical_input input = node->inputs[0];
    bool retracts = plan->logical->nodes[input.node].outputs[input.output].is_updating;
    leat_distinct_plan sets;
    leat_distinct_plan_of(plan->logical, node, &sets);
    group_spec(plan, op, &specs[op->state]);
    for (uint32_t i = 1; i < op->state_count; i++) {
        uint32_t set = i - 1 - has_values;
        leat_state_spec *spec = &specs[op->state + i];
        bool is_values = i == 1 && has_values;
        if (!is_values && set < sets.set_count)
            *spec = set_spec(&plan->states[op->state + i], sets.call_counts[set], retracts);
        else
            *spec = (leat_state_spec){.is_sorted = true, .has_arrival = !is_values};
    }
}

leat_state *
leat_plan_state_new(const leat_physical_plan *plan, uint32_t key_group_count, uint64_t completed)
{
    leat_state_spec *specs = leat_alloc_zero(plan->state_count, sizeof *specs);
    for (uint32_t i = 0; i < plan->state_count; i++)
        specs[i].is_bytes = true;
    for (uint32_t i = 0; i < plan->operator_count; i++) {
        const leat_physical_operator *op = &plan->operators[i];
        if (op->kind == LEAT_PHYSICAL_AGGREGATE || op->kind == LEAT_PHYSICAL_WINDOW_AGGREGATE)
            aggregate_specs(plan, op, specs);
        else if (op->kind != LEAT_PHYSICAL_SOURCE && op->kind != LEAT_PHYSICAL_SINK)
            sorted_specs(op, specs);
    }
    leat_state *state = leat_state_new(specs, plan->state_count, key_group_count, completed);
    leat_free(specs);
    return state;
}
