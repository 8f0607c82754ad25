/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/watermarks.h"

#include <criterion/criterion.h>

#include "common/base/alloc.h"
#include "common/base/prng.h"

static leat_watermarks watermarks_of(uint32_t input_count)
{
    leat_watermarks watermarks;
    leat_watermarks_init(&watermarks, input_count);
    return watermarks;
}

Test(watermarks, the_task_promises_the_least_of_its_inputs)
{
    leat_watermarks w = watermarks_of(2);

    cr_assert_not(leat_watermarks_update(&w, 0, 10, false));
    cr_assert_eq(w.watermark, LEAT_TIME_MIN);
    cr_assert(leat_watermarks_update(&w, 1, 5, false));
    cr_assert_eq(w.watermark, 5);
    cr_assert(leat_watermarks_update(&w, 1, 20, false));
    cr_assert_eq(w.watermark, 10);
    leat_watermarks_fini(&w);
}

Test(watermarks, an_idle_input_is_left_out)
{
    leat_watermarks w = watermarks_of(2);
    leat_watermarks_update(&w, 0, 10, false);
    leat_watermarks_update(&w, 1, 5, false);

    cr_assert(leat_watermarks_update(&w, 1, 5, true));

    cr_assert_eq(w.watermark, 10);
    leat_watermarks_fini(&w);
}

Test(watermarks, all_idle_holds_and_makes_the_task_idle)
{
    leat_watermarks w = watermarks_of(2);
    leat_watermarks_update(&w, 0, 10, false);
    leat_watermarks_update(&w, 1, 5, false);
    leat_watermarks_update(&w, 1, 5, true);

    cr_assert(leat_watermarks_update(&w, 0, 10, true));

    cr_assert(w.is_idle);
    cr_assert_eq(w.watermark, 10);
    leat_watermarks_fini(&w);
}

Test(watermarks, an_input_that_wakes_up_behind_takes_nothing_back)
{
    leat_watermarks w = watermarks_of(2);
    leat_watermarks_update(&w, 1, 5, true);
    leat_watermarks_update(&w, 0, 10, false);
    cr_assert_eq(w.watermark, 10);

    leat_watermarks_update(&w, 1, 6, false);

    cr_assert_eq(w.watermark, 10);
    cr_assert_not(w.is_idle);
    cr_assert_not(leat_watermarks_update(&w, 0, 30, false), "input 1 still holds at 6");
    leat_watermarks_fini(&w);
}

Test(watermarks, an_ended_input_is_left_out_until_all_have_ended)
{
    leat_watermarks w = watermarks_of(2);
    leat_watermarks_update(&w, 0, 10, false);
    leat_watermarks_update(&w, 0, LEAT_TIME_MAX, false);
    leat_watermarks_update(&w, 1, 7, false);
    cr_assert_eq(w.watermark, 7);

    leat_watermarks_update(&w, 1, 7, true);
    cr_assert_eq(w.watermark, 7, "idle and ended: more may come");
    cr_assert(w.is_idle);

    leat_watermarks_update(&w, 1, LEAT_TIME_MAX, false);
    cr_assert_eq(w.watermark, LEAT_TIME_MAX);
    leat_watermarks_fini(&w);
}

/* The shortcut in update against the definition. */
Test(watermarks, agree_with_the_definition_for_random_updates)
{
    leat_prng prng = {11};
    for (int run = 0; run < 300; run++) {
        uint32_t count = 1 + (uint32_t)leat_prng_below(&prng, 5);
        leat_watermarks w = watermarks_of(count);
        leat_time expected = LEAT_TIME_MIN;
        for (int step = 0; step < 60; step++) {
            uint32_t input = (uint32_t)leat_prng_below(&prng, count);
            leat_time time = (leat_time)leat_prng_below(&prng, 100);
            if (leat_prng_chance(&prng, 0.05))
                time = LEAT_TIME_MAX;
            leat_watermarks_update(&w, input, time, leat_prng_chance(&prng, 0.3));

            leat_time least = LEAT_TIME_MAX;
            bool has_active = false;
            bool has_idle = false;
            for (uint32_t i = 0; i < count; i++) {
                if (w.inputs[i].watermark == LEAT_TIME_MAX)
                    continue;
                has_idle |= w.inputs[i].is_idle;
                has_active |= !w.inputs[i].is_idle;
                if (!w.inputs[i].is_idle && w.inputs[i].watermark < least)
                    least = w.inputs[i].watermark;
            }
            if ((has_active || !has_idle) && least > expected)
                expected = least;
            cr_assert_eq(w.watermark, expected);
            cr_assert_eq(w.is_idle, !has_active && has_idle);
        }
        leat_watermarks_fini(&w);
    }
}
