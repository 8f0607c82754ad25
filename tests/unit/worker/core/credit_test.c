/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/credit.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "common/base/prng.h"

Test(credit, starts_with_one_window_on_both_sides)
{
    leat_credit_out out = leat_credit_out_of(1000);
    leat_credit_in in = leat_credit_in_of(1000);

    cr_assert(leat_credit_allows(&out, 1000));
    cr_assert_not(leat_credit_allows(&out, 1001));
    cr_assert(leat_credit_receive(&in, 1000));
}

Test(credit, a_batch_larger_than_the_window_is_charged_the_window)
{
    leat_credit_out out = leat_credit_out_of(20000);

    cr_assert_eq(leat_credit_charge(&out, 1 << 20), 20000);
    cr_assert_eq(leat_credit_charge(&out, 100), 100 + LEAT_CREDIT_OVERHEAD_BYTES);
}

Test(credit, refuses_a_sender_that_overdraws)
{
    leat_credit_in in = leat_credit_in_of(1000);

    cr_assert(leat_credit_receive(&in, 900));
    cr_assert_not(leat_credit_receive(&in, 101));
    cr_assert_not(leat_credit_receive(&in, 2000));
}

Test(credit, an_old_grant_takes_nothing_back)
{
    leat_credit_out out = leat_credit_out_of(1000);

    leat_credit_hear(&out, 1500);
    leat_credit_hear(&out, 1200);

    cr_assert_eq(out.limit, 1500);
}

Test(credit, spending_more_than_allowed_is_a_bug, .signal = SIGABRT)
{
    leat_credit_out out = leat_credit_out_of(1000);

    leat_credit_spend(&out, 1001);
}

Test(credit, a_grant_is_due_when_a_quarter_was_freed_or_all_was_consumed)
{
    leat_credit_in in = leat_credit_in_of(1000);
    cr_assert(leat_credit_receive(&in, 500));

    leat_credit_consume(&in, 100);
    cr_assert_not(leat_credit_is_due(&in));
    leat_credit_consume(&in, 150);
    cr_assert(leat_credit_is_due(&in));
    cr_assert_eq(leat_credit_grant(&in), 1250);
    leat_credit_consume(&in, 240);
    cr_assert_not(leat_credit_is_due(&in));
    leat_credit_consume(&in, 10);
    cr_assert(leat_credit_is_due(&in), "nothing is left to consume: the sender may be waiting");
}

/* Grants are lost, delayed and doubled at random; the last one always heals everything. */
Test(credit, is_never_negative_and_never_lost_for_good)
{
    leat_prng prng = {7};
    for (int run = 0; run < 200; run++) {
        leat_credit_out out = leat_credit_out_of(1 + leat_prng_below(&prng, 5000));
        leat_credit_in in = leat_credit_in_of(out.window);
        uint64_t old_grant = 0;
        for (int step = 0; step < 200; step++) {
            uint64_t charge = leat_credit_charge(&out, leat_prng_below(&prng, 3000));
            if (leat_credit_allows(&out, charge)) {
                leat_credit_spend(&out, charge);
                cr_assert(leat_credit_receive(&in, charge));
            }
            leat_credit_consume(&in, leat_prng_below(&prng, in.received - in.consumed + 1));
            if (!leat_credit_is_due(&in))
                continue;
            uint64_t grant = leat_credit_grant(&in);
            if (leat_prng_chance(&prng, 0.5))
                leat_credit_hear(&out, grant);
            else
                leat_credit_hear(&out, old_grant);
            old_grant = grant;
            cr_assert_leq(in.received - in.consumed, in.window);
        }
        leat_credit_consume(&in, in.received - in.consumed);
        leat_credit_hear(&out, leat_credit_grant(&in));
        cr_assert(leat_credit_is_drained(&out));
        cr_assert(leat_credit_allows(&out, out.window));
    }
}
