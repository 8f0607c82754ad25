/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/bitset.h"

#include <string.h>

#include "common/base/alloc.h"

static size_t word_count(const leat_bitset *set)
{
    return (set->bit_count + 63) / 64;
}

/* The bits of the last word that exist; the others stay 0. */
static uint64_t last_word_mask(const leat_bitset *set)
{
    return set->bit_count % 64 == 0 ? UINT64_MAX : (UINT64_C(1) << (set->bit_count % 64)) - 1;
}

static void recount(leat_bitset *set)
{
    set->set_count = 0;
    for (size_t i = 0; i < word_count(set); i++)
        set->set_count += (size_t)__builtin_popcountll(set->words[i]);
}

void leat_bitset_init(leat_bitset *set, size_t bit_count)
{
    *set = (leat_bitset){.bit_count = bit_count};
    set->words = leat_alloc_zero(word_count(set), sizeof *set->words);
}

void leat_bitset_fini(leat_bitset *set)
{
    leat_free(set->words);
    *set = (leat_bitset){0};
}

void leat_bitset_copy(leat_bitset *set, const leat_bitset *from)
{
    if (set->words == NULL)
        leat_bitset_init(set, from->bit_count);
    LEAT_ASSERT(set->bit_count == from->bit_count);
    if (word_count(set) > 0)
        memcpy(set->words, from->words, word_count(set) * sizeof *set->words);
    set->set_count = from->set_count;
}

void leat_bitset_clear(leat_bitset *set)
{
    for (size_t i = 0; i < word_count(set); i++)
        set->words[i] = 0;
    set->set_count = 0;
}

void leat_bitset_fill(leat_bitset *set)
{
    size_t count = word_count(set);
    for (size_t i = 0; i < count; i++)
        set->words[i] = i + 1 < count ? UINT64_MAX : last_word_mask(set);
    set->set_count = set->bit_count;
}

void leat_bitset_add_all(leat_bitset *set, const leat_bitset *other)
{
    LEAT_ASSERT(set->bit_count == other->bit_count);
    for (size_t i = 0; i < word_count(set); i++)
        set->words[i] |= other->words[i];
    recount(set);
}

void leat_bitset_remove_all(leat_bitset *set, const leat_bitset *other)
{
    LEAT_ASSERT(set->bit_count == other->bit_count);
    for (size_t i = 0; i < word_count(set); i++)
        set->words[i] &= ~other->words[i];
    recount(set);
}

bool leat_bitset_equal(const leat_bitset *a, const leat_bitset *b)
{
    if (a->bit_count != b->bit_count || a->set_count != b->set_count)
        return false;
    for (size_t i = 0; i < word_count(a); i++)
        if (a->words[i] != b->words[i])
            return false;
    return true;
}

bool leat_bitset_includes(const leat_bitset *set, const leat_bitset *other)
{
    LEAT_ASSERT(set->bit_count == other->bit_count);
    for (size_t i = 0; i < word_count(set); i++)
        if ((other->words[i] & ~set->words[i]) != 0)
            return false;
    return true;
}

/* The first bit at or after `from` whose value differs from `skipped`'s (all zeros or ones). */
static size_t next_unlike(const leat_bitset *set, size_t from, uint64_t skipped)
{
    if (from >= set->bit_count)
        return set->bit_count;
    size_t at = from / 64;
    uint64_t word = (set->words[at] ^ skipped) & (UINT64_MAX << (from % 64));
    while (word == 0) {
        if (++at == word_count(set))
            return set->bit_count;
        word = set->words[at] ^ skipped;
    }
    return LEAT_MIN(at * 64 + (size_t)__builtin_ctzll(word), set->bit_count);
}

size_t leat_bitset_next(const leat_bitset *set, size_t from)
{
    return next_unlike(set, from, 0);
}

size_t leat_bitset_next_clear(const leat_bitset *set, size_t from)
{
    return next_unlike(set, from, UINT64_MAX);
}
