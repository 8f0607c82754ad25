/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/source.h"

#include <criterion/criterion.h>

#include "tests/support/batch_text.h"
#include "tests/support/slot_parts.h"

/* A source whose answers the test sets: the next poll gives these rows, bad records, this code. */
static struct script {
    const char *names; /* of the splits, '\0' separated, "" ends */
    const char *rows[8];
    const char *bad;
    leat_code code;
    uint32_t max_rows; /* as asked last */
    leat_time position;
} script;

struct leat_source_reader {
    int unused;
};

static leat_code script_splits(const leat_connector_config *config, leat_buf *out, leat_error *err)
{
    (void)config, (void)err;
    for (const char *name = script.names; *name != '\0'; name += strlen(name) + 1)
        leat_buf_add(out, name, strlen(name) + 1);
    return LEAT_OK;
}

static leat_code script_open(const leat_connector_config *config,
                             leat_bytes split,
                             leat_bytes position,
                             leat_source_reader **out_reader,
                             leat_error *err)
{
    (void)config, (void)split, (void)err;
    script.position = (leat_time)position.size;
    *out_reader = LEAT_NEW(leat_source_reader);
    return LEAT_OK;
}

static leat_code script_poll(leat_source_reader *reader,
                             const leat_poll *poll,
                             leat_builder *builder,
                             leat_error *err)
{
    (void)reader, (void)err;
    script.max_rows = poll->max_rows;
    for (uint32_t i = 0; i < LEAT_COUNT_OF(script.rows) && script.rows[i] != NULL; i++)
        leat_test_row(builder, leat_test_schema("k bigint, v bigint, ts timestamp"),
                      script.rows[i]);
    if (script.bad != NULL)
        poll->bad(poll->bad_self, &(leat_bad_record){.raw = leat_bytes_text(script.bad),
                                                     .resource = LEAT_BYTES("in.jsonl"),
                                                     .position = 7,
                                                     .reason = "not an object"});
    return script.code;
}

static void script_position(const leat_source_reader *reader, leat_buf *out)
{
    (void)reader;
    leat_buf_add_text(out, "12345");
}

static void script_close(leat_source_reader **reader)
{
    leat_free(LEAT_TAKE(*reader));
}

static const leat_source_class script_class = {.name = "rows",
                                               .splits = script_splits,
                                               .open_split = script_open,
                                               .poll = script_poll,
                                               .position = script_position,
                                               .close = script_close};

typedef struct fixture {
    shuffle_plan *plan;
    slot_parts *parts;
    leat_source *source;
    leat_connectors connectors;
    leat_buf emitted;
} fixture;

static void take_rows(void *self, uint32_t output, const leat_rows *rows)
{
    fixture *f = self;
    leat_buf_print(&f->emitted, "%u: ", output);
    leat_rows_print(rows, &f->emitted);
}

static fixture *setup(const char *names)
{
    slot_world_args args = {.split_count = 1, .row_count = 1, .key_count = 1};
    fixture *f = LEAT_NEW(fixture);
    f->plan = shuffle_plan_of(&args, "lines");
    script = (struct script){.names = names, .code = LEAT_AGAIN};
    f->connectors.sources[0] = &script_class;
    f->connectors.source_count = 1;
    f->parts = slot_parts_new(&f->plan->plan, &f->connectors, 1);
    return f;
}

static void open_source(fixture *f)
{
    leat_error err = {0};
    cr_assert_eq(leat_source_new(&f->parts->context, 0, take_rows, f, &f->source, &err), LEAT_OK);
    leat_source_start(f->source);
}

/* As the coordinator does: log what the lister found, tell. */
static void tell_splits(fixture *f)
{
    const leat_up *up = slot_parts_said(f->parts, LEAT_UP_SPLITS);
    leat_down down = {.kind = LEAT_DOWN_SPLITS, .names = up->bytes, .is_final = up->is_final};
    leat_source_add_splits(f->source, &down);
}

static void teardown(fixture *f)
{
    leat_source_free(&f->source);
    slot_parts_free(&f->parts);
    leat_buf_fini(&f->emitted);
    leat_free(f->plan);
    leat_free(f);
}

static leat_source_turn poll_rows(fixture *f, const char *row)
{
    script.rows[0] = row;
    script.rows[1] = NULL;
    script.code = row == NULL ? LEAT_AGAIN : LEAT_OK;
    return leat_source_poll(f->source);
}

Test(source, promises_the_highest_time_less_the_disorder_over_its_least_split)
{
    fixture *f = setup("a\0b\0");
    open_source(f);
    tell_splits(f);

    cr_assert_eq(poll_rows(f, "1, 1, 1970-01-01 00:00:10"), LEAT_SOURCE_ROWS);
    cr_assert_eq(leat_source_watermark(f->source), LEAT_TIME_MIN, "split b has said nothing");
    cr_assert_eq(poll_rows(f, "1, 1, 1970-01-01 00:00:05"), LEAT_SOURCE_ROWS);
    cr_assert_eq(leat_source_watermark(f->source), 4000000);
    teardown(f);
}

Test(source, holds_until_it_knows_its_splits_and_is_idle_without_any)
{
    fixture *f = setup("");
    f->plan->options[4] = (leat_option){.name = LEAT_BYTES("follow"), .value = LEAT_BYTES("true")};
    f->plan->nodes[0].option_count = 5;
    open_source(f);
    cr_assert_not(leat_source_is_idle(f->source));

    tell_splits(f);

    cr_assert(leat_source_is_idle(f->source));
    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_NOTHING);
    teardown(f);
}

Test(source, a_split_without_rows_for_idle_after_is_left_out)
{
    fixture *f = setup("a\0b\0");
    f->plan->nodes[0].idle_after_us = 1000000;
    open_source(f);
    tell_splits(f);
    poll_rows(f, "1, 1, 1970-01-01 00:00:10"); /* split a */

    f->parts->context.steady_us += 1000000;
    cr_assert_eq(poll_rows(f, NULL), LEAT_SOURCE_WATERMARK);
    cr_assert(leat_source_is_idle(f->source), "a and b have been silent for a second");
    cr_assert_eq(poll_rows(f, "1, 1, 1970-01-01 00:00:20"), LEAT_SOURCE_ROWS);
    cr_assert_not(leat_source_is_idle(f->source));
    cr_assert_eq(leat_source_watermark(f->source), 19000000);
    teardown(f);
}

Test(source, a_time_far_in_the_future_moves_the_promise_to_the_cap_only)
{
    fixture *f = setup("a\0");
    f->plan->nodes[0].max_future_us = 60000000;
    f->parts->context.now_us = 100000000;
    open_source(f);
    tell_splits(f);

    poll_rows(f, "1, 1, 2099-01-01 00:00:00");

    cr_assert_eq(leat_source_watermark(f->source), 160000000 - 1000000);
    teardown(f);
}

Test(source, keeps_to_its_rate)
{
    fixture *f = setup("a\0");
    f->plan->nodes[0].rate = 100;
    open_source(f);
    tell_splits(f);

    f->parts->context.steady_us += 50000;
    poll_rows(f, "1, 1, null");
    cr_assert_eq(script.max_rows, 5, "%u", script.max_rows);
    script.rows[1] = script.rows[2] = script.rows[3] = script.rows[4] = "1, 1, null";
    leat_source_poll(f->source); /* four more than there are tokens for */
    script.max_rows = 0;
    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_NOTHING);
    cr_assert_eq(script.max_rows, 0, "it must not even ask");
    uint64_t wake_us = leat_source_wake_us(f->source);
    cr_assert_gt(wake_us, f->parts->context.steady_us);
    f->parts->context.steady_us = wake_us;
    leat_source_poll(f->source);
    cr_assert_geq(script.max_rows, 1);
    teardown(f);
}

Test(source, a_bad_record_fails_the_job_with_its_place)
{
    fixture *f = setup("a\0");
    open_source(f);
    tell_splits(f);
    script.bad = "[oops";

    leat_source_poll(f->source);

    cr_assert_str_eq(slot_parts_said(f->parts, LEAT_UP_FAILED)->text,
                     "source numbers: in.jsonl:7: not an object: [oops");
    teardown(f);
}

Test(source, a_bad_record_may_be_skipped_and_counted)
{
    fixture *f = setup("a\0");
    f->plan->nodes[0].on_bad_record = LEAT_BAD_RECORD_SKIP;
    open_source(f);
    tell_splits(f);
    script.bad = "[oops";

    poll_rows(f, "1, 2, null");

    cr_assert_eq(f->parts->context.stats.bad_rows, 1);
    cr_assert_str_eq(leat_buf_text(&f->emitted), "0: 1, 2, null\n");
    teardown(f);
}

Test(source, a_bad_record_may_go_to_the_side_output)
{
    fixture *f = setup("a\0");
    f->plan->nodes[0].on_bad_record = LEAT_BAD_RECORD_TO;
    f->plan->outputs[1].schema =
        leat_test_schema("raw string, file string, position bigint, reason string");
    open_source(f);
    tell_splits(f);
    script.bad = "[oops";

    poll_rows(f, "1, 2, null");

    cr_assert_str_eq(leat_buf_text(&f->emitted),
                     "0: 1, 2, null\n1: [oops, in.jsonl, 7, not an object\n");
    teardown(f);
}

Test(source, ends_once_when_the_list_is_final_and_every_split_has_ended)
{
    fixture *f = setup("a\0");
    open_source(f);
    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_NOTHING);
    tell_splits(f);
    script.code = LEAT_END;

    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_ROWS);
    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_END);
    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_NOTHING);
    cr_assert_eq(leat_source_watermark(f->source), LEAT_TIME_MAX);
    teardown(f);
}

Test(source, holds_its_watermark_between_the_end_of_its_splits_and_its_own)
{
    fixture *f = setup("a\0");
    open_source(f);
    tell_splits(f);
    poll_rows(f, "1, 1, 1970-01-01 00:00:10");
    script.rows[0] = NULL;
    script.code = LEAT_END;

    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_ROWS);

    cr_assert_not(leat_source_is_idle(f->source), "others would go on without it");
    cr_assert_eq(leat_source_watermark(f->source), 9000000);
    teardown(f);
}

Test(source, without_any_split_ends_when_the_list_is_final)
{
    fixture *f = setup("");
    open_source(f);
    tell_splits(f);

    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_END);
    teardown(f);
}

Test(source, a_drain_ends_it_in_the_middle)
{
    fixture *f = setup("a\0");
    open_source(f);
    tell_splits(f);
    poll_rows(f, "1, 2, null");

    leat_source_drain(f->source);

    cr_assert_eq(leat_source_wake_us(f->source), 0);
    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_END);
    teardown(f);
}

Test(source, goes_on_where_the_state_says)
{
    fixture *f = setup("a\0");
    open_source(f);
    tell_splits(f);
    poll_rows(f, "1, 1, 1970-01-01 00:00:10");
    leat_source_close_epoch(f->source);
    leat_source_free(&f->source);

    leat_error err = {0};
    cr_assert_eq(leat_source_new(&f->parts->context, 0, take_rows, f, &f->source, &err), LEAT_OK);
    leat_down logged = {.kind = LEAT_DOWN_SPLITS,
                        .names = slot_parts_said(f->parts, LEAT_UP_SPLITS)->bytes,
                        .is_final = true};
    leat_source_add_splits(f->source, &logged);
    leat_source_restore(f->source);
    leat_source_start(f->source);
    poll_rows(f, NULL);

    cr_assert_eq(script.position, 5, "opened at `12345`");
    cr_assert_eq(leat_source_watermark(f->source), 9000000);
    teardown(f);
}

Test(source, hearing_of_the_same_splits_twice_changes_nothing)
{
    fixture *f = setup("a\0b\0");
    open_source(f);
    tell_splits(f);
    tell_splits(f);
    script.code = LEAT_END;

    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_ROWS);
    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_ROWS);
    cr_assert_eq(leat_source_poll(f->source), LEAT_SOURCE_END);
    teardown(f);
}
