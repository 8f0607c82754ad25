/* SPDX-License-Identifier: Apache-2.0
 *
 * Backwards over the plan: which columns of every output does somebody need? Then forwards:
 * projections lose the others, sources are told which to fill, and before an aggregation (so
 * before its exchange) and between the inputs of a union a projection `columns` takes out what
 * other readers still want. Filters and routes pass columns on untouched: that costs nothing.
 */
#include "common/plan/inline.h"
#include "common/plan/rewriter.h"

#define GONE UINT32_MAX

typedef struct pruner {
    leat_rewriter r;
    bool ***needs;      /* [old node][old output][old column] */
    uint32_t ***places; /* the same: where the column is now, or GONE */
    uint32_t narrow_count;
} pruner;

static const leat_schema *old_schema(const pruner *p, leat_logical_input input)
{
    return p->r.from->nodes[input.node].outputs[input.output].schema;
}

static const leat_schema *new_schema(const pruner *p, leat_logical_input now)
{
    return leat_rewriter_node(&p->r, now)->outputs[now.output].schema;
}

static void need_all(bool *into, const bool *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        into[i] |= from == NULL || from[i];
}

static void need_of_aggregate(pruner *p, const leat_logical_node *node, bool *needs)
{
    const leat_schema *schema = old_schema(p, node->inputs[0]);
    for (uint32_t i = 0; i < node->key_count; i++)
        needs[node->keys[i]] = true;
    for (uint32_t i = 0; i < node->aggregate_count; i++) {
        if (node->aggregates[i].argument != NULL)
            leat_bound_uses(node->aggregates[i].argument, needs);
        if (node->aggregates[i].filter != NULL)
            leat_bound_uses(node->aggregates[i].filter, needs);
    }
    if (node->window.kind != LEAT_WINDOW_NONE && schema->event_time >= 0)
        needs[schema->event_time] = true;
    if (node->window.kind == LEAT_WINDOW_CARRIED) {
        needs[node->window.start_column] = true;
        needs[node->window.end_column] = true;
    }
    if (node->window.late_to && node->outputs[1].is_read)
        need_all(needs, NULL, schema->field_count);
}

/* Marks what node `index` needs of its inputs, given what is needed of it. */
static void need_of(pruner *p, uint32_t index)
{
    const leat_logical_node *node = &p->r.from->nodes[index];
    for (uint32_t i = 0; i < node->input_count; i++) {
        leat_logical_input input = node->inputs[i];
        bool *needs = p->needs[input.node][input.output];
        uint32_t count = old_schema(p, input)->field_count;
        switch (node->kind) {
        case LEAT_LOGICAL_SOURCE:
        case LEAT_LOGICAL_KIND_COUNT:
            LEAT_UNREACHABLE();
        case LEAT_LOGICAL_SINK:
        case LEAT_LOGICAL_JOIN:
        case LEAT_LOGICAL_WINDOW:
        case LEAT_LOGICAL_OVER:
        case LEAT_LOGICAL_TOP_N:
        case LEAT_LOGICAL_DEDUPLICATE:
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
static void keep_one(pruner *p, uint32_t index)
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

/* The part of a schema whose columns are kept; places[old] = new or GONE. */
static const leat_schema *
narrow_schema(const leat_schema *schema, const uint32_t *places, leat_arena *arena)
{
    leat_field *fields = LEAT_ARENA_ARRAY(arena, leat_field, schema->field_count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (places[i] != GONE) {
            fields[places[i]] = schema->fields[i];
            count++;
        }
    int32_t event_time = -1;
    if (schema->event_time >= 0 && places[schema->event_time] != GONE)
        event_time = (int32_t)places[schema->event_time];
    return leat_schema_new(arena, fields, count, event_time);
}

static void set_schema(leat_logical_output *output, const leat_schema *schema)
{
    output->schema = schema;
    output->time_is_window_end &= schema->event_time >= 0;
}

/* Columns in order, those not needed GONE. */
static void place_needed(const bool *needs, uint32_t count, uint32_t *out_places)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < count; i++)
        out_places[i] = needs[i] ? next++ : GONE;
}

/* `now` has the columns of `old` at `at`; give it exactly those of `wanted`, at their places.
 * Returns the output that has. */
static leat_logical_input narrow(pruner *p,
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
    bool is_same = true;
    for (uint32_t i = 0; i < old->field_count; i++) {
        if (wanted[i] == GONE)
            continue;
        LEAT_ASSERT(at[i] != GONE);
        is_same &= wanted[i] == at[i];
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
    set_schema(&node.outputs[0], narrow_schema(old, wanted, p->r.arena));
    return leat_rewriter_emit(&p->r, &node);
}

static void rewrite_pass(pruner *p, uint32_t index, leat_logical_node *node)
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
        set_schema(&node->outputs[j], schema);
        memcpy(p->places[index][j], places, old_schema(p, input)->field_count * sizeof *places);
    }
}

static void rewrite_project(pruner *p, uint32_t index, leat_logical_node *node)
{
    leat_logical_input input = p->r.from->nodes[index].inputs[0];
    uint32_t *places = p->places[index][0];
    place_needed(p->needs[index][0], node->expression_count, places);
    leat_bound **old = node->expressions;
    uint32_t old_count = node->expression_count;
    node->expressions = LEAT_ARENA_ARRAY(p->r.arena, leat_bound *, old_count);
    node->expression_count = 0;
    for (uint32_t j = 0; j < old_count; j++)
        if (places[j] != GONE)
            node->expressions[node->expression_count++] =
                leat_bound_remap(old[j], p->places[input.node][input.output], p->r.arena);
    set_schema(&node->outputs[0], narrow_schema(node->outputs[0].schema, places, p->r.arena));
}

static void rewrite_union(pruner *p, uint32_t index, leat_logical_node *node)
{
    const leat_logical_node *old = &p->r.from->nodes[index];
    const leat_schema *schema = old->outputs[0].schema;
    uint32_t *places = p->places[index][0];
    place_needed(p->needs[index][0], schema->field_count, places);
    for (uint32_t i = 0; i < node->input_count; i++) {
        leat_logical_input input = old->inputs[i];
        node->inputs[i] =
            narrow(p, node, node->inputs[i], schema, p->places[input.node][input.output], places);
    }
    set_schema(&node->outputs[0], narrow_schema(schema, places, p->r.arena));
}

static void rewrite_aggregate(pruner *p, uint32_t index, leat_logical_node *node)
{
    leat_logical_input input = p->r.from->nodes[index].inputs[0];
    const leat_schema *schema = old_schema(p, input);
    bool *needs = LEAT_ARENA_ARRAY(p->r.arena, bool, schema->field_count);
    uint32_t *places = LEAT_ARENA_ARRAY(p->r.arena, uint32_t, schema->field_count);
    need_of_aggregate(p, &p->r.from->nodes[index], needs);
    bool is_empty = true;
    for (uint32_t i = 0; i < schema->field_count; i++)
        is_empty &= !needs[i];
    for (uint32_t i = 0; i < schema->field_count && is_empty; i++)
        if (p->places[input.node][input.output][i] != GONE) {
            needs[i] = true;
            break;
        }
    place_needed(needs, schema->field_count, places);
    node->inputs[0] =
        narrow(p, node, node->inputs[0], schema, p->places[input.node][input.output], places);
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
        if (call->filter != NULL)
            call->filter = leat_bound_remap(call->filter, places, p->r.arena);
    }
    for (uint32_t i = 0; i < node->outputs[0].schema->field_count; i++)
        p->places[index][0][i] = i;
    if (node->output_count > 1) {
        set_schema(&node->outputs[1], new_schema(p, node->inputs[0]));
        memcpy(p->places[index][1], places, schema->field_count * sizeof *places);
    }
}

static void rewrite_source(pruner *p, uint32_t index, leat_logical_node *node)
{
    uint32_t count = node->outputs[0].schema->field_count;
    node->wanted = leat_arena_copy(p->r.arena, p->needs[index][0], count * sizeof(bool));
    if (node->event_time >= 0)
        node->wanted[node->event_time] = true;
    for (uint32_t j = 0; j < node->output_count; j++)
        for (uint32_t i = 0; i < node->outputs[j].schema->field_count; i++)
            p->places[index][j][i] = i;
}

/* The node wants all of its inputs and gives all it has. */
static void keep_places(pruner *p, uint32_t index)
{
    const leat_logical_node *node = &p->r.from->nodes[index];
    for (uint32_t j = 0; j < node->output_count; j++)
        for (uint32_t i = 0; i < node->outputs[j].schema->field_count; i++)
            p->places[index][j][i] = i;
}

static void rewrite_node(pruner *p, uint32_t index)
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
    pruner p = {0};
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
