/* SPDX-License-Identifier: Apache-2.0
 *
 * arena - memory with one lifetime: allocate freely, drop all at once. No free of one object.
 *
 * Passed explicitly, never hidden. A zeroed leat_arena is valid and empty. Blocks double from
 * 4 KiB to 256 KiB. Thread: one owner.
 */
#ifndef LEAT_COMMON_BASE_ARENA_H
#define LEAT_COMMON_BASE_ARENA_H

#include "common/base/bytes.h"

typedef struct leat_arena {
    struct leat_arena_block *blocks; /* newest first */
    char *at;                        /* next free byte of the newest block */
    char *end;
    size_t used_bytes; /* handed out since the last reset */
} leat_arena;

void leat_arena_fini(leat_arena *arena);
void leat_arena_reset(
    leat_arena *arena); /* everything given out is gone; keeps the largest block */

void *leat_arena_alloc(leat_arena *arena, size_t size); /* 16-byte aligned, undefined */
void *leat_arena_zero(leat_arena *arena, size_t count, size_t size); /* 16-byte aligned, zeroed */
void *leat_arena_aligned(leat_arena *arena, size_t alignment, size_t size);
void *leat_arena_copy(leat_arena *arena, const void *data, size_t size);
char *leat_arena_text(leat_arena *arena, leat_bytes text); /* NUL-terminated copy */
leat_bytes leat_arena_bytes(leat_arena *arena, leat_bytes bytes);
char *leat_arena_print(leat_arena *arena, const char *format, ...) LEAT_PRINTF(2, 3);

#define LEAT_ARENA_NEW(arena, type) ((type *)leat_arena_zero((arena), 1, sizeof(type)))
#define LEAT_ARENA_ARRAY(arena, type, count)                                                       \
    ((type *)leat_arena_zero((arena), (count), sizeof(type)))

#endif
