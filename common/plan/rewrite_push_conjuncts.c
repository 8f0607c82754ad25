/* SPDX-License-Identifier: Apache-2.0
 *
 * The conditions of a filter that only read what an input of the node below brings go to that
 * input, one by one: below joins, windows, unions, and, where they read nothing but keys, below
 * aggregates, OVER, Top-N and deduplication. What is dropped there needs no exchange and no state.
 *
 *     FILTER(a AND b AND c)       FILTER(c)
 *        JOIN(x, y)          ->     JOIN(FILTER(a) x, FILTER(b) y)
 *
 * The rows that an outer join must show unmatched, and the versions among which an as-of or
 * temporal join chooses, stay as they are.
 */
#include "common/plan/inline.h"
#include "common/plan/rewriter.h"

enum { PARTS_MAX = 64 };

#define NO_COLUMN UINT32_MAX

/* The AND's arguments, flattened; the condition itself when there would be too many. */
static bool split(leat_bound *condition, leat_bound **parts, uint32_t *count)
{
    if (!leat_bound_is_and(condition)) {
        if (*count == PARTS_MAX)
            return false;
        parts[(*count)++] = condition;
        return true;
    }
    for (uint32_t i = 0; i < condition->argument_count; i++)
        if (!split(condition->arguments[i], parts, count))
            return false;
    return true;
}

static uint32_t width_of(const leat_rewriter *r, const leat_logical_node *node, uint32_t port)
{
    leat_logical_input input = node->inputs[port];
    return r->from->nodes[input.node].outputs[input.output].schema->field_count;
}

static uint32_t key_column(const leat_logical_node *node, uint32_t column)
{
    for (uint32_t i = 0; i < node->key_count; i++)
        if (node->keys[i] == column)
            return column;
    return NO_COLUMN;
}

static uint32_t
join_column(const leat_rewriter *r, const leat_logical_node *node, uint32_t column, uint32_t port)
{
    const leat_join *join = node->join;
    uint32_t left = width_of(r, node, 0);
    bool keeps_left = join->kind != LEAT_JOIN_RIGHT && join->kind != LEAT_JOIN_FULL;
    bool keeps_right = (join->kind == LEAT_JOIN_INNER || join->kind == LEAT_JOIN_RIGHT) &&
                       join->timing <= LEAT_JOIN_WINDOW;
    if (port == 0)
        return keeps_left && column < left ? column : NO_COLUMN;
    return keeps_right && column >= left ? column - left : NO_COLUMN;
}

/* Which column of input `port` is column `column` of the output, if a condition on it may go
 * there. */
static uint32_t
column_below(const leat_rewriter *r, const leat_logical_node *node, uint32_t column, uint32_t port)
{
    switch (node->kind) {
    case LEAT_LOGICAL_JOIN:
        return join_column(r, node, column, port);
    case LEAT_LOGICAL_AGGREGATE: {
        uint32_t first = node->window.kind == LEAT_WINDOW_NONE ? 0 : 2;
        return column >= first && column < first + node->key_count ? node->keys[column - first]
                                                                   : NO_COLUMN;
    }
    case LEAT_LOGICAL_WINDOW:
        if (node->window.kind == LEAT_WINDOW_SESSION)
            return key_column(node, column);
        return column < width_of(r, node, 0) ? column : NO_COLUMN;
    case LEAT_LOGICAL_UNNEST:
        return column < width_of(r, node, 0) ? column : NO_COLUMN;
    case LEAT_LOGICAL_OVER:
    case LEAT_LOGICAL_TOP_N:
    case LEAT_LOGICAL_DEDUPLICATE:
    case LEAT_LOGICAL_NORMALIZE:
        return key_column(node, column);
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_DISTINCT:
    case LEAT_LOGICAL_SET_OP:
    case LEAT_LOGICAL_SORT:
        return column;
    case LEAT_LOGICAL_SOURCE:
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_PROJECT:
    case LEAT_LOGICAL_ROUTE:
    case LEAT_LOGICAL_SINK:
    case LEAT_LOGICAL_MATERIALIZE:
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    return NO_COLUMN;
}

/* Where all columns of the condition go; it reads one at least. */
static bool goes_below(const leat_rewriter *r,
                       const leat_logical_node *node,
                       const leat_bound *part,
                       uint32_t port,
                       uint32_t *places)
{
    uint32_t count = node->outputs[0].schema->field_count, used = 0;
    bool *uses = LEAT_ARENA_ARRAY(r->arena, bool, count);
    leat_bound_uses(part, uses);
    for (uint32_t i = 0; i < count; i++) {
        if (!uses[i])
            continue;
        used++;
        if ((places[i] = column_below(r, node, i, port)) == NO_COLUMN)
            return false;
    }
    return used > 0;
}

/* A condition on both inputs of these is one on either. */
static bool wants_all_ports(const leat_logical_node *node)
{
    return node->kind == LEAT_LOGICAL_UNION || node->kind == LEAT_LOGICAL_SET_OP;
}

/* Whether condition `part` can go below `node` at all. */
static bool can_go(const leat_rewriter *r, const leat_logical_node *node, const leat_bound *part)
{
    uint32_t *places = LEAT_ARENA_ARRAY(r->arena, uint32_t, node->outputs[0].schema->field_count);
    for (uint32_t port = 0; port < node->input_count; port++)
        if (goes_below(r, node, part, port, places))
            return true;
    return false;
}

static bool can_push(const leat_rewriter *r, uint32_t index)
{
    const leat_logical_node *filter = &r->from->nodes[index];
    if (filter->kind != LEAT_LOGICAL_FILTER || filter->inputs[0].output != 0)
        return false;
    uint32_t below = filter->inputs[0].node;
    const leat_logical_node *node = &r->from->nodes[below];
    leat_bound *parts[PARTS_MAX];
    uint32_t count = 0;
    if (node->kind == LEAT_LOGICAL_FILTER || node->kind == LEAT_LOGICAL_PROJECT ||
        r->reader_counts[below] != 1 || node->output_count != 1 ||
        !split(filter->expressions[0], parts, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (can_go(r, node, parts[i]))
            return true;
    return false;
}

/* Two filters on one another are one: what stood below is asked first. */
static bool can_merge(const leat_rewriter *r, uint32_t index)
{
    const leat_logical_node *filter = &r->from->nodes[index];
    if (filter->kind != LEAT_LOGICAL_FILTER)
        return false; /* a source has no input to look at */
    uint32_t below = filter->inputs[0].node;
    const leat_logical_node *node = &r->from->nodes[below];
    return node->kind == LEAT_LOGICAL_FILTER && r->reader_counts[below] == 1 &&
           node->on_bad_record == filter->on_bad_record;
}

static void merge(leat_rewriter *r, uint32_t index)
{
    leat_logical_node filter = r->from->nodes[index];
    leat_logical_node below = leat_rewriter_copy(r, filter.inputs[0].node);
    leat_bound *both[2] = {below.expressions[0], filter.expressions[0]};
    leat_bound *condition = leat_bound_and(both, 2, r->arena);
    below.expressions = leat_arena_copy(r->arena, &condition, sizeof condition);
    leat_rewriter_map(r, index, leat_rewriter_emit(r, &below));
}

static leat_logical_input add_filter(leat_rewriter *r,
                                     const leat_logical_node *like,
                                     leat_logical_input input,
                                     leat_bound *condition,
                                     uint32_t number)
{
    leat_logical_node filter = *like;
    filter.inputs = leat_arena_copy(r->arena, &input, sizeof input);
    filter.outputs = leat_arena_copy(r->arena, &leat_rewriter_node(r, input)->outputs[input.output],
                                     sizeof *filter.outputs);
    filter.outputs[0].name = LEAT_BYTES("");
    filter.expressions = leat_arena_copy(r->arena, &condition, sizeof(leat_bound *));
    if (number > 0)
        filter.operator_id = leat_bytes_text(
            leat_arena_print(r->arena, "%.*s.%u", LEAT_FMT(like->operator_id), number));
    return leat_rewriter_emit(r, &filter);
}

static void push(leat_rewriter *r, uint32_t index)
{
    const leat_logical_node *filter = &r->from->nodes[index];
    uint32_t below = filter->inputs[0].node;
    const leat_logical_node *old = &r->from->nodes[below];
    leat_logical_node node = leat_rewriter_copy(r, below);
    leat_bound *parts[PARTS_MAX], *taken[PARTS_MAX];
    uint32_t *places = LEAT_ARENA_ARRAY(r->arena, uint32_t, old->outputs[0].schema->field_count);
    uint32_t count = 0, added = 0;
    bool is_done[PARTS_MAX] = {false};
    split(filter->expressions[0], parts, &count);
    for (uint32_t port = 0; port < node.input_count; port++) {
        uint32_t taken_count = 0;
        for (uint32_t i = 0; i < count; i++) {
            if ((is_done[i] && !wants_all_ports(old)) ||
                !goes_below(r, old, parts[i], port, places))
                continue;
            is_done[i] = true;
            taken[taken_count++] = leat_bound_remap(parts[i], places, r->arena);
        }
        if (taken_count > 0)
            node.inputs[port] = add_filter(r, filter, node.inputs[port],
                                           leat_bound_and(taken, taken_count, r->arena), added++);
    }
    leat_logical_input out = leat_rewriter_emit(r, &node);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!is_done[i])
            parts[kept++] = parts[i];
    if (kept > 0)
        out = add_filter(r, filter, out, leat_bound_and(parts, kept, r->arena), added);
    leat_rewriter_map(r, index, out);
}

const leat_logical_plan *
leat_rewrite_push_conjuncts(const leat_logical_plan *plan, leat_arena *arena, bool *out_changed)
{
    leat_rewriter r;
    leat_rewriter_init(&r, plan, arena);
    bool *is_passed = LEAT_ARENA_ARRAY(arena, bool, plan->node_count);
    bool *is_taken = LEAT_ARENA_ARRAY(arena, bool, plan->node_count);
    *out_changed = false;
    for (uint32_t i = plan->node_count; i-- > 0;) { /* of a chain the upper one goes first */
        if (is_passed[i])
            continue;
        is_taken[i] = can_merge(&r, i) || can_push(&r, i);
        if (is_taken[i])
            is_passed[plan->nodes[i].inputs[0].node] = true;
        *out_changed |= is_taken[i];
    }
    for (uint32_t i = 0; i < plan->node_count; i++) {
        if (is_passed[i])
            continue; /* emitted together with the filter above it */
        if (is_taken[i] && can_merge(&r, i)) {
            merge(&r, i);
        } else if (is_taken[i]) {
            push(&r, i);
        } else {
            leat_logical_node node = leat_rewriter_copy(&r, i);
            leat_rewriter_map(&r, i, leat_rewriter_emit(&r, &node));
        }
    }
    return leat_rewriter_finish(&r);
}
