/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kv/lmdb/kv_lmdb.h"

#include <errno.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/limits.h"
#include "common/kv/kv_back.h"
#include "common/sys/file.h"

/* LMDB keeps free pages in a database of its own; its handle is always 0. */
enum { FREE_LIST = 0, READERS_DEFAULT = 126 };

#define MAP_BYTES_DEFAULT (UINT64_C(256) << 30)

typedef struct kv_lmdb {
    leat_kv kv;
    MDB_env *env;
    MDB_dbi dbi; /* the unnamed database: one ordered key space, as the interface has */
    int lock_fd;
    uint64_t page_bytes;
    leat_kv_lmdb_options options;
    char *folder;
} kv_lmdb;

typedef struct lmdb_txn {
    leat_kv_txn txn;
    MDB_txn *txn_handle;
    uint64_t put_bytes; /* written so far, in whole pages: what the disk must have room for */
} lmdb_txn;

typedef struct lmdb_cursor {
    leat_kv_cursor cursor;
    MDB_cursor *handle;
} lmdb_cursor;

static kv_lmdb *kv_lmdb_of(leat_kv *kv)
{
    return (kv_lmdb *)kv;
}

static lmdb_txn *lmdb_txn_of(leat_kv_txn *txn)
{
    return (lmdb_txn *)txn;
}

static MDB_val val_of(leat_bytes bytes)
{
    union {
        const char *shared;
        void *plain;
    } data = {.shared = bytes.data};
    return (MDB_val){bytes.size, data.plain};
}

static leat_bytes bytes_of(MDB_val val)
{
    return leat_bytes_of(val.mv_data, val.mv_size);
}

/* A full disk shows as EIO (LMDB reports a short write so): ask the file system which it was. */
static bool is_disk_full(const kv_lmdb *store)
{
    uint64_t free_bytes;
    leat_code code = leat_disk_free(store->folder, &free_bytes, NULL);
    return code == LEAT_OK && free_bytes < LEAT_MIB;
}

static leat_code code_of(const kv_lmdb *store, int rc)
{
    switch (rc) {
    case MDB_NOTFOUND:
        return LEAT_NOT_FOUND;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
        return LEAT_NO_SPACE;
    case EIO:
        return is_disk_full(store) ? LEAT_NO_SPACE : LEAT_IO;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
        return LEAT_CORRUPT;
    case MDB_BAD_VALSIZE:
    case MDB_TXN_FULL:
        return LEAT_LIMIT;
    case MDB_READERS_FULL:
        return LEAT_BUSY;
    case EACCES:
    case EPERM:
        return LEAT_DENIED;
    default:
        return LEAT_IO;
    }
}

static leat_code fail(const kv_lmdb *store, int rc, const char *what, leat_error *err)
{
    return leat_fail(err, code_of(store, rc), "cannot %s store `%s`: %s", what, store->folder,
                     mdb_strerror(rc));
}

static uint64_t whole_pages(const kv_lmdb *store, uint64_t bytes)
{
    return (bytes + store->page_bytes - 1) / store->page_bytes * store->page_bytes;
}

static uint64_t file_bytes(const kv_lmdb *store)
{
    MDB_envinfo info;
    mdb_env_info(store->env, &info);
    return ((uint64_t)info.me_last_pgno + 1) * store->page_bytes;
}

/* What the file may still grow by: the disk less its reserve, and our own quota. */
static leat_code growth_bytes(const kv_lmdb *store, uint64_t *out_bytes, leat_error *err)
{
    uint64_t disk;
    uint64_t used = file_bytes(store);
    LEAT_TRY(leat_disk_free(store->folder, &disk, err));
    uint64_t reserve = store->options.may_use_reserve ? 0 : store->options.reserve_bytes;
    uint64_t growth = disk > reserve ? disk - reserve : 0;
    if (store->options.quota_bytes != 0) {
        uint64_t quota = store->options.quota_bytes;
        growth = LEAT_MIN(growth, quota > used ? quota - used : 0);
    }
    *out_bytes = growth;
    return LEAT_OK;
}

/* Bytes of the file that the committed free list holds: room that needs no growth. Each value of
 * the list starts with its number of pages. A walk, so only done when space is short; LMDB lets
 * only readers see the list. */
static uint64_t reusable_bytes(const kv_lmdb *store)
{
    MDB_txn *reader;
    MDB_cursor *cursor;
    MDB_val key, value;
    uint64_t count = 0;
    if (mdb_txn_begin(store->env, NULL, MDB_RDONLY, &reader) != 0)
        return 0;
    if (mdb_cursor_open(reader, FREE_LIST, &cursor) == 0) {
        while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
            size_t page_count = 0;
            if (value.mv_size >= sizeof page_count)
                memcpy(&page_count, value.mv_data, sizeof page_count);
            count += page_count;
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(reader);
    return count * store->page_bytes;
}

/* Refuse a transaction that would eat the reserve, before LMDB writes any of it. One that only
 * deletes always passes: it frees pages, and nothing else could. A store that may use the reserve
 * goes on to the last page; then LMDB's own failure says no space. */
static leat_code room_check(const kv_lmdb *store, const lmdb_txn *txn, leat_error *err)
{
    enum { TREE_PAGES = 64 }; /* inner pages and the free list itself are rewritten too */
    uint64_t growth;
    if (txn->put_bytes == 0 || (store->options.may_use_reserve && store->options.quota_bytes == 0))
        return LEAT_OK;
    uint64_t need = txn->put_bytes + TREE_PAGES * store->page_bytes;
    LEAT_TRY(growth_bytes(store, &growth, err));
    if (growth >= need || reusable_bytes(store) >= 2 * need)
        return LEAT_OK;
    return leat_fail(err, LEAT_NO_SPACE,
                     "store `%s` is full: %" PRIu64 " bytes needed, %" PRIu64 " free",
                     store->folder, need, growth);
}

static leat_code lmdb_begin(leat_kv *kv, bool is_write, leat_kv_txn **out_txn, leat_error *err)
{
    kv_lmdb *store = kv_lmdb_of(kv);
    MDB_txn *handle;
    int rc = mdb_txn_begin(store->env, NULL, is_write ? 0 : MDB_RDONLY, &handle);
    if (rc != 0)
        return fail(store, rc, is_write ? "write to" : "read from", err);
    lmdb_txn *txn = LEAT_NEW(lmdb_txn);
    txn->txn_handle = handle;
    *out_txn = &txn->txn;
    return LEAT_OK;
}

static void lmdb_abort(leat_kv_txn *txn)
{
    mdb_txn_abort(lmdb_txn_of(txn)->txn_handle);
    leat_free(txn);
}

static leat_code lmdb_commit(leat_kv_txn *base, leat_error *err)
{
    kv_lmdb *store = kv_lmdb_of(base->kv);
    lmdb_txn *txn = lmdb_txn_of(base);
    leat_code code = room_check(store, txn, err);
    if (code != LEAT_OK) {
        lmdb_abort(base);
        return code;
    }
    int rc = mdb_txn_commit(txn->txn_handle); /* frees the handle whatever happens */
    leat_free(txn);
    return rc == 0 ? LEAT_OK : fail(store, rc, "commit to", err);
}

static void lmdb_reset(leat_kv_txn *txn)
{
    mdb_txn_reset(lmdb_txn_of(txn)->txn_handle);
}

static leat_code lmdb_renew(leat_kv_txn *txn, leat_error *err)
{
    int rc = mdb_txn_renew(lmdb_txn_of(txn)->txn_handle);
    return rc == 0 ? LEAT_OK : fail(kv_lmdb_of(txn->kv), rc, "read from", err);
}

static leat_code lmdb_get(leat_kv_txn *txn, leat_bytes key, leat_bytes *out_value, leat_error *err)
{
    kv_lmdb *store = kv_lmdb_of(txn->kv);
    MDB_val k = val_of(key), v;
    int rc = mdb_get(lmdb_txn_of(txn)->txn_handle, store->dbi, &k, &v);
    if (rc == MDB_NOTFOUND)
        return LEAT_NOT_FOUND;
    if (rc != 0)
        return fail(store, rc, "read from", err);
    *out_value = bytes_of(v);
    return LEAT_OK;
}

static leat_code lmdb_put(leat_kv_txn *base, leat_bytes key, leat_bytes value, leat_error *err)
{
    kv_lmdb *store = kv_lmdb_of(base->kv);
    lmdb_txn *txn = lmdb_txn_of(base);
    MDB_val k = val_of(key), v = val_of(value);
    int rc = mdb_put(txn->txn_handle, store->dbi, &k, &v, 0);
    txn->put_bytes += whole_pages(store, key.size + value.size);
    return rc == 0 ? LEAT_OK : fail(store, rc, "write to", err);
}

static leat_code lmdb_remove(leat_kv_txn *txn, leat_bytes key, leat_error *err)
{
    kv_lmdb *store = kv_lmdb_of(txn->kv);
    MDB_val k = val_of(key);
    int rc = mdb_del(lmdb_txn_of(txn)->txn_handle, store->dbi, &k, NULL);
    return rc == 0 || rc == MDB_NOTFOUND ? LEAT_OK : fail(store, rc, "delete from", err);
}

static leat_code lmdb_cursor_open(leat_kv_txn *txn, leat_kv_cursor **out_cursor, leat_error *err)
{
    kv_lmdb *store = kv_lmdb_of(txn->kv);
    MDB_cursor *handle;
    int rc = mdb_cursor_open(lmdb_txn_of(txn)->txn_handle, store->dbi, &handle);
    if (rc != 0)
        return fail(store, rc, "read from", err);
    lmdb_cursor *cursor = LEAT_NEW(lmdb_cursor);
    cursor->handle = handle;
    *out_cursor = &cursor->cursor;
    return LEAT_OK;
}

static void lmdb_cursor_close(leat_kv_cursor *cursor)
{
    mdb_cursor_close(((lmdb_cursor *)cursor)->handle);
    leat_free(cursor);
}

/* Move, and say where the cursor stands; `key` is the target of MDB_SET_RANGE only. */
static leat_code lmdb_move(leat_kv_cursor *cursor,
                           MDB_cursor_op op,
                           leat_bytes key,
                           leat_kv_entry *out_entry,
                           leat_error *err)
{
    MDB_val k = val_of(key), v;
    int rc = mdb_cursor_get(((lmdb_cursor *)cursor)->handle, &k, &v, op);
    if (rc == MDB_NOTFOUND)
        return LEAT_END;
    if (rc != 0)
        return fail(kv_lmdb_of(cursor->txn->kv), rc, "read from", err);
    *out_entry = (leat_kv_entry){bytes_of(k), bytes_of(v)};
    return LEAT_OK;
}

static leat_code
lmdb_seek(leat_kv_cursor *cursor, leat_bytes key, leat_kv_entry *out_entry, leat_error *err)
{
    return lmdb_move(cursor, key.size == 0 ? MDB_FIRST : MDB_SET_RANGE, key, out_entry, err);
}

static leat_code lmdb_next(leat_kv_cursor *cursor, leat_kv_entry *out_entry, leat_error *err)
{
    return lmdb_move(cursor, MDB_NEXT, (leat_bytes){0}, out_entry, err);
}

static leat_code
lmdb_before(leat_kv_cursor *cursor, leat_bytes key, leat_kv_entry *out_entry, leat_error *err)
{
    leat_code code = key.size == 0 ? LEAT_END : lmdb_seek(cursor, key, out_entry, err);
    if (code != LEAT_OK && code != LEAT_END)
        return code;
    MDB_cursor_op op = code == LEAT_OK ? MDB_PREV : MDB_LAST;
    return lmdb_move(cursor, op, (leat_bytes){0}, out_entry, err);
}

static leat_code lmdb_stats(leat_kv *kv, leat_kv_stats *out_stats, leat_error *err)
{
    kv_lmdb *store = kv_lmdb_of(kv);
    leat_kv_stats stats = {.used_bytes = file_bytes(store)};
    MDB_stat tree;
    mdb_env_stat(store->env, &tree);
    stats.entry_count = tree.ms_entries;
    LEAT_TRY(growth_bytes(store, &stats.free_bytes, err));
    *out_stats = stats;
    return LEAT_OK;
}

static void store_free(kv_lmdb *store)
{
    if (store->env != NULL)
        mdb_env_close(store->env);
    leat_file_unlock(&store->lock_fd);
    leat_free(store->folder);
    leat_free(store);
}

static void lmdb_close(leat_kv *kv)
{
    store_free(kv_lmdb_of(kv));
}

static const leat_kv_back lmdb_back = {.close = lmdb_close,
                                       .stats = lmdb_stats,
                                       .begin = lmdb_begin,
                                       .commit = lmdb_commit,
                                       .abort = lmdb_abort,
                                       .reset = lmdb_reset,
                                       .renew = lmdb_renew,
                                       .get = lmdb_get,
                                       .put = lmdb_put,
                                       .remove = lmdb_remove,
                                       .cursor_open = lmdb_cursor_open,
                                       .cursor_close = lmdb_cursor_close,
                                       .seek = lmdb_seek,
                                       .next = lmdb_next,
                                       .before = lmdb_before};

static leat_kv_lmdb_options with_defaults(const leat_kv_lmdb_options *given)
{
    leat_kv_lmdb_options options = given == NULL ? (leat_kv_lmdb_options){0} : *given;
    if (options.map_bytes == 0)
        options.map_bytes = MAP_BYTES_DEFAULT;
    if (options.reserve_bytes == 0)
        options.reserve_bytes = LEAT_DISK_RESERVE_BYTES;
    if (options.readers_max == 0)
        options.readers_max = READERS_DEFAULT;
    return options;
}

static leat_code store_path(const kv_lmdb *store, const char *name, char *out, leat_error *err)
{
    int size = snprintf(out, LEAT_PATH_MAX, "%s/%s", store->folder, name);
    if (size > 0 && size < LEAT_PATH_MAX)
        return LEAT_OK;
    return leat_fail(err, LEAT_LIMIT, "path is longer than %d bytes", LEAT_PATH_MAX);
}

/* Pages of the free list that lie at `first` or behind. */
static uint64_t free_pages_from(const kv_lmdb *store, size_t first)
{
    MDB_txn *reader;
    MDB_cursor *cursor;
    MDB_val key, value;
    uint64_t count = 0;
    if (mdb_txn_begin(store->env, NULL, MDB_RDONLY, &reader) != 0)
        return 0;
    if (mdb_cursor_open(reader, FREE_LIST, &cursor) == 0) {
        while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
            const char *ids = value.mv_data; /* a count, then that many page numbers */
            for (size_t at = sizeof(size_t); at + sizeof(size_t) <= value.mv_size;
                 at += sizeof(size_t)) {
                size_t page;
                memcpy(&page, ids + at, sizeof page);
                count += page >= first;
            }
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(reader);
    return count;
}

static leat_code file_resize(const char *path, uint64_t size, leat_error *err)
{
    if (truncate(path, (off_t)size) != 0)
        return leat_file_fail(err, errno, "cannot resize", path);
    return LEAT_OK;
}

/* LMDB has no checksums and maps whatever it finds: a page behind the end of the file would be a
 * SIGBUS at its first read. Pages that a transaction took and gave back are never written, so a
 * sound file may be short of exactly such pages: all of the missing ones are in the free list. To
 * look there the file is made long enough first, and short again when it is not sound. */
static leat_code length_check(const kv_lmdb *store, leat_error *err)
{
    char path[LEAT_PATH_MAX];
    uint64_t size;
    uint64_t full_size = file_bytes(store);
    LEAT_TRY(store_path(store, "data.mdb", path, err));
    LEAT_TRY(leat_file_size(path, &size, err));
    if (size >= full_size)
        return LEAT_OK;
    size_t first_missing = (size_t)(size / store->page_bytes);
    uint64_t missing = full_size / store->page_bytes - first_missing;
    LEAT_TRY(file_resize(path, full_size, err));
    if (free_pages_from(store, first_missing) == missing)
        return LEAT_OK;
    LEAT_TRY(file_resize(path, size, err));
    return leat_fail(err, LEAT_CORRUPT, "store `%s` is cut off: %" PRIu64 " of %" PRIu64 " bytes",
                     store->folder, size, full_size);
}

static leat_code store_open(kv_lmdb *store, leat_error *err)
{
    const leat_kv_lmdb_options *options = &store->options;
    char lock_path[LEAT_PATH_MAX];
    MDB_txn *txn;
    int dead_readers;
    LEAT_TRY(leat_dir_make(store->folder, err));
    LEAT_TRY(store_path(store, "lock", lock_path, err));
    LEAT_TRY(leat_file_lock(lock_path, &store->lock_fd, err));

    unsigned flags = MDB_NOTLS | MDB_NORDAHEAD;
    if (options->is_volatile)
        flags |= MDB_NOSYNC | MDB_NOMETASYNC;
    int rc = mdb_env_create(&store->env);
    if (rc == 0)
        rc = mdb_env_set_mapsize(store->env, options->map_bytes);
    if (rc == 0)
        rc = mdb_env_set_maxreaders(store->env, options->readers_max);
    if (rc == 0)
        rc = mdb_env_open(store->env, store->folder, flags, 0666);
    if (rc != 0)
        return fail(store, rc, "open", err);
    MDB_stat tree;
    mdb_env_stat(store->env, &tree);
    store->page_bytes = tree.ms_psize;
    LEAT_TRY(length_check(store, err));

    rc = mdb_reader_check(store->env, &dead_readers);
    if (rc == 0)
        rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return fail(store, rc, "open", err);
    rc = mdb_dbi_open(txn, NULL, 0, &store->dbi);
    mdb_txn_abort(txn);
    if (rc != 0)
        return fail(store, rc, "open", err);
    return leat_dir_sync(store->folder, err);
}

leat_code leat_kv_lmdb_open(const char *folder,
                            const leat_kv_lmdb_options *options,
                            leat_kv **out_kv,
                            leat_error *err)
{
    kv_lmdb *store = LEAT_NEW(kv_lmdb);
    store->kv.back = &lmdb_back;
    store->lock_fd = -1;
    store->options = with_defaults(options);
    store->folder = leat_strdup(folder);
    leat_code code = store_open(store, err);
    if (code != LEAT_OK) {
        store_free(store);
        return code;
    }
    *out_kv = &store->kv;
    return LEAT_OK;
}
