/* SPDX-License-Identifier: Apache-2.0
 *
 * kv_back - what a back of the store implements; only kv.c and the backs include this.
 *
 * kv.c checks arguments and contracts, keeps a cursor inside its prefix, and deletes ranges;
 * a back only moves entries. A back's own structs begin with these.
 */
#ifndef LEAT_COMMON_KV_KV_BACK_H
#define LEAT_COMMON_KV_KV_BACK_H

#include <stdatomic.h>

#include "common/kv/kv.h"

typedef struct leat_kv_back {
    void (*close)(leat_kv *kv);
    leat_code (*stats)(leat_kv *kv, leat_kv_stats *out_stats, leat_error *err);

    leat_code (*begin)(leat_kv *kv, bool is_write, leat_kv_txn **out_txn, leat_error *err);
    leat_code (*commit)(leat_kv_txn *txn, leat_error *err); /* frees txn, also on failure */
    void (*abort)(leat_kv_txn *txn);                        /* frees txn */
    void (*reset)(leat_kv_txn *txn);
    leat_code (*renew)(leat_kv_txn *txn, leat_error *err);

    leat_code (*get)(leat_kv_txn *txn, leat_bytes key, leat_bytes *out_value, leat_error *err);
    leat_code (*put)(leat_kv_txn *txn, leat_bytes key, leat_bytes value, leat_error *err);
    leat_code (*remove)(leat_kv_txn *txn, leat_bytes key, leat_error *err);

    /* Cursors over all keys. `before` finds the greatest key < `key`; size 0 = the greatest. */
    leat_code (*cursor_open)(leat_kv_txn *txn, leat_kv_cursor **out_cursor, leat_error *err);
    void (*cursor_close)(leat_kv_cursor *cursor);
    leat_code (*seek)(leat_kv_cursor *cursor, leat_bytes key, leat_kv_entry *out, leat_error *err);
    leat_code (*next)(leat_kv_cursor *cursor, leat_kv_entry *out, leat_error *err);
    leat_code (*before)(leat_kv_cursor *cursor,
                        leat_bytes key,
                        leat_kv_entry *out,
                        leat_error *err);
} leat_kv_back;

struct leat_kv {
    const leat_kv_back *back;
    _Atomic bool is_writing; /* K1 */
};

struct leat_kv_txn {
    leat_kv *kv;
    leat_code failed; /* the first failure of a write transaction: commit repeats it (K4) */
    uint32_t cursor_count;
    bool is_write;
    bool is_reset;
};

struct leat_kv_cursor {
    leat_kv_txn *txn;
    bool is_positioned;
    size_t prefix_size;
    char prefix[LEAT_KV_KEY_MAX];
};

#endif
