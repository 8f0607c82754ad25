/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that return rows among the items of a SELECT: every row once per element. Several of
 * them step together, the shorter ones going on with NULL, as in PostgreSQL:
 *
 *     unnest(a), generate_series(f, l)
 *       ->  UNNEST generate_series(1, greatest(length of each)) as n
 *           element(a, n), CASE WHEN n <= length THEN f + (n - 1) * step END
 *
 * One inside another is expanded first.
 */
#include "common/sql/pool.h"
#include "common/sql/stage.h"

enum { SERIES_MAX = 16 };

typedef struct expanding {
    leat_sql_planner *p;
    leat_sql_relation *rows;
    uint32_t count;
    const leat_expr *calls[SERIES_MAX];
    leat_expr *values[SERIES_MAX]; /* what each is, over the expanded rows */
} expanding;

static bool has_series(const leat_expr *expr)
{
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (leat_sql_is_series(expr->arguments[i]) || has_series(expr->arguments[i]))
            return true;
    return false;
}

/* The innermost calls, each once. False: too many. */
static bool find_calls(expanding *e, const leat_expr *expr)
{
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (!find_calls(e, expr->arguments[i]))
            return false;
    if (!leat_sql_is_series(expr) || has_series(expr))
        return true;
    for (uint32_t i = 0; i < e->count; i++)
        if (leat_sql_expr_equal(e->calls[i], expr))
            return true;
    if (e->count < SERIES_MAX) {
        e->calls[e->count++] = expr;
        return true;
    }
    LEAT_SQL_REPORT(e->p, leat_sql_span(expr), "more than %d functions that return rows",
                    SERIES_MAX);
    return false;
}

static leat_expr *replace_calls(void *self, leat_expr *expr)
{
    expanding *e = self;
    for (uint32_t i = 0; i < e->count; i++)
        if (leat_sql_expr_equal(expr, e->calls[i]))
            return e->values[i];
    return leat_sql_map_children(e->p, expr, replace_calls, e);
}

/* --- Several at once. --- */

static leat_expr *node_of(
    leat_sql_planner *p, leat_expr_kind kind, const leat_expr *like, leat_expr **items, uint32_t n)
{
    leat_expr *node = leat_sql_input(p, like, 0);
    node->kind = kind;
    node->argument_count = n;
    node->arguments = leat_arena_copy(p->arena, items, n * sizeof *items);
    return node;
}

static leat_expr *
call2(leat_sql_planner *p, const leat_expr *like, const char *name, leat_expr *a, leat_expr *b)
{
    leat_expr *both[2] = {a, b};
    leat_expr *call = node_of(p, LEAT_EXPR_CALL, like, both, b == NULL ? 1 : 2);
    call->name = leat_bytes_text(name);
    return call;
}

static leat_expr *integer_of(leat_sql_planner *p, const leat_expr *like, int64_t integer)
{
    leat_expr *literal = leat_sql_input(p, like, 0);
    literal->kind = LEAT_EXPR_LITERAL;
    literal->value = (leat_value){.type = LEAT_TYPE(INT), .integer = integer};
    literal->type = literal->value.type;
    return literal;
}

static leat_expr *step_of(leat_sql_planner *p, const leat_expr *call)
{
    return call->argument_count > 2 ? call->arguments[2] : integer_of(p, call, 1);
}

/* How many elements: of NULL, none. */
static leat_expr *length_of(leat_sql_planner *p, const leat_expr *call)
{
    leat_expr *first = call->arguments[0];
    leat_expr *zero = integer_of(p, call, 0);
    if (leat_sql_is_call(call, "unnest"))
        return call2(p, call, "coalesce", call2(p, call, "cardinality", first, NULL), zero);
    leat_expr *last = call->arguments[1], *step = step_of(p, call);
    leat_expr *up =
        call2(p, call, "and", call2(p, call, ">", step, zero), call2(p, call, "<=", first, last));
    leat_expr *down =
        call2(p, call, "and", call2(p, call, "<", step, zero), call2(p, call, ">=", first, last));
    leat_expr *count =
        call2(p, call, "+", call2(p, call, "/", call2(p, call, "-", last, first), step),
              integer_of(p, call, 1));
    leat_expr *arms[] = {call2(p, call, "or", up, down), count, zero};
    return node_of(p, LEAT_EXPR_CASE, call, arms, LEAT_COUNT_OF(arms));
}

static leat_expr *
element_of(leat_sql_planner *p, const leat_expr *call, leat_expr *number, leat_expr *length)
{
    leat_expr *first = call->arguments[0];
    if (leat_sql_is_call(call, "unnest")) {
        leat_expr *index = node_of(p, LEAT_EXPR_CAST, call, &number, 1);
        index->type = LEAT_TYPE(INT);
        return call2(p, call, "element", first, index);
    }
    leat_expr *passed = call2(p, call, "-", number, integer_of(p, call, 1));
    leat_expr *value = call2(p, call, "+", first, call2(p, call, "*", passed, step_of(p, call)));
    leat_expr *arms[] = {call2(p, call, "<=", number, length), value};
    return node_of(p, LEAT_EXPR_CASE, call, arms, LEAT_COUNT_OF(arms));
}

static bool are_sized(expanding *e)
{
    for (uint32_t i = 0; i < e->count; i++) {
        const leat_expr *call = e->calls[i];
        bool is_array = leat_sql_is_call(call, "unnest");
        if (call->argument_count >= (is_array ? 1U : 2U) &&
            call->argument_count <= (is_array ? 1U : 3U))
            continue;
        LEAT_SQL_REPORT(e->p, leat_sql_span(call),
                        "expected unnest(array) or generate_series(first, last[, step])");
        return false;
    }
    return true;
}

/* The call that all of them become: the numbers up to the longest. */
static leat_expr *numbers_of(expanding *e, leat_expr **lengths)
{
    leat_sql_planner *p = e->p;
    leat_expr *longest = node_of(p, LEAT_EXPR_CALL, e->calls[0], lengths, e->count);
    longest->name = LEAT_BYTES("greatest");
    return call2(p, e->calls[0], "generate_series", integer_of(p, e->calls[0], 1), longest);
}

static bool expand_together(expanding *e)
{
    leat_sql_planner *p = e->p;
    leat_expr *lengths[SERIES_MAX];
    if (!are_sized(e))
        return false;
    for (uint32_t i = 0; i < e->count; i++)
        lengths[i] = length_of(p, e->calls[i]);
    uint32_t column = e->rows->field_count;
    leat_expr *call = numbers_of(e, lengths);
    if (!leat_sql_plan_series(p, call, false, false, e->rows))
        return false;
    for (uint32_t i = 0; i < e->count; i++)
        e->values[i] =
            element_of(p, e->calls[i], leat_sql_input(p, e->calls[i], column), lengths[i]);
    return true;
}

static bool expand(expanding *e)
{
    leat_sql_hide_rest(e->p, e->rows);
    if (e->count > 1)
        return expand_together(e);
    e->values[0] = leat_sql_input(e->p, e->calls[0], e->rows->field_count);
    return leat_sql_plan_series(e->p, e->calls[0], false, false, e->rows);
}

bool leat_sql_plan_project_set(leat_sql_planner *p,
                               leat_sql_relation *rows,
                               leat_expr **exprs,
                               uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (exprs[i] != NULL && (exprs[i] = leat_sql_name_series(p, exprs[i])) == NULL)
            return false;
    for (;;) {
        expanding e = {.p = p, .rows = rows};
        for (uint32_t i = 0; i < count; i++)
            if (exprs[i] != NULL && !find_calls(&e, exprs[i]))
                return false;
        if (e.count == 0)
            return true;
        if (!expand(&e))
            return false;
        for (uint32_t i = 0; i < count; i++)
            if (exprs[i] != NULL)
                exprs[i] = replace_calls(&e, exprs[i]);
    }
}

bool leat_sql_has_series(const leat_expr *expr)
{
    return leat_sql_is_series(expr) || has_series(expr);
}
