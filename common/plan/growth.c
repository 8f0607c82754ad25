/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/logical.h"

static leat_growth join_growth(const leat_join *join)
{
    switch (join->timing) {
    case LEAT_JOIN_INTERVAL:
    case LEAT_JOIN_WINDOW:
        return LEAT_GROWTH_WINDOW;
    case LEAT_JOIN_TEMPORAL:
    case LEAT_JOIN_LOOKUP:
        return LEAT_GROWTH_GROUPS;
    case LEAT_JOIN_REGULAR:
    case LEAT_JOIN_ASOF:
    case LEAT_JOIN_TIMING_COUNT:
        break;
    }
    return LEAT_GROWTH_ROWS;
}

/* Without keys there is one group, or one ranking. */
static leat_growth keyed_growth(const leat_logical_plan *plan, const leat_logical_node *node)
{
    if (node->key_count > 0)
        return LEAT_GROWTH_GROUPS;
    leat_logical_input input = node->inputs[0];
    bool is_updating = plan->nodes[input.node].outputs[input.output].is_updating;
    bool keeps = false;
    for (uint32_t i = 0; i < node->aggregate_count; i++)
        keeps |= leat_aggregate_keeps_values(&node->aggregates[i], is_updating);
    if (node->kind == LEAT_LOGICAL_TOP_N)
        keeps = is_updating || node->top->limit == UINT64_MAX;
    if (node->kind == LEAT_LOGICAL_DEDUPLICATE)
        keeps = is_updating;
    return keeps ? LEAT_GROWTH_ROWS : LEAT_GROWTH_FIXED;
}

static leat_growth growth_of(const leat_logical_plan *plan, const leat_logical_node *node)
{
    switch (node->kind) {
    case LEAT_LOGICAL_SOURCE:
    case LEAT_LOGICAL_SINK:
        return LEAT_GROWTH_FIXED;
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_PROJECT:
    case LEAT_LOGICAL_ROUTE:
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_UNNEST:
        return LEAT_GROWTH_NONE;
    case LEAT_LOGICAL_AGGREGATE:
        return node->window.kind != LEAT_WINDOW_NONE ? LEAT_GROWTH_WINDOW
                                                     : keyed_growth(plan, node);
    case LEAT_LOGICAL_WINDOW:
        return node->window.kind == LEAT_WINDOW_SESSION ? LEAT_GROWTH_WINDOW : LEAT_GROWTH_NONE;
    case LEAT_LOGICAL_JOIN:
        return join_growth(node->join);
    case LEAT_LOGICAL_OVER:
        return node->over->is_by_watermark ? LEAT_GROWTH_GROUPS : LEAT_GROWTH_ROWS;
    case LEAT_LOGICAL_TOP_N:
        return node->top->window_end >= 0 ? LEAT_GROWTH_WINDOW : keyed_growth(plan, node);
    case LEAT_LOGICAL_DEDUPLICATE:
        return node->dedup->window_end >= 0 ? LEAT_GROWTH_WINDOW : keyed_growth(plan, node);
    case LEAT_LOGICAL_SORT:
        return LEAT_GROWTH_WINDOW;
    case LEAT_LOGICAL_DISTINCT:
    case LEAT_LOGICAL_SET_OP:
    case LEAT_LOGICAL_NORMALIZE:
    case LEAT_LOGICAL_MATERIALIZE:
        return LEAT_GROWTH_GROUPS;
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

bool leat_logical_format_changes(const leat_logical_node *node)
{
    for (uint32_t i = 0; i < node->option_count; i++)
        if (leat_bytes_equal(node->options[i].name, LEAT_BYTES("format")))
            return leat_bytes_equal(node->options[i].value, LEAT_BYTES("debezium-json"));
    return false;
}

bool leat_logical_expires(const leat_logical_plan *plan, uint32_t index)
{
    const leat_logical_node *node = &plan->nodes[index];
    leat_growth growth = growth_of(plan, node);
    return node->state_ttl_us > 0 && (growth == LEAT_GROWTH_GROUPS || growth == LEAT_GROWTH_ROWS);
}

leat_growth leat_logical_growth(const leat_logical_plan *plan, uint32_t index)
{
    return leat_logical_expires(plan, index) ? LEAT_GROWTH_FIXED
                                             : growth_of(plan, &plan->nodes[index]);
}
