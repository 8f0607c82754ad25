/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/channels.h"

#include "common/base/alloc.h"
#include "common/base/mark.h"
#include "common/base/mutant.h"

void leat_message_queue_fini(leat_message_queue *queue)
{
    while (queue->count > 0) {
        leat_message message = leat_message_queue_take(queue);
        leat_message_fini(&message);
    }
    leat_free(queue->items);
    *queue = (leat_message_queue){0};
}

static void queue_grow(leat_message_queue *queue)
{
    uint32_t capacity = LEAT_MAX(queue->capacity * 2, 8);
    leat_message *items = leat_alloc_zero(capacity, sizeof *items);
    for (uint32_t i = 0; i < queue->count; i++)
        items[i] = queue->items[(queue->first + i) & (queue->capacity - 1)];
    leat_free(queue->items);
    queue->items = items;
    queue->capacity = capacity;
    queue->first = 0;
}

void leat_message_queue_put(leat_message_queue *queue, const leat_message *message)
{
    if (queue->count == queue->capacity)
        queue_grow(queue);
    queue->items[(queue->first + queue->count++) & (queue->capacity - 1)] = *message;
}

leat_message leat_message_queue_take(leat_message_queue *queue)
{
    LEAT_ASSERT(queue->count > 0);
    leat_message message = queue->items[queue->first];
    queue->first = (queue->first + 1) & (queue->capacity - 1);
    queue->count--;
    return message;
}

leat_receive_verdict leat_channel_receive(leat_channel_in *channel, leat_message *message)
{
    if (message->seq != channel->next_seq && !leat_mutant(LEAT_MUTANT_no_seq)) { /* H1 */
        LEAT_MARK(channel_gap);
        return LEAT_RECEIVE_GAP;
    }
    bool is_data = message->kind == LEAT_MESSAGE_DATA;
    if (is_data && (message->batch == NULL || channel->has_ended ||
                    !leat_credit_receive(&channel->credit, message->credit_bytes))) {
        LEAT_MARK(channel_overdrawn);
        return LEAT_RECEIVE_GAP;
    }
    channel->next_seq = message->seq + 1;
    channel->has_ended |= message->kind == LEAT_MESSAGE_END;
    leat_message_queue_put(&channel->queue, message);
    *message = (leat_message){0};
    return LEAT_RECEIVE_QUEUED;
}

leat_message leat_channel_send_next(leat_channel_out *channel)
{
    LEAT_ASSERT(leat_channel_may_send(channel));
    leat_message message = leat_message_queue_take(&channel->waiting);
    message.seq = channel->next_seq++;
    if (message.kind == LEAT_MESSAGE_DATA)
        leat_credit_spend(&channel->credit, message.credit_bytes);
    return message;
}
