/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot - one epoch of a slot on its way to a delta: stages freeze as they align, then the
 * frozen rows are gathered in slices, then the disk confirms the sealed parts, then FROZEN goes up.
 *
 *   IDLE --begin--> ALIGNING --last stage--> GATHERING --nothing left--> SEALING --disk--> IDLE
 *     ^________________________________ begin of a later epoch: this one was aborted __|
 *
 * Gathering waits for the last stage, because a delta's sections come in the order of states.
 * An epoch that was aborted still has barriers in the channels: stages pass them on and freeze
 * nothing; its rows stay dirty and are in the next delta (worker/state folds them back).
 *
 * Invariants
 *   N1  One epoch at a time; epochs only increase.
 *   N2  FROZEN is said after every CHUNK and after the confirmation of every seal of the epoch.
 *   N3  The delta chains to `completed` of the barrier, never to what this slot believes.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_EXEC_SNAPSHOT_H
#define LEAT_WORKER_EXEC_SNAPSHOT_H

#include "worker/exec/context.h"

typedef struct leat_snapshot leat_snapshot;

leat_snapshot *leat_snapshot_new(leat_slot_context *context);
void leat_snapshot_free(leat_snapshot **snapshot);

/* The barrier of `epoch` is at the sources. */
void leat_snapshot_begin(leat_snapshot *snapshot, uint64_t epoch, uint64_t completed);
/* A stage has aligned `epoch`; its sources and sinks wrote their rows. */
void leat_snapshot_freeze(leat_snapshot *snapshot,
                          uint64_t epoch,
                          const uint16_t *states,
                          uint32_t state_count);
/* One slice of gathering; FROZEN when nothing is left and `is_sealing` is false. */
void leat_snapshot_run(leat_snapshot *snapshot, bool is_sealing);
bool leat_snapshot_has_work(const leat_snapshot *snapshot, bool is_sealing);
uint64_t leat_snapshot_epoch(const leat_snapshot *snapshot); /* the last begun */
/* Waiting for barriers: since when (steady), else UINT64_MAX. */
uint64_t leat_snapshot_aligning_since_us(const leat_snapshot *snapshot);

#endif
