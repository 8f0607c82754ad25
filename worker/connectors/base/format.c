/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/format.h"

#include "common/base/alloc.h"
#include "common/columns/value.h"
#include "worker/connectors/base/format_csv.h"
#include "worker/connectors/base/format_debezium.h"
#include "worker/connectors/base/format_json.h"
#include "worker/connectors/base/option.h"

enum { OPTIONS_MAX = 32 };

static const char *const names[LEAT_FORMAT_COUNT] = {[LEAT_FORMAT_JSON] = "json",
                                                     [LEAT_FORMAT_CSV] = "csv",
                                                     [LEAT_FORMAT_RAW] = "raw",
                                                     [LEAT_FORMAT_DEBEZIUM] = "debezium-json"};

struct leat_format_reader {
    const leat_connector_config *config;
    leat_format format;
    leat_json_lines *json; /* of the format's: the one that is */
    leat_csv *csv;
    leat_debezium *debezium;
};

static leat_format format_of(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    return (leat_format)leat_option_choice(config, "format", names, LEAT_FORMAT_COUNT, diagnostics);
}

static void check_raw(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    const leat_schema *schema = config->schema;
    bool is_text = schema->field_count == 1 && (schema->fields[0].type.id == LEAT_TYPE_STRING ||
                                                schema->fields[0].type.id == LEAT_TYPE_BYTES);
    if (!is_text)
        leat_diagnostic_error(diagnostics, leat_option_find(config, "format")->place,
                              "the format `raw` is for one column of type string or bytes, this "
                              "has %u",
                              schema->field_count);
}

void leat_format_check(const leat_connector_config *config,
                       const char *const *own,
                       uint32_t own_count,
                       bool is_sink,
                       leat_diagnostics *diagnostics)
{
    const char *known[OPTIONS_MAX] = {"format"};
    uint32_t count = 1;
    leat_format format = format_of(config, diagnostics);
    for (uint32_t i = 0; i < own_count; i++)
        known[count++] = own[i];
    for (uint32_t i = 0; i < leat_csv_option_count && format == LEAT_FORMAT_CSV; i++)
        known[count++] = leat_csv_options[i];
    leat_options_check(config, known, count, diagnostics);
    if (format == LEAT_FORMAT_CSV)
        leat_csv_check(config, is_sink, diagnostics);
    if (format == LEAT_FORMAT_RAW)
        check_raw(config, diagnostics);
}

leat_format_reader *leat_format_reader_new(const leat_connector_config *config)
{
    leat_format_reader *reader = LEAT_NEW(leat_format_reader);
    reader->config = config;
    reader->format = format_of(config, NULL);
    if (reader->format == LEAT_FORMAT_JSON)
        reader->json = leat_json_lines_new(config->schema, config->wanted);
    if (reader->format == LEAT_FORMAT_CSV)
        reader->csv = leat_csv_new(config);
    if (reader->format == LEAT_FORMAT_DEBEZIUM)
        reader->debezium = leat_debezium_new(config);
    return reader;
}

void leat_format_reader_free(leat_format_reader **reader_at)
{
    leat_format_reader *reader = LEAT_TAKE(*reader_at);
    if (reader == NULL)
        return;
    leat_json_lines_free(&reader->json);
    leat_csv_free(&reader->csv);
    leat_debezium_free(&reader->debezium);
    leat_free(reader);
}

bool leat_format_has_header(const leat_connector_config *config)
{
    return format_of(config, NULL) == LEAT_FORMAT_CSV && leat_csv_has_header(config);
}

leat_code
leat_format_read_header(leat_format_reader *reader, leat_bytes record, const char **out_reason)
{
    return leat_csv_read_header(reader->csv, record, out_reason);
}

bool leat_format_skips_blank(const leat_format_reader *reader)
{
    return reader->format != LEAT_FORMAT_RAW;
}

static leat_code raw_read(const leat_connector_config *config, leat_bytes line, leat_builder *out)
{
    bool is_wanted = config->wanted == NULL || config->wanted[0];
    const leat_value value = {.type = config->schema->fields[0].type, .text = line};
    if (is_wanted)
        leat_builder_set_value(out, 0, &value);
    leat_builder_commit(out, 1);
    return LEAT_OK;
}

leat_code leat_format_read(leat_format_reader *reader,
                           leat_bytes record,
                           leat_builder *builder,
                           const char **out_reason)
{
    switch (reader->format) {
    case LEAT_FORMAT_JSON:
        return leat_json_lines_read(reader->json, record, builder, out_reason);
    case LEAT_FORMAT_CSV:
        return leat_csv_read(reader->csv, record, builder, out_reason);
    case LEAT_FORMAT_RAW:
        return raw_read(reader->config, record, builder);
    case LEAT_FORMAT_DEBEZIUM:
        return leat_debezium_read(reader->debezium, record, builder, out_reason);
    case LEAT_FORMAT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static void raw_write(const leat_rows *rows, leat_buf *out)
{
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        leat_value value = leat_column_value(&rows->columns[0], leat_rows_at(rows, i));
        if (!value.is_null)
            leat_buf_add(out, value.text.data, value.text.size);
        leat_buf_add_char(out, '\n');
    }
}

void leat_format_write(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    switch (format_of(config, NULL)) {
    case LEAT_FORMAT_JSON:
        leat_json_lines_write(rows, out);
        return;
    case LEAT_FORMAT_CSV:
        leat_csv_write(config, rows, out);
        return;
    case LEAT_FORMAT_RAW:
        raw_write(rows, out);
        return;
    case LEAT_FORMAT_DEBEZIUM:
        leat_debezium_write(rows, out);
        return;
    case LEAT_FORMAT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}
