/* SPDX-License-Identifier: Apache-2.0
 *
 * pool - the relations of one FROM and all conditions that join or filter them. Private to
 * common/sql.
 *
 * Inner and cross joins in one another are one list of relations and one pool of conditions,
 * WHERE's included; every condition is used as soon as what it reads is there: on one relation
 * before it is joined, on a join, or above. Outer joins are relations of their own.
 *
 * A relation may be a step: a function of the columns before it, like UNNEST(t.tags), that is
 * applied to what is joined so far.
 */
#ifndef LEAT_COMMON_SQL_POOL_H
#define LEAT_COMMON_SQL_POOL_H

#include "common/sql/join.h"

typedef struct leat_sql_pool {
    leat_sql_planner *p;
    uint32_t count; /* relations */
    leat_sql_relation relations[LEAT_SQL_INPUTS_MAX];
    const leat_sql_from *steps[LEAT_SQL_INPUTS_MAX]; /* NULL: relations[i] stands by itself */
    uint32_t firsts[LEAT_SQL_INPUTS_MAX + 1];        /* column where each starts */
    LEAT_VEC(leat_sql_field) fields;
    uint32_t condition_count;
    leat_expr *conditions[LEAT_SQL_CONJUNCTS_MAX];
} leat_sql_pool;

/* A pool with the relations and ON conditions of `from`. NULL after a report. */
leat_sql_pool *leat_sql_pool_open(leat_sql_planner *p, const leat_sql_from *from);
leat_sql_pool *leat_sql_pool_new(leat_sql_planner *p);
void leat_sql_pool_close(leat_sql_pool **pool);
bool leat_sql_pool_add(leat_sql_pool *pool, const leat_sql_relation *relation, leat_span span);
/* The conjuncts of an expression over the pool's fields; NULL was reported before. */
bool leat_sql_pool_require(leat_sql_pool *pool, leat_expr *expr);
leat_expr *leat_sql_equality(leat_sql_planner *p, leat_span span, uint32_t a, uint32_t b);
/* USING and NATURAL between the columns [first, middle) and those from `middle` on. */
bool leat_sql_pool_using(leat_sql_pool *pool,
                         const leat_sql_from *from,
                         uint32_t first,
                         uint32_t middle);
/* Everything joined, in an order that has a condition for every join where there is one; the
 * columns are the pool's fields, in their order. */
bool leat_sql_pool_join(leat_sql_pool *pool, leat_span span, leat_sql_relation *out);

/* from.c: one item of FROM that stands by itself. */
bool leat_sql_plan_relation(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out);
bool leat_sql_rename_fields(leat_sql_planner *p,
                            const leat_sql_from *from,
                            leat_sql_relation *relation);
leat_join_timing leat_sql_join_timing(const leat_sql_from *from);
int32_t leat_sql_find_field(const leat_sql_relation *relation, leat_bytes name); /* or -1 */

/* unnest.c */

/* UNNEST(...), generate_series(...): whether it is one, its columns, and its rows beside those of
 * `rows`, whose columns are `fields`. Outer: a row without elements stays. */
bool leat_sql_is_series(const leat_expr *call);
/* A map: other functions that return rows, by UNNEST of what they gather. */
leat_expr *leat_sql_name_series(void *planner, leat_expr *expr);
bool leat_sql_series_fields(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out);
bool leat_sql_plan_series(leat_sql_planner *p,
                          const leat_expr *call,
                          bool is_outer,
                          bool has_ordinality,
                          leat_sql_relation *rows);

#endif
