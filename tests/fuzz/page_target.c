/* SPDX-License-Identifier: Apache-2.0
 *
 * Base pages and the records in them.
 */
#include "common/base/crc32c.h"
#include "common/kv/kv_mem.h"
#include "tests/fuzz/fuzz.h"
#include "worker/state/base.h"
#include "worker/state/delta.h"
#include "worker/state/store_key.h"

enum { CRC_AT = 4, HEAD_BYTES = 8 };

static void base_fill(leat_kv_txn *txn)
{
    leat_base_writer *writer = leat_base_writer_new(txn, (leat_job_id){1}, 0, (leat_epoch){5});
    leat_error err = {0};
    LEAT_ASSERT(leat_base_writer_begin(writer, &err) == LEAT_OK);
    for (uint64_t i = 0; i < 6; i++) {
        leat_record record = {.kind = LEAT_RECORD_PUT,
                              .hash = i * 1000,
                              .pane = i % 2 == 0 ? LEAT_PANE_NONE : 60000000,
                              .key = LEAT_BYTES("key"),
                              .value = LEAT_BYTES("some value")};
        LEAT_ASSERT(leat_base_writer_add(writer, &record, &err) == LEAT_OK);
    }
    LEAT_ASSERT(leat_base_writer_finish(writer, &err) == LEAT_OK);
    leat_base_writer_free(&writer);
}

static void seed(leat_fuzz_seeds *seeds)
{
    leat_kv *kv = leat_kv_mem_new();
    leat_error err = {0};
    leat_kv_txn *txn = NULL;
    leat_kv_cursor *cursor = NULL;
    leat_kv_entry entry;
    LEAT_ASSERT(leat_kv_begin_write(kv, &txn, &err) == LEAT_OK);
    base_fill(txn);
    leat_store_key pages = leat_store_key_group('p', (leat_job_id){1}, 0);
    LEAT_ASSERT(leat_kv_cursor_open(txn, leat_store_key_bytes(&pages), &cursor, &err) == LEAT_OK);
    while (leat_kv_cursor_next(cursor, &entry, &err) == LEAT_OK)
        leat_buf_add(leat_fuzz_seed(seeds), entry.value.data, LEAT_MIN(entry.value.size, 512));
    leat_kv_cursor_close(&cursor);
    leat_kv_abort(&txn);
    leat_kv_close(&kv);
    LEAT_VEC_EACH (page, seeds) /* cut off its padding: the checksum is of what is left */
        leat_fuzz_page.mend(page);
}

static void mend(leat_buf *input)
{
    if (input->size < HEAD_BYTES)
        return;
    uint32_t crc = leat_crc32c(input->data + HEAD_BYTES, input->size - HEAD_BYTES);
    memcpy(input->data + CRC_AT, &crc, sizeof crc);
}

static bool run(leat_bytes input)
{
    leat_error err = {0};
    leat_cursor records;
    if (leat_base_page_open(input, &records, &err) != LEAT_OK)
        return false;
    leat_bytes all = leat_bytes_of(records.at, (size_t)(records.end - records.at));
    leat_record record = {.state = 1, .key_group = 2};
    leat_buf again = {0};
    while (leat_record_decode(&records, &record))
        leat_record_encode(&record, &again);
    LEAT_ASSERT(records.is_short || again.size <= all.size);
    leat_buf_fini(&again);
    return !records.is_short;
}

const leat_fuzz_target leat_fuzz_page = {.name = "page", .seed = seed, .mend = mend, .run = run};
