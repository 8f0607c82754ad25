/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "common/sql/sql.h"
#include "common/sql/syntax.h"

static const char tables[] =
    "CREATE TABLE bid (auction BIGINT NOT NULL, price BIGINT, at TIMESTAMP(3),\n"
    "  cents AS price * 100, WATERMARK FOR at AS at - INTERVAL '4' SECOND,\n"
    "  PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'x', 'a' = '1');\n";

typedef struct told {
    leat_arena arena;
    leat_buf text; /* what was said, then what was answered, `|` between cells */
    const leat_logical_plan *plan;
} told;

static void put_answer(const leat_sql_answer *answer, leat_buf *out)
{
    leat_buf_print(out, "%.*s", LEAT_FMT(answer->text));
    for (uint32_t r = 0; r < answer->row_count; r++)
        for (uint32_t c = 0; c < answer->column_count; c++)
            leat_buf_print(out, "%.*s%c",
                           LEAT_FMT(answer->cells[(size_t)r * answer->column_count + c]),
                           c + 1 == answer->column_count ? '\n' : '|');
}

static told tell_with(const char *script, leat_sql_config config)
{
    told t = {0};
    leat_buf text = {0};
    leat_sql_answers answers = {0};
    leat_diagnostics diagnostics;
    leat_buf_add_text(&text, tables);
    leat_buf_add_text(&text, script);
    config.answers = &answers;
    leat_diagnostics_init(&diagnostics, &t.arena, "q", leat_buf_bytes(&text));
    t.plan = leat_sql_load(leat_buf_bytes(&text), &config, &t.arena, &diagnostics);
    for (size_t i = 0; i < diagnostics.entries.count; i++)
        leat_buf_print(&t.text, "%u:%u: %s\n", diagnostics.entries.items[i].place.line - 3,
                       diagnostics.entries.items[i].place.column,
                       diagnostics.entries.items[i].message);
    for (size_t i = 0; i < answers.items.count; i++)
        put_answer(&answers.items.items[i], &t.text);
    leat_vec_fini(&answers.items);
    leat_diagnostics_fini(&diagnostics);
    leat_buf_fini(&text);
    return t;
}

static void forget(told *t)
{
    leat_buf_fini(&t->text);
    leat_arena_fini(&t->arena);
}

static void expect_told(const char *script, const char *expected)
{
    told t = tell_with(script, (leat_sql_config){0});
    cr_expect_str_eq(leat_buf_text(&t.text), expected, "%s:\n%s", script, leat_buf_text(&t.text));
    forget(&t);
}

static void expect_mentioned(const char *script, const char *expected)
{
    told t = tell_with(script, (leat_sql_config){0});
    cr_expect_not_null(strstr(leat_buf_text(&t.text), expected), "%s:\n%s", script,
                       leat_buf_text(&t.text));
    forget(&t);
}

Test(statements, show_lists_what_is_there_by_pattern_and_kind)
{
    expect_told("CREATE VIEW cheap AS SELECT * FROM bid WHERE price < 10;\n"
                "CREATE MATERIALIZED VIEW seen AS SELECT count(*) AS n FROM bid; SHOW TABLES;",
                "bid|table\ncheap|view\nseen|materialized view\n");
    expect_told("CREATE VIEW cheap AS SELECT * FROM bid; SHOW TABLES LIKE 'B%'", "bid|table\n");
    expect_told("CREATE VIEW cheap AS SELECT * FROM bid; SHOW VIEWS", "cheap|view\n");
    expect_told("SHOW TABLES NOT LIKE '%i_'", "");
    expect_mentioned("SHOW FUNCTIONS LIKE 'upper'", "upper|");
}

Test(statements, what_cannot_be_shown_is_suggested)
{
    expect_mentioned("SHOW TABELS", "1:1: 'tabels' cannot be shown");
    expect_mentioned("SHOW TABELS", "did you mean 'tables'?");
}

Test(statements, describe_gives_types_keys_computed_columns_and_watermarks)
{
    expect_told(
        "DESCRIBE bid",
        "auction|bigint|false|PRI||\nprice|bigint|true|||\n"
        "at|timestamp|true|||at - INTERVAL '4' SECOND\ncents|bigint|true||AS price * 100|\n");
    expect_told("CREATE VIEW v AS SELECT upper('a') AS u, auction FROM bid; DESC v",
                "u|string|false|||\nauction|bigint|false|||\n");
    expect_mentioned("DESCRIBE bidd", "there is no table or view 'bidd', did you mean 'bid'?");
}

Test(statements, a_view_goes_on_reading_what_is_renamed_or_dropped)
{
    expect_told("CREATE VIEW a AS SELECT auction FROM bid; CREATE VIEW b AS SELECT * FROM a;\n"
                "ALTER VIEW a RENAME TO c; DROP TABLE bid; DESC b; SHOW TABLES",
                "auction|bigint|false|||\nc|view\nb|view\n");
}

Test(statements, a_name_that_was_dropped_or_renamed_is_free_and_unknown)
{
    expect_mentioned("ALTER TABLE bid RENAME TO offer; SELECT * FROM bid",
                     "1:48: there is no table or view 'bid'");
    expect_told("DROP TABLE bid; CREATE TABLE bid (x INT) WITH ('connector' = 'y'); DESC bid",
                "x|int|true|||\n");
}

Test(statements, drop_names_the_right_kind_and_may_miss)
{
    expect_mentioned("DROP VIEW bid", "1:11: 'bid' is a table, not a view");
    expect_mentioned("DROP TABLE bit", "there is no table or view 'bit', did you mean 'bid'?");
    expect_told("DROP TABLE IF EXISTS bit", "");
}

Test(statements, or_replace_replaces_and_if_not_exists_leaves)
{
    expect_told("CREATE VIEW v AS SELECT 1 AS a FROM bid;\n"
                "CREATE OR REPLACE VIEW v AS SELECT 1 AS b FROM bid;\n"
                "CREATE VIEW IF NOT EXISTS v AS SELECT 1 AS c FROM bid; DESC v",
                "b|int|false|||\n");
    expect_mentioned("CREATE VIEW bid AS SELECT 1 AS a FROM bid", "1:13: 'bid' is there already");
}

Test(statements, alter_table_changes_columns)
{
    expect_told("ALTER TABLE bid ADD COLUMN extra STRING; ALTER TABLE bid DROP COLUMN cents;\n"
                "ALTER TABLE bid RENAME price TO cost; SHOW COLUMNS FROM bid LIKE '%t'",
                "cost|bigint|true|||\nat|timestamp|true|||at - INTERVAL '4' SECOND\n");
    expect_mentioned("ALTER TABLE bid DROP COLUMN prize", "did you mean 'price'?");
    expect_mentioned("ALTER TABLE bid RESET ('b')", "the table has no option 'b'");
}

Test(statements, like_takes_over_what_it_is_told_to)
{
    expect_told("CREATE TABLE b (extra STRING) WITH ('a' = '2') LIKE bid (EXCLUDING GENERATED\n"
                "EXCLUDING CONSTRAINTS); DESC b",
                "auction|bigint|false|||\nprice|bigint|true|||\n"
                "at|timestamp|true|||at - INTERVAL '4' SECOND\nextra|string|true|||\n");
    expect_mentioned("CREATE TABLE b LIKE bid (EXCLUDING OPTION)",
                     "1:36: expected ALL, CONSTRAINTS, GENERATED, METADATA, OPTIONS or WATERMARKS");
    told t = tell_with("CREATE TABLE b WITH ('a' = '2') LIKE bid; SELECT price FROM b",
                       (leat_sql_config){0});
    cr_assert_not_null(t.plan, "%s", leat_buf_text(&t.text));
    cr_assert_eq(t.plan->nodes[0].option_count, 1);
    cr_expect(leat_bytes_equal(t.plan->nodes[0].options[0].value, LEAT_BYTES("2")));
    forget(&t);
}

Test(statements, set_and_reset_are_shown_and_unknown_ones_suggested)
{
    expect_mentioned("SET 'state.ttl' = '2 h'; SET parallelism = 3; SET", "state.ttl|2 h\n");
    expect_mentioned("SET 'parallelism.default' = 3; SET", "parallelism|3\n");
    expect_mentioned("SET 'parallelism' = '3'; RESET parallelism; SET", "parallelism|0\n");
    expect_mentioned("SET 'parallelism' = '3'; RESET; SHOW SETTINGS", "parallelism|0\n");
    expect_mentioned("SET 'state.tll' = '1h'; SET", "did you mean 'state.ttl'?");
    expect_mentioned("SET 'state.ttl' = 'long'", "1:19: 'state.ttl': expected a duration");
    expect_mentioned("SET 'sql.dialect' = 'oracle'", "expected 'postgres' or 'flink'");
}

Test(statements, state_that_can_grow_for_ever_is_refused_with_both_ways_out)
{
    const char *query = "SELECT auction, count(*) FROM bid GROUP BY auction";
    expect_mentioned(query, "the aggregate result/group3 keeps one row for every key it ever sees");
    expect_mentioned(query, "SET 'state.ttl' = '1 d'");
    expect_mentioned(query, "SET 'state.unbounded' = 'allow'");

    told ttl = tell_with("SET 'state.ttl' = '1 d'; SELECT auction, count(*) FROM bid GROUP BY "
                         "auction",
                         (leat_sql_config){0});
    cr_expect_not_null(ttl.plan, "%s", leat_buf_text(&ttl.text));
    forget(&ttl);
    told allowed = tell_with("SET 'state.unbounded' = 'allow'; SELECT auction, count(*) FROM bid "
                             "GROUP BY auction",
                             (leat_sql_config){0});
    cr_expect_not_null(allowed.plan, "%s", leat_buf_text(&allowed.text));
    forget(&allowed);
}

Test(statements, one_row_over_everything_does_not_grow)
{
    told t = tell_with("SELECT count(*), sum(price), max(price) FROM bid", (leat_sql_config){0});
    cr_expect_not_null(t.plan, "%s", leat_buf_text(&t.text));
    forget(&t);
    expect_mentioned("SELECT max(n) FROM (SELECT count(*) AS n FROM bid) t",
                     "keeps every row it ever sees");
}

Test(statements, explain_tells_plans_changes_state_and_guarantees)
{
    const char *query = "EXPLAIN SELECT auction, count(*) AS n FROM bid GROUP BY auction";
    expect_mentioned(query, "as written\n");
    expect_mentioned(query, "result/group3: +I -U +U -D");
    expect_mentioned(query, "bid/source: +I, one row per auction\n");
    expect_mentioned(query, "unbounded: every group ever seen");
    expect_mentioned(query, "result (print): at least once");
    expect_mentioned(query, "keeps one row for every key it ever sees");
    expect_mentioned("EXPLAIN PLAN FOR SELECT price FROM bid", "as it runs\n");
    expect_mentioned("EXPLAIN JSON_EXECUTION_PLAN SELECT price FROM bid", "{\"");
    expect_mentioned("EXPLAIN CHANGELOG_MOD SELECT price FROM bid",
                     "did you mean 'changelog_mode'?");
}

Test(statements, explaining_leaves_nothing_in_the_job)
{
    told t =
        tell_with("EXPLAIN SELECT auction FROM bid; SELECT price FROM bid", (leat_sql_config){0});
    cr_assert_not_null(t.plan);
    cr_expect_eq(t.plan->node_count, 4); /* source, computed columns, select, sink */
    forget(&t);
}

Test(statements, nothing_is_answered_where_nobody_listens)
{
    leat_arena arena = {0};
    leat_sql_config config = {0};
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, &arena, "q", LEAT_BYTES("SHOW TABLES"));

    cr_expect_null(leat_sql_load(LEAT_BYTES("SHOW TABLES"), &config, &arena, &diagnostics));

    cr_assert_eq(diagnostics.error_count, 1);
    cr_expect_not_null(strstr(diagnostics.entries.items[0].message, "see `leat sql`"));
    leat_diagnostics_fini(&diagnostics);
    leat_arena_fini(&arena);
}

Test(statements, what_is_settled_neither_runs_nor_asks)
{
    const char script[] = "SHOW TABLES; SELECT auction FROM bid; SET parallelism = 2;\n";
    leat_sql_config config = {.settled = (uint32_t)(sizeof tables + sizeof script - 2)};
    leat_buf text = {0};
    leat_buf_print(&text, "%sSELECT price FROM bid", script);

    told t = tell_with(leat_buf_text(&text), config);

    cr_assert_not_null(t.plan, "%s", leat_buf_text(&t.text));
    cr_expect_str_eq(leat_buf_text(&t.text), "");
    cr_expect_eq(t.plan->parallelism, 2);
    cr_expect_eq(t.plan->node_count, 4);
    forget(&t);
    leat_buf_fini(&text);
}

Test(statements, a_kept_view_is_a_result_under_its_name)
{
    told t = tell_with("CREATE MATERIALIZED VIEW v AS SELECT price FROM bid",
                       (leat_sql_config){.keeps_views = true});
    cr_assert_not_null(t.plan, "%s", leat_buf_text(&t.text));
    const leat_logical_node *sink = &t.plan->nodes[t.plan->node_count - 1];
    cr_expect_eq(sink->kind, LEAT_LOGICAL_SINK);
    cr_expect(leat_bytes_equal(sink->name, LEAT_BYTES("v")));
    forget(&t);
}

Test(statements, a_statement_ends_at_its_own_semicolon)
{
    cr_expect_eq(leat_sql_statement_size(LEAT_BYTES("SELECT ';' -- ;\n; SELECT")), 17);
    cr_expect_eq(leat_sql_statement_size(LEAT_BYTES("SELECT 'a;")), 0);
    cr_expect_eq(leat_sql_statement_size(LEAT_BYTES("SELECT /* ;")), 0);
    cr_expect_eq(leat_sql_statement_size(LEAT_BYTES("SELECT 1")), 0);
    cr_expect_eq(leat_sql_statement_size(LEAT_BYTES("SELECT ?; 2")), 9);
    const char set[] = "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT CASE WHEN b THEN 1 END "
                       "FROM c; END;";
    cr_expect_eq(leat_sql_statement_size(leat_bytes_text(set)), sizeof set - 1);
}
