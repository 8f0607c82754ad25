/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/distinct_plan.h"

enum { KEYS_MAX = 29 }; /* of a table are 32: window_start, window_end and the value come in */

static bool wants_set(const leat_bound_aggregate *call, bool retracts)
{
    bool is_extreme = call->kind == LEAT_AGGREGATE_MIN || call->kind == LEAT_AGGREGATE_MAX;
    return call->is_distinct && call->argument != NULL && call->option == NULL && !is_extreme &&
           !leat_aggregate_is_gathered(call, retracts);
}

static int8_t set_for(leat_distinct_plan *sets, const leat_bound *argument)
{
    for (uint32_t i = 0; i < sets->set_count; i++)
        if (leat_bound_equal(sets->arguments[i], argument))
            return sets->call_counts[i] < LEAT_DISTINCT_CALLS_MAX ? (int8_t)i : -1;
    if (sets->set_count == LEAT_DISTINCT_SETS_MAX)
        return -1;
    sets->arguments[sets->set_count] = argument;
    return (int8_t)sets->set_count++;
}

void leat_distinct_plan_of(const leat_logical_plan *plan,
                           const leat_logical_node *node,
                           leat_distinct_plan *out_sets)
{
    leat_logical_input input = node->inputs[0];
    bool retracts = plan->nodes[input.node].outputs[input.output].is_updating;
    *out_sets = (leat_distinct_plan){0};
    for (uint32_t i = 0; i < node->aggregate_count; i++) {
        const leat_bound_aggregate *call = &node->aggregates[i];
        bool has_set = wants_set(call, retracts) && node->key_count <= KEYS_MAX;
        int8_t set = has_set ? set_for(out_sets, call->argument) : -1;
        out_sets->set_of[i] = set;
        if (set >= 0)
            out_sets->bit_of[i] = (uint8_t)out_sets->call_counts[set]++;
    }
}

bool leat_distinct_carries_window(const leat_logical_node *node)
{
    return node->window.kind != LEAT_WINDOW_NONE && node->window.kind != LEAT_WINDOW_TUMBLE;
}
