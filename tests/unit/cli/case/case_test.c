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
