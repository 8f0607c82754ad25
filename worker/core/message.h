/* SPDX-License-Identifier: Apache-2.0
 *
 * message - what one slot says to another on a channel, as a plain value.
 *
 * A channel is one edge of the plan between two slots: {edge, from_slot, to_slot}. DATA, WATERMARK,
 * BARRIER and END go with it (forward), CREDIT goes against it. Forward messages are numbered 0, 1,
 * 2, ... per (generation, channel): the receiver finds every gap. CREDIT is not numbered: it is
 * cumulative, said again at every barrier, so a lost one heals and a doubled one is harmless.
 *
 * On one worker a message passes by value with its batch by reference; between workers the shell
 * encodes it (the batch with common/columns/batch_codec.h, schema = plan->edges[edge].schema).
 */
#ifndef LEAT_WORKER_CORE_MESSAGE_H
#define LEAT_WORKER_CORE_MESSAGE_H

#include "common/columns/batch.h"

typedef enum leat_message_kind {
    LEAT_MESSAGE_DATA,      /* batch; watermark holds after it */
    LEAT_MESSAGE_WATERMARK, /* watermark alone, or `is_idle` (leave this channel out) */
    LEAT_MESSAGE_BARRIER,   /* everything before belongs to `epoch` */
    LEAT_MESSAGE_END,       /* no DATA follows; barriers still do */
    LEAT_MESSAGE_CREDIT,    /* to_slot -> from_slot: you may have sent `credit_bytes` in all */
    LEAT_MESSAGE_KIND_COUNT
} leat_message_kind;

typedef struct leat_message {
    leat_message_kind kind;
    bool is_idle;       /* DATA: false; WATERMARK: the sender has nothing and knows of nothing */
    uint32_t job;       /* for the shells; a slot sets it and does not look at it */
    uint32_t edge;      /* index into the plan's edges */
    uint32_t from_slot; /* of the channel: who sends DATA */
    uint32_t to_slot;
    uint64_t generation;
    uint64_t seq;          /* forward kinds */
    leat_time watermark;   /* DATA, WATERMARK: LEAT_TIME_MIN = none yet */
    uint64_t epoch;        /* BARRIER */
    uint64_t completed;    /* BARRIER: last completed epoch when it was started */
    uint64_t credit_bytes; /* CREDIT: cumulative; DATA: what the sender charged for this batch */
    leat_batch *batch;     /* DATA: owned reference; else NULL */
} leat_message;

/* The slot that must get it: CREDIT goes against its channel. */
static inline uint32_t leat_message_target(const leat_message *message)
{
    return message->kind == LEAT_MESSAGE_CREDIT ? message->from_slot : message->to_slot;
}

static inline void leat_message_fini(leat_message *message)
{
    leat_batch_unref(&message->batch);
}

const char *leat_message_name(leat_message_kind kind); /* "barrier" */

#endif
