/* SPDX-License-Identifier: Apache-2.0
 *
 * set_op - DISTINCT, INTERSECT and EXCEPT: how often each row is there, left and right, says how
 * often it is in the result.
 *
 * One entry per row, under its canonical key bytes (the node's keys are all its columns). A change
 * of one count changes the result by one row or by none: it goes out as the row that caused it.
 */
#include "common/base/alloc.h"
#include "worker/operators/keyed_input.h"
#include "worker/operators/operators.h"
#include "worker/state/state.h"

enum { SIDES = 2 };

typedef struct row_counts {
    int64_t sides[SIDES];
} row_counts;

/* How often a row with these counts is in the result. */
typedef int64_t result_count(const row_counts *counts);

typedef struct set_op {
    leat_operator base;
    leat_arena arena;
    leat_keyed_input inputs[SIDES];
    leat_sorted_table *table;
    result_count *result_of;
    uint32_t *selected;
    uint8_t *changes;
} set_op;

static int64_t distinct_count(const row_counts *counts)
{
    return counts->sides[0] > 0;
}

static int64_t intersect_count(const row_counts *counts)
{
    return counts->sides[0] > 0 && counts->sides[1] > 0;
}

static int64_t intersect_all_count(const row_counts *counts)
{
    return LEAT_MIN(counts->sides[0], counts->sides[1]);
}

static int64_t except_count(const row_counts *counts)
{
    return counts->sides[0] > 0 && counts->sides[1] == 0;
}

static int64_t except_all_count(const row_counts *counts)
{
    return LEAT_MAX(counts->sides[0] - counts->sides[1], 0);
}

/* Returns by how much the row's count in the result changes. */
static int64_t count_row(set_op *s, leat_bin *bin, uint32_t side, bool is_retract)
{
    leat_bin_place place = leat_bin_first(bin);
    leat_entry *entry = leat_bin_at(&place);
    row_counts counts = {0};
    if (entry != NULL)
        memcpy(&counts, leat_entry_value(entry), sizeof counts);
    int64_t before = s->result_of(&counts);
    counts.sides[side] += is_retract ? -1 : 1;
    if (counts.sides[side] < 0)
        return 0; /* a row that was never there */
    int64_t after = s->result_of(&counts);
    if (counts.sides[0] == 0 && counts.sides[1] == 0) {
        leat_bin_remove(s->table, &place);
        return after - before;
    }
    if (entry == NULL)
        entry = leat_bin_insert(s->table, bin, leat_bytes_of("", 0), sizeof counts);
    leat_entry_touch(s->table, entry);
    memcpy(leat_entry_value(entry), &counts, sizeof counts);
    return after - before;
}

static void
set_process(leat_operator *self, uint32_t side, const leat_rows *rows, leat_emitter *out)
{
    set_op *s = (set_op *)self;
    leat_keyed_input *input = &s->inputs[side];
    s->base.counts.rows_in += rows->selected_count;
    leat_keyed_input_take(input, rows, false);
    leat_keyed_input_bins(input, s->table, true, input->bins);
    leat_rows changed = *rows;
    changed.selected = s->selected;
    changed.selected_count = 0;
    bool has_retracts = false;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        bool is_retract = leat_keyed_input_is_retract(input, i);
        int64_t by = count_row(s, input->bins[i], side, is_retract);
        if (by == 0)
            continue;
        s->selected[changed.selected_count++] = at;
        s->changes[at] = by < 0 ? LEAT_CHANGE_DELETE : LEAT_CHANGE_INSERT;
        has_retracts |= by < 0;
    }
    changed.changes = has_retracts ? s->changes : NULL;
    changed.schema = s->inputs[0].format.schema;
    leat_sorted_sweep(s->table);
    leat_operator_emit(self, out, 0, &changed);
}

static void set_left(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    set_process(self, 0, rows, out);
}

static void set_right(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    set_process(self, 1, rows, out);
}

static void set_close(leat_operator *self)
{
    set_op *s = (set_op *)self;
    for (uint32_t side = 0; side < SIDES; side++)
        leat_keyed_input_fini(&s->inputs[side]);
    leat_arena_fini(&s->arena);
    leat_free(s);
}

static const leat_operator_class set_class = {
    .name = "set_op",
    .process = set_left,
    .process_right = set_right,
    .close = set_close,
};

static leat_operator *set_open(const leat_operator_args *args, result_count *result_of)
{
    const leat_physical_operator *op = leat_args_operator(args);
    const leat_schema *schemas[SIDES] = {op->input, op->right == NULL ? op->input : op->right};
    set_op *s = LEAT_NEW(set_op);
    s->base.class = &set_class;
    s->result_of = result_of;
    s->table = leat_state_sorted_table(args->state, op->state);
    const leat_logical_node *node = leat_args_node(args);
    for (uint32_t side = 0; side < SIDES; side++)
        leat_keyed_input_init(&s->inputs[side], schemas[side], node->keys, node->key_count,
                              args->row_capacity, &s->arena);
    s->selected = LEAT_ARENA_ARRAY(&s->arena, uint32_t, args->row_capacity);
    s->changes = LEAT_ARENA_ARRAY(&s->arena, uint8_t, args->row_capacity);
    return &s->base;
}

leat_operator *leat_set_op_open(const leat_operator_args *args)
{
    const leat_set *set = leat_args_node(args)->set;
    if (set->kind == LEAT_SET_INTERSECT)
        return set_open(args, set->is_all ? intersect_all_count : intersect_count);
    return set_open(args, set->is_all ? except_all_count : except_count);
}

leat_operator *leat_distinct_open(const leat_operator_args *args)
{
    return set_open(args, distinct_count);
}
