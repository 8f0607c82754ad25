/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sys/wake.h"

#include <criterion/criterion.h>
#include <poll.h>

#include "common/base/ring.h"
#include "common/sys/thread.h"

Test(wake, a_ring_for_a_sleeper_ends_its_wait)
{
    leat_wake wake;
    cr_assert_eq(leat_wake_init(&wake, NULL), LEAT_OK);

    leat_wake_prepare(&wake);
    leat_wake_ring(&wake);

    cr_assert(leat_wake_wait(&wake, 0));
    leat_wake_cancel(&wake);
    cr_assert_not(leat_wake_wait(&wake, 0));
    leat_wake_fini(&wake);
}

Test(wake, a_ring_for_somebody_awake_writes_nothing)
{
    leat_wake wake;
    cr_assert_eq(leat_wake_init(&wake, NULL), LEAT_OK);

    leat_wake_ring(&wake);

    cr_assert_not(leat_wake_wait(&wake, 0));
    leat_wake_fini(&wake);
}

enum { ITEMS = 5000 };

typedef struct hand_over {
    leat_ring ring;
    leat_wake wake;
    int items[ITEMS];
} hand_over;

static void produce(void *argument)
{
    hand_over *h = argument;
    for (int i = 0; i < ITEMS; i++) {
        h->items[i] = i;
        while (!leat_ring_push(&h->ring, &h->items[i]))
            sched_yield();
        leat_wake_ring(&h->wake);
    }
}

/* A lost wake-up would hang: the wait has no timeout that hides it. */
Test(wake, no_item_is_left_behind_by_a_sleeper, .timeout = 30)
{
    static hand_over h;
    leat_thread thread = {0};
    leat_ring_init(&h.ring, 16);
    cr_assert_eq(leat_wake_init(&h.wake, NULL), LEAT_OK);
    cr_assert_eq(leat_thread_start(&thread, "producer", produce, &h, NULL), LEAT_OK);

    for (int taken = 0; taken < ITEMS;) {
        if (leat_ring_pop(&h.ring) != NULL) {
            taken++;
            continue;
        }
        leat_wake_prepare(&h.wake);
        if (leat_ring_peek(&h.ring) == NULL)
            leat_wake_wait(&h.wake, -1);
        leat_wake_cancel(&h.wake);
    }

    leat_thread_join(&thread);
    leat_wake_fini(&h.wake);
    leat_ring_fini(&h.ring);
}
