/* SPDX-License-Identifier: Apache-2.0
 *
 * record - one changed row of state as bytes: what tables gather, deltas carry, pages hold and
 * restores hand back. The seam between the tables (which know columns) and the storage below
 * (which knows hashes and bytes).
 *
 * Values are absolute, never increments. Within a section (one state, one key group) records are
 * ordered by (hash, key bytes, pane); a REMOVE takes the place of the row it removes. A row is
 * identified by all three: windows keep one row per key and pane. DROP_PANE stands first in its
 * section and says: every record of that pane in older sections and pages is gone. Every other
 * hash lies in its key group: leat_key_group_of(hash, key groups) == key_group.
 *
 * Wire form of one record inside a section: u64 hash, u8 kind, u8 flags, u16 key size (0xffff =
 * a u32 follows), u32 value size, [i64 pane when flags & 1], key, value. Little endian.
 */
#ifndef LEAT_WORKER_STATE_RECORD_H
#define LEAT_WORKER_STATE_RECORD_H

#include "common/base/bytes.h"

typedef enum leat_record_kind {
    LEAT_RECORD_PUT,
    LEAT_RECORD_REMOVE,    /* value is empty */
    LEAT_RECORD_DROP_PANE, /* key and value are empty, hash is 0 */
} leat_record_kind;

#define LEAT_PANE_NONE INT64_MIN
/* A row with this pane holds its key group's watermark (decisions 8): key empty, value i64. */
#define LEAT_PANE_WATERMARK (INT64_MIN + 1)

typedef struct leat_record {
    leat_record_kind kind;
    uint16_t state; /* index into the plan's states: which table */
    uint16_t key_group;
    uint64_t hash;  /* key hash (common/columns/key_hash.h) */
    int64_t pane;   /* window end in us, or LEAT_PANE_NONE */
    leat_bytes key; /* canonical key bytes; equal keys have equal bytes */
    leat_bytes value;
} leat_record;

/* Called once per record, in order; borrows the record for the call. */
typedef void leat_record_visit(void *self, const leat_record *record);

#endif
