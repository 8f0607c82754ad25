/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/row_memory.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/prng.h"

enum { BLOCKS = 600 };

typedef struct blocks {
    leat_row_memory memory;
    leat_row_block items[BLOCKS];
} blocks;

static void take(blocks *b, uint32_t i, size_t size)
{
    b->items[i] = leat_row_memory_take(&b->memory, size);
    for (size_t at = 0; at < size; at++)
        cr_assert_eq(b->items[i].data[at], 0);
    memset(b->items[i].data, (int)(i % 255 + 1), b->items[i].size);
}

static void give(blocks *b, uint32_t i)
{
    const leat_row_block *block = &b->items[i];
    for (size_t at = 0; at < block->size && block->data != NULL; at++)
        cr_assert_eq((uint8_t)block->data[at], i % 255 + 1, "block %u was written by another", i);
    if (block->data != NULL)
        leat_row_memory_give(&b->memory, &b->items[i]);
}

static uint32_t chunked(const blocks *b)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < BLOCKS; i++)
        count += b->items[i].chunk != NULL;
    return count;
}

Test(row_memory, keeps_a_small_table_in_the_heap)
{
    blocks b = {0};
    for (uint32_t i = 0; i < 64; i++)
        take(&b, i, 8 << 10);
    cr_assert_eq(chunked(&b), 0u);
    cr_assert_eq(leat_row_memory_bytes(&b.memory), (size_t)64 * (8 << 10));
    for (uint32_t i = 0; i < 64; i++)
        give(&b, i);
    leat_row_memory_fini(&b.memory);
}

Test(row_memory, puts_the_blocks_of_a_large_table_side_by_side)
{
    blocks b = {0};
    for (uint32_t i = 0; i < BLOCKS; i++)
        take(&b, i, 20 << 10);

    cr_assert_gt(chunked(&b), BLOCKS - 60u);
    cr_assert_leq(leat_row_memory_bytes(&b.memory), (size_t)BLOCKS * (20 << 10) + LEAT_HUGE_BYTES);

    for (uint32_t i = 0; i < BLOCKS; i++)
        give(&b, i);
    cr_assert_eq(leat_row_memory_bytes(&b.memory), 0u);
    leat_row_memory_fini(&b.memory);
}

Test(row_memory, never_gives_a_byte_to_two_blocks)
{
    blocks b = {0};
    leat_prng prng = {3};
    for (uint32_t turn = 0; turn < 4000; turn++) {
        uint32_t i = (uint32_t)leat_prng_below(&prng, BLOCKS);
        give(&b, i);
        take(&b, i, 64 + leat_prng_below(&prng, 24 << 10));
    }
    cr_assert_gt(chunked(&b), 0u);
    for (uint32_t i = 0; i < BLOCKS; i++)
        give(&b, i);
    cr_assert_eq(leat_row_memory_bytes(&b.memory), 0u);
    leat_row_memory_fini(&b.memory);
}

Test(row_memory, gives_a_block_that_fills_no_chunk_memory_of_its_own)
{
    blocks b = {0};
    take(&b, 0, 5 << 20);

    cr_assert_null(b.items[0].chunk);
    cr_assert_geq(leat_row_memory_bytes(&b.memory), (size_t)5 << 20);

    give(&b, 0);
    cr_assert_eq(leat_row_memory_bytes(&b.memory), 0u);
    leat_row_memory_fini(&b.memory);
}
