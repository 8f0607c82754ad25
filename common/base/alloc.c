/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/base/assert.h"

void *leat_alloc(size_t size)
{
    void *pointer = malloc(size == 0 ? 1 : size);
    LEAT_ASSERT(pointer != NULL);
    return pointer;
}

void *leat_alloc_zero(size_t count, size_t size)
{
    void *pointer = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
    LEAT_ASSERT(pointer != NULL);
    return pointer;
}

void *leat_realloc(void *pointer, size_t size)
{
    void *grown = realloc(pointer, size == 0 ? 1 : size);
    LEAT_ASSERT(grown != NULL);
    return grown;
}

void *leat_alloc_aligned(size_t alignment, size_t size)
{
    void *pointer = NULL;
    int rc = posix_memalign(&pointer, alignment, size == 0 ? 1 : size);
    LEAT_ASSERT(rc == 0);
    return pointer;
}

void *leat_alloc_huge(size_t size)
{
    size = (size + LEAT_HUGE_BYTES - 1) & ~(size_t)(LEAT_HUGE_BYTES - 1);
    void *pointer = leat_alloc_aligned(LEAT_HUGE_BYTES, size);
    (void)madvise(pointer, size, MADV_HUGEPAGE); /* a wish: without it, it is only slower */
    return pointer;
}

char *leat_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(leat_alloc(size), text, size);
}

void leat_free(void *pointer)
{
    free(pointer);
}
