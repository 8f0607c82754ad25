/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/sql.h"

#include <criterion/criterion.h>

#include "common/plan/check.h"
#include "common/plan/rewrite.h"

static const char tables[] =
    "CREATE TABLE bid (auction BIGINT, price BIGINT, at TIMESTAMP(3),\n"
    "  WATERMARK FOR at AS at - INTERVAL '4' SECOND) WITH ('connector' = 'x');\n"
    "CREATE TABLE auction (id BIGINT, at TIMESTAMP(3), seller TEXT,\n"
    "  WATERMARK FOR at AS at) WITH ('connector' = 'x');\n";

typedef struct loaded {
    leat_arena arena;
    leat_buf said;
    const leat_logical_plan *plan;
} loaded;

static loaded load(const char *query)
{
    loaded l = {0};
    leat_buf text = {0};
    leat_diagnostics diagnostics;
    leat_sql_config config = {.allows_unbounded_state = true};
    leat_buf_add_text(&text, tables);
    leat_buf_add_text(&text, query);
    leat_diagnostics_init(&diagnostics, &l.arena, "q", leat_buf_bytes(&text));
    l.plan = leat_sql_load(leat_buf_bytes(&text), &config, &l.arena, &diagnostics);
    for (size_t i = 0; i < diagnostics.entries.count; i++)
        leat_buf_print(&l.said, "%u:%u: %s\n", diagnostics.entries.items[i].place.line,
                       diagnostics.entries.items[i].place.column,
                       diagnostics.entries.items[i].message);
    leat_diagnostics_fini(&diagnostics);
    leat_buf_fini(&text);
    return l;
}

static void unload(loaded *l)
{
    leat_buf_fini(&l->said);
    leat_arena_fini(&l->arena);
}

/* The plan must be what a worker takes; then the kinds that are read, in order, one letter each. */
static void expect_kinds(const char *query, const char *expected)
{
    static const char letters[LEAT_LOGICAL_KIND_COUNT + 1] = "sfpruaSjwotdDxUONM";
    loaded l = load(query);
    char kinds[256] = "";
    cr_assert_not_null(l.plan, "%s: %s", query, leat_buf_text(&l.said));
    const leat_logical_plan *plan = leat_rewrite(l.plan, &l.arena);
    const leat_physical_plan *physical = leat_physical_of(plan, &l.arena);
    leat_error err = {0};
    cr_assert_eq(leat_plan_check(physical, &err), LEAT_OK, "%s: %s", query, err.text);
    leat_buf blob = {0};
    const leat_physical_plan *decoded;
    leat_plan_encode(physical, &blob);
    cr_assert_eq(leat_plan_decode(leat_buf_bytes(&blob), &l.arena, &decoded, &err), LEAT_OK,
                 "%s: %s", query, err.text);
    leat_buf_fini(&blob);
    for (uint32_t i = 0; i < plan->node_count && i < sizeof kinds - 1; i++)
        kinds[i] = letters[plan->nodes[i].kind];
    cr_expect_str_eq(kinds, expected, "%s: %s", query, kinds);
    unload(&l);
}

static void expect_said(const char *query, const char *expected)
{
    loaded l = load(query);
    cr_expect_null(l.plan, "%s", query);
    cr_expect_not_null(strstr(leat_buf_text(&l.said), expected), "%s: %s", query,
                       leat_buf_text(&l.said));
    unload(&l);
}

Test(sql, a_select_filters_and_projects)
{
    expect_kinds("SELECT auction, price * 2 FROM bid WHERE price > 10", "sfpS");
}

Test(sql, both_spellings_of_a_window_become_one_windowed_aggregate)
{
    expect_kinds("SELECT window_start, count(*) FROM TUMBLE(bid, at, INTERVAL '10 seconds') GROUP "
                 "BY window_start, window_end",
                 "spapS");
    expect_kinds("SELECT window_start, count(*) FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(at), "
                 "INTERVAL '10' SECOND)) GROUP BY window_start, window_end",
                 "spapS");
}

Test(sql, a_window_over_windowed_rows_is_carried)
{
    expect_kinds(
        "SELECT max(n), window_end FROM (SELECT auction, count(*) AS n, window_start, "
        "window_end FROM HOP(bid, at, INTERVAL '2 seconds', INTERVAL '10 seconds') GROUP BY "
        "auction, window_start, window_end) t GROUP BY window_start, window_end",
        "spapapS");
}

Test(sql, commas_and_where_are_a_join_by_key)
{
    loaded l = load("SELECT a.seller FROM auction a, bid b WHERE a.id = b.auction AND b.price > 5");

    const leat_join *join = NULL;
    for (uint32_t i = 0; i < l.plan->node_count; i++)
        if (l.plan->nodes[i].kind == LEAT_LOGICAL_JOIN)
            join = l.plan->nodes[i].join;

    cr_assert_not_null(join);
    cr_expect_eq(join->key_count, 1);
    cr_expect_null(join->residual); /* price > 5 went below the join */
    cr_expect_eq(join->timing, LEAT_JOIN_REGULAR);
    unload(&l);
}

Test(sql, bounds_on_both_times_make_an_interval_join)
{
    loaded l =
        load("SELECT a.id FROM auction a JOIN bid b ON a.id = b.auction AND b.at BETWEEN a.at "
             "- INTERVAL '1' SECOND AND a.at + INTERVAL '5' SECOND");

    for (uint32_t i = 0; i < l.plan->node_count; i++) {
        if (l.plan->nodes[i].kind != LEAT_LOGICAL_JOIN)
            continue;
        cr_expect_eq(l.plan->nodes[i].join->timing, LEAT_JOIN_INTERVAL);
        cr_expect_eq(l.plan->nodes[i].join->lower_us, -1000000);
        cr_expect_eq(l.plan->nodes[i].join->upper_us, 5000000);
        cr_expect_eq(l.plan->nodes[i].outputs[0].changes, LEAT_CHANGES_APPEND);
    }
    unload(&l);
}

Test(sql, a_bounded_row_number_is_a_top_n)
{
    expect_kinds("SELECT auction, price FROM (SELECT *, row_number() OVER (PARTITION BY auction "
                 "ORDER BY price DESC) AS n FROM bid) t WHERE n <= 3",
                 "sptpS");
}

Test(sql, in_and_exists_are_semi_joins_and_union_is_distinct)
{
    expect_kinds("SELECT id FROM auction WHERE id IN (SELECT auction FROM bid)", "ssppjS");
    expect_kinds("SELECT id FROM auction a WHERE NOT EXISTS (SELECT * FROM bid b WHERE b.auction = "
                 "a.id AND b.price > 3)",
                 "ssfppjS");
    expect_kinds(
        "SELECT id FROM auction a WHERE id NOT IN (SELECT b.auction FROM bid b WHERE b.price "
        "> 3 AND b.at = a.at)",
        "ssfppjpS");
    expect_kinds("SELECT id FROM auction UNION SELECT auction FROM bid", "spspuDS");
}

Test(sql, mistakes_are_told_with_their_place)
{
    expect_said("SELECT prise FROM bid", "5:8: there is no column 'prise', did you mean 'price'?");
    expect_said("SELECT price FROM bit",
                "5:19: there is no table or view 'bit', did you mean 'bid'?");
    expect_said("SELECT at FROM auction a, bid b", "5:8: 'at' could be several columns");
    expect_said("SELECT price, count(*) FROM bid GROUP BY auction",
                "5:8: 'price' must be in GROUP BY");
    expect_said("SELECT a.x.y.z( FROM bid", "5:");
}

Test(sql, mistakes_of_subqueries_and_series_are_told_with_their_place)
{
    expect_said("SELECT (SELECT id, seller FROM auction) FROM bid",
                "5:8: a subquery used as a value has one column, this has 2");
    expect_said("SELECT price FROM bid WHERE price IN (SELECT id, seller FROM auction)",
                "5:29: 1 values are looked up among 2 columns");
    expect_said("SELECT price, price > ALL (SELECT id FROM auction) FROM bid",
                "ANY and ALL stand in WHERE, joined by AND, only");
    expect_said("SELECT * FROM bid, upper('x')", "upper(...) returns no rows");
    expect_said("SELECT * FROM bid, UNNEST(price) AS p", "UNNEST takes one array");
    expect_said("SELECT * FROM generate_series(1)",
                "expected generate_series(first, last[, step])");
    expect_said("VALUES (1, 2), (3)", "this row has 1 values, the first has 2");
    expect_said("SELECT grouping(price) FROM bid GROUP BY ROLLUP (auction)",
                "GROUPING() takes keys of GROUP BY");
}

Test(sql, an_upserting_table_needs_a_key)
{
    expect_said("CREATE TABLE u (k INT) WITH ('connector' = 'x', 'changes' = 'upsert');\n"
                "SELECT * FROM u",
                "a table with 'changes' = 'upsert' needs a PRIMARY KEY");
    expect_said("CREATE TABLE u (k INT) WITH ('connector' = 'x', 'changes' = 'sometimes');\n"
                "SELECT * FROM u",
                "takes append, retract or upsert");
}

Test(sql, no_prefix_of_a_script_does_harm)
{
    static const char script[] =
        "WITH t AS (SELECT auction, max(price) AS p FROM bid GROUP BY 1 HAVING count(*) > 2) "
        "SELECT DISTINCT t.p, CASE WHEN a.id IN (1, 2) THEN 'x' ELSE a.seller END FROM t LEFT JOIN "
        "auction AS a ON a.id = t.auction ORDER BY 1 DESC NULLS LAST LIMIT 3 OFFSET 1";
    char prefix[sizeof script];
    for (size_t size = 0; size < sizeof script; size++) {
        memcpy(prefix, script, size);
        prefix[size] = '\0';
        loaded l = load(prefix);
        unload(&l);
    }
}

/* The fields of the first input of the first node of that kind, after the rewrite. */
static void expect_taken(const char *query, leat_logical_kind kind, const char *expected)
{
    loaded l = load(query);
    leat_buf taken = {0};
    cr_assert_not_null(l.plan, "%s: %s", query, leat_buf_text(&l.said));
    const leat_logical_plan *plan = leat_rewrite(l.plan, &l.arena);
    for (uint32_t i = 0; i < plan->node_count && taken.size == 0; i++) {
        const leat_logical_node *node = &plan->nodes[i];
        for (uint32_t j = 0; node->kind == kind && j < node->input_count; j++) {
            leat_logical_input input = node->inputs[j];
            const leat_schema *schema = plan->nodes[input.node].outputs[input.output].schema;
            leat_buf_add_text(&taken, j > 0 ? " |" : "");
            for (uint32_t c = 0; c < schema->field_count; c++)
                leat_buf_print(&taken, " %.*s", LEAT_FMT(schema->fields[c].name));
        }
    }
    cr_expect_str_eq(leat_buf_text(&taken), expected, "%s: %s", query, leat_buf_text(&taken));
    leat_buf_fini(&taken);
    unload(&l);
}

Test(sql, what_keeps_rows_takes_in_only_the_columns_that_somebody_reads)
{
    expect_taken("SELECT b.price FROM auction a JOIN bid b ON a.id = b.auction", LEAT_LOGICAL_JOIN,
                 " id | auction price");
    expect_taken("SELECT a.seller FROM auction a JOIN bid b ON a.id = b.auction AND a.at < b.at",
                 LEAT_LOGICAL_JOIN, " id at seller | auction at");
    expect_taken("SELECT seller FROM auction WHERE id IN (SELECT auction FROM bid)",
                 LEAT_LOGICAL_JOIN, " id seller | auction");
    expect_taken("SELECT auction FROM (SELECT *, row_number() OVER (PARTITION BY auction ORDER BY "
                 "price) AS n FROM bid) t WHERE n <= 3",
                 LEAT_LOGICAL_TOP_N, " auction price");
}

Test(sql, a_top_n_of_rows_that_change_takes_them_whole)
{
    expect_taken("SELECT seller FROM (SELECT *, row_number() OVER (PARTITION BY seller ORDER BY n) "
                 "AS place FROM (SELECT a.seller, b.auction, count(*) AS n FROM auction a JOIN bid "
                 "b ON a.id = b.auction GROUP BY a.seller, b.auction) c) t WHERE place <= 3",
                 LEAT_LOGICAL_TOP_N, " seller auction n");
}

Test(sql, what_a_query_asks_for_twice_is_made_once)
{
    /* One aggregate below both sides; two when they differ. */
    expect_kinds("SELECT a.n FROM (SELECT auction, count(*) AS n FROM bid GROUP BY auction) a JOIN "
                 "(SELECT auction, count(*) AS n FROM bid GROUP BY auction) b ON a.auction = b.n",
                 "spappjpS");
    expect_kinds("SELECT a.n FROM (SELECT auction, count(*) AS n FROM bid GROUP BY auction) a JOIN "
                 "(SELECT price, count(*) AS n FROM bid GROUP BY price) b ON a.auction = b.n",
                 "spappapjpS");
}
