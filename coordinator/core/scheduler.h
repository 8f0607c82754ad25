/* SPDX-License-Identifier: Apache-2.0
 *
 * scheduler - who should run what: a pure function from the members and what is to what ought
 * to be, changing as little as possible.
 *
 * Invariants
 *   S1  Every executor of a usable worker has as many slots as any other, give or take one.
 *   S2  Every slot has as many key groups as any other, give or take one.
 *   S3  A slot that may stay where it is stays; a key group moves only to keep S2.
 */
#ifndef LEAT_COORDINATOR_CORE_SCHEDULER_H
#define LEAT_COORDINATOR_CORE_SCHEDULER_H

#include "common/plan/control.h"

enum { LEAT_WORKER_SET_MAX = 8 };

/* A few workers, in order of arrival; the first is the owner where there is one. */
typedef struct leat_worker_set {
    uint32_t count;
    uint32_t workers[LEAT_WORKER_SET_MAX];
} leat_worker_set;

bool leat_worker_set_has(const leat_worker_set *set, uint32_t worker);
void leat_worker_set_add(leat_worker_set *set, uint32_t worker); /* no-op: in it, or full */
void leat_worker_set_remove(leat_worker_set *set, uint32_t worker);

typedef struct leat_assigned_slot {
    uint32_t owner;
    uint32_t executor;
    leat_worker_set copies; /* the owner first */
} leat_assigned_slot;

/* A zeroed one is valid and means: nothing is assigned. */
typedef struct leat_assignment {
    uint32_t key_group_count;
    uint16_t *key_groups; /* key group -> slot */
    uint32_t slot_count;
    leat_assigned_slot *slots;
} leat_assignment;

void leat_assignment_fini(leat_assignment *assignment);
void leat_assignment_init(leat_assignment *assignment,
                          uint32_t key_group_count,
                          uint32_t slot_count);
bool leat_assignment_equal(const leat_assignment *a, const leat_assignment *b);

typedef struct leat_usable_worker {
    uint32_t worker;
    uint32_t executor_count;
} leat_usable_worker;

typedef struct leat_schedule {
    const leat_usable_worker *workers; /* by id; at least one with an executor */
    uint32_t worker_count;
    uint32_t slot_count; /* wanted */
    uint32_t copy_count; /* wanted per slot; more than there are workers is cut */
    uint32_t key_group_count;
} leat_schedule;

/* `now`: what is (slot_count 0 = nothing yet). Fills the zeroed `out_target`. */
void leat_schedule_plan(const leat_schedule *schedule,
                        const leat_assignment *now,
                        leat_assignment *out_target);

#endif
