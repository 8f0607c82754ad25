/* SPDX-License-Identifier: Apache-2.0
 *
 * folder - a worker's data folder: two stores, and who this disk is.
 *
 * FOLDER/journal and FOLDER/base (LMDB, locked while open: two workers cannot share one). A new
 * folder draws 128 random bits, its incarnation; every open counts the boot, durably.
 */
#ifndef LEAT_WORKER_FOLDER_H
#define LEAT_WORKER_FOLDER_H

#include "common/base/vec.h"
#include "common/kv/kv.h"
#include "common/plan/control.h"

typedef struct leat_folder {
    leat_kv *journal;
    leat_kv *base;
    leat_incarnation incarnation;
    uint64_t boot;
    LEAT_VEC(leat_job_memory) jobs; /* what the disk remembers */
} leat_folder;

LEAT_MUST_USE leat_code leat_folder_open(const char *path, leat_folder *out, leat_error *err);
void leat_folder_close(leat_folder *folder); /* safe on zeroed memory */

/* From the kernel; for identities, never for decisions. */
uint64_t leat_folder_random(void);

#endif
