/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/prng.h"
#include "tests/support/batch_text.h"
#include "worker/connectors/base/format_json.h"

static const char *written(leat_batch *batch)
{
    static char text[2048];
    leat_buf out = {0};
    leat_json_lines_write(leat_batch_rows(batch), &out);
    snprintf(text, sizeof text, "%s", leat_buf_text(&out));
    leat_buf_fini(&out);
    leat_batch_unref(&batch);
    return text;
}

Test(json_writer, every_type_has_its_form)
{
    cr_assert_str_eq(
        written(
            BATCH("b boolean, i int, k bigint, x double, d decimal(12,2), s string, t timestamp,"
                  "v interval, y bytes",
                  "true, 1, -9223372036854775808, 0.5, 12.5, text, 2015-09-12T00:46:58.77Z, 5m,"
                  "\\x00ff",
                  "null, null, null, null, null, null, null, null, null")),
        "{\"b\":true,\"i\":1,\"k\":-9223372036854775808,\"x\":0.5,\"d\":\"12.50\",\"s\":\"text\","
        "\"t\":\"2015-09-12 00:46:58.77\",\"v\":\"00:05:00\",\"y\":\"\\\\x00ff\"}\n"
        "{\"b\":null,\"i\":null,\"k\":null,\"x\":null,\"d\":null,\"s\":null,\"t\":null,\"v\":null,"
        "\"y\":null}\n");
}

Test(json_writer, nested_values_are_arrays_and_objects)
{
    cr_assert_str_eq(
        written(BATCH("a int[], r row(x int, y string), j json, d date, c time",
                      "\"{1,NULL}\", \"(1,q)\", \"[1, {}]\", 2024-02-29, 10:11:12",
                      "null, \"(,)\", null, null, null")),
        "{\"a\":[1, null],\"r\":{\"x\": 1, \"y\": \"q\"},\"j\":[1, {}],\"d\":\"2024-02-29\","
        "\"c\":\"10:11:12\"}\n"
        "{\"a\":null,\"r\":{\"x\": null, \"y\": null},\"j\":null,\"d\":null,\"c\":null}\n");
}

Test(json_writer, text_is_escaped_where_json_needs_it)
{
    cr_assert_str_eq(written(BATCH("s string", "\"a\"b\\\n\x01\u00e9\"")),
                     "{\"s\":\"a\\\"b\\\\\\n\\u0001\u00e9\"}\n");
}

Test(json_writer, numbers_that_json_lacks_are_strings)
{
    cr_assert_str_eq(written(BATCH("x double", "NaN", "-Infinity")),
                     "{\"x\":\"NaN\"}\n{\"x\":\"-Infinity\"}\n");
}

Test(json_writer, only_selected_rows_are_written)
{
    leat_batch *batch = BATCH("k bigint", "1", "2", "3");
    leat_rows rows = *leat_batch_rows(batch);
    static const uint32_t selected[] = {2};
    rows.selected = selected;
    rows.selected_count = 1;
    leat_buf out = {0};

    leat_json_lines_write(&rows, &out);

    cr_assert_str_eq(leat_buf_text(&out), "{\"k\":3}\n");
    leat_buf_fini(&out);
    leat_batch_unref(&batch);
}

static void random_row(leat_builder *builder, leat_prng *prng)
{
    char text[40];
    size_t size = leat_prng_below(prng, sizeof text);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)leat_prng_below(prng, 128);
    if (leat_prng_chance(prng, 0.8))
        leat_builder_set_text(builder, 0, leat_bytes_of(text, size));
    leat_builder_set_integer(builder, 1, (int64_t)leat_prng_next(prng));
    leat_builder_set_integer(builder, 2, (int64_t)leat_prng_next(prng) >> 8);
    leat_builder_set_double(builder, 3, leat_prng_unit(prng) * 1e6);
    leat_builder_set_integer(builder, 4, (leat_i128)leat_prng_next(prng) * 1000);
    leat_builder_commit(builder, 1);
}

Test(json_writer, what_is_written_reads_back)
{
    enum { ROWS = 500 };
    const leat_schema *schema =
        leat_test_schema("s string, k bigint, t timestamp, x double, d decimal(38,6)");
    leat_builder *builder = leat_builder_new(schema, ROWS);
    leat_builder *back = leat_builder_new(schema, ROWS);
    leat_json_lines *reader = leat_json_lines_new(schema, NULL);
    leat_prng prng = {5};
    leat_buf lines = {0};
    for (int i = 0; i < ROWS; i++)
        random_row(builder, &prng);

    leat_rows rows = leat_builder_rows(builder);
    leat_json_lines_write(&rows, &lines);
    for (size_t at = 0; at < lines.size;) {
        const char *newline = memchr(lines.data + at, '\n', lines.size - at);
        size_t size = (size_t)(newline - lines.data) - at;
        const char *reason = "";
        cr_assert_eq(
            leat_json_lines_read(reader, leat_bytes_of(lines.data + at, size), back, &reason),
            LEAT_OK, "%s", reason);
        at += size + 1;
    }

    leat_rows again = leat_builder_rows(back);
    cr_assert_str_eq(ROWS_TEXT(&again), ROWS_TEXT(&rows));
    leat_buf_fini(&lines);
    leat_json_lines_free(&reader);
    leat_builder_free(&builder);
    leat_builder_free(&back);
}
