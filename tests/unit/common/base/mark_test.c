/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mark.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static void rare_branch(void)
{
    LEAT_MARK(test_rare_branch);
}

static bool durable_step(void)
{
    return LEAT_FAILPOINT(test_durable_step);
}

Test(mark, counts_its_hits)
{
    cr_assert_eq(LEAT_MARK_COUNT(test_rare_branch), 0);
    rare_branch();
    rare_branch();
    cr_assert_eq(LEAT_MARK_COUNT(test_rare_branch), 2);
    leat_marks_reset();
    cr_assert_eq(LEAT_MARK_COUNT(test_rare_branch), 0);
}

Test(mark, is_listed_before_it_was_hit)
{
    size_t count;
    leat_mark *const *marks = leat_marks(&count);
    bool is_listed = false;
    for (size_t i = 0; i < count; i++)
        is_listed |= strcmp(marks[i]->name, "test_rare_branch") == 0;
    cr_assert(is_listed);
}

Test(mark, asking_for_an_unknown_name_is_a_bug, .signal = SIGABRT)
{
    leat_mark_count("test_no_such_mark");
}

Test(failpoint, unarmed_does_nothing)
{
    cr_assert_not(durable_step());
    cr_assert_eq(LEAT_MARK_COUNT(test_durable_step), 1);
}

Test(failpoint, fails_at_the_hit_it_was_armed_for_and_only_there)
{
    cr_assert_eq(leat_failpoint_arm("test_durable_step@2=error", NULL), LEAT_OK);

    cr_assert_not(durable_step());
    cr_assert(durable_step());
    cr_assert_not(durable_step());
}

Test(failpoint, kills_the_process, .signal = SIGKILL)
{
    cr_assert_eq(leat_failpoint_arm("test_durable_step@1=kill", NULL), LEAT_OK);
    durable_step();
}

Test(failpoint, stalls_and_goes_on)
{
    cr_assert_eq(leat_failpoint_arm("test_durable_step@1=stall:5", NULL), LEAT_OK);
    cr_assert_not(durable_step());
}

Test(failpoint, several_hits_of_one_name_are_all_due)
{
    cr_assert_eq(leat_failpoint_arm("test_durable_step@1=error,test_durable_step@3=error", NULL),
                 LEAT_OK);
    cr_assert(durable_step());
    cr_assert_not(durable_step());
    cr_assert(durable_step());
    cr_assert_not(durable_step());
}

Test(failpoint, an_empty_text_disarms)
{
    cr_assert_eq(leat_failpoint_arm("test_durable_step@1=error", NULL), LEAT_OK);
    cr_assert_eq(leat_failpoint_arm("", NULL), LEAT_OK);
    cr_assert_not(durable_step());
}

Test(failpoint, a_name_nobody_has_is_refused)
{
    leat_error err;
    cr_assert_eq(leat_failpoint_arm("test_durable_step@1=error,nothing@1=kill", &err),
                 LEAT_NOT_FOUND);
    cr_assert_str_eq(err.text, "no failpoint is called `nothing`");
}

Test(failpoint, bad_text_is_refused)
{
    static const char *const bad[] = {"test_durable_step",         "test_durable_step@0=kill",
                                      "test_durable_step@1=",      "test_durable_step@1=killed",
                                      "test_durable_step@1=stall", "@1=kill",
                                      "test_durable_step@1=kill,", "test_durable_step@x=kill"};
    for (size_t i = 0; i < LEAT_COUNT_OF(bad); i++)
        cr_assert_eq(leat_failpoint_arm(bad[i], NULL), LEAT_INVALID, "%s", bad[i]);
}
