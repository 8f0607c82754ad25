/* SPDX-License-Identifier: Apache-2.0
 *
 * Joins, windows, OVER, Top-N and deduplication keep or copy whole rows, so every column that
 * nobody reads behind them costs state and time: they take in what they compare and what is read
 * of their output. Where a row is found again by its bytes and its place among others counts
 * (OVER, Top-N and deduplication of rows that may be retracted), all columns stay.
 */
#include "common/plan/pruner.h"

static bool has_right(const leat_join *join)
{
    return join->kind != LEAT_JOIN_SEMI && join->kind != LEAT_JOIN_ANTI;
}

static bool has_times(const leat_join *join)
{
    return join->timing != LEAT_JOIN_REGULAR && join->timing != LEAT_JOIN_LOOKUP;
}

static uint32_t input_width(const leat_pruner *p, const leat_logical_node *node, uint32_t i)
{
    return leat_pruner_old_schema(p, node->inputs[i])->field_count;
}

static bool input_retracts(const leat_pruner *p, const leat_logical_node *node)
{
    for (uint32_t i = 0; i < node->input_count; i++) {
        leat_logical_input input = node->inputs[i];
        if (p->r.from->nodes[input.node].outputs[input.output].is_updating)
            return true;
    }
    return false;
}

static bool is_kept_whole(const leat_pruner *p, const leat_logical_node *node)
{
    bool is_bag = node->kind == LEAT_LOGICAL_WINDOW ||
                  (node->kind == LEAT_LOGICAL_JOIN && node->join->timing <= LEAT_JOIN_WINDOW);
    return !is_bag && input_retracts(p, node);
}

static void need_columns(const uint16_t *columns, uint32_t count, bool *needs)
{
    for (uint32_t i = 0; i < count; i++)
        needs[columns[i]] = true;
}

static void need_of_join(const leat_pruner *p, uint32_t index, uint32_t i, bool *needs)
{
    const leat_logical_node *node = &p->r.from->nodes[index];
    const leat_join *join = node->join;
    const uint32_t first = i == 0 ? 0 : input_width(p, node, 0);
    const uint32_t count = input_width(p, node, i);
    need_columns(i == 0 ? join->left_keys : join->right_keys, join->key_count, needs);
    if (has_times(join))
        needs[i == 0 ? join->left_time : join->right_time] = true;
    if (i == 0 || has_right(join))
        for (uint32_t c = 0; c < count; c++)
            needs[c] |= p->needs[index][0][first + c];
    if (join->residual == NULL)
        return;
    bool *read =
        LEAT_ARENA_ARRAY(p->r.arena, bool, input_width(p, node, 0) + input_width(p, node, 1));
    leat_bound_uses(join->residual, read);
    for (uint32_t c = 0; c < count; c++)
        needs[c] |= read[first + c];
}

static void need_of_over(const leat_over *over, bool *needs)
{
    for (uint32_t i = 0; i < over->call_count; i++) {
        const leat_over_call *call = &over->calls[i];
        const leat_bound *read[] = {call->argument, call->otherwise, call->aggregate.argument,
                                    call->aggregate.option, call->aggregate.filter};
        for (size_t j = 0; j < LEAT_COUNT_OF(read); j++)
            if (read[j] != NULL)
                leat_bound_uses(read[j], needs);
    }
}

static int32_t window_end_of(const leat_logical_node *node)
{
    if (node->kind == LEAT_LOGICAL_TOP_N)
        return node->top->window_end;
    return node->kind == LEAT_LOGICAL_DEDUPLICATE ? node->dedup->window_end : -1;
}

/* Operators of one input whose output starts with its columns. */
static void need_of_rows(const leat_pruner *p, uint32_t index, bool *needs)
{
    const leat_logical_node *node = &p->r.from->nodes[index];
    const leat_schema *schema = leat_pruner_old_schema(p, node->inputs[0]);
    for (uint32_t j = 0; j < node->output_count; j++)
        for (uint32_t c = 0; c < schema->field_count; c++)
            needs[c] |= p->needs[index][j][c];
    need_columns(node->keys, node->key_count, needs);
    for (uint32_t i = 0; i < node->order_count; i++)
        needs[node->orders[i].column] = true;
    if (window_end_of(node) >= 0)
        needs[window_end_of(node)] = true;
    if (node->kind == LEAT_LOGICAL_OVER)
        need_of_over(node->over, needs);
    bool reads_time = node->kind == LEAT_LOGICAL_WINDOW || node->kind == LEAT_LOGICAL_OVER;
    if (reads_time && schema->event_time >= 0)
        needs[schema->event_time] = true;
    if (node->window.is_by_column)
        needs[node->window.start_column] = true;
}

void leat_pruner_need_relational(const leat_pruner *p, uint32_t index, uint32_t i, bool *needs)
{
    const leat_logical_node *node = &p->r.from->nodes[index];
    if (is_kept_whole(p, node))
        memset(needs, true, input_width(p, node, i) * sizeof *needs);
    else if (node->kind == LEAT_LOGICAL_JOIN)
        need_of_join(p, index, i, needs);
    else
        need_of_rows(p, index, needs);
}

/* Where the columns of input `i` go when only the needed ones, but at least one, come in. */
static uint32_t *take_needed(leat_pruner *p, uint32_t index, leat_logical_node *node, uint32_t i)
{
    const leat_logical_node *old = &p->r.from->nodes[index];
    uint32_t count = input_width(p, old, i);
    bool *needs = LEAT_ARENA_ARRAY(p->r.arena, bool, count);
    uint32_t *places = LEAT_ARENA_ARRAY(p->r.arena, uint32_t, count);
    leat_pruner_need_relational(p, index, i, needs);
    bool is_empty = true;
    for (uint32_t c = 0; c < count; c++)
        is_empty &= !needs[c];
    const uint32_t *now = p->places[old->inputs[i].node][old->inputs[i].output];
    for (uint32_t c = 0; c < count && is_empty; c++) {
        needs[c] = now[c] != LEAT_PRUNED;
        is_empty = !needs[c];
    }
    leat_pruner_place(needs, count, places);
    leat_pruner_narrow_input(p, index, node, i, places);
    return places;
}

static uint32_t width_of(const leat_pruner *p, leat_logical_input now)
{
    return leat_rewriter_node(&p->r, now)->outputs[now.output].schema->field_count;
}

static uint16_t *
keys_at(const leat_pruner *p, const uint16_t *keys, uint32_t count, const uint32_t *places)
{
    uint16_t *moved = LEAT_ARENA_ARRAY(p->r.arena, uint16_t, count);
    for (uint32_t i = 0; i < count; i++)
        moved[i] = (uint16_t)places[keys[i]];
    return moved;
}

/* Left columns, then right ones. */
static uint32_t *pair_places(leat_pruner *p,
                             const leat_logical_node *old,
                             const leat_logical_node *node,
                             uint32_t *const *sides)
{
    uint32_t left = input_width(p, old, 0), right = input_width(p, old, 1);
    uint32_t *places = LEAT_ARENA_ARRAY(p->r.arena, uint32_t, left + right);
    memcpy(places, sides[0], left * sizeof *places);
    for (uint32_t c = 0; c < right; c++)
        places[left + c] =
            sides[1][c] == LEAT_PRUNED ? LEAT_PRUNED : sides[1][c] + width_of(p, node->inputs[0]);
    return places;
}

static void rewrite_join(leat_pruner *p, uint32_t index, leat_logical_node *node)
{
    const leat_logical_node *old = &p->r.from->nodes[index];
    uint32_t *sides[2] = {take_needed(p, index, node, 0), take_needed(p, index, node, 1)};
    const uint32_t *pairs = pair_places(p, old, node, sides);
    leat_join *join = leat_arena_copy(p->r.arena, old->join, sizeof *join);
    join->left_keys = keys_at(p, join->left_keys, join->key_count, sides[0]);
    join->right_keys = keys_at(p, join->right_keys, join->key_count, sides[1]);
    if (has_times(join)) {
        join->left_time = (uint16_t)sides[0][join->left_time];
        join->right_time = (uint16_t)sides[1][join->right_time];
    }
    if (join->residual != NULL)
        join->residual = leat_bound_remap(join->residual, pairs, p->r.arena);
    node->join = join;
    const leat_schema *schema = old->outputs[0].schema;
    memcpy(p->places[index][0], pairs, schema->field_count * sizeof *pairs);
    leat_pruner_set_output(p, &node->outputs[0], schema, pairs);
}

static leat_bound *bound_at(const leat_pruner *p, const leat_bound *bound, const uint32_t *places)
{
    return bound == NULL ? NULL : leat_bound_remap(bound, places, p->r.arena);
}

static const leat_over *over_at(const leat_pruner *p, const leat_over *old, const uint32_t *places)
{
    leat_over *over = leat_arena_copy(p->r.arena, old, sizeof *over);
    over->calls = leat_arena_copy(p->r.arena, old->calls, old->call_count * sizeof *old->calls);
    for (uint32_t i = 0; i < over->call_count; i++) {
        leat_over_call *call = &over->calls[i];
        call->argument = bound_at(p, call->argument, places);
        call->otherwise = bound_at(p, call->otherwise, places);
        call->aggregate.argument = bound_at(p, call->aggregate.argument, places);
        call->aggregate.option = bound_at(p, call->aggregate.option, places);
        call->aggregate.filter = bound_at(p, call->aggregate.filter, places);
    }
    return over;
}

static void move_window_end(leat_pruner *p, leat_logical_node *node, const uint32_t *places)
{
    int32_t end = window_end_of(node);
    if (end < 0)
        return;
    if (node->kind == LEAT_LOGICAL_TOP_N) {
        leat_top *top = leat_arena_copy(p->r.arena, node->top, sizeof *top);
        top->window_end = (int32_t)places[end];
        node->top = top;
    } else {
        leat_dedup *dedup = leat_arena_copy(p->r.arena, node->dedup, sizeof *dedup);
        dedup->window_end = (int32_t)places[end];
        node->dedup = dedup;
    }
}

static void rewrite_rows(leat_pruner *p, uint32_t index, leat_logical_node *node)
{
    const leat_logical_node *old = &p->r.from->nodes[index];
    const uint32_t *places = take_needed(p, index, node, 0);
    const leat_schema *schema = old->outputs[0].schema;
    uint32_t old_width = input_width(p, old, 0), width = width_of(p, node->inputs[0]);
    node->keys = keys_at(p, old->keys, old->key_count, places);
    node->orders = leat_arena_copy(p->r.arena, old->orders, old->order_count * sizeof *old->orders);
    for (uint32_t i = 0; i < node->order_count; i++)
        node->orders[i].column = (uint16_t)places[node->orders[i].column];
    if (node->kind == LEAT_LOGICAL_OVER)
        node->over = over_at(p, old->over, places);
    move_window_end(p, node, places);
    if (node->window.is_by_column)
        node->window.start_column = (uint16_t)places[node->window.start_column];
    for (uint32_t c = 0; c < schema->field_count; c++) /* what the operator adds follows */
        p->places[index][0][c] = c < old_width ? places[c] : width + c - old_width;
    leat_pruner_set_output(p, &node->outputs[0], schema, p->places[index][0]);
    if (node->output_count > 1) { /* late rows */
        memcpy(p->places[index][1], places, old_width * sizeof *places);
        leat_pruner_set_output(p, &node->outputs[1], old->outputs[1].schema, places);
    }
}

void leat_pruner_rewrite_relational(leat_pruner *p, uint32_t index, leat_logical_node *node)
{
    if (node->kind == LEAT_LOGICAL_JOIN)
        rewrite_join(p, index, node);
    else
        rewrite_rows(p, index, node);
}
