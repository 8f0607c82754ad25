/* SPDX-License-Identifier: Apache-2.0 */
#include "common/obs/log.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/sys/clock.h"

static char seen[4096];

static void keep(void *context, leat_log_level level, leat_bytes line)
{
    (void)context;
    (void)level;
    snprintf(seen, sizeof seen, "%.*s", LEAT_FMT(line));
}

Test(log, a_line_is_level_event_and_fields)
{
    leat_log_set_writer(keep, NULL);

    leat_log(LEAT_LOG_INFO, "checkpoint_completed", LEAT_KI("job", 3), LEAT_KU("bytes", UINT64_MAX),
             LEAT_KS("name", "wiki"), LEAT_KD("ratio", 0.5));

    cr_assert_str_eq(seen, "info checkpoint_completed job=3 bytes=18446744073709551615 name=wiki "
                           "ratio=0.5");
}

Test(log, values_that_would_confuse_are_quoted)
{
    leat_log_set_writer(keep, NULL);

    leat_log(LEAT_LOG_WARN, "x", LEAT_KS("a", "two words"), LEAT_KS("b", "q\"\n\x01"),
             LEAT_KS("c", ""));

    cr_assert_str_eq(seen, "warn x a=\"two words\" b=\"q\\\"\\n\\x01\" c=\"\"");
}

Test(log, lines_below_the_level_are_dropped)
{
    leat_log_level level;
    leat_log_set_writer(keep, NULL);
    cr_assert(leat_log_level_of(LEAT_BYTES("warn"), &level));
    cr_assert_not(leat_log_level_of(LEAT_BYTES("loud"), &level));
    leat_log_set_level(level);

    leat_log(LEAT_LOG_INFO, "quiet", LEAT_KI("a", 1));
    cr_assert_str_eq(seen, "");
    leat_log_event(LEAT_LOG_ERROR, "loud", NULL, 0);
    cr_assert_str_eq(seen, "error loud");
}

Test(log, the_context_is_on_every_line)
{
    leat_log_set_writer(keep, NULL);
    leat_log_set_context("worker=3");
    leat_log(LEAT_LOG_INFO, "worker_joined", LEAT_KI("count", 4));
    cr_assert_str_eq(seen, "info worker_joined worker=3 count=4");
}

Test(log, a_line_too_long_is_cut_with_dots)
{
    static char text[3 * LEAT_LOG_LINE_MAX];
    memset(text, 'x', sizeof text - 1);
    leat_log_set_writer(keep, NULL);

    leat_log(LEAT_LOG_INFO, "long", LEAT_KS("text", text), LEAT_KI("after", 1));

    cr_assert_eq(strlen(seen), LEAT_LOG_LINE_MAX - 1);
    cr_assert_str_eq(seen + strlen(seen) - 4, "x...");
}

Test(log, a_failure_says_code_and_reason)
{
    leat_error err;
    leat_log_set_writer(keep, NULL);
    leat_code code = leat_fail(&err, LEAT_NO_SPACE, "disk is full");
    cr_assert_eq(code, LEAT_NO_SPACE);
    leat_error_add(&err, "journal");

    leat_log_failure(LEAT_LOG_ERROR, "commit_failed", &err);

    cr_assert_str_eq(seen,
                     "error commit_failed error=\"no space\" reason=\"journal: disk is full\"");
}

static size_t line_count;

static void count(void *context, leat_log_level level, leat_bytes line)
{
    keep(context, level, line);
    line_count++;
}

Test(log, a_storm_is_counted_and_its_size_is_said)
{
    leat_log_set_writer(count, NULL);

    for (int i = 0; i < 1000; i++)
        leat_log(LEAT_LOG_WARN, "message_rejected", LEAT_KI("job", 3), LEAT_KI("i", i));
    cr_assert_eq(line_count, LEAT_LOG_BURST);
    cr_assert_str_eq(seen, "warn message_rejected job=3 i=9");
    for (int i = 0; i < 200 && line_count == LEAT_LOG_BURST; i++) {
        leat_clock_sleep_ms(10);
        leat_log_tick();
    }

    cr_assert_eq(line_count, LEAT_LOG_BURST + 1);
    cr_assert_str_eq(seen, "warn message_rejected job=3 repeated=990");
}

Test(log, a_storm_of_one_job_hides_nothing_of_another)
{
    leat_log_set_writer(count, NULL);

    for (int i = 0; i < 100; i++)
        leat_log(LEAT_LOG_WARN, "epoch_aborted", LEAT_KI("job", 3));
    leat_log(LEAT_LOG_WARN, "epoch_aborted", LEAT_KI("job", 4));

    cr_assert_str_eq(seen, "warn epoch_aborted job=4");
}

Test(log, more_storms_than_places_still_say_their_size)
{
    leat_log_set_writer(count, NULL);

    for (int job = 1; job <= 65; job++)
        for (int i = 0; i < LEAT_LOG_BURST + 1; i++)
            leat_log(LEAT_LOG_WARN, "epoch_aborted", LEAT_KI("job", job));

    cr_assert_eq(line_count, 65 * LEAT_LOG_BURST + 1); /* the first had to make room */
}

Test(log, time_is_utc_with_milliseconds)
{
    char text[LEAT_LOG_TIME_BYTES + 1];
    leat_log_print_time(1792158038123, text);
    cr_assert_str_eq(text, "2026-10-16T13:40:38.123Z");
}
