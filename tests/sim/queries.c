/* SPDX-License-Identifier: Apache-2.0
 *
 * Queries over the tables a and b, one or more for every operator there is. Their final results
 * depend neither on how the rows of different splits interleave nor on how the job is cut: ranks
 * have a unique order, nothing depends on arrival that is shown.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/plan/rewrite.h"
#include "common/sql/sql.h"
#include "tests/sim/workload.h"

#define TABLE(name, number)                                                                        \
    "CREATE TABLE " name " (k bigint NOT NULL, v bigint NOT NULL, seq bigint NOT NULL,"            \
    " ts timestamp NOT NULL, u bigint, name string,"                                               \
    " WATERMARK FOR ts AS ts - INTERVAL '0.1' SECOND)"                                             \
    " WITH ('connector' = 'sim', 'number' = '" number "');\n"

/* Rows of few keys that are replaced and taken back. */
#define CHANGING(name, number, changes)                                                            \
    "CREATE TABLE " name " (k bigint NOT NULL, v bigint NOT NULL, seq bigint NOT NULL,"            \
    " ts timestamp NOT NULL, u bigint, name string, PRIMARY KEY (seq) NOT ENFORCED)"               \
    " WITH ('connector' = 'sim', 'number' = '" number "', 'changes' = '" changes                   \
    "', 'shape' = '" changes "');\n"

static const char tables[] =
    TABLE("a", "0") TABLE("b", "1") CHANGING("c", "1", "retract") CHANGING("d", "1", "upsert");

const sim_query sim_queries[] = {
    /* ---- joins ---- */
    {"join_inner", "SELECT a.k, a.seq, b.seq, a.name, b.u FROM a JOIN b ON a.k = b.k AND a.v = b.v",
     0},
    {"join_full",
     "SELECT x.k, n, s, y.v FROM (SELECT k, count(*) AS n FROM a GROUP BY k) x FULL JOIN"
     " (SELECT v, k, sum(u) AS s FROM b WHERE v < 8 GROUP BY v, k) y ON x.k = y.k AND n > 2",
     0},
    {"join_left_null_keys",
     "SELECT a.seq, a.u, b.seq FROM a LEFT JOIN b ON a.u IS NOT DISTINCT FROM b.u AND a.v = b.v"
     " AND a.k = b.k",
     0},
    {"join_semi", "SELECT k, seq, name FROM a WHERE v IN (SELECT v FROM b WHERE b.k = a.k)", 0},
    {"join_anti",
     "SELECT k, n FROM (SELECT k, v, count(*) AS n FROM a GROUP BY k, v) x"
     " WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.k = x.k AND b.v = x.v)",
     0},
    {"join_interval",
     "SELECT a.k, a.seq, b.seq, b.name FROM a LEFT JOIN b ON a.k = b.k AND b.ts BETWEEN"
     " a.ts - INTERVAL '0.05' SECOND AND a.ts + INTERVAL '0.02' SECOND",
     0},
    {"join_interval_full",
     "SELECT a.k, a.seq, b.k, b.seq FROM a FULL JOIN b ON a.k = b.k AND a.u = b.u AND b.ts BETWEEN"
     " a.ts AND a.ts + INTERVAL '0.1' SECOND",
     0},
    {"join_window",
     "SELECT x.k, x.window_end, x.n, y.m FROM"
     " (SELECT k, window_start, window_end, count(*) AS n FROM"
     "  TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '0.2' SECOND))"
     "  GROUP BY k, window_start, window_end) x LEFT JOIN"
     " (SELECT k, window_start, window_end, max(v) AS m FROM"
     "  TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '0.2' SECOND))"
     "  GROUP BY k, window_start, window_end) y"
     " ON x.k = y.k AND x.window_start = y.window_start AND x.window_end = y.window_end",
     0},
    {"join_temporal",
     "SELECT a.seq, a.k, y.seq, y.name FROM a LEFT JOIN b FOR SYSTEM_TIME AS OF a.ts AS y"
     " ON a.k = y.k",
     0},
    {"join_lookup", /* which row is found depends on when; that there is one row does not */
     "SELECT a.k, a.seq, a.name FROM a LEFT JOIN (SELECT k, count(*) AS n FROM b GROUP BY k)"
     " FOR SYSTEM_TIME AS OF PROCTIME() AS y ON a.k = y.k",
     0},
    {"join_asof",
     "SELECT a.seq, b.seq, b.name FROM a ASOF LEFT JOIN b ON a.k = b.k AND a.ts >= b.ts", 0},

    /* ---- ranks ---- */
    {"top_n",
     "SELECT k, v, seq, name, rn FROM (SELECT *, row_number() OVER"
     " (PARTITION BY k ORDER BY v DESC, seq) AS rn FROM a) WHERE rn <= 3",
     0},
    {"top_n_rank",
     "SELECT k, v, seq FROM (SELECT *, rank() OVER (PARTITION BY k ORDER BY v) AS r FROM a)"
     " WHERE r BETWEEN 2 AND 4",
     0},
    {"top_n_retracting",
     "SELECT g, k, n, rn FROM (SELECT *, row_number() OVER (PARTITION BY g ORDER BY n DESC, k)"
     " AS rn FROM (SELECT k % 3 AS g, k, count(*) AS n FROM a GROUP BY k)) WHERE rn <= 2",
     0},
    {"top_n_window",
     "SELECT window_end, k, n FROM (SELECT *, row_number() OVER (PARTITION BY window_start,"
     " window_end ORDER BY n DESC, k) AS rn FROM (SELECT k, window_start, window_end, count(*) AS n"
     " FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '0.2' SECOND))"
     " GROUP BY k, window_start, window_end)) WHERE rn <= 2",
     0},
    {"first_row",
     "SELECT k, seq, name FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY seq) AS rn"
     " FROM a) WHERE rn = 1",
     LEAT_LOGICAL_DEDUPLICATE},
    {"last_row",
     "SELECT k, n FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY n DESC) AS rn FROM"
     " (SELECT k, count(*) AS n FROM a GROUP BY k)) WHERE rn = 1",
     LEAT_LOGICAL_DEDUPLICATE},
    {"normalize",
     "SELECT k, n, x FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY n) AS rn FROM"
     " (SELECT k, count(*) AS n, max(name) AS x FROM a GROUP BY k)) WHERE rn = 1",
     LEAT_LOGICAL_NORMALIZE},
    {"materialize",
     "SELECT k, n, x FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY n) AS rn FROM"
     " (SELECT k, count(*) AS n, max(name) AS x FROM a GROUP BY k)) WHERE rn = 1",
     LEAT_LOGICAL_MATERIALIZE},
    {"sort",
     "SELECT k, seq, name FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY ts) AS rn"
     " FROM a) WHERE rn <= 1",
     LEAT_LOGICAL_SORT},

    /* ---- sets ---- */
    {"distinct", "SELECT DISTINCT k, v % 5, name FROM a", 0},
    {"distinct_retracting",
     "SELECT DISTINCT n % 4 FROM (SELECT k, count(*) AS n FROM a GROUP BY k)", 0},
    {"union", "SELECT k, name FROM a UNION SELECT k, name FROM b", 0},
    {"intersect_all", "SELECT k, v % 7 FROM a INTERSECT ALL SELECT k, v % 7 FROM b", 0},
    {"intersect", "SELECT k, name FROM a INTERSECT SELECT k, name FROM b", 0},
    {"except_all", "SELECT k, v % 7 FROM a EXCEPT ALL SELECT k, v % 7 FROM b", 0},
    {"except", "SELECT k, v FROM a EXCEPT SELECT k, v FROM b", 0},

    /* ---- windows ---- */
    {"hop",
     "SELECT k, window_end, count(*), sum(v), count(u), max(name) FROM"
     " TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '0.1' SECOND, INTERVAL '0.3' SECOND))"
     " GROUP BY k, window_start, window_end",
     0},
    {"cumulate",
     "SELECT k, window_start, window_end, count(*), min(v), avg(v) FROM"
     " TABLE(CUMULATE(TABLE a, DESCRIPTOR(ts), INTERVAL '0.1' SECOND, INTERVAL '0.4' SECOND))"
     " GROUP BY k, window_start, window_end",
     0},
    {"session",
     "SELECT k, window_start, window_end, count(*), max(name) FROM"
     " TABLE(SESSION(TABLE a PARTITION BY k, DESCRIPTOR(ts), INTERVAL '0.06' SECOND))"
     " GROUP BY k, window_start, window_end",
     0},
    {"window_rows",
     "SELECT k, seq, window_start, name FROM"
     " TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '0.1' SECOND, INTERVAL '0.2' SECOND))",
     0},
    {"session_rows",
     "SELECT k, seq, window_start, window_end FROM"
     " TABLE(SESSION(TABLE a PARTITION BY k, DESCRIPTOR(ts), INTERVAL '0.06' SECOND))",
     0},
    {"window_of_windows",
     "SELECT window_start, window_end, sum(n), max(n) FROM (SELECT k, window_start, window_end,"
     " count(*) AS n FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '0.2' SECOND))"
     " GROUP BY k, window_start, window_end) GROUP BY window_start, window_end",
     0},
    {"window_retracting",
     "SELECT window_start, window_end, count(*), max(n), sum(n) FROM (SELECT k, window_start,"
     " window_end, count(*) AS n FROM (SELECT * FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts),"
     " INTERVAL '0.2' SECOND))) GROUP BY k, window_start, window_end)"
     " GROUP BY window_start, window_end",
     0},

    /* ---- OVER ---- */
    {"over_rows",
     "SELECT k, seq, sum(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT"
     " ROW), count(*) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)"
     " FROM a",
     0},
    {"over_range",
     "SELECT k, seq, max(v) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '0.1' SECOND"
     " PRECEDING AND CURRENT ROW) FROM a",
     0},
    {"over_ranks",
     "SELECT k, seq, rank() OVER w, dense_rank() OVER w, percent_rank() OVER w, cume_dist() OVER w,"
     " ntile(3) OVER (PARTITION BY k ORDER BY seq) FROM a WHERE v < 20"
     " WINDOW w AS (PARTITION BY k ORDER BY v)",
     0},
    {"over_neighbours",
     "SELECT k, seq, lag(seq, 1) OVER w, lead(seq, 2, 0) OVER w, first_value(name) OVER w,"
     " last_value(u) OVER (PARTITION BY k ORDER BY seq ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING"
     " EXCLUDE CURRENT ROW), nth_value(v, 2) OVER w FROM a WHERE v < 20"
     " WINDOW w AS (PARTITION BY k ORDER BY seq)",
     0},
    {"over_groups",
     "SELECT k, seq, sum(u) OVER (PARTITION BY k ORDER BY v GROUPS BETWEEN 1 PRECEDING AND 1"
     " FOLLOWING EXCLUDE TIES), count(*) OVER (PARTITION BY k ORDER BY v RANGE BETWEEN 3 PRECEDING"
     " AND 3 FOLLOWING EXCLUDE GROUP) FROM a WHERE v < 20",
     0},
    {"over_retracting",
     "SELECT g, k, n, sum(n) OVER (PARTITION BY g ORDER BY k) FROM"
     " (SELECT k % 3 AS g, k, count(*) AS n FROM a GROUP BY k)",
     0},

    /* ---- aggregates ---- */
    {"aggregate_many",
     "SELECT k, count(u + 1), min(name), max(name), avg(v), sum(v) FILTER (WHERE v > 50),"
     " count(u) FROM a GROUP BY k HAVING count(*) > 1",
     0},
    {"aggregate_retracting",
     "SELECT g, max(n), min(n), sum(s), count(n), avg(s) FROM (SELECT k % 3 AS g, k,"
     " count(*) AS n, sum(u) AS s FROM a GROUP BY k) GROUP BY g",
     0},
    {"aggregate_distinct",
     "SELECT k, count(DISTINCT u), sum(DISTINCT v), count(DISTINCT name) FROM a GROUP BY k", 0},
    {"aggregate_distinct_hop",
     "SELECT k, window_end, count(DISTINCT u), sum(v) FROM"
     " TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '0.1' SECOND, INTERVAL '0.3' SECOND))"
     " GROUP BY k, window_start, window_end",
     0},
    {"aggregate_collecting",
     "SELECT k, string_agg(name, ',' ORDER BY seq), array_agg(v ORDER BY seq), bool_or(v > 98)"
     " FROM a WHERE v < 20 GROUP BY k",
     0},
    {"series", "SELECT k, seq, g FROM a CROSS JOIN generate_series(1, v % 4) AS t(g)", 0},

    /* ---- tables that change ---- */
    {"changes", "SELECT seq, k, v, name FROM c WHERE v > 20", 0},
    {"changes_aggregate",
     "SELECT k, count(*), sum(v), max(v), min(name), count(DISTINCT u) FROM c GROUP BY k", 0},
    {"changes_join",
     "SELECT c.seq, c.name, n FROM c LEFT JOIN (SELECT k, count(*) AS n FROM a GROUP BY k) x"
     " ON c.k = x.k",
     0},
    {"changes_anti",
     "SELECT k, seq FROM a WHERE v < 30 AND NOT EXISTS (SELECT 1 FROM c WHERE c.k = a.k AND c.v ="
     " a.v)",
     0},
    {"changes_top_n",
     "SELECT k, v, seq FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY v DESC, seq) AS"
     " rn FROM c) WHERE rn <= 2",
     0},
    {"changes_over",
     "SELECT k, seq, sum(v) OVER (PARTITION BY k ORDER BY seq), lag(name) OVER (PARTITION BY k"
     " ORDER BY seq) FROM c",
     0},
    {"changes_distinct", "SELECT DISTINCT k, u FROM c", 0},
    {"changes_except", "SELECT k, u FROM c EXCEPT SELECT k, u FROM a WHERE v < 50", 0},
    {"upserts", "SELECT seq, k, v, name FROM d", 0},
    {"upserts_aggregate", "SELECT k, count(*), sum(v), max(name) FROM d GROUP BY k", 0},
    {"upserts_join", "SELECT d.seq, d.v, c.v FROM d JOIN c ON d.seq = c.seq", 0},
    {"aggregate_all", "SELECT count(*), max(name), count(k) FROM a WHERE v > 200 OR u > 3", 0},
};

const uint32_t sim_query_count = LEAT_COUNT_OF(sim_queries);

/* A rank becomes the operator that it stands for: keys and orders are the same. */
static void replace_rank(leat_logical_node *node, leat_logical_kind kind, leat_arena *arena)
{
    bool keeps_last = node->orders[0].is_descending;
    node->kind = kind;
    node->top = NULL;
    if (kind == LEAT_LOGICAL_DEDUPLICATE) {
        leat_dedup *dedup = LEAT_ARENA_NEW(arena, leat_dedup);
        *dedup = (leat_dedup){.keeps_last = keeps_last, .window_end = -1};
        node->dedup = dedup;
    }
}

/* Every SELECT goes to a folder of its own, with the change of every row. */
static void connect(leat_logical_plan *plan, const sim_query *query, leat_arena *arena)
{
    uint32_t sink_count = 0;
    for (uint32_t i = 0; i < plan->node_count; i++) {
        leat_logical_node *node = &plan->nodes[i];
        if (node->kind == LEAT_LOGICAL_TOP_N && query->stands_for != 0)
            replace_rank(node, query->stands_for, arena);
        if (node->kind != LEAT_LOGICAL_SINK)
            continue;
        node->connector = LEAT_BYTES("sim_changes");
        node->writes_op = false; /* the connector says every change by itself */
        node->option_count = 1;
        node->options = LEAT_ARENA_NEW(arena, leat_option);
        const char *path = leat_arena_print(arena, "%s/%u", query->name, sink_count++);
        node->options[0] =
            (leat_option){.name = LEAT_BYTES("path"), .value = leat_bytes_text(path)};
    }
}

const leat_logical_plan *sim_query_plan(const sim_query *query, leat_arena *arena)
{
    leat_bytes text = leat_bytes_text(leat_arena_print(arena, "%s%s;\n", tables, query->sql));
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, query->name, text);
    leat_sql_config config = {.name = LEAT_BYTES("sim"), .allows_unbounded_state = true};
    const leat_logical_plan *written = leat_sql_load(text, &config, arena, &diagnostics);
    if (written == NULL) {
        leat_buf said = {0};
        leat_diagnostics_print(&diagnostics, &said);
        fprintf(stderr, "sim: query %s:\n%s", query->name, leat_buf_text(&said));
        exit(14);
    }
    leat_diagnostics_fini(&diagnostics);
    const leat_logical_plan *good = leat_rewrite(written, arena);
    leat_logical_plan *plan = leat_arena_copy(arena, good, sizeof *good);
    plan->nodes = leat_arena_copy(arena, good->nodes, good->node_count * sizeof *good->nodes);
    connect(plan, query, arena);
    return plan;
}
