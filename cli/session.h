/* SPDX-License-Identifier: Apache-2.0
 *
 * session - SQL statements one after another: a catalog that grows, jobs that run, results that are
 * shown.
 *
 * Without a coordinator everything runs in this process, in a folder that goes with the session.
 * With one, INSERT and CREATE MATERIALIZED VIEW become jobs of the cluster, and a SELECT by itself
 * still runs here: its sources are read from here.
 *
 * A session is a script (common/sql/sql.h): its `context` is the text that the catalog and the
 * settings come from, and each statement is planned at its end. In a file the context is the file
 * up to the statement, so that places are those of the file.
 *
 * Thread: main.
 */
#ifndef LEAT_CLI_SESSION_H
#define LEAT_CLI_SESSION_H

#include "cli/embedded.h"
#include "cli/tap.h"
#include "common/sql/answer.h"
#include "common/sys/signals.h"

typedef enum leat_show_mode {
    LEAT_SHOW_TABLE,     /* rows; of a result that changes, those that are there */
    LEAT_SHOW_CHANGELOG, /* every change with its sign */
    LEAT_SHOW_JSON,      /* rows and changes as JSON lines */
} leat_show_mode;

typedef struct leat_session_options {
    const char *coordinator; /* URL; NULL = jobs run in this process */
    const char *files_root;  /* what relative paths of files are relative to */
    uint64_t executors;      /* threads; 0 = processors */
    leat_show_mode mode;
    bool is_interactive; /* INSERT goes on in the background; places are those of the statement */
    bool is_terminal;    /* standard output may be drawn over */
} leat_session_options;

/* A materialized view whose job runs in this process. */
typedef struct leat_session_view {
    leat_bytes name; /* in `arena`, as what the shape points to */
    leat_bytes job;
    leat_tap *tap;
    leat_arena arena;
} leat_session_view;

typedef struct leat_session {
    leat_session_options options;
    leat_connectors connectors;
    leat_buf context;
    const char *file; /* as messages name it */
    leat_signals signals;
    leat_wake changed;
    leat_taps taps;
    leat_arena arena;
    leat_buf folder; /* of the embedded cluster; empty: not open */
    leat_embedded embedded;
    LEAT_VEC(leat_session_view *) views;
    uint32_t job_count; /* given a number each */
} leat_session;

LEAT_MUST_USE leat_code leat_session_open(const leat_session_options *options,
                                          leat_session *session,
                                          leat_error *err);
/* Ends what runs in this process. */
void leat_session_close(leat_session *session);

/* Run the statements of a file, each to its end, until one fails. What is wrong is printed. */
bool leat_session_run_file(leat_session *session, const char *file, leat_bytes text);
/* Run one statement, typed by hand. */
bool leat_session_run(leat_session *session, leat_bytes statement);

/* Ask the catalog: `question` is a SHOW or DESCRIBE; nothing is printed. Answers live in `arena`;
 * false when there are none. Finish the answers either way. */
bool leat_session_ask(leat_session *session,
                      const char *question,
                      leat_arena *arena,
                      leat_sql_answers *out_answers);
/* SHOW JOBS; stop (drain) or cancel one. */
bool leat_session_show_jobs(leat_session *session);
bool leat_session_end_job(leat_session *session, leat_bytes name, bool is_cancel);

#endif
