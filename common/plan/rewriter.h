/* SPDX-License-Identifier: Apache-2.0
 *
 * rewriter - what the rules are written with: a walk over the old nodes that emits new ones and
 * remembers what every old output has become.
 *
 * The walk goes in order, so the inputs of a node have always been mapped before it.
 */
#ifndef LEAT_COMMON_PLAN_REWRITER_H
#define LEAT_COMMON_PLAN_REWRITER_H

#include "common/plan/rewrite.h"

typedef struct leat_rewriter {
    const leat_logical_plan *from;
    leat_arena *arena;
    leat_logical_input **map; /* [old node][old output] -> new output */
    uint32_t *reader_counts;  /* [old node]: input ends that read any of its outputs */
    LEAT_VEC(leat_logical_node) nodes;
} leat_rewriter;

void leat_rewriter_init(leat_rewriter *r, const leat_logical_plan *from, leat_arena *arena);
/* What an old output is now. */
leat_logical_input leat_rewriter_now(const leat_rewriter *r, leat_logical_input old);
/* The new node behind an old output. */
const leat_logical_node *leat_rewriter_node(const leat_rewriter *r, leat_logical_input now);
/* A copy of an old node with its inputs mapped, not yet emitted. */
leat_logical_node leat_rewriter_copy(const leat_rewriter *r, uint32_t old);
/* Append a new node; its output 0. */
leat_logical_input leat_rewriter_emit(leat_rewriter *r, const leat_logical_node *node);
/* Every output i of the old node is now output i of the new one. */
void leat_rewriter_map(leat_rewriter *r, uint32_t old, leat_logical_input now);
/* The new plan; the rewriter is gone. */
const leat_logical_plan *leat_rewriter_finish(leat_rewriter *r);

#endif
