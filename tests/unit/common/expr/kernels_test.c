/* SPDX-License-Identifier: Apache-2.0
 *
 * Every row of the registry over the extremes of its types: all rows at once (the dense loops), few
 * rows among many (the sparse ones), and with each argument constant. A row's result must not
 * depend on which loop computed it, nor on its neighbours.
 */
#include "common/expr/bind.h"

#include "tests/unit/common/expr/expr_cases.h"

enum { VARIANTS = 6, COPIES = 12, CONSTANTS = 2 };

LEAT_UNUSED static const char *const columns[] = {"i", "b", "d", "m", "w", "f", "s", "t",
                                                  "v", "y", "c", "j", "a", "p", "r"};

static const leat_schema *extremes_schema(void)
{
    return leat_test_schema(
        "i int, b bigint, d double, m decimal(12,2), w decimal(38,4), f boolean, "
        "s string, t timestamp, v interval, y date, c time, j json, a int[], "
        "p map(string, int), r row(x int, z string)");
}

/* The same six rows, rotated against each other per column so that pairs vary. */
static leat_batch *extremes(void)
{
    static const char *const cells[LEAT_COUNT_OF(columns)][VARIANTS] = {
        {"0", "null", "-1", "2147483647", "-2147483648", "3"},
        {"-1", "9223372036854775807", "-9223372036854775808", "0", "null", "7"},
        {"0", "-0.5", "null", "1e308", "NaN", "Infinity"},
        {"0.00", "9999999999.99", "-9999999999.99", "null", "-0.01", "2.50"},
        {"null", "0.0000", "1.0001", "-9999999999999999999999999999999999.9999",
         "9999999999999999999999999999999999.9999", "-0.5000"},
        {"true", "false", "null", "true", "false", "false"},
        {"\"\"", "a", "null", "\"a text, that is not inline\"", "naïve 日本", "12"},
        {"1970-01-01 00:00:00", "null", "1969-12-31 23:59:59.999999", "2016-02-29 12:00:00",
         "9999-12-31 23:59:59.999999", "0001-01-01 00:00:00"},
        {"00:00:00", "1 mons", "null", "-1 days", "1000000 years", "00:00:00.000001"},
        {"1970-01-01", "null", "1969-12-31", "2016-02-29", "9999-12-31", "0001-01-01"},
        {"00:00:00", "null", "23:59:59.999999", "12:00:00", "00:00:00.000001", "10:11:12"},
        {"1", "null", "\"[1, [2, {}], null]\"", "{}", "true", "-2.50"},
        {"\"{}\"", "\"{1,2,NULL,2}\"", "null", "\"{-2147483648,2147483647}\"", "\"{0}\"",
         "\"{3,1,2,3,1,2,3,1,2}\""},
        {"{}", "null", "{}", "{}", "null", "{}"},
        {"\"(1,a)\"", "\"(,)\"", "null", "\"(2147483647,long text that is not inline)\"",
         "\"(0,12)\"", "\"(-1,)\""},
    };
    const leat_schema *schema = extremes_schema();
    leat_builder *builder = leat_builder_new(schema, VARIANTS * COPIES);
    for (uint32_t row = 0; row < VARIANTS * COPIES; row++) {
        leat_buf line = {0};
        for (uint32_t c = 0; c < LEAT_COUNT_OF(columns); c++)
            leat_buf_print(&line, "%s%s", c > 0 ? ", " : "",
                           cells[c][(row + c * (row / VARIANTS)) % VARIANTS]);
        leat_test_row(builder, schema, leat_buf_text(&line));
        leat_buf_fini(&line);
    }
    leat_batch *batch = leat_builder_finish(builder);
    leat_builder_free(&builder);
    return batch;
}

/* A column of the type; every other decimal is a wide one. */
static leat_bound *column_of(leat_type_id id, uint32_t salt, leat_arena *arena)
{
    static const uint32_t by_type[LEAT_TYPE_COUNT] = {
        [LEAT_TYPE_ANY] = 0,      [LEAT_TYPE_INT] = 0,     [LEAT_TYPE_BIGINT] = 1,
        [LEAT_TYPE_DOUBLE] = 2,   [LEAT_TYPE_DECIMAL] = 3, [LEAT_TYPE_BOOLEAN] = 5,
        [LEAT_TYPE_STRING] = 6,   [LEAT_TYPE_BYTES] = 6,   [LEAT_TYPE_TIMESTAMP] = 7,
        [LEAT_TYPE_INTERVAL] = 8, [LEAT_TYPE_DATE] = 9,    [LEAT_TYPE_TIME] = 10,
        [LEAT_TYPE_JSON] = 11,    [LEAT_TYPE_ARRAY] = 12,  [LEAT_TYPE_MAP] = 13,
        [LEAT_TYPE_ROW] = 14,
    };
    uint32_t column = by_type[id] + (id == LEAT_TYPE_DECIMAL && salt % 2 == 1);
    leat_bound *bound = LEAT_ARENA_NEW(arena, leat_bound);
    bound->kind = LEAT_BOUND_COLUMN;
    bound->column = column;
    bound->type = extremes_schema()->fields[column].type;
    bound->is_nullable = true;
    return bound;
}

static leat_bound *
constant_of(const leat_rows *rows, const leat_bound *column, uint32_t row, leat_arena *arena)
{
    return leat_bind_constant(arena, leat_column_value(&rows->columns[column->column], row));
}

static const char *row_text(const leat_column *column,
                            const leat_eval_errors *errors,
                            uint32_t row,
                            leat_type type,
                            leat_arena *arena)
{
    if (errors->count > 0 && leat_bit_get(errors->rows, row))
        return "!";
    leat_value value = leat_column_value(column, row);
    value.type = type;
    leat_buf out = {0};
    leat_value_print(&value, &out);
    const char *text = leat_arena_text(arena, leat_buf_bytes(&out));
    leat_buf_fini(&out);
    return text;
}

/* All rows at once against one row at a time. */
static void check_rows(leat_bound *bound, const leat_rows *all, leat_arena *arena)
{
    const leat_program *program = leat_program_compile(&bound, 1, all->schema, arena);
    leat_eval *eval = leat_eval_new(program, all->row_count);
    leat_column column;
    leat_eval_errors errors;
    const char *dense[VARIANTS * COPIES];
    leat_eval_run(eval, all, &column, &errors);
    for (uint32_t row = 0; row < all->row_count; row++)
        dense[row] = row_text(&column, &errors, row, bound->type, arena);
    leat_rows one = *all;
    for (uint32_t row = 0; row < all->row_count; row++) {
        one.selected = &row;
        one.selected_count = 1;
        leat_eval_run(eval, &one, &column, &errors);
        const char *sparse = row_text(&column, &errors, row, bound->type, arena);
        leat_buf name = {0};
        leat_bound_print(bound, all->schema, &name);
        cr_expect_str_eq(sparse, dense[row], "%s row %u: %s, %s", leat_buf_text(&name), row, sparse,
                         dense[row]);
        leat_buf_fini(&name);
    }
    leat_eval_free(&eval);
}

static leat_type cast_target(leat_type_id id)
{
    if (id == LEAT_TYPE_DECIMAL)
        return leat_type_decimal(14, 3);
    leat_type text = LEAT_TYPE(STRING);
    leat_type_field fields[2] = {{.name = LEAT_BYTES("x"), .type = text},
                                 {.name = LEAT_BYTES("y"), .type = text}};
    return id == LEAT_TYPE_ARRAY ? leat_type_array(text)
           : id == LEAT_TYPE_MAP ? leat_type_map(text, text)
           : id == LEAT_TYPE_ROW ? leat_type_row(fields, 2)
                                 : (leat_type){(uint8_t)id, 0, 0};
}

/* Bit a of `constants` makes argument a constant. */
static bool check_call(const leat_function *function,
                       uint32_t constants,
                       const leat_rows *rows,
                       leat_arena *arena)
{
    leat_bytes text = leat_bytes_text(function->name);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "t", text);
    leat_binder binder = {.arena = arena,
                          .schema = rows->schema,
                          .source = {text, {1, 1, 0}, false, 0},
                          .diagnostics = &diagnostics};
    leat_expr expr = {0};
    leat_bound *arguments[LEAT_FUNCTION_ARGUMENTS_MAX];
    for (uint32_t a = 0; a < function->argument_count; a++) {
        arguments[a] = column_of(leat_function_argument(function, a), a, arena);
        if (constants & (1U << a))
            arguments[a] = constant_of(rows, arguments[a], (constants >> 4) % VARIANTS, arena);
    }
    leat_bound *bound =
        function->rule == LEAT_RESULT_CAST
            ? leat_bind_cast(&binder, &expr, arguments[0],
                             cast_target((leat_type_id)function->result_id), true)
            : leat_bind_call(&binder, &expr, text, arguments, function->argument_count);
    if (bound != NULL && bound->kind == LEAT_BOUND_CALL)
        check_rows(bound, rows, arena);
    bool is_checked = bound != NULL;
    leat_diagnostics_fini(&diagnostics);
    return is_checked;
}

Test(kernels, results_do_not_depend_on_the_loop_or_the_neighbours)
{
    leat_batch *batch = extremes();
    const leat_rows *rows = leat_batch_rows(batch);
    uint32_t checked = 0;
    for (uint32_t id = 0; id < leat_function_count(); id++) {
        const leat_function *function = leat_function_at((leat_function_id)id);
        leat_arena arena = {0};
        bool is_checked = false;
        for (uint32_t constants = 0; constants + 1 < 1U << LEAT_MIN(function->argument_count, 4U);
             constants++)
            for (uint32_t variant = 0; variant < (constants == 0 ? 1 : CONSTANTS); variant++)
                is_checked |= check_call(function, constants | variant << 4, rows, &arena);
        checked += is_checked;
        leat_arena_fini(&arena);
    }
    /* Not those that want particular constants: IN, extract, date_trunc, units, names of fields. */
    cr_expect(checked + 24 >= leat_function_count(), "%u of %u", checked, leat_function_count());
    leat_batch_unref(&batch);
}

Test(kernels, every_field_of_every_time)
{
    static const char *const fields[] = {
        "microsecond", "millisecond", "second",  "minute", "hour",   "day", "week", "month",
        "quarter",     "year",        "isoyear", "dow",    "isodow", "doy", "epoch"};
    leat_batch *batch = extremes();
    leat_arena arena = {0};
    const char *error = NULL;
    for (size_t i = 0; i < LEAT_COUNT_OF(fields); i++) {
        const leat_schema *schema = leat_batch_rows(batch)->schema;
        leat_bound *of_time = expr_bound(leat_arena_print(&arena, "extract(%s from t)", fields[i]),
                                         schema, &arena, &error);
        leat_bound *of_span = expr_bound(leat_arena_print(&arena, "extract(%s from v)", fields[i]),
                                         schema, &arena, &error);
        check_rows(of_time, leat_batch_rows(batch), &arena);
        check_rows(of_span, leat_batch_rows(batch), &arena);
        leat_bound *start = expr_bound(leat_arena_print(&arena, "date_trunc('%s', t)", fields[i]),
                                       schema, &arena, &error);
        if (start != NULL)
            check_rows(start, leat_batch_rows(batch), &arena);
        cr_expect((start != NULL) == (i < 10), "%s", fields[i]);
    }
    leat_arena_fini(&arena);
    leat_batch_unref(&batch);
}
