/* SPDX-License-Identifier: Apache-2.0
 *
 * table - typed rows by key, at memory speed: one open-addressing part per (pane, key group).
 *
 *     table -> pane (window end, or LEAT_PANE_NONE) -> part (key group) -> rows
 *     row   =  u64 key or hash | u32 stamp | u32 mark | value cells | key cells
 *
 * A part grows alone, at a threshold that differs between key groups (decisions 18). A pane's
 * parts are its own, so firing walks only its rows and dropping it frees them at once. A single
 * integer key is the row's head itself and its slot keeps the order of keys until probes get
 * long; other keys stand behind a 64-bit hash. Long text lies in a heap per part.
 *
 * Value cells are `value_size` bytes, 16-byte aligned, all zero when a row is made: the caller's
 * accumulators. Touching a row by upsert marks it changed in the current epoch (state.h).
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_STATE_TABLE_H
#define LEAT_WORKER_STATE_TABLE_H

#include "common/columns/rows.h"
#include "worker/state/record.h"

typedef struct leat_table leat_table;
typedef struct leat_pane leat_pane;

enum { LEAT_TABLE_KEYS_MAX = 32, LEAT_TABLE_VIEWS_MAX = 256 };

typedef struct leat_table_spec {
    leat_schema key;     /* its fields, which are kept, are the key columns; may have none */
    bool has_own_hashes; /* those that runs bring need not be leat_key_hash of the keys */
    uint32_t value_size; /* bytes of value cells, a multiple of 8 */
    uint32_t view_count; /* leat_views inside the value cells ... */
    uint32_t view_offsets[LEAT_TABLE_VIEWS_MAX]; /* ... and where; the heap keeps their text */
} leat_table_spec;

/* Rows to look up: `keys` are the key columns in the spec's order, hashes[i] and positions[i]
 * belong to the i-th row; positions == NULL means 0 .. count-1. */
typedef struct leat_key_run {
    const leat_column *keys;
    const uint32_t *positions;
    const uint64_t *hashes; /* leat_key_hash of the keys */
    uint32_t count;
} leat_key_run;

/* The pane that ends at `end`, made when absent; LEAT_PANE_NONE is the pane of tables without
 * windows. Valid until it is dropped. */
leat_pane *leat_table_pane(leat_table *table, int64_t end);
/* The pane with the smallest end, NULL when there is none. */
leat_pane *leat_table_first_pane(leat_table *table);
/* The first pane that ends after `end`, NULL when there is none. */
leat_pane *leat_table_next_pane(leat_table *table, int64_t end);
int64_t leat_pane_end(const leat_pane *pane);
/* All rows of the pane go; a delta says so in one record per key group. */
void leat_table_drop_pane(leat_table *table, leat_pane *pane);

/* Find or make the row of every key: out_cells[i] are its value cells. All owned key groups.
 * Valid until a later upsert moves rows, or a remove or drop. */
void leat_table_upsert(leat_table *table,
                       leat_pane *pane,
                       const leat_key_run *run,
                       char **out_cells);
/* Called with the new cells of every row that an upsert moved and that has a mark of
 * LEAT_MARK_FIRST or more. */
typedef void leat_table_moved(void *self, char *cells);
void leat_table_on_move(leat_table *table, leat_table_moved *moved, void *self);
/* Value cells of one key, NULL when absent; not marked as changed. */
const char *leat_table_find(leat_table *table, leat_pane *pane, const leat_key_run *run);
/* Remove rows found by an upsert: hashes[i] belongs to cells[i]; each row once. */
void leat_table_remove(
    leat_table *table, leat_pane *pane, char *const *cells, const uint64_t *hashes, uint32_t count);

/* After an update wrote views of borrowed text into the cells: copy the long ones to the heap. */
void leat_table_keep_views(
    leat_table *table, leat_pane *pane, char *const *cells, const uint64_t *hashes, uint32_t count);

typedef struct leat_table_span {
    int64_t after; /* ends of panes: above this ... */
    int64_t last;  /* ... and at most this */
} leat_table_span;

/* The rows of a pane in one key group, in record order: value cells in *out_cells, valid until the
 * next call on the table. Returns how many. */
uint32_t leat_table_scan(leat_table *table, leat_pane *pane, uint32_t key_group, char ***out_cells);
/* The rows of all panes with ends in (after, last]: those of one key stand together, in the order
 * of their panes. out_is_first[i]: row i is the first of its key. */
uint32_t leat_table_scan_span(leat_table *table,
                              leat_table_span span,
                              uint32_t key_group,
                              char ***out_cells,
                              const bool **out_is_first);

/* Key column `key` of rows given by their cells, as values of the column's layout (leat_i128 for
 * decimals) and validity bits; text is borrowed from the table. Returns whether some is NULL. */
bool leat_table_keys(const leat_table *table,
                     char *const *cells,
                     uint32_t count,
                     uint32_t key,
                     void *out_values,
                     uint64_t *out_validity);

/* Scratch of every row, 31 bits, not part of the state: NEW in a row that was just made, CLEAN in
 * one that was restored, else what was set last. The top bit is the table's: the row has the NULL
 * key of an integer table. */
enum { LEAT_MARK_NEW = 0, LEAT_MARK_CLEAN = 1, LEAT_MARK_FIRST = 2, LEAT_MARK_BITS = 31 };

static inline uint32_t leat_cells_mark(const char *cells)
{
    uint32_t mark;
    memcpy(&mark, cells - sizeof mark, sizeof mark);
    return mark & INT32_MAX;
}

static inline void leat_cells_set_mark(char *cells, uint32_t value)
{
    uint32_t mark;
    memcpy(&mark, cells - sizeof mark, sizeof mark);
    mark = (mark & ~(uint32_t)INT32_MAX) | value;
    memcpy(cells - sizeof mark, &mark, sizeof mark);
}

/* The watermark of a key group (decisions 8): max of what it brought along and what the task said
 * last. advance never goes back. LEAT_TIME_MIN until the first. */
leat_time leat_table_watermark(const leat_table *table, uint32_t key_group);
/* At least that of every key group: nothing after it is late anywhere. */
leat_time leat_table_watermark_max(const leat_table *table);
void leat_table_advance(leat_table *table, leat_time watermark);

uint64_t leat_table_row_count(const leat_table *table);
uint32_t leat_table_key_group_count(const leat_table *table);

#endif
