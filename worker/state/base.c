/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/base.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/crc32c.h"
#include "common/base/limits.h"
#include "worker/state/delta.h"
#include "worker/state/store_key.h"

enum {
    PAGE_MAGIC = 0x47415050,
    PAGE_FORMAT = 1,
    PAGE_HEAD_BYTES = 4 + 4 + 2 + 2 + 8 + 4 + 4,
    PAGE_CRC_FROM = 8, /* what the checksum covers starts here */
    SLOT_MIN_BYTES = 4 * 1024,
    SLOT_MAX_BYTES = 64 * 1024,
    SLOT_SPARE_BYTES = 16, /* so that value and LMDB's page header share whole pages */
    FACTS_BYTES = 8 + 8 + 8,
};

leat_code leat_base_facts_get(leat_kv_txn *base,
                              leat_job_id job,
                              uint16_t key_group,
                              leat_base_facts *out_facts,
                              leat_error *err)
{
    leat_store_key key = leat_store_key_group('g', job, key_group);
    leat_bytes value;
    leat_code code = leat_kv_get(base, leat_store_key_bytes(&key), &value, err);
    if (code == LEAT_NOT_FOUND) {
        *out_facts = (leat_base_facts){0};
        return LEAT_OK;
    }
    LEAT_TRY(code);
    leat_cursor in = leat_cursor_over(value);
    leat_base_facts facts = {.epoch = {leat_cursor_u64(&in)}};
    facts.row_count = leat_cursor_u64(&in);
    facts.size_bytes = leat_cursor_u64(&in);
    if (in.is_short)
        return leat_fail(err, LEAT_CORRUPT, "facts of key group %u are cut short", key_group);
    *out_facts = facts;
    return LEAT_OK;
}

leat_code leat_base_page_open(leat_bytes page, leat_cursor *out_records, leat_error *err)
{
    leat_cursor in = leat_cursor_over(page);
    uint32_t magic = leat_cursor_u32(&in);
    uint32_t crc = leat_cursor_u32(&in);
    if (in.is_short || magic != PAGE_MAGIC)
        return leat_fail(err, LEAT_CORRUPT, "not a page (%zu bytes)", page.size);
    if (leat_crc32c(in.at, (size_t)(in.end - in.at)) != crc)
        return leat_fail(err, LEAT_CORRUPT, "page checksum differs");
    uint16_t format = leat_cursor_u16(&in);
    (void)leat_cursor_u16(&in); /* zero */
    (void)leat_cursor_u64(&in); /* epoch: for merging in runs of pages, later */
    (void)leat_cursor_u32(&in); /* rows: for people */
    uint32_t size_bytes = leat_cursor_u32(&in);
    if (in.is_short || format != PAGE_FORMAT || size_bytes > (size_t)(in.end - in.at))
        return leat_fail(err, LEAT_CORRUPT, "page format %u or length does not fit", format);
    *out_records = leat_cursor_over(leat_bytes_of(in.at, size_bytes));
    return LEAT_OK;
}

leat_code leat_base_each(leat_kv_txn *base,
                         leat_job_id job,
                         uint16_t key_group,
                         leat_record_visit *visit,
                         void *self,
                         leat_error *err)
{
    leat_base_facts facts;
    LEAT_TRY(leat_base_facts_get(base, job, key_group, &facts, err));
    if (facts.epoch.value == 0) /* pages of a copy that was not finished do not count */
        return LEAT_OK;
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    leat_store_key prefix = leat_store_key_group('p', job, key_group);
    LEAT_TRY(leat_kv_cursor_open(base, leat_store_key_bytes(&prefix), &cursor, err));
    leat_kv_entry entry;
    leat_code code;
    while ((code = leat_kv_cursor_next(cursor, &entry, err)) == LEAT_OK) {
        uint16_t state = (uint16_t)leat_store_key_number(entry.key, LEAT_STORE_FACTS_KEY_BYTES, 2);
        leat_cursor records;
        if (leat_base_page_open(entry.value, &records, err) != LEAT_OK)
            return leat_error_add(err, "base of key group %u, state %u", key_group, state);
        leat_record record = {.state = state, .key_group = key_group};
        while (leat_record_decode(&records, &record))
            visit(self, &record);
        if (records.is_short)
            return leat_fail(err, LEAT_CORRUPT, "page of key group %u: record is cut short",
                             key_group);
    }
    return code == LEAT_END ? LEAT_OK : code;
}

struct leat_base_writer {
    leat_kv_txn *base;
    leat_job_id job;
    uint16_t key_group;
    leat_epoch epoch;
    uint64_t row_count;
    uint64_t size_bytes;

    /* The page being filled: its head is written when it is full. */
    uint16_t state;
    uint32_t page_index; /* within the state */
    uint32_t page_rows;
    leat_buf page;
};

leat_base_writer *
leat_base_writer_new(leat_kv_txn *base, leat_job_id job, uint16_t key_group, leat_epoch epoch)
{
    leat_base_writer *writer = LEAT_NEW(leat_base_writer);
    writer->base = base;
    writer->job = job;
    writer->key_group = key_group;
    writer->epoch = epoch;
    return writer;
}

void leat_base_writer_free(leat_base_writer **writer)
{
    leat_base_writer *dropped = LEAT_TAKE(*writer);
    if (dropped == NULL)
        return;
    leat_buf_fini(&dropped->page);
    leat_free(dropped);
}

leat_code leat_base_writer_begin(leat_base_writer *writer, leat_error *err)
{
    return leat_base_drop(writer->base, writer->job, writer->key_group, err);
}

static size_t slot_bytes(size_t used)
{
    for (size_t slot = SLOT_MIN_BYTES; slot <= SLOT_MAX_BYTES; slot *= 2)
        if (used <= slot - SLOT_SPARE_BYTES)
            return slot - SLOT_SPARE_BYTES;
    return used; /* one record larger than any slot */
}

static leat_code page_write(leat_base_writer *writer, leat_error *err)
{
    if (writer->page_rows == 0)
        return LEAT_OK;
    size_t records_bytes = writer->page.size - PAGE_HEAD_BYTES;
    size_t slot = slot_bytes(writer->page.size);
    memset(leat_buf_reserve(&writer->page, slot - writer->page.size), 0, slot - writer->page.size);
    LEAT_AUTO(leat_buf_fini) leat_buf head = {0};
    leat_buf_add_u32(&head, PAGE_MAGIC);
    leat_buf_add_u32(&head, 0);
    leat_buf_add_u16(&head, PAGE_FORMAT);
    leat_buf_add_u16(&head, 0);
    leat_buf_add_u64(&head, writer->epoch.value);
    leat_buf_add_u32(&head, writer->page_rows);
    leat_buf_add_u32(&head, (uint32_t)records_bytes);
    LEAT_ASSERT(head.size == PAGE_HEAD_BYTES);
    memcpy(writer->page.data, head.data, head.size);
    uint32_t crc = leat_crc32c(writer->page.data + PAGE_CRC_FROM, slot - PAGE_CRC_FROM);
    memcpy(writer->page.data + 4, &crc, sizeof crc);

    leat_store_key key = leat_store_key_group('p', writer->job, writer->key_group);
    leat_store_key_add(&key, writer->state, 2);
    leat_store_key_add(&key, writer->page_index, 4);
    LEAT_TRY(leat_kv_put(writer->base, leat_store_key_bytes(&key),
                         leat_bytes_of(writer->page.data, slot), err));
    writer->size_bytes += records_bytes;
    writer->row_count += writer->page_rows;
    writer->page_index++;
    writer->page_rows = 0;
    return LEAT_OK;
}

leat_code leat_base_writer_add(leat_base_writer *writer, const leat_record *record, leat_error *err)
{
    LEAT_ASSERT(record->kind == LEAT_RECORD_PUT && record->key_group == writer->key_group);
    enum { RECORD_HEAD_MAX = 32, FILL_BYTES = SLOT_MAX_BYTES - SLOT_SPARE_BYTES };
    size_t size = RECORD_HEAD_MAX + record->key.size + record->value.size;
    if (writer->page_rows > 0 &&
        (record->state != writer->state || writer->page.size + size > FILL_BYTES))
        LEAT_TRY(page_write(writer, err));
    if (record->state != writer->state) {
        LEAT_ASSERT(record->state > writer->state);
        writer->state = record->state;
        writer->page_index = 0;
    }
    if (writer->page_rows == 0) {
        leat_buf_clear(&writer->page);
        (void)leat_buf_reserve(&writer->page, PAGE_HEAD_BYTES);
        writer->page.size = PAGE_HEAD_BYTES;
    }
    leat_record_encode(record, &writer->page);
    writer->page_rows++;
    return LEAT_OK;
}

leat_code leat_base_writer_finish(leat_base_writer *writer, leat_error *err)
{
    LEAT_TRY(page_write(writer, err));
    LEAT_AUTO(leat_buf_fini) leat_buf facts = {0};
    leat_buf_add_u64(&facts, writer->epoch.value);
    leat_buf_add_u64(&facts, writer->row_count);
    leat_buf_add_u64(&facts, writer->size_bytes);
    LEAT_ASSERT(facts.size == FACTS_BYTES);
    leat_store_key key = leat_store_key_group('g', writer->job, writer->key_group);
    return leat_kv_put(writer->base, leat_store_key_bytes(&key), leat_buf_bytes(&facts), err);
}

leat_code leat_base_drop(leat_kv_txn *base, leat_job_id job, uint16_t key_group, leat_error *err)
{
    leat_store_key facts = leat_store_key_group('g', job, key_group);
    LEAT_TRY(leat_kv_delete(base, leat_store_key_bytes(&facts), err));
    leat_store_key pages = leat_store_key_group('p', job, key_group);
    return leat_kv_delete_prefix(base, leat_store_key_bytes(&pages), UINT64_MAX, NULL, err);
}

leat_code leat_base_drop_job(leat_kv_txn *base, leat_job_id job, leat_error *err)
{
    leat_store_key facts = leat_store_key_job('g', job);
    LEAT_TRY(leat_kv_delete_prefix(base, leat_store_key_bytes(&facts), UINT64_MAX, NULL, err));
    leat_store_key pages = leat_store_key_job('p', job);
    return leat_kv_delete_prefix(base, leat_store_key_bytes(&pages), UINT64_MAX, NULL, err);
}
