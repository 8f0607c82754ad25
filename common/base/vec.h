/* SPDX-License-Identifier: Apache-2.0
 *
 * vec - a typed growing array: `LEAT_VEC(int) numbers = {0}; leat_vec_push(&numbers, 7);`
 *
 * items, count and capacity are public; a zeroed vec is valid and empty. One owner frees it
 * with leat_vec_fini; what the items own is the caller's business.
 */
#ifndef LEAT_COMMON_BASE_VEC_H
#define LEAT_COMMON_BASE_VEC_H

#include <string.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"

#define LEAT_VEC(type)                                                                             \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count;                                                                              \
        size_t capacity;                                                                           \
    }

/* Ensure room for `more` further items. */
#define leat_vec_reserve(v, more)                                                                  \
    do {                                                                                           \
        size_t leat_need_ = (v)->count + (more);                                                   \
        if (leat_need_ > (v)->capacity) {                                                          \
            size_t leat_room_ = LEAT_MAX((v)->capacity * 2, (size_t)8);                            \
            leat_room_ = LEAT_MAX(leat_room_, leat_need_);                                         \
            (v)->items = leat_realloc((v)->items, leat_room_ * sizeof *(v)->items);                \
            (v)->capacity = leat_room_;                                                            \
        }                                                                                          \
    } while (0)

#define leat_vec_push(v, ...)                                                                      \
    do {                                                                                           \
        leat_vec_reserve((v), 1);                                                                  \
        (v)->items[(v)->count++] = (__VA_ARGS__);                                                  \
    } while (0)

/* A zeroed item at the end; yields a pointer to it, valid until the next growth. */
#define leat_vec_add(v)                                                                            \
    __extension__({                                                                                \
        leat_vec_reserve((v), 1);                                                                  \
        memset(&(v)->items[(v)->count], 0, sizeof *(v)->items);                                    \
        &(v)->items[(v)->count++];                                                                 \
    })

#define leat_vec_pop(v) ((v)->items[--(v)->count])

/* Remove item i, keeping the order of the others. */
#define leat_vec_remove(v, i)                                                                      \
    do {                                                                                           \
        size_t leat_at_ = (i);                                                                     \
        LEAT_ASSERT(leat_at_ < (v)->count);                                                        \
        memmove(&(v)->items[leat_at_], &(v)->items[leat_at_ + 1],                                  \
                ((v)->count - leat_at_ - 1) * sizeof *(v)->items);                                 \
        (v)->count--;                                                                              \
    } while (0)

#define leat_vec_clear(v) ((v)->count = 0)

#define leat_vec_fini(v)                                                                           \
    do {                                                                                           \
        leat_free((v)->items);                                                                     \
        (v)->items = NULL;                                                                         \
        (v)->count = (v)->capacity = 0;                                                            \
    } while (0)

/* for every item, by pointer */
#define LEAT_VEC_EACH(item, v)                                                                     \
    for (__typeof__(*(v)->items) *item = (v)->items; item < (v)->items + (v)->count; item++)

#endif
