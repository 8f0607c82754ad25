/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/task_core.h"

#include <criterion/criterion.h>

#include "common/base/limits.h"
#include "common/base/prng.h"
#include "tests/support/batch_text.h"

/* Stage 0 (source) -> stages 1 and 2 -> stage 3: a diamond of hash edges. */
enum { EDGE_0_1, EDGE_0_2, EDGE_1_3, EDGE_2_3, EDGE_COUNT, STAGE_COUNT = 4 };

static leat_physical_edge edges[EDGE_COUNT] = {
    {.kind = LEAT_EDGE_HASH, .from_stage = 0, .to_stage = 1},
    {.kind = LEAT_EDGE_HASH, .from_stage = 0, .to_stage = 2},
    {.kind = LEAT_EDGE_HASH, .from_stage = 1, .to_stage = 3},
    {.kind = LEAT_EDGE_HASH, .from_stage = 2, .to_stage = 3},
};
static leat_physical_stage stages[STAGE_COUNT] = {
    {.is_source = true},
    {.edge_in_first = EDGE_0_1, .edge_in_count = 1},
    {.edge_in_first = EDGE_0_2, .edge_in_count = 1},
    {.edge_in_first = EDGE_1_3, .edge_in_count = 2},
};
static const leat_physical_plan diamond = {
    .stage_count = STAGE_COUNT, .stages = stages, .edge_count = EDGE_COUNT, .edges = edges};

static leat_task_core *core_of(uint32_t slot, uint32_t slot_count)
{
    return leat_task_core_new(&(leat_task_core_args){.plan = &diamond,
                                                     .job = 1,
                                                     .generation = 3,
                                                     .slot = slot,
                                                     .slot_count = slot_count,
                                                     .inbox_bytes = LEAT_INBOX_BYTES,
                                                     .channel_bytes = LEAT_CHANNEL_BYTES});
}

static leat_batch *one_row(void)
{
    return BATCH("k bigint", "1");
}

/* A message to slot 0 from slot `from`. */
static leat_message from_slot(uint32_t from, uint32_t edge, uint64_t seq, leat_message_kind kind)
{
    leat_message message = {.kind = kind,
                            .job = 1,
                            .generation = 3,
                            .edge = edge,
                            .from_slot = from,
                            .to_slot = 0,
                            .seq = seq,
                            .epoch = 1};
    if (kind == LEAT_MESSAGE_DATA) {
        message.batch = one_row();
        message.credit_bytes = 1000;
    }
    return message;
}

static void receive(leat_task_core *core, leat_message message)
{
    cr_assert_eq(leat_task_core_receive(core, &message), LEAT_TASK_OK);
}

static void expect_turn(leat_task_core *core, uint32_t stage, leat_turn_kind kind)
{
    leat_turn turn = leat_task_core_next(core, stage);
    cr_assert_eq(turn.kind, kind, "stage %u: turn %d, expected %d", stage, (int)turn.kind,
                 (int)kind);
    leat_batch_unref(&turn.batch);
}

Test(task_core, rows_come_before_their_watermark_and_both_before_what_follows)
{
    leat_task_core *core = core_of(0, 1);
    leat_task_core_set_watermark(core, 0, 10, false);
    leat_task_core_send(core, EDGE_0_1, 0, one_row(), 0);
    leat_task_core_say_barrier(core, 0, 1, 0);

    expect_turn(core, 1, LEAT_TURN_ROWS);
    leat_turn turn = leat_task_core_next(core, 1);
    cr_assert_eq(turn.kind, LEAT_TURN_WATERMARK);
    cr_assert_eq(turn.watermark, 10);
    expect_turn(core, 1, LEAT_TURN_BARRIER);
    expect_turn(core, 1, LEAT_TURN_NONE);
    leat_task_core_free(&core);
}

Test(task_core, rows_behind_a_barrier_wait_until_every_input_brought_it)
{
    leat_task_core *core = core_of(0, 2);
    receive(core, from_slot(1, EDGE_0_1, 0, LEAT_MESSAGE_BARRIER));
    receive(core, from_slot(1, EDGE_0_1, 1, LEAT_MESSAGE_DATA));
    expect_turn(core, 1, LEAT_TURN_NONE);

    leat_task_core_send(core, EDGE_0_1, 0, one_row(), 0);
    expect_turn(core, 1, LEAT_TURN_ROWS); /* of the input that is still before the barrier */
    uint32_t missing = 99;
    cr_assert(leat_task_core_is_aligning(core, 1, &missing));
    cr_assert_eq(missing, 0);

    leat_task_core_say_barrier(core, 0, 1, 0);
    expect_turn(core, 1, LEAT_TURN_BARRIER);
    expect_turn(core, 1, LEAT_TURN_ROWS);
    leat_task_core_free(&core);
}

Test(task_core, credit_given_at_a_barrier_lets_no_row_behind_it_pass)
{
    leat_task_core *core = core_of(0, 2);
    leat_task_core_send(core, EDGE_0_1, 0, one_row(), 0);
    leat_task_core_say_barrier(core, 0, 1, 0);
    while (leat_task_core_may_run(core, 0)) /* the last one has no credit */
        leat_task_core_send(core, EDGE_0_1, 0, one_row(), 0);

    expect_turn(core, 1, LEAT_TURN_ROWS);
    expect_turn(core, 1, LEAT_TURN_NONE); /* the barrier; its credit releases the last one */
    cr_assert(leat_task_core_may_run(core, 0));
    expect_turn(core, 1, LEAT_TURN_NONE);

    receive(core, from_slot(1, EDGE_0_1, 0, LEAT_MESSAGE_BARRIER));
    expect_turn(core, 1, LEAT_TURN_BARRIER);
    expect_turn(core, 1, LEAT_TURN_ROWS);
    leat_task_core_free(&core);
}

Test(task_core, a_diamond_aligns_without_deadlock_when_one_side_is_out_of_credit)
{
    leat_task_core *core = core_of(0, 1);
    /* Stage 1 is far ahead: its barrier is at stage 3, and more rows than the window behind it. */
    leat_task_core_say_barrier(core, 1, 1, 0);
    for (int i = 0; i < 200; i++)
        leat_task_core_send(core, EDGE_1_3, 0, BATCH("k string", "aaaaaaaaaaaaaaaaaaaaaaaa"), 0);
    while (leat_task_core_may_run(core, 1))
        leat_task_core_send(core, EDGE_1_3, 0, one_row(), 0);
    expect_turn(core, 3, LEAT_TURN_NONE);

    leat_task_core_say_barrier(core, 2, 1, 0);

    expect_turn(core, 3, LEAT_TURN_BARRIER);
    uint32_t rows = 0;
    for (leat_turn turn; (turn = leat_task_core_next(core, 3)).kind == LEAT_TURN_ROWS; rows++)
        leat_batch_unref(&turn.batch);
    cr_assert_gt(rows, 200);
    cr_assert(leat_task_core_may_run(core, 1));
    leat_task_core_free(&core);
}

Test(task_core, a_task_gets_no_turn_while_its_output_waits_for_credit)
{
    leat_task_core *core = core_of(0, 2);
    receive(core, from_slot(1, EDGE_0_1, 0, LEAT_MESSAGE_DATA));
    while (leat_task_core_may_run(core, 1))
        leat_task_core_send(core, EDGE_1_3, 1, one_row(), 0);
    expect_turn(core, 1, LEAT_TURN_NONE);

    receive(core, (leat_message){.kind = LEAT_MESSAGE_CREDIT,
                                 .generation = 3,
                                 .edge = EDGE_1_3,
                                 .from_slot = 0,
                                 .to_slot = 1,
                                 .credit_bytes = 10 * LEAT_INBOX_BYTES});

    expect_turn(core, 1, LEAT_TURN_ROWS);
    leat_task_core_free(&core);
}

Test(task_core, consumed_rows_give_credit_back)
{
    leat_task_core *core = core_of(0, 2);
    receive(core, from_slot(1, EDGE_0_1, 0, LEAT_MESSAGE_DATA));
    cr_assert_eq(leat_task_core_outbox(core)->count, 0);

    expect_turn(core, 1, LEAT_TURN_ROWS);

    cr_assert_eq(leat_task_core_outbox(core)->count, 1);
    leat_message credit = leat_task_core_outbox(core)->items[0];
    cr_assert_eq(credit.kind, LEAT_MESSAGE_CREDIT);
    cr_assert_eq(leat_message_target(&credit), 1);
    cr_assert_eq(credit.credit_bytes, 1000 + LEAT_CHANNEL_BYTES);
    leat_task_core_free(&core);
}

Test(task_core, says_credit_again_at_every_barrier)
{
    leat_task_core *core = core_of(0, 2);
    receive(core, from_slot(1, EDGE_0_1, 0, LEAT_MESSAGE_BARRIER));

    expect_turn(core, 1, LEAT_TURN_NONE);

    cr_assert_eq(leat_task_core_outbox(core)->count, 1);
    cr_assert_eq(leat_task_core_outbox(core)->items[0].kind, LEAT_MESSAGE_CREDIT);
    leat_task_core_free(&core);
}

Test(task_core, finds_a_lost_message)
{
    leat_task_core *core = core_of(0, 2);
    receive(core, from_slot(1, EDGE_0_1, 0, LEAT_MESSAGE_DATA));
    leat_message late = from_slot(1, EDGE_0_1, 2, LEAT_MESSAGE_DATA);

    cr_assert_eq(leat_task_core_receive(core, &late), LEAT_TASK_GAP);
    cr_assert_null(late.batch, "taken whatever the verdict");
    leat_task_core_free(&core);
}

Test(task_core, drops_other_generations_and_what_is_not_for_it)
{
    leat_task_core *core = core_of(0, 2);
    leat_message old = from_slot(1, EDGE_0_1, 0, LEAT_MESSAGE_DATA);
    old.generation = 2;
    leat_message stray = from_slot(1, EDGE_0_1, 0, LEAT_MESSAGE_DATA);
    stray.edge = EDGE_COUNT;
    leat_message far = from_slot(7, EDGE_0_1, 0, LEAT_MESSAGE_DATA);

    cr_assert_eq(leat_task_core_receive(core, &old), LEAT_TASK_STALE);
    cr_assert_eq(leat_task_core_receive(core, &stray), LEAT_TASK_STALE);
    cr_assert_eq(leat_task_core_receive(core, &far), LEAT_TASK_STALE);
    expect_turn(core, 1, LEAT_TURN_NONE);
    leat_task_core_free(&core);
}

Test(task_core, the_end_comes_after_all_inputs_ended_and_barriers_still_pass)
{
    leat_task_core *core = core_of(0, 2);
    receive(core, from_slot(1, EDGE_0_1, 0, LEAT_MESSAGE_END));
    receive(core, from_slot(1, EDGE_0_1, 1, LEAT_MESSAGE_BARRIER));
    leat_task_core_say_end(core, 0);
    leat_task_core_say_barrier(core, 0, 1, 0);

    leat_turn turn = leat_task_core_next(core, 1);
    cr_assert_eq(turn.kind, LEAT_TURN_WATERMARK);
    cr_assert_eq(turn.watermark, LEAT_TIME_MAX);
    expect_turn(core, 1, LEAT_TURN_END);
    expect_turn(core, 1, LEAT_TURN_BARRIER);
    leat_task_core_free(&core);
}

Test(task_core, a_watermark_without_rows_is_due_later_and_idleness_at_once)
{
    leat_task_core *core = core_of(0, 2);
    leat_task_core_send(core, EDGE_0_1, 1, one_row(), 1000);
    leat_task_core_set_watermark(core, 0, 10, false);
    uint64_t due_us = leat_task_core_watermark_due_us(core, EDGE_0_1, 1);
    cr_assert_eq(due_us, 1000 + LEAT_WATERMARK_IDLE_MS * 1000);

    leat_task_core_set_watermark(core, 0, 10, true);
    cr_assert_eq(leat_task_core_watermark_due_us(core, EDGE_0_1, 1), 0);
    leat_task_core_say_watermark(core, EDGE_0_1, 1, 2000);

    cr_assert_eq(leat_task_core_watermark_due_us(core, EDGE_0_1, 1), UINT64_MAX);
    const leat_outbox *outbox = leat_task_core_outbox(core);
    cr_assert_eq(outbox->items[1].kind, LEAT_MESSAGE_WATERMARK);
    cr_assert(outbox->items[1].is_idle);
    leat_task_core_free(&core);
}

Test(task_core, inputs_take_turns_by_message)
{
    leat_task_core *core = core_of(0, 3);
    for (uint64_t seq = 0; seq < 2; seq++) {
        receive(core, from_slot(1, EDGE_0_1, seq, LEAT_MESSAGE_DATA));
        receive(core, from_slot(2, EDGE_0_1, seq, LEAT_MESSAGE_DATA));
    }
    uint32_t order[4];
    for (int i = 0; i < 4; i++) {
        leat_turn turn = leat_task_core_next(core, 1);
        order[i] = turn.from_slot;
        leat_batch_unref(&turn.batch);
    }

    cr_assert_eq(order[0], 1);
    cr_assert_eq(order[1], 2);
    cr_assert_eq(order[2], 1);
    cr_assert_eq(order[3], 2);
    leat_task_core_free(&core);
}

Test(task_core, a_barrier_that_does_not_fit_is_a_gap)
{
    leat_task_core *core = core_of(0, 2);
    leat_message later = from_slot(1, EDGE_0_1, 0, LEAT_MESSAGE_BARRIER);
    later.epoch = 2;
    receive(core, later);
    expect_turn(core, 1, LEAT_TURN_NONE);
    leat_task_core_say_barrier(core, 0, 1, 0);

    leat_turn turn = leat_task_core_next(core, 1);

    cr_assert_eq(turn.kind, LEAT_TURN_GAP);
    cr_assert_eq(turn.from_slot, 0);
    leat_task_core_free(&core);
}
