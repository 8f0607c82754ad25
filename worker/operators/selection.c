/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/selection.h"

uint32_t leat_selection_without(const leat_rows *rows,
                                const leat_eval_errors *errors,
                                uint32_t *out_selected)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        out_selected[count] = at;
        count += !leat_bit_get(errors->rows, at);
    }
    return count;
}

void leat_selection_repair_changes(leat_rows *rows, uint8_t *out_changes)
{
    if (rows->changes == NULL)
        return;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        bool has_next = i + 1 < rows->selected_count && leat_rows_at(rows, i + 1) == at + 1;
        if (rows->changes[at] == LEAT_CHANGE_UPDATE_BEFORE && has_next) {
            out_changes[at] = LEAT_CHANGE_UPDATE_BEFORE; /* R4: its +U is the next row */
            out_changes[at + 1] = LEAT_CHANGE_UPDATE_AFTER;
            i++;
        } else if (rows->changes[at] == LEAT_CHANGE_UPDATE_BEFORE) {
            out_changes[at] = LEAT_CHANGE_DELETE;
        } else if (rows->changes[at] == LEAT_CHANGE_UPDATE_AFTER) {
            out_changes[at] = LEAT_CHANGE_INSERT;
        } else {
            out_changes[at] = rows->changes[at];
        }
    }
    rows->changes = out_changes;
}
