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
    LEAT_EXPR_CAST,    /* arguments[0], type */
    LEAT_EXPR_CASE, /* arguments = when, then, when, then ..., [else]; a simple CASE is rewritten to
                       "=" */
    LEAT_EXPR_STAR, /* count(*)'s argument, or * in a select list */
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
    uint32_t argument_count;
    struct leat_expr **arguments;
} leat_expr;

/* One item of a select list: `upper(country) AS country`. */
typedef struct leat_select_item {
    leat_expr *expr;
    leat_bytes alias; /* given, or derived: a column's name, else the function's, else "colN" */
} leat_select_item;

/* Parse one expression / a comma-separated select list. NULL / 0 after an error was reported. */
leat_expr *
leat_expr_parse(leat_source_text source, leat_arena *arena, leat_diagnostics *diagnostics);
leat_select_item *leat_select_parse(leat_source_text source,
                                    leat_arena *arena,
                                    leat_diagnostics *diagnostics,
                                    uint32_t *out_count);

/* Canonical SQL text, fully parenthesised where precedence would not say so. */
void leat_expr_print(const leat_expr *expr, leat_buf *out);

/* Where a node stands in the user's file. */
leat_place leat_expr_place(leat_source_text source, const leat_expr *expr);

#endif
