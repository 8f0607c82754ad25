/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/build.h"
#include "common/text/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/assert.h"
#include "grammar.h"
#define YYSTYPE LEAT_SQL_YYSTYPE
#define YYLTYPE LEAT_SQL_YYLTYPE
#include "lexer.h"

void leat_parse_fail(leat_parser *parser, leat_span span, const char *format, ...)
{
    va_list args;
    char message[LEAT_ERROR_TEXT_MAX];
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    parser->has_failed = true;
    leat_expr at = {.offset = span.start, .length = span.end - span.start};
    leat_diagnostic_error(parser->diagnostics, leat_expr_place(parser->source, &at), "%s", message);
}

leat_parsed
leat_parsed_node(leat_parser *parser, leat_expr_kind kind, leat_span span, uint32_t children_depth)
{
    leat_expr *expr = LEAT_ARENA_NEW(parser->arena, leat_expr);
    expr->kind = kind;
    expr->offset = span.start;
    expr->length = span.end - span.start;
    if (parser->has_failed)
        return (leat_parsed){expr, 1};
    if (++parser->node_count > LEAT_EXPR_NODES_MAX)
        leat_parse_fail(parser, span, "the expression has more than %d parts", LEAT_EXPR_NODES_MAX);
    else if (children_depth >= LEAT_EXPR_DEPTH_MAX)
        leat_parse_fail(parser, span, "the expression is nested too deeply, at most %d levels",
                        LEAT_EXPR_DEPTH_MAX);
    return (leat_parsed){expr, children_depth + 1};
}

/* --- Lists --- */

/* `count` items are in use; room is made when count reaches a power of two (or at the start). */
static leat_expr **items_with_room(leat_arena *arena, leat_expr **items, uint32_t count)
{
    bool is_full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
    if (!is_full)
        return items;
    leat_expr **grown = LEAT_ARENA_ARRAY(arena, leat_expr *, LEAT_MAX(count * 2, 4U));
    if (count > 0)
        memcpy(grown, items, count * sizeof *items);
    return grown;
}

leat_parsed_list leat_parsed_add(leat_parser *parser, leat_parsed_list list, leat_parsed item)
{
    list.items = items_with_room(parser->arena, list.items, list.count);
    list.items[list.count++] = item.expr;
    list.depth = LEAT_MAX(list.depth, item.depth);
    return list;
}

void leat_parse_select_add(leat_parser *parser, leat_parsed item, leat_bytes alias)
{
    struct leat_select_items *select = &parser->select;
    if (select->count >= LEAT_SCHEMA_FIELDS_MAX) {
        leat_span span = {item.expr->offset, item.expr->offset + item.expr->length};
        leat_parse_fail(parser, span, "more than %d items in a select list",
                        LEAT_SCHEMA_FIELDS_MAX);
        return;
    }
    if (select->items == NULL)
        select->items = LEAT_ARENA_ARRAY(parser->arena, leat_select_item, LEAT_SCHEMA_FIELDS_MAX);
    bool has_name = item.expr->kind == LEAT_EXPR_COLUMN || item.expr->kind == LEAT_EXPR_CALL;
    bool is_word = has_name && item.expr->name.size > 0 &&
                   (item.expr->kind == LEAT_EXPR_COLUMN || item.expr->name.data[0] >= 'a');
    if (alias.size == 0 && is_word)
        alias = item.expr->name;
    uint32_t index = select->count++;
    if (alias.size == 0 && item.expr->kind != LEAT_EXPR_STAR)
        alias = leat_bytes_text(leat_arena_print(parser->arena, "col%u", index + 1));
    select->items[index] = (leat_select_item){item.expr, alias};
}

/* --- Literals --- */

leat_bytes leat_parse_unquote(leat_parser *parser, leat_bytes quoted)
{
    LEAT_ASSERT(quoted.size >= 2);
    char quote = quoted.data[0];
    char *text = leat_arena_aligned(parser->arena, 1, quoted.size);
    size_t size = 0;
    for (size_t i = 1; i + 1 < quoted.size; i++) {
        text[size++] = quoted.data[i];
        if (quoted.data[i] == quote)
            i++; /* a doubled quote stands for one */
    }
    return leat_bytes_of(text, size);
}

static leat_parsed parsed_literal(leat_parser *parser, leat_span span, leat_value value)
{
    leat_parsed node = leat_parsed_node(parser, LEAT_EXPR_LITERAL, span, 0);
    node.expr->value = value;
    node.expr->type = value.type;
    return node;
}

static leat_value value_of_double(const char *text)
{
    return (leat_value){.type = LEAT_TYPE(DOUBLE), .real = strtod(text, NULL)};
}

/* Digits with at most one point. The type is the smallest that holds it; false above 38 digits. */
static bool value_of_digits(leat_bytes text, leat_value *out_value)
{
    leat_i128 number = 0;
    unsigned digits = 0, scale = 0;
    bool is_decimal = false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '.') {
            is_decimal = true;
            continue;
        }
        scale += is_decimal;
        digits += digits > 0 || text.data[i] != '0';
        if (digits > LEAT_DECIMAL_PRECISION_MAX || scale > LEAT_DECIMAL_PRECISION_MAX)
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    leat_type type = leat_type_decimal(LEAT_MAX(LEAT_MAX(digits, scale), 1U), scale);
    if (!is_decimal && number <= INT32_MAX)
        type = LEAT_TYPE(INT);
    else if (!is_decimal && number <= INT64_MAX)
        type = LEAT_TYPE(BIGINT);
    *out_value = (leat_value){.type = type, .integer = number};
    return true;
}

leat_parsed leat_parse_number(leat_parser *parser, leat_span span)
{
    leat_bytes text = {parser->source.text.data + span.start, span.end - span.start};
    leat_value value = {.type = LEAT_TYPE(INT)};
    if (memchr(text.data, 'e', text.size) != NULL || memchr(text.data, 'E', text.size) != NULL)
        value = value_of_double(leat_arena_text(parser->arena, text));
    else if (!value_of_digits(text, &value))
        leat_parse_fail(parser, span, "a number has at most %d digits", LEAT_DECIMAL_PRECISION_MAX);
    return parsed_literal(parser, span, value);
}

leat_parsed leat_parse_boolean(leat_parser *parser, leat_span span, bool value)
{
    return parsed_literal(parser, span, (leat_value){.type = LEAT_TYPE(BOOLEAN), .boolean = value});
}

leat_parsed leat_parse_null(leat_parser *parser, leat_span span)
{
    return parsed_literal(parser, span, (leat_value){.type = LEAT_TYPE(UNKNOWN), .is_null = true});
}

leat_parsed leat_parse_string(leat_parser *parser, leat_span span, leat_bytes text)
{
    return parsed_literal(parser, span, (leat_value){.type = LEAT_TYPE(STRING), .text = text});
}

static leat_parsed
parsed_typed_literal(leat_parser *parser, leat_span span, leat_type type, leat_bytes text)
{
    leat_value value = {.type = type, .is_null = true};
    leat_error err = {0};
    if (leat_value_parse(type, text, parser->arena, &value, &err) != LEAT_OK)
        leat_parse_fail(parser, span, "%s", err.text);
    return parsed_literal(parser, span, value);
}

leat_parsed leat_parse_timestamp(leat_parser *parser, leat_span span, leat_bytes text)
{
    return parsed_typed_literal(parser, span, LEAT_TYPE(TIMESTAMP), text);
}

leat_parsed
leat_parse_interval(leat_parser *parser, leat_span span, leat_bytes text, leat_bytes unit)
{
    if (unit.size > 0)
        text = leat_bytes_text(leat_arena_print(parser->arena, "%.*s %.*s", LEAT_FMT(text),
                                                LEAT_FMT(leat_parse_fold(parser, unit))));
    return parsed_typed_literal(parser, span, LEAT_TYPE(INTERVAL), text);
}

/* --- Names --- */

leat_bytes leat_parse_fold(leat_parser *parser, leat_bytes name)
{
    char *folded = leat_arena_text(parser->arena, name);
    for (size_t i = 0; i < name.size; i++)
        if (folded[i] >= 'A' && folded[i] <= 'Z')
            folded[i] = (char)(folded[i] - 'A' + 'a');
    return leat_bytes_of(folded, name.size);
}

leat_parsed
leat_parse_column(leat_parser *parser, leat_span span, leat_bytes qualifier, leat_bytes name)
{
    leat_parsed node = leat_parsed_node(parser, LEAT_EXPR_COLUMN, span, 0);
    node.expr->qualifier = qualifier;
    node.expr->name = name;
    return node;
}

leat_parsed leat_parse_star(leat_parser *parser, leat_span span)
{
    return leat_parsed_node(parser, LEAT_EXPR_STAR, span, 0);
}

/* --- Calls --- */

/* timestampdiff(DAY, a, b): the unit is a word, no column. */
static void unit_read(leat_parser *parser, const char *name, leat_parsed_list arguments)
{
    static const char *const names[] = {"timestampdiff", "timestampadd"};
    for (size_t i = 0; i < LEAT_COUNT_OF(names); i++) {
        bool is_unit = arguments.count == 3 && strcmp(name, names[i]) == 0 &&
                       arguments.items[0]->kind == LEAT_EXPR_COLUMN &&
                       arguments.items[0]->qualifier.size == 0;
        if (!is_unit)
            continue;
        leat_expr *unit = arguments.items[0];
        unit->kind = LEAT_EXPR_LITERAL;
        unit->value =
            (leat_value){.type = LEAT_TYPE(STRING), .text = leat_parse_fold(parser, unit->name)};
    }
}

leat_parsed
leat_parse_call(leat_parser *parser, leat_span span, const char *name, leat_parsed_list arguments)
{
    unit_read(parser, name, arguments);
    leat_parsed node = leat_parsed_node(parser, LEAT_EXPR_CALL, span, arguments.depth);
    node.expr->name = leat_bytes_text(name);
    node.expr->arguments = arguments.items;
    node.expr->argument_count = arguments.count;
    return node;
}

leat_parsed leat_parse_unary(leat_parser *parser, leat_span span, const char *name, leat_parsed a)
{
    return leat_parse_call(parser, span, name, leat_parsed_add(parser, (leat_parsed_list){0}, a));
}

leat_parsed leat_parse_binary(
    leat_parser *parser, leat_span span, const char *name, leat_parsed a, leat_parsed b)
{
    leat_parsed_list list = leat_parsed_add(parser, (leat_parsed_list){0}, a);
    return leat_parse_call(parser, span, name, leat_parsed_add(parser, list, b));
}

leat_parsed leat_parse_junction(
    leat_parser *parser, leat_span span, const char *name, leat_parsed a, leat_parsed b)
{
    bool goes_on = a.expr->kind == LEAT_EXPR_CALL &&
                   leat_bytes_equal(a.expr->name, leat_bytes_text(name)) &&
                   a.expr->argument_count >= 2;
    if (!goes_on)
        return leat_parse_binary(parser, span, name, a, b);
    leat_parsed_list list = {a.expr->arguments, a.expr->argument_count, a.depth - 1};
    return leat_parse_call(parser, span, name, leat_parsed_add(parser, list, b));
}

leat_parsed leat_parse_negated(leat_parser *parser, leat_span span, bool is_negated, leat_parsed a)
{
    return is_negated ? leat_parse_unary(parser, span, "not", a) : a;
}

static bool is_number(const leat_value *value)
{
    return !value->is_null &&
           (value->type.id == LEAT_TYPE_INT || value->type.id == LEAT_TYPE_BIGINT ||
            value->type.id == LEAT_TYPE_DECIMAL);
}

leat_parsed leat_parse_minus(leat_parser *parser, leat_span span, leat_parsed a)
{
    if (a.expr->kind != LEAT_EXPR_LITERAL)
        return leat_parse_unary(parser, span, "-", a);
    leat_value value = a.expr->value;
    if (value.type.id == LEAT_TYPE_DOUBLE) {
        value.real = -value.real;
    } else if (is_number(&value)) {
        value.integer = -value.integer;
        /* 2147483648 is a bigint, -2147483648 an int; likewise for bigint. */
        if (value.type.id == LEAT_TYPE_BIGINT && value.integer == INT32_MIN)
            value.type = LEAT_TYPE(INT);
        bool is_whole = value.type.id == LEAT_TYPE_DECIMAL && value.type.scale == 0;
        if (is_whole && value.integer == INT64_MIN)
            value.type = LEAT_TYPE(BIGINT);
    } else {
        return leat_parse_unary(parser, span, "-", a);
    }
    return parsed_literal(parser, span, value);
}

leat_parsed
leat_parse_cast(leat_parser *parser, leat_span span, leat_parsed value, leat_span type_span)
{
    leat_parsed node = leat_parsed_node(parser, LEAT_EXPR_CAST, span, value.depth);
    leat_bytes type = leat_sql_text(parser, type_span);
    static const char *const open_ended[] = {"numeric", "decimal", "dec"};
    node.expr->type = leat_sql_type_of(parser, type_span);
    for (size_t i = 0; i < LEAT_COUNT_OF(open_ended); i++)
        if (leat_str_equal_nocase(type, leat_bytes_text(open_ended[i])))
            node.expr->type = leat_type_decimal(0, 0); /* with the digits there are */
    node.expr->arguments = leat_parsed_add(parser, (leat_parsed_list){0}, value).items;
    node.expr->argument_count = 1;
    return node;
}

leat_parsed leat_parse_case(leat_parser *parser,
                            leat_span span,
                            leat_parsed operand,
                            leat_parsed_list arms,
                            leat_parsed otherwise)
{
    if (operand.expr != NULL) {
        for (uint32_t i = 0; i < arms.count; i += 2) {
            leat_span at = {arms.items[i]->offset, arms.items[i]->offset + arms.items[i]->length};
            leat_parsed when = {arms.items[i], arms.depth};
            leat_parsed equals = leat_parse_binary(parser, at, "=", operand, when);
            arms.items[i] = equals.expr;
        }
        arms.depth = LEAT_MAX(arms.depth, operand.depth) + 1;
    }
    if (otherwise.expr != NULL)
        arms = leat_parsed_add(parser, arms, otherwise);
    leat_parsed node = leat_parsed_node(parser, LEAT_EXPR_CASE, span, arms.depth);
    node.expr->arguments = arms.items;
    node.expr->argument_count = arms.count;
    return node;
}

/* --- Entry points --- */

static bool parse_run(leat_parser *parser, int start_token)
{
    parser->start_token = start_token;
    leat_bytes text = parser->source.text;
    if (text.size > LEAT_EXPR_TEXT_BYTES_MAX) {
        leat_parse_fail(parser, (leat_span){0, 0}, "the text is longer than 1 MiB");
        return false;
    }
    yyscan_t scanner = NULL;
    LEAT_ASSERT(leat_sql_yylex_init_extra(parser, &scanner) == 0);
    leat_sql_yy_scan_bytes(text.size == 0 ? "" : text.data, (int)text.size, scanner);
    bool is_parsed = leat_sql_yyparse(parser, scanner) == 0;
    leat_sql_yylex_destroy(scanner);
    LEAT_ASSERT(is_parsed || parser->has_failed); /* nothing fails without a word */
    return is_parsed && !parser->has_failed;
}

leat_expr *
leat_expr_parse(leat_source_text source, leat_arena *arena, leat_diagnostics *diagnostics)
{
    leat_parser parser = {.arena = arena, .diagnostics = diagnostics, .source = source};
    return parse_run(&parser, LEAT_TOKEN_START_EXPRESSION) ? parser.expr : NULL;
}

const leat_sql_script *
leat_sql_parse(leat_source_text source, leat_arena *arena, leat_diagnostics *diagnostics)
{
    leat_parser parser = {
        .arena = arena, .diagnostics = diagnostics, .source = source, .is_script = true};
    return parse_run(&parser, LEAT_TOKEN_START_SCRIPT) ? parser.script : NULL;
}

/* Semicolons between BEGIN STATEMENT SET or STATEMENT SET BEGIN and its END are inside. */
typedef struct splitter {
    int before[2]; /* the last two words */
    uint32_t case_count;
    bool is_in_set;
} splitter;

static void split_step(splitter *split, int token)
{
    bool sets = split->before[0] == LEAT_TOKEN_STATEMENT && split->before[1] == LEAT_TOKEN_SET &&
                token == LEAT_TOKEN_BEGIN_WORD;
    bool begins = split->before[0] == LEAT_TOKEN_BEGIN_WORD &&
                  split->before[1] == LEAT_TOKEN_STATEMENT && token == LEAT_TOKEN_SET;
    split->is_in_set |= sets || begins;
    if (token == LEAT_TOKEN_CASE)
        split->case_count++;
    else if (token == LEAT_TOKEN_END_CASE && split->case_count > 0)
        split->case_count--;
    else if (token == LEAT_TOKEN_END_CASE)
        split->is_in_set = false;
    split->before[0] = split->before[1];
    split->before[1] = token;
}

size_t leat_sql_statement_size(leat_bytes text)
{
    leat_arena arena = {0};
    leat_diagnostics unheard;
    leat_diagnostics_init(&unheard, &arena, "", text);
    leat_parser parser = {
        .arena = &arena, .diagnostics = &unheard, .source = {text, {1, 1, 0}, true, 0}};
    yyscan_t scanner = NULL;
    splitter split = {0};
    size_t size = 0;
    leat_span at = {0, 0};
    LEAT_SQL_YYSTYPE value;
    LEAT_ASSERT(leat_sql_yylex_init_extra(&parser, &scanner) == 0);
    leat_sql_yy_scan_bytes(text.size == 0 ? "" : text.data, (int)text.size, scanner);
    for (int token; size == 0 && (token = leat_sql_yylex(&value, &at, scanner)) != 0;) {
        bool is_open = token == LEAT_TOKEN_LEAT_SQL_YYerror &&
                       (at.end == text.size || strchr("'\"`", text.data[at.start]) != NULL);
        if (is_open)
            break;
        if (token == ';' && !split.is_in_set)
            size = at.end;
        split_step(&split, token);
    }
    leat_sql_yylex_destroy(scanner);
    leat_diagnostics_fini(&unheard);
    leat_arena_fini(&arena);
    return size;
}

leat_select_item *leat_select_parse(leat_source_text source,
                                    leat_arena *arena,
                                    leat_diagnostics *diagnostics,
                                    uint32_t *out_count)
{
    leat_parser parser = {.arena = arena, .diagnostics = diagnostics, .source = source};
    bool is_parsed = parse_run(&parser, LEAT_TOKEN_START_SELECT);
    *out_count = is_parsed ? parser.select.count : 0;
    return is_parsed ? parser.select.items : NULL;
}
