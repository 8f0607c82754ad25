/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/case/case_text.h"

Test(case_script, writes_tables_views_and_the_query)
{
    leat_arena arena = {0};
    leat_buf script = {0};
    leat_case one = case_of(
        "{'name': 'a', 'tables': [{'name': 't', 'columns': [['k', 'text'], ['ts', 'timestamp']],"
        " 'primary_key': ['k'], 'event_time': 'ts', 'watermark_delay': '5 SECOND (about)'}],"
        " 'views': [{'name': 'v', 'sql': 'select k from t'}], 'sql': 'select * from v ; '}",
        &arena);

    leat_case_script(&one, &script);

    cr_assert_str_eq(leat_buf_text(&script),
                     "CREATE TABLE \"t\" (\n"
                     "  \"k\" text,\n"
                     "  \"ts\" timestamp,\n"
                     "  WATERMARK FOR \"ts\" AS \"ts\" - INTERVAL '5 SECOND',\n"
                     "  PRIMARY KEY (\"k\") NOT ENFORCED\n"
                     ") WITH ('connector' = 'case');\n"
                     "CREATE VIEW \"v\" AS select k from t;\n"
                     "select * from v;\n");
    leat_buf_fini(&script);
    leat_arena_fini(&arena);
}

Test(case_script, averages_of_whole_numbers_are_cut_where_the_case_says_so)
{
    leat_arena arena = {0};
    leat_buf script = {0};
    leat_case one =
        case_of("{'name': 'a', 'sql': 'select 1', 'integer_avg_truncates': true}", &arena);

    leat_case_script(&one, &script);

    cr_assert_str_eq(leat_buf_text(&script), "SET 'sql.dialect' = 'flink';\nselect 1;\n");
    leat_buf_fini(&script);
    leat_arena_fini(&arena);
}

static bool is_changing(const char *text)
{
    leat_arena arena = {0};
    leat_buf script = {0};
    leat_case one = case_of(text, &arena);
    leat_case_script(&one, &script);
    bool found = strstr(leat_buf_text(&script), "'changes' = 'retract'") != NULL;
    leat_buf_fini(&script);
    leat_arena_fini(&arena);
    return found;
}

#define TABLE(key, rows)                                                                           \
    "{'name': 'a', 'sql': 'x', 'tables': [{'name': 't', 'columns': [['k', 'text'], ['v', 'int']]," \
    " 'primary_key': " key ", 'rows': " rows "}], 'ops': "
#define OP(op, row) "{'t': 't', 'op': '" op "', 'row': " row "}"

Test(case_script, a_table_changes_when_a_row_is_replaced_or_taken_back)
{
    cr_assert_not(is_changing(TABLE("null", "[['a', 1], ['a', 1]]") "[]}"));
    cr_assert_not(is_changing(TABLE("['k']", "[['a', 1], {'k': 'b'}]") "[]}"));
    cr_assert_not(is_changing(TABLE("['k']", "[['a', 1], {'k': 'a'}]") "[]}"), "only added");
    cr_assert(is_changing(TABLE("null", "[]") "[" OP("-D", "['a', 1]") "]}"));
    cr_assert_not(
        is_changing(TABLE("['k']", "[]") "[" OP("+I", "['a', 1]") "," OP("+I", "['a', 2]") "]}"));
    cr_assert(is_changing(TABLE("['k']", "[]") "[" OP("upsert", "['a', 1]") "]}"));
    cr_assert_not(is_changing(TABLE("null", "[]") "[" OP("upsert", "['a', 1]") "]}"),
                  "nothing to replace in a stream");
}

Test(case_script, numbers_without_a_scale_get_that_of_their_values)
{
    leat_arena arena = {0};
    leat_buf script = {0};
    leat_case one = case_of("{'name': 'a', 'sql': 'x', 'tables': [{'name': 't',"
                            " 'columns': [['a', 'numeric'], ['b', 'numeric(5,1)']],"
                            " 'rows': [['1.5', '1'], ['2.125', null]]}]}",
                            &arena);

    leat_case_script(&one, &script);

    cr_assert_not_null(strstr(leat_buf_text(&script), "\"a\" numeric(38,3)"));
    cr_assert_not_null(strstr(leat_buf_text(&script), "\"b\" numeric(5,1)\n"));
    leat_buf_fini(&script);
    leat_arena_fini(&arena);
}
