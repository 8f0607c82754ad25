/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/state.h"

#include "common/base/alloc.h"
#include "common/base/hash.h"
#include "worker/state/byte_table_layout.h"
#include "worker/state/sorted_layout.h"
#include "worker/state/table_layout.h"

typedef struct state_entry {
    leat_table *rows; /* one of the three */
    leat_byte_table *bytes;
    leat_sorted_table *sorted;
    uint64_t frozen; /* epoch */
} state_entry;

struct leat_state {
    uint32_t key_group_count;
    bool *is_owned;
    uint64_t frozen;      /* newest epoch that any table was frozen for */
    uint32_t gather_next; /* state id */
    uint32_t count;
    state_entry entries[];
};

leat_state *leat_state_new(const leat_state_spec *specs,
                           uint32_t count,
                           uint32_t key_group_count,
                           uint64_t completed)
{
    LEAT_ASSERT(key_group_count >= 1 && key_group_count <= 32768);
    leat_state *state = leat_alloc_zero(1, sizeof *state + count * sizeof state->entries[0]);
    state->key_group_count = key_group_count;
    state->is_owned = leat_alloc_zero(key_group_count, sizeof *state->is_owned);
    state->count = state->gather_next = count;
    state->frozen = completed;
    for (uint32_t i = 0; i < count; i++) {
        state_entry *entry = &state->entries[i];
        entry->frozen = completed;
        if (specs[i].is_bytes)
            entry->bytes = leat_byte_table_new(i, key_group_count, completed);
        else if (specs[i].is_sorted)
            entry->sorted = leat_sorted_new(specs[i].has_arrival, i, key_group_count, completed);
        else
            entry->rows = leat_table_new(&specs[i].table, i, key_group_count, completed);
    }
    return state;
}

void leat_state_free(leat_state **state)
{
    leat_state *s = LEAT_TAKE(*state);
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < s->count; i++) {
        leat_table_free(&s->entries[i].rows);
        leat_byte_table_free(&s->entries[i].bytes);
        leat_sorted_free(&s->entries[i].sorted);
    }
    leat_free(s->is_owned);
    leat_free(s);
}

void leat_state_add_group(leat_state *state, uint32_t key_group)
{
    LEAT_ASSERT(key_group < state->key_group_count);
    state->is_owned[key_group] = true;
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->entries[i].rows != NULL)
            leat_table_add_group(state->entries[i].rows, key_group);
        else if (state->entries[i].sorted != NULL)
            leat_sorted_add_group(state->entries[i].sorted, key_group);
        else
            leat_byte_table_add_group(state->entries[i].bytes, key_group);
    }
}

void leat_state_remove_group(leat_state *state, uint32_t key_group)
{
    LEAT_ASSERT(key_group < state->key_group_count);
    state->is_owned[key_group] = false;
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->entries[i].rows != NULL)
            leat_table_remove_group(state->entries[i].rows, key_group);
        else if (state->entries[i].sorted != NULL)
            leat_sorted_remove_group(state->entries[i].sorted, key_group);
        else
            leat_byte_table_remove_group(state->entries[i].bytes, key_group);
    }
}

bool leat_state_owns(const leat_state *state, uint32_t key_group)
{
    return key_group < state->key_group_count && state->is_owned[key_group];
}

uint32_t leat_state_key_group_count(const leat_state *state)
{
    return state->key_group_count;
}

leat_table *leat_state_table(leat_state *state, uint32_t state_id)
{
    LEAT_ASSERT(state_id < state->count && state->entries[state_id].rows != NULL);
    return state->entries[state_id].rows;
}

bool leat_state_is_sorted(const leat_state *state, uint32_t state_id)
{
    LEAT_ASSERT(state_id < state->count);
    return state->entries[state_id].sorted != NULL;
}

leat_byte_table *leat_state_byte_table(leat_state *state, uint32_t state_id)
{
    LEAT_ASSERT(state_id < state->count && state->entries[state_id].bytes != NULL);
    return state->entries[state_id].bytes;
}

leat_sorted_table *leat_state_sorted_table(leat_state *state, uint32_t state_id)
{
    LEAT_ASSERT(state_id < state->count && state->entries[state_id].sorted != NULL);
    return state->entries[state_id].sorted;
}

leat_code leat_state_apply(leat_state *state, const leat_record *record, leat_error *err)
{
    if (record->state >= state->count)
        return leat_fail(err, LEAT_CORRUPT, "a record of unknown state %u", record->state);
    if (!leat_state_owns(state, record->key_group))
        return leat_fail(err, LEAT_CORRUPT, "a record of key group %u, which is not ours",
                         record->key_group);
    state_entry *entry = &state->entries[record->state];
    if (entry->rows != NULL)
        return leat_table_apply(entry->rows, record, err);
    if (entry->sorted != NULL)
        return leat_sorted_apply(entry->sorted, record, err);
    leat_byte_table_apply(entry->bytes, record);
    return LEAT_OK;
}

void leat_state_freeze(leat_state *state,
                       const uint16_t *state_ids,
                       uint32_t count,
                       uint64_t epoch,
                       uint64_t completed)
{
    LEAT_ASSERT(epoch >= state->frozen && completed < epoch);
    if (epoch > state->frozen) {
        state->frozen = epoch;
        state->gather_next = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        state_entry *entry = &state->entries[state_ids[i]];
        LEAT_ASSERT(entry->frozen < epoch);
        entry->frozen = epoch;
        if (entry->rows != NULL)
            leat_table_freeze(entry->rows, epoch, completed);
        else if (entry->sorted != NULL)
            leat_sorted_freeze(entry->sorted, epoch, completed);
        else
            leat_byte_table_freeze(entry->bytes, epoch, completed);
    }
}

static bool entry_is_gathered(const state_entry *entry)
{
    if (entry->rows != NULL)
        return leat_table_is_gathered(entry->rows);
    return entry->sorted == NULL || leat_sorted_is_gathered(entry->sorted);
}

bool leat_state_gather(leat_state *state, uint32_t max_rows, leat_record_visit *visit, void *self)
{
    uint32_t visited = 0;
    while (state->gather_next < state->count && visited < max_rows) {
        state_entry *entry = &state->entries[state->gather_next];
        if (entry->frozen != state->frozen)
            return false; /* S1: its stage has not aligned yet */
        if (entry->bytes != NULL)
            visited += leat_byte_table_gather(entry->bytes, visit, self);
        else if (entry->sorted != NULL)
            visited += leat_sorted_gather(entry->sorted, max_rows - visited, visit, self);
        else
            visited += leat_table_gather(entry->rows, max_rows - visited, visit, self);
        if (entry_is_gathered(entry))
            state->gather_next++;
    }
    return leat_state_is_gathered(state);
}

bool leat_state_is_gathered(const leat_state *state)
{
    return state->gather_next == state->count;
}

void leat_state_decided(leat_state *state, uint64_t epoch)
{
    for (uint32_t i = 0; i < state->count; i++) {
        state_entry *entry = &state->entries[i];
        if (epoch > entry->frozen)
            continue; /* S2: completed epochs were frozen here; a fresh table knows of none */
        if (entry->rows != NULL)
            leat_table_decided(entry->rows, epoch);
        else if (entry->sorted != NULL)
            leat_sorted_decided(entry->sorted, epoch);
        else
            leat_byte_table_decided(entry->bytes, epoch);
    }
}

void leat_state_dump(leat_state *state, uint32_t key_group, leat_record_visit *visit, void *self)
{
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->entries[i].rows != NULL)
            leat_table_dump(state->entries[i].rows, key_group, visit, self);
        else if (state->entries[i].sorted != NULL)
            leat_sorted_dump(state->entries[i].sorted, key_group, visit, self);
        else
            leat_byte_table_dump(state->entries[i].bytes, key_group, visit, self);
    }
}

size_t leat_state_bytes(const leat_state *state)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < state->count; i++) {
        const state_entry *entry = &state->entries[i];
        if (entry->rows != NULL)
            bytes += entry->rows->bytes + leat_row_memory_bytes(&entry->rows->memory);
        else if (entry->sorted != NULL)
            bytes += leat_sorted_bytes(entry->sorted);
        else
            bytes += leat_byte_table_bytes(entry->bytes);
    }
    return bytes;
}

size_t leat_state_dirty_bytes(const leat_state *state)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < state->count; i++) {
        const leat_table *rows = state->entries[i].rows;
        if (rows != NULL)
            bytes += (rows->dirty_count + rows->frozen_count) * rows->row_size;
        const leat_sorted_table *sorted = state->entries[i].sorted;
        if (sorted != NULL)
            bytes += sorted->dirty_bytes + sorted->frozen_bytes;
    }
    return bytes;
}

/* A sum, so that the order of rows does not matter. */
static void hash_add(void *self, const leat_record *record)
{
    uint64_t *sum = self;
    uint64_t head[3] = {record->state, (uint64_t)record->pane, record->key.size};
    uint64_t hash = leat_hash_seeded(record->hash, head, sizeof head);
    hash = leat_hash_seeded(hash, record->key.data, record->key.size);
    *sum += leat_hash_seeded(hash, record->value.data, record->value.size);
}

uint64_t leat_state_hash(leat_state *state, uint32_t key_group)
{
    uint64_t sum = 0;
    leat_state_dump(state, key_group, hash_add, &sum);
    return sum;
}
