/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/context.h"

#include <criterion/criterion.h>

static void expect_note(const leat_slot_actions *actions, size_t at, const char *expected)
{
    const leat_slot_action *action = &actions->items.items[at];
    cr_assert_eq(action->kind, LEAT_SLOT_NOTE);
    cr_assert(leat_bytes_equal(action->note.node, LEAT_BYTES("rows")));
    leat_bytes text = leat_blob_bytes(action->note.text);
    cr_assert(leat_bytes_equal(text, leat_bytes_text(expected)), "%.*s", LEAT_FMT(text));
}

Test(context, notes_a_few_skipped_rows_a_second_and_how_many_more_there_were)
{
    leat_slot_actions actions = {0};
    leat_slot_context context = {.actions = &actions};

    for (int i = 0; i < 8; i++)
        leat_slot_note(&context, LEAT_BYTES("rows"), "in.jsonl:%d: no JSON", i);
    cr_assert_eq(actions.items.count, 5);
    expect_note(&actions, 4, "in.jsonl:4: no JSON");
    leat_slot_note_rest(&context);
    expect_note(&actions, 5, "and 3 more in this second");
    leat_slot_note_rest(&context);

    cr_assert_eq(actions.items.count, 6);
    leat_slot_actions_fini(&actions);
}

Test(context, a_slot_that_is_over_notes_nothing)
{
    leat_slot_actions actions = {0};
    leat_slot_context context = {.actions = &actions, .is_over = true};

    leat_slot_note(&context, LEAT_BYTES("rows"), "too late");

    cr_assert_eq(actions.items.count, 0);
    leat_slot_actions_fini(&actions);
}
