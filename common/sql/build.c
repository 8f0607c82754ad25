/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/build.h"

#include <strings.h>

/* --- Lists. --- */

leat_sql_list
leat_sql_list_add(leat_parser *parser, leat_sql_list list, const void *item, size_t size)
{
    bool is_full = list.count == 0 || (list.count >= 4 && (list.count & (list.count - 1)) == 0);
    if (is_full) {
        void *grown = leat_arena_alloc(parser->arena, size * LEAT_MAX(list.count * 2, 4U));
        if (list.count > 0)
            memcpy(grown, list.items, list.count * size);
        list.items = grown;
    }
    memcpy((char *)list.items + list.count * size, item, size);
    list.count++;
    return list;
}

leat_sql_names leat_sql_name_add(leat_parser *parser, leat_sql_names names, leat_sql_name name)
{
    leat_sql_list list = {names.items, names.count};
    list = leat_sql_list_add(parser, list, &name, sizeof name);
    return (leat_sql_names){list.count, list.items};
}

leat_sql_exprs leat_sql_exprs_of(leat_parsed_list list)
{
    return (leat_sql_exprs){list.count, list.items};
}

leat_sql_list leat_sql_argument_add(leat_parser *parser, leat_sql_list list, leat_parsed item)
{
    return leat_sql_list_add(parser, list, &item.expr, sizeof item.expr);
}

leat_sql_orders leat_sql_order_add(
    leat_parser *parser, leat_sql_orders orders, leat_expr *by, int direction, int nulls)
{
    leat_sql_list list = {orders.items, orders.count};
    bool is_row =
        by != NULL && by->kind == LEAT_EXPR_CALL && leat_bytes_equal(by->name, LEAT_BYTES("row"));
    uint32_t count = is_row ? by->argument_count : 1;
    for (uint32_t i = 0; i < count; i++) { /* (a, b) is ordered by a, then b */
        leat_expr_order order = {is_row ? by->arguments[i] : by, direction == 1, nulls != 0,
                                 nulls == 1};
        list = leat_sql_list_add(parser, list, &order, sizeof order);
    }
    return (leat_sql_orders){list.count, list.items};
}

/* --- Words. --- */

leat_bytes leat_sql_text(const leat_parser *parser, leat_span span)
{
    return leat_bytes_of(parser->source.text.data + span.start, span.end - span.start);
}

leat_type leat_sql_type_of(leat_parser *parser, leat_span span)
{
    leat_bytes text = leat_sql_text(parser, span);
    leat_type type = LEAT_TYPE(STRING);
    leat_error err = {0};
    static const char varying[] = "character varying";
    if (text.size >= sizeof varying - 1 && strncasecmp(text.data, varying, sizeof varying - 1) == 0)
        return type;
    if (leat_type_parse(text, &type, &err) != LEAT_OK)
        leat_parse_fail(parser, span, "%s", err.text);
    return type;
}

leat_parsed
leat_sql_typed_literal(leat_parser *parser, leat_span span, leat_span type, leat_bytes text)
{
    leat_span quoted = {type.end, span.end};
    return leat_parse_cast(parser, span, leat_parse_string(parser, quoted, text), type);
}

leat_sql_name leat_sql_name_dotted(leat_parser *parser, leat_span span)
{
    leat_bytes text = leat_sql_text(parser, span);
    char *name = leat_arena_text(parser->arena, text);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++)
        if (strchr("\"` \t\r\n", text.data[i]) == NULL)
            name[size++] = text.data[i];
    return (leat_sql_name){leat_bytes_of(name, size), span};
}

leat_sql_option
leat_sql_option_of(leat_parser *parser, leat_sql_name name, leat_bytes value, leat_span value_span)
{
    return (leat_sql_option){name, leat_arena_bytes(parser->arena, value), value_span};
}

/* --- Expressions that know queries. --- */

leat_parsed leat_sql_subquery(leat_parser *parser,
                              leat_span span,
                              const char *name,
                              leat_parsed_list arguments,
                              leat_sql_query *query)
{
    uint32_t depth = LEAT_MAX(arguments.depth, query->depth);
    leat_parsed node = leat_parsed_node(parser, LEAT_EXPR_SUBQUERY, span, depth);
    node.expr->name = leat_bytes_text(name);
    node.expr->arguments = arguments.items;
    node.expr->argument_count = arguments.count;
    node.expr->query = query;
    return node;
}

leat_parsed leat_sql_call_orders(
    leat_parser *parser, leat_span span, leat_parsed call, leat_sql_orders orders, bool is_within)
{
    (void)parser;
    if (orders.count == 0)
        return call;
    call.expr->order_count = orders.count;
    call.expr->orders = orders.items;
    call.expr->is_within_group = is_within;
    call.expr->length = span.end - span.start;
    return call;
}

leat_parsed
leat_sql_call_over(leat_parser *parser, leat_span span, leat_parsed call, leat_sql_over *over)
{
    (void)parser;
    call.expr->over = over;
    call.expr->length = span.end - span.start;
    return call;
}

leat_sql_over *leat_sql_over_new(leat_parser *parser, leat_span span)
{
    leat_sql_over *over = LEAT_ARENA_NEW(parser->arena, leat_sql_over);
    over->span = span;
    return over;
}

leat_sql_over *leat_sql_over_open(leat_parser *parser)
{
    leat_sql_over *over = leat_sql_over_new(parser, (leat_span){0, 0});
    over->outer = parser->open_over;
    parser->open_over = over;
    return over;
}

leat_sql_over *leat_sql_over_now(leat_parser *parser)
{
    return parser->open_over;
}

leat_sql_over *leat_sql_over_close(leat_parser *parser, leat_span span)
{
    leat_sql_over *over = parser->open_over;
    parser->open_over = over->outer;
    over->span = span;
    return over;
}

void leat_sql_over_frame(leat_parser *parser,
                         leat_frame_unit unit,
                         const leat_sql_bound *start,
                         const leat_sql_bound *end,
                         leat_frame_exclude exclude)
{
    leat_sql_over *over = parser->open_over;
    over->has_frame = true;
    over->unit = unit;
    over->start = start->end;
    over->end = end->end;
    over->start_distance = start->distance;
    over->end_distance = end->distance;
    over->exclude = exclude;
}

/* --- Queries. --- */

/* One level more than the deepest of the two; reported when that is too many. */
static uint32_t deeper(leat_parser *parser, leat_span span, uint32_t a, uint32_t b)
{
    uint32_t depth = LEAT_MAX(a, b) + 1;
    if (depth > LEAT_SQL_DEPTH_MAX && !parser->has_failed)
        leat_parse_fail(parser, span, "the query is nested too deeply, at most %d levels",
                        LEAT_SQL_DEPTH_MAX);
    return depth;
}

leat_sql_query *leat_sql_query_new(leat_parser *parser,
                                   leat_span span,
                                   leat_sql_list ctes,
                                   leat_sql_body *body,
                                   const leat_sql_query *tail)
{
    leat_sql_query *query = LEAT_ARENA_NEW(parser->arena, leat_sql_query);
    if (tail != NULL)
        *query = *tail;
    query->span = span;
    query->cte_count = ctes.count;
    query->ctes = ctes.items;
    query->body = body;
    uint32_t depth = 0;
    for (uint32_t i = 0; i < ctes.count; i++)
        depth = LEAT_MAX(depth, query->ctes[i].query->depth);
    query->depth = deeper(parser, span, depth, body->depth);
    return query;
}

leat_sql_list leat_sql_cte_add(leat_parser *parser,
                               leat_sql_list ctes,
                               leat_sql_name name,
                               leat_sql_names columns,
                               leat_sql_query *query)
{
    leat_sql_cte cte = {name, columns, query};
    return leat_sql_list_add(parser, ctes, &cte, sizeof cte);
}

static leat_sql_body *body_new(leat_parser *parser, leat_span span, leat_sql_body_kind kind)
{
    leat_sql_body *body = LEAT_ARENA_NEW(parser->arena, leat_sql_body);
    body->kind = kind;
    body->span = span;
    return body;
}

leat_sql_body *leat_sql_body_query(leat_parser *parser, leat_span span, leat_sql_query *query)
{
    leat_sql_body *body = body_new(parser, span, LEAT_SQL_BODY_QUERY);
    body->query = query;
    body->depth = query->depth;
    return body;
}

leat_sql_body *leat_sql_body_select(leat_parser *parser, leat_span span, leat_sql_select *select)
{
    leat_sql_body *body = body_new(parser, span, LEAT_SQL_BODY_SELECT);
    body->select = select;
    body->depth = select->from == NULL ? 0 : select->from->depth;
    return body;
}

leat_sql_body *leat_sql_body_values(leat_parser *parser, leat_span span, leat_sql_list rows)
{
    leat_sql_body *body = body_new(parser, span, LEAT_SQL_BODY_VALUES);
    body->row_count = rows.count;
    body->rows = rows.items;
    return body;
}

leat_sql_body *leat_sql_body_table(leat_parser *parser, leat_span span, leat_sql_name name)
{
    leat_sql_item item = {.expr = leat_parse_star(parser, span).expr, .span = span};
    leat_sql_list items = leat_sql_list_add(parser, (leat_sql_list){0}, &item, sizeof item);
    leat_sql_select_open(parser);
    leat_sql_from *from = leat_sql_from_table(parser, span, name);
    leat_sql_select *select =
        leat_sql_select_new(parser, span, false, items, from, (leat_sql_list){0});
    return leat_sql_body_select(parser, span, select);
}

leat_sql_body *leat_sql_body_set(leat_parser *parser,
                                 leat_span span,
                                 leat_sql_set_kind kind,
                                 bool is_all,
                                 leat_sql_body *left,
                                 leat_sql_body *right)
{
    leat_sql_body *body = body_new(parser, span, LEAT_SQL_BODY_SET);
    body->set = kind;
    body->is_all = is_all;
    body->left = left;
    body->right = right;
    body->depth = deeper(parser, span, left->depth, right->depth);
    return body;
}

leat_sql_list leat_sql_row_add(leat_parser *parser, leat_sql_list rows, leat_parsed_list row)
{
    leat_sql_exprs exprs = leat_sql_exprs_of(row);
    return leat_sql_list_add(parser, rows, &exprs, sizeof exprs);
}

leat_sql_select *leat_sql_select_open(leat_parser *parser)
{
    leat_sql_select *select = LEAT_ARENA_NEW(parser->arena, leat_sql_select);
    select->outer = parser->open_select;
    parser->open_select = select;
    return select;
}

leat_sql_select *leat_sql_select_now(leat_parser *parser)
{
    return parser->open_select;
}

leat_sql_select *leat_sql_select_new(leat_parser *parser,
                                     leat_span span,
                                     bool is_distinct,
                                     leat_sql_list items,
                                     leat_sql_from *from,
                                     leat_sql_list groups)
{
    leat_sql_select *select = parser->open_select;
    parser->open_select = select->outer;
    select->span = span;
    select->is_distinct = is_distinct;
    select->item_count = items.count;
    select->items = items.items;
    select->from = from;
    select->group_count = groups.count;
    select->groups = groups.items;
    if (items.count > LEAT_SCHEMA_FIELDS_MAX)
        leat_parse_fail(parser, span, "more than %d items in a select list",
                        LEAT_SCHEMA_FIELDS_MAX);
    return select;
}

void leat_sql_select_windows(leat_parser *parser, leat_sql_list windows)
{
    parser->open_select->window_count = windows.count;
    parser->open_select->windows = windows.items;
}

leat_sql_list leat_sql_named_over_add(leat_parser *parser,
                                      leat_sql_list list,
                                      leat_sql_name name,
                                      leat_sql_over *over)
{
    leat_sql_named_over named = {name, over};
    return leat_sql_list_add(parser, list, &named, sizeof named);
}

leat_sql_list leat_sql_set_of(leat_parser *parser, leat_expr *expr)
{
    bool is_row = expr->kind == LEAT_EXPR_CALL && leat_bytes_equal(expr->name, LEAT_BYTES("row"));
    if (is_row)
        return (leat_sql_list){expr->arguments, expr->argument_count};
    return leat_sql_list_add(parser, (leat_sql_list){0}, &expr, sizeof expr);
}

leat_sql_list leat_sql_set_add(leat_parser *parser, leat_sql_list sets, leat_sql_list set)
{
    leat_sql_exprs exprs = {set.count, set.items};
    return leat_sql_list_add(parser, sets, &exprs, sizeof exprs);
}

leat_sql_group leat_sql_group_of(leat_span span, leat_sql_group_kind kind, leat_sql_list sets)
{
    return (leat_sql_group){kind, span, sets.count, sets.items};
}

leat_sql_group leat_sql_group_plain(leat_parser *parser, leat_span span, leat_expr *expr)
{
    leat_sql_list set = leat_sql_set_of(parser, expr);
    leat_sql_list sets = leat_sql_set_add(parser, (leat_sql_list){0}, set);
    return leat_sql_group_of(span, LEAT_SQL_GROUP_PLAIN, sets);
}
