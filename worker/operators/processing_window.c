/* SPDX-License-Identifier: Apache-2.0
 *
 * processing_window - an aggregate over windows of processing time: the same aggregate as over
 * event time, with the time of the step in the place of both.
 *
 * Each row gets the time of the step that brings it as a further column, which is the event time
 * of a plan made here from the node; what has passed of processing time is its watermark. Time
 * that the state has seen is never taken back: after a restart on a machine whose clock is behind,
 * rows count for the windows that were open. So no row is ever late. At the end of input the open
 * windows fire.
 */
#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "worker/operators/operators.h"
#include "worker/operators/window_slices.h"
#include "worker/state/state.h"

enum {
    NODE_INPUT,
    NODE_AGGREGATE,
    NODE_COUNT,
    FIRE_LEAD_US = 1000,
    SESSION_STEP_US = 50 * 1000, /* a session closes at most this late */
};

typedef struct processing_window {
    leat_operator base;
    leat_arena arena;
    leat_operator *aggregate;
    const leat_window *window;
    const leat_schema *schema; /* the input and the time */
    leat_column *columns;
    int64_t *times;
    const leat_time *clock;
    leat_time now; /* what rows get: not before what the state has seen; LEAT_TIME_MIN: not set */
    leat_state *state;
    uint16_t state_id; /* of what remembers a watermark */
    bool is_session;
} processing_window;

static bool holds_rows(const processing_window *p)
{
    if (p->is_session)
        return leat_sorted_entry_count(leat_state_sorted_table(p->state, p->state_id)) > 0;
    return leat_table_row_count(leat_state_table(p->state, p->state_id)) > 0;
}

static leat_time watermark_max(const processing_window *p)
{
    if (p->is_session)
        return leat_sorted_watermark_max(leat_state_sorted_table(p->state, p->state_id));
    return leat_table_watermark_max(leat_state_table(p->state, p->state_id));
}

static void count_all(processing_window *p)
{
    p->base.counts = p->aggregate->counts;
}

static void set_now(processing_window *p, leat_time now)
{
    leat_time seen = watermark_max(p);
    if (seen != LEAT_TIME_MIN && seen != LEAT_TIME_MAX)
        now = LEAT_MAX(now, seen + FIRE_LEAD_US);
    p->now = LEAT_MAX(p->now, now);
}

static void processing_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    processing_window *p = (processing_window *)self;
    uint32_t count = rows->schema->field_count;
    if (p->now == LEAT_TIME_MIN) /* rows of a slot that started before ours; no pass yet */
        set_now(p, *p->clock);
    memcpy(p->columns, rows->columns, count * sizeof *p->columns);
    for (uint32_t i = 0; i < rows->row_count; i++)
        p->times[i] = p->now;
    leat_rows timed = *rows;
    timed.schema = p->schema;
    timed.columns = p->columns;
    p->aggregate->class->process(p->aggregate, &timed, out);
    count_all(p);
}

static leat_time next_pass(const processing_window *p)
{
    if (!holds_rows(p))
        return LEAT_TIME_MAX;
    if (p->is_session)
        return p->now + LEAT_MIN(LEAT_MAX(p->window->size_us / 8, 1), (int64_t)SESSION_STEP_US);
    return leat_window_first_end(p->window, p->now);
}

static leat_time processing_pass(leat_operator *self, leat_time now, leat_emitter *out)
{
    processing_window *p = (processing_window *)self;
    set_now(p, now);
    p->aggregate->class->watermark(p->aggregate, p->now - FIRE_LEAD_US, out);
    count_all(p);
    return next_pass(p);
}

/* Event time means nothing here, but its end is the end of the rows. */
static void processing_watermark(leat_operator *self, leat_time watermark, leat_emitter *out)
{
    processing_window *p = (processing_window *)self;
    if (watermark != LEAT_TIME_MAX)
        return;
    p->aggregate->class->watermark(p->aggregate, watermark, out);
    count_all(p);
}

static void processing_close(leat_operator *self)
{
    processing_window *p = (processing_window *)self;
    leat_operator_close(&p->aggregate);
    leat_arena_fini(&p->arena);
    leat_free(p);
}

static const leat_operator_class processing_class = {
    .name = "processing_window",
    .process = processing_process,
    .watermark = processing_watermark,
    .pass = processing_pass,
    .close = processing_close,
};

static const leat_schema *with_time(const leat_schema *input, leat_arena *arena)
{
    uint32_t count = input->field_count;
    leat_field *fields = LEAT_ARENA_ARRAY(arena, leat_field, count + 1);
    memcpy(fields, input->fields, count * sizeof *fields);
    fields[count] = (leat_field){LEAT_BYTES("$processing_time"), LEAT_TYPE(TIMESTAMP), false};
    return leat_schema_new(arena, fields, count + 1, (int32_t)count);
}

/* The aggregate over rows that have a time, as the only operator of a plan. */
static const leat_physical_plan *
make_plan(processing_window *p, const leat_operator_args *args, leat_arena *arena)
{
    const leat_physical_operator *op = leat_args_operator(args);
    leat_logical_output *output = LEAT_ARENA_NEW(arena, leat_logical_output);
    output->schema = p->schema;
    output->is_updating = leat_args_retracts(args, 0);
    leat_logical_plan *logical = LEAT_ARENA_NEW(arena, leat_logical_plan);
    logical->node_count = NODE_COUNT;
    logical->nodes = LEAT_ARENA_ARRAY(arena, leat_logical_node, NODE_COUNT);
    logical->nodes[NODE_INPUT].outputs = output;
    leat_logical_node *aggregate = &logical->nodes[NODE_AGGREGATE];
    *aggregate = *leat_args_node(args);
    aggregate->inputs = LEAT_ARENA_NEW(arena, leat_logical_input);
    aggregate->window.is_processing_time = false;
    aggregate->window.time_lag_us = 0;
    p->window = &aggregate->window;
    leat_physical_plan *plan = LEAT_ARENA_NEW(arena, leat_physical_plan);
    plan->logical = logical;
    plan->operator_count = 1;
    plan->operators = leat_arena_copy(arena, op, sizeof *op);
    plan->operators[0].logical = NODE_AGGREGATE;
    plan->operators[0].input = p->schema;
    return plan;
}

leat_operator *leat_processing_window_open(const leat_operator_args *args)
{
    const leat_physical_operator *op = leat_args_operator(args);
    processing_window *p = LEAT_NEW(processing_window);
    p->base.class = &processing_class;
    p->schema = with_time(op->input, &p->arena);
    p->columns = LEAT_ARENA_ARRAY(&p->arena, leat_column, p->schema->field_count);
    p->times = LEAT_ARENA_ARRAY(&p->arena, int64_t, args->row_capacity);
    p->columns[op->input->field_count] =
        (leat_column){.type = LEAT_TYPE(TIMESTAMP), .layout = LEAT_LAYOUT_I64, .values = p->times};
    p->state = args->state;
    p->is_session = leat_args_node(args)->window.kind == LEAT_WINDOW_SESSION;
    p->state_id = (uint16_t)(p->is_session ? op->state + op->state_count - 1 : op->state);
    LEAT_ASSERT(args->now != NULL);
    p->clock = args->now;
    p->now = LEAT_TIME_MIN;
    leat_operator_args inner = *args;
    inner.plan = make_plan(p, args, &p->arena);
    inner.operator_index = 0;
    p->aggregate = leat_window_aggregate_open(&inner);
    return &p->base;
}
