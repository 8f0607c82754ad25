/* SPDX-License-Identifier: Apache-2.0
 *
 * FILTER(PROJECT(x)) becomes PROJECT(FILTER(x)) when the condition only reads columns that the
 * projection passes through: then nothing is computed twice and less is computed at all. A
 * condition over a computed column stays above, where its value is at hand.
 */
#include "common/plan/inline.h"
#include "common/plan/rewriter.h"

static bool reads_only_passed(const leat_bound *condition, const leat_logical_node *project)
{
    if (condition->kind == LEAT_BOUND_COLUMN)
        return project->expressions[condition->column]->kind == LEAT_BOUND_COLUMN;
    for (uint32_t i = 0; i < condition->argument_count; i++)
        if (!reads_only_passed(condition->arguments[i], project))
            return false;
    return true;
}

/* Whether node `index` is a filter that can go below the projection it reads. */
static bool can_push(const leat_rewriter *r, uint32_t index)
{
    const leat_logical_node *node = &r->from->nodes[index];
    if (node->kind != LEAT_LOGICAL_FILTER)
        return false;
    uint32_t below = node->inputs[0].node;
    const leat_logical_node *project = &r->from->nodes[below];
    return project->kind == LEAT_LOGICAL_PROJECT && r->reader_counts[below] == 1 &&
           reads_only_passed(node->expressions[0], project);
}

static void push(leat_rewriter *r, uint32_t index)
{
    uint32_t below = r->from->nodes[index].inputs[0].node;
    leat_logical_node project = leat_rewriter_copy(r, below);
    leat_logical_node filter = r->from->nodes[index];
    leat_bound *condition = leat_bound_inline(filter.expressions[0], project.expressions, r->arena);
    const leat_logical_output *rows =
        &leat_rewriter_node(r, project.inputs[0])->outputs[project.inputs[0].output];
    filter.inputs = leat_arena_copy(r->arena, project.inputs, sizeof *project.inputs);
    filter.outputs = leat_arena_copy(r->arena, rows, sizeof *rows);
    filter.outputs[0].name = LEAT_BYTES("");
    filter.expressions = leat_arena_copy(r->arena, &condition, sizeof condition);
    leat_logical_input filtered = leat_rewriter_emit(r, &filter);
    project.inputs = leat_arena_copy(r->arena, &filtered, sizeof filtered);
    leat_rewriter_map(r, index, leat_rewriter_emit(r, &project));
}

/* One step down for every filter that can. */
static const leat_logical_plan *
push_once(const leat_logical_plan *plan, leat_arena *arena, bool *out_changed)
{
    leat_rewriter r;
    leat_rewriter_init(&r, plan, arena);
    bool *is_passed = LEAT_ARENA_ARRAY(arena, bool, plan->node_count);
    for (uint32_t i = 0; i < plan->node_count; i++)
        if (can_push(&r, i))
            is_passed[plan->nodes[i].inputs[0].node] = true;
    *out_changed = false;
    for (uint32_t i = 0; i < plan->node_count; i++) {
        if (is_passed[i])
            continue; /* emitted together with the filter that passes it */
        if (can_push(&r, i)) {
            push(&r, i);
            *out_changed = true;
            continue;
        }
        leat_logical_node node = leat_rewriter_copy(&r, i);
        leat_rewriter_map(&r, i, leat_rewriter_emit(&r, &node));
    }
    return leat_rewriter_finish(&r);
}

const leat_logical_plan *leat_rewrite_push_filters(const leat_logical_plan *plan, leat_arena *arena)
{
    /* A filter sinks one projection a round: more rounds than nodes are never needed. */
    bool is_changed = true;
    for (uint32_t round = 0; round < plan->node_count && is_changed; round++)
        plan = push_once(plan, arena, &is_changed);
    return plan;
}
