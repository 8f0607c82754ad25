/* SPDX-License-Identifier: Apache-2.0
 *
 * journal - the durable memory of a worker: deltas, and the few facts it must never forget.
 *
 * Lives in a store of its own (small transactions, never behind a merge). All functions work
 * inside a write transaction that the journal thread opens; it groups what waits into one
 * commit and reports when that is durable.
 *
 * Keys (numbers big endian, so that order is numeric)
 *   m/w                              worker: incarnation, boot count
 *   m/j<job>                         job: gen_seen, decided epoch, held key groups
 *   d<job><epoch><slot>              manifest
 *   c<job><epoch><slot><index>       chunk, crc in its manifest
 *
 * Invariants
 *   J1  gen_seen never decreases; what carries a lower generation is refused (I1).
 *   J2  a manifest is stored only with all its chunks intact and its chain connected: for every
 *       key group prev <= base epoch here, or prev's manifest is here (I3, the connect rule).
 *   J3  decided never decreases and never exceeds what the coordinator said.
 */
#ifndef LEAT_WORKER_STATE_JOURNAL_H
#define LEAT_WORKER_STATE_JOURNAL_H

#include "common/base/bitset.h"
#include "common/base/limits.h"
#include "common/kv/kv.h"
#include "worker/state/manifest.h"

typedef struct leat_worker_facts {
    uint8_t incarnation[16]; /* random, made with the folder */
    uint64_t boot_count;
} leat_worker_facts;

/* LEAT_NOT_FOUND on a fresh store. */
LEAT_MUST_USE leat_code leat_journal_get_worker(leat_kv_txn *journal,
                                                leat_worker_facts *out_facts,
                                                leat_error *err);
LEAT_MUST_USE leat_code leat_journal_put_worker(leat_kv_txn *journal,
                                                const leat_worker_facts *facts,
                                                leat_error *err);

typedef struct leat_job_facts {
    leat_generation gen_seen;
    leat_epoch decided;
    uint32_t key_group_count;                /* of the job */
    uint64_t held[LEAT_KEY_GROUPS_MAX / 64]; /* key groups this worker is a replica of */
} leat_job_facts;

LEAT_MUST_USE leat_code leat_journal_get_job(leat_kv_txn *journal,
                                             leat_job_id job,
                                             leat_job_facts *out_facts,
                                             leat_error *err);
/* Refuses (LEAT_FENCED) to lower gen_seen; keeps the higher decided. */
LEAT_MUST_USE leat_code leat_journal_put_job(leat_kv_txn *journal,
                                             leat_job_id job,
                                             const leat_job_facts *facts,
                                             leat_error *err);
/* Calls visit for every job known here. */
LEAT_MUST_USE leat_code leat_journal_each_job(leat_kv_txn *journal,
                                              void (*visit)(void *self,
                                                            leat_job_id job,
                                                            const leat_job_facts *facts),
                                              void *self,
                                              leat_error *err);

LEAT_MUST_USE leat_code leat_journal_put_chunk(leat_kv_txn *journal,
                                               const leat_delta_id *id,
                                               uint32_t chunk_index,
                                               leat_bytes chunk,
                                               leat_error *err);

typedef enum leat_manifest_rule {
    LEAT_MANIFEST_CONNECT, /* owner, standby in sync: J2 in full; what may be acknowledged */
    LEAT_MANIFEST_FOLLOW,  /* a standby that is still being seeded: the chain may connect later,
                            * when the copy arrives; must not be acknowledged as durable */
} leat_manifest_rule;

/* Store a manifest under J1 and J2. `base` is a read transaction of the base store, begun after
 * the journal's. Errors: LEAT_FENCED (older generation), LEAT_NOT_FOUND (chain does not connect:
 * which key group), LEAT_CORRUPT (chunk missing or damaged). */
LEAT_MUST_USE leat_code leat_journal_put_manifest(leat_kv_txn *journal,
                                                  leat_kv_txn *base,
                                                  leat_bytes manifest,
                                                  leat_manifest_rule rule,
                                                  uint64_t *out_hash,
                                                  leat_error *err);

/* Are all chunks that the manifest names here and intact? LEAT_CORRUPT says which is not. */
LEAT_MUST_USE leat_code leat_journal_chunks_check(leat_kv_txn *journal,
                                                  const leat_manifest *manifest,
                                                  leat_error *err);

/* Remove every delta of the job with an epoch above `restore` (undecided attempts). */
LEAT_MUST_USE leat_code leat_journal_purge_after(leat_kv_txn *journal,
                                                 leat_job_id job,
                                                 leat_epoch restore,
                                                 leat_error *err);
/* Remove at most `limit` deltas that every held key group they cover has merged. Sets *out_more. */
LEAT_MUST_USE leat_code leat_journal_prune(leat_kv_txn *journal,
                                           leat_kv_txn *base,
                                           leat_job_id job,
                                           uint32_t limit,
                                           bool *out_more,
                                           leat_error *err);
/* The greatest epoch below `below` of which some delta is here; LEAT_NOT_FOUND. */
LEAT_MUST_USE leat_code leat_journal_epoch_below(leat_kv_txn *journal,
                                                 leat_job_id job,
                                                 leat_epoch below,
                                                 leat_epoch *out_epoch,
                                                 leat_error *err);
/* Remove everything of a job. */
LEAT_MUST_USE leat_code leat_journal_drop_job(leat_kv_txn *journal,
                                              leat_job_id job,
                                              leat_error *err);

#endif
