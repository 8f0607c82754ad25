/* SPDX-License-Identifier: Apache-2.0
 *
 * row_memory - memory of a table's rows, on huge pages once there is much of it.
 *
 * Rows are read here and there: on pages of 4 KiB a lookup waits for a page walk as long as for the
 * row. So blocks of middle size lie in chunks of LEAT_HUGE_BYTES each; small blocks, and all
 * blocks of a table that holds little, come from the heap, and large ones are chunks of their own.
 * A chunk is given back when its last block is.
 *
 * Thread: the owner of the table.
 */
#ifndef LEAT_WORKER_STATE_ROW_MEMORY_H
#define LEAT_WORKER_STATE_ROW_MEMORY_H

#include <stddef.h>

#include "common/base/vec.h"

typedef struct leat_row_chunk leat_row_chunk;

typedef struct leat_row_memory {
    size_t heap_bytes;
    LEAT_VEC(leat_row_chunk *) chunks;
} leat_row_memory;

typedef struct leat_row_block {
    char *data; /* 64-byte aligned */
    size_t size;
    leat_row_chunk *chunk; /* NULL: from the heap */
} leat_row_block;

/* All blocks must have been given back. */
void leat_row_memory_fini(leat_row_memory *memory);
/* A block of zeros. */
leat_row_block leat_row_memory_take(leat_row_memory *memory, size_t size);
void leat_row_memory_give(leat_row_memory *memory, leat_row_block *block);
/* All that is held: whole chunks, used or not. */
size_t leat_row_memory_bytes(const leat_row_memory *memory);

#endif
