/* SPDX-License-Identifier: Apache-2.0
 *
 * Expressions from a topology: text, bound over a schema, printed, sent, compiled, evaluated over
 * a few rows.
 */
#include "common/expr/program.h"
#include "common/sql/syntax.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/batch_text.h"

static const char schema_text[] =
    "b boolean, i int, l bigint, d double, n decimal(12,2), s string, "
    "t timestamp, p interval";

static const char *const words[] = {" AND ",      " OR ",
                                    " NOT ",      " IS NULL",
                                    " BETWEEN ",  " LIKE '%a'",
                                    "CASE WHEN ", " THEN ",
                                    " ELSE ",     " END",
                                    "CAST(",      " AS bigint)",
                                    "(",          ")",
                                    ",",          "'",
                                    "upper(",     "INTERVAL '1' DAY",
                                    "NULL",       "9223372036854775807",
                                    " / 0",       " || ",
                                    "i",          "l",
                                    "d",          "n",
                                    "s",          "t",
                                    "p",          "b",
                                    " IN (",      "1e308",
                                    "0.001",      "coalesce(",
                                    NULL};

static const char *const seeds_of[] = {
    "i + l * 2 > 10 AND n / 3 < 1.5",
    "CASE WHEN b THEN upper(s) ELSE s || 'x' END",
    "s IN ('a', 'b') OR s LIKE 'a%' AND NOT b",
    "t + INTERVAL '1 day' < TIMESTAMP '2015-09-12 00:00:00'",
    "coalesce(CAST(d AS bigint), l, -1)",
    "l % 7 = 3 AND i BETWEEN 1 AND 5",
};

static void seed(leat_fuzz_seeds *seeds)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(seeds_of); i++)
        leat_fuzz_seed_text(seeds, seeds_of[i]);
}

static const leat_rows *rows_of(void)
{
    static leat_batch *batch;
    if (batch == NULL)
        batch = BATCH(schema_text,
                      "true, 1, 9223372036854775807, 1.5, 12.50, a, 2015-09-12 00:00:00, 1 day",
                      "null, null, null, null, null, null, null, null",
                      "false, -2147483648, -9223372036854775808, NaN, -9999999999.99, "
                      "a text of more than twelve bytes, 9999-12-31 23:59:59, -1 year",
                      "true, 0, 0, Infinity, 0.00, \"\", 1970-01-01 00:00:00, 00:00:00");
    return leat_batch_rows(batch);
}

static leat_bound *bind(leat_bytes text, const leat_schema *schema, leat_arena *arena)
{
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "fuzz", text);
    leat_source_text source = {text, {1, 1, 0}, true, 0};
    leat_expr *expr = leat_expr_parse(source, arena, &diagnostics);
    leat_binder binder = {
        .arena = arena, .schema = schema, .source = source, .diagnostics = &diagnostics};
    leat_bound *bound = expr == NULL ? NULL : leat_bind(&binder, expr);
    LEAT_ASSERT((bound == NULL) == (diagnostics.error_count > 0));
    leat_buf said = {0};
    leat_diagnostics_print(&diagnostics, &said);
    leat_buf_fini(&said);
    leat_diagnostics_fini(&diagnostics);
    return bound;
}

static leat_bound *send(const leat_bound *bound, leat_arena *arena)
{
    leat_buf wire = {0};
    leat_bound_encode(bound, &wire);
    leat_cursor in = leat_cursor_over(leat_buf_bytes(&wire));
    leat_bound *received = NULL;
    leat_error err = {0};
    leat_code code = leat_bound_decode(&in, arena, &received, &err);
    LEAT_ASSERT(code == LEAT_OK && leat_bound_equal(bound, received));
    leat_buf_fini(&wire);
    return received;
}

static void evaluate(leat_bound *bound, const leat_rows *rows, leat_arena *arena)
{
    const leat_program *program = leat_program_compile(&bound, 1, rows->schema, arena);
    leat_eval *eval = leat_eval_new(program, rows->row_count);
    leat_column column;
    leat_eval_errors errors;
    leat_eval_run(eval, rows, &column, &errors);
    LEAT_ASSERT(leat_type_equal(column.type, bound->type));
    leat_buf text = {0};
    for (uint32_t i = 0; i < rows->row_count; i++) {
        leat_value value = leat_column_value(&column, i);
        leat_value_print(&value, &text);
    }
    leat_buf_fini(&text);
    leat_eval_free(&eval);
}

static bool run(leat_bytes input)
{
    if (memchr(input.data, '\0', input.size) != NULL)
        return false; /* YAML lets none through */
    leat_arena arena = {0};
    const leat_rows *rows = rows_of();
    leat_bound *bound = bind(input, rows->schema, &arena);
    if (bound != NULL) {
        leat_buf text = {0};
        leat_bound_print(bound, rows->schema, &text);
        leat_buf_fini(&text);
        evaluate(send(bound, &arena), rows, &arena);
    }
    leat_arena_fini(&arena);
    return bound != NULL;
}

const leat_fuzz_target leat_fuzz_expression = {
    .name = "expression", .seed = seed, .run = run, .words = words};
