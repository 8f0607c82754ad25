/* SPDX-License-Identifier: Apache-2.0
 *
 * merge - folds chains of deltas into base pages, one key group a transaction, in the background.
 *
 * A key group is due when its chain is 1.5 times its base (at least 1 MiB), or its oldest delta
 * is LEAT_MERGE_CHAIN_EPOCHS epochs old; both thresholds are staggered by key group so that they
 * do not all come due together. Merging never goes beyond decided - 2, so that the last completed
 * epochs stay restorable (protocol 6.1, row 3).
 *
 * Thread: merge. Holds nothing that a restart would miss.
 */
#ifndef LEAT_WORKER_STATE_MERGE_H
#define LEAT_WORKER_STATE_MERGE_H

#include "worker/state/restore.h"

enum {
    LEAT_MERGE_CHAIN_EPOCHS = 1024,
    LEAT_MERGE_KEEP_EPOCHS = 2,
    LEAT_MERGE_CHAIN_MIN_BYTES = 1 << 20
};

/* Fold everything of one key group up to the newest completed epoch <= `upto` into its base.
 * `upto` must be a completed epoch. `base` is a write transaction; the caller commits it. Sets
 * *out_merged when something was written. */
LEAT_MUST_USE leat_code leat_merge_key_group(leat_kv_txn *journal,
                                             leat_kv_txn *base,
                                             leat_job_id job,
                                             uint16_t key_group,
                                             leat_epoch upto,
                                             bool *out_merged,
                                             leat_error *err);

/* When a key group is due; a zero means the default above. Small ones make merging common. */
typedef struct leat_merge_limits {
    uint64_t chain_bytes_min;
    uint32_t chain_epochs;
} leat_merge_limits;

/* The held key groups that are due, as a bitmap; and the epoch to merge them to: the completed
 * epoch LEAT_MERGE_KEEP_EPOCHS before decided on the chain (0 = nothing yet). */
LEAT_MUST_USE leat_code leat_merge_due(leat_store_view view,
                                       const leat_merge_limits *limits,
                                       leat_job_id job,
                                       uint64_t *out_due,
                                       leat_epoch *out_upto,
                                       leat_error *err);

#endif
