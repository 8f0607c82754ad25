/* SPDX-License-Identifier: Apache-2.0
 *
 * disk - the two threads of a worker that touch its disk: journal and merge.
 *
 * The journal thread performs operations in the order in which they were posted. State operations
 * that wait together share one commit; the first FILE operation among them ends the group. A FILE
 * operation without room is parked, and all FILE operations after it, until there is room again;
 * those of a generation that is over are dropped then, for nothing can list them. The merge thread
 * folds deltas into pages and never delays a commit: the two meet only where both write the base
 * (`base_writers`).
 *
 * Completions with a ticket, and all failures, are posted to the control thread.
 */
#ifndef LEAT_WORKER_DISK_H
#define LEAT_WORKER_DISK_H

#include "worker/exec/state_disk.h"
#include "worker/letter.h"

typedef struct leat_disk leat_disk;

/* Start both threads. `disk`'s stores must outlive it; `files_root`: see files.h; `control`:
 * where completions go. */
LEAT_MUST_USE leat_code leat_disk_start(const leat_state_disk *stores,
                                        const char *files_root,
                                        leat_mailbox *control,
                                        leat_disk **out_disk,
                                        leat_error *err);
/* Finish what was posted, save what has no room, then end both threads. NULL is fine. */
void leat_disk_stop(leat_disk **disk);

/* Takes the operation. Thread: control. */
void leat_disk_post(leat_disk *disk, leat_disk_op *op);

#endif
