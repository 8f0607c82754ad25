/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/gathered_values.h"

#include "common/base/vec.h"
#include "common/columns/key_hash.h"
#include "worker/operators/sort_key.h"

enum { COUNT_SIZE = 8 };
#define COUNTER_BIT (UINT32_C(1) << 31) /* of the aggregate's number */

static bool is_counted(const leat_bound_aggregate *call)
{
    return call->is_distinct || call->kind == LEAT_AGGREGATE_MODE ||
           call->kind == LEAT_AGGREGATE_PERCENTILE_CONT ||
           call->kind == LEAT_AGGREGATE_PERCENTILE_DISC;
}

uint32_t leat_gathering_orders(const leat_bound_aggregate *call)
{
    return is_counted(call) && !call->is_distinct ? 0 : call->order_count;
}

/* Orders are columns behind argument and option, except where the argument is the order. Values of
 * DISTINCT are told apart by themselves. */
static void init_orders(leat_gathering *g, const leat_bound_aggregate *call, leat_arena *arena)
{
    bool is_argument = leat_gathering_orders(call) < call->order_count;
    uint32_t arguments = 1u + g->has_option, count = 0;
    g->orders = LEAT_ARENA_ARRAY(arena, leat_order, call->order_count + 2);
    for (uint32_t i = 0; i < call->order_count; i++)
        g->orders[count++] = (leat_order){.column = (uint16_t)(is_argument ? 0 : arguments + i),
                                          .is_descending = call->orders[i].is_descending,
                                          .nulls_first = call->orders[i].nulls_first};
    for (uint32_t i = 0; call->is_distinct && i < arguments; i++)
        g->orders[count++] = (leat_order){.column = (uint16_t)i};
    g->order_count = count;
}

void leat_gathering_init(leat_gathering *gathering,
                         const leat_bound_aggregate *call,
                         const leat_aggregate *aggregate,
                         leat_arena *arena)
{
    leat_gathering *g = gathering;
    g->aggregate = aggregate;
    g->is_counted = is_counted(call);
    g->is_once = call->is_distinct;
    g->keeps_nulls = leat_aggregate_takes_nulls(call->kind);
    g->has_option = call->option != NULL && call->option->kind != LEAT_BOUND_CONSTANT;
    init_orders(g, call, arena);
    leat_field fields[2] = {{LEAT_BYTES("value"), call->argument->type, true}};
    if (g->has_option)
        fields[1] = (leat_field){LEAT_BYTES("option"), call->option->type, true};
    leat_row_format_init(&g->format, leat_schema_new(arena, fields, 1u + g->has_option, -1), arena);
}

/* Everything of one group and aggregate starts with this. */
static void write_prefix(leat_distinct_values *v,
                         const leat_rows *keys,
                         const uint16_t *columns,
                         uint32_t index,
                         uint32_t at)
{
    leat_buf_clear(&v->order);
    leat_buf_add_u64(&v->order, UINT64_MAX);
    leat_buf_add_u32(&v->order, index);
    leat_key_encode(keys, columns, v->key_count, at, &v->order);
}

static bool starts_with(const leat_entry *entry, leat_bytes prefix)
{
    return entry != NULL && entry->order_size >= prefix.size &&
           memcmp(entry->order, prefix.data, prefix.size) == 0;
}

static int64_t count_of(const leat_entry *entry)
{
    int64_t count;
    memcpy(&count, leat_entry_value((leat_entry *)(uintptr_t)entry), sizeof count);
    return count;
}

/* Add to the count of the entry with v->order, made with `value` when absent; it goes when nothing
 * is left. Returns what it was before. */
static int64_t count_entry(leat_distinct_values *v, leat_bin *bin, leat_bytes value, int64_t by)
{
    leat_bytes order = leat_buf_bytes(&v->order);
    leat_entry *entry = leat_bin_find(bin, order);
    if (entry == NULL) {
        if (by < 0)
            return 0;
        entry = leat_bin_insert(v->table, bin, order, (uint32_t)(COUNT_SIZE + value.size));
        memcpy(leat_entry_value(entry) + COUNT_SIZE, value.data, value.size);
    }
    leat_entry_touch(v->table, entry);
    int64_t before = count_of(entry), count = before + by;
    memcpy(leat_entry_value(entry), &count, sizeof count);
    if (count == 0)
        leat_entry_remove(v->table, entry);
    return before;
}

/* --- One row. --- */

typedef struct one_row {
    leat_distinct_values *values;
    const leat_rows *rows;
    const leat_gathering *gathering;
    const leat_rows *columns;
    leat_bin *bin;
    leat_bytes value; /* stored */
    uint32_t at;
} one_row;

static void write_order(const one_row *r)
{
    leat_distinct_values *v = r->values;
    write_prefix(v, r->rows, v->keys, r->gathering->index, r->at);
    leat_sort_key_write(r->gathering->orders, r->gathering->order_count, r->columns, r->at,
                        &v->order);
}

/* The counter never goes back while the group has values: arrivals keep their order. */
static void insert_row(const one_row *r)
{
    leat_distinct_values *v = r->values;
    write_prefix(v, r->rows, v->keys, r->gathering->index | COUNTER_BIT, r->at);
    int64_t arrival = count_entry(v, r->bin, LEAT_BYTES(""), 1);
    write_order(r);
    leat_sort_key_add_number(&v->order, (uint64_t)arrival);
    count_entry(v, r->bin, r->value, 1);
}

static void remove_counter_if_last(const one_row *r)
{
    leat_distinct_values *v = r->values;
    write_prefix(v, r->rows, v->keys, r->gathering->index, r->at);
    leat_bin_place place = leat_bin_seek(r->bin, leat_buf_bytes(&v->order));
    if (starts_with(leat_bin_at(&place), leat_buf_bytes(&v->order)))
        return;
    write_prefix(v, r->rows, v->keys, r->gathering->index | COUNTER_BIT, r->at);
    leat_entry *counter = leat_bin_find(r->bin, leat_buf_bytes(&v->order));
    if (counter != NULL)
        leat_entry_remove(v->table, counter);
}

static void take_back_row(const one_row *r)
{
    leat_distinct_values *v = r->values;
    write_order(r);
    leat_bytes prefix = leat_buf_bytes(&v->order);
    leat_bin_place place = leat_bin_seek(r->bin, prefix);
    for (leat_entry *entry; starts_with(entry = leat_bin_at(&place), prefix);
         leat_bin_next(&place)) {
        leat_bytes value = {leat_entry_value(entry) + COUNT_SIZE, entry->value_size - COUNT_SIZE};
        if (!leat_bytes_equal(value, r->value))
            continue;
        leat_bin_remove(v->table, &place);
        remove_counter_if_last(r);
        return;
    }
}

static void fold_row(const one_row *r)
{
    const uint8_t *changes = r->rows->changes;
    bool is_retract = changes != NULL && (changes[r->at] & 1);
    if (r->gathering->is_counted) {
        write_order(r);
        count_entry(r->values, r->bin, r->value, is_retract ? -1 : 1);
    } else if (is_retract) {
        take_back_row(r);
    } else {
        insert_row(r);
    }
}

void leat_gathered_values_fold(leat_distinct_values *values,
                               const leat_rows *rows,
                               int64_t pane,
                               const leat_gathering *gathering,
                               const leat_column *columns,
                               const leat_distinct_run *run)
{
    leat_rows evaluated = {.columns = columns,
                           .row_count = rows->row_count,
                           .selected = run->positions,
                           .selected_count = run->count};
    uint32_t key_groups = leat_sorted_key_group_count(values->table);
    leat_sorted_sweep(values->table);
    leat_stored_rows_write(&values->stored, &gathering->format, &evaluated);
    one_row row = {.values = values, .rows = rows, .gathering = gathering, .columns = &evaluated};
    for (uint32_t i = 0; i < run->count; i++) {
        row.at = run->positions[i];
        if (!gathering->keeps_nulls && leat_column_is_null(columns, row.at))
            continue;
        uint32_t key_group = leat_key_group_of(run->hashes[i], key_groups);
        row.bin = leat_distinct_values_bin(values, pane, key_group, true);
        row.value = leat_stored_rows_at(&values->stored, i);
        fold_row(&row);
        leat_value_cell *cell = (leat_value_cell *)(void *)(run->cells[i] + gathering->offset);
        cell->is_stale = 1;
    }
}

/* --- Results. --- */

typedef struct group_values {
    LEAT_VEC(const char *) rows;
    LEAT_VEC(int64_t) repeats;
} group_values;

static void collect(leat_distinct_values *v, leat_bin *bin, bool is_once, group_values *out)
{
    leat_bytes prefix = leat_buf_bytes(&v->order);
    leat_bin_place place = leat_bin_seek(bin, prefix);
    for (leat_entry *entry; starts_with(entry = leat_bin_at(&place), prefix);
         leat_bin_next(&place)) {
        if (count_of(entry) <= 0) /* taken back before it came */
            continue;
        leat_vec_push(&out->rows, leat_entry_value(entry) + COUNT_SIZE);
        leat_vec_push(&out->repeats, is_once ? 1 : count_of(entry));
    }
}

void leat_gathered_values_settle(leat_distinct_values *values,
                                 const leat_gathering *gathering,
                                 const leat_gathered_group *group,
                                 leat_arena *arena,
                                 char *cells)
{
    group_values found = {0};
    leat_bin *bin = leat_distinct_values_bin(values, group->pane, group->key_group, false);
    write_prefix(values, group->keys, group->columns, gathering->index, group->at);
    if (bin != NULL)
        collect(values, bin, gathering->is_once, &found);
    uint32_t count = (uint32_t)found.rows.count;
    leat_output columns;
    leat_output_init(&columns, gathering->format.schema, count, arena);
    leat_stored_rows_read(&gathering->format, found.rows.items, count, &columns, 0);
    const leat_gathered gathered = {.argument = &columns.columns[0],
                                    .option = gathering->has_option ? &columns.columns[1] : NULL,
                                    .repeats = found.repeats.items,
                                    .count = count};
    leat_aggregate_gather(gathering->aggregate, &gathered, arena, cells + gathering->offset);
    leat_vec_fini(&found.rows);
    leat_vec_fini(&found.repeats);
}
