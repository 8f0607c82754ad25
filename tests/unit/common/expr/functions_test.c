/* SPDX-License-Identifier: Apache-2.0
 *
 * Results are PostgreSQL 15's, character by character; only the words of errors are our own.
 */
#include "tests/unit/common/expr/both_ways.h"

#define CHECK_BOTH_WAYS(cases) check_both_ways((cases), LEAT_COUNT_OF(cases))

Test(functions, functions_of_text)
{
    static const expr_case cases[] = {
        {"upper('straße x')", "STRAßE X"},
        {"lower('ABC xyz')", "abc xyz"},
        {"length('naïve')", "5"},
        {"char_length('日本語')", "3"},
        {"octet_length('日本語')", "9"},
        {"substring('abcdef', 3)", "cdef"},
        {"substring('abcdef', -1, 4)", "ab"},
        {"substr('abcdef', 2, 3)", "bcd"},
        {"substring('日本語です', 2, 2)", "本語"},
        {"substring('abc', 5)", ""},
        {"substring('abc', 2, -1)", "1: this always fails: negative substring length"},
        {"left('abcdef', 2)", "ab"},
        {"left('abcdef', -2)", "abcd"},
        {"left('abc', 10)", "abc"},
        {"right('abcdef', 2)", "ef"},
        {"right('abcdef', -2)", "cdef"},
        {"right('日本語', 1)", "語"},
        {"trim('  x y  ')", "x y"},
        {"btrim('xyxtrimyyx', 'xy')", "trim"},
        {"ltrim('zzzytest', 'xyz')", "test"},
        {"rtrim('testxxzx', 'xyz')", "test"},
        {"rtrim('naïïï', 'ï')", "na"},
        {"'a' || 'b' || 1", "ab1"},
        {"concat('a', null, 1, true)", "a1true"},
        {"concat(null, null)", ""},
        {"replace('abcdefabcdef', 'cd', 'XX')", "abXXefabXXef"},
        {"replace('aaa', 'a', 'bb')", "bbbbbb"},
        {"replace('abc', '', 'x')", "abc"},
        {"position('b' in 'abc')", "2"},
        {"position('' in 'abc')", "1"},
        {"position('語' in '日本語')", "3"},
        {"strpos('high', 'ig')", "2"},
        {"starts_with('alphabet', 'alph')", "true"},
        {"split_part('a,b,c', ',', 2)", "b"},
        {"split_part('a,b,c', ',', -1)", "c"},
        {"split_part('a,b,c', ',', 5)", ""},
        {"split_part('a,b,c', ',', 0)", "1: this always fails: field position must not be zero"},
        {"split_part('abc~@~def~@~ghi', '~@~', 2)", "def"},
        {"split_part('abc', '', 1)", "abc"},
        {"reverse('abcde')", "edcba"},
        {"reverse('日本')", "本日"},
        {"repeat('Pg', 4)", "PgPgPgPg"},
        {"repeat('x', -1)", ""},
        {"lpad('hi', 5, 'xy')", "xyxhi"},
        {"lpad('hello', 2)", "he"},
        {"rpad('hi', 5, 'xy')", "hixyx"},
        {"rpad('hi', 5)", "hi   "},
        {"lpad('日', 3, '本')", "本本日"},
    };
    CHECK_BOTH_WAYS(cases);
}

Test(functions, functions_that_search)
{
    static const expr_case cases[] = {
        {"'abc' like 'abc'", "true"},
        {"'abc' like 'a%'", "true"},
        {"'abc' like '_b_'", "true"},
        {"'abc' like 'c'", "false"},
        {"'abc' like '%b%'", "true"},
        {"'abc' like '%c'", "true"},
        {"'a%c' like 'a\\%c'", "true"},
        {"'abc' like 'a\\%c'", "false"},
        {"'a_c' like 'a!_c' escape '!'", "true"},
        {"'日本' like '__'", "true"},
        {"'aXbXc' like 'a%X%c'", "true"},
        {"'mississippi' like '%iss%ip%'", "true"},
        {"'mississippi' like '%iss%ix%'", "false"},
        {"'' like '%'", "true"},
        {"'' like ''", "true"},
        {"'' like '_'", "false"},
        {"'100%' like '100\\%'", "true"},
        {"'abc' not like '%d%'", "true"},
    };
    CHECK_BOTH_WAYS(cases);
}

Test(functions, functions_of_numbers)
{
    static const expr_case cases[] = {
        {"coalesce(null, 'x')", "x"},
        {"nullif('a', 'a')", "NULL"},
        {"greatest('a', 'c', 'b')", "c"},
        {"least(3, 1, null, 2)", "1"},
        {"abs(-17.4)", "17.4"},
        {"floor(-42.8)", "-43"},
        {"ceil(-42.8)", "-42"},
        {"ceiling(95.3)", "96"},
        {"round(42.4382, 2)", "42.44"},
        {"round(42.4382)", "42"},
        {"round(-2.5)", "-3"},
        {"round(2.5)", "3"},
        {"round(1234.56, -2)", "1200"},
        {"round(0.5)", "1"},
        {"trunc(42.8)", "42"},
        {"trunc(-42.8)", "-42"},
        {"sign(-8.4)", "-1"},
        {"mod(9, 4)", "1"},
        {"mod(-9, 4)", "-1"},
        {"mod(7.5, 2)", "1.5"},
        {"power(9, 3)", "729"},
        {"sqrt(2)", "1.4142135623730951"},
        {"sqrt(-1)", "1: this always fails: square root of a negative number"},
        {"exp(1::double precision)", "2.718281828459045"},
        {"ln(2::double precision)", "0.6931471805599453"},
        {"log10(1000::double precision)", "3"},
        {"ln(0::double precision)", "1: this always fails: logarithm of zero or a negative number"},
        {"power(0::double precision, -1)", "1: this always fails: zero raised to a negative power"},
        {"floor(-1.5::double precision)", "-2"},
        {"round(2.5::double precision)", "2"},
        {"round(-1.5::double precision)", "-2"},
        {"1.5 + 2.25", "3.75"},
        {"1.10 - 1.1", "0.00"},
        {"1.5 * 2.25", "3.375"},
        {"-5 / 2", "-2"},
        {"-5 % 3", "-2"},
        {"5 / 0", "1: this always fails: division by zero"},
        {"5.0 / 0", "1: this always fails: division by zero"},
        {"1e308::double precision * 10", "1: this always fails: double out of range"},
        {"2147483647 + 1", "1: this always fails: int out of range"},
        {"9223372036854775807 + 1::bigint", "1: this always fails: bigint out of range"},
        {"(-2147483648) / (-1)", "1: this always fails: int out of range"},
        {"'NaN'::double precision = 'NaN'::double precision", "true"},
        {"'NaN'::double precision > 1e308", "true"},
    };
    CHECK_BOTH_WAYS(cases);
}

Test(functions, functions_of_times)
{
    static const expr_case cases[] = {
        {"date_trunc('hour', timestamp '2001-02-16 20:38:40.123456')", "2001-02-16 20:00:00"},
        {"date_trunc('day', timestamp '1969-12-31 20:38:40')", "1969-12-31 00:00:00"},
        {"date_trunc('week', timestamp '2001-02-16 20:38:40')", "2001-02-12 00:00:00"},
        {"date_trunc('week', timestamp '1969-12-29 00:00:00')", "1969-12-29 00:00:00"},
        {"date_trunc('month', timestamp '2001-02-16 20:38:40')", "2001-02-01 00:00:00"},
        {"date_trunc('quarter', timestamp '2001-06-16 20:38:40')", "2001-04-01 00:00:00"},
        {"date_trunc('year', timestamp '2001-02-16 20:38:40')", "2001-01-01 00:00:00"},
        {"date_trunc('milliseconds', timestamp '2001-02-16 20:38:40.123456')",
         "2001-02-16 20:38:40.123"},
        {"date_trunc('second', timestamp '2001-02-16 20:38:40.123456')", "2001-02-16 20:38:40"},
        {"date_trunc('minute', timestamp '2001-02-16 20:38:40.123456')", "2001-02-16 20:38:00"},
        {"extract(year from timestamp '2001-02-16 20:38:40.12')", "2001"},
        {"extract(quarter from timestamp '2001-02-16 20:38:40.12')", "1"},
        {"extract(month from timestamp '2001-02-16 20:38:40.12')", "2"},
        {"extract(week from timestamp '2001-02-16 20:38:40.12')", "7"},
        {"extract(week from timestamp '2005-01-01 00:00:00')", "53"},
        {"extract(isoyear from timestamp '2005-01-01 00:00:00')", "2004"},
        {"extract(day from timestamp '2001-02-16 20:38:40.12')", "16"},
        {"extract(hour from timestamp '2001-02-16 20:38:40.12')", "20"},
        {"extract(minute from timestamp '2001-02-16 20:38:40.12')", "38"},
        {"extract(second from timestamp '2001-02-16 20:38:40.12')", "40.120000"},
        {"extract(milliseconds from timestamp '2001-02-16 20:38:40.12')", "40120.000"},
        {"extract(microseconds from timestamp '2001-02-16 20:38:40.12')", "40120000"},
        {"extract(dow from timestamp '2001-02-16 20:38:40.12')", "5"},
        {"extract(dow from timestamp '1969-12-28 00:00:00')", "0"},
        {"extract(isodow from timestamp '2001-02-18 20:38:40')", "7"},
        {"extract(doy from timestamp '2000-12-31 20:38:40')", "366"},
        {"extract(epoch from timestamp '2001-02-16 20:38:40.12')", "982355920.120000"},
        {"extract(epoch from timestamp '1960-01-01 00:00:00')", "-315619200.000000"},
        {"extract(epoch from interval '1 day 2 hours')", "93600.000000"},
        {"extract(epoch from interval '1 year 2 months')", "36741600.000000"},
        {"extract(hour from interval '1 day 26 hours')", "26"},
        {"date_part('year', timestamp '2001-02-16 20:38:40')", "2001"},
        {"date_part('second', timestamp '2001-02-16 20:38:40.5')", "40.5"},
        {"timestamp '2001-01-31 10:00:00' + interval '1 month'", "2001-02-28 10:00:00"},
        {"timestamp '2000-02-29 10:00:00' + interval '1 year'", "2001-02-28 10:00:00"},
        {"timestamp '2001-03-31 00:00:00' - interval '1 month'", "2001-02-28 00:00:00"},
        {"timestamp '2001-02-16 20:38:40' + interval '1 day 2 hours'", "2001-02-17 22:38:40"},
        {"interval '5 minutes' + timestamp '2001-02-16 20:38:40'", "2001-02-16 20:43:40"},
        {"timestamp '2001-02-16 20:38:40' - timestamp '2001-01-01 00:00:00'", "46 days 20:38:40"},
        {"timestamp '2001-01-01 00:00:00' - timestamp '2001-02-16 20:38:40'", "-46 days -20:38:40"},
        {"interval '1 day' + interval '90 minutes'", "1 day 01:30:00"},
        {"interval '1 hour' * 36", "36:00:00"},
        {"2 * interval '90 minutes'", "03:00:00"},
        {"interval '1 month' = interval '30 days'", "true"},
        {"interval '1 day' > interval '23 hours'", "true"},
        {"to_timestamp(1442018818)::timestamp", "2015-09-12 00:46:58"},
    };
    CHECK_BOTH_WAYS(cases);
}

Test(functions, casts_choices_and_logic)
{
    static const expr_case cases[] = {
        {"cast('12.345' as decimal(5,2))", "12.35"},
        {"cast(12.345 as decimal(4,1))", "12.3"},
        {"cast(1234.5 as decimal(4,1))", "1: this always fails: decimal out of range"},
        {"cast('1e2' as double precision)", "100"},
        {"cast('yes' as boolean)", "true"},
        {"cast('maybe' as boolean)", "1: this always fails: the text is not a boolean"},
        {"cast(2.5 as int)", "3"},
        {"cast(-2.5 as int)", "-3"},
        {"cast(2.5::double precision as int)", "2"},
        {"cast(3.5::double precision as int)", "4"},
        {"cast(true as int)", "1"},
        {"cast(7 as boolean)", "true"},
        {"cast(timestamp '2001-02-16 20:38:40.120' as text)", "2001-02-16 20:38:40.12"},
        {"cast(interval '1 year 2 mons 3 days 04:05:06.5' as text)",
         "1 year 2 mons 3 days 04:05:06.5"},
        {"cast(0.1::double precision + 0.2::double precision as text)", "0.30000000000000004"},
        {"cast('abc' as int)", "1: this always fails: the text is not an int"},
        {"cast('99999999999' as int)", "1: this always fails: the text is not an int"},
        {"case when 1 = 2 then 'a' when 2 = 2 then 'b' else 'c' end", "b"},
        {"case 3 when 1 then 'one' else 'many' end", "many"},
        {"3 in (1, 2, 3)", "true"},
        {"3 not in (1, 2)", "true"},
        {"3 in (1, null)", "NULL"},
        {"5 between 1 and 10", "true"},
        {"null is null", "true"},
        {"1 is distinct from null", "true"},
        {"not null", "NULL"},
        {"true and null", "NULL"},
        {"false and null", "false"},
        {"true or null", "true"},
    };
    CHECK_BOTH_WAYS(cases);
}
Test(functions, strict_ones_give_null_for_null)
{
    CHECK_EXPRS(BATCH("s string, i int, t timestamp", "null, null, null"), {"upper(s)", "NULL"},
                {"s || 'x'", "NULL"}, {"left(s, 2)", "NULL"}, {"extract(year from t)", "NULL"},
                {"date_trunc('day', t)", "NULL"}, {"t + interval '1 day'", "NULL"},
                {"sqrt(i)", "NULL"}, {"s like '%'", "NULL"}, {"concat(s, 'x')", "x"},
                {"greatest(i, 3)", "3"}, {"s::int", "NULL"}, );
}

/* Every row of the registry is whole, and every name is in the table for people. */
Test(functions, the_registry_is_complete_and_documented)
{
    leat_buf table = {0};
    leat_functions_print(&table);
    const char *text = leat_buf_text(&table);
    for (uint32_t id = 0; id < leat_function_count(); id++) {
        const leat_function *function = leat_function_at((leat_function_id)id);
        leat_buf signature = {0};
        leat_function_signature_print(function, &signature);
        cr_expect(function->kernel != NULL || function->form == LEAT_FORM_COALESCE);
        /* without arguments only what the clock answers */
        cr_expect(function->argument_count > 0 || function->nulls == LEAT_NULLS_NEVER);
        cr_expect(strlen(function->summary) > 2, "%s", function->name);
        bool has_bar = strchr(function->name, '|') != NULL; /* stands with a backslash */
        cr_expect(has_bar || strstr(text, leat_buf_text(&signature)) != NULL, "%s", function->name);
        leat_buf_fini(&signature);
    }
    leat_buf_fini(&table);
}
