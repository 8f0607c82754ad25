/* SPDX-License-Identifier: Apache-2.0
 *
 * A constant pattern prints rows of one day, hour, minute ... once: what stands in between must not
 * be taken for it.
 */
#include "tests/unit/common/expr/expr_cases.h"

Test(pattern_runs, a_row_that_prints_otherwise_than_the_one_before_is_printed_anew)
{
    static const char *const rows[] = {
        "1969-12-31 23:59:59.999999",
        "1970-01-01 00:00:00",
        "1970-01-01 00:00:59.999999",
        "1970-01-01 00:01:00",
        "null",
        "1970-01-01 00:01:00.5",
        "1970-01-01 12:01:00.5",
        "1970-01-02 12:01:00.500001",
        "1970-01-01 12:01:00.5",
    };
    static const expr_case cases[] = {
        {"to_char(t, 'YYYY-MM-DD')", "1969-12-31 | 1970-01-01 | 1970-01-01 | 1970-01-01 | NULL | "
                                     "1970-01-01 | 1970-01-01 | 1970-01-02 | 1970-01-01"},
        {"date_format(t, 'HH:mm')",
         "23:59 | 00:00 | 00:00 | 00:01 | NULL | 00:01 | 12:01 | 12:01 | 12:01"},
        {"to_char(t, 'HH12 AM')",
         "11 PM | 12 AM | 12 AM | 12 AM | NULL | 12 AM | 12 PM | 12 PM | 12 PM"},
        {"to_char(t, 'SS')", "59 | 00 | 59 | 00 | NULL | 00 | 00 | 00 | 00"},
        {"to_char(t, 'US')",
         "999999 | 000000 | 999999 | 000000 | NULL | 500000 | 500000 | 500001 | 500000"},
    };
    leat_arena arena = {0};
    const leat_schema *schema = leat_test_schema("t timestamp");
    leat_builder *builder = leat_builder_new(schema, LEAT_COUNT_OF(rows));
    for (size_t i = 0; i < LEAT_COUNT_OF(rows); i++)
        leat_test_row(builder, schema, rows[i]);
    leat_rows all = leat_builder_rows(builder);
    for (size_t i = 0; i < LEAT_COUNT_OF(cases); i++) {
        const char *got = expr_result(cases[i].text, &all, &arena);
        cr_expect_str_eq(got, cases[i].expected, "%s\n  got      %s", cases[i].text, got);
    }
    leat_builder_free(&builder);
    leat_arena_fini(&arena);
}
