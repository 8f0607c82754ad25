/* SPDX-License-Identifier: Apache-2.0
 *
 * pruner - what the rule that prunes columns shares between its files. Private to common/plan.
 *
 * A `places` array says of every old column where it is now, or LEAT_PRUNED.
 */
#ifndef LEAT_COMMON_PLAN_PRUNER_H
#define LEAT_COMMON_PLAN_PRUNER_H

#include "common/plan/rewriter.h"

#define LEAT_PRUNED UINT32_MAX

typedef struct leat_pruner {
    leat_rewriter r;
    bool ***needs;      /* [old node][old output][old column]: somebody reads it */
    uint32_t ***places; /* the same */
    uint32_t narrow_count;
} leat_pruner;

static inline const leat_schema *leat_pruner_old_schema(const leat_pruner *p,
                                                        leat_logical_input input)
{
    return p->r.from->nodes[input.node].outputs[input.output].schema;
}

/* The output's columns are those of `old` that have a place: its schema and its upsert key. */
void leat_pruner_set_output(const leat_pruner *p,
                            leat_logical_output *output,
                            const leat_schema *old,
                            const uint32_t *places);
/* Columns in order, those not needed LEAT_PRUNED. */
void leat_pruner_place(const bool *needs, uint32_t count, uint32_t *out_places);
/* Put a projection in front of input `i` of `node` (old index `index`), if one is wanted, so that
 * exactly the columns with a place in `wanted` come in, at their places. */
void leat_pruner_narrow_input(
    leat_pruner *p, uint32_t index, leat_logical_node *node, uint32_t i, const uint32_t *wanted);

/* rewrite_prune_relational.c: joins and operators that keep whole rows. What the node needs of
 * input `i`, given what is needed of it; then the node without the rest. */
void leat_pruner_need_relational(const leat_pruner *p, uint32_t index, uint32_t i, bool *needs);
void leat_pruner_rewrite_relational(leat_pruner *p, uint32_t index, leat_logical_node *node);

#endif
