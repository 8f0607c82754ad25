/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest - the table of contents of one delta: what one slot changed in one epoch.
 *
 * It names every key group it covers, changed or not, so that chains connect; every chunk by its
 * checksum; and every section (one state, one key group) by where it lies. A replica that holds
 * the manifest and its chunks holds the delta.
 *
 * Wire form, little endian: u32 magic, u32 crc32c of what follows, u16 format, u32 job, u64
 * generation, u64 epoch, u64 prev, u32 slot, u16 key groups + u16 each, u32 chunks + {u32 crc,
 * u32 bytes} each, u32 sections + {u16 state, u16 key group, u32 chunk, u32 offset, u32 bytes,
 * u32 rows} each, in order (state, key group, chunk, offset).
 */
#ifndef LEAT_WORKER_STATE_MANIFEST_H
#define LEAT_WORKER_STATE_MANIFEST_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/ids.h"

typedef struct leat_delta_id {
    leat_job_id job;
    leat_generation generation;
    leat_epoch epoch;
    leat_epoch prev; /* last completed epoch when it was taken: what it stands on */
    leat_slot_id slot;
} leat_delta_id;

typedef struct leat_manifest_chunk {
    uint32_t crc;
    uint32_t size_bytes;
} leat_manifest_chunk;

/* A run of records of one state and key group inside one chunk. */
typedef struct leat_manifest_section {
    uint16_t state;
    uint16_t key_group;
    uint32_t chunk_index;
    uint32_t offset_bytes; /* in the chunk */
    uint32_t size_bytes;
    uint32_t row_count;
} leat_manifest_section;

typedef struct leat_manifest {
    leat_delta_id id;
    uint32_t key_group_count;
    const uint16_t *key_groups; /* ascending */
    uint32_t chunk_count;
    const leat_manifest_chunk *chunks;
    uint32_t section_count;
    const leat_manifest_section *sections;
} leat_manifest;

void leat_manifest_encode(const leat_manifest *manifest, leat_buf *out);

/* Arrays go to the arena. Errors: LEAT_CORRUPT saying what does not fit. */
LEAT_MUST_USE leat_code leat_manifest_decode(leat_bytes bytes,
                                             leat_arena *arena,
                                             leat_manifest *out_manifest,
                                             leat_error *err);

/* What DURABLE carries: replicas that hold the same delta report the same hash. */
uint64_t leat_manifest_hash(leat_bytes encoded);

bool leat_manifest_covers(const leat_manifest *manifest, uint16_t key_group);

#endif
