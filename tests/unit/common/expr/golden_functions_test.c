/* SPDX-License-Identifier: Apache-2.0
 *
 * tests/golden/functions: a line is an expression, " => " and its result. Results are PostgreSQL
 * 15's where it has the function; files or parts of files whose functions are Flink's alone say so.
 * A line that begins with @ is about constants and is not repeated over columns.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/common/expr/both_ways.h"

enum { LINE_MAX_BYTES = 2000, CASES_MAX = 1000 };

static char *line_cut(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    char *last = NULL;
    for (char *at = strstr(line, " => "); at != NULL; at = strstr(at + 1, " => "))
        last = at;
    cr_assert_not_null(last, "no result: %s", line);
    *last = '\0';
    return last + 4;
}

static void check_file(const char *name)
{
    leat_arena arena = {0};
    const char *path =
        leat_arena_print(&arena, "%s/tests/golden/functions/%s.txt", LEAT_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s is missing", path);
    char line[LINE_MAX_BYTES];
    expr_case *both = LEAT_ARENA_ARRAY(&arena, expr_case, CASES_MAX);
    expr_case *constant = LEAT_ARENA_ARRAY(&arena, expr_case, CASES_MAX);
    size_t both_count = 0, constant_count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        bool is_constant = line[0] == '@';
        char *text = line + is_constant;
        char *expected = line_cut(text);
        expr_case *to = is_constant ? &constant[constant_count++] : &both[both_count++];
        to->text = leat_arena_text(&arena, leat_bytes_text(text));
        to->expected = leat_arena_text(&arena, leat_bytes_text(expected));
        cr_assert(both_count < CASES_MAX && constant_count < CASES_MAX);
    }
    (void)fclose(file);
    check_both_ways(both, both_count);
    const leat_schema *schema = leat_schema_new(&arena, NULL, 0, -1);
    leat_rows one = {.schema = schema, .row_count = 1, .selected_count = 1};
    for (size_t i = 0; i < constant_count; i++) {
        const char *got = expr_result(constant[i].text, &one, &arena);
        cr_expect_str_eq(got, constant[i].expected, "%s\n  got      %s", constant[i].text, got);
    }
    leat_arena_fini(&arena);
}

/* LEAT_GOLDEN=write makes the page anew; what it says must be so. */
Test(golden_functions, the_page_of_all_functions_says_what_the_registry_says)
{
    leat_arena arena = {0};
    leat_buf page = {0};
    const char *path = leat_arena_print(&arena, "%s/docs/functions.md", LEAT_SOURCE_DIR);
    leat_buf_add_text(&page, "# Functions\n\nWhat `leat functions` prints, made from the registry "
                             "that calls are bound by; do not edit.\n\n");
    leat_functions_print(&page);
    while (page.size > 1 && page.data[page.size - 2] == '\n')
        page.size--;
    if (getenv("LEAT_GOLDEN") != NULL) {
        FILE *out = fopen(path, "wb");
        cr_assert_not_null(out, "%s", path);
        (void)fwrite(page.data, 1, page.size, out);
        (void)fclose(out);
    }
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s is missing: run with LEAT_GOLDEN=write", path);
    char line[LINE_MAX_BYTES];
    size_t rows = 0;
    for (; fgets(line, sizeof line, file) != NULL; rows++)
        cr_expect(strstr(leat_buf_text(&page), line) != NULL,
                  "docs/functions.md: run with LEAT_GOLDEN=write; not in leat functions: %s", line);
    (void)fclose(file);
    cr_expect(rows > leat_function_count() / 2, "%zu lines", rows);
    leat_buf_fini(&page);
    leat_arena_fini(&arena);
}

Test(golden_functions, patterns_of_times)
{
    check_file("patterns");
}

Test(golden_functions, regular_expressions)
{
    check_file("regexp");
}

Test(golden_functions, days_and_times_of_day)
{
    check_file("dates");
}

Test(golden_functions, casts)
{
    check_file("casts");
}

Test(golden_functions, arrays_rows_and_maps)
{
    check_file("nested");
}

Test(golden_functions, json)
{
    check_file("json");
}

Test(golden_functions, the_library)
{
    check_file("library");
}
