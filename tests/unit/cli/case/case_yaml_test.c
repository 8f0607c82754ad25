/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "cli/case/case.h"

static leat_code read_file(void *self, leat_bytes path, leat_buf *out, leat_error *err)
{
    (void)self;
    if (!leat_bytes_equal(path, LEAT_BYTES("there.yaml")))
        return leat_fail(err, LEAT_NOT_FOUND, "no such file");
    leat_buf_add_text(out, "version: 1");
    return LEAT_OK;
}

static bool
read_cases(const char *text, leat_arena *arena, leat_cases *out_cases, leat_buf *out_said)
{
    leat_case_files files = {NULL, read_file};
    leat_variables variables = {0};
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "cases.yaml", leat_bytes_text(text));
    bool is_fine = leat_case_read_yaml(leat_bytes_text(text), &variables, &files, arena, out_cases,
                                       &diagnostics);
    leat_diagnostics_print(&diagnostics, out_said);
    leat_diagnostics_fini(&diagnostics);
    return is_fine;
}

static void refuse(const char *text, const char *said)
{
    leat_arena arena = {0};
    leat_cases cases;
    leat_buf out = {0};
    cr_assert_not(read_cases(text, &arena, &cases, &out));
    cr_assert_not_null(strstr(leat_buf_text(&out), said), "%s", leat_buf_text(&out));
    leat_buf_fini(&out);
    leat_arena_fini(&arena);
}

Test(case_yaml, reads_inputs_and_what_every_sink_must_hold)
{
    leat_arena arena = {0};
    leat_buf said = {0};
    leat_cases cases;

    cr_assert(read_cases("topology_file: there.yaml\n"
                         "cases:\n"
                         "  - name: first\n"
                         "    restore_after: 1\n"
                         "    inputs:\n"
                         "      a: [{k: x, v: null}, [y, \"null\"]]\n"
                         "      b:\n"
                         "    expect:\n"
                         "      out: [[1]]\n"
                         "      log: {rows: [[+I, 1]], changes: true, ordered: true}\n",
                         &arena, &cases, &said),
              "%s", leat_buf_text(&said));

    const leat_case *one = &cases.items[0];
    cr_assert(leat_bytes_equal(one->topology, LEAT_BYTES("version: 1")));
    cr_assert_eq(one->restore_after_op, 1);
    cr_assert_eq(one->table_count, 2);
    cr_assert_eq(one->tables[1].rows.count, 0);
    const leat_case_row *rows = one->tables[0].rows.items;
    cr_assert(leat_bytes_equal(rows[0].names[1], LEAT_BYTES("v")));
    cr_assert(rows[0].cells[1].is_null);
    cr_assert_not(rows[1].cells[1].is_null, "a quoted null is text");
    cr_assert(leat_bytes_equal(one->expectations[0].sink, LEAT_BYTES("out")));
    cr_assert_not(one->expectations[0].is_ordered || one->expectations[0].is_changes);
    cr_assert(one->expectations[1].is_ordered && one->expectations[1].is_changes);
    leat_buf_fini(&said);
    leat_arena_fini(&arena);
}

Test(case_yaml, what_stands_in_one_arrival_comes_together)
{
    leat_arena arena = {0};
    leat_buf said = {0};
    leat_cases cases;

    cr_assert(read_cases("cases:\n"
                         "  - name: first\n"
                         "    topology: 'version: 1'\n"
                         "    arrivals:\n"
                         "      - {a: [1], b: [2]}\n"
                         "      - {op: -D, a: [1]}\n"
                         "      - {at: 2024-01-01 10:00}\n",
                         &arena, &cases, &said),
              "%s", leat_buf_text(&said));

    const leat_case *one = &cases.items[0];
    cr_assert_eq(one->op_count, 4);
    cr_assert_eq(one->ops[0].batch, one->ops[1].batch);
    cr_assert_neq(one->ops[1].batch, one->ops[2].batch);
    cr_assert_eq(one->ops[1].table, 1);
    cr_assert_eq(one->ops[2].kind, LEAT_CASE_DELETE);
    cr_assert_eq(one->ops[3].table, LEAT_CASE_NO_TABLE, "time passes");
    cr_assert(leat_bytes_equal(one->ops[3].at, LEAT_BYTES("2024-01-01 10:00")));
    cr_assert_not(one->expectations[0].has_rows, "nothing is expected: show the rows");
    leat_buf_fini(&said);
    leat_arena_fini(&arena);
}

Test(case_yaml, says_what_is_wrong_and_where)
{
    refuse("case: []\n", "cases.yaml:1:1: error: unknown key `case`");
    refuse("cases:\n  - nam: x\n", "cases.yaml:2:5: error: unknown key `nam`");
    refuse("cases:\n  - topology: x\n", "a case needs a `name`");
    refuse("cases:\n  - name: x\n", "needs a topology or sql");
    refuse("cases:\n  - {name: x, topology: y, sql: z}\n", "only one of");
    refuse("topology_file: none.yaml\ncases:\n  - name: x\n", "no such file");
    refuse("cases:\n  - {name: x, topology: y, inputs: {a: [1]}}\n", "a row is");
    refuse("cases:\n  - {name: x, topology: y, arrivals: [{op: -X, a: [1]}]}\n", "-X");
    refuse("cases:\n  - {name: x, topology: y, expect: {out: {row: []}}}\n", "unknown key `row`");
}
