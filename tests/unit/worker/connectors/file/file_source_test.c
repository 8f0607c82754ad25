/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "tests/support/source_text.h"
#include "worker/connectors/file/file.h"

static char root[64];

static void root_make(void)
{
    snprintf(root, sizeof root, "/tmp/leat-file-[x]-XXXXXX"); /* brackets must not be a pattern */
    cr_assert_not_null(mkdtemp(root));
}

static void root_remove(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", root);
    cr_assert_eq(system(command), 0);
}

TestSuite(file_source, .init = root_make, .fini = root_remove);

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void write_file(const char *name, const char *mode, const char *text)
{
    FILE *file = fopen(path_of(name), mode);
    cr_assert_not_null(file);
    cr_assert_eq(fputs(text, file) < 0, 0);
    fclose(file);
}

static void write_gzip(const char *name, const char *mode, const char *text)
{
    gzFile file = gzopen(path_of(name), mode);
    cr_assert_not_null(file);
    cr_assert_geq(gzputs(file, text), 0);
    gzclose(file);
}

static const char *split_of(const char *name)
{
    static char split[128];
    struct stat status;
    cr_assert_eq(stat(path_of(name), &status), 0);
    snprintf(split, sizeof split, "%lu:%s", (unsigned long)status.st_ino, name);
    return split;
}

#define FILE_SOURCE(test, ...)                                                                     \
    do {                                                                                           \
        SOURCE_INIT((test), &leat_file_source, "a bigint, s string", __VA_ARGS__);                 \
        (test)->config.files_root = root;                                                          \
    } while (0)

static const leat_test_run whole = {LEAT_BATCH_ROWS_MAX, 0};

Test(file_source, splits_are_the_files_that_match_in_order)
{
    leat_test_source test;
    FILE_SOURCE(&test, "path", "in/*.jsonl");
    mkdir(path_of("in"), 0700);
    mkdir(path_of("in/dir.jsonl"), 0700);
    write_file("in/b.jsonl", "w", "");
    write_file("in/a.jsonl", "w", "");
    write_file("in/a.txt", "w", "");
    char expected[256];
    size_t size = (size_t)snprintf(expected, sizeof expected, "%s\n", split_of("in/a.jsonl"));
    snprintf(expected + size, sizeof expected - size, "%s\n", split_of("in/b.jsonl"));

    cr_assert_str_eq(leat_test_source_splits(&test), expected);
}

Test(file_source, no_file_is_an_error_unless_it_may_still_come)
{
    leat_test_source test;
    FILE_SOURCE(&test, "path", "none/*.jsonl");
    char expected[160];
    snprintf(expected, sizeof expected, "no file matches `none/*.jsonl` in %s", root);

    cr_assert_str_eq(leat_test_source_splits(&test), expected);
    FILE_SOURCE(&test, "path", "none/*.jsonl", "follow", "true");
    cr_assert_str_eq(leat_test_source_splits(&test), "");
}

#define LINES                                                                                      \
    "{\"a\":1,\"s\":\"x\"}\n\n{\"a\":\"?\"}\r\n"                                                   \
    "{\"s\":\"\\u00e9\",\"a\":3}\n{\"a\":4}"
#define LINES_READ "bad 17 column `a`: `?` is not a valid bigint\n1, x\n3, \u00e9\n4, null\nend\n"

Test(file_source, plain_and_gzip_files_give_the_same_rows)
{
    leat_test_source test;
    FILE_SOURCE(&test, "path", "*");
    write_file("plain", "w", LINES);
    write_gzip("packed.gz", "w", LINES);

    cr_assert_str_eq(leat_test_source_read(&test, split_of("plain"), whole), LINES_READ);
    cr_assert_str_eq(leat_test_source_read(&test, split_of("packed.gz"), whole), LINES_READ);
}

Test(file_source, several_gzip_members_are_one_text)
{
    leat_test_source test;
    FILE_SOURCE(&test, "path", "*");
    write_gzip("packed.gz", "w", "{\"a\":1}\n{\"a\"");
    write_gzip("packed.gz", "a", ":2}\n");

    cr_assert_str_eq(leat_test_source_read(&test, split_of("packed.gz"), whole),
                     "1, null\n2, null\nend\n");
}

Test(file_source, a_byte_order_mark_is_no_part_of_the_first_record)
{
    leat_test_source test;
    FILE_SOURCE(&test, "path", "*");
    write_file("marked", "w", "\xEF\xBB\xBF{\"a\":1}\n");

    cr_assert_str_eq(leat_test_source_read(&test, split_of("marked"), whole), "1, null\nend\n");
}

/* Longer than the read buffer several times over, lines of all lengths, some of them bad. */
static char *many_lines(void)
{
    leat_buf text = {0};
    for (int i = 0; i < 20000; i++) {
        leat_buf_print(&text, i % 97 == 0 ? "{\"a\":%d,\n" : "{\"a\":%d,\"s\":\"%.*s\"}\n", i,
                       i % 61, "some text that is as long as sixty-one characters need it to be");
    }
    leat_buf_text(&text);
    return text.data;
}

Test(file_source, rows_are_the_same_whatever_the_batches_and_the_resumes)
{
    leat_test_source test;
    FILE_SOURCE(&test, "path", "*");
    char *text = many_lines();
    write_file("plain", "w", text);
    write_gzip("packed.gz", "w", text);
    leat_free(text);
    const leat_test_run one_poll_each = {777, 1};

    const char *rows = leat_test_source_read(&test, split_of("plain"), (leat_test_run){777, 0});

    cr_assert(strstr(rows, "\n19999, "));
    cr_assert_str_eq(leat_test_source_read(&test, split_of("plain"), one_poll_each), rows);
    cr_assert_str_eq(leat_test_source_read(&test, split_of("packed.gz"), one_poll_each), rows);
}

Test(file_source, a_followed_file_gives_whole_lines_as_they_come)
{
    leat_test_source test;
    FILE_SOURCE(&test, "path", "*", "follow", "true");
    write_file("log", "w", "{\"a\":1}\n{\"a\":2");
    leat_builder *builder = leat_builder_new(test.config.schema, 8);
    leat_source_reader *reader = NULL;
    leat_error err;
    const leat_poll poll = {.max_rows = 8};
    cr_assert_eq(leat_file_source.open_split(&test.config, leat_bytes_text(split_of("log")),
                                             leat_bytes_of(NULL, 0), &reader, &err),
                 LEAT_OK);

    cr_assert_eq(leat_file_source.poll(reader, &poll, builder, &err), LEAT_OK);
    cr_assert_eq(leat_file_source.poll(reader, &poll, builder, &err), LEAT_AGAIN);
    write_file("log", "a", "2}\n");
    cr_assert_eq(leat_file_source.poll(reader, &poll, builder, &err), LEAT_OK);

    leat_rows rows = leat_builder_rows(builder);
    cr_assert_str_eq(ROWS_TEXT(&rows), "1, null\n22, null\n");
    cr_assert_eq(truncate(path_of("log"), 3), 0);
    cr_assert_eq(leat_file_source.poll(reader, &poll, builder, &err), LEAT_CORRUPT);
    leat_file_source.close(&reader);
    leat_builder_free(&builder);
}

Test(file_source, a_record_longer_than_a_mebibyte_is_bad_and_the_next_is_not)
{
    leat_test_source test;
    FILE_SOURCE(&test, "path", "*");
    leat_buf text = {0};
    leat_buf_add_text(&text, "{\"a\":1}\n{\"s\":\"");
    memset(leat_buf_reserve(&text, 3 * LEAT_MIB), 'x', 3 * LEAT_MIB);
    text.size += 3 * LEAT_MIB;
    leat_buf_add_text(&text, "\"}\n{\"a\":2}\n{\"s\":\"");
    memset(leat_buf_reserve(&text, LEAT_MIB), 'y', LEAT_MIB);
    text.size += LEAT_MIB;
    write_file("long", "w", leat_buf_text(&text));
    leat_buf_fini(&text);
    char expected[256];
    snprintf(expected, sizeof expected,
             "bad 8 longer than 1 MiB\nbad %d longer than 1 MiB\n1, null\n2, null\nend\n",
             8 + 6 + 3 * LEAT_MIB + 3 + 8);

    cr_assert_str_eq(leat_test_source_read(&test, split_of("long"), whole), expected);
}

Test(file_source, another_file_in_its_place_is_refused)
{
    leat_test_source test;
    FILE_SOURCE(&test, "path", "*");
    write_file("a", "w", "{}\n");
    write_file("b", "w", "{}\n");
    char split[128];
    snprintf(split, sizeof split, "%s", split_of("a"));
    char from[128];
    snprintf(from, sizeof from, "%s", path_of("b"));
    cr_assert_eq(rename(from, path_of("a")), 0);

    cr_assert_str_eq(leat_test_source_read(&test, split, whole),
                     "not found: `a` is another file than when it was listed\n");
}

Test(file_source, a_position_beyond_the_file_or_a_cut_gzip_is_corrupt)
{
    leat_test_source test;
    leat_source_reader *reader = NULL;
    FILE_SOURCE(&test, "path", "*");
    write_file("plain", "w", "{}\n");
    write_gzip("packed.gz", "w", LINES LINES LINES);

    cr_assert_eq(leat_file_source.open_split(&test.config, leat_bytes_text(split_of("plain")),
                                             LEAT_BYTES("4"), &reader, NULL),
                 LEAT_CORRUPT);
    cr_assert_eq(truncate(path_of("packed.gz"), 40), 0);
    const char *text = leat_test_source_read(&test, split_of("packed.gz"), whole);
    cr_assert_not_null(strstr(text, "corrupt: cannot inflate"), "%s", text);
}

#define CSV "s;other;a\r\n\"two\nlines\";x;1\n\nb;;2\nc;;?\n\"open;;3\n"

/* Bad records are told before the rows of their poll, so only what comes is fixed. */
static void expect_csv(const char *text)
{
    static const char *const parts[] = {
        "1, two\nlines\n", "2, b\n",
        "bad 33 column `a` has a value that does not fit: `?` for bigint\n",
        "bad 38 the file ends within a quoted field\n", "end\n"};
    size_t size = 0;
    for (size_t i = 0; i < LEAT_COUNT_OF(parts); i++) {
        cr_expect_not_null(strstr(text, parts[i]), "%s", text);
        size += strlen(parts[i]);
    }
    cr_expect_eq(strlen(text), size, "%s", text);
}

Test(file_source, csv_is_the_same_wherever_it_is_cut_and_resumed)
{
    static const leat_test_run runs[] = {{LEAT_BATCH_ROWS_MAX, 0}, {2, 1}, {3, 1}, {2, 2}};
    leat_test_source test;
    FILE_SOURCE(&test, "path", "*", "format", "csv", "delimiter", ";", "header", "true");
    write_file("rows.csv", "w", CSV);
    write_gzip("rows.csv.gz", "w", CSV);
    for (size_t i = 0; i < LEAT_COUNT_OF(runs); i++) {
        expect_csv(leat_test_source_read(&test, split_of("rows.csv"), runs[i]));
        expect_csv(leat_test_source_read(&test, split_of("rows.csv.gz"), runs[i]));
    }
}

Test(file_source, wrong_options_are_named)
{
    leat_test_source test;
    FILE_SOURCE(&test, "format", "cvs", "follw", "true");

    const char *text = leat_test_source_check(&test);

    cr_assert(strstr(text, "the option `path` is needed"), "%s", text);
    cr_assert(strstr(text, "`format: cvs`: expected json"), "%s", text);
    cr_assert(strstr(text, "unknown option `follw`, did you mean `follow`?"), "%s", text);
    FILE_SOURCE(&test, "path", "x.gz", "follow", "true");
    cr_assert(strstr(leat_test_source_check(&test), "a .gz file cannot"));
}
