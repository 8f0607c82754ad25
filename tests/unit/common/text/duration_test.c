/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text/duration.h"

#include <criterion/criterion.h>

static int64_t parsed(const char *text)
{
    int64_t us = -1;
    leat_error error;
    leat_code code = leat_duration_parse(leat_bytes_text(text), &us, &error);
    return code == LEAT_OK ? us : -1;
}

Test(duration, units_are_read)
{
    cr_assert_eq(parsed("0"), 0);
    cr_assert_eq(parsed("250us"), 250);
    cr_assert_eq(parsed("100ms"), 100000);
    cr_assert_eq(parsed("5s"), 5000000);
    cr_assert_eq(parsed("1h30m"), INT64_C(5400000000));
    cr_assert_eq(parsed("2d"), INT64_C(172800000000));
}

Test(duration, what_is_no_duration_is_refused)
{
    static const char *const bad[] = {
        "", "5", "s", "5 s", "-5s", "1.5s", "5S", "5sx", "5s5", "99999999999999d", "00"};
    for (size_t i = 0; i < LEAT_COUNT_OF(bad); i++)
        cr_assert_eq(parsed(bad[i]), -1, "%s", bad[i]);
}

Test(duration, what_is_printed_reads_back)
{
    static const int64_t values[] = {0, 1, 1500, 90000000, INT64_C(90061001001), INT64_MAX};
    for (size_t i = 0; i < LEAT_COUNT_OF(values); i++) {
        leat_buf text = {0};
        leat_duration_print(values[i], &text);
        cr_assert_eq(parsed(leat_buf_text(&text)), values[i], "%s", leat_buf_text(&text));
        leat_buf_fini(&text);
    }
}
