/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text/yaml.h"

#include <criterion/criterion.h>

static leat_arena arena;
static leat_diagnostics list;
static leat_buf out;
static leat_variables variables;

static const leat_yaml *parse(const char *source)
{
    leat_diagnostics_init(&list, &arena, "t.yaml", leat_bytes_text(source));
    return leat_yaml_parse(leat_bytes_text(source), &variables, &arena, &list);
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

static void expect_text(const leat_yaml *node, const char *text)
{
    cr_assert_not_null(node);
    cr_assert_eq(node->kind, LEAT_YAML_SCALAR);
    cr_assert(leat_bytes_equal(node->text, leat_bytes_text(text)), "`%.*s` instead of `%s`",
              LEAT_FMT(node->text), text);
}

static void expect_place(const leat_yaml *node, uint32_t line, uint32_t column)
{
    cr_assert_eq(node->place.line, line, "line %u", node->place.line);
    cr_assert_eq(node->place.column, column, "column %u", node->place.column);
}

Test(yaml, values_come_with_the_place_of_their_first_byte, .fini = finish)
{
    const leat_yaml *root = parse("a: one\nb:\n  c: \"two\"\n  d: [x, 'y z']\ne: {f: 3}\n");

    cr_assert_str_eq(printed(), "");
    expect_text(leat_yaml_get(root, "a"), "one");
    expect_place(leat_yaml_get(root, "a"), 1, 4);
    const leat_yaml *b = leat_yaml_get(root, "b");
    expect_text(leat_yaml_get(b, "c"), "two");
    expect_place(leat_yaml_get(b, "c"), 3, 7);
    cr_assert(leat_yaml_get(b, "c")->is_literal);
    const leat_yaml *d = leat_yaml_get(b, "d");
    cr_assert_eq(d->count, 2);
    expect_text(&d->items[1], "y z");
    expect_place(&d->items[1], 4, 11);
    expect_place(leat_yaml_get(leat_yaml_get(root, "e"), "f"), 5, 8);
}

Test(yaml, a_scalar_that_is_not_written_byte_for_byte_is_not_literal, .fini = finish)
{
    const leat_yaml *root = parse("a: \"x\\ty\"\nb: >\n  one\n  two\nc: one\n  two\nd: 'it''s'\n");

    expect_text(leat_yaml_get(root, "a"), "x\ty");
    cr_assert_not(leat_yaml_get(root, "a")->is_literal);
    expect_text(leat_yaml_get(root, "b"), "one two\n");
    cr_assert_not(leat_yaml_get(root, "b")->is_literal);
    expect_text(leat_yaml_get(root, "c"), "one two");
    cr_assert_not(leat_yaml_get(root, "c")->is_literal);
    expect_text(leat_yaml_get(root, "d"), "it's");
    cr_assert_not(leat_yaml_get(root, "d")->is_literal);
}

Test(yaml, a_block_is_literal_behind_its_indent, .fini = finish)
{
    const leat_yaml *root = parse("a:\n  b: |\n    one\n      two\n\n    three\nc: |\n\n  x\n");

    const leat_yaml *b = leat_yaml_get(leat_yaml_get(root, "a"), "b");
    expect_text(b, "one\n  two\n\nthree\n");
    cr_assert(b->is_literal);
    cr_assert_eq(b->indent, 4);
    expect_place(b, 3, 5);
    cr_assert_not(leat_yaml_get(root, "c")->is_literal); /* begins with an empty line */
}

Test(yaml, empty_values_are_null_and_stand_at_their_key, .fini = finish)
{
    const leat_yaml *root = parse("a:\nb: ~\nc: ''\n");

    cr_assert_eq(leat_yaml_get(root, "a")->kind, LEAT_YAML_NULL);
    expect_place(leat_yaml_get(root, "a"), 1, 1);
    cr_assert_eq(leat_yaml_get(root, "b")->kind, LEAT_YAML_NULL);
    expect_text(leat_yaml_get(root, "c"), "");
}

Test(yaml, a_duplicate_key_is_an_error_at_the_second_one, .fini = finish)
{
    parse("a: 1\nb: 2\na: 3\n");

    cr_assert_str_eq(printed(), "t.yaml:3:1: error: duplicate key `a`, first given in line 1\n"
                                "  a: 3\n  ^\n");
}

Test(yaml, broken_syntax_is_told_with_its_place, .fini = finish)
{
    cr_assert_null(parse("a: [1, 2\nb: 3\n"));

    cr_assert_gt(list.error_count, 0);
    cr_assert_gt(list.entries.items[0].place.line, 0);
}

Test(yaml, anchors_aliases_tags_and_second_documents_are_refused, .fini = finish)
{
    static const char *const sources[] = {"a: &x 1\n",         "a: *x\n",     "a: !!int 1\n",
                                          "a: 1\n---\nb: 2\n", "a: &x [1]\n", "[1]: 2\n"};
    for (size_t i = 0; i < LEAT_COUNT_OF(sources); i++) {
        cr_assert_null(parse(sources[i]), "%s", sources[i]);
        cr_assert_gt(list.error_count, 0, "%s", sources[i]);
        leat_diagnostics_fini(&list);
    }
}

Test(yaml, text_that_is_not_utf8_and_directives_are_refused, .fini = finish)
{
    cr_assert_null(parse("a: 1\n%b: \xeb\xeb\n"));
    cr_assert_str_eq(printed(),
                     "t.yaml:2:5: error: this is not UTF-8 text\n  %b: \xeb\xeb\n      ^\n");
    finish();
    memset(&out, 0, sizeof out);
    cr_assert_null(parse("a: 1\n%YAML 1.2\n"));
    cr_assert_str_eq(printed(),
                     "t.yaml:2:1: error: directives are not supported\n  %YAML 1.2\n  ^\n");
}

Test(yaml, deep_nesting_and_long_lists_are_refused_at_once, .fini = finish)
{
    static char deep[200001];
    memset(deep, '[', 200000);
    cr_assert_null(parse(deep));
    cr_assert_gt(list.error_count, 0);
    leat_diagnostics_fini(&list);

    leat_buf wide = {0};
    leat_buf_add_text(&wide, "a: [");
    for (int i = 0; i < 2000; i++)
        leat_buf_add_text(&wide, "1, ");
    leat_buf_add_text(&wide, "1]");
    cr_assert_null(parse(leat_buf_text(&wide)));
    leat_buf_fini(&wide);
}

Test(yaml, every_prefix_and_mutation_of_a_document_ends_in_a_tree_or_an_error, .fini = finish)
{
    static const char source[] =
        "a: {b: [1, \"x\", 'y'], c: ${D:e}}\nf: |\n  g\nh: &i *j !k\n? l\n";
    char text[sizeof source];
    for (size_t i = 0; i < sizeof source; i++) {
        memcpy(text, source, i);
        text[i] = '\0';
        if (parse(text) == NULL)
            cr_assert_gt(list.error_count, 0);
        leat_diagnostics_fini(&list);
        for (unsigned c = 1; c < 256; c += 7) {
            memcpy(text, source, sizeof source);
            text[i] = (char)c;
            text[sizeof source - 1] = '\0';
            if (parse(text) == NULL)
                cr_assert_gt(list.error_count, 0);
            leat_diagnostics_fini(&list);
        }
        leat_arena_reset(&arena);
    }
}

static const char *environment(const char *name)
{
    return strcmp(name, "HOME_DIR") == 0 ? "/srv" : NULL;
}

Test(yaml, variables_come_from_the_list_then_the_environment_then_the_default, .fini = finish)
{
    leat_variable given[] = {{LEAT_BYTES("A"), LEAT_BYTES("first")},
                             {LEAT_BYTES("A"), LEAT_BYTES("last: {x}")}};
    variables = (leat_variables){given, 2, environment};

    const leat_yaml *root =
        parse("x: ${A}\ny: {p: ${HOME_DIR:no}/${B:data}/f-*.gz, q: \"$${A}\"}\nz: ${C:}\n");

    cr_assert_str_eq(printed(), "");
    expect_text(leat_yaml_get(root, "x"), "last: {x}");
    expect_text(leat_yaml_get(leat_yaml_get(root, "y"), "p"), "/srv/data/f-*.gz");
    expect_text(leat_yaml_get(leat_yaml_get(root, "y"), "q"), "${A}");
    expect_text(leat_yaml_get(root, "z"), "");
    cr_assert_not(leat_yaml_get(root, "x")->is_literal);
}

Test(yaml, places_after_a_variable_are_those_of_the_file, .fini = finish)
{
    const leat_yaml *root = parse("a: {b: ${LONG_NAME:x}, c: 1}\n");

    expect_text(leat_yaml_get(leat_yaml_get(root, "a"), "b"), "x");
    expect_place(leat_yaml_get(leat_yaml_get(root, "a"), "c"), 1, 27);
}

Test(yaml, a_variable_without_value_is_an_error_but_not_in_a_comment, .fini = finish)
{
    parse("a: ${NOPE}\n# ${NEITHER}\nb: ${1x}\nc: ${open\n");

    cr_assert_str_eq(printed(),
                     "t.yaml:1:4: error: `NOPE` is not set: give -D NOPE=VALUE, set it in the "
                     "environment, or write ${NOPE:default}\n  a: ${NOPE}\n     ^~~~~~~\n"
                     "t.yaml:3:4: error: expected ${NAME} or ${NAME:default}, got `${1x}`\n"
                     "  b: ${1x}\n     ^~~~~\n"
                     "t.yaml:4:4: error: `${` without a closing `}` on this line\n"
                     "  c: ${open\n     ^~\n");
}

Test(yaml, unknown_keys_are_told_with_the_nearest_known_one, .fini = finish)
{
    static const char *const known[] = {"input", "where"};
    const leat_yaml *root = parse("inptu: x\nwhere: y\nzebra: z\n");

    leat_yaml_check_keys(root, "a processor", known, 2, &list);

    cr_assert_str_eq(printed(),
                     "t.yaml:1:1: error: unknown key `inptu` in a processor, did you mean "
                     "`input`?\n  inptu: x\n  ^~~~~\n"
                     "t.yaml:3:1: error: unknown key `zebra` in a processor; known are input, "
                     "where\n  zebra: z\n  ^~~~~\n");
}

Test(yaml, typed_getters_report_and_leave_the_default, .fini = finish)
{
    static const char *const words[] = {"fail", "skip"};
    const leat_yaml *root = parse("n: 12x\nd: 5 parsecs\nb: yes\nw: jump\nt: [1]\nbig: 2_000\n");
    uint64_t number = 7;
    int64_t duration = 8;
    bool flag = true;
    uint32_t word = 1;
    leat_bytes text = LEAT_BYTES("kept");

    cr_assert_not(leat_yaml_read_number(leat_yaml_get(root, "n"), 1, 100, &number, &list));
    cr_assert_not(leat_yaml_read_duration(leat_yaml_get(root, "d"), &duration, &list));
    cr_assert_not(leat_yaml_read_bool(leat_yaml_get(root, "b"), &flag, &list));
    cr_assert_not(leat_yaml_read_word(leat_yaml_get(root, "w"), words, 2, &word, &list));
    cr_assert_not(leat_yaml_read_text(leat_yaml_get(root, "t"), &text, &list));
    cr_assert_not(leat_yaml_read_number(leat_yaml_get(root, "big"), 1, 100, &number, &list));

    cr_assert_eq(list.error_count, 6);
    cr_assert_eq(number, 7);
    cr_assert_eq(duration, 8);
    cr_assert(flag);
    cr_assert_eq(word, 1);
    cr_assert_eq(text.size, 4);
}
