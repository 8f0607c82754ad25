/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/slot.h"

static void action_fini(leat_slot_action *action)
{
    switch (action->kind) {
    case LEAT_SLOT_SEND:
        leat_message_fini(&action->message);
        break;
    case LEAT_SLOT_UP:
        leat_up_fini(&action->up);
        break;
    case LEAT_SLOT_PRINT:
        leat_blob_unref(&action->print.lines);
        break;
    case LEAT_SLOT_NOTE:
        leat_blob_unref(&action->note.text);
        break;
    }
}

void leat_slot_actions_clear(leat_slot_actions *actions)
{
    LEAT_VEC_EACH (action, &actions->items)
        action_fini(action);
    leat_vec_clear(&actions->items);
    actions->has_more = false;
    actions->wake_us = UINT64_MAX;
}

void leat_slot_actions_fini(leat_slot_actions *actions)
{
    leat_slot_actions_clear(actions);
    leat_vec_fini(&actions->items);
}
