/* SPDX-License-Identifier: Apache-2.0
 *
 * disk - the loop-back disk under a case: sink files in memory, state in the product's own journal
 * over stores in memory.
 *
 * Operations run in the order they were asked for. A crash loses the files that were not sealed
 * and the operations that had not run; what was sealed or committed stays.
 *
 * Thread: one owner.
 */
#ifndef LEAT_CLI_CASE_DISK_H
#define LEAT_CLI_CASE_DISK_H

#include "common/base/vec.h"
#include "worker/exec/state_disk.h"

typedef struct leat_case_file {
    char *name; /* owned */
    leat_buf data;
    bool is_sealed;
    bool is_published;
} leat_case_file;

typedef struct leat_case_disk {
    leat_state_disk state;
    LEAT_VEC(leat_disk_op) waiting; /* FIFO */
    LEAT_VEC(leat_case_file) files;
} leat_case_disk;

void leat_case_disk_init(leat_case_disk *disk);
void leat_case_disk_fini(leat_case_disk *disk);
void leat_case_disk_crash(leat_case_disk *disk);

/* Takes what the operation owns and zeroes it. */
void leat_case_disk_ask(leat_case_disk *disk, leat_disk_op *op);
/* Run the first waiting operation and give it out with its completion, both owned by the caller.
 * Needs: one is waiting. */
void leat_case_disk_step(leat_case_disk *disk, leat_disk_op *out_op, leat_disk_done *out_done);

/* The lines of every published file below `folder`, in order of epoch, then slot. */
void leat_case_disk_read(const leat_case_disk *disk, const char *folder, leat_buf *out);

#endif
