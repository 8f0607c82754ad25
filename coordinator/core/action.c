/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/core/action.h"

#include "coordinator/core/event.h"

void leat_coord_event_fini(leat_coord_event *event)
{
    if (event->kind == LEAT_COORD_MESSAGE)
        leat_control_fini(&event->message);
    if (event->kind == LEAT_COORD_COMMAND)
        leat_blob_unref(&event->command.plan);
}

static void action_fini(leat_coord_action *action)
{
    if (action->kind == LEAT_COORD_RECORD || action->kind == LEAT_COORD_COMPACT)
        leat_blob_unref(&action->record);
    if (action->kind == LEAT_COORD_SEND)
        leat_control_fini(&action->send.message);
}

void leat_coord_actions_clear(leat_coord_actions *actions)
{
    LEAT_VEC_EACH (action, actions)
        action_fini(action);
    leat_vec_clear(actions);
}

void leat_coord_actions_fini(leat_coord_actions *actions)
{
    leat_coord_actions_clear(actions);
    leat_vec_fini(actions);
}
