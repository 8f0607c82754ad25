/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/print.h"

#include <criterion/criterion.h>

#include "common/sql/sql.h"
#include "common/sql/syntax.h"

static const leat_sql_script *parse(leat_bytes text, leat_arena *arena)
{
    leat_diagnostics said;
    leat_diagnostics_init(&said, arena, "", text);
    const leat_sql_script *script = leat_sql_parse(
        (leat_source_text){.text = text, .place = {1, 1, 0}, .is_literal = true}, arena, &said);
    cr_assert_not_null(script, "%.*s: %s", LEAT_FMT(text),
                       said.entries.count > 0 ? said.entries.items[0].message : "");
    leat_diagnostics_fini(&said);
    return script;
}

/* What is printed, and printed the same after it was parsed again. */
static void expect_printed(const char *written, const char *expected)
{
    leat_arena arena = {0};
    leat_buf first = {0};
    leat_buf second = {0};
    leat_sql_print_script(parse(leat_bytes_text(written), &arena), &first);
    leat_sql_print_script(parse(leat_buf_bytes(&first), &arena), &second);
    cr_expect_str_eq(leat_buf_text(&first), expected, "%s:\n%s", written, leat_buf_text(&first));
    cr_expect_str_eq(leat_buf_text(&second), leat_buf_text(&first));
    leat_buf_fini(&first);
    leat_buf_fini(&second);
    leat_arena_fini(&arena);
}

Test(print, operators_stand_in_parentheses_that_say_how_they_bind)
{
    expect_printed("SELECT a + b * -c, NOT a OR b AND c IS NULL",
                   "SELECT (a + (b * (- c))), ((NOT a) OR (b AND (c IS NULL)));\n");
    expect_printed("select a not in (1, 2), b like 'x%' escape '!', c between 1 and 2 + 3",
                   "SELECT (NOT (a IN (1, 2))), (b LIKE 'x%' ESCAPE '!'), (c BETWEEN 1 AND (2 + "
                   "3));\n");
}

Test(print, names_are_quoted_where_they_must_be)
{
    expect_printed("SELECT `a b` AS \"select\", t.* FROM \"T\" t",
                   "SELECT \"a b\" AS \"select\", t.* FROM T AS t;\n");
}

Test(print, both_spellings_of_a_window_print_the_same)
{
    const char *printed = "SELECT * FROM tumble(bid, at, INTERVAL '00:01:00');\n";
    expect_printed("SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(at), INTERVAL '1' MINUTE))",
                   printed);
    expect_printed("SELECT * FROM TUMBLE(bid, at, INTERVAL '1 minute')", printed);
    expect_printed("SELECT * FROM SESSION(bid PARTITION BY (a, b), at, INTERVAL '1 minute') s",
                   "SELECT * FROM session(bid PARTITION BY ROW(a, b), at, INTERVAL '00:01:00') AS "
                   "s;\n");
}

Test(print, calls_keep_what_belongs_to_them)
{
    expect_printed("SELECT count(DISTINCT a) FILTER (WHERE b > 1), string_agg(a, ',' ORDER BY b "
                   "DESC NULLS LAST), percentile_cont(0.5) WITHIN GROUP (ORDER BY c), sum(a) OVER "
                   "(PARTITION BY b ORDER BY c ROWS 2 PRECEDING), lag(a) OVER w FROM t WINDOW w AS "
                   "(ORDER BY b)",
                   "SELECT count(DISTINCT a) FILTER (WHERE (b > 1)), string_agg(a, ',' ORDER BY b "
                   "DESC NULLS LAST), percentile_cont(0.5) WITHIN GROUP (ORDER BY c), sum(a) OVER ("
                   " PARTITION BY b ORDER BY c ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), lag(a) "
                   "OVER w FROM t WINDOW w AS ( ORDER BY b);\n");
}

Test(print, queries_nest_as_they_were_read)
{
    expect_printed(
        "WITH a(x) AS (SELECT 1) SELECT * FROM a UNION ALL (SELECT 2 ORDER BY 1 LIMIT 3) "
        "EXCEPT VALUES (1), (2)",
        "WITH a(x) AS (SELECT 1) SELECT * FROM a UNION ALL (SELECT 2 ORDER BY 1 LIMIT 3) "
        "EXCEPT VALUES (1), (2);\n");
    expect_printed("SELECT * FROM a LEFT JOIN (b JOIN c USING (x)) ON a.x = b.x, d NATURAL JOIN e",
                   "SELECT * FROM a LEFT JOIN (b JOIN c USING (x)) ON (a.x = b.x) CROSS JOIN (d "
                   "NATURAL JOIN e);\n");
    expect_printed("SELECT a FROM t WHERE a = ANY (SELECT b FROM u) AND EXISTS (SELECT 1)",
                   "SELECT a FROM t WHERE ((a = ANY (SELECT b FROM u)) AND EXISTS (SELECT 1));\n");
    expect_printed("SELECT a, b FROM t GROUP BY GROUPING SETS ((a, b), a, ()), ROLLUP (a)",
                   "SELECT a, b FROM t GROUP BY GROUPING SETS ((a, b), a, ()), ROLLUP (a);\n");
}

Test(print, statements_are_printed_too)
{
    expect_printed(
        "create temporary table if not exists t (a int primary key not enforced, b "
        "numeric(10,2) not null, c as a+1, watermark for at as at - interval '5' second "
        "idle after interval '1' minute) with ('k' = 'v''w', n = 3) like u (excluding "
        "options)",
        "CREATE TEMPORARY TABLE IF NOT EXISTS t (a int PRIMARY KEY NOT ENFORCED, b "
        "decimal(10,2) NOT NULL, c AS (a + 1), WATERMARK FOR at AS (at - INTERVAL "
        "'00:00:05') IDLE AFTER INTERVAL '00:01:00') WITH ('k' = 'v''w', 'n' = '3') LIKE "
        "u (excluding options);\n");
    expect_printed(
        "alter table t rename a to b; alter view v as select 1; alter table t set ('a' = "
        "'b'); alter table t add c int; alter table t drop column d; alter table if "
        "exists t rename to u",
        "ALTER table t RENAME COLUMN a TO b;\nALTER view v AS SELECT 1;\nALTER table t "
        "SET ('a' = 'b');\nALTER table t ADD (c int);\nALTER table t DROP (d);\nALTER "
        "table IF EXISTS t RENAME TO u;\n");
    expect_printed("explain plan for execute statement set begin insert into a select 1; end; show "
                   "tables not like 'a%'; set x.y = 3; reset; desc t; use catalog c",
                   "EXPLAIN EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; END;\nSHOW tables "
                   "NOT LIKE 'a%';\nSET 'x.y' = '3';\nRESET;\nDESCRIBE t;\nUSE catalog c;\n");
}

Test(print, show_create_gives_the_table_as_it_is_now)
{
    leat_arena arena = {0};
    leat_sql_answers answers = {0};
    leat_sql_config config = {.answers = &answers};
    const char *script = "CREATE TABLE t (a INT) WITH ('connector' = 'x');\n"
                         "ALTER TABLE t ADD b STRING; ALTER TABLE t RENAME TO u;\n"
                         "SHOW CREATE TABLE u";
    leat_diagnostics said;
    leat_diagnostics_init(&said, &arena, "", leat_bytes_text(script));
    (void)leat_sql_load(leat_bytes_text(script), &config, &arena, &said);
    cr_assert_eq(answers.items.count, 1);
    cr_expect(leat_bytes_equal(
        answers.items.items[0].text,
        LEAT_BYTES("CREATE TABLE u (a int, b string) WITH ('connector' = 'x');\n")));
    leat_diagnostics_fini(&said);
    leat_vec_fini(&answers.items);
    leat_arena_fini(&arena);
}
