/* SPDX-License-Identifier: Apache-2.0 */
#include "common/obs/log_ring.h"

#include <criterion/criterion.h>

#include "common/base/buf.h"
#include "common/obs/log.h"

static void add(leat_log_ring *ring, const char *text)
{
    leat_log_line line = {.level = LEAT_LOG_INFO, .text = leat_bytes_text(text)};
    leat_log_ring_add(ring, &line);
}

static bool append(void *self, const leat_log_line *line)
{
    leat_buf_print(self, "%.*s;", LEAT_FMT(line->text));
    return true;
}

static void expect_lines(leat_log_ring *ring, uint64_t after, const char *expected)
{
    leat_buf text = {0};
    leat_buf_add_text(&text, "");
    leat_log_ring_each(ring, after, append, &text);
    cr_assert_str_eq(leat_buf_text(&text), expected);
    leat_buf_fini(&text);
}

Test(log_ring, gives_lines_back_in_order)
{
    leat_log_ring *ring = leat_log_ring_new(100);

    add(ring, "a");
    add(ring, "b");

    expect_lines(ring, 0, "a;b;");
    leat_log_ring_free(&ring);
}

Test(log_ring, drops_the_oldest_when_it_is_full)
{
    leat_log_ring *ring = leat_log_ring_new(8);

    add(ring, "aaaa");
    add(ring, "bbbb");
    add(ring, "cc");
    expect_lines(ring, 0, "bbbb;cc;");
    add(ring, "a line that can never fit");

    expect_lines(ring, 0, "bbbb;cc;");
    leat_log_ring_free(&ring);
}

Test(log_ring, is_read_on_from_the_newest_number_of_all_rings)
{
    leat_log_ring *ring = leat_log_ring_new(100);
    leat_log_ring *other = leat_log_ring_new(100);
    add(ring, "a");
    add(other, "x");
    uint64_t seen = leat_log_ring_newest();
    add(ring, "b");

    expect_lines(ring, seen, "b;");
    expect_lines(other, seen, "");
    leat_log_ring_free(&ring);
    leat_log_ring_free(&other);
}

Test(log_ring, keeps_what_is_logged_whatever_the_level_and_not_debug)
{
    leat_log_ring *ring = leat_log_ring_new(1000);
    leat_log_set_level(LEAT_LOG_ERROR);
    leat_log_set_ring(ring);

    leat_log(LEAT_LOG_INFO, "job_started", LEAT_KU("job", 3));
    leat_log(LEAT_LOG_DEBUG, "noise", LEAT_KU("job", 3));

    expect_lines(ring, 0, "job_started job=3;");
    leat_log_set_ring(NULL);
    leat_log_ring_free(&ring);
}
