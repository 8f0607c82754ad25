/* SPDX-License-Identifier: Apache-2.0
 *
 * Scripts that nobody means well: cut off, too deep, too long.
 */
#include <criterion/criterion.h>

#include "common/sql/sql.h"
#include "common/sql/syntax.h"

static const char script[] =
    "SET 'state.unbounded' = 'allow'; -- a remark\n"
    "CREATE TEMPORARY TABLE bid (auction BIGINT NOT NULL, price DECIMAL(10,2), `at` TIMESTAMP(3),\n"
    "  day AS date_format(`at`, 'yyyy-MM-dd'), PRIMARY KEY (auction) NOT ENFORCED,\n"
    "  WATERMARK FOR `at` AS `at` - INTERVAL '4' SECOND) WITH ('connector' = 'x');\n"
    "CREATE TABLE sink (a BIGINT, s DOUBLE) WITH ('connector' = 'y');\n"
    "CREATE OR REPLACE VIEW v AS SELECT auction, price FROM bid WHERE price BETWEEN 1 AND 2.5e1;\n"
    "EXECUTE STATEMENT SET BEGIN\n"
    "INSERT INTO sink SELECT auction, CAST(price AS DOUBLE) FROM v WHERE auction IN (1, 2);\n"
    "END;\n"
    "SELECT window_start, count(*) FILTER (WHERE price > 1) AS n, CASE WHEN max(price) > 3 THEN\n"
    "'x''y' ELSE NULL END FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(`at`), INTERVAL '1' MINUTE))\n"
    "GROUP BY window_start, window_end HAVING count(*) > 1;\n"
    "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) r\n"
    "FROM bid) t WHERE r <= 1 /* the best */;\n"
    "EXPLAIN SELECT a.auction FROM bid a LEFT JOIN v ON a.auction = v.auction ORDER BY 1 LIMIT 3;\n"
    "ALTER VIEW v RENAME TO w; DESCRIBE w; SHOW TABLES LIKE 'b%'; DROP VIEW w;";

/* Whether it was accepted; what was refused must have been said. */
static bool load(leat_bytes text)
{
    leat_arena arena = {0};
    leat_sql_answers answers = {0};
    leat_sql_config config = {.answers = &answers};
    leat_diagnostics said;
    leat_diagnostics_init(&said, &arena, "q", text);
    const leat_logical_plan *plan = leat_sql_load(text, &config, &arena, &said);
    bool is_fine = said.error_count == 0;
    cr_assert(is_fine || plan == NULL);
    leat_vec_fini(&answers.items);
    leat_diagnostics_fini(&said);
    leat_arena_fini(&arena);
    return is_fine;
}

Test(hostile, every_prefix_of_a_script_is_accepted_or_refused, .timeout = 60)
{
    size_t accepted = 0;
    for (size_t size = 0; size < sizeof script; size++) {
        accepted += load(leat_bytes_of(script, size));
        cr_assert_leq(leat_sql_statement_size(leat_bytes_of(script, size)), size);
    }
    cr_expect(load(leat_bytes_of(script, sizeof script - 1)));
    cr_expect_gt(accepted, 10); /* at least behind every semicolon */
}

Test(hostile, a_byte_that_is_missing_is_no_harm, .timeout = 60)
{
    char text[sizeof script];
    for (size_t at = 0; at + 1 < sizeof script; at += 3) {
        memcpy(text, script, at);
        memcpy(text + at, script + at + 1, sizeof script - at - 1);
        (void)load(leat_bytes_of(text, sizeof script - 2));
    }
}

static void expect_refused(const char *before, const char *again, size_t count, const char *after)
{
    leat_buf text = {0};
    leat_buf_add_text(&text, before);
    for (size_t i = 0; i < count; i++)
        leat_buf_add_text(&text, again);
    leat_buf_add_text(&text, after);
    cr_expect_not(load(leat_buf_bytes(&text)), "%s%s...", before, again);
    leat_buf_fini(&text);
}

Test(hostile, what_is_nested_too_deeply_is_refused, .timeout = 60)
{
    expect_refused("SELECT ", "(", 100000, "1");
    expect_refused("SELECT ", "- ", 300000, "1");
    expect_refused("SELECT ", "NOT ", 200000, "true");
    expect_refused("SELECT 1 ", "UNION ALL SELECT 1 ", 50000, "");
    expect_refused("", "SELECT * FROM (", 60000, "SELECT 1");
    expect_refused("SELECT 1 FROM a ", "JOIN a ON true ", 60000, "");
    expect_refused("SELECT ", "CASE WHEN ", 100000, "1");
    expect_refused("SELECT ", "EXISTS (SELECT ", 60000, "1");
    expect_refused("SELECT 1 WHERE ", "1 IN (SELECT ", 60000, "1");
    expect_refused("", "EXPLAIN ", 100000, "SELECT 1");
}

Test(hostile, a_megabyte_of_values_takes_bounded_time, .timeout = 60)
{
    leat_buf text = {0};
    leat_buf_add_text(&text, "SELECT * FROM (VALUES (1)");
    while (text.size < (1 << 20) - 100)
        leat_buf_add_text(&text, ", (1)");
    leat_buf_add_text(&text, ") t(a);");

    (void)load(leat_buf_bytes(&text)); /* too many or not: it comes back */

    leat_buf_clear(&text);
    leat_buf_add_text(&text, "SELECT 1");
    while (text.size < (1 << 20) - 100)
        leat_buf_add_text(&text, " OR 1 = 2 AND 'a' LIKE 'b'");
    (void)load(leat_buf_bytes(&text));
    leat_buf_clear(&text);
    while (text.size < (1 << 20) - 100)
        leat_buf_add_text(&text, "SHOW TABLES; ");
    (void)load(leat_buf_bytes(&text));
    leat_buf_clear(&text);
    while (text.size <= (1 << 20))
        leat_buf_add_text(&text, "SELECT 'a'; ");
    cr_expect_not(load(leat_buf_bytes(&text)));
    leat_buf_fini(&text);
}
