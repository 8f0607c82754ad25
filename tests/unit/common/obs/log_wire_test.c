/* SPDX-License-Identifier: Apache-2.0 */
#include "common/obs/log_wire.h"

#include <criterion/criterion.h>

static void add(leat_log_ring *ring, const char *text)
{
    leat_log_line line = {
        .time_ms = 1234, .level = LEAT_LOG_WARN, .job = 7, .text = leat_bytes_text(text)};
    leat_log_ring_add(ring, &line);
}

static bool append(void *self, const leat_log_line *line)
{
    leat_buf_print(self, "%lld %s %u %.*s;", (long long)line->time_ms,
                   leat_log_level_name(line->level), line->job, LEAT_FMT(line->text));
    return true;
}

Test(log_wire, lines_come_back_as_they_were)
{
    leat_log_ring *ring = leat_log_ring_new(100);
    add(ring, "a b=1");
    add(ring, "");
    leat_buf wire = {0};
    leat_buf text = {0};
    leat_error err;

    uint64_t last = leat_log_wire_encode(ring, 0, 1000, &wire);
    leat_code code = leat_log_wire_decode(leat_buf_bytes(&wire), append, &text, &err);

    cr_assert_eq(code, LEAT_OK);
    cr_assert_eq(last, leat_log_ring_newest());
    cr_assert_str_eq(leat_buf_text(&text), "1234 warn 7 a b=1;1234 warn 7 ;");
    leat_buf_fini(&wire);
    leat_buf_fini(&text);
    leat_log_ring_free(&ring);
}

Test(log_wire, takes_a_bounded_part_and_goes_on_after_it)
{
    leat_log_ring *ring = leat_log_ring_new(100);
    leat_buf wire = {0};
    add(ring, "first");
    add(ring, "second");

    uint64_t last = leat_log_wire_encode(ring, 0, 1, &wire);
    cr_assert_eq(last, leat_log_ring_newest() - 1);
    cr_assert_eq(leat_log_wire_encode(ring, last, 1, &wire), leat_log_ring_newest());
    leat_buf_fini(&wire);
    leat_log_ring_free(&ring);
}

Test(log_wire, every_cut_is_corrupt)
{
    leat_log_ring *ring = leat_log_ring_new(100);
    leat_buf wire = {0};
    leat_buf text = {0};
    leat_error err;
    add(ring, "some text");
    leat_log_wire_encode(ring, 0, 1000, &wire);

    for (size_t size = 1; size < wire.size; size++) {
        leat_bytes cut = leat_bytes_of(leat_buf_bytes(&wire).data, size);
        cr_assert_eq(leat_log_wire_decode(cut, append, &text, &err), LEAT_CORRUPT);
    }
    cr_assert_eq(text.size, 0);
    leat_buf_fini(&wire);
    leat_buf_fini(&text);
    leat_log_ring_free(&ring);
}
