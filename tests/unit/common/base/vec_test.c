/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/vec.h"

#include <criterion/criterion.h>
#include <signal.h>

typedef LEAT_VEC(int) numbers;

Test(vec, grows_and_keeps_what_was_pushed)
{
    numbers v = {0};
    for (int i = 0; i < 1000; i++)
        leat_vec_push(&v, i);
    *leat_vec_add(&v) += 1000;

    int expected = 0;
    LEAT_VEC_EACH (number, &v)
        cr_assert_eq(*number, expected++);

    cr_assert_eq(v.count, 1001);
    cr_assert_eq(leat_vec_pop(&v), 1000);
    leat_vec_fini(&v);
}

Test(vec, removing_keeps_the_order_of_the_others)
{
    numbers v = {0};
    for (int i = 0; i < 4; i++)
        leat_vec_push(&v, i);

    leat_vec_remove(&v, 1);

    cr_assert_eq(v.count, 3);
    cr_assert(v.items[0] == 0 && v.items[1] == 2 && v.items[2] == 3);
    leat_vec_fini(&v);
}

Test(vec, removing_outside_is_a_bug, .signal = SIGABRT)
{
    numbers v = {0};
    leat_vec_remove(&v, 0);
}
