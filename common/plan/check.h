/* SPDX-License-Identifier: Apache-2.0
 *
 * check - what must hold in a physical plan for exec and operators to run it without looking.
 *
 * The planner's plans always pass (tested); a decoded plan must pass before anybody sees it.
 *
 *   C1  Every index points into its array; inputs and feeds point backwards.
 *   C2  Stages cover the operators, and edges are sorted by target stage, in order, without gaps.
 *   C3  Every kind has the inputs, outputs and expressions it needs.
 *   C4  Expressions read columns that exist and have the type they say; so do keys and time.
 *   C5  What flows along an input, feed or edge has the types its reader expects.
 */
#ifndef LEAT_COMMON_PLAN_CHECK_H
#define LEAT_COMMON_PLAN_CHECK_H

#include "common/plan/physical.h"

/* LEAT_CORRUPT naming the node, operator, edge or stage that is wrong. */
LEAT_MUST_USE leat_code leat_plan_check(const leat_physical_plan *plan, leat_error *err);

/* check_relational.c: node `index`, of one of the kinds of relational.h; its shape is right. */
LEAT_MUST_USE leat_code leat_plan_check_relational(const leat_logical_plan *plan,
                                                   uint32_t index,
                                                   leat_error *err);

#endif
