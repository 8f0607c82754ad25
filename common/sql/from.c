/* SPDX-License-Identifier: Apache-2.0
 *
 * The items of FROM that stand by themselves: tables, subqueries, windows, functions, outer joins.
 */
#include "common/sql/correlate.h"

#include <strings.h>

#include "common/expr/function.h"

/* The names after AS t(a, b), and the alias as qualifier of all columns. */
bool leat_sql_rename_fields(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
{
    leat_bytes alias = from->alias.text;
    if (from->columns.count > out->field_count) {
        LEAT_SQL_REPORT(p, from->columns.items[out->field_count].span, "%u names for %u columns",
                        from->columns.count, out->field_count);
        return false;
    }
    if (alias.size == 0 && from->kind == LEAT_SQL_FROM_TABLE)
        alias = from->name.text;
    leat_sql_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, out->field_count);
    for (uint32_t i = 0; i < out->field_count; i++) {
        fields[i] = (leat_sql_field){alias, out->fields[i].name, false, false};
        if (i < from->columns.count)
            fields[i].name = from->columns.items[i].text;
    }
    out->fields = fields;
    return true;
}

static bool plan_table(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
{
    leat_sql_object *object = leat_sql_find(p, from->name.text);
    if (object == NULL) {
        leat_sql_unknown_table(p, from->name);
        return false;
    }
    if (!leat_sql_plan_source(p, object))
        return false;
    *out = object->relation;
    return true;
}

static bool same_name(leat_bytes a, leat_bytes b)
{
    return a.size == b.size && strncasecmp(a.data, b.data, a.size) == 0;
}

int32_t leat_sql_find_field(const leat_sql_relation *relation, leat_bytes name)
{
    for (uint32_t i = 0; i < relation->field_count; i++)
        if (same_name(relation->fields[i].name, name))
            return (int32_t)i;
    return -1;
}

/* Whether a column is PROCTIME(), by way of projections, filters and unions. */
static bool is_processing_time(const leat_sql_planner *p, leat_logical_input at, uint32_t column)
{
    for (;;) {
        const leat_logical_node *node = &p->nodes.items[at.node];
        if (node->kind == LEAT_LOGICAL_PROJECT) {
            const leat_bound *bound = node->expressions[column];
            if (bound->kind == LEAT_BOUND_CALL)
                return strcmp(leat_function_at(bound->function)->name, "proctime") == 0;
            if (bound->kind != LEAT_BOUND_COLUMN)
                return false;
            column = bound->column;
        } else if (node->kind != LEAT_LOGICAL_FILTER && node->kind != LEAT_LOGICAL_UNION) {
            return false;
        }
        at = node->inputs[0];
    }
}

static bool window_of(leat_sql_planner *p,
                      const leat_sql_window *ast,
                      const leat_sql_relation *rows,
                      leat_logical_node *node)
{
    leat_window *window = &node->window;
    window->kind = ast->kind;
    if (!leat_sql_interval(p, ast->size, &window->size_us) ||
        (ast->slide != NULL && !leat_sql_interval(p, ast->slide, &window->slide_us)) ||
        (ast->offset != NULL && !leat_sql_interval(p, ast->offset, &window->offset_us)))
        return false;
    if (window->size_us <= 0 || window->slide_us < 0 ||
        (ast->slide != NULL && window->slide_us == 0)) {
        LEAT_SQL_REPORT(p, leat_sql_span(ast->size), "a window must be longer than nothing");
        return false;
    }
    int64_t unit = ast->slide != NULL ? window->slide_us : window->size_us;
    window->offset_us = ((window->offset_us % unit) + unit) % unit;
    int32_t time = leat_sql_find_field(rows, ast->time.text);
    if (time < 0) {
        LEAT_SQL_REPORT(p, ast->time.span, "there is no column '%.*s'", LEAT_FMT(ast->time.text));
        return false;
    }
    const leat_logical_output *stream = leat_sql_output(p, rows->out);
    window->is_processing_time = is_processing_time(p, rows->out, (uint32_t)time);
    if (!window->is_processing_time && stream->schema->event_time != time) {
        window->is_by_column = true;
        window->start_column = (uint16_t)time;
        if (window->kind != LEAT_WINDOW_SESSION &&
            stream->schema->fields[time].type.id == LEAT_TYPE_TIMESTAMP)
            return true;
        LEAT_SQL_REPORT(
            p, ast->time.span,
            "'%.*s' is not the event time of these rows: give its table a WATERMARK FOR "
            "%.*s and pass the column on as it is, or take a column that is PROCTIME()",
            LEAT_FMT(ast->time.text), LEAT_FMT(ast->time.text));
        return false;
    }
    if (stream->time_is_window_end && !window->is_processing_time)
        window->time_lag_us = LEAT_LOGICAL_WINDOW_TIME_LAG_US;
    node->keys = LEAT_ARENA_ARRAY(p->arena, uint16_t, ast->partition.count);
    for (uint32_t i = 0; i < ast->partition.count; i++) {
        int32_t column = leat_sql_find_field(rows, ast->partition.items[i].text);
        if (column < 0) {
            LEAT_SQL_REPORT(p, ast->partition.items[i].span, "there is no column '%.*s'",
                            LEAT_FMT(ast->partition.items[i].text));
            return false;
        }
        node->keys[node->key_count++] = (uint16_t)column;
    }
    return true;
}

static bool plan_window(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
{
    static const char *const names[] = {"window_start", "window_end", "window_time"};
    leat_sql_relation rows;
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_WINDOW, "window", from->span);
    if (!leat_sql_plan_from(p, from->window->from, NULL, &rows) ||
        !window_of(p, from->window, &rows, &node))
        return false;
    const leat_schema *schema = leat_sql_schema(p, &rows);
    uint32_t count = schema->field_count;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, count + 3);
    out->fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, count + 3);
    for (uint32_t i = 0; i < count; i++) {
        fields[i] = schema->fields[i];
        out->fields[i] = rows.fields[i];
    }
    for (uint32_t i = 0; i < 3; i++) {
        leat_bytes name = leat_bytes_text(names[i]);
        fields[count + i] = (leat_field){name, LEAT_TYPE(TIMESTAMP), false};
        leat_bytes qualifier = count > 0 ? rows.fields[0].qualifier : LEAT_BYTES("");
        out->fields[count + i] = (leat_sql_field){qualifier, name, false, false};
    }
    leat_sql_set_inputs(p, &node, &rows.out, 1);
    /* By a column that carries no promise the window is a mere pair of columns. */
    bool is_plain = node.window.is_by_column;
    int32_t event_time = is_plain ? schema->event_time : (int32_t)count + 2;
    if (node.window.is_processing_time)
        event_time = -1;
    out->out = leat_sql_add(p, &node, leat_schema_new(p->arena, fields, count + 3, event_time));
    out->field_count = count + 3;
    out->window_start = is_plain ? -1 : (int32_t)count;
    out->window_end = is_plain ? -1 : (int32_t)count + 1;
    return true;
}

leat_join_timing leat_sql_join_timing(const leat_sql_from *from)
{
    const leat_expr *as_of = from->join->right->as_of;
    if (from->join->is_asof)
        return LEAT_JOIN_ASOF;
    if (as_of == NULL)
        return LEAT_JOIN_REGULAR;
    return leat_sql_is_call(as_of, "proctime") ? LEAT_JOIN_LOOKUP : LEAT_JOIN_TEMPORAL;
}

/* LEFT JOIN UNNEST(t.tags) ON TRUE, or [LEFT] JOIN LATERAL: the right side is made of the left. */
static bool is_made_of_left(const leat_sql_from *right)
{
    return right->kind == LEAT_SQL_FROM_FUNCTION ||
           (right->kind == LEAT_SQL_FROM_QUERY && right->is_lateral);
}

static bool is_true(const leat_expr *on)
{
    return on == NULL || (on->kind == LEAT_EXPR_LITERAL && !on->value.is_null &&
                          on->value.type.id == LEAT_TYPE_BOOLEAN && on->value.boolean);
}

static bool
plan_outer_series(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
{
    const leat_sql_from *right = from->join->right;
    leat_sql_relation elements;
    if (from->join->kind != LEAT_SQL_JOIN_LEFT || !is_true(from->join->on)) {
        LEAT_SQL_REPORT(p, from->span, "%.*s(...) is joined by CROSS JOIN or LEFT JOIN ... ON TRUE",
                        LEAT_FMT(right->name.text));
        return false;
    }
    if (!leat_sql_plan_from(p, from->join->left, NULL, out) ||
        !leat_sql_series_fields(p, right, &elements) ||
        !leat_sql_rename_fields(p, right, &elements))
        return false;
    leat_expr *call = leat_sql_resolve(p, out->fields, 0, out->field_count, right->call);
    uint32_t first = out->field_count;
    if (call == NULL || !leat_sql_plan_series(p, call, true, right->has_ordinality, out))
        return false;
    for (uint32_t i = 0; i < elements.field_count; i++)
        out->fields[first + i] = elements.fields[i];
    return true;
}

/* The right side of an outer join, and what ties it to the left one when it is LATERAL. */
static bool plan_right(leat_sql_planner *p,
                       const leat_sql_from *right,
                       leat_sql_join_args *args,
                       leat_sql_pool *both)
{
    if (!is_made_of_left(right))
        return leat_sql_plan_from(p, right, NULL, &args->right) &&
               leat_sql_pool_add(both, &args->right, args->span);
    if (!leat_sql_plan_lateral(p, right->query, &args->left, &args->right) ||
        !leat_sql_complete_lateral(p, right->query, &args->left, &args->right) ||
        !leat_sql_rename_fields(p, right, &args->right))
        return false;
    uint32_t shown = args->left.field_count + args->right.field_count;
    leat_sql_show_carried(p, &args->right);
    if (!leat_sql_pool_add(both, &args->right, args->span))
        return false;
    for (uint32_t i = 0; i < args->right.carried_count; i++)
        if (!leat_sql_pool_require(both, leat_sql_carried_condition(p, &args->right.carried[i],
                                                                    shown + i, args->span)))
            return false;
    return true;
}

/* FOR SYSTEM_TIME AS OF a column of the left: of its event time, or of a PROCTIME(). */
static bool read_as_of(leat_sql_planner *p, const leat_expr *as_of, leat_sql_join_args *args)
{
    const leat_sql_relation *left = &args->left;
    int32_t time = -1;
    for (uint32_t i = 0; i < left->field_count && as_of->kind == LEAT_EXPR_COLUMN; i++) {
        const leat_sql_field *field = &left->fields[i];
        bool is_meant = as_of->qualifier.size == 0 || same_name(as_of->qualifier, field->qualifier);
        if (is_meant && same_name(as_of->name, field->name))
            time = (int32_t)i;
    }
    if (time >= 0 && is_processing_time(p, left->out, (uint32_t)time)) {
        args->timing = LEAT_JOIN_LOOKUP;
        return true;
    }
    if (time >= 0 && leat_sql_schema(p, left)->event_time == time)
        return true;
    LEAT_SQL_REPORT(p, leat_sql_span(as_of),
                    "expected the event time of the left side, or a column of it that is "
                    "PROCTIME(), or PROCTIME() itself");
    return false;
}

/* FULL JOIN USING (k): k is the one that is there. Both copies hide behind it. */
static bool
merge_using(leat_sql_planner *p, uint32_t middle, leat_span span, leat_sql_relation *out)
{
    const leat_schema *schema = leat_sql_schema(p, out);
    uint32_t count = out->field_count, total = count;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, 2 * count);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, 2 * count);
    leat_sql_field *names = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, 2 * count);
    leat_expr like = {.offset = span.start, .length = span.end - span.start};
    for (uint32_t i = 0; i < count; i++) {
        names[i] = out->fields[i];
        fields[i] = schema->fields[i];
        bound[i] = leat_sql_bind(p, schema, leat_sql_input(p, &like, i));
    }
    for (uint32_t i = 0; i < middle; i++) {
        uint32_t right = middle;
        while (right < count && !(names[right].is_hidden && names[i].is_merged &&
                                  same_name(names[right].name, names[i].name)))
            right++;
        if (right == count)
            continue;
        leat_expr *sides[2] = {leat_sql_input(p, &like, i), leat_sql_input(p, &like, right)};
        leat_expr *either = leat_sql_input(p, &like, 0);
        either->kind = LEAT_EXPR_CALL;
        either->name = LEAT_BYTES("coalesce");
        either->argument_count = 2;
        either->arguments = leat_arena_copy(p->arena, sides, sizeof sides);
        if ((bound[total] = leat_sql_bind(p, schema, either)) == NULL)
            return false;
        fields[total] = (leat_field){names[i].name, bound[total]->type, true};
        names[total++] = (leat_sql_field){.name = names[i].name, .is_merged = true};
        names[i].is_hidden = true;
        names[i].is_merged = false;
    }
    out->out = leat_sql_project(p, out->out, fields, bound, total, span);
    out->fields = names;
    out->field_count = total;
    return true;
}

/* A join that is a relation of its own: its conditions decide about it alone. */
static bool plan_outer(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
{
    static const leat_join_kind kinds[] = {[LEAT_SQL_JOIN_INNER] = LEAT_JOIN_INNER,
                                           [LEAT_SQL_JOIN_LEFT] = LEAT_JOIN_LEFT,
                                           [LEAT_SQL_JOIN_RIGHT] = LEAT_JOIN_RIGHT,
                                           [LEAT_SQL_JOIN_FULL] = LEAT_JOIN_FULL,
                                           [LEAT_SQL_JOIN_CROSS] = LEAT_JOIN_INNER};
    leat_sql_join_args args = {
        .kind = kinds[from->join->kind], .timing = leat_sql_join_timing(from), .span = from->span};
    if (from->join->right->kind == LEAT_SQL_FROM_FUNCTION)
        return plan_outer_series(p, from, out);
    if (!leat_sql_plan_from(p, from->join->left, NULL, &args.left))
        return false;
    if (args.timing == LEAT_JOIN_TEMPORAL && !read_as_of(p, from->join->right->as_of, &args))
        return false;
    leat_sql_pool *both = leat_sql_pool_new(p);
    uint32_t middle = args.left.field_count;
    bool is_fine = leat_sql_pool_add(both, &args.left, from->span) &&
                   plan_right(p, from->join->right, &args, both);
    if (is_fine && (from->join->is_natural || from->join->using_.count > 0))
        is_fine = leat_sql_pool_using(both, from, 0, middle);
    else if (is_fine && from->join->on != NULL && !is_true(from->join->on))
        is_fine = leat_sql_pool_require(both, leat_sql_resolve(p, both->fields.items, 0,
                                                               (uint32_t)both->fields.count,
                                                               from->join->on));
    args.conditions = both->conditions;
    args.condition_count = both->condition_count;
    is_fine = is_fine && leat_sql_make_join(p, &args, out);
    for (uint32_t i = 0; i < out->field_count && is_fine; i++) {
        out->fields[i].is_hidden = both->fields.items[i].is_hidden;
        out->fields[i].is_merged = both->fields.items[i].is_merged;
    }
    leat_sql_pool_close(&both);
    return is_fine && (args.kind != LEAT_JOIN_FULL || merge_using(p, middle, from->span, out));
}

/* generate_series(1, 3) by itself: of one row without columns. */
static bool plan_function(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
{
    leat_sql_relation rows;
    if (!leat_sql_series_fields(p, from, out))
        return false;
    leat_sql_plan_one_row(p, from->span, &rows);
    leat_expr *call = leat_sql_resolve(p, NULL, 0, 0, from->call);
    if (call == NULL || !leat_sql_plan_series(p, call, false, from->has_ordinality, &rows))
        return false;
    out->out = rows.out;
    return leat_sql_rename_fields(p, from, out);
}

bool leat_sql_plan_relation(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
{
    *out = (leat_sql_relation){.window_start = -1, .window_end = -1};
    switch (from->kind) {
    case LEAT_SQL_FROM_TABLE:
        return plan_table(p, from, out) && leat_sql_rename_fields(p, from, out);
    case LEAT_SQL_FROM_QUERY:
    case LEAT_SQL_FROM_VALUES:
        return leat_sql_plan_query(p, from->query, out) && leat_sql_rename_fields(p, from, out);
    case LEAT_SQL_FROM_WINDOW:
        if (!plan_window(p, from, out))
            return false;
        return from->alias.text.size == 0 || leat_sql_rename_fields(p, from, out);
    case LEAT_SQL_FROM_JOIN:
        return plan_outer(p, from, out);
    case LEAT_SQL_FROM_FUNCTION:
        return plan_function(p, from, out);
    }
    LEAT_UNREACHABLE();
}

bool leat_sql_plan_from(leat_sql_planner *p,
                        const leat_sql_from *from,
                        leat_expr *where,
                        leat_sql_relation *out)
{
    leat_sql_pool *pool = leat_sql_pool_open(p, from);
    if (pool == NULL)
        return false;
    bool is_fine =
        where == NULL ||
        leat_sql_pool_require(
            pool, leat_sql_resolve(p, pool->fields.items, 0, (uint32_t)pool->fields.count, where));
    if (is_fine && pool->count == 1 && pool->condition_count == 0)
        *out = pool->relations[0];
    else
        is_fine = is_fine && leat_sql_pool_join(pool, from->span, out);
    leat_sql_pool_close(&pool);
    return is_fine;
}
