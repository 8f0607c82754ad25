/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/heap.h"

static bool is_before(leat_heap_item a, leat_heap_item b)
{
    return a.priority != b.priority ? a.priority < b.priority : a.sequence < b.sequence;
}

/* Let `item` rise from hole `at` until its parent is before it. */
static void sift_up(leat_heap_item *items, size_t at, leat_heap_item item)
{
    while (at > 0 && is_before(item, items[(at - 1) / 2])) {
        items[at] = items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    items[at] = item;
}

/* Let `item` sink from hole `at` until it is before both children. */
static void sift_down(leat_heap_item *items, size_t count, size_t at, leat_heap_item item)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && is_before(items[child + 1], items[child]))
            child++;
        if (is_before(item, items[child]))
            break;
        items[at] = items[child];
        at = child;
    }
    items[at] = item;
}

void leat_heap_fini(leat_heap *heap)
{
    leat_vec_fini(&heap->items);
}

void leat_heap_add(leat_heap *heap, uint64_t priority, void *value)
{
    leat_heap_item item = {priority, heap->next_sequence++, value};
    leat_vec_push(&heap->items, item);
    sift_up(heap->items.items, heap->items.count - 1, item);
}

const leat_heap_item *leat_heap_first(const leat_heap *heap)
{
    return heap->items.count == 0 ? NULL : &heap->items.items[0];
}

leat_heap_item leat_heap_take(leat_heap *heap)
{
    LEAT_ASSERT(heap->items.count > 0);
    leat_heap_item first = heap->items.items[0];
    leat_heap_item last = leat_vec_pop(&heap->items);
    if (heap->items.count > 0)
        sift_down(heap->items.items, heap->items.count, 0, last);
    return first;
}

void leat_heap_filter(leat_heap *heap, bool (*keeps)(void *value, void *context), void *context)
{
    size_t kept = 0;
    LEAT_VEC_EACH (item, &heap->items)
        if (keeps(item->value, context))
            heap->items.items[kept++] = *item;
    heap->items.count = kept;
    for (size_t at = kept / 2; at-- > 0;)
        sift_down(heap->items.items, kept, at, heap->items.items[at]);
}
