/* SPDX-License-Identifier: Apache-2.0
 *
 * Names to column numbers, and what is asked of expression trees on the way to being bound.
 */
#include "common/sql/planner.h"

#include <strings.h>

bool leat_sql_is_call(const leat_expr *expr, const char *name)
{
    return expr->kind == LEAT_EXPR_CALL && leat_bytes_equal(expr->name, leat_bytes_text(name));
}

bool leat_sql_is_aggregate(const leat_expr *expr)
{
    return expr->kind == LEAT_EXPR_CALL && expr->over == NULL &&
           leat_aggregate_is_named(expr->name);
}

leat_expr *leat_sql_expr_copy(leat_sql_planner *p, const leat_expr *expr)
{
    leat_expr *copy = leat_arena_copy(p->arena, expr, sizeof *expr);
    copy->arguments = LEAT_ARENA_ARRAY(p->arena, leat_expr *, expr->argument_count);
    for (uint32_t i = 0; i < expr->argument_count; i++)
        copy->arguments[i] = expr->arguments[i];
    if (expr->order_count > 0)
        copy->orders =
            leat_arena_copy(p->arena, expr->orders, expr->order_count * sizeof *expr->orders);
    return copy;
}

leat_expr *leat_sql_deep_copy(leat_sql_planner *p, const leat_expr *expr)
{
    leat_expr *copy = leat_sql_expr_copy(p, expr);
    for (uint32_t i = 0; i < copy->argument_count; i++)
        copy->arguments[i] = leat_sql_deep_copy(p, expr->arguments[i]);
    for (uint32_t i = 0; i < copy->order_count; i++)
        copy->orders[i].by = leat_sql_deep_copy(p, expr->orders[i].by);
    if (expr->filter != NULL)
        copy->filter = leat_sql_deep_copy(p, expr->filter);
    return copy;
}

leat_expr *leat_sql_input(leat_sql_planner *p, const leat_expr *like, uint32_t column)
{
    leat_expr *input = LEAT_ARENA_NEW(p->arena, leat_expr);
    input->kind = LEAT_EXPR_INPUT;
    input->offset = like->offset;
    input->length = like->length;
    input->column = column;
    return input;
}

static bool same_name(leat_bytes a, leat_bytes b)
{
    return a.size == b.size && (a.size == 0 || strncasecmp(a.data, b.data, a.size) == 0);
}

typedef struct resolver {
    leat_sql_planner *p;
    const leat_sql_field *fields;
    uint32_t first;
    uint32_t count;
    uint32_t outer_count; /* fields before `first` that are asked after these */
} resolver;

static void report_unknown(resolver *r, const leat_expr *expr)
{
    const char **names = LEAT_ARENA_ARRAY(r->p->arena, const char *, r->count);
    bool has_qualifier = false;
    for (uint32_t i = 0; i < r->count; i++) {
        names[i] = leat_arena_text(r->p->arena, r->fields[r->first + i].name);
        has_qualifier |= same_name(r->fields[r->first + i].qualifier, expr->qualifier);
    }
    leat_span span = leat_sql_span(expr);
    if (expr->qualifier.size > 0 && !has_qualifier) {
        LEAT_SQL_REPORT(r->p, span, "there is no table or alias '%.*s' here",
                        LEAT_FMT(expr->qualifier));
        return;
    }
    const char *near = leat_suggest(expr->name, names, r->count);
    LEAT_SQL_REPORT(r->p, span, "there is no column '%.*s'%s%s%s", LEAT_FMT(expr->name),
                    near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
                    near == NULL ? "" : "'?");
}

static bool names_outer(const leat_sql_relation *rows, const leat_expr *expr)
{
    for (uint32_t i = 0; i < rows->field_count; i++)
        if (same_name(rows->fields[i].name, expr->name) &&
            (expr->qualifier.size > 0 ? same_name(rows->fields[i].qualifier, expr->qualifier)
                                      : !rows->fields[i].is_hidden))
            return true;
    return false;
}

/* An exact match goes before one that only differs in case. */
static int64_t find_column(resolver *r, const leat_expr *expr)
{
    for (int pass = 0; pass < 2; pass++) {
        int64_t found = -1;
        for (uint32_t i = r->first; i < r->first + r->count; i++) {
            const leat_sql_field *field = &r->fields[i];
            bool matches = pass == 0 ? leat_bytes_equal(field->name, expr->name)
                                     : same_name(field->name, expr->name);
            if (!matches ||
                (expr->qualifier.size > 0 ? !same_name(field->qualifier, expr->qualifier)
                                          : field->is_hidden))
                continue;
            if (found >= 0) {
                LEAT_SQL_REPORT(r->p, leat_sql_span(expr),
                                "'%.*s' could be several columns, write table.%.*s",
                                LEAT_FMT(expr->name), LEAT_FMT(expr->name));
                return -2;
            }
            found = i;
        }
        if (found >= 0)
            return found;
    }
    if (r->outer_count > 0) {
        resolver outer = {r->p, r->fields, 0, r->outer_count, 0};
        return find_column(&outer, expr);
    }
    if (r->p->outer != NULL && names_outer(r->p->outer->rows, expr)) {
        const leat_sql_scope *scope = r->p->outer;
        resolver outer = {r->p, scope->rows->fields, 0, scope->rows->field_count, 0};
        r->p->outer = NULL;
        int64_t found = find_column(&outer, expr);
        r->p->outer = scope;
        if (found >= 0)
            scope->is_used[found] = true;
        return found < 0 ? found : LEAT_SQL_OUTER_FIRST + found;
    }
    report_unknown(r, expr);
    return -1;
}

/* a.b where no table is called a, but a column, once: its field b. NULL: it is not that. */
static leat_expr *find_field(resolver *r, const leat_expr *expr)
{
    uint32_t end = r->first + r->count, found = end;
    if (expr->qualifier.size == 0)
        return NULL;
    for (uint32_t i = r->outer_count > 0 ? 0 : r->first; i < end; i++) {
        const leat_sql_field *field = &r->fields[i];
        if (same_name(field->qualifier, expr->qualifier))
            return NULL;
        if (!same_name(field->name, expr->qualifier) || field->is_hidden)
            continue;
        if (found < end)
            return NULL;
        found = i;
    }
    if (found == end)
        return NULL;
    leat_expr *call = leat_sql_expr_copy(r->p, expr);
    leat_expr *name = leat_sql_expr_copy(r->p, expr);
    name->kind = LEAT_EXPR_LITERAL;
    name->value = (leat_value){.type = LEAT_TYPE(STRING), .text = expr->name};
    call->kind = LEAT_EXPR_CALL;
    call->name = LEAT_BYTES("field");
    call->argument_count = 2;
    call->arguments = LEAT_ARENA_ARRAY(r->p->arena, leat_expr *, 2);
    call->arguments[0] = leat_sql_input(r->p, expr, found);
    call->arguments[1] = name;
    return call;
}

/* Words that PostgreSQL has as bare calls. */
static bool is_bare_call(leat_bytes name)
{
    static const char *const words[] = {"current_timestamp", "localtimestamp", "current_date",
                                        "current_time", "localtime"};
    for (size_t i = 0; i < LEAT_COUNT_OF(words); i++)
        if (same_name(name, leat_bytes_text(words[i])))
            return true;
    return false;
}

leat_sql_over *
leat_sql_map_over(leat_sql_planner *p, const leat_sql_over *over, leat_sql_map *map, void *self)
{
    leat_sql_over *copy = leat_arena_copy(p->arena, over, sizeof *over);
    copy->partition.items = LEAT_ARENA_ARRAY(p->arena, leat_expr *, over->partition.count);
    copy->orders.items = leat_arena_copy(p->arena, over->orders.items,
                                         over->orders.count * sizeof *over->orders.items);
    bool is_fine = true;
    for (uint32_t i = 0; i < over->partition.count; i++)
        is_fine &= (copy->partition.items[i] = map(self, over->partition.items[i])) != NULL;
    for (uint32_t i = 0; i < over->orders.count; i++)
        is_fine &= (copy->orders.items[i].by = map(self, over->orders.items[i].by)) != NULL;
    return is_fine ? copy : NULL;
}

leat_expr *
leat_sql_map_children(leat_sql_planner *p, const leat_expr *expr, leat_sql_map *map, void *self)
{
    leat_expr *copy = leat_sql_expr_copy(p, expr);
    bool is_fine = true;
    for (uint32_t i = 0; i < copy->argument_count; i++)
        is_fine &= (copy->arguments[i] = map(self, expr->arguments[i])) != NULL;
    for (uint32_t i = 0; i < copy->order_count; i++)
        is_fine &= (copy->orders[i].by = map(self, expr->orders[i].by)) != NULL;
    if (expr->filter != NULL)
        is_fine &= (copy->filter = map(self, expr->filter)) != NULL;
    if (expr->over != NULL)
        is_fine &= (copy->over = leat_sql_map_over(p, expr->over, map, self)) != NULL;
    return is_fine ? copy : NULL;
}

static leat_expr *resolve(void *self, leat_expr *expr)
{
    resolver *r = self;
    if (expr->kind == LEAT_EXPR_COLUMN) {
        if (expr->qualifier.size == 0 && is_bare_call(expr->name)) {
            leat_expr *call = leat_sql_expr_copy(r->p, expr);
            call->kind = LEAT_EXPR_CALL;
            return call;
        }
        leat_expr *field = find_field(r, expr);
        if (field != NULL)
            return field;
        int64_t column = find_column(r, expr);
        return column < 0 ? NULL : leat_sql_input(r->p, expr, (uint32_t)column);
    }
    leat_expr *copy = leat_sql_map_children(r->p, expr, resolve, r);
    return copy == NULL ? NULL : leat_sql_dialect_call(r->p, copy);
}

leat_expr *leat_sql_resolve(leat_sql_planner *p,
                            const leat_sql_field *fields,
                            uint32_t first,
                            uint32_t count,
                            const leat_expr *expr)
{
    resolver r = {p, fields, first, count, 0};
    return resolve(&r, (leat_expr *)(uintptr_t)expr);
}

leat_expr *leat_sql_resolve_inner(leat_sql_planner *p,
                                  const leat_sql_field *fields,
                                  uint32_t inner,
                                  uint32_t count,
                                  const leat_expr *expr)
{
    resolver r = {p, fields, inner, count - inner, inner};
    return resolve(&r, (leat_expr *)(uintptr_t)expr);
}

static bool value_equal(const leat_value *a, const leat_value *b)
{
    leat_bound x = {.kind = LEAT_BOUND_CONSTANT, .type = a->type, .value = *a};
    leat_bound y = {.kind = LEAT_BOUND_CONSTANT, .type = b->type, .value = *b};
    return leat_bound_equal(&x, &y);
}

static bool orders_equal(const leat_expr_order *a, const leat_expr_order *b)
{
    return a->is_descending == b->is_descending && a->has_nulls == b->has_nulls &&
           a->nulls_first == b->nulls_first && leat_sql_expr_equal(a->by, b->by);
}

bool leat_sql_over_equal(const leat_sql_over *a, const leat_sql_over *b)
{
    if (a == NULL || b == NULL || a == b)
        return a == b;
    if (a->partition.count != b->partition.count || a->orders.count != b->orders.count)
        return false;
    for (uint32_t i = 0; i < a->partition.count; i++)
        if (!leat_sql_expr_equal(a->partition.items[i], b->partition.items[i]))
            return false;
    for (uint32_t i = 0; i < a->orders.count; i++)
        if (!orders_equal(&a->orders.items[i], &b->orders.items[i]))
            return false;
    return true;
}

bool leat_sql_expr_equal(const leat_expr *a, const leat_expr *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->kind != b->kind || a->argument_count != b->argument_count ||
        a->order_count != b->order_count || a->is_distinct != b->is_distinct ||
        a->over != b->over || a->query != b->query)
        return false;
    if (a->kind == LEAT_EXPR_LITERAL)
        return value_equal(&a->value, &b->value);
    if (a->kind == LEAT_EXPR_INPUT)
        return a->column == b->column;
    if (!leat_bytes_equal(a->name, b->name) || !leat_type_equal(a->type, b->type) ||
        !leat_sql_expr_equal(a->filter, b->filter))
        return false;
    for (uint32_t i = 0; i < a->argument_count; i++)
        if (!leat_sql_expr_equal(a->arguments[i], b->arguments[i]))
            return false;
    for (uint32_t i = 0; i < a->order_count; i++)
        if (!orders_equal(&a->orders[i], &b->orders[i]))
            return false;
    return true;
}

/* Whether the tree has a node that `is` says yes to; not below subqueries. */
static bool any(const leat_expr *expr, bool (*is)(const leat_expr *))
{
    if (is(expr))
        return true;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (any(expr->arguments[i], is))
            return true;
    for (uint32_t i = 0; i < expr->order_count; i++)
        if (any(expr->orders[i].by, is))
            return true;
    for (uint32_t i = 0; expr->over != NULL && i < expr->over->partition.count; i++)
        if (any(expr->over->partition.items[i], is))
            return true;
    for (uint32_t i = 0; expr->over != NULL && i < expr->over->orders.count; i++)
        if (any(expr->over->orders.items[i].by, is))
            return true;
    return expr->filter != NULL && any(expr->filter, is);
}

static bool is_over(const leat_expr *expr)
{
    return expr->over != NULL;
}

static bool is_subquery(const leat_expr *expr)
{
    return expr->kind == LEAT_EXPR_SUBQUERY;
}

bool leat_sql_has_aggregate(const leat_expr *expr)
{
    return any(expr, leat_sql_is_aggregate);
}

bool leat_sql_has_over(const leat_expr *expr)
{
    return any(expr, is_over);
}

bool leat_sql_has_subquery(const leat_expr *expr)
{
    return any(expr, is_subquery);
}

static void widen(const leat_expr *expr, uint32_t *low, uint32_t *high)
{
    if (expr->kind == LEAT_EXPR_INPUT) {
        *low = LEAT_MIN(*low, expr->column);
        *high = LEAT_MAX(*high, expr->column + 1);
    }
    for (uint32_t i = 0; i < expr->argument_count; i++)
        widen(expr->arguments[i], low, high);
    for (uint32_t i = 0; i < expr->order_count; i++)
        widen(expr->orders[i].by, low, high);
    if (expr->filter != NULL)
        widen(expr->filter, low, high);
}

bool leat_sql_inputs(const leat_expr *expr, uint32_t *out_low, uint32_t *out_high)
{
    uint32_t low = UINT32_MAX, high = 0;
    widen(expr, &low, &high);
    if (high == 0)
        return false;
    *out_low = low;
    *out_high = high - 1;
    return true;
}

void leat_sql_shift(leat_expr *expr, uint32_t by)
{
    if (expr->kind == LEAT_EXPR_INPUT)
        expr->column -= by;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        leat_sql_shift(expr->arguments[i], by);
    for (uint32_t i = 0; i < expr->order_count; i++)
        leat_sql_shift(expr->orders[i].by, by);
    if (expr->filter != NULL)
        leat_sql_shift(expr->filter, by);
}

static leat_binder binder_of(leat_sql_planner *p, const leat_schema *schema)
{
    return (leat_binder){
        .arena = p->arena, .schema = schema, .source = p->source, .diagnostics = p->diagnostics};
}

leat_bound *leat_sql_bind(leat_sql_planner *p, const leat_schema *schema, const leat_expr *expr)
{
    leat_binder binder = binder_of(p, schema);
    return leat_bind(&binder, expr);
}

leat_bound *
leat_sql_bind_condition(leat_sql_planner *p, const leat_schema *schema, const leat_expr *expr)
{
    leat_binder binder = binder_of(p, schema);
    return leat_bind_condition(&binder, expr);
}

void leat_sql_conjuncts(leat_expr *expr, leat_expr **items, uint32_t *count, uint32_t capacity)
{
    if (leat_sql_is_call(expr, "and") && *count + expr->argument_count <= capacity) {
        for (uint32_t i = 0; i < expr->argument_count; i++)
            leat_sql_conjuncts(expr->arguments[i], items, count, capacity);
        return;
    }
    items[(*count)++] = expr;
}

bool leat_sql_interval(leat_sql_planner *p, const leat_expr *expr, int64_t *out_us)
{
    static const leat_field no_fields[1];
    const leat_schema empty = {.field_count = 0, .event_time = -1, .fields = no_fields};
    leat_bound *bound = leat_sql_bind(p, &empty, expr);
    if (bound == NULL)
        return false;
    bool is_interval = bound->kind == LEAT_BOUND_CONSTANT && !bound->value.is_null &&
                       bound->type.id == LEAT_TYPE_INTERVAL;
    if (!is_interval || bound->value.interval.months != 0) {
        LEAT_SQL_REPORT(p, leat_sql_span(expr),
                        "expected an interval of days or less, like INTERVAL '10' SECOND");
        return false;
    }
    *out_us = bound->value.interval.micros + bound->value.interval.days * INT64_C(86400000000);
    return true;
}

bool leat_sql_count(leat_sql_planner *p, const leat_expr *expr, uint64_t *out_count)
{
    static const leat_field no_fields[1];
    const leat_schema empty = {.field_count = 0, .event_time = -1, .fields = no_fields};
    leat_bound *bound = leat_sql_bind(p, &empty, expr);
    if (bound == NULL)
        return false;
    bool is_count = bound->kind == LEAT_BOUND_CONSTANT && !bound->value.is_null &&
                    (bound->type.id == LEAT_TYPE_INT || bound->type.id == LEAT_TYPE_BIGINT) &&
                    bound->value.integer >= 0;
    if (!is_count) {
        LEAT_SQL_REPORT(p, leat_sql_span(expr), "expected a whole number that is not negative");
        return false;
    }
    *out_count = (uint64_t)bound->value.integer;
    return true;
}
