/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate - running aggregates: what changed per key is said once per key and batch.
 *
 * A key's accumulators are copied at its first row of a batch; after the batch the copy gives the
 * old result and the row the new one: +I, or -U and +U, or -D when a retraction emptied the group.
 */
#include "common/base/alloc.h"
#include "worker/operators/grouping.h"

typedef struct touched_group {
    char *cells;
    uint64_t hash;
    bool is_new;
} touched_group;

typedef struct aggregate {
    leat_operator base;
    leat_grouping grouping;
    touched_group *touched; /* groups of the batch, in order of their first row */
    uint32_t touched_count;
    char *before; /* their accumulators before the batch */
    char **gone;
    uint64_t *gone_hashes;
} aggregate;

/* Note each group once; the row's mark says where. */
static void note_touched(aggregate *a, char *const *cells, const uint64_t *hashes, uint32_t count)
{
    const uint32_t value_size = a->grouping.layout.value_size;
    touched_group *touched = a->touched;
    uint32_t touched_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t mark = leat_cells_mark(cells[i]);
        if (mark - 1 < touched_count && touched[mark - 1].cells == cells[i])
            continue;
        touched[touched_count] = (touched_group){cells[i], hashes[i], mark == 0};
        memcpy(a->before + (size_t)touched_count * value_size, cells[i], value_size);
        leat_cells_set_mark(cells[i], ++touched_count);
    }
    a->touched_count = touched_count;
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
        touched_group *group = &a->touched[i];
        char *before = a->before + (size_t)i * g->layout.value_size;
        bool was = !group->is_new && has_rows(g, before);
        bool is = has_rows(g, group->cells);
        if (g->results.count + 2 > g->row_capacity) {
            leat_grouping_emit(g, &a->base, 0, out);
            g->results.has_changes = false;
        }
        if (was && is) {
            add_result(g, group->cells, before, LEAT_CHANGE_UPDATE_BEFORE);
            add_result(g, group->cells, group->cells, LEAT_CHANGE_UPDATE_AFTER);
        } else if (is) {
            add_result(g, group->cells, group->cells, LEAT_CHANGE_INSERT);
        } else if (was) {
            add_result(g, group->cells, before, LEAT_CHANGE_DELETE);
        }
    }
    leat_grouping_emit(g, &a->base, 0, out);
}

static void remove_empty(aggregate *a, leat_pane *pane)
{
    leat_grouping *g = &a->grouping;
    if (!g->layout.counts_rows)
        return;
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->touched_count; i++) {
        a->gone[count] = a->touched[i].cells;
        a->gone_hashes[count] = a->touched[i].hash;
        count += leat_group_rows(a->touched[i].cells) == 0;
    }
    leat_table_remove(g->table, pane, a->gone, a->gone_hashes, count);
}

static void aggregate_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    aggregate *a = (aggregate *)self;
    leat_grouping *g = &a->grouping;
    leat_grouping_begin(g, self, rows, out);
    leat_pane *pane = leat_table_pane(g->table, LEAT_PANE_NONE);
    leat_group_run run = {g->rows.selected, g->hashes, g->rows.selected_count};
    leat_grouping_upsert(g, pane, &run, g->cells);
    note_touched(a, g->cells, g->hashes, run.count);
    leat_grouping_update(g, pane, &run, g->cells);
    emit_touched(a, out);
    remove_empty(a, pane);
}

static void aggregate_close(leat_operator *self)
{
    aggregate *a = (aggregate *)self;
    leat_free(a->touched);
    leat_free(a->before);
    leat_free(a->gone);
    leat_free(a->gone_hashes);
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
    size_t capacity = args->row_capacity;
    a->touched = leat_alloc(capacity * sizeof *a->touched);
    a->before = leat_alloc_aligned(64, LEAT_MAX(capacity * a->grouping.layout.value_size, 64));
    a->gone = leat_alloc(capacity * sizeof *a->gone);
    a->gone_hashes = leat_alloc(capacity * sizeof *a->gone_hashes);
    return &a->base;
}
