/* SPDX-License-Identifier: Apache-2.0
 *
 * sql - a script of SQL statements lowered to the logical plan of one job.
 *
 * CREATE, ALTER and DROP change a catalog; every INSERT, every CREATE TABLE AS and every bare
 * SELECT (it goes to `print`) becomes a sink of the job; SHOW, DESCRIBE and EXPLAIN are answered.
 * Everything that is wrong is reported, each with its place; a plan comes back only when nothing
 * is. The plan is as written: common/plan/rewrite.h makes it good. Pure: connector checks are given
 * by the caller.
 *
 * A session is a script that grows: what was said before stands in front, and `settled` says how
 * far its statements only count for what they did to the catalog and the settings.
 */
#ifndef LEAT_COMMON_SQL_SQL_H
#define LEAT_COMMON_SQL_SQL_H

#include "common/plan/logical.h"
#include "common/sql/answer.h"
#include "common/text/diagnostic.h"

/* What a script may be loaded with; zeroed is the default. */
typedef struct leat_sql_config {
    leat_bytes name;                   /* of the job, unless the script says SET 'job.name' */
    const leat_logical_checks *checks; /* or NULL */
    bool allows_unbounded_state;       /* as if SET 'state.unbounded' = 'allow' stood first */
    uint32_t settled;          /* statements that begin before this byte neither run nor ask */
    leat_sql_answers *answers; /* NULL: a statement that asks is refused */
    bool keeps_views;          /* a materialized view is a sink too, `print` under its name */
} leat_sql_config;

/* NULL after an error was reported, or when there is nothing to run and something was answered or
 * changed in the catalog (then without an error). Nothing of the plan points into `source`. */
const leat_logical_plan *leat_sql_load(leat_bytes source,
                                       const leat_sql_config *config,
                                       leat_arena *arena,
                                       leat_diagnostics *diagnostics);

#endif
