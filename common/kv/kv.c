/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kv/kv.h"

#include "common/base/assert.h"
#include "common/kv/kv_back.h"

static bool begins_with(leat_bytes bytes, leat_bytes prefix)
{
    return bytes.size >= prefix.size &&
           (prefix.size == 0 || memcmp(bytes.data, prefix.data, prefix.size) == 0);
}

/* The smallest key greater than all that begin with `prefix`, written to `out` (KEY_MAX bytes);
 * size 0 = there is none. */
static leat_bytes prefix_end(leat_bytes prefix, char *out)
{
    size_t size = prefix.size;
    while (size > 0 && (unsigned char)prefix.data[size - 1] == 0xFF)
        size--;
    if (size == 0)
        return (leat_bytes){NULL, 0};
    memcpy(out, prefix.data, size);
    out[size - 1] = (char)((unsigned char)out[size - 1] + 1);
    return leat_bytes_of(out, size);
}

static leat_code key_check(leat_bytes key, leat_error *err)
{
    if (key.size >= 1 && key.size <= LEAT_KV_KEY_MAX)
        return LEAT_OK;
    return leat_fail(err, LEAT_LIMIT, "a key of %zu bytes: expected 1 to %d", key.size,
                     LEAT_KV_KEY_MAX);
}

/* Remember the first failure of a write transaction. */
static leat_code noted(leat_kv_txn *txn, leat_code code)
{
    bool is_failure = code != LEAT_OK && code != LEAT_NOT_FOUND && code != LEAT_END;
    if (is_failure && txn->is_write && txn->failed == LEAT_OK)
        txn->failed = code;
    return code;
}

void leat_kv_close(leat_kv **kv)
{
    if (*kv == NULL)
        return;
    LEAT_ASSERT(!atomic_load(&(*kv)->is_writing));
    (*kv)->back->close(*kv);
    *kv = NULL;
}

static leat_code begin(leat_kv *kv, bool is_write, leat_kv_txn **out_txn, leat_error *err)
{
    leat_kv_txn *txn = NULL;
    LEAT_TRY(kv->back->begin(kv, is_write, &txn, err));
    txn->kv = kv;
    txn->is_write = is_write;
    *out_txn = txn;
    return LEAT_OK;
}

leat_code leat_kv_begin_write(leat_kv *kv, leat_kv_txn **out_txn, leat_error *err)
{
    bool was_writing = atomic_exchange(&kv->is_writing, true);
    LEAT_ASSERT(!was_writing); /* K1 */
    leat_code code = begin(kv, true, out_txn, err);
    if (code != LEAT_OK)
        atomic_store(&kv->is_writing, false);
    return code;
}

leat_code leat_kv_begin_read(leat_kv *kv, leat_kv_txn **out_txn, leat_error *err)
{
    return begin(kv, false, out_txn, err);
}

leat_code leat_kv_commit(leat_kv_txn **txn, leat_error *err)
{
    leat_kv_txn *ending = LEAT_TAKE(*txn);
    leat_kv *kv = ending->kv;
    LEAT_ASSERT(ending->is_write && ending->cursor_count == 0);
    leat_code code = ending->failed;
    if (code == LEAT_OK) {
        code = kv->back->commit(ending, err);
    } else {
        kv->back->abort(ending);
        leat_fail(err, code, "commit after a failure in the same transaction");
    }
    atomic_store(&kv->is_writing, false);
    return code;
}

void leat_kv_abort(leat_kv_txn **txn)
{
    leat_kv_txn *ending = LEAT_TAKE(*txn);
    if (ending == NULL)
        return;
    LEAT_ASSERT(ending->cursor_count == 0);
    leat_kv *kv = ending->kv;
    bool was_write = ending->is_write;
    kv->back->abort(ending);
    if (was_write)
        atomic_store(&kv->is_writing, false);
}

void leat_kv_reset(leat_kv_txn *txn)
{
    LEAT_ASSERT(!txn->is_write && txn->cursor_count == 0);
    if (txn->is_reset)
        return;
    txn->kv->back->reset(txn);
    txn->is_reset = true;
}

leat_code leat_kv_renew(leat_kv_txn *txn, leat_error *err)
{
    leat_kv_reset(txn);
    LEAT_TRY(txn->kv->back->renew(txn, err));
    txn->is_reset = false;
    return LEAT_OK;
}

leat_code leat_kv_get(leat_kv_txn *txn, leat_bytes key, leat_bytes *out_value, leat_error *err)
{
    LEAT_ASSERT(!txn->is_reset);
    LEAT_TRY(key_check(key, err));
    return noted(txn, txn->kv->back->get(txn, key, out_value, err));
}

leat_code leat_kv_put(leat_kv_txn *txn, leat_bytes key, leat_bytes value, leat_error *err)
{
    LEAT_ASSERT(txn->is_write);
    leat_code code = key_check(key, err);
    if (code == LEAT_OK && value.size > LEAT_KV_VALUE_MAX)
        code = leat_fail(err, LEAT_LIMIT, "a value of %zu bytes: expected at most %d", value.size,
                         LEAT_KV_VALUE_MAX);
    if (code == LEAT_OK)
        code = txn->kv->back->put(txn, key, value, err);
    return noted(txn, code);
}

leat_code leat_kv_delete(leat_kv_txn *txn, leat_bytes key, leat_error *err)
{
    LEAT_ASSERT(txn->is_write);
    LEAT_TRY(noted(txn, key_check(key, err)));
    return noted(txn, txn->kv->back->remove(txn, key, err));
}

leat_code leat_kv_delete_range(leat_kv_txn *txn,
                               leat_bytes first,
                               leat_bytes end,
                               uint64_t limit,
                               uint64_t *out_count,
                               leat_error *err)
{
    uint64_t count = 0;
    char key[LEAT_KV_KEY_MAX];
    LEAT_AUTO(leat_kv_cursor_close) leat_kv_cursor *cursor = NULL;
    LEAT_ASSERT(txn->is_write && first.size <= LEAT_KV_KEY_MAX);
    LEAT_TRY(leat_kv_cursor_open(txn, (leat_bytes){NULL, 0}, &cursor, err));
    while (count < limit) {
        leat_kv_entry entry;
        leat_code code = leat_kv_cursor_seek(cursor, first, &entry, err);
        if (code == LEAT_END)
            break;
        LEAT_TRY(code);
        if (end.size > 0 && leat_bytes_compare(entry.key, end) >= 0)
            break;
        /* The key is borrowed from what we are about to delete. */
        leat_bytes copy =
            leat_bytes_of(memcpy(key, entry.key.data, entry.key.size), entry.key.size);
        LEAT_TRY(leat_kv_delete(txn, copy, err));
        count++;
    }
    if (out_count != NULL)
        *out_count = count;
    return LEAT_OK;
}

leat_code leat_kv_delete_prefix(
    leat_kv_txn *txn, leat_bytes prefix, uint64_t limit, uint64_t *out_count, leat_error *err)
{
    char end[LEAT_KV_KEY_MAX];
    LEAT_ASSERT(prefix.size <= LEAT_KV_KEY_MAX);
    return leat_kv_delete_range(txn, prefix, prefix_end(prefix, end), limit, out_count, err);
}

leat_code leat_kv_cursor_open(leat_kv_txn *txn,
                              leat_bytes prefix,
                              leat_kv_cursor **out_cursor,
                              leat_error *err)
{
    LEAT_ASSERT(!txn->is_reset && prefix.size <= LEAT_KV_KEY_MAX);
    leat_kv_cursor *cursor = NULL;
    LEAT_TRY(noted(txn, txn->kv->back->cursor_open(txn, &cursor, err)));
    cursor->txn = txn;
    cursor->is_positioned = false;
    cursor->prefix_size = prefix.size;
    if (prefix.size > 0)
        memcpy(cursor->prefix, prefix.data, prefix.size);
    txn->cursor_count++;
    *out_cursor = cursor;
    return LEAT_OK;
}

void leat_kv_cursor_close(leat_kv_cursor **cursor)
{
    leat_kv_cursor *closing = LEAT_TAKE(*cursor);
    if (closing == NULL)
        return;
    LEAT_ASSERT(closing->txn->cursor_count > 0);
    closing->txn->cursor_count--;
    closing->txn->kv->back->cursor_close(closing);
}

static leat_bytes cursor_prefix(const leat_kv_cursor *cursor)
{
    return leat_bytes_of(cursor->prefix, cursor->prefix_size);
}

/* What the back found counts only below the prefix. */
static leat_code
cursor_found(leat_kv_cursor *cursor, leat_code code, leat_kv_entry found, leat_kv_entry *out_entry)
{
    if (code == LEAT_OK && !begins_with(found.key, cursor_prefix(cursor)))
        code = LEAT_END;
    cursor->is_positioned = true;
    if (code == LEAT_OK)
        *out_entry = found;
    return noted(cursor->txn, code);
}

leat_code leat_kv_cursor_seek(leat_kv_cursor *cursor,
                              leat_bytes key,
                              leat_kv_entry *out_entry,
                              leat_error *err)
{
    leat_kv_entry found = {0};
    LEAT_ASSERT(!cursor->txn->is_reset && key.size <= LEAT_KV_KEY_MAX);
    if (leat_bytes_compare(key, cursor_prefix(cursor)) < 0)
        key = cursor_prefix(cursor);
    leat_code code = cursor->txn->kv->back->seek(cursor, key, &found, err);
    return cursor_found(cursor, code, found, out_entry);
}

leat_code leat_kv_cursor_next(leat_kv_cursor *cursor, leat_kv_entry *out_entry, leat_error *err)
{
    leat_kv_entry found = {0};
    if (!cursor->is_positioned)
        return leat_kv_cursor_seek(cursor, cursor_prefix(cursor), out_entry, err);
    leat_code code = cursor->txn->kv->back->next(cursor, &found, err);
    return cursor_found(cursor, code, found, out_entry);
}

leat_code leat_kv_cursor_last(leat_kv_cursor *cursor, leat_kv_entry *out_entry, leat_error *err)
{
    char end[LEAT_KV_KEY_MAX];
    leat_kv_entry found = {0};
    LEAT_ASSERT(!cursor->txn->is_reset);
    leat_bytes after = prefix_end(cursor_prefix(cursor), end);
    leat_code code = cursor->txn->kv->back->before(cursor, after, &found, err);
    return cursor_found(cursor, code, found, out_entry);
}

leat_code leat_kv_stats_of(leat_kv *kv, leat_kv_stats *out_stats, leat_error *err)
{
    return kv->back->stats(kv, out_stats, err);
}
