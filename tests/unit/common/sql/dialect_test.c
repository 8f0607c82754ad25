/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "common/sql/sql.h"

static const char table[] =
    "CREATE TABLE t (a INT, b BIGINT, c DOUBLE, at TIMESTAMP(3)) WITH ('connector' = 'x');\n";

/* The types of what a query gives, in one dialect. */
static void expect_types(const char *dialect, const char *query, const char *expected)
{
    leat_arena arena = {0};
    leat_buf text = {0};
    leat_buf types = {0};
    leat_diagnostics said;
    leat_sql_config config = {.allows_unbounded_state = true};
    leat_buf_print(&text, "SET 'sql.dialect' = '%s';\n%s%s", dialect, table, query);
    leat_diagnostics_init(&said, &arena, "q", leat_buf_bytes(&text));
    const leat_logical_plan *plan = leat_sql_load(leat_buf_bytes(&text), &config, &arena, &said);
    cr_assert_not_null(plan, "%s: %s", query,
                       said.entries.count > 0 ? said.entries.items[0].message : "");
    const leat_logical_node *sink = &plan->nodes[plan->node_count - 1];
    const leat_schema *schema =
        plan->nodes[sink->inputs[0].node].outputs[sink->inputs[0].output].schema;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        leat_buf_add_text(&types, i == 0 ? "" : ", ");
        leat_type_print(schema->fields[i].type, &types);
    }
    cr_expect_str_eq(leat_buf_text(&types), expected, "%s, %s: %s", dialect, query,
                     leat_buf_text(&types));
    leat_diagnostics_fini(&said);
    leat_buf_fini(&types);
    leat_buf_fini(&text);
    leat_arena_fini(&arena);
}

Test(dialect, flink_averages_and_sums_whole_numbers_in_their_type)
{
    const char *query = "SELECT sum(a), sum(b), avg(c), count(a) FROM t";
    expect_types("flink", query, "int, bigint, double, bigint");
    expect_types("postgres", query, "bigint, decimal(38,0), double, bigint");
    expect_types("flink", "SELECT avg(b) FROM t GROUP BY a", "bigint");
    expect_types("flink", "SELECT sum(a) OVER (ORDER BY b) FROM t", "int");
}

Test(dialect, flink_extracts_whole_numbers)
{
    expect_types("flink", "SELECT extract(SECOND FROM at) FROM t", "bigint");
}
