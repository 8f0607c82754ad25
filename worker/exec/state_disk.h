/* SPDX-License-Identifier: Apache-2.0
 *
 * state_disk - performs the state operations of disk_op.h on a worker's two stores.
 *
 * The same code under the journal thread and in the simulator. What waits is run as one
 * transaction of the journal: all of it is durable when `run` returns, or none.
 *
 * The base store has two kinds of writers, SEED_WRITE and FORGET here, and MERGE: the caller sees
 * to it that they do not run at the same time. Everything else may: merging only reads the journal.
 */
#ifndef LEAT_WORKER_EXEC_STATE_DISK_H
#define LEAT_WORKER_EXEC_STATE_DISK_H

#include "common/kv/kv.h"
#include "worker/core/disk_op.h"
#include "worker/state/merge.h"

enum { LEAT_SEED_PIECE_BYTES = 2 * 1024 * 1024, LEAT_MERGE_GROUPS_PER_OP = 8 };

typedef struct leat_state_disk {
    leat_kv *journal; /* borrowed, as the base */
    leat_kv *base;
    leat_merge_limits merge; /* zeros: the defaults */
} leat_state_disk;

/* Perform `count` state operations (not MERGE, not FILE_*) in one transaction and fill one
 * completion each. A refused operation (FENCED, NOT_FOUND, CORRUPT) leaves the others alone;
 * LEAT_NO_SPACE and LEAT_IO are every operation's. Thread: journal. */
void leat_state_disk_run(leat_state_disk *disk,
                         const leat_disk_op *ops,
                         uint32_t count,
                         leat_disk_done *out_done);

/* Perform one MERGE: fold up to LEAT_MERGE_GROUPS_PER_OP key groups that are due, each in its own
 * transaction. Thread: merge. */
void leat_state_disk_merge(leat_state_disk *disk, const leat_disk_op *op, leat_disk_done *out_done);

#endif
