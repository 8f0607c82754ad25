/* SPDX-License-Identifier: Apache-2.0
 *
 * worker - one worker: a data folder, a control thread around worker_core, executors, courier,
 * journal and merge. The same for `leat worker` and inside `leat run`.
 *
 * The control thread polls, steps the core and performs its actions; it sees no batch and touches
 * no disk. Life: open (locks the folder, counts the start) -> start (threads run, dials the
 * coordinator) -> [terminate] -> wait -> close.
 */
#ifndef LEAT_WORKER_WORKER_H
#define LEAT_WORKER_WORKER_H

#include "common/obs/log_ring.h"
#include "common/transport/transport.h"
#include "worker/connectors/base/connector.h"
#include "worker/crew.h"

typedef struct leat_worker leat_worker;

typedef struct leat_worker_options {
    leat_transport *transport; /* outlives the worker */
    const char *coordinator;   /* control endpoint: "tcp://HOST:PORT" or "inproc://NAME" */
    const char *data_folder;   /* made when missing */
    const char *files_root;    /* what relative file paths are relative to */
    const char *listen;        /* data endpoint to bind; NULL = no neighbours (leat run) */
    const char *advertise;     /* host that others reach it by; NULL = as bound */
    const char *name;          /* for people; NULL = host name and process */
    uint32_t executor_count;   /* 0 = processors */
    leat_log_ring *log_ring;   /* its lines go to the coordinator; borrowed, NULL = they do not */
    const leat_connectors *connectors;
    leat_worker_print *print;
    void *print_self;
} leat_worker_options;

/* Errors: LEAT_BUSY the folder or the address is in use; LEAT_INVALID, LEAT_IO, LEAT_NO_SPACE. */
LEAT_MUST_USE leat_code leat_worker_open(const leat_worker_options *options,
                                         leat_worker **out_worker,
                                         leat_error *err);
LEAT_MUST_USE leat_code leat_worker_start(leat_worker *worker, leat_error *err);

/* Leave in order: hand over, last epoch, then end; at most `drain_ms`. Thread: any. */
void leat_worker_terminate(leat_worker *worker, int64_t drain_ms);
/* End now, as a crash would but with closed files: the state is what the disk has. Thread: any. */
void leat_worker_abandon(leat_worker *worker);

bool leat_worker_has_ended(const leat_worker *worker); /* Thread: any */
/* Rung when it ends by itself (terminate, refusal): for whoever polls. NULL = nobody. Before
 * start. */
void leat_worker_set_end_wake(leat_worker *worker, leat_wake *wake);

/* Wait for the control thread; what the core said at its end (LEAT_OK = left in order). */
leat_code leat_worker_wait(leat_worker *worker);
void leat_worker_close(leat_worker **worker); /* NULL inside is fine; waits */

#endif
