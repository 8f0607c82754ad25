/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/planner.h"

bool leat_sql_plan_over(leat_sql_planner *p, const leat_sql_select *select, leat_sql_stage *stage)
{
    (void)select;
    for (uint32_t i = 0; i < stage->expr_count; i++) {
        if (stage->exprs[i] == NULL || !leat_sql_has_over(stage->exprs[i]))
            continue;
        LEAT_SQL_REPORT(p, leat_sql_span(stage->exprs[i]), "OVER is not there yet");
        return false;
    }
    return true;
}
