/* SPDX-License-Identifier: Apache-2.0
 *
 * csv, raw and debezium-json, in and out, through the one interface that connectors use.
 */
#include "worker/connectors/base/format.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/alloc.h"
#include "tests/support/batch_text.h"

enum { OPTIONS_MAX = 8, ROWS_MAX = 16 };

typedef struct fixture {
    leat_connector_config config;
    leat_connector_option options[OPTIONS_MAX];
    leat_format_reader *reader;
    leat_builder *builder;
    leat_buf out;
} fixture;

/* "name=value" ... NULL */
static fixture *open_format(const char *schema, const char *const *options)
{
    fixture *f = LEAT_NEW(fixture);
    f->config.schema = leat_test_schema(schema);
    f->config.options = f->options;
    for (; options[f->config.option_count] != NULL; f->config.option_count++) {
        const char *text = options[f->config.option_count], *equal = strchr(text, '=');
        f->options[f->config.option_count] =
            (leat_connector_option){.name = leat_bytes_of(text, (size_t)(equal - text)),
                                    .value = leat_bytes_text(equal + 1)};
    }
    f->reader = leat_format_reader_new(&f->config);
    f->builder = leat_builder_new(f->config.schema, ROWS_MAX);
    return f;
}
#define OPEN(schema, ...) open_format(schema, (const char *const[]){__VA_ARGS__, NULL})

static void close_format(fixture *f)
{
    leat_format_reader_free(&f->reader);
    leat_builder_free(&f->builder);
    leat_buf_fini(&f->out);
    leat_free(f);
}

/* The rows of a record as text, "more" or "bad: reason". */
static const char *read_one(fixture *f, const char *record)
{
    const char *reason = NULL;
    size_t size = strlen(record);
    char *copy = memcpy(leat_alloc(size + !size), record, size);
    leat_buf_clear(&f->out);
    leat_code code = leat_format_read(f->reader, leat_bytes_of(copy, size), f->builder, &reason);
    leat_rows rows = leat_builder_rows(f->builder);
    if (code == LEAT_OK)
        leat_rows_print(&rows, &f->out);
    else
        cr_assert_eq(rows.row_count, 0);
    leat_buf_print(&f->out, "%s%s",
                   code == LEAT_AGAIN    ? "more"
                   : code == LEAT_RECORD ? "bad: "
                                         : "",
                   code == LEAT_RECORD ? reason : "");
    leat_builder_clear(f->builder);
    leat_free(copy);
    return leat_buf_text(&f->out);
}

/* The lines that these rows become. */
static const char *write_rows(fixture *f, const char *const *rows)
{
    leat_arena arena = {0};
    leat_batch *batch = leat_test_batch(f->config.schema, rows);
    leat_buf_clear(&f->out);
    leat_format_write(&f->config, leat_batch_rows(batch), &f->out);
    leat_batch_unref(&batch);
    leat_arena_fini(&arena);
    return leat_buf_text(&f->out);
}
#define WRITE(f, ...) write_rows((f), (const char *const[]){__VA_ARGS__, NULL})

Test(format_csv, fields_stand_in_the_order_of_the_columns)
{
    fixture *f = OPEN("a int, s string, d decimal(6,2), b boolean", "format=csv");
    cr_assert_str_eq(read_one(f, "1,two,3.5,true\r"), "1, two, 3.50, true\n");
    cr_assert_str_eq(read_one(f, "1"), "1, null, null, null\n");
    cr_assert_str_eq(read_one(f, ",\"\",,"), "null, , null, null\n");
    close_format(f);
}

Test(format_csv, quotes_hold_delimiters_quotes_and_line_breaks)
{
    fixture *f = OPEN("s string, t string", "format=csv");
    cr_assert_str_eq(read_one(f, "\"a,\"\"b\"\"\",c"), "a,\"b\", c\n");
    cr_assert_str_eq(read_one(f, "x,\"one"), "more");
    cr_assert_str_eq(read_one(f, "x,\"one\ntwo\""), "x, one\ntwo\n");
    cr_assert_str_eq(read_one(f, "x,\"one\" two"), "bad: text behind a closing quote");
    close_format(f);
}

Test(format_csv, every_setting_has_its_name_and_flinks)
{
    fixture *f = OPEN("s string, t string", "format=csv", "delimiter=\\t", "quote='", "null=NULL");
    cr_assert_str_eq(read_one(f, "'a\tb'\tNULL"), "a\tb, null\n");
    cr_assert_str_eq(read_one(f, "'NULL'\t"), "NULL, \n");
    close_format(f);
    f = OPEN("s string, t string", "format=csv", "csv.field-delimiter=;", "csv.quote-character='",
             "csv.null-literal=-");
    cr_assert_str_eq(read_one(f, "'a;b';-"), "a;b, null\n");
    close_format(f);
}

Test(format_csv, a_header_names_the_columns)
{
    const char *reason = NULL;
    fixture *f = OPEN("a int, b int", "format=csv", "header=true");
    cr_assert(leat_format_has_header(&f->config));
    cr_assert_eq(leat_format_read_header(f->reader, LEAT_BYTES("B,other,\"a\""), &reason), LEAT_OK);
    cr_assert_str_eq(read_one(f, "1,x,2"), "2, 1\n");
    close_format(f);
}

Test(format_csv, what_does_not_fit_is_told)
{
    fixture *f = OPEN("a int not null, b timestamp", "format=csv");
    cr_assert_str_eq(read_one(f, "x,"),
                     "bad: column `a` has a value that does not fit: `x` for int");
    cr_assert_str_eq(read_one(f, ",2024-01-01"),
                     "bad: column `a` is declared not null: `` for int");
    cr_assert_str_eq(read_one(f, "1,2,3"),
                     "bad: column `b` has a value that does not fit: `2` for timestamp");
    cr_assert_str_eq(read_one(f, "1,,3"), "bad: more than 2 fields");
    close_format(f);
}

Test(format_csv, what_is_written_is_read_as_the_same_rows)
{
    fixture *f = OPEN("a int, s string", "format=csv");
    cr_assert_str_eq(WRITE(f, "1, a b", "null, null"), "1,a b\n,\n");
    close_format(f);
    f = OPEN("a int, s string", "format=csv", "delimiter= ", "null=a");
    cr_assert_str_eq(WRITE(f, "1, a b", "2, a", "3, null"), "1 \"a b\"\n2 \"a\"\n3 a\n");
    close_format(f);
}

Test(format_raw, a_line_is_a_row)
{
    fixture *f = OPEN("line string", "format=raw");
    cr_assert_str_eq(read_one(f, "any {thing"), "any {thing\n");
    cr_assert(!leat_format_skips_blank(f->reader));
    cr_assert_str_eq(WRITE(f, "x", "y"), "x\ny\n");
    close_format(f);
}

Test(format_debezium, records_are_changes)
{
    fixture *f = OPEN("id int, v string", "format=debezium-json");
    cr_assert_str_eq(read_one(f, "{\"before\":null,\"after\":{\"id\":1,\"v\":\"a\"},\"op\":\"c\"}"),
                     "1, a\n");
    cr_assert_str_eq(read_one(f, "{\"payload\":{\"op\":\"u\",\"before\":{\"id\":1,\"v\":\"a\"},"
                                 "\"after\":{\"id\":1,\"v\":\"b\"}},\"schema\":{}}"),
                     "-U 1, a\n+U 1, b\n");
    cr_assert_str_eq(read_one(f, "{\"op\":\"d\",\"before\":{\"id\":1},\"after\":null}"),
                     "-D 1, null\n");
    close_format(f);
}

Test(format_debezium, a_change_comes_whole_or_not_at_all)
{
    fixture *f = OPEN("id int", "format=debezium-json");
    static const char *const wrong[][2] = {
        {"{\"op\":\"u\",\"before\":{\"id\":1},\"after\":{\"id\":\"x\"}}", "column `id`"},
        {"{\"op\":\"u\",\"before\":{\"id\":1}}", "`u` needs an `after`"},
        {"{\"op\":\"u\",\"after\":{\"id\":1}}", "`u` needs a `before`"},
        {"{\"op\":\"d\",\"before\":null}", "`d` needs a `before`"},
        {"{\"op\":\"t\"}", "its `op` must be c, r, u or d"},
        {"{}", "its `op` must be"},
        {"{\"op\":", "it is no JSON object"},
        {"[1]", "it is no JSON object"},
        {"", "it is no JSON object"},
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(wrong); i++) {
        const char *said = read_one(f, wrong[i][0]);
        cr_assert(strncmp(said, "bad: ", 5) == 0 && strstr(said, wrong[i][1]) != NULL, "%s", said);
    }
    close_format(f);
}

Test(format_debezium, a_pair_of_changes_is_one_record)
{
    fixture *f = OPEN("id int", "format=debezium-json");
    cr_assert_str_eq(WRITE(f, "+I 1", "-U 1", "+U 2", "-D 2"),
                     "{\"before\":null,\"after\":{\"id\":1},\"op\":\"c\"}\n"
                     "{\"before\":{\"id\":1},\"after\":{\"id\":2},\"op\":\"u\"}\n"
                     "{\"before\":{\"id\":2},\"after\":null,\"op\":\"d\"}\n");
    close_format(f);
}
