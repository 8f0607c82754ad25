/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of more than RECORD_PART_BYTES (a compacted log, a large plan) are cut into parts; the
 * last part of a record says so in its first byte.
 */
#include "coordinator/clog.h"

#include "common/base/alloc.h"
#include "common/base/buf.h"
#include "common/base/mark.h"
#include "common/kv/lmdb/kv_lmdb.h"

enum { RECORD_PART_BYTES = 256 * 1024, PART_MORE = 0, PART_LAST = 1 };

struct leat_clog {
    leat_kv *kv;
    uint64_t next; /* number of the next part */
};

static leat_bytes key_of(uint64_t number, uint8_t out_key[9])
{
    out_key[0] = 'r';
    for (int i = 0; i < 8; i++)
        out_key[1 + i] = (uint8_t)(number >> (8 * (7 - i)));
    return leat_bytes_of(out_key, 9);
}

static uint64_t number_of(leat_bytes key)
{
    uint64_t number = 0;
    for (size_t i = 1; i < key.size; i++)
        number = number << 8 | (uint8_t)key.data[i];
    return number;
}

static leat_code find_end(leat_clog *clog, leat_error *err)
{
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *txn = NULL;
    LEAT_TRY(leat_kv_begin_read(clog->kv, &txn, err));
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    LEAT_TRY(leat_kv_cursor_open(txn, LEAT_BYTES("r"), &cursor, err));
    leat_kv_entry entry;
    leat_code code = leat_kv_cursor_last(cursor, &entry, err);
    if (code == LEAT_OK)
        clog->next = number_of(entry.key) + 1;
    return code == LEAT_END ? LEAT_OK : code;
}

leat_code leat_clog_open(const char *folder, leat_clog **out_clog, leat_error *err)
{
    leat_clog *clog = LEAT_NEW(leat_clog);
    leat_kv_lmdb_options options = {.may_use_reserve = true}; /* decisions go on on a full disk */
    leat_code code = leat_kv_lmdb_open(folder, &options, &clog->kv, err);
    if (code == LEAT_OK)
        code = find_end(clog, err);
    if (code != LEAT_OK)
        leat_clog_close(&clog);
    else
        *out_clog = clog;
    return code;
}

void leat_clog_close(leat_clog **clog)
{
    if (*clog == NULL)
        return;
    leat_kv_close(&(*clog)->kv);
    leat_free(*clog);
    *clog = NULL;
}

static leat_code put_record(leat_kv_txn *txn, leat_bytes record, uint64_t *next, leat_error *err)
{
    size_t at = 0;
    do {
        size_t size = LEAT_MIN(record.size - at, (size_t)RECORD_PART_BYTES);
        leat_buf part = {0};
        leat_buf_add_u8(&part, at + size == record.size ? PART_LAST : PART_MORE);
        leat_buf_add(&part, record.data + at, size);
        uint8_t key[9];
        leat_code code = leat_kv_put(txn, key_of((*next)++, key), leat_buf_bytes(&part), err);
        leat_buf_fini(&part);
        LEAT_TRY(code);
        at += size;
    } while (at < record.size);
    return LEAT_OK;
}

static leat_code write_record(leat_clog *clog, leat_bytes record, bool replaces, leat_error *err)
{
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *txn = NULL;
    LEAT_TRY(leat_kv_begin_write(clog->kv, &txn, err));
    if (replaces)
        LEAT_TRY(leat_kv_delete_prefix(txn, LEAT_BYTES("r"), UINT64_MAX, NULL, err));
    uint64_t next = clog->next;
    LEAT_TRY(put_record(txn, record, &next, err));
    if (LEAT_FAILPOINT(clog_commit_before))
        return leat_fail(err, LEAT_IO, "failpoint clog_commit_before");
    LEAT_TRY(leat_kv_commit(&txn, err));
    (void)LEAT_FAILPOINT(clog_commit_after);
    clog->next = next;
    return LEAT_OK;
}

leat_code leat_clog_append(leat_clog *clog, leat_bytes record, leat_error *err)
{
    return write_record(clog, record, false, err);
}

leat_code leat_clog_replace(leat_clog *clog, leat_bytes record, leat_error *err)
{
    return write_record(clog, record, true, err);
}

static leat_code each_part(
    leat_kv_cursor *cursor, leat_buf *record, leat_clog_visit *visit, void *self, leat_error *err)
{
    leat_kv_entry entry;
    leat_code code;
    while ((code = leat_kv_cursor_next(cursor, &entry, err)) == LEAT_OK) {
        if (entry.value.size == 0)
            return leat_fail(err, LEAT_CORRUPT, "empty record in the command log");
        leat_buf_add(record, entry.value.data + 1, entry.value.size - 1);
        if (entry.value.data[0] == PART_MORE)
            continue;
        LEAT_TRY(visit(self, leat_buf_bytes(record), err));
        leat_buf_clear(record);
    }
    return code == LEAT_END ? LEAT_OK : code;
}

leat_code leat_clog_each(leat_clog *clog, leat_clog_visit *visit, void *self, leat_error *err)
{
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *txn = NULL;
    LEAT_TRY(leat_kv_begin_read(clog->kv, &txn, err));
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    LEAT_TRY(leat_kv_cursor_open(txn, LEAT_BYTES("r"), &cursor, err));
    leat_buf record = {0};
    leat_code code = each_part(cursor, &record, visit, self, err);
    leat_buf_fini(&record);
    return code;
}
