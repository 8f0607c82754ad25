/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expr/bound.h"

#include "common/base/prng.h"
#include "tests/unit/common/expr/expr_cases.h"

static const leat_schema *payments(void)
{
    return leat_test_schema("id bigint not null, card string, Country string, amount "
                            "decimal(12,2), i int not null, d double, ts timestamp, ok boolean");
}

/* "text: type[ not null]" of what it binds to, or the error. */
static const char *bound_text(const char *text, const leat_schema *schema, leat_arena *arena)
{
    const char *error = NULL;
    leat_bound *bound = expr_bound(text, schema, arena, &error);
    if (bound == NULL)
        return error;
    leat_buf out = {0};
    leat_bound_print(bound, schema, &out);
    leat_buf_add_text(&out, ": ");
    leat_type_print(bound->type, &out);
    leat_buf_add_text(&out, bound->is_nullable ? "" : " not null");
    const char *result = leat_arena_text(arena, leat_buf_bytes(&out));
    leat_buf_fini(&out);
    return result;
}

static void check_bound(const expr_case *cases, size_t count)
{
    leat_arena arena = {0};
    for (size_t i = 0; i < count; i++) {
        const char *got = bound_text(cases[i].text, payments(), &arena);
        cr_expect_str_eq(got, cases[i].expected, "%s\n  got      %s", cases[i].text, got);
    }
    leat_arena_fini(&arena);
}

#define CHECK_BOUND(...)                                                                           \
    do {                                                                                           \
        static const expr_case cases_[] = {__VA_ARGS__};                                           \
        check_bound(cases_, LEAT_COUNT_OF(cases_));                                                \
    } while (0)

Test(binder, conversions_are_made_visible_and_constants_folded)
{
    CHECK_BOUND({"id", "id: bigint not null"}, {"i + 1", "i + 1: int not null"},
                {"i + id", "CAST(i AS bigint) + id: bigint not null"},
                {"amount > 100", "amount > 100.00: boolean"},
                {"100 < amount", "amount > 100.00: boolean"},
                {"amount * 100", "amount * 100: decimal(15,2)"},
                {"amount + i", "amount + CAST(i AS decimal(12,2)): decimal(13,2)"},
                {"amount / 3", "amount / 3: decimal(26,16)"},
                {"d + amount", "d + CAST(amount AS double): double"},
                {"1 + 2 * 3", "7: int not null"}, {"'a' || 1", "'a1': string not null"},
                {"ts > '2020-01-01'", "ts > TIMESTAMP '2020-01-01 00:00:00': boolean"},
                {"ts - interval '1' hour", "ts - INTERVAL '01:00:00': timestamp"},
                {"i between 1 and 5", "i >= 1 AND i <= 5: boolean not null"},
                {"i in (1, 2, null)", "NULL OR i IN (1, 2): boolean"},
                {"nullif(card, '')", "CASE WHEN card = '' THEN NULL ELSE card END: string"},
                {"case when ok then 1 else 2.5 end",
                 "CASE WHEN ok THEN 1.0 ELSE 2.5 END: decimal(2,1) not null"},
                {"coalesce(card, 'none')", "coalesce(card, 'none'): string not null"},
                {"coalesce(null, i)", "coalesce(NULL, i): int not null"}, {"null + 1", "NULL: int"},
                {"null", "NULL: string"}, {"extract(year from ts)", "extract('year', ts): bigint"},
                {"extract(second from ts)", "extract('second', ts): decimal(8,6)"},
                {"round(amount, 1)", "round(amount, 1): decimal(12,1)"},
                {"amount::int", "CAST(amount AS int): int"},
                {"amount::decimal(12,2)", "amount: decimal(12,2)"},
                {"ok is true", "ok IS TRUE: boolean not null"}, {"input.card", "card: string"}, );
}

Test(binder, names_match_exactly_then_without_case)
{
    CHECK_BOUND({"country", "Country: string"}, {"COUNTRY", "Country: string"},
                {"CARD", "card: string"}, );
}

Test(binder, errors_name_what_is_there)
{
    CHECK_BOUND(
        {"contry", "1: there is no column 'contry', did you mean 'Country'?"},
        {"i + zzzzzz", "5: there is no column 'zzzzzz'"},
        {"other.card", "1: unknown input 'other', expected 'input'"},
        {"uper(card)", "1: there is no function 'uper', did you mean 'upper'?"},
        {"upper(i)", "1: there is no upper(int), there is upper(string)"},
        {"card + 1", "1: there is no string + int: CAST one side to fit"},
        {"upper(card, card)", "1: there is no upper(string, string), there is upper(string)"},
        {"1 / 0", "1: this always fails: division by zero"},
        {"'abc'::int", "1: this always fails: the text is not an int"},
        {"ts > 'yesterday'", "1: this always fails: the text is not a timestamp"},
        {"ts::boolean", "1: there is no cast from timestamp to boolean"},
        {"case when i then 1 end", "11: the condition of WHEN must be boolean"},
        {"case when ok then 1 else card end", "1: int and string have no type in common"},
        {"coalesce(i, ts)", "1: int and timestamp have no type in common"},
        {"count(*)", "1: the aggregate count may not stand here"},
        {"upper(card) filter (where ok)", "1: FILTER belongs to an aggregate, and upper is none"},
        {"extract(yer from ts)",
         "1: extract: unknown field, expected microsecond, millisecond, second, minute, hour, day, "
         "week, month, quarter, year, isoyear, dow, isodow, doy or epoch"},
        {"date_trunc(card, ts)", "1: date_trunc: the field must be a constant"},
        {"card like 'a\\'", "1: like: the pattern must not end with the escape character"}, );
}

Test(binder, everything_wrong_is_said_at_once)
{
    leat_arena arena = {0};
    leat_bytes text = LEAT_BYTES("nope1 + nope2 * upper(nope3)");
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, &arena, "t", text);
    leat_source_text source = {text, {3, 11, 0}, true, 0};
    leat_expr *expr = leat_expr_parse(source, &arena, &diagnostics);
    leat_binder binder = {
        .arena = &arena, .schema = payments(), .source = source, .diagnostics = &diagnostics};

    cr_expect_null(leat_bind(&binder, expr));

    cr_expect_eq(diagnostics.error_count, 3);
    cr_expect_eq(diagnostics.entries.items[1].place.line, 3);
    cr_expect_eq(diagnostics.entries.items[1].place.column, 19);
    leat_diagnostics_fini(&diagnostics);
    leat_arena_fini(&arena);
}

/* Binds the items of a grouped processor over group key `country`; "items | aggregates", or the
 * first error. */
static const char *grouped(const char *text, leat_arena *arena)
{
    leat_bytes bytes = leat_bytes_text(text);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "t", bytes);
    leat_source_text source = {bytes, {1, 1, 0}, true, 0};
    leat_binder binder = {
        .arena = arena, .schema = payments(), .source = source, .diagnostics = &diagnostics};
    uint32_t count = 0;
    leat_select_item *items = leat_select_parse(source, arena, &diagnostics, &count);
    leat_bound_aggregates aggregates = {0};
    leat_buf out = {0};
    for (uint32_t i = 0; i < count; i++) {
        leat_bound *bound = leat_bind_grouped(&binder, items[i].expr,
                                              leat_test_schema("country string"), 1, &aggregates);
        leat_buf_add_text(&out, i > 0 ? ", " : "");
        if (bound != NULL)
            leat_bound_print(bound, NULL, &out);
    }
    leat_buf_print(&out, " | %u", aggregates.count);
    for (uint32_t i = 0; i < aggregates.count; i++) {
        leat_buf_add_text(&out, " ");
        leat_type_print(aggregates.items[i].type, &out);
    }
    const char *result = leat_arena_text(arena, leat_buf_bytes(&out));
    if (diagnostics.error_count > 0)
        result = diagnostics.entries.items[0].message;
    leat_buf_fini(&out);
    leat_diagnostics_fini(&diagnostics);
    return result;
}

Test(binder, aggregates_are_collected_once_and_become_columns)
{
    static const expr_case cases[] = {
        {"country, count(*), sum(amount)", "\"$0\", \"$1\", \"$2\" | 2 bigint decimal(38,2)"},
        {"sum(i) / count(*), count(*)", "\"$1\" / \"$2\", \"$2\" | 2 bigint bigint"},
        {"sum(id), avg(i), avg(amount), avg(d)",
         "\"$1\", \"$2\", \"$3\", \"$4\" | 4 decimal(38,0) decimal(38,16) decimal(38,16) double"},
        {"min(card), max(ts)", "\"$1\", \"$2\" | 2 string timestamp"},
        {"count(*) filter (where ok), count(*)", "\"$1\", \"$2\" | 2 bigint bigint"},
        {"upper(country) || 'x'", "upper(\"$0\") || 'x' | 0"},
        {"card", "column 'card' is neither a group key nor inside an aggregate"},
        {"sum(sum(i))", "the aggregate sum may not stand here"},
        {"sum(card)", "there is no sum of string"},
        {"max(ok)", "there is no max of boolean"},
        {"sum(*)", "only count takes *"},
        {"count(distinct card), count(card)", "\"$1\", \"$2\" | 2 bigint bigint"},
        {"count(id, card), count(distinct card, id)", "\"$1\", \"$2\" | 2 bigint bigint"},
        {"string_agg(card, ',' order by id), string_agg(card, ',')",
         "\"$1\", \"$2\" | 2 string string"},
        {"percentile_disc(0.5) within group (order by ts)", "\"$1\" | 1 timestamp"},
        {"percentile_cont(array[0.25, 0.5]) within group (order by i)", "\"$1\" | 1 array<double>"},
        {"array_agg(id), jsonb_agg(id), bool_or(ok), variance(i)",
         "\"$1\", \"$2\", \"$3\", \"$4\" | 4 array<bigint> json boolean decimal(38,16)"},
        {"percentile_cont(1.5) within group (order by i)",
         "the fraction of percentile_cont is a constant from 0 to 1, or an array of them"},
        {"percentile_cont(d) within group (order by i)",
         "the fraction of percentile_cont is a constant from 0 to 1, or an array of them"},
        {"mode(i)", "mode takes no argument: mode() WITHIN GROUP (ORDER BY any)"},
        {"mode()", "mode needs WITHIN GROUP (ORDER BY ...): mode() WITHIN GROUP (ORDER BY any)"},
        {"sum(i) within group (order by i)", "sum takes no WITHIN GROUP"},
        {"string_agg(distinct card, ',' order by id)",
         "with DISTINCT, string_agg orders by its arguments"},
        {"string_agg(id, ',')", "there is no string_agg of bigint"},
        {"percentile_cont(0.5) within group (order by card)",
         "there is no percentile_cont of string"},
        {"sum(i, i)", "sum takes one argument: sum(number or interval)"},
        {"sum(i) filter (where i)", "a condition must be boolean, this is int"},
    };
    leat_arena arena = {0};

    for (size_t i = 0; i < LEAT_COUNT_OF(cases); i++) {
        const char *got = grouped(cases[i].text, &arena);
        cr_expect_str_eq(got, cases[i].expected, "%s: got %s", cases[i].text, got);
    }
    leat_arena_fini(&arena);
}

static leat_bound *bound_of(const char *text, const leat_schema *schema, leat_arena *arena)
{
    const char *error = NULL;
    leat_bound *bound = expr_bound(text, schema, arena, &error);
    cr_assert_not_null(bound, "%s: %s", text, error);
    return bound;
}

Test(bound, uses_and_remap_follow_columns)
{
    leat_arena arena = {0};
    leat_bound *bound = bound_of("amount > 10 and upper(card) = 'X'", payments(), &arena);
    bool uses[8] = {false};
    const uint32_t map[8] = {0, 5, 2, 7, 4, 5, 6, 7};

    leat_bound_uses(bound, uses);
    leat_bound *moved = leat_bound_remap(bound, map, &arena);

    cr_expect(!uses[0] && uses[1] && !uses[2] && uses[3] && !uses[4]);
    leat_buf out = {0};
    leat_bound_print(moved, NULL, &out);
    cr_expect_str_eq(leat_buf_text(&out), "\"$7\" > 10.00 AND upper(\"$5\") = 'X'");
    leat_buf_fini(&out);
    leat_arena_fini(&arena);
}

static const char *const wire_texts[] = {
    "amount * 1.5 > 100 or card like 'a%' and not ok",
    "case when i = 0 then null else id / i end",
    "extract(epoch from ts) + date_part('year', ts)::int",
    "coalesce(card, upper(country), 'a text of more than twelve bytes')",
    "i in (1, 2, 3) and ts - interval '1 day' > '2020-01-01'",
    "d + 1e300 > 0 and ok is not true and round(amount, 1) = 2",
    "amount::string || i || true",
    "null",
    "-99999999999999999999999999999999999999 < d",
};

Test(bound, what_is_decoded_equals_what_was_encoded)
{
    leat_arena arena = {0};
    for (size_t i = 0; i < LEAT_COUNT_OF(wire_texts); i++) {
        leat_bound *bound = bound_of(wire_texts[i], payments(), &arena);
        leat_buf bytes = {0};
        leat_bound_encode(bound, &bytes);
        leat_cursor cursor = leat_cursor_over(leat_buf_bytes(&bytes));
        leat_bound *decoded = NULL;
        leat_error err = {0};

        leat_code code = leat_bound_decode(&cursor, &arena, &decoded, &err);

        cr_assert_eq(code, LEAT_OK, "%s: %s", wire_texts[i], err.text);
        cr_expect(leat_bound_equal(bound, decoded), "%s", wire_texts[i]);
        cr_expect(leat_bound_fits(decoded, payments()));
        cr_expect_eq(cursor.at, cursor.end);
        leat_buf_fini(&bytes);
    }
    leat_arena_fini(&arena);
}

/* A changed expression may still be a sound one: then it must run. */
static void run_if_sound(leat_bound *bound, leat_arena *arena)
{
    if (!leat_bound_fits(bound, payments()))
        return;
    leat_batch *batch = BATCH("id bigint, card string, Country string, amount decimal(12,2), i "
                              "int, d double, ts timestamp, ok boolean",
                              "1, a, b, 1.50, 0, 2.5, 2020-01-01 00:00:00, true",
                              "null, null, null, null, null, null, null, null");
    const leat_program *program = leat_program_compile(&bound, 1, payments(), arena);
    leat_eval *eval = leat_eval_new(program, 2);
    leat_column column;
    leat_eval_errors errors;
    leat_eval_run(eval, leat_batch_rows(batch), &column, &errors);
    leat_eval_free(&eval);
    leat_batch_unref(&batch);
}

Test(bound, cut_and_changed_bytes_are_refused_or_run)
{
    leat_arena arena = {0};
    leat_prng prng = {11};
    for (size_t i = 0; i < LEAT_COUNT_OF(wire_texts); i++) {
        leat_buf bytes = {0};
        leat_bound_encode(bound_of(wire_texts[i], payments(), &arena), &bytes);
        for (size_t cut = 0; cut < bytes.size; cut++) {
            leat_cursor cursor = leat_cursor_over(leat_bytes_of(bytes.data, cut));
            leat_bound *decoded = NULL;
            leat_code code = leat_bound_decode(&cursor, &arena, &decoded, NULL);
            cr_expect_eq(code, LEAT_CORRUPT, "%s cut at %zu", wire_texts[i], cut);
        }
        for (int round = 0; round < 400; round++) {
            size_t at = leat_prng_below(&prng, bytes.size);
            char kept = bytes.data[at];
            bytes.data[at] = (char)(kept ^ (1 << leat_prng_below(&prng, 8)));
            leat_cursor cursor = leat_cursor_over(leat_buf_bytes(&bytes));
            leat_bound *decoded = NULL;
            if (leat_bound_decode(&cursor, &arena, &decoded, NULL) == LEAT_OK)
                run_if_sound(decoded, &arena);
            bytes.data[at] = kept;
        }
        leat_buf_fini(&bytes);
        leat_arena_reset(&arena);
    }
    leat_arena_fini(&arena);
}
