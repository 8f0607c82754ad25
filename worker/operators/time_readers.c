/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/time_readers.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"

static bool join_reads_time(const leat_join *join)
{
    return join->timing != LEAT_JOIN_REGULAR && join->timing != LEAT_JOIN_LOOKUP;
}

static bool reads_time(const leat_logical_node *node)
{
    switch (node->kind) {
    case LEAT_LOGICAL_WINDOW:
    case LEAT_LOGICAL_SORT:
        return true;
    case LEAT_LOGICAL_AGGREGATE:
        return node->window.kind != LEAT_WINDOW_NONE;
    case LEAT_LOGICAL_JOIN:
        return join_reads_time(node->join);
    case LEAT_LOGICAL_OVER:
        return node->over->is_by_watermark;
    case LEAT_LOGICAL_TOP_N:
        return node->top->window_end >= 0;
    case LEAT_LOGICAL_DEDUPLICATE:
        return node->dedup->window_end >= 0;
    case LEAT_LOGICAL_SOURCE:
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_PROJECT:
    case LEAT_LOGICAL_ROUTE:
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_DISTINCT:
    case LEAT_LOGICAL_SET_OP:
    case LEAT_LOGICAL_UNNEST:
    case LEAT_LOGICAL_NORMALIZE:
    case LEAT_LOGICAL_MATERIALIZE:
    case LEAT_LOGICAL_SINK:
    case LEAT_LOGICAL_KIND_COUNT:
        return false;
    }
    LEAT_UNREACHABLE();
}

/* Inputs stand before their readers. */
bool leat_feeds_time(const leat_logical_plan *plan, uint32_t node)
{
    bool *is_fed = leat_alloc_zero(plan->node_count, sizeof *is_fed);
    is_fed[node] = true;
    bool found = false;
    for (uint32_t i = node + 1; i < plan->node_count && !found; i++) {
        for (uint32_t j = 0; j < plan->nodes[i].input_count; j++)
            is_fed[i] |= is_fed[plan->nodes[i].inputs[j].node];
        found = is_fed[i] && reads_time(&plan->nodes[i]);
    }
    leat_free(is_fed);
    return found;
}
