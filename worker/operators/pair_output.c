/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/pair_output.h"

#include "worker/operators/selection.h"

void leat_pair_output_init(leat_pair_output *pairs,
                           leat_operator *self,
                           const leat_schema *schema,
                           uint32_t row_capacity,
                           bool has_number,
                           leat_arena *arena)
{
    *pairs = (leat_pair_output){.self = self};
    leat_output_init(&pairs->output, schema, row_capacity, arena);
    pairs->left_rows = LEAT_ARENA_ARRAY(arena, const char *, row_capacity);
    pairs->right_rows = LEAT_ARENA_ARRAY(arena, const char *, row_capacity);
    pairs->selected = LEAT_ARENA_ARRAY(arena, uint32_t, row_capacity);
    pairs->changes = LEAT_ARENA_ARRAY(arena, uint8_t, row_capacity);
    if (has_number)
        pairs->numbers = pairs->output.values[schema->field_count - 1];
}

void leat_pair_output_flush(leat_pair_output *pairs, leat_emitter *out)
{
    if (pairs->count == 0)
        return;
    leat_stored_rows_read(pairs->left, pairs->left_rows, pairs->count, &pairs->output, 0);
    if (pairs->right != NULL)
        leat_stored_rows_read(pairs->right, pairs->right_rows, pairs->count, &pairs->output,
                              pairs->left->schema->field_count);
    leat_rows rows = leat_output_rows(&pairs->output, pairs->count, pairs->has_changes);
    pairs->count = 0;
    pairs->has_changes = false;
    if (pairs->filter == NULL) {
        leat_operator_emit(pairs->self, out, 0, &rows);
        return;
    }
    leat_eval_errors errors;
    leat_rows passed = rows;
    passed.selected_count = leat_eval_filter(pairs->filter, &rows, pairs->selected, &errors);
    passed.selected = pairs->selected;
    leat_operator_fail_rows(pairs->self, out, &rows, &errors);
    leat_selection_repair_changes(&passed, pairs->changes);
    leat_operator_emit(pairs->self, out, 0, &passed);
}

static void
add_numbered(leat_pair_output *pairs, leat_numbered_row row, leat_change change, leat_emitter *out)
{
    leat_pair_output_add(pairs, row.row, NULL, change, out);
    if (pairs->numbers != NULL)
        pairs->numbers[pairs->count - 1] = row.number;
}

void leat_pair_output_update(leat_pair_output *pairs,
                             leat_numbered_row before,
                             leat_numbered_row after,
                             leat_emitter *out)
{
    leat_pair_output_reserve(pairs, 2, out);
    bool is_both = before.row != NULL && after.row != NULL;
    if (before.row != NULL)
        add_numbered(pairs, before, is_both ? LEAT_CHANGE_UPDATE_BEFORE : LEAT_CHANGE_DELETE, out);
    if (after.row != NULL)
        add_numbered(pairs, after, is_both ? LEAT_CHANGE_UPDATE_AFTER : LEAT_CHANGE_INSERT, out);
}
