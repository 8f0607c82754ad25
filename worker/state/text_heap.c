/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/text_heap.h"

#include "common/base/alloc.h"

enum { CHUNK_MIN = 256, CHUNK_MAX = 1 << 20 };

typedef struct leat_text_chunk {
    struct leat_text_chunk *next;
    size_t capacity;
    size_t used;
    char data[];
} leat_text_chunk;

void leat_text_heap_fini(leat_text_heap *heap)
{
    while (heap->chunks != NULL) {
        leat_text_chunk *chunk = heap->chunks;
        heap->chunks = chunk->next;
        leat_free(chunk);
    }
    *heap = (leat_text_heap){0};
}

static leat_text_chunk *heap_grow(leat_text_heap *heap, size_t size)
{
    size_t capacity = heap->chunks == NULL ? CHUNK_MIN : heap->chunks->capacity * 2;
    capacity = LEAT_MAX(LEAT_MIN(capacity, (size_t)CHUNK_MAX), size);
    leat_text_chunk *chunk = leat_alloc(sizeof *chunk + capacity);
    *chunk = (leat_text_chunk){.next = heap->chunks, .capacity = capacity};
    heap->chunks = chunk;
    heap->held_bytes += sizeof *chunk + capacity;
    return chunk;
}

const char *leat_text_heap_add(leat_text_heap *heap, const char *data, size_t size)
{
    leat_text_chunk *chunk = heap->chunks;
    if (chunk == NULL || chunk->capacity - chunk->used < size)
        chunk = heap_grow(heap, size);
    char *at = chunk->data + chunk->used;
    memcpy(at, data, size);
    chunk->used += size;
    heap->used_bytes += size;
    if (heap->compact_at == 0)
        heap->compact_at = CHUNK_MIN;
    return at;
}

bool leat_text_heap_has(const leat_text_heap *heap, const char *data)
{
    for (const leat_text_chunk *chunk = heap->chunks; chunk != NULL; chunk = chunk->next)
        if ((uintptr_t)data - (uintptr_t)chunk->data < chunk->used)
            return true;
    return false;
}

void leat_text_heap_settle(leat_text_heap *heap)
{
    heap->compact_at = heap->used_bytes * 2 + CHUNK_MIN;
}
