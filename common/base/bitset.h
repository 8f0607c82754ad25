/* SPDX-License-Identifier: Apache-2.0
 *
 * bitset - a fixed number of bits with fast search. A zeroed bitset has no bits; init gives
 * it `bit_count` clear ones. One owner frees it with fini.
 */
#ifndef LEAT_COMMON_BASE_BITSET_H
#define LEAT_COMMON_BASE_BITSET_H

#include <stdbool.h>

#include "common/base/assert.h"

typedef struct leat_bitset {
    uint64_t *words; /* bits past bit_count are always 0 */
    size_t bit_count;
    size_t set_count; /* how many are 1 */
} leat_bitset;

void leat_bitset_init(leat_bitset *set, size_t bit_count);
void leat_bitset_fini(leat_bitset *set);
void leat_bitset_copy(leat_bitset *set, const leat_bitset *from); /* set: zeroed or same size */

static inline bool leat_bitset_has(const leat_bitset *set, size_t bit)
{
    LEAT_ASSERT(bit < set->bit_count);
    return (set->words[bit / 64] >> (bit % 64) & 1) != 0;
}

/* Both return whether the bit changed. */
static inline bool leat_bitset_add(leat_bitset *set, size_t bit)
{
    if (leat_bitset_has(set, bit))
        return false;
    set->words[bit / 64] |= UINT64_C(1) << (bit % 64);
    set->set_count++;
    return true;
}

static inline bool leat_bitset_remove(leat_bitset *set, size_t bit)
{
    if (!leat_bitset_has(set, bit))
        return false;
    set->words[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
    set->set_count--;
    return true;
}

void leat_bitset_clear(leat_bitset *set);
void leat_bitset_fill(leat_bitset *set);
void leat_bitset_add_all(leat_bitset *set, const leat_bitset *other);    /* union; equal sizes */
void leat_bitset_remove_all(leat_bitset *set, const leat_bitset *other); /* difference */
bool leat_bitset_equal(const leat_bitset *a, const leat_bitset *b);
bool leat_bitset_includes(const leat_bitset *set, const leat_bitset *other);

/* The first set bit at or after `from`, or bit_count when there is none:
 * LEAT_BITSET_EACH(bit, &set) visits all set bits in order; the set may change inside. */
size_t leat_bitset_next(const leat_bitset *set, size_t from);
size_t leat_bitset_next_clear(const leat_bitset *set, size_t from);

#define LEAT_BITSET_EACH(bit, set)                                                                 \
    for (size_t bit = leat_bitset_next((set), 0); bit < (set)->bit_count;                          \
         bit = leat_bitset_next((set), bit + 1))

#endif
