/* SPDX-License-Identifier: Apache-2.0
 *
 * sorted_layout - how a sorted table lies in memory; private to worker/state.
 *
 * A bin holds its items in blocks of at most BLOCK_ITEMS; most bins have one small block. A key
 * group finds bins by open addressing without tombstones (removal shifts back).
 *
 * Change lists. `dirty` names the entries changed since the last freeze, `frozen` those of the
 * epoch that is frozen and not yet decided; an entry counts the lists that name it and is freed
 * when it was removed and none does. A removal is encoded at once, into the side run of the list.
 */
#ifndef LEAT_WORKER_STATE_SORTED_LAYOUT_H
#define LEAT_WORKER_STATE_SORTED_LAYOUT_H

#include "common/base/assert.h"
#include "common/base/error.h"
#include "common/base/vec.h"
#include "worker/state/blob_pool.h"
#include "worker/state/record_run.h"
#include "worker/state/sorted_table.h"

enum { LEAT_BLOCK_ITEMS = 128 };

typedef struct leat_bin_item {
    uint64_t prefix; /* first bytes of the order, big endian, zeros behind a short one */
    leat_entry *entry;
} leat_bin_item;

typedef struct leat_bin_block {
    uint32_t count;
    uint32_t capacity;
    leat_bin_item items[];
} leat_bin_block;

struct leat_bin {
    uint64_t hash;
    union {
        leat_bin_block *one;   /* block_count <= 1 */
        leat_bin_block **many; /* */
    };
    uint32_t block_count;
    uint32_t block_capacity; /* of many; 0: `one` is meant */
    uint32_t count;
    uint32_t key_group;
    uint32_t key_size;
    uint32_t mark;
    bool is_listed; /* in the table's list of bins that may be empty */
    char key[];
};

static inline leat_bin_block **leat_bin_blocks(leat_bin *bin)
{
    return bin->block_capacity == 0 ? &bin->one : bin->many;
}

typedef struct leat_bin_slot {
    uint64_t hash;
    leat_bin *bin; /* NULL: empty */
} leat_bin_slot;

typedef struct leat_entry_list {
    LEAT_VEC(leat_entry *) entries;
    leat_record_run removed;
} leat_entry_list;

typedef struct leat_sorted_group {
    bool is_owned;
    leat_time floor; /* watermark that came with the group */
    leat_bin_slot *slots;
    uint32_t mask; /* slots - 1 */
    uint32_t bin_count;
    uint64_t arrival; /* last number given or seen */
    leat_entry_list dirty;
    leat_entry_list frozen;
    leat_record_run early; /* frozen entries as they were, put aside before they changed */
} leat_sorted_group;

struct leat_sorted_table {
    uint32_t state_id;
    uint32_t key_group_count;
    bool has_arrival;
    leat_sorted_group *groups;
    leat_bin_slot nothing; /* of groups without bins */
    leat_blob_pool pool;
    LEAT_VEC(leat_entry *) swept; /* removed, and named by no list */
    LEAT_VEC(leat_bin *) empty;   /* bins that may be */

    uint32_t stamp; /* of entries changed now */
    uint32_t frozen;
    uint32_t completed;
    uint32_t gather_group; /* next key group to gather; key_group_count: none */
    leat_time watermark;
    leat_time floor_max;
    uint32_t watermark_stamp;
    leat_time frozen_watermark; /* LEAT_TIME_MIN: unchanged */

    uint64_t entry_count;
    size_t dirty_bytes; /* entries changed since the last freeze, about */
    size_t frozen_bytes;

    leat_record_order order;
    leat_record_run run;
};

/* sorted_bin.c */
/* As leat_bin_insert, not marked as changed. */
leat_entry *
leat_bin_link(leat_sorted_table *table, leat_bin *bin, leat_bytes order, uint32_t value_size);
void leat_entry_free(leat_sorted_table *table, leat_entry *entry);
void leat_bin_unlink(leat_sorted_table *table, leat_bin_place *place);
leat_bin_place leat_bin_place_of(leat_entry *entry);
void leat_bin_free(leat_sorted_table *table, leat_bin *bin);

/* sorted_table.c: the bin may be without entries from now on. */
void leat_bin_list(leat_sorted_table *table, leat_bin *bin);

/* sorted_gather.c */
void leat_sorted_changed(leat_sorted_table *table, leat_entry *entry);
void leat_sorted_removed(leat_sorted_table *table, leat_entry *entry);
void leat_entry_list_clear(leat_sorted_table *table, leat_entry_list *list);
void leat_sorted_freeze(leat_sorted_table *table, uint64_t epoch, uint64_t completed);
void leat_sorted_decided(leat_sorted_table *table, uint64_t epoch);
uint32_t leat_sorted_gather(leat_sorted_table *table,
                            uint32_t max_rows,
                            leat_record_visit *visit,
                            void *self);
bool leat_sorted_is_gathered(const leat_sorted_table *table);
void leat_sorted_dump(leat_sorted_table *table,
                      uint32_t key_group,
                      leat_record_visit *visit,
                      void *self);
LEAT_MUST_USE leat_code leat_sorted_apply(leat_sorted_table *table,
                                          const leat_record *record,
                                          leat_error *err);

/* sorted_table.c: for state.c */
leat_sorted_table *
leat_sorted_new(bool has_arrival, uint32_t state_id, uint32_t key_group_count, uint64_t completed);
void leat_sorted_free(leat_sorted_table **table);
void leat_sorted_add_group(leat_sorted_table *table, uint32_t key_group);
void leat_sorted_remove_group(leat_sorted_table *table, uint32_t key_group);
size_t leat_sorted_bytes(const leat_sorted_table *table);

#endif
