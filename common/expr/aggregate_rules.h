/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate_rules - the table of aggregate functions by name: what each takes, and how its words
 * (DISTINCT, ORDER BY, WITHIN GROUP) are meant. Private to common/expr.
 */
#ifndef LEAT_COMMON_EXPR_AGGREGATE_RULES_H
#define LEAT_COMMON_EXPR_AGGREGATE_RULES_H

#include "common/expr/bound.h"

/* What the first argument is brought to. */
typedef enum leat_aggregate_takes {
    LEAT_TAKES_ANY,
    LEAT_TAKES_AS_IS, /* the types that the result rule knows */
    LEAT_TAKES_DOUBLE,
} leat_aggregate_takes;

typedef enum leat_aggregate_order {
    LEAT_ORDER_MEANS_NOTHING, /* accepted among the arguments */
    LEAT_ORDER_OF_ROWS,       /* ORDER BY among the arguments, or WITHIN GROUP */
    LEAT_ORDER_IS_ARGUMENT,   /* WITHIN GROUP (ORDER BY the argument) */
} leat_aggregate_order;

typedef struct leat_aggregate_rule {
    const char *name; /* lower case */
    leat_aggregate_kind kind;
    uint8_t least; /* arguments between the parentheses, the star included */
    uint8_t most;
    leat_aggregate_takes takes;
    leat_aggregate_order order;
    bool is_same_distinct; /* DISTINCT changes nothing */
    bool is_distinct;      /* always: each value counts once */
    const char *signature;
    const char *result;
    const char *summary;
} leat_aggregate_rule;

/* NULL: there is none. */
const leat_aggregate_rule *leat_aggregate_rule_of(leat_bytes name);
/* A Markdown table. */
void leat_aggregates_print(leat_buf *out);

#endif
