/* SPDX-License-Identifier: Apache-2.0
 *
 * embedded - a coordinator and a worker in this process, joined over inproc: what `leat run` and
 * `leat sql` run their jobs on.
 *
 * The data folder remembers jobs and state. Threads start with `open`: signals are set up before.
 *
 * Thread: main.
 */
#ifndef LEAT_CLI_EMBEDDED_H
#define LEAT_CLI_EMBEDDED_H

#include "common/sys/wake.h"
#include "coordinator/coordinator.h"
#include "worker/worker.h"

typedef struct leat_embedded_options {
    const char *data;        /* folder; coordinator/ and worker/ are made in it */
    const char *files_root;  /* what relative paths of files are relative to */
    uint32_t executor_count; /* 0 = processors */
    const char *name;        /* of the worker, in the log */
    const leat_connectors *connectors;
    leat_worker_print *print;
    void *print_self;
    leat_wake *changed; /* rung when a job changed or the worker ended */
} leat_embedded_options;

typedef struct leat_embedded {
    leat_transport *transport;
    leat_coordinator *coordinator;
    leat_worker *worker;
} leat_embedded;

/* `close` is wanted either way. Errors: those of both parts' `open` and `start`. */
LEAT_MUST_USE leat_code leat_embedded_open(const leat_embedded_options *options,
                                           leat_embedded *embedded,
                                           leat_error *err);
void leat_embedded_close(leat_embedded *embedded);

/* It cannot go on: the data folder cannot be written. */
bool leat_embedded_has_ended(const leat_embedded *embedded);

/* Give a command on the job `name`; takes what the command owns. Errors: the coordinator's. */
LEAT_MUST_USE leat_code leat_embedded_command(const leat_embedded *embedded,
                                              leat_bytes name,
                                              leat_command *command,
                                              leat_error *err);
/* The command that submits this plan: one copy of the state, as there is one worker.
 * `parallelism` 0: as the plan says. */
leat_command
leat_embedded_submission(const leat_logical_plan *plan, leat_blob *wire, uint32_t parallelism);

/* A job that runs no more, and will not by itself. */
bool leat_job_is_over(leat_job_state state);

#endif
