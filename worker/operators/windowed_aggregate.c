/* SPDX-License-Identifier: Apache-2.0
 *
 * windowed_aggregate - an aggregate behind a window operator, as one operator: for windows whose
 * rows cannot be folded before the window is known (sessions), or whose slices cannot be folded
 * together (DISTINCT over hopping windows).
 *
 * The window operator puts window_start and window_end beside each row; the aggregate groups by
 * what rows carry. Both come from a plan of their own, made here from the node.
 */
#include "common/base/alloc.h"
#include "worker/operators/operators.h"

enum { NODE_INPUT, NODE_WINDOW, NODE_AGGREGATE, NODE_COUNT };

typedef struct windowed_aggregate {
    leat_operator base;
    leat_emitter between; /* of the window operator */
    leat_arena arena;
    leat_emitter *out; /* of the call at hand */
    leat_operator *window;
    leat_operator *aggregate;
} windowed_aggregate;

static windowed_aggregate *of_emitter(leat_emitter *emitter)
{
    return (windowed_aggregate *)(void *)((char *)emitter - offsetof(windowed_aggregate, between));
}

static void between_emit(leat_emitter *self, uint32_t output, const leat_rows *rows)
{
    (void)output;
    windowed_aggregate *w = of_emitter(self);
    w->aggregate->class->process(w->aggregate, rows, w->out);
}

static void between_fail(leat_emitter *self, const leat_rows *rows, const leat_eval_errors *errors)
{
    windowed_aggregate *w = of_emitter(self);
    w->out->fail_rows(w->out, rows, errors);
}

static void count_all(windowed_aggregate *w)
{
    w->base.counts.rows_in = w->window->counts.rows_in;
    w->base.counts.rows_out = w->aggregate->counts.rows_out;
    w->base.counts.rows_late = w->window->counts.rows_late + w->aggregate->counts.rows_late;
    w->base.counts.rows_failed = w->window->counts.rows_failed + w->aggregate->counts.rows_failed;
}

static void windowed_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    windowed_aggregate *w = (windowed_aggregate *)self;
    w->out = out;
    w->window->class->process(w->window, rows, &w->between);
    count_all(w);
}

/* What the window puts out now is not late: the aggregate hears of the watermark after it. */
static void windowed_watermark(leat_operator *self, leat_time watermark, leat_emitter *out)
{
    windowed_aggregate *w = (windowed_aggregate *)self;
    w->out = out;
    if (w->window->class->watermark != NULL)
        w->window->class->watermark(w->window, watermark, &w->between);
    w->aggregate->class->watermark(w->aggregate, watermark, out);
    count_all(w);
}

static void windowed_close(leat_operator *self)
{
    windowed_aggregate *w = (windowed_aggregate *)self;
    leat_operator_close(&w->window);
    leat_operator_close(&w->aggregate);
    leat_arena_fini(&w->arena);
    leat_free(w);
}

static const leat_operator_class windowed_class = {
    .name = "windowed_aggregate",
    .process = windowed_process,
    .watermark = windowed_watermark,
    .close = windowed_close,
};

/* The input and the window's three columns. */
static const leat_schema *with_window(const leat_schema *input, leat_arena *arena)
{
    static const char *const names[] = {"window_start", "window_end", "window_time"};
    uint32_t count = input->field_count;
    leat_field *fields = LEAT_ARENA_ARRAY(arena, leat_field, count + LEAT_COUNT_OF(names));
    memcpy(fields, input->fields, count * sizeof *fields);
    for (uint32_t i = 0; i < LEAT_COUNT_OF(names); i++)
        fields[count + i] = (leat_field){leat_bytes_text(names[i]), LEAT_TYPE(TIMESTAMP), false};
    return leat_schema_new(arena, fields, count + (uint32_t)LEAT_COUNT_OF(names), -1);
}

static leat_logical_output *
output_of(leat_arena *arena, const leat_schema *schema, bool is_updating)
{
    leat_logical_output *output = LEAT_ARENA_NEW(arena, leat_logical_output);
    output->schema = schema;
    output->is_updating = is_updating;
    return output;
}

/* Input, window and aggregate as a plan, of which operators 0 and 1 are the last two. */
static const leat_physical_plan *make_plan(const leat_operator_args *args, leat_arena *arena)
{
    const leat_logical_node *node = leat_args_node(args);
    const leat_physical_operator *op = leat_args_operator(args);
    const leat_schema *windowed = with_window(op->input, arena);
    bool is_updating = leat_args_retracts(args, 0);
    leat_logical_input *inputs = LEAT_ARENA_ARRAY(arena, leat_logical_input, 2);
    inputs[1].node = NODE_WINDOW;
    leat_logical_plan *logical = LEAT_ARENA_NEW(arena, leat_logical_plan);
    logical->nodes = LEAT_ARENA_ARRAY(arena, leat_logical_node, NODE_COUNT);
    logical->node_count = NODE_COUNT;
    logical->nodes[NODE_INPUT].outputs = output_of(arena, op->input, is_updating);
    leat_logical_node *window = &logical->nodes[NODE_WINDOW];
    *window = (leat_logical_node){.kind = LEAT_LOGICAL_WINDOW,
                                  .inputs = &inputs[0],
                                  .outputs = output_of(arena, windowed, is_updating),
                                  .key_count = node->key_count,
                                  .keys = node->keys,
                                  .window = node->window};
    leat_logical_node *aggregate = &logical->nodes[NODE_AGGREGATE];
    *aggregate = *node;
    aggregate->inputs = &inputs[1];
    aggregate->window = (leat_window){.kind = LEAT_WINDOW_CARRIED,
                                      .start_column = (uint16_t)op->input->field_count,
                                      .end_column = (uint16_t)(op->input->field_count + 1)};
    leat_physical_plan *plan = LEAT_ARENA_NEW(arena, leat_physical_plan);
    plan->logical = logical;
    plan->operator_count = 2;
    plan->operators = LEAT_ARENA_ARRAY(arena, leat_physical_operator, 2);
    plan->operators[0] = (leat_physical_operator){
        .kind = LEAT_PHYSICAL_WINDOW,
        .logical = NODE_WINDOW,
        .input = op->input,
        .state = (uint16_t)(op->state + op->state_count - 1), /* sessions stand last */
    };
    plan->operators[1] = *op;
    plan->operators[1].logical = NODE_AGGREGATE;
    plan->operators[1].input = windowed;
    return plan;
}

leat_operator *leat_windowed_aggregate_open(const leat_operator_args *args)
{
    windowed_aggregate *w = LEAT_NEW(windowed_aggregate);
    w->base.class = &windowed_class;
    w->between = (leat_emitter){between_emit, between_fail};
    leat_operator_args inner = *args;
    inner.plan = make_plan(args, &w->arena);
    inner.operator_index = 0;
    w->window = leat_operator_open(&inner);
    inner.operator_index = 1;
    w->aggregate = leat_operator_open(&inner);
    return &w->base;
}
