/* SPDX-License-Identifier: Apache-2.0
 *
 * hash_sort - put rows of one key group into the order of their hashes, in linear time.
 *
 * Hashes of a key group are uniform over its share of the hash space, so a row's place is known
 * to within a few rows: scatter there, then finish by insertion.
 */
#ifndef LEAT_WORKER_STATE_HASH_SORT_H
#define LEAT_WORKER_STATE_HASH_SORT_H

#include "common/base/attrs.h"

typedef struct leat_hash_item {
    uint64_t hash;
    uint64_t payload;
} leat_hash_item;

/* Scratch of a sorter, kept between sorts; a zeroed one is valid. */
typedef struct leat_hash_sorter {
    leat_hash_item *scattered;
    uint32_t *starts;
    uint32_t capacity;
} leat_hash_sorter;

/* Order of two payloads whose hashes are equal; total. */
typedef int leat_hash_tie(const void *self, uint64_t a, uint64_t b);

void leat_hash_sorter_fini(leat_hash_sorter *sorter);
/* All hashes lie in one of `key_groups` key groups. */
void leat_hash_sort(leat_hash_sorter *sorter,
                    leat_hash_item *items,
                    uint32_t count,
                    uint32_t key_groups,
                    leat_hash_tie *tie,
                    const void *self);

#endif
