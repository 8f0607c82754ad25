/* SPDX-License-Identifier: Apache-2.0
 *
 * kv - an ordered, transactional key-value store: what is durable lives behind this.
 *
 * Two backs: kv_mem (simulator, tests) and kv/lmdb (disk). Keys are 1..511 bytes in bytewise
 * order, values 0..LEAT_KV_VALUE_MAX bytes (256 KiB is comfortable, a MiB still fine).
 *
 * Invariants
 *   K1  One write transaction at a time, begun and ended by one thread (asserted).
 *   K2  A read transaction sees one committed state for its whole life, whatever is written.
 *   K3  Commit is all or nothing, and durable when it returns LEAT_OK. On any error nothing of
 *       the transaction is visible - save that a process dying inside commit may find it whole.
 *   K4  After an error in a write transaction only abort (or a failing commit) is useful.
 *
 * Errors: LEAT_NO_SPACE (disk or quota full: earlier commits intact, retry when there is room),
 * LEAT_IO (this store cannot go on), LEAT_CORRUPT (not what we wrote), LEAT_LIMIT (key or value
 * size). LEAT_NOT_FOUND and LEAT_END set no text.
 *
 * Borrowed bytes (get, cursor entries) are valid until the next put, delete or end of the same
 * transaction; they may be unaligned. Ending a transaction closes none of its cursors: close
 * them first. Long read transactions make the file grow: reset them between uses.
 *
 * Thread: a store may be shared (kv_mem: one thread only); a transaction and its cursors belong
 * to one thread at a time.
 */
#ifndef LEAT_COMMON_KV_KV_H
#define LEAT_COMMON_KV_KV_H

#include "common/base/bytes.h"
#include "common/base/error.h"

enum { LEAT_KV_KEY_MAX = 511, LEAT_KV_VALUE_MAX = 4 * 1024 * 1024 };

typedef struct leat_kv leat_kv;
typedef struct leat_kv_txn leat_kv_txn;
typedef struct leat_kv_cursor leat_kv_cursor;

typedef struct leat_kv_entry {
    leat_bytes key;
    leat_bytes value;
} leat_kv_entry;

typedef struct leat_kv_stats {
    uint64_t entry_count; /* committed */
    uint64_t used_bytes;  /* what the store occupies; kv_mem: keys + values */
    uint64_t free_bytes;  /* what may still be written: quota or file system, minus the reserve */
} leat_kv_stats;

/* Waits for nobody: all transactions must have ended. Sets *kv to NULL; NULL is fine. */
void leat_kv_close(leat_kv **kv);

LEAT_MUST_USE leat_code leat_kv_begin_write(leat_kv *kv, leat_kv_txn **out_txn, leat_error *err);
LEAT_MUST_USE leat_code leat_kv_begin_read(leat_kv *kv, leat_kv_txn **out_txn, leat_error *err);

/* Ends a write transaction, whether it succeeds or not; *txn is NULL afterwards. */
LEAT_MUST_USE leat_code leat_kv_commit(leat_kv_txn **txn, leat_error *err);

/* Ends any transaction, dropping what it wrote. NULL is fine: suits LEAT_AUTO(leat_kv_abort). */
void leat_kv_abort(leat_kv_txn **txn);

/* Read transactions only: let go of the snapshot, keep the object; renew takes the newest state. */
void leat_kv_reset(leat_kv_txn *txn);
LEAT_MUST_USE leat_code leat_kv_renew(leat_kv_txn *txn, leat_error *err);

/* LEAT_NOT_FOUND when absent. */
LEAT_MUST_USE leat_code leat_kv_get(leat_kv_txn *txn,
                                    leat_bytes key,
                                    leat_bytes *out_value,
                                    leat_error *err);

/* Insert or replace; key and value are copied. */
LEAT_MUST_USE leat_code leat_kv_put(leat_kv_txn *txn,
                                    leat_bytes key,
                                    leat_bytes value,
                                    leat_error *err);

/* Deleting what is absent is LEAT_OK. */
LEAT_MUST_USE leat_code leat_kv_delete(leat_kv_txn *txn, leat_bytes key, leat_error *err);

/* Delete at most `limit` entries with first <= key < end, in order; end of size 0 = no end.
 * *out_count (may be NULL) < limit says that the range is now empty. */
LEAT_MUST_USE leat_code leat_kv_delete_range(leat_kv_txn *txn,
                                             leat_bytes first,
                                             leat_bytes end,
                                             uint64_t limit,
                                             uint64_t *out_count,
                                             leat_error *err);

/* The same for every key that starts with `prefix`. */
LEAT_MUST_USE leat_code leat_kv_delete_prefix(
    leat_kv_txn *txn, leat_bytes prefix, uint64_t limit, uint64_t *out_count, leat_error *err);

/* A cursor over the keys that start with `prefix` (copied; size 0 = all). It starts before the
 * first one. After a write in the same transaction, seek again before next. */
LEAT_MUST_USE leat_code leat_kv_cursor_open(leat_kv_txn *txn,
                                            leat_bytes prefix,
                                            leat_kv_cursor **out_cursor,
                                            leat_error *err);
void leat_kv_cursor_close(leat_kv_cursor **cursor); /* NULL is fine */

/* All give LEAT_END when there is no such key under the prefix. `seek` finds the first >= key;
 * keys below the prefix count as the prefix. `last` finds the greatest. */
LEAT_MUST_USE leat_code leat_kv_cursor_seek(leat_kv_cursor *cursor,
                                            leat_bytes key,
                                            leat_kv_entry *out_entry,
                                            leat_error *err);
LEAT_MUST_USE leat_code leat_kv_cursor_next(leat_kv_cursor *cursor,
                                            leat_kv_entry *out_entry,
                                            leat_error *err);
LEAT_MUST_USE leat_code leat_kv_cursor_last(leat_kv_cursor *cursor,
                                            leat_kv_entry *out_entry,
                                            leat_error *err);

LEAT_MUST_USE leat_code leat_kv_stats_of(leat_kv *kv, leat_kv_stats *out_stats, leat_error *err);

#endif
