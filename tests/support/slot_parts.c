/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/slot_parts.h"

#include <criterion/criterion.h>

enum { KEY_GROUPS = 8 };

slot_parts *slot_parts_new(const leat_physical_plan *plan,
                           const leat_connectors *connectors,
                           uint32_t slot_count)
{
    slot_parts *parts = LEAT_NEW(slot_parts);
    leat_slot_context *context = &parts->context;
    leat_deployment_sizes sizes = {.key_group_count = KEY_GROUPS, .slot_count = slot_count};
    leat_deployment *deployment = leat_deployment_new(&sizes);
    deployment->job = 1;
    deployment->generation = 4;
    leat_state_spec *specs = leat_alloc_zero(plan->state_count, sizeof *specs);
    for (uint32_t i = 0; i < plan->state_count; i++)
        specs[i].is_bytes = true;
    context->args = (leat_slot_args){.plan = plan,
                                     .deployment = deployment,
                                     .connectors = connectors,
                                     .limits = {.batch_rows = 64,
                                                .batch_bytes = 1 << 16,
                                                .builder_bytes = 1 << 20,
                                                .flush_after_us = 5000}};
    context->plan = plan;
    context->state = leat_state_new(specs, plan->state_count, KEY_GROUPS, 0);
    leat_free(specs);
    context->key_groups = leat_alloc_zero(KEY_GROUPS, sizeof(uint16_t));
    for (uint32_t g = 0; g < KEY_GROUPS; g++) {
        deployment->key_groups[g] = (uint16_t)(g % slot_count);
        if (g % slot_count != 0)
            continue;
        context->key_groups[context->key_group_count++] = (uint16_t)g;
        leat_state_add_group(context->state, g);
    }
    context->core = leat_task_core_new(&(leat_task_core_args){.plan = plan,
                                                              .generation = 4,
                                                              .slot_count = slot_count,
                                                              .inbox_bytes = 1 << 20,
                                                              .channel_bytes = 1 << 20});
    context->actions = &parts->actions;
    context->steady_us = 1000000;
    return parts;
}

void slot_parts_free(slot_parts **parts_at)
{
    slot_parts *parts = LEAT_TAKE(*parts_at);
    leat_slot_actions_fini(&parts->actions);
    leat_task_core_free(&parts->context.core);
    leat_state_free(&parts->context.state);
    leat_deployment_unref(&parts->context.args.deployment);
    leat_free(parts->context.key_groups);
    leat_free(parts);
}

uint32_t slot_parts_said_count(const slot_parts *parts, leat_up_kind kind)
{
    uint32_t count = 0;
    LEAT_VEC_EACH (action, &parts->actions.items)
        count += action->kind == LEAT_SLOT_UP && action->up.kind == kind;
    return count;
}

const leat_up *slot_parts_said(const slot_parts *parts, leat_up_kind kind)
{
    cr_assert_eq(slot_parts_said_count(parts, kind), 1, "%s", leat_up_name(kind));
    LEAT_VEC_EACH (action, &parts->actions.items) {
        if (action->kind == LEAT_SLOT_UP && action->up.kind == kind)
            return &action->up;
    }
    return NULL;
}

uint32_t slot_parts_disk_count(const slot_parts *parts, leat_disk_op_kind kind)
{
    uint32_t count = 0;
    LEAT_VEC_EACH (action, &parts->actions.items)
        count += action->kind == LEAT_SLOT_UP && action->up.kind == LEAT_UP_DISK &&
                 action->up.op.kind == kind;
    return count;
}

const leat_disk_op *slot_parts_disk(const slot_parts *parts, leat_disk_op_kind kind)
{
    cr_assert_eq(slot_parts_disk_count(parts, kind), 1, "%s", leat_disk_op_name(kind));
    LEAT_VEC_EACH (action, &parts->actions.items) {
        if (action->kind == LEAT_SLOT_UP && action->up.kind == LEAT_UP_DISK &&
            action->up.op.kind == kind)
            return &action->up.op;
    }
    return NULL;
}
