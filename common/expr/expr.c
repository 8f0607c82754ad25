/* SPDX-License-Identifier: Apache-2.0
 *
 * Printing puts parentheses only where the reader (and the parser) needs them: every form has a
 * level, as in grammar.y, and an operand of a lower level than its place asks for is enclosed.
 */
#include "common/expr/expr.h"

#include <strings.h>

typedef enum print_level {
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_IS,
    LEVEL_COMPARISON,
    LEVEL_RANGE,
    LEVEL_CONCAT,
    LEVEL_ADD,
    LEVEL_MULTIPLY,
    LEVEL_POWER,
    LEVEL_UNARY,
    LEVEL_PRIMARY,
} print_level;

typedef enum print_form {
    FORM_INFIX,   /* a op b: the left operand may be of the same level */
    FORM_CHAIN,   /* a op b op c */
    FORM_CLOSED,  /* a op b: neither operand may be of the same level */
    FORM_PREFIX,  /* op a */
    FORM_POSTFIX, /* a op */
    FORM_BETWEEN,
    FORM_IN,
    FORM_LIKE,
} print_form;

typedef struct print_rule {
    const char *name;
    const char *text;
    print_level level;
    print_form form;
    uint8_t argument_count; /* 0: any; "-" is two rules */
} print_rule;

static const print_rule rules[] = {
    {"or", " OR ", LEVEL_OR, FORM_CHAIN, 0},
    {"and", " AND ", LEVEL_AND, FORM_CHAIN, 0},
    {"not", "NOT ", LEVEL_NOT, FORM_PREFIX, 1},
    {"is_null", " IS NULL", LEVEL_IS, FORM_POSTFIX, 1},
    {"is_not_null", " IS NOT NULL", LEVEL_IS, FORM_POSTFIX, 1},
    {"is_true", " IS TRUE", LEVEL_IS, FORM_POSTFIX, 1},
    {"is_not_true", " IS NOT TRUE", LEVEL_IS, FORM_POSTFIX, 1},
    {"is_false", " IS FALSE", LEVEL_IS, FORM_POSTFIX, 1},
    {"is_not_false", " IS NOT FALSE", LEVEL_IS, FORM_POSTFIX, 1},
    {"is_distinct", " IS DISTINCT FROM ", LEVEL_IS, FORM_INFIX, 2},
    {"is_not_distinct", " IS NOT DISTINCT FROM ", LEVEL_IS, FORM_INFIX, 2},
    {"=", " = ", LEVEL_COMPARISON, FORM_CLOSED, 2},
    {"<>", " <> ", LEVEL_COMPARISON, FORM_CLOSED, 2},
    {"<", " < ", LEVEL_COMPARISON, FORM_CLOSED, 2},
    {"<=", " <= ", LEVEL_COMPARISON, FORM_CLOSED, 2},
    {">", " > ", LEVEL_COMPARISON, FORM_CLOSED, 2},
    {">=", " >= ", LEVEL_COMPARISON, FORM_CLOSED, 2},
    {"between", " BETWEEN ", LEVEL_RANGE, FORM_BETWEEN, 3},
    {"in", " IN (", LEVEL_RANGE, FORM_IN, 0},
    {"like", " LIKE ", LEVEL_RANGE, FORM_LIKE, 0},
    {"||", " || ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"~", " ~ ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"~*", " ~* ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"!~", " !~ ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"!~*", " !~* ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"->", " -> ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"->>", " ->> ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"#>", " #> ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"#>>", " #>> ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"@>", " @> ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"<@", " <@ ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"?", " ? ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"?|", " ?| ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"?&", " ?& ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"&&", " && ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"<<", " << ", LEVEL_CONCAT, FORM_INFIX, 2},
    {">>", " >> ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"&", " & ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"|", " | ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"#", " # ", LEVEL_CONCAT, FORM_INFIX, 2},
    {"+", " + ", LEVEL_ADD, FORM_INFIX, 2},
    {"-", " - ", LEVEL_ADD, FORM_INFIX, 2},
    {"*", " * ", LEVEL_MULTIPLY, FORM_INFIX, 2},
    {"/", " / ", LEVEL_MULTIPLY, FORM_INFIX, 2},
    {"%", " % ", LEVEL_MULTIPLY, FORM_INFIX, 2},
    {"^", " ^ ", LEVEL_POWER, FORM_INFIX, 2},
    {"-", "- ", LEVEL_UNARY, FORM_PREFIX, 1},
    {"~", "~ ", LEVEL_UNARY, FORM_PREFIX, 1},
    {"@", "@ ", LEVEL_UNARY, FORM_PREFIX, 1},
    {"ilike", " ILIKE ", LEVEL_RANGE, FORM_CLOSED, 2},
};

static const print_rule *rule_of(const leat_expr *expr)
{
    if (expr->kind != LEAT_EXPR_CALL || expr->filter != NULL || expr->is_distinct)
        return NULL;
    for (size_t i = 0; i < LEAT_COUNT_OF(rules); i++) {
        bool counts =
            rules[i].argument_count == 0 || rules[i].argument_count == expr->argument_count;
        if (counts && leat_bytes_equal(expr->name, leat_bytes_text(rules[i].name)))
            return &rules[i];
    }
    return NULL;
}

static bool is_plain_name(leat_bytes name)
{
    static const char *const reserved[] = {
        "all",     "and",   "any",    "array",   "as",     "asc",    "asof",  "between",
        "by",      "case",  "cast",   "column",  "create", "cross",  "desc",  "distinct",
        "else",    "emit",  "end",    "except",  "exists", "false",  "fetch", "for",
        "from",    "full",  "group",  "having",  "ilike",  "in",     "inner", "intersect",
        "into",    "is",    "join",   "lateral", "left",   "like",   "limit", "minus",
        "natural", "not",   "null",   "offset",  "on",     "or",     "order", "outer",
        "qualify", "right", "row",    "select",  "some",   "table",  "then",  "true",
        "union",   "using", "values", "when",    "where",  "window", "with"};
    if (name.size == 0 || (name.data[0] >= '0' && name.data[0] <= '9'))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && !(c >= '0' && c <= '9'))
            return false;
    }
    for (size_t i = 0; i < LEAT_COUNT_OF(reserved); i++)
        if (strlen(reserved[i]) == name.size && strncasecmp(reserved[i], name.data, name.size) == 0)
            return false;
    return true;
}

static void quoted_print(leat_bytes text, char quote, leat_buf *out)
{
    leat_buf_add_char(out, quote);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == quote)
            leat_buf_add_char(out, quote);
        leat_buf_add_char(out, text.data[i]);
    }
    leat_buf_add_char(out, quote);
}

static void name_print(leat_bytes name, leat_buf *out)
{
    if (is_plain_name(name))
        leat_buf_add(out, name.data, name.size);
    else
        quoted_print(name, '"', out);
}

static void literal_print(const leat_value *value, leat_buf *out)
{
    bool is_quoted = !value->is_null;
    switch ((leat_type_id)value->type.id) {
    case LEAT_TYPE_TIMESTAMP:
        leat_buf_add_text(out, is_quoted ? "TIMESTAMP " : "");
        break;
    case LEAT_TYPE_INTERVAL:
        leat_buf_add_text(out, is_quoted ? "INTERVAL " : "");
        break;
    case LEAT_TYPE_DATE:
        leat_buf_add_text(out, is_quoted ? "DATE " : "");
        break;
    case LEAT_TYPE_TIME:
        leat_buf_add_text(out, is_quoted ? "TIME " : "");
        break;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        break;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_BOOLEAN:
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DOUBLE:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_COUNT:
        is_quoted = false;
        break;
    }
    if (!is_quoted) {
        size_t start = out->size;
        leat_value_print(value, out);
        /* A double must read back as a double. */
        bool is_real = !value->is_null && value->type.id == LEAT_TYPE_DOUBLE;
        if (is_real && memchr(out->data + start, 'e', out->size - start) == NULL)
            leat_buf_add_text(out, "e0");
        return;
    }
    leat_buf text = {0};
    leat_value_print(value, &text);
    quoted_print(leat_buf_bytes(&text), '\'', out);
    leat_buf_fini(&text);
}

static void expr_print(const leat_expr *expr, print_level place, leat_buf *out);

static void
arguments_print(const leat_expr *expr, uint32_t first, const char *between, leat_buf *out)
{
    for (uint32_t i = first; i < expr->argument_count; i++) {
        leat_buf_add_text(out, i > first ? between : "");
        expr_print(expr->arguments[i], LEVEL_OR, out);
    }
}

static void rule_print(const print_rule *rule, const leat_expr *expr, leat_buf *out)
{
    leat_expr *const *a = expr->arguments;
    print_level level = rule->level, above = rule->level + 1;
    switch (rule->form) {
    case FORM_CHAIN:
        for (uint32_t i = 0; i < expr->argument_count; i++) {
            leat_buf_add_text(out, i > 0 ? rule->text : "");
            expr_print(a[i], above, out);
        }
        return;
    case FORM_PREFIX:
        leat_buf_add_text(out, rule->text);
        expr_print(a[0], level, out);
        return;
    case FORM_POSTFIX:
        expr_print(a[0], level, out);
        leat_buf_add_text(out, rule->text);
        return;
    case FORM_INFIX:
    case FORM_CLOSED:
        expr_print(a[0], rule->form == FORM_INFIX ? level : above, out);
        leat_buf_add_text(out, rule->text);
        expr_print(a[1], above, out);
        return;
    case FORM_BETWEEN:
        expr_print(a[0], above, out);
        leat_buf_add_text(out, rule->text);
        expr_print(a[1], above, out);
        leat_buf_add_text(out, " AND ");
        expr_print(a[2], above, out);
        return;
    case FORM_IN:
        expr_print(a[0], above, out);
        leat_buf_add_text(out, rule->text);
        arguments_print(expr, 1, ", ", out);
        leat_buf_add_char(out, ')');
        return;
    case FORM_LIKE:
        expr_print(a[0], above, out);
        leat_buf_add_text(out, rule->text);
        expr_print(a[1], above, out);
        if (expr->argument_count == 3) {
            leat_buf_add_text(out, " ESCAPE ");
            expr_print(a[2], above, out);
        }
        return;
    }
}

static void call_print(const leat_expr *expr, leat_buf *out)
{
    leat_buf_add(out, expr->name.data, expr->name.size);
    leat_buf_add_text(out, expr->is_distinct ? "(DISTINCT " : "(");
    arguments_print(expr, 0, ", ", out);
    leat_buf_add_char(out, ')');
    if (expr->filter != NULL) {
        leat_buf_add_text(out, " FILTER (WHERE ");
        expr_print(expr->filter, LEVEL_OR, out);
        leat_buf_add_char(out, ')');
    }
}

static void case_print(const leat_expr *expr, leat_buf *out)
{
    uint32_t i = 0;
    leat_buf_add_text(out, "CASE");
    for (; i + 1 < expr->argument_count; i += 2) {
        leat_buf_add_text(out, " WHEN ");
        expr_print(expr->arguments[i], LEVEL_OR, out);
        leat_buf_add_text(out, " THEN ");
        expr_print(expr->arguments[i + 1], LEVEL_OR, out);
    }
    if (i < expr->argument_count) {
        leat_buf_add_text(out, " ELSE ");
        expr_print(expr->arguments[i], LEVEL_OR, out);
    }
    leat_buf_add_text(out, " END");
}

static void expr_print(const leat_expr *expr, print_level place, leat_buf *out)
{
    const print_rule *rule = rule_of(expr);
    bool is_enclosed = rule != NULL && rule->level < place;
    leat_buf_add_text(out, is_enclosed ? "(" : "");
    switch (expr->kind) {
    case LEAT_EXPR_LITERAL:
        literal_print(&expr->value, out);
        break;
    case LEAT_EXPR_COLUMN:
        if (expr->qualifier.size > 0) {
            name_print(expr->qualifier, out);
            leat_buf_add_char(out, '.');
        }
        name_print(expr->name, out);
        break;
    case LEAT_EXPR_CALL:
        if (rule != NULL)
            rule_print(rule, expr, out);
        else
            call_print(expr, out);
        break;
    case LEAT_EXPR_CAST:
        leat_buf_add_text(out, leat_bytes_equal(expr->name, LEAT_BYTES("try_cast")) ? "TRY_CAST("
                                                                                    : "CAST(");
        expr_print(expr->arguments[0], LEVEL_OR, out);
        leat_buf_add_text(out, " AS ");
        leat_type_print(expr->type, out);
        leat_buf_add_char(out, ')');
        break;
    case LEAT_EXPR_CASE:
        case_print(expr, out);
        break;
    case LEAT_EXPR_STAR:
        leat_buf_add_char(out, '*');
        break;
    case LEAT_EXPR_SUBQUERY:
        leat_buf_print(out, "%.*s(...)", LEAT_FMT(expr->name));
        break;
    case LEAT_EXPR_INPUT:
        leat_buf_print(out, "$%u", expr->column);
        break;
    }
    leat_buf_add_text(out, is_enclosed ? ")" : "");
}

void leat_expr_print(const leat_expr *expr, leat_buf *out)
{
    expr_print(expr, LEVEL_OR, out);
}

leat_place leat_expr_place(leat_source_text source, const leat_expr *expr)
{
    leat_place place = source.place;
    if (!source.is_literal) {
        place.length = 0;
        return place;
    }
    place.length = expr->length;
    for (uint32_t i = 0; i < expr->offset && i < source.text.size; i++) {
        place.column++;
        if (source.text.data[i] == '\n') {
            place.line++;
            place.column = 1 + source.indent;
        }
    }
    return place;
}
