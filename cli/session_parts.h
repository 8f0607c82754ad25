/* SPDX-License-Identifier: Apache-2.0
 *
 * session_parts - what the files of a session share. Private to them.
 */
#ifndef LEAT_CLI_SESSION_PARTS_H
#define LEAT_CLI_SESSION_PARTS_H

#include "cli/load.h"
#include "cli/session.h"
#include "common/sql/statement.h"

/* A statement while it is carried out. */
typedef struct leat_session_step {
    leat_arena arena;
    leat_buf text; /* context and statement */
    uint32_t settled;
    leat_bytes statement;             /* in text */
    const leat_sql_statement *parsed; /* NULL: it cannot be parsed, or is several */
    bool is_empty;                    /* a remark */
    const char *job;                  /* the name of its job, unless SET 'job.name' says another */
    const leat_logical_plan *plan;    /* as written; NULL: there is nothing to run */
} leat_session_step;

void leat_session_say(const char *format, ...) LEAT_PRINTF(1, 2); /* "leat sql: ...", stderr */

/* Load text with this context; what is said is printed unless `is_quiet`. */
typedef struct leat_session_load {
    leat_bytes text;
    uint32_t settled;
    const char *job;
    bool allows_unbounded_state;
    bool keeps_views;
    bool is_quiet;
} leat_session_load;

/* False after an error. A plan may be NULL where nothing runs. */
bool leat_session_plan(leat_session *session,
                       const leat_session_load *load,
                       leat_arena *arena,
                       leat_sql_answers *answers,
                       const leat_logical_plan **out_plan);

/* session_jobs.c */

/* The cluster in this process, opened when first needed; NULL after an error was printed. */
const leat_embedded *leat_session_embedded(leat_session *session);
/* Submit to it; false after an error was printed. */
bool leat_session_submit(leat_session *session, const leat_physical_plan *plan, leat_bytes name);
/* As last known; false: there is no such job. */
bool leat_session_look(leat_session *session, leat_bytes name, leat_job_view *out_job);
/* Run what the step planned as a job: here, or on the cluster. */
bool leat_session_run_job(leat_session *session, const leat_session_step *step);
/* CREATE MATERIALIZED VIEW, and what becomes of its job when it is dropped. */
bool leat_session_keep_view(leat_session *session, leat_session_step *step);
void leat_session_drop_view(leat_session *session, leat_bytes name);
leat_session_view *leat_session_find_view(const leat_session *session, leat_bytes name);
/* Wait until something changed: a signal, or 0. */
int leat_session_wait(leat_session *session, int64_t timeout_ms);
/* The only sink of the plan becomes a tap's; the plan to run is out_plan, in `arena`. */
leat_tap *leat_session_tap(leat_session *session,
                           const leat_logical_plan *plan,
                           bool is_kept,
                           leat_arena *arena,
                           const leat_physical_plan **out_plan);

/* session_query.c */

/* SELECT: show what comes until it ends or is interrupted. */
bool leat_session_query(leat_session *session, const leat_session_step *step);

#endif
