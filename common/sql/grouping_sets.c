/* SPDX-License-Identifier: Apache-2.0
 *
 * GROUP BY a, ROLLUP (b, c), GROUPING SETS ((d), ()): every element is a list of sets, one of each
 * is taken, and their keys together are a set of the result.
 */
#include "common/sql/stage.h"

enum { CUBE_KEYS_MAX = 8 };

typedef struct set_list {
    uint32_t count;
    leat_sql_exprs items[LEAT_SQL_GROUP_SETS_MAX];
} set_list;

static bool has_key(const leat_sql_exprs *set, const leat_expr *key)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (leat_sql_expr_equal(set->items[i], key))
            return true;
    return false;
}

static leat_sql_exprs
joined(leat_sql_planner *p, const leat_sql_exprs *left, const leat_sql_exprs *right)
{
    leat_sql_exprs both = {0};
    both.items = LEAT_ARENA_ARRAY(p->arena, leat_expr *, left->count + right->count);
    for (uint32_t i = 0; i < left->count; i++)
        both.items[both.count++] = left->items[i];
    for (uint32_t i = 0; i < right->count; i++)
        if (right->items[i]->kind != LEAT_EXPR_LITERAL && !has_key(&both, right->items[i]))
            both.items[both.count++] = right->items[i];
    return both;
}

/* The parts of ROLLUP or CUBE whose bits are set, as one set. */
static leat_sql_exprs parts_of(leat_sql_planner *p, const leat_sql_group *group, uint32_t chosen)
{
    leat_sql_exprs set = {0};
    for (uint32_t i = 0; i < group->set_count; i++)
        if (chosen >> i & 1)
            set = joined(p, &set, &group->sets[i]);
    return set;
}

static bool options_of(leat_sql_planner *p, const leat_sql_group *group, set_list *out)
{
    uint32_t parts = group->set_count;
    if (group->kind == LEAT_SQL_GROUP_PLAIN || group->kind == LEAT_SQL_GROUP_SETS) {
        out->count = LEAT_MIN(parts, (uint32_t)LEAT_SQL_GROUP_SETS_MAX);
        for (uint32_t i = 0; i < out->count; i++)
            out->items[i] = group->sets[i];
        return parts == out->count;
    }
    if (parts > CUBE_KEYS_MAX)
        return false;
    uint32_t all = (1U << parts) - 1;
    out->count = group->kind == LEAT_SQL_GROUP_CUBE ? all + 1 : parts + 1;
    for (uint32_t i = 0; i < out->count; i++) {
        uint32_t chosen = group->kind == LEAT_SQL_GROUP_CUBE ? all - i : all >> i;
        out->items[i] = parts_of(p, group, chosen);
    }
    return out->count <= LEAT_SQL_GROUP_SETS_MAX;
}

static bool multiply(leat_sql_planner *p, const set_list *options, set_list *sets)
{
    set_list *product = LEAT_ARENA_NEW(p->arena, set_list);
    if (sets->count * options->count > LEAT_SQL_GROUP_SETS_MAX)
        return false;
    for (uint32_t i = 0; i < sets->count; i++)
        for (uint32_t k = 0; k < options->count; k++)
            product->items[product->count++] = joined(p, &sets->items[i], &options->items[k]);
    *sets = *product;
    return true;
}

bool leat_sql_grouping_sets(leat_sql_planner *p,
                            const leat_sql_group *groups,
                            uint32_t group_count,
                            leat_sql_exprs **out_sets,
                            uint32_t *out_count)
{
    set_list *sets = LEAT_ARENA_NEW(p->arena, set_list);
    set_list *options = LEAT_ARENA_NEW(p->arena, set_list);
    sets->count = 1; /* of no keys */
    for (uint32_t i = 0; i < group_count; i++) {
        if (options_of(p, &groups[i], options) && multiply(p, options, sets))
            continue;
        LEAT_SQL_REPORT(p, groups[i].span, "more than %d grouping sets", LEAT_SQL_GROUP_SETS_MAX);
        return false;
    }
    *out_sets = sets->items;
    *out_count = sets->count;
    return true;
}
