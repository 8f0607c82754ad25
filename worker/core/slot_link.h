/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_link - what the worker core and the slots on the executors say to each other.
 *
 * Down: worker core -> slot. Up: slot -> worker core. Both are FIFO rings within one process:
 * nothing is lost, nothing is reordered. Nothing here is per batch. The messages own the
 * references in them.
 *
 * Life of a slot object: OPEN (load the state of restore_epoch, publish the listed handles)
 * -> up READY -> START -> [BARRIER -> up CHUNK*, FROZEN]* -> CLOSE. One object lives for one
 * generation; a new generation closes it and opens another. Before START a slot neither reads
 * sources nor sends rows; it takes rows that others send it.
 */
#ifndef LEAT_WORKER_CORE_SLOT_LINK_H
#define LEAT_WORKER_CORE_SLOT_LINK_H

#include "worker/core/disk_op.h"

typedef enum leat_down_kind {
    LEAT_DOWN_NONE,
    LEAT_DOWN_OPEN,      /* exist: `deployment`; load, publish, then say READY */
    LEAT_DOWN_START,     /* go; sweep unpublished parts of older generations */
    LEAT_DOWN_BARRIER,   /* at the sources: close `epoch`. decide(completed) comes first, then what
                          * was frozen for any epoch after completed is folded back */
    LEAT_DOWN_DECIDED,   /* every epoch <= `completed` stands: publish, then SINK_DONE */
    LEAT_DOWN_SPLITS,    /* new splits of a source, from number `first` on; take your own */
    LEAT_DOWN_DRAIN,     /* sources: as if the input ended here */
    LEAT_DOWN_DISK_DONE, /* the completion of a disk operation of yours that had a ticket */
    LEAT_DOWN_CLOSE,     /* drop everything volatile; say nothing more */
    LEAT_DOWN_KIND_COUNT
} leat_down_kind;

typedef struct leat_down {
    leat_down_kind kind;
    uint32_t job;
    uint32_t slot;
    uint64_t generation;
    uint64_t epoch;              /* BARRIER */
    uint64_t completed;          /* BARRIER, DECIDED */
    uint32_t flags;              /* BARRIER: LEAT_BARRIER_* */
    leat_deployment *deployment; /* OPEN: owned reference */
    uint32_t source;             /* SPLITS */
    uint32_t first;
    bool is_final;
    leat_blob *names;     /* SPLITS: owned reference, as in control.h */
    leat_disk_done *done; /* DISK_DONE: owned */
} leat_down;

typedef enum leat_up_kind {
    LEAT_UP_NONE,
    LEAT_UP_READY,        /* state loaded, listed handles published */
    LEAT_UP_CANNOT,       /* cannot restore the deployment's epoch from this disk: `text` */
    LEAT_UP_CHUNK,        /* `bytes` is chunk `index` of the delta of `epoch` */
    LEAT_UP_FROZEN,       /* the delta is whole: `bytes` is its manifest, `previous`, `hash`; every
                           * chunk and every FILE_SEAL of the epoch came before */
    LEAT_UP_DISK,         /* run this on the journal: `op`, a FILE_* */
    LEAT_UP_FIRST_OUTPUT, /* the first rows since START reached a sink */
    LEAT_UP_SINK_DONE,    /* everything of epochs <= `epoch` is published, confirmed by disk */
    LEAT_UP_SPLITS,       /* the lister of `source` found `bytes`; `is_final` */
    LEAT_UP_ENDED,        /* all source tasks of the slot have ended */
    LEAT_UP_GAP,          /* a channel from `from_slot` lost something */
    LEAT_UP_STALLED,      /* no progress on a channel from `from_slot` for too long */
    LEAT_UP_FAILED,       /* the job cannot go on: `text`; `needs_person` */
    LEAT_UP_STATS,        /* `stats`, about once a second */
    LEAT_UP_KIND_COUNT
} leat_up_kind;

typedef struct leat_up {
    leat_up_kind kind;
    uint32_t job;
    uint32_t slot;
    uint64_t generation;
    uint64_t epoch;    /* CHUNK, FROZEN, SINK_DONE */
    uint64_t previous; /* FROZEN: last completed epoch when frozen */
    uint64_t hash;     /* FROZEN: leat_hash of bytes */
    uint32_t index;    /* CHUNK */
    uint32_t from_slot;
    uint32_t source;
    bool is_final;
    bool needs_person; /* FAILED: halted, not failed */
    leat_blob *bytes;  /* CHUNK, FROZEN, SPLITS: owned reference */
    leat_disk_op op;   /* DISK: owned */
    leat_slot_stats stats;
    char text[LEAT_CONTROL_TEXT_MAX];
} leat_up;

void leat_down_fini(leat_down *down); /* zeroes it */
void leat_up_fini(leat_up *up);       /* zeroes it */
const char *leat_down_name(leat_down_kind kind);
const char *leat_up_name(leat_up_kind kind);

#endif
