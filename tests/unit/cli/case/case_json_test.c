/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/case/case_text.h"

static void refuse(const char *text, const char *word)
{
    leat_arena arena = {0};
    leat_case one;
    leat_error err = {0};
    cr_assert_neq(case_try(text, &arena, &one, &err), LEAT_OK);
    cr_assert_not_null(strstr(err.text, word), "%s", err.text);
    leat_arena_fini(&arena);
}

Test(case_json, reads_tables_operations_and_what_is_expected)
{
    leat_arena arena = {0};

    leat_case one = case_of(
        "{'name': 'a', 'sql': 'select 1', 'restore_after_op': 2, 'numeric_tolerance': 0.5,"
        " 'tables': [{'name': 't', 'columns': [['k', 'text'], ['v', 'integer']],"
        "             'primary_key': ['k'], 'event_time': null, 'rows': [{'k': 'x', 'v': 1}]}],"
        " 'ops': [{'t': 'T', 'op': '+U', 'batch': 0, 'row': ['y', null]}],"
        " 'expected_columns': [['v', 'integer']], 'order': 'ordered', 'expected_rows': [[1.5]]}",
        &arena);

    cr_assert(leat_bytes_equal(one.sql, LEAT_BYTES("select 1")));
    cr_assert_eq(one.restore_after_op, 2);
    cr_assert_eq(one.table_count, 1);
    cr_assert_eq(one.tables[0].key_count, 1);
    cr_assert_eq(one.tables[0].rows.items[0].count, 2);
    cr_assert(leat_bytes_equal(one.tables[0].rows.items[0].names[1], LEAT_BYTES("v")));
    cr_assert(leat_bytes_equal(one.tables[0].rows.items[0].cells[1].text, LEAT_BYTES("1")));
    cr_assert_eq(one.ops[0].kind, LEAT_CASE_UPSERT);
    cr_assert_neq(one.ops[0].batch, 0, "batch 0 is a batch");
    cr_assert_null(one.ops[0].row.names);
    cr_assert(one.ops[0].row.cells[1].is_null);
    cr_assert(one.expectations[0].has_rows && one.expectations[0].is_ordered);
    cr_assert(leat_bytes_equal(one.expectations[0].rows.items[0].cells[0].text, LEAT_BYTES("1.5")));
    leat_arena_fini(&arena);
}

Test(case_json, a_case_without_expected_rows_is_not_judged)
{
    leat_arena arena = {0};
    leat_case one = case_of("{'name': 'a', 'sql': 'x', 'expected_count': 3}", &arena);

    cr_assert_not(one.expectations[0].has_rows);
    cr_assert(one.expectations[0].has_count);
    leat_arena_fini(&arena);
}

Test(case_json, rows_beside_a_hash_are_a_sample)
{
    leat_arena arena = {0};
    leat_case one = case_of("{'name': 'a', 'sql': 'x', 'expected_sha256': 'ab',"
                            " 'expected_count': 3, 'expected_rows': [[1]]}",
                            &arena);

    cr_assert_not(one.expectations[0].has_rows);
    leat_arena_fini(&arena);
}

Test(case_json, says_what_is_wrong)
{
    refuse("{", "line 1");
    refuse("[]", "must be an object");
    refuse("{'sql': 'x'}", "`name`");
    refuse("{'name': 'a'}", "either `sql` or `topology`");
    refuse("{'name': 'a', 'sql': 'x', 'topology': 'y'}", "either");
    refuse("{'name': 'a', 'sql': 'x', 'ops': [{'t': 'u', 'op': '+I', 'row': []}]}",
           "no table is called so");
    refuse("{'name': 'a', 'sql': 'x', 'tables': [{'name': 'u'}],"
           " 'ops': [{'t': 'u', 'op': '?', 'row': []}]}",
           "no operation");
    refuse("{'name': 'a', 'sql': 'x', 'expected_rows': [3]}", "an object or an array");
    refuse("{'name': 'a', 'sql': 'x', 'expected_rows': [[[1]]]}", "scalar");
    refuse("{'name': 'a', 'sql': 'x', 'expected_rows_ref': 'f'}", "names a file");
}
