/* SPDX-License-Identifier: Apache-2.0
 *
 * A call to an aggregate as it was written to a bound one: its arguments over the input's columns,
 * brought to the types that its kind folds; what its words change, and nothing where they change
 * nothing.
 */
#include "common/expr/aggregate_rules.h"
#include "common/expr/bind.h"

typedef struct call {
    leat_binder *binder;
    const leat_expr *expr;
    const leat_aggregate_rule *rule;
    leat_bound_aggregate *out;
} call;

#define REPORT(c, ...)                                                                             \
    leat_diagnostic_error((c)->binder->diagnostics, leat_bind_place((c)->binder, (c)->expr),       \
                          __VA_ARGS__)

static leat_bound *cast_to(call *c, leat_bound *bound, leat_type type)
{
    return leat_bind_cast(c->binder, c->expr, bound, type, false);
}

static bool check_words(call *c)
{
    const leat_expr *expr = c->expr;
    const leat_aggregate_rule *rule = c->rule;
    if (expr->argument_count < rule->least || expr->argument_count > rule->most) {
        REPORT(c, "%s takes %s: %s", rule->name,
               rule->most == 0   ? "no argument"
               : rule->most == 1 ? "one argument"
               : rule->most == 2 ? "two arguments"
                                 : "some arguments",
               rule->signature);
        return false;
    }
    if (rule->order == LEAT_ORDER_IS_ARGUMENT && !expr->is_within_group) {
        REPORT(c, "%s needs WITHIN GROUP (ORDER BY ...): %s", rule->name, rule->signature);
        return false;
    }
    if (rule->order == LEAT_ORDER_MEANS_NOTHING && expr->is_within_group) {
        REPORT(c, "%s takes no WITHIN GROUP", rule->name);
        return false;
    }
    if (rule->order == LEAT_ORDER_IS_ARGUMENT && (expr->is_distinct || expr->order_count != 1)) {
        REPORT(c, "%s orders by one expression, without DISTINCT", rule->name);
        return false;
    }
    if (expr->order_count > LEAT_AGGREGATE_ORDERS_MAX) {
        REPORT(c, "more than %d orders", LEAT_AGGREGATE_ORDERS_MAX);
        return false;
    }
    return true;
}

/* Fractions are the same for all rows and groups. */
static bool bind_fractions(call *c)
{
    leat_bound *bound = leat_bind(c->binder, c->expr->arguments[0]);
    if (bound == NULL)
        return false;
    bool is_array = bound->type.id == LEAT_TYPE_ARRAY;
    leat_type wanted = is_array ? leat_type_array(LEAT_TYPE(DOUBLE)) : LEAT_TYPE(DOUBLE);
    c->out->option = cast_to(c, bound, wanted);
    return c->out->option != NULL;
}

static bool check_fractions(call *c)
{
    if (leat_aggregate_is_sound(c->out))
        return true;
    REPORT(c, "the fraction of %s is a constant from 0 to 1, or an array of them", c->rule->name);
    return false;
}

static leat_bound *comma(call *c)
{
    return leat_bind_constant(c->binder->arena,
                              (leat_value){.type = LEAT_TYPE(STRING), .text = LEAT_BYTES(",")});
}

static bool bind_second(call *c)
{
    bool is_text = c->rule->kind == LEAT_AGGREGATE_STRING_AGG;
    if (c->expr->argument_count < 2) {
        c->out->option = is_text ? comma(c) : NULL;
        return true;
    }
    leat_bound *bound = leat_bind(c->binder, c->expr->arguments[1]);
    bool is_any = c->rule->kind == LEAT_AGGREGATE_JSONB_OBJECT_AGG;
    bool is_bytes = c->out->argument->type.id == LEAT_TYPE_BYTES;
    leat_type wanted = !is_text   ? LEAT_TYPE(DOUBLE)
                       : is_bytes ? LEAT_TYPE(BYTES)
                                  : LEAT_TYPE(STRING);
    c->out->option = bound == NULL || is_any ? bound : cast_to(c, bound, wanted);
    return c->out->option != NULL;
}

static leat_bound *bind_call(call *c, const char *name, leat_bound **arguments, uint32_t count)
{
    return leat_bind_call(c->binder, c->expr, leat_bytes_text(name), arguments, count);
}

/* a AND b, of which a may be none. */
static leat_bound *bind_and(call *c, leat_bound *a, leat_bound *b)
{
    leat_bound *both[] = {a, b};
    return a == NULL || b == NULL ? b : bind_call(c, "and", both, 2);
}

/* count(a, b): rows of them all, NULL where one is. */
static bool bind_several(call *c)
{
    uint32_t count = c->expr->argument_count;
    leat_bound **all = LEAT_ARENA_ARRAY(c->binder->arena, leat_bound *, count);
    leat_bound *are_there = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if ((all[i] = leat_bind(c->binder, c->expr->arguments[i])) == NULL)
            return false;
        are_there = bind_and(c, are_there, bind_call(c, "is_not_null", &all[i], 1));
    }
    leat_bound *row = bind_call(c, "row", all, count);
    if (are_there == NULL || row == NULL)
        return false;
    leat_bound *nothing =
        leat_bind_constant(c->binder->arena, (leat_value){.type = row->type, .is_null = true});
    leat_bound *arms[] = {are_there, row, nothing};
    leat_bound *either = LEAT_ARENA_NEW(c->binder->arena, leat_bound);
    *either = (leat_bound){.kind = LEAT_BOUND_CASE,
                           .type = row->type,
                           .is_nullable = true,
                           .argument_count = LEAT_COUNT_OF(arms),
                           .arguments = leat_arena_copy(c->binder->arena, arms, sizeof arms)};
    c->out->argument = either;
    return true;
}

/* Or a NULL that may become one. */
static bool is_number(leat_type type)
{
    return type.id == LEAT_TYPE_UNKNOWN || type.id == LEAT_TYPE_INT ||
           type.id == LEAT_TYPE_BIGINT || type.id == LEAT_TYPE_DECIMAL ||
           type.id == LEAT_TYPE_DOUBLE;
}

static bool bind_first(call *c, const leat_expr *argument)
{
    leat_bound *bound = leat_bind(c->binder, argument);
    if (bound == NULL)
        return false;
    bool is_name = c->rule->kind == LEAT_AGGREGATE_JSONB_OBJECT_AGG;
    bool is_text = c->rule->kind == LEAT_AGGREGATE_STRING_AGG;
    if (is_name || (is_text && bound->type.id == LEAT_TYPE_UNKNOWN))
        bound = cast_to(c, bound, LEAT_TYPE(STRING));
    else if (c->rule->takes == LEAT_TAKES_DOUBLE && is_number(bound->type))
        bound = cast_to(c, bound, LEAT_TYPE(DOUBLE));
    c->out->argument = bound;
    return bound != NULL;
}

static bool bind_orders(call *c)
{
    const leat_expr *expr = c->expr;
    leat_bound_aggregate *out = c->out;
    if (c->rule->order == LEAT_ORDER_MEANS_NOTHING)
        return true;
    out->order_count = expr->order_count;
    out->orders = LEAT_ARENA_ARRAY(c->binder->arena, leat_bound_order, expr->order_count);
    for (uint32_t i = 0; i < expr->order_count; i++) {
        const leat_expr_order *order = &expr->orders[i];
        out->orders[i].is_descending = order->is_descending;
        out->orders[i].nulls_first = order->has_nulls ? order->nulls_first : order->is_descending;
        out->orders[i].by = c->rule->order == LEAT_ORDER_IS_ARGUMENT
                                ? out->argument
                                : leat_bind(c->binder, order->by);
        if (out->orders[i].by == NULL)
            return false;
        if (out->is_distinct && !leat_bound_equal(out->orders[i].by, out->argument) &&
            !leat_bound_equal(out->orders[i].by, out->option)) {
            REPORT(c, "with DISTINCT, %s orders by its arguments", c->rule->name);
            return false;
        }
    }
    return true;
}

static bool bind_arguments(call *c)
{
    const leat_expr *expr = c->expr;
    if (c->rule->order == LEAT_ORDER_IS_ARGUMENT)
        return (c->rule->most == 0 || bind_fractions(c)) && bind_first(c, expr->orders[0].by);
    bool is_star = expr->arguments[0]->kind == LEAT_EXPR_STAR;
    if (is_star && c->rule->kind != LEAT_AGGREGATE_COUNT) {
        REPORT(c, "only count takes *");
        return false;
    }
    if (is_star) {
        c->out->kind = LEAT_AGGREGATE_COUNT_STAR;
        return true;
    }
    if (c->rule->kind == LEAT_AGGREGATE_COUNT && expr->argument_count > 1)
        return bind_several(c);
    return bind_first(c, expr->arguments[0]) && bind_second(c);
}

static bool find_result(call *c)
{
    leat_type input = c->out->argument == NULL ? LEAT_TYPE(UNKNOWN) : c->out->argument->type;
    if (leat_aggregate_result(c->out, &c->out->type))
        return true;
    leat_buf name = {0};
    leat_type_print(input, &name);
    REPORT(c, "there is no %s of %s", c->rule->name, leat_buf_text(&name));
    leat_buf_fini(&name);
    return false;
}

bool leat_bind_aggregate(leat_binder *binder, const leat_expr *expr, leat_bound_aggregate *out)
{
    call c = {binder, expr, leat_aggregate_rule_of(expr->name), out};
    *out = (leat_bound_aggregate){.kind = c.rule->kind};
    if (!check_words(&c) || !bind_arguments(&c))
        return false;
    out->is_distinct = (expr->is_distinct && !c.rule->is_same_distinct) || c.rule->is_distinct;
    if (out->is_distinct && out->kind >= LEAT_AGGREGATE_COVAR_POP &&
        out->kind <= LEAT_AGGREGATE_REGR_R2) {
        REPORT(&c, "%s(DISTINCT ...) is not supported", c.rule->name);
        return false;
    }
    if (!bind_orders(&c) || (c.rule->order == LEAT_ORDER_IS_ARGUMENT && !check_fractions(&c)))
        return false;
    if (expr->filter != NULL && (out->filter = leat_bind_condition(binder, expr->filter)) == NULL)
        return false;
    if (expr->ignores_nulls && leat_aggregate_takes_nulls(out->kind))
        out->filter = bind_and(&c, out->filter, bind_call(&c, "is_not_null", &out->argument, 1));
    return find_result(&c);
}

static bool orders_equal(const leat_bound_aggregate *a, const leat_bound_aggregate *b)
{
    if (a->order_count != b->order_count)
        return false;
    for (uint32_t i = 0; i < a->order_count; i++)
        if (a->orders[i].is_descending != b->orders[i].is_descending ||
            a->orders[i].nulls_first != b->orders[i].nulls_first ||
            !leat_bound_equal(a->orders[i].by, b->orders[i].by))
            return false;
    return true;
}

bool leat_bound_aggregate_equal(const leat_bound_aggregate *a, const leat_bound_aggregate *b)
{
    return a->kind == b->kind && a->is_distinct == b->is_distinct &&
           leat_bound_equal(a->argument, b->argument) && leat_bound_equal(a->option, b->option) &&
           leat_bound_equal(a->filter, b->filter) && orders_equal(a, b);
}
