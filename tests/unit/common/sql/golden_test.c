/* SPDX-License-Identifier: Apache-2.0
 *
 * Every script in tests/golden/sql has its plan beside it as text, after all rewrites.
 * LEAT_GOLDEN=write writes them anew: read the diff.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/alloc.h"
#include "common/plan/check.h"
#include "common/plan/rewrite.h"
#include "common/sql/sql.h"

static void file_of(const char *name, const char *ending, const char *mode, leat_buf *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/sql/%s.%s", LEAT_SOURCE_DIR, name, ending);
    FILE *file = fopen(path, mode);
    cr_assert_not_null(file, "%s is missing: run with LEAT_GOLDEN=write", path);
    if (mode[0] == 'w')
        fwrite(leat_buf_text(text), 1, text->size, file);
    for (int c; mode[0] == 'r' && (c = fgetc(file)) != EOF;)
        leat_buf_add_char(text, (char)c);
    fclose(file);
}

static void expect_golden(const char *name)
{
    leat_arena arena = {0};
    leat_buf script = {0}, text = {0}, golden = {0};
    leat_diagnostics diagnostics;
    leat_error error = {0};
    leat_sql_config config = {.allows_unbounded_state = true};
    file_of(name, "sql", "r", &script);
    leat_diagnostics_init(&diagnostics, &arena, name, leat_buf_bytes(&script));
    const leat_logical_plan *plan =
        leat_sql_load(leat_buf_bytes(&script), &config, &arena, &diagnostics);
    leat_diagnostics_print(&diagnostics, &text);
    cr_assert_not_null(plan, "%s", leat_buf_text(&text));
    leat_buf_clear(&text);
    plan = leat_rewrite(plan, &arena);
    cr_assert_eq(leat_plan_check(leat_physical_of(plan, &arena), &error), LEAT_OK, "%s: %s", name,
                 error.text);
    leat_logical_print(plan, &text);

    if (getenv("LEAT_GOLDEN") != NULL)
        file_of(name, "plan", "w", &text);
    file_of(name, "plan", "r", &golden);
    cr_assert_str_eq(leat_buf_text(&text), leat_buf_text(&golden), "%s:\n%s", name,
                     leat_buf_text(&text));
    leat_diagnostics_fini(&diagnostics);
    leat_buf_fini(&script);
    leat_buf_fini(&text);
    leat_buf_fini(&golden);
    leat_arena_fini(&arena);
}

Test(sql_golden, conditions_sink_to_the_sources)
{
    expect_golden("filters");
}

Test(sql_golden, subqueries_become_joins)
{
    expect_golden("subqueries");
}

Test(sql_golden, joins_have_a_condition_each_and_know_their_bounds)
{
    expect_golden("joins");
}

Test(sql_golden, groups_ranks_and_windows_over_them)
{
    expect_golden("groups");
}

Test(sql_golden, changes_are_normalised_where_they_come_in)
{
    expect_golden("changes");
}
