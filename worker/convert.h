/* SPDX-License-Identifier: Apache-2.0
 *
 * convert - messages between slots, and control messages, as frames and back.
 *
 * A data frame names the executor of its receiver, so that the courier thread passes it on
 * without knowing who runs what. Its batch is decoded by the executor, which has the schema.
 */
#ifndef LEAT_WORKER_CONVERT_H
#define LEAT_WORKER_CONVERT_H

#include "common/columns/batch_codec.h"
#include "common/plan/control.h"
#include "common/plan/physical.h"
#include "common/transport/frame.h"
#include "worker/core/message.h"

/* Leaves the message as it is. `executor`: of the receiving slot. */
leat_frame *leat_frame_of_slot_message(const leat_message *message,
                                       uint32_t executor,
                                       leat_compression compression);
bool leat_frame_is_slot_message(const leat_frame *frame);
uint32_t leat_frame_executor(const leat_frame *frame);
uint32_t leat_frame_target_slot(const leat_frame *frame);

/* LEAT_CORRUPT: an edge that the plan does not have, or a block that does not decode. */
LEAT_MUST_USE leat_code leat_frame_to_slot_message(const leat_frame *frame,
                                                   const leat_physical_plan *plan,
                                                   leat_message *out_message,
                                                   leat_error *err);

leat_frame *leat_frame_of_control(const leat_control *message);
LEAT_MUST_USE leat_code leat_frame_to_control(const leat_frame *frame,
                                              leat_control *out_message,
                                              leat_error *err);

#endif
