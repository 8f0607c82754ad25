/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/bitset.h"

#include <criterion/criterion.h>
#include <signal.h>

Test(bitset, counts_and_reports_what_changed)
{
    leat_bitset set;
    leat_bitset_init(&set, 130);

    cr_assert(leat_bitset_add(&set, 129));
    cr_assert_not(leat_bitset_add(&set, 129));
    cr_assert_eq(set.set_count, 1);
    cr_assert(leat_bitset_has(&set, 129));
    cr_assert(leat_bitset_remove(&set, 129));
    cr_assert_not(leat_bitset_remove(&set, 129));
    cr_assert_eq(set.set_count, 0);
    leat_bitset_fini(&set);
}

Test(bitset, visits_set_bits_in_order_across_words)
{
    static const size_t bits[] = {0, 1, 63, 64, 127, 128, 199};
    leat_bitset set;
    leat_bitset_init(&set, 200);
    for (size_t i = LEAT_COUNT_OF(bits); i-- > 0;)
        leat_bitset_add(&set, bits[i]);

    size_t seen = 0;
    LEAT_BITSET_EACH(bit, &set)
    cr_assert_eq(bit, bits[seen++]);

    cr_assert_eq(seen, LEAT_COUNT_OF(bits));
    leat_bitset_fini(&set);
}

Test(bitset, a_full_set_has_no_clear_bit_whatever_its_size)
{
    for (size_t size = 0; size <= 130; size++) {
        leat_bitset set;
        leat_bitset_init(&set, size);
        cr_assert_eq(leat_bitset_next(&set, 0), size);
        leat_bitset_fill(&set);
        cr_assert_eq(set.set_count, size);
        cr_assert_eq(leat_bitset_next_clear(&set, 0), size);
        leat_bitset_fini(&set);
    }
}

Test(bitset, union_difference_and_inclusion_agree)
{
    leat_bitset a, b = {0};
    leat_bitset_init(&a, 100);
    leat_bitset_add(&a, 3);
    leat_bitset_add(&a, 70);
    leat_bitset_copy(&b, &a);
    leat_bitset_add(&b, 99);

    cr_assert(leat_bitset_includes(&b, &a));
    cr_assert_not(leat_bitset_includes(&a, &b));
    leat_bitset_add_all(&a, &b);
    cr_assert(leat_bitset_equal(&a, &b));
    leat_bitset_remove_all(&a, &b);
    cr_assert_eq(a.set_count, 0);
    leat_bitset_fini(&a);
    leat_bitset_fini(&b);
}

Test(bitset, a_bit_outside_is_a_bug, .signal = SIGABRT)
{
    leat_bitset set;
    leat_bitset_init(&set, 64);
    leat_bitset_add(&set, 64);
}
