/* SPDX-License-Identifier: Apache-2.0
 *
 * Queries: SELECT in SQL's order (FROM and WHERE, GROUP BY and HAVING, OVER and QUALIFY, the
 * items, DISTINCT, ORDER BY with LIMIT), VALUES, set operations, WITH.
 */
#include "common/expr/function.h"
#include "common/sql/join.h"

#include <strings.h>

/* --- Items and orders. --- */

typedef struct selecting {
    leat_sql_planner *p;
    const leat_sql_query *query; /* whose ORDER BY and LIMIT are the SELECT's, or NULL */
    const leat_sql_select *select;
    leat_sql_stage stage; /* items, then orders, having, qualify, DISTINCT ON */
    uint32_t item_count;
    leat_bytes *names;
    uint32_t order_first;
    uint32_t order_count;
    uint32_t having;
    uint32_t qualify;
    uint32_t distinct_first; /* DISTINCT ON */
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
    for (uint32_t i = 0; i < rows->field_count; i++) {
        const leat_sql_field *field = &rows->fields[i];
        bool is_wanted = star->qualifier.size > 0 ? same_name(field->qualifier, star->qualifier)
                                                  : !field->is_hidden;
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

static bool plan_groups(selecting *s)
{
    const leat_sql_select *select = s->select;
    leat_sql_group *groups =
        leat_arena_copy(s->p->arena, select->groups, select->group_count * sizeof *select->groups);
    for (uint32_t i = 0; i < select->group_count; i++) {
        leat_sql_group *group = &groups[i];
        group->sets =
            leat_arena_copy(s->p->arena, group->sets, group->set_count * sizeof *group->sets);
        for (uint32_t k = 0; k < group->set_count; k++)
            if (!resolve_set(s, &group->sets[k]))
                return false;
    }
    leat_sql_exprs *sets;
    uint32_t set_count;
    return leat_sql_grouping_sets(s->p, groups, select->group_count, &sets, &set_count) &&
           leat_sql_plan_group(s->p, select, sets, set_count, &s->stage);
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
    uint32_t keys = s->select->distinct_on.count;
    uint32_t most = s->item_count + s->order_count + keys, count = s->item_count;
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
    rows->window_start = start;
    rows->window_end = end;
    rows->field_count = s->item_count;
    rows->fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, s->item_count);
    for (uint32_t i = 0; i < s->item_count; i++)
        rows->fields[i] = (leat_sql_field){LEAT_BYTES(""), fields[i].name, false};
    return true;
}

/* --- What stands above rows of any kind. --- */

static void plan_distinct(leat_sql_planner *p, leat_sql_relation *rows, leat_span span)
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
static void plan_distinct_on(selecting *s, const uint16_t *order_columns, uint16_t *keys)
{
    leat_sql_planner *p = s->p;
    leat_sql_relation *rows = &s->stage.rows;
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_TOP_N, "distinct", s->select->span);
    leat_top *top = LEAT_ARENA_NEW(p->arena, leat_top);
    *top = (leat_top){.limit = 1, .window_end = -1};
    leat_sql_set_inputs(p, &node, &rows->out, 1);
    node.top = top;
    node.key_count = s->select->distinct_on.count;
    node.keys = keys;
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
static bool plan_limit(leat_sql_planner *p,
                       const leat_sql_query *query,
                       const uint16_t *columns,
                       leat_sql_relation *rows)
{
    uint32_t count = rows->field_count;
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
        node.order_count = query->orders.count;
        node.orders = orders_of(p, query, columns);
        rows->out = leat_sql_add(p, &node, leat_sql_schema(p, rows));
    }
    rows->orders = orders_of(p, query, columns);
    rows->order_count = 0;
    while (rows->order_count < query->orders.count && columns[rows->order_count] < count)
        rows->order_count++;
    cut(p, rows, count, query->span);
    return true;
}

/* FROM and WHERE. */
static bool plan_rows(leat_sql_planner *p, const leat_sql_select *select, leat_sql_relation *out)
{
    if (select->from != NULL)
        return leat_sql_plan_from(p, select->from, select->where, out);
    leat_sql_plan_one_row(p, select->span, out);
    if (select->where == NULL)
        return true;
    leat_expr *where = leat_sql_resolve(p, NULL, 0, 0, select->where);
    return where != NULL && leat_sql_plan_where(p, out, &where, 1);
}

static bool plan_select(leat_sql_planner *p,
                        const leat_sql_query *query,
                        const leat_sql_select *select,
                        leat_sql_relation *out)
{
    selecting s = {.p = p, .query = query, .select = select};
    if (!plan_rows(p, select, &s.stage.rows))
        return false;
    uint32_t orders = query == NULL ? 0 : query->orders.count;
    s.names = LEAT_ARENA_ARRAY(p->arena, leat_bytes, LEAT_SCHEMA_FIELDS_MAX);
    s.stage.exprs = LEAT_ARENA_ARRAY(
        p->arena, leat_expr *, LEAT_SCHEMA_FIELDS_MAX + orders + 2 + select->distinct_on.count);
    if (!read_items(&s) || !read_orders(&s))
        return false;
    if (is_grouped(&s) && !plan_groups(&s))
        return false;
    if (!filter_by(&s, s.having))
        return false;
    s.stage.exprs[s.having] = NULL;
    if (!leat_sql_plan_over(p, &s.stage) || !filter_by(&s, s.qualify))
        return false;
    uint16_t *columns = LEAT_ARENA_ARRAY(p->arena, uint16_t, orders);
    uint16_t *keys = LEAT_ARENA_ARRAY(p->arena, uint16_t, select->distinct_on.count);
    if (!project_items(&s, columns, keys))
        return false;
    if (select->distinct_on.count > 0)
        plan_distinct_on(&s, columns, keys);
    else if (select->is_distinct)
        plan_distinct(p, &s.stage.rows, select->span);
    *out = s.stage.rows;
    return query == NULL || plan_limit(p, query, columns, out);
}

/* --- Set operations. --- */

/* Both sides in the types they have in common, under the names of the left. */
static bool
align(leat_sql_planner *p, leat_span span, leat_sql_relation *left, leat_sql_relation *right)
{
    const leat_schema *schemas[2] = {leat_sql_schema(p, left), leat_sql_schema(p, right)};
    uint32_t count = left->field_count;
    if (count != right->field_count) {
        LEAT_SQL_REPORT(p, span, "the sides have %u and %u columns", count, right->field_count);
        return false;
    }
    leat_sql_relation *sides[2] = {left, right};
    for (uint32_t side = 0; side < 2; side++) {
        leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, count);
        leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, count);
        bool is_same = true;
        for (uint32_t i = 0; i < count; i++) {
            leat_type type;
            if (!leat_type_common(schemas[0]->fields[i].type, schemas[1]->fields[i].type, &type)) {
                LEAT_SQL_REPORT(p, span, "column %u has types without one in common", i + 1);
                return false;
            }
            leat_expr input = {.kind = LEAT_EXPR_INPUT, .column = i};
            leat_expr *argument = leat_arena_copy(p->arena, &input, sizeof input);
            leat_expr cast = {
                .kind = LEAT_EXPR_CAST, .type = type, .argument_count = 1, .arguments = &argument};
            bound[i] = leat_sql_bind(p, schemas[side], &cast);
            if (bound[i] == NULL)
                return false;
            is_same &= bound[i]->kind == LEAT_BOUND_COLUMN;
            fields[i] = (leat_field){schemas[0]->fields[i].name, type, true};
        }
        if (!is_same)
            sides[side]->out = leat_sql_project(p, sides[side]->out, fields, bound, count, span);
    }
    return true;
}

static bool plan_body(leat_sql_planner *p, const leat_sql_body *body, leat_sql_relation *out);

static bool plan_set(leat_sql_planner *p, const leat_sql_body *body, leat_sql_relation *out)
{
    leat_sql_relation right;
    if (!plan_body(p, body->left, out) || !plan_body(p, body->right, &right) ||
        !align(p, body->span, out, &right))
        return false;
    bool is_union = body->set == LEAT_SQL_SET_UNION;
    leat_logical_node node = leat_sql_node(p, is_union ? LEAT_LOGICAL_UNION : LEAT_LOGICAL_SET_OP,
                                           is_union ? "union" : "set", body->span);
    leat_logical_input inputs[2] = {out->out, right.out};
    leat_sql_set_inputs(p, &node, inputs, 2);
    const leat_schema *schema = leat_sql_schema(p, out);
    const leat_schema *other = leat_sql_schema(p, &right);
    if (!is_union) {
        leat_set *set = LEAT_ARENA_NEW(p->arena, leat_set);
        set->kind = body->set == LEAT_SQL_SET_INTERSECT ? LEAT_SET_INTERSECT : LEAT_SET_EXCEPT;
        set->is_all = body->is_all;
        node.set = set;
        node.key_count = schema->field_count;
        node.keys = LEAT_ARENA_ARRAY(p->arena, uint16_t, schema->field_count);
        for (uint32_t i = 0; i < schema->field_count; i++)
            node.keys[i] = (uint16_t)i;
    }
    bool keeps_time = is_union && schema->event_time == other->event_time;
    leat_field *fields =
        leat_arena_copy(p->arena, schema->fields, schema->field_count * sizeof *fields);
    for (uint32_t i = 0; i < schema->field_count; i++)
        fields[i].is_nullable |= other->fields[i].is_nullable;
    out->out = leat_sql_add(p, &node,
                            leat_schema_new(p->arena, fields, schema->field_count,
                                            keeps_time ? schema->event_time : -1));
    out->window_start = out->window_end = -1;
    out->order_count = 0;
    for (uint32_t i = 0; i < out->field_count; i++)
        out->fields[i].qualifier = LEAT_BYTES("");
    if (is_union && !body->is_all)
        plan_distinct(p, out, body->span);
    return true;
}

static bool plan_body(leat_sql_planner *p, const leat_sql_body *body, leat_sql_relation *out)
{
    *out = (leat_sql_relation){.window_start = -1, .window_end = -1};
    switch (body->kind) {
    case LEAT_SQL_BODY_SELECT:
        return plan_select(p, NULL, body->select, out);
    case LEAT_SQL_BODY_QUERY:
        return leat_sql_plan_query(p, body->query, out);
    case LEAT_SQL_BODY_SET:
        return plan_set(p, body, out);
    case LEAT_SQL_BODY_VALUES:
        return leat_sql_plan_values(p, body, out);
    }
    LEAT_UNREACHABLE();
}

/* --- Queries. --- */

/* ORDER BY over a result whose items are no longer at hand: names and numbers only. */
static bool order_result(leat_sql_planner *p,
                         const leat_sql_query *query,
                         const leat_sql_relation *rows,
                         uint16_t *out_columns)
{
    for (uint32_t i = 0; i < query->orders.count; i++) {
        const leat_expr *by = query->orders.items[i].by;
        uint32_t found = rows->field_count;
        if (by->kind == LEAT_EXPR_LITERAL && by->value.type.id == LEAT_TYPE_INT &&
            by->value.integer >= 1 && by->value.integer <= rows->field_count)
            found = (uint32_t)by->value.integer - 1;
        for (uint32_t c = 0; c < rows->field_count && by->kind == LEAT_EXPR_COLUMN; c++)
            if (same_name(rows->fields[c].name, by->name))
                found = c;
        if (found == rows->field_count) {
            LEAT_SQL_REPORT(p, leat_sql_span(by),
                            "here ORDER BY takes names and numbers of the result's columns");
            return false;
        }
        out_columns[i] = (uint16_t)found;
    }
    return true;
}

static void add_ctes(leat_sql_planner *p, const leat_sql_query *query)
{
    for (uint32_t i = 0; i < query->cte_count; i++) {
        leat_sql_object *object = LEAT_ARENA_NEW(p->arena, leat_sql_object);
        object->name = query->ctes[i].name.text;
        object->query = query->ctes[i].query;
        object->columns = query->ctes[i].columns;
        leat_vec_push(&p->objects, object);
    }
}

bool leat_sql_plan_query(leat_sql_planner *p, const leat_sql_query *query, leat_sql_relation *out)
{
    size_t objects_before = p->objects.count;
    add_ctes(p, query);
    bool is_fine;
    if (query->body->kind == LEAT_SQL_BODY_SELECT) {
        *out = (leat_sql_relation){.window_start = -1, .window_end = -1};
        is_fine = plan_select(p, query, query->body->select, out);
    } else {
        uint16_t *columns = LEAT_ARENA_ARRAY(p->arena, uint16_t, query->orders.count);
        is_fine = plan_body(p, query->body, out) && order_result(p, query, out, columns) &&
                  plan_limit(p, query, columns, out);
    }
    p->objects.count = objects_before;
    return is_fine;
}
