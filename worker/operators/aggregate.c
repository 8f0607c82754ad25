/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate - running aggregates: what changed per key is said once per key and batch.
 *
 * A key's accumulators are copied at its first row of a batch; after the batch the copy gives the
 * old result and the row the new one: +I, or -U and +U, or -D when a retraction emptied the group.
 */
#include "common/base/alloc.h"
#include "worker/operators/grouping.h"

enum { FOLD_ROWS = 256 }; /* whose groups stay in the L1 cache from upsert to update */

typedef struct aggregate {
    leat_operator base;
    leat_grouping grouping;
    leat_pane *pane;

    /* groups of the batch, in order of their first row */
    uint32_t touched_count;
    char **touched;
    uint64_t *hashes;
    uint32_t *positions; /* of their first row */
    bool *is_new;
    char *before; /* their accumulators before the batch */

    char **gone;
    uint64_t *gone_hashes;
} aggregate;

/* Note each group once; the row's mark says where. */
static void note_touched(aggregate *a, char *const *cells, const leat_group_run *run)
{
    const uint32_t value_size = a->grouping.layout.value_size;
    char **touched = a->touched;
    uint32_t count = a->touched_count;
    for (uint32_t i = 0; i < run->count; i++) {
        uint32_t mark = leat_cells_mark(cells[i]);
        if (mark - 1 < count && touched[mark - 1] == cells[i])
            continue;
        touched[count] = cells[i];
        a->hashes[count] = run->hashes[i];
        a->positions[count] = run->positions[i];
        a->is_new[count] = mark == 0;
        memcpy(a->before + (size_t)count * value_size, cells[i], value_size);
        leat_cells_set_mark(cells[i], ++count);
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

static void add_result(leat_grouping *g, char *key, char *cells, leat_change change)
{
    uint32_t at = g->results.count++;
    g->results.keys[at] = key;
    g->results.cells[at] = cells;
    g->output.changes[at] = (uint8_t)change;
    g->results.has_changes |= change != LEAT_CHANGE_INSERT;
}

static bool has_rows(const leat_grouping *g, const char *cells)
{
    return !g->layout.counts_rows || leat_group_rows(cells) > 0;
}

static void emit_touched(aggregate *a, leat_emitter *out)
{
    leat_grouping *g = &a->grouping;
    g->results.has_changes = false;
    for (uint32_t i = 0; i < a->touched_count; i++) {
        char *cells = a->touched[i];
        char *before = a->before + (size_t)i * g->layout.value_size;
        bool was = !a->is_new[i] && has_rows(g, before);
        bool is = has_rows(g, cells);
        if (g->results.count + 2 > g->row_capacity) {
            leat_grouping_emit(g, &a->base, 0, out);
            g->results.has_changes = false;
        }
        if (was && is) {
            add_result(g, cells, before, LEAT_CHANGE_UPDATE_BEFORE);
            add_result(g, cells, cells, LEAT_CHANGE_UPDATE_AFTER);
        } else if (is) {
            add_result(g, cells, cells, LEAT_CHANGE_INSERT);
        } else if (was) {
            add_result(g, cells, before, LEAT_CHANGE_DELETE);
        }
    }
    leat_grouping_emit(g, &a->base, 0, out);
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
    a->touched_count = 0;
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
