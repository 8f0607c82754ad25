/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/runner.h"
#include "common/base/mark.h"
#include "tests/unit/cli/case/case_text.h"

#define SOURCE                                                                                     \
    "version: 1\\ntopology: t\\nsources:\\n  in: {connector: file, path: x, format: json, "        \
    "rate: 1, schema: {k: string, v: bigint, ts: timestamp}, "                                     \
    "event_time: {column: ts, watermark: 1s}}\\n"

#define COUNTS                                                                                     \
    SOURCE "processors:\\n  per_key: {input: in, group_by: [k], window: {tumble: 10s}, "           \
           "aggregate: {n: \\\"count(*)\\\", total: \\\"sum(v)\\\"}, late_to: late}\\n"            \
           "sinks:\\n  out: {input: per_key, connector: file, path: o, format: json}\\n"           \
           "  late: {input: per_key.late, connector: print}\\n"

#define ROWS                                                                                       \
    "'tables': [{'name': 'in', 'rows': [['a', 1, '2024-01-01 00:00:01'],"                          \
    " ['b', 2, '2024-01-01 00:00:02'], ['a', 3, '2024-01-01 00:00:03'],"                           \
    " ['a', 4, '2024-01-01 00:00:12'], ['b', 5, '2024-01-01 00:00:04'],"                           \
    " ['b', 6, '2024-01-01 00:00:11']]}]"

#define RIGHT                                                                                      \
    "'expected_rows': [{'k': 'a', 'n': 2, 'total': 4, 'window_start': '2024-01-01 00:00:00',"      \
    "  'window_end': '2024-01-01 00:00:10'},"                                                      \
    " ['2024-01-01 00:00:00', '2024-01-01 00:00:10', 'b', 1, 2],"                                  \
    " ['2024-01-01 00:00:10', '2024-01-01 00:00:20', 'a', 1, 4],"                                  \
    " ['2024-01-01 00:00:10', '2024-01-01 00:00:20', 'b', 1, 6]]"

static void
expect(const char *json, leat_case_options options, leat_case_status status, const char *reason)
{
    leat_arena arena = {0};
    leat_case_outcome outcome;
    leat_case one = case_of(json, &arena);
    leat_case_run(&one, &options, &outcome);
    cr_assert_eq(outcome.status, status, "%s: %s", leat_case_status_name(outcome.status),
                 leat_buf_text(&outcome.reason));
    cr_assert_not_null(strstr(leat_buf_text(&outcome.reason), reason), "%s",
                       leat_buf_text(&outcome.reason));
    leat_case_outcome_fini(&outcome);
    leat_arena_fini(&arena);
}

Test(runner, a_row_behind_the_watermark_is_late_however_many_slots_there_are)
{
    const char *json =
        "{'name': 'a', 'sink': 'out', 'topology': '" COUNTS "', " ROWS ", " RIGHT "}";
    for (uint32_t parallelism = 1; parallelism <= 4; parallelism++)
        for (uint64_t seed = 0; seed < 5; seed++)
            expect(json, (leat_case_options){.parallelism = parallelism, .seed = seed},
                   LEAT_CASE_PASS, "");
}

Test(runner, kills_and_restarts_do_not_change_the_answer)
{
    const char *json =
        "{'name': 'a', 'sink': 'out', 'topology': '" COUNTS "', " ROWS ", " RIGHT "}";
    for (uint64_t seed = 0; seed < 50; seed++)
        expect(json, (leat_case_options){.parallelism = 3, .seed = seed, .has_faults = true},
               LEAT_CASE_PASS, "");
    cr_assert_geq(LEAT_MARK_COUNT(case_struck), 200);
    cr_assert_geq(LEAT_MARK_COUNT(case_given_again), 50);
}

Test(runner, a_savepoint_among_faults_does_not_change_the_answer)
{
    for (uint64_t seed = 0; seed < 10; seed++)
        expect("{'name': 'a', 'sink': 'out', 'restore_after_op': 3, 'topology': '" COUNTS "', " ROWS
               ", " RIGHT "}",
               (leat_case_options){.parallelism = 2, .seed = seed, .has_faults = true},
               LEAT_CASE_PASS, "");
    cr_assert_geq(LEAT_MARK_COUNT(case_restored), 10);
}

Test(runner, restoring_does_not_change_the_answer)
{
    expect("{'name': 'a', 'sink': 'out', 'restore_after_op': 3, 'topology': '" COUNTS "', " ROWS
           ", " RIGHT "}",
           (leat_case_options){.parallelism = 2}, LEAT_CASE_PASS, "");
    cr_assert_eq(LEAT_MARK_COUNT(case_restored), 1);
}

Test(runner, a_wrong_expectation_fails_with_a_diff)
{
    expect("{'name': 'a', 'sink': 'late', 'topology': '" COUNTS "', " ROWS
           ", 'expected_rows': [['b', 4, '2024-01-01 00:00:04']]}",
           (leat_case_options){0}, LEAT_CASE_FAIL,
           "  sink late (k, v, ts): 1 of 1 rows missing, 1 of 1 not expected\n"
           "    - [\"b\", 4, \"2024-01-01 00:00:04\"]\n"
           "    + [\"b\", 5, \"2024-01-01 00:00:04\"]\n");
}

Test(runner, nothing_expected_is_done)
{
    expect("{'name': 'a', 'sink': 'late', 'topology': '" COUNTS "', " ROWS "}",
           (leat_case_options){0}, LEAT_CASE_DONE, "");
}

Test(runner, says_why_a_case_cannot_be_run)
{
    leat_case_options options = {0};
    expect("{'name': 'a', 'sql': 'select nothing'}", options, LEAT_CASE_ERROR, "");
    expect("{'name': 'a', 'topology': 'version: 1'}", options, LEAT_CASE_ERROR,
           "the topology is not valid");
    expect("{'name': 'a', 'topology': '" COUNTS "'}", options, LEAT_CASE_ERROR,
           "no rows are given for source `in`");
    expect("{'name': 'a', 'topology': '" COUNTS "', " ROWS "}", options, LEAT_CASE_ERROR,
           "there are several sinks");
    expect("{'name': 'a', 'sink': 'no', 'topology': '" COUNTS "', " ROWS "}", options,
           LEAT_CASE_ERROR, "there is no sink `no`");
    expect("{'name': 'a', 'sink': 'out', 'topology': '" COUNTS "', 'tables': [{'name': 'in',"
           " 'rows': [['a', 'x', null]]}]}",
           options, LEAT_CASE_ERROR, "row 1: column v");
    expect("{'name': 'a', 'sink': 'out', 'topology': '" COUNTS "', 'tables': [{'name': 'in'}],"
           " 'ops': [{'t': 'in', 'op': '-D', 'row': ['a', 1, null]}]}",
           options, LEAT_CASE_ERROR, "source `in` only takes new rows");
}
