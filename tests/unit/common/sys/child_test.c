/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sys/child.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/sys/clock.h"

static void say(void *self, leat_buf *out)
{
    for (int i = 0; i < *(const int *)self; i++)
        leat_buf_add_text(out, "0123456789");
}

static void crash(void *self, leat_buf *out)
{
    (void)self, (void)out;
    abort();
}

static void linger(void *self, leat_buf *out)
{
    (void)self, (void)out;
    leat_clock_sleep_ms(60000);
}

Test(child, gives_back_what_it_said_even_more_than_a_pipe_holds)
{
    leat_buf out = {0};
    leat_error err = {0};
    int count = 50000;

    cr_assert_eq(leat_child_run(say, &count, 60000, &out, &err), LEAT_OK, "%s", err.text);

    cr_assert_eq(out.size, 500000);
    cr_assert(memcmp(out.data + 499990, "0123456789", 10) == 0);
    leat_buf_fini(&out);
}

Test(child, a_crash_is_told_with_its_signal)
{
    leat_buf out = {0};
    leat_error err = {0};

    cr_assert_eq(leat_child_run(crash, NULL, 60000, &out, &err), LEAT_FATAL);

    cr_assert_not_null(strstr(err.text, "signal 6"), "%s", err.text);
    leat_buf_fini(&out);
}

Test(child, one_that_takes_too_long_is_killed)
{
    leat_buf out = {0};
    leat_error err = {0};

    cr_assert_eq(leat_child_run(linger, NULL, 20, &out, &err), LEAT_TIMEOUT);
    leat_buf_fini(&out);
}
