/* SPDX-License-Identifier: Apache-2.0
 *
 * last_row - the row that counts per key: NORMALIZE makes full changes of upserts, MATERIALIZE
 * makes changes of rows with a key out of changes of rows.
 *
 * NORMALIZE keeps one entry per key. MATERIALIZE keeps the rows of a key in order of arrival; the
 * last one counts (decisions 14). An upsert's -D may carry the key alone.
 */
#include "common/base/alloc.h"
#include "worker/operators/keyed_input.h"
#include "worker/operators/pair_output.h"
#include "worker/state/state.h"

typedef struct last_row {
    leat_operator base;
    leat_arena arena;
    leat_keyed_input input;
    leat_sorted_table *table;
    leat_pair_output pairs;
} last_row;

static leat_entry *last_of(leat_bin *bin)
{
    leat_bin_place last = leat_bin_last(bin);
    return leat_bin_at(&last);
}

static leat_bytes row_of(leat_entry *entry)
{
    return leat_bytes_of(leat_entry_value(entry), entry->value_size);
}

static leat_entry *insert(last_row *l, leat_bin *bin, leat_bytes order, leat_bytes row)
{
    leat_entry *entry = leat_bin_insert(l->table, bin, order, (uint32_t)row.size);
    memcpy(leat_entry_value(entry), row.data, row.size);
    return entry;
}

static void say(last_row *l, leat_entry *before, leat_entry *after, leat_emitter *out)
{
    leat_numbered_row rows[2] = {{0}};
    if (before != NULL && after != NULL && leat_bytes_equal(row_of(before), row_of(after)))
        return;
    rows[0].row = before == NULL ? NULL : leat_entry_value(before);
    rows[1].row = after == NULL ? NULL : leat_entry_value(after);
    leat_pair_output_update(&l->pairs, rows[0], rows[1], out);
}

static void begin(last_row *l, const leat_rows *rows)
{
    l->base.counts.rows_in += rows->selected_count;
    leat_keyed_input_take(&l->input, rows, true);
    leat_keyed_input_bins(&l->input, l->table, true, l->input.bins);
}

static void finish(last_row *l, leat_emitter *out)
{
    leat_pair_output_flush(&l->pairs, out);
    leat_sorted_sweep(l->table);
}

/* --- NORMALIZE. --- */

static void normalize_row(last_row *l, uint32_t i, leat_emitter *out)
{
    leat_bin *bin = l->input.bins[i];
    leat_entry *before = last_of(bin), *after = NULL;
    leat_bytes row = leat_keyed_input_row(&l->input, i);
    uint8_t change = l->input.rows->changes == NULL
                         ? (uint8_t)LEAT_CHANGE_INSERT
                         : l->input.rows->changes[leat_rows_at(l->input.rows, i)];
    if (change == LEAT_CHANGE_UPDATE_BEFORE)
        return; /* says nothing that its +U does not */
    bool is_delete = change == LEAT_CHANGE_DELETE;
    if (before == NULL && is_delete)
        return;
    if (before != NULL && !is_delete && leat_bytes_equal(row_of(before), row))
        return;
    if (before != NULL)
        leat_entry_remove(l->table, before);
    if (!is_delete)
        after = insert(l, bin, leat_bytes_of("", 0), row);
    say(l, before, after, out);
}

static void normalize_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    last_row *l = (last_row *)self;
    begin(l, rows);
    for (uint32_t i = 0; i < rows->selected_count; i++)
        normalize_row(l, i, out);
    finish(l, out);
}

/* --- MATERIALIZE. --- */

/* The newest equal row. */
static bool find_newest(leat_bin *bin, leat_bytes row, leat_bin_place *out_place)
{
    *out_place = leat_bin_last(bin);
    if (leat_bin_count(bin) == 0)
        return false;
    do {
        if (leat_bytes_equal(row_of(leat_bin_at(out_place)), row))
            return true;
    } while (leat_bin_previous(out_place));
    return false;
}

static void materialize_row(last_row *l, uint32_t i, leat_emitter *out)
{
    leat_bin *bin = l->input.bins[i];
    leat_entry *before = last_of(bin);
    leat_bytes row = leat_keyed_input_row(&l->input, i);
    if (!leat_keyed_input_is_retract(&l->input, i)) {
        uint64_t arrival =
            __builtin_bswap64(leat_sorted_arrival(l->table, leat_bin_key_group(bin)));
        insert(l, bin, leat_bytes_of(&arrival, sizeof arrival), row);
    } else {
        leat_bin_place place;
        if (!find_newest(bin, row, &place))
            return;
        leat_bin_remove(l->table, &place);
    }
    leat_entry *after = last_of(bin);
    if (before != after)
        say(l, before, after, out);
}

/* A -U and its +U are one change of the key's row when they have one key. */
static void materialize_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    last_row *l = (last_row *)self;
    begin(l, rows);
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        bool has_next = i + 1 < rows->selected_count && rows->changes != NULL &&
                        rows->changes[at] == LEAT_CHANGE_UPDATE_BEFORE &&
                        l->input.bins[i] == l->input.bins[i + 1];
        leat_entry *before = last_of(l->input.bins[i]);
        leat_bin_place place;
        bool is_last = has_next &&
                       find_newest(l->input.bins[i], leat_keyed_input_row(&l->input, i), &place) &&
                       leat_bin_at(&place) == before;
        if (!is_last) {
            materialize_row(l, i, out);
            continue;
        }
        leat_bin *bin = l->input.bins[i++];
        leat_bin_remove(l->table, &place);
        uint64_t arrival =
            __builtin_bswap64(leat_sorted_arrival(l->table, leat_bin_key_group(bin)));
        say(l, before,
            insert(l, bin, leat_bytes_of(&arrival, sizeof arrival),
                   leat_keyed_input_row(&l->input, i)),
            out);
    }
    finish(l, out);
}

/* --- Life. --- */

static void last_close(leat_operator *self)
{
    last_row *l = (last_row *)self;
    leat_keyed_input_fini(&l->input);
    leat_arena_fini(&l->arena);
    leat_free(l);
}

static const leat_operator_class normalize_class = {
    .name = "normalize",
    .process = normalize_process,
    .close = last_close,
};

static const leat_operator_class materialize_class = {
    .name = "materialize",
    .process = materialize_process,
    .close = last_close,
};

static leat_operator *last_open(const leat_operator_args *args, const leat_operator_class *class)
{
    const leat_logical_node *node = leat_args_node(args);
    const leat_physical_operator *op = leat_args_operator(args);
    last_row *l = LEAT_NEW(last_row);
    l->base.class = class;
    l->table = leat_state_sorted_table(args->state, op->state);
    leat_keyed_input_init(&l->input, op->input, node->keys, node->key_count, args->row_capacity,
                          &l->arena);
    leat_pair_output_init(&l->pairs, &l->base, node->outputs[0].schema, args->row_capacity, false,
                          &l->arena);
    l->pairs.left = &l->input.format;
    return &l->base;
}

leat_operator *leat_normalize_open(const leat_operator_args *args)
{
    return last_open(args, &normalize_class);
}

leat_operator *leat_materialize_open(const leat_operator_args *args)
{
    return last_open(args, &materialize_class);
}
