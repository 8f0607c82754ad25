/* SPDX-License-Identifier: Apache-2.0
 *
 * core - the control half of a worker: membership, deployments, epochs, replicas. Sans-IO.
 *
 * Invariants (protocol.md 2.3)
 *   I1  Nothing of a generation below the one on disk is acted on.
 *   I3  DURABLE is said only after the disk said LEAT_OK for that very manifest.
 *   I4  A decision goes to disk before any slot hears of it.
 *   I14 Every loop runs over a bounded table.
 *
 * Thread: control.
 */
#ifndef LEAT_WORKER_CORE_CORE_H
#define LEAT_WORKER_CORE_CORE_H

#include "common/base/trace.h"
#include "worker/core/action.h"
#include "worker/core/event.h"

typedef struct leat_worker_core leat_worker_core;

/* What the shell knows before the first event: configuration, and what is on disk. */
typedef struct leat_worker_identity {
    leat_incarnation incarnation;
    uint64_t boot;  /* counted up on disk before this start */
    uint64_t nonce; /* random, this process only */
    uint32_t executor_count;
    char name[LEAT_NAME_MAX];
    char endpoint[LEAT_ENDPOINT_MAX];
    uint32_t job_count;
    const leat_job_memory *jobs; /* borrowed by new */
} leat_worker_identity;

leat_worker_core *leat_worker_core_new(const leat_worker_identity *identity);
void leat_worker_core_free(leat_worker_core **core);
/* What it notices goes there (story.h has the words); a zeroed tracer drops it. */
void leat_worker_core_set_tracer(leat_worker_core *core, const leat_tracer *tracer);

/* Feed one event; append what must be done to `actions`, in order. Same state, same event,
 * same actions. Takes what the event owns. */
void leat_worker_step(leat_worker_core *core,
                      leat_worker_event *event,
                      leat_worker_actions *actions);

#endif
