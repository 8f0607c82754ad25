/* SPDX-License-Identifier: Apache-2.0
 *
 * control_wire - control messages as bytes (proto/control.proto) and back.
 *
 * Decoding trusts nothing: lengths, counts, kinds and the deployment's rules are checked, and
 * the memory it may take is bounded by the size of the input. Thread: any.
 */
#ifndef LEAT_COMMON_PLAN_CONTROL_WIRE_H
#define LEAT_COMMON_PLAN_CONTROL_WIRE_H

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/plan/control.h"

/* Append. */
void leat_control_encode(const leat_control *message, leat_buf *out);

/* Gives a message: leat_control_fini. LEAT_CORRUPT: not a control message. */
LEAT_MUST_USE leat_code leat_control_decode(leat_bytes bytes,
                                            leat_control *out_message,
                                            leat_error *err);

#endif
