/* SPDX-License-Identifier: Apache-2.0
 *
 * tags - sixteen bits of a hash per slot of a part, searched eight at a time.
 *
 * A tag is 0 where the slot is empty. A search may read LEAT_TAGS_PAD tags behind the closing empty
 * one: they are there, and 0. Thread: the owner of the table.
 */
#ifndef LEAT_WORKER_STATE_TAGS_H
#define LEAT_WORKER_STATE_TAGS_H

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { LEAT_TAGS_PAD = 8 };

/* The first slot from `slot` on that has the tag or is empty. Probes are short but of all lengths:
 * eight tags are compared at once, so that hardly a branch depends on the key. */
static inline uint64_t leat_tags_find(const uint16_t *tags, uint64_t slot, uint16_t tag)
{
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi16((short)tag), empty = _mm_setzero_si128();
    for (;; slot += 8) {
        __m128i eight = _mm_loadu_si128((const __m128i *)(const void *)(tags + slot));
        __m128i found = _mm_or_si128(_mm_cmpeq_epi16(eight, wanted), _mm_cmpeq_epi16(eight, empty));
        unsigned bytes = (unsigned)_mm_movemask_epi8(found);
        if (bytes != 0)
            return slot + (unsigned)__builtin_ctz(bytes) / 2;
    }
#else
    while (tags[slot] != tag && tags[slot] != 0)
        slot++;
    return slot;
#endif
}

#endif
