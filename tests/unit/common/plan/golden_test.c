/* SPDX-License-Identifier: Apache-2.0
 *
 * Every topology in tests/golden/plan and examples has its plan beside tests/golden/plan as text.
 * LEAT_GOLDEN=write writes them anew: read the diff.
 */
#include <dirent.h>
#include <stdio.h>

#include "common/plan/check.h"
#include "tests/unit/common/plan/plan_of.h"

static void golden_write(const char *path, leat_buf *text)
{
    char full[4096];
    snprintf(full, sizeof full, "%s/%s", LEAT_SOURCE_DIR, path);
    FILE *file = fopen(full, "wb");
    cr_assert_not_null(file, "%s", full);
    fwrite(leat_buf_text(text), 1, text->size, file);
    fclose(file);
}

static void expect_golden(const char *folder, const char *name)
{
    leat_arena arena = {0};
    leat_error error = {0};
    leat_buf text = {0};
    char path[256];
    snprintf(path, sizeof path, "%s/%s.yaml", folder, name);
    char *topology = tree_file(path);
    cr_assert_not_null(topology, "%s", path);
    const leat_physical_plan *plan = physical_of(topology, &arena);
    cr_assert_eq(leat_plan_check(plan, &error), LEAT_OK, "%s: %s", name, error.text);
    leat_logical_print(plan->logical, &text);
    leat_buf_add_char(&text, '\n');
    leat_physical_print(plan, &text);

    snprintf(path, sizeof path, "tests/golden/plan/%s.plan", name);
    if (getenv("LEAT_GOLDEN") != NULL)
        golden_write(path, &text);
    char *golden = tree_file(path);
    cr_assert_not_null(golden, "%s is missing: run with LEAT_GOLDEN=write", path);
    cr_assert_str_eq(leat_buf_text(&text), golden, "%s:\n%s", name, leat_buf_text(&text));
    leat_free(golden);
    leat_free(topology);
    leat_buf_fini(&text);
    leat_arena_fini(&arena);
}

Test(plan_golden, an_aggregation_over_equal_keys_needs_no_second_exchange)
{
    expect_golden("tests/golden/plan", "fits");
}

Test(plan_golden, unions_over_stages_become_edges)
{
    expect_golden("tests/golden/plan", "unions");
}

Test(plan_golden, rules_fuse_push_prune_and_drop)
{
    expect_golden("tests/golden/plan", "rewritten");
}

Test(plan_golden, the_examples_are_planned_as_they_were)
{
    expect_golden("examples", "wiki-edits");
    expect_golden("examples", "payments");
    expect_golden("examples", "auctions");
}
