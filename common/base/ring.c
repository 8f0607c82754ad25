/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/ring.h"

#include "common/base/alloc.h"

void leat_ring_init(leat_ring *ring, size_t capacity)
{
    LEAT_ASSERT(capacity > 0 && capacity <= (size_t)1 << 30);
    size_t rounded = 2;
    while (rounded < capacity)
        rounded *= 2;
    ring->slots = leat_alloc_zero(rounded, sizeof *ring->slots);
    ring->mask = rounded - 1;
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->head, 0);
    ring->head_seen = 0;
    ring->tail_seen = 0;
}

void leat_ring_fini(leat_ring *ring)
{
    leat_free(ring->slots);
    ring->slots = NULL;
    ring->mask = 0;
}
