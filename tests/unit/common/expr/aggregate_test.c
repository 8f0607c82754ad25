/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expr/aggregate.h"

#include "tests/unit/common/expr/expr_cases.h"

enum { CELL_BYTES_MAX = 640 };

static leat_bound_aggregate bound_of(const char *text, const leat_schema *schema, leat_arena *arena)
{
    leat_bytes bytes = leat_bytes_text(text);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "test.sql", bytes);
    leat_source_text source = {bytes, {1, 1, 0}, true, 0};
    leat_expr *expr = leat_expr_parse(source, arena, &diagnostics);
    leat_binder binder = {
        .arena = arena, .schema = schema, .source = source, .diagnostics = &diagnostics};
    const leat_schema *nothing = leat_schema_new(arena, NULL, 0, -1);
    leat_bound_aggregates list = {0};
    leat_bound *column = leat_bind_grouped(&binder, expr, nothing, 0, &list);
    cr_assert(column != NULL && list.count == 1, "%s", text);
    leat_diagnostics_fini(&diagnostics);
    return list.items[0];
}

/* Value or NULL of one accumulator; "out of range" when it has none. */
static const char *result_text(const leat_aggregate *aggregate, char *cell, leat_arena *arena)
{
    char *cells[1] = {cell};
    leat_i128 room = 0;
    uint64_t validity = 0;
    if (aggregate->result_of(aggregate, cells, 0, 1, &room, &validity) != LEAT_OK)
        return "out of range";
    bool is_decimal = aggregate->result.id == LEAT_TYPE_DECIMAL;
    leat_column column = {.type = aggregate->result,
                          .layout = is_decimal ? LEAT_LAYOUT_I128
                                               : (uint8_t)leat_type_layout(aggregate->result),
                          .values = &room,
                          .validity = &validity};
    leat_value value = leat_column_value(&column, 0);
    leat_buf out = {0};
    leat_value_print(&value, &out);
    const char *text = leat_arena_text(arena, leat_buf_bytes(&out));
    leat_buf_fini(&out);
    return text;
}

static void fold(const leat_aggregate *aggregate,
                 char *cell,
                 const leat_rows *rows,
                 uint32_t first,
                 uint32_t count,
                 uint32_t argument)
{
    char *cells[64];
    uint32_t positions[64];
    for (uint32_t i = 0; i < count; i++) {
        cells[i] = cell;
        positions[i] = first + i;
    }
    aggregate->update(aggregate, cells, 0, &rows->columns[argument], rows->changes, positions,
                      count);
}

/* Folded at once, and in two halves that are merged: both must agree. */
static const char *aggregated(const char *text, const leat_rows *rows, leat_arena *arena)
{
    leat_bound_aggregate bound = bound_of(text, rows->schema, arena);
    leat_aggregate aggregate = leat_aggregate_of(&bound, rows->changes != NULL);
    uint32_t argument = bound.argument == NULL ? 0 : bound.argument->column;
    char *whole = leat_arena_zero(arena, 1, CELL_BYTES_MAX);
    char *left = leat_arena_zero(arena, 1, CELL_BYTES_MAX);
    char *right = leat_arena_zero(arena, 1, CELL_BYTES_MAX);
    uint32_t half = rows->row_count / 2;

    cr_assert(aggregate.size <= CELL_BYTES_MAX && aggregate.size % 8 == 0);
    fold(&aggregate, whole, rows, 0, rows->row_count, argument);
    fold(&aggregate, left, rows, 0, half, argument);
    fold(&aggregate, right, rows, half, rows->row_count - half, argument);
    aggregate.merge(&aggregate, left, right);

    const char *result = result_text(&aggregate, whole, arena);
    cr_expect_str_eq(result, result_text(&aggregate, left, arena), "%s", text);
    return result;
}

static void check(leat_batch *batch, const expr_case *cases, size_t count)
{
    leat_arena arena = {0};
    for (size_t i = 0; i < count; i++) {
        const char *got = aggregated(cases[i].text, leat_batch_rows(batch), &arena);
        cr_expect_str_eq(got, cases[i].expected, "%s: got %s", cases[i].text, got);
    }
    leat_arena_fini(&arena);
    leat_batch_unref(&batch);
}

#define CHECK_AGGREGATES(batch, ...)                                                               \
    do {                                                                                           \
        static const expr_case cases_[] = {__VA_ARGS__};                                           \
        check((batch), cases_, LEAT_COUNT_OF(cases_));                                             \
    } while (0)

Test(aggregate, results_are_those_of_postgresql)
{
    leat_batch *batch = BATCH("i int, b bigint, d double, m decimal(12,2), s string, t timestamp",
                              "1, 10, 1.5, 1.10, pear, 2015-09-12 00:00:00",
                              "2, 20, 2.5, 2.25, a rather long piece of fruit, 2014-01-01 00:00:00",
                              "null, null, null, null, null, null",
                              "4, 9223372036854775807, -1, 3.30, apple, 2016-02-29 12:00:00");
    CHECK_AGGREGATES(
        batch, {"count(*)", "4"}, {"count(i)", "3"}, {"sum(i)", "7"},
        {"sum(b)", "9223372036854775837"}, {"sum(d)", "3"}, {"sum(m)", "6.65"},
        {"avg(i)", "2.3333333333333333"}, {"avg(b)", "3074457345618258612.3333333333333333"},
        {"avg(d)", "1"}, {"avg(m)", "2.2166666666666667"}, {"min(i)", "1"},
        {"max(b)", "9223372036854775807"}, {"min(d)", "-1"}, {"max(d)", "2.5"}, {"min(m)", "1.10"},
        {"max(m)", "3.30"}, {"min(s)", "a rather long piece of fruit"}, {"max(s)", "pear"},
        {"min(t)", "2014-01-01 00:00:00"}, {"max(t)", "2016-02-29 12:00:00"}, );
}

Test(aggregate, nothing_but_nulls_is_null_and_counts_nothing)
{
    CHECK_AGGREGATES(BATCH("i int, m decimal(12,2), s string", "null, null, null"),
                     {"count(*)", "1"}, {"count(i)", "0"}, {"sum(i)", "NULL"}, {"avg(m)", "NULL"},
                     {"sum(m)", "NULL"}, {"min(s)", "NULL"}, {"max(i)", "NULL"}, );
}

Test(aggregate, retracts_take_back_what_inserts_gave)
{
    leat_batch *batch = BATCH("i int, b bigint, d double, m decimal(12,2)", "+I 1, 10, 1.5, 1.10",
                              "+I 5, 50, 2.5, 7.00", "-U 1, 10, 1.5, 1.10", "+U 3, 30, 0.5, 2.00",
                              "-D 5, 50, 2.5, 7.00");
    CHECK_AGGREGATES(batch, {"count(*)", "1"}, {"count(i)", "1"}, {"sum(i)", "3"}, {"sum(b)", "30"},
                     {"sum(d)", "0.5"}, {"sum(m)", "2.00"}, {"avg(i)", "3.0000000000000000"},
                     {"avg(d)", "0.5"}, );
}

Test(aggregate, everything_retracted_is_null_again)
{
    CHECK_AGGREGATES(BATCH("i int, b bigint", "+I 1, 10", "-D 1, 10"), {"count(*)", "0"},
                     {"sum(i)", "NULL"}, {"avg(b)", "NULL"}, );
}

Test(aggregate, booleans_and_bits_are_those_of_postgresql)
{
    CHECK_AGGREGATES(BATCH("a boolean, i int, b bigint", "true, 12, 255", "null, null, null",
                           "false, 10, -1", "true, -2, 3"),
                     {"bool_and(a)", "false"}, {"every(a)", "false"}, {"bool_or(a)", "true"},
                     {"bit_and(i)", "8"}, {"bit_or(i)", "-2"}, {"bit_xor(i)", "-8"},
                     {"bit_and(b)", "3"}, {"bit_or(b)", "-1"}, {"bit_xor(b)", "-253"}, );
    CHECK_AGGREGATES(BATCH("a boolean, i int", "null, null"), {"bool_and(a)", "NULL"},
                     {"bool_or(a)", "NULL"}, {"bit_and(i)", "NULL"}, {"bit_xor(i)", "NULL"}, );
}

Test(aggregate, booleans_and_bits_can_be_taken_back)
{
    CHECK_AGGREGATES(BATCH("a boolean, i int, b bigint", "+I true, 12, 255", "+I false, 10, -1",
                           "-D false, 10, -1", "+I true, 28, 3", "-D true, 12, 255"),
                     {"bool_and(a)", "true"}, {"bool_or(a)", "true"}, {"bit_and(i)", "28"},
                     {"bit_or(i)", "28"}, {"bit_xor(i)", "28"}, {"bit_and(b)", "3"},
                     {"bit_or(b)", "3"}, {"bit_xor(b)", "3"}, );
}

Test(aggregate, variances_of_exact_numbers_are_exact)
{
    CHECK_AGGREGATES(BATCH("i int, b bigint, m decimal(12,2)", "1, 9223372036854775807, 1.10",
                           "2, 0, 2.25", "null, null, null", "4, -9223372036854775807, 3.30"),
                     {"var_pop(i)", "1.5555555555555556"}, {"var_samp(i)", "2.3333333333333333"},
                     {"variance(i)", "2.3333333333333333"}, {"stddev_pop(i)", "1.2472191289246471"},
                     {"stddev(i)", "1.5275252316519467"}, {"var_pop(m)", "0.8072222222222222"},
                     {"stddev_samp(m)", "1.1003787226829376"},
                     {"stddev(b)", "9223372036854775807.0000000000000000"}, );
    CHECK_AGGREGATES(BATCH("i int", "7"), {"var_pop(i)", "0.0000000000000000"},
                     {"var_samp(i)", "NULL"}, {"stddev(i)", "NULL"}, );
}

Test(aggregate, variances_come_back_to_what_they_were)
{
    CHECK_AGGREGATES(
        BATCH("i int, d double", "+I 1, 1", "+I 2, 2", "+I 1000, 1000", "+I 4, 4", "-D 1000, 1000"),
        {"var_samp(i)", "2.3333333333333333"}, {"stddev_pop(i)", "1.2472191289246471"}, );
}

Test(aggregate, sums_and_averages_of_intervals)
{
    CHECK_AGGREGATES(
        BATCH("p interval", "1 mon 3 days 01:00:00", "2 mons 00:00:01", "null", "1 day", "1 mon"),
        {"sum(p)", "4 mons 4 days 01:00:01"}, {"avg(p)", "1 mon 1 day 00:15:00.25"}, );
    CHECK_AGGREGATES(BATCH("p interval", "1 mon 1 day", "4 days", "01:00:00"),
                     {"avg(p)", "11 days 16:20:00"}, );
}

Test(aggregate, variances_of_doubles)
{
    CHECK_AGGREGATES(BATCH("d double", "1.5", "2.5", "null", "4.25"),
                     {"var_pop(d)", "1.2916666666666667"}, {"var_samp(d)", "1.9375"},
                     {"stddev_pop(d)", "1.136515141415488"}, {"stddev(d)", "1.3919410907075054"}, );
}

Test(aggregate, the_first_the_last_and_some_value)
{
    CHECK_AGGREGATES(BATCH("i int, s string, m decimal(12,2), a boolean", "null, null, null, null",
                           "2, \"a rather long piece of fruit\", 2.25, true",
                           "3, pear, 1.10, false"),
                     {"first_value(i)", "NULL"}, {"last_value(i)", "3"}, {"any_value(i)", "2"},
                     {"any_value(s)", "a rather long piece of fruit"}, {"last_value(s)", "pear"},
                     {"any_value(m)", "2.25"}, {"last_value(m)", "1.10"}, {"any_value(a)", "true"},
                     {"last_value(a)", "false"}, );
}

Test(aggregate, a_sum_of_decimals_may_overflow_on_the_way_but_not_at_the_end)
{
    static const char nines[] = "99999999999999999999999999999999999999";
    static const char minus[] = "-99999999999999999999999999999999999999";
    CHECK_AGGREGATES(BATCH("m decimal(38,0)", nines, nines, nines, minus, minus),
                     {"sum(m)", "99999999999999999999999999999999999999"},
                     {"max(m)", "99999999999999999999999999999999999999"},
                     {"min(m)", "-99999999999999999999999999999999999999"}, );
    CHECK_AGGREGATES(BATCH("m decimal(38,0)", nines, nines, nines), {"sum(m)", "out of range"}, );
}

Test(aggregate, text_of_extremes_can_be_moved_by_its_owner)
{
    leat_arena arena = {0};
    leat_batch *batch = BATCH("s string", "a rather long piece of fruit");
    leat_bound_aggregate bound = bound_of("max(s)", leat_batch_rows(batch)->schema, &arena);
    leat_aggregate aggregate = leat_aggregate_of(&bound, true);
    char *cell = leat_arena_zero(&arena, 1, CELL_BYTES_MAX);

    cr_expect(aggregate.holds_text);
    fold(&aggregate, cell, leat_batch_rows(batch), 0, 1, 0);
    leat_view *view = (leat_view *)(void *)cell;
    leat_bytes copy = leat_arena_bytes(&arena, leat_view_bytes(view));
    *view = leat_view_of(copy.data, copy.size);
    leat_batch_unref(&batch);

    cr_expect_str_eq(result_text(&aggregate, cell, &arena), "a rather long piece of fruit");
    leat_arena_fini(&arena);
}

Test(aggregate, every_pair_of_kind_and_type_has_a_result_or_none)
{
    static const char *const expected[LEAT_AGGREGATE_KIND_COUNT] = {
        [LEAT_AGGREGATE_COUNT_STAR] = "1111111111111111",
        [LEAT_AGGREGATE_COUNT] = "1111111111111111",
        [LEAT_AGGREGATE_SUM] = "0011110010000000",
        [LEAT_AGGREGATE_AVG] = "0011110010000000",
        [LEAT_AGGREGATE_MIN] = "0011111111111111",
        [LEAT_AGGREGATE_MAX] = "0011111111111111",
        [LEAT_AGGREGATE_BOOL_AND] = "0100000000000000",
        [LEAT_AGGREGATE_BOOL_OR] = "0100000000000000",
        [LEAT_AGGREGATE_BIT_AND] = "0011000000000000",
        [LEAT_AGGREGATE_BIT_OR] = "0011000000000000",
        [LEAT_AGGREGATE_BIT_XOR] = "0011000000000000",
        [LEAT_AGGREGATE_VAR_POP] = "0011110000000000",
        [LEAT_AGGREGATE_VAR_SAMP] = "0011110000000000",
        [LEAT_AGGREGATE_STDDEV_POP] = "0011110000000000",
        [LEAT_AGGREGATE_STDDEV_SAMP] = "0011110000000000",
        [LEAT_AGGREGATE_COVAR_POP] = "0000100000000000",
        [LEAT_AGGREGATE_COVAR_SAMP] = "0000100000000000",
        [LEAT_AGGREGATE_CORR] = "0000100000000000",
        [LEAT_AGGREGATE_REGR_COUNT] = "0000100000000000",
        [LEAT_AGGREGATE_REGR_AVGX] = "0000100000000000",
        [LEAT_AGGREGATE_REGR_AVGY] = "0000100000000000",
        [LEAT_AGGREGATE_REGR_SXX] = "0000100000000000",
        [LEAT_AGGREGATE_REGR_SYY] = "0000100000000000",
        [LEAT_AGGREGATE_REGR_SXY] = "0000100000000000",
        [LEAT_AGGREGATE_REGR_SLOPE] = "0000100000000000",
        [LEAT_AGGREGATE_REGR_INTERCEPT] = "0000100000000000",
        [LEAT_AGGREGATE_REGR_R2] = "0000100000000000",
        [LEAT_AGGREGATE_FIRST_VALUE] = "0111111111111111",
        [LEAT_AGGREGATE_LAST_VALUE] = "0111111111111111",
        [LEAT_AGGREGATE_ANY_VALUE] = "0111111111111111",
        [LEAT_AGGREGATE_STRING_AGG] = "0000001001000000",
        [LEAT_AGGREGATE_ARRAY_AGG] = "0111111111111111",
        [LEAT_AGGREGATE_JSONB_AGG] = "0111111111111111",
        [LEAT_AGGREGATE_JSONB_OBJECT_AGG] = "0111111111111111",
        [LEAT_AGGREGATE_PERCENTILE_CONT] = "0000100000000000",
        [LEAT_AGGREGATE_PERCENTILE_DISC] = "0111111111111111",
        [LEAT_AGGREGATE_MODE] = "0111111111111111",
    };
    for (int kind = 0; kind < LEAT_AGGREGATE_KIND_COUNT; kind++) {
        for (unsigned id = 0; id < LEAT_TYPE_COUNT; id++) {
            leat_type input =
                id == LEAT_TYPE_DECIMAL ? leat_type_decimal(12, 2) : (leat_type){(uint8_t)id, 0, 0};
            leat_bound argument = {.kind = LEAT_BOUND_COLUMN, .type = input};
            leat_bound_aggregate bound = {.kind = (leat_aggregate_kind)kind, .argument = &argument};
            bool has_one = leat_aggregate_result(&bound, &bound.type);
            bool is_expected = expected[kind] != NULL && expected[kind][id] == '1';
            cr_expect_eq(has_one, is_expected, "kind %d, type %u", kind, id);
            if (has_one && !leat_aggregate_is_gathered(&bound, false))
                cr_expect_not_null(leat_aggregate_of(&bound, false).update);
        }
    }
}
