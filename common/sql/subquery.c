/* SPDX-License-Identifier: Apache-2.0
 *
 * Subqueries in conditions. IN and EXISTS become semi joins, their negations anti joins; a scalar
 * subquery without names of the outer query becomes a join with its only row. x NOT IN (...) is
 * not true as soon as one of the two is NULL: its anti join asks (x = y) IS NOT FALSE.
 */
#include "common/sql/join.h"

static leat_expr *
call_of(leat_sql_planner *p, const leat_expr *like, const char *name, leat_expr *a, leat_expr *b)
{
    leat_expr *call = leat_sql_input(p, like, 0);
    leat_expr *sides[2] = {a, b};
    call->kind = LEAT_EXPR_CALL;
    call->name = leat_bytes_text(name);
    call->argument_count = b == NULL ? 1 : 2;
    call->arguments = leat_arena_copy(p->arena, sides, sizeof sides);
    return call;
}

static bool
plan_in(leat_sql_planner *p, leat_sql_relation *relation, const leat_expr *in, bool is_negated)
{
    leat_sql_join_args args = {.kind = is_negated ? LEAT_JOIN_ANTI : LEAT_JOIN_SEMI,
                               .left = *relation,
                               .span = leat_sql_span(in)};
    if (!leat_sql_plan_query(p, in->query, &args.right))
        return false;
    leat_expr *value = in->arguments[0];
    bool is_row = leat_sql_is_call(value, "row");
    uint32_t count = is_row ? value->argument_count : 1;
    if (count != args.right.field_count) {
        LEAT_SQL_REPORT(p, args.span, "%u values are looked up among %u columns", count,
                        args.right.field_count);
        return false;
    }
    args.conditions = LEAT_ARENA_ARRAY(p->arena, leat_expr *, count);
    for (uint32_t i = 0; i < count; i++) {
        leat_expr *asked = is_row ? value->arguments[i] : value;
        leat_expr *found = leat_sql_input(p, in, relation->field_count + i);
        leat_expr *equal = call_of(p, in, "=", asked, found);
        leat_bound *bound = leat_sql_bind(p, leat_sql_schema(p, relation), asked);
        if (bound == NULL)
            return false;
        bool knows_null =
            bound->is_nullable || leat_sql_schema(p, &args.right)->fields[i].is_nullable;
        args.conditions[args.condition_count++] =
            is_negated && knows_null ? call_of(p, in, "is_not_false", equal, NULL) : equal;
    }
    return leat_sql_make_join(p, &args, relation);
}

/* SELECT ... FROM ... WHERE ...: what it looks up can be said as conditions of a join. */
static bool is_plain(const leat_sql_query *query)
{
    const leat_sql_select *select = query->body->select;
    if (query->body->kind != LEAT_SQL_BODY_SELECT || query->cte_count > 0 || query->limit != NULL ||
        query->offset != NULL || select->has_group || select->having != NULL ||
        select->from == NULL || select->qualify != NULL || select->distinct_on.count > 0)
        return false;
    for (uint32_t i = 0; i < select->item_count; i++)
        if (leat_sql_has_aggregate(select->items[i].expr) ||
            leat_sql_has_over(select->items[i].expr))
            return false;
    return true;
}

/* Conditions of the inner rows alone go below the join. */
static bool filter_inner(leat_sql_planner *p, leat_sql_join_args *args)
{
    uint32_t left = args->left.field_count, kept = 0, inner = 0;
    leat_expr **below = LEAT_ARENA_ARRAY(p->arena, leat_expr *, args->condition_count);
    for (uint32_t i = 0; i < args->condition_count; i++) {
        uint32_t low, high;
        leat_expr *one = args->conditions[i];
        if (!leat_sql_inputs(one, &low, &high) || low < left || leat_sql_has_subquery(one)) {
            args->conditions[kept++] = one;
            continue;
        }
        below[inner] = leat_sql_deep_copy(p, one);
        leat_sql_shift(below[inner++], left);
    }
    args->condition_count = kept;
    return leat_sql_plan_where(p, &args->right, below, inner);
}

/* The inner FROM and WHERE as the right side of `args`; with `value` the only item must equal it.
 * Names are looked up inside first, then outside. */
static bool plan_inner(leat_sql_planner *p,
                       const leat_sql_query *query,
                       leat_expr *value,
                       leat_sql_join_args *args)
{
    const leat_sql_select *select = query->body->select;
    if (!leat_sql_plan_from(p, select->from, NULL, &args->right))
        return false;
    uint32_t left = args->left.field_count, count = left + args->right.field_count;
    leat_sql_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, count);
    memcpy(fields, args->left.fields, left * sizeof *fields);
    memcpy(fields + left, args->right.fields, args->right.field_count * sizeof *fields);
    args->conditions = LEAT_ARENA_ARRAY(p->arena, leat_expr *, LEAT_SQL_CONJUNCTS_MAX);
    if (select->where != NULL) {
        leat_expr *where = leat_sql_resolve_inner(p, fields, left, count, select->where);
        if (where == NULL)
            return false;
        leat_sql_conjuncts(where, args->conditions, &args->condition_count,
                           LEAT_SQL_CONJUNCTS_MAX - 1);
    }
    if (!filter_inner(p, args))
        return false;
    if (value == NULL)
        return true;
    leat_expr *item = leat_sql_resolve_inner(p, fields, left, count, select->items[0].expr);
    if (item == NULL)
        return false;
    leat_expr *found = call_of(p, value, "=", value, item);
    if (args->kind == LEAT_JOIN_ANTI) /* a NULL on either side may be equal */
        found = call_of(p, value, "is_not_false", found, NULL);
    args->conditions[args->condition_count++] = found;
    return true;
}

static bool plan_exists(leat_sql_planner *p,
                        leat_sql_relation *relation,
                        const leat_expr *exists,
                        bool is_negated)
{
    leat_sql_join_args args = {.kind = is_negated ? LEAT_JOIN_ANTI : LEAT_JOIN_SEMI,
                               .left = *relation,
                               .span = leat_sql_span(exists)};
    if (is_plain(exists->query))
        return plan_inner(p, exists->query, NULL, &args) && leat_sql_make_join(p, &args, relation);
    LEAT_SQL_REPORT(p, args.span, "EXISTS takes a plain SELECT ... FROM ... WHERE so far");
    return false;
}

/* IN over a subquery that names the outer query; the others are planned as they stand. */
static bool plan_correlated_in(leat_sql_planner *p,
                               leat_sql_relation *relation,
                               const leat_expr *in,
                               bool is_negated)
{
    leat_sql_join_args args = {.kind = is_negated ? LEAT_JOIN_ANTI : LEAT_JOIN_SEMI,
                               .left = *relation,
                               .span = leat_sql_span(in)};
    return plan_inner(p, in->query, in->arguments[0], &args) &&
           leat_sql_make_join(p, &args, relation);
}

/* Some name in it is qualified by a relation of the outer query. */
static bool names_outer(const leat_sql_relation *outer, const leat_expr *expr)
{
    for (uint32_t i = 0; i < outer->field_count && expr->qualifier.size > 0; i++)
        if (leat_bytes_equal(outer->fields[i].qualifier, expr->qualifier))
            return true;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (names_outer(outer, expr->arguments[i]))
            return true;
    return false;
}

static bool is_correlated(const leat_sql_relation *outer, const leat_expr *in)
{
    const leat_sql_query *query = in->query;
    return is_plain(query) && query->body->select->item_count == 1 &&
           query->body->select->items[0].expr->kind != LEAT_EXPR_STAR &&
           query->body->select->where != NULL && !leat_sql_is_call(in->arguments[0], "row") &&
           names_outer(outer, query->body->select->where);
}

/* Each scalar subquery inside becomes a column behind the relation's. */
static leat_expr *scalars(leat_sql_planner *p, leat_sql_relation *relation, leat_expr *expr)
{
    if (expr->kind == LEAT_EXPR_SUBQUERY) {
        if (!leat_bytes_equal(expr->name, LEAT_BYTES("scalar"))) {
            LEAT_SQL_REPORT(p, leat_sql_span(expr), "this subquery may not stand here yet");
            return NULL;
        }
        leat_sql_join_args args = {
            .kind = LEAT_JOIN_LEFT, .left = *relation, .span = leat_sql_span(expr)};
        if (!leat_sql_plan_query(p, expr->query, &args.right))
            return NULL;
        if (args.right.field_count != 1) {
            LEAT_SQL_REPORT(p, args.span, "a subquery used as a value has one column, this has %u",
                            args.right.field_count);
            return NULL;
        }
        uint32_t column = relation->field_count;
        if (!leat_sql_make_join(p, &args, relation))
            return NULL;
        relation->fields[column].is_hidden = true;
        return leat_sql_input(p, expr, column);
    }
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if ((expr->arguments[i] = scalars(p, relation, expr->arguments[i])) == NULL)
            return NULL;
    return expr;
}

static bool plan_one(leat_sql_planner *p, leat_sql_relation *relation, leat_expr *one)
{
    bool is_negated = leat_sql_is_call(one, "not");
    leat_expr *asked = is_negated ? one->arguments[0] : one;
    if (asked->kind == LEAT_EXPR_SUBQUERY && leat_bytes_equal(asked->name, LEAT_BYTES("in")))
        return is_correlated(relation, asked) ? plan_correlated_in(p, relation, asked, is_negated)
                                              : plan_in(p, relation, asked, is_negated);
    if (asked->kind == LEAT_EXPR_SUBQUERY && leat_bytes_equal(asked->name, LEAT_BYTES("exists")))
        return plan_exists(p, relation, asked, is_negated);
    leat_expr *condition = scalars(p, relation, leat_sql_deep_copy(p, one));
    leat_bound *bound = condition == NULL
                            ? NULL
                            : leat_sql_bind_condition(p, leat_sql_schema(p, relation), condition);
    if (bound == NULL)
        return false;
    relation->out = leat_sql_filter(p, relation->out, bound, leat_sql_span(one));
    return true;
}

/* Columns that scalar subqueries added stay behind the relation's own, hidden. */
bool leat_sql_plan_subqueries(leat_sql_planner *p,
                              leat_sql_relation *relation,
                              leat_expr **conjuncts,
                              uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!plan_one(p, relation, conjuncts[i]))
            return false;
    return true;
}
