/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/ring.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>

Test(ring, gives_items_in_order_and_refuses_when_full)
{
    leat_ring ring;
    int items[5];
    leat_ring_init(&ring, 4);

    for (int i = 0; i < 4; i++)
        cr_assert(leat_ring_push(&ring, &items[i]));
    cr_assert_not(leat_ring_push(&ring, &items[4]));
    cr_assert_eq(leat_ring_room(&ring), 0);

    for (int i = 0; i < 4; i++)
        cr_assert_eq(leat_ring_pop(&ring), &items[i]);
    cr_assert_null(leat_ring_pop(&ring));
    leat_ring_fini(&ring);
}

Test(ring, peeking_takes_nothing)
{
    leat_ring ring;
    int item;
    leat_ring_init(&ring, 2);
    cr_assert_null(leat_ring_peek(&ring));
    leat_ring_push(&ring, &item);

    cr_assert_eq(leat_ring_peek(&ring), &item);
    cr_assert_eq(leat_ring_peek(&ring), &item);

    cr_assert_eq(leat_ring_count(&ring), 1);
    leat_ring_fini(&ring);
}

Test(ring, goes_round_many_times)
{
    leat_ring ring;
    uintptr_t pushed = 0, popped = 0;
    leat_ring_init(&ring, 8);

    for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < round % 9; i++)
            if (leat_ring_push(&ring, (void *)(pushed + 1)))
                pushed++;
        for (int i = 0; i < round % 7; i++) {
            void *item = leat_ring_pop(&ring);
            if (item != NULL)
                cr_assert_eq((uintptr_t)item, ++popped);
        }
    }
    cr_assert_eq(leat_ring_count(&ring), pushed - popped);
    leat_ring_fini(&ring);
}

enum { HANDED_OVER = 20000 };

typedef struct parcel {
    int number;
} parcel;

static void *produce(void *argument)
{
    static parcel parcels[HANDED_OVER];
    leat_ring *ring = argument;
    for (int i = 0; i < HANDED_OVER; i++) {
        parcels[i].number = i;
        while (!leat_ring_push(ring, &parcels[i]))
            sched_yield();
    }
    return NULL;
}

Test(ring, hands_over_whole_items_between_two_threads, .timeout = 30)
{
    leat_ring ring;
    pthread_t producer;
    leat_ring_init(&ring, 64);
    cr_assert_eq(pthread_create(&producer, NULL, produce, &ring), 0);

    for (int expected = 0; expected < HANDED_OVER;) {
        parcel *p = leat_ring_pop(&ring);
        if (p == NULL) {
            sched_yield();
            continue;
        }
        cr_assert_eq(p->number, expected);
        expected++;
    }
    pthread_join(producer, NULL);
    leat_ring_fini(&ring);
}
