/* SPDX-License-Identifier: Apache-2.0
 *
 * files - the parts that file sinks write: performs the FILE operations of disk_op.h.
 *
 * A part is written under a hidden name, sealed (synced and closed, and its folder synced, so
 * that it is there after a crash), and published by a rename that is synced too. Everything is
 * below one root; a path that would leave it is refused.
 *
 * Writing stops with LEAT_NO_SPACE while the disk still has LEAT_DISK_RESERVE_BYTES, or a sixteenth
 * of a small one: decisions and deltas must go on where rows no longer can. An operation without
 * room may be run again as it is. A sync that fails is LEAT_IO: what it lost is not known.
 *
 * Thread: journal.
 */
#ifndef LEAT_WORKER_FILES_H
#define LEAT_WORKER_FILES_H

#include "common/base/error.h"
#include "worker/core/disk_op.h"

typedef struct leat_files leat_files;

/* `root`: a folder that exists; what relative paths are relative to. */
leat_files *leat_files_new(const char *root);
void leat_files_free(leat_files **files); /* closes parts that were not sealed */

bool leat_files_can_run(leat_disk_op_kind kind);
LEAT_MUST_USE leat_code leat_files_run(leat_files *files, const leat_disk_op *op, leat_error *err);

#endif
