/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/prng.h"

#include <criterion/criterion.h>

Test(prng, gives_the_published_sequence_of_splitmix64)
{
    leat_prng prng = {1234567};

    cr_assert_eq(leat_prng_next(&prng), UINT64_C(6457827717110365317));
    cr_assert_eq(leat_prng_next(&prng), UINT64_C(3203168211198807973));
    cr_assert_eq(leat_prng_next(&prng), UINT64_C(9817491932198370423));
}

Test(prng, below_stays_below_and_reaches_every_value)
{
    leat_prng prng = {1};
    int seen[7] = {0};

    for (int i = 0; i < 1000; i++) {
        uint64_t value = leat_prng_below(&prng, 7);
        cr_assert_lt(value, 7);
        seen[value]++;
    }

    for (int i = 0; i < 7; i++)
        cr_assert_gt(seen[i], 90);
}
