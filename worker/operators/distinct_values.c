/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/distinct_values.h"

#include "common/base/hash.h"
#include "common/columns/key_hash.h"

void leat_distinct_values_fini(leat_distinct_values *values)
{
    leat_buf_fini(&values->order);
    leat_stored_rows_fini(&values->stored);
}

leat_bin *leat_distinct_values_bin(leat_distinct_values *values,
                                   int64_t pane,
                                   uint32_t key_group,
                                   bool is_making)
{
    leat_u128 start = ((leat_u128)key_group << 64) + UINT16_MAX;
    uint64_t hash = (uint64_t)(start / leat_sorted_key_group_count(values->table));
    return leat_sorted_bin(values->table, hash, leat_bytes_of(&pane, sizeof pane), is_making);
}

/* Hash first: it finds nearly every entry by itself. */
static leat_bytes write_order(leat_distinct_values *v,
                              const leat_rows *rows,
                              uint32_t index,
                              const leat_column *argument,
                              uint32_t at)
{
    static const uint16_t only = 0;
    const leat_rows value = {.columns = argument, .row_count = rows->row_count};
    leat_buf_clear(&v->order);
    leat_buf_add_u64(&v->order, 0);
    leat_buf_add_u32(&v->order, index);
    leat_key_encode(rows, v->keys, v->key_count, at, &v->order);
    leat_key_encode(&value, &only, 1, at, &v->order);
    uint64_t hash = leat_hash(v->order.data + sizeof hash, v->order.size - sizeof hash);
    memcpy(v->order.data, &hash, sizeof hash);
    return leat_buf_bytes(&v->order);
}

/* Whether the value came or went. */
static bool count_value(leat_distinct_values *v, leat_bin *bin, leat_bytes order, bool is_retract)
{
    int64_t count = 0;
    leat_entry *entry = leat_bin_find(bin, order);
    if (entry == NULL && is_retract)
        return false;
    if (entry == NULL)
        entry = leat_bin_insert(v->table, bin, order, sizeof count);
    leat_entry_touch(v->table, entry);
    memcpy(&count, leat_entry_value(entry), sizeof count);
    count += is_retract ? -1 : 1;
    memcpy(leat_entry_value(entry), &count, sizeof count);
    if (count == 0)
        leat_entry_remove(v->table, entry);
    return count == (is_retract ? 0 : 1);
}

void leat_distinct_values_filter(leat_distinct_values *values,
                                 const leat_rows *rows,
                                 int64_t pane,
                                 uint32_t index,
                                 const leat_column *argument,
                                 leat_distinct_run *run)
{
    uint32_t kept = 0, key_groups = leat_sorted_key_group_count(values->table);
    for (uint32_t i = 0; i < run->count; i++) {
        uint32_t at = run->positions[i];
        if (leat_column_is_null(argument, at))
            continue;
        leat_bin *bin = leat_distinct_values_bin(
            values, pane, leat_key_group_of(run->hashes[i], key_groups), true);
        bool is_retract = rows->changes != NULL && (rows->changes[at] & 1);
        run->positions[kept] = at;
        run->hashes[kept] = run->hashes[i];
        run->cells[kept] = run->cells[i];
        leat_bytes order = write_order(values, rows, index, argument, at);
        kept += count_value(values, bin, order, is_retract);
    }
    run->count = kept;
    leat_sorted_sweep(values->table);
}

void leat_distinct_values_drop(leat_distinct_values *values, int64_t pane)
{
    uint32_t key_groups = leat_sorted_key_group_count(values->table);
    for (uint32_t key_group = 0; key_group < key_groups; key_group++) {
        leat_bin *bin = leat_distinct_values_bin(values, pane, key_group, false);
        leat_bin_place place = {.bin = bin};
        while (bin != NULL && leat_bin_at(&place) != NULL)
            leat_bin_remove(values->table, &place);
    }
    leat_sorted_sweep(values->table);
}
