/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/extreme_values.h"

#include "common/columns/key_hash.h"
#include "worker/operators/sort_key.h"

enum { COUNT_SIZE = 8, CELL_SIZE = 16 };

/* Everything of one group and aggregate starts with this. */
static void
write_prefix(leat_distinct_values *v, const leat_rows *rows, uint32_t index, uint32_t at)
{
    leat_buf_clear(&v->order);
    leat_buf_add_u64(&v->order, UINT64_MAX);
    leat_buf_add_u32(&v->order, index);
    leat_key_encode(rows, v->keys, v->key_count, at, &v->order);
}

/* A value as an entry keeps it: its text, or its cell in the wide layout. */
static leat_bytes value_bytes(const leat_column *column, uint32_t at, char cell[CELL_SIZE])
{
    uint32_t index = column->is_constant ? 0 : at;
    memset(cell, 0, CELL_SIZE);
    if (column->layout == LEAT_LAYOUT_VIEW)
        return leat_view_bytes(&LEAT_COLUMN_GET(column, leat_view, at));
    if (column->type.id == LEAT_TYPE_DECIMAL) {
        leat_i128 wide = leat_column_integer(column, at);
        memcpy(cell, &wide, sizeof wide);
    } else {
        size_t size = leat_layout_size((leat_layout)column->layout);
        memcpy(cell, (const char *)column->values + index * size, size);
    }
    return leat_bytes_of(cell, CELL_SIZE);
}

static void count_value(leat_distinct_values *v,
                        leat_bin *bin,
                        const leat_column *argument,
                        uint32_t at,
                        bool is_retract)
{
    char cell[CELL_SIZE];
    int64_t count = 0;
    leat_bytes order = leat_buf_bytes(&v->order);
    leat_entry *entry = leat_bin_find(bin, order);
    if (entry == NULL && is_retract)
        return;
    if (entry == NULL) {
        leat_bytes value = value_bytes(argument, at, cell);
        entry = leat_bin_insert(v->table, bin, order, (uint32_t)(COUNT_SIZE + value.size));
        memcpy(leat_entry_value(entry) + COUNT_SIZE, value.data, value.size);
    }
    leat_entry_touch(v->table, entry);
    memcpy(&count, leat_entry_value(entry), sizeof count);
    count += is_retract ? -1 : 1;
    memcpy(leat_entry_value(entry), &count, sizeof count);
    if (count == 0)
        leat_entry_remove(v->table, entry);
}

/* The first or the last value that starts with the prefix, NULL when there is none. */
static leat_entry *extreme_of(leat_distinct_values *v, leat_bin *bin, bool is_min)
{
    size_t prefix = v->order.size;
    leat_bin_place place = leat_bin_seek(bin, leat_buf_bytes(&v->order));
    if (!is_min) {
        leat_buf_add_u8(&v->order, UINT8_MAX); /* above every sort key */
        place = leat_bin_seek(bin, leat_buf_bytes(&v->order));
        if (!leat_bin_previous(&place))
            return NULL;
    }
    leat_entry *entry = leat_bin_at(&place);
    bool is_ours = entry != NULL && entry->order_size > prefix &&
                   memcmp(entry->order, v->order.data, prefix) == 0;
    return is_ours ? entry : NULL;
}

static void set_accumulator(const leat_extreme *extreme, leat_entry *entry, char *cells)
{
    static const uint32_t first = 0;
    const leat_column *argument = extreme->argument;
    memset(cells + extreme->offset, 0, extreme->aggregate->size);
    if (entry == NULL)
        return;
    _Alignas(16) char cell[CELL_SIZE] = {0};
    const char *value = leat_entry_value(entry) + COUNT_SIZE;
    leat_view view = {0};
    bool is_text = argument->layout == LEAT_LAYOUT_VIEW;
    if (is_text)
        view = leat_view_of(value, entry->value_size - COUNT_SIZE);
    else
        memcpy(cell, value, sizeof cell);
    uint8_t layout =
        argument->type.id == LEAT_TYPE_DECIMAL ? (uint8_t)LEAT_LAYOUT_I128 : argument->layout;
    const leat_column column = {
        .type = argument->type, .layout = layout, .values = is_text ? (const void *)&view : cell};
    extreme->aggregate->update(extreme->aggregate, &cells, extreme->offset, &column, NULL, &first,
                               1);
}

void leat_extreme_values_fold(leat_distinct_values *values,
                              const leat_rows *rows,
                              int64_t pane,
                              const leat_extreme *extreme,
                              const leat_distinct_run *run)
{
    static const leat_order ascending = {.column = 0};
    const leat_column *argument = extreme->argument;
    const leat_rows argument_rows = {.columns = argument, .row_count = rows->row_count};
    uint32_t key_groups = leat_sorted_key_group_count(values->table);
    bool is_min = extreme->aggregate->kind == LEAT_AGGREGATE_MIN;
    leat_sorted_sweep(values->table);
    for (uint32_t i = 0; i < run->count; i++) {
        uint32_t at = run->positions[i];
        if (leat_column_is_null(argument, at))
            continue;
        uint32_t key_group = leat_key_group_of(run->hashes[i], key_groups);
        leat_bin *bin = leat_distinct_values_bin(values, pane, key_group, true);
        bool is_retract = rows->changes != NULL && (rows->changes[at] & 1);
        write_prefix(values, rows, extreme->index, at);
        leat_sort_key_write(&ascending, 1, &argument_rows, at, &values->order);
        count_value(values, bin, argument, at, is_retract);
        write_prefix(values, rows, extreme->index, at);
        set_accumulator(extreme, extreme_of(values, bin, is_min), run->cells[i]);
    }
}
