/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/channels.h"

#include <criterion/criterion.h>

#include "tests/support/batch_text.h"

static leat_message forward(leat_message_kind kind, uint64_t seq)
{
    return (leat_message){.kind = kind, .seq = seq};
}

Test(channels, a_queue_keeps_order_while_it_grows_and_wraps)
{
    leat_message_queue queue = {0};
    uint64_t put = 0;
    uint64_t taken = 0;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < round; i++) {
            leat_message message = forward(LEAT_MESSAGE_END, put++);
            leat_message_queue_put(&queue, &message);
        }
        for (int i = 0; i < round / 2; i++)
            cr_assert_eq(leat_message_queue_take(&queue).seq, taken++);
    }
    cr_assert_eq(queue.count, put - taken);
    leat_message_queue_fini(&queue);
}

Test(channels, accept_exactly_the_next_number)
{
    leat_channel_in channel = {.credit = leat_credit_in_of(20000)};
    leat_message first = forward(LEAT_MESSAGE_BARRIER, 0);
    leat_message third = forward(LEAT_MESSAGE_BARRIER, 2);
    leat_message again = forward(LEAT_MESSAGE_BARRIER, 0);

    cr_assert_eq(leat_channel_receive(&channel, &first), LEAT_RECEIVE_QUEUED);
    cr_assert_eq(leat_channel_receive(&channel, &third), LEAT_RECEIVE_GAP);
    cr_assert_eq(leat_channel_receive(&channel, &again), LEAT_RECEIVE_GAP);
    leat_message_queue_fini(&channel.queue);
}

Test(channels, no_rows_come_after_the_end)
{
    leat_channel_in channel = {.credit = leat_credit_in_of(20000)};
    leat_message end = forward(LEAT_MESSAGE_END, 0);
    leat_message rows = forward(LEAT_MESSAGE_DATA, 1);
    leat_message barrier = forward(LEAT_MESSAGE_BARRIER, 1);
    rows.batch = BATCH("k bigint", "1");

    cr_assert_eq(leat_channel_receive(&channel, &end), LEAT_RECEIVE_QUEUED);
    cr_assert_eq(leat_channel_receive(&channel, &rows), LEAT_RECEIVE_GAP);
    cr_assert_eq(leat_channel_receive(&channel, &barrier), LEAT_RECEIVE_QUEUED);
    leat_message_fini(&rows);
    leat_message_queue_fini(&channel.queue);
}

Test(channels, rows_wait_for_credit_and_a_barrier_waits_behind_them)
{
    leat_channel_out channel = {.credit = leat_credit_out_of(1000)};
    leat_message rows = forward(LEAT_MESSAGE_DATA, 0);
    rows.credit_bytes = 800;
    leat_message barrier = forward(LEAT_MESSAGE_BARRIER, 0);
    leat_message_queue_put(&channel.waiting, &rows);
    leat_message_queue_put(&channel.waiting, &rows);
    leat_message_queue_put(&channel.waiting, &barrier);

    cr_assert_eq(leat_channel_send_next(&channel).seq, 0);
    cr_assert_not(leat_channel_may_send(&channel));
    leat_credit_hear(&channel.credit, 1600);
    cr_assert_eq(leat_channel_send_next(&channel).seq, 1);
    cr_assert_eq(leat_channel_send_next(&channel).kind, LEAT_MESSAGE_BARRIER,
                 "a barrier needs no credit of its own");
    leat_message_queue_fini(&channel.waiting);
}
