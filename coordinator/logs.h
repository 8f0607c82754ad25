/* SPDX-License-Identifier: Apache-2.0
 *
 * logs - the newest log lines of the coordinator and of every worker, to be read in one place.
 *
 * Workers send what their ring has, all of it again after a reconnect; what is known already is
 * dropped by its position, what is missing is said as a line of its own. So the lines of a worker
 * outlive it, and a coordinator that was started again has those of every worker.
 *
 * Thread: take: control; print: any.
 */
#ifndef LEAT_COORDINATOR_LOGS_H
#define LEAT_COORDINATOR_LOGS_H

#include "common/base/buf.h"
#include "common/obs/log_ring.h"

enum { LEAT_LOGS_LINES_DEFAULT = 200, LEAT_LOGS_LINES_MAX = 10000 };

typedef struct leat_logs leat_logs;

/* `own`: the coordinator's own lines; borrowed, NULL = none. */
leat_logs *leat_logs_new(leat_log_ring *own);
void leat_logs_free(leat_logs **logs); /* NULL inside is fine */

/* Bytes of common/obs/log_wire from `worker`, whose process is told apart by `nonce`.
 * LEAT_CORRUPT: damaged; the lines before it are taken. */
LEAT_MUST_USE leat_code
leat_logs_take(leat_logs *logs, uint32_t worker, uint64_t nonce, leat_bytes lines, leat_error *err);

typedef struct leat_logs_query {
    bool has_job; /* lines of `job`, and warnings that are of no job */
    uint32_t job;
    bool has_worker; /* lines of `worker`; 0 = the coordinator */
    uint32_t worker;
    leat_log_level level; /* and above */
    uint64_t after;       /* `next` of an earlier answer; 0 = from the start */
    uint64_t count_max;   /* the newest so many */
} leat_logs_query;

/* Append {"lines": [{time, level, worker, job, text}, ...], "next": N}, by time. */
void leat_logs_print(leat_logs *logs, const leat_logs_query *query, leat_buf *out);

#endif
