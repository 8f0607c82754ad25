/* SPDX-License-Identifier: Apache-2.0
 *
 * correlate - subqueries whose rows are for the rows of an outer query. Private to common/sql.
 */
#ifndef LEAT_COMMON_SQL_CORRELATE_H
#define LEAT_COMMON_SQL_CORRELATE_H

#include "common/sql/pool.h"

/* The columns of the outer query that a SELECT reads, as expressions over its own FROM. */
typedef struct leat_sql_correlation {
    uint32_t count;
    leat_sql_carried *columns;
    leat_expr **exprs;
} leat_sql_correlation;

/* Say what the outer columns are among the pool's: the value that a condition says they equal, or
 * a further relation of all the values there are. `exprs` (some NULL) are changed accordingly. */
bool leat_sql_correlate(leat_sql_pool *pool,
                        const leat_sql_scope *scope,
                        leat_span span,
                        leat_expr **exprs,
                        uint32_t expr_count,
                        leat_sql_correlation *out);

/* An expression with the outer columns as what they are inside. */
leat_expr *
leat_sql_replace_outer(leat_sql_planner *p, leat_sql_correlation *correlation, leat_expr *expr);
/* Make the carried columns fields, which no name finds; what they must equal in `outer` columns. */
void leat_sql_show_carried(leat_sql_planner *p, leat_sql_relation *rows);
leat_expr *leat_sql_carried_condition(leat_sql_planner *p,
                                      const leat_sql_carried *carried,
                                      uint32_t column,
                                      leat_span span);
/* LATERAL over aggregates of everything: a row also for the outer rows that nothing belongs to. */
bool leat_sql_complete_lateral(leat_sql_planner *p,
                               const leat_sql_query *query,
                               const leat_sql_relation *outer,
                               leat_sql_relation *rows);
/* subquery.c: aggregates of everything: one row, whatever there is. */
bool leat_sql_is_lone_aggregate(const leat_sql_query *query);
/* The rows with a column that is true: NULL behind a LEFT JOIN says there was no match. */
void leat_sql_add_marker(leat_sql_planner *p, leat_sql_relation *rows, const leat_expr *like);
/* The item over no rows; NULL after a report. */
leat_expr *leat_sql_over_nothing(leat_sql_planner *p, leat_expr *item);
#endif
