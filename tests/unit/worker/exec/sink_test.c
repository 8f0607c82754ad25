/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/sink.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/batch_text.h"
#include "tests/support/slot_parts.h"

typedef struct fixture {
    shuffle_plan *plan;
    slot_parts *parts;
    leat_sink *sink;
    leat_byte_table *handles;
} fixture;

static fixture setup(const char *connector)
{
    slot_world_args args = {.split_count = 1, .row_count = 1, .key_count = 1};
    fixture f = {.plan = shuffle_plan_of(&args, connector)};
    f.parts = slot_parts_new(&f.plan->plan, slot_world_connectors(), 1);
    f.handles = leat_state_byte_table(f.parts->context.state, 1);
    leat_error err = {0};
    cr_assert_eq(leat_sink_new(&f.parts->context, 2, &f.sink, &err), LEAT_OK, "%s", err.text);
    return f;
}

static void teardown(fixture *f)
{
    leat_sink_free(&f->sink);
    slot_parts_free(&f->parts);
    leat_free(f->plan);
}

static void add_rows(fixture *f)
{
    leat_batch *batch = BATCH("k bigint, v bigint, ts timestamp", "1, 2, null", "-D 3, 4, null");
    leat_sink_add(f->sink, leat_batch_rows(batch));
    leat_batch_unref(&batch);
}

/* Confirm every disk operation asked for so far, with `code` for publications. */
static void confirm(fixture *f, leat_code code)
{
    leat_slot_actions actions = f->parts->actions;
    f->parts->actions = (leat_slot_actions){0};
    LEAT_VEC_EACH (action, &actions.items) {
        if (action->kind != LEAT_SLOT_UP || action->up.kind != LEAT_UP_DISK)
            continue;
        leat_disk_done done = {.ticket = action->up.op.ticket, .kind = action->up.op.kind};
        if (done.kind == LEAT_DISK_FILE_PUBLISH)
            done.code = code;
        cr_assert(leat_sink_disk_done(f->sink, &done));
    }
    leat_slot_actions_fini(&actions);
}

Test(sink, a_part_is_written_sealed_listed_published_and_forgotten)
{
    fixture f = setup("lines");

    add_rows(&f);
    leat_sink_close_epoch(f.sink, 7);
    cr_assert_str_eq(slot_parts_disk(f.parts, LEAT_DISK_FILE_WRITE)->path, "out/.tmp-kept-0-4-0");
    cr_assert_eq(slot_parts_disk_count(f.parts, LEAT_DISK_FILE_SEAL), 1);
    cr_assert_eq(leat_byte_table_count(f.handles), 1);
    cr_assert(leat_sink_is_sealing(f.sink));
    confirm(&f, LEAT_OK);
    cr_assert_not(leat_sink_is_sealing(f.sink));

    leat_sink_decide(f.sink, 6);
    cr_assert_eq(slot_parts_disk_count(f.parts, LEAT_DISK_FILE_PUBLISH), 0, "7 is not decided");
    leat_sink_decide(f.sink, 7);
    cr_assert_str_eq(slot_parts_disk(f.parts, LEAT_DISK_FILE_PUBLISH)->target,
                     "out/part-00000-0000000007.jsonl");
    cr_assert(leat_sink_is_publishing(f.sink, 7));
    confirm(&f, LEAT_OK);
    cr_assert_not(leat_sink_is_publishing(f.sink, 7));
    cr_assert_eq(leat_byte_table_count(f.handles), 1, "still listed in the epoch that goes on");

    leat_sink_close_epoch(f.sink, 8);
    cr_assert_eq(leat_byte_table_count(f.handles), 0);
    teardown(&f);
}

Test(sink, a_handle_stays_while_its_publication_is_not_confirmed)
{
    fixture f = setup("lines");
    add_rows(&f);
    leat_sink_close_epoch(f.sink, 7);
    leat_sink_decide(f.sink, 7);

    leat_sink_close_epoch(f.sink, 8);

    cr_assert_eq(leat_byte_table_count(f.handles), 1);
    teardown(&f);
}

Test(sink, an_epoch_without_rows_makes_no_part)
{
    fixture f = setup("lines");

    leat_sink_close_epoch(f.sink, 7);

    cr_assert_eq(f.parts->actions.items.count, 0);
    cr_assert_eq(leat_byte_table_count(f.handles), 0);
    teardown(&f);
}

Test(sink, parts_of_two_epochs_never_share_a_name)
{
    fixture f = setup("lines");
    add_rows(&f);
    leat_sink_close_epoch(f.sink, 7);
    confirm(&f, LEAT_OK);

    add_rows(&f);
    leat_sink_close_epoch(f.sink, 9);

    cr_assert_str_eq(slot_parts_disk(f.parts, LEAT_DISK_FILE_WRITE)->path, "out/.tmp-kept-0-4-7");
    cr_assert_eq(slot_parts_disk(f.parts, LEAT_DISK_FILE_WRITE)->offset, 0);
    teardown(&f);
}

Test(sink, a_restored_handle_is_published_again)
{
    fixture before = setup("lines");
    add_rows(&before);
    leat_sink_close_epoch(before.sink, 7);
    fixture f = setup("lines");
    leat_bytes value;
    leat_bytes key = LEAT_BYTES("out/.tmp-kept-0-4-0");
    cr_assert(leat_byte_table_get(before.handles, 0, key, &value));
    leat_byte_table_put(f.handles, 0, key, value);

    leat_sink_restore(f.sink);

    cr_assert_str_eq(slot_parts_disk(f.parts, LEAT_DISK_FILE_PUBLISH)->path, key.data);
    cr_assert(leat_sink_is_publishing(f.sink, 7));
    confirm(&f, LEAT_OK);
    cr_assert_not(leat_sink_is_publishing(f.sink, 7));
    teardown(&f);
    teardown(&before);
}

Test(sink, a_part_that_is_gone_fails_the_job_by_name)
{
    fixture f = setup("lines");
    add_rows(&f);
    leat_sink_close_epoch(f.sink, 7);
    leat_sink_decide(f.sink, 7);
    leat_slot_actions actions = f.parts->actions;
    f.parts->actions = (leat_slot_actions){0};
    leat_disk_done done = {.kind = LEAT_DISK_FILE_PUBLISH, .code = LEAT_NOT_FOUND, .text = "gone"};
    done.ticket = f.parts->context.ticket;

    cr_assert(leat_sink_disk_done(f.sink, &done));

    cr_assert_not_null(strstr(slot_parts_said(f.parts, LEAT_UP_FAILED)->text,
                              "sink_lost: out/part-00000-0000000007.jsonl of sink kept"));
    cr_assert(slot_parts_said(f.parts, LEAT_UP_FAILED)->needs_person);
    cr_assert(f.parts->context.is_over);
    leat_slot_actions_fini(&actions);
    teardown(&f);
}

Test(sink, a_handle_that_is_not_one_is_refused)
{
    fixture f = setup("lines");
    leat_byte_table_put(f.handles, 0, LEAT_BYTES("out/.tmp-x"), LEAT_BYTES("\1nonsense"));

    leat_sink_restore(f.sink);

    cr_assert_eq(slot_parts_said_count(f.parts, LEAT_UP_CANNOT), 1);
    teardown(&f);
}

Test(sink, bytes_the_disk_has_not_confirmed_are_counted)
{
    fixture f = setup("lines");
    add_rows(&f);
    leat_sink_close_epoch(f.sink, 7);
    cr_assert_gt(leat_sink_pending_bytes(f.sink), 0);

    confirm(&f, LEAT_OK);

    cr_assert_eq(leat_sink_pending_bytes(f.sink), 0);
    teardown(&f);
}

static void answer_write(fixture *f, leat_code code, const char *text)
{
    add_rows(f);
    leat_sink_close_epoch(f->sink, 7);
    uint64_t ticket = slot_parts_disk(f->parts, LEAT_DISK_FILE_WRITE)->ticket;
    leat_disk_done done = {.ticket = ticket, .kind = LEAT_DISK_FILE_WRITE, .code = code};
    snprintf(done.text, sizeof done.text, "%s", text);
    cr_assert(leat_sink_disk_done(f->sink, &done));
}

Test(sink, a_disk_that_fails_stops_the_job)
{
    fixture f = setup("lines");

    answer_write(&f, LEAT_DENIED, "cannot create out/.tmp-kept-0-4-0");

    cr_assert_str_eq(slot_parts_said(f.parts, LEAT_UP_FAILED)->text,
                     "sink kept: cannot create out/.tmp-kept-0-4-0");
    teardown(&f);
}

Test(sink, waits_for_room_and_says_so)
{
    fixture f = setup("lines");
    add_rows(&f);
    leat_sink_close_epoch(f.sink, 7);
    uint64_t ticket = slot_parts_disk(f.parts, LEAT_DISK_FILE_WRITE)->ticket;
    leat_disk_done done = {.ticket = ticket,
                           .kind = LEAT_DISK_FILE_WRITE,
                           .code = LEAT_NO_SPACE,
                           .is_waiting = true,
                           .text = "no space left in 'out'"};
    uint64_t pending_bytes = leat_sink_pending_bytes(f.sink);

    cr_assert(leat_sink_disk_done(f.sink, &done));

    cr_assert_str_eq(leat_sink_waiting(f.sink), "sink kept: no space left in 'out'");
    cr_assert_eq(leat_sink_pending_bytes(f.sink), pending_bytes);
    cr_assert_eq(slot_parts_said_count(f.parts, LEAT_UP_FAILED), 0);
    confirm(&f, LEAT_OK);
    cr_assert_str_empty(leat_sink_waiting(f.sink));
    teardown(&f);
}

Test(sink, print_shows_rows_at_once_and_keeps_no_state)
{
    fixture f = setup("shown");

    add_rows(&f);
    leat_sink_close_epoch(f.sink, 7);

    cr_assert_eq(slot_parts_said_count(f.parts, LEAT_UP_FIRST_OUTPUT), 1);
    cr_assert_eq(f.parts->actions.items.count, 2);
    cr_assert_eq(f.parts->actions.items.items[1].kind, LEAT_SLOT_PRINT);
    cr_assert_eq(leat_byte_table_count(f.handles), 0);
    teardown(&f);
}

Test(sink, changes_log_writes_the_change_as_a_column)
{
    slot_world_args args = {.split_count = 1, .row_count = 1, .key_count = 1};
    fixture f = {.plan = shuffle_plan_of(&args, "shown")};
    f.plan->nodes[1].writes_op = true;
    f.parts = slot_parts_new(&f.plan->plan, slot_world_connectors(), 1);
    leat_error err = {0};
    cr_assert_eq(leat_sink_new(&f.parts->context, 2, &f.sink, &err), LEAT_OK);

    add_rows(&f);

    leat_bytes lines = leat_blob_bytes(f.parts->actions.items.items[1].print.lines);
    cr_assert(leat_bytes_equal(lines, LEAT_BYTES("+I, 1, 2, null\n-D, 3, 4, null\n")), "%.*s",
              LEAT_FMT(lines));
    teardown(&f);
}
