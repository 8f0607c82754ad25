/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/heap.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "common/base/prng.h"

Test(heap, gives_the_smallest_first_and_equals_in_order_of_insertion)
{
    enum { COUNT = 2000 };
    static int numbers[COUNT];
    leat_heap heap = {0};
    leat_prng prng = {1};
    for (int i = 0; i < COUNT; i++) {
        numbers[i] = i;
        leat_heap_add(&heap, leat_prng_below(&prng, 50), &numbers[i]);
    }

    leat_heap_item before = leat_heap_take(&heap);
    for (int i = 1; i < COUNT; i++) {
        leat_heap_item item = leat_heap_take(&heap);
        cr_assert_leq(before.priority, item.priority);
        if (before.priority == item.priority)
            cr_assert_lt(*(int *)before.value, *(int *)item.value);
        before = item;
    }
    cr_assert(leat_heap_is_empty(&heap));
    leat_heap_fini(&heap);
}

static bool is_even(void *value, void *context)
{
    (void)context;
    return *(int *)value % 2 == 0;
}

Test(heap, filtering_keeps_the_order_of_the_rest)
{
    static int numbers[9];
    leat_heap heap = {0};
    for (int i = 0; i < 9; i++) {
        numbers[i] = i;
        leat_heap_add(&heap, (uint64_t)(100 - 10 * (i / 3)), &numbers[i]);
    }

    leat_heap_filter(&heap, is_even, NULL);

    static const int expected[] = {6, 8, 4, 0, 2};
    for (size_t i = 0; i < LEAT_COUNT_OF(expected); i++)
        cr_assert_eq(*(int *)leat_heap_take(&heap).value, expected[i]);
    cr_assert_null(leat_heap_first(&heap));
    leat_heap_fini(&heap);
}

Test(heap, taking_from_an_empty_one_is_a_bug, .signal = SIGABRT)
{
    leat_heap heap = {0};
    leat_heap_take(&heap);
}
