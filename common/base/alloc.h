/* SPDX-License-Identifier: Apache-2.0
 *
 * alloc - the heap. Allocation failure aborts: memory is bounded by budgets, not by malloc.
 */
#ifndef LEAT_COMMON_BASE_ALLOC_H
#define LEAT_COMMON_BASE_ALLOC_H

#include "common/base/attrs.h"

/* Never return NULL; size 0 gives a valid unique pointer. Free with leat_free. */
void *leat_alloc(size_t size);                    /* contents undefined */
void *leat_alloc_zero(size_t count, size_t size); /* zeroed; count * size must not overflow */
void *leat_realloc(void *pointer, size_t size);   /* as realloc */
void *leat_alloc_aligned(size_t alignment, size_t size); /* alignment: power of two >= 8 */
/* For memory of many megabytes that is read here and there: on huge pages where there are any.
 * Aligned to LEAT_HUGE_BYTES; contents undefined. */
enum { LEAT_HUGE_BYTES = 2 << 20 };
void *leat_alloc_huge(size_t size);
char *leat_strdup(const char *text);
void leat_free(void *pointer); /* NULL is fine */

#define LEAT_NEW(type) ((type *)leat_alloc_zero(1, sizeof(type)))

#endif
