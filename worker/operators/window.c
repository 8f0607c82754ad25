/* SPDX-License-Identifier: Apache-2.0
 *
 * window - assign rows to tumbling, hopping or cumulating windows: a copy of the row per window,
 * with window_start, window_end and window_time.
 *
 * Nothing is copied but the three new columns: the copies go out window by window, each time as
 * the input's own columns with the rows that have one more window selected.
 */
#include "worker/operators/window_slices.h"

#include "common/base/alloc.h"
#include "worker/operators/operators.h"
#include "worker/operators/selection.h"

enum { WINDOW_COLUMNS = 3, FIRE_LEAD_US = 1000 };

typedef struct window_assign {
    leat_operator base;
    leat_arena arena;
    const leat_window *window;
    uint32_t time_column;
    const leat_schema *schema;
    leat_column *columns;
    int64_t *times[WINDOW_COLUMNS]; /* start, end, time, by row position */
    uint32_t *left;                 /* rows that have further windows */
    uint8_t *changes;
    uint64_t *failed;
} window_assign;

/* Rows with a usable event time go to `left`, the end of their first window to times[1]. */
static uint32_t first_windows(window_assign *w, const leat_rows *rows, leat_emitter *out)
{
    const leat_column *times = &rows->columns[w->time_column];
    leat_eval_errors errors = {.rows = w->failed,
                               .first_reason = "event time is null or out of range"};
    memset(w->failed, 0, leat_bit_words(rows->row_count) * sizeof *w->failed);
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        int64_t time = LEAT_COLUMN_GET(times, int64_t, at);
        bool is_usable = !leat_column_is_null(times, at) && leat_window_time_fits(time);
        if (is_usable) {
            w->times[1][at] = leat_window_first_end(w->window, time - w->window->time_lag_us);
            w->left[count++] = at;
            continue;
        }
        if (w->window->is_by_column && leat_column_is_null(times, at))
            continue; /* no time, no window */
        errors.first_row = errors.count++ == 0 ? at : errors.first_row;
        leat_bit_set(w->failed, at, true);
    }
    leat_operator_fail_rows(&w->base, out, rows, &errors);
    return count;
}

static void emit_windows(window_assign *w, const leat_rows *rows, uint32_t count, leat_emitter *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = w->left[i];
        int64_t end = w->times[1][at];
        w->times[0][at] = leat_window_start_of(w->window, end);
        w->times[2][at] = end - FIRE_LEAD_US;
    }
    leat_rows copy = *rows;
    copy.schema = w->schema;
    copy.columns = w->columns;
    copy.selected = w->left;
    copy.selected_count = count;
    leat_selection_repair_changes(&copy, w->changes);
    leat_operator_emit(&w->base, out, 0, &copy);
}

/* Move on to the next window of each row; rows without one leave. */
static uint32_t next_windows(window_assign *w, const leat_rows *rows, uint32_t count)
{
    const leat_column *times = &rows->columns[w->time_column];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = w->left[i];
        int64_t time = LEAT_COLUMN_GET(times, int64_t, at) - w->window->time_lag_us;
        w->times[1][at] += leat_window_step(w->window);
        w->left[kept] = at;
        kept += leat_window_holds(w->window, w->times[1][at], time);
    }
    return kept;
}

static void window_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    window_assign *w = (window_assign *)self;
    w->base.counts.rows_in += rows->selected_count;
    uint32_t input_columns = rows->schema->field_count;
    memcpy(w->columns, rows->columns, input_columns * sizeof *w->columns);
    uint32_t count = first_windows(w, rows, out);
    /* A hop longer than its window leaves gaps. */
    uint32_t held = 0;
    const leat_column *times = &rows->columns[w->time_column];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = w->left[i];
        int64_t time = LEAT_COLUMN_GET(times, int64_t, at) - w->window->time_lag_us;
        w->left[held] = at;
        held += leat_window_holds(w->window, w->times[1][at], time);
    }
    for (count = held; count > 0; count = next_windows(w, rows, count))
        emit_windows(w, rows, count, out);
}

static void window_close(leat_operator *self)
{
    window_assign *w = (window_assign *)self;
    leat_arena_fini(&w->arena);
    leat_free(w);
}

static const leat_operator_class window_class = {
    .name = "window",
    .process = window_process,
    .close = window_close,
};

leat_operator *leat_window_open(const leat_operator_args *args)
{
    const leat_logical_node *node = leat_args_node(args);
    if (node->window.kind == LEAT_WINDOW_SESSION)
        return leat_session_window_open(args);
    const leat_schema *input = leat_args_operator(args)->input;
    window_assign *w = LEAT_NEW(window_assign);
    w->base.class = &window_class;
    w->window = &node->window;
    w->time_column =
        node->window.is_by_column ? node->window.start_column : (uint32_t)input->event_time;
    w->schema = node->outputs[0].schema;
    w->columns = LEAT_ARENA_ARRAY(&w->arena, leat_column, w->schema->field_count);
    for (uint32_t i = 0; i < WINDOW_COLUMNS; i++) {
        w->times[i] = LEAT_ARENA_ARRAY(&w->arena, int64_t, args->row_capacity);
        w->columns[input->field_count + i] = (leat_column){
            .type = LEAT_TYPE(TIMESTAMP), .layout = LEAT_LAYOUT_I64, .values = w->times[i]};
    }
    w->left = LEAT_ARENA_ARRAY(&w->arena, uint32_t, args->row_capacity);
    w->changes = LEAT_ARENA_ARRAY(&w->arena, uint8_t, args->row_capacity);
    w->failed = LEAT_ARENA_ARRAY(&w->arena, uint64_t, leat_bit_words(args->row_capacity));
    return &w->base;
}
