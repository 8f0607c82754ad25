/* SPDX-License-Identifier: Apache-2.0
 *
 * state - all tables of one slot: what it owns by key group, what changed since which epoch, and
 * the walk that turns the changes of one epoch into records.
 *
 * Epochs. Every row carries the epoch of its last change. freeze(E, C) closes epoch E for the
 * tables of one stage and says that C is the last completed one; it costs nothing per row. What
 * is changed afterwards belongs to the next epoch. gather then visits every row changed in
 * (C, E], in slices, while the tables go on being changed: a frozen row that is touched first has
 * its old value put aside. So an aborted epoch needs no undo: its rows simply stay newer than C
 * and are gathered again by the next one.
 *
 * Invariants
 *   S1  records of one freeze come ordered by (state, key group), a group's drops and then its
 *       rows by (hash, key bytes, pane); each row once, as it was at the freeze.
 *   S2  a table is frozen again only when its last freeze has been gathered or was aborted.
 *   S3  only owned key groups hold rows; every record's hash lies in its key group.
 *   S4  apply(gather(...)) of all completed epochs rebuilds the tables bit for bit in content:
 *       leat_state_hash of both is equal.
 *
 * Thread: the executor that owns the slot. Pure: no clock, no files, no randomness.
 */
#ifndef LEAT_WORKER_STATE_STATE_H
#define LEAT_WORKER_STATE_STATE_H

#include "worker/state/byte_table.h"
#include "worker/state/record.h"
#include "worker/state/sorted_table.h"
#include "worker/state/table.h"

typedef struct leat_state leat_state;

/* One state of the plan: a byte table (splits, handles), a sorted table (many rows per key), or a
 * table of typed rows. worker/operators/plan_state.h derives these from a physical plan. */
typedef struct leat_state_spec {
    bool is_bytes;
    bool is_sorted;
    bool has_arrival;      /* sorted: order bytes end in an arrival number */
    leat_table_spec table; /* when neither */
} leat_state_spec;

/* Tables for specs[0 .. count-1], owning no key group yet. `completed` is the epoch that the
 * records given to leat_state_apply describe, 0 for a fresh start.
 * Needs: key_group_count in [1, 32768]. */
leat_state *leat_state_new(const leat_state_spec *specs,
                           uint32_t count,
                           uint32_t key_group_count,
                           uint64_t completed);
void leat_state_free(leat_state **state);

void leat_state_add_group(leat_state *state, uint32_t key_group);
/* Drop everything of the group; nothing of it is gathered any more. */
void leat_state_remove_group(leat_state *state, uint32_t key_group);
bool leat_state_owns(const leat_state *state, uint32_t key_group);
uint32_t leat_state_key_group_count(const leat_state *state);

/* Asserts the kind. Valid as long as the state. */
leat_table *leat_state_table(leat_state *state, uint32_t state_id);
leat_byte_table *leat_state_byte_table(leat_state *state, uint32_t state_id);
leat_sorted_table *leat_state_sorted_table(leat_state *state, uint32_t state_id);

bool leat_state_is_sorted(const leat_state *state, uint32_t state_id);

/* Remove what was last changed in `epoch` or before: rows of a table (every pane), entries of a
 * sorted one; with `by_key` a bin goes as a whole, once none of its entries is younger. What was
 * restored counts as changed in the epoch it was restored from. Returns how many went. */
uint64_t leat_state_expire(
    leat_state *state, uint32_t state_id, uint32_t key_group, uint64_t epoch, bool by_key);

/* Restore: play one record of an owned key group, oldest delta first.
 * Errors: LEAT_CORRUPT when its bytes do not fit the table. */
LEAT_MUST_USE leat_code leat_state_apply(leat_state *state,
                                         const leat_record *record,
                                         leat_error *err);

/* Close `epoch` for the tables of one stage. completed < epoch; frozen epochs between the two
 * were aborted and are folded back. */
void leat_state_freeze(leat_state *state,
                       const uint16_t *state_ids,
                       uint32_t count,
                       uint64_t epoch,
                       uint64_t completed);
/* Visit records of the frozen tables, whole key groups at a time, until at least max_rows were
 * visited or nothing is left. Returns true when nothing is left. */
bool leat_state_gather(leat_state *state, uint32_t max_rows, leat_record_visit *visit, void *self);
bool leat_state_is_gathered(const leat_state *state);
/* Epochs up to and including `epoch` are completed: what was kept to gather them again goes. */
void leat_state_decided(leat_state *state, uint64_t epoch);

/* Visit everything a key group holds now, in record order (S1): a full copy. */
void leat_state_dump(leat_state *state, uint32_t key_group, leat_record_visit *visit, void *self);

/* Memory held, and an upper bound of what the next delta will carry (decisions 24). */
size_t leat_state_bytes(const leat_state *state);
size_t leat_state_dirty_bytes(const leat_state *state);
/* Of a key group's content, independent of history and layout: equal content, equal hash. */
uint64_t leat_state_hash(leat_state *state, uint32_t key_group);

#endif
