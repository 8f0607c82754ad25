/* SPDX-License-Identifier: Apache-2.0
 *
 * sql - a script of SQL statements lowered to the logical plan of one job.
 *
 * CREATE statements fill a catalog; every INSERT, every CREATE TABLE AS and every bare SELECT (it
 * goes to `print`) becomes a sink of the job. Everything that is wrong is reported, each with its
 * place; a plan comes back only when nothing is. The plan is as written: common/plan/rewrite.h
 * makes it good. Pure: connector checks are given by the caller.
 */
#ifndef LEAT_COMMON_SQL_SQL_H
#define LEAT_COMMON_SQL_SQL_H

#include "common/plan/logical.h"
#include "common/text/diagnostic.h"

/* What a script may be loaded with; zeroed is the default. */
typedef struct leat_sql_config {
    leat_bytes name;                   /* of the job, unless the script says SET 'job.name' */
    const leat_logical_checks *checks; /* or NULL */
    bool allows_unbounded_state;       /* as if SET 'state.unbounded' = 'allow' stood first */
} leat_sql_config;

/* NULL after an error was reported. Nothing of the plan points into `source`. */
const leat_logical_plan *leat_sql_load(leat_bytes source,
                                       const leat_sql_config *config,
                                       leat_arena *arena,
                                       leat_diagnostics *diagnostics);

#endif
