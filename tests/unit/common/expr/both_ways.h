/* SPDX-License-Identifier: Apache-2.0
 *
 * both_ways - an expression's result twice: over constants, folded by the binder, and with its
 * literals moved into columns of many rows, through the same kernels' vector loops.
 */
#ifndef LEAT_TESTS_UNIT_COMMON_EXPR_BOTH_WAYS_H
#define LEAT_TESTS_UNIT_COMMON_EXPR_BOTH_WAYS_H

#include "common/expr/function.h"

#include "tests/unit/common/expr/expr_cases.h"

enum { ROWS = 70, FIELDS_MAX = 16 };

/* Fields of times, and the escape character of LIKE. */
static bool stays_constant(const leat_expr *call, uint32_t argument)
{
    static const char *const names[] = {"extract", "date_trunc", "date_part"};
    for (size_t i = 0; i < LEAT_COUNT_OF(names); i++)
        if (leat_bytes_equal(call->name, leat_bytes_text(names[i])))
            return argument == 0;
    return argument == 2 && leat_bytes_equal(call->name, LEAT_BYTES("like"));
}

/* Literals become columns c0, c1, ...; `fields` says what they hold. */
static void literals_move(leat_expr *expr, leat_value *values, uint32_t *count, leat_arena *arena)
{
    bool is_fixed = expr->kind == LEAT_EXPR_LITERAL && expr->value.is_null;
    if (expr->kind == LEAT_EXPR_LITERAL && !is_fixed && *count < FIELDS_MAX) {
        expr->kind = LEAT_EXPR_COLUMN;
        expr->name = leat_bytes_text(leat_arena_print(arena, "c%u", *count));
        values[(*count)++] = expr->value;
    }
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (!stays_constant(expr, i))
            literals_move(expr->arguments[i], values, count, arena);
}

static void value_set(leat_builder *builder, uint32_t column, const leat_value *value)
{
    switch ((leat_type_id)value->type.id) {
    case LEAT_TYPE_BOOLEAN:
        leat_builder_set_bool(builder, column, value->boolean);
        return;
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
        leat_builder_set_integer(builder, column, value->integer);
        return;
    case LEAT_TYPE_DOUBLE:
        leat_builder_set_double(builder, column, value->real);
        return;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        leat_builder_set_text(builder, column, value->text);
        return;
    case LEAT_TYPE_INTERVAL:
        leat_builder_set_interval(builder, column, value->interval);
        return;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        cr_assert(false);
    }
}

static leat_batch *literals_batch(const leat_value *values, uint32_t count, leat_arena *arena)
{
    leat_field fields[FIELDS_MAX];
    for (uint32_t i = 0; i < count; i++)
        fields[i] =
            (leat_field){leat_bytes_text(leat_arena_print(arena, "c%u", i)), values[i].type, true};
    leat_builder *builder = leat_builder_new(leat_schema_new(arena, fields, count, -1), ROWS);
    for (uint32_t row = 0; row < ROWS; row++) {
        for (uint32_t i = 0; i < count; i++)
            value_set(builder, i, &values[i]);
        leat_builder_commit(builder, 1);
    }
    leat_batch *batch = leat_builder_finish(builder);
    leat_builder_free(&builder);
    return batch;
}

/* What every row gives; NULL when it cannot be said without constants. */
static const char *by_columns(const char *text, leat_arena *arena)
{
    leat_bytes bytes = leat_bytes_text(text);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "test.sql", bytes);
    leat_source_text source = {bytes, {1, 1, 0}, true, 0};
    leat_expr *expr = leat_expr_parse(source, arena, &diagnostics);
    leat_value values[FIELDS_MAX];
    uint32_t count = 0;
    literals_move(expr, values, &count, arena);
    leat_batch *batch = literals_batch(values, count, arena);
    leat_rows rows = *leat_batch_rows(batch);
    const uint32_t selected[] = {0, 31, 64, 69};
    rows.selected = selected;
    rows.selected_count = LEAT_COUNT_OF(selected);

    leat_binder binder = {
        .arena = arena, .schema = rows.schema, .source = source, .diagnostics = &diagnostics};
    leat_bound *bound = leat_bind(&binder, expr);
    const char *result = NULL;
    for (int round = 0; bound != NULL && round < 2; round++) {
        const leat_program *program = leat_program_compile(&bound, 1, rows.schema, arena);
        leat_eval *eval = leat_eval_new(program, ROWS);
        leat_column column;
        leat_eval_errors errors;
        leat_eval_run(eval, &rows, &column, &errors);
        const char *all = column_text(&column, &rows, &errors, arena);
        const char *end = strstr(all, " | ");
        size_t size = end == NULL ? strlen(all) : (size_t)(end - all);
        result = errors.count > 0
                     ? leat_arena_print(arena, "1: this always fails: %s", errors.first_reason)
                     : leat_arena_text(arena, leat_bytes_of(all, size));
        for (uint32_t i = 0; i < rows.selected_count && errors.count == 0; i++)
            cr_expect(strncmp(all + i * (size + 3), result, size) == 0, "%s: %s", text, all);
        cr_expect(errors.count == 0 || errors.count == rows.selected_count, "%s", text);
        leat_eval_free(&eval);
        rows.selected = NULL;
        rows.selected_count = ROWS;
    }
    leat_batch_unref(&batch);
    leat_diagnostics_fini(&diagnostics);
    return result;
}

static bool needs_constants(const char *text)
{
    /* The digits of round decide its type; a cast of text to a number too. */
    return strncmp(text, "round(42.4382, 2)", 17) == 0 || strncmp(text, "round(1234", 10) == 0;
}

static void check_both_ways(const expr_case *cases, size_t count)
{
    leat_arena arena = {0};
    const leat_schema *schema = leat_schema_new(&arena, NULL, 0, -1);
    leat_rows one = {.schema = schema, .row_count = 1, .selected_count = 1};
    uint32_t moved = 0;
    for (size_t i = 0; i < count; i++) {
        const char *text = cases[i].text;
        const char *got = expr_result(text, &one, &arena);
        cr_expect_str_eq(got, cases[i].expected, "%s\n  got      %s", text, got);
        const char *vector = needs_constants(text) ? NULL : by_columns(text, &arena);
        moved += vector != NULL;
        if (vector != NULL)
            cr_expect_str_eq(vector, cases[i].expected, "%s by columns\n  got %s", text, vector);
    }
    cr_expect(moved * 2 > count, "only %u of %zu by columns", moved, count);
    leat_arena_fini(&arena);
}

#endif
