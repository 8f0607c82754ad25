/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions over a relation. One that bounds a rank computed just below makes it a top-n: then
 * only the rows within the bound are kept, not all of them.
 */
#include "common/sql/planner.h"

/* `rank <= 3`, `rank = 1`, `3 > rank`: the column and the bound. False: another condition. */
static bool is_rank_bound(const leat_expr *one, uint32_t *out_column, uint64_t *out_limit)
{
    static const struct {
        const char *op;
        const char *mirrored;
        int64_t more;
    } ops[] = {{"<=", ">=", 0}, {"<", ">", -1}, {"=", "=", 0}};
    if (one->kind != LEAT_EXPR_CALL || one->argument_count != 2)
        return false;
    const leat_expr *a = one->arguments[0], *b = one->arguments[1];
    bool is_mirrored = a->kind == LEAT_EXPR_LITERAL;
    const leat_expr *rank = is_mirrored ? b : a, *limit = is_mirrored ? a : b;
    if (rank->kind != LEAT_EXPR_INPUT || limit->kind != LEAT_EXPR_LITERAL || limit->value.is_null ||
        limit->value.type.id != LEAT_TYPE_INT)
        return false;
    for (size_t i = 0; i < LEAT_COUNT_OF(ops); i++) {
        if (!leat_sql_is_call(one, is_mirrored ? ops[i].mirrored : ops[i].op))
            continue;
        int64_t bound = (int64_t)limit->value.integer + ops[i].more;
        bool is_first = ops[i].op[0] != '=' || bound == 1;
        *out_column = rank->column;
        *out_limit = (uint64_t)bound;
        return bound >= 1 && is_first;
    }
    return false;
}

static bool rank_kind(leat_over_function function, leat_rank_kind *out_kind)
{
    *out_kind = function == LEAT_OVER_RANK         ? LEAT_RANK_RANK
                : function == LEAT_OVER_DENSE_RANK ? LEAT_RANK_DENSE_RANK
                                                   : LEAT_RANK_ROW_NUMBER;
    return function == LEAT_OVER_ROW_NUMBER || function == LEAT_OVER_RANK ||
           function == LEAT_OVER_DENSE_RANK;
}

/* The window that the partition is of: its end among the keys, as a WINDOW or an aggregate made it.
 * Only then may rows wait for it. */
static int32_t window_end_of(const leat_sql_planner *p, const leat_logical_node *over)
{
    leat_logical_input at = over->inputs[0];
    for (;;) {
        const leat_logical_node *node = &p->nodes.items[at.node];
        const leat_schema *schema = node->outputs[at.output].schema;
        int32_t end = -1;
        if (node->outputs[at.output].changes != LEAT_CHANGES_APPEND)
            return -1;
        if (node->kind == LEAT_LOGICAL_WINDOW && !node->window.is_by_column)
            end = (int32_t)schema->field_count - 2;
        else if (node->kind == LEAT_LOGICAL_AGGREGATE && node->window.kind != LEAT_WINDOW_NONE)
            end = 1;
        for (uint32_t i = 0; i < over->key_count && end >= 0; i++)
            if (over->keys[i] == (uint16_t)end)
                return end;
        if (node->kind != LEAT_LOGICAL_FILTER)
            return -1;
        at = node->inputs[0];
    }
}

/* The rows of `relation` with rank column `column` at most `limit`: the OVER below becomes a TOP_N.
 * False: there is no such OVER. */
static bool
to_top(leat_sql_planner *p, leat_sql_relation *relation, uint32_t column, uint64_t limit)
{
    leat_logical_node project = p->nodes.items[relation->out.node];
    bool has_project = project.kind == LEAT_LOGICAL_PROJECT;
    if (has_project) {
        if (project.expressions[column]->kind != LEAT_BOUND_COLUMN)
            return false;
        column = project.expressions[column]->column;
    }
    leat_logical_input at = has_project ? project.inputs[0] : relation->out;
    leat_logical_node over = p->nodes.items[at.node];
    leat_rank_kind kind;
    if (over.kind != LEAT_LOGICAL_OVER || over.over->call_count != 1 ||
        column + 1 != over.outputs[0].schema->field_count ||
        !rank_kind(over.over->calls[0].function, &kind))
        return false;
    leat_top *top = LEAT_ARENA_NEW(p->arena, leat_top);
    *top = (leat_top){
        .kind = kind, .limit = limit, .has_rank = true, .window_end = window_end_of(p, &over)};
    leat_span span = {0, 0};
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_TOP_N, "top", span);
    node.place = over.place;
    node.input_count = 1;
    node.inputs = over.inputs;
    node.key_count = over.key_count;
    node.keys = over.keys;
    node.order_count = over.order_count;
    node.orders = over.orders;
    node.top = top;
    relation->out = leat_sql_add(p, &node, over.outputs[0].schema);
    if (has_project)
        relation->out = leat_sql_project(p, relation->out, project.outputs[0].schema->fields,
                                         project.expressions, project.expression_count, span);
    return true;
}

static leat_expr *and_of(leat_sql_planner *p, leat_expr **items, uint32_t count)
{
    if (count == 1)
        return items[0];
    leat_expr *all = leat_sql_input(p, items[0], 0);
    all->kind = LEAT_EXPR_CALL;
    all->name = LEAT_BYTES("and");
    all->argument_count = count;
    all->arguments = leat_arena_copy(p->arena, items, count * sizeof *items);
    return all;
}

bool leat_sql_plan_where(leat_sql_planner *p,
                         leat_sql_relation *relation,
                         leat_expr **conjuncts,
                         uint32_t count)
{
    uint32_t kept = 0;
    leat_expr **items = LEAT_ARENA_ARRAY(p->arena, leat_expr *, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t column;
        uint64_t limit;
        if (!is_rank_bound(conjuncts[i], &column, &limit) || !to_top(p, relation, column, limit))
            items[kept++] = conjuncts[i];
    }
    if (kept == 0)
        return true;
    leat_expr *all = and_of(p, items, kept);
    if (leat_sql_has_subquery(all))
        return leat_sql_plan_subqueries(p, relation, items, kept);
    leat_bound *condition = leat_sql_bind_condition(p, leat_sql_schema(p, relation), all);
    if (condition == NULL)
        return false;
    relation->out = leat_sql_filter(p, relation->out, condition, leat_sql_span(all));
    return true;
}
