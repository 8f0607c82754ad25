/* SPDX-License-Identifier: Apache-2.0
 *
 * bind - what the halves of the binder share: making checked nodes of the bound tree.
 *
 * Private to common/expr. binder.c resolves names and walks the tree; bind_call.c chooses
 * overloads, converts arguments and folds constants; bind_aggregate.c binds aggregates.
 */
#ifndef LEAT_COMMON_EXPR_BIND_H
#define LEAT_COMMON_EXPR_BIND_H

#include "common/expr/function.h"

leat_place leat_bind_place(const leat_binder *binder, const leat_expr *expr);

leat_bound *leat_bind_constant(leat_arena *arena, leat_value value);

/* A call of `expr`'s function over bound arguments: overload chosen, arguments converted, folded
 * when constant. `expr` is what errors point at; `name` may be another (a rewrite). */
leat_bound *leat_bind_call(leat_binder *binder,
                           const leat_expr *expr,
                           leat_bytes name,
                           leat_bound **arguments,
                           uint32_t argument_count);

/* CAST(bound AS type), left out when it changes nothing. `is_explicit` keeps the exact type;
 * otherwise decimals of one scale count as equal. */
leat_bound *leat_bind_cast(leat_binder *binder,
                           const leat_expr *expr,
                           leat_bound *bound,
                           leat_type type,
                           bool is_explicit);

/* The same, but what cannot be cast is NULL. */
leat_bound *
leat_bind_try_cast(leat_binder *binder, const leat_expr *expr, leat_bound *bound, leat_type type);
/* `type`, or where it is a decimal of any digits, those that `bound` has. */
leat_type leat_bind_cast_type(const leat_bound *bound, leat_type type);

/* Bring branches to one type; reports and returns false when there is none. */
bool leat_bind_unify(leat_binder *binder,
                     const leat_expr *expr,
                     leat_bound **branches,
                     uint32_t count,
                     uint32_t step,
                     leat_type *out_type);

/* A call of an aggregate, its arguments over the binder's schema. */
bool leat_bind_aggregate(leat_binder *binder, const leat_expr *expr, leat_bound_aggregate *out);
bool leat_bound_aggregate_equal(const leat_bound_aggregate *a, const leat_bound_aggregate *b);

/* `bound` itself, or the constant it always is. NULL after reporting that it always fails. */
leat_bound *leat_bind_folded(leat_binder *binder, const leat_expr *expr, leat_bound *bound);

#endif
