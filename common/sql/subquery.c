/* SPDX-License-Identifier: Apache-2.0
 *
 * Subqueries. As conditions IN and EXISTS become semi joins, their negations anti joins, ANY and
 * ALL one of the two; x NOT IN (...) is not true as soon as one of the two is NULL: its anti join
 * asks (x = y) IS NOT FALSE. Elsewhere a subquery becomes a column behind the outer rows: a LEFT
 * JOIN with its only row, or with a mark that says there was a match.
 */
#include "common/sql/correlate.h"

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

/* The rows of the subquery as the right side of `args`, and what ties them to the outer rows. */
static bool plan_right(leat_sql_planner *p, const leat_sql_query *query, leat_sql_join_args *args)
{
    if (!leat_sql_plan_lateral(p, query, &args->left, &args->right))
        return false;
    uint32_t first = args->left.field_count + args->right.field_count;
    leat_sql_show_carried(p, &args->right);
    args->conditions = LEAT_ARENA_ARRAY(p->arena, leat_expr *, LEAT_SQL_CONJUNCTS_MAX);
    args->condition_count = 0;
    for (uint32_t i = 0; i < args->right.carried_count; i++)
        args->conditions[args->condition_count++] =
            leat_sql_carried_condition(p, &args->right.carried[i], first + i, args->span);
    return true;
}

/* x OP (SELECT y ...) over rows that must match, or must not. What is not known (NULL) is no match
 * and no mismatch. */
static bool plan_compared(leat_sql_planner *p,
                          leat_sql_relation *relation,
                          const leat_expr *asked,
                          const char *op,
                          bool is_negated)
{
    leat_sql_join_args args = {.kind = is_negated ? LEAT_JOIN_ANTI : LEAT_JOIN_SEMI,
                               .left = *relation,
                               .span = leat_sql_span(asked)};
    if (!plan_right(p, asked->query, &args))
        return false;
    leat_expr *value = asked->arguments[0];
    bool is_row = leat_sql_is_call(value, "row");
    uint32_t count = is_row ? value->argument_count : 1;
    uint32_t columns = args.right.field_count - args.right.carried_count;
    if (count != columns) {
        LEAT_SQL_REPORT(p, args.span, "%u values are looked up among %u columns", count, columns);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        leat_expr *one = is_row ? value->arguments[i] : value;
        leat_expr *found = leat_sql_input(p, asked, relation->field_count + i);
        leat_expr *holds = call_of(p, asked, op, one, found);
        leat_bound *bound = leat_sql_bind(p, leat_sql_schema(p, relation), one);
        if (bound == NULL)
            return false;
        bool knows_null =
            bound->is_nullable || leat_sql_schema(p, &args.right)->fields[i].is_nullable;
        args.conditions[args.condition_count++] =
            is_negated && knows_null ? call_of(p, asked, "is_not_false", holds, NULL) : holds;
    }
    return leat_sql_make_join(p, &args, relation);
}

/* SELECT ... FROM ... WHERE ...: what it looks up can be said as conditions of a join. */
static bool is_plain(const leat_sql_query *query)
{
    const leat_sql_select *select = query->body->select;
    if (query->body->kind != LEAT_SQL_BODY_SELECT || query->cte_count > 0 || query->limit != NULL ||
        query->offset != NULL || select->has_group || select->having != NULL ||
        select->from == NULL || select->qualify != NULL || select->distinct_on.count > 0 ||
        select->from->kind == LEAT_SQL_FROM_JOIN ||
        (select->where != NULL && leat_sql_has_subquery(select->where)))
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

/* The inner FROM and WHERE as the right side of `args`. Names are looked up inside first, then
 * outside. */
static bool plan_inner(leat_sql_planner *p, const leat_sql_query *query, leat_sql_join_args *args)
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
    return filter_inner(p, args);
}

bool leat_sql_is_lone_aggregate(const leat_sql_query *query)
{
    if (query->body->kind != LEAT_SQL_BODY_SELECT || query->limit != NULL || query->offset != NULL)
        return false;
    const leat_sql_select *select = query->body->select;
    bool has_aggregate = false;
    for (uint32_t i = 0; i < select->item_count; i++)
        has_aggregate |= leat_sql_has_aggregate(select->items[i].expr);
    return has_aggregate && !select->has_group && select->having == NULL && select->qualify == NULL;
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
        return plan_inner(p, exists->query, &args) && leat_sql_make_join(p, &args, relation);
    if (leat_sql_is_lone_aggregate(exists->query) && !is_negated)
        return true;
    return plan_right(p, exists->query, &args) && leat_sql_make_join(p, &args, relation);
}

/* --- Subqueries as values. --- */

static leat_expr *literal_of(leat_sql_planner *p, const leat_expr *like, leat_value value)
{
    leat_expr *literal = leat_sql_input(p, like, 0);
    literal->kind = LEAT_EXPR_LITERAL;
    literal->value = value;
    literal->type = value.type;
    return literal;
}

static leat_expr *boolean_of(leat_sql_planner *p, const leat_expr *like, bool truth)
{
    return literal_of(p, like, (leat_value){.type = LEAT_TYPE(BOOLEAN), .boolean = truth});
}

static leat_expr *null_of(leat_sql_planner *p, const leat_expr *like)
{
    return literal_of(p, like, (leat_value){.is_null = true});
}

/* CASE WHEN arms[0] THEN arms[1] ... [ELSE]. */
static leat_expr *
case_of(leat_sql_planner *p, const leat_expr *like, leat_expr *const *arms, uint32_t count)
{
    leat_expr *choice = leat_sql_input(p, like, 0);
    choice->kind = LEAT_EXPR_CASE;
    choice->argument_count = count;
    choice->arguments = leat_arena_copy(p->arena, arms, count * sizeof(leat_expr *));
    return choice;
}

void leat_sql_add_marker(leat_sql_planner *p, leat_sql_relation *rows, const leat_expr *like)
{
    const leat_schema *schema = leat_sql_schema(p, rows);
    uint32_t count = rows->field_count;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, count + 1);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        fields[i] = schema->fields[i];
        bound[i] = leat_sql_bind(p, schema, leat_sql_input(p, like, i));
    }
    bound[count] = leat_sql_bind(p, schema, boolean_of(p, like, true));
    fields[count] = (leat_field){LEAT_BYTES("$is_there"), LEAT_TYPE(BOOLEAN), false};
    rows->out = leat_sql_project(p, rows->out, fields, bound, count + 1, leat_sql_span(like));
    leat_sql_hide_rest(p, rows);
}

/* Join the sides; what was added to the relation is found by no name. */
static bool attach(leat_sql_planner *p, leat_sql_join_args *args, leat_sql_relation *relation)
{
    uint32_t before = relation->field_count;
    if (!leat_sql_make_join(p, args, relation))
        return false;
    for (uint32_t i = before; i < relation->field_count; i++)
        relation->fields[i].is_hidden = true;
    return true;
}

/* An aggregate's value over no rows. */
static leat_expr *over_nothing(void *self, leat_expr *expr)
{
    leat_sql_planner *p = self;
    if (!leat_sql_is_aggregate(expr))
        return leat_sql_map_children(p, expr, over_nothing, p);
    return leat_sql_is_call(expr, "count")
               ? literal_of(p, expr, (leat_value){.type = LEAT_TYPE(BIGINT), .integer = 0})
               : null_of(p, expr);
}

leat_expr *leat_sql_over_nothing(leat_sql_planner *p, leat_expr *item)
{
    return over_nothing(p, item);
}

/* The value of a lone aggregate for outer rows that nothing belongs to. */
static leat_expr *or_over_nothing(leat_sql_planner *p,
                                  const leat_sql_relation *outer,
                                  const leat_expr *asked,
                                  leat_expr *is_there,
                                  leat_expr *value)
{
    leat_expr *item = asked->query->body->select->items[0].expr;
    leat_expr *nothing =
        leat_sql_resolve(p, outer->fields, 0, outer->field_count, over_nothing(p, item));
    leat_expr *arms[] = {call_of(p, asked, "is_not_null", is_there, NULL), value, nothing};
    return nothing == NULL ? NULL : case_of(p, asked, arms, LEAT_COUNT_OF(arms));
}

static leat_expr *
scalar_value(leat_sql_planner *p, leat_sql_relation *relation, const leat_expr *asked)
{
    leat_sql_join_args args = {
        .kind = LEAT_JOIN_LEFT, .left = *relation, .span = leat_sql_span(asked)};
    if (!plan_right(p, asked->query, &args))
        return NULL;
    uint32_t columns = args.right.field_count - args.right.carried_count;
    if (columns != 1) {
        LEAT_SQL_REPORT(p, args.span, "a subquery used as a value has one column, this has %u",
                        columns);
        return NULL;
    }
    bool has_default = args.right.carried_count > 0 && leat_sql_is_lone_aggregate(asked->query);
    if (has_default)
        leat_sql_add_marker(p, &args.right, asked);
    uint32_t column = relation->field_count;
    if (!attach(p, &args, relation))
        return NULL;
    leat_expr *value = leat_sql_input(p, asked, column);
    leat_expr *is_there = leat_sql_input(p, asked, relation->field_count - 1);
    return has_default ? or_over_nothing(p, &args.left, asked, is_there, value) : value;
}

/* Of the subquery's rows: per what they carry, how many there are and how many values are known.
 * Two columns behind those of the relation. */
static bool attach_counts(leat_sql_planner *p,
                          leat_sql_relation *relation,
                          const leat_sql_relation *rows,
                          const leat_expr *asked)
{
    const leat_schema *schema = leat_sql_schema(p, rows);
    uint32_t carried = rows->carried_count, first = rows->field_count - carried;
    leat_logical_node node =
        leat_sql_node(p, LEAT_LOGICAL_AGGREGATE, "group", leat_sql_span(asked));
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, carried + 2);
    leat_bound_aggregate *calls = LEAT_ARENA_ARRAY(p->arena, leat_bound_aggregate, 2);
    node.keys = LEAT_ARENA_ARRAY(p->arena, uint16_t, carried);
    for (uint32_t i = 0; i < carried; i++) {
        node.keys[node.key_count++] = (uint16_t)(first + i);
        fields[i] = schema->fields[first + i];
    }
    calls[0] = (leat_bound_aggregate){.kind = LEAT_AGGREGATE_COUNT_STAR, .type = LEAT_TYPE(BIGINT)};
    calls[1] =
        (leat_bound_aggregate){.kind = LEAT_AGGREGATE_COUNT,
                               .type = LEAT_TYPE(BIGINT),
                               .argument = leat_sql_bind(p, schema, leat_sql_input(p, asked, 0))};
    fields[carried] = (leat_field){LEAT_BYTES("$rows"), LEAT_TYPE(BIGINT), false};
    fields[carried + 1] = (leat_field){LEAT_BYTES("$known"), LEAT_TYPE(BIGINT), false};
    leat_sql_set_inputs(p, &node, &rows->out, 1);
    node.aggregate_count = 2;
    node.aggregates = calls;
    leat_sql_join_args args = {
        .kind = LEAT_JOIN_LEFT, .left = *relation, .span = leat_sql_span(asked)};
    args.right = (leat_sql_relation){.window_start = -1, .window_end = -1};
    args.right.out = leat_sql_add(p, &node, leat_schema_new(p->arena, fields, carried + 2, -1));
    leat_sql_hide_rest(p, &args.right);
    args.conditions = LEAT_ARENA_ARRAY(p->arena, leat_expr *, carried);
    for (uint32_t i = 0; i < carried; i++)
        args.conditions[args.condition_count++] =
            leat_sql_carried_condition(p, &rows->carried[i], relation->field_count + i, args.span);
    return attach(p, &args, relation);
}

/* x IN (SELECT y ...): true, false, or not known because x is NULL or some y is. */
static leat_expr *in_value(leat_sql_planner *p, leat_sql_relation *relation, const leat_expr *asked)
{
    leat_sql_join_args args = {
        .kind = LEAT_JOIN_LEFT, .left = *relation, .span = leat_sql_span(asked)};
    leat_expr *value = asked->arguments[0];
    if (!plan_right(p, asked->query, &args))
        return NULL;
    leat_bound *bound = leat_sql_bind(p, leat_sql_schema(p, relation), value);
    if (bound == NULL)
        return NULL;
    if (args.right.field_count - args.right.carried_count != 1) {
        LEAT_SQL_REPORT(p, args.span, "one value is looked up among one column");
        return NULL;
    }
    leat_sql_relation rows = args.right;
    bool knows_null = bound->is_nullable || leat_sql_schema(p, &rows)->fields[0].is_nullable;
    args.conditions[args.condition_count++] =
        call_of(p, asked, "=", value, leat_sql_input(p, asked, relation->field_count));
    leat_sql_plan_distinct(p, &args.right, args.span);
    leat_sql_add_marker(p, &args.right, asked);
    if (!attach(p, &args, relation))
        return NULL;
    leat_expr *is_found =
        call_of(p, asked, "is_not_null", leat_sql_input(p, asked, relation->field_count - 1), NULL);
    if (!knows_null)
        return is_found;
    if (!attach_counts(p, relation, &rows, asked))
        return NULL;
    leat_expr *count = leat_sql_input(p, asked, relation->field_count - 2);
    leat_expr *known = leat_sql_input(p, asked, relation->field_count - 1);
    leat_expr *zero = literal_of(p, asked, (leat_value){.type = LEAT_TYPE(BIGINT), .integer = 0});
    leat_expr *is_unknown = call_of(p, asked, "or", call_of(p, asked, "is_null", value, NULL),
                                    call_of(p, asked, "<", known, count));
    leat_expr *some = call_of(p, asked, ">", count, zero);
    leat_expr *arms[] = {is_found, boolean_of(p, asked, true),
                         call_of(p, asked, "and", some, is_unknown), null_of(p, asked),
                         boolean_of(p, asked, false)};
    return case_of(p, asked, arms, LEAT_COUNT_OF(arms));
}

static leat_expr *
exists_value(leat_sql_planner *p, leat_sql_relation *relation, const leat_expr *asked)
{
    leat_sql_join_args args = {
        .kind = LEAT_JOIN_LEFT, .left = *relation, .span = leat_sql_span(asked)};
    if (leat_sql_is_lone_aggregate(asked->query))
        return boolean_of(p, asked, true);
    if (!plan_right(p, asked->query, &args))
        return NULL;
    if (!attach_counts(p, relation, &args.right, asked))
        return NULL;
    leat_expr *zero = literal_of(p, asked, (leat_value){.type = LEAT_TYPE(BIGINT), .integer = 0});
    leat_expr *count = leat_sql_input(p, asked, relation->field_count - 2);
    leat_expr *arms[] = {call_of(p, asked, ">", count, zero), boolean_of(p, asked, true),
                         boolean_of(p, asked, false)};
    return case_of(p, asked, arms, LEAT_COUNT_OF(arms));
}

typedef struct valuing {
    leat_sql_planner *p;
    leat_sql_relation *relation;
} valuing;

static leat_expr *value_of(void *self, leat_expr *expr)
{
    valuing *v = self;
    if (expr->kind != LEAT_EXPR_SUBQUERY)
        return leat_sql_map_children(v->p, expr, value_of, v);
    leat_expr *asked = leat_sql_map_children(v->p, expr, value_of, v);
    if (asked == NULL)
        return NULL;
    if (leat_bytes_equal(expr->name, LEAT_BYTES("scalar")))
        return scalar_value(v->p, v->relation, asked);
    if (leat_bytes_equal(expr->name, LEAT_BYTES("in")) ||
        leat_bytes_equal(expr->name, LEAT_BYTES("any=")))
        return in_value(v->p, v->relation, asked);
    if (leat_bytes_equal(expr->name, LEAT_BYTES("exists")))
        return exists_value(v->p, v->relation, asked);
    LEAT_SQL_REPORT(v->p, leat_sql_span(expr), "ANY and ALL stand in WHERE, joined by AND, only");
    return NULL;
}

leat_expr *
leat_sql_plan_values_of(leat_sql_planner *p, leat_sql_relation *relation, leat_expr *expr)
{
    valuing v = {p, relation};
    return value_of(&v, expr);
}

/* --- Conditions. --- */

/* x OP ANY (...) has a match; x OP ALL (...) has no row where it does not hold. */
static bool plan_quantified(leat_sql_planner *p,
                            leat_sql_relation *relation,
                            const leat_expr *asked,
                            bool is_negated,
                            bool *out_done)
{
    static const char *const inverse[][2] = {{"=", "<>"}, {"<>", "="}, {"<", ">="},
                                             {">=", "<"}, {">", "<="}, {"<=", ">"}};
    bool is_all = asked->name.data[1] == 'l';
    const char *op =
        leat_arena_text(p->arena, leat_bytes_of(asked->name.data + 3, asked->name.size - 3));
    *out_done = true;
    for (size_t i = 0; i < LEAT_COUNT_OF(inverse); i++) {
        if (strcmp(op, inverse[i][0]) != 0)
            continue;
        /* NOT (x < ALL ...) = x >= ANY ...; both negations of a match are mismatches. */
        return is_all ? plan_compared(p, relation, asked, inverse[i][1], !is_negated)
                      : plan_compared(p, relation, asked, op, is_negated);
    }
    *out_done = false;
    return true;
}

static bool plan_one(leat_sql_planner *p, leat_sql_relation *relation, leat_expr *one)
{
    bool is_negated = leat_sql_is_call(one, "not");
    leat_expr *asked = is_negated ? one->arguments[0] : one;
    bool is_subquery = asked->kind == LEAT_EXPR_SUBQUERY;
    for (uint32_t i = 0; i < asked->argument_count && is_subquery; i++)
        is_subquery = !leat_sql_has_subquery(asked->arguments[i]);
    if (is_subquery && leat_bytes_equal(asked->name, LEAT_BYTES("in")))
        return plan_compared(p, relation, asked, "=", is_negated);
    if (is_subquery && leat_bytes_equal(asked->name, LEAT_BYTES("exists")))
        return plan_exists(p, relation, asked, is_negated);
    bool is_quantified =
        is_subquery && asked->name.size > 3 &&
        (memcmp(asked->name.data, "any", 3) == 0 || memcmp(asked->name.data, "all", 3) == 0);
    bool is_done = false;
    if (is_quantified && !plan_quantified(p, relation, asked, is_negated, &is_done))
        return false;
    if (is_done)
        return true;
    leat_expr *condition = leat_sql_plan_values_of(p, relation, one);
    leat_bound *bound = condition == NULL
                            ? NULL
                            : leat_sql_bind_condition(p, leat_sql_schema(p, relation), condition);
    if (bound == NULL)
        return false;
    relation->out = leat_sql_filter(p, relation->out, bound, leat_sql_span(one));
    return true;
}

/* Columns that subqueries added stay behind the relation's own, hidden. */
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
