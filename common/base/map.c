/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/map.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"

enum { CAPACITY_MIN = 8 };

/* Finalizer of splitmix64: neighbouring keys go far apart. */
static uint64_t mix(uint64_t key)
{
    key = (key ^ (key >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    key = (key ^ (key >> 27)) * UINT64_C(0x94D049BB133111EB);
    return key ^ (key >> 31);
}

/* Index of `key`, or of the free entry where it would go. Needs: capacity > count. */
static size_t probe(const leat_map *map, uint64_t key)
{
    size_t mask = map->capacity - 1;
    size_t at = (size_t)mix(key) & mask;
    while (map->entries[at].is_used && map->entries[at].key != key)
        at = (at + 1) & mask;
    return at;
}

static void grow(leat_map *map)
{
    leat_map bigger = {.capacity = LEAT_MAX(map->capacity * 2, (size_t)CAPACITY_MIN)};
    bigger.entries = leat_alloc_zero(bigger.capacity, sizeof *bigger.entries);
    bigger.count = map->count;
    LEAT_MAP_EACH (entry, map)
        bigger.entries[probe(&bigger, entry->key)] = *entry;
    leat_free(map->entries);
    *map = bigger;
}

void leat_map_fini(leat_map *map)
{
    leat_free(map->entries);
    *map = (leat_map){0};
}

void leat_map_clear(leat_map *map)
{
    if (map->capacity > 0)
        memset(map->entries, 0, map->capacity * sizeof *map->entries);
    map->count = 0;
}

leat_map_entry *leat_map_find(const leat_map *map, uint64_t key)
{
    if (map->count == 0)
        return NULL;
    leat_map_entry *entry = &map->entries[probe(map, key)];
    return entry->is_used ? entry : NULL;
}

leat_map_entry *leat_map_add(leat_map *map, uint64_t key, bool *out_is_new)
{
    if (map->count * 4 >= map->capacity * 3)
        grow(map);
    leat_map_entry *entry = &map->entries[probe(map, key)];
    if (out_is_new != NULL)
        *out_is_new = !entry->is_used;
    if (!entry->is_used) {
        *entry = (leat_map_entry){.key = key, .is_used = true};
        map->count++;
    }
    return entry;
}

bool leat_map_remove(leat_map *map, uint64_t key)
{
    leat_map_entry *found = leat_map_find(map, key);
    if (found == NULL)
        return false;
    size_t mask = map->capacity - 1;
    size_t hole = (size_t)(found - map->entries);
    for (size_t at = (hole + 1) & mask; map->entries[at].is_used; at = (at + 1) & mask) {
        size_t home = (size_t)mix(map->entries[at].key) & mask;
        /* Move back only what does not lie between its home and the hole, cyclically. */
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->entries[hole] = map->entries[at];
            hole = at;
        }
    }
    map->entries[hole] = (leat_map_entry){0};
    map->count--;
    return true;
}

leat_map_entry *leat_map_next(const leat_map *map, size_t from)
{
    for (size_t at = from; at < map->capacity; at++)
        if (map->entries[at].is_used)
            return &map->entries[at];
    return NULL;
}
