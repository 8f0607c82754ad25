/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/time_text.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/prng.h"

static const char *timestamp(const char *text)
{
    static char result[64];
    leat_time time = 0;
    leat_code code = leat_timestamp_parse(leat_bytes_text(text), &time);
    if (code != LEAT_OK)
        return leat_code_name(code);
    leat_buf out = {0};
    leat_timestamp_print(time, &out);
    snprintf(result, sizeof result, "%s", leat_buf_text(&out));
    leat_buf_fini(&out);
    return result;
}

Test(time_text, iso_8601_in_its_usual_forms_is_read)
{
    cr_assert_str_eq(timestamp("2015-09-12"), "2015-09-12 00:00:00");
    cr_assert_str_eq(timestamp("2015-09-12T00:46"), "2015-09-12 00:46:00");
    cr_assert_str_eq(timestamp("2015-09-12 00:46:58.771"), "2015-09-12 00:46:58.771");
    cr_assert_str_eq(timestamp("2015-09-12T00:46:58.771Z"), "2015-09-12 00:46:58.771");
    cr_assert_str_eq(timestamp("2015-09-12 00:46:58+02"), "2015-09-11 22:46:58");
    cr_assert_str_eq(timestamp("2015-09-12T00:46:58-0530"), "2015-09-12 06:16:58");
    cr_assert_str_eq(timestamp("2015-09-12T00:46:58 +05:30"), "2015-09-11 19:16:58");
    cr_assert_str_eq(timestamp("1969-12-31 23:59:59.999999999"), "1969-12-31 23:59:59.999999");
    cr_assert_str_eq(timestamp("0001-01-01 00:00:00"), "0001-01-01 00:00:00");
}

Test(time_text, dates_and_times_that_do_not_exist_are_refused)
{
    const char *const wrong[] = {"2015-02-29",
                                 "2015-13-01",
                                 "2015-00-10",
                                 "2015-01-32",
                                 "2015-1-1",
                                 "2015-09-12 24:00:00",
                                 "2015-09-12 00:60:00",
                                 "2015-09-12 00:00:60",
                                 "2015-09-12 00:00:00.",
                                 "2015-09-12T",
                                 "2015-09-12 00:00:00X",
                                 "",
                                 "2015-09-12 00:00:00+",
                                 "2015-09-12x"};
    for (size_t i = 0; i < LEAT_COUNT_OF(wrong); i++)
        cr_assert_str_eq(timestamp(wrong[i]), "bad record", "%s", wrong[i]);
    cr_assert_str_eq(timestamp("2016-02-29"), "2016-02-29 00:00:00");
}

Test(time_text, every_time_of_four_digit_years_reads_back)
{
    const leat_time from = leat_date_days((leat_date){0, 1, 1}) * LEAT_DAY_US;
    const leat_time to = leat_date_days((leat_date){9999, 12, 31}) * LEAT_DAY_US;
    leat_prng prng = {3};
    leat_buf out = {0};
    for (int i = 0; i < 20000; i++) {
        leat_time time = from + (leat_time)leat_prng_below(&prng, (uint64_t)(to - from));
        leat_time back = 0;
        leat_buf_clear(&out);
        leat_timestamp_print(time, &out);
        cr_assert_eq(leat_timestamp_parse(leat_buf_bytes(&out), &back), LEAT_OK);
        cr_assert_eq(back, time);
    }
    leat_buf_fini(&out);
}

Test(time_text, the_ends_of_time_print)
{
    leat_buf out = {0};

    leat_timestamp_print(LEAT_TIME_MIN, &out);
    leat_buf_add_char(&out, '|');
    leat_timestamp_print(LEAT_TIME_MAX, &out);

    cr_assert_str_eq(leat_buf_text(&out),
                     "-290308-12-21 19:59:05.224192|294247-01-10 04:00:54.775807");
    leat_buf_fini(&out);
}

static const char *interval(const char *text)
{
    static char result[96];
    leat_interval value;
    leat_code code = leat_interval_parse(leat_bytes_text(text), &value);
    if (code != LEAT_OK)
        return leat_code_name(code);
    leat_buf out = {0};
    leat_interval_print(value, &out);
    snprintf(result, sizeof result, "%s", leat_buf_text(&out));
    leat_buf_fini(&out);
    return result;
}

Test(time_text, intervals_are_runs_of_numbers_and_units)
{
    cr_assert_str_eq(interval("5 minutes"), "00:05:00");
    cr_assert_str_eq(interval("1.5s"), "00:00:01.5");
    cr_assert_str_eq(interval("1 year 2 mons 3 days 04:05:06.5"),
                     "1 year 2 mons 3 days 04:05:06.5");
    cr_assert_str_eq(interval("-1 day -02:00"), "-1 days -02:00:00");
    cr_assert_str_eq(interval("2 weeks"), "14 days");
    cr_assert_str_eq(interval("0.5 day"), "12:00:00");
    cr_assert_str_eq(interval("250ms"), "00:00:00.25");
    cr_assert_str_eq(interval("0 s"), "00:00:00");
}

Test(time_text, intervals_that_are_none_or_do_not_fit_are_refused)
{
    cr_assert_str_eq(interval(""), "bad record");
    cr_assert_str_eq(interval("5"), "bad record");
    cr_assert_str_eq(interval("5 fortnights"), "bad record");
    cr_assert_str_eq(interval("day"), "bad record");
    cr_assert_str_eq(interval("1:2"), "bad record");
    cr_assert_str_eq(interval("0.5 month"), "limit exceeded");
    cr_assert_str_eq(interval("4000000000 years"), "limit exceeded");
    cr_assert_str_eq(interval("99999999999 s"), "limit exceeded");
}

Test(time_text, parts_after_a_negative_one_show_their_sign)
{
    leat_buf out = {0};
    leat_interval_print((leat_interval){-1, 2, -1}, &out);
    leat_interval_print((leat_interval){0, -1, LEAT_HOUR_US}, &out);
    cr_assert_str_eq(leat_buf_text(&out), "-1 mons +2 days -00:00:00.000001-1 days +01:00:00");
    leat_buf_fini(&out);
}

Test(time_text, dates_and_times_of_day_read_what_they_print)
{
    leat_buf out = {0};
    int32_t days;
    int64_t micros;
    cr_assert_eq(leat_date_parse(LEAT_BYTES("2024-02-29"), &days), LEAT_OK);
    leat_date_print(days, &out);
    cr_assert_eq(leat_clock_parse(LEAT_BYTES("17:08:09.5"), &micros), LEAT_OK);
    leat_clock_print(micros, &out);
    cr_assert_str_eq(leat_buf_text(&out), "2024-02-2917:08:09.5");
    leat_buf_fini(&out);

    cr_assert_eq(leat_date_parse(LEAT_BYTES("20240305 10:11"), &days), LEAT_OK);
    cr_assert_eq(days, 19787);
    cr_assert_eq(leat_date_parse(LEAT_BYTES("2024-02-30"), &days), LEAT_RECORD);
    cr_assert_eq(leat_date_parse(LEAT_BYTES("2024-02-28x"), &days), LEAT_RECORD);
    cr_assert_eq(leat_clock_parse(LEAT_BYTES("24:00:00"), &micros), LEAT_OK);
    cr_assert_eq(leat_clock_parse(LEAT_BYTES("25:00"), &micros), LEAT_RECORD);
}
