/* SPDX-License-Identifier: Apache-2.0
 *
 * csv and debezium-json from outside: rows that were read are written as records that are read as
 * the same rows.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/support/batch_text.h"
#include "worker/connectors/base/format.h"

enum { ROWS_MAX = 64 };

static const char *const csv_words[] = {",", "\"", "\"\"", "\r\n", "\n", "1", "-0.5", "null", NULL};
static const char *const debezium_words[] = {
    "{",     "}",    "\"before\":", "\"after\":", "\"op\":", "\"c\"",        "\"u\"",     "\"d\"",
    "\"r\"", "null", "\"i\":7",     "\"s\":\"\"", ",",       "\"payload\":", "\"\\u00e9", NULL};

static void seed_csv(leat_fuzz_seeds *seeds)
{
    leat_fuzz_seed_text(seeds, "true,-7,1.5,12.34,text,2015-09-12 00:46:58.771\n,,,,,\n");
    leat_fuzz_seed_text(seeds, "\"false\",\"7\",,,\"a \"\"b\"\",\nc\",\r\n1,2,3\n");
}

static void seed_debezium(leat_fuzz_seeds *seeds)
{
    leat_fuzz_seed_text(seeds, "{\"before\":null,\"after\":{\"i\":1,\"s\":\"x\"},\"op\":\"c\"}\n"
                               "{\"op\":\"u\",\"before\":{\"i\":1},\"after\":{\"i\":2}}\n");
    leat_fuzz_seed_text(seeds, "{\"schema\":{},\"payload\":{\"op\":\"d\",\"before\":{}}}\n");
}

/* Lines, joined where a record goes on. */
static bool
records_read(const leat_connector_config *config, leat_bytes text, leat_builder *builder)
{
    leat_format_reader *reader = leat_format_reader_new(config);
    bool accepted = false;
    const char *end = text.data + text.size, *start = text.data;
    for (const char *at = text.data;
         at < end && leat_builder_room(builder) >= LEAT_FORMAT_ROWS_MAX;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        const char *reason = NULL;
        leat_bytes record = leat_bytes_of(start, (size_t)(stop - start));
        leat_code code = leat_format_read(reader, record, builder, &reason);
        LEAT_ASSERT(code == LEAT_OK || code == LEAT_AGAIN ||
                    (code == LEAT_RECORD && reason != NULL));
        accepted |= code == LEAT_OK;
        at = stop + 1;
        start = code == LEAT_AGAIN ? start : at;
    }
    leat_format_reader_free(&reader);
    return accepted;
}

static bool run_format(const char *format, const char *schema, leat_bytes input)
{
    const leat_connector_option option = {.name = LEAT_BYTES("format"),
                                          .value = leat_bytes_text(format)};
    const leat_connector_config config = {
        .schema = leat_test_schema(schema), .options = &option, .option_count = 1};
    leat_builder *builder = leat_builder_new(config.schema, ROWS_MAX);
    leat_buf first = {0}, lines = {0}, second = {0};
    bool accepted = records_read(&config, input, builder);
    leat_rows rows = leat_builder_rows(builder);
    leat_rows_print(&rows, &first);
    leat_format_write(&config, &rows, &lines);
    leat_builder_clear(builder);
    records_read(&config, leat_buf_bytes(&lines), builder);
    rows = leat_builder_rows(builder);
    leat_rows_print(&rows, &second);
    LEAT_ASSERT(leat_bytes_equal(leat_buf_bytes(&first), leat_buf_bytes(&second)));
    leat_buf_fini(&first);
    leat_buf_fini(&lines);
    leat_buf_fini(&second);
    leat_builder_free(&builder);
    return accepted;
}

static bool run_csv(leat_bytes input)
{
    return run_format("csv", "b boolean, i int, d double, n decimal(12,2), s string, t timestamp",
                      input);
}

static bool run_debezium(leat_bytes input)
{
    return run_format("debezium-json", "i int, s string", input);
}

const leat_fuzz_target leat_fuzz_csv = {
    .name = "csv", .seed = seed_csv, .run = run_csv, .words = csv_words};
const leat_fuzz_target leat_fuzz_debezium = {
    .name = "debezium", .seed = seed_debezium, .run = run_debezium, .words = debezium_words};
