/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/rewrite.h"

#include "common/plan/changes.h"
#include "common/plan/rewriter.h"

void leat_rewriter_init(leat_rewriter *r, const leat_logical_plan *from, leat_arena *arena)
{
    *r = (leat_rewriter){.from = from, .arena = arena};
    r->map = LEAT_ARENA_ARRAY(arena, leat_logical_input *, from->node_count);
    r->reader_counts = LEAT_ARENA_ARRAY(arena, uint32_t, from->node_count);
    for (uint32_t i = 0; i < from->node_count; i++) {
        const leat_logical_node *node = &from->nodes[i];
        r->map[i] = LEAT_ARENA_ARRAY(arena, leat_logical_input, node->output_count);
        for (uint32_t j = 0; j < node->input_count; j++)
            r->reader_counts[node->inputs[j].node]++;
    }
}

leat_logical_input leat_rewriter_now(const leat_rewriter *r, leat_logical_input old)
{
    return r->map[old.node][old.output];
}

const leat_logical_node *leat_rewriter_node(const leat_rewriter *r, leat_logical_input now)
{
    return &r->nodes.items[now.node];
}

leat_logical_node leat_rewriter_copy(const leat_rewriter *r, uint32_t old)
{
    leat_logical_node node = r->from->nodes[old];
    node.inputs = LEAT_ARENA_ARRAY(r->arena, leat_logical_input, node.input_count);
    for (uint32_t i = 0; i < node.input_count; i++)
        node.inputs[i] = leat_rewriter_now(r, r->from->nodes[old].inputs[i]);
    node.outputs =
        leat_arena_copy(r->arena, node.outputs, node.output_count * sizeof *node.outputs);
    return node;
}

leat_logical_input leat_rewriter_emit(leat_rewriter *r, const leat_logical_node *node)
{
    leat_vec_push(&r->nodes, *node);
    if (node->output_count > 0)
        leat_logical_derive_changes(r->nodes.items, &r->nodes.items[r->nodes.count - 1], r->arena);
    return (leat_logical_input){(uint32_t)r->nodes.count - 1, 0};
}

void leat_rewriter_map(leat_rewriter *r, uint32_t old, leat_logical_input now)
{
    for (uint32_t i = 0; i < r->from->nodes[old].output_count; i++)
        r->map[old][i] = (leat_logical_input){now.node, now.output + i};
}

const leat_logical_plan *leat_rewriter_finish(leat_rewriter *r)
{
    leat_logical_plan *plan = leat_arena_copy(r->arena, r->from, sizeof *r->from);
    plan->node_count = (uint32_t)r->nodes.count;
    plan->nodes = leat_arena_copy(r->arena, r->nodes.items, r->nodes.count * sizeof *plan->nodes);
    leat_vec_fini(&r->nodes);
    for (uint32_t i = 0; i < plan->node_count; i++)
        for (uint32_t j = 0; j < plan->nodes[i].output_count; j++)
            plan->nodes[i].outputs[j].is_read = false;
    for (uint32_t i = 0; i < plan->node_count; i++) {
        for (uint32_t j = 0; j < plan->nodes[i].input_count; j++) {
            leat_logical_input input = plan->nodes[i].inputs[j];
            LEAT_ASSERT(input.node < i);
            plan->nodes[input.node].outputs[input.output].is_read = true;
        }
    }
    return plan;
}

const leat_logical_plan *leat_rewrite(const leat_logical_plan *plan, leat_arena *arena)
{
    plan = leat_rewrite_drop_unread(plan, arena);
    plan = leat_rewrite_push_filters(plan, arena);
    /* A condition sinks one node a round: more rounds than nodes are never needed. */
    uint32_t rounds = plan->node_count;
    for (bool is_changed = true; is_changed && rounds > 0; rounds--) {
        plan = leat_rewrite_push_conjuncts(plan, arena, &is_changed);
        if (is_changed)
            plan = leat_rewrite_push_filters(plan, arena);
    }
    plan = leat_rewrite_fuse_projects(plan, arena);
    plan = leat_rewrite_share(plan, arena);
    plan = leat_rewrite_prune_columns(plan, arena);
    return leat_rewrite_fuse_projects(plan, arena);
}
