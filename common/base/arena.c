/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/arena.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"

enum { BLOCK_MIN = 4096, BLOCK_MAX = 256 * 1024, ALIGNMENT = 16 };

typedef struct leat_arena_block {
    struct leat_arena_block *older;
    size_t size; /* bytes after this header */
    char data[] __attribute__((aligned(16)));
} leat_arena_block;

static void arena_grow(leat_arena *arena, size_t at_least)
{
    size_t size =
        arena->blocks == NULL ? BLOCK_MIN : LEAT_MIN(arena->blocks->size * 2, (size_t)BLOCK_MAX);
    size = LEAT_MAX(size, at_least);
    leat_arena_block *block = leat_alloc_aligned(64, sizeof *block + size);
    block->older = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->at = block->data;
    arena->end = block->data + size;
}

void leat_arena_fini(leat_arena *arena)
{
    for (leat_arena_block *block = arena->blocks; block != NULL;) {
        leat_arena_block *older = block->older;
        leat_free(block);
        block = older;
    }
    *arena = (leat_arena){0};
}

void leat_arena_reset(leat_arena *arena)
{
    leat_arena_block *kept = arena->blocks;
    arena->used_bytes = 0;
    if (kept == NULL)
        return;
    for (leat_arena_block *block = kept->older; block != NULL;) {
        leat_arena_block *older = block->older;
        if (block->size > kept->size) {
            leat_free(kept);
            kept = block;
        } else {
            leat_free(block);
        }
        block = older;
    }
    kept->older = NULL;
    arena->blocks = kept;
    arena->at = kept->data;
    arena->end = kept->data + kept->size;
}

void *leat_arena_aligned(leat_arena *arena, size_t alignment, size_t size)
{
    LEAT_ASSERT((alignment & (alignment - 1)) == 0);
    uintptr_t start = ((uintptr_t)arena->at + alignment - 1) & ~(uintptr_t)(alignment - 1);
    if (arena->at == NULL || start + size > (uintptr_t)arena->end) {
        arena_grow(arena, size + alignment);
        start = ((uintptr_t)arena->at + alignment - 1) & ~(uintptr_t)(alignment - 1);
    }
    arena->at = (char *)start + size;
    arena->used_bytes += size;
    return (void *)start;
}

void *leat_arena_alloc(leat_arena *arena, size_t size)
{
    return leat_arena_aligned(arena, ALIGNMENT, size);
}

void *leat_arena_zero(leat_arena *arena, size_t count, size_t size)
{
    LEAT_ASSERT(size == 0 || count <= SIZE_MAX / size);
    return memset(leat_arena_alloc(arena, count * size), 0, count * size);
}

void *leat_arena_copy(leat_arena *arena, const void *data, size_t size)
{
    void *copy = leat_arena_alloc(arena, size);
    return size == 0 ? copy : memcpy(copy, data, size);
}

char *leat_arena_text(leat_arena *arena, leat_bytes text)
{
    char *copy = leat_arena_aligned(arena, 1, text.size + 1);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return copy;
}

leat_bytes leat_arena_bytes(leat_arena *arena, leat_bytes bytes)
{
    return leat_bytes_of(leat_arena_text(arena, bytes), bytes.size);
}

char *leat_arena_print(leat_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    LEAT_ASSERT(size >= 0);
    char *text = leat_arena_aligned(arena, 1, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}
