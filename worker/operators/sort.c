/* SPDX-License-Identifier: Apache-2.0
 *
 * sort - rows in order, the first order being event time: they wait for the watermark, after which
 * nothing can come before them. A row behind the watermark is late.
 */
#include "common/base/alloc.h"
#include "worker/operators/keyed_input.h"
#include "worker/operators/pair_output.h"
#include "worker/operators/sort_key.h"
#include "worker/state/state.h"

typedef struct sorter {
    leat_operator base;
    leat_arena arena;
    const leat_logical_node *node;
    uint32_t time_column;
    leat_keyed_input input;
    leat_sorted_table *table;
    leat_pair_output pairs;
    leat_buf order;
    uint64_t *failed;
} sorter;

static void keep_row(sorter *s, uint32_t i, leat_time time)
{
    leat_bin *bin = s->input.bins[i];
    uint32_t key_group = leat_bin_key_group(bin);
    if (time <= leat_sorted_watermark(s->table, key_group)) {
        s->base.counts.rows_late++;
        return;
    }
    leat_buf_clear(&s->order);
    leat_sort_key_write(s->node->orders, s->node->order_count, s->input.rows,
                        leat_rows_at(s->input.rows, i), &s->order);
    leat_sort_key_add_number(&s->order, leat_sorted_arrival(s->table, key_group));
    leat_bytes row = leat_keyed_input_row(&s->input, i);
    leat_entry *entry =
        leat_bin_insert(s->table, bin, leat_buf_bytes(&s->order), (uint32_t)row.size);
    memcpy(leat_entry_value(entry), row.data, row.size);
}

static void sort_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    sorter *s = (sorter *)self;
    s->base.counts.rows_in += rows->selected_count;
    leat_keyed_input_take(&s->input, rows, true);
    leat_keyed_input_bins(&s->input, s->table, true, s->input.bins);
    leat_eval_errors errors = {.rows = s->failed, .first_reason = "event time is null"};
    memset(s->failed, 0, leat_bit_words(rows->row_count) * sizeof *s->failed);
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        const char *row = leat_keyed_input_row(&s->input, i).data;
        if (!leat_stored_is_null(row, s->time_column)) {
            keep_row(s, i, leat_stored_integer(&s->input.format, row, s->time_column));
            continue;
        }
        uint32_t at = leat_rows_at(rows, i);
        errors.first_row = errors.count++ == 0 ? at : errors.first_row;
        leat_bit_set(s->failed, at, true);
    }
    leat_operator_fail_rows(self, out, rows, &errors);
    leat_sorted_sweep(s->table);
}

static void emit_due(sorter *s, leat_bin *bin, leat_time watermark, leat_emitter *out)
{
    leat_bin_place place = leat_bin_first(bin);
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL;) {
        const char *row = leat_entry_value(entry);
        if (leat_stored_integer(&s->input.format, row, s->time_column) > watermark)
            return;
        leat_pair_output_add(&s->pairs, row, NULL, LEAT_CHANGE_INSERT, out);
        leat_bin_remove(s->table, &place);
    }
}

static void sort_watermark(leat_operator *self, leat_time watermark, leat_emitter *out)
{
    sorter *s = (sorter *)self;
    leat_sorted_advance(s->table, watermark);
    uint32_t key_groups = leat_sorted_key_group_count(s->table);
    for (uint32_t key_group = 0; key_group < key_groups; key_group++) {
        leat_bin *bin = NULL;
        while ((bin = leat_sorted_next_bin(s->table, key_group, bin)) != NULL)
            emit_due(s, bin, watermark, out);
    }
    leat_pair_output_flush(&s->pairs, out);
    leat_sorted_sweep(s->table);
}

static void sort_close(leat_operator *self)
{
    sorter *s = (sorter *)self;
    leat_keyed_input_fini(&s->input);
    leat_buf_fini(&s->order);
    leat_arena_fini(&s->arena);
    leat_free(s);
}

static const leat_operator_class sort_class = {
    .name = "sort",
    .process = sort_process,
    .watermark = sort_watermark,
    .close = sort_close,
};

leat_operator *leat_sort_open(const leat_operator_args *args)
{
    const leat_physical_operator *op = leat_args_operator(args);
    sorter *s = LEAT_NEW(sorter);
    s->base.class = &sort_class;
    s->node = leat_args_node(args);
    s->time_column = s->node->orders[0].column;
    s->table = leat_state_sorted_table(args->state, op->state);
    leat_keyed_input_init(&s->input, op->input, s->node->keys, s->node->key_count,
                          args->row_capacity, &s->arena);
    leat_pair_output_init(&s->pairs, &s->base, s->node->outputs[0].schema, args->row_capacity,
                          false, &s->arena);
    s->pairs.left = &s->input.format;
    s->failed = LEAT_ARENA_ARRAY(&s->arena, uint64_t, leat_bit_words(args->row_capacity));
    return &s->base;
}
