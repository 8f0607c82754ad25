/* SPDX-License-Identifier: Apache-2.0
 *
 * Scripts to plans: parsing, the catalog, lowering and answers. A script that is accepted becomes a
 * plan that travels and is the same.
 */
#include "common/plan/check.h"
#include "common/plan/rewrite.h"
#include "common/sql/print.h"
#include "common/sql/sql.h"
#include "common/sql/syntax.h"
#include "tests/fuzz/fuzz.h"

enum { LEAT_SQL_PRINTED_MAX = 1 << 17 }; /* a text that is printed is longer */

#define TABLES                                                                                     \
    "CREATE TABLE bid (auction BIGINT NOT NULL, bidder INT, price DECIMAL(10,2), url STRING,\n"    \
    "  at TIMESTAMP(3), day AS to_char(at, 'YYYY-MM-DD'),\n"                                       \
    "  WATERMARK FOR at AS at - INTERVAL '4' SECOND) WITH ('connector' = 'x');\n"                  \
    "CREATE TABLE auction (id BIGINT PRIMARY KEY NOT ENFORCED, at TIMESTAMP(3), seller TEXT,\n"    \
    "  WATERMARK FOR at AS at) WITH ('connector' = 'x', 'n' = 3);\n"

static const char *const scripts[] = {
    TABLES "SELECT auction, upper(url) || 'x' AS u FROM bid WHERE price > 10 AND url LIKE 'a%';",
    TABLES "SELECT bidder, count(*) FILTER (WHERE price > 1), sum(price) FROM bid GROUP BY bidder\n"
           "HAVING count(*) > 2 ORDER BY 2 DESC LIMIT 3;",
    TABLES
    "SELECT window_start, max(price) FROM TABLE(HOP(TABLE bid, DESCRIPTOR(at), INTERVAL '2'\n"
    "SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end;",
    TABLES "SELECT a.seller, b.price FROM auction a LEFT JOIN bid b ON a.id = b.auction;",
    TABLES "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY auction ORDER BY price DESC)\n"
           "AS r FROM bid) t WHERE r <= 3;",
    TABLES "WITH w AS (SELECT auction FROM bid) SELECT * FROM w WHERE auction IN (SELECT id FROM\n"
           "auction WHERE seller = 's') UNION ALL SELECT 1;",
    TABLES "CREATE VIEW v AS SELECT auction, at FROM bid; ALTER VIEW v RENAME TO w; SHOW TABLES;\n"
           "DESCRIBE w; EXPLAIN SELECT CASE WHEN auction = 1 THEN 'a' ELSE 'b' END FROM w;",
    TABLES "CREATE TABLE o (a BIGINT, s STRING) WITH ('connector' = 'y');\n"
           "EXECUTE STATEMENT SET BEGIN INSERT INTO o SELECT auction, url FROM bid;\n"
           "INSERT INTO o (a) SELECT id FROM auction; END;",
    TABLES
    "CREATE TABLE l (x INT) WITH ('a' = 'b') LIKE bid (EXCLUDING OPTIONS); SET 'state.ttl' =\n"
    "'1 h'; RESET; DROP TABLE IF EXISTS l; SHOW CREATE TABLE bid;",
    TABLES
    "SELECT auction, sum(price) OVER (ORDER BY at ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)\n"
    "FROM bid;",
    "SELECT * FROM (VALUES (1, 'a'), (2, NULL)) t(a, b) WHERE a NOT IN (3, 4);",
};

static const char *const words[] = {"SELECT ",
                                    " FROM ",
                                    " WHERE ",
                                    " GROUP BY ",
                                    " ORDER BY ",
                                    " HAVING ",
                                    " LIMIT 1",
                                    " UNION ALL ",
                                    " EXCEPT ",
                                    " JOIN ",
                                    " LEFT JOIN ",
                                    " ON ",
                                    " USING (",
                                    "(",
                                    ")",
                                    ",",
                                    ";",
                                    "'",
                                    "\"",
                                    "`",
                                    "--",
                                    "/*",
                                    "*/",
                                    "*",
                                    ".",
                                    "::int",
                                    "[1]",
                                    " AS ",
                                    "count(*)",
                                    "sum(",
                                    " OVER (",
                                    "PARTITION BY ",
                                    "CASE WHEN ",
                                    " END",
                                    "NULL",
                                    "INTERVAL '1' DAY",
                                    "bid",
                                    "auction",
                                    "at",
                                    "TABLE(",
                                    "TUMBLE(",
                                    "EXPLAIN ",
                                    "CREATE VIEW x AS ",
                                    "DROP TABLE bid;",
                                    "ALTER TABLE bid ",
                                    "SHOW TABLES;",
                                    "WITH a AS (",
                                    "EXISTS (",
                                    " IN (",
                                    " NOT ",
                                    " IS ",
                                    "1e400",
                                    "99999999999999999999",
                                    "ROLLUP (",
                                    " EMIT ON WINDOW CLOSE",
                                    "DISTINCT ",
                                    "VALUES ",
                                    "LATERAL ",
                                    "unnest(",
                                    NULL};

static void seed(leat_fuzz_seeds *seeds)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(scripts); i++)
        leat_fuzz_seed_text(seeds, scripts[i]);
}

static void check_plan(const leat_logical_plan *written, leat_arena *arena)
{
    leat_buf text = {0}, wire = {0};
    leat_error err = {0};
    const leat_physical_plan *plan = leat_physical_of(leat_rewrite(written, arena), arena);
    const leat_physical_plan *decoded;
    leat_code code = leat_plan_check(plan, &err);
    LEAT_ASSERT(code == LEAT_OK);
    leat_logical_print(written, &text);
    leat_physical_print(plan, &text);
    leat_plan_encode(plan, &wire);
    code = leat_plan_decode(leat_buf_bytes(&wire), arena, &decoded, &err);
    LEAT_ASSERT(code == LEAT_OK);
    leat_buf_fini(&text);
    leat_buf_fini(&wire);
}

static const leat_sql_script *parse(leat_bytes text, leat_arena *arena)
{
    leat_diagnostics unheard;
    leat_diagnostics_init(&unheard, arena, "", text);
    const leat_sql_script *script =
        leat_sql_parse((leat_source_text){text, {1, 1, 0}, true, 0}, arena, &unheard);
    leat_diagnostics_fini(&unheard);
    return script;
}

/* The plan of a script as text; empty when there is none. */
static void print_plan(leat_bytes script, leat_arena *arena, leat_buf *out)
{
    leat_sql_answers answers = {0};
    leat_sql_config config = {.allows_unbounded_state = true, .answers = &answers};
    leat_diagnostics unheard;
    leat_diagnostics_init(&unheard, arena, "", script);
    const leat_logical_plan *plan = leat_sql_load(script, &config, arena, &unheard);
    if (plan != NULL)
        leat_logical_print(plan, out);
    leat_vec_fini(&answers.items);
    leat_diagnostics_fini(&unheard);
}

/* What was printed means the same. */
static void check_meaning(leat_bytes written, leat_bytes printed, leat_arena *arena)
{
    leat_buf first = {0}, second = {0};
    print_plan(written, arena, &first);
    print_plan(printed, arena, &second);
    LEAT_ASSERT(leat_bytes_equal(leat_buf_bytes(&first), leat_buf_bytes(&second)));
    leat_buf_fini(&first);
    leat_buf_fini(&second);
}

/* What can be parsed can be printed, and what was printed parsed to the same. */
static void check_print(leat_bytes input, leat_arena *arena)
{
    leat_buf first = {0}, second = {0};
    const leat_sql_script *script = parse(input, arena);
    if (script != NULL && input.size < LEAT_SQL_PRINTED_MAX) {
        leat_sql_print_script(script, &first);
        const leat_sql_script *again = parse(leat_buf_bytes(&first), arena);
        LEAT_ASSERT(again != NULL);
        leat_sql_print_script(again, &second);
        LEAT_ASSERT(leat_bytes_equal(leat_buf_bytes(&first), leat_buf_bytes(&second)));
        check_meaning(input, leat_buf_bytes(&first), arena);
    }
    leat_buf_fini(&first);
    leat_buf_fini(&second);
}

static bool run(leat_bytes input)
{
    leat_arena arena = {0};
    leat_sql_answers answers = {0};
    leat_sql_config config = {.allows_unbounded_state = true, .answers = &answers};
    leat_diagnostics said;
    leat_buf text = {0};
    leat_diagnostics_init(&said, &arena, "script.sql", input);
    const leat_logical_plan *plan = leat_sql_load(input, &config, &arena, &said);
    bool is_fine = said.error_count == 0;
    LEAT_ASSERT(is_fine || plan == NULL);
    leat_diagnostics_print(&said, &text);
    if (plan != NULL)
        check_plan(plan, &arena);
    LEAT_ASSERT(leat_sql_statement_size(input) <= input.size);
    check_print(input, &arena);
    leat_vec_fini(&answers.items);
    leat_diagnostics_fini(&said);
    leat_buf_fini(&text);
    leat_arena_fini(&arena);
    return is_fine;
}

const leat_fuzz_target leat_fuzz_sql = {.name = "sql", .seed = seed, .run = run, .words = words};
