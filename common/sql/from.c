/* SPDX-License-Identifier: Apache-2.0
 *
 * FROM and WHERE together. Inner and cross joins in one another are one list of relations and one
 * pool of conditions, WHERE's included; every condition is used as soon as what it reads is there:
 * on one relation before it is joined, on a join, or above. Outer joins are relations of their own.
 */
#include "common/sql/join.h"

#include <strings.h>

#include "common/expr/function.h"

typedef struct pool {
    leat_sql_planner *p;
    uint32_t count; /* relations */
    leat_sql_relation relations[LEAT_SQL_INPUTS_MAX];
    uint32_t firsts[LEAT_SQL_INPUTS_MAX + 1]; /* column where each starts */
    LEAT_VEC(leat_sql_field) fields;
    uint32_t condition_count;
    leat_expr *conditions[LEAT_SQL_CONJUNCTS_MAX];
} pool;

static bool flatten(pool *all, const leat_sql_from *from);

static bool add_relation(pool *all, const leat_sql_relation *relation, leat_span span)
{
    if (all->count == LEAT_SQL_INPUTS_MAX) {
        LEAT_SQL_REPORT(all->p, span, "more than %d tables in one FROM", LEAT_SQL_INPUTS_MAX);
        return false;
    }
    all->relations[all->count++] = *relation;
    for (uint32_t i = 0; i < relation->field_count; i++)
        leat_vec_push(&all->fields, relation->fields[i]);
    all->firsts[all->count] = (uint32_t)all->fields.count;
    return true;
}

static bool add_conditions(pool *all, leat_expr *expr)
{
    if (expr == NULL)
        return false;
    leat_sql_conjuncts(expr, all->conditions, &all->condition_count, LEAT_SQL_CONJUNCTS_MAX - 1);
    if (all->condition_count < LEAT_SQL_CONJUNCTS_MAX - 1)
        return true;
    LEAT_SQL_REPORT(all->p, leat_sql_span(expr), "more than %d conditions",
                    LEAT_SQL_CONJUNCTS_MAX - 2);
    return false;
}

/* The names after AS t(a, b), and the alias as qualifier of all columns. */
static bool rename_fields(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
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
        fields[i] = (leat_sql_field){alias, out->fields[i].name, false};
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

static int32_t find_field(const leat_sql_relation *relation, leat_bytes name)
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
    int32_t time = find_field(rows, ast->time.text);
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
        int32_t column = find_field(rows, ast->partition.items[i].text);
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
        out->fields[count + i] = (leat_sql_field){qualifier, name, false};
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

static leat_expr *equality(leat_sql_planner *p, leat_span span, uint32_t a, uint32_t b)
{
    leat_expr at = {.offset = span.start, .length = span.end - span.start};
    leat_expr *equal = leat_sql_input(p, &at, 0);
    leat_expr *sides[2] = {leat_sql_input(p, &at, a), leat_sql_input(p, &at, b)};
    equal->kind = LEAT_EXPR_CALL;
    equal->name = LEAT_BYTES("=");
    equal->argument_count = 2;
    equal->arguments = leat_arena_copy(p->arena, sides, sizeof sides);
    return equal;
}

/* USING and NATURAL: equality of columns of one name; the right copy hides. The right relation's
 * fields start at `middle`. */
static bool using_conditions(pool *all, const leat_sql_from *from, uint32_t first, uint32_t middle)
{
    const leat_sql_join *join = from->join;
    leat_sql_relation left = {.field_count = middle - first, .fields = all->fields.items + first};
    leat_sql_relation right = {.field_count = (uint32_t)all->fields.count - middle,
                               .fields = all->fields.items + middle};
    for (uint32_t i = 0; i < right.field_count; i++) {
        bool is_named = join->is_natural;
        for (uint32_t n = 0; n < join->using_.count; n++)
            is_named |= leat_bytes_equal(join->using_.items[n].text, right.fields[i].name);
        int32_t at = is_named ? find_field(&left, right.fields[i].name) : -1;
        if (at < 0)
            continue;
        bool hides_left = join->kind == LEAT_SQL_JOIN_RIGHT;
        (hides_left ? &left.fields[at] : &right.fields[i])->is_hidden = true;
        leat_expr *equal = equality(all->p, from->span, first + (uint32_t)at, middle + i);
        if (!add_conditions(all, equal))
            return false;
    }
    for (uint32_t n = 0; n < join->using_.count; n++) {
        if (find_field(&left, join->using_.items[n].text) >= 0 &&
            find_field(&right, join->using_.items[n].text) >= 0)
            continue;
        LEAT_SQL_REPORT(all->p, join->using_.items[n].span, "'%.*s' is not a column of both sides",
                        LEAT_FMT(join->using_.items[n].text));
        return false;
    }
    return true;
}

static leat_join_timing timing_of(const leat_sql_from *from)
{
    const leat_expr *as_of = from->join->right->as_of;
    if (from->join->is_asof)
        return LEAT_JOIN_ASOF;
    if (as_of == NULL)
        return LEAT_JOIN_REGULAR;
    return leat_sql_is_call(as_of, "proctime") ? LEAT_JOIN_LOOKUP : LEAT_JOIN_TEMPORAL;
}

static bool is_pooled(const leat_sql_from *from)
{
    return from->kind == LEAT_SQL_FROM_JOIN &&
           (from->join->kind == LEAT_SQL_JOIN_INNER || from->join->kind == LEAT_SQL_JOIN_CROSS) &&
           timing_of(from) == LEAT_JOIN_REGULAR;
}

/* Both sides and what ON or USING says about them. */
static bool flatten_sides(pool *all, const leat_sql_from *from)
{
    const leat_sql_join *join = from->join;
    uint32_t first = (uint32_t)all->fields.count;
    if (!flatten(all, join->left))
        return false;
    uint32_t middle = (uint32_t)all->fields.count;
    if (!flatten(all, join->right))
        return false;
    if (join->is_natural || join->using_.count > 0)
        return using_conditions(all, from, first, middle);
    if (join->on == NULL)
        return true;
    uint32_t count = (uint32_t)all->fields.count - first;
    return add_conditions(all, leat_sql_resolve(all->p, all->fields.items, first, count, join->on));
}

static void pool_fini(pool *all)
{
    leat_vec_fini(&all->fields);
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

/* A join that is a relation of its own: its conditions decide about it alone. */
static bool plan_outer(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
{
    static const leat_join_kind kinds[] = {[LEAT_SQL_JOIN_INNER] = LEAT_JOIN_INNER,
                                           [LEAT_SQL_JOIN_LEFT] = LEAT_JOIN_LEFT,
                                           [LEAT_SQL_JOIN_RIGHT] = LEAT_JOIN_RIGHT,
                                           [LEAT_SQL_JOIN_FULL] = LEAT_JOIN_FULL,
                                           [LEAT_SQL_JOIN_CROSS] = LEAT_JOIN_INNER};
    leat_sql_join_args args = {
        .kind = kinds[from->join->kind], .timing = timing_of(from), .span = from->span};
    if (!leat_sql_plan_from(p, from->join->left, NULL, &args.left) ||
        !leat_sql_plan_from(p, from->join->right, NULL, &args.right))
        return false;
    if (args.timing == LEAT_JOIN_TEMPORAL && !read_as_of(p, from->join->right->as_of, &args))
        return false;
    pool *both = LEAT_ARENA_NEW(p->arena, pool);
    both->p = p;
    bool is_fine =
        add_relation(both, &args.left, from->span) && add_relation(both, &args.right, from->span);
    uint32_t middle = args.left.field_count;
    if (is_fine && (from->join->is_natural || from->join->using_.count > 0))
        is_fine = using_conditions(both, from, 0, middle);
    else if (is_fine && from->join->on != NULL)
        is_fine =
            add_conditions(both, leat_sql_resolve(p, both->fields.items, 0,
                                                  (uint32_t)both->fields.count, from->join->on));
    args.conditions = both->conditions;
    args.condition_count = both->condition_count;
    is_fine = is_fine && leat_sql_make_join(p, &args, out);
    for (uint32_t i = 0; i < out->field_count && is_fine; i++)
        out->fields[i].is_hidden = both->fields.items[i].is_hidden;
    pool_fini(both);
    return is_fine;
}

static bool plan_one(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
{
    *out = (leat_sql_relation){.window_start = -1, .window_end = -1};
    switch (from->kind) {
    case LEAT_SQL_FROM_TABLE:
        return plan_table(p, from, out) && rename_fields(p, from, out);
    case LEAT_SQL_FROM_QUERY:
    case LEAT_SQL_FROM_VALUES:
        return leat_sql_plan_query(p, from->query, out) && rename_fields(p, from, out);
    case LEAT_SQL_FROM_WINDOW:
        if (!plan_window(p, from, out))
            return false;
        return from->alias.text.size == 0 || rename_fields(p, from, out);
    case LEAT_SQL_FROM_JOIN:
        return plan_outer(p, from, out);
    case LEAT_SQL_FROM_FUNCTION:
        break;
    }
    LEAT_SQL_REPORT(p, from->span, "%.*s(...) may not stand in FROM yet",
                    LEAT_FMT(from->name.text));
    return false;
}

static bool flatten(pool *all, const leat_sql_from *from)
{
    if (is_pooled(from))
        return flatten_sides(all, from);
    leat_sql_relation relation;
    return plan_one(all->p, from, &relation) && add_relation(all, &relation, from->span);
}

/* The conditions that read only columns [first, end), and with them some of [new_first, end). */
static uint32_t
take_conditions(pool *all, uint32_t first, uint32_t new_first, uint32_t end, leat_expr **out_taken)
{
    uint32_t taken = 0, kept = 0;
    for (uint32_t i = 0; i < all->condition_count; i++) {
        leat_expr *one = all->conditions[i];
        uint32_t low, high;
        bool fits = leat_sql_inputs(one, &low, &high) && low >= first && high < end &&
                    high >= new_first && !leat_sql_has_subquery(one);
        if (fits)
            out_taken[taken++] = one;
        else
            all->conditions[kept++] = one;
    }
    all->condition_count = kept;
    return taken;
}

static bool filter_one(pool *all, uint32_t index)
{
    leat_expr *taken[LEAT_SQL_CONJUNCTS_MAX];
    uint32_t first = all->firsts[index];
    uint32_t count = take_conditions(all, first, first, all->firsts[index + 1], taken);
    for (uint32_t i = 0; i < count; i++) {
        taken[i] = leat_sql_deep_copy(all->p, taken[i]);
        leat_sql_shift(taken[i], first);
    }
    return leat_sql_plan_where(all->p, &all->relations[index], taken, count);
}

static bool join_all(pool *all, leat_span span, leat_sql_relation *out)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (!filter_one(all, i))
            return false;
    *out = all->relations[0];
    for (uint32_t i = 1; i < all->count; i++) {
        leat_expr *taken[LEAT_SQL_CONJUNCTS_MAX];
        leat_sql_join_args args = {
            .kind = LEAT_JOIN_INNER, .left = *out, .right = all->relations[i], .span = span};
        args.conditions = taken;
        args.condition_count = take_conditions(all, 0, all->firsts[i], all->firsts[i + 1], taken);
        if (!leat_sql_make_join(all->p, &args, out))
            return false;
    }
    for (uint32_t i = 0; i < out->field_count; i++)
        out->fields[i] = all->fields.items[i];
    return leat_sql_plan_where(all->p, out, all->conditions, all->condition_count);
}

bool leat_sql_plan_from(leat_sql_planner *p,
                        const leat_sql_from *from,
                        leat_expr *where,
                        leat_sql_relation *out)
{
    if (!is_pooled(from) && where == NULL)
        return plan_one(p, from, out);
    pool *all = LEAT_ARENA_NEW(p->arena, pool);
    all->p = p;
    bool is_fine = flatten(all, from);
    if (is_fine && where != NULL)
        is_fine = add_conditions(
            all, leat_sql_resolve(p, all->fields.items, 0, (uint32_t)all->fields.count, where));
    is_fine = is_fine && join_all(all, from->span, out);
    pool_fini(all);
    return is_fine;
}
