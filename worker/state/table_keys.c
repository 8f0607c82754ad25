/* SPDX-License-Identifier: Apache-2.0
 *
 * table_keys - key cells of rows back into columns, for the results of an aggregate.
 */
#include "worker/state/table_layout.h"

static bool keys_integer(const leat_table *table,
                         char *const *cells,
                         uint32_t count,
                         void *out_values,
                         uint64_t *out_validity)
{
    uint32_t nulls = 0;
    for (uint32_t i = 0; i < count; i++)
        nulls |= leat_cells_row(cells[i])->mark & ROW_NULL_KEY;
    if (table->cells[0].layout == LEAT_LAYOUT_I32)
        for (uint32_t i = 0; i < count; i++)
            ((int32_t *)out_values)[i] = (int32_t)leat_cells_row(cells[i])->head;
    else
        for (uint32_t i = 0; i < count; i++)
            ((uint64_t *)out_values)[i] = leat_cells_row(cells[i])->head;
    if (nulls == 0)
        return false;
    for (uint32_t i = 0; i < count; i++)
        leat_bit_set(out_validity, i, !(leat_cells_row(cells[i])->mark & ROW_NULL_KEY));
    return true;
}

static void key_copy(const leat_key_cell *cell, const char *from, uint32_t i, void *out_values)
{
    int64_t wide;
    switch ((leat_layout)cell->layout) {
    case LEAT_LAYOUT_BIT:
        memcpy(&wide, from, sizeof wide);
        leat_bit_set(out_values, i, wide != 0);
        return;
    case LEAT_LAYOUT_I32:
        memcpy(&wide, from, sizeof wide);
        ((int32_t *)out_values)[i] = (int32_t)wide;
        return;
    case LEAT_LAYOUT_I64:
    case LEAT_LAYOUT_F64:
        memcpy((char *)out_values + (size_t)i * 8, from, 8);
        return;
    case LEAT_LAYOUT_I128:
    case LEAT_LAYOUT_INTERVAL:
    case LEAT_LAYOUT_VIEW:
        memcpy((char *)out_values + (size_t)i * 16, from, 16);
        return;
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

bool leat_table_keys(const leat_table *table,
                     char *const *cells,
                     uint32_t count,
                     uint32_t key,
                     void *out_values,
                     uint64_t *out_validity)
{
    if (table->is_integer_key)
        return keys_integer(table, cells, count, out_values, out_validity);
    const leat_key_cell *cell = &table->cells[key];
    const size_t keys_at = table->key_offset - sizeof(leat_row); /* from the value cells */
    bool has_nulls = false;
    for (uint32_t i = 0; i < count; i++) {
        const char *key_cells = cells[i] + keys_at;
        key_copy(cell, key_cells + cell->offset, i, out_values);
        uint64_t nulls;
        memcpy(&nulls, key_cells, sizeof nulls);
        bool is_null = (nulls >> key) & 1;
        leat_bit_set(out_validity, i, !is_null);
        has_nulls |= is_null;
    }
    return has_nulls;
}
