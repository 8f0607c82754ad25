/* SPDX-License-Identifier: Apache-2.0
 *
 * slot - one parallel share of a job: a task of every stage, stepped as one pure machine.
 *
 * Event in, actions out. A slot owns the state of its key groups, its source splits and its sink
 * parts; it never touches a file, a clock or a socket (sources read through their connector).
 * Whoever drives it -- an executor thread, the simulator, a test -- performs the actions strictly
 * in order and reports completions as events.
 *
 * Life: new (= OPEN) -> RUN until READY goes up (restore, then publish the listed sink handles)
 * -> START -> rows, barriers, decisions -> free (= CLOSE). A slot that said CANNOT, FAILED or GAP
 * does nothing any more: it waits to be freed.
 *
 * Invariants
 *   S1  Nothing of epoch E + 1 touches a stage's state before the stage has aligned E.
 *   S2  FROZEN(E) goes up after every CHUNK of E, and after the disk confirmed the FILE_SEAL of
 *       every sink part of E.
 *   S3  A part is published (FILE_PUBLISH) only when its epoch is decided, or at restore, where
 *       its handle in the state proves the same.
 *   S4  A handle leaves the state only in an epoch after its publication was confirmed.
 *   S5  What is queued, under construction, and written but not confirmed is bounded by the
 *       limits; a slot that is at a limit withholds credit and does not poll.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_EXEC_SLOT_H
#define LEAT_WORKER_EXEC_SLOT_H

#include "common/base/vec.h"
#include "common/plan/physical.h"
#include "worker/connectors/base/connector.h"
#include "worker/core/message.h"
#include "worker/core/slot_link.h"
#include "worker/state/record.h"

typedef struct leat_slot leat_slot;

/* A zero means the default. */
typedef struct leat_slot_limits {
    uint32_t batch_rows;     /* polled or sent at once, at least 2 (an update is two): 4096 */
    uint32_t batch_bytes;    /* a batch under construction goes at this size: 256 KiB */
    uint32_t builder_bytes;  /* all batches under construction: 4 MiB */
    uint32_t inbox_bytes;    /* received and not processed, shared by a task's inputs: 8 MiB */
    uint32_t channel_bytes;  /* in flight on one channel at most: 1 MiB */
    uint32_t gather_rows;    /* state rows gathered in one slice: 4096 */
    uint32_t sink_bytes;     /* written to parts and not confirmed by the disk: 8 MiB */
    uint64_t dirty_bytes;    /* of state that the next delta carries; sources wait above: 256 MiB */
    uint32_t flush_after_us; /* a row waits at most this long for its batch to fill: 5 ms */
} leat_slot_limits;

/* Where state comes back from: the journal and base of this worker, read-only. */
typedef struct leat_slot_store {
    void *self;
    /* Visit one key group as of the deployment's restore epoch: records that give the state when
     * applied one after the other, PUT, REMOVE and DROP_PANE among them (worker/state/restore.h).
     * One call is one slice of the restore.
     * Errors (LEAT_CORRUPT, LEAT_IO, LEAT_NOT_FOUND): the slot says CANNOT with the text. */
    leat_code (*restore)(void *self,
                         uint32_t key_group,
                         leat_record_visit *visit,
                         void *visit_self,
                         leat_error *err);
} leat_slot_store;

typedef struct leat_slot_args {
    const leat_physical_plan *plan; /* of deployment->plan, decoded once per worker and generation:
                                     * outlives every slot and batch of the generation */
    leat_deployment *deployment;    /* the slot takes a reference of its own */
    uint32_t slot;
    const leat_connectors *connectors; /* borrowed until free */
    const leat_slot_store *store;      /* borrowed until free; NULL when restore_epoch is 0 */
    const char *files_root;            /* handed to sources; borrowed until free */
    leat_slot_limits limits;
} leat_slot_args;

typedef enum leat_slot_event_kind {
    LEAT_SLOT_MESSAGE, /* from a slot (not itself) of the same job */
    LEAT_SLOT_DOWN,    /* from the worker core: START, BARRIER, DECIDED, SPLITS, DRAIN, DISK_DONE */
    LEAT_SLOT_RUN,     /* do one bounded slice of work */
} leat_slot_event_kind;

/* The step takes what the event owns and zeroes it there. */
typedef struct leat_slot_event {
    leat_slot_event_kind kind;
    leat_time now_us;   /* wall clock: for sources (max_future, polls), and processing time */
    uint64_t steady_us; /* monotonic: for every interval */
    union {
        leat_message message; /* MESSAGE */
        leat_down down;       /* DOWN */
    };
} leat_slot_event;

typedef enum leat_slot_action_kind {
    LEAT_SLOT_SEND,  /* `message` to the slot leat_message_target() names; never itself */
    LEAT_SLOT_UP,    /* `up` to the worker core */
    LEAT_SLOT_PRINT, /* show whole lines to the user: a `print` sink */
    LEAT_SLOT_NOTE,  /* rows were skipped: for the log; a few a second, the last says how many more
                      */
} leat_slot_action_kind;

/* Owns what is in it. */
typedef struct leat_slot_action {
    leat_slot_action_kind kind;
    union {
        leat_message message;
        leat_up up;
        struct {
            leat_bytes sink; /* its name in the topology; lives in the plan */
            leat_blob *lines;
        } print;
        struct {
            leat_bytes node; /* source or processor, by its name; lives in the plan */
            leat_blob *text;
        } note;
    };
} leat_slot_action;

/* What a step asked for, in order. The driver zeroes an item whose contents it took. */
typedef struct leat_slot_actions {
    LEAT_VEC(leat_slot_action) items;
    bool has_more;    /* there is work now: RUN again */
    uint64_t wake_us; /* else RUN at this steady time; UINT64_MAX = after the next event only */
} leat_slot_actions;

/* Let go of what is left in the items and make the list empty; keeps the memory. */
void leat_slot_actions_clear(leat_slot_actions *actions);
void leat_slot_actions_fini(leat_slot_actions *actions);

/* Open the operators with empty state.
 * Errors: LEAT_NOT_FOUND a connector is not in the registry. */
LEAT_MUST_USE leat_code leat_slot_new(const leat_slot_args *args,
                                      leat_slot **out_slot,
                                      leat_error *err);
void leat_slot_free(leat_slot **slot);

/* Take one event; append what must be done; set has_more and wake_us. */
void leat_slot_step(leat_slot *slot, leat_slot_event *event, leat_slot_actions *actions);

/* Without the times, which only its driver knows. */
leat_slot_stats leat_slot_stats_of(const leat_slot *slot);
/* Some stage makes nothing because nobody takes it: no credit, or a sink at its limit. */
bool leat_slot_is_backpressured(const leat_slot *slot);
/* A canonical hash of the state in memory, for the simulator's check T1. */
uint64_t leat_slot_state_hash(const leat_slot *slot);

#endif
