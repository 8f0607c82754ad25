/* SPDX-License-Identifier: Apache-2.0
 *
 * distinct_plan - which DISTINCT calls of an aggregate share one set of values: those with the
 * same argument. A set is a state of its own, (keys, value) -> which calls have it.
 *
 * min and max need no set for DISTINCT, and calls made from all values keep them anyway; calls
 * that find no room here keep theirs among the `values` of the aggregate.
 */
#ifndef LEAT_COMMON_PLAN_DISTINCT_PLAN_H
#define LEAT_COMMON_PLAN_DISTINCT_PLAN_H

#include "common/plan/logical.h"

enum { LEAT_DISTINCT_SETS_MAX = 5, LEAT_DISTINCT_CALLS_MAX = 64 };

typedef struct leat_distinct_plan {
    uint32_t set_count;
    const leat_bound *arguments[LEAT_DISTINCT_SETS_MAX];
    uint32_t call_counts[LEAT_DISTINCT_SETS_MAX];
    int8_t set_of[LEAT_AGGREGATES_MAX];  /* per call of the node: its set, or -1 ... */
    uint8_t bit_of[LEAT_AGGREGATES_MAX]; /* ... and its number there */
} leat_distinct_plan;

void leat_distinct_plan_of(const leat_logical_plan *plan,
                           const leat_logical_node *node,
                           leat_distinct_plan *out_sets);
/* Whether groups carry window_start and window_end as keys (else a window's end is the pane). */
bool leat_distinct_carries_window(const leat_logical_node *node);

#endif
