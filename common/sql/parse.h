/* SPDX-License-Identifier: Apache-2.0
 *
 * parse - what the grammar's actions call: nodes of the expression tree, with limits.
 *
 * Private to common/sql. Every constructor counts nodes and depth; one that goes over a limit
 * reports it and sets has_failed, and the grammar stops. All memory is the parse arena's.
 */
#ifndef LEAT_COMMON_SQL_PARSE_H
#define LEAT_COMMON_SQL_PARSE_H

#include "common/sql/syntax.h"

/* A node under construction and the height of its tree. */
typedef struct leat_parsed {
    leat_expr *expr;
    uint32_t depth;
} leat_parsed;

typedef struct leat_parsed_list {
    leat_expr **items; /* grows at powers of two */
    uint32_t count;
    uint32_t depth; /* of the deepest item */
} leat_parsed_list;

typedef struct leat_parser {
    leat_arena *arena;
    leat_diagnostics *diagnostics;
    leat_source_text source;
    int start_token; /* what to parse: the scanner gives it first, once */
    bool is_script;  /* not an expression or a select list */
    bool has_failed;
    uint32_t node_count;

    /* The scanner's: ARRAY<ARRAY<INT>> ends with two brackets, a >> b holds an operator. */
    uint32_t open_types;
    bool is_type_word; /* ARRAY, MAP or ROW came last, or one before the last */
    bool after_type_word;

    /* SELECTs and OVER clauses whose parts come one by one; an inner one closes first. */
    leat_sql_select *open_select;
    leat_sql_over *open_over;

    const leat_sql_script *script; /* result of START_SCRIPT */
    leat_expr *expr;               /* result of START_EXPRESSION */
    struct leat_select_items {
        leat_select_item *items;
        uint32_t count;
    } select; /* result of START_SELECT */
} leat_parser;

enum { LEAT_EXPR_TEXT_BYTES_MAX = 1 << 20, LEAT_PARSE_STACK_MAX = 10000 };

void leat_parse_fail(leat_parser *parser, leat_span span, const char *format, ...)
    LEAT_PRINTF(3, 4);

/* Literals. Text is what stands in the source, quotes included. */
leat_bytes leat_parse_unquote(leat_parser *parser, leat_bytes quoted);
leat_parsed leat_parse_number(leat_parser *parser, leat_span span);
leat_parsed leat_parse_boolean(leat_parser *parser, leat_span span, bool value);
leat_parsed leat_parse_null(leat_parser *parser, leat_span span);
leat_parsed leat_parse_string(leat_parser *parser, leat_span span, leat_bytes text);
/* TIMESTAMP 'text', and INTERVAL 'text' with a unit that may be empty. */
leat_parsed leat_parse_timestamp(leat_parser *parser, leat_span span, leat_bytes text);
leat_parsed
leat_parse_interval(leat_parser *parser, leat_span span, leat_bytes text, leat_bytes unit);

leat_parsed
leat_parse_column(leat_parser *parser, leat_span span, leat_bytes qualifier, leat_bytes name);
leat_parsed leat_parse_star(leat_parser *parser, leat_span span);

/* Calls. `name` is kept; function names are folded to lower case by the grammar. */
leat_parsed
leat_parse_call(leat_parser *parser, leat_span span, const char *name, leat_parsed_list arguments);
leat_parsed leat_parse_unary(leat_parser *parser, leat_span span, const char *name, leat_parsed a);
leat_parsed leat_parse_binary(
    leat_parser *parser, leat_span span, const char *name, leat_parsed a, leat_parsed b);
/* AND and OR are n-ary: a chain of them is one node, however long. */
leat_parsed leat_parse_junction(
    leat_parser *parser, leat_span span, const char *name, leat_parsed a, leat_parsed b);
leat_parsed leat_parse_negated(leat_parser *parser, leat_span span, bool is_negated, leat_parsed a);
/* -x; a number literal becomes a negative literal. */
leat_parsed leat_parse_minus(leat_parser *parser, leat_span span, leat_parsed a);
leat_parsed
leat_parse_cast(leat_parser *parser, leat_span span, leat_parsed value, leat_span type_span);
/* `arms` = when, then, ...; operand.expr and otherwise.expr may be NULL. */
leat_parsed leat_parse_case(leat_parser *parser,
                            leat_span span,
                            leat_parsed operand,
                            leat_parsed_list arms,
                            leat_parsed otherwise);

/* A node without arguments; counted, and refused at the limits. */
leat_parsed
leat_parsed_node(leat_parser *parser, leat_expr_kind kind, leat_span span, uint32_t children_depth);
leat_parsed_list leat_parsed_add(leat_parser *parser, leat_parsed_list list, leat_parsed item);
leat_bytes leat_parse_fold(leat_parser *parser, leat_bytes name); /* to lower case */

void leat_parse_select_add(leat_parser *parser, leat_parsed item, leat_bytes alias);

#endif
