/* SPDX-License-Identifier: Apache-2.0
 *
 * A SELECT in SQL's order: FROM and WHERE, GROUP BY and HAVING, OVER and QUALIFY, the items,
 * DISTINCT, ORDER BY with LIMIT. Names are resolved first, over the columns that FROM will have, so
 * that it is known which columns of an outer query are read before anything is joined.
 */
#include "common/sql/correlate.h"
#include "common/sql/stage.h"

#include <strings.h>

/* --- Items and orders. --- */

typedef struct selecting {
    leat_sql_planner *p;
    const leat_sql_query *query; /* whose ORDER BY and LIMIT are the SELECT's, or NULL */
    const leat_sql_select *select;
    leat_sql_stage stage;   /* items, then orders, having, qualify, DISTINCT ON, what is carried */
    leat_sql_group *groups; /* resolved; the last is what is carried */
    leat_sql_correlation carried;
    uint32_t item_count;
    leat_bytes *names;
    uint32_t order_first;
    uint32_t order_count;
    uint32_t having;
    uint32_t qualify;
    uint32_t distinct_first; /* DISTINCT ON */
    uint32_t carried_first;
} selecting;

static bool same_name(leat_bytes a, leat_bytes b)
{
    return a.size == b.size && (a.size == 0 || strncasecmp(a.data, b.data, a.size) == 0);
}

/* As in PostgreSQL: a column's name, a function's name, what is cast, else "?column?". */
static leat_bytes item_name(const leat_sql_item *item)
{
    const leat_expr *expr = item->expr;
    if (item->alias.size > 0)
        return item->alias;
    while (expr->kind == LEAT_EXPR_CAST)
        expr = expr->arguments[0];
    bool has_name = expr->kind == LEAT_EXPR_COLUMN || expr->kind == LEAT_EXPR_CALL;
    bool is_word = has_name && expr->name.size > 0 &&
                   (expr->kind == LEAT_EXPR_COLUMN || expr->name.data[0] >= 'a');
    if (expr->kind == LEAT_EXPR_CASE)
        return LEAT_BYTES("case");
    return is_word ? expr->name : LEAT_BYTES("?column?");
}

static void add_item(selecting *s, leat_expr *expr, leat_bytes name)
{
    s->names[s->item_count] = name;
    s->stage.exprs[s->item_count++] = expr;
}

static bool add_star(selecting *s, const leat_expr *star)
{
    const leat_sql_relation *rows = &s->stage.rows;
    uint32_t before = s->item_count;
    bool is_plain = star->qualifier.size == 0;
    for (uint32_t n = 0; n < 2 * rows->field_count; n++) { /* USING columns, then the others */
        uint32_t i = n % rows->field_count;
        const leat_sql_field *field = &rows->fields[i];
        bool is_turn = (n < rows->field_count) == (is_plain && field->is_merged);
        bool is_wanted = is_turn && (is_plain ? !field->is_hidden
                                              : same_name(field->qualifier, star->qualifier));
        if (is_wanted && s->item_count < LEAT_SCHEMA_FIELDS_MAX)
            add_item(s, leat_sql_input(s->p, star, i), field->name);
    }
    if (s->item_count > before)
        return true;
    LEAT_SQL_REPORT(s->p, leat_sql_span(star), "there is no table or alias '%.*s' here",
                    LEAT_FMT(star->qualifier));
    return false;
}

static leat_expr *resolve(selecting *s, const leat_expr *written)
{
    const leat_expr *expr = leat_sql_name_windows(s->p, s->select, written);
    return expr == NULL
               ? NULL
               : leat_sql_resolve(s->p, s->stage.rows.fields, 0, s->stage.rows.field_count, expr);
}

static bool read_items(selecting *s)
{
    bool is_fine = true;
    for (uint32_t i = 0; i < s->select->item_count; i++) {
        const leat_sql_item *item = &s->select->items[i];
        if (item->expr->kind == LEAT_EXPR_STAR) {
            is_fine &= add_star(s, item->expr);
            continue;
        }
        leat_expr *expr = resolve(s, item->expr);
        is_fine &= expr != NULL;
        if (expr != NULL && s->item_count < LEAT_SCHEMA_FIELDS_MAX)
            add_item(s, expr, item_name(item));
    }
    return is_fine;
}

/* 1 is the first item; a name is an item's before it is a column's. */
static leat_expr *resolve_output(selecting *s, const leat_expr *expr, bool aliases_win)
{
    if (expr->kind == LEAT_EXPR_LITERAL && expr->value.type.id == LEAT_TYPE_INT) {
        if (expr->value.integer >= 1 && expr->value.integer <= s->item_count)
            return s->stage.exprs[expr->value.integer - 1];
        LEAT_SQL_REPORT(s->p, leat_sql_span(expr), "there is no item %lld in the select list",
                        (long long)expr->value.integer);
        return NULL;
    }
    bool is_name = expr->kind == LEAT_EXPR_COLUMN && expr->qualifier.size == 0;
    bool is_column = false;
    for (uint32_t i = 0; i < s->stage.rows.field_count && is_name; i++)
        is_column |= same_name(s->stage.rows.fields[i].name, expr->name);
    for (uint32_t i = 0; i < s->item_count && is_name && (aliases_win || !is_column); i++)
        if (same_name(s->names[i], expr->name))
            return s->stage.exprs[i];
    return resolve(s, expr);
}

static bool read_orders(selecting *s)
{
    s->order_first = s->item_count;
    s->order_count = s->query == NULL ? 0 : s->query->orders.count;
    bool is_fine = true;
    for (uint32_t i = 0; i < s->order_count; i++) {
        leat_expr *by = resolve_output(s, s->query->orders.items[i].by, true);
        s->stage.exprs[s->order_first + i] = by;
        is_fine &= by != NULL;
    }
    s->having = s->order_first + s->order_count;
    s->qualify = s->having + 1;
    s->distinct_first = s->qualify + 1;
    s->stage.expr_count = s->distinct_first + s->select->distinct_on.count;
    for (uint32_t i = 0; i < s->select->distinct_on.count; i++)
        is_fine &= (s->stage.exprs[s->distinct_first + i] =
                        resolve_output(s, s->select->distinct_on.items[i], true)) != NULL;
    if (s->select->having != NULL)
        is_fine &= (s->stage.exprs[s->having] = resolve(s, s->select->having)) != NULL;
    if (s->select->qualify != NULL)
        is_fine &=
            (s->stage.exprs[s->qualify] = resolve_output(s, s->select->qualify, true)) != NULL;
    return is_fine;
}

/* --- Grouping. --- */

static bool is_grouped(const selecting *s)
{
    if (s->select->has_group || s->select->having != NULL)
        return true;
    for (uint32_t i = 0; i < s->stage.expr_count; i++)
        if (s->stage.exprs[i] != NULL && leat_sql_has_aggregate(s->stage.exprs[i]))
            return true;
    return false;
}

/* A set's keys, resolved. */
static bool resolve_set(selecting *s, leat_sql_exprs *set)
{
    leat_sql_exprs written = *set;
    set->items = LEAT_ARENA_ARRAY(s->p->arena, leat_expr *, set->count);
    for (uint32_t i = 0; i < set->count; i++)
        if ((set->items[i] = resolve_output(s, written.items[i], false)) == NULL)
            return false;
    return true;
}

static bool read_groups(selecting *s)
{
    const leat_sql_select *select = s->select;
    s->groups = LEAT_ARENA_ARRAY(s->p->arena, leat_sql_group, select->group_count + 1);
    for (uint32_t i = 0; i < select->group_count; i++) {
        leat_sql_group *group = &s->groups[i];
        *group = select->groups[i];
        group->sets =
            leat_arena_copy(s->p->arena, group->sets, group->set_count * sizeof *group->sets);
        for (uint32_t k = 0; k < group->set_count; k++)
            if (!resolve_set(s, &group->sets[k]))
                return false;
    }
    return true;
}

/* Keys that return rows do so before there are groups. */
static bool expand_keys(selecting *s)
{
    uint32_t most = s->stage.expr_count, count = s->stage.expr_count;
    bool is_needed = false;
    for (uint32_t i = 0; i < s->select->group_count; i++)
        for (uint32_t k = 0; k < s->groups[i].set_count; k++)
            for (uint32_t n = 0; n < s->groups[i].sets[k].count; n++, most++)
                is_needed |= leat_sql_has_series(s->groups[i].sets[k].items[n]);
    if (!is_needed)
        return true;
    leat_expr **all = LEAT_ARENA_ARRAY(s->p->arena, leat_expr *, most);
    memcpy(all, s->stage.exprs, count * sizeof(leat_expr *));
    for (uint32_t i = 0; i < s->select->group_count; i++)
        for (uint32_t k = 0; k < s->groups[i].set_count; k++) {
            leat_sql_exprs *set = &s->groups[i].sets[k];
            memcpy(all + count, set->items, set->count * sizeof(leat_expr *));
            set->items = all + count;
            count += set->count;
        }
    s->stage.exprs = all;
    return leat_sql_plan_project_set(s->p, &s->stage.rows, all, count);
}

static bool plan_groups(selecting *s)
{
    uint32_t count = s->select->group_count;
    leat_sql_exprs carried = {s->carried.count, s->carried.exprs};
    leat_sql_group last = {
        .kind = LEAT_SQL_GROUP_PLAIN, .span = s->select->span, .set_count = 1, .sets = &carried};
    s->groups[count++] = last;
    leat_sql_exprs *sets;
    uint32_t set_count;
    return expand_keys(s) && leat_sql_grouping_sets(s->p, s->groups, count, &sets, &set_count) &&
           leat_sql_plan_group(s->p, s->select, sets, set_count, &s->stage);
}

static bool filter_by(selecting *s, uint32_t index)
{
    leat_expr *condition = s->stage.exprs[index];
    leat_expr **items = LEAT_ARENA_ARRAY(s->p->arena, leat_expr *, LEAT_SQL_CONJUNCTS_MAX);
    uint32_t count = 0;
    if (condition == NULL)
        return true;
    leat_sql_conjuncts(condition, items, &count, LEAT_SQL_CONJUNCTS_MAX);
    return leat_sql_plan_where(s->p, &s->stage.rows, items, count);
}

/* --- The items as columns. --- */

/* Two columns of one name would be one key in JSON: the second gets a number. */
static leat_bytes unique_name(leat_sql_planner *p, const leat_field *fields, uint32_t count)
{
    leat_bytes name = fields[count].name;
    for (uint32_t tries = 2; tries < LEAT_SCHEMA_FIELDS_MAX; tries++) {
        bool is_taken = false;
        for (uint32_t i = 0; i < count; i++)
            is_taken |= leat_bytes_equal(fields[i].name, name);
        if (!is_taken)
            break;
        name = leat_bytes_text(
            leat_arena_print(p->arena, "%.*s_%u", LEAT_FMT(fields[count].name), tries));
    }
    return name;
}

/* The expression of number `index` behind the items, as a column: of an item, or a further one. */
static bool place_hidden(selecting *s,
                         uint32_t index,
                         leat_field *fields,
                         leat_bound **bound,
                         uint32_t *count,
                         uint16_t *out_column)
{
    leat_bound *by =
        leat_sql_bind(s->p, leat_sql_schema(s->p, &s->stage.rows), s->stage.exprs[index]);
    uint32_t at = 0;
    if (by == NULL)
        return false;
    while (at < *count && !leat_bound_equal(bound[at], by))
        at++;
    *out_column = (uint16_t)at;
    if (at < *count)
        return true;
    leat_bytes name = leat_bytes_text(leat_arena_print(s->p->arena, "$hidden%u", at));
    fields[at] = (leat_field){name, by->type, by->is_nullable};
    bound[(*count)++] = by;
    return true;
}

/* The items, and behind them the orders and keys of DISTINCT ON that are none of them. */
static bool project_items(selecting *s, uint16_t *order_columns, uint16_t *distinct_columns)
{
    leat_sql_planner *p = s->p;
    const leat_schema *schema = leat_sql_schema(p, &s->stage.rows);
    uint32_t keys = s->select->distinct_on.count, carried = s->carried.count;
    uint32_t most = s->item_count + carried + s->order_count + keys, count = s->item_count;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, most);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, most);
    bool is_fine = true;
    for (uint32_t i = 0; i < s->item_count; i++) {
        if ((bound[i] = leat_sql_bind(p, schema, s->stage.exprs[i])) == NULL) {
            is_fine = false;
            continue;
        }
        fields[i] = (leat_field){s->names[i], bound[i]->type, bound[i]->is_nullable};
        fields[i].name = leat_arena_bytes(p->arena, unique_name(p, fields, i));
    }
    for (uint32_t i = 0; i < carried && is_fine; i++) {
        bound[count] = leat_sql_bind(p, schema, s->stage.exprs[s->carried_first + i]);
        if (bound[count] == NULL)
            return false;
        leat_bytes name = leat_bytes_text(leat_arena_print(p->arena, "$outer%u", i));
        fields[count] = (leat_field){name, bound[count]->type, bound[count]->is_nullable};
        count++;
    }
    for (uint32_t i = 0; i < s->order_count && is_fine; i++)
        is_fine = place_hidden(s, s->order_first + i, fields, bound, &count, &order_columns[i]);
    for (uint32_t i = 0; i < keys && is_fine; i++)
        is_fine =
            place_hidden(s, s->distinct_first + i, fields, bound, &count, &distinct_columns[i]);
    if (!is_fine)
        return false;
    leat_sql_relation *rows = &s->stage.rows;
    int32_t start = -1, end = -1;
    for (uint32_t i = 0; i < s->item_count; i++) {
        if (bound[i]->kind != LEAT_BOUND_COLUMN)
            continue;
        start = (int32_t)bound[i]->column == rows->window_start && start < 0 ? (int32_t)i : start;
        end = (int32_t)bound[i]->column == rows->window_end && end < 0 ? (int32_t)i : end;
    }
    rows->out = leat_sql_project(p, rows->out, fields, bound, count, s->select->span);
    rows->order_count = 0;
    rows->carried_count = carried;
    rows->carried = s->carried.columns;
    rows->window_start = start;
    rows->window_end = end;
    rows->field_count = s->item_count;
    rows->fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, s->item_count);
    for (uint32_t i = 0; i < s->item_count; i++)
        rows->fields[i] = (leat_sql_field){LEAT_BYTES(""), fields[i].name, false, false};
    return true;
}

/* --- What stands above rows of any kind. --- */

void leat_sql_plan_distinct(leat_sql_planner *p, leat_sql_relation *rows, leat_span span)
{
    const leat_schema *schema = leat_sql_schema(p, rows);
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_DISTINCT, "distinct", span);
    leat_sql_set_inputs(p, &node, &rows->out, 1);
    node.key_count = schema->field_count;
    node.keys = LEAT_ARENA_ARRAY(p->arena, uint16_t, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++)
        node.keys[i] = (uint16_t)i;
    rows->out = leat_sql_add(p, &node, schema);
}

static leat_order *
orders_of(leat_sql_planner *p, const leat_sql_query *query, const uint16_t *columns)
{
    leat_order *orders = LEAT_ARENA_ARRAY(p->arena, leat_order, query->orders.count);
    for (uint32_t i = 0; i < query->orders.count; i++) {
        const leat_expr_order *order = &query->orders.items[i];
        orders[i] = (leat_order){columns[i], order->is_descending,
                                 order->has_nulls ? order->nulls_first : order->is_descending};
    }
    return orders;
}

/* Of the rows with equal keys the first in the query's order. */
static void plan_distinct_on(selecting *s, const uint16_t *order_columns, const uint16_t *keys)
{
    leat_sql_planner *p = s->p;
    leat_sql_relation *rows = &s->stage.rows;
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_TOP_N, "distinct", s->select->span);
    leat_top *top = LEAT_ARENA_NEW(p->arena, leat_top);
    *top = (leat_top){.limit = 1, .window_end = -1};
    leat_sql_set_inputs(p, &node, &rows->out, 1);
    node.top = top;
    node.key_count = s->select->distinct_on.count;
    node.keys = LEAT_ARENA_ARRAY(p->arena, uint16_t, node.key_count + rows->carried_count);
    memcpy(node.keys, keys, node.key_count * sizeof *keys);
    for (uint32_t i = 0; i < rows->carried_count; i++)
        node.keys[node.key_count++] = (uint16_t)(rows->field_count + i);
    node.order_count = s->order_count;
    node.orders = s->order_count == 0 ? NULL : orders_of(p, s->query, order_columns);
    rows->out = leat_sql_add(p, &node, leat_sql_schema(p, rows));
}

/* The first `count` columns. */
static void cut(leat_sql_planner *p, leat_sql_relation *rows, uint32_t count, leat_span span)
{
    const leat_schema *schema = leat_sql_schema(p, rows);
    if (schema->field_count == count)
        return;
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, count);
    for (uint32_t i = 0; i < count; i++) {
        leat_expr input = {.kind = LEAT_EXPR_INPUT, .column = i};
        bound[i] = leat_sql_bind(p, schema, &input);
    }
    rows->out = leat_sql_project(p, rows->out, schema->fields, bound, count, span);
}

/* LIMIT makes a top-n. ORDER BY by itself, and also with it, says how a final result is shown,
 * which is the sink's business. Columns behind the relation's fields only served the order. */
bool leat_sql_plan_limit(leat_sql_planner *p,
                         const leat_sql_query *query,
                         const uint16_t *columns,
                         leat_sql_relation *rows)
{
    uint32_t count = rows->field_count + rows->carried_count;
    if (query->limit != NULL || query->offset != NULL) {
        leat_top *top = LEAT_ARENA_NEW(p->arena, leat_top);
        *top = (leat_top){.limit = UINT64_MAX, .window_end = -1};
        if (query->has_ties)
            top->kind = LEAT_RANK_RANK;
        if ((query->limit != NULL && !leat_sql_count(p, query->limit, &top->limit)) ||
            (query->offset != NULL && !leat_sql_count(p, query->offset, &top->offset)))
            return false;
        leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_TOP_N, "limit", query->span);
        leat_sql_set_inputs(p, &node, &rows->out, 1);
        node.top = top;
        node.keys = LEAT_ARENA_ARRAY(p->arena, uint16_t, rows->carried_count);
        for (uint32_t i = 0; i < rows->carried_count; i++)
            node.keys[node.key_count++] = (uint16_t)(rows->field_count + i);
        node.order_count = query->orders.count;
        node.orders = orders_of(p, query, columns);
        rows->out = leat_sql_add(p, &node, leat_sql_schema(p, rows));
    }
    rows->orders = orders_of(p, query, columns);
    rows->order_count = 0;
    while (rows->order_count < query->orders.count &&
           columns[rows->order_count] < rows->field_count)
        rows->order_count++;
    cut(p, rows, count, query->span);
    return true;
}

/* What the columns of the outer query are inside; the rows carry them. */
static bool correlate(selecting *s, leat_sql_pool *pool)
{
    leat_sql_planner *p = s->p;
    if (p->outer == NULL)
        return true;
    if (!leat_sql_correlate(pool, p->outer, s->select->span, s->stage.exprs, s->stage.expr_count,
                            &s->carried))
        return false;
    for (uint32_t i = 0; i < s->select->group_count; i++)
        for (uint32_t k = 0; k < s->groups[i].set_count; k++) {
            leat_sql_exprs *set = &s->groups[i].sets[k];
            for (uint32_t n = 0; n < set->count; n++)
                set->items[n] = leat_sql_replace_outer(p, &s->carried, set->items[n]);
        }
    for (uint32_t i = 0; i < s->carried.count; i++)
        s->stage.exprs[s->stage.expr_count++] = s->carried.exprs[i];
    return true;
}

/* Names to columns, of FROM and of the outer query. */
static bool read_select(selecting *s, leat_sql_pool *pool)
{
    leat_sql_planner *p = s->p;
    const leat_sql_select *select = s->select;
    uint32_t orders = s->query == NULL ? 0 : s->query->orders.count;
    uint32_t most = LEAT_SCHEMA_FIELDS_MAX + orders + 2 + select->distinct_on.count;
    if (p->outer != NULL)
        most += p->outer->rows->field_count;
    s->names = LEAT_ARENA_ARRAY(p->arena, leat_bytes, LEAT_SCHEMA_FIELDS_MAX);
    s->stage.exprs = LEAT_ARENA_ARRAY(p->arena, leat_expr *, most);
    s->stage.rows.field_count = (uint32_t)pool->fields.count;
    s->stage.rows.fields = leat_arena_copy(p->arena, pool->fields.items,
                                           pool->fields.count * sizeof *pool->fields.items);
    if (select->where != NULL && !leat_sql_pool_require(pool, resolve(s, select->where)))
        return false;
    if (!read_items(s) || !read_orders(s) || !read_groups(s))
        return false;
    s->carried_first = s->stage.expr_count;
    return correlate(s, pool);
}

/* FROM and WHERE. */
static bool plan_rows(selecting *s, leat_sql_pool *pool)
{
    leat_sql_planner *p = s->p;
    leat_sql_relation *rows = &s->stage.rows;
    if (pool->count == 0) {
        leat_sql_plan_one_row(p, s->select->span, rows);
        return leat_sql_plan_where(p, rows, pool->conditions, pool->condition_count);
    }
    if (pool->count > 1 || pool->condition_count > 0)
        return leat_sql_pool_join(pool, s->select->span, rows);
    *rows = pool->relations[0];
    return true;
}

/* Subqueries in the items, orders and so on become columns of the rows. */
static bool plan_values(selecting *s)
{
    for (uint32_t i = 0; i < s->stage.expr_count; i++) {
        leat_expr *expr = s->stage.exprs[i];
        if (expr == NULL || i == s->having || !leat_sql_has_subquery(expr))
            continue;
        s->stage.exprs[i] = leat_sql_plan_values_of(s->p, &s->stage.rows, expr);
        if (s->stage.exprs[i] == NULL)
            return false;
    }
    return true;
}

/* What stands above FROM and WHERE. */
static bool plan_above(selecting *s)
{
    if (is_grouped(s) && !plan_groups(s))
        return false;
    if (!plan_values(s) || !filter_by(s, s->having))
        return false;
    s->stage.exprs[s->having] = NULL;
    return leat_sql_plan_over(s->p, &s->stage) && filter_by(s, s->qualify) &&
           leat_sql_plan_project_set(s->p, &s->stage.rows, s->stage.exprs, s->stage.expr_count);
}

bool leat_sql_plan_select(leat_sql_planner *p,
                          const leat_sql_query *query,
                          const leat_sql_select *select,
                          leat_sql_relation *out)
{
    selecting s = {.p = p, .query = query, .select = select};
    const leat_sql_scope *outer = p->outer;
    leat_sql_pool *pool =
        select->from == NULL ? leat_sql_pool_new(p) : leat_sql_pool_open(p, select->from);
    if (pool == NULL)
        return false;
    bool is_fine = read_select(&s, pool);
    p->outer = NULL;
    is_fine = is_fine && plan_rows(&s, pool) && plan_above(&s);
    p->outer = outer;
    leat_sql_pool_close(&pool);
    uint16_t *columns =
        LEAT_ARENA_ARRAY(p->arena, uint16_t, query == NULL ? 0 : query->orders.count);
    uint16_t *keys = LEAT_ARENA_ARRAY(p->arena, uint16_t, select->distinct_on.count);
    if (!is_fine || !project_items(&s, columns, keys))
        return false;
    if (select->distinct_on.count > 0)
        plan_distinct_on(&s, columns, keys);
    else if (select->is_distinct)
        leat_sql_plan_distinct(p, &s.stage.rows, select->span);
    *out = s.stage.rows;
    return query == NULL || leat_sql_plan_limit(p, query, columns, out);
}
