/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/hash_sort.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/alloc.h"

/* More rows than this in one bucket are not chance: they share a hash, or somebody chose the keys.
 */
enum { BUCKET_MAX = 64 };

__extension__ typedef unsigned __int128 wide;

typedef struct order {
    leat_hash_tie *tie;
    const void *self;
} order;

static int item_compare(const void *left, const void *right, void *context)
{
    const leat_hash_item *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    const order *by = context;
    return by->tie(by->self, a->payload, b->payload);
}

void leat_hash_sorter_fini(leat_hash_sorter *sorter)
{
    leat_free(sorter->scattered);
    leat_free(sorter->starts);
    *sorter = (leat_hash_sorter){0};
}

static void sorter_reserve(leat_hash_sorter *sorter, uint32_t count)
{
    if (count <= sorter->capacity)
        return;
    uint32_t capacity = LEAT_MAX(count, sorter->capacity * 2);
    sorter->scattered = leat_realloc(sorter->scattered, capacity * sizeof *sorter->scattered);
    sorter->starts = leat_realloc(sorter->starts, (capacity + 1) * sizeof *sorter->starts);
    sorter->capacity = capacity;
}

/* hash * key_groups is key group . fraction; the fraction scaled to [0, count). */
static uint32_t bucket_of(uint64_t hash, uint32_t key_groups, uint32_t count)
{
    return (uint32_t)(((wide)(hash * key_groups) * count) >> 64);
}

static void insertion_sort(leat_hash_item *items, uint32_t count, order *by)
{
    for (uint32_t i = 1; i < count; i++) {
        leat_hash_item item = items[i];
        uint32_t at = i;
        for (; at > 0 && item_compare(&items[at - 1], &item, by) > 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Equal hashes, as many rows of one key have, mostly come in order already. */
static void bucket_sort(leat_hash_item *items, uint32_t count, order *by)
{
    uint32_t sorted = 1;
    while (sorted < count && item_compare(&items[sorted - 1], &items[sorted], by) <= 0)
        sorted++;
    if (sorted < count && count > BUCKET_MAX)
        qsort_r(items, count, sizeof *items, item_compare, by);
    else if (sorted < count)
        insertion_sort(items, count, by);
}

void leat_hash_sort(leat_hash_sorter *sorter,
                    leat_hash_item *items,
                    uint32_t count,
                    uint32_t key_groups,
                    leat_hash_tie *tie,
                    const void *self)
{
    order by = {tie, self};
    if (count <= 8) {
        insertion_sort(items, count, &by);
        return;
    }
    sorter_reserve(sorter, count);
    uint32_t *starts = sorter->starts;
    memset(starts, 0, (count + 1) * sizeof *starts);
    for (uint32_t i = 0; i < count; i++)
        starts[bucket_of(items[i].hash, key_groups, count) + 1]++;
    for (uint32_t i = 0; i < count; i++)
        starts[i + 1] += starts[i];
    for (uint32_t i = 0; i < count; i++)
        sorter->scattered[starts[bucket_of(items[i].hash, key_groups, count)]++] = items[i];
    memcpy(items, sorter->scattered, count * sizeof *items);
    for (uint32_t bucket = 0, from = 0; bucket < count; bucket++) { /* starts are ends now */
        if (starts[bucket] > from + 1)
            bucket_sort(items + from, starts[bucket] - from, &by);
        from = starts[bucket];
    }
}
