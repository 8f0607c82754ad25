/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/changes.h"

static const leat_logical_output *
input_of(const leat_logical_node *nodes, const leat_logical_node *node, uint32_t port)
{
    return &nodes[node->inputs[port].node].outputs[node->inputs[port].output];
}

/* --- Changes. --- */

static leat_change_mode join_changes(const leat_join *join, bool left_appends, bool right_appends)
{
    bool waits = join->timing == LEAT_JOIN_INTERVAL || join->timing == LEAT_JOIN_WINDOW;
    bool only_left = join->timing == LEAT_JOIN_TEMPORAL || join->timing == LEAT_JOIN_LOOKUP;
    if (only_left)
        return left_appends ? LEAT_CHANGES_APPEND : LEAT_CHANGES_RETRACT;
    if (!left_appends || !right_appends || join->timing == LEAT_JOIN_ASOF)
        return LEAT_CHANGES_RETRACT;
    bool never_takes_back = join->kind == LEAT_JOIN_INNER || join->kind == LEAT_JOIN_SEMI;
    return waits || never_takes_back ? LEAT_CHANGES_APPEND : LEAT_CHANGES_RETRACT;
}

static leat_change_mode changes_of(const leat_logical_node *nodes, const leat_logical_node *node)
{
    bool appends[2] = {true, true};
    bool all_append = true;
    for (uint32_t i = 0; i < node->input_count; i++) {
        bool one = input_of(nodes, node, i)->changes == LEAT_CHANGES_APPEND;
        all_append &= one;
        if (i < 2)
            appends[i] = one;
    }
    leat_change_mode passed = all_append ? LEAT_CHANGES_APPEND : LEAT_CHANGES_RETRACT;
    switch (node->kind) {
    case LEAT_LOGICAL_SOURCE:
        return node->outputs[0].changes;
    case LEAT_LOGICAL_AGGREGATE:
        return node->window.kind == LEAT_WINDOW_NONE || node->window.allowed_lateness_us > 0
                   ? LEAT_CHANGES_RETRACT
                   : passed;
    case LEAT_LOGICAL_JOIN:
        return join_changes(node->join, appends[0], appends[1]);
    case LEAT_LOGICAL_OVER:
        return node->over->is_by_watermark ? passed : LEAT_CHANGES_RETRACT;
    case LEAT_LOGICAL_TOP_N:
        return node->top->window_end >= 0 ? passed : LEAT_CHANGES_RETRACT;
    case LEAT_LOGICAL_DEDUPLICATE:
        if (node->dedup->window_end >= 0 ||
            (node->dedup->is_by_arrival && !node->dedup->keeps_last))
            return passed;
        return LEAT_CHANGES_RETRACT;
    case LEAT_LOGICAL_SET_OP:
    case LEAT_LOGICAL_NORMALIZE:
    case LEAT_LOGICAL_MATERIALIZE:
        return LEAT_CHANGES_RETRACT;
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_PROJECT:
    case LEAT_LOGICAL_ROUTE:
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_SINK:
    case LEAT_LOGICAL_WINDOW:
    case LEAT_LOGICAL_DISTINCT:
    case LEAT_LOGICAL_UNNEST:
    case LEAT_LOGICAL_SORT:
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    return passed;
}

/* --- Upsert keys. --- */

bool leat_logical_is_unique_by(const leat_logical_output *output,
                               const uint16_t *columns,
                               uint32_t count)
{
    bool has_all = output->has_upsert_key;
    for (uint32_t i = 0; i < output->upsert_key_count && has_all; i++) {
        has_all = false;
        for (uint32_t j = 0; j < count; j++)
            has_all |= columns[j] == output->upsert_keys[i];
    }
    return has_all;
}

static void
set_key(leat_logical_output *out, const uint16_t *columns, uint32_t count, leat_arena *arena)
{
    out->has_upsert_key = true;
    out->upsert_key_count = count;
    out->upsert_keys = leat_arena_copy(arena, columns, count * sizeof *columns);
}

static void pass_key(leat_logical_output *out, const leat_logical_output *from)
{
    out->has_upsert_key = from->has_upsert_key;
    out->upsert_key_count = from->upsert_key_count;
    out->upsert_keys = from->upsert_keys;
}

/* The key's columns where the projection passes all of them on. */
static void
project_key(const leat_logical_node *node, const leat_logical_output *from, leat_arena *arena)
{
    uint16_t *columns = LEAT_ARENA_ARRAY(arena, uint16_t, from->upsert_key_count);
    for (uint32_t k = 0; k < from->upsert_key_count; k++) {
        uint32_t at = 0;
        while (at < node->expression_count &&
               !(node->expressions[at]->kind == LEAT_BOUND_COLUMN &&
                 node->expressions[at]->column == from->upsert_keys[k]))
            at++;
        if (at == node->expression_count)
            return;
        columns[k] = (uint16_t)at;
    }
    if (from->has_upsert_key)
        set_key(node->outputs, columns, from->upsert_key_count, arena);
}

/* An aggregate has one row per group: its keys, behind the window's two columns. */
static void group_key(const leat_logical_node *node, leat_arena *arena)
{
    uint32_t count = node->key_count + (node->window.kind == LEAT_WINDOW_NONE ? 0 : 2);
    uint16_t *columns = LEAT_ARENA_ARRAY(arena, uint16_t, count);
    for (uint32_t i = 0; i < count; i++)
        columns[i] = (uint16_t)i;
    set_key(node->outputs, columns, count, arena);
}

static void
join_key(const leat_logical_node *nodes, const leat_logical_node *node, leat_arena *arena)
{
    const leat_join *join = node->join;
    const leat_logical_output *left = input_of(nodes, node, 0), *right = input_of(nodes, node, 1);
    if (join->kind == LEAT_JOIN_SEMI || join->kind == LEAT_JOIN_ANTI) {
        pass_key(node->outputs, left);
        return;
    }
    bool one_right = leat_logical_is_unique_by(right, join->right_keys, join->key_count) ||
                     join->timing == LEAT_JOIN_ASOF || join->timing == LEAT_JOIN_TEMPORAL;
    bool one_left = leat_logical_is_unique_by(left, join->left_keys, join->key_count);
    bool keeps_left = join->kind == LEAT_JOIN_INNER || join->kind == LEAT_JOIN_LEFT;
    bool keeps_right = join->kind == LEAT_JOIN_INNER || join->kind == LEAT_JOIN_RIGHT;
    bool left_only = one_right && keeps_left, right_only = one_left && keeps_right;
    bool needs_left = left_only || !right_only, needs_right = !left_only;
    if ((needs_left && !left->has_upsert_key) || (needs_right && !right->has_upsert_key))
        return;
    uint32_t count = 0;
    uint16_t *columns =
        LEAT_ARENA_ARRAY(arena, uint16_t, left->upsert_key_count + right->upsert_key_count);
    for (uint32_t i = 0; i < left->upsert_key_count && needs_left; i++)
        columns[count++] = left->upsert_keys[i];
    for (uint32_t i = 0; i < right->upsert_key_count && needs_right; i++)
        columns[count++] = (uint16_t)(left->schema->field_count + right->upsert_keys[i]);
    set_key(node->outputs, columns, count, arena);
}

static void derive_key(const leat_logical_node *nodes, leat_logical_node *node, leat_arena *arena)
{
    leat_logical_output *out = node->outputs;
    switch (node->kind) {
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_ROUTE:
    case LEAT_LOGICAL_OVER:
    case LEAT_LOGICAL_SORT:
        pass_key(out, input_of(nodes, node, 0));
        return;
    case LEAT_LOGICAL_WINDOW:
        if (node->window.kind == LEAT_WINDOW_TUMBLE || node->window.kind == LEAT_WINDOW_SESSION)
            pass_key(out, input_of(nodes, node, 0));
        return;
    case LEAT_LOGICAL_PROJECT:
        project_key(node, input_of(nodes, node, 0), arena);
        return;
    case LEAT_LOGICAL_AGGREGATE:
        group_key(node, arena);
        return;
    case LEAT_LOGICAL_JOIN:
        join_key(nodes, node, arena);
        return;
    case LEAT_LOGICAL_TOP_N:
        if (node->top->kind == LEAT_RANK_ROW_NUMBER && node->top->limit == 1)
            set_key(out, node->keys, node->key_count, arena);
        else
            pass_key(out, input_of(nodes, node, 0));
        return;
    case LEAT_LOGICAL_SET_OP:
        if (!node->set->is_all)
            set_key(out, node->keys, node->key_count, arena);
        return;
    case LEAT_LOGICAL_DEDUPLICATE:
    case LEAT_LOGICAL_DISTINCT:
    case LEAT_LOGICAL_NORMALIZE:
    case LEAT_LOGICAL_MATERIALIZE:
        set_key(out, node->keys, node->key_count, arena);
        return;
    case LEAT_LOGICAL_SOURCE:
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_UNNEST:
    case LEAT_LOGICAL_SINK:
    case LEAT_LOGICAL_KIND_COUNT:
        return;
    }
}

void leat_logical_derive_changes(const leat_logical_node *nodes,
                                 leat_logical_node *node,
                                 leat_arena *arena)
{
    node->outputs[0].changes = changes_of(nodes, node);
    node->outputs[0].is_updating = node->outputs[0].changes != LEAT_CHANGES_APPEND;
    derive_key(nodes, node, arena);
}
