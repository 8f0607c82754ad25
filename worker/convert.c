/* SPDX-License-Identifier: Apache-2.0
 *
 * Head fields of a slot message: kind = LEAT_FRAME_DATA_FIRST + message kind; source and target
 * are the slots of the channel; flags = executor << 1 | is_idle; value = credit, or the barrier's
 * epoch, whose `completed` travels in time_us.
 */
#include "worker/convert.h"

#include "common/base/assert.h"
#include "common/plan/control_wire.h"

leat_frame *leat_frame_of_slot_message(const leat_message *message,
                                       uint32_t executor,
                                       leat_compression compression)
{
    bool is_barrier = message->kind == LEAT_MESSAGE_BARRIER;
    leat_frame_head head = {
        .kind = LEAT_FRAME_DATA_FIRST + (uint32_t)message->kind,
        .job = message->job,
        .generation = message->generation,
        .edge = message->edge,
        .source = message->from_slot,
        .target = message->to_slot,
        .sequence = message->seq,
        .value = is_barrier ? message->epoch : message->credit_bytes,
        .time_us = is_barrier ? (int64_t)message->completed : message->watermark,
        .flags = executor << 1 | (message->is_idle ? 1u : 0u),
    };
    leat_buf payload = {0};
    if (message->batch != NULL)
        leat_batch_encode(leat_batch_rows(message->batch), compression, &payload);
    return leat_frame_new(&head, &payload);
}

bool leat_frame_is_slot_message(const leat_frame *frame)
{
    uint32_t kind = leat_frame_head_of(frame)->kind;
    return kind >= LEAT_FRAME_DATA_FIRST && kind < LEAT_FRAME_DATA_FIRST + LEAT_MESSAGE_KIND_COUNT;
}

uint32_t leat_frame_executor(const leat_frame *frame)
{
    return leat_frame_head_of(frame)->flags >> 1;
}

uint32_t leat_frame_target_slot(const leat_frame *frame)
{
    const leat_frame_head *head = leat_frame_head_of(frame);
    bool is_credit = head->kind == LEAT_FRAME_DATA_FIRST + LEAT_MESSAGE_CREDIT;
    return is_credit ? head->source : head->target;
}

leat_code leat_frame_to_slot_message(const leat_frame *frame,
                                     const leat_physical_plan *plan,
                                     leat_message *out_message,
                                     leat_error *err)
{
    LEAT_ASSERT(leat_frame_is_slot_message(frame));
    const leat_frame_head *head = leat_frame_head_of(frame);
    if (head->edge >= plan->edge_count)
        return leat_fail(err, LEAT_CORRUPT, "message on edge %u of %u", head->edge,
                         plan->edge_count);
    leat_message message = {
        .kind = (leat_message_kind)(head->kind - LEAT_FRAME_DATA_FIRST),
        .is_idle = (head->flags & 1) != 0,
        .job = head->job,
        .edge = head->edge,
        .from_slot = head->source,
        .to_slot = head->target,
        .generation = head->generation,
        .seq = head->sequence,
    };
    if (message.kind == LEAT_MESSAGE_BARRIER) {
        message.epoch = head->value;
        message.completed = (uint64_t)head->time_us;
    } else {
        message.credit_bytes = head->value;
        message.watermark = head->time_us;
    }
    if (message.kind == LEAT_MESSAGE_DATA)
        LEAT_TRY(leat_batch_decode(leat_frame_payload(frame), plan->edges[head->edge].schema,
                                   &message.batch, err));
    *out_message = message;
    return LEAT_OK;
}

leat_frame *leat_frame_of_control(const leat_control *message)
{
    leat_frame_head head = {.kind = LEAT_FRAME_CONTROL,
                            .job = message->job,
                            .generation = message->generation,
                            .sequence = message->seq};
    leat_buf payload = {0};
    leat_control_encode(message, &payload);
    return leat_frame_new(&head, &payload);
}

leat_code leat_frame_to_control(const leat_frame *frame, leat_control *out_message, leat_error *err)
{
    if (leat_frame_head_of(frame)->kind != LEAT_FRAME_CONTROL)
        return leat_fail(err, LEAT_CORRUPT, "frame of kind %u is not a control message",
                         leat_frame_head_of(frame)->kind);
    return leat_control_decode(leat_frame_payload(frame), out_message, err);
}
