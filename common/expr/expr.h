/* SPDX-License-Identifier: Apache-2.0
 *
 * expr - an SQL expression as written: the tree between the parser and the binder.
 *
 * Untyped, immutable, in the parse arena, every node with its offset in the source text.
 * Operators are calls by their symbol ("+", "and", "=", "||"); BETWEEN, IN lists, IS NULL, LIKE
 * are calls too ("between", "in", "is_null", "like"), so that the binder knows one shape.
 */
#ifndef LEAT_COMMON_EXPR_EXPR_H
#define LEAT_COMMON_EXPR_EXPR_H

#include "common/columns/value.h"
#include "common/text/diagnostic.h"

enum { LEAT_EXPR_DEPTH_MAX = 200, LEAT_EXPR_NODES_MAX = 100000 };

typedef enum leat_expr_kind {
    LEAT_EXPR_LITERAL, /* value */
    LEAT_EXPR_COLUMN,  /* name, qualifier (may be empty) */
    LEAT_EXPR_CALL,    /* name + arguments */
    LEAT_EXPR_CAST, /* arguments[0], type (decimal(0,0): of any digits); name: try_cast or empty */
    LEAT_EXPR_CASE, /* arguments = when, then, when, then ..., [else]; a simple CASE is rewritten to
                       "=" */
    LEAT_EXPR_STAR, /* count(*)'s argument, or * in a select list */
    LEAT_EXPR_SUBQUERY, /* name = scalar, exists, in, any<op>, all<op>; arguments: what it is asked
                         */
    LEAT_EXPR_INPUT,    /* column `column` of the rows: put there by a planner that knows names */
} leat_expr_kind;

typedef struct leat_expr {
    leat_expr_kind kind;
    uint32_t offset; /* of the node's first byte in the source text */
    uint32_t length;
    leat_bytes name;
    leat_bytes qualifier;
    leat_value value;
    leat_type type;           /* CAST target */
    bool is_distinct;         /* CALL: count(DISTINCT x) */
    struct leat_expr *filter; /* CALL: FILTER (WHERE ...), or NULL */
    uint32_t order_count;     /* CALL: ORDER BY among its arguments, or WITHIN GROUP */
    struct leat_expr_order *orders;
    bool is_within_group;
    bool ignores_nulls;
    const struct leat_sql_over *over;   /* CALL: OVER (...), or NULL; common/sql/ast.h */
    const struct leat_sql_query *query; /* SUBQUERY; the same */
    uint32_t column;                    /* INPUT */
    uint32_t argument_count;
    struct leat_expr **arguments;
} leat_expr;

typedef struct leat_expr_order {
    leat_expr *by;
    bool is_descending;
    bool has_nulls; /* NULLS FIRST or LAST was written */
    bool nulls_first;
} leat_expr_order;

/* Canonical SQL text, fully parenthesised where precedence would not say so. */
void leat_expr_print(const leat_expr *expr, leat_buf *out);

/* Where a node stands in the user's file. */
leat_place leat_expr_place(leat_source_text source, const leat_expr *expr);

#endif
