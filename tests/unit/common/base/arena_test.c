/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/arena.h"

#include <criterion/criterion.h>

Test(arena, pieces_are_aligned_and_do_not_overlap)
{
    leat_arena arena = {0};
    char *before = NULL;
    for (size_t size = 1; size < 2000; size += 7) {
        char *piece = leat_arena_alloc(&arena, size);
        cr_assert_eq((uintptr_t)piece % 16, 0);
        memset(piece, (int)(size % 251), size);
        if (before != NULL)
            cr_assert_eq((unsigned char)*before, (size - 7) % 251);
        before = piece;
    }
    leat_arena_fini(&arena);
}

Test(arena, gives_more_than_a_block_at_once)
{
    leat_arena arena = {0};
    size_t size = 1000 * 1000;
    char *piece = leat_arena_zero(&arena, 1, size);
    cr_assert_eq(piece[size - 1], 0);
    leat_arena_fini(&arena);
}

Test(arena, a_reset_gives_the_same_memory_again)
{
    leat_arena arena = {0};
    void *first = leat_arena_alloc(&arena, 100);
    leat_arena_reset(&arena);
    cr_assert_eq(leat_arena_alloc(&arena, 100), first);
    cr_assert_eq(arena.used_bytes, 100);
    leat_arena_fini(&arena);
}

Test(arena, copies_and_prints_text)
{
    leat_arena arena = {0};
    cr_assert_str_eq(leat_arena_text(&arena, leat_bytes_of("barrier", 3)), "bar");
    cr_assert_str_eq(leat_arena_print(&arena, "%s-%d", "epoch", 7), "epoch-7");
    leat_arena_fini(&arena);
}
