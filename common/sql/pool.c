/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/correlate.h"

#include <strings.h>

leat_sql_pool *leat_sql_pool_new(leat_sql_planner *p)
{
    leat_sql_pool *pool = LEAT_ARENA_NEW(p->arena, leat_sql_pool);
    pool->p = p;
    return pool;
}

void leat_sql_pool_close(leat_sql_pool **pool_at)
{
    leat_sql_pool *pool = LEAT_TAKE(*pool_at);
    if (pool != NULL)
        leat_vec_fini(&pool->fields);
}

bool leat_sql_pool_add(leat_sql_pool *pool, const leat_sql_relation *relation, leat_span span)
{
    if (pool->count == LEAT_SQL_INPUTS_MAX) {
        LEAT_SQL_REPORT(pool->p, span, "more than %d tables in one FROM", LEAT_SQL_INPUTS_MAX);
        return false;
    }
    pool->relations[pool->count++] = *relation;
    for (uint32_t i = 0; i < relation->field_count; i++)
        leat_vec_push(&pool->fields, relation->fields[i]);
    pool->firsts[pool->count] = (uint32_t)pool->fields.count;
    return true;
}

bool leat_sql_pool_require(leat_sql_pool *pool, leat_expr *expr)
{
    if (expr == NULL)
        return false;
    leat_sql_conjuncts(expr, pool->conditions, &pool->condition_count, LEAT_SQL_CONJUNCTS_MAX - 1);
    if (pool->condition_count < LEAT_SQL_CONJUNCTS_MAX - 1)
        return true;
    LEAT_SQL_REPORT(pool->p, leat_sql_span(expr), "more than %d conditions",
                    LEAT_SQL_CONJUNCTS_MAX - 2);
    return false;
}

/* --- Opening. --- */

leat_expr *leat_sql_equality(leat_sql_planner *p, leat_span span, uint32_t a, uint32_t b)
{
    leat_expr at = {.offset = span.start, .length = span.end - span.start};
    leat_expr *equal = leat_sql_input(p, &at, 0);
    leat_expr *sides[2] = {leat_sql_input(p, &at, a), leat_sql_input(p, &at, b)};
    equal->kind = LEAT_EXPR_CALL;
    equal->name = LEAT_BYTES("=");
    equal->argument_count = 2;
    equal->arguments = leat_arena_copy(p->arena, sides, sizeof sides);
    return equal;
}

/* The right copy of the columns hides. */
bool leat_sql_pool_using(leat_sql_pool *pool,
                         const leat_sql_from *from,
                         uint32_t first,
                         uint32_t middle)
{
    const leat_sql_join *join = from->join;
    leat_sql_relation left = {.field_count = middle - first, .fields = pool->fields.items + first};
    leat_sql_relation right = {.field_count = (uint32_t)pool->fields.count - middle,
                               .fields = pool->fields.items + middle};
    for (uint32_t i = 0; i < right.field_count; i++) {
        bool is_named = join->is_natural;
        for (uint32_t n = 0; n < join->using_.count; n++)
            is_named |= leat_bytes_equal(join->using_.items[n].text, right.fields[i].name);
        int32_t at = is_named ? leat_sql_find_field(&left, right.fields[i].name) : -1;
        if (at < 0)
            continue;
        bool hides_left = join->kind == LEAT_SQL_JOIN_RIGHT;
        (hides_left ? &left.fields[at] : &right.fields[i])->is_hidden = true;
        (hides_left ? &right.fields[i] : &left.fields[at])->is_merged = true;
        leat_expr *equal = leat_sql_equality(pool->p, from->span, first + (uint32_t)at, middle + i);
        if (!leat_sql_pool_require(pool, equal))
            return false;
    }
    for (uint32_t n = 0; n < join->using_.count; n++) {
        if (leat_sql_find_field(&left, join->using_.items[n].text) >= 0 &&
            leat_sql_find_field(&right, join->using_.items[n].text) >= 0)
            continue;
        LEAT_SQL_REPORT(pool->p, join->using_.items[n].span, "'%.*s' is not a column of both sides",
                        LEAT_FMT(join->using_.items[n].text));
        return false;
    }
    return true;
}

static bool is_pooled(const leat_sql_from *from)
{
    return from->kind == LEAT_SQL_FROM_JOIN &&
           (from->join->kind == LEAT_SQL_JOIN_INNER || from->join->kind == LEAT_SQL_JOIN_CROSS) &&
           leat_sql_join_timing(from) == LEAT_JOIN_REGULAR;
}

static bool flatten(leat_sql_pool *pool, const leat_sql_from *from);

/* Both sides and what ON or USING says about them. */
static bool flatten_sides(leat_sql_pool *pool, const leat_sql_from *from)
{
    const leat_sql_join *join = from->join;
    uint32_t first = (uint32_t)pool->fields.count;
    if (!flatten(pool, join->left))
        return false;
    uint32_t middle = (uint32_t)pool->fields.count;
    if (!flatten(pool, join->right))
        return false;
    if (join->is_natural || join->using_.count > 0)
        return leat_sql_pool_using(pool, from, first, middle);
    if (join->on == NULL)
        return true;
    uint32_t count = (uint32_t)pool->fields.count - first;
    return leat_sql_pool_require(
        pool, leat_sql_resolve(pool->p, pool->fields.items, first, count, join->on));
}

/* LATERAL (SELECT ... t.x ...): its rows for every x of what stands before it, which are asked for
 * the x they are for. */
static bool flatten_lateral(leat_sql_pool *pool, const leat_sql_from *from)
{
    leat_sql_planner *p = pool->p;
    uint32_t before = (uint32_t)pool->fields.count;
    leat_sql_relation outer, inner;
    leat_sql_pool *left = leat_sql_pool_new(p);
    bool is_fine = true;
    for (uint32_t i = 0; i < pool->count && is_fine; i++) {
        is_fine = leat_sql_pool_add(left, &pool->relations[i], from->span);
        left->steps[i] = pool->steps[i];
    }
    for (uint32_t i = 0; i < pool->condition_count; i++)
        left->conditions[left->condition_count++] = pool->conditions[i];
    is_fine = is_fine && leat_sql_pool_join(left, from->span, &outer);
    leat_sql_pool_close(&left);
    if (!is_fine || !leat_sql_plan_lateral(p, from->query, &outer, &inner) ||
        !leat_sql_complete_lateral(p, from->query, &outer, &inner) ||
        !leat_sql_rename_fields(p, from, &inner))
        return false;
    leat_sql_show_carried(p, &inner);
    if (!leat_sql_pool_add(pool, &inner, from->span))
        return false;
    uint32_t first = before + inner.field_count - inner.carried_count;
    for (uint32_t i = 0; i < inner.carried_count; i++)
        if (!leat_sql_pool_require(
                pool, leat_sql_carried_condition(p, &inner.carried[i], first + i, from->span)))
            return false;
    return true;
}

static bool flatten(leat_sql_pool *pool, const leat_sql_from *from)
{
    if (is_pooled(from))
        return flatten_sides(pool, from);
    leat_sql_relation relation;
    if (from->kind == LEAT_SQL_FROM_FUNCTION && pool->count > 0) {
        if (!leat_sql_series_fields(pool->p, from, &relation) ||
            !leat_sql_rename_fields(pool->p, from, &relation) ||
            !leat_sql_pool_add(pool, &relation, from->span))
            return false;
        pool->steps[pool->count - 1] = from;
        return true;
    }
    if (from->kind == LEAT_SQL_FROM_QUERY && from->is_lateral && pool->count > 0)
        return flatten_lateral(pool, from);
    return leat_sql_plan_relation(pool->p, from, &relation) &&
           leat_sql_pool_add(pool, &relation, from->span);
}

leat_sql_pool *leat_sql_pool_open(leat_sql_planner *p, const leat_sql_from *from)
{
    leat_sql_pool *pool = leat_sql_pool_new(p);
    const leat_sql_scope *outer = p->outer;
    p->outer = NULL;
    bool is_fine = flatten(pool, from);
    p->outer = outer;
    if (!is_fine)
        leat_sql_pool_close(&pool);
    return pool;
}

/* --- The order of joins. --- */

/* The relation that column is of. */
static uint32_t relation_of(const leat_sql_pool *pool, uint32_t column)
{
    uint32_t i = 0;
    while (pool->firsts[i + 1] <= column)
        i++;
    return i;
}

static void mark_relations(const leat_sql_pool *pool, const leat_expr *expr, bool *is_read)
{
    if (expr->kind == LEAT_EXPR_INPUT)
        is_read[relation_of(pool, expr->column)] = true;
    for (uint32_t i = 0; i < expr->argument_count; i++)
        mark_relations(pool, expr->arguments[i], is_read);
}

/* An equality between `next` and relations that are taken already. */
static bool links(const leat_sql_pool *pool, const leat_expr *one, uint32_t next, const bool *taken)
{
    bool is_read[LEAT_SQL_INPUTS_MAX] = {false};
    if (!leat_sql_is_call(one, "=") || leat_sql_has_subquery(one))
        return false;
    mark_relations(pool, one, is_read);
    bool has_other = false;
    for (uint32_t i = 0; i < pool->count; i++) {
        has_other |= is_read[i] && taken[i];
        if (is_read[i] && !taken[i] && i != next)
            return false;
    }
    return is_read[next] && has_other;
}

static bool is_linked(const leat_sql_pool *pool, uint32_t next, const bool *taken)
{
    for (uint32_t i = 0; i < pool->condition_count; i++)
        if (links(pool, pool->conditions[i], next, taken))
            return true;
    return false;
}

/* As written, unless that asks for every pair where another order does not. A step stays behind
 * everything that stands before it. False: as written. */
static bool choose_order(const leat_sql_pool *pool, uint32_t *order)
{
    bool taken[LEAT_SQL_INPUTS_MAX] = {false};
    bool is_changed = false;
    for (uint32_t n = 0; n < pool->count; n++) {
        uint32_t first = 0;
        while (taken[first])
            first++;
        uint32_t next = first;
        while (n > 0 && next < pool->count &&
               (taken[next] || pool->steps[next] != NULL || !is_linked(pool, next, taken)))
            next = pool->steps[next] != NULL && !taken[next] ? pool->count : next + 1;
        if (next == pool->count || pool->steps[first] != NULL)
            next = first;
        taken[next] = true;
        order[n] = next;
        is_changed |= next != n;
    }
    return is_changed;
}

/* The columns of `expr`, renumbered; a copy. */
static leat_expr *moved(leat_sql_planner *p, const leat_expr *expr, const uint32_t *to)
{
    leat_expr *copy = leat_sql_expr_copy(p, expr);
    if (expr->kind == LEAT_EXPR_INPUT)
        copy->column = to[expr->column];
    for (uint32_t i = 0; i < copy->argument_count; i++)
        copy->arguments[i] = moved(p, expr->arguments[i], to);
    return copy;
}

/* A pool with the relations in that order; to[old column] = new one. */
static leat_sql_pool *reordered(const leat_sql_pool *pool, const uint32_t *order, uint32_t *to)
{
    leat_sql_pool *other = leat_sql_pool_new(pool->p);
    for (uint32_t n = 0; n < pool->count; n++) {
        uint32_t old = pool->firsts[order[n]], now = (uint32_t)other->fields.count;
        for (uint32_t c = 0; c < pool->relations[order[n]].field_count; c++)
            to[old + c] = now + c;
        leat_sql_pool_add(other, &pool->relations[order[n]], (leat_span){0, 0});
        other->steps[n] = pool->steps[order[n]];
    }
    for (uint32_t i = 0; i < pool->condition_count; i++)
        other->conditions[other->condition_count++] = moved(pool->p, pool->conditions[i], to);
    return other;
}

/* --- Joining. --- */

/* The conditions that read only columns [first, end), and with them some of [new_first, end). */
static uint32_t take_conditions(
    leat_sql_pool *pool, uint32_t first, uint32_t new_first, uint32_t end, leat_expr **out_taken)
{
    uint32_t taken = 0, kept = 0;
    for (uint32_t i = 0; i < pool->condition_count; i++) {
        leat_expr *one = pool->conditions[i];
        uint32_t low, high;
        bool fits = leat_sql_inputs(one, &low, &high) && low >= first && high < end &&
                    high >= new_first && !leat_sql_has_subquery(one);
        if (fits)
            out_taken[taken++] = one;
        else
            pool->conditions[kept++] = one;
    }
    pool->condition_count = kept;
    return taken;
}

static bool filter_one(leat_sql_pool *pool, uint32_t index)
{
    leat_expr *taken[LEAT_SQL_CONJUNCTS_MAX];
    uint32_t first = pool->firsts[index];
    if (pool->steps[index] != NULL)
        return true;
    uint32_t count = take_conditions(pool, first, first, pool->firsts[index + 1], taken);
    for (uint32_t i = 0; i < count; i++) {
        taken[i] = leat_sql_deep_copy(pool->p, taken[i]);
        leat_sql_shift(taken[i], first);
    }
    return leat_sql_plan_where(pool->p, &pool->relations[index], taken, count);
}

static bool join_one(leat_sql_pool *pool, uint32_t i, leat_span span, leat_sql_relation *out)
{
    leat_expr *taken[LEAT_SQL_CONJUNCTS_MAX];
    const leat_sql_from *step = pool->steps[i];
    if (step != NULL) {
        leat_expr *call =
            leat_sql_resolve(pool->p, pool->fields.items, 0, pool->firsts[i], step->call);
        if (call == NULL || !leat_sql_plan_series(pool->p, call, false, step->has_ordinality, out))
            return false;
    }
    uint32_t count = take_conditions(pool, 0, pool->firsts[i], pool->firsts[i + 1], taken);
    if (step != NULL)
        return leat_sql_plan_where(pool->p, out, taken, count);
    leat_sql_join_args args = {.kind = LEAT_JOIN_INNER,
                               .left = *out,
                               .right = pool->relations[i],
                               .conditions = taken,
                               .condition_count = count,
                               .span = span};
    return leat_sql_make_join(pool->p, &args, out);
}

static bool join_in_order(leat_sql_pool *pool, leat_span span, leat_sql_relation *out)
{
    for (uint32_t i = 0; i < pool->count; i++)
        if (!filter_one(pool, i))
            return false;
    *out = pool->relations[0];
    for (uint32_t i = 1; i < pool->count; i++)
        if (!join_one(pool, i, span, out))
            return false;
    return true;
}

/* The columns of `out` in the order of the pool's fields again. */
static void restore(leat_sql_pool *pool, const uint32_t *to, leat_span span, leat_sql_relation *out)
{
    const leat_schema *schema = leat_sql_schema(pool->p, out);
    uint32_t count = (uint32_t)pool->fields.count;
    leat_field *fields = LEAT_ARENA_ARRAY(pool->p->arena, leat_field, count);
    leat_bound **bound = LEAT_ARENA_ARRAY(pool->p->arena, leat_bound *, count);
    for (uint32_t i = 0; i < count; i++) {
        leat_expr input = {.kind = LEAT_EXPR_INPUT, .column = to[i]};
        fields[i] = schema->fields[to[i]];
        bound[i] = leat_sql_bind(pool->p, schema, &input);
    }
    out->out = leat_sql_project(pool->p, out->out, fields, bound, count, span);
    int32_t start = -1, end = -1;
    for (uint32_t i = 0; i < count; i++) {
        start = (int32_t)to[i] == out->window_start ? (int32_t)i : start;
        end = (int32_t)to[i] == out->window_end ? (int32_t)i : end;
    }
    out->window_start = start;
    out->window_end = end;
}

static bool
join_reordered(leat_sql_pool *pool, const uint32_t *order, leat_span span, leat_sql_relation *out)
{
    uint32_t count = (uint32_t)pool->fields.count;
    uint32_t *to = LEAT_ARENA_ARRAY(pool->p->arena, uint32_t, count);
    uint32_t *back = LEAT_ARENA_ARRAY(pool->p->arena, uint32_t, count);
    leat_sql_pool *other = reordered(pool, order, to);
    bool is_fine = join_in_order(other, span, out);
    for (uint32_t i = 0; i < count; i++)
        back[to[i]] = i;
    pool->condition_count = other->condition_count;
    for (uint32_t i = 0; i < other->condition_count; i++)
        pool->conditions[i] = moved(pool->p, other->conditions[i], back);
    leat_sql_pool_close(&other);
    if (is_fine)
        restore(pool, to, span, out);
    return is_fine;
}

bool leat_sql_pool_join(leat_sql_pool *pool, leat_span span, leat_sql_relation *out)
{
    uint32_t order[LEAT_SQL_INPUTS_MAX];
    bool is_fine = choose_order(pool, order) ? join_reordered(pool, order, span, out)
                                             : join_in_order(pool, span, out);
    if (!is_fine)
        return false;
    out->field_count = (uint32_t)pool->fields.count;
    out->fields = leat_arena_copy(pool->p->arena, pool->fields.items,
                                  pool->fields.count * sizeof *pool->fields.items);
    return leat_sql_plan_where(pool->p, out, pool->conditions, pool->condition_count);
}
