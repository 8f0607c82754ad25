/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/convert.h"

#include <criterion/criterion.h>

#include "tests/support/batch_text.h"

static leat_physical_plan plan_with_edge(leat_physical_edge *edge, const leat_schema *schema)
{
    *edge = (leat_physical_edge){.kind = LEAT_EDGE_HASH, .schema = schema};
    return (leat_physical_plan){.edge_count = 1, .edges = edge};
}

static leat_message there_and_back(const leat_message *message, const leat_physical_plan *plan)
{
    leat_frame *frame = leat_frame_of_slot_message(message, 5, LEAT_COMPRESSION_NONE);
    cr_assert(leat_frame_is_slot_message(frame));
    cr_assert_eq(leat_frame_executor(frame), 5);
    cr_assert_eq(leat_frame_target_slot(frame), leat_message_target(message));
    leat_message back = {0};
    leat_error err = {0};
    cr_assert_eq(leat_frame_to_slot_message(frame, plan, &back, &err), LEAT_OK, "%s", err.text);
    leat_frame_free(&frame);
    cr_assert_eq(back.kind, message->kind);
    cr_assert_eq(back.job, message->job);
    cr_assert_eq(back.generation, message->generation);
    cr_assert_eq(back.seq, message->seq);
    cr_assert_eq(back.from_slot, message->from_slot);
    cr_assert_eq(back.to_slot, message->to_slot);
    return back;
}

static leat_message message_of(leat_message_kind kind)
{
    return (leat_message){
        .kind = kind, .job = 2, .from_slot = 3, .to_slot = 4, .generation = 1ull << 35, .seq = 77};
}

Test(convert, carries_rows_with_watermark_and_credit)
{
    const leat_schema *schema = leat_test_schema("k bigint, v string");
    leat_physical_edge edge;
    leat_physical_plan plan = plan_with_edge(&edge, schema);
    leat_message message = message_of(LEAT_MESSAGE_DATA);
    message.watermark = -5;
    message.credit_bytes = 1234;
    message.batch =
        leat_test_batch(schema, (const char *const[]){"1, a", "-D 2, null",
                                                      "3, \"longer than twelve bytes\"", NULL});

    leat_message back = there_and_back(&message, &plan);

    cr_assert_eq(back.watermark, -5);
    cr_assert_eq(back.credit_bytes, 1234);
    cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(back.batch)),
                     ROWS_TEXT(leat_batch_rows(message.batch)));
    leat_message_fini(&message);
    leat_message_fini(&back);
}

Test(convert, carries_barriers_watermarks_ends_and_credit)
{
    leat_physical_edge edge;
    leat_physical_plan plan = plan_with_edge(&edge, leat_test_schema("k bigint"));
    leat_message barrier = message_of(LEAT_MESSAGE_BARRIER);
    barrier.epoch = 1ull << 40;
    barrier.completed = (1ull << 40) - 1;
    leat_message back = there_and_back(&barrier, &plan);
    cr_assert_eq(back.epoch, barrier.epoch);
    cr_assert_eq(back.completed, barrier.completed);

    leat_message idle = message_of(LEAT_MESSAGE_WATERMARK);
    idle.is_idle = true;
    idle.watermark = LEAT_TIME_MIN;
    back = there_and_back(&idle, &plan);
    cr_assert(back.is_idle);
    cr_assert_eq(back.watermark, LEAT_TIME_MIN);

    leat_message credit = message_of(LEAT_MESSAGE_CREDIT);
    credit.credit_bytes = UINT64_MAX;
    back = there_and_back(&credit, &plan);
    cr_assert_eq(back.credit_bytes, UINT64_MAX);

    leat_message end = message_of(LEAT_MESSAGE_END);
    back = there_and_back(&end, &plan);
    cr_assert(!back.is_idle);
}

Test(convert, refuses_an_edge_that_the_plan_does_not_have)
{
    leat_physical_plan plan = {0};
    leat_message end = message_of(LEAT_MESSAGE_END);
    leat_frame *frame = leat_frame_of_slot_message(&end, 0, LEAT_COMPRESSION_NONE);

    leat_message back = {0};
    cr_assert_eq(leat_frame_to_slot_message(frame, &plan, &back, NULL), LEAT_CORRUPT);
    leat_frame_free(&frame);
}

Test(convert, refuses_rows_of_another_schema)
{
    leat_physical_edge edge;
    leat_physical_plan plan = plan_with_edge(&edge, leat_test_schema("k bigint"));
    leat_message message = message_of(LEAT_MESSAGE_DATA);
    message.batch = BATCH("v string", "a");
    leat_frame *frame = leat_frame_of_slot_message(&message, 0, LEAT_COMPRESSION_NONE);

    leat_message back = {0};
    cr_assert_eq(leat_frame_to_slot_message(frame, &plan, &back, NULL), LEAT_CORRUPT);
    leat_frame_free(&frame);
    leat_message_fini(&message);
}

Test(convert, carries_control_messages)
{
    leat_control message = {.kind = LEAT_CONTROL_CHUNK, .job = 1, .slot = 2, .generation = 3};
    message.chunk.bytes = leat_blob_copy(LEAT_BYTES("chunk"));
    leat_frame *frame = leat_frame_of_control(&message);
    cr_assert(!leat_frame_is_slot_message(frame));

    leat_control back = {0};
    cr_assert_eq(leat_frame_to_control(frame, &back, NULL), LEAT_OK);
    cr_assert_eq(back.slot, 2);
    cr_assert(leat_bytes_equal(leat_blob_bytes(back.chunk.bytes), LEAT_BYTES("chunk")));
    leat_frame_free(&frame);
    leat_control_fini(&message);
    leat_control_fini(&back);
}
