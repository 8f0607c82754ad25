/* SPDX-License-Identifier: Apache-2.0
 *
 * PROJECT(PROJECT(x)) becomes one PROJECT(x), inner expressions put in the place of columns: an
 * inner one that is used twice is still computed once, because a program computes equal
 * subexpressions once. A projection that passes every column on under its name goes.
 */
#include "common/plan/inline.h"
#include "common/plan/rewriter.h"

static bool changes_nothing(const leat_logical_node *project, const leat_schema *input)
{
    const leat_schema *output = project->outputs[0].schema;
    if (output->field_count != input->field_count)
        return false;
    for (uint32_t i = 0; i < output->field_count; i++) {
        const leat_bound *bound = project->expressions[i];
        if (bound->kind != LEAT_BOUND_COLUMN || bound->column != i ||
            !leat_bytes_equal(output->fields[i].name, input->fields[i].name))
            return false;
    }
    return true;
}

/* The expressions of `outer` over the input of `inner`, or NULL when they would grow too large. */
static leat_bound **
merge(const leat_logical_node *outer, const leat_logical_node *inner, leat_arena *arena)
{
    leat_bound **merged = LEAT_ARENA_ARRAY(arena, leat_bound *, outer->expression_count);
    for (uint32_t i = 0; i < outer->expression_count; i++) {
        merged[i] = leat_bound_inline(outer->expressions[i], inner->expressions, arena);
        if (leat_bound_size(merged[i], LEAT_INLINE_NODES_MAX + 1) > LEAT_INLINE_NODES_MAX)
            return NULL;
    }
    return merged;
}

/* The inner projection may be dropped only if nobody else reads it. */
static bool has_other_readers(const leat_rewriter *r, uint32_t outer)
{
    return r->reader_counts[r->from->nodes[outer].inputs[0].node] > 1;
}

static void rewrite_project(leat_rewriter *r, uint32_t index)
{
    leat_logical_node node = leat_rewriter_copy(r, index);
    const leat_logical_node *below = leat_rewriter_node(r, node.inputs[0]);
    if (below->kind == LEAT_LOGICAL_PROJECT && !has_other_readers(r, index) &&
        below->on_bad_record == node.on_bad_record) {
        leat_bound **merged = merge(&node, below, r->arena);
        if (merged != NULL) {
            node.expressions = merged;
            node.inputs = below->inputs;
            below = leat_rewriter_node(r, node.inputs[0]);
        }
    }
    if (changes_nothing(&node, below->outputs[node.inputs[0].output].schema))
        leat_rewriter_map(r, index, node.inputs[0]);
    else
        leat_rewriter_map(r, index, leat_rewriter_emit(r, &node));
}

const leat_logical_plan *leat_rewrite_fuse_projects(const leat_logical_plan *plan,
                                                    leat_arena *arena)
{
    leat_rewriter r;
    leat_rewriter_init(&r, plan, arena);
    for (uint32_t i = 0; i < plan->node_count; i++) {
        if (plan->nodes[i].kind == LEAT_LOGICAL_PROJECT) {
            rewrite_project(&r, i);
            continue;
        }
        leat_logical_node node = leat_rewriter_copy(&r, i);
        leat_rewriter_map(&r, i, leat_rewriter_emit(&r, &node));
    }
    /* Inner projections that were merged away are now read by nobody. */
    return leat_rewrite_drop_unread(leat_rewriter_finish(&r), arena);
}
