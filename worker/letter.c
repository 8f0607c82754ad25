/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/letter.h"

#include "common/base/alloc.h"

leat_letter *leat_letter_new(leat_letter_kind kind)
{
    leat_letter *letter = LEAT_NEW(leat_letter);
    letter->kind = kind;
    return letter;
}

void leat_letter_free(leat_letter **letter)
{
    leat_letter *old = LEAT_TAKE(*letter);
    if (old == NULL)
        return;
    switch (old->kind) {
    case LEAT_LETTER_DOWN:
        leat_down_fini(&old->down);
        break;
    case LEAT_LETTER_UP:
        leat_up_fini(&old->up);
        break;
    case LEAT_LETTER_MESSAGE:
        leat_message_fini(&old->message);
        break;
    case LEAT_LETTER_FRAME:
    case LEAT_LETTER_SEND:
        leat_frame_free(&old->frame);
        break;
    case LEAT_LETTER_CONNECT:
        leat_deployment_unref(&old->deployment);
        break;
    case LEAT_LETTER_OP:
        leat_disk_op_fini(&old->op);
        break;
    case LEAT_LETTER_DONE:
        leat_blob_unref(&old->done.bytes);
        break;
    case LEAT_LETTER_TERMINATE:
    case LEAT_LETTER_QUIT:
        break;
    }
    leat_plan_share_unref(&old->plan); /* last: a batch needs its plan's schema */
    leat_free(old);
}

leat_code leat_mailbox_init(leat_mailbox *box, leat_error *err)
{
    atomic_init(&box->newest, NULL);
    atomic_init(&box->count, 0);
    return leat_wake_init(&box->wake, err);
}

void leat_mailbox_fini(leat_mailbox *box)
{
    leat_letter *letter = leat_mailbox_take(box);
    while (letter != NULL) {
        leat_letter *next = letter->next;
        leat_letter_free(&letter);
        letter = next;
    }
    leat_wake_fini(&box->wake);
}

void leat_mailbox_post(leat_mailbox *box, leat_letter *letter)
{
    uint32_t count = atomic_fetch_add_explicit(&box->count, 1, memory_order_relaxed);
    LEAT_ASSERT(count < LEAT_MAILBOX_LETTERS_MAX); /* M1 */
    leat_letter *newest = atomic_load_explicit(&box->newest, memory_order_relaxed);
    do
        letter->next = newest;
    while (!atomic_compare_exchange_weak_explicit(&box->newest, &newest, letter,
                                                  memory_order_release, memory_order_relaxed));
    leat_wake_ring(&box->wake);
}

leat_letter *leat_mailbox_take(leat_mailbox *box)
{
    leat_letter *newest = atomic_exchange_explicit(&box->newest, NULL, memory_order_acquire);
    leat_letter *oldest = NULL;
    uint32_t count = 0;
    for (; newest != NULL; count++) { /* turn the chain around */
        leat_letter *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    if (count > 0)
        atomic_fetch_sub_explicit(&box->count, count, memory_order_relaxed);
    return oldest;
}

uint32_t leat_mailbox_count(leat_mailbox *box)
{
    return atomic_load_explicit(&box->count, memory_order_relaxed);
}

bool leat_mailbox_is_empty(leat_mailbox *box)
{
    return atomic_load_explicit(&box->newest, memory_order_acquire) == NULL;
}

void leat_mailbox_wait(leat_mailbox *box, int64_t timeout_ms)
{
    leat_wake_prepare(&box->wake);
    if (leat_mailbox_is_empty(box))
        (void)leat_wake_wait(&box->wake,
                             timeout_ms < 0 ? -1 : (int)LEAT_MIN(timeout_ms, (int64_t)3600000));
    leat_wake_cancel(&box->wake);
}
