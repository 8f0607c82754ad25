/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/barriers.h"

#include <criterion/criterion.h>
#include <signal.h>

static leat_barriers barriers_of(uint32_t input_count)
{
    leat_barriers barriers;
    leat_barriers_init(&barriers, input_count);
    return barriers;
}

Test(barriers, blocks_an_input_until_all_barriers_arrived)
{
    leat_barriers b = barriers_of(3);

    cr_assert_eq(leat_barriers_arrive(&b, 1, 7), LEAT_BARRIER_WAIT);
    cr_assert(leat_barriers_is_blocked(&b, 1));
    cr_assert_not(leat_barriers_is_blocked(&b, 0));
    cr_assert_eq(leat_barriers_arrive(&b, 0, 7), LEAT_BARRIER_WAIT);
    cr_assert_eq(leat_barriers_arrive(&b, 2, 7), LEAT_BARRIER_ALIGNED);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_not(leat_barriers_is_blocked(&b, i));
    leat_barriers_fini(&b);
}

Test(barriers, a_single_input_aligns_at_once)
{
    leat_barriers b = barriers_of(1);

    cr_assert_eq(leat_barriers_arrive(&b, 0, 1), LEAT_BARRIER_ALIGNED);
    cr_assert_eq(leat_barriers_arrive(&b, 0, 5), LEAT_BARRIER_ALIGNED);
    leat_barriers_fini(&b);
}

Test(barriers, another_epoch_while_one_aligns_means_something_was_lost)
{
    leat_barriers b = barriers_of(2);

    cr_assert_eq(leat_barriers_arrive(&b, 0, 7), LEAT_BARRIER_WAIT);
    cr_assert_eq(leat_barriers_arrive(&b, 1, 8), LEAT_BARRIER_INVALID);
    leat_barriers_fini(&b);
}

Test(barriers, an_epoch_never_aligns_twice)
{
    leat_barriers b = barriers_of(1);

    cr_assert_eq(leat_barriers_arrive(&b, 0, 7), LEAT_BARRIER_ALIGNED);
    cr_assert_eq(leat_barriers_arrive(&b, 0, 7), LEAT_BARRIER_INVALID);
    cr_assert_eq(leat_barriers_arrive(&b, 0, 6), LEAT_BARRIER_INVALID);
    leat_barriers_fini(&b);
}

Test(barriers, a_blocked_input_brings_nothing, .signal = SIGABRT)
{
    leat_barriers b = barriers_of(2);

    (void)!leat_barriers_arrive(&b, 0, 7);
    (void)!leat_barriers_arrive(&b, 0, 7);
}
