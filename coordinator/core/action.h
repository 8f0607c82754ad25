/* SPDX-License-Identifier: Apache-2.0
 *
 * action - everything a coordinator core may ask its shell to do.
 *
 * The shell runs the actions of one step strictly in order; RECORD is durable before the next
 * one runs (log, then tell). If a RECORD fails the process ends there: what follows was never
 * said. The shell takes what an action owns.
 */
#ifndef LEAT_COORDINATOR_CORE_ACTION_H
#define LEAT_COORDINATOR_CORE_ACTION_H

#include "common/base/error.h"
#include "common/base/vec.h"
#include "common/plan/control.h"

typedef enum leat_coord_action_kind {
    LEAT_COORD_RECORD,  /* append `record` to the command log, sync */
    LEAT_COORD_COMPACT, /* replace the whole log by `record` (several, back to back), sync */
    LEAT_COORD_SEND,    /* `message` to `peer`; may be lost */
    LEAT_COORD_REPLY,   /* answer the command with this token */
    LEAT_COORD_WAKE_AT, /* feed WAKE at `at_ms`; replaces the earlier wish */
    LEAT_COORD_CHANGED, /* what the views show of `job` changed (0: the members): wake listeners */
    LEAT_COORD_ACTION_KIND_COUNT
} leat_coord_action_kind;

typedef struct leat_coord_action {
    leat_coord_action_kind kind;
    union {
        leat_blob *record; /* RECORD, COMPACT: owned reference */
        struct {
            uint64_t peer;
            leat_control message;
        } send;
        struct {
            uint64_t token;
            leat_code code;
            uint32_t job;
            char text[LEAT_CONTROL_TEXT_MAX];
        } reply;
        int64_t at_ms;
        uint32_t job; /* CHANGED */
    };
} leat_coord_action;

typedef LEAT_VEC(leat_coord_action) leat_coord_actions;

/* Finish what is left in it and make it empty; keeps the memory. */
void leat_coord_actions_clear(leat_coord_actions *actions);
void leat_coord_actions_fini(leat_coord_actions *actions);

#endif
