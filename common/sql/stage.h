/* SPDX-License-Identifier: Apache-2.0
 *
 * stage - the steps of a SELECT between FROM and its items: grouping, OVER. Private to common/sql.
 */
#ifndef LEAT_COMMON_SQL_STAGE_H
#define LEAT_COMMON_SQL_STAGE_H

#include "common/sql/planner.h"

/* What the items, HAVING, QUALIFY and ORDER BY of a SELECT are, while its rows take shape. */
typedef struct leat_sql_stage {
    leat_sql_relation rows;
    uint32_t expr_count;
    leat_expr **exprs; /* over rows; NULL where there is none */
} leat_sql_stage;

/* grouping_sets.c: the sets of keys that GROUP BY multiplies out to, over resolved expressions.
 * Constants and repeated keys of a set are left out. */
bool leat_sql_grouping_sets(leat_sql_planner *p,
                            const leat_sql_group *groups,
                            uint32_t group_count,
                            leat_sql_exprs **out_sets,
                            uint32_t *out_count);
/* Group: the expressions are over the grouped rows afterwards. */
bool leat_sql_plan_group(leat_sql_planner *p,
                         const leat_sql_select *select,
                         const leat_sql_exprs *sets,
                         uint32_t set_count,
                         leat_sql_stage *stage);
/* A copy where OVER w is what WINDOW w AS says. */
leat_expr *
leat_sql_name_windows(leat_sql_planner *p, const leat_sql_select *select, const leat_expr *expr);
/* Calls with OVER become columns of the rows. */
bool leat_sql_plan_over(leat_sql_planner *p, leat_sql_stage *stage);

/* project_set.c: functions that return rows become columns, and rows. Some of exprs are NULL. */
bool leat_sql_plan_project_set(leat_sql_planner *p,
                               leat_sql_relation *rows,
                               leat_expr **exprs,
                               uint32_t count);
bool leat_sql_has_series(const leat_expr *expr);

#endif
