/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/hash.h"

#include <criterion/criterion.h>

/* Golden: stored state depends on these values. A change here is a new state format. */
Test(hash, gives_the_values_of_xxh3_64_with_seed_0)
{
    cr_assert_eq(leat_hash("", 0), UINT64_C(0x2D06800538D394C2));
    cr_assert_eq(leat_hash("a", 1), UINT64_C(0xE6C632B61E964E1F));
    cr_assert_eq(leat_hash("abc", 3), UINT64_C(0x78AF5F94892F3950));
}

Test(hash, a_seed_makes_another_function)
{
    cr_assert_neq(leat_hash_seeded(1, "abc", 3), leat_hash("abc", 3));
    cr_assert_eq(leat_hash_seeded(0, "abc", 3), leat_hash("abc", 3));
}
