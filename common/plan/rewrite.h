/* SPDX-License-Identifier: Apache-2.0
 *
 * rewrite - rules that turn a logical plan as written into a better one with the same meaning.
 *
 * Each rule is one file and one function from plan to plan. Stateful operators (sources,
 * aggregates, sinks) keep their operator ids and their keys under every rule, so that a job keeps
 * its state when rules change. leat_rewrite applies them all in their order.
 */
#ifndef LEAT_COMMON_PLAN_REWRITE_H
#define LEAT_COMMON_PLAN_REWRITE_H

#include "common/plan/logical.h"

const leat_logical_plan *leat_rewrite(const leat_logical_plan *plan, leat_arena *arena);

/* Nodes that no sink depends on go. */
const leat_logical_plan *leat_rewrite_drop_unread(const leat_logical_plan *plan, leat_arena *arena);
/* A filter that only needs columns which a projection passes through goes below it. */
const leat_logical_plan *leat_rewrite_push_filters(const leat_logical_plan *plan,
                                                   leat_arena *arena);
/* One step down for the conditions of every filter that only concern one input of the node below,
 * or its keys. */
const leat_logical_plan *
leat_rewrite_push_conjuncts(const leat_logical_plan *plan, leat_arena *arena, bool *out_changed);
/* A projection of a projection becomes one; one that changes nothing goes. */
const leat_logical_plan *leat_rewrite_fuse_projects(const leat_logical_plan *plan,
                                                    leat_arena *arena);
/* What a statement asks for twice is made once. */
const leat_logical_plan *leat_rewrite_share(const leat_logical_plan *plan, leat_arena *arena);
/* Columns that nobody needs are not computed, not exchanged and not read. */
const leat_logical_plan *leat_rewrite_prune_columns(const leat_logical_plan *plan,
                                                    leat_arena *arena);

#endif
