/* SPDX-License-Identifier: Apache-2.0
 *
 * What one statement asks for twice is made once: of nodes of the same name (so of one query or
 * processor) that do the same with the same inputs, the first serves the readers of all. The walk
 * goes from sources to sinks, so equal subtrees become one from the bottom up.
 */
#include "common/plan/rewriter.h"

/* Sources may be read from different places, sinks write twice when they are told to. */
static bool is_shareable(const leat_logical_node *node)
{
    return node->kind != LEAT_LOGICAL_SOURCE && node->kind != LEAT_LOGICAL_SINK;
}

static bool schemas_equal(const leat_schema *a, const leat_schema *b)
{
    if (a->field_count != b->field_count || a->event_time != b->event_time)
        return false;
    for (uint32_t i = 0; i < a->field_count; i++)
        if (!leat_type_equal(a->fields[i].type, b->fields[i].type) ||
            a->fields[i].is_nullable != b->fields[i].is_nullable ||
            !leat_bytes_equal(a->fields[i].name, b->fields[i].name))
            return false;
    return true;
}

static bool outputs_equal(const leat_logical_node *a, const leat_logical_node *b)
{
    if (a->output_count != b->output_count)
        return false;
    for (uint32_t i = 0; i < a->output_count; i++)
        if (!leat_bytes_equal(a->outputs[i].name, b->outputs[i].name) ||
            !schemas_equal(a->outputs[i].schema, b->outputs[i].schema))
            return false;
    return true;
}

typedef struct twin {
    uint32_t node;   /* new */
    leat_bytes does; /* leat_plan_encode_node */
} twin;

/* The index of an equal node that stands already, or -1. */
static int64_t
find_twin(const leat_rewriter *r, const twin *twins, size_t count, const leat_logical_node *node)
{
    leat_buf does = {0};
    leat_plan_encode_node(node, &does);
    int64_t found = -1;
    for (size_t i = 0; i < count && found < 0; i++) {
        const leat_logical_node *other = &r->nodes.items[twins[i].node];
        if (leat_bytes_equal(twins[i].does, leat_buf_bytes(&does)) &&
            leat_bytes_equal(other->name, node->name) && outputs_equal(other, node))
            found = twins[i].node;
    }
    leat_buf_fini(&does);
    return found;
}

const leat_logical_plan *leat_rewrite_share(const leat_logical_plan *plan, leat_arena *arena)
{
    leat_rewriter r;
    leat_rewriter_init(&r, plan, arena);
    twin *twins = LEAT_ARENA_ARRAY(arena, twin, plan->node_count);
    size_t count = 0;
    for (uint32_t i = 0; i < plan->node_count; i++) {
        leat_logical_node node = leat_rewriter_copy(&r, i);
        int64_t same = is_shareable(&node) ? find_twin(&r, twins, count, &node) : -1;
        if (same >= 0) {
            leat_rewriter_map(&r, i, (leat_logical_input){(uint32_t)same, 0});
            continue;
        }
        leat_buf does = {0};
        leat_plan_encode_node(&node, &does);
        leat_logical_input now = leat_rewriter_emit(&r, &node);
        twins[count++] = (twin){now.node, leat_arena_bytes(arena, leat_buf_bytes(&does))};
        leat_buf_fini(&does);
        leat_rewriter_map(&r, i, now);
    }
    return leat_rewriter_finish(&r);
}
