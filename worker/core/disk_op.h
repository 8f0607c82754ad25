/* SPDX-License-Identifier: Apache-2.0
 *
 * disk_op - one piece of work for the journal thread: everything a worker changes on disk.
 *
 * Slots and the worker core never touch files; they hand these over. The journal thread runs
 * them in the order they were emitted and reports each one that has a ticket. A state operation
 * that fails with LEAT_NO_SPACE leaves everything as it was; a FILE operation that finds no room
 * waits for it, in order with all that touch files, and says so once (`is_waiting`): what comes
 * later is only later, and state goes on meanwhile. One that fails with LEAT_IO stops the journal
 * for good (the process leaves, a standby takes over).
 *
 * State operations are calls of worker/state/journal.h; FILE operations are those of sink
 * files. Owns its blob and its texts: leat_disk_op_fini.
 */
#ifndef LEAT_WORKER_CORE_DISK_OP_H
#define LEAT_WORKER_CORE_DISK_OP_H

#include "common/base/error.h"
#include "common/plan/control.h"

typedef enum leat_disk_op_kind {
    LEAT_DISK_NONE,

    /* state, by the worker core */
    LEAT_DISK_GENERATION, /* persist generation_seen := generation (never down); then drop the
                           * job's deltas newer than `epoch`: they were never completed */
    LEAT_DISK_DECIDED,    /* persist decided_epoch := epoch (never down), prune a few deltas that
                           * are in the base. `is_following`: do not prune, a copy under way may
                           * put an older base in place */
    LEAT_DISK_CHUNK,      /* put chunk `index` of delta (job, epoch, slot) */
    LEAT_DISK_MANIFEST,   /* commit the delta: durable on return. Checks that generation is not
                           * below generation_seen (LEAT_FENCED), that every chunk is here and
                           * whole, and the chain rule: `previous` is 0, or <= the base epoch, or a
                           * delta that is here, for every key group covered (LEAT_NOT_FOUND).
                           * `is_following`: the copy is still under way, so the chain may
                           * connect later; such a delta must not be acknowledged */
    LEAT_DISK_MERGE,      /* fold deltas <= epoch (<= decided) into base pages; bounded, may be
                           * partial. Runs on the merge thread: unordered, reported like any */
    LEAT_DISK_SEED_READ,  /* read the next piece of the slot's copy from `position` on; answers
                           * with a blob, the next position, `is_last` */
    LEAT_DISK_SEED_WRITE, /* write one piece of a copy, in order; the answer of the last one
                           * (`is_last`) carries in `epoch` the newest epoch that can be restored */
    LEAT_DISK_KEEP,       /* this worker owns or follows exactly the key groups in the bitmap
                           * `bytes` (u64 words): drop the others. Comes before the first delta or
                           * piece of a group that is new here, or it would be pruned */
    LEAT_DISK_FORGET,     /* drop everything of the job but generation_seen */

    /* sink files, by slots; paths are relative to the job's file root */
    LEAT_DISK_FILE_WRITE,   /* append `bytes` to `path` at `offset`; offset 0 creates it and the
                             * folders above it */
    LEAT_DISK_FILE_SEAL,    /* fsync and close `path`: it is never written again */
    LEAT_DISK_FILE_PUBLISH, /* make `path` visible as `target`: target here = done, path here =
                             * rename, fsync the folder. Either must have `size` bytes of checksum
                             * `crc` (LEAT_CORRUPT); neither here = LEAT_NOT_FOUND */
    LEAT_DISK_FILE_SWEEP,   /* delete unpublished parts whose name starts with `path` (a folder and
                             * the sink's prefix) and whose generation is below `generation`:
                             * nobody can list them any more */
    LEAT_DISK_KIND_COUNT
} leat_disk_op_kind;

/* Where a copy stands, opaque to the core (worker/state/seed.h knows). */
typedef struct leat_seed_cursor {
    uint64_t words[9];
} leat_seed_cursor;

typedef struct leat_disk_op {
    leat_disk_op_kind kind;
    uint64_t ticket; /* echoed in the completion; 0 = report failures only */
    uint32_t job;
    uint32_t slot;
    uint64_t generation;
    uint64_t epoch;
    uint64_t previous;         /* MANIFEST */
    uint64_t hash;             /* MANIFEST: of bytes */
    uint32_t index;            /* CHUNK */
    bool is_own;               /* MANIFEST: written by the owner (for counters) */
    bool is_following;         /* MANIFEST, DECIDED */
    bool is_last;              /* SEED_WRITE */
    leat_seed_cursor position; /* SEED_READ: zeros, or what the last answer gave */
    leat_blob *bytes;          /* CHUNK, MANIFEST, SEED_WRITE, KEEP, FILE_WRITE: owned reference */
    leat_deployment *deployment; /* KEEP, SEED_READ, SEED_WRITE: owned reference */
    char *path;                  /* FILE_*: owned */
    char *target;                /* FILE_PUBLISH: owned */
    uint64_t offset;             /* FILE_WRITE */
    uint64_t size;               /* FILE_PUBLISH */
    uint32_t crc;                /* FILE_PUBLISH: crc32c of the content */
} leat_disk_op;

/* What the journal thread reports. */
typedef struct leat_disk_done {
    uint64_t ticket;
    leat_disk_op_kind kind;
    leat_code code;
    uint32_t job;
    uint32_t slot;
    uint64_t generation;
    uint64_t epoch; /* SEED_WRITE (last piece): newest restorable epoch; else of the op */
    leat_seed_cursor position; /* SEED_READ: where to go on */
    bool is_waiting;  /* FILE_*: not done, there is no room (`text`); the real end follows */
    bool is_last;     /* SEED_READ: nothing is left; MERGE: nothing is left to merge up to epoch */
    leat_blob *bytes; /* SEED_READ: owned reference */
    char text[LEAT_CONTROL_TEXT_MAX]; /* when code != LEAT_OK */
} leat_disk_done;

void leat_disk_op_fini(leat_disk_op *op); /* zeroes it */
const char *leat_disk_op_name(leat_disk_op_kind kind);

#endif
