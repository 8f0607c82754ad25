/* SPDX-License-Identifier: Apache-2.0
 *
 * window_aggregate - windows by event time: rows are folded into the pane of their slice, and a
 * window is put out when the watermark passes its end.
 *
 * A slice is a span that no window divides. Tumbling windows, and those that rows carry, are one
 * slice each: the pane is put out and dropped. Hopping and cumulating windows share slices: a
 * window is folded from them when it fires, a slice goes with the last window that holds it.
 *
 * Window [s, e) fires when the watermark reaches e - 1 ms; a row is late when the watermark of
 * its key group has, for its last window (decisions 5 to 9). Results come window by window, then
 * by key group and hash.
 */
#include "common/base/alloc.h"
#include "worker/operators/selection.h"
#include "worker/operators/slice_merge.h"
#include "worker/operators/window_slices.h"

enum { FIRE_LEAD_US = LEAT_WINDOW_FIRE_LEAD_US, FOLD_ROWS = 512 };

/* The rows of a batch that fall into one slice. */
typedef struct window_slot {
    int64_t end;
    int64_t last_end; /* of the last window that holds it */
    uint32_t count;
} window_slot;

typedef struct window_aggregate {
    leat_operator base;
    leat_grouping grouping;
    const leat_window *window;
    uint32_t time_column; /* CARRIED: of the window's end */
    int64_t slice_us;     /* CARRIED: 1, every end closes a slice of its own */
    int64_t lag_us;       /* what is taken off that column to be inside the slice */
    bool is_carried;
    bool is_sliced;     /* windows of several slices */
    int64_t fired;      /* end of the last window that fired since open */
    window_slot *slots; /* windows of the batch, in order of appearance */
    uint32_t slot_count;
    uint32_t *slot_of; /* per row: its slot, or one of the two below */
    uint32_t *positions;
    uint64_t *hashes;
    uint64_t *failed; /* bitmap of rows without a usable event time */
    uint8_t *changes;
} window_aggregate;

#define SLOT_LATE   UINT32_MAX
#define SLOT_FAILED (UINT32_MAX - 1)
#define SLOT_NONE   (UINT32_MAX - 2)

/* The end of the slice that holds `time`; false when out of range. */
static bool slice_end(const window_aggregate *w, int64_t time, int64_t *out_end)
{
    if (!leat_window_time_fits(time))
        return false;
    time -= w->lag_us;
    *out_end = w->is_carried ? time + 1 : leat_window_slice_end(w->window, w->slice_us, time);
    return true;
}

static int64_t last_end(const window_aggregate *w, int64_t end)
{
    return w->is_sliced ? leat_window_last_end(w->window, end) : end;
}

static uint32_t slot_find(window_aggregate *w, int64_t end)
{
    for (uint32_t i = w->slot_count; i > 0; i--)
        if (w->slots[i - 1].end == end)
            return i - 1;
    w->slots[w->slot_count] = (window_slot){.end = end, .last_end = last_end(w, end)};
    return w->slot_count++;
}

static bool is_late(const leat_table *table, int64_t end, uint64_t hash)
{
    uint32_t key_group = leat_key_group_of(hash, leat_table_key_group_count(table));
    return end - FIRE_LEAD_US <= leat_table_watermark(table, key_group);
}

/* Most batches lie in one window that is open everywhere: no need to ask row by row. */
static bool is_one_window(window_aggregate *w)
{
    leat_grouping *g = &w->grouping;
    const leat_rows *rows = &g->rows;
    const leat_column *times = &rows->columns[w->time_column];
    if (rows->selected != NULL || rows->row_count == 0 || times->is_constant ||
        times->validity != NULL)
        return false;
    const int64_t *values = times->values;
    int64_t first = values[0], last = values[0];
    for (uint32_t i = 1; i < rows->row_count; i++) {
        first = LEAT_MIN(first, values[i]);
        last = LEAT_MAX(last, values[i]);
    }
    int64_t end, other;
    if (!slice_end(w, first, &end) || !slice_end(w, last, &other) || end != other)
        return false;
    int64_t closes = last_end(w, end);
    if (closes < end || closes - FIRE_LEAD_US <= leat_table_watermark_max(g->table))
        return false;
    w->slots[0] = (window_slot){end, closes, rows->row_count};
    w->slot_count = 1;
    return true;
}

/* Find each row's window; rows of one window usually stand together. */
static void assign_windows(window_aggregate *w, uint32_t *out_late, uint32_t *out_failed)
{
    leat_grouping *g = &w->grouping;
    const leat_rows *rows = &g->rows;
    const leat_column *times = &rows->columns[w->time_column];
    const leat_time latest = leat_table_watermark_max(g->table);
    const int64_t lag = w->lag_us, size = w->slice_us;
    int64_t end = 0, start = 1; /* no window yet: start > end */
    uint32_t slot = 0, late = 0, failed = 0;
    w->slot_count = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        int64_t time = LEAT_COLUMN_GET(times, int64_t, at);
        int64_t since = (int64_t)((uint64_t)time - (uint64_t)lag); /* may wrap; refused below */
        if (LEAT_UNLIKELY(leat_column_is_null(times, at) || since < start || since >= end)) {
            if (leat_column_is_null(times, at) || !slice_end(w, time, &end)) {
                w->slot_of[i] = SLOT_FAILED;
                start = end = 0;
                failed++;
                continue;
            }
            start = end - size;
            slot = slot_find(w, end);
        }
        int64_t last = w->slots[slot].last_end;
        if (LEAT_UNLIKELY(last < end)) { /* between two hops: in no window */
            w->slot_of[i] = SLOT_NONE;
            continue;
        }
        bool late_row =
            LEAT_UNLIKELY(last - FIRE_LEAD_US <= latest) && is_late(g->table, last, g->hashes[i]);
        w->slot_of[i] = late_row ? (uint32_t)SLOT_LATE : slot;
        w->slots[slot].count += !late_row;
        late += late_row;
    }
    *out_late = late;
    *out_failed = failed;
}

static void fold(window_aggregate *w, leat_pane *pane, const leat_group_run *run)
{
    leat_grouping *g = &w->grouping;
    for (uint32_t from = 0; from < run->count; from += FOLD_ROWS) {
        leat_group_run part = {
            .positions = (run->positions == NULL ? g->all : run->positions) + from,
            .hashes = run->hashes + from,
            .count = LEAT_MIN(run->count - from, (uint32_t)FOLD_ROWS),
        };
        leat_grouping_upsert(g, pane, &part, g->cells);
        leat_grouping_update(g, pane, &part, g->cells);
    }
}

/* Positions and hashes of the rows with this slot; returns how many. */
static uint32_t slot_rows(window_aggregate *w, uint32_t slot)
{
    const leat_rows *rows = &w->grouping.rows;
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        w->positions[count] = leat_rows_at(rows, i);
        w->hashes[count] = w->grouping.hashes[i];
        count += w->slot_of[i] == slot;
    }
    return count;
}

static void report_failed(window_aggregate *w, uint32_t failed, leat_emitter *out)
{
    const leat_rows *rows = &w->grouping.rows;
    uint32_t count = slot_rows(w, SLOT_FAILED);
    memset(w->failed, 0, leat_bit_words(rows->row_count) * sizeof *w->failed);
    for (uint32_t i = 0; i < count; i++)
        leat_bit_set(w->failed, w->positions[i], true);
    leat_eval_errors errors = {.count = failed,
                               .rows = w->failed,
                               .first_row = w->positions[0],
                               .first_reason = "event time is null or out of range"};
    leat_operator_fail_rows(&w->base, out, rows, &errors);
}

static void report_late(window_aggregate *w, leat_emitter *out)
{
    leat_rows late = w->grouping.rows;
    late.selected_count = slot_rows(w, SLOT_LATE);
    late.selected = w->positions;
    w->base.counts.rows_late += late.selected_count;
    if (!w->window->late_to)
        return;
    leat_selection_repair_changes(&late, w->changes);
    leat_operator_emit(&w->base, out, 1, &late);
}

static void window_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    window_aggregate *w = (window_aggregate *)self;
    leat_grouping *g = &w->grouping;
    leat_grouping_begin(g, self, rows, out);
    uint32_t late = 0, failed = 0;
    if (!is_one_window(w))
        assign_windows(w, &late, &failed);
    bool is_whole = w->slot_count == 1 && w->slots[0].count == g->rows.selected_count;
    for (uint32_t slot = 0; slot < w->slot_count; slot++) {
        if (w->slots[slot].count == 0)
            continue;
        leat_group_run run = {g->rows.selected, g->hashes, g->rows.selected_count};
        if (!is_whole)
            run = (leat_group_run){w->positions, w->hashes, slot_rows(w, slot)};
        fold(w, leat_table_pane(g->table, w->slots[slot].end), &run);
    }
    if (failed > 0)
        report_failed(w, failed, out);
    if (late > 0)
        report_late(w, out);
}

/* A window that is one pane. */
static void fire(window_aggregate *w, leat_pane *pane, leat_emitter *out)
{
    leat_grouping *g = &w->grouping;
    int64_t end = leat_pane_end(pane);
    g->results.pane = end;
    uint32_t first_column = w->is_carried ? 0 : LEAT_WINDOW_RESULT_TIMES;
    if (!w->is_carried) {
        leat_output_set_time(&g->output, 0, end - w->window->size_us);
        leat_output_set_time(&g->output, 1, end);
    }
    uint32_t key_groups = leat_table_key_group_count(g->table);
    for (uint32_t key_group = 0; key_group < key_groups; key_group++) {
        char **cells;
        uint32_t count = leat_table_scan(g->table, pane, key_group, &cells);
        for (uint32_t i = 0; i < count; i++) {
            if (g->layout.counts_rows && leat_group_rows(cells[i]) <= 0)
                continue;
            if (g->results.count == g->row_capacity)
                leat_grouping_emit(g, &w->base, first_column, out);
            uint32_t at = g->results.count++;
            g->results.keys[at] = g->results.cells[at] = cells[i];
        }
    }
    leat_grouping_emit(g, &w->base, first_column, out);
    leat_grouping_drop_pane(g, pane);
}

/* Windows of several slices, the first one after `fired` that any slice is in. */
static void fire_slices(window_aggregate *w, leat_time watermark, leat_emitter *out)
{
    leat_table *table = w->grouping.table;
    for (leat_pane *pane; (pane = leat_table_first_pane(table)) != NULL;) {
        int64_t slice = leat_pane_end(pane);
        int64_t end = leat_window_first_end(w->window, slice - 1);
        if (w->fired != INT64_MIN)
            end = LEAT_MAX(end, w->fired + leat_window_step(w->window));
        if (end > leat_window_last_end(w->window, slice)) {
            leat_grouping_drop_pane(&w->grouping, pane);
            continue;
        }
        if (end - FIRE_LEAD_US > watermark)
            return;
        leat_slice_merge_fire(&w->grouping, &w->base, leat_window_start_of(w->window, end), end,
                              out);
        w->fired = end;
    }
}

static void window_watermark(leat_operator *self, leat_time watermark, leat_emitter *out)
{
    window_aggregate *w = (window_aggregate *)self;
    leat_table *table = w->grouping.table;
    if (w->is_sliced) {
        fire_slices(w, watermark, out);
        leat_table_advance(table, watermark); /* merging asks what had fired before */
        return;
    }
    leat_table_advance(table, watermark);
    for (;;) {
        leat_pane *pane = leat_table_first_pane(table);
        if (pane == NULL || leat_pane_end(pane) - FIRE_LEAD_US > watermark)
            return;
        fire(w, pane, out);
    }
}

static void window_close(leat_operator *self)
{
    window_aggregate *w = (window_aggregate *)self;
    leat_grouping_fini(&w->grouping);
    leat_free(w);
}

static const leat_operator_class window_class = {
    .name = "window_aggregate",
    .process = window_process,
    .watermark = window_watermark,
    .close = window_close,
};

leat_operator *leat_window_aggregate_open(const leat_operator_args *args)
{
    if (leat_args_node(args)->window.is_processing_time)
        return leat_processing_window_open(args);
    if (leat_group_is_windowed(args->plan->logical, leat_args_node(args)))
        return leat_windowed_aggregate_open(args);
    window_aggregate *w = LEAT_NEW(window_aggregate);
    w->base.class = &window_class;
    leat_grouping_init(&w->grouping, args);
    w->window = &w->grouping.node->window;
    w->is_carried = w->window->kind == LEAT_WINDOW_CARRIED;
    w->is_sliced = w->window->kind == LEAT_WINDOW_HOP || w->window->kind == LEAT_WINDOW_CUMULATE;
    w->slice_us = w->is_carried ? 1 : leat_window_slice_us(w->window);
    w->lag_us = w->is_carried ? 1 : w->window->time_lag_us;
    w->fired = INT64_MIN;
    w->time_column = w->is_carried ? w->window->end_column
                                   : (uint32_t)leat_args_operator(args)->input->event_time;
    leat_arena *arena = &w->grouping.arena;
    uint32_t capacity = args->row_capacity;
    w->slots = LEAT_ARENA_ARRAY(arena, window_slot, capacity);
    w->slot_of = LEAT_ARENA_ARRAY(arena, uint32_t, capacity);
    w->positions = LEAT_ARENA_ARRAY(arena, uint32_t, capacity);
    w->hashes = LEAT_ARENA_ARRAY(arena, uint64_t, capacity);
    w->failed = LEAT_ARENA_ARRAY(arena, uint64_t, leat_bit_words(capacity));
    w->changes = LEAT_ARENA_ARRAY(arena, uint8_t, capacity);
    return &w->base;
}
