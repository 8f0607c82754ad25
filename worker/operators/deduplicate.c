/* SPDX-License-Identifier: Apache-2.0
 *
 * deduplicate - one row per key. The first by arrival of an input that only appends needs to keep
 * no more than the keys it has seen; everything else is a Top-1 (top_n.c).
 */
#include "common/base/alloc.h"
#include "worker/operators/keyed_input.h"
#include "worker/operators/operators.h"
#include "worker/state/state.h"

typedef struct first_rows {
    leat_operator base;
    leat_arena arena;
    leat_keyed_input input;
    leat_sorted_table *table;
    uint32_t *selected;
} first_rows;

static void first_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    first_rows *f = (first_rows *)self;
    f->base.counts.rows_in += rows->selected_count;
    leat_keyed_input_take(&f->input, rows, false);
    leat_keyed_input_bins(&f->input, f->table, true, f->input.bins);
    leat_rows first = *rows;
    first.selected = f->selected;
    first.selected_count = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        leat_bin *bin = f->input.bins[i];
        if (leat_bin_count(bin) > 0)
            continue;
        uint64_t arrival =
            __builtin_bswap64(leat_sorted_arrival(f->table, leat_bin_key_group(bin)));
        leat_bin_insert(f->table, bin, leat_bytes_of(&arrival, sizeof arrival), 0);
        f->selected[first.selected_count++] = leat_rows_at(rows, i);
    }
    leat_sorted_sweep(f->table);
    leat_operator_emit(self, out, 0, &first);
}

static void first_close(leat_operator *self)
{
    first_rows *f = (first_rows *)self;
    leat_keyed_input_fini(&f->input);
    leat_arena_fini(&f->arena);
    leat_free(f);
}

static const leat_operator_class first_class = {
    .name = "deduplicate",
    .process = first_process,
    .close = first_close,
};

leat_operator *leat_deduplicate_open(const leat_operator_args *args)
{
    const leat_logical_node *node = leat_args_node(args);
    const leat_physical_operator *op = leat_args_operator(args);
    const leat_dedup *dedup = node->dedup;
    if (!dedup->is_by_arrival || dedup->keeps_last || dedup->window_end >= 0 ||
        leat_args_retracts(args, 0))
        return leat_top_1_open(args);
    first_rows *f = LEAT_NEW(first_rows);
    f->base.class = &first_class;
    f->table = leat_state_sorted_table(args->state, op->state);
    leat_keyed_input_init(&f->input, op->input, node->keys, node->key_count, args->row_capacity,
                          &f->arena);
    f->selected = LEAT_ARENA_ARRAY(&f->arena, uint32_t, args->row_capacity);
    return &f->base;
}
