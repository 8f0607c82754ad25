/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/check.h"

#include "common/base/arena.h"
#include "common/base/limits.h"

typedef struct checker {
    const leat_physical_plan *plan;
    const leat_logical_plan *logical;
    leat_error *err;
} checker;

/* Says what is wrong with the `index`th `what`; the value of a failed check. */
static leat_code wrong(checker *c, const char *what, uint32_t index, const char *why)
{
    return leat_fail(c->err, LEAT_CORRUPT, "the plan is damaged: %s %u %s", what, index, why);
}

/* Equal types column by column; names may differ. */
static bool types_equal(const leat_schema *a, const leat_schema *b)
{
    if (a->field_count != b->field_count)
        return false;
    for (uint32_t i = 0; i < a->field_count; i++)
        if (!leat_type_equal(a->fields[i].type, b->fields[i].type))
            return false;
    return true;
}

static bool condition_fits(const leat_bound *bound, const leat_schema *schema)
{
    return bound->type.id == LEAT_TYPE_BOOLEAN && leat_bound_fits(bound, schema);
}

static bool keys_fit(const uint16_t *keys, uint32_t count, const leat_schema *schema)
{
    for (uint32_t i = 0; i < count; i++)
        if (keys[i] >= schema->field_count)
            return false;
    return true;
}

/* The counts a node of each kind must have; SOME is any but 0, MAYBE 0 or 1. */
#define MAYBE UINT32_MAX
#define SOME  (UINT32_MAX - 1)

typedef struct node_shape {
    uint32_t inputs;
    uint32_t outputs;
    uint32_t expressions;
} node_shape;

static const node_shape SHAPES[LEAT_LOGICAL_KIND_COUNT] = {
    [LEAT_LOGICAL_SOURCE] = {0, SOME, MAYBE}, [LEAT_LOGICAL_FILTER] = {1, 1, 1},
    [LEAT_LOGICAL_PROJECT] = {1, 1, SOME},    [LEAT_LOGICAL_ROUTE] = {1, SOME, SOME},
    [LEAT_LOGICAL_UNION] = {SOME, 1, 0},      [LEAT_LOGICAL_AGGREGATE] = {1, SOME, 0},
    [LEAT_LOGICAL_SINK] = {1, 0, 0},          [LEAT_LOGICAL_JOIN] = {2, 1, 0},
    [LEAT_LOGICAL_WINDOW] = {1, 1, 0},        [LEAT_LOGICAL_OVER] = {1, 1, 0},
    [LEAT_LOGICAL_TOP_N] = {1, 1, 0},         [LEAT_LOGICAL_DEDUPLICATE] = {1, 1, 0},
    [LEAT_LOGICAL_DISTINCT] = {1, 1, 0},      [LEAT_LOGICAL_SET_OP] = {2, 1, 0},
    [LEAT_LOGICAL_UNNEST] = {1, 1, SOME},     [LEAT_LOGICAL_SORT] = {1, 1, 0},
    [LEAT_LOGICAL_NORMALIZE] = {1, 1, 0},     [LEAT_LOGICAL_MATERIALIZE] = {1, 1, 0},
};

static bool count_fits(uint32_t count, uint32_t shape)
{
    return shape == SOME ? count > 0 : shape == MAYBE ? count <= 1 : count == shape;
}

static const leat_schema *input_schema(const checker *c, const leat_logical_node *node)
{
    return c->logical->nodes[node->inputs[0].node].outputs[node->inputs[0].output].schema;
}

static const leat_schema *right_schema(const checker *c, const leat_logical_node *node)
{
    return c->logical->nodes[node->inputs[1].node].outputs[node->inputs[1].output].schema;
}

static leat_code check_shape(checker *c, uint32_t index)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    const node_shape *shape = &SHAPES[node->kind];
    if (!count_fits(node->input_count, shape->inputs) ||
        !count_fits(node->output_count, shape->outputs) ||
        !count_fits(node->expression_count, shape->expressions))
        return wrong(c, "node", index, "has the wrong number of inputs, outputs or expressions");
    for (uint32_t i = 0; i < node->input_count; i++) {
        leat_logical_input input = node->inputs[i];
        if (input.node >= index || input.output >= c->logical->nodes[input.node].output_count)
            return wrong(c, "node", index, "reads what does not stand before it");
    }
    for (uint32_t i = 0; i < node->output_count; i++) {
        const leat_schema *schema = node->outputs[i].schema;
        if (schema == NULL || schema->field_count == 0)
            return wrong(c, "node", index, "has an output without columns");
        if (schema->event_time >= (int32_t)schema->field_count ||
            (schema->event_time >= 0 &&
             schema->fields[schema->event_time].type.id != LEAT_TYPE_TIMESTAMP))
            return wrong(c, "node", index, "has an event time that is none");
    }
    for (uint32_t i = 0; i < node->expression_count; i++)
        if (node->expressions[i] == NULL && node->kind != LEAT_LOGICAL_ROUTE)
            return wrong(c, "node", index, "lacks an expression");
    return LEAT_OK;
}

static leat_code check_source(checker *c, uint32_t index)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    const leat_schema *schema = node->outputs[0].schema;
    bool has_side = node->on_bad_record == LEAT_BAD_RECORD_TO;
    if (node->output_count != (has_side ? 2U : 1U) || node->event_time != schema->event_time ||
        node->wanted == NULL)
        return wrong(c, "source", index, "contradicts itself");
    if (has_side && (node->outputs[1].schema->field_count != 4 ||
                     node->outputs[1].schema->fields[2].type.id != LEAT_TYPE_BIGINT))
        return wrong(c, "source", index, "has no columns for bad records");
    if (node->out_of_orderness_us < 0 || node->idle_after_us < 0 || node->max_future_us < 0)
        return wrong(c, "source", index, "has a negative duration");
    if (node->expression_count > 0 &&
        (node->event_time >= 0 || !leat_bound_fits(node->expressions[0], schema) ||
         node->expressions[0]->type.id != LEAT_TYPE_TIMESTAMP))
        return wrong(c, "source", index, "has an event time that is none");
    return LEAT_OK;
}

static bool call_fits(const leat_bound_aggregate *call, const leat_schema *schema)
{
    if (!leat_aggregate_is_sound(call) ||
        (call->argument != NULL && !leat_bound_fits(call->argument, schema)) ||
        (call->option != NULL && !leat_bound_fits(call->option, schema)))
        return false;
    for (uint32_t i = 0; i < call->order_count; i++)
        if (!leat_bound_fits(call->orders[i].by, schema))
            return false;
    return call->filter == NULL || condition_fits(call->filter, schema);
}

/* The result type of an aggregate follows from its argument: accumulators are laid out by it. */
static bool call_type_fits(const leat_bound_aggregate *call)
{
    leat_type result;
    return leat_aggregate_result(call, &result) && leat_type_equal(call->type, result);
}

static bool window_fits(const leat_window *window, const leat_schema *in)
{
    if (window->kind == LEAT_WINDOW_CARRIED)
        return window->start_column < in->field_count && window->end_column < in->field_count &&
               in->fields[window->start_column].type.id == LEAT_TYPE_TIMESTAMP &&
               in->fields[window->end_column].type.id == LEAT_TYPE_TIMESTAMP;
    bool slides = window->kind == LEAT_WINDOW_HOP || window->kind == LEAT_WINDOW_CUMULATE;
    int64_t unit = slides ? window->slide_us : window->size_us;
    return (in->event_time >= 0 || window->is_processing_time) && window->size_us > 0 && unit > 0 &&
           window->offset_us >= 0 && window->offset_us < unit && window->time_lag_us >= 0;
}

static leat_code check_aggregate(checker *c, uint32_t index)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    const leat_schema *in = input_schema(c, node);
    const leat_schema *out = node->outputs[0].schema;
    bool has_window = node->window.kind != LEAT_WINDOW_NONE;
    uint32_t first = has_window ? 2 : 0;
    if (!keys_fit(node->keys, node->key_count, in) ||
        out->field_count != first + node->key_count + node->aggregate_count)
        return wrong(c, "aggregate", index, "has keys that do not exist");
    for (uint32_t i = 0; i < first; i++)
        if (out->fields[i].type.id != LEAT_TYPE_TIMESTAMP)
            return wrong(c, "aggregate", index, "has no columns for its window");
    for (uint32_t i = 0; i < node->key_count; i++)
        if (!leat_type_equal(out->fields[first + i].type, in->fields[node->keys[i]].type))
            return wrong(c, "aggregate", index, "changes the type of a key");
    for (uint32_t i = 0; i < node->aggregate_count; i++) {
        const leat_bound_aggregate *call = &node->aggregates[i];
        if (!call_fits(call, in) || !call_type_fits(call) ||
            !leat_type_equal(call->type, out->fields[first + node->key_count + i].type))
            return wrong(c, "aggregate", index, "has a call that does not fit its rows");
    }
    if (has_window && !window_fits(&node->window, in))
        return wrong(c, "aggregate", index, "has a window that cannot be");
    bool has_side = has_window && node->window.late_to;
    if (node->output_count != (has_side ? 2U : 1U) ||
        (has_side && !types_equal(node->outputs[1].schema, in)))
        return wrong(c, "aggregate", index, "has the wrong outputs");
    return LEAT_OK;
}

static leat_code check_node(checker *c, uint32_t index)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    LEAT_TRY(check_shape(c, index));
    switch (node->kind) {
    case LEAT_LOGICAL_SOURCE:
        return check_source(c, index);
    case LEAT_LOGICAL_AGGREGATE:
        return check_aggregate(c, index);
    case LEAT_LOGICAL_FILTER:
        if (!condition_fits(node->expressions[0], input_schema(c, node)) ||
            !types_equal(node->outputs[0].schema, input_schema(c, node)))
            return wrong(c, "filter", index, "does not fit its rows");
        return LEAT_OK;
    case LEAT_LOGICAL_PROJECT:
        if (node->expression_count != node->outputs[0].schema->field_count)
            return wrong(c, "projection", index, "has the wrong number of columns");
        for (uint32_t i = 0; i < node->expression_count; i++)
            if (!leat_bound_fits(node->expressions[i], input_schema(c, node)) ||
                !leat_type_equal(node->expressions[i]->type,
                                 node->outputs[0].schema->fields[i].type))
                return wrong(c, "projection", index, "does not fit its rows");
        return LEAT_OK;
    case LEAT_LOGICAL_ROUTE:
        if (node->expression_count != node->output_count)
            return wrong(c, "route", index, "has the wrong number of outputs");
        for (uint32_t i = 0; i < node->expression_count; i++)
            if ((node->expressions[i] != NULL &&
                 !condition_fits(node->expressions[i], input_schema(c, node))) ||
                !types_equal(node->outputs[i].schema, input_schema(c, node)))
                return wrong(c, "route", index, "does not fit its rows");
        return LEAT_OK;
    case LEAT_LOGICAL_UNION:
        for (uint32_t i = 0; i < node->input_count; i++) {
            leat_logical_input input = node->inputs[i];
            if (!types_equal(c->logical->nodes[input.node].outputs[input.output].schema,
                             node->outputs[0].schema))
                return wrong(c, "union", index, "has unequal inputs");
        }
        return LEAT_OK;
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
        return leat_plan_check_relational(c->logical, index, c->err);
    case LEAT_LOGICAL_SINK:
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    return LEAT_OK;
}

static leat_code check_logical(checker *c)
{
    const leat_logical_plan *plan = c->logical;
    if (plan->key_group_count == 0 || plan->key_group_count > LEAT_KEY_GROUPS_MAX ||
        plan->parallelism > LEAT_PARALLELISM_MAX || plan->parallelism > plan->key_group_count ||
        plan->epoch_interval_us < LEAT_EPOCH_INTERVAL_MS_MIN * INT64_C(1000) ||
        plan->epoch_interval_us > LEAT_EPOCH_INTERVAL_MS_MAX * INT64_C(1000) ||
        plan->replicas == 0 || plan->replicas > LEAT_REPLICAS_MAX || plan->min_replicas == 0 ||
        plan->min_replicas > plan->replicas)
        return leat_fail(c->err, LEAT_CORRUPT, "the plan is damaged: a setting is out of range");
    for (uint32_t i = 0; i < plan->node_count; i++)
        LEAT_TRY(check_node(c, i));
    return LEAT_OK;
}

static bool kinds_agree(const leat_physical_operator *op, const leat_logical_node *node)
{
    bool has_window = node->window.kind != LEAT_WINDOW_NONE;
    if (op->kind > LEAT_PHYSICAL_SINK) /* from there on the kinds have the same names and order */
        return node->kind > LEAT_LOGICAL_SINK &&
               (int)op->kind - LEAT_PHYSICAL_SINK == (int)node->kind - LEAT_LOGICAL_SINK;
    switch (op->kind) {
    case LEAT_PHYSICAL_SOURCE:
        return node->kind == LEAT_LOGICAL_SOURCE;
    case LEAT_PHYSICAL_FILTER:
        return node->kind == LEAT_LOGICAL_FILTER;
    case LEAT_PHYSICAL_PROJECT:
        return node->kind == LEAT_LOGICAL_PROJECT;
    case LEAT_PHYSICAL_ROUTE:
        return node->kind == LEAT_LOGICAL_ROUTE;
    case LEAT_PHYSICAL_AGGREGATE:
        return node->kind == LEAT_LOGICAL_AGGREGATE && !has_window;
    case LEAT_PHYSICAL_WINDOW_AGGREGATE:
        return node->kind == LEAT_LOGICAL_AGGREGATE && has_window;
    case LEAT_PHYSICAL_SINK:
        return node->kind == LEAT_LOGICAL_SINK;
    case LEAT_PHYSICAL_EXCHANGE:
        return true;
    case LEAT_PHYSICAL_JOIN:
    case LEAT_PHYSICAL_WINDOW:
    case LEAT_PHYSICAL_OVER:
    case LEAT_PHYSICAL_TOP_N:
    case LEAT_PHYSICAL_DEDUPLICATE:
    case LEAT_PHYSICAL_DISTINCT:
    case LEAT_PHYSICAL_SET_OP:
    case LEAT_PHYSICAL_UNNEST:
    case LEAT_PHYSICAL_SORT:
    case LEAT_PHYSICAL_NORMALIZE:
    case LEAT_PHYSICAL_MATERIALIZE:
    case LEAT_PHYSICAL_KIND_COUNT:
        break;
    }
    return false;
}

/* What comes in on a port of the stage, or NULL when nothing does. */
static const leat_schema *
port_schema(const checker *c, const leat_physical_stage *stage, uint32_t port)
{
    for (uint32_t i = 0; i < stage->edge_in_count; i++)
        if (c->plan->edges[stage->edge_in_first + i].port == port)
            return c->plan->edges[stage->edge_in_first + i].schema;
    return NULL;
}

/* What comes along the feed, or NULL when there is no such thing. */
static const leat_schema *
feed_schema(const checker *c, uint32_t index, const leat_physical_feed *feed)
{
    const leat_physical_stage *stage = &c->plan->stages[c->plan->operators[index].stage];
    if (feed->from == LEAT_PHYSICAL_STAGE_INPUT)
        return port_schema(c, stage, feed->output);
    if (feed->from < (int32_t)stage->operator_first || feed->from >= (int32_t)index)
        return NULL;
    const leat_physical_operator *from = &c->plan->operators[feed->from];
    if (from->kind == LEAT_PHYSICAL_EXCHANGE)
        return NULL;
    const leat_logical_node *node = &c->logical->nodes[from->logical];
    return feed->output < node->output_count ? node->outputs[feed->output].schema : NULL;
}

static bool schemas_agree(const leat_schema *given, const leat_schema *wanted)
{
    if (given == NULL || wanted == NULL)
        return given == wanted;
    return types_equal(given, wanted);
}

/* What an operator keeps follows from its node and its input: tables are laid out by it. */
static bool states_fit(const checker *c, const leat_physical_operator *op)
{
    leat_physical_state states[LEAT_PHYSICAL_STATES_MAX];
    leat_arena arena = {0};
    uint16_t count = leat_physical_states(c->logical, op, &arena, states);
    bool is_in_range = count == 0 ? op->state == LEAT_PHYSICAL_NO_STATE
                                  : (uint32_t)op->state + count <= c->plan->state_count;
    bool fits = op->state_count == count && is_in_range;
    for (uint16_t i = 0; fits && i < count; i++) {
        const leat_physical_state *given = &c->plan->states[op->state + i];
        fits = schemas_agree(given->key, states[i].key) &&
               schemas_agree(given->value, states[i].value);
    }
    leat_arena_fini(&arena);
    return fits;
}

static leat_code check_operator(checker *c, uint32_t index)
{
    const leat_physical_operator *op = &c->plan->operators[index];
    if (op->logical >= c->logical->node_count || !kinds_agree(op, &c->logical->nodes[op->logical]))
        return wrong(c, "operator", index, "stands for the wrong node");
    if ((op->kind == LEAT_PHYSICAL_SOURCE) != (op->feed_count == 0) ||
        (op->kind == LEAT_PHYSICAL_SOURCE) != (op->input == NULL))
        return wrong(c, "operator", index, "has the wrong feeds");
    for (uint32_t i = 0; i < op->feed_count; i++) {
        const leat_schema *schema = feed_schema(c, index, &op->feeds[i]);
        const leat_schema *wanted = op->feeds[i].port == 0 ? op->input : op->right;
        if (schema == NULL || wanted == NULL || op->feeds[i].port >= LEAT_PHYSICAL_PORTS_MAX ||
            !types_equal(schema, wanted))
            return wrong(c, "operator", index, "is fed with what it cannot take");
    }
    const leat_logical_node *node = &c->logical->nodes[op->logical];
    if (op->kind == LEAT_PHYSICAL_EXCHANGE) {
        if (op->edge >= c->plan->edge_count || c->plan->edges[op->edge].from_stage != op->stage ||
            !types_equal(c->plan->edges[op->edge].schema, op->input))
            return wrong(c, "operator", index, "sends on the wrong edge");
    } else if (op->kind != LEAT_PHYSICAL_SOURCE && !types_equal(op->input, input_schema(c, node))) {
        return wrong(c, "operator", index, "gets other rows than its node");
    }
    bool has_two = op->kind == LEAT_PHYSICAL_JOIN || op->kind == LEAT_PHYSICAL_SET_OP;
    if (has_two != (op->right != NULL) ||
        (has_two && !types_equal(op->right, right_schema(c, node))))
        return wrong(c, "operator", index, "gets other rows on its right than its node");
    if (!states_fit(c, op))
        return wrong(c, "operator", index, "keeps other state than its node");
    if (op->kind == LEAT_PHYSICAL_WINDOW_AGGREGATE &&
        op->input->event_time != input_schema(c, node)->event_time)
        return wrong(c, "operator", index, "has another event time than its node");
    return LEAT_OK;
}

static leat_code check_stages(checker *c)
{
    const leat_physical_plan *plan = c->plan;
    uint32_t next_operator = 0;
    uint32_t next_edge = 0;
    for (uint32_t s = 0; s < plan->stage_count; s++) {
        const leat_physical_stage *stage = &plan->stages[s];
        if (stage->operator_first != next_operator || stage->edge_in_first != next_edge ||
            stage->operator_count == 0 ||
            stage->operator_count > plan->operator_count - next_operator ||
            stage->edge_in_count > plan->edge_count - next_edge ||
            stage->is_source != (stage->edge_in_count == 0))
            return wrong(c, "stage", s, "does not follow the one before it");
        for (uint32_t i = 0; i < stage->operator_count; i++) {
            const leat_physical_operator *op = &plan->operators[next_operator + i];
            bool is_source = op->kind == LEAT_PHYSICAL_SOURCE;
            if (op->stage != s || is_source != (stage->is_source && i == 0))
                return wrong(c, "stage", s, "has an operator that does not belong there");
        }
        next_operator += stage->operator_count;
        next_edge += stage->edge_in_count;
    }
    if (next_operator != plan->operator_count || next_edge != plan->edge_count)
        return wrong(c, "stage", plan->stage_count, "is missing");
    return LEAT_OK;
}

static leat_code check_edges(checker *c)
{
    for (uint32_t s = 0; s < c->plan->stage_count; s++) {
        const leat_physical_stage *stage = &c->plan->stages[s];
        for (uint32_t i = 0; i < stage->edge_in_count; i++) {
            uint32_t index = stage->edge_in_first + i;
            const leat_physical_edge *edge = &c->plan->edges[index];
            if (edge->to_stage != s || edge->from_stage >= s || edge->schema == NULL ||
                edge->port >= LEAT_PHYSICAL_PORTS_MAX || (i > 0 && edge->port < edge[-1].port) ||
                !types_equal(edge->schema, port_schema(c, stage, edge->port)) ||
                !keys_fit(edge->keys, edge->key_count, edge->schema))
                return wrong(c, "edge", index, "does not fit its stages");
        }
    }
    return LEAT_OK;
}

leat_code leat_plan_check(const leat_physical_plan *plan, leat_error *err)
{
    checker c = {.plan = plan, .logical = plan->logical, .err = err};
    LEAT_TRY(check_logical(&c));
    LEAT_TRY(check_stages(&c));
    LEAT_TRY(check_edges(&c));
    for (uint32_t i = 0; i < plan->operator_count; i++)
        LEAT_TRY(check_operator(&c, i));
    return LEAT_OK;
}
