/* SPDX-License-Identifier: Apache-2.0
 *
 * list - an intrusive, circular, doubly linked list: the link lives in the item.
 *
 * A head must be initialised; a link that is in no list is zeroed (`is_linked` tells). Items
 * belong to their owner: the list frees nothing. One owner thread.
 *
 *   typedef struct timer { leat_link link; int64_t due_ms; } timer;
 *   LEAT_LIST_EACH(timer, t, &timers, link) ...          (do not remove t inside)
 */
#ifndef LEAT_COMMON_BASE_LIST_H
#define LEAT_COMMON_BASE_LIST_H

#include <stdbool.h>

#include "common/base/assert.h"

typedef struct leat_link {
    struct leat_link *next;
    struct leat_link *previous;
} leat_link;

typedef leat_link leat_list; /* the head is a link too: no special cases at the ends */

/* The item that contains `link` as its field `field`; NULL gives NULL. */
#define LEAT_LIST_ITEM(type, pointer, field)                                                       \
    __extension__({                                                                                \
        leat_link *leat_item_ = (pointer);                                                         \
        leat_item_ == NULL ? (type *)NULL                                                          \
                           : (type *)(void *)((char *)leat_item_ - offsetof(type, field));         \
    })

#define LEAT_LIST_EACH(type, item, list, field)                                                    \
    for (type *item = LEAT_LIST_ITEM(type, (list)->next, field); &item->field != (list);           \
         item = LEAT_LIST_ITEM(type, item->field.next, field))

static inline void leat_list_init(leat_list *list)
{
    list->next = list->previous = list;
}

static inline bool leat_list_is_empty(const leat_list *list)
{
    return list->next == list;
}

static inline bool leat_link_is_linked(const leat_link *link)
{
    return link->next != NULL;
}

/* Put `link` directly before `at` (a linked item, or the head for "last"). */
static inline void leat_list_add_before(leat_link *at, leat_link *link)
{
    LEAT_ASSERT(!leat_link_is_linked(link));
    link->next = at;
    link->previous = at->previous;
    at->previous->next = link;
    at->previous = link;
}

static inline void leat_list_add_last(leat_list *list, leat_link *link)
{
    leat_list_add_before(list, link);
}

static inline void leat_list_add_first(leat_list *list, leat_link *link)
{
    leat_list_add_before(list->next, link);
}

static inline void leat_list_remove(leat_link *link)
{
    LEAT_ASSERT(leat_link_is_linked(link));
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->next = link->previous = NULL;
}

static inline leat_link *leat_list_first(const leat_list *list)
{
    return leat_list_is_empty(list) ? NULL : list->next;
}

static inline leat_link *leat_list_last(const leat_list *list)
{
    return leat_list_is_empty(list) ? NULL : list->previous;
}

/* Unlink and return the first link, NULL when empty. */
static inline leat_link *leat_list_take_first(leat_list *list)
{
    leat_link *first = leat_list_first(list);
    if (first != NULL)
        leat_list_remove(first);
    return first;
}

#endif
