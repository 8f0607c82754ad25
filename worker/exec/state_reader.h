/* SPDX-License-Identifier: Apache-2.0
 *
 * state_reader - one snapshot of a worker's stores, from which a slot restores its key groups.
 *
 * Opened at OPEN for the deployment's restore epoch, closed when the slot said READY: while it
 * is open its read transactions pin pages. Thread: the executor that opened it.
 */
#ifndef LEAT_WORKER_EXEC_STATE_READER_H
#define LEAT_WORKER_EXEC_STATE_READER_H

#include "worker/exec/slot.h"
#include "worker/exec/state_disk.h"

typedef struct leat_state_reader leat_state_reader;

/* Nothing is read yet, so this cannot fail; errors come with the first key group. */
leat_state_reader *leat_state_reader_new(const leat_state_disk *disk, uint32_t job, uint64_t epoch);
void leat_state_reader_free(leat_state_reader **reader);

/* The slot's door to it; valid as long as the reader. */
leat_slot_store leat_state_reader_store(leat_state_reader *reader);

#endif
