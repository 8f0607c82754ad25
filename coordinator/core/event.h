/* SPDX-License-Identifier: Apache-2.0
 *
 * event - everything that can happen to a coordinator core, and who says so.
 *
 * The step takes what the event owns and zeroes it there.
 */
#ifndef LEAT_COORDINATOR_CORE_EVENT_H
#define LEAT_COORDINATOR_CORE_EVENT_H

#include "common/plan/control.h"

typedef enum leat_coord_event_kind {
    LEAT_COORD_WAKE,      /* the time asked for by the WAKE_AT action has come */
    LEAT_COORD_MESSAGE,   /* `message` from the worker behind `peer` */
    LEAT_COORD_LINK_DOWN, /* the connection of `peer` broke: evidence, not proof */
    LEAT_COORD_COMMAND,   /* `command` from a person, through HTTP or the embedding process */
    LEAT_COORD_EVENT_KIND_COUNT
} leat_coord_event_kind;

typedef enum leat_command_kind {
    LEAT_COMMAND_SUBMIT,       /* start job `name`, or resume a stopped one of that name */
    LEAT_COMMAND_STOP,         /* one last epoch; windows stay in state */
    LEAT_COMMAND_DRAIN,        /* end the input, let windows fire, then stop (STOPPED) */
    LEAT_COMMAND_CANCEL,       /* stop now, without an epoch */
    LEAT_COMMAND_SCALE,        /* run the job in `parallelism` slots from the next cut on */
    LEAT_COMMAND_DRAIN_WORKER, /* move what `worker` has elsewhere, then let it go */
    LEAT_COMMAND_KIND_COUNT
} leat_command_kind;

/* A person's wish. Answered by exactly one REPLY action with the same token. */
typedef struct leat_command {
    leat_command_kind kind;
    uint64_t token;
    char name[LEAT_NAME_MAX]; /* of the job */
    uint32_t worker;          /* DRAIN_WORKER */

    /* SUBMIT: the plan, and what of it the coordinator must know */
    leat_blob *plan; /* owned reference; wire format, already checked */
    uint32_t key_group_count;
    uint32_t parallelism; /* also SCALE; 0 = executors present when a generation starts */
    uint32_t replicas;
    uint32_t min_replicas;
    int64_t epoch_interval_ms;
    bool ignore_state; /* do not resume a stopped job's state: a new job of that name */
} leat_command;

typedef struct leat_coord_event {
    leat_coord_event_kind kind;
    int64_t now_ms; /* monotonic, never decreases from one event to the next */
    uint64_t peer;  /* MESSAGE, LINK_DOWN: the shell's name for a routing identity */
    union {
        leat_control message;
        leat_command command;
    };
} leat_coord_event;

void leat_coord_event_fini(leat_coord_event *event);

#endif
