/* SPDX-License-Identifier: Apache-2.0
 *
 * slot_parts - a slot's context without the slot, for tests of one part: slot 0 of `slot_count`
 * over the shuffle plan, with a state, a task core, and a clock that the test moves.
 */
#ifndef LEAT_TESTS_SUPPORT_SLOT_PARTS_H
#define LEAT_TESTS_SUPPORT_SLOT_PARTS_H

#include "tests/support/shuffle_plan.h"
#include "worker/exec/context.h"

typedef struct slot_parts {
    leat_slot_context context;
    leat_slot_actions actions;
} slot_parts;

/* Plan and connectors are borrowed. */
slot_parts *slot_parts_new(const leat_physical_plan *plan,
                           const leat_connectors *connectors,
                           uint32_t slot_count);
void slot_parts_free(slot_parts **parts);

/* The only action of that kind since the last clear; the test fails when there is none or two. */
const leat_up *slot_parts_said(const slot_parts *parts, leat_up_kind kind);
uint32_t slot_parts_said_count(const slot_parts *parts, leat_up_kind kind);
uint32_t slot_parts_disk_count(const slot_parts *parts, leat_disk_op_kind kind);
const leat_disk_op *slot_parts_disk(const slot_parts *parts, leat_disk_op_kind kind);

#endif
