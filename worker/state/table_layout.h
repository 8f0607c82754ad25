/* SPDX-License-Identifier: Apache-2.0
 *
 * table_layout - how a typed table lies in memory; private to the table's own files.
 *
 * A part is one array of rows: capacity slots, then a tail that takes what probes past the end
 * (so a probe never wraps), closed by one row that always stays empty, then one row for the NULL
 * key of integer tables. Behind the rows stands one tag per slot, 16 bits of the key's hash, 0 for
 * empty: a probe runs over the tags, 32 to a cache line, and touches one row only. A tag is a hint;
 * the row itself decides. The home directory of a pane holds what a lookup needs of each part;
 * parts that do not exist yet point at shared empty rows.
 *
 * Stamps. 0 empty, 1 restored, E + 1 changed in epoch E, ROW_REMOVED removed. A removed row keeps
 * its slot until the next rehash, so that probes and change lists stay valid.
 *
 * Change lists. `dirty` names the rows changed since the last freeze, `frozen` those of the epoch
 * that is frozen and not yet decided. A freeze is only a counter in the table; each part catches
 * up (leat_part_roll) when it is next touched or gathered.
 */
#ifndef LEAT_WORKER_STATE_TABLE_LAYOUT_H
#define LEAT_WORKER_STATE_TABLE_LAYOUT_H

#include "common/base/vec.h"
#include "common/columns/key_hash.h"
#include "worker/state/record_run.h"
#include "worker/state/row_memory.h"
#include "worker/state/table.h"
#include "worker/state/tags.h"
#include "worker/state/text_heap.h"

enum { ROW_EMPTY = 0, ROW_CLEAN = 1 };
#define ROW_REMOVED  UINT32_MAX
#define ROW_NULL_KEY (UINT32_C(1) << LEAT_MARK_BITS) /* in mark */

typedef struct leat_row {
    uint64_t head;  /* the integer key itself, else the key's hash */
    uint32_t stamp; /* see above */
    uint32_t mark;  /* the caller's, and ROW_NULL_KEY */
} leat_row;         /* value cells follow, then key cells */

LEAT_STATIC_ASSERT(sizeof(leat_row) == 16, "value cells are 16-byte aligned");

typedef struct leat_change_list {
    LEAT_VEC(uint32_t) slots; /* may name a slot twice, or one that is gone */
    bool is_dropped;          /* it grew too long: every row must be looked at */
    leat_record_run removed;  /* tombstones; never dropped */
} leat_change_list;

typedef struct leat_part {
    uint32_t key_group;
    uint32_t capacity;  /* power of two */
    uint32_t tail;      /* rows behind the slots, the closing empty one included */
    uint32_t used;      /* slots that are not empty */
    uint32_t live;      /* rows, the NULL row included */
    uint32_t threshold; /* of used, before growing */
    uint32_t created;   /* stamp */
    uint32_t roll;      /* the table's freeze count that the lists have seen */
    uint32_t frozen_stamp;
    leat_change_list dirty;
    leat_change_list frozen;
    leat_record_run early; /* frozen rows as they were, put aside before they changed */
    leat_text_heap heap;
    leat_row_block block; /* the next two lie in it */
    char *rows;
    uint16_t *tags; /* per slot */
    int64_t pane;
} leat_part;

typedef struct leat_home {
    const uint16_t *tags;
    char *rows;
    uint64_t multiplier; /* slot = the upper half of head * multiplier, masked */
    uint64_t mask;
    leat_part *part; /* NULL: no rows yet */
} leat_home;

struct leat_pane {
    int64_t end;
    leat_home homes[]; /* per key group */
};

typedef struct leat_pane_drop {
    int64_t pane;
    uint32_t stamp;
} leat_pane_drop;

typedef struct leat_group {
    bool is_owned;
    leat_time floor;             /* watermark that came with the group */
    LEAT_VEC(leat_part *) dying; /* parts of dropped panes that the running gather still needs */
    LEAT_VEC(leat_pane_drop) drops;
} leat_group;

/* A key column inside a row's key cells. */
typedef struct leat_key_cell {
    leat_type type;
    uint8_t layout; /* widened: I128 for decimals */
    uint16_t offset;
} leat_key_cell;

struct leat_table {
    leat_table_spec spec;
    uint32_t key_count;
    leat_key_cell cells[LEAT_TABLE_KEYS_MAX];
    uint32_t key_fixed_size; /* null word and fixed cells; compared by memcmp */
    uint32_t key_view_count; /* views behind them */
    uint32_t key_size;       /* of all key cells */
    uint32_t key_offset;     /* of the key cells from the row's start */
    uint32_t row_size;
    bool is_integer_key; /* one integer column: head is the key, there are no key cells */

    uint32_t state_id;
    uint32_t key_group_count;
    uint64_t order_multiplier; /* of order-preserving slots */
    leat_group *groups;
    LEAT_VEC(leat_pane *) panes; /* ascending by end */
    char *nothing; /* two empty rows, where a probe of a part that does not exist looks */

    uint32_t stamp;     /* of rows changed now */
    uint32_t frozen;    /* stamp of the last freeze */
    uint32_t completed; /* stamp of the last completed epoch */
    uint32_t freeze_count;
    uint32_t gather_group; /* next key group to gather; key_group_count: none */
    leat_time watermark;
    leat_time floor_max; /* no key group's floor was above it */
    uint32_t watermark_stamp;
    leat_time frozen_watermark; /* LEAT_TIME_MIN: unchanged */

    uint64_t row_count;
    leat_table_moved *moved; /* or NULL */
    void *moved_self;
    uint64_t dirty_count;  /* rows changed since the last freeze, about */
    uint64_t frozen_count; /* the same of the frozen epoch */
    size_t bytes;          /* of all but the rows */
    leat_row_memory memory;

    /* scratch */
    uint64_t *heads;
    uint16_t *key_groups;
    char *staged;
    uint32_t staged_capacity;
    char **scanned;
    leat_hash_item *scan_items;
    bool *scan_firsts;
    uint32_t scan_capacity;
    leat_record_order order;
    leat_record_run run;
};

/* One key as lookups want it. */
typedef struct leat_key_ref {
    uint64_t hash;
    uint64_t head;
    bool is_null;       /* the NULL key of an integer table */
    const char *staged; /* key cells, canonical */
} leat_key_ref;

static inline uint32_t leat_stamp_of(uint64_t epoch)
{
    LEAT_ASSERT(epoch < ROW_REMOVED - 2);
    return (uint32_t)epoch + 1;
}

static inline bool leat_row_is_live(const leat_row *row)
{
    return row->stamp != ROW_EMPTY && row->stamp != ROW_REMOVED;
}

/* Changed in the frozen epoch or in an aborted one before it, and not since. */
static inline bool leat_table_is_frozen(const leat_table *table, uint32_t stamp)
{
    return stamp > table->completed && stamp <= table->frozen;
}

static inline char *leat_row_cells(leat_row *row)
{
    return (char *)row + sizeof *row;
}

static inline leat_row *leat_cells_row(char *cells)
{
    return (leat_row *)(void *)(cells - sizeof(leat_row));
}

static inline leat_row *leat_part_row(const leat_table *table, const leat_part *part, uint32_t slot)
{
    return (leat_row *)(void *)(part->rows + (size_t)slot * table->row_size);
}

static inline uint32_t leat_part_null_slot(const leat_part *part)
{
    return part->capacity + part->tail;
}

static inline uint32_t
leat_part_slot(const leat_table *table, const leat_part *part, const leat_row *row)
{
    return (uint32_t)((size_t)((const char *)row - part->rows) / table->row_size);
}

/* Bits of the hash that choose neither key group nor slot. */
static inline uint16_t leat_tag_of(uint64_t hash)
{
    return (uint16_t)((hash >> 32) | 1);
}

static inline void
leat_part_set_tag(const leat_table *table, leat_part *part, const leat_row *row, uint64_t hash)
{
    part->tags[leat_part_slot(table, part, row)] = leat_tag_of(hash);
}

static inline uint64_t leat_home_slot(const leat_home *home, uint64_t head)
{
    return ((head * home->multiplier) >> 32) & home->mask;
}

static inline leat_row *leat_home_row(const leat_table *table, const leat_home *home, uint64_t head)
{
    return (leat_row *)(void *)(home->rows + leat_home_slot(home, head) * table->row_size);
}

static inline leat_row *leat_row_next(const leat_table *table, leat_row *row)
{
    return (leat_row *)(void *)((char *)row + table->row_size);
}

/* Point a home at no part. */
static inline void leat_home_reset(const leat_table *table, leat_home *home)
{
    static const uint16_t no_tags[1 + LEAT_TAGS_PAD];
    *home = (leat_home){.tags = no_tags, .rows = table->nothing};
}

/* part.c */
leat_part *leat_part_new(leat_table *table, leat_pane *pane, uint32_t key_group);
void leat_part_free(leat_table *table, leat_part **part);
/* Make room: a larger array, or mixed slots where ordered ones crowd. Rows move. */
void leat_part_grow(leat_table *table, leat_home *home);
void leat_part_roll(const leat_table *table, leat_part *part);
/* The row is about to change in the current epoch. */
void leat_part_touch(leat_table *table, leat_part *part, leat_row *row);
void leat_part_remove(leat_table *table, leat_part *part, leat_row *row);
/* Copy long texts of the row's views that are not in the part's heap yet. */
void leat_part_keep_row(leat_table *table, leat_part *part, leat_row *row, bool with_key);
/* Add every row frozen and not yet gathered to `run`. */
void leat_part_collect(const leat_table *table, leat_part *part, leat_record_run *run);

/* table_probe.c: find or make; *out_grew says that rows of the part moved. */
leat_row *
leat_table_place(leat_table *table, leat_pane *pane, const leat_key_ref *key, bool *out_grew);
leat_row *
leat_table_lookup(const leat_table *table, const leat_pane *pane, const leat_key_ref *key);

/* row_codec.c */
uint64_t leat_row_hash(const leat_table *table, const leat_row *row);
void leat_row_encode_key(const leat_table *table, const leat_row *row, leat_buf *out);
void leat_row_encode_value(const leat_table *table, const leat_row *row, leat_buf *out);
void leat_row_encode(const leat_table *table,
                     const leat_part *part,
                     const leat_row *row,
                     leat_record_run *out);
/* Into key cells at `staged` (key_size bytes); views borrow from `key`. False: does not fit. */
bool leat_row_decode_key(
    const leat_table *table, leat_bytes key, uint64_t hash, char *staged, leat_key_ref *out_key);
bool leat_row_decode_value(const leat_table *table, leat_bytes value, leat_row *row);

/* table.c: for state.c */
leat_table *leat_table_new(const leat_table_spec *spec,
                           uint32_t state_id,
                           uint32_t key_group_count,
                           uint64_t completed);
void leat_table_free(leat_table **table);
void leat_table_add_group(leat_table *table, uint32_t key_group);
void leat_table_remove_group(leat_table *table, uint32_t key_group);

/* table_gather.c */
void leat_table_freeze(leat_table *table, uint64_t epoch, uint64_t completed);
void leat_table_decided(leat_table *table, uint64_t epoch);
uint32_t
leat_table_gather(leat_table *table, uint32_t max_rows, leat_record_visit *visit, void *self);
bool leat_table_is_gathered(const leat_table *table);
void leat_table_dump(leat_table *table, uint32_t key_group, leat_record_visit *visit, void *self);
LEAT_MUST_USE leat_code leat_table_apply(leat_table *table,
                                         const leat_record *record,
                                         leat_error *err);

#endif
