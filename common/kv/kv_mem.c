/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kv/kv_mem.h"

#include <inttypes.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/hash.h"
#include "common/base/list.h"
#include "common/kv/kv_back.h"
#include "common/kv/mem_tree.h"

typedef struct kv_mem {
    leat_kv kv;
    leat_mem_node *committed; /* one reference */
    leat_list transactions;   /* of mem_txn, so that a crash can take them along */
    uint64_t quota_bytes;     /* 0 = no limit */

    /* Faults: operation number `fail_at` (and all later ones when lasting) gives `fail_code`. */
    uint64_t operation_count;
    uint64_t fail_at; /* 0 = none */
    leat_code fail_code;
    bool is_fail_lasting;
} kv_mem;

typedef struct mem_txn {
    leat_kv_txn txn;
    leat_link link;
    leat_list cursors;   /* of mem_cursor */
    leat_mem_node *root; /* this transaction's version, one reference */
} mem_txn;

typedef struct mem_cursor {
    leat_kv_cursor cursor;
    leat_link link;
    bool is_at_end;
    size_t key_size;
    char key[LEAT_KV_KEY_MAX]; /* where it stands; a copy, so that writes cannot pull it away */
} mem_cursor;

static kv_mem *kv_mem_of(leat_kv *kv)
{
    return (kv_mem *)kv;
}

static mem_txn *mem_txn_of(leat_kv_txn *txn)
{
    return (mem_txn *)txn;
}

/* Count an operation; fail it when it is due. */
static leat_code operation(leat_kv *kv, const char *name, leat_error *err)
{
    kv_mem *mem = kv_mem_of(kv);
    uint64_t now = ++mem->operation_count;
    bool is_due =
        mem->fail_at != 0 && (now == mem->fail_at || (now > mem->fail_at && mem->is_fail_lasting));
    if (LEAT_LIKELY(!is_due))
        return LEAT_OK;
    return leat_fail(err, mem->fail_code, "injected: %s is operation %" PRIu64, name, now);
}

static void txn_free(mem_txn *txn)
{
    leat_list_remove(&txn->link);
    leat_mem_unref(txn->root);
    leat_free(txn);
}

static leat_code mem_begin(leat_kv *kv, bool is_write, leat_kv_txn **out_txn, leat_error *err)
{
    LEAT_TRY(operation(kv, is_write ? "begin write" : "begin read", err));
    mem_txn *txn = LEAT_NEW(mem_txn);
    leat_list_init(&txn->cursors);
    txn->root = leat_mem_ref(kv_mem_of(kv)->committed);
    leat_list_add_last(&kv_mem_of(kv)->transactions, &txn->link);
    *out_txn = &txn->txn;
    return LEAT_OK;
}

static void publish(kv_mem *mem, mem_txn *txn)
{
    leat_mem_unref(mem->committed);
    mem->committed = leat_mem_ref(txn->root);
}

static leat_code mem_commit(leat_kv_txn *base, leat_error *err)
{
    kv_mem *mem = kv_mem_of(base->kv);
    mem_txn *txn = mem_txn_of(base);
    uint64_t bytes = leat_mem_bytes(txn->root);
    leat_code code = operation(base->kv, "commit", err);
    bool grows = bytes > leat_mem_bytes(mem->committed);
    if (code == LEAT_OK && mem->quota_bytes != 0 && bytes > mem->quota_bytes && grows)
        code = leat_fail(err, LEAT_NO_SPACE, "store is full: %" PRIu64 " of %" PRIu64 " bytes",
                         bytes, mem->quota_bytes);
    if (code == LEAT_OK)
        publish(mem, txn);
    txn_free(txn);
    return code;
}

static void mem_abort(leat_kv_txn *txn)
{
    txn_free(mem_txn_of(txn));
}

static void mem_reset(leat_kv_txn *txn)
{
    leat_mem_unref(mem_txn_of(txn)->root);
    mem_txn_of(txn)->root = NULL;
}

static leat_code mem_renew(leat_kv_txn *txn, leat_error *err)
{
    LEAT_TRY(operation(txn->kv, "renew", err));
    mem_txn_of(txn)->root = leat_mem_ref(kv_mem_of(txn->kv)->committed);
    return LEAT_OK;
}

static leat_code mem_get(leat_kv_txn *txn, leat_bytes key, leat_bytes *out_value, leat_error *err)
{
    LEAT_TRY(operation(txn->kv, "get", err));
    return leat_mem_get(mem_txn_of(txn)->root, key, out_value) ? LEAT_OK : LEAT_NOT_FOUND;
}

static leat_code mem_put(leat_kv_txn *txn, leat_bytes key, leat_bytes value, leat_error *err)
{
    LEAT_TRY(operation(txn->kv, "put", err));
    mem_txn_of(txn)->root = leat_mem_put(mem_txn_of(txn)->root, key, value);
    return LEAT_OK;
}

static leat_code mem_remove(leat_kv_txn *txn, leat_bytes key, leat_error *err)
{
    LEAT_TRY(operation(txn->kv, "delete", err));
    mem_txn_of(txn)->root = leat_mem_remove(mem_txn_of(txn)->root, key);
    return LEAT_OK;
}

static leat_code mem_cursor_open(leat_kv_txn *txn, leat_kv_cursor **out_cursor, leat_error *err)
{
    LEAT_TRY(operation(txn->kv, "cursor", err));
    mem_cursor *cursor = leat_alloc(sizeof *cursor);
    cursor->link = (leat_link){0};
    cursor->is_at_end = false;
    cursor->key_size = 0;
    leat_list_add_last(&mem_txn_of(txn)->cursors, &cursor->link);
    *out_cursor = &cursor->cursor;
    return LEAT_OK;
}

static void mem_cursor_close(leat_kv_cursor *base)
{
    mem_cursor *cursor = (mem_cursor *)base;
    leat_list_remove(&cursor->link);
    leat_free(cursor);
}

/* Stand on `found`, or at the end. */
static leat_code cursor_stand(mem_cursor *cursor, bool is_found, const leat_kv_entry *found)
{
    cursor->is_at_end = !is_found;
    if (!is_found)
        return LEAT_END;
    cursor->key_size = found->key.size;
    memcpy(cursor->key, found->key.data, found->key.size);
    return LEAT_OK;
}

static leat_code
mem_seek(leat_kv_cursor *base, leat_bytes key, leat_kv_entry *out_entry, leat_error *err)
{
    LEAT_TRY(operation(base->txn->kv, "seek", err));
    bool is_found = leat_mem_at_least(mem_txn_of(base->txn)->root, key, out_entry);
    return cursor_stand((mem_cursor *)base, is_found, out_entry);
}

static leat_code mem_next(leat_kv_cursor *base, leat_kv_entry *out_entry, leat_error *err)
{
    mem_cursor *cursor = (mem_cursor *)base;
    LEAT_TRY(operation(base->txn->kv, "next", err));
    if (cursor->is_at_end)
        return LEAT_END;
    leat_bytes key = leat_bytes_of(cursor->key, cursor->key_size);
    bool is_found = leat_mem_after(mem_txn_of(base->txn)->root, key, out_entry);
    return cursor_stand(cursor, is_found, out_entry);
}

static leat_code
mem_before(leat_kv_cursor *base, leat_bytes key, leat_kv_entry *out_entry, leat_error *err)
{
    LEAT_TRY(operation(base->txn->kv, "last", err));
    const leat_mem_node *root = mem_txn_of(base->txn)->root;
    bool is_found =
        key.size == 0 ? leat_mem_last(root, out_entry) : leat_mem_before(root, key, out_entry);
    return cursor_stand((mem_cursor *)base, is_found, out_entry);
}

static leat_code mem_stats(leat_kv *kv, leat_kv_stats *out_stats, leat_error *err)
{
    (void)err;
    kv_mem *mem = kv_mem_of(kv);
    uint64_t used = leat_mem_bytes(mem->committed);
    uint64_t free_bytes = mem->quota_bytes > used ? mem->quota_bytes - used : 0;
    *out_stats = (leat_kv_stats){.entry_count = leat_mem_count(mem->committed),
                                 .used_bytes = used,
                                 .free_bytes = mem->quota_bytes == 0 ? UINT64_MAX : free_bytes};
    return LEAT_OK;
}

static void mem_close(leat_kv *kv)
{
    LEAT_ASSERT(leat_list_is_empty(&kv_mem_of(kv)->transactions));
    leat_mem_unref(kv_mem_of(kv)->committed);
    leat_free(kv);
}

static const leat_kv_back mem_back = {.close = mem_close,
                                      .stats = mem_stats,
                                      .begin = mem_begin,
                                      .commit = mem_commit,
                                      .abort = mem_abort,
                                      .reset = mem_reset,
                                      .renew = mem_renew,
                                      .get = mem_get,
                                      .put = mem_put,
                                      .remove = mem_remove,
                                      .cursor_open = mem_cursor_open,
                                      .cursor_close = mem_cursor_close,
                                      .seek = mem_seek,
                                      .next = mem_next,
                                      .before = mem_before};

leat_kv *leat_kv_mem_new(void)
{
    kv_mem *mem = LEAT_NEW(kv_mem);
    mem->kv.back = &mem_back;
    leat_list_init(&mem->transactions);
    return &mem->kv;
}

leat_kv *leat_kv_mem_clone(leat_kv *kv)
{
    leat_kv *clone = leat_kv_mem_new();
    kv_mem_of(clone)->committed = leat_mem_ref(kv_mem_of(kv)->committed);
    kv_mem_of(clone)->quota_bytes = kv_mem_of(kv)->quota_bytes;
    return clone;
}

void leat_kv_mem_assign(leat_kv *kv, leat_kv *from)
{
    kv_mem *mem = kv_mem_of(kv);
    LEAT_ASSERT(leat_list_is_empty(&mem->transactions));
    leat_mem_node *root = leat_mem_ref(kv_mem_of(from)->committed);
    leat_mem_unref(mem->committed);
    mem->committed = root;
}

void leat_kv_mem_crash(leat_kv *kv, bool in_flight_happened)
{
    kv_mem *mem = kv_mem_of(kv);
    for (;;) {
        mem_txn *txn = LEAT_LIST_ITEM(mem_txn, leat_list_first(&mem->transactions), link);
        if (txn == NULL)
            break;
        if (txn->txn.is_write && txn->txn.failed == LEAT_OK && in_flight_happened)
            publish(mem, txn);
        for (leat_link *link; (link = leat_list_take_first(&txn->cursors)) != NULL;)
            leat_free(LEAT_LIST_ITEM(mem_cursor, link, link));
        txn_free(txn);
    }
    atomic_store(&mem->kv.is_writing, false);
    mem->fail_at = 0;
    mem->operation_count = 0;
}

void leat_kv_mem_set_quota(leat_kv *kv, uint64_t quota_bytes)
{
    kv_mem_of(kv)->quota_bytes = quota_bytes;
}

void leat_kv_mem_fail_at(leat_kv *kv, uint64_t n, leat_code code, bool is_lasting)
{
    kv_mem *mem = kv_mem_of(kv);
    LEAT_ASSERT(n == 0 || code != LEAT_OK);
    mem->fail_at = n == 0 ? 0 : mem->operation_count + n;
    mem->fail_code = code;
    mem->is_fail_lasting = is_lasting;
}

uint64_t leat_kv_mem_operation_count(const leat_kv *kv)
{
    return ((const kv_mem *)kv)->operation_count;
}

uint64_t leat_kv_mem_hash(const leat_kv *kv)
{
    const leat_mem_node *root = ((const kv_mem *)kv)->committed;
    uint64_t hash = leat_mem_count(root);
    leat_kv_entry entry;
    for (bool is_found = leat_mem_at_least(root, LEAT_BYTES(""), &entry); is_found;
         is_found = leat_mem_after(root, entry.key, &entry)) {
        hash = leat_hash_seeded(hash, entry.key.data, entry.key.size);
        hash = leat_hash_seeded(hash, entry.value.data, entry.value.size);
    }
    return hash;
}
