/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk: names to columns, rewrites (BETWEEN, IN, nullif, date_part) to what the registry has,
 * aggregates set aside when grouped.
 */
#include "common/expr/bind.h"

/* Where aggregates may stand and what a column is; NULL fields: a plain expression. */
typedef struct scope {
    leat_binder *binder;
    const leat_schema *schema; /* columns are indices into this one */
    leat_bound_aggregates *aggregates;
    uint32_t first_column;
} scope;

static leat_bound *bind(scope *s, const leat_expr *expr);
static leat_bound **bind_arguments(scope *s, const leat_expr *expr);
static leat_bound *bind_case(scope *s, const leat_expr *expr);

#define REPORT(s, expr, ...)                                                                       \
    leat_diagnostic_error((s)->binder->diagnostics, leat_bind_place((s)->binder, (expr)),          \
                          __VA_ARGS__)

/* --- Columns. --- */

static bool equal_ignoring_case(leat_bytes a, leat_bytes b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++) {
        char x = a.data[i], y = b.data[i];
        x = (char)(x >= 'A' && x <= 'Z' ? x + 32 : x);
        y = (char)(y >= 'A' && y <= 'Z' ? y + 32 : y);
        if (x != y)
            return false;
    }
    return true;
}

static void unknown_column_report(scope *s, const leat_expr *expr)
{
    const leat_schema *schema = s->schema;
    const char **names = LEAT_ARENA_ARRAY(s->binder->arena, const char *, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++)
        names[i] = leat_arena_text(s->binder->arena, schema->fields[i].name);
    const char *near = leat_suggest(expr->name, names, schema->field_count);
    if (near == NULL)
        REPORT(s, expr, "there is no column '%.*s'", LEAT_FMT(expr->name));
    else
        REPORT(s, expr, "there is no column '%.*s', did you mean '%s'?", LEAT_FMT(expr->name),
               near);
}

static leat_bound *column_new(scope *s, uint32_t index)
{
    leat_bound *bound = LEAT_ARENA_NEW(s->binder->arena, leat_bound);
    bound->kind = LEAT_BOUND_COLUMN;
    bound->column = index;
    bound->type = s->schema->fields[index].type;
    bound->is_nullable = s->schema->fields[index].is_nullable;
    return bound;
}

static leat_bound *bind_column(scope *s, const leat_expr *expr)
{
    leat_bytes relation = s->binder->relation;
    bool is_qualified = expr->qualifier.size > 0;
    if (is_qualified && relation.size == 0) {
        REPORT(s, expr, "'%.*s' is not the name of an input here", LEAT_FMT(expr->qualifier));
        return NULL;
    }
    if (is_qualified && !equal_ignoring_case(expr->qualifier, relation)) {
        REPORT(s, expr, "unknown input '%.*s', expected '%.*s'", LEAT_FMT(expr->qualifier),
               LEAT_FMT(relation));
        return NULL;
    }
    int32_t index = leat_schema_find(s->schema, expr->name);
    bool is_of_input = s->aggregates != NULL && index == LEAT_SCHEMA_NOT_FOUND &&
                       leat_schema_find(s->binder->schema, expr->name) >= 0;
    if (is_of_input) {
        REPORT(s, expr, "column '%.*s' is neither a group key nor inside an aggregate",
               LEAT_FMT(expr->name));
        return NULL;
    }
    if (index == LEAT_SCHEMA_AMBIGUOUS) {
        REPORT(s, expr, "'%.*s' could be several columns, write it in their case",
               LEAT_FMT(expr->name));
        return NULL;
    }
    if (index < 0) {
        unknown_column_report(s, expr);
        return NULL;
    }
    return column_new(s, (uint32_t)index);
}

/* --- Aggregates. --- */

static bool is_count(leat_aggregate_kind kind)
{
    return kind == LEAT_AGGREGATE_COUNT || kind == LEAT_AGGREGATE_COUNT_STAR ||
           kind == LEAT_AGGREGATE_REGR_COUNT;
}

static leat_bound *bind_aggregate(scope *s, const leat_expr *expr)
{
    if (s->aggregates == NULL) {
        REPORT(s, expr, "the aggregate %.*s may not stand here", LEAT_FMT(expr->name));
        return NULL;
    }
    leat_bound_aggregates *list = s->aggregates;
    leat_bound_aggregate aggregate;
    if (!leat_bind_aggregate(s->binder, expr, &aggregate))
        return NULL;
    uint32_t index = 0;
    while (index < list->count && !leat_bound_aggregate_equal(&list->items[index], &aggregate))
        index++;
    if (index == LEAT_AGGREGATES_MAX) {
        REPORT(s, expr, "more than %d aggregates", LEAT_AGGREGATES_MAX);
        return NULL;
    }
    if (list->items == NULL)
        list->items = LEAT_ARENA_ARRAY(s->binder->arena, leat_bound_aggregate, LEAT_AGGREGATES_MAX);
    if (index == list->count)
        list->items[list->count++] = aggregate;
    leat_bound *bound = LEAT_ARENA_NEW(s->binder->arena, leat_bound);
    bound->kind = LEAT_BOUND_COLUMN;
    bound->column = s->first_column + index;
    bound->type = aggregate.type;
    bound->is_nullable = !is_count(aggregate.kind);
    return bound;
}

/* --- Rewrites. --- */

static leat_bound *
call2(scope *s, const leat_expr *expr, const char *name, leat_bound *a, leat_bound *b)
{
    leat_bound *arguments[2] = {a, b};
    if (a == NULL || b == NULL)
        return NULL;
    return leat_bind_call(s->binder, expr, leat_bytes_text(name), arguments, 2);
}

/* x BETWEEN a AND b: x >= a AND x <= b; x is computed once all the same. */
static leat_bound *bind_between(scope *s, const leat_expr *expr, leat_bound **a)
{
    leat_bound *low = call2(s, expr, ">=", a[0], a[1]);
    leat_bound *high = call2(s, expr, "<=", a[0], a[2]);
    return call2(s, expr, "and", low, high);
}

static leat_bound *case_new(scope *s, leat_bound **arguments, uint32_t count, leat_type type)
{
    leat_bound *bound = LEAT_ARENA_NEW(s->binder->arena, leat_bound);
    bound->kind = LEAT_BOUND_CASE;
    bound->type = type;
    bound->argument_count = count;
    bound->arguments = leat_arena_copy(s->binder->arena, arguments, count * sizeof *arguments);
    for (uint32_t i = 0; i < count; i++)
        if (i % 2 == 1 || i + 1 == count)
            bound->is_nullable |= arguments[i]->is_nullable;
    for (uint32_t i = 0; i < count && type.id == LEAT_TYPE_DECIMAL; i++) /* the widest */
        if (i % 2 == 1 || i + 1 == count)
            bound->type.precision = LEAT_MAX(bound->type.precision, arguments[i]->type.precision);
    return bound;
}

static leat_bound *null_of(scope *s, leat_type type)
{
    return leat_bind_constant(s->binder->arena, (leat_value){.type = type, .is_null = true});
}

/* nullif(a, b): CASE WHEN a = b THEN NULL ELSE a END. */
static leat_bound *bind_nullif(scope *s, const leat_expr *expr, leat_bound **a)
{
    leat_bound *equal = call2(s, expr, "=", a[0], a[1]);
    if (equal == NULL)
        return NULL;
    leat_type type = a[0]->type.id == LEAT_TYPE_UNKNOWN ? LEAT_TYPE(STRING) : a[0]->type;
    leat_bound *value = leat_bind_cast(s->binder, expr, a[0], type, false);
    leat_bound *arms[3] = {equal, null_of(s, type), value};
    return leat_bind_folded(s->binder, expr, case_new(s, arms, 3, type));
}

/* x IN (list). Constants are looked up in a table of theirs; the others, and NULL, are compared one
 * by one: x IN (1, 2, y, NULL) is x IN (1, 2) OR x = y OR x = NULL. */
static leat_bound *bind_in(scope *s, const leat_expr *expr, leat_bound **a, uint32_t count)
{
    leat_bound **constants = LEAT_ARENA_ARRAY(s->binder->arena, leat_bound *, count);
    leat_bound **parts = LEAT_ARENA_ARRAY(s->binder->arena, leat_bound *, count);
    uint32_t constant_count = 1, part_count = 0;
    constants[0] = a[0];
    for (uint32_t i = 1; i < count; i++) {
        if (a[i]->kind == LEAT_BOUND_CONSTANT && !a[i]->value.is_null)
            constants[constant_count++] = a[i];
        else if ((parts[part_count++] = call2(s, expr, "=", a[0], a[i])) == NULL)
            return NULL;
    }
    if (constant_count > 1) {
        leat_bound *in = constant_count == 2 ? call2(s, expr, "=", a[0], constants[1])
                                             : leat_bind_call(s->binder, expr, LEAT_BYTES("in"),
                                                              constants, constant_count);
        if (in == NULL)
            return NULL;
        parts[part_count++] = in;
    }
    if (part_count == 1)
        return parts[0];
    return leat_bind_call(s->binder, expr, LEAT_BYTES("or"), parts, part_count);
}

/* --- Rows compared field by field, so that NULLs within count as they do alone. --- */

static bool is_row(const leat_expr *expr)
{
    return expr->kind == LEAT_EXPR_CALL && leat_bytes_equal(expr->name, LEAT_BYTES("row"));
}

static bool is_row_comparison(const leat_expr *expr)
{
    static const char *const names[] = {"=", "<>", "<", "<=", ">", ">=", "in"};
    bool is_one = false;
    for (size_t i = 0; i < LEAT_COUNT_OF(names); i++)
        is_one |= leat_bytes_equal(expr->name, leat_bytes_text(names[i]));
    for (uint32_t i = 0; i < expr->argument_count; i++)
        is_one &= is_row(expr->arguments[i]) &&
                  expr->arguments[i]->argument_count == expr->arguments[0]->argument_count;
    return is_one && expr->argument_count >= 2;
}

/* From field `at` on. (a, b) < (c, d): a < c, or a = c and b < d; <= differs at the end. */
static leat_bound *
rows_compare(scope *s, const leat_expr *expr, leat_bytes op, leat_bound **a, leat_bound **b)
{
    uint32_t count = expr->arguments[0]->argument_count;
    bool is_equal = leat_bytes_equal(op, LEAT_BYTES("=")) || leat_bytes_equal(op, LEAT_BYTES("in"));
    bool is_unequal = leat_bytes_equal(op, LEAT_BYTES("<>"));
    char strict[2] = {op.data[0], '\0'};
    leat_bound *result = NULL;
    for (uint32_t i = count; i-- > 0;) {
        bool is_last = i + 1 == count;
        if (is_equal || is_unequal) {
            leat_bound *pair = call2(s, expr, is_equal ? "=" : "<>", a[i], b[i]);
            result = is_last ? pair : call2(s, expr, is_equal ? "and" : "or", pair, result);
            continue;
        }
        if (is_last) {
            result = call2(s, expr, leat_arena_text(s->binder->arena, op), a[i], b[i]);
            continue;
        }
        leat_bound *rest = call2(s, expr, "and", call2(s, expr, "=", a[i], b[i]), result);
        result = call2(s, expr, "or", call2(s, expr, strict, a[i], b[i]), rest);
    }
    return result;
}

static leat_bound *bind_rows(scope *s, const leat_expr *expr)
{
    leat_bound **left = bind_arguments(s, expr->arguments[0]);
    leat_bound *result = NULL;
    for (uint32_t i = 1; i < expr->argument_count; i++) {
        leat_bound **right = bind_arguments(s, expr->arguments[i]);
        if (left == NULL || right == NULL)
            return NULL;
        leat_bound *one = rows_compare(s, expr, expr->name, left, right);
        result = i == 1 ? one : call2(s, expr, "or", result, one);
    }
    return result;
}

/* --- Other words for what there is. --- */

/* Flink's year(t), dayofmonth(t), ...: a field of a time as a bigint. */
static leat_bytes field_named(leat_bytes name)
{
    static const char *const fields[][2] = {
        {"year", "year"},     {"quarter", "quarter"}, {"month", "month"},   {"week", "week"},
        {"dayofyear", "doy"}, {"dayofmonth", "day"},  {"dayofweek", "dow"}, {"day", "day"},
        {"hour", "hour"},     {"minute", "minute"},   {"second", "second"},
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(fields); i++)
        if (leat_bytes_equal(name, leat_bytes_text(fields[i][0])))
            return leat_bytes_text(fields[i][1]);
    return (leat_bytes){0};
}

static leat_bound *text_constant(scope *s, leat_bytes text)
{
    leat_value value = {.type = LEAT_TYPE(STRING),
                        .text = leat_arena_bytes(s->binder->arena, text)};
    return leat_bind_constant(s->binder->arena, value);
}

static leat_bound *bind_field(scope *s, const leat_expr *expr, leat_bytes field, leat_bound *time)
{
    leat_bound *value = call2(s, expr, "extract", text_constant(s, field), time);
    if (value != NULL && value->type.id == LEAT_TYPE_DECIMAL) /* seconds: without their fraction */
        value = leat_bind_call(s->binder, expr, LEAT_BYTES("trunc"), &value, 1);
    if (value != NULL)
        value = leat_bind_cast(s->binder, expr, value, LEAT_TYPE(BIGINT), true);
    bool is_from_sunday = leat_bytes_equal(expr->name, LEAT_BYTES("dayofweek"));
    leat_value one = {.type = LEAT_TYPE(BIGINT), .integer = 1};
    return value == NULL || !is_from_sunday
               ? value
               : call2(s, expr, "+", value, leat_bind_constant(s->binder->arena, one));
}

/* NULL: it is none of them. */
static leat_bound *bind_synonym(scope *s, const leat_expr *expr, leat_bound **a, uint32_t count)
{
    leat_bytes name = expr->name, field = field_named(name);
    if (count == 1 && field.size > 0)
        return bind_field(s, expr, field, a[0]);
    if (count == 2 &&
        (leat_bytes_equal(name, LEAT_BYTES("ifnull")) || leat_bytes_equal(name, LEAT_BYTES("nvl"))))
        return leat_bind_call(s->binder, expr, LEAT_BYTES("coalesce"), a, count);
    if (count == 1 && (leat_bytes_equal(name, LEAT_BYTES("pg_typeof")) ||
                       leat_bytes_equal(name, LEAT_BYTES("typeof")))) {
        leat_buf text = {0};
        leat_type_print(a[0]->type, &text);
        leat_bound *constant = text_constant(s, leat_buf_bytes(&text));
        leat_buf_fini(&text);
        return constant;
    }
    bool is_date = leat_bytes_equal(name, LEAT_BYTES("current_date"));
    bool is_time = leat_bytes_equal(name, LEAT_BYTES("current_time")) ||
                   leat_bytes_equal(name, LEAT_BYTES("localtime"));
    if (count > 0 || (!is_date && !is_time))
        return NULL;
    leat_bound *now = leat_bind_call(s->binder, expr, LEAT_BYTES("now"), a, 0);
    return now == NULL ? NULL
                       : leat_bind_cast(s->binder, expr, now,
                                        is_date ? LEAT_TYPE(DATE) : LEAT_TYPE(TIME), true);
}

/* --- The walk. --- */

static leat_bound **bind_arguments(scope *s, const leat_expr *expr)
{
    leat_bound **arguments = LEAT_ARENA_ARRAY(s->binder->arena, leat_bound *, expr->argument_count);
    bool is_bound = true;
    for (uint32_t i = 0; i < expr->argument_count; i++) {
        arguments[i] = bind(s, expr->arguments[i]);
        is_bound &= arguments[i] != NULL; /* go on: all that is wrong is said at once */
    }
    return is_bound ? arguments : NULL;
}

static leat_bound *bind_call(scope *s, const leat_expr *expr)
{
    if (leat_aggregate_is_named(expr->name))
        return bind_aggregate(s, expr);
    if (expr->filter != NULL || expr->is_distinct) {
        REPORT(s, expr, "%s belongs to an aggregate, and %.*s is none",
               expr->filter != NULL ? "FILTER" : "DISTINCT", LEAT_FMT(expr->name));
        return NULL;
    }
    if (is_row_comparison(expr))
        return bind_rows(s, expr);
    if (expr->argument_count == 3 && leat_bytes_equal(expr->name, LEAT_BYTES("if")))
        return bind_case(s, expr); /* when, then, else */
    leat_bound **a = bind_arguments(s, expr);
    uint32_t count = expr->argument_count;
    if (a == NULL)
        return NULL;
    if (count == 3 && leat_bytes_equal(expr->name, LEAT_BYTES("between")))
        return bind_between(s, expr, a);
    if (count >= 2 && leat_bytes_equal(expr->name, LEAT_BYTES("in")))
        return bind_in(s, expr, a, count);
    leat_bound *other = bind_synonym(s, expr, a, count);
    if (other != NULL)
        return other;
    if (count == 2 && leat_bytes_equal(expr->name, LEAT_BYTES("nullif")))
        return bind_nullif(s, expr, a);
    if (count == 2 && leat_bytes_equal(expr->name, LEAT_BYTES("date_part"))) {
        leat_bound *field = call2(s, expr, "extract", a[0], a[1]);
        return field == NULL ? NULL
                             : leat_bind_cast(s->binder, expr, field, LEAT_TYPE(DOUBLE), true);
    }
    return leat_bind_call(s->binder, expr, expr->name, a, count);
}

static leat_bound *bind_case(scope *s, const leat_expr *expr)
{
    leat_bound **given = bind_arguments(s, expr);
    if (given == NULL)
        return NULL;
    uint32_t count = expr->argument_count | 1; /* with an ELSE */
    leat_bound **arms = LEAT_ARENA_ARRAY(s->binder->arena, leat_bound *, count);
    leat_bound **values = LEAT_ARENA_ARRAY(s->binder->arena, leat_bound *, count);
    for (uint32_t i = 0; i < count; i++)
        arms[i] = i < expr->argument_count ? given[i] : null_of(s, LEAT_TYPE(UNKNOWN));
    uint32_t value_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_value = i % 2 == 1 || i + 1 == count;
        if (is_value)
            values[value_count++] = arms[i];
        else if (arms[i]->type.id == LEAT_TYPE_UNKNOWN)
            arms[i] = null_of(s, LEAT_TYPE(BOOLEAN));
        else if (arms[i]->type.id != LEAT_TYPE_BOOLEAN) {
            REPORT(s, expr->arguments[i], "the condition of WHEN must be boolean");
            return NULL;
        }
    }
    leat_type type;
    if (!leat_bind_unify(s->binder, expr, values, value_count, 1, &type))
        return NULL;
    for (uint32_t i = 0, v = 0; i < count; i++)
        if (i % 2 == 1 || i + 1 == count)
            arms[i] = values[v++];
    return leat_bind_folded(s->binder, expr, case_new(s, arms, count, type));
}

/* The plan outlives the parse: text is copied. */
static leat_bound *bind_literal(scope *s, const leat_expr *expr)
{
    leat_value value = expr->value;
    if (value.type.id == LEAT_TYPE_STRING && !value.is_null)
        value.text = leat_arena_bytes(s->binder->arena, value.text);
    return leat_bind_constant(s->binder->arena, value);
}

static leat_bound *bind(scope *s, const leat_expr *expr)
{
    switch (expr->kind) {
    case LEAT_EXPR_LITERAL:
        return bind_literal(s, expr);
    case LEAT_EXPR_COLUMN:
        return bind_column(s, expr);
    case LEAT_EXPR_CALL:
        return bind_call(s, expr);
    case LEAT_EXPR_CASE:
        return bind_case(s, expr);
    case LEAT_EXPR_CAST: {
        leat_bound *value = bind(s, expr->arguments[0]);
        if (value == NULL)
            return NULL;
        leat_type type = leat_bind_cast_type(value, expr->type);
        return leat_bytes_equal(expr->name, LEAT_BYTES("try_cast"))
                   ? leat_bind_try_cast(s->binder, expr, value, type)
                   : leat_bind_cast(s->binder, expr, value, type, true);
    }
    case LEAT_EXPR_STAR:
        REPORT(s, expr, "* may not stand here");
        return NULL;
    case LEAT_EXPR_SUBQUERY:
        REPORT(s, expr, "a subquery may not stand here");
        return NULL;
    case LEAT_EXPR_INPUT:
        return column_new(s, expr->column);
    }
    return NULL;
}

/* A bare NULL is text. */
static leat_bound *bind_root(scope *s, const leat_expr *expr)
{
    leat_bound *bound = bind(s, expr);
    if (bound != NULL && bound->type.id == LEAT_TYPE_UNKNOWN)
        return null_of(s, LEAT_TYPE(STRING));
    return bound;
}

leat_bound *leat_bind(leat_binder *binder, const leat_expr *expr)
{
    scope s = {.binder = binder, .schema = binder->schema};
    return bind_root(&s, expr);
}

leat_bound *leat_bind_condition(leat_binder *binder, const leat_expr *expr)
{
    leat_bound *bound = leat_bind(binder, expr);
    if (bound == NULL || bound->type.id == LEAT_TYPE_BOOLEAN)
        return bound;
    if (bound->kind == LEAT_BOUND_CONSTANT && bound->value.is_null)
        return leat_bind_constant(binder->arena,
                                  (leat_value){.type = LEAT_TYPE(BOOLEAN), .is_null = true});
    leat_buf name = {0};
    leat_type_print(bound->type, &name);
    leat_diagnostic_error(binder->diagnostics, leat_bind_place(binder, expr),
                          "a condition must be boolean, this is %s", leat_buf_text(&name));
    leat_buf_fini(&name);
    return NULL;
}

leat_bound *leat_bind_grouped(leat_binder *binder,
                              const leat_expr *expr,
                              const leat_schema *grouped,
                              uint32_t first_column,
                              leat_bound_aggregates *aggregates)
{
    scope s = {.binder = binder,
               .schema = grouped,
               .aggregates = aggregates,
               .first_column = first_column};
    return bind_root(&s, expr);
}
