/* SPDX-License-Identifier: Apache-2.0
 *
 * heap - a binary min-heap: smallest u64 priority first, equal ones in order of insertion.
 *
 * The order of `take` depends on nothing but the calls: the simulator's event queue stands on
 * it. A zeroed heap is valid and empty. Values belong to the caller. One owner thread.
 */
#ifndef LEAT_COMMON_BASE_HEAP_H
#define LEAT_COMMON_BASE_HEAP_H

#include <stdbool.h>

#include "common/base/vec.h"

typedef struct leat_heap_item {
    uint64_t priority;
    uint64_t sequence; /* number of insertion: breaks ties */
    void *value;
} leat_heap_item;

typedef struct leat_heap {
    LEAT_VEC(leat_heap_item) items; /* items[i] <= items[2i + 1], items[2i + 2] */
    uint64_t next_sequence;
} leat_heap;

void leat_heap_fini(leat_heap *heap);
void leat_heap_add(leat_heap *heap, uint64_t priority, void *value);

/* The smallest, borrowed until the next change; NULL when empty. */
const leat_heap_item *leat_heap_first(const leat_heap *heap);

/* Remove the smallest. Needs: not empty. */
leat_heap_item leat_heap_take(leat_heap *heap);

/* Keep only the items for which `keeps(value, context)`; the order among them stays. O(n). */
void leat_heap_filter(leat_heap *heap, bool (*keeps)(void *value, void *context), void *context);

static inline bool leat_heap_is_empty(const leat_heap *heap)
{
    return heap->items.count == 0;
}

#endif
