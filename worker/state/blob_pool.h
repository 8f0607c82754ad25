/* SPDX-License-Identifier: Apache-2.0
 *
 * blob_pool - memory for many small blobs of one state table: free lists by size over chunks.
 *
 * A blob is given back with the size it was taken with. Sizes above BLOB_SIZE_MAX go to the heap.
 * A zeroed pool is valid and empty. Thread: one owner.
 */
#ifndef LEAT_WORKER_STATE_BLOB_POOL_H
#define LEAT_WORKER_STATE_BLOB_POOL_H

#include "common/base/attrs.h"

enum { LEAT_BLOB_STEP = 16, LEAT_BLOB_SIZE_MAX = 1024 };

typedef struct leat_blob_pool {
    struct leat_blob_chunk *chunks; /* newest first */
    char *at;                       /* free part of the newest chunk */
    size_t left_bytes;
    size_t used_bytes; /* of blobs in use */
    void *free[LEAT_BLOB_SIZE_MAX / LEAT_BLOB_STEP + 1];
} leat_blob_pool;

/* Blobs above BLOB_SIZE_MAX must have been given back. */
void leat_blob_pool_fini(leat_blob_pool *pool);
/* Contents undefined, 16-byte aligned. */
void *leat_blob_pool_take(leat_blob_pool *pool, size_t size);
void leat_blob_pool_give(leat_blob_pool *pool, void *blob, size_t size);

#endif
