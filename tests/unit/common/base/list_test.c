/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/list.h"

#include <criterion/criterion.h>
#include <signal.h>

typedef struct item {
    int number;
    leat_link link;
} item;

/* The numbers in list order as one decimal number: 1, 2, 3 -> 123. */
static int digits(leat_list *list)
{
    int all = 0;
    LEAT_LIST_EACH (item, i, list, link)
        all = all * 10 + i->number;
    return all;
}

Test(list, keeps_the_order_of_first_last_and_before)
{
    leat_list list;
    item one = {.number = 1}, two = {.number = 2}, three = {.number = 3}, four = {.number = 4};
    leat_list_init(&list);

    leat_list_add_last(&list, &two.link);
    leat_list_add_first(&list, &one.link);
    leat_list_add_last(&list, &four.link);
    leat_list_add_before(&four.link, &three.link);

    cr_assert_eq(digits(&list), 1234);
    cr_assert_eq(LEAT_LIST_ITEM(item, leat_list_last(&list), link), &four);
}

Test(list, an_item_may_leave_from_anywhere_and_come_back)
{
    leat_list list;
    item items[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
    leat_list_init(&list);
    for (int i = 0; i < 3; i++)
        leat_list_add_last(&list, &items[i].link);

    leat_list_remove(&items[1].link);
    cr_assert_eq(digits(&list), 13);
    cr_assert_not(leat_link_is_linked(&items[1].link));

    leat_list_add_first(&list, &items[1].link);
    cr_assert_eq(digits(&list), 213);
}

Test(list, taking_first_empties_it)
{
    leat_list list;
    item one = {.number = 1};
    leat_list_init(&list);
    leat_list_add_last(&list, &one.link);

    cr_assert_eq(leat_list_take_first(&list), &one.link);
    cr_assert_null(leat_list_take_first(&list));
    cr_assert(leat_list_is_empty(&list));
}

Test(list, adding_a_linked_item_is_a_bug, .signal = SIGABRT)
{
    leat_list list;
    item one = {.number = 1};
    leat_list_init(&list);
    leat_list_add_last(&list, &one.link);
    leat_list_add_last(&list, &one.link);
}
