/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON from outside: lines of a source, and the documents of the REST API.
 */
#include "common/text/json.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/batch_text.h"
#include "worker/connectors/base/format_json.h"

enum { ROWS_MAX = 64 };

static const char *const words[] = {"{",
                                    "}",
                                    "[",
                                    "]",
                                    "\"",
                                    "\\u00e9",
                                    "\\ud800",
                                    "null",
                                    "true",
                                    "1e308",
                                    "-0",
                                    "1e-400",
                                    ":",
                                    ",",
                                    "\"i\"",
                                    "\"n\"",
                                    "9223372036854775807",
                                    "2015-02-30",
                                    NULL};

static const char *const line_seeds[] = {
    "{\"b\":true,\"i\":-7,\"l\":9007199254740993,\"d\":1.5e3,\"n\":12.345,\"s\":\"a\\u00e9\\n\"}\n",
    "{\"t\":\"2015-09-12T00:46:58.771Z\",\"p\":\"1 day 02:00:00\"}\n",
    "{\"s\":{\"nested\":[1,2,{\"x\":null}]},\"I\":\"42\",\"unknown\":[[[]]],\"n\":\"0.01\"}\n{}\n",
    "{\"s\":\"\\ud83d\\ude00 and a text that is longer than twelve bytes\",\"l\":1.0}\n",
};

static void seed_lines(leat_fuzz_seeds *seeds)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(line_seeds); i++)
        leat_fuzz_seed_text(seeds, line_seeds[i]);
}

static bool lines_read(leat_json_lines *reader, leat_builder *builder, leat_bytes text)
{
    bool accepted = false;
    const char *end = text.data + text.size;
    for (const char *at = text.data; at < end && leat_builder_room(builder) > 0;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        const char *reason = NULL;
        leat_bytes line = leat_bytes_of(at, (size_t)(stop - at));
        leat_code code = leat_json_lines_read(reader, line, builder, &reason);
        LEAT_ASSERT(code == LEAT_OK || (code == LEAT_RECORD && reason != NULL));
        accepted |= code == LEAT_OK;
        at = stop + 1;
    }
    return accepted;
}

/* Rows that were read are written as lines that are read as the same rows. */
static bool run_lines(leat_bytes input)
{
    static const leat_schema *schema;
    if (schema == NULL)
        schema = leat_test_schema("b boolean, i int, l bigint, d double, n decimal(12,2), "
                                  "s string, t timestamp, p interval");
    leat_json_lines *reader = leat_json_lines_new(schema, NULL);
    leat_builder *builder = leat_builder_new(schema, ROWS_MAX);
    leat_buf first = {0}, lines = {0}, second = {0};
    bool accepted = lines_read(reader, builder, input);
    leat_rows rows = leat_builder_rows(builder);
    leat_rows_print(&rows, &first);
    leat_json_lines_write(&rows, &lines);
    leat_builder_clear(builder);
    lines_read(reader, builder, leat_buf_bytes(&lines));
    rows = leat_builder_rows(builder);
    leat_rows_print(&rows, &second);
    LEAT_ASSERT(leat_bytes_equal(leat_buf_bytes(&first), leat_buf_bytes(&second)));
    leat_buf_fini(&first);
    leat_buf_fini(&lines);
    leat_buf_fini(&second);
    leat_builder_free(&builder);
    leat_json_lines_free(&reader);
    return accepted;
}

static void seed_text(leat_fuzz_seeds *seeds)
{
    leat_fuzz_seed_text(seeds,
                        "{\"topology\":\"version: 1\\n\",\"define\":{\"A\":\"b\"},\"n\":[1]}");
    leat_fuzz_seed_text(seeds, "[1,2.5,-3e8,true,false,null,\"\\u20ac\"]");
}

static void walk(const leat_json *json, int depth)
{
    leat_bytes text;
    int64_t number;
    double real;
    bool truth;
    (void)(leat_json_as_text(json, &text) || leat_json_as_i64(json, &number) ||
           leat_json_as_double(json, &real) || leat_json_as_bool(json, &truth));
    for (size_t i = 0; depth < LEAT_JSON_DEPTH_MAX && i < leat_json_count(json); i++) {
        if (leat_json_is_object(json))
            walk(leat_json_member(json, leat_json_key(json, i)), depth + 1);
        else
            walk(leat_json_element(json, i), depth + 1);
    }
}

static bool run_text(leat_bytes input)
{
    leat_json *json = NULL;
    leat_error err = {0};
    if (leat_json_parse(input, &json, &err) != LEAT_OK)
        return false;
    walk(json, 0);
    leat_json_free(&json);
    return true;
}

const leat_fuzz_target leat_fuzz_json_lines = {
    .name = "json_lines", .seed = seed_lines, .run = run_lines, .words = words};
const leat_fuzz_target leat_fuzz_json_text = {
    .name = "json_text", .seed = seed_text, .run = run_text, .words = words};
