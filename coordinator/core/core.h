/* SPDX-License-Identifier: Apache-2.0
 *
 * core - the coordinator's mind: members, jobs, generations, epochs. Sans-IO.
 *
 * What it must not forget it says as RECORD actions before anybody hears of it; replaying the
 * records into a new core rebuilds everything that matters (members, jobs, assignments,
 * completed epochs). What is not recorded (sessions, who is READY, the open epoch) is asked
 * for again: after a restart every running job gets one new generation.
 *
 * Invariants
 *   C1  At most one epoch of a job is open; epoch numbers and generations are never reused.
 *   C2  An epoch is completed only when the owner and every in-sync standby of every slot said
 *       DURABLE for it, in this generation, with one hash per slot.
 *   C3  Whoever counts as in sync with a slot can restore the job's last completed epoch.
 *   C4  A worker that lost its disk is another worker: ids go with incarnations.
 *
 * Thread: the coordinator's control thread.
 */
#ifndef LEAT_COORDINATOR_CORE_CORE_H
#define LEAT_COORDINATOR_CORE_CORE_H

#include "common/base/error.h"
#include "common/base/trace.h"
#include "coordinator/core/action.h"
#include "coordinator/core/event.h"

typedef struct leat_coord_core leat_coord_core;

typedef struct leat_coord_options {
    int64_t replica_wait_ms;  /* how long to wait for absent replicas before HALTED; 0 = 30 s */
    int64_t epoch_timeout_ms; /* 0 = max(10 x interval, 30 s) */
    int64_t settle_ms;        /* after a start: wait this long for workers to say HELLO; 0 = 500 */
    uint64_t compact_every;   /* records between two compactions of the log; 0 = 4096 */
} leat_coord_options;

leat_coord_core *leat_coord_core_new(const leat_coord_options *options);
void leat_coord_core_free(leat_coord_core **core);
/* What it notices goes there (story.h has the words); a zeroed tracer drops it. */
void leat_coord_core_set_tracer(leat_coord_core *core, const leat_tracer *tracer);

/* Before the first step: feed the log, oldest first. LEAT_CORRUPT names the record. */
LEAT_MUST_USE leat_code leat_coord_replay(leat_coord_core *core,
                                          leat_bytes record,
                                          leat_error *err);

/* Feed one event; append what must be done to `actions`, in order. Same state, same event,
 * same actions. Takes what the event owns. The first event starts the clock. */
void leat_coord_step(leat_coord_core *core, leat_coord_event *event, leat_coord_actions *actions);

#endif
