/* SPDX-License-Identifier: Apache-2.0
 *
 * expr_cases - expressions over a few rows as text: what each row gives, or what is wrong.
 *
 * A result is its rows' values joined by " | "; a row in error is "!", and the first reason follows
 * in parentheses. A text that does not parse or bind gives "column: message" of its first error.
 */
#ifndef LEAT_TESTS_UNIT_COMMON_EXPR_EXPR_CASES_H
#define LEAT_TESTS_UNIT_COMMON_EXPR_EXPR_CASES_H

#include <criterion/criterion.h>

#include "common/expr/program.h"
#include "common/sql/syntax.h"
#include "tests/support/batch_text.h"

typedef struct expr_case {
    const char *text;
    const char *expected;
} expr_case;

static inline leat_bound *
expr_bound(const char *text, const leat_schema *schema, leat_arena *arena, const char **out_error)
{
    leat_bytes bytes = leat_bytes_text(text);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "test.sql", bytes);
    leat_source_text source = {bytes, {1, 1, 0}, true, 0};
    leat_expr *expr = leat_expr_parse(source, arena, &diagnostics);
    leat_binder binder = {.arena = arena,
                          .schema = schema,
                          .relation = LEAT_BYTES("input"),
                          .source = source,
                          .diagnostics = &diagnostics};
    leat_bound *bound = expr == NULL ? NULL : leat_bind(&binder, expr);
    cr_assert((bound == NULL) == (diagnostics.error_count > 0), "%s", text);
    if (bound == NULL)
        *out_error = leat_arena_print(arena, "%u: %s", diagnostics.entries.items[0].place.column,
                                      diagnostics.entries.items[0].message);
    leat_diagnostics_fini(&diagnostics);
    return bound;
}

static inline const char *column_text(const leat_column *column,
                                      const leat_rows *rows,
                                      const leat_eval_errors *errors,
                                      leat_arena *arena)
{
    leat_buf out = {0};
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        leat_value value = leat_column_value(column, at);
        leat_buf_add_text(&out, i > 0 ? " | " : "");
        if (errors->count > 0 && leat_bit_get(errors->rows, at))
            leat_buf_add_char(&out, '!');
        else
            leat_value_print(&value, &out);
    }
    if (errors->count > 0)
        leat_buf_print(&out, " (%s)", errors->first_reason);
    const char *text = leat_arena_text(arena, leat_buf_bytes(&out));
    leat_buf_fini(&out);
    return text;
}

static inline const char *expr_result(const char *text, const leat_rows *rows, leat_arena *arena)
{
    const char *error = NULL;
    leat_bound *bound = expr_bound(text, rows->schema, arena, &error);
    if (bound == NULL)
        return error;
    const leat_program *program = leat_program_compile(&bound, 1, rows->schema, arena);
    leat_eval *eval = leat_eval_new(program, rows->row_count);
    leat_column column;
    leat_eval_errors errors;
    leat_eval_run(eval, rows, &column, &errors);
    cr_assert(leat_type_equal(column.type, bound->type), "%s", text);
    const char *result = column_text(&column, rows, &errors, arena);
    leat_eval_free(&eval);
    return result;
}

static inline void expr_cases_check(const expr_case *cases, size_t count, leat_batch *batch)
{
    leat_arena arena = {0};
    for (size_t i = 0; i < count; i++) {
        const char *got = expr_result(cases[i].text, leat_batch_rows(batch), &arena);
        cr_expect_str_eq(got, cases[i].expected, "%s\n  got      %s\n  expected %s", cases[i].text,
                         got, cases[i].expected);
    }
    leat_arena_fini(&arena);
    leat_batch_unref(&batch);
}

/* CHECK_EXPRS(batch, {text, expected}, ...) */
#define CHECK_EXPRS(batch, ...)                                                                    \
    do {                                                                                           \
        static const expr_case cases_[] = {__VA_ARGS__};                                           \
        expr_cases_check(cases_, sizeof cases_ / sizeof cases_[0], (batch));                       \
    } while (0)

#endif
