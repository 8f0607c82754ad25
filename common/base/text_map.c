/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/hash.h"
#include "common/base/map.h"

enum { CAPACITY_MIN = 8 };

static size_t probe(const leat_text_map *map, uint64_t hash, leat_bytes key)
{
    size_t mask = map->capacity - 1;
    size_t at = (size_t)hash & mask;
    for (; map->entries[at].key.data != NULL; at = (at + 1) & mask)
        if (map->entries[at].hash == hash && leat_bytes_equal(map->entries[at].key, key))
            break;
    return at;
}

static void grow(leat_text_map *map)
{
    leat_text_map bigger = {.capacity = LEAT_MAX(map->capacity * 2, (size_t)CAPACITY_MIN)};
    bigger.entries = leat_alloc_zero(bigger.capacity, sizeof *bigger.entries);
    bigger.count = map->count;
    LEAT_TEXT_MAP_EACH(entry, map)
    bigger.entries[probe(&bigger, entry->hash, entry->key)] = *entry;
    leat_free(map->entries);
    *map = bigger;
}

static leat_bytes key_copy(leat_bytes key)
{
    char *copy = leat_alloc(key.size + 1);
    if (key.size > 0)
        memcpy(copy, key.data, key.size);
    copy[key.size] = '\0';
    return leat_bytes_of(copy, key.size);
}

static void key_free(leat_bytes key)
{
    union {
        const char *shared;
        char *owned;
    } data = {.shared = key.data};
    leat_free(data.owned);
}

void leat_text_map_fini(leat_text_map *map)
{
    LEAT_TEXT_MAP_EACH(entry, map)
    key_free(entry->key);
    leat_free(map->entries);
    *map = (leat_text_map){0};
}

leat_text_map_entry *leat_text_map_find(const leat_text_map *map, leat_bytes key)
{
    if (map->count == 0)
        return NULL;
    leat_text_map_entry *entry = &map->entries[probe(map, leat_hash_bytes(key), key)];
    return entry->key.data == NULL ? NULL : entry;
}

leat_text_map_entry *leat_text_map_add(leat_text_map *map, leat_bytes key, bool *out_is_new)
{
    if (map->count * 4 >= map->capacity * 3)
        grow(map);
    uint64_t hash = leat_hash_bytes(key);
    leat_text_map_entry *entry = &map->entries[probe(map, hash, key)];
    bool is_new = entry->key.data == NULL;
    if (out_is_new != NULL)
        *out_is_new = is_new;
    if (is_new) {
        *entry = (leat_text_map_entry){.key = key_copy(key), .hash = hash};
        map->count++;
    }
    return entry;
}

bool leat_text_map_remove(leat_text_map *map, leat_bytes key)
{
    leat_text_map_entry *found = leat_text_map_find(map, key);
    if (found == NULL)
        return false;
    key_free(found->key);
    size_t mask = map->capacity - 1;
    size_t hole = (size_t)(found - map->entries);
    for (size_t at = (hole + 1) & mask; map->entries[at].key.data != NULL; at = (at + 1) & mask) {
        size_t home = (size_t)map->entries[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->entries[hole] = map->entries[at];
            hole = at;
        }
    }
    map->entries[hole] = (leat_text_map_entry){0};
    map->count--;
    return true;
}

leat_text_map_entry *leat_text_map_next(const leat_text_map *map, size_t from)
{
    for (size_t at = from; at < map->capacity; at++)
        if (map->entries[at].key.data != NULL)
            return &map->entries[at];
    return NULL;
}
