/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate - running aggregates: what changed per key is said once per key and round of input.
 *
 * A key's accumulators are copied when it is first touched since the last flush; the flush gives
 * the old result from the copy and the new one from the row: +I, or -U and +U, or -D when a
 * retraction emptied the group. Exec flushes when no input waits, and before a barrier, so that a
 * snapshot never has anything put off; a busy slot flushes at the limits below; and nothing is put
 * off past a watermark where an operator behind reads time.
 *
 * Without keys there is one group, over no rows too: the first flush says it before any row came,
 * and it is never deleted.
 */
#include "common/base/alloc.h"
#include "worker/operators/grouping.h"
#include "worker/operators/time_readers.h"

enum {
    FOLD_ROWS = 256, /* whose groups stay in the L1 cache from upsert to update */
    AHEAD = 16,      /* groups whose rows are on their way into the cache at a flush */
    TOUCHED_FIRST = 1024,
    PUT_OFF_ROWS = 1 << 20,
    PUT_OFF_BYTES = 8 << 20, /* of copied accumulators and what finds them; of their texts */
};

typedef struct aggregate {
    leat_operator base;
    leat_grouping grouping;
    leat_pane *pane;
    const leat_state
        *only_group_state; /* without keys: says who owns the group, until it is made */
    bool has_only_group;   /* without keys */
    bool feeds_time;       /* before every watermark */
    uint32_t put_off_max;  /* groups */
    uint32_t row_count;    /* since the last flush */

    /* groups since the last flush, in order of their first row; the n-th has mark
     * LEAT_MARK_FIRST + n */
    uint32_t touched_count;
    uint32_t touched_capacity;
    char **touched;
    uint64_t *hashes;
    bool *is_new;
    char *before;     /* their accumulators at the last flush */
    leat_arena texts; /* of those: the table moves its own when it likes */
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

static void touched_reserve(aggregate *a, uint32_t count)
{
    if (count <= a->touched_capacity)
        return;
    uint32_t capacity = LEAT_MAX(LEAT_MAX(2 * a->touched_capacity, count), (uint32_t)TOUCHED_FIRST);
    a->touched = leat_realloc(a->touched, capacity * sizeof *a->touched);
    a->hashes = leat_realloc(a->hashes, capacity * sizeof *a->hashes);
    a->is_new = leat_realloc(a->is_new, capacity * sizeof *a->is_new);
    a->before = leat_realloc(a->before, (size_t)capacity * a->grouping.layout.value_size + 1);
    a->touched_capacity = capacity;
}

/* Note each group once; the row's mark says where. */
static void note_touched(aggregate *a, char *const *cells, const leat_group_run *run)
{
    const uint32_t value_size = a->grouping.layout.value_size;
    uint32_t count = a->touched_count;
    touched_reserve(a, count + run->count);
    for (uint32_t i = 0; i < run->count; i++) {
        uint32_t mark = leat_cells_mark(cells[i]);
        if (mark >= LEAT_MARK_FIRST)
            continue;
        a->touched[count] = cells[i];
        a->hashes[count] = run->hashes[i];
        a->is_new[count] = mark == LEAT_MARK_NEW;
        char *before = a->before + (size_t)count * value_size;
        cells_copy(before, cells[i], value_size);
        if (LEAT_UNLIKELY(a->grouping.layout.holds_text))
            leat_grouping_own_texts(&a->grouping, before, &a->texts);
        leat_cells_set_mark(cells[i], LEAT_MARK_FIRST + count++);
    }
    a->touched_count = count;
}

/* The table moved a row that is noted. */
static void touched_moved(void *self, char *cells)
{
    aggregate *a = self;
    uint32_t at = leat_cells_mark(cells) - LEAT_MARK_FIRST;
    LEAT_ASSERT(at < a->touched_count);
    a->touched[at] = cells;
}

static void fold(aggregate *a, const leat_group_run *run)
{
    leat_grouping *g = &a->grouping;
    leat_grouping_upsert(g, a->pane, run, g->cells);
    note_touched(a, g->cells, run);
    leat_grouping_update(g, a->pane, run, g->cells);
}

static bool has_rows(const aggregate *a, const char *cells)
{
    return a->has_only_group || !a->grouping.layout.counts_rows || leat_group_rows(cells) > 0;
}

static void make_only_group(aggregate *a)
{
    leat_grouping *g = &a->grouping;
    const leat_rows one = {.row_count = 1, .selected_count = 1};
    const leat_state *state = LEAT_TAKE(a->only_group_state);
    uint64_t hash;
    leat_key_hash(&one, NULL, 0, &hash);
    if (!leat_state_owns(state, leat_key_group_of(hash, leat_state_key_group_count(state))))
        return;
    leat_group_run run = {g->all, &hash, 1};
    a->pane = leat_table_pane(g->table, LEAT_PANE_NONE);
    leat_grouping_upsert(g, a->pane, &run, g->cells);
    if (leat_cells_mark(g->cells[0]) == LEAT_MARK_NEW)
        note_touched(a, g->cells, &run);
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
        if (i + AHEAD < a->touched_count)
            __builtin_prefetch(a->touched[i + AHEAD] - sizeof(uint32_t), 1);
        char *cells = a->touched[i];
        char *before = a->before + (size_t)i * value_size;
        bool was = !a->is_new[i] && has_rows(a, before);
        bool is = has_rows(a, cells);
        leat_cells_set_mark(cells, LEAT_MARK_CLEAN);
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

static void remove_empty(aggregate *a)
{
    leat_grouping *g = &a->grouping;
    if (!g->layout.counts_rows || a->has_only_group)
        return;
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->touched_count; i++) {
        char *cells = a->touched[i];
        a->touched[count] = cells;
        a->hashes[count] = a->hashes[i];
        count += leat_group_rows(cells) == 0;
    }
    leat_table_remove(g->table, a->pane, a->touched, a->hashes, count);
}

static void aggregate_flush(leat_operator *self, leat_emitter *out)
{
    aggregate *a = (aggregate *)self;
    if (LEAT_UNLIKELY(a->only_group_state != NULL))
        make_only_group(a);
    for (uint32_t from = 0; from < a->touched_count;) {
        a->grouping.results.has_changes = false;
        from = add_results(a, from);
        leat_grouping_emit(&a->grouping, self, 0, out);
    }
    remove_empty(a);
    a->touched_count = 0;
    a->row_count = 0;
    leat_arena_reset(&a->texts);
}

static void aggregate_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    aggregate *a = (aggregate *)self;
    leat_grouping *g = &a->grouping;
    leat_grouping_begin(g, self, rows, out);
    a->pane = leat_table_pane(g->table, LEAT_PANE_NONE);
    const uint32_t *positions = g->rows.selected == NULL ? g->all : g->rows.selected;
    for (uint32_t from = 0; from < g->rows.selected_count; from += FOLD_ROWS) {
        uint32_t count = LEAT_MIN(g->rows.selected_count - from, (uint32_t)FOLD_ROWS);
        leat_group_run run = {positions + from, g->hashes + from, count};
        fold(a, &run);
    }
    a->row_count += g->rows.selected_count;
    if (a->touched_count >= a->put_off_max || a->row_count >= PUT_OFF_ROWS ||
        a->texts.used_bytes >= PUT_OFF_BYTES)
        aggregate_flush(self, out);
}

static void aggregate_watermark(leat_operator *self, leat_time watermark, leat_emitter *out)
{
    (void)watermark;
    if (((aggregate *)self)->feeds_time)
        aggregate_flush(self, out);
}

static void aggregate_close(leat_operator *self)
{
    aggregate *a = (aggregate *)self;
    leat_grouping_fini(&a->grouping);
    leat_arena_fini(&a->texts);
    leat_free(a->touched);
    leat_free(a->hashes);
    leat_free(a->is_new);
    leat_free(a->before);
    leat_free(a);
}

static const leat_operator_class aggregate_class = {
    .name = "aggregate",
    .process = aggregate_process,
    .watermark = aggregate_watermark,
    .flush = aggregate_flush,
    .close = aggregate_close,
};

leat_operator *leat_aggregate_open(const leat_operator_args *args)
{
    aggregate *a = LEAT_NEW(aggregate);
    a->base.class = &aggregate_class;
    leat_grouping_init(&a->grouping, args);
    a->has_only_group = a->grouping.key_count == 0;
    a->only_group_state = a->has_only_group ? args->state : NULL;
    const leat_group_layout *layout = &a->grouping.layout;
    size_t group_bytes = layout->value_size + sizeof *a->touched + sizeof *a->hashes;
    a->put_off_max = (uint32_t)(PUT_OFF_BYTES / group_bytes);
    a->feeds_time = leat_feeds_time(args->plan->logical, leat_args_operator(args)->logical);
    leat_table_on_move(a->grouping.table, touched_moved, a);
    return &a->base;
}
