/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls with OVER. Those of one partition and order share a node; each becomes a column behind the
 * rows. Where a rank is bounded above, where.c makes a top-n of the node.
 */
#include "common/sql/stage.h"

typedef struct windowing {
    leat_sql_planner *p;
    leat_sql_stage *stage;
    const leat_sql_over *over; /* of the node being made */
} windowing;

/* --- WINDOW w AS (...). --- */

typedef struct naming {
    leat_sql_planner *p;
    const leat_sql_select *select;
} naming;

/* OVER w, or OVER (w ORDER BY ...): what w says, and what is said besides. */
static const leat_sql_over *named_over(const naming *n, const leat_sql_over *over)
{
    for (uint32_t i = 0; i < n->select->window_count; i++) {
        const leat_sql_over *base = n->select->windows[i].over;
        if (!leat_bytes_equal(n->select->windows[i].name.text, over->base.text))
            continue;
        if (over->partition.count == 0 && over->orders.count == 0 && !over->has_frame)
            return base->base.text.size > 0 ? named_over(n, base) : base;
        leat_sql_over *both = leat_arena_copy(n->p->arena, over, sizeof *over);
        both->base.text.size = 0;
        both->partition = base->partition;
        if (over->orders.count == 0)
            both->orders = base->orders;
        return both;
    }
    LEAT_SQL_REPORT(n->p, over->base.span, "there is no WINDOW %.*s", LEAT_FMT(over->base.text));
    return NULL;
}

static leat_expr *name_windows(void *self, leat_expr *expr)
{
    const naming *n = self;
    if (expr->over == NULL || expr->over->base.text.size == 0)
        return leat_sql_map_children(n->p, expr, name_windows, self);
    leat_expr copy = *expr;
    if ((copy.over = named_over(n, expr->over)) == NULL)
        return NULL;
    return leat_sql_map_children(n->p, &copy, name_windows, self);
}

leat_expr *
leat_sql_name_windows(leat_sql_planner *p, const leat_sql_select *select, const leat_expr *expr)
{
    naming n = {p, select};
    leat_expr root = *expr;
    return name_windows(&n, &root);
}

/* --- Calls. --- */

/* The first call with OVER inside `expr`, or NULL. */
static leat_expr *first_call(leat_expr *expr)
{
    if (expr->over != NULL)
        return expr;
    for (uint32_t i = 0; i < expr->argument_count; i++) {
        leat_expr *call = first_call(expr->arguments[i]);
        if (call != NULL)
            return call;
    }
    return NULL;
}

static leat_expr *replace(leat_expr *expr, const leat_expr *old, leat_expr *result)
{
    if (expr == old)
        return result;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        expr->arguments[i] = replace(expr->arguments[i], old, result);
    return expr;
}

static leat_expr *
result_of(leat_sql_planner *p, const leat_expr *call, const leat_over_call *made, uint32_t column)
{
    leat_expr *result = leat_sql_input(p, call, column);
    if (made->function != LEAT_OVER_AGGREGATE)
        return result;
    return leat_sql_dialect_aggregate(p, &made->aggregate, result);
}

typedef struct over_name {
    const char *name;
    leat_over_function function;
    uint32_t least; /* arguments */
    uint32_t most;
} over_name;

static const over_name OVER_NAMES[] = {
    {"row_number", LEAT_OVER_ROW_NUMBER, 0, 0},
    {"rank", LEAT_OVER_RANK, 0, 0},
    {"dense_rank", LEAT_OVER_DENSE_RANK, 0, 0},
    {"percent_rank", LEAT_OVER_PERCENT_RANK, 0, 0},
    {"cume_dist", LEAT_OVER_CUME_DIST, 0, 0},
    {"lag", LEAT_OVER_LAG, 1, 3},
    {"lead", LEAT_OVER_LEAD, 1, 3},
    {"first_value", LEAT_OVER_FIRST_VALUE, 1, 1},
    {"last_value", LEAT_OVER_LAST_VALUE, 1, 1},
    {"nth_value", LEAT_OVER_NTH_VALUE, 2, 2},
    {"ntile", LEAT_OVER_NTILE, 1, 1},
};

static const over_name *function_of(leat_bytes name)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(OVER_NAMES); i++)
        if (leat_bytes_equal(name, leat_bytes_text(OVER_NAMES[i].name)))
            return &OVER_NAMES[i];
    return NULL;
}

/* A frame's distance: whole rows, or in the unit of the only order column. */
static bool read_distance(windowing *w, const leat_expr *written, leat_value *out)
{
    if (written == NULL)
        return true;
    static const leat_field no_fields[1];
    const leat_schema empty = {.field_count = 0, .event_time = -1, .fields = no_fields};
    leat_expr cast = {.kind = LEAT_EXPR_CAST,
                      .offset = written->offset,
                      .length = written->length,
                      .type = LEAT_TYPE(BIGINT),
                      .argument_count = 1};
    leat_expr *argument = leat_sql_expr_copy(w->p, written);
    cast.arguments = &argument;
    if (w->over->unit == LEAT_FRAME_RANGE) {
        if (w->over->orders.count != 1) {
            LEAT_SQL_REPORT(w->p, w->over->span, "RANGE with a distance takes one ORDER BY");
            return false;
        }
        leat_bound *order = leat_sql_bind(w->p, leat_sql_schema(w->p, &w->stage->rows),
                                          w->over->orders.items[0].by);
        if (order == NULL)
            return false;
        cast.type = order->type.id == LEAT_TYPE_TIMESTAMP ? LEAT_TYPE(INTERVAL) : order->type;
    }
    leat_bound *bound = leat_sql_bind(w->p, &empty, &cast);
    if (bound == NULL)
        return false;
    *out = bound->value;
    if (bound->kind == LEAT_BOUND_CONSTANT && !bound->value.is_null)
        return true;
    LEAT_SQL_REPORT(w->p, leat_sql_span(written), "a frame's distance is a constant");
    return false;
}

static bool read_frame(windowing *w, leat_frame *frame)
{
    const leat_sql_over *over = w->over;
    *frame = (leat_frame){.unit = LEAT_FRAME_RANGE,
                          .start = LEAT_FRAME_UNBOUNDED_PRECEDING,
                          .end = over->orders.count > 0 ? LEAT_FRAME_CURRENT_ROW
                                                        : LEAT_FRAME_UNBOUNDED_FOLLOWING};
    if (!over->has_frame)
        return true;
    frame->unit = over->unit;
    frame->start = over->start;
    frame->end = over->end;
    frame->exclude = over->exclude;
    return read_distance(w, over->start_distance, &frame->start_distance) &&
           read_distance(w, over->end_distance, &frame->end_distance);
}

static bool read_aggregate(windowing *w, const leat_expr *call, leat_over_call *out)
{
    static const leat_field no_fields[1];
    const leat_schema *rows = leat_sql_schema(w->p, &w->stage->rows);
    const leat_schema empty = {.field_count = 0, .event_time = -1, .fields = no_fields};
    leat_bound_aggregates calls = {0};
    leat_binder binder = {.arena = w->p->arena,
                          .schema = rows,
                          .source = w->p->source,
                          .diagnostics = w->p->diagnostics};
    leat_expr *plain = leat_sql_expr_copy(w->p, call);
    plain->over = NULL;
    if (leat_bind_grouped(&binder, plain, &empty, 0, &calls) == NULL)
        return false;
    if (calls.items[0].is_distinct || calls.items[0].order_count > 0) {
        LEAT_SQL_REPORT(w->p, leat_sql_span(call), "%s has no %s of its own with OVER",
                        leat_aggregate_name(calls.items[0].kind),
                        calls.items[0].is_distinct ? "DISTINCT" : "order");
        return false;
    }
    out->function = LEAT_OVER_AGGREGATE;
    out->aggregate = calls.items[0];
    out->type = calls.items[0].type;
    return true;
}

/* lag(x, n, otherwise), nth_value(x, n), ntile(n): n is a constant. */
static bool read_arguments(windowing *w, const leat_expr *call, leat_over_call *out)
{
    const leat_schema *rows = leat_sql_schema(w->p, &w->stage->rows);
    uint64_t distance = 1;
    out->ignores_nulls = call->ignores_nulls;
    if (call->argument_count == 0) {
        bool is_real =
            out->function == LEAT_OVER_PERCENT_RANK || out->function == LEAT_OVER_CUME_DIST;
        out->type = is_real ? LEAT_TYPE(DOUBLE) : LEAT_TYPE(BIGINT);
        return true;
    }
    if ((out->argument = leat_sql_bind(w->p, rows, call->arguments[0])) == NULL)
        return false;
    out->type = out->function == LEAT_OVER_NTILE ? LEAT_TYPE(INT) : out->argument->type;
    if (call->argument_count > 1 && !leat_sql_count(w->p, call->arguments[1], &distance))
        return false;
    out->distance = (int64_t)distance;
    if (call->argument_count < 3)
        return true;
    leat_expr cast = {.kind = LEAT_EXPR_CAST,
                      .offset = call->offset,
                      .length = call->length,
                      .type = out->type,
                      .argument_count = 1,
                      .arguments = &call->arguments[2]};
    return (out->otherwise = leat_sql_bind(w->p, rows, &cast)) != NULL;
}

static bool read_call(windowing *w, const leat_expr *call, leat_over_call *out)
{
    *out = (leat_over_call){0};
    if (!read_frame(w, &out->frame))
        return false;
    const over_name *function = function_of(call->name);
    if (function == NULL && leat_aggregate_is_named(call->name))
        return read_aggregate(w, call, out);
    if (function == NULL || call->argument_count < function->least ||
        call->argument_count > function->most) {
        LEAT_SQL_REPORT(w->p, leat_sql_span(call), "there is no %.*s of %u arguments with OVER",
                        LEAT_FMT(call->name), call->argument_count);
        return false;
    }
    out->function = function->function;
    return read_arguments(w, call, out);
}

/* Event time ascending, nothing ahead is asked for, rows never change: then rows can wait for the
 * watermark and be said once. */
static bool is_by_watermark(windowing *w, const leat_logical_node *node, const leat_over_call *call)
{
    const leat_logical_output *rows = leat_sql_output(w->p, w->stage->rows.out);
    bool looks_ahead = call->function == LEAT_OVER_LEAD || call->function == LEAT_OVER_NTILE ||
                       call->function == LEAT_OVER_PERCENT_RANK ||
                       call->function == LEAT_OVER_CUME_DIST ||
                       call->frame.end > LEAT_FRAME_CURRENT_ROW;
    return !looks_ahead && rows->changes == LEAT_CHANGES_APPEND && node->order_count == 1 &&
           rows->schema->event_time >= 0 && !node->orders[0].is_descending &&
           node->orders[0].column == (uint16_t)rows->schema->event_time;
}

/* Partition and order as columns of the rows. */
static bool place_over(windowing *w, leat_logical_node *node)
{
    leat_sql_planner *p = w->p;
    leat_sql_relation *rows = &w->stage->rows;
    uint32_t keys = w->over->partition.count, orders = w->over->orders.count;
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, keys + orders);
    uint16_t *columns = LEAT_ARENA_ARRAY(p->arena, uint16_t, keys + orders);
    uint32_t count = 0;
    for (uint32_t i = 0; i < keys + orders; i++) {
        const leat_expr *expr =
            i < keys ? w->over->partition.items[i] : w->over->orders.items[i - keys].by;
        if ((bound[count] = leat_sql_bind(p, leat_sql_schema(p, rows), expr)) == NULL)
            return false;
        count++;
    }
    rows->out = leat_sql_with_columns(p, rows->out, bound, count, columns, w->over->span);
    node->key_count = keys;
    node->keys = columns;
    node->order_count = orders;
    node->orders = LEAT_ARENA_ARRAY(p->arena, leat_order, orders);
    for (uint32_t i = 0; i < orders; i++) {
        const leat_expr_order *order = &w->over->orders.items[i];
        node->orders[i] =
            (leat_order){columns[keys + i], order->is_descending,
                         order->has_nulls ? order->nulls_first : order->is_descending};
    }
    return true;
}

/* The rows behind which `calls` become columns, under the names of the functions. */
static void add_node(windowing *w,
                     leat_logical_node *node,
                     leat_expr *const *calls,
                     leat_over_call *made,
                     uint32_t count)
{
    leat_sql_planner *p = w->p;
    leat_sql_relation *rows = &w->stage->rows;
    const leat_schema *schema = leat_sql_schema(p, rows);
    uint32_t first = schema->field_count;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, first + count);
    memcpy(fields, schema->fields, first * sizeof *fields);
    for (uint32_t i = 0; i < count; i++)
        fields[first + i] =
            (leat_field){leat_arena_bytes(p->arena, calls[i]->name), made[i].type, true};
    leat_over *over = LEAT_ARENA_NEW(p->arena, leat_over);
    *over = (leat_over){.call_count = count, .calls = made, .is_by_watermark = true};
    for (uint32_t i = 0; i < count; i++)
        over->is_by_watermark &= is_by_watermark(w, node, &made[i]);
    node->over = over;
    leat_sql_set_inputs(p, node, &rows->out, 1);
    rows->out =
        leat_sql_add(p, node, leat_schema_new(p->arena, fields, first + count, schema->event_time));
    leat_sql_hide_rest(p, rows);
    for (uint32_t i = 0; i < w->stage->expr_count; i++)
        for (uint32_t c = 0; c < count && w->stage->exprs[i] != NULL; c++)
            w->stage->exprs[i] =
                replace(w->stage->exprs[i], calls[c], result_of(p, calls[c], &made[c], first + c));
}

/* Every call over the same partition and order, in the order they stand. */
static uint32_t
collect_calls(leat_expr *expr, const leat_sql_over *over, leat_expr **calls, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (calls[i] == expr)
            return count;
    if (expr->over != NULL && leat_sql_over_equal(expr->over, over) &&
        count < LEAT_SCHEMA_FIELDS_MAX)
        calls[count++] = expr;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        count = collect_calls(expr->arguments[i], over, calls, count);
    return count;
}

/* Calls of one partition and order share a node. */
static bool plan_calls(windowing *w, leat_expr *first)
{
    leat_sql_planner *p = w->p;
    leat_expr **calls = LEAT_ARENA_ARRAY(p->arena, leat_expr *, LEAT_SCHEMA_FIELDS_MAX);
    uint32_t count = 0;
    for (uint32_t i = 0; i < w->stage->expr_count; i++)
        if (w->stage->exprs[i] != NULL)
            count = collect_calls(w->stage->exprs[i], first->over, calls, count);
    leat_over_call *made = LEAT_ARENA_ARRAY(p->arena, leat_over_call, count);
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_OVER, "over", leat_sql_span(first));
    w->over = first->over;
    if (!place_over(w, &node))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        w->over = calls[i]->over;
        if (!read_call(w, calls[i], &made[i]))
            return false;
    }
    add_node(w, &node, calls, made, count);
    return true;
}

bool leat_sql_plan_over(leat_sql_planner *p, leat_sql_stage *stage)
{
    windowing w = {.p = p, .stage = stage};
    for (uint32_t i = 0; i < stage->expr_count; i++) {
        leat_expr *call;
        while (stage->exprs[i] != NULL && (call = first_call(stage->exprs[i])) != NULL)
            if (!plan_calls(&w, call))
                return false;
    }
    return true;
}
