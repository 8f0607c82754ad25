/* SPDX-License-Identifier: Apache-2.0
 *
 * join - one join of two relations, from conditions to a logical node. Private to common/sql.
 */
#ifndef LEAT_COMMON_SQL_JOIN_H
#define LEAT_COMMON_SQL_JOIN_H

#include "common/sql/planner.h"

typedef struct leat_sql_join_args {
    leat_join_kind kind;
    leat_join_timing timing; /* REGULAR: INTERVAL or WINDOW when the conditions say so */
    leat_sql_relation left;
    leat_sql_relation right;
    uint32_t condition_count;
    leat_expr **conditions; /* all must hold; over left columns, then right columns */
    leat_span span;
} leat_sql_join_args;

/* The names of the output are those of the sides. */
bool leat_sql_make_join(leat_sql_planner *p, leat_sql_join_args *args, leat_sql_relation *out);

#endif
