/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/blob_pool.h"

#include "common/base/alloc.h"

enum { CHUNK_MIN = 1024, CHUNK_MAX = 256 * 1024 };

typedef struct leat_blob_chunk {
    struct leat_blob_chunk *next;
    size_t size;
    _Alignas(16) char data[];
} leat_blob_chunk;

typedef struct free_blob {
    struct free_blob *next;
} free_blob;

void leat_blob_pool_fini(leat_blob_pool *pool)
{
    while (pool->chunks != NULL) {
        leat_blob_chunk *next = pool->chunks->next;
        leat_free(pool->chunks);
        pool->chunks = next;
    }
    *pool = (leat_blob_pool){0};
}

static size_t rounded(size_t size)
{
    return (LEAT_MAX(size, (size_t)1) + LEAT_BLOB_STEP - 1) / LEAT_BLOB_STEP * LEAT_BLOB_STEP;
}

static void pool_grow(leat_blob_pool *pool)
{
    size_t last = pool->chunks == NULL ? CHUNK_MIN / 2 : pool->chunks->size;
    size_t size = LEAT_MIN(last * 2, (size_t)CHUNK_MAX);
    leat_blob_chunk *chunk = leat_alloc_aligned(64, sizeof *chunk + size);
    *chunk = (leat_blob_chunk){.next = pool->chunks, .size = size};
    pool->chunks = chunk;
    pool->at = chunk->data;
    pool->left_bytes = size;
}

void *leat_blob_pool_take(leat_blob_pool *pool, size_t size)
{
    size = rounded(size);
    pool->used_bytes += size;
    if (LEAT_UNLIKELY(size > LEAT_BLOB_SIZE_MAX))
        return leat_alloc_aligned(16, size);
    void **head = &pool->free[size / LEAT_BLOB_STEP];
    if (*head != NULL) {
        free_blob *blob = *head;
        *head = blob->next;
        return blob;
    }
    if (LEAT_UNLIKELY(pool->left_bytes < size))
        pool_grow(pool); /* what is left of the old chunk is less than one blob */
    char *blob = pool->at;
    pool->at += size;
    pool->left_bytes -= size;
    return blob;
}

void leat_blob_pool_give(leat_blob_pool *pool, void *blob, size_t size)
{
    size = rounded(size);
    pool->used_bytes -= size;
    if (size > LEAT_BLOB_SIZE_MAX) {
        leat_free(blob);
        return;
    }
    free_blob *freed = blob;
    freed->next = pool->free[size / LEAT_BLOB_STEP];
    pool->free[size / LEAT_BLOB_STEP] = freed;
}
