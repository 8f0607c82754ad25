/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_memory - what a batch is made of: one slab of column arrays, and blocks of text.
 *
 * Inside common/columns only. A slab is a leat_batch followed by its column descriptors and
 * arrays, each array on a cache line of its own. Builders take slabs and text blocks from a pool
 * and the last holder of a batch gives them back, from any thread; the pool lives until its
 * builder and its last batch are gone.
 *
 *   leat_batch | leat_column x n | leat_cells x n | changes | validity, values | ... | text
 */
#ifndef LEAT_COMMON_COLUMNS_BATCH_MEMORY_H
#define LEAT_COMMON_COLUMNS_BATCH_MEMORY_H

#include <stdatomic.h>

#include "common/columns/batch.h"

enum { LEAT_TEXT_BLOCK_BYTES = 64 * 1024 - 64 };

typedef struct leat_text_block {
    struct leat_text_block *next;
    size_t capacity; /* bytes of data; LEAT_TEXT_BLOCK_BYTES for the pooled ones */
    _Alignas(16) char data[];
} leat_text_block;

typedef struct leat_batch_pool leat_batch_pool;

/* The arrays of one column, writable. */
typedef struct leat_cells {
    void *values;
    uint64_t *validity;
} leat_cells;

struct leat_batch {
    atomic_uint refs;
    leat_batch_pool *pool;  /* counted reference; NULL: memory is given back to the heap */
    leat_text_block *texts; /* owned */
    size_t size_bytes;      /* slab and text blocks */
    leat_rows rows;
    leat_column *columns;
    leat_cells *cells;
    uint8_t *changes;
    char *text; /* the slab's own text, behind the columns */
};

/* Bytes of a slab. layouts: per field, or NULL for the types' own. */
size_t leat_slab_size(const leat_schema *schema,
                      const uint8_t *layouts,
                      uint32_t row_capacity,
                      size_t text_bytes);
/* Point all pointers of `batch` into its slab; no rows, no validity, one reference. */
void leat_slab_init(leat_batch *batch,
                    const leat_schema *schema,
                    const uint8_t *layouts,
                    uint32_t row_capacity);
/* A batch of its own exact memory: fill cells and text, then set the rows. */
leat_batch *leat_batch_new_exact(const leat_schema *schema,
                                 const uint8_t *layouts,
                                 uint32_t row_count,
                                 size_t text_bytes);

leat_batch_pool *leat_batch_pool_new(size_t slab_bytes);
leat_batch_pool *leat_batch_pool_ref(leat_batch_pool *pool);
void leat_batch_pool_unref(leat_batch_pool **pool);
void *leat_batch_pool_take_slab(leat_batch_pool *pool);
leat_text_block *leat_batch_pool_take_block(leat_batch_pool *pool, size_t at_least);
/* Pool or heap; pool may be NULL. The whole chain of blocks. */
void leat_batch_pool_give(leat_batch_pool *pool, void *slab, leat_text_block *blocks);

#endif
