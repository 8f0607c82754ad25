/* SPDX-License-Identifier: Apache-2.0
 *
 * sorted_gather - a sorted table's side of epochs: what changed, freeze, gather, restore.
 *
 * Key of a record: u32 length and bytes of the bin's key, then the order bytes.
 */
#include "common/columns/key_hash.h"
#include "worker/state/sorted_layout.h"
#include "worker/state/table_layout.h"

enum { AHEAD = 8 }; /* entries, then their bins, on their way into the cache */

static bool is_frozen(const leat_sorted_table *table, uint32_t stamp)
{
    return stamp > table->completed && stamp <= table->frozen;
}

static void encode_key(const leat_entry *entry, leat_buf *out)
{
    leat_buf_add_bytes(out, leat_bytes_of(entry->bin->key, entry->bin->key_size));
    if (entry->order_size > 0)
        leat_buf_add(out, entry->order, entry->order_size);
}

static void encode_entry(leat_entry *entry, leat_record_run *out)
{
    const leat_bin *bin = entry->bin;
    size_t key_size = sizeof bin->key_size + bin->key_size + entry->order_size;
    char *to = leat_record_run_add(out, LEAT_RECORD_PUT, bin->hash, LEAT_PANE_NONE, key_size,
                                   entry->value_size);
    memcpy(to, &bin->key_size, sizeof bin->key_size);
    to += sizeof bin->key_size;
    memcpy(to, bin->key, bin->key_size);
    to += bin->key_size;
    memcpy(to, entry->order, entry->order_size);
    memcpy(to + entry->order_size, leat_entry_value(entry), entry->value_size);
}

/* A frozen entry that the gather has not come to yet is put aside as it is. */
static void put_aside(leat_sorted_table *table, leat_sorted_group *group, leat_entry *entry)
{
    if (is_frozen(table, entry->stamp) && entry->bin->key_group >= table->gather_group)
        encode_entry(entry, &group->early);
}

static void list_add(leat_sorted_table *table, leat_entry_list *list, leat_entry *entry)
{
    leat_vec_push(&list->entries, entry);
    entry->list_count++;
    table->dirty_bytes += sizeof *entry + entry->order_size + entry->value_size;
}

void leat_entry_touch(leat_sorted_table *table, leat_entry *entry)
{
    if (entry->stamp == table->stamp)
        return;
    leat_sorted_group *group = &table->groups[entry->bin->key_group];
    put_aside(table, group, entry);
    entry->stamp = table->stamp;
    list_add(table, &group->dirty, entry);
}

/* The entry is new. */
void leat_sorted_changed(leat_sorted_table *table, leat_entry *entry)
{
    leat_sorted_group *group = &table->groups[entry->bin->key_group];
    entry->stamp = entry->created = table->stamp;
    list_add(table, &group->dirty, entry);
}

/* The entry has been unlinked. One that this epoch made was never told to anybody. */
void leat_sorted_removed(leat_sorted_table *table, leat_entry *entry)
{
    leat_sorted_group *group = &table->groups[entry->bin->key_group];
    put_aside(table, group, entry);
    if (entry->created != table->stamp) {
        leat_record_run *removed = &group->dirty.removed;
        leat_record_run_begin(removed, LEAT_RECORD_REMOVE, entry->bin->hash, LEAT_PANE_NONE);
        encode_key(entry, &removed->bytes);
        leat_record_run_key_end(removed);
        leat_record_run_end(removed);
    }
    entry->is_removed = true;
    if (entry->list_count == 0)
        leat_vec_push(&table->swept, entry);
}

void leat_entry_list_clear(leat_sorted_table *table, leat_entry_list *list)
{
    for (size_t i = 0; i < list->entries.count; i++) {
        if (i + AHEAD < list->entries.count)
            __builtin_prefetch(list->entries.items[i + AHEAD], 1);
        leat_entry *entry = list->entries.items[i];
        if (--entry->list_count == 0 && entry->is_removed)
            leat_entry_free(table, entry);
    }
    leat_vec_clear(&list->entries);
    leat_record_run_clear(&list->removed);
}

static void list_append(leat_entry_list *list, leat_entry_list *more)
{
    if (list->entries.count == 0 && list->removed.bytes.size == 0) {
        leat_entry_list empty = *list;
        *list = *more;
        *more = empty;
        return;
    }
    LEAT_VEC_EACH (entry, &more->entries)
        leat_vec_push(&list->entries, *entry);
    leat_record_run_append(&list->removed, &more->removed);
    leat_vec_clear(&more->entries);
    leat_record_run_clear(&more->removed);
}

void leat_sorted_freeze(leat_sorted_table *table, uint64_t epoch, uint64_t completed)
{
    leat_sorted_decided(table, completed);
    LEAT_ASSERT(leat_stamp_of(epoch) >= table->stamp);
    bool was_aborted = table->frozen > table->completed;
    for (uint32_t i = 0; i < table->key_group_count; i++) {
        leat_sorted_group *group = &table->groups[i];
        if (!was_aborted)
            leat_entry_list_clear(table, &group->frozen);
        list_append(&group->frozen, &group->dirty);
        leat_record_run_clear(&group->early);
    }
    table->frozen = leat_stamp_of(epoch);
    table->stamp = table->frozen + 1;
    table->gather_group = 0;
    bool has_advanced = table->watermark_stamp > table->completed;
    table->frozen_watermark = has_advanced ? table->watermark : LEAT_TIME_MIN;
    table->frozen_bytes = table->dirty_bytes;
    table->dirty_bytes = 0;
}

void leat_sorted_decided(leat_sorted_table *table, uint64_t epoch)
{
    table->completed = LEAT_MAX(table->completed, leat_stamp_of(epoch));
    LEAT_ASSERT(table->completed <= table->frozen);
}

bool leat_sorted_is_gathered(const leat_sorted_table *table)
{
    return table->gather_group == table->key_group_count;
}

/* A hash that lies in the key group and before most of its rows. */
static uint64_t group_hash(const leat_sorted_table *table, uint32_t key_group)
{
    leat_u128 start = ((leat_u128)key_group << 64) + UINT16_MAX;
    return (uint64_t)(start / table->key_group_count);
}

static void collect_watermark(leat_sorted_table *table, uint32_t key_group, leat_time watermark)
{
    watermark = LEAT_MAX(watermark, table->groups[key_group].floor);
    if (watermark == LEAT_TIME_MIN)
        return;
    uint64_t hash = group_hash(table, key_group);
    leat_record_run_begin(&table->run, LEAT_RECORD_PUT, hash, LEAT_PANE_WATERMARK);
    leat_record_run_key_end(&table->run);
    leat_buf_add_u64(&table->run.bytes, (uint64_t)watermark);
    leat_record_run_end(&table->run);
}

static uint32_t
visit_run(leat_sorted_table *table, uint32_t key_group, leat_record_visit *visit, void *self)
{
    leat_record place = {.state = (uint16_t)table->state_id, .key_group = (uint16_t)key_group};
    return leat_record_run_visit(&table->run, &table->order, &place, table->key_group_count, visit,
                                 self);
}

static uint32_t
gather_group(leat_sorted_table *table, uint32_t key_group, leat_record_visit *visit, void *self)
{
    leat_sorted_group *group = &table->groups[key_group];
    leat_record_run_clear(&table->run);
    if (table->frozen_watermark != LEAT_TIME_MIN)
        collect_watermark(table, key_group, table->frozen_watermark);
    leat_entry **entries = group->frozen.entries.items;
    size_t count = group->frozen.entries.count;
    for (size_t i = 0; i < count; i++) {
        if (i + 2 * AHEAD < count)
            __builtin_prefetch(entries[i + 2 * AHEAD]);
        if (i + AHEAD < count)
            __builtin_prefetch(entries[i + AHEAD]->bin);
        if (!entries[i]->is_removed && is_frozen(table, entries[i]->stamp))
            encode_entry(entries[i], &table->run);
    }
    leat_record_run_append(&table->run, &group->early);
    leat_record_run_append(&table->run, &group->frozen.removed);
    leat_record_run_clear(&group->early);
    return visit_run(table, key_group, visit, self);
}

uint32_t leat_sorted_gather(leat_sorted_table *table,
                            uint32_t max_rows,
                            leat_record_visit *visit,
                            void *self)
{
    uint32_t visited = 0;
    while (visited < max_rows && table->gather_group < table->key_group_count) {
        if (table->groups[table->gather_group].is_owned)
            visited += gather_group(table, table->gather_group, visit, self);
        table->gather_group++;
    }
    if (leat_sorted_is_gathered(table))
        table->frozen_bytes = 0;
    return visited;
}

void leat_sorted_dump(leat_sorted_table *table,
                      uint32_t key_group,
                      leat_record_visit *visit,
                      void *self)
{
    leat_record_run_clear(&table->run);
    collect_watermark(table, key_group, table->watermark);
    leat_bin *bin = NULL;
    while ((bin = leat_sorted_next_bin(table, key_group, bin)) != NULL) {
        leat_bin_place place = leat_bin_first(bin);
        for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place))
            encode_entry(entry, &table->run);
    }
    visit_run(table, key_group, visit, self);
}

static leat_code
apply_watermark(leat_sorted_table *table, const leat_record *record, leat_error *err)
{
    leat_time watermark;
    if (record->value.size != sizeof watermark)
        return leat_fail(err, LEAT_CORRUPT, "a watermark of %zu bytes", record->value.size);
    memcpy(&watermark, record->value.data, sizeof watermark);
    leat_sorted_group *group = &table->groups[record->key_group];
    group->floor = LEAT_MAX(group->floor, watermark);
    table->floor_max = LEAT_MAX(table->floor_max, watermark);
    return LEAT_OK;
}

static void see_arrival(leat_sorted_group *group, leat_bytes order)
{
    uint64_t arrival;
    memcpy(&arrival, order.data + order.size - sizeof arrival, sizeof arrival);
    group->arrival = LEAT_MAX(group->arrival, __builtin_bswap64(arrival));
}

static void restored_remove(leat_sorted_table *table, leat_entry *entry)
{
    leat_bin_place place = leat_bin_place_of(entry);
    leat_bin_unlink(table, &place);
    entry->is_removed = true;
    if (entry->list_count == 0)
        leat_entry_free(table, entry);
}

leat_code leat_sorted_apply(leat_sorted_table *table, const leat_record *record, leat_error *err)
{
    if (leat_key_group_of(record->hash, table->key_group_count) != record->key_group)
        return leat_fail(err, LEAT_CORRUPT, "a row's hash is not of key group %u",
                         record->key_group);
    if (record->pane == LEAT_PANE_WATERMARK)
        return apply_watermark(table, record, err);
    leat_cursor in = leat_cursor_over(record->key);
    leat_bytes key = leat_cursor_bytes(&in);
    leat_bytes order = leat_bytes_of(in.at, (size_t)(in.end - in.at));
    bool has_arrival = table->has_arrival && !leat_bin_key_is_own(key);
    bool has_order = !has_arrival || order.size >= sizeof(uint64_t);
    if (in.is_short || !has_order || record->value.size > UINT32_MAX)
        return leat_fail(err, LEAT_CORRUPT, "state %u: a key of %zu bytes does not fit",
                         table->state_id, record->key.size);
    bool is_put = record->kind == LEAT_RECORD_PUT;
    leat_bin *bin = leat_sorted_bin(table, record->hash, key, is_put);
    if (bin == NULL)
        return LEAT_OK;
    leat_entry *entry = leat_bin_find(bin, order);
    if (entry != NULL && (!is_put || entry->value_size != record->value.size)) {
        restored_remove(table, entry);
        entry = NULL;
    }
    if (!is_put)
        return LEAT_OK;
    if (entry == NULL)
        entry = leat_bin_link(table, bin, order, (uint32_t)record->value.size);
    if (record->value.size > 0)
        memcpy(leat_entry_value(entry), record->value.data, record->value.size);
    entry->stamp = entry->created = ROW_CLEAN;
    if (has_arrival)
        see_arrival(&table->groups[record->key_group], order);
    return LEAT_OK;
}
