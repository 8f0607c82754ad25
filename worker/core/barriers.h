/* SPDX-License-Identifier: Apache-2.0
 *
 * barriers - align checkpoint barriers across the inputs of one task.
 *
 * A barrier on an input says: everything before me belongs to epoch E. A task with several inputs
 * may freeze only when the barrier of E has come in on every input; until then inputs that are
 * already past it must wait. This unit decides who waits. It holds no rows: the channels do, and
 * what they hold is bounded because a waiting input gives no credit. Ended inputs still bring
 * barriers: nobody leaves the graph before the job.
 *
 * Invariants
 *   B1  At most one epoch is aligning at a time.
 *   B2  An input is blocked only while an epoch is aligning and its barrier has arrived.
 *   B3  Epochs align in increasing order; none aligns twice.
 *
 * Thread: the owner of the task core. Never blocks, never allocates after init.
 */
#ifndef LEAT_WORKER_CORE_BARRIERS_H
#define LEAT_WORKER_CORE_BARRIERS_H

#include <stdbool.h>

#include "common/base/attrs.h"

typedef enum leat_barrier_verdict {
    LEAT_BARRIER_WAIT,    /* block this input */
    LEAT_BARRIER_ALIGNED, /* freeze now; every input is free again */
    LEAT_BARRIER_INVALID, /* not the epoch that is aligning, or one from the past: a gap */
} leat_barrier_verdict;

typedef struct leat_barriers {
    uint32_t input_count;
    uint32_t arrived_count; /* 0: nothing is aligning */
    uint64_t epoch;         /* that is aligning, else the last that aligned */
    bool *arrived;          /* per input; owned */
} leat_barriers;

void leat_barriers_init(leat_barriers *barriers, uint32_t input_count);
void leat_barriers_fini(leat_barriers *barriers);

/* Note that the barrier of `epoch` arrived on `input`, which is not blocked. */
LEAT_MUST_USE leat_barrier_verdict leat_barriers_arrive(leat_barriers *barriers,
                                                        uint32_t input,
                                                        uint64_t epoch);

static inline bool leat_barriers_is_aligning(const leat_barriers *barriers)
{
    return barriers->arrived_count > 0;
}

static inline bool leat_barriers_is_blocked(const leat_barriers *barriers, uint32_t input)
{
    return barriers->arrived[input]; /* B2 */
}

#endif
