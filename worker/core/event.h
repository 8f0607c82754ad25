/* SPDX-License-Identifier: Apache-2.0
 *
 * event - everything that can happen to a worker core, and who says so.
 *
 * The step takes what the event owns (message references, blobs) and zeroes it there, so
 * finishing an event that was stepped is harmless.
 */
#ifndef LEAT_WORKER_CORE_EVENT_H
#define LEAT_WORKER_CORE_EVENT_H

#include "worker/core/slot_link.h"

typedef enum leat_worker_event_kind {
    LEAT_WORKER_WAKE,        /* the time asked for by the WAKE action has come */
    LEAT_WORKER_COORDINATOR, /* `message` from the coordinator */
    LEAT_WORKER_LINK_UP,     /* the connection to the coordinator stands (again) */
    LEAT_WORKER_LINK_DOWN,   /* it broke: what was under way may be lost */
    LEAT_WORKER_PEER,        /* `message` from another worker */
    LEAT_WORKER_SLOT,        /* `up` from a slot */
    LEAT_WORKER_DISK,        /* `done` from the journal or merge thread */
    LEAT_WORKER_TERMINATE,   /* SIGTERM: leave in order, within `drain_ms` */
    LEAT_WORKER_EVENT_KIND_COUNT
} leat_worker_event_kind;

typedef struct leat_worker_event {
    leat_worker_event_kind kind;
    int64_t now_ms; /* monotonic, never decreases from one event to the next */
    union {
        leat_control message; /* COORDINATOR, PEER */
        leat_up up;           /* SLOT */
        leat_disk_done done;  /* DISK */
        int64_t drain_ms;     /* TERMINATE */
    };
} leat_worker_event;

void leat_worker_event_fini(leat_worker_event *event);

#endif
