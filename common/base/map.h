/* SPDX-License-Identifier: Apache-2.0
 *
 * map - u64 -> u64 or pointer, and text -> pointer: open addressing, linear probing.
 *
 * For bookkeeping (members, channels, registries), not for state rows. A zeroed map is valid
 * and empty. Pointers returned are valid until the next set or remove. The order of iteration
 * depends on the calls alone, never on addresses; where order shows outside, sort. One owner.
 *
 * Removal shifts back what follows (Knuth 6.4, algorithm R): there are no tombstones.
 */
#ifndef LEAT_COMMON_BASE_MAP_H
#define LEAT_COMMON_BASE_MAP_H

#include "common/base/bytes.h"

typedef struct leat_map_entry {
    uint64_t key;
    union {
        uint64_t number;
        void *pointer;
    } value;
    bool is_used;
} leat_map_entry;

typedef struct leat_map {
    leat_map_entry *entries; /* capacity of them */
    size_t capacity;         /* 0 or a power of two */
    size_t count;
} leat_map;

void leat_map_fini(leat_map *map); /* the values are the caller's business */
void leat_map_clear(leat_map *map);

/* The entry of `key`, NULL when absent. */
leat_map_entry *leat_map_find(const leat_map *map, uint64_t key);
/* The entry of `key`, made with value 0 when absent (*out_is_new may be NULL). */
leat_map_entry *leat_map_add(leat_map *map, uint64_t key, bool *out_is_new);
/* False when it was absent. */
bool leat_map_remove(leat_map *map, uint64_t key);

static inline void *leat_map_get(const leat_map *map, uint64_t key)
{
    leat_map_entry *entry = leat_map_find(map, key);
    return entry == NULL ? NULL : entry->value.pointer;
}

static inline void leat_map_set(leat_map *map, uint64_t key, void *pointer)
{
    leat_map_add(map, key, NULL)->value.pointer = pointer;
}

/* The first used entry at or after index `from`, NULL at the end. */
leat_map_entry *leat_map_next(const leat_map *map, size_t from);

/* All entries in table order; neither set nor remove inside. */
#define LEAT_MAP_EACH(entry, map)                                                                  \
    for (leat_map_entry *entry = leat_map_next((map), 0); entry != NULL;                           \
         entry = leat_map_next((map), (size_t)(entry - (map)->entries) + 1))

/* text -> pointer. Keys are copied into the map. */
typedef struct leat_text_map_entry {
    leat_bytes key; /* owned by the map, NUL-terminated; data NULL = free */
    uint64_t hash;
    void *value;
} leat_text_map_entry;

typedef struct leat_text_map {
    leat_text_map_entry *entries;
    size_t capacity;
    size_t count;
} leat_text_map;

void leat_text_map_fini(leat_text_map *map);
leat_text_map_entry *leat_text_map_find(const leat_text_map *map, leat_bytes key);
leat_text_map_entry *leat_text_map_add(leat_text_map *map, leat_bytes key, bool *out_is_new);
bool leat_text_map_remove(leat_text_map *map, leat_bytes key);
leat_text_map_entry *leat_text_map_next(const leat_text_map *map, size_t from);

static inline void *leat_text_map_get(const leat_text_map *map, leat_bytes key)
{
    leat_text_map_entry *entry = leat_text_map_find(map, key);
    return entry == NULL ? NULL : entry->value;
}

#define LEAT_TEXT_MAP_EACH(entry, map)                                                             \
    for (leat_text_map_entry *entry = leat_text_map_next((map), 0); entry != NULL;                 \
         entry = leat_text_map_next((map), (size_t)(entry - (map)->entries) + 1))

#endif
