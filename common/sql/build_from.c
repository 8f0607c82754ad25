/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in FROM. A window function's arguments come as expressions: the relation as a column
 * or a subquery, PARTITION BY as a call named "$partition", a named argument as one named "$named".
 * Arguments without names are told apart by what they are: relation, [partition columns,] time
 * column, intervals.
 */
#include "common/sql/build.h"

static leat_sql_from *from_new(leat_parser *parser, leat_span span, leat_sql_from_kind kind)
{
    leat_sql_from *from = LEAT_ARENA_NEW(parser->arena, leat_sql_from);
    from->kind = kind;
    from->span = span;
    return from;
}

leat_sql_from *leat_sql_from_table(leat_parser *parser, leat_span span, leat_sql_name name)
{
    leat_sql_from *from = from_new(parser, span, LEAT_SQL_FROM_TABLE);
    from->name = name;
    return from;
}

leat_sql_from *leat_sql_from_query(leat_parser *parser, leat_span span, leat_sql_query *query)
{
    leat_sql_from *from = from_new(parser, span, LEAT_SQL_FROM_QUERY);
    from->query = query;
    from->depth = query->depth;
    return from;
}

leat_sql_from *leat_sql_from_alias(leat_parser *parser,
                                   leat_span span,
                                   leat_sql_from *from,
                                   leat_sql_name alias,
                                   leat_sql_names columns)
{
    (void)parser;
    from->span = span;
    from->alias = alias;
    from->columns = columns;
    return from;
}

leat_sql_from *leat_sql_join_new(
    leat_parser *parser, leat_span span, int kind, leat_sql_from *left, leat_sql_from *right)
{
    leat_sql_from *from = from_new(parser, span, LEAT_SQL_FROM_JOIN);
    leat_sql_join *join = LEAT_ARENA_NEW(parser->arena, leat_sql_join);
    join->kind = (leat_sql_join_kind)kind;
    join->left = left;
    join->right = right;
    from->join = join;
    from->depth = LEAT_MAX(left->depth, right->depth) + 1;
    if (from->depth > LEAT_SQL_DEPTH_MAX)
        leat_parse_fail(parser, span, "more than %d joins in one another", LEAT_SQL_DEPTH_MAX);
    return from;
}

static leat_span span_of(const leat_expr *expr)
{
    return (leat_span){expr->offset, expr->offset + expr->length};
}

static bool is_call(const leat_expr *expr, const char *name)
{
    return expr->kind == LEAT_EXPR_CALL && leat_bytes_equal(expr->name, leat_bytes_text(name));
}

static leat_window_kind window_kind_of(leat_bytes name)
{
    static const struct {
        const char *name;
        leat_window_kind kind;
    } kinds[] = {{"tumble", LEAT_WINDOW_TUMBLE},
                 {"hop", LEAT_WINDOW_HOP},
                 {"cumulate", LEAT_WINDOW_CUMULATE},
                 {"session", LEAT_WINDOW_SESSION}};
    for (size_t i = 0; i < LEAT_COUNT_OF(kinds); i++)
        if (leat_bytes_equal(name, leat_bytes_text(kinds[i].name)))
            return kinds[i].kind;
    return LEAT_WINDOW_NONE;
}

static leat_sql_name column_name(leat_parser *parser, const leat_expr *expr)
{
    if (expr->kind != LEAT_EXPR_COLUMN)
        leat_parse_fail(parser, span_of(expr), "expected the name of a column");
    return (leat_sql_name){expr->name, span_of(expr)};
}

static leat_sql_from *relation_of(leat_parser *parser, const leat_expr *expr)
{
    if (expr->kind == LEAT_EXPR_SUBQUERY) {
        /* The tree is ours until parsing is done. */
        leat_sql_query *query = LEAT_ARENA_NEW(parser->arena, leat_sql_query);
        *query = *expr->query;
        return leat_sql_from_query(parser, span_of(expr), query);
    }
    return leat_sql_from_table(parser, span_of(expr), column_name(parser, expr));
}

static void partition_add(leat_parser *parser, leat_sql_window *window, const leat_expr *by)
{
    if (is_call(by, "row")) {
        for (uint32_t i = 0; i < by->argument_count; i++)
            partition_add(parser, window, by->arguments[i]);
        return;
    }
    window->partition = leat_sql_name_add(parser, window->partition, column_name(parser, by));
}

/* data => TABLE t, timecol => DESCRIPTOR(c), size/slide/step/gap/offset => interval. */
static void named_argument(leat_parser *parser, leat_sql_window *window, const leat_expr *named)
{
    leat_bytes name = named->qualifier;
    leat_expr *value = named->arguments[0];
    if (leat_bytes_equal(name, LEAT_BYTES("data"))) {
        if (is_call(value, "$partition")) {
            partition_add(parser, window, value->arguments[1]);
            value = value->arguments[0];
        }
        window->from = relation_of(parser, value);
    } else if (leat_bytes_equal(name, LEAT_BYTES("timecol"))) {
        window->time = column_name(parser, value);
    } else if (leat_bytes_equal(name, LEAT_BYTES("size")) ||
               leat_bytes_equal(name, LEAT_BYTES("gap"))) {
        window->size = value;
    } else if (leat_bytes_equal(name, LEAT_BYTES("slide")) ||
               leat_bytes_equal(name, LEAT_BYTES("step"))) {
        window->slide = value;
    } else if (leat_bytes_equal(name, LEAT_BYTES("offset"))) {
        window->offset = value;
    } else {
        leat_parse_fail(parser, span_of(named),
                        "unknown argument, expected data, timecol, size, slide, step, gap or "
                        "offset");
    }
}

/* Columns and what is none, in order. */
typedef struct plain_arguments {
    leat_sql_names columns;
    leat_expr *others[4];
    uint32_t other_count;
    bool has_partition; /* columns from `partition_first` on, but the last, are its */
    uint32_t partition_first;
} plain_arguments;

static void plain_argument(leat_parser *parser,
                           leat_sql_window *window,
                           plain_arguments *plain,
                           leat_expr *expr)
{
    if (is_call(expr, "$named")) {
        named_argument(parser, window, expr);
        return;
    }
    if (is_call(expr, "$partition")) {
        partition_add(parser, window, expr->arguments[expr->argument_count - 1]);
        plain->has_partition = true;
        if (expr->argument_count == 1)
            return;
        expr = expr->arguments[0];
    }
    if (window->from == NULL)
        window->from = relation_of(parser, expr);
    else if (expr->kind == LEAT_EXPR_COLUMN)
        plain->columns = leat_sql_name_add(parser, plain->columns, column_name(parser, expr));
    else if (plain->other_count < LEAT_COUNT_OF(plain->others))
        plain->others[plain->other_count++] = expr;
    else
        leat_parse_fail(parser, span_of(expr), "one argument too many");
}

/* The time column is the last one before the intervals; further ones are of the partition. */
static void place_arguments(leat_parser *parser,
                            leat_span span,
                            leat_sql_window *window,
                            const plain_arguments *plain)
{
    bool has_slide = window->kind == LEAT_WINDOW_HOP || window->kind == LEAT_WINDOW_CUMULATE;
    uint32_t size_at = has_slide ? 1 : 0;
    bool partition_is_last =
        window->time.text.size == 0 && plain->columns.count > 0 && window->partition.count > 0 &&
        plain->columns.count > 1 &&
        window->partition.items[0].span.start > plain->columns.items[0].span.start;
    uint32_t time_at = partition_is_last ? 0 : plain->columns.count - 1;
    for (uint32_t i = 0; i < plain->columns.count; i++) {
        if (i == time_at && window->time.text.size == 0)
            window->time = plain->columns.items[i];
        else
            window->partition =
                leat_sql_name_add(parser, window->partition, plain->columns.items[i]);
    }
    if (has_slide && window->slide == NULL && plain->other_count > 0)
        window->slide = plain->others[0];
    if (window->size == NULL && plain->other_count > size_at)
        window->size = plain->others[size_at];
    if (window->offset == NULL && plain->other_count > size_at + 1)
        window->offset = plain->others[size_at + 1];
    if (parser->has_failed)
        return;
    if (window->from == NULL || window->time.text.size == 0 || window->size == NULL ||
        (has_slide && window->slide == NULL))
        leat_parse_fail(parser, span,
                        has_slide ? "expected a relation, its time column and two intervals"
                                  : "expected a relation, its time column and an interval");
}

leat_sql_from *leat_sql_from_function(leat_parser *parser,
                                      leat_span span,
                                      leat_sql_name name,
                                      leat_sql_list arguments)
{
    leat_bytes folded = leat_parse_fold(parser, name.text);
    leat_window_kind kind = window_kind_of(folded);
    leat_expr **items = arguments.items;
    if (kind == LEAT_WINDOW_NONE) {
        leat_parsed_list list = {items, arguments.count, 0};
        leat_sql_from *from = from_new(parser, span, LEAT_SQL_FROM_FUNCTION);
        from->name = (leat_sql_name){folded, name.span};
        from->call = leat_parse_call(parser, span, folded.data, list).expr;
        return from;
    }
    leat_sql_window *window = LEAT_ARENA_NEW(parser->arena, leat_sql_window);
    plain_arguments plain = {0};
    window->kind = kind;
    for (uint32_t i = 0; i < arguments.count && !parser->has_failed; i++)
        plain_argument(parser, window, &plain, items[i]);
    place_arguments(parser, span, window, &plain);
    leat_sql_from *from = from_new(parser, span, LEAT_SQL_FROM_WINDOW);
    from->window = window;
    from->name = (leat_sql_name){folded, name.span};
    from->depth = window->from == NULL ? 0 : window->from->depth + 1;
    return from;
}
