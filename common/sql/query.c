/* SPDX-License-Identifier: Apache-2.0
 *
 * Queries: set operations, VALUES, parentheses, WITH; and the SELECTs in them.
 */
#include "common/expr/function.h"
#include "common/sql/join.h"

#include <strings.h>

static bool same_name(leat_bytes a, leat_bytes b)
{
    return a.size == b.size && (a.size == 0 || strncasecmp(a.data, b.data, a.size) == 0);
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
        leat_sql_plan_distinct(p, out, body->span);
    return true;
}

static bool plan_body(leat_sql_planner *p, const leat_sql_body *body, leat_sql_relation *out)
{
    *out = (leat_sql_relation){.window_start = -1, .window_end = -1};
    switch (body->kind) {
    case LEAT_SQL_BODY_SELECT:
        return leat_sql_plan_select(p, NULL, body->select, out);
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

static bool plan_query(leat_sql_planner *p,
                       const leat_sql_query *query,
                       const leat_sql_scope *outer,
                       leat_sql_relation *out)
{
    size_t objects_before = p->objects.count;
    const leat_sql_scope *before = p->outer;
    bool is_fine;
    add_ctes(p, query);
    p->outer = outer;
    *out = (leat_sql_relation){.window_start = -1, .window_end = -1};
    if (query->body->kind == LEAT_SQL_BODY_SELECT) {
        is_fine = leat_sql_plan_select(p, query, query->body->select, out);
    } else {
        uint16_t *columns = LEAT_ARENA_ARRAY(p->arena, uint16_t, query->orders.count);
        p->outer = NULL;
        is_fine = plan_body(p, query->body, out) && order_result(p, query, out, columns) &&
                  leat_sql_plan_limit(p, query, columns, out);
    }
    p->outer = before;
    p->objects.count = objects_before;
    return is_fine;
}

bool leat_sql_plan_query(leat_sql_planner *p, const leat_sql_query *query, leat_sql_relation *out)
{
    return plan_query(p, query, NULL, out);
}

bool leat_sql_plan_lateral(leat_sql_planner *p,
                           const leat_sql_query *query,
                           const leat_sql_relation *outer,
                           leat_sql_relation *out)
{
    leat_sql_scope scope = {outer, LEAT_ARENA_ARRAY(p->arena, bool, outer->field_count)};
    while (query->body->kind == LEAT_SQL_BODY_QUERY && query->cte_count == 0 &&
           query->orders.count == 0 && query->limit == NULL && query->offset == NULL)
        query = query->body->query;
    return plan_query(p, query, &scope, out);
}
