/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_state - the state tables that a physical plan needs, made from it.
 */
#ifndef LEAT_WORKER_OPERATORS_PLAN_STATE_H
#define LEAT_WORKER_OPERATORS_PLAN_STATE_H

#include "common/plan/physical.h"
#include "worker/state/state.h"

/* Tables for plan->states, numbered as there: byte tables for splits and handles, typed rows for
 * the operators that aggregate. Owns no key group yet. The plan outlives the state. */
leat_state *
leat_plan_state_new(const leat_physical_plan *plan, uint32_t key_group_count, uint64_t completed);

#endif
