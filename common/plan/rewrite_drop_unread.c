/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/rewriter.h"

const leat_logical_plan *leat_rewrite_drop_unread(const leat_logical_plan *plan, leat_arena *arena)
{
    leat_rewriter r;
    leat_rewriter_init(&r, plan, arena);
    bool *is_needed = LEAT_ARENA_ARRAY(arena, bool, plan->node_count);
    for (uint32_t i = plan->node_count; i-- > 0;) {
        const leat_logical_node *node = &plan->nodes[i];
        is_needed[i] |= node->kind == LEAT_LOGICAL_SINK;
        for (uint32_t j = 0; j < node->input_count; j++)
            is_needed[node->inputs[j].node] |= is_needed[i];
    }
    for (uint32_t i = 0; i < plan->node_count; i++) {
        if (!is_needed[i])
            continue;
        leat_logical_node node = leat_rewriter_copy(&r, i);
        leat_rewriter_map(&r, i, leat_rewriter_emit(&r, &node));
    }
    return leat_rewriter_finish(&r);
}
