/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/sender.h"

#include <criterion/criterion.h>

#include "common/columns/key_hash.h"
#include "tests/support/batch_text.h"
#include "tests/support/slot_parts.h"

enum { SLOTS = 4 };

typedef struct fixture {
    shuffle_plan *plan;
    slot_parts *parts;
    leat_sender *sender;
    leat_arena texts;
} fixture;

static fixture setup(const leat_slot_limits *limits)
{
    slot_world_args args = {.split_count = 1, .row_count = 1, .key_count = 1};
    fixture f = {.plan = shuffle_plan_of(&args, "lines")};
    f.plan->edges[0].schema = leat_test_schema("k bigint, v string");
    f.parts = slot_parts_new(&f.plan->plan, slot_world_connectors(), SLOTS);
    if (limits != NULL)
        f.parts->context.args.limits = *limits;
    f.sender = leat_sender_new(&f.parts->context, 1);
    return f;
}

static void teardown(fixture *f)
{
    leat_sender_free(&f->sender);
    leat_arena_fini(&f->texts);
    slot_parts_free(&f->parts);
    leat_free(f->plan);
}

static void add(fixture *f, leat_batch *batch)
{
    leat_sender_add(f->sender, leat_batch_rows(batch));
    leat_batch_unref(&batch);
}

/* The slot that owns key k. */
static uint32_t slot_of(const fixture *f, const char *k)
{
    const char *rows[] = {k, NULL};
    leat_batch *batch = leat_test_batch(leat_test_schema("k bigint"), rows);
    uint64_t hash;
    leat_key_hash(leat_batch_rows(batch), (const uint16_t[]){0}, 1, &hash);
    leat_batch_unref(&batch);
    return f->parts->context.args.deployment->key_groups[leat_key_group_of(hash, 8)];
}

/* Everything sent to `slot`, as text; slot 0 is this slot itself. */
static const char *sent_to(fixture *f, uint32_t slot)
{
    leat_buf text = {0};
    leat_outbox *outbox = leat_task_core_outbox(f->parts->context.core);
    LEAT_VEC_EACH (message, outbox) {
        if (message->kind == LEAT_MESSAGE_DATA && message->to_slot == slot)
            leat_rows_print(leat_batch_rows(message->batch), &text);
    }
    for (leat_turn turn; slot == 0;) {
        turn = leat_task_core_next(f->parts->context.core, 1);
        if (turn.kind != LEAT_TURN_ROWS)
            break;
        leat_rows_print(leat_batch_rows(turn.batch), &text);
        leat_batch_unref(&turn.batch);
    }
    const char *kept = leat_arena_text(&f->texts, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return kept;
}

Test(sender, sends_every_row_to_the_slot_of_its_key_group)
{
    fixture f = setup(NULL);
    add(&f, BATCH("k bigint, v string", "1, a", "2, b", "3, c", "4, d", "1, e", "null, f"));

    leat_sender_flush(f.sender);

    const char *keys[] = {"1", "2", "3", "4", "null"};
    const char *rows[] = {"1, a\n", "2, b\n", "3, c\n", "4, d\n", "null, f\n"};
    const char *texts[SLOTS];
    for (uint32_t i = 0; i < SLOTS; i++)
        texts[i] = sent_to(&f, i);
    for (int i = 0; i < 5; i++)
        cr_assert_not_null(strstr(texts[slot_of(&f, keys[i])], rows[i]), "%s", rows[i]);
    cr_assert_lt(strstr(texts[slot_of(&f, "1")], "1, a"), strstr(texts[slot_of(&f, "1")], "1, e"));
    teardown(&f);
}

/* Two keys that go to different slots: "1" and the one found here. */
static const char *other_key(const fixture *f)
{
    static const char *const keys[] = {"2", "3", "4", "5", "6", "7"};
    for (size_t i = 0; i < LEAT_COUNT_OF(keys); i++) {
        if (slot_of(f, keys[i]) != slot_of(f, "1"))
            return keys[i];
    }
    cr_assert_fail("no such key");
    return NULL;
}

Test(sender, an_update_that_moves_to_another_slot_becomes_a_deletion_and_an_insertion)
{
    fixture f = setup(NULL);
    char after[16] = "+U ";
    strcat(strcat(after, other_key(&f)), ", x");
    const char *rows[] = {"-U 1, a", after, "-U 1, b", "+U 1, c", NULL};
    add(&f, leat_test_batch(leat_test_schema("k bigint, v string"), rows));

    leat_sender_flush(f.sender);

    const char *left = sent_to(&f, slot_of(&f, "1"));
    const char *right = sent_to(&f, slot_of(&f, other_key(&f)));
    cr_assert_str_eq(left, "-D 1, a\n-U 1, b\n+U 1, c\n");
    cr_assert_null(strstr(right, "+U"));
    cr_assert_not_null(strstr(right, ", x"));
    teardown(&f);
}

Test(sender, an_update_is_never_cut_between_batches)
{
    leat_slot_limits limits = {.batch_rows = 64, .batch_bytes = 1 << 20, .builder_bytes = 1};
    fixture f = setup(&limits);
    LEAT_VEC(const char *) rows = {0};
    leat_vec_push(&rows, "+I 1, first");
    for (int i = 0; i < 31; i++) {
        leat_vec_push(&rows, "-U 1, a");
        leat_vec_push(&rows, "+U 1, b");
    }
    leat_vec_push(&rows, NULL);
    add(&f, leat_test_batch(leat_test_schema("k bigint, v string"), rows.items));
    add(&f, leat_test_batch(leat_test_schema("k bigint, v string"), rows.items));

    leat_sender_flush(f.sender);

    leat_outbox *outbox = leat_task_core_outbox(f.parts->context.core);
    uint32_t row_count = 0;
    LEAT_VEC_EACH (message, outbox) {
        const leat_rows *sent = leat_batch_rows(message->batch);
        row_count += sent->row_count;
        cr_assert_neq(sent->changes[sent->row_count - 1], LEAT_CHANGE_UPDATE_BEFORE);
        cr_assert_neq(sent->changes[0], LEAT_CHANGE_UPDATE_AFTER);
    }
    if (slot_of(&f, "1") != 0)
        cr_assert_eq(row_count, 2 * 63);
    leat_vec_fini(&rows);
    teardown(&f);
}

Test(sender, the_fullest_batch_goes_when_all_together_are_too_large)
{
    leat_slot_limits limits = {.batch_rows = 64, .batch_bytes = 1 << 20, .builder_bytes = 5000};
    fixture f = setup(&limits);
    leat_outbox *outbox = leat_task_core_outbox(f.parts->context.core);
    for (int i = 0; i < 400 && outbox->count == 0; i++)
        add(&f, BATCH("k bigint, v string", "1, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                      "2, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "3, c", "4, d"));

    cr_assert_gt(outbox->count, 0);
    cr_assert_geq(leat_message_target(&outbox->items[0]), 1);
    teardown(&f);
}

Test(sender, at_the_end_of_a_slice_a_receiver_with_nothing_in_flight_gets_its_rows)
{
    fixture f = setup(NULL);
    add(&f, BATCH("k bigint, v string", "1, a"));

    leat_sender_tick(f.sender, false);
    cr_assert_str_eq(sent_to(&f, slot_of(&f, "1")), "1, a\n");
    add(&f, BATCH("k bigint, v string", "1, b"));
    uint64_t due_us = leat_sender_tick(f.sender, false);

    if (slot_of(&f, "1") != 0) { /* slot 0 is this one: it consumed the first at once */
        cr_assert_str_eq(sent_to(&f, slot_of(&f, "1")), "1, a\n", "the first is in flight");
        cr_assert_eq(due_us, f.parts->context.steady_us + 5000);
        f.parts->context.steady_us = due_us;
        leat_sender_tick(f.sender, false);
        cr_assert_str_eq(sent_to(&f, slot_of(&f, "1")), "1, a\n1, b\n", "it waited long enough");
    }
    teardown(&f);
}

Test(sender, a_busy_slot_waits_a_moment_for_more_rows)
{
    fixture f = setup(NULL);
    add(&f, BATCH("k bigint, v string", "1, a"));

    leat_sender_tick(f.sender, true);
    cr_assert_str_eq(sent_to(&f, slot_of(&f, "1")), "");
    f.parts->context.steady_us += 1000;
    leat_sender_tick(f.sender, true);

    cr_assert_str_eq(sent_to(&f, slot_of(&f, "1")), "1, a\n");
    teardown(&f);
}
