/* SPDX-License-Identifier: Apache-2.0
 *
 * base - key groups as of some completed epoch, in pages: what chains of deltas stand on.
 *
 * Keys (big endian): g<job><key group> -> facts; p<job><key group><state><page> -> page. A page
 * is u32 magic, u32 crc32c, u16 format, u16 zero, u64 epoch, u32 rows, u32 record bytes, records in
 * order (hash, key), zero padding up to a slot of 4, 8, 16, 32 or 64 KiB less 16 bytes, so that a
 * page that is rewritten fits where it lay.
 *
 * Invariants
 *   A1  a key group's facts and pages change together, in one transaction.
 *   A2  base epoch <= decided epoch of the journal (I4).
 */
#ifndef LEAT_WORKER_STATE_BASE_H
#define LEAT_WORKER_STATE_BASE_H

#include "common/kv/kv.h"
#include "worker/state/manifest.h"
#include "worker/state/record.h"

typedef struct leat_base_facts {
    leat_epoch epoch;
    uint64_t row_count;
    uint64_t size_bytes; /* of the pages' records */
} leat_base_facts;

/* Zeros when the key group has no base here. */
LEAT_MUST_USE leat_code leat_base_facts_get(leat_kv_txn *base,
                                            leat_job_id job,
                                            uint16_t key_group,
                                            leat_base_facts *out_facts,
                                            leat_error *err);

/* All records of a key group: per state ascending, in order (hash, key, pane). LEAT_CORRUPT names
 * the page. */
LEAT_MUST_USE leat_code leat_base_each(leat_kv_txn *base,
                                       leat_job_id job,
                                       uint16_t key_group,
                                       leat_record_visit *visit,
                                       void *self,
                                       leat_error *err);

/* Check a page and give its records, to be read with leat_record_decode (delta.h). */
LEAT_MUST_USE leat_code leat_base_page_open(leat_bytes page,
                                            leat_cursor *out_records,
                                            leat_error *err);

/* Replaces a key group: begin drops its pages, add in order (state, hash, key, pane), finish writes
 * the facts. */
typedef struct leat_base_writer leat_base_writer;
leat_base_writer *
leat_base_writer_new(leat_kv_txn *base, leat_job_id job, uint16_t key_group, leat_epoch epoch);
void leat_base_writer_free(leat_base_writer **writer);
LEAT_MUST_USE leat_code leat_base_writer_begin(leat_base_writer *writer, leat_error *err);
LEAT_MUST_USE leat_code leat_base_writer_add(leat_base_writer *writer,
                                             const leat_record *record,
                                             leat_error *err);
LEAT_MUST_USE leat_code leat_base_writer_finish(leat_base_writer *writer, leat_error *err);

LEAT_MUST_USE leat_code leat_base_drop(leat_kv_txn *base,
                                       leat_job_id job,
                                       uint16_t key_group,
                                       leat_error *err);
LEAT_MUST_USE leat_code leat_base_drop_job(leat_kv_txn *base, leat_job_id job, leat_error *err);

#endif
