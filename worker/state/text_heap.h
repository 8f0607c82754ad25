/* SPDX-License-Identifier: Apache-2.0
 *
 * text_heap - where the long texts of one part of a state table live.
 *
 * Texts are added and never freed one by one; when most of the heap is dead its owner copies what
 * still lives into a new one. Chunks double from 256 bytes to 1 MiB and never move, so views into
 * them stay valid. A zeroed heap is valid and empty. Thread: one owner.
 */
#ifndef LEAT_WORKER_STATE_TEXT_HEAP_H
#define LEAT_WORKER_STATE_TEXT_HEAP_H

#include "common/base/bytes.h"

typedef struct leat_text_heap {
    struct leat_text_chunk *chunks; /* newest first */
    size_t used_bytes;              /* texts added, dead ones included */
    size_t held_bytes;              /* memory of the chunks */
    size_t compact_at;              /* used_bytes at which compacting is worth it */
} leat_text_heap;

void leat_text_heap_fini(leat_text_heap *heap);
/* Copy `size` bytes in; valid until fini. */
const char *leat_text_heap_add(leat_text_heap *heap, const char *data, size_t size);
/* Whether `data` points into the heap. */
bool leat_text_heap_has(const leat_text_heap *heap, const char *data);

/* True when the heap has at least doubled since it was last known to hold only living text. */
static inline bool leat_text_heap_is_stale(const leat_text_heap *heap)
{
    return heap->used_bytes > heap->compact_at;
}
/* Say that all text in it is alive now. */
void leat_text_heap_settle(leat_text_heap *heap);

#endif
