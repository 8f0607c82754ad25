/* SPDX-License-Identifier: Apache-2.0
 *
 * action - everything a worker core may ask its shell to do.
 *
 * The shell runs the actions of one step in order before it feeds the next event. It takes
 * what an action owns. Sends are best effort: the core assumes that anything may be lost.
 */
#ifndef LEAT_WORKER_CORE_ACTION_H
#define LEAT_WORKER_CORE_ACTION_H

#include "common/base/error.h"
#include "common/base/vec.h"
#include "worker/core/slot_link.h"

typedef enum leat_worker_action_kind {
    LEAT_WORKER_SEND,       /* `message` to the coordinator */
    LEAT_WORKER_SEND_PEER,  /* `message` to worker `place.worker`, at `place.endpoint` */
    LEAT_WORKER_SEND_SLOT,  /* `down` to slot (down.job, down.slot) on `executor`; OPEN makes it,
                             * CLOSE ends it; FIFO per executor */
    LEAT_WORKER_DISK_WRITE, /* `op` to the journal thread (MERGE: the merge thread) */
    LEAT_WORKER_WAKE_AT,    /* feed WAKE at `at_ms`; replaces the earlier wish */
    LEAT_WORKER_EXIT,       /* end this process after the actions before it; `code` says why */
    LEAT_WORKER_ACTION_KIND_COUNT
} leat_worker_action_kind;

typedef struct leat_worker_action {
    leat_worker_action_kind kind;
    union {
        leat_control message; /* SEND, SEND_PEER: with `place` below */
        struct {
            leat_down down;
            uint32_t executor;
        };
        leat_disk_op op;
        int64_t at_ms;
        leat_code code;
    };
    leat_worker_place place; /* SEND_PEER */
} leat_worker_action;

typedef LEAT_VEC(leat_worker_action) leat_worker_actions;

/* Finish what is left in it and make it empty; keeps the memory. */
void leat_worker_actions_clear(leat_worker_actions *actions);
void leat_worker_actions_fini(leat_worker_actions *actions);

#endif
