/* SPDX-License-Identifier: Apache-2.0
 *
 * kv_mem - the store of kv.h in memory, deterministic, with the disk's ways to fail.
 *
 * The simulator's disk: `crash` loses whatever was not committed, errors come at a chosen
 * operation, a byte quota fills up, and a clone shares entries with its original.
 *
 * Thread: one.
 */
#ifndef LEAT_COMMON_KV_KV_MEM_H
#define LEAT_COMMON_KV_KV_MEM_H

#include "common/kv/kv.h"

leat_kv *leat_kv_mem_new(void); /* leat_kv_close frees it */

/* A second store with the same committed content; costs nothing until one of them changes. */
leat_kv *leat_kv_mem_clone(leat_kv *kv);

/* Replace the committed content of `kv` by that of `from`. Needs: no open transactions in kv. */
void leat_kv_mem_assign(leat_kv *kv, leat_kv *from);

/* The process died: open transactions and cursors of `kv` are gone (their pointers are dead:
 * do not abort or close them). The open write transaction, if any, happened wholly when
 * `in_flight_happened`, else not at all. Faults and counters are cleared; the quota stays. */
void leat_kv_mem_crash(leat_kv *kv, bool in_flight_happened);

/* Keys + values may take at most this many bytes (0 = no limit). A commit that grows beyond it
 * gives LEAT_NO_SPACE; one that shrinks is always taken. */
void leat_kv_mem_set_quota(leat_kv *kv, uint64_t quota_bytes);

/* The n-th operation from now (1 = the next begin, get, put, delete, seek, next or commit) fails
 * with `code`; when `is_lasting`, all later ones too. n = 0 clears. */
void leat_kv_mem_fail_at(leat_kv *kv, uint64_t n, leat_code code, bool is_lasting);

/* Operations so far: run once cleanly, then fail every n <= this one. */
uint64_t leat_kv_mem_operation_count(const leat_kv *kv);

/* A hash of the committed content, for comparing replicas and replays. */
uint64_t leat_kv_mem_hash(const leat_kv *kv);

#endif
