/* SPDX-License-Identifier: Apache-2.0
 *
 * letter - what one thread of a worker hands to another, and the mailbox it waits in.
 *
 * A mailbox takes letters from any thread and gives them to its owner in the order in which each
 * sender posted them. Posting neither blocks nor refuses: a ring that can be full would need an
 * answer to that which does not exist, for neither may an executor block nor a barrier be dropped.
 * What bounds the letters under way is the protocol above: credit bounds batches, one undecided
 * epoch bounds chunks, and control letters are few.
 *
 * Invariant
 *   M1  At most LEAT_MAILBOX_LETTERS_MAX letters wait in a mailbox. That is far above what the
 *       protocol allows: more is a bug of ours, and the process ends before it takes the machine's
 *       memory; standbys take over.
 *
 * Thread: post: any; the rest: the owner.
 */
#ifndef LEAT_WORKER_LETTER_H
#define LEAT_WORKER_LETTER_H

#include "common/sys/wake.h"
#include "common/transport/frame.h"
#include "worker/core/message.h"
#include "worker/core/slot_link.h"
#include "worker/plan_share.h"

typedef enum leat_letter_kind {
    LEAT_LETTER_DOWN,      /* control -> executor; OPEN brings the plan */
    LEAT_LETTER_UP,        /* executor -> control */
    LEAT_LETTER_MESSAGE,   /* executor -> executor: between slots of this worker */
    LEAT_LETTER_FRAME,     /* courier -> executor: a message of a slot elsewhere;
                            * courier -> control: of the worker elsewhere */
    LEAT_LETTER_SEND,      /* executor, control -> courier: `frame` to worker `to` */
    LEAT_LETTER_CONNECT,   /* control -> courier: `deployment` names whom to dial */
    LEAT_LETTER_OP,        /* control -> journal or merge */
    LEAT_LETTER_DONE,      /* journal or merge -> control */
    LEAT_LETTER_TERMINATE, /* main -> control: leave in order within `drain_ms` */
    LEAT_LETTER_QUIT,      /* to any: end this thread */
} leat_letter_kind;

typedef struct leat_letter {
    struct leat_letter *next;
    leat_letter_kind kind;
    leat_plan_share *plan; /* DOWN (OPEN), MESSAGE: owned reference; NULL elsewhere */
    union {
        leat_down down;
        leat_up up;
        leat_message message;
        struct {
            leat_frame *frame;
            leat_worker_place to; /* SEND */
        };
        leat_deployment *deployment;
        leat_disk_op op;
        leat_disk_done done;
        int64_t drain_ms;
    };
} leat_letter;

leat_letter *leat_letter_new(leat_letter_kind kind);
void leat_letter_free(leat_letter **letter); /* with all it owns; NULL inside is fine */

enum { LEAT_MAILBOX_LETTERS_MAX = 4 * 1024 * 1024 };

typedef struct leat_mailbox {
    _Atomic(leat_letter *) newest; /* what was posted, newest first */
    _Atomic uint32_t count;        /* M1 */
    leat_wake wake;
} leat_mailbox;

LEAT_MUST_USE leat_code leat_mailbox_init(leat_mailbox *box, leat_error *err);
void leat_mailbox_fini(leat_mailbox *box); /* frees what nobody took */

/* Takes the letter. */
void leat_mailbox_post(leat_mailbox *box, leat_letter *letter);
/* Everything posted so far, oldest first, linked by next; NULL = nothing. */
LEAT_MUST_USE leat_letter *leat_mailbox_take(leat_mailbox *box);
bool leat_mailbox_is_empty(leat_mailbox *box);
uint32_t leat_mailbox_count(leat_mailbox *box); /* letters that wait. Thread: any */

/* Sleep until a letter comes or the time is over; < 0 = no limit. */
void leat_mailbox_wait(leat_mailbox *box, int64_t timeout_ms);

#endif
