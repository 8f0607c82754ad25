/* SPDX-License-Identifier: Apache-2.0
 *
 * Subqueries that name columns of the outer query. They are planned for all outer rows at once:
 * their rows carry the values that they are for, and are joined with the outer rows by them.
 *
 * What an outer column is inside: where WHERE says inner = outer, it is that inner value, and the
 * condition becomes the join's. Else the values that there are, each once, are one more relation:
 *
 *     WHERE l_partkey = p_partkey   p_partkey is l_partkey, rows carry l_partkey
 *     WHERE l_date < p_date         ... JOIN (SELECT DISTINCT p_date FROM outer) ON l_date < p_date
 *
 * Carried columns are keys of every GROUP BY, partitions of OVER and LIMIT, and part of DISTINCT.
 */
#include "common/sql/correlate.h"

typedef struct correlating {
    leat_sql_planner *p;
    leat_sql_correlation *out;
} correlating;

static bool is_outer(const leat_expr *expr)
{
    return expr->kind == LEAT_EXPR_INPUT && expr->column >= LEAT_SQL_OUTER_FIRST;
}

static bool reads_outer(const leat_expr *expr)
{
    uint32_t low, high;
    return leat_sql_inputs(expr, &low, &high) && high >= LEAT_SQL_OUTER_FIRST;
}

/* Outer columns become what they are inside; windows of OVER are per outer row. */
static leat_expr *replace(void *self, leat_expr *expr)
{
    correlating *c = self;
    for (uint32_t i = 0; i < c->out->count && is_outer(expr); i++)
        if (expr->column == LEAT_SQL_OUTER_FIRST + c->out->columns[i].outer)
            return c->out->exprs[i];
    leat_expr *copy = leat_sql_map_children(c->p, expr, replace, c);
    if (copy->over == NULL)
        return copy;
    leat_sql_over *over = leat_arena_copy(c->p->arena, copy->over, sizeof *over);
    uint32_t keys = over->partition.count;
    over->partition.items = LEAT_ARENA_ARRAY(c->p->arena, leat_expr *, keys + c->out->count);
    for (uint32_t i = 0; i < keys; i++)
        over->partition.items[i] = copy->over->partition.items[i];
    for (uint32_t i = 0; i < c->out->count; i++)
        over->partition.items[over->partition.count++] = c->out->exprs[i];
    copy->over = over;
    return copy;
}

/* The inner value that a condition says the outer column equals, or NULL; the condition's index. */
static leat_expr *equal_value(const leat_sql_pool *pool, uint32_t outer, uint32_t *out_condition)
{
    for (uint32_t i = 0; i < pool->condition_count; i++) {
        const leat_expr *one = pool->conditions[i];
        if (!leat_sql_is_call(one, "=") || leat_sql_has_subquery(one))
            continue;
        for (uint32_t side = 0; side < 2; side++) {
            const leat_expr *asked = one->arguments[side];
            leat_expr *value = one->arguments[!side];
            *out_condition = i;
            if (is_outer(asked) && asked->column == LEAT_SQL_OUTER_FIRST + outer &&
                !reads_outer(value))
                return value;
        }
    }
    return NULL;
}

/* False: some outer column has no inner value. */
static bool find_values(leat_sql_pool *pool, leat_sql_correlation *out)
{
    bool is_taken[LEAT_SQL_CONJUNCTS_MAX] = {false};
    for (uint32_t i = 0; i < out->count; i++) {
        uint32_t condition;
        if ((out->exprs[i] = equal_value(pool, out->columns[i].outer, &condition)) == NULL)
            return false;
        is_taken[condition] = true;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < pool->condition_count; i++)
        if (!is_taken[i])
            pool->conditions[kept++] = pool->conditions[i];
    pool->condition_count = kept;
    return true;
}

/* The values of columns of the outer rows, each combination once, under their names. */
static leat_sql_relation values_of(leat_sql_planner *p,
                                   const leat_sql_relation *outer,
                                   const leat_sql_carried *columns,
                                   uint32_t count,
                                   leat_span span)
{
    const leat_schema *schema = leat_sql_schema(p, outer);
    leat_sql_relation values = {.window_start = -1, .window_end = -1, .field_count = count};
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, count);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, count);
    leat_expr like = {.offset = span.start, .length = span.end - span.start};
    values.fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, count);
    for (uint32_t i = 0; i < count; i++) {
        bound[i] = leat_sql_bind(p, schema, leat_sql_input(p, &like, columns[i].outer));
        fields[i] = schema->fields[columns[i].outer];
        values.fields[i] = outer->fields[columns[i].outer];
    }
    values.out = leat_sql_project(p, outer->out, fields, bound, count, span);
    leat_sql_plan_distinct(p, &values, span);
    return values;
}

/* The values of the outer columns as a relation of the pool. */
static bool add_values(leat_sql_pool *pool,
                       const leat_sql_scope *scope,
                       leat_span span,
                       leat_sql_correlation *out)
{
    leat_sql_planner *p = pool->p;
    leat_sql_relation values = values_of(p, scope->rows, out->columns, out->count, span);
    leat_expr like = {.offset = span.start, .length = span.end - span.start};
    for (uint32_t i = 0; i < out->count; i++) {
        values.fields[i] = (leat_sql_field){LEAT_BYTES(""), LEAT_BYTES("$outer"), true, false};
        out->exprs[i] = leat_sql_input(p, &like, (uint32_t)pool->fields.count + i);
        out->columns[i].matches_null = true;
    }
    return leat_sql_pool_add(pool, &values, span);
}

bool leat_sql_correlate(leat_sql_pool *pool,
                        const leat_sql_scope *scope,
                        leat_span span,
                        leat_expr **exprs,
                        uint32_t expr_count,
                        leat_sql_correlation *out)
{
    leat_sql_planner *p = pool->p;
    uint32_t most = scope->rows->field_count;
    *out = (leat_sql_correlation){.columns = LEAT_ARENA_ARRAY(p->arena, leat_sql_carried, most),
                                  .exprs = LEAT_ARENA_ARRAY(p->arena, leat_expr *, most)};
    for (uint32_t i = 0; i < most; i++)
        if (scope->is_used[i])
            out->columns[out->count++].outer = i;
    if (out->count == 0)
        return true;
    if (!find_values(pool, out) && !add_values(pool, scope, span, out))
        return false;
    correlating c = {p, out};
    for (uint32_t i = 0; i < pool->condition_count; i++)
        pool->conditions[i] = replace(&c, pool->conditions[i]);
    for (uint32_t i = 0; i < expr_count; i++)
        exprs[i] = exprs[i] == NULL ? NULL : replace(&c, exprs[i]);
    return true;
}

/* --- LATERAL over aggregates of everything. --- */

typedef struct completing {
    leat_sql_planner *p;
    const leat_sql_select *select;
    leat_sql_relation values; /* of the outer columns */
    leat_sql_relation *rows;
    leat_span span;
} completing;

/* Every outer value beside the row it has, if any, and a column that says there is one. */
static bool join_values(completing *c, uint32_t *out_marker)
{
    leat_sql_planner *p = c->p;
    leat_sql_relation *rows = c->rows;
    uint32_t first = c->values.field_count + rows->field_count;
    leat_sql_join_args args = {.kind = LEAT_JOIN_LEFT, .left = c->values, .span = c->span};
    args.conditions = LEAT_ARENA_ARRAY(p->arena, leat_expr *, rows->carried_count);
    for (uint32_t i = 0; i < rows->carried_count; i++) {
        leat_sql_carried here = {i, rows->carried[i].matches_null};
        args.conditions[args.condition_count++] =
            leat_sql_carried_condition(p, &here, first + i, c->span);
    }
    leat_sql_show_carried(p, rows);
    leat_expr like = {.offset = c->span.start};
    leat_sql_add_marker(p, rows, &like);
    args.right = *rows;
    if (!leat_sql_make_join(p, &args, rows))
        return false;
    *out_marker = rows->field_count - 1;
    return true;
}

/* Item `i` of the row, or what it is over nothing. */
static leat_bound *complete_item(completing *c, uint32_t i, uint32_t marker)
{
    leat_sql_planner *p = c->p;
    leat_expr *written = c->select->items[i].expr;
    leat_expr *nothing = leat_sql_resolve(p, c->values.fields, 0, c->values.field_count,
                                          leat_sql_over_nothing(p, written));
    if (nothing == NULL)
        return NULL;
    leat_expr *is_there = leat_sql_input(p, written, 0), *choice = leat_sql_input(p, written, 0);
    leat_expr *there = leat_sql_input(p, written, marker);
    leat_expr *arms[] = {is_there, leat_sql_input(p, written, c->values.field_count + i), nothing};
    is_there->kind = LEAT_EXPR_CALL;
    is_there->name = LEAT_BYTES("is_not_null");
    is_there->argument_count = 1;
    is_there->arguments = leat_arena_copy(p->arena, &there, sizeof there);
    choice->kind = LEAT_EXPR_CASE;
    choice->argument_count = LEAT_COUNT_OF(arms);
    choice->arguments = leat_arena_copy(p->arena, arms, sizeof arms);
    return leat_sql_bind(p, leat_sql_schema(p, c->rows), choice);
}

bool leat_sql_complete_lateral(leat_sql_planner *p,
                               const leat_sql_query *query,
                               const leat_sql_relation *outer,
                               leat_sql_relation *rows)
{
    uint32_t carried = rows->carried_count, items = rows->field_count, marker;
    if (carried == 0 || !leat_sql_is_lone_aggregate(query))
        return true;
    leat_sql_relation before = *rows;
    completing c = {.p = p, .select = query->body->select, .rows = rows, .span = query->body->span};
    c.values = values_of(p, outer, rows->carried, carried, c.span);
    const leat_schema *named = leat_sql_schema(p, rows);
    if (items != c.select->item_count || !join_values(&c, &marker))
        return false;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, items + carried);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, items + carried);
    const leat_schema *schema = leat_sql_schema(p, rows);
    leat_expr like = {.offset = c.span.start};
    for (uint32_t i = 0; i < items; i++)
        if ((bound[i] = complete_item(&c, i, marker)) == NULL)
            return false;
        else
            fields[i] = (leat_field){named->fields[i].name, bound[i]->type, true};
    for (uint32_t i = 0; i < carried; i++) {
        bound[items + i] = leat_sql_bind(p, schema, leat_sql_input(p, &like, i));
        fields[items + i] = schema->fields[i];
        before.carried[i].matches_null = true;
    }
    before.out = leat_sql_project(p, rows->out, fields, bound, items + carried, c.span);
    *rows = before;
    return true;
}

static void add_hidden(leat_sql_planner *p, leat_sql_relation *rows, uint32_t count)
{
    leat_sql_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, rows->field_count + count);
    for (uint32_t i = 0; i < rows->field_count + count; i++)
        fields[i] = i < rows->field_count
                        ? rows->fields[i]
                        : (leat_sql_field){LEAT_BYTES(""), LEAT_BYTES("$hidden"), true, false};
    rows->fields = fields;
    rows->field_count += count;
}

leat_expr *
leat_sql_replace_outer(leat_sql_planner *p, leat_sql_correlation *correlation, leat_expr *expr)
{
    correlating c = {p, correlation};
    return replace(&c, expr);
}

void leat_sql_show_carried(leat_sql_planner *p, leat_sql_relation *rows)
{
    add_hidden(p, rows, rows->carried_count);
}

void leat_sql_hide_rest(leat_sql_planner *p, leat_sql_relation *rows)
{
    add_hidden(p, rows, leat_sql_schema(p, rows)->field_count - rows->field_count);
}

leat_expr *leat_sql_carried_condition(leat_sql_planner *p,
                                      const leat_sql_carried *carried,
                                      uint32_t column,
                                      leat_span span)
{
    leat_expr *same = leat_sql_equality(p, span, carried->outer, column);
    if (carried->matches_null)
        same->name = LEAT_BYTES("is_not_distinct");
    return same;
}
