/* SPDX-License-Identifier: Apache-2.0
 *
 * session_window - rows of a key that follow each other within the gap are one session: they go
 * out together, with window_start, window_end and window_time, when the watermark closes it.
 *
 * The rows of a key wait in a bin, ordered by time and arrival; sessions are read off their times,
 * so merging and splitting cost nothing. Rows at exactly the gap are one session. Per key one
 * timer stands at or before the close of its first session. A row is late when the session it
 * would be alone in is closed and it joins none that is open.
 */
#include "common/base/alloc.h"
#include "worker/operators/keyed_input.h"
#include "worker/operators/pair_output.h"
#include "worker/operators/sort_key.h"
#include "worker/operators/window_slices.h"
#include "worker/state/state.h"
#include "worker/state/timers.h"

enum { TIME_SIZE = 8, FIRE_LEAD_US = 1000, TIMER_CLOSE = 1 };

typedef struct session_window {
    leat_operator base;
    leat_arena arena;
    const leat_window *window;
    uint32_t time_column;
    leat_keyed_input input;
    leat_sorted_table *table;
    leat_pair_output pairs;
    leat_row_format times; /* start, end, time */
    leat_arena time_rows;  /* of the sessions that are going out */
    leat_buf order;
    uint64_t *failed;
} session_window;

/* A stored row of the `times` format. */
typedef struct time_row {
    uint64_t nulls;
    int64_t start;
    int64_t end;
    int64_t time;
} time_row;

static int64_t entry_time(const leat_entry *entry)
{
    return leat_sort_key_time(entry->order);
}

static leat_time close_time(const session_window *s, int64_t last)
{
    return last + s->window->size_us - FIRE_LEAD_US;
}

static void set_timer(session_window *s, leat_bin *bin, int64_t time)
{
    leat_timer timer = {close_time(s, time), leat_bin_hash(bin), TIMER_CLOSE, leat_bin_key(bin)};
    leat_timer_set(s->table, &timer);
}

/* --- Rows in. --- */

static void write_order(session_window *s, int64_t time, uint64_t arrival)
{
    leat_buf_clear(&s->order);
    leat_sort_key_add_time(&s->order, time);
    leat_sort_key_add_number(&s->order, arrival);
}

/* Whether a row of the bin is within the gap. */
static bool joins_session(const session_window *s, leat_bin *bin, int64_t time)
{
    leat_bin_place place = leat_bin_seek(bin, leat_buf_bytes(&s->order));
    const leat_entry *next = leat_bin_at(&place);
    if (next != NULL && entry_time(next) - time <= s->window->size_us)
        return true;
    return leat_bin_previous(&place) &&
           time - entry_time(leat_bin_at(&place)) <= s->window->size_us;
}

static void insert_row(session_window *s, uint32_t i, int64_t time)
{
    leat_bin *bin = s->input.bins[i];
    uint32_t key_group = leat_bin_key_group(bin);
    write_order(s, time, leat_sorted_arrival(s->table, key_group));
    bool is_closed = close_time(s, time) <= leat_sorted_watermark(s->table, key_group);
    if (is_closed && !joins_session(s, bin, time)) {
        s->base.counts.rows_late++;
        return;
    }
    leat_bin_place first = leat_bin_first(bin);
    const leat_entry *earliest = leat_bin_at(&first);
    if (earliest == NULL || entry_time(earliest) > time)
        set_timer(s, bin, time);
    leat_bytes row = leat_keyed_input_row(&s->input, i);
    leat_entry *entry =
        leat_bin_insert(s->table, bin, leat_buf_bytes(&s->order), (uint32_t)row.size);
    memcpy(leat_entry_value(entry), row.data, row.size);
}

/* What is left of its session may close earlier. */
static void retract_row(session_window *s, uint32_t i, int64_t time)
{
    leat_bin *bin = s->input.bins[i];
    leat_bytes row = leat_keyed_input_row(&s->input, i);
    write_order(s, time, 0);
    leat_bin_place place = leat_bin_seek(bin, leat_buf_bytes(&s->order));
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place)) {
        if (entry_time(entry) != time)
            return;
        leat_bytes kept = leat_bytes_of(leat_entry_value(entry), entry->value_size);
        if (!leat_bytes_equal(kept, row))
            continue;
        leat_bin_remove(s->table, &place);
        if (leat_bin_previous(&place))
            set_timer(s, bin, entry_time(leat_bin_at(&place)));
        return;
    }
}

static void session_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    session_window *s = (session_window *)self;
    s->base.counts.rows_in += rows->selected_count;
    leat_keyed_input_take(&s->input, rows, true);
    leat_keyed_input_bins(&s->input, s->table, true, s->input.bins);
    leat_eval_errors errors = {.rows = s->failed,
                               .first_reason = "event time is null or out of range"};
    memset(s->failed, 0, leat_bit_words(rows->row_count) * sizeof *s->failed);
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        const char *row = leat_keyed_input_row(&s->input, i).data;
        uint32_t at = leat_rows_at(rows, i);
        int64_t time = leat_stored_integer(&s->input.format, row, s->time_column);
        if (leat_stored_is_null(row, s->time_column) || !leat_window_time_fits(time)) {
            errors.first_row = errors.count++ == 0 ? at : errors.first_row;
            leat_bit_set(s->failed, at, true);
        } else if (leat_keyed_input_is_retract(&s->input, i)) {
            retract_row(s, i, time - s->window->time_lag_us);
        } else {
            insert_row(s, i, time - s->window->time_lag_us);
        }
    }
    leat_operator_fail_rows(self, out, rows, &errors);
    leat_sorted_sweep(s->table);
}

/* --- Sessions out. --- */

/* The last time of the session that starts at the bin's first entry, and its rows. */
static int64_t session_last(const session_window *s, leat_bin *bin, uint32_t *out_count)
{
    leat_bin_place place = leat_bin_first(bin);
    int64_t last = entry_time(leat_bin_at(&place));
    const leat_entry *entry;
    for (*out_count = 0; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place)) {
        if (entry_time(entry) - last > s->window->size_us)
            break;
        last = entry_time(entry);
        ++*out_count;
    }
    return last;
}

static void emit_session(session_window *s, leat_bin *bin, uint32_t count, leat_emitter *out)
{
    leat_bin_place place = leat_bin_first(bin);
    time_row *times = LEAT_ARENA_NEW(&s->time_rows, time_row);
    times->start = entry_time(leat_bin_at(&place));
    for (uint32_t i = 0; i < count; i++) {
        leat_entry *entry = leat_bin_at(&place);
        times->end = entry_time(entry) + s->window->size_us; /* the last one decides */
        leat_bin_next(&place);
    }
    times->time = times->end - FIRE_LEAD_US;
    place = leat_bin_first(bin);
    for (uint32_t i = 0; i < count; i++) {
        const char *row = leat_entry_value(leat_bin_at(&place));
        leat_pair_output_add(&s->pairs, row, (const char *)times, LEAT_CHANGE_INSERT, out);
        leat_bin_remove(s->table, &place);
    }
}

static void close_sessions(session_window *s, const leat_timer *timer, leat_emitter *out)
{
    leat_bin *bin = leat_sorted_bin(s->table, timer->hash, timer->key, false);
    while (bin != NULL && leat_bin_count(bin) > 0) {
        uint32_t count;
        int64_t last = session_last(s, bin, &count);
        if (close_time(s, last) > timer->time) {
            set_timer(s, bin, last);
            return;
        }
        emit_session(s, bin, count, out);
    }
}

static void session_watermark(leat_operator *self, leat_time watermark, leat_emitter *out)
{
    session_window *s = (session_window *)self;
    leat_sorted_advance(s->table, watermark);
    uint32_t key_groups = leat_sorted_key_group_count(s->table);
    for (uint32_t key_group = 0; key_group < key_groups; key_group++) {
        leat_timer timer;
        while (leat_timer_take(s->table, key_group, watermark, &timer))
            close_sessions(s, &timer, out);
    }
    leat_pair_output_flush(&s->pairs, out);
    leat_sorted_sweep(s->table);
    leat_arena_reset(&s->time_rows);
}

/* --- Life. --- */

static void session_close(leat_operator *self)
{
    session_window *s = (session_window *)self;
    leat_keyed_input_fini(&s->input);
    leat_buf_fini(&s->order);
    leat_arena_fini(&s->time_rows);
    leat_arena_fini(&s->arena);
    leat_free(s);
}

static const leat_operator_class session_class = {
    .name = "session_window",
    .process = session_process,
    .watermark = session_watermark,
    .close = session_close,
};

leat_operator *leat_session_window_open(const leat_operator_args *args)
{
    const leat_field fields[] = {
        {LEAT_BYTES("window_start"), {LEAT_TYPE_TIMESTAMP, 0, 0}, false},
        {LEAT_BYTES("window_end"), {LEAT_TYPE_TIMESTAMP, 0, 0}, false},
        {LEAT_BYTES("window_time"), {LEAT_TYPE_TIMESTAMP, 0, 0}, false},
    };
    const leat_logical_node *node = leat_args_node(args);
    const leat_physical_operator *op = leat_args_operator(args);
    session_window *s = LEAT_NEW(session_window);
    s->base.class = &session_class;
    s->window = &node->window;
    s->time_column = (uint32_t)op->input->event_time;
    s->table = leat_state_sorted_table(args->state, op->state);
    leat_keyed_input_init(&s->input, op->input, node->keys, node->key_count, args->row_capacity,
                          &s->arena);
    leat_row_format_init(&s->times, leat_schema_new(&s->arena, fields, 3, -1), &s->arena);
    leat_pair_output_init(&s->pairs, &s->base, node->outputs[0].schema, args->row_capacity, false,
                          &s->arena);
    s->pairs.left = &s->input.format;
    s->pairs.right = &s->times;
    s->failed = LEAT_ARENA_ARRAY(&s->arena, uint64_t, leat_bit_words(args->row_capacity));
    return &s->base;
}
