/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate - running aggregates: what changed per key is said once per key and batch.
 *
 * A key's accumulators are copied at its first row of a batch; after the batch the copy gives the
 * old result and the row the new one: +I, or -U and +U, or -D when a retraction emptied the group.
 */
#include "common/base/alloc.h"
#include "worker/operators/grouping.h"

enum {
    FOLD_ROWS = 256, /* whose groups stay in the L1 cache from upsert to update */
    MARK_FIRST = 2,  /* 0 and 1 are the table's */
};

typedef struct aggregate {
    leat_operator base;
    leat_grouping grouping;
    leat_pane *pane;

    /* groups of the batch, in order of their first row; the n-th has mark mark_base + n */
    uint32_t mark_base;
    uint32_t touched_count;
    char **touched;
    uint64_t *hashes;
    uint32_t *positions; /* of their first row */
    bool *is_new;
    char *before; /* their accumulators before the batch */

    char **gone;
    uint64_t *gone_hashes;
} aggregate;

/* The usual sizes without a call. */
static inline void cells_copy(char *restrict to, const char *restrict from, uint32_t size)
{
    switch (size) {
    case 8:
        memcpy(to, from, 8);
        return;
    case 16:
        memcpy(to, from, 16);
        return;
    case 32:
        memcpy(to, from, 32);
        return;
    case 40:
        memcpy(to, from, 40);
        return;
    default:
        memcpy(to, from, size);
    }
}

/* Marks of a batch lie above those of the batches before; when they have used up their bits they
 * start anew. An old one may look like one of this batch then, so the group itself decides. */
static void begin_touched(aggregate *a, uint32_t row_count)
{
    const uint32_t marks_max = (UINT32_C(1) << LEAT_MARK_BITS) - 1;
    a->mark_base += a->touched_count;
    a->touched_count = 0;
    if (a->mark_base > marks_max - row_count)
        a->mark_base = MARK_FIRST;
}

/* Note each group once; the row's mark says where. */
static void note_touched(aggregate *a, char *const *cells, const leat_group_run *run)
{
    const uint32_t value_size = a->grouping.layout.value_size;
    const uint32_t base = a->mark_base;
    char **touched = a->touched;
    uint32_t count = a->touched_count;
    for (uint32_t i = 0; i < run->count; i++) {
        uint32_t mark = leat_cells_mark(cells[i]);
        if (mark - base < count && touched[mark - base] == cells[i])
            continue;
        touched[count] = cells[i];
        a->hashes[count] = run->hashes[i];
        a->positions[count] = run->positions[i];
        a->is_new[count] = mark == 0;
        cells_copy(a->before + (size_t)count * value_size, cells[i], value_size);
        leat_cells_set_mark(cells[i], base + count++);
    }
    a->touched_count = count;
}

static void fold(aggregate *a, const leat_group_run *run)
{
    leat_grouping *g = &a->grouping;
    uint64_t moves = leat_table_moves(g->table);
    leat_grouping_upsert(g, a->pane, run, g->cells);
    if (leat_table_moves(g->table) != moves) {
        leat_group_run earlier = {a->positions, a->hashes, a->touched_count};
        leat_grouping_upsert(g, a->pane, &earlier, a->touched);
    }
    note_touched(a, g->cells, run);
    leat_grouping_update(g, a->pane, run, g->cells);
}

static bool has_rows(const leat_grouping *g, const char *cells)
{
    return !g->layout.counts_rows || leat_group_rows(cells) > 0;
}

/* Result rows of the touched groups from `from` on, as many as there is room for; returns up to
 * which. Rows that nobody wants are written too, and overwritten by the next. */
static uint32_t add_results(aggregate *a, uint32_t from)
{
    const leat_grouping *g = &a->grouping;
    const uint32_t value_size = g->layout.value_size;
    leat_group_results results = g->results;
    uint8_t *changes = g->output.changes;
    uint32_t i = from;
    for (; i < a->touched_count && results.count + 2 <= g->row_capacity; i++) {
        char *cells = a->touched[i];
        char *before = a->before + (size_t)i * value_size;
        bool was = !a->is_new[i] && has_rows(g, before);
        bool is = has_rows(g, cells);
        results.keys[results.count] = cells;
        results.cells[results.count] = before;
        changes[results.count] = is ? LEAT_CHANGE_UPDATE_BEFORE : LEAT_CHANGE_DELETE;
        results.count += was;
        results.keys[results.count] = cells;
        results.cells[results.count] = cells;
        changes[results.count] = was ? LEAT_CHANGE_UPDATE_AFTER : LEAT_CHANGE_INSERT;
        results.count += is;
        results.has_changes |= was;
    }
    a->grouping.results = results;
    return i;
}

static void emit_touched(aggregate *a, leat_emitter *out)
{
    for (uint32_t from = 0; from < a->touched_count;) {
        a->grouping.results.has_changes = false;
        from = add_results(a, from);
        leat_grouping_emit(&a->grouping, &a->base, 0, out);
    }
}

static void remove_empty(aggregate *a)
{
    leat_grouping *g = &a->grouping;
    if (!g->layout.counts_rows)
        return;
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->touched_count; i++) {
        a->gone[count] = a->touched[i];
        a->gone_hashes[count] = a->hashes[i];
        count += leat_group_rows(a->touched[i]) == 0;
    }
    leat_table_remove(g->table, a->pane, a->gone, a->gone_hashes, count);
}

static void aggregate_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    aggregate *a = (aggregate *)self;
    leat_grouping *g = &a->grouping;
    leat_grouping_begin(g, self, rows, out);
    a->pane = leat_table_pane(g->table, LEAT_PANE_NONE);
    begin_touched(a, rows->selected_count);
    const uint32_t *positions = g->rows.selected == NULL ? g->all : g->rows.selected;
    for (uint32_t from = 0; from < g->rows.selected_count; from += FOLD_ROWS) {
        uint32_t count = LEAT_MIN(g->rows.selected_count - from, (uint32_t)FOLD_ROWS);
        leat_group_run run = {positions + from, g->hashes + from, count};
        fold(a, &run);
    }
    emit_touched(a, out);
    remove_empty(a);
}

static void aggregate_close(leat_operator *self)
{
    aggregate *a = (aggregate *)self;
    leat_grouping_fini(&a->grouping);
    leat_free(a);
}

static const leat_operator_class aggregate_class = {
    .name = "aggregate",
    .process = aggregate_process,
    .close = aggregate_close,
};

leat_operator *leat_aggregate_open(const leat_operator_args *args)
{
    aggregate *a = LEAT_NEW(aggregate);
    a->base.class = &aggregate_class;
    a->mark_base = MARK_FIRST;
    leat_grouping_init(&a->grouping, args);
    leat_arena *arena = &a->grouping.arena;
    uint32_t capacity = args->row_capacity;
    a->touched = LEAT_ARENA_ARRAY(arena, char *, capacity);
    a->hashes = LEAT_ARENA_ARRAY(arena, uint64_t, capacity);
    a->positions = LEAT_ARENA_ARRAY(arena, uint32_t, capacity);
    a->is_new = LEAT_ARENA_ARRAY(arena, bool, capacity);
    a->before = leat_arena_aligned(arena, 64, capacity * (size_t)a->grouping.layout.value_size);
    a->gone = LEAT_ARENA_ARRAY(arena, char *, capacity);
    a->gone_hashes = LEAT_ARENA_ARRAY(arena, uint64_t, capacity);
    return &a->base;
}
