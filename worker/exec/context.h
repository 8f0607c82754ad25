/* SPDX-License-Identifier: Apache-2.0
 *
 * context - what the parts of one slot share: its plan, state, task core, and the actions of the
 * step that is running.
 *
 * The slot owns it; the parts (sources, senders, sinks, snapshot) borrow it for their lifetime.
 * Every action leaves through here, so job, slot and generation are set in one place, and a
 * slot that is over (CANNOT, FAILED, GAP) falls silent in one place.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_EXEC_CONTEXT_H
#define LEAT_WORKER_EXEC_CONTEXT_H

#include "worker/core/task_core.h"
#include "worker/exec/slot.h"
#include "worker/state/state.h"

typedef struct leat_slot_context {
    leat_slot_args args; /* limits filled in; deployment: the slot's own reference */
    const leat_physical_plan *plan;
    leat_state *state;
    leat_task_core *core;
    leat_slot_stats stats;
    bool is_over;    /* CANNOT, FAILED or GAP was said: nothing more is */
    bool has_output; /* FIRST_OUTPUT was said */
    uint64_t ticket; /* last given to a disk operation */

    uint32_t note_count;    /* said in this second */
    uint64_t unnoted_count; /* and not said */
    leat_bytes unnoted_node;

    /* Key groups of this slot, ascending; owned. */
    uint16_t *key_groups;
    uint32_t key_group_count;

    /* of the running step */
    leat_slot_actions *actions;
    leat_time now_us;
    leat_time clock; /* processing time: now_us, but never backwards */
    uint64_t steady_us;
} leat_slot_context;

/* Emit `up` (takes what it owns); fills job, slot, generation. */
void leat_slot_say(leat_slot_context *context, leat_up *up);
/* FILE_* for the journal; takes what `op` owns. Gives it the next ticket and returns that. */
uint64_t leat_slot_disk(leat_slot_context *context, leat_disk_op *op);
/* The job cannot go on. Said once; the slot is over. */
void leat_slot_fail(leat_slot_context *context, const char *format, ...) LEAT_PRINTF(2, 3);
/* The same, and trying again would not help: a person must look. */
void leat_slot_halt(leat_slot_context *context, const char *format, ...) LEAT_PRINTF(2, 3);
/* This slot cannot be restored here. Said once; the slot is over. */
void leat_slot_cannot(leat_slot_context *context, const leat_error *err);
void leat_slot_gap(leat_slot_context *context, uint32_t from_slot);
/* Rows of `node` were skipped, one of them because of this. */
void leat_slot_note(leat_slot_context *context, leat_bytes node, const char *format, ...)
    LEAT_PRINTF(3, 4);
/* A second is over: say how many more there were. */
void leat_slot_note_rest(leat_slot_context *context);

static inline bool leat_slot_owns(const leat_slot_context *context, uint32_t key_group)
{
    return context->args.deployment->key_groups[key_group] == context->args.slot;
}

/* The logical node that an operator came from. */
static inline const leat_logical_node *leat_slot_node(const leat_slot_context *context,
                                                      uint32_t operator_index)
{
    return &context->plan->logical->nodes[context->plan->operators[operator_index].logical];
}

#endif
