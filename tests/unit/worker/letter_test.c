/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/letter.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "common/sys/thread.h"

enum { SENDERS = 3, LETTERS = 20000 };

typedef struct sender {
    leat_mailbox *box;
    uint64_t number;
    leat_thread thread;
} sender;

static leat_letter *numbered(uint64_t sender_number, uint64_t count)
{
    leat_letter *letter = leat_letter_new(LEAT_LETTER_TERMINATE);
    letter->drain_ms = (int64_t)(sender_number << 32 | count);
    return letter;
}

static void post_all(void *argument)
{
    sender *s = argument;
    for (uint64_t i = 0; i < LETTERS; i++)
        leat_mailbox_post(s->box, numbered(s->number, i));
}

Test(mailbox, gives_letters_in_the_order_of_their_posting)
{
    leat_mailbox box;
    cr_assert_eq(leat_mailbox_init(&box, NULL), LEAT_OK);
    for (uint64_t i = 0; i < 5; i++)
        leat_mailbox_post(&box, numbered(0, i));

    leat_letter *letter = leat_mailbox_take(&box);
    for (int64_t i = 0; i < 5; i++) {
        cr_assert_eq(letter->drain_ms, i);
        leat_letter *next = letter->next;
        leat_letter_free(&letter);
        letter = next;
    }
    cr_assert_null(letter);
    cr_assert_null(leat_mailbox_take(&box));
    leat_mailbox_fini(&box);
}

Test(mailbox, keeps_the_order_of_each_sender_and_loses_nothing, .timeout = 30)
{
    leat_mailbox box;
    cr_assert_eq(leat_mailbox_init(&box, NULL), LEAT_OK);
    sender senders[SENDERS] = {0};
    for (uint64_t i = 0; i < SENDERS; i++) {
        senders[i] = (sender){.box = &box, .number = i};
        cr_assert_eq(leat_thread_start(&senders[i].thread, "sender", post_all, &senders[i], NULL),
                     LEAT_OK);
    }

    uint64_t expected[SENDERS] = {0};
    uint64_t taken = 0;
    while (taken < SENDERS * LETTERS) {
        leat_letter *letter = leat_mailbox_take(&box);
        if (letter == NULL)
            leat_mailbox_wait(&box, -1); /* a lost wake-up would hang here */
        while (letter != NULL) {
            leat_letter *next = letter->next;
            uint64_t from = (uint64_t)letter->drain_ms >> 32;
            cr_assert_eq((uint64_t)letter->drain_ms & 0xffffffff, expected[from]++);
            taken++;
            leat_letter_free(&letter);
            letter = next;
        }
    }
    for (uint64_t i = 0; i < SENDERS; i++)
        leat_thread_join(&senders[i].thread);
    leat_mailbox_fini(&box);
}

Test(mailbox, counts_what_waits)
{
    leat_mailbox box;
    cr_assert_eq(leat_mailbox_init(&box, NULL), LEAT_OK);
    for (uint64_t i = 0; i < 3; i++)
        leat_mailbox_post(&box, numbered(0, i));
    cr_assert_eq(leat_mailbox_count(&box), 3);

    leat_letter *letter = leat_mailbox_take(&box);

    cr_assert_eq(leat_mailbox_count(&box), 0);
    while (letter != NULL) {
        leat_letter *next = letter->next;
        leat_letter_free(&letter);
        letter = next;
    }
    leat_mailbox_fini(&box);
}

Test(mailbox, more_letters_than_the_protocol_can_make_end_the_process, .signal = SIGABRT)
{
    leat_mailbox box;
    cr_assert_eq(leat_mailbox_init(&box, NULL), LEAT_OK);
    atomic_store(&box.count, LEAT_MAILBOX_LETTERS_MAX);
    leat_mailbox_post(&box, numbered(0, 0));
}

Test(mailbox, frees_what_nobody_took)
{
    leat_mailbox box;
    cr_assert_eq(leat_mailbox_init(&box, NULL), LEAT_OK);
    leat_letter *letter = leat_letter_new(LEAT_LETTER_OP);
    letter->op.bytes = leat_blob_copy(LEAT_BYTES("chunk"));
    leat_mailbox_post(&box, letter);
    leat_mailbox_fini(&box); /* the leak check is the expectation */
}
