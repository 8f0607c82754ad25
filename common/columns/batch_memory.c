/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/batch_memory.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"

enum {
    POOL_SLABS = 4,  /* about what is between a sender and a receiver */
    POOL_BLOCKS = 8, /* at most 512 KiB of idle text memory */
    LINE_BYTES = 64,
};

/* Slots instead of a free list: one exchange each way, no lock, no ABA. */
struct leat_batch_pool {
    atomic_uint refs;
    size_t slab_bytes;
    _Atomic(void *) slabs[POOL_SLABS];
    _Atomic(void *) blocks[POOL_BLOCKS];
};

static void *slot_take(_Atomic(void *) *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (atomic_load_explicit(&slots[i], memory_order_relaxed) == NULL)
            continue;
        void *taken = atomic_exchange_explicit(&slots[i], NULL, memory_order_acquire);
        if (taken != NULL)
            return taken;
    }
    return NULL;
}

static bool slot_give(_Atomic(void *) *slots, size_t count, void *given)
{
    for (size_t i = 0; i < count; i++) {
        void *expected = NULL;
        if (atomic_load_explicit(&slots[i], memory_order_relaxed) == NULL &&
            atomic_compare_exchange_strong_explicit(&slots[i], &expected, given,
                                                    memory_order_release, memory_order_relaxed))
            return true;
    }
    return false;
}

leat_batch_pool *leat_batch_pool_new(size_t slab_bytes)
{
    leat_batch_pool *pool = LEAT_NEW(leat_batch_pool);
    atomic_init(&pool->refs, 1);
    pool->slab_bytes = slab_bytes;
    return pool;
}

leat_batch_pool *leat_batch_pool_ref(leat_batch_pool *pool)
{
    atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
    return pool;
}

void leat_batch_pool_unref(leat_batch_pool **pool_slot)
{
    leat_batch_pool *pool = LEAT_TAKE(*pool_slot);
    if (pool == NULL || atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < POOL_SLABS; i++)
        leat_free(atomic_load(&pool->slabs[i]));
    for (size_t i = 0; i < POOL_BLOCKS; i++)
        leat_free(atomic_load(&pool->blocks[i]));
    leat_free(pool);
}

void *leat_batch_pool_take_slab(leat_batch_pool *pool)
{
    void *slab = slot_take(pool->slabs, POOL_SLABS);
    return slab != NULL ? slab : leat_alloc_aligned(LINE_BYTES, pool->slab_bytes);
}

leat_text_block *leat_batch_pool_take_block(leat_batch_pool *pool, size_t at_least)
{
    leat_text_block *block = NULL;
    if (at_least <= LEAT_TEXT_BLOCK_BYTES) {
        at_least = LEAT_TEXT_BLOCK_BYTES;
        block = slot_take(pool->blocks, POOL_BLOCKS);
    }
    if (block == NULL)
        block = leat_alloc_aligned(LINE_BYTES, sizeof *block + at_least);
    block->next = NULL;
    block->capacity = at_least;
    return block;
}

void leat_batch_pool_give(leat_batch_pool *pool, void *slab, leat_text_block *blocks)
{
    while (blocks != NULL) {
        leat_text_block *next = blocks->next;
        bool is_pooled = pool != NULL && blocks->capacity == LEAT_TEXT_BLOCK_BYTES;
        if (!is_pooled || !slot_give(pool->blocks, POOL_BLOCKS, blocks))
            leat_free(blocks);
        blocks = next;
    }
    if (slab != NULL && (pool == NULL || !slot_give(pool->slabs, POOL_SLABS, slab)))
        leat_free(slab);
}

static size_t line_up(size_t size)
{
    return (size + LINE_BYTES - 1) & ~(size_t)(LINE_BYTES - 1);
}

static leat_layout field_layout(const leat_schema *schema, const uint8_t *layouts, uint32_t i)
{
    return layouts != NULL ? (leat_layout)layouts[i] : leat_type_layout(schema->fields[i].type);
}

static size_t values_size(leat_layout layout, uint32_t row_capacity)
{
    if (layout == LEAT_LAYOUT_BIT)
        return leat_bit_words(row_capacity) * sizeof(uint64_t);
    return leat_layout_size(layout) * row_capacity;
}

static size_t slab_head_size(uint32_t field_count)
{
    return line_up(sizeof(leat_batch) + (sizeof(leat_column) + sizeof(leat_cells)) * field_count);
}

size_t leat_slab_size(const leat_schema *schema,
                      const uint8_t *layouts,
                      uint32_t row_capacity,
                      size_t text_bytes)
{
    size_t size = slab_head_size(schema->field_count) + line_up(row_capacity);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        size += line_up(leat_bit_words(row_capacity) * sizeof(uint64_t));
        size += line_up(values_size(field_layout(schema, layouts, i), row_capacity));
    }
    return size + text_bytes;
}

void leat_slab_init(leat_batch *batch,
                    const leat_schema *schema,
                    const uint8_t *layouts,
                    uint32_t row_capacity)
{
    atomic_init(&batch->refs, 1);
    batch->pool = NULL;
    batch->texts = NULL;
    batch->size_bytes = 0;
    batch->columns = (leat_column *)(batch + 1);
    batch->cells = (leat_cells *)(batch->columns + schema->field_count);
    batch->rows = (leat_rows){.schema = schema, .columns = batch->columns};

    char *at = (char *)batch + slab_head_size(schema->field_count);
    batch->changes = (uint8_t *)at;
    at += line_up(row_capacity);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        leat_layout layout = field_layout(schema, layouts, i);
        leat_cells *cells = &batch->cells[i];
        cells->validity = (uint64_t *)(void *)at;
        at += line_up(leat_bit_words(row_capacity) * sizeof(uint64_t));
        cells->values = at;
        at += line_up(values_size(layout, row_capacity));
        batch->columns[i] = (leat_column){
            .type = schema->fields[i].type, .layout = (uint8_t)layout, .values = cells->values};
    }
    batch->text = at;
}

leat_batch *leat_batch_new_exact(const leat_schema *schema,
                                 const uint8_t *layouts,
                                 uint32_t row_count,
                                 size_t text_bytes)
{
    size_t size = leat_slab_size(schema, layouts, row_count, text_bytes);
    leat_batch *batch = leat_alloc_aligned(LINE_BYTES, size);
    leat_slab_init(batch, schema, layouts, row_count);
    batch->size_bytes = size;
    batch->rows.row_count = batch->rows.selected_count = row_count;
    return batch;
}
