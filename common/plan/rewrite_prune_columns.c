/* SPDX-License-Identifier: Apache-2.0
 *
 * Backwards over the plan: which columns of every output does somebody need? Then forwards:
 * projections lose the others, sources are told which to fill, and before an aggregation or a
 * join (so before its exchange), what keeps rows, and between the inputs of a union a projection
 * `columns` takes out what other readers still want. Filters and routes pass columns on untouched:
 * that costs nothing.
 */
#include "common/plan/inline.h"
#include "common/plan/pruner.h"

static const leat_schema *new_schema(const leat_pruner *p, leat_logical_input now)
{
    return leat_rewriter_node(&p->r, now)->outputs[now.output].schema;
}

static void need_all(bool *into, const bool *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        into[i] |= from == NULL || from[i];
}

static void need_of_aggregate(leat_pruner *p, const leat_logical_node *node, bool *needs)
{
    const leat_schema *schema = leat_pruner_old_schema(p, node->inputs[0]);
    for (uint32_t i = 0; i < node->key_count; i++)
        needs[node->keys[i]] = true;
    for (uint32_t i = 0; i < node->aggregate_count; i++) {
        const leat_bound_aggregate *call = &node->aggregates[i];
        if (call->argument != NULL)
            leat_bound_uses(call->argument, needs);
        if (call->option != NULL)
            leat_bound_uses(call->option, needs);
        if (call->filter != NULL)
            leat_bound_uses(call->filter, needs);
        for (uint32_t order = 0; order < call->order_count; order++)
            leat_bound_uses(call->orders[order].by, needs);
    }
    if (node->window.kind != LEAT_WINDOW_NONE && schema->event_time >= 0 &&
        !node->window.is_processing_time)
        needs[schema->event_time] = true;
    if (node->window.kind == LEAT_WINDOW_CARRIED) {
        needs[node->window.start_column] = true;
        needs[node->window.end_column] = true;
    }
    if (node->window.late_to && node->outputs[1].is_read)
        need_all(needs, NULL, schema->field_count);
}

/* Marks what node `index` needs of its inputs, given what is needed of it. */
static void need_of(leat_pruner *p, uint32_t index)
{
    const leat_logical_node *node = &p->r.from->nodes[index];
    for (uint32_t i = 0; i < node->input_count; i++) {
        leat_logical_input input = node->inputs[i];
        bool *needs = p->needs[input.node][input.output];
        uint32_t count = leat_pruner_old_schema(p, input)->field_count;
        switch (node->kind) {
        case LEAT_LOGICAL_SOURCE:
        case LEAT_LOGICAL_KIND_COUNT:
            LEAT_UNREACHABLE();
        case LEAT_LOGICAL_JOIN:
        case LEAT_LOGICAL_WINDOW:
        case LEAT_LOGICAL_OVER:
        case LEAT_LOGICAL_TOP_N:
        case LEAT_LOGICAL_DEDUPLICATE:
            leat_pruner_need_relational(p, index, i, needs);
            break;
        case LEAT_LOGICAL_SINK:
        case LEAT_LOGICAL_DISTINCT:
        case LEAT_LOGICAL_SET_OP:
        case LEAT_LOGICAL_UNNEST:
        case LEAT_LOGICAL_SORT:
        case LEAT_LOGICAL_NORMALIZE:
        case LEAT_LOGICAL_MATERIALIZE:
            need_all(needs, NULL, count);
            break;
        case LEAT_LOGICAL_UNION:
            need_all(needs, p->needs[index][0], count);
            break;
        case LEAT_LOGICAL_FILTER:
        case LEAT_LOGICAL_ROUTE:
            for (uint32_t j = 0; j < node->output_count; j++)
                need_all(needs, p->needs[index][j], count);
            for (uint32_t j = 0; j < node->expression_count; j++)
                if (node->expressions[j] != NULL)
                    leat_bound_uses(node->expressions[j], needs);
            break;
        case LEAT_LOGICAL_PROJECT:
            for (uint32_t j = 0; j < node->expression_count; j++)
                if (p->needs[index][0][j])
                    leat_bound_uses(node->expressions[j], needs);
            break;
        case LEAT_LOGICAL_AGGREGATE:
            need_of_aggregate(p, node, needs);
            break;
        }
    }
}

/* Rows without any column (only counted) keep their first. */
static void keep_one(leat_pruner *p, uint32_t index)
{
    const leat_logical_node *node = &p->r.from->nodes[index];
    for (uint32_t j = 0; j < node->output_count; j++) {
        bool is_empty = true;
        for (uint32_t c = 0; c < node->outputs[j].schema->field_count; c++)
            is_empty &= !p->needs[index][j][c];
        if (is_empty)
            p->needs[index][j][0] = true;
    }
}

/* The part of a schema whose columns are kept; places[old] = new or LEAT_PRUNED. */
static const leat_schema *
narrow_schema(const leat_schema *schema, const uint32_t *places, leat_arena *arena)
{
    leat_field *fields = LEAT_ARENA_ARRAY(arena, leat_field, schema->field_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (places[i] != LEAT_PRUNED) {
            fields[places[i]] = schema->fields[i];
            count++;
        }
    int32_t event_time = -1;
    if (schema->event_time >= 0 && places[schema->event_time] != LEAT_PRUNED)
        event_time = (int32_t)places[schema->event_time];
    return leat_schema_new(arena, fields, count, event_time);
}

/* The output's columns have gone to `places`, which gives it that schema. */
static void move_output(const leat_pruner *p,
                        leat_logical_output *output,
                        const leat_schema *schema,
                        const uint32_t *places)
{
    output->schema = schema;
    output->time_is_window_end &= output->schema->event_time >= 0;
    uint16_t *keys = LEAT_ARENA_ARRAY(p->r.arena, uint16_t, output->upsert_key_count);
    for (uint32_t i = 0; i < output->upsert_key_count; i++) {
        uint32_t place = places[output->upsert_keys[i]];
        output->has_upsert_key &= place != LEAT_PRUNED;
        keys[i] = (uint16_t)place;
    }
    output->upsert_keys = keys;
    if (!output->has_upsert_key)
        output->upsert_key_count = 0;
}

void leat_pruner_set_output(const leat_pruner *p,
                            leat_logical_output *output,
                            const leat_schema *old,
                            const uint32_t *places)
{
    move_output(p, output, narrow_schema(old, places, p->r.arena), places);
}

void leat_pruner_place(const bool *needs, uint32_t count, uint32_t *out_places)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < count; i++)
        out_places[i] = needs[i] ? next++ : LEAT_PRUNED;
}

/* `now` has the columns of `old` at `at`; give it exactly those of `wanted`, at their places.
 * Returns the output that has. */
static leat_logical_input narrow(leat_pruner *p,
                                 const leat_logical_node *reader,
                                 leat_logical_input now,
                                 const leat_schema *old,
                                 const uint32_t *at,
                                 const uint32_t *wanted)
{
    const leat_schema *schema = new_schema(p, now);
    const leat_logical_output *rows = &leat_rewriter_node(&p->r, now)->outputs[now.output];
    leat_logical_node node = {.kind = LEAT_LOGICAL_PROJECT, .name = reader->name};
    node.expressions = LEAT_ARENA_ARRAY(p->r.arena, leat_bound *, old->field_count);
    uint32_t *moves = LEAT_ARENA_ARRAY(p->r.arena, uint32_t, schema->field_count);
    memset(moves, 0xff, schema->field_count * sizeof *moves);
    bool is_same = true;
    for (uint32_t i = 0; i < old->field_count; i++) {
        if (wanted[i] == LEAT_PRUNED)
            continue;
        LEAT_ASSERT(at[i] != LEAT_PRUNED);
        is_same &= wanted[i] == at[i];
        moves[at[i]] = wanted[i];
        node.expressions[wanted[i]] = leat_bound_column(schema, at[i], p->r.arena);
        node.expression_count++;
    }
    if (is_same && node.expression_count == schema->field_count)
        return now;
    node.operator_id = leat_bytes_text(
        leat_arena_print(p->r.arena, "%.*s/columns%u", LEAT_FMT(reader->name), p->narrow_count++));
    node.place = reader->place;
    node.on_bad_record = reader->on_bad_record;
    node.event_time = -1;
    node.input_count = 1;
    node.inputs = leat_arena_copy(p->r.arena, &now, sizeof now);
    node.output_count = 1;
    node.outputs = leat_arena_copy(p->r.arena, rows, sizeof *rows);
    node.outputs[0].name = LEAT_BYTES("");
    leat_pruner_set_output(p, &node.outputs[0], schema, moves);
    return leat_rewriter_emit(&p->r, &node);
}

void leat_pruner_narrow_input(
    leat_pruner *p, uint32_t index, leat_logical_node *node, uint32_t i, const uint32_t *wanted)
{
    leat_logical_input input = p->r.from->nodes[index].inputs[i];
    node->inputs[i] = narrow(p, node, node->inputs[i], leat_pruner_old_schema(p, input),
                             p->places[input.node][input.output], wanted);
}

static void rewrite_pass(leat_pruner *p, uint32_t index, leat_logical_node *node)
{
    leat_logical_input input = p->r.from->nodes[index].inputs[0];
    const uint32_t *places = p->places[input.node][input.output];
    const leat_schema *schema = new_schema(p, node->inputs[0]);
    leat_bound **old = node->expressions;
    node->expressions = LEAT_ARENA_ARRAY(p->r.arena, leat_bound *, node->expression_count);
    for (uint32_t j = 0; j < node->expression_count; j++)
        if (old[j] != NULL)
            node->expressions[j] = leat_bound_remap(old[j], places, p->r.arena);
    for (uint32_t j = 0; j < node->output_count; j++) {
        move_output(p, &node->outputs[j], schema, places);
        memcpy(p->places[index][j], places,
               leat_pruner_old_schema(p, input)->field_count * sizeof *places);
    }
}

static void rewrite_project(leat_pruner *p, uint32_t index, leat_logical_node *node)
{
    leat_logical_input input = p->r.from->nodes[index].inputs[0];
    uint32_t *places = p->places[index][0];
    leat_pruner_place(p->needs[index][0], node->expression_count, places);
    leat_bound **old = node->expressions;
    uint32_t old_count = node->expression_count;
    node->expressions = LEAT_ARENA_ARRAY(p->r.arena, leat_bound *, old_count);
    node->expression_count = 0;
    for (uint32_t j = 0; j < old_count; j++)
        if (places[j] != LEAT_PRUNED)
            node->expressions[node->expression_count++] =
                leat_bound_remap(old[j], p->places[input.node][input.output], p->r.arena);
    leat_pruner_set_output(p, &node->outputs[0], node->outputs[0].schema, places);
}

static void rewrite_union(leat_pruner *p, uint32_t index, leat_logical_node *node)
{
    const leat_logical_node *old = &p->r.from->nodes[index];
    const leat_schema *schema = old->outputs[0].schema;
    uint32_t *places = p->places[index][0];
    leat_pruner_place(p->needs[index][0], schema->field_count, places);
    for (uint32_t i = 0; i < node->input_count; i++)
        leat_pruner_narrow_input(p, index, node, i, places);
    leat_pruner_set_output(p, &node->outputs[0], schema, places);
}

static void rewrite_aggregate(leat_pruner *p, uint32_t index, leat_logical_node *node)
{
    leat_logical_input input = p->r.from->nodes[index].inputs[0];
    const leat_schema *schema = leat_pruner_old_schema(p, input);
    bool *needs = LEAT_ARENA_ARRAY(p->r.arena, bool, schema->field_count);
    uint32_t *places = LEAT_ARENA_ARRAY(p->r.arena, uint32_t, schema->field_count);
    need_of_aggregate(p, &p->r.from->nodes[index], needs);
    bool is_empty = true;
    for (uint32_t i = 0; i < schema->field_count; i++)
        is_empty &= !needs[i];
    for (uint32_t i = 0; i < schema->field_count && is_empty; i++)
        if (p->places[input.node][input.output][i] != LEAT_PRUNED) {
            needs[i] = true;
            break;
        }
    leat_pruner_place(needs, schema->field_count, places);
    leat_pruner_narrow_input(p, index, node, 0, places);
    node->keys = leat_arena_copy(p->r.arena, node->keys, node->key_count * sizeof *node->keys);
    for (uint32_t i = 0; i < node->key_count; i++)
        node->keys[i] = (uint16_t)places[node->keys[i]];
    if (node->window.kind == LEAT_WINDOW_CARRIED) {
        node->window.start_column = (uint16_t)places[node->window.start_column];
        node->window.end_column = (uint16_t)places[node->window.end_column];
    }
    node->aggregates = leat_arena_copy(p->r.arena, node->aggregates,
                                       node->aggregate_count * sizeof *node->aggregates);
    for (uint32_t i = 0; i < node->aggregate_count; i++) {
        leat_bound_aggregate *call = &node->aggregates[i];
        if (call->argument != NULL)
            call->argument = leat_bound_remap(call->argument, places, p->r.arena);
        if (call->option != NULL)
            call->option = leat_bound_remap(call->option, places, p->r.arena);
        if (call->filter != NULL)
            call->filter = leat_bound_remap(call->filter, places, p->r.arena);
        call->orders =
            leat_arena_copy(p->r.arena, call->orders, call->order_count * sizeof *call->orders);
        for (uint32_t order = 0; order < call->order_count; order++)
            call->orders[order].by = leat_bound_remap(call->orders[order].by, places, p->r.arena);
    }
    for (uint32_t i = 0; i < node->outputs[0].schema->field_count; i++)
        p->places[index][0][i] = i;
    if (node->output_count > 1) {
        move_output(p, &node->outputs[1], new_schema(p, node->inputs[0]), places);
        memcpy(p->places[index][1], places, schema->field_count * sizeof *places);
    }
}

static void rewrite_source(leat_pruner *p, uint32_t index, leat_logical_node *node)
{
    uint32_t count = node->outputs[0].schema->field_count;
    node->wanted = leat_arena_copy(p->r.arena, p->needs[index][0], count * sizeof(bool));
    if (node->event_time >= 0)
        node->wanted[node->event_time] = true;
    if (node->expression_count > 0)
        leat_bound_uses(node->expressions[0], node->wanted);
    for (uint32_t j = 0; j < node->output_count; j++)
        for (uint32_t i = 0; i < node->outputs[j].schema->field_count; i++)
            p->places[index][j][i] = i;
}

/* The node wants all of its inputs and gives all it has. */
static void keep_places(leat_pruner *p, uint32_t index)
{
    const leat_logical_node *node = &p->r.from->nodes[index];
    for (uint32_t j = 0; j < node->output_count; j++)
        for (uint32_t i = 0; i < node->outputs[j].schema->field_count; i++)
            p->places[index][j][i] = i;
}

static void rewrite_node(leat_pruner *p, uint32_t index)
{
    leat_logical_node node = leat_rewriter_copy(&p->r, index);
    switch (node.kind) {
    case LEAT_LOGICAL_SOURCE:
        rewrite_source(p, index, &node);
        break;
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_ROUTE:
        rewrite_pass(p, index, &node);
        break;
    case LEAT_LOGICAL_PROJECT:
        rewrite_project(p, index, &node);
        break;
    case LEAT_LOGICAL_UNION:
        rewrite_union(p, index, &node);
        break;
    case LEAT_LOGICAL_AGGREGATE:
        rewrite_aggregate(p, index, &node);
        break;
    case LEAT_LOGICAL_JOIN:
    case LEAT_LOGICAL_WINDOW:
    case LEAT_LOGICAL_OVER:
    case LEAT_LOGICAL_TOP_N:
    case LEAT_LOGICAL_DEDUPLICATE:
        leat_pruner_rewrite_relational(p, index, &node);
        break;
    case LEAT_LOGICAL_DISTINCT:
    case LEAT_LOGICAL_SET_OP:
    case LEAT_LOGICAL_UNNEST:
    case LEAT_LOGICAL_SORT:
    case LEAT_LOGICAL_NORMALIZE:
    case LEAT_LOGICAL_MATERIALIZE:
        keep_places(p, index);
        break;
    case LEAT_LOGICAL_SINK:
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    leat_rewriter_map(&p->r, index, leat_rewriter_emit(&p->r, &node));
}

const leat_logical_plan *leat_rewrite_prune_columns(const leat_logical_plan *plan,
                                                    leat_arena *arena)
{
    leat_pruner p = {0};
    leat_rewriter_init(&p.r, plan, arena);
    p.needs = LEAT_ARENA_ARRAY(arena, bool **, plan->node_count);
    p.places = LEAT_ARENA_ARRAY(arena, uint32_t **, plan->node_count);
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const leat_logical_node *node = &plan->nodes[i];
        p.needs[i] = LEAT_ARENA_ARRAY(arena, bool *, node->output_count);
        p.places[i] = LEAT_ARENA_ARRAY(arena, uint32_t *, node->output_count);
        for (uint32_t j = 0; j < node->output_count; j++) {
            uint32_t count = node->outputs[j].schema->field_count;
            p.needs[i][j] = LEAT_ARENA_ARRAY(arena, bool, count);
            p.places[i][j] = LEAT_ARENA_ARRAY(arena, uint32_t, count);
        }
    }
    for (uint32_t i = plan->node_count; i-- > 0;) {
        keep_one(&p, i);
        need_of(&p, i);
    }
    for (uint32_t i = 0; i < plan->node_count; i++)
        rewrite_node(&p, i);
    return leat_rewriter_finish(&p.r);
}
