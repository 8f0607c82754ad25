/* SPDX-License-Identifier: Apache-2.0
 *
 * inline - expressions put in the place of columns: how projections are merged and conditions
 * move below them.
 */
#ifndef LEAT_COMMON_PLAN_INLINE_H
#define LEAT_COMMON_PLAN_INLINE_H

#include "common/expr/bound.h"

/* An expression grown beyond this by inlining is not worth it; and one of so few nodes is never
 * deeper than LEAT_BOUND_DEPTH_MAX allows. */
enum { LEAT_INLINE_NODES_MAX = 500 };

/* A column of a schema as an expression. */
leat_bound *leat_bound_column(const leat_schema *schema, uint32_t column, leat_arena *arena);
/* A copy in which column c is replaced by replacements[c] (shared, not copied). */
leat_bound *
leat_bound_inline(const leat_bound *bound, leat_bound *const *replacements, leat_arena *arena);
/* AND of conditions; one is itself. */
bool leat_bound_is_and(const leat_bound *bound);
leat_bound *leat_bound_and(leat_bound *const *conditions, uint32_t count, leat_arena *arena);
/* Levels of the tree: 1 for a column. */
uint32_t leat_bound_depth(const leat_bound *bound);
/* Nodes of the tree, counting stops at `limit`. */
uint32_t leat_bound_size(const leat_bound *bound, uint32_t limit);

#endif
