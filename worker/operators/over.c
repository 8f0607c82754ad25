/* SPDX-License-Identifier: Apache-2.0
 *
 * over - OVER windows: every row goes out once, with what its calls give over the rows around it.
 *
 * The rows of a partition are kept in order. By the watermark (event time ascending, nothing looks
 * ahead, the input appends): rows wait until the watermark passes their time, go out for good, and
 * are dropped when no later frame can reach them. Else: the results of a partition are computed
 * before its first change of a batch and after the batch, and what differs is said.
 *
 * The value of an entry is a word, 1 once the row has gone out, and the stored row.
 */
#include "common/base/alloc.h"
#include "common/base/vec.h"
#include "worker/operators/keyed_input.h"
#include "worker/operators/over_frame.h"
#include "worker/operators/sort_key.h"
#include "worker/state/state.h"
#include "worker/state/timers.h"

enum { ARRIVAL_SIZE = 8, FLAG_SIZE = 8, TIMER_DUE = 1 };

/* Rows of a partition and their results, call by call; in the work arena. */
typedef struct partition {
    uint32_t count;
    leat_entry **entries;
    leat_over_cell **results;
} partition;

typedef struct touched_bin {
    leat_bin *bin;
    partition before;
} touched_bin;

/* Which of the evaluated columns a call uses; -1: none. */
typedef struct call_columns {
    int32_t argument;
    int32_t otherwise; /* of an aggregate: its option */
    int32_t filter;
} call_columns;

typedef struct over {
    leat_operator base;
    leat_arena arena;
    const leat_logical_node *node;
    const leat_over *config;
    leat_keyed_input input;
    leat_sorted_table *table;
    leat_buf order;

    /* arguments */
    call_columns *columns;
    int32_t order_column;
    uint32_t evaluated_count;
    leat_eval *eval;
    leat_column *evaluated;
    leat_output rows_in; /* stored rows on their way into eval */
    const char **row_data;

    bool keeps_all; /* some call looks back without bound */
    uint32_t keep_rows;
    int64_t keep_us;

    leat_arena work; /* of the call at hand */
    LEAT_VEC(touched_bin) touched;

    /* results noted, row by row */
    leat_output output;
    const char **out_rows;
    leat_over_cell **out_cells; /* call_count of them for each row */
    uint32_t out_count;
    bool has_changes;
} over;

static const char *row_of(leat_entry *entry)
{
    return leat_entry_value(entry) + FLAG_SIZE;
}

/* --- Out. --- */

static void write_cells(over *o, uint32_t call, uint32_t column)
{
    uint8_t layout = o->output.columns[column].layout;
    size_t size = leat_layout_size((leat_layout)layout);
    char *values = o->output.values[column];
    for (uint32_t i = 0; i < o->out_count; i++) {
        const leat_over_cell *cell = &o->out_cells[i][call];
        leat_bit_set(o->output.validity[column], i, !cell->is_null);
        if (layout == LEAT_LAYOUT_BIT)
            leat_bit_set(o->output.values[column], i, !cell->is_null && cell->bytes[0] != 0);
        else if (!cell->is_null)
            memcpy(values + i * size, cell->bytes, size);
    }
    leat_output_set_nulls(&o->output, column, true);
}

static void flush(over *o, leat_emitter *out)
{
    if (o->out_count == 0)
        return;
    leat_stored_rows_read(&o->input.format, o->out_rows, o->out_count, &o->output, 0);
    for (uint32_t call = 0; call < o->config->call_count; call++)
        write_cells(o, call, o->input.format.schema->field_count + call);
    leat_rows rows = leat_output_rows(&o->output, o->out_count, o->has_changes);
    o->out_count = 0;
    o->has_changes = false;
    leat_operator_emit(&o->base, out, 0, &rows);
}

static void say(over *o, const partition *from, uint32_t i, leat_change change, leat_emitter *out)
{
    if (o->out_count == o->output.row_capacity)
        flush(o, out);
    uint32_t calls = o->config->call_count, at = o->out_count++;
    o->out_rows[at] = row_of(from->entries[i]);
    o->out_cells[at] = LEAT_ARENA_ARRAY(&o->work, leat_over_cell, calls);
    for (uint32_t call = 0; call < calls; call++)
        o->out_cells[at][call] = from->results[call][i];
    o->output.changes[at] = (uint8_t)change;
    o->has_changes |= change != LEAT_CHANGE_INSERT;
}

/* --- A partition's arguments as columns. --- */

static leat_column column_new(over *o, leat_type type, uint32_t count)
{
    leat_layout layout = type.id == LEAT_TYPE_DECIMAL ? LEAT_LAYOUT_I128 : leat_type_layout(type);
    size_t size =
        layout == LEAT_LAYOUT_BIT ? leat_bit_words(count) * 8 : count * leat_layout_size(layout);
    return (leat_column){.type = type,
                         .layout = (uint8_t)layout,
                         .values = leat_arena_zero(&o->work, size + 16, 1),
                         .validity = LEAT_ARENA_ARRAY(&o->work, uint64_t, leat_bit_words(count))};
}

/* Value `at` of `from` becomes value `to_at` of a column made by column_new. */
static void
column_set(over *o, const leat_column *to, uint32_t to_at, const leat_column *from, uint32_t at)
{
    void *values = (void *)(uintptr_t)to->values;
    bool is_null = from->type.id == LEAT_TYPE_UNKNOWN || leat_column_is_null(from, at);
    leat_bit_set((uint64_t *)(uintptr_t)to->validity, to_at, !is_null);
    if (is_null)
        return;
    uint32_t index = from->is_constant ? 0 : at;
    if (to->layout == LEAT_LAYOUT_I128) {
        leat_i128 wide = leat_column_integer(from, at);
        memcpy((char *)values + (size_t)to_at * sizeof wide, &wide, sizeof wide);
        return;
    }
    if (to->layout == LEAT_LAYOUT_BIT) {
        leat_bit_set(values, to_at, leat_bit_get(from->values, index));
        return;
    }
    size_t size = leat_layout_size((leat_layout)to->layout);
    char *cell = (char *)values + to_at * size;
    memcpy(cell, (const char *)from->values + index * size, size);
    if (to->layout != LEAT_LAYOUT_VIEW)
        return;
    leat_view view;
    memcpy(&view, cell, sizeof view);
    if (view.size > LEAT_VIEW_INLINE_MAX)
        view.data = leat_arena_copy(&o->work, view.data, view.size);
    memcpy(cell, &view, sizeof view);
}

static void evaluate(over *o, const partition *p, leat_column *columns, leat_emitter *out)
{
    for (uint32_t from = 0; from < p->count; from += o->rows_in.row_capacity) {
        uint32_t count = LEAT_MIN(p->count - from, o->rows_in.row_capacity);
        for (uint32_t i = 0; i < count; i++)
            o->row_data[i] = row_of(p->entries[from + i]);
        leat_stored_rows_read(&o->input.format, o->row_data, count, &o->rows_in, 0);
        leat_rows rows = leat_output_rows(&o->rows_in, count, false);
        leat_eval_errors errors;
        leat_eval_run(o->eval, &rows, o->evaluated, &errors);
        leat_operator_fail_rows(&o->base, out, &rows, &errors);
        for (uint32_t c = 0; c < o->evaluated_count; c++)
            for (uint32_t i = 0; i < count; i++)
                column_set(o, &columns[c], from + i, &o->evaluated[c], i);
    }
}

static const uint32_t *number_peers(over *o, const partition *p)
{
    uint32_t *peers = LEAT_ARENA_ARRAY(&o->work, uint32_t, p->count + 1);
    for (uint32_t i = 1; i < p->count; i++) {
        const leat_entry *a = p->entries[i - 1], *b = p->entries[i];
        bool is_peer = a->order_size == b->order_size &&
                       memcmp(a->order, b->order, a->order_size - ARRIVAL_SIZE) == 0;
        peers[i] = peers[i - 1] + !is_peer;
    }
    return peers;
}

static leat_column pick(const leat_column *columns, int32_t at)
{
    return at < 0 ? (leat_column){0} : columns[at];
}

/* The first `count` rows of the bin with their results. */
static partition compute(over *o, leat_bin *bin, uint32_t count, leat_emitter *out)
{
    uint32_t calls = o->config->call_count;
    partition p = {.count = count};
    p.entries = LEAT_ARENA_ARRAY(&o->work, leat_entry *, count + 1);
    p.results = LEAT_ARENA_ARRAY(&o->work, leat_over_cell *, calls + 1);
    leat_bin_place place = leat_bin_first(bin);
    for (uint32_t i = 0; i < count; i++, leat_bin_next(&place))
        p.entries[i] = leat_bin_at(&place);
    leat_column *columns = LEAT_ARENA_ARRAY(&o->work, leat_column, o->evaluated_count + 1);
    for (uint32_t c = 0; c < o->evaluated_count; c++)
        columns[c] = column_new(o, o->evaluated[c].type, count);
    if (o->eval != NULL)
        evaluate(o, &p, columns, out);
    leat_column *picked[3];
    for (uint32_t k = 0; k < 3; k++)
        picked[k] = LEAT_ARENA_ARRAY(&o->work, leat_column, calls + 1);
    for (uint32_t call = 0; call < calls; call++) {
        picked[0][call] = pick(columns, o->columns[call].argument);
        picked[1][call] = pick(columns, o->columns[call].otherwise);
        picked[2][call] = pick(columns, o->columns[call].filter);
    }
    leat_over_rows rows = {.count = count,
                           .peers = number_peers(o, &p),
                           .order = o->order_column < 0 ? NULL : &columns[o->order_column],
                           .is_descending =
                               o->node->order_count > 0 && o->node->orders[0].is_descending,
                           .arguments = picked[0],
                           .otherwise = picked[1],
                           .filters = picked[2]};
    for (uint32_t call = 0; call < calls; call++) {
        p.results[call] = LEAT_ARENA_ARRAY(&o->work, leat_over_cell, count + 1);
        leat_over_compute(&o->config->calls[call], call, &rows, &o->work, p.results[call]);
    }
    return p;
}

/* --- Rows in. --- */

static bool
is_same_cell(const over *o, uint32_t call, const leat_over_cell *a, const leat_over_cell *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    uint32_t column = o->input.format.schema->field_count + call;
    uint8_t layout = o->output.columns[column].layout;
    if (layout == LEAT_LAYOUT_BIT)
        return a->bytes[0] == b->bytes[0];
    if (layout != LEAT_LAYOUT_VIEW)
        return memcmp(a->bytes, b->bytes, leat_layout_size((leat_layout)layout)) == 0;
    leat_view x, y;
    memcpy(&x, a->bytes, sizeof x);
    memcpy(&y, b->bytes, sizeof y);
    return leat_view_equal(&x, &y);
}

static bool
is_same_result(const over *o, const partition *a, uint32_t i, const partition *b, uint32_t j)
{
    for (uint32_t call = 0; call < o->config->call_count; call++)
        if (!is_same_cell(o, call, &a->results[call][i], &b->results[call][j]))
            return false;
    return true;
}

static void say_changes(over *o, const partition *a, const partition *b, leat_emitter *out)
{
    uint32_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        int order = i == a->count   ? 1
                    : j == b->count ? -1
                                    : leat_bytes_compare(leat_entry_order(a->entries[i]),
                                                         leat_entry_order(b->entries[j]));
        if (order == 0 && !is_same_result(o, a, i, b, j)) {
            if (o->out_count + 2 > o->output.row_capacity)
                flush(o, out);
            say(o, a, i, LEAT_CHANGE_UPDATE_BEFORE, out);
            say(o, b, j, LEAT_CHANGE_UPDATE_AFTER, out);
        } else if (order < 0) {
            say(o, a, i, LEAT_CHANGE_DELETE, out);
        } else if (order > 0) {
            say(o, b, j, LEAT_CHANGE_INSERT, out);
        }
        i += order <= 0;
        j += order >= 0;
    }
}

static void touch(over *o, leat_bin *bin, leat_emitter *out)
{
    uint32_t *mark = leat_bin_mark(bin);
    if (*mark - 1 < o->touched.count && o->touched.items[*mark - 1].bin == bin)
        return;
    touched_bin touched = {.bin = bin, .before = compute(o, bin, leat_bin_count(bin), out)};
    leat_vec_push(&o->touched, touched);
    *mark = (uint32_t)o->touched.count;
}

static void write_order(over *o, uint32_t i, uint64_t arrival)
{
    leat_buf_clear(&o->order);
    leat_sort_key_write(o->node->orders, o->node->order_count, o->input.rows,
                        leat_rows_at(o->input.rows, i), &o->order);
    leat_sort_key_add_number(&o->order, arrival);
}

static void insert_row(over *o, uint32_t i)
{
    leat_bin *bin = o->input.bins[i];
    leat_bytes row = leat_keyed_input_row(&o->input, i);
    write_order(o, i, leat_sorted_arrival(o->table, leat_bin_key_group(bin)));
    leat_entry *entry =
        leat_bin_insert(o->table, bin, leat_buf_bytes(&o->order), (uint32_t)(FLAG_SIZE + row.size));
    memcpy(leat_entry_value(entry) + FLAG_SIZE, row.data, row.size);
}

static void retract_row(over *o, uint32_t i)
{
    leat_bytes row = leat_keyed_input_row(&o->input, i);
    write_order(o, i, 0);
    size_t prefix = o->order.size - ARRIVAL_SIZE;
    leat_bin_place place = leat_bin_seek(o->input.bins[i], leat_buf_bytes(&o->order));
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place)) {
        if (entry->order_size < prefix || memcmp(entry->order, o->order.data, prefix) != 0)
            return;
        if (!leat_bytes_equal(leat_bytes_of(row_of(entry), entry->value_size - FLAG_SIZE), row))
            continue;
        leat_bin_remove(o->table, &place);
        return;
    }
}

static leat_time time_of(const over *o, const char *row)
{
    return leat_stored_integer(&o->input.format, row, o->node->orders[0].column);
}

/* False: late, or without a time. */
static bool wait_for_watermark(over *o, uint32_t i)
{
    const char *row = leat_keyed_input_row(&o->input, i).data;
    leat_bin *bin = o->input.bins[i];
    if (leat_stored_is_null(row, o->node->orders[0].column) ||
        time_of(o, row) <= leat_sorted_watermark(o->table, leat_bin_key_group(bin))) {
        o->base.counts.rows_late++;
        return false;
    }
    leat_timer timer = {time_of(o, row), o->input.hashes[i], TIMER_DUE,
                        leat_keyed_input_key(&o->input, i)};
    leat_timer_set(o->table, &timer);
    return true;
}

static void finish(over *o, leat_emitter *out)
{
    flush(o, out);
    leat_sorted_sweep(o->table);
    leat_arena_reset(&o->work);
}

static void over_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    over *o = (over *)self;
    o->base.counts.rows_in += rows->selected_count;
    leat_keyed_input_take(&o->input, rows, true);
    leat_keyed_input_bins(&o->input, o->table, true, o->input.bins);
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        if (o->config->is_by_watermark) {
            if (wait_for_watermark(o, i))
                insert_row(o, i);
            continue;
        }
        touch(o, o->input.bins[i], out);
        if (leat_keyed_input_is_retract(&o->input, i))
            retract_row(o, i);
        else
            insert_row(o, i);
    }
    LEAT_VEC_EACH (touched, &o->touched) {
        partition after = compute(o, touched->bin, leat_bin_count(touched->bin), out);
        say_changes(o, &touched->before, &after, out);
    }
    leat_vec_clear(&o->touched);
    finish(o, out);
}

/* --- By the watermark. --- */

static bool is_said(leat_entry *entry)
{
    return leat_entry_value(entry)[0] != 0;
}

static uint32_t count_due(const over *o, leat_bin *bin, leat_time watermark)
{
    uint32_t low = 0, high = leat_bin_count(bin);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        leat_bin_place place = leat_bin_nth(bin, middle);
        if (time_of(o, row_of(leat_bin_at(&place))) <= watermark)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Rows that have gone out and that no later frame reaches. */
static void drop_unreachable(over *o, leat_bin *bin, uint32_t due, leat_time watermark)
{
    if (o->keeps_all)
        return;
    leat_bin_place place = leat_bin_first(bin);
    for (; due > o->keep_rows; due--) {
        leat_time time = time_of(o, row_of(leat_bin_at(&place)));
        if (watermark != LEAT_TIME_MAX && time >= watermark - o->keep_us)
            return;
        leat_bin_remove(o->table, &place);
    }
}

static void fire(over *o, const leat_timer *timer, leat_time watermark, leat_emitter *out)
{
    leat_bin *bin = leat_sorted_bin(o->table, timer->hash, timer->key, false);
    uint32_t due = bin == NULL ? 0 : count_due(o, bin, watermark);
    leat_bin_place last = {.bin = bin};
    if (due == 0)
        return;
    last = leat_bin_nth(bin, due - 1);
    if (is_said(leat_bin_at(&last)))
        return; /* with an earlier timer */
    partition p = compute(o, bin, due, out);
    for (uint32_t i = 0; i < due; i++) {
        if (is_said(p.entries[i]))
            continue;
        say(o, &p, i, LEAT_CHANGE_INSERT, out);
        leat_entry_touch(o->table, p.entries[i]);
        leat_entry_value(p.entries[i])[0] = 1;
    }
    drop_unreachable(o, bin, due, watermark);
}

static void over_watermark(leat_operator *self, leat_time watermark, leat_emitter *out)
{
    over *o = (over *)self;
    if (!o->config->is_by_watermark)
        return;
    leat_sorted_advance(o->table, watermark);
    uint32_t key_groups = leat_sorted_key_group_count(o->table);
    for (uint32_t key_group = 0; key_group < key_groups; key_group++) {
        leat_timer timer;
        while (leat_timer_take(o->table, key_group, watermark, &timer))
            fire(o, &timer, watermark, out);
    }
    finish(o, out);
}

/* --- Life. --- */

static void over_close(leat_operator *self)
{
    over *o = (over *)self;
    leat_keyed_input_fini(&o->input);
    leat_buf_fini(&o->order);
    leat_eval_free(&o->eval);
    leat_vec_fini(&o->touched);
    leat_arena_fini(&o->work);
    leat_arena_fini(&o->arena);
    leat_free(o);
}

static const leat_operator_class over_class = {
    .name = "over",
    .process = over_process,
    .watermark = over_watermark,
    .close = over_close,
};

static int32_t add_bound(leat_bound **bounds, uint32_t *count, leat_bound *bound)
{
    if (bound == NULL)
        return -1;
    bounds[*count] = bound;
    return (int32_t)(*count)++;
}

/* What of an aggregate's option differs from row to row. */
static leat_bound *option_of(const leat_over_call *call)
{
    leat_bound *option = call->aggregate.option;
    bool is_fixed = option != NULL && option->kind == LEAT_BOUND_CONSTANT &&
                    call->aggregate.kind > LEAT_AGGREGATE_REGR_R2;
    return is_fixed ? NULL : option;
}

static void compile(over *o, const leat_operator_args *args)
{
    uint32_t calls = o->config->call_count, count = 0;
    const leat_schema *input = leat_args_operator(args)->input;
    leat_bound **bounds = LEAT_ARENA_ARRAY(&o->arena, leat_bound *, calls * 3 + 1);
    o->columns = LEAT_ARENA_ARRAY(&o->arena, call_columns, calls);
    for (uint32_t i = 0; i < calls; i++) {
        const leat_over_call *call = &o->config->calls[i];
        bool is_aggregate = call->function == LEAT_OVER_AGGREGATE;
        o->columns[i] = (call_columns){
            add_bound(bounds, &count, is_aggregate ? call->aggregate.argument : call->argument),
            add_bound(bounds, &count, is_aggregate ? option_of(call) : call->otherwise),
            add_bound(bounds, &count, is_aggregate ? call->aggregate.filter : NULL),
        };
    }
    o->order_column = -1;
    if (o->node->order_count > 0) {
        leat_bound *order = LEAT_ARENA_NEW(&o->arena, leat_bound);
        uint16_t column = o->node->orders[0].column;
        *order = (leat_bound){.kind = LEAT_BOUND_COLUMN,
                              .type = input->fields[column].type,
                              .is_nullable = true,
                              .column = column};
        o->order_column = add_bound(bounds, &count, order);
    }
    o->evaluated_count = count;
    o->evaluated = LEAT_ARENA_ARRAY(&o->arena, leat_column, count + 1);
    for (uint32_t i = 0; i < count; i++)
        o->evaluated[i].type = bounds[i]->type;
    if (count > 0)
        o->eval = leat_args_eval(args, leat_program_compile(bounds, count, input, &o->arena));
}

/* How far back the calls look. */
static void measure_reach(over *o)
{
    for (uint32_t i = 0; i < o->config->call_count; i++) {
        const leat_over_call *call = &o->config->calls[i];
        const leat_frame *frame = &call->frame;
        bool is_framed =
            call->function == LEAT_OVER_AGGREGATE || call->function == LEAT_OVER_FIRST_VALUE ||
            call->function == LEAT_OVER_LAST_VALUE || call->function == LEAT_OVER_NTH_VALUE;
        bool is_bounded = frame->start == LEAT_FRAME_PRECEDING && is_framed;
        const leat_interval back = frame->start_distance.interval;
        if (call->function == LEAT_OVER_LAG && !call->ignores_nulls) {
            o->keep_rows = LEAT_MAX(o->keep_rows, (uint32_t)call->distance);
        } else if (is_bounded && frame->unit == LEAT_FRAME_ROWS) {
            o->keep_rows = LEAT_MAX(o->keep_rows, (uint32_t)frame->start_distance.integer);
        } else if (is_bounded && frame->unit == LEAT_FRAME_RANGE &&
                   frame->start_distance.type.id == LEAT_TYPE_INTERVAL) {
            int64_t us = ((int64_t)back.months * 30 + back.days) * 86400 * 1000000 + back.micros;
            o->keep_us = LEAT_MAX(o->keep_us, us);
        } else {
            o->keeps_all = true;
        }
    }
}

leat_operator *leat_over_open(const leat_operator_args *args)
{
    const leat_physical_operator *op = leat_args_operator(args);
    over *o = LEAT_NEW(over);
    o->base.class = &over_class;
    o->node = leat_args_node(args);
    o->config = o->node->over;
    o->table = leat_state_sorted_table(args->state, op->state);
    leat_keyed_input_init(&o->input, op->input, o->node->keys, o->node->key_count,
                          args->row_capacity, &o->arena);
    compile(o, args);
    measure_reach(o);
    leat_output_init(&o->rows_in, op->input, args->row_capacity, &o->arena);
    leat_output_init(&o->output, o->node->outputs[0].schema, args->row_capacity, &o->arena);
    o->row_data = LEAT_ARENA_ARRAY(&o->arena, const char *, args->row_capacity);
    o->out_rows = LEAT_ARENA_ARRAY(&o->arena, const char *, args->row_capacity);
    o->out_cells = LEAT_ARENA_ARRAY(&o->arena, leat_over_cell *, args->row_capacity);
    return &o->base;
}
