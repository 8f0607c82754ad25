/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text/diagnostic.h"

#include <criterion/criterion.h>

static leat_arena arena;
static leat_diagnostics list;
static leat_buf out;

static void start(const char *source)
{
    leat_diagnostics_init(&list, &arena, "t.yaml", leat_bytes_text(source));
}

static void finish(void)
{
    leat_diagnostics_fini(&list);
    leat_buf_fini(&out);
    leat_arena_fini(&arena);
}

static const char *printed(void)
{
    leat_diagnostics_print(&list, &out);
    return leat_buf_text(&out);
}

Test(diagnostic, an_error_shows_its_line_with_a_caret_under_the_span, .fini = finish)
{
    start("a: 1\nwhere: amout > 3\n");

    leat_diagnostic_error(&list, (leat_place){2, 8, 5}, "unknown column `%s`", "amout");

    cr_assert_str_eq(printed(), "t.yaml:2:8: error: unknown column `amout`\n"
                                "  where: amout > 3\n"
                                "         ^~~~~\n");
}

Test(diagnostic, entries_come_in_source_order_and_keep_their_order_at_one_place, .fini = finish)
{
    start("x\ny\n");

    leat_diagnostic_error(&list, (leat_place){2, 1, 0}, "second");
    leat_diagnostic_warning(&list, (leat_place){2, 1, 0}, "third");
    leat_diagnostic_error(&list, (leat_place){0}, "first");

    cr_assert_str_eq(printed(), "t.yaml: error: first\n"
                                "t.yaml:2:1: error: second\n  y\n  ^\n"
                                "t.yaml:2:1: warning: third\n  y\n  ^\n");
    cr_assert_eq(list.error_count, 2);
}

Test(diagnostic, tabs_and_utf8_keep_the_caret_in_its_place, .fini = finish)
{
    start("\tk\xc3\xa4se: x");

    leat_diagnostic_error(&list, (leat_place){1, 9, 1}, "bad");

    cr_assert_str_eq(printed(), "t.yaml:1:9: error: bad\n  \tk\xc3\xa4se: x\n  \t      ^\n");
}

Test(diagnostic, a_span_past_the_end_of_the_line_or_file_is_harmless, .fini = finish)
{
    start("ab\n");

    leat_diagnostic_error(&list, (leat_place){1, 2, 50}, "long");
    leat_diagnostic_error(&list, (leat_place){1, 40, 1}, "right of it");
    leat_diagnostic_error(&list, (leat_place){9, 1, 1}, "below it");

    cr_assert_str_eq(printed(), "t.yaml:1:2: error: long\n  ab\n   ^\n"
                                "t.yaml:1:40: error: right of it\n"
                                "t.yaml:9:1: error: below it\n");
}

Test(diagnostic, a_very_long_line_is_cut_around_the_place, .fini = finish)
{
    char source[1001];
    memset(source, 'a', 1000);
    source[500] = 'X';
    source[1000] = '\0';
    start(source);

    leat_diagnostic_error(&list, (leat_place){1, 501, 1}, "here");

    const char *text = printed();
    const char *line = strchr(text, '\n') + 1;
    const char *caret_line = strchr(line, '\n') + 1;
    cr_assert_eq(strchr(line, 'X') - line, strchr(caret_line, '^') - caret_line);
    cr_assert_lt(out.size, 400);
}

Test(diagnostic, the_list_is_bounded_and_says_how_many_were_left_out, .fini = finish)
{
    start("x");

    for (int i = 0; i < LEAT_DIAGNOSTICS_MAX + 7; i++)
        leat_diagnostic_error(&list, (leat_place){1, 1, 0}, "e%d", i);

    cr_assert_not_null(strstr(printed(), "t.yaml: 7 more not shown\n"));
    cr_assert_eq(list.error_count, LEAT_DIAGNOSTICS_MAX + 7);
}

Test(diagnostic, the_nearest_word_is_suggested)
{
    static const char *const words[] = {"connector", "format", "path", "schema"};

    cr_assert_str_eq(leat_suggest(LEAT_BYTES("conector"), words, 4), "connector");
    cr_assert_str_eq(leat_suggest(LEAT_BYTES("formta"), words, 4), "format");
    cr_assert_str_eq(leat_suggest(LEAT_BYTES("Path"), words, 4), "path");
}

Test(diagnostic, a_word_near_to_nothing_gets_no_suggestion)
{
    static const char *const words[] = {"connector", "format", "path", "schema"};

    cr_assert_null(leat_suggest(LEAT_BYTES("zebra"), words, 4));
    cr_assert_null(leat_suggest(LEAT_BYTES("x"), words, 4));
    cr_assert_null(leat_suggest(LEAT_BYTES(""), words, 4));
}
