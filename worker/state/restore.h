/* SPDX-License-Identifier: Apache-2.0
 *
 * restore - a key group as of a completed epoch: its pages, then its chain of deltas.
 *
 * Read transactions must be begun in this order: journal, then base. Then the base is never
 * older than what was already pruned from the journal.
 */
#ifndef LEAT_WORKER_STATE_RESTORE_H
#define LEAT_WORKER_STATE_RESTORE_H

#include "worker/state/base.h"
#include "worker/state/journal.h"

typedef struct leat_store_view {
    leat_kv_txn *journal;
    leat_kv_txn *base;
} leat_store_view;

/* The chain of one job below one completed epoch, read once and used for many key groups. */
typedef struct leat_restore leat_restore;

/* The views' transactions must outlive it. Reading manifests only; chunks are read by `each`. */
LEAT_MUST_USE leat_code leat_restore_open(leat_store_view view,
                                          leat_job_id job,
                                          leat_epoch epoch,
                                          leat_restore **out_restore,
                                          leat_error *err);
void leat_restore_close(leat_restore **restore);

/* Can this worker give the key group? LEAT_OK, LEAT_NOT_FOUND (the chain has a hole: where), or
 * what reading met. Epoch 0 is the empty state and always restorable. */
LEAT_MUST_USE leat_code leat_restore_check(leat_restore *restore,
                                           uint16_t key_group,
                                           leat_error *err);

/* Visit the records in an order that gives the state when applied one after the other: PUT
 * replaces, REMOVE and DROP_PANE take away. Errors as above; LEAT_CORRUPT on a damaged chunk. */
LEAT_MUST_USE leat_code leat_restore_each(leat_restore *restore,
                                          uint16_t key_group,
                                          leat_record_visit *visit,
                                          void *self,
                                          leat_error *err);

#endif
