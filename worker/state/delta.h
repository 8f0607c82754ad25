/* SPDX-License-Identifier: Apache-2.0
 *
 * delta - writes the records of one frozen epoch into chunks, and then their manifest.
 *
 * The slot gathers frozen rows in slices and adds them here; each full chunk leaves at once as
 * an immutable blob (to the journal and to the standbys), so a large epoch never stands in
 * memory whole. Nothing here knows what a record means.
 *
 * Invariants
 *   D1  begin, add*, finish; one delta at a time.
 *   D2  records come in order (state, key group, hash, key, pane), DROP_PANE first in its section,
 * and only of key groups named at begin. D3  no record is split between chunks; a chunk exceeds
 * LEAT_CHUNK_BYTES only to hold one record that is larger.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_STATE_DELTA_H
#define LEAT_WORKER_STATE_DELTA_H

#include "common/base/blob.h"
#include "worker/state/manifest.h"
#include "worker/state/record.h"

/* Takes the blob. Called in order of index. */
typedef void leat_delta_chunk_take(void *self, uint32_t chunk_index, leat_blob *chunk);

typedef struct leat_delta_writer leat_delta_writer;

leat_delta_writer *leat_delta_writer_new(leat_delta_chunk_take *take, void *take_self);
void leat_delta_writer_free(leat_delta_writer **writer);

/* key_groups: ascending, all that the slot owns; copied. Drops a delta begun before (an abort). */
void leat_delta_begin(leat_delta_writer *writer,
                      leat_delta_id id,
                      const uint16_t *key_groups,
                      uint32_t key_group_count);
void leat_delta_add(leat_delta_writer *writer, const leat_record *record);
/* Gives the last chunk, then returns the manifest. */
LEAT_MUST_USE leat_blob *leat_delta_finish(leat_delta_writer *writer);

/* A record's wire form; shared with pages. */
void leat_record_encode(const leat_record *record, leat_buf *out);
/* Read the next record of a section; out_record keeps its state and key group. The bytes are
 * borrowed from the cursor. False at the end or, with cursor->is_short set, on nonsense. */
bool leat_record_decode(leat_cursor *in, leat_record *out_record);

#endif
