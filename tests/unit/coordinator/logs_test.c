/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/logs.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/obs/log_wire.h"

static void add(leat_log_ring *ring, int64_t time_ms, uint32_t job, const char *text)
{
    leat_log_line line = {
        .time_ms = time_ms, .level = LEAT_LOG_INFO, .job = job, .text = leat_bytes_text(text)};
    leat_log_ring_add(ring, &line);
}

static void send(leat_logs *logs, leat_log_ring *from, uint64_t after, uint32_t worker)
{
    leat_buf wire = {0};
    leat_error err;
    leat_log_wire_encode(from, after, 100000, &wire);
    cr_assert_eq(leat_logs_take(logs, worker, 77, leat_buf_bytes(&wire), &err), LEAT_OK);
    leat_buf_fini(&wire);
}

static void expect(leat_logs *logs, const leat_logs_query *query, const char *expected)
{
    leat_buf text = {0};
    leat_logs_print(logs, query, &text);
    leat_bytes all = leat_buf_bytes(&text);
    char texts[512] = "";
    size_t size = 0;
    const char *at = leat_buf_text(&text);
    for (; (at = strstr(at, "\"text\":\"")) != NULL && size < sizeof texts; at++) {
        const char *start = at + 8;
        size += (size_t)snprintf(texts + size, sizeof texts - size, "%.*s;",
                                 (int)strcspn(start, "\""), start);
    }
    cr_assert_str_eq(texts, expected, "%.*s", LEAT_FMT(all));
    leat_buf_fini(&text);
}

static const leat_logs_query everything = {.level = LEAT_LOG_DEBUG, .count_max = 100};

Test(logs, lines_of_all_are_merged_by_time)
{
    leat_log_ring *own = leat_log_ring_new(1000);
    leat_log_ring *of_worker = leat_log_ring_new(1000);
    leat_logs *logs = leat_logs_new(own);
    add(own, 10, 0, "a");
    add(own, 30, 0, "c");
    add(of_worker, 20, 0, "b");

    send(logs, of_worker, 0, 1);

    expect(logs, &everything, "a;b;c;");
    leat_logs_free(&logs);
    leat_log_ring_free(&own);
    leat_log_ring_free(&of_worker);
}

Test(logs, what_is_sent_again_is_shown_once_and_a_hole_is_said)
{
    leat_log_ring *of_worker = leat_log_ring_new(1000);
    leat_logs *logs = leat_logs_new(NULL);
    add(of_worker, 1, 0, "a");
    send(logs, of_worker, 0, 1);
    send(logs, of_worker, 0, 1);
    expect(logs, &everything, "a;");

    add(of_worker, 2, 0, "lost on the way");
    uint64_t lost = leat_log_ring_newest();
    add(of_worker, 3, 0, "c");
    send(logs, of_worker, lost, 1);

    expect(logs, &everything, "a;log_lines_missed count=1;c;");
    leat_logs_free(&logs);
    leat_log_ring_free(&of_worker);
}

Test(logs, a_job_has_its_lines_and_warnings_of_no_job)
{
    leat_log_ring *own = leat_log_ring_new(1000);
    leat_logs *logs = leat_logs_new(own);
    leat_logs_query of_job = everything;
    of_job.has_job = true;
    of_job.job = 7;
    add(own, 1, 7, "mine");
    add(own, 2, 8, "other");
    add(own, 3, 0, "nobodys");
    leat_log_line warning = {.time_ms = 4, .level = LEAT_LOG_WARN, .text = LEAT_BYTES("disk_full")};
    leat_log_ring_add(own, &warning);

    expect(logs, &of_job, "mine;disk_full;");
    leat_logs_free(&logs);
    leat_log_ring_free(&own);
}

Test(logs, the_newest_so_many_and_only_what_is_new)
{
    leat_log_ring *own = leat_log_ring_new(1000);
    leat_logs *logs = leat_logs_new(own);
    leat_logs_query two = everything;
    two.count_max = 2;
    add(own, 1, 0, "a");
    add(own, 2, 0, "b");
    add(own, 3, 0, "c");
    expect(logs, &two, "b;c;");

    two.after = leat_log_ring_newest();
    expect(logs, &two, "");
    add(own, 4, 0, "d");

    expect(logs, &two, "d;");
    leat_logs_free(&logs);
    leat_log_ring_free(&own);
}
