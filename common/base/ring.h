/* SPDX-License-Identifier: Apache-2.0
 *
 * ring - a bounded queue of pointers between exactly two threads: one pushes, one pops.
 *
 * Neither side blocks or allocates: a full ring says false and the producer keeps the item
 * (back pressure). What a pointer points at belongs to the consumer once pushed.
 *
 * Invariants
 *   R1  head <= tail <= head + capacity, all as ever-growing counts (no wrap in 2^64).
 *   R2  Only the producer writes tail, only the consumer writes head.
 *
 * Thread: `push`, `room`: the producer; `pop`, `peek`: the consumer; `count`: any (a hint).
 */
#ifndef LEAT_COMMON_BASE_RING_H
#define LEAT_COMMON_BASE_RING_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/assert.h"
#include "common/base/limits.h"

typedef struct leat_ring {
    void **slots;
    size_t mask; /* capacity - 1 */

    /* The producer's line: its own count, and the consumer's as last seen (so that a push
     * touches the other line only when the ring looks full). */
    _Alignas(LEAT_CACHE_LINE_BYTES) _Atomic size_t tail;
    size_t head_seen;

    /* The consumer's line. */
    _Alignas(LEAT_CACHE_LINE_BYTES) _Atomic size_t head;
    size_t tail_seen;
} leat_ring;

/* `capacity` is rounded up to a power of two. */
void leat_ring_init(leat_ring *ring, size_t capacity);
void leat_ring_fini(leat_ring *ring); /* Needs: empty, or the owner drained it */

static inline bool leat_ring_push(leat_ring *ring, void *item)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - ring->head_seen > ring->mask) {
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail - ring->head_seen > ring->mask)
            return false;
    }
    ring->slots[tail & ring->mask] = item;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

/* The oldest item without taking it; NULL when empty. */
static inline void *leat_ring_peek(leat_ring *ring)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head == ring->tail_seen) {
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == ring->tail_seen)
            return NULL;
    }
    return ring->slots[head & ring->mask];
}

/* NULL when empty; so NULL cannot be an item. */
static inline void *leat_ring_pop(leat_ring *ring)
{
    void *item = leat_ring_peek(ring);
    if (item != NULL) {
        size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
        atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    }
    return item;
}

static inline size_t leat_ring_count(leat_ring *ring)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    return tail - head;
}

/* How many pushes are sure to succeed. */
static inline size_t leat_ring_room(leat_ring *ring)
{
    return ring->mask + 1 - leat_ring_count(ring);
}

#endif
