/* SPDX-License-Identifier: Apache-2.0
 *
 * expiry - `state.ttl`: what a stage forgets because nobody touched it for so long.
 *
 * At every barrier, before the freeze, some key groups are looked through; all of them within a
 * quarter of the TTL. A row goes when the epoch of its last change was closed a TTL ago, so between
 * TTL and 5/4 TTL and an epoch after its last touch. Nothing is said downstream: what an operator
 * said of the row stands. A restart counts as a touch of everything.
 *
 * Processing time decides, so two runs may forget at different moments; what was forgotten is part
 * of the epoch, like any change of state, and is not remembered again after a crash.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_EXEC_EXPIRY_H
#define LEAT_WORKER_EXEC_EXPIRY_H

#include "worker/exec/context.h"

typedef struct leat_expiry leat_expiry;

/* NULL when no operator of the stage has a TTL. */
leat_expiry *leat_expiry_new(leat_slot_context *context, uint32_t stage);
void leat_expiry_free(leat_expiry **expiry);

/* The stage is about to freeze `epoch`. Needs: nothing is put off in its operators. */
void leat_expiry_run(leat_expiry *expiry, uint64_t epoch);

#endif
