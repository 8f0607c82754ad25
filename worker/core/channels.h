/* SPDX-License-Identifier: Apache-2.0
 *
 * channels - the two ends of channels: what came and waits, what is to go and waits.
 *
 * Invariants
 *   H1  Forward messages of a channel are numbered 0, 1, 2, ... by the sender and accepted by the
 *       receiver in exactly that order; anything else is a gap.
 *   H2  An outgoing channel sends in order: a message waits while one before it waits, and DATA
 *       waits for credit. So a barrier may wait behind rows, never for credit of its own.
 *   H3  A channel holds at most a window of bytes at either end, plus what one turn of its task
 *       emitted, plus control messages (a few per epoch).
 *
 * Thread: the owner of the task core.
 */
#ifndef LEAT_WORKER_CORE_CHANNELS_H
#define LEAT_WORKER_CORE_CHANNELS_H

#include "worker/core/credit.h"
#include "worker/core/message.h"

/* A growing ring of messages; owns them. Zeroed = empty. */
typedef struct leat_message_queue {
    leat_message *items;
    uint32_t capacity; /* power of two, or 0 */
    uint32_t first;
    uint32_t count;
} leat_message_queue;

void leat_message_queue_fini(leat_message_queue *queue);
void leat_message_queue_put(leat_message_queue *queue, const leat_message *message);
leat_message leat_message_queue_take(leat_message_queue *queue); /* Needs: not empty */
static inline const leat_message *leat_message_queue_first(const leat_message_queue *queue)
{
    return &queue->items[queue->first];
}

typedef struct leat_channel_in {
    uint32_t edge;
    uint32_t from_slot;
    uint32_t stage;    /* the task that reads it */
    uint32_t input;    /* its number there */
    uint64_t next_seq; /* that must come */
    leat_credit_in credit;
    leat_message_queue queue;
    bool is_listed; /* in its task's list of readable inputs */
    bool has_ended;
} leat_channel_in;

typedef struct leat_channel_out {
    uint32_t edge;
    uint32_t to_slot;
    uint32_t stage;    /* the task that writes it */
    uint64_t next_seq; /* to give */
    leat_credit_out credit;
    leat_message_queue waiting;
    leat_time watermark; /* last said */
    bool is_idle;        /* last said */
    uint64_t said_at_us; /* steady time of the last DATA or WATERMARK */
} leat_channel_out;

typedef enum leat_receive_verdict {
    LEAT_RECEIVE_QUEUED,
    LEAT_RECEIVE_GAP, /* something before it is missing, or it breaks the rules of the channel */
} leat_receive_verdict;

/* Accept a forward message; takes it when QUEUED. */
LEAT_MUST_USE leat_receive_verdict leat_channel_receive(leat_channel_in *channel,
                                                        leat_message *message);

/* May the next waiting message go now? */
static inline bool leat_channel_may_send(const leat_channel_out *channel)
{
    if (channel->waiting.count == 0)
        return false;
    const leat_message *first = leat_message_queue_first(&channel->waiting);
    return first->kind != LEAT_MESSAGE_DATA ||
           leat_credit_allows(&channel->credit, first->credit_bytes);
}

/* Number it, charge it, hand it out. Needs: leat_channel_may_send. */
leat_message leat_channel_send_next(leat_channel_out *channel);

#endif
