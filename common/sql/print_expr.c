/* SPDX-License-Identifier: Apache-2.0
 *
 * Expressions as text. common/expr prints what topologies have; here are queries and OVER besides.
 */
#include "common/sql/print_parts.h"

static bool is_named(const leat_expr *expr, const char *name)
{
    return leat_bytes_equal(expr->name, leat_bytes_text(name));
}

void leat_sql_print_name(leat_bytes name, leat_buf *out)
{
    leat_expr column = {.kind = LEAT_EXPR_COLUMN, .name = name};
    leat_expr_print(&column, out);
}

static void print_list(leat_expr *const *items, uint32_t first, uint32_t count, leat_buf *out)
{
    for (uint32_t i = first; i < count; i++) {
        leat_buf_add_text(out, i > first ? ", " : "");
        leat_sql_print_expr(items[i], out);
    }
}

static void print_orders(const leat_expr_order *orders, uint32_t count, leat_buf *out)
{
    for (uint32_t i = 0; i < count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "ORDER BY ");
        leat_sql_print_expr(orders[i].by, out);
        leat_buf_add_text(out, orders[i].is_descending ? " DESC" : "");
        if (orders[i].has_nulls)
            leat_buf_add_text(out, orders[i].nulls_first ? " NULLS FIRST" : " NULLS LAST");
    }
}

void leat_sql_print_orders(const leat_sql_orders *orders, leat_buf *out)
{
    print_orders(orders->items, orders->count, out);
}

/* --- OVER. --- */

static void print_bound(leat_frame_end end, const leat_expr *distance, leat_buf *out)
{
    static const char *const words[LEAT_FRAME_END_COUNT] = {
        "UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING", "UNBOUNDED FOLLOWING"};
    if (distance != NULL)
        leat_sql_print_expr(distance, out);
    leat_buf_add_text(out, words[end]);
}

static void print_frame(const leat_sql_over *over, leat_buf *out)
{
    static const char *const units[LEAT_FRAME_UNIT_COUNT] = {"ROWS", "RANGE", "GROUPS"};
    static const char *const excludes[LEAT_EXCLUDE_COUNT] = {"", " EXCLUDE CURRENT ROW",
                                                             " EXCLUDE GROUP", " EXCLUDE TIES"};
    leat_buf_print(out, " %s BETWEEN ", units[over->unit]);
    print_bound(over->start, over->start_distance, out);
    leat_buf_add_text(out, " AND ");
    print_bound(over->end, over->end_distance, out);
    leat_buf_add_text(out, excludes[over->exclude]);
}

void leat_sql_print_over(const leat_sql_over *over, leat_buf *out)
{
    bool is_base_only = over->base.text.size > 0 && over->partition.count == 0 &&
                        over->orders.count == 0 && !over->has_frame;
    if (is_base_only) {
        leat_sql_print_name(over->base.text, out);
        return;
    }
    leat_buf_add_char(out, '(');
    if (over->base.text.size > 0)
        leat_sql_print_name(over->base.text, out);
    if (over->partition.count > 0) {
        leat_buf_add_text(out, " PARTITION BY ");
        print_list(over->partition.items, 0, over->partition.count, out);
    }
    leat_buf_add_text(out, over->orders.count > 0 ? " " : "");
    leat_sql_print_orders(&over->orders, out);
    if (over->has_frame)
        print_frame(over, out);
    leat_buf_add_char(out, ')');
}

/* --- Calls. --- */

typedef struct print_form {
    const char *name;
    uint8_t argument_count; /* 0: any */
    const char *before;
    const char *between[2]; /* the first two, then "," */
    const char *after;
} print_form;

/* What is no infix operator and no plain call. */
static const print_form forms[] = {
    {"not", 1, "(NOT ", {NULL, NULL}, ")"},
    {"is_null", 1, "(", {NULL, NULL}, " IS NULL)"},
    {"is_not_null", 1, "(", {NULL, NULL}, " IS NOT NULL)"},
    {"is_true", 1, "(", {NULL, NULL}, " IS TRUE)"},
    {"is_not_true", 1, "(", {NULL, NULL}, " IS NOT TRUE)"},
    {"is_false", 1, "(", {NULL, NULL}, " IS FALSE)"},
    {"is_not_false", 1, "(", {NULL, NULL}, " IS NOT FALSE)"},
    {"is_distinct", 2, "(", {" IS DISTINCT FROM ", NULL}, ")"},
    {"is_not_distinct", 2, "(", {" IS NOT DISTINCT FROM ", NULL}, ")"},
    {"between", 3, "(", {" BETWEEN ", " AND "}, ")"},
    {"in", 0, "(", {" IN (", ", "}, "))"},
    {"like", 2, "(", {" LIKE ", NULL}, ")"},
    {"like", 3, "(", {" LIKE ", " ESCAPE "}, ")"},
    {"ilike", 2, "(", {" ILIKE ", NULL}, ")"},
    {"element", 2, "", {"[", NULL}, "]"},
    {"slice", 3, "", {"[", ":"}, "]"},
    {"array", 0, "ARRAY[", {", ", ", "}, "]"},
    {"map", 0, "MAP[", {", ", ", "}, "]"},
    {"row", 0, "ROW(", {", ", ", "}, ")"},
    {"extract", 2, "EXTRACT(", {" FROM ", NULL}, ")"},
    {"position", 2, "POSITION(", {" IN ", NULL}, ")"},
};

/* A plain call may have these names, too: then it has what only calls have. */
static const print_form *form_of(const leat_expr *expr)
{
    bool is_plain = expr->over != NULL || expr->filter != NULL || expr->order_count > 0 ||
                    expr->is_distinct || expr->ignores_nulls;
    for (size_t i = 0; !is_plain && i < LEAT_COUNT_OF(forms); i++)
        if (is_named(expr, forms[i].name) &&
            (forms[i].argument_count == 0 || forms[i].argument_count == expr->argument_count))
            return &forms[i];
    return NULL;
}

static bool is_operator(const leat_expr *expr)
{
    char c = expr->name.size == 0 ? 'a' : expr->name.data[0];
    bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
                   (c >= '0' && c <= '9') || (c & 0x80) != 0;
    return !is_word || is_named(expr, "and") || is_named(expr, "or");
}

static void print_form_of(const print_form *form, const leat_expr *expr, leat_buf *out)
{
    leat_buf_add_text(out, form->before);
    for (uint32_t i = 0; i < expr->argument_count; i++) {
        if (i > 0)
            leat_buf_add_text(out, i <= 2 ? form->between[i - 1] : ", ");
        leat_sql_print_expr(expr->arguments[i], out);
    }
    leat_buf_add_text(out, form->after);
}

/* Flat: a chain of AND is one call. */
static void print_operator(const leat_expr *expr, leat_buf *out)
{
    leat_bytes name = is_named(expr, "and")  ? LEAT_BYTES("AND")
                      : is_named(expr, "or") ? LEAT_BYTES("OR")
                                             : expr->name;
    leat_buf_add_char(out, '(');
    if (expr->argument_count == 1)
        leat_buf_print(out, "%.*s ", LEAT_FMT(name));
    for (uint32_t i = 0; i < expr->argument_count; i++) {
        if (i > 0)
            leat_buf_print(out, " %.*s ", LEAT_FMT(name));
        leat_sql_print_expr(expr->arguments[i], out);
    }
    leat_buf_add_char(out, ')');
}

/* `a = ANY (b)`: "any=" and "all<" of an array or a query. */
static bool print_quantified(const leat_expr *expr, leat_buf *out)
{
    bool is_any = expr->name.size > 3 && memcmp(expr->name.data, "any", 3) == 0;
    bool is_all = expr->name.size > 3 && memcmp(expr->name.data, "all", 3) == 0;
    if ((!is_any && !is_all) || strchr("=<>", expr->name.data[3]) == NULL)
        return false;
    leat_buf_add_char(out, '(');
    leat_sql_print_expr(expr->arguments[0], out);
    leat_buf_print(out, " %.*s %s (", (int)expr->name.size - 3, expr->name.data + 3,
                   is_any ? "ANY" : "ALL");
    if (expr->query != NULL)
        leat_sql_print_query(expr->query, out);
    else
        leat_sql_print_expr(expr->arguments[1], out);
    leat_buf_add_text(out, "))");
    return true;
}

static void print_plain_call(const leat_expr *expr, leat_buf *out)
{
    if (is_named(expr, "left") || is_named(expr, "right"))
        leat_buf_add(out, expr->name.data, expr->name.size);
    else
        leat_sql_print_name(expr->name, out);
    leat_buf_add_text(out, expr->is_distinct ? "(DISTINCT " : "(");
    print_list(expr->arguments, 0, expr->argument_count, out);
    if (expr->order_count > 0 && !expr->is_within_group) {
        leat_buf_add_char(out, ' ');
        print_orders(expr->orders, expr->order_count, out);
    }
    leat_buf_add_char(out, ')');
    if (expr->is_within_group) {
        leat_buf_add_text(out, " WITHIN GROUP (");
        print_orders(expr->orders, expr->order_count, out);
        leat_buf_add_char(out, ')');
    }
    if (expr->filter != NULL) {
        leat_buf_add_text(out, " FILTER (WHERE ");
        leat_sql_print_expr(expr->filter, out);
        leat_buf_add_char(out, ')');
    }
    leat_buf_add_text(out, expr->ignores_nulls ? " IGNORE NULLS" : "");
    if (expr->over != NULL) {
        leat_buf_add_text(out, " OVER ");
        leat_sql_print_over(expr->over, out);
    }
}

static void print_call(const leat_expr *expr, leat_buf *out)
{
    const print_form *form = form_of(expr);
    if (is_named(expr, "field") && expr->argument_count == 2 &&
        expr->arguments[1]->kind == LEAT_EXPR_LITERAL) {
        leat_buf_add_char(out, '(');
        leat_sql_print_expr(expr->arguments[0], out);
        leat_buf_add_text(out, ").");
        leat_sql_print_name(expr->arguments[1]->value.text, out);
    } else if (form != NULL) {
        print_form_of(form, expr, out);
    } else if (is_operator(expr) && expr->argument_count > 0) {
        print_operator(expr, out);
    } else if (!print_quantified(expr, out)) {
        print_plain_call(expr, out);
    }
}

/* --- The rest. --- */

static void print_subquery(const leat_expr *expr, leat_buf *out)
{
    if (print_quantified(expr, out))
        return;
    bool is_in = is_named(expr, "in");
    leat_buf_add_text(out, is_in ? "(" : "");
    print_list(expr->arguments, 0, expr->argument_count, out);
    leat_buf_add_text(out, is_in ? " IN (" : is_named(expr, "exists") ? "EXISTS (" : "(");
    leat_sql_print_query(expr->query, out);
    leat_buf_add_text(out, is_in ? "))" : ")");
}

void leat_sql_print_type(leat_type type, leat_buf *out)
{
    bool is_bare = type.id == LEAT_TYPE_DECIMAL && type.precision == 0;
    if (is_bare)
        leat_buf_add_text(out, "numeric");
    else
        leat_type_print(type, out);
}

static void print_case(const leat_expr *expr, leat_buf *out)
{
    uint32_t i = 0;
    leat_buf_add_text(out, "CASE");
    for (; i + 1 < expr->argument_count; i += 2) {
        leat_buf_add_text(out, " WHEN ");
        leat_sql_print_expr(expr->arguments[i], out);
        leat_buf_add_text(out, " THEN ");
        leat_sql_print_expr(expr->arguments[i + 1], out);
    }
    if (i < expr->argument_count) {
        leat_buf_add_text(out, " ELSE ");
        leat_sql_print_expr(expr->arguments[i], out);
    }
    leat_buf_add_text(out, " END");
}

void leat_sql_print_expr(const leat_expr *expr, leat_buf *out)
{
    switch (expr->kind) {
    case LEAT_EXPR_CALL:
        print_call(expr, out);
        return;
    case LEAT_EXPR_CAST:
        leat_buf_add_text(out, expr->name.size > 0 ? "TRY_CAST(" : "CAST(");
        leat_sql_print_expr(expr->arguments[0], out);
        leat_buf_add_text(out, " AS ");
        leat_sql_print_type(expr->type, out);
        leat_buf_add_char(out, ')');
        return;
    case LEAT_EXPR_CASE:
        print_case(expr, out);
        return;
    case LEAT_EXPR_SUBQUERY:
        print_subquery(expr, out);
        return;
    case LEAT_EXPR_STAR:
        if (expr->qualifier.size > 0) {
            leat_sql_print_name(expr->qualifier, out);
            leat_buf_add_char(out, '.');
        }
        leat_buf_add_char(out, '*');
        return;
    case LEAT_EXPR_LITERAL:
    case LEAT_EXPR_COLUMN:
    case LEAT_EXPR_INPUT:
        leat_expr_print(expr, out);
        return;
    }
}
