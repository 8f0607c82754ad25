/* SPDX-License-Identifier: Apache-2.0
 *
 * kv_lmdb - the store of kv.h on disk: one LMDB environment in one folder.
 *
 * The folder is locked (flock) for as long as it is open: two processes, or two opens in one,
 * get LEAT_BUSY. 64 MiB of the file system stay in reserve: a commit that would dip into them
 * gives LEAT_NO_SPACE, except when it was opened with `may_use_reserve` (decisions must still
 * commit when data no longer can). Never on a network file system, never a file from elsewhere.
 *
 * Thread: any; see kv.h for transactions.
 */
#ifndef LEAT_COMMON_KV_LMDB_KV_LMDB_H
#define LEAT_COMMON_KV_LMDB_KV_LMDB_H

#include "common/kv/kv.h"

typedef struct leat_kv_lmdb_options {
    uint64_t map_bytes;     /* address space, not disk; 0 = 256 GiB */
    uint64_t quota_bytes;   /* the file may grow to this; 0 = as the file system allows */
    uint64_t reserve_bytes; /* kept free on the file system; 0 = 64 MiB */
    uint32_t readers_max;   /* concurrent read transactions; 0 = 126 */
    bool may_use_reserve;
    bool is_volatile; /* no fsync: benchmarks and scratch stores only */
} leat_kv_lmdb_options;

/* Create or open; `folder` is made when missing. `options` may be NULL. */
LEAT_MUST_USE leat_code leat_kv_lmdb_open(const char *folder,
                                          const leat_kv_lmdb_options *options,
                                          leat_kv **out_kv,
                                          leat_error *err);

#endif
