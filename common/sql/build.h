/* SPDX-License-Identifier: Apache-2.0
 *
 * build - what the grammar's actions call for queries and statements, as parse.h is for
 * expressions.
 *
 * Private to common/sql. Lists grow in the arena; what nests counts its depth, and one level too
 * many is reported. A SELECT's clauses come one after another while it is the open one.
 */
#ifndef LEAT_COMMON_SQL_BUILD_H
#define LEAT_COMMON_SQL_BUILD_H

#include "common/sql/parse.h"

/* Items of one size, copied in. */
typedef struct leat_sql_list {
    void *items;
    uint32_t count;
} leat_sql_list;

typedef struct leat_sql_bound {
    leat_frame_end end;
    leat_expr *distance;
} leat_sql_bound;

leat_sql_list
leat_sql_list_add(leat_parser *parser, leat_sql_list list, const void *item, size_t size);
leat_sql_names leat_sql_name_add(leat_parser *parser, leat_sql_names names, leat_sql_name name);
leat_bytes leat_sql_text(const leat_parser *parser, leat_span span);
leat_type leat_sql_type_of(leat_parser *parser, leat_span span);
/* DATE '2020-01-01': a cast of the text to the type that the word names. */
leat_parsed
leat_sql_typed_literal(leat_parser *parser, leat_span span, leat_span type, leat_bytes text);

/* Expressions that know queries. */
leat_parsed leat_sql_subquery(leat_parser *parser,
                              leat_span span,
                              const char *name,
                              leat_parsed_list arguments,
                              leat_sql_query *query);
leat_parsed leat_sql_call_orders(
    leat_parser *parser, leat_span span, leat_parsed call, leat_sql_orders orders, bool is_within);
leat_parsed
leat_sql_call_over(leat_parser *parser, leat_span span, leat_parsed call, leat_sql_over *over);
leat_sql_over *leat_sql_over_new(leat_parser *parser, leat_span span);
leat_sql_over *leat_sql_over_open(leat_parser *parser);
leat_sql_over *leat_sql_over_now(leat_parser *parser);
leat_sql_over *leat_sql_over_close(leat_parser *parser, leat_span span);
void leat_sql_over_frame(leat_parser *parser,
                         leat_frame_unit unit,
                         const leat_sql_bound *start,
                         const leat_sql_bound *end,
                         leat_frame_exclude exclude);

/* Queries. */
leat_sql_exprs leat_sql_exprs_of(leat_parsed_list list);
leat_sql_orders leat_sql_order_add(
    leat_parser *parser, leat_sql_orders orders, leat_expr *by, int direction, int nulls);
leat_sql_query *leat_sql_query_new(leat_parser *parser,
                                   leat_span span,
                                   leat_sql_list ctes,
                                   leat_sql_body *body,
                                   const leat_sql_query *tail);
leat_sql_list leat_sql_cte_add(leat_parser *parser,
                               leat_sql_list ctes,
                               leat_sql_name name,
                               leat_sql_names columns,
                               leat_sql_query *query);
leat_sql_body *leat_sql_body_query(leat_parser *parser, leat_span span, leat_sql_query *query);
leat_sql_body *leat_sql_body_select(leat_parser *parser, leat_span span, leat_sql_select *select);
leat_sql_body *leat_sql_body_values(leat_parser *parser, leat_span span, leat_sql_list rows);
leat_sql_body *leat_sql_body_table(leat_parser *parser, leat_span span, leat_sql_name name);
leat_sql_body *leat_sql_body_set(leat_parser *parser,
                                 leat_span span,
                                 leat_sql_set_kind kind,
                                 bool is_all,
                                 leat_sql_body *left,
                                 leat_sql_body *right);
leat_sql_list leat_sql_row_add(leat_parser *parser, leat_sql_list rows, leat_parsed_list row);
leat_sql_select *leat_sql_select_open(leat_parser *parser);
leat_sql_select *leat_sql_select_now(leat_parser *parser);
leat_sql_select *leat_sql_select_new(leat_parser *parser,
                                     leat_span span,
                                     bool is_distinct,
                                     leat_sql_list items,
                                     leat_sql_from *from,
                                     leat_sql_list groups);
void leat_sql_select_windows(leat_parser *parser, leat_sql_list windows);
leat_sql_list leat_sql_named_over_add(leat_parser *parser,
                                      leat_sql_list list,
                                      leat_sql_name name,
                                      leat_sql_over *over);
leat_sql_group leat_sql_group_plain(leat_parser *parser, leat_span span, leat_expr *expr);
leat_sql_group leat_sql_group_of(leat_span span, leat_sql_group_kind kind, leat_sql_list sets);
leat_sql_list leat_sql_set_of(leat_parser *parser, leat_expr *expr);
leat_sql_list leat_sql_set_add(leat_parser *parser, leat_sql_list sets, leat_sql_list set);

/* FROM. */
leat_sql_from *leat_sql_from_table(leat_parser *parser, leat_span span, leat_sql_name name);
leat_sql_from *leat_sql_from_query(leat_parser *parser, leat_span span, leat_sql_query *query);
leat_sql_from *leat_sql_from_function(leat_parser *parser,
                                      leat_span span,
                                      leat_sql_name name,
                                      leat_sql_list arguments);
leat_sql_from *leat_sql_from_alias(leat_parser *parser,
                                   leat_span span,
                                   leat_sql_from *from,
                                   leat_sql_name alias,
                                   leat_sql_names columns);
leat_sql_from *leat_sql_join_new(
    leat_parser *parser, leat_span span, int kind, leat_sql_from *left, leat_sql_from *right);
leat_sql_list leat_sql_argument_add(leat_parser *parser, leat_sql_list list, leat_parsed item);

/* Statements. */
leat_sql_statement *
leat_sql_statement_new(leat_parser *parser, leat_sql_statement_kind kind, leat_span span);
const leat_sql_script *leat_sql_script_of(leat_parser *parser, leat_sql_list statements);
leat_sql_statement *leat_sql_explain(leat_parser *parser,
                                     leat_span span,
                                     const leat_sql_statement *inner,
                                     leat_sql_names details);
leat_sql_statement *leat_sql_alter(leat_parser *parser, leat_sql_alter_kind alter);
leat_sql_statement *leat_sql_alter_add(leat_parser *parser, leat_sql_list columns);
leat_sql_statement *
leat_sql_statement_set(leat_parser *parser, leat_span span, leat_sql_list inners);
leat_sql_statement *leat_sql_create_table(leat_parser *parser,
                                          leat_span span,
                                          leat_sql_name name,
                                          leat_sql_table *table,
                                          bool is_temporary);
leat_sql_statement *leat_sql_create_view(leat_parser *parser,
                                         leat_span span,
                                         leat_sql_name name,
                                         leat_sql_names columns,
                                         leat_sql_query *query);
leat_sql_statement *
leat_sql_set(leat_parser *parser, leat_span span, const leat_sql_option *option);
leat_sql_statement *leat_sql_drop(
    leat_parser *parser, leat_span span, leat_bytes object, leat_sql_name name, bool if_exists);
leat_sql_statement *
leat_sql_query_statement(leat_parser *parser, leat_span span, leat_sql_query *query);
leat_sql_table *leat_sql_table_new(leat_parser *parser, leat_sql_list columns);
leat_sql_table *leat_sql_table_like(leat_parser *parser,
                                    leat_sql_list columns,
                                    leat_sql_name like,
                                    leat_sql_list features);
leat_sql_list
leat_sql_feature_add(leat_parser *parser, leat_sql_list features, leat_span action, leat_span what);
leat_sql_column leat_sql_column_typed(leat_parser *parser, leat_sql_name name, leat_span type);
leat_sql_options leat_sql_options_of(leat_sql_list options);
leat_sql_option
leat_sql_option_of(leat_parser *parser, leat_sql_name name, leat_bytes value, leat_span value_span);
/* The name with its dots, as it stands in the text, quotes taken off. */
leat_sql_name leat_sql_name_dotted(leat_parser *parser, leat_span span);

#endif
