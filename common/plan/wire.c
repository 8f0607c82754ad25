/* SPDX-License-Identifier: Apache-2.0
 *
 * One walk over the plan serves both directions (`is_encode`), so that they cannot disagree.
 * Decoding bounds every count by the bytes that are left before it takes memory, and the decoded
 * plan must pass leat_plan_check. Schemas are written once each, in a table; a reference is its
 * index + 1, 0 is none.
 *
 *   "LPLN" u16 version | schemas | logical plan | nodes | stages | operators | edges | states
 */
#include "common/base/limits.h"
#include "common/plan/check.h"

enum { WIRE_VERSION = 2, WIRE_MAGIC = 0x4e4c504c };

typedef struct wire {
    bool is_encode;
    leat_buf *out;
    leat_cursor in;
    leat_arena *arena;
    leat_error *err;
    leat_code code; /* the first failure; after it everything reads as zero */
    uint32_t schema_count;
    const leat_schema **schemas;
} wire;

static void wire_fail(wire *w, const char *what)
{
    if (w->code == LEAT_OK)
        w->code = leat_fail(w->err, LEAT_CORRUPT, "the plan is damaged: %s", what);
    w->in.at = w->in.end;
}

#define WIRE_NUMBER(name, type)                                                                    \
    static void wire_##name(wire *w, type *value)                                                  \
    {                                                                                              \
        if (w->is_encode)                                                                          \
            leat_buf_add(w->out, value, sizeof *value);                                            \
        else {                                                                                     \
            const void *from = leat_cursor_take(&w->in, sizeof *value);                            \
            *value = 0;                                                                            \
            if (from != NULL)                                                                      \
                memcpy(value, from, sizeof *value);                                                \
        }                                                                                          \
    }
WIRE_NUMBER(u8, uint8_t)
WIRE_NUMBER(u16, uint16_t)
WIRE_NUMBER(u32, uint32_t)
WIRE_NUMBER(i32, int32_t)
WIRE_NUMBER(u64, uint64_t)
WIRE_NUMBER(i64, int64_t)
#undef WIRE_NUMBER

static void wire_bool(wire *w, bool *value)
{
    uint8_t byte = *value;
    wire_u8(w, &byte);
    if (byte > 1)
        wire_fail(w, "a flag is neither 0 nor 1");
    *value = byte == 1;
}

/* Enums of fewer than 256 values; `end` is one past the last. */
static uint8_t wire_enum(wire *w, unsigned value, unsigned end, const char *what)
{
    uint8_t byte = (uint8_t)value;
    wire_u8(w, &byte);
    if (byte >= end) {
        wire_fail(w, what);
        return 0;
    }
    return byte;
}

static void wire_bytes(wire *w, leat_bytes *value)
{
    if (w->is_encode) {
        leat_buf_add_bytes(w->out, *value);
        return;
    }
    leat_bytes bytes = leat_cursor_bytes(&w->in);
    if (w->in.is_short)
        wire_fail(w, "it ends early");
    *value = leat_arena_bytes(w->arena, bytes);
}

/* The number of items that follow; each takes at least `item_bytes`. */
static void wire_count(wire *w, uint32_t *count, size_t item_bytes)
{
    wire_u32(w, count);
    if (!w->is_encode && *count > (size_t)(w->in.end - w->in.at) / item_bytes) {
        wire_fail(w, "a count is too large");
        *count = 0;
    }
}

static void wire_place(wire *w, leat_place *place)
{
    wire_u32(w, &place->line);
    wire_u32(w, &place->column);
    wire_u32(w, &place->length);
}

static void schema_enter(wire *w, const leat_schema *schema)
{
    for (uint32_t i = 0; i < w->schema_count; i++)
        if (w->schemas[i] == schema)
            return;
    if (schema != NULL)
        w->schemas[w->schema_count++] = schema;
}

static void schemas_collect(wire *w, const leat_physical_plan *plan)
{
    size_t most =
        2 * (size_t)plan->operator_count + plan->edge_count + 2 * (size_t)plan->state_count;
    for (uint32_t i = 0; i < plan->logical->node_count; i++)
        most += plan->logical->nodes[i].output_count;
    w->schemas = LEAT_ARENA_ARRAY(w->arena, const leat_schema *, most);
    for (uint32_t i = 0; i < plan->logical->node_count; i++)
        for (uint32_t j = 0; j < plan->logical->nodes[i].output_count; j++)
            schema_enter(w, plan->logical->nodes[i].outputs[j].schema);
    for (uint32_t i = 0; i < plan->operator_count; i++) {
        schema_enter(w, plan->operators[i].input);
        schema_enter(w, plan->operators[i].right);
    }
    for (uint32_t i = 0; i < plan->edge_count; i++)
        schema_enter(w, plan->edges[i].schema);
    for (uint32_t i = 0; i < plan->state_count; i++) {
        schema_enter(w, plan->states[i].key);
        schema_enter(w, plan->states[i].value);
    }
}

static void wire_schemas(wire *w)
{
    wire_count(w, &w->schema_count, 8);
    if (w->is_encode) {
        for (uint32_t i = 0; i < w->schema_count; i++)
            leat_schema_encode(w->schemas[i], w->out);
        return;
    }
    w->schemas = LEAT_ARENA_ARRAY(w->arena, const leat_schema *, w->schema_count);
    for (uint32_t i = 0; i < w->schema_count && w->code == LEAT_OK; i++)
        w->code = leat_schema_decode(&w->in, w->arena, &w->schemas[i], w->err);
}

static void wire_schema(wire *w, const leat_schema **schema)
{
    uint32_t reference = 0;
    for (uint32_t i = 0; w->is_encode && i < w->schema_count; i++)
        if (w->schemas[i] == *schema)
            reference = i + 1;
    wire_u32(w, &reference);
    if (w->is_encode)
        return;
    if (reference > w->schema_count)
        wire_fail(w, "a schema does not exist");
    *schema = reference == 0 || w->code != LEAT_OK ? NULL : w->schemas[reference - 1];
}

/* NULL is allowed: a route's default, count(*)'s argument. */
static void wire_bound(wire *w, leat_bound **bound)
{
    bool is_there = *bound != NULL;
    wire_bool(w, &is_there);
    if (!is_there || w->code != LEAT_OK)
        return;
    if (w->is_encode)
        leat_bound_encode(*bound, w->out);
    else
        w->code = leat_bound_decode(&w->in, w->arena, bound, w->err);
}

static void wire_keys(wire *w, uint32_t *count, uint16_t **keys)
{
    wire_count(w, count, sizeof **keys);
    if (!w->is_encode)
        *keys = LEAT_ARENA_ARRAY(w->arena, uint16_t, *count);
    for (uint32_t i = 0; i < *count; i++)
        wire_u16(w, &(*keys)[i]);
}

static void wire_outputs(wire *w, leat_logical_node *node)
{
    wire_count(w, &node->output_count, 17);
    if (!w->is_encode)
        node->outputs = LEAT_ARENA_ARRAY(w->arena, leat_logical_output, node->output_count);
    for (uint32_t i = 0; i < node->output_count; i++) {
        leat_logical_output *output = &node->outputs[i];
        wire_bytes(w, &output->name);
        wire_schema(w, &output->schema);
        wire_bool(w, &output->is_updating);
        wire_bool(w, &output->is_read);
        wire_bool(w, &output->time_is_window_end);
        output->changes =
            wire_enum(w, output->changes, LEAT_CHANGES_COUNT, "a change mode is unknown");
        wire_bool(w, &output->has_upsert_key);
        wire_keys(w, &output->upsert_key_count, &output->upsert_keys);
    }
}

static void wire_inputs(wire *w, leat_logical_node *node)
{
    wire_count(w, &node->input_count, 8);
    if (!w->is_encode)
        node->inputs = LEAT_ARENA_ARRAY(w->arena, leat_logical_input, node->input_count);
    for (uint32_t i = 0; i < node->input_count; i++) {
        wire_u32(w, &node->inputs[i].node);
        wire_u32(w, &node->inputs[i].output);
    }
}

/* SOURCE: one flag per column. */
static void wire_wanted(wire *w, leat_logical_node *node)
{
    bool has_columns = node->kind == LEAT_LOGICAL_SOURCE && node->output_count > 0 &&
                       node->outputs[0].schema != NULL;
    uint32_t expected = has_columns ? node->outputs[0].schema->field_count : 0;
    uint32_t count = expected;
    wire_count(w, &count, 1);
    if (count != expected) {
        wire_fail(w, "a source has the wrong number of wanted columns");
        return;
    }
    if (!w->is_encode && count > 0)
        node->wanted = LEAT_ARENA_ARRAY(w->arena, bool, count);
    for (uint32_t i = 0; i < count; i++)
        wire_bool(w, &node->wanted[i]);
}

static void wire_connector(wire *w, leat_logical_node *node)
{
    wire_bytes(w, &node->connector);
    wire_place(w, &node->connector_place);
    wire_count(w, &node->option_count, 20);
    if (!w->is_encode)
        node->options = LEAT_ARENA_ARRAY(w->arena, leat_option, node->option_count);
    for (uint32_t i = 0; i < node->option_count; i++) {
        wire_bytes(w, &node->options[i].name);
        wire_bytes(w, &node->options[i].value);
        wire_place(w, &node->options[i].place);
    }
    node->on_bad_record = wire_enum(w, node->on_bad_record, 3, "a bad-record policy is unknown");
    wire_i32(w, &node->event_time);
    wire_i64(w, &node->out_of_orderness_us);
    wire_i64(w, &node->idle_after_us);
    wire_i64(w, &node->max_future_us);
    wire_u64(w, &node->rate);
    wire_bool(w, &node->writes_op);
    wire_wanted(w, node);
}

static void wire_type(wire *w, leat_type *type)
{
    if (w->is_encode)
        leat_type_encode(*type, w->out);
    else if (w->code == LEAT_OK && !leat_type_decode(&w->in, true, type))
        wire_fail(w, "a type is unknown");
}

static void wire_call(wire *w, leat_bound_aggregate *call)
{
    call->kind = wire_enum(w, call->kind, LEAT_AGGREGATE_KIND_COUNT, "an aggregate is unknown");
    wire_type(w, &call->type);
    wire_bound(w, &call->argument);
    wire_bound(w, &call->filter);
    wire_bound(w, &call->option);
    wire_bool(w, &call->is_distinct);
    wire_count(w, &call->order_count, 3);
    if (!w->is_encode)
        call->orders = LEAT_ARENA_ARRAY(w->arena, leat_bound_order, call->order_count);
    for (uint32_t i = 0; i < call->order_count; i++) {
        wire_bound(w, &call->orders[i].by);
        if (w->code == LEAT_OK && call->orders[i].by == NULL)
            wire_fail(w, "an order is by nothing");
        wire_bool(w, &call->orders[i].is_descending);
        wire_bool(w, &call->orders[i].nulls_first);
    }
}

static void wire_window(wire *w, leat_window *window)
{
    window->kind = wire_enum(w, window->kind, LEAT_WINDOW_KIND_COUNT, "a window is unknown");
    wire_i64(w, &window->size_us);
    wire_i64(w, &window->slide_us);
    wire_i64(w, &window->offset_us);
    wire_i64(w, &window->time_lag_us);
    wire_i64(w, &window->allowed_lateness_us);
    wire_bool(w, &window->is_processing_time);
    wire_bool(w, &window->is_by_column);
    wire_bool(w, &window->late_to);
    wire_u16(w, &window->start_column);
    wire_u16(w, &window->end_column);
}

static void wire_aggregates(wire *w, leat_logical_node *node)
{
    wire_keys(w, &node->key_count, &node->keys);
    wire_count(w, &node->aggregate_count, 6);
    if (!w->is_encode)
        node->aggregates = LEAT_ARENA_ARRAY(w->arena, leat_bound_aggregate, node->aggregate_count);
    for (uint32_t i = 0; i < node->aggregate_count; i++)
        wire_call(w, &node->aggregates[i]);
    wire_window(w, &node->window);
}

static void wire_orders(wire *w, leat_logical_node *node)
{
    wire_count(w, &node->order_count, 4);
    if (!w->is_encode)
        node->orders = LEAT_ARENA_ARRAY(w->arena, leat_order, node->order_count);
    for (uint32_t i = 0; i < node->order_count; i++) {
        wire_u16(w, &node->orders[i].column);
        wire_bool(w, &node->orders[i].is_descending);
        wire_bool(w, &node->orders[i].nulls_first);
    }
}

static void wire_join(wire *w, leat_join *join)
{
    join->kind = wire_enum(w, join->kind, LEAT_JOIN_KIND_COUNT, "a join is unknown");
    join->timing = wire_enum(w, join->timing, LEAT_JOIN_TIMING_COUNT, "a join's timing is unknown");
    uint32_t right_count = join->key_count;
    wire_keys(w, &join->key_count, &join->left_keys);
    wire_keys(w, &right_count, &join->right_keys);
    if (right_count != join->key_count) {
        wire_fail(w, "a join has keys on one side only");
        return;
    }
    if (!w->is_encode)
        join->null_matches = LEAT_ARENA_ARRAY(w->arena, bool, join->key_count);
    for (uint32_t i = 0; i < join->key_count; i++)
        wire_bool(w, &join->null_matches[i]);
    wire_bound(w, &join->residual);
    wire_u16(w, &join->left_time);
    wire_u16(w, &join->right_time);
    wire_i64(w, &join->lower_us);
    wire_i64(w, &join->upper_us);
    join->asof = wire_enum(w, join->asof, LEAT_ASOF_COUNT, "a comparison is unknown");
    wire_bool(w, &join->left_is_unique);
    wire_bool(w, &join->right_is_unique);
}

static void wire_top(wire *w, leat_top *top)
{
    top->kind = wire_enum(w, top->kind, LEAT_RANK_KIND_COUNT, "a rank is unknown");
    wire_u64(w, &top->offset);
    wire_u64(w, &top->limit);
    wire_bool(w, &top->has_rank);
    wire_i32(w, &top->window_end);
}

static void wire_dedup(wire *w, leat_dedup *dedup)
{
    wire_bool(w, &dedup->keeps_last);
    wire_bool(w, &dedup->is_by_arrival);
    wire_i32(w, &dedup->window_end);
}

/* A distance travels as a constant expression; one that was not given is NULL. */
static void wire_distance(wire *w, leat_value *distance)
{
    bool is_given = distance->type.id != LEAT_TYPE_UNKNOWN;
    leat_bound constant = {.kind = LEAT_BOUND_CONSTANT, .type = distance->type, .value = *distance};
    leat_bound *bound = w->is_encode && is_given ? &constant : NULL;
    wire_bound(w, &bound);
    if (w->is_encode || bound == NULL || w->code != LEAT_OK)
        return;
    if (bound->kind != LEAT_BOUND_CONSTANT)
        wire_fail(w, "a frame's distance is no constant");
    *distance = bound->value;
}

static void wire_frame(wire *w, leat_frame *frame)
{
    const char *unknown = "a frame is unknown";
    frame->unit = wire_enum(w, frame->unit, LEAT_FRAME_UNIT_COUNT, unknown);
    frame->start = wire_enum(w, frame->start, LEAT_FRAME_END_COUNT, unknown);
    frame->end = wire_enum(w, frame->end, LEAT_FRAME_END_COUNT, unknown);
    wire_distance(w, &frame->start_distance);
    wire_distance(w, &frame->end_distance);
    frame->exclude = wire_enum(w, frame->exclude, LEAT_EXCLUDE_COUNT, unknown);
}

static void wire_over(wire *w, leat_over *over)
{
    wire_count(w, &over->call_count, 20);
    if (!w->is_encode)
        over->calls = LEAT_ARENA_ARRAY(w->arena, leat_over_call, over->call_count);
    for (uint32_t i = 0; i < over->call_count; i++) {
        leat_over_call *call = &over->calls[i];
        call->function =
            wire_enum(w, call->function, LEAT_OVER_FUNCTION_COUNT, "a function is unknown");
        wire_type(w, &call->type);
        wire_call(w, &call->aggregate);
        wire_bound(w, &call->argument);
        wire_i64(w, &call->distance);
        wire_bound(w, &call->otherwise);
        wire_bool(w, &call->ignores_nulls);
        wire_frame(w, &call->frame);
    }
    wire_bool(w, &over->is_by_watermark);
}

static void wire_unnest(wire *w, leat_unnest *unnest)
{
    unnest->kind = wire_enum(w, unnest->kind, LEAT_UNNEST_KIND_COUNT, "an unnest is unknown");
    wire_bool(w, &unnest->is_outer);
    wire_bool(w, &unnest->has_ordinality);
}

static void wire_set(wire *w, leat_set *set)
{
    set->kind = wire_enum(w, set->kind, LEAT_SET_KIND_COUNT, "a set operation is unknown");
    wire_bool(w, &set->is_all);
}

/* The configuration of the kinds of relational.h: a copy is walked, plans are read-only. */
#define WIRE_CONFIG(field, type, walk)                                                             \
    do {                                                                                           \
        type *copy = LEAT_ARENA_NEW(w->arena, type);                                               \
        if (w->is_encode)                                                                          \
            *copy = *node->field;                                                                  \
        walk(w, copy);                                                                             \
        if (!w->is_encode)                                                                         \
            node->field = copy;                                                                    \
    } while (0)

static void wire_relational(wire *w, leat_logical_node *node)
{
    wire_orders(w, node);
    wire_i64(w, &node->state_ttl_us);
    if (node->kind == LEAT_LOGICAL_JOIN)
        WIRE_CONFIG(join, leat_join, wire_join);
    else if (node->kind == LEAT_LOGICAL_OVER)
        WIRE_CONFIG(over, leat_over, wire_over);
    else if (node->kind == LEAT_LOGICAL_TOP_N)
        WIRE_CONFIG(top, leat_top, wire_top);
    else if (node->kind == LEAT_LOGICAL_DEDUPLICATE)
        WIRE_CONFIG(dedup, leat_dedup, wire_dedup);
    else if (node->kind == LEAT_LOGICAL_SET_OP)
        WIRE_CONFIG(set, leat_set, wire_set);
    else if (node->kind == LEAT_LOGICAL_UNNEST)
        WIRE_CONFIG(unnest, leat_unnest, wire_unnest);
}

static void wire_node(wire *w, leat_logical_node *node)
{
    node->kind = wire_enum(w, node->kind, LEAT_LOGICAL_KIND_COUNT, "a node's kind is unknown");
    wire_bytes(w, &node->name);
    wire_bytes(w, &node->operator_id);
    wire_place(w, &node->place);
    wire_inputs(w, node);
    wire_outputs(w, node);
    wire_connector(w, node);
    wire_count(w, &node->expression_count, 1);
    if (!w->is_encode)
        node->expressions = LEAT_ARENA_ARRAY(w->arena, leat_bound *, node->expression_count);
    for (uint32_t i = 0; i < node->expression_count; i++)
        wire_bound(w, &node->expressions[i]);
    wire_aggregates(w, node);
    wire_relational(w, node);
}

void leat_plan_encode_node(const leat_logical_node *node, leat_buf *out)
{
    leat_arena arena = {0};
    wire w = {.is_encode = true, .out = out, .arena = &arena};
    leat_logical_node bare = *node;
    bare.name = bare.operator_id = LEAT_BYTES("");
    bare.place = bare.connector_place = (leat_place){0};
    bare.output_count = 0;
    wire_node(&w, &bare);
    leat_arena_fini(&arena);
}

static void wire_logical(wire *w, leat_logical_plan *plan)
{
    wire_bytes(w, &plan->name);
    wire_u32(w, &plan->parallelism);
    wire_u32(w, &plan->key_group_count);
    wire_i64(w, &plan->epoch_interval_us);
    wire_u32(w, &plan->replicas);
    wire_u32(w, &plan->min_replicas);
    wire_count(w, &plan->node_count, 100);
    if (!w->is_encode)
        plan->nodes = LEAT_ARENA_ARRAY(w->arena, leat_logical_node, plan->node_count);
    for (uint32_t i = 0; i < plan->node_count; i++)
        wire_node(w, &plan->nodes[i]);
}

static void wire_stages(wire *w, leat_physical_plan *plan)
{
    wire_count(w, &plan->stage_count, 17);
    if (!w->is_encode)
        plan->stages = LEAT_ARENA_ARRAY(w->arena, leat_physical_stage, plan->stage_count);
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        leat_physical_stage *stage = &plan->stages[i];
        wire_bool(w, &stage->is_source);
        wire_u32(w, &stage->operator_first);
        wire_u32(w, &stage->operator_count);
        wire_u32(w, &stage->edge_in_first);
        wire_u32(w, &stage->edge_in_count);
    }
}

static void wire_operators(wire *w, leat_physical_plan *plan)
{
    wire_count(w, &plan->operator_count, 23);
    if (!w->is_encode)
        plan->operators = LEAT_ARENA_ARRAY(w->arena, leat_physical_operator, plan->operator_count);
    for (uint32_t i = 0; i < plan->operator_count; i++) {
        leat_physical_operator *op = &plan->operators[i];
        op->kind =
            wire_enum(w, op->kind, LEAT_PHYSICAL_KIND_COUNT, "an operator's kind is unknown");
        wire_u32(w, &op->logical);
        wire_u32(w, &op->stage);
        wire_schema(w, &op->input);
        wire_schema(w, &op->right);
        wire_u32(w, &op->edge);
        wire_u16(w, &op->state);
        wire_u16(w, &op->state_count);
        wire_count(w, &op->feed_count, 12);
        if (!w->is_encode)
            op->feeds = LEAT_ARENA_ARRAY(w->arena, leat_physical_feed, op->feed_count);
        for (uint32_t j = 0; j < op->feed_count; j++) {
            wire_i32(w, &op->feeds[j].from);
            wire_u32(w, &op->feeds[j].output);
            wire_u32(w, &op->feeds[j].port);
        }
    }
}

static void wire_edges(wire *w, leat_physical_plan *plan)
{
    wire_count(w, &plan->edge_count, 17);
    if (!w->is_encode)
        plan->edges = LEAT_ARENA_ARRAY(w->arena, leat_physical_edge, plan->edge_count);
    for (uint32_t i = 0; i < plan->edge_count; i++) {
        leat_physical_edge *edge = &plan->edges[i];
        edge->kind = wire_enum(w, edge->kind, LEAT_EDGE_HASH + 1, "an edge's kind is unknown");
        wire_u32(w, &edge->from_stage);
        wire_u32(w, &edge->to_stage);
        wire_u32(w, &edge->port);
        wire_schema(w, &edge->schema);
        wire_keys(w, &edge->key_count, &edge->keys);
    }
}

static void wire_states(wire *w, leat_physical_plan *plan)
{
    wire_count(w, &plan->state_count, 16);
    if (!w->is_encode)
        plan->states = LEAT_ARENA_ARRAY(w->arena, leat_physical_state, plan->state_count);
    for (uint32_t i = 0; i < plan->state_count; i++) {
        wire_bytes(w, &plan->states[i].operator_id);
        wire_bytes(w, &plan->states[i].name);
        wire_schema(w, &plan->states[i].key);
        wire_schema(w, &plan->states[i].value);
    }
}

static void wire_plan(wire *w, leat_physical_plan *plan, leat_logical_plan *logical)
{
    uint32_t magic = WIRE_MAGIC;
    uint16_t version = WIRE_VERSION;
    wire_u32(w, &magic);
    wire_u16(w, &version);
    if (magic != WIRE_MAGIC || version != WIRE_VERSION)
        wire_fail(w, "it does not start as a plan of this version");
    wire_schemas(w);
    wire_logical(w, logical);
    wire_stages(w, plan);
    wire_operators(w, plan);
    wire_edges(w, plan);
    wire_states(w, plan);
}

void leat_plan_encode(const leat_physical_plan *plan, leat_buf *out)
{
    leat_arena arena = {0};
    wire w = {.is_encode = true, .out = out, .arena = &arena};
    leat_physical_plan physical = *plan;
    leat_logical_plan logical = *plan->logical;
    schemas_collect(&w, plan);
    wire_plan(&w, &physical, &logical);
    LEAT_ASSERT(w.code == LEAT_OK);
    leat_arena_fini(&arena);
}

leat_code leat_plan_decode(leat_bytes blob,
                           leat_arena *arena,
                           const leat_physical_plan **out_plan,
                           leat_error *err)
{
    wire w = {.in = leat_cursor_over(blob), .arena = arena, .err = err};
    leat_physical_plan *plan = LEAT_ARENA_NEW(arena, leat_physical_plan);
    leat_logical_plan *logical = LEAT_ARENA_NEW(arena, leat_logical_plan);
    plan->logical = logical;
    wire_plan(&w, plan, logical);
    if (w.in.is_short || w.in.at != w.in.end)
        wire_fail(&w, w.in.is_short ? "it ends early" : "it does not end where it should");
    LEAT_TRY(w.code);
    LEAT_TRY(leat_plan_check(plan, err));
    *out_plan = plan;
    return LEAT_OK;
}
