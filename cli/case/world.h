/* SPDX-License-Identifier: Apache-2.0
 *
 * world - the slots of one job in one thread, with a loop-back disk and the smallest coordinator:
 * what runs a case.
 *
 * The slots, the operators, the journal and the sink files are the product's; what is left out is
 * threads, sockets and time. Who runs next, which message arrives and when the disk moves on come
 * from the seed, so that a run can be repeated. Time stands still unless the world moves it: the
 * wall clock is the caller's, the steady clock jumps when there is nothing else to do.
 *
 * Invariants
 *   W1  Messages between two slots keep their order; nothing is lost except by a crash.
 *   W2  At most one epoch is undecided.
 *   W3  When `settle` returns, every row that the sources gave and every promise that follows
 *       from it has reached every sink.
 *
 * Thread: one owner.
 */
#ifndef LEAT_CLI_CASE_WORLD_H
#define LEAT_CLI_CASE_WORLD_H

#include "common/base/prng.h"
#include "worker/exec/slot.h"

typedef struct leat_case_world leat_case_world;

typedef struct leat_case_world_args {
    const leat_physical_plan *plan; /* borrowed, as the connectors */
    const leat_connectors *connectors;
    uint32_t slot_count;
    uint32_t key_group_count;
    uint64_t seed;
    double barrier_chance; /* per step, while no epoch is undecided */
    double abort_chance;   /* that an epoch is given up instead of completed */
} leat_case_world_args;

/* Opens the slots. Errors: those of leat_slot_new. */
LEAT_MUST_USE leat_code leat_case_world_open(const leat_case_world_args *args,
                                             leat_case_world **out_world,
                                             leat_error *err);
void leat_case_world_close(leat_case_world **world);

/* The wall clock from now on: processing time. */
void leat_case_world_set_clock(leat_case_world *world, leat_time now_us);
/* So many steps, wherever that leads. */
void leat_case_world_wander(leat_case_world *world, uint32_t step_count);
/* Step until nothing moves (W3).
 * Errors: what the job failed with; LEAT_TIMEOUT it does not come to rest. */
LEAT_MUST_USE leat_code leat_case_world_settle(leat_case_world *world, leat_error *err);
/* One more epoch, completed and published. */
LEAT_MUST_USE leat_code leat_case_world_complete_epoch(leat_case_world *world, leat_error *err);
/* The last epoch. Needs: every source has ended, or will when it is polled. */
LEAT_MUST_USE leat_code leat_case_world_finish(leat_case_world *world, leat_error *err);
/* Everything volatile is gone; a new generation starts from the last completed epoch. */
LEAT_MUST_USE leat_code leat_case_world_crash(leat_case_world *world,
                                              uint32_t slot_count,
                                              leat_error *err);

/* What the sink whose `path` is `folder` has published. */
void leat_case_world_read(const leat_case_world *world, const char *folder, leat_buf *out);
/* Rows that came too late, and records that failed, in this generation. */
leat_slot_stats leat_case_world_stats(const leat_case_world *world);

#endif
