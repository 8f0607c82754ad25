/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/sorted_layout.h"

#include "common/base/alloc.h"
#include "common/columns/key_hash.h"
#include "worker/state/table_layout.h"

enum { SLOTS_MIN = 8, PREFETCH_KEYS = 64 };

leat_sorted_table *
leat_sorted_new(bool has_arrival, uint32_t state_id, uint32_t key_group_count, uint64_t completed)
{
    leat_sorted_table *table = LEAT_NEW(leat_sorted_table);
    table->has_arrival = has_arrival;
    table->state_id = state_id;
    table->key_group_count = key_group_count;
    table->groups = leat_alloc_zero(key_group_count, sizeof *table->groups);
    for (uint32_t i = 0; i < key_group_count; i++) {
        table->groups[i].floor = LEAT_TIME_MIN;
        table->groups[i].slots = &table->nothing;
    }
    table->completed = table->frozen = leat_stamp_of(completed);
    table->stamp = table->frozen + 1;
    table->gather_group = key_group_count;
    table->watermark = table->frozen_watermark = table->floor_max = LEAT_TIME_MIN;
    return table;
}

void leat_sorted_free(leat_sorted_table **table)
{
    leat_sorted_table *t = LEAT_TAKE(*table);
    if (t == NULL)
        return;
    for (uint32_t i = 0; i < t->key_group_count; i++) {
        leat_sorted_group *group = &t->groups[i];
        leat_sorted_remove_group(t, i);
        leat_vec_fini(&group->dirty.entries);
        leat_vec_fini(&group->frozen.entries);
        leat_record_run_fini(&group->dirty.removed);
        leat_record_run_fini(&group->frozen.removed);
        leat_record_run_fini(&group->early);
    }
    leat_sorted_sweep(t);
    leat_vec_fini(&t->swept);
    leat_vec_fini(&t->empty);
    leat_blob_pool_fini(&t->pool);
    leat_free(t->groups);
    leat_record_order_fini(&t->order);
    leat_record_run_fini(&t->run);
    leat_free(t);
}

void leat_sorted_add_group(leat_sorted_table *table, uint32_t key_group)
{
    LEAT_ASSERT(!table->groups[key_group].is_owned);
    table->groups[key_group].is_owned = true;
}

static void bin_drop(leat_sorted_table *table, leat_bin *bin)
{
    leat_bin_place place = leat_bin_first(bin);
    for (leat_entry *entry; (entry = leat_bin_at(&place)) != NULL; leat_bin_next(&place)) {
        table->entry_count--;
        leat_entry_free(table, entry);
    }
    leat_bin_free(table, bin);
}

void leat_sorted_remove_group(leat_sorted_table *table, uint32_t key_group)
{
    leat_sorted_sweep(table);
    leat_sorted_group *group = &table->groups[key_group];
    leat_entry_list_clear(table, &group->dirty);
    leat_entry_list_clear(table, &group->frozen);
    leat_record_run_clear(&group->early);
    for (uint32_t i = 0; group->slots != &table->nothing && i <= group->mask; i++)
        if (group->slots[i].bin != NULL)
            bin_drop(table, group->slots[i].bin);
    if (group->slots != &table->nothing)
        leat_free(group->slots);
    group->slots = &table->nothing;
    group->mask = group->bin_count = 0;
    group->arrival = 0;
    group->is_owned = false;
    group->floor = LEAT_TIME_MIN;
}

/* --- Bins by key. The lower bits choose the slot: the top ones chose the key group. --- */

static void group_grow(leat_sorted_table *table, leat_sorted_group *group)
{
    leat_bin_slot *old = group->slots;
    uint32_t old_count = old == &table->nothing ? 0 : group->mask + 1;
    uint32_t count = LEAT_MAX(old_count * 2, (uint32_t)SLOTS_MIN);
    group->slots = leat_alloc_zero(count, sizeof *group->slots);
    group->mask = count - 1;
    for (uint32_t i = 0; i < old_count; i++) {
        if (old[i].bin == NULL)
            continue;
        uint32_t at = (uint32_t)old[i].hash & group->mask;
        while (group->slots[at].bin != NULL)
            at = (at + 1) & group->mask;
        group->slots[at] = old[i];
    }
    if (old != &table->nothing)
        leat_free(old);
}

static uint32_t slot_of(const leat_sorted_group *group, uint64_t hash, leat_bytes key)
{
    uint32_t at = (uint32_t)hash & group->mask;
    for (;; at = (at + 1) & group->mask) {
        const leat_bin *bin = group->slots[at].bin;
        if (bin == NULL || (group->slots[at].hash == hash && bin->key_size == key.size &&
                            memcmp(bin->key, key.data, key.size) == 0))
            return at;
    }
}

static leat_bin *
bin_make(leat_sorted_table *table, uint32_t key_group, uint64_t hash, leat_bytes key)
{
    leat_sorted_group *group = &table->groups[key_group];
    LEAT_ASSERT(group->is_owned); /* S3 */
    bool is_full = group->slots == &table->nothing || group->bin_count * 4 >= group->mask * 3;
    if (is_full)
        group_grow(table, group);
    leat_bin *bin = leat_blob_pool_take(&table->pool, sizeof *bin + key.size);
    *bin = (leat_bin){.hash = hash, .key_group = key_group, .key_size = (uint32_t)key.size};
    memcpy(bin->key, key.data, key.size);
    group->slots[slot_of(group, hash, key)] = (leat_bin_slot){hash, bin};
    group->bin_count++;
    leat_bin_list(table, bin);
    return bin;
}

leat_bin *leat_sorted_bin(leat_sorted_table *table, uint64_t hash, leat_bytes key, bool is_making)
{
    uint32_t key_group = leat_key_group_of(hash, table->key_group_count);
    const leat_sorted_group *group = &table->groups[key_group];
    key.data = key.size == 0 ? "" : key.data;
    leat_bin *bin = group->slots[slot_of(group, hash, key)].bin;
    return bin != NULL || !is_making ? bin : bin_make(table, key_group, hash, key);
}

static void keys_prefetch(const leat_sorted_table *table, const leat_bin_run *run, uint32_t from)
{
    uint32_t to = LEAT_MIN(run->count, from + PREFETCH_KEYS);
    for (uint32_t i = from; i < to; i++) {
        uint64_t hash = run->hashes[i];
        const leat_sorted_group *group =
            &table->groups[leat_key_group_of(hash, table->key_group_count)];
        __builtin_prefetch(&group->slots[(uint32_t)hash & group->mask]);
    }
}

static void bins_prefetch(const leat_sorted_table *table, const leat_bin_run *run, uint32_t from)
{
    uint32_t to = LEAT_MIN(run->count, from + PREFETCH_KEYS);
    for (uint32_t i = from; i < to; i++) {
        uint64_t hash = run->hashes[i];
        const leat_sorted_group *group =
            &table->groups[leat_key_group_of(hash, table->key_group_count)];
        __builtin_prefetch(group->slots[(uint32_t)hash & group->mask].bin);
    }
}

void leat_sorted_bins(leat_sorted_table *table,
                      const leat_bin_run *run,
                      bool is_making,
                      leat_bin **out_bins)
{
    keys_prefetch(table, run, 0);
    for (uint32_t from = 0; from < run->count; from += PREFETCH_KEYS) {
        keys_prefetch(table, run, from + PREFETCH_KEYS);
        bins_prefetch(table, run, from);
        uint32_t to = LEAT_MIN(run->count, from + PREFETCH_KEYS);
        for (uint32_t i = from; i < to; i++) {
            leat_bytes key = {run->bytes + run->starts[i], run->starts[i + 1] - run->starts[i]};
            out_bins[i] = leat_sorted_bin(table, run->hashes[i], key, is_making);
            if (out_bins[i] != NULL)
                __builtin_prefetch(out_bins[i]->one);
        }
    }
}

void leat_bin_list(leat_sorted_table *table, leat_bin *bin)
{
    if (bin->is_listed)
        return;
    bin->is_listed = true;
    leat_vec_push(&table->empty, bin);
}

static void bin_forget(leat_sorted_table *table, leat_bin *bin)
{
    leat_sorted_group *group = &table->groups[bin->key_group];
    uint32_t hole = slot_of(group, bin->hash, leat_bytes_of(bin->key, bin->key_size));
    LEAT_ASSERT(group->slots[hole].bin == bin);
    for (uint32_t at = (hole + 1) & group->mask; group->slots[at].bin != NULL;
         at = (at + 1) & group->mask) {
        uint32_t home = (uint32_t)group->slots[at].hash & group->mask;
        if (((at - home) & group->mask) < ((at - hole) & group->mask))
            continue;
        group->slots[hole] = group->slots[at];
        hole = at;
    }
    group->slots[hole] = (leat_bin_slot){0};
    group->bin_count--;
    leat_bin_free(table, bin);
}

void leat_sorted_sweep(leat_sorted_table *table)
{
    LEAT_VEC_EACH (entry, &table->swept)
        leat_entry_free(table, *entry);
    leat_vec_clear(&table->swept);
    LEAT_VEC_EACH (bin, &table->empty) {
        (*bin)->is_listed = false;
        if ((*bin)->count == 0)
            bin_forget(table, *bin);
    }
    leat_vec_clear(&table->empty);
}

leat_bin *
leat_sorted_next_bin(const leat_sorted_table *table, uint32_t key_group, const leat_bin *after)
{
    const leat_sorted_group *group = &table->groups[key_group];
    if (group->bin_count == 0)
        return NULL;
    uint32_t at = 0;
    if (after != NULL)
        at = 1 + slot_of(group, after->hash, leat_bytes_of(after->key, after->key_size));
    while (at <= group->mask && group->slots[at].bin == NULL)
        at++;
    return at <= group->mask ? group->slots[at].bin : NULL;
}

uint32_t leat_bin_count(const leat_bin *bin)
{
    return bin->count;
}

uint64_t leat_bin_hash(const leat_bin *bin)
{
    return bin->hash;
}

leat_bytes leat_bin_key(const leat_bin *bin)
{
    return leat_bytes_of(bin->key, bin->key_size);
}

uint32_t leat_bin_key_group(const leat_bin *bin)
{
    return bin->key_group;
}

uint32_t *leat_bin_mark(leat_bin *bin)
{
    return &bin->mark;
}

/* --- Numbers. --- */

uint64_t leat_sorted_arrival(leat_sorted_table *table, uint32_t key_group)
{
    LEAT_ASSERT(table->has_arrival);
    return ++table->groups[key_group].arrival;
}

leat_time leat_sorted_watermark(const leat_sorted_table *table, uint32_t key_group)
{
    return LEAT_MAX(table->groups[key_group].floor, table->watermark);
}

leat_time leat_sorted_watermark_max(const leat_sorted_table *table)
{
    return LEAT_MAX(table->floor_max, table->watermark);
}

void leat_sorted_advance(leat_sorted_table *table, leat_time watermark)
{
    if (watermark <= table->watermark)
        return;
    table->watermark = watermark;
    table->watermark_stamp = table->stamp;
}

uint64_t leat_sorted_entry_count(const leat_sorted_table *table)
{
    return table->entry_count;
}

uint32_t leat_sorted_key_group_count(const leat_sorted_table *table)
{
    return table->key_group_count;
}

bool leat_sorted_owns(const leat_sorted_table *table, uint32_t key_group)
{
    return table->groups[key_group].is_owned;
}

size_t leat_sorted_bytes(const leat_sorted_table *table)
{
    size_t bytes = table->pool.used_bytes;
    for (uint32_t i = 0; i < table->key_group_count; i++)
        bytes += (table->groups[i].mask + 1) * sizeof(leat_bin_slot);
    return bytes;
}
