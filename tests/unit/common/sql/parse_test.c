/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/syntax.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/prng.h"

/* The canonical text of what was parsed, or the first error as `column: message`. */
static const char *parsed(leat_arena *arena, leat_bytes text, bool is_select)
{
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "test.sql", text);
    leat_source_text source = {text, {1, 1, 0}, true, 0};
    leat_buf out = {0};
    if (is_select) {
        uint32_t count = 0;
        leat_select_item *items = leat_select_parse(source, arena, &diagnostics, &count);
        for (uint32_t i = 0; i < count; i++) {
            leat_buf_add_text(&out, i > 0 ? ", " : "");
            leat_expr_print(items[i].expr, &out);
            leat_buf_print(&out, " AS %.*s", LEAT_FMT(items[i].alias));
        }
    } else {
        leat_expr *expr = leat_expr_parse(source, arena, &diagnostics);
        if (expr != NULL)
            leat_expr_print(expr, &out);
    }
    if (diagnostics.error_count > 0) {
        leat_buf_clear(&out);
        leat_buf_print(&out, "%u: %s", diagnostics.entries.items[0].place.column,
                       diagnostics.entries.items[0].message);
    }
    const char *result = leat_arena_text(arena, leat_buf_bytes(&out));
    leat_buf_fini(&out);
    leat_diagnostics_fini(&diagnostics);
    return result;
}

typedef struct parse_case {
    const char *text;
    const char *expected;
} parse_case;

static void check_cases(const parse_case *cases, size_t count, bool is_select)
{
    leat_arena arena = {0};
    for (size_t i = 0; i < count; i++) {
        const char *got = parsed(&arena, leat_bytes_text(cases[i].text), is_select);
        cr_expect_str_eq(got, cases[i].expected, "%s\n  got      %s\n  expected %s", cases[i].text,
                         got, cases[i].expected);
    }
    leat_arena_fini(&arena);
}

#define CHECK_CASES(cases, is_select) check_cases((cases), LEAT_COUNT_OF(cases), (is_select))

Test(parse, literals_print_as_they_are_meant)
{
    static const parse_case cases[] = {
        {"1", "1"},
        {"007", "7"},
        {"1.50", "1.50"},
        {".5", "0.5"},
        {"5.", "5"},
        {"1e3", "1000e0"},
        {"-2147483648", "-2147483648"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"- (3)", "-3"},
        {"99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
        {"'it''s'", "'it''s'"},
        {"''", "''"},
        {"TRUE", "true"},
        {"null", "NULL"},
        {"timestamp '2015-09-12 00:46:58.771'", "TIMESTAMP '2015-09-12 00:46:58.771'"},
        {"TIMESTAMP '2015-09-12T00:46:58Z'", "TIMESTAMP '2015-09-12 00:46:58'"},
        {"interval '5' second", "INTERVAL '00:00:05'"},
        {"INTERVAL '5 minutes'", "INTERVAL '00:05:00'"},
    };
    CHECK_CASES(cases, false);
}

Test(parse, precedence_is_that_of_postgresql)
{
    static const parse_case cases[] = {
        {"1 + 2 * 3", "1 + 2 * 3"},
        {"(1 + 2) * 3", "(1 + 2) * 3"},
        {"1 - (2 - 3)", "1 - (2 - 3)"},
        {"1 - 2 - 3", "1 - 2 - 3"},
        {"((a))", "a"},
        {"a or b and c", "a OR b AND c"},
        {"(a or b) and c", "(a OR b) AND c"},
        {"not a = b", "NOT a = b"},
        {"not a and b", "NOT a AND b"},
        {"a = b is null", "a = b IS NULL"},
        {"a = (b is null)", "a = (b IS NULL)"},
        {"a || b + c", "a || b + c"},
        {"(a || b) + c", "(a || b) + c"},
        {"a ~ '^x' and b !~* 'y'", "a ~ '^x' AND b !~* 'y'"},
        {"a->'b'->>'c' = 'd'", "a -> 'b' ->> 'c' = 'd'"},
        {"a & 1 + 2 = b << 1", "a & 1 + 2 = b << 1"},
        {"a >> 1 = 2", "a >> 1 = 2"},
        {"-a ^ 2 * 3", "- a ^ 2 * 3"},
        {"a ^ (b * c)", "a ^ (b * c)"},
        {"~a | b", "~ a | b"},
        {"a ilike 'x%' or b", "a ILIKE 'x%' OR b"},
        {"- a * b", "- a * b"},
        {"-(a * b)", "- (a * b)"},
        {"-1::bigint", "- CAST(1 AS bigint)"},
        {"a::int::text", "CAST(CAST(a AS int) AS string)"},
        {"a between 1 and 2 and b", "a BETWEEN 1 AND 2 AND b"},
        {"a between 1 + 1 and 2 or b", "a BETWEEN 1 + 1 AND 2 OR b"},
        {"a in (1, 2, x + 1)", "a IN (1, 2, x + 1)"},
        {"a not in (1)", "NOT a IN (1)"},
        {"a not like 'x%'", "NOT a LIKE 'x%'"},
        {"a like 'x!%' escape '!'", "a LIKE 'x!%' ESCAPE '!'"},
        {"a is not distinct from b", "a IS NOT DISTINCT FROM b"},
        {"a is true or b is not false", "a IS TRUE OR b IS NOT FALSE"},
        {"a <> b", "a <> b"},
        {"a != b", "a <> b"},
    };
    CHECK_CASES(cases, false);
}

Test(parse, names_calls_and_cases)
{
    static const parse_case cases[] = {
        {"orders.amount", "orders.amount"},
        {"\"Total amount\"", "\"Total amount\""},
        {"`order`", "\"order\""},
        {"\"case\"", "\"case\""},
        {"timestamp", "timestamp"},
        {"interval + filter", "interval + filter"},
        {"naïve", "\"naïve\""},
        {"Upper(country)", "upper(country)"},
        {"now_like()", "now_like()"},
        {"count(*)", "count(*)"},
        {"count(distinct a)", "count(DISTINCT a)"},
        {"sum(x) filter (where y > 1)", "sum(x) FILTER (WHERE y > 1)"},
        {"extract(YEAR from ts)", "extract('year', ts)"},
        {"position('a' in b || c)", "position('a', b || c)"},
        {"cast(a as decimal(12, 2))", "CAST(a AS decimal(12,2))"},
        {"a::double precision", "CAST(a AS double)"},
        {"a::timestamp", "CAST(a AS timestamp)"},
        {"case when a then 1 else 2 end", "CASE WHEN a THEN 1 ELSE 2 END"},
        {"case a when 1 then 'x' when 2 then 'y' end",
         "CASE WHEN a = 1 THEN 'x' WHEN a = 2 THEN 'y' END"},
        {"a -- to the end\n + /* in between */ b", "a + b"},
    };
    CHECK_CASES(cases, false);
}

Test(parse, a_select_list_names_its_items)
{
    static const parse_case cases[] = {
        {"card, upper(country) AS country, amount x", "card AS card, upper(country) AS country, "
                                                      "amount AS x"},
        {"*", "* AS "},
        {"a.b", "a.b AS b"},
        {"a + 1, count(*), case when x then 1 end", "a + 1 AS col1, count(*) AS count, CASE WHEN x "
                                                    "THEN 1 END AS col3"},
        {"interval '1' hour, ts", "INTERVAL '01:00:00' AS col1, ts AS ts"},
    };
    CHECK_CASES(cases, true);
}

Test(parse, errors_say_what_was_there_and_what_was_expected)
{
    static const parse_case cases[] = {
        {"", "1: unexpected end of the expression, expected an expression"},
        {"a +", "4: unexpected end of the expression, expected an expression"},
        {"a + * b", "5: unexpected '*', expected an expression"},
        {"(a", "3: unexpected end of the expression, expected ')', ',' or an operator"},
        {"a b", "3: unexpected 'b', expected end of the expression or an operator"},
        {"a = b = c", "7: unexpected '=', expected end of the expression or an operator"},
        {"upper(a", "8: unexpected end of the expression, expected ORDER, ')', ',' or an operator"},
        {"case a end", "8: unexpected 'end', expected WHEN or an operator"},
        {"cast(a bigint)", "8: unexpected 'bigint', expected AS or an operator"},
        {"a ; b", "3: unexpected ';', expected end of the expression or an operator"},
        {"'open", "1: a quote is not closed, expected '"},
        {"/* open", "3: a comment is not closed, expected '*/'"},
        {"12abc", "1: a number runs into a name: '12a'"},
        {"a \x01", "3: unexpected byte 0x01"},
        {"999999999999999999999999999999999999999", "1: a number has at most 38 digits"},
    };
    CHECK_CASES(cases, false);
}

Test(parse, an_unknown_type_is_named)
{
    leat_arena arena = {0};

    const char *got = parsed(&arena, LEAT_BYTES("cast(a as bigit)"), false);

    cr_expect(strstr(got, "bigit") != NULL, "%s", got);
    cr_expect(strncmp(got, "11: ", 4) == 0, "%s", got);
    leat_arena_fini(&arena);
}

static leat_bytes repeated(leat_arena *arena, const char *open, size_t count, const char *close)
{
    leat_buf text = {0};
    for (size_t i = 0; i < count; i++)
        leat_buf_add_text(&text, open);
    leat_buf_add_text(&text, "a");
    for (size_t i = 0; i < count; i++)
        leat_buf_add_text(&text, close);
    leat_bytes kept = leat_arena_bytes(arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return kept;
}

Test(parse, deep_nesting_is_refused_and_long_chains_of_and_are_not)
{
    leat_arena arena = {0};

    const char *sum = parsed(&arena, repeated(&arena, "1 + ", 5000, ""), false);
    const char *nots = parsed(&arena, repeated(&arena, "not ", 300, ""), false);
    const char *parentheses = parsed(&arena, repeated(&arena, "(", 100000, ")"), false);
    const char *ands = parsed(&arena, repeated(&arena, "a and ", 5000, ""), false);

    cr_expect(strstr(sum, "nested too deeply") != NULL);
    cr_expect(strstr(nots, "nested too deeply") != NULL);
    cr_expect(strstr(parentheses, "nested too deeply") != NULL);
    cr_expect(strncmp(ands, "a AND a AND a", 13) == 0);
    leat_arena_fini(&arena);
}

/* What prints must parse to what prints the same. */
Test(parse, canonical_text_is_a_fixed_point)
{
    static const char *const texts[] = {
        "(a or b) and not (c is null) or x between 1 and (2 + 3) * 4",
        "case when a in (1, 2) then 'x' || \"Y\" else cast(z as string) end",
        "- (- a) - (-(b - c)) * (d % e)",
        "((a = b) = c) is distinct from (d like 'x%' escape '!')",
        "sum(a.b) filter (where not (x = y)) / count(distinct `select`)",
        "(a || b) || (c || (d || e))",
        "(not a) is null",
        "((a is null) = b) in (c = d, (e in (f)))",
    };
    leat_arena arena = {0};

    for (size_t i = 0; i < LEAT_COUNT_OF(texts); i++) {
        const char *once = parsed(&arena, leat_bytes_text(texts[i]), false);
        const char *twice = parsed(&arena, leat_bytes_text(once), false);
        cr_expect_str_eq(once, twice);
        cr_expect(strchr(once, ':') == NULL, "%s", once);
    }
    leat_arena_fini(&arena);
}

/* Random words and random bytes: an answer or an error, never a crash. */
Test(parse, any_bytes_give_an_answer_or_an_error)
{
    static const char *const words[] = {
        "a",    "1",       "'x'", "(",    ")",   ",",    "and",  "or",   "not",      "case",
        "when", "between", "in",  "like", "end", "is",   "null", "::",   "interval", "filter",
        "*",    "1e5",     "||",  "-",    ".",   "then", "else", "\"q\""};
    leat_prng prng = {7};
    leat_arena arena = {0};

    for (int round = 0; round < 3000; round++) {
        char text[256];
        size_t size = 0;
        while (size < 120) {
            const char *word = words[leat_prng_below(&prng, LEAT_COUNT_OF(words))];
            if (round % 3 == 0)
                text[size++] = (char)leat_prng_next(&prng);
            else
                size += (size_t)snprintf(text + size, sizeof text - size, "%s ", word);
        }
        cr_assert_not_null(parsed(&arena, leat_bytes_of(text, size), round % 2 == 0));
        leat_arena_reset(&arena);
    }
    leat_arena_fini(&arena);
}
