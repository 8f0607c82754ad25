/* SPDX-License-Identifier: Apache-2.0
 *
 * A chunk is units of 1 KiB, the first of them its head with one bit per unit. The first free
 * place that is large enough is taken: blocks live about as long as each other, and taking one is
 * followed by filling it, which costs more than the search.
 */
#include "worker/state/row_memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"

enum {
    UNIT_BYTES = 1024,
    UNITS = LEAT_HUGE_BYTES / UNIT_BYTES,
    BLOCK_ALIGNMENT = 64, /* so that rows of 32 and 64 bytes never straddle a cache line */
    BLOCK_MIN = 4 << 10,  /* smaller ones come from the heap */
    BLOCK_MAX = 1 << 20,  /* larger ones would leave too much of a chunk unused */
    HEAP_MIN = 1 << 20,   /* a table that holds less than this in the heap has no chunks */
};

struct leat_row_chunk {
    size_t index; /* among the memory's chunks */
    uint32_t free_units;
    uint64_t used[UNITS / 64];
};

LEAT_STATIC_ASSERT(sizeof(leat_row_chunk) <= UNIT_BYTES, "the head is one unit");

void leat_row_memory_fini(leat_row_memory *memory)
{
    LEAT_ASSERT(memory->chunks.count == 0 && memory->heap_bytes == 0);
    leat_vec_fini(&memory->chunks);
}

size_t leat_row_memory_bytes(const leat_row_memory *memory)
{
    return memory->heap_bytes + memory->chunks.count * LEAT_HUGE_BYTES;
}

static uint32_t units_of(size_t size)
{
    return (uint32_t)((size + UNIT_BYTES - 1) / UNIT_BYTES);
}

static void chunk_mark(leat_row_chunk *chunk, uint32_t from, uint32_t count)
{
    for (uint32_t unit = from; unit < from + count; unit++)
        chunk->used[unit / 64] ^= UINT64_C(1) << (unit % 64);
}

/* The first of `count` free units in a row, or 0 when there are none. */
static uint32_t chunk_find(const leat_row_chunk *chunk, uint32_t count)
{
    uint32_t found = 0;
    for (uint32_t unit = 1; unit < UNITS && chunk->free_units >= count; unit++) {
        bool is_used = chunk->used[unit / 64] >> (unit % 64) & 1;
        found = is_used ? 0 : found + 1;
        if (found == count)
            return unit + 1 - count;
    }
    return 0;
}

static leat_row_chunk *chunk_add(leat_row_memory *memory)
{
    leat_row_chunk *chunk = leat_alloc_huge(LEAT_HUGE_BYTES);
    *chunk = (leat_row_chunk){.index = memory->chunks.count, .free_units = UNITS - 1};
    chunk->used[0] = 1; /* the head */
    leat_vec_push(&memory->chunks, chunk);
    return chunk;
}

static void chunk_remove(leat_row_memory *memory, leat_row_chunk *chunk)
{
    leat_row_chunk *last = leat_vec_pop(&memory->chunks);
    if (last != chunk) {
        memory->chunks.items[chunk->index] = last;
        last->index = chunk->index;
    }
    leat_free(chunk);
}

static leat_row_block chunk_take(leat_row_memory *memory, size_t size)
{
    const uint32_t count = units_of(size);
    leat_row_chunk *chunk = NULL;
    uint32_t unit = 0;
    for (size_t i = memory->chunks.count; i > 0 && unit == 0; i--) {
        chunk = memory->chunks.items[i - 1]; /* the newest has most room */
        unit = chunk_find(chunk, count);
    }
    if (unit == 0) {
        chunk = chunk_add(memory);
        unit = 1;
    }
    chunk_mark(chunk, unit, count);
    chunk->free_units -= count;
    return (leat_row_block){(char *)chunk + (size_t)unit * UNIT_BYTES, size, chunk};
}

leat_row_block leat_row_memory_take(leat_row_memory *memory, size_t size)
{
    if (size >= LEAT_HUGE_BYTES) /* all of its last page is taken */
        size = (size + LEAT_HUGE_BYTES - 1) & ~(size_t)(LEAT_HUGE_BYTES - 1);
    leat_row_block block = {.size = size};
    if (size >= BLOCK_MIN && size <= BLOCK_MAX && memory->heap_bytes >= HEAP_MIN) {
        block = chunk_take(memory, size);
    } else {
        block.data = size < LEAT_HUGE_BYTES ? leat_alloc_aligned(BLOCK_ALIGNMENT, size)
                                            : leat_alloc_huge(size);
        memory->heap_bytes += size;
    }
    memset(block.data, 0, size);
    return block;
}

void leat_row_memory_give(leat_row_memory *memory, leat_row_block *block)
{
    leat_row_block given = *block;
    *block = (leat_row_block){0};
    if (given.chunk == NULL) {
        memory->heap_bytes -= given.size;
        leat_free(given.data);
        return;
    }
    const uint32_t count = units_of(given.size);
    chunk_mark(given.chunk, (uint32_t)((size_t)(given.data - (char *)given.chunk) / UNIT_BYTES),
               count);
    given.chunk->free_units += count;
    if (given.chunk->free_units == UNITS - 1)
        chunk_remove(memory, given.chunk);
}
