/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/trace.h"

#include <criterion/criterion.h>

static const leat_trace_template templates[] = {
    {2001, "task {0}: barrier {1} on input {2}"},
    {2002, "{} {9} {0"},
};

static void collect(void *context, const leat_trace_event *event)
{
    *(leat_trace_event *)context = *event;
}

static void expect_text(uint16_t event, const char *text)
{
    leat_trace_event seen = {0};
    leat_tracer tracer = {.sink = collect, .context = &seen, .node = 3};
    leat_buf out = {0};
    leat_trace(&tracer, 41, event, 5, 7, 0);

    leat_trace_format(&seen, templates, LEAT_COUNT_OF(templates), &out);

    cr_assert_str_eq(leat_buf_text(&out), text);
    cr_assert_eq(seen.node, 3);
    cr_assert_eq(seen.time_ms, 41);
    leat_buf_fini(&out);
}

Test(trace, a_template_names_its_arguments)
{
    expect_text(2001, "task 5: barrier 7 on input 0");
}

Test(trace, braces_that_name_nothing_stay)
{
    expect_text(2002, "{} {9} {0");
}

Test(trace, an_unknown_event_shows_its_numbers)
{
    expect_text(4000, "event 4000 5 7 0");
}

Test(trace, a_tracer_without_a_sink_drops)
{
    leat_tracer tracer = {0};
    leat_trace(&tracer, 0, 2001, 1);
}

Test(trace, the_hash_tells_stories_apart)
{
    leat_trace_event a = {.time_ms = 1, .event = 2001};
    leat_trace_event b = {.time_ms = 2, .event = 2001};

    uint64_t ab = leat_trace_hash(leat_trace_hash(0, &a), &b);
    uint64_t ba = leat_trace_hash(leat_trace_hash(0, &b), &a);

    cr_assert_neq(ab, ba);
    cr_assert_eq(ab, leat_trace_hash(leat_trace_hash(0, &a), &b));
}
