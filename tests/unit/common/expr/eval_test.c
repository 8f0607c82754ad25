/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expr/program.h"

#include "tests/unit/common/expr/expr_cases.h"

static leat_batch *numbers(void)
{
    return BATCH("i int, b bigint, d double, m decimal(12,2), s string, t timestamp, f boolean",
                 "7, 7000000000, 1.5, 12.50, Alpha, 2015-09-12 00:46:58.771, true",
                 "-2, -3, -0.25, -0.05, be, 2016-02-29 23:59:59, false",
                 "null, null, null, null, null, null, null",
                 "2147483647, 9223372036854775807, 1e300, 9999999999.99, a long text of 26 bytes, "
                 "1970-01-01 00:00:00, true");
}

Test(eval, arithmetic_widens_and_reports_what_does_not_fit)
{
    CHECK_EXPRS(
        numbers(), {"i + 1", "8 | -1 | NULL | ! (int out of range)"},
        {"i + 1::bigint", "8 | -1 | NULL | 2147483648"},
        {"b + i", "7000000007 | -5 | NULL | ! (bigint out of range)"},
        {"i - b", "-6999999993 | 1 | NULL | -9223372034707292160"},
        {"i * 2", "14 | -4 | NULL | ! (int out of range)"},
        {"b * b", "! | 9 | NULL | ! (bigint out of range)"}, {"-i", "-7 | 2 | NULL | -2147483647"},
        {"i / 2", "3 | -1 | NULL | 1073741823"}, {"i % 4", "3 | -2 | NULL | 3"},
        {"i / (i + 2)", "0 | ! | NULL | ! (division by zero)"},
        {"d * 2", "3 | -0.5 | NULL | 2e+300"},
        {"d * d", "2.25 | 0.0625 | NULL | ! (double out of range)"},
        {"d + i", "8.5 | -2.25 | NULL | 1e+300"}, {"d / 0", "! | ! | NULL | ! (division by zero)"},
        {"m + 1", "13.50 | 0.95 | NULL | 10000000000.99"},
        {"m * 1.5", "18.750 | -0.075 | NULL | 14999999999.985"},
        {"m * m", "156.2500 | 0.0025 | NULL | 99999999999800000000.0001"},
        {"m / 3", "4.1666666666666667 | -0.0166666666666667 | NULL | 3333333333.3300000000000000"},
        {"m % 5", "2.50 | -0.05 | NULL | 4.99"}, {"m - i", "5.50 | 1.95 | NULL | 7852516352.99"},
        {"abs(m)", "12.50 | 0.05 | NULL | 9999999999.99"},
        {"abs(i) + sign(d)", "8 | 1 | NULL | 2147483648"}, {"1 + 2 * 3", "7 | 7 | 7 | 7"}, );
}

Test(eval, comparisons_of_every_type_with_column_and_constant)
{
    CHECK_EXPRS(
        numbers(), {"i > 0", "true | false | NULL | true"}, {"5 < i", "true | false | NULL | true"},
        {"i = b", "false | false | NULL | false"}, {"i <> -2", "true | false | NULL | true"},
        {"m >= 12.5", "true | false | NULL | true"}, {"m > 100", "false | false | NULL | true"},
        {"m = i", "false | false | NULL | false"}, {"d <= 1.5", "true | true | NULL | false"},
        {"d < i", "true | false | NULL | false"}, {"s = 'be'", "false | true | NULL | false"},
        {"s < 'b'", "true | false | NULL | true"}, {"s > s", "false | false | NULL | false"},
        {"s <> 'a long text of 26 bytes'", "true | true | NULL | false"},
        {"t > '2016-01-01'", "false | true | NULL | false"},
        {"t < TIMESTAMP '2016-01-01 00:00:00'", "true | false | NULL | true"},
        {"f = (i > 0)", "true | true | NULL | true"}, {"f", "true | false | NULL | true"},
        {"i between -2 and 7", "true | true | NULL | false"},
        {"i not between 0 and 7", "false | true | NULL | true"},
        {"i is distinct from null", "true | true | false | true"},
        {"i is not distinct from 7", "true | false | false | false"},
        {"s is distinct from 'be'", "true | false | true | true"}, );
}

Test(eval, logic_is_kleenes)
{
    leat_batch *batch = BATCH("a boolean, b boolean", "true, true", "true, false", "true, null",
                              "false, false", "false, null", "null, null", "null, true");
    CHECK_EXPRS(batch, {"a and b", "true | false | NULL | false | false | NULL | NULL"},
                {"a or b", "true | true | true | false | NULL | NULL | true"},
                {"not b", "false | true | NULL | true | NULL | NULL | false"},
                {"b is null", "false | false | true | false | true | true | false"},
                {"b is not null", "true | true | false | true | false | false | true"},
                {"b is true", "true | false | false | false | false | false | true"},
                {"b is not true", "false | true | true | true | true | true | false"},
                {"b is false", "false | true | false | true | false | false | false"},
                {"b is not false", "true | false | true | false | true | true | true"},
                {"a and true and b", "true | false | NULL | false | false | NULL | NULL"},
                {"a and null", "NULL | NULL | NULL | false | false | NULL | NULL"},
                {"a or null", "true | true | true | NULL | NULL | NULL | NULL"}, );
}

Test(eval, branches_that_are_not_taken_do_not_fail)
{
    leat_batch *batch = BATCH("x int, y int", "10, 2", "10, 0", "null, 0", "3, null", "0, 5");
    CHECK_EXPRS(batch, {"case when y = 0 then -1 else x / y end", "5 | -1 | -1 | NULL | 0"},
                {"case when y = 0 then -1 when x > 5 then x / y end", "5 | -1 | -1 | NULL | NULL"},
                {"y <> 0 and x / y > 1", "true | false | false | NULL | false"},
                {"y = 0 or x / y > 1", "true | true | true | NULL | false"},
                {"coalesce(x, 10 / y)", "10 | 10 | ! | 3 | 0 (division by zero)"},
                {"coalesce(y, x / 0, 1)", "2 | 0 | 0 | ! | 5 (division by zero)"},
                {"x / y", "5 | ! | NULL | NULL | 0 (division by zero)"},
                {"nullif(y, 0)", "2 | NULL | NULL | NULL | 5"},
                {"x / nullif(y, 0)", "5 | NULL | NULL | NULL | 0"},
                {"case y when 0 then 'none' when 2 then 'two' else 'many' end",
                 "two | none | none | many | many"},
                {"case when x > 5 then 1.5 when x = 0 then 2 else 10000000000000000000000 end",
                 "1.5 | 1.5 | 10000000000000000000000.0 | 10000000000000000000000.0 | 2.0"},
                {"greatest(x, y, 4)", "10 | 10 | 4 | 4 | 5"}, {"least(x, y)", "2 | 0 | 0 | 3 | 0"},
                {"greatest(x, 2.5)", "10.0 | 10.0 | 2.5 | 3.0 | 2.5"}, );
}

Test(eval, in_lists_follow_three_valued_logic)
{
    leat_batch *batch =
        BATCH("x int, s string", "1, DE", "2, FR", "3, null", "null, a long country name");
    CHECK_EXPRS(batch, {"x in (1, 3)", "true | false | true | NULL"},
                {"x not in (1, 3)", "false | true | false | NULL"},
                {"x in (1, null)", "true | NULL | NULL | NULL"},
                {"x in (2)", "false | true | false | NULL"},
                {"x in (x, 1)", "true | true | true | NULL"},
                {"x in (1.0, 2.5)", "true | false | false | NULL"},
                {"s in ('DE', 'FR')", "true | true | NULL | false"},
                {"s in ('a long country name', 'x')", "false | false | NULL | true"},
                {"s not in ('DE', 'FR')", "false | false | NULL | true"}, );
}

Test(eval, casts_between_types)
{
    CHECK_EXPRS(
        numbers(), {"i::bigint", "7 | -2 | NULL | 2147483647"},
        {"b::int", "! | -3 | NULL | ! (int out of range)"},
        {"d::int", "2 | 0 | NULL | ! (int out of range)"},
        {"m::int", "13 | 0 | NULL | ! (int out of range)"},
        {"m::bigint", "13 | 0 | NULL | 10000000000"},
        {"m::double", "12.5 | -0.05 | NULL | 9999999999.99"},
        {"m::decimal(12,1)", "12.5 | -0.1 | NULL | 10000000000.0"},
        {"m::decimal(4,2)", "12.50 | -0.05 | NULL | ! (decimal out of range)"},
        {"i::decimal(12,2)", "7.00 | -2.00 | NULL | 2147483647.00"},
        {"d::decimal(10,1)", "1.5 | -0.3 | NULL | ! (decimal out of range)"},
        {"i::text", "7 | -2 | NULL | 2147483647"},
        {"m::string", "12.50 | -0.05 | NULL | 9999999999.99"},
        {"t::string", "2015-09-12 00:46:58.771 | 2016-02-29 23:59:59 | NULL | 1970-01-01 00:00:00"},
        {"f::int", "1 | 0 | NULL | 1"}, {"i::boolean", "true | true | NULL | true"},
        {"(i::string)::int", "7 | -2 | NULL | 2147483647"},
        {"s::int", "! | ! | NULL | ! (the text is not an int)"},
        {"'12'::int + i", "19 | 10 | NULL | ! (int out of range)"},
        {"'2015-09-12'::timestamp < t", "true | true | NULL | false"}, );
}

Test(eval, a_selection_limits_what_is_computed_and_what_fails)
{
    leat_batch *batch = BATCH("x int, y int", "1, 0", "2, 1", "3, 0", "4, 2", "5, 0");
    leat_rows rows = *leat_batch_rows(batch);
    const uint32_t selected[] = {1, 3};
    rows.selected = selected;
    rows.selected_count = 2;
    leat_arena arena = {0};

    cr_expect_str_eq(expr_result("x / y", &rows, &arena), "2 | 2");
    cr_expect_str_eq(expr_result("x > 2 and x / y = 2", &rows, &arena), "false | true");
    cr_expect_str_eq(expr_result("x::string || '!'", &rows, &arena), "2! | 4!");

    leat_arena_fini(&arena);
    leat_batch_unref(&batch);
}

static const char *filtered(const char *text, const leat_rows *rows, leat_arena *arena)
{
    const char *error = NULL;
    leat_bound *bound = expr_bound(text, rows->schema, arena, &error);
    cr_assert_not_null(bound, "%s", error);
    const leat_program *program = leat_program_compile(&bound, 1, rows->schema, arena);
    leat_eval *eval = leat_eval_new(program, rows->row_count);
    uint32_t *kept = LEAT_ARENA_ARRAY(arena, uint32_t, rows->row_count);
    leat_eval_errors errors;
    uint32_t count = leat_eval_filter(eval, rows, kept, &errors);
    const char *result = "";
    for (uint32_t i = 0; i < count; i++)
        result = leat_arena_print(arena, "%s%s%u", result, i > 0 ? " " : "", kept[i]);
    if (errors.count > 0)
        result = leat_arena_print(arena, "%s (%u: %s)", result, errors.count, errors.first_reason);
    leat_eval_free(&eval);
    return result;
}

Test(eval, a_filter_gives_the_positions_where_it_is_true)
{
    static const expr_case cases[] = {
        {"i > 0", "0 3"},
        {"i > 0 and m > 100", "3"},
        {"m >= -0.05 and s <> 'be'", "0 3"},
        {"s = 'be'", "1"},
        {"i is null", "2"},
        {"i in (7, -2)", "0 1"},
        {"f", "0 3"},
        {"not f", "1"},
        {"true", "0 1 2 3"},
        {"null::boolean", ""},
        {"i = 1 or d < 0", "1"},
        {"10 / (i + 2) >= 1 and f", "0 (2: division by zero)"},
        {"t < '1980-01-01'", "3"},
        {"d > 1 and d < 2", "0"},
        {"i + 1 > 0 and b > 0", "0 (1: int out of range)"},
    };
    leat_batch *batch = numbers();
    leat_arena arena = {0};

    for (size_t i = 0; i < LEAT_COUNT_OF(cases); i++)
        cr_expect_str_eq(filtered(cases[i].text, leat_batch_rows(batch), &arena), cases[i].expected,
                         "%s: got %s", cases[i].text,
                         filtered(cases[i].text, leat_batch_rows(batch), &arena));

    leat_arena_fini(&arena);
    leat_batch_unref(&batch);
}

Test(eval, one_eval_serves_many_batches)
{
    leat_arena arena = {0};
    const leat_schema *schema = leat_test_schema("x int");
    const char *error = NULL;
    leat_bound *bound = expr_bound("10 / x", schema, &arena, &error);
    const leat_program *program = leat_program_compile(&bound, 1, schema, &arena);
    leat_eval *eval = leat_eval_new(program, 100);
    leat_batch *bad = BATCH("x int", "0", "2"), *good = BATCH("x int", "5", "2", "1");
    leat_column column;
    leat_eval_errors errors;

    leat_eval_run(eval, leat_batch_rows(bad), &column, &errors);
    cr_expect_str_eq(column_text(&column, leat_batch_rows(bad), &errors, &arena),
                     "! | 5 (division by zero)");
    leat_eval_run(eval, leat_batch_rows(good), &column, &errors);
    cr_expect_str_eq(column_text(&column, leat_batch_rows(good), &errors, &arena), "2 | 5 | 10");

    leat_eval_free(&eval);
    leat_batch_unref(&bad);
    leat_batch_unref(&good);
    leat_arena_fini(&arena);
}
