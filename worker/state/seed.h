/* SPDX-License-Identifier: Apache-2.0
 *
 * seed - copies key groups to a new standby: the owner reads parts, the standby writes them.
 *
 * The owner first starts shipping the slot's live deltas (the standby stores them unconnected:
 * LEAT_MANIFEST_FOLLOW), then seeds: first the manifests and chunks that its journal holds at the
 * first part, then facts and pages of each key group. In this order nothing can fall between: a
 * delta that is merged and pruned while the copy runs is in the base that is read later. Deltas
 * that come later are shipped live and not copied once more: a copy that ran after the journal's
 * end would not get there when the job writes faster than the copy reads. Every piece is an
 * absolute entry, so overlap does no harm and a part may come twice; parts must come in order.
 * The standby is caught up when leat_restore_check holds for all key groups (restore.h).
 *
 * A part is bytes from the network: its writer checks keys and checksums and gives LEAT_CORRUPT.
 */
#ifndef LEAT_WORKER_STATE_SEED_H
#define LEAT_WORKER_STATE_SEED_H

#include "worker/state/restore.h"

/* Where a copy stands; all zero = at the beginning. */
typedef struct leat_seed_position {
    bool is_done;
    bool in_bases;          /* manifests and chunks are through: bases now */
    uint16_t last_key_size; /* last entry sent; 0 = none of this key group yet */
    uint32_t key_group_at;  /* index into key_groups while in the bases */
    leat_epoch base_epoch;  /* of that key group when its copy began */
    uint8_t last_key[32];

    /* the delta that did not fit the last part whole, while in the journal */
    uint32_t delta_chunks; /* so many of its chunks are through; 0 = there is none */
    uint32_t delta_slot;
    leat_epoch delta_epoch;
    leat_epoch journal_end; /* the newest delta when the copy began; later ones come live */
} leat_seed_position;

/* Append one part of about max_bytes (at least one entry unless done) and move the position on.
 * Each call may use a fresh view: a base that was merged meanwhile is sent again from its start. */
LEAT_MUST_USE leat_code leat_seed_read(leat_store_view view,
                                       leat_job_id job,
                                       const uint16_t *key_groups,
                                       uint32_t key_group_count,
                                       leat_seed_position *position,
                                       size_t max_bytes,
                                       leat_buf *out,
                                       leat_error *err);

/* Write a part; both are write transactions. Pages of a key group are replaced as a whole: the
 * facts come last and make them count. */
LEAT_MUST_USE leat_code leat_seed_write(
    leat_kv_txn *journal, leat_kv_txn *base, leat_job_id job, leat_bytes part, leat_error *err);

#endif
