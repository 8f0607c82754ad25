/* SPDX-License-Identifier: Apache-2.0
 *
 * sender - the sending end of one edge: hashes keys once, splits rows by key group, and
 * builds one batch per receiving slot.
 *
 * A batch goes when it is full (rows or bytes), when the builders together hold more than their
 * budget (the fullest first), and always before a barrier or the end. At the end of a slice it
 * goes when its first row has waited long enough, or when its receiver has nothing in flight -- but
 * while the slot is busy only once it is worth a message, for more rows are about to come.
 *
 * Invariants
 *   X1  Rows of one key keep their order: a key has one receiver, a receiver one builder.
 *   X2  A -U and the +U after it go in one batch or, to different receivers, as -D and +I.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_EXEC_SENDER_H
#define LEAT_WORKER_EXEC_SENDER_H

#include "worker/exec/context.h"

typedef struct leat_sender leat_sender;

/* For the edge that EXCHANGE operator `operator_index` sends on. */
leat_sender *leat_sender_new(leat_slot_context *context, uint32_t operator_index);
void leat_sender_free(leat_sender **sender);

/* Add the selected rows. Needs: at most limits.batch_rows of them. */
void leat_sender_add(leat_sender *sender, const leat_rows *rows);
/* Send everything under construction. */
void leat_sender_flush(leat_sender *sender);
/* End of a slice: send what is due, say watermarks that are due. is_busy: the slot has work now.
 * Returns the steady time at which it wants to be called again, or UINT64_MAX. */
uint64_t leat_sender_tick(leat_sender *sender, bool is_busy);

#endif
