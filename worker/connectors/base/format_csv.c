/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/format_csv.h"

#include <stdio.h>
#include <strings.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "worker/connectors/base/option.h"

enum { REASON_MAX = 240, REASON_TEXT_MAX = 60 };

const char *const leat_csv_options[] = {
    "delimiter",           "quote",           "null", "header", "csv.field-delimiter",
    "csv.quote-character", "csv.null-literal"};
const uint32_t leat_csv_option_count = LEAT_COUNT_OF(leat_csv_options);

typedef struct csv_settings {
    char delimiter;
    char quote;
    leat_bytes null;
} csv_settings;

typedef struct csv_field {
    leat_bytes text; /* unquoted; in the record or in `unquoted` */
    bool is_quoted;
} csv_field;

struct leat_csv {
    const leat_connector_config *config;
    csv_settings settings;
    int32_t *columns; /* of the k-th field; -1: none */
    uint32_t column_count;
    leat_arena arena; /* of the record */
    char reason[REASON_MAX];
};

/* ------------------------------------------------------------------ options */

/* Ours, or Flink's name of it. */
static const leat_connector_option *
setting(const leat_connector_config *config, const char *name, const char *flink_name)
{
    const leat_connector_option *found = leat_option_find(config, name);
    return found != NULL ? found : leat_option_find(config, flink_name);
}

static char character(const leat_connector_option *option, char fallback)
{
    if (option == NULL || option->value.size == 0)
        return fallback;
    bool is_tab = leat_bytes_equal(option->value, LEAT_BYTES("\\t"));
    return is_tab ? '\t' : option->value.data[0];
}

static csv_settings settings_of(const leat_connector_config *config)
{
    const leat_connector_option *null = setting(config, "null", "csv.null-literal");
    return (csv_settings){.delimiter =
                              character(setting(config, "delimiter", "csv.field-delimiter"), ','),
                          .quote = character(setting(config, "quote", "csv.quote-character"), '"'),
                          .null = null == NULL ? LEAT_BYTES("") : null->value};
}

static void check_character(const leat_connector_option *option, leat_diagnostics *diagnostics)
{
    if (option == NULL)
        return;
    bool is_tab = leat_bytes_equal(option->value, LEAT_BYTES("\\t"));
    bool is_one = option->value.size == 1 && option->value.data[0] != '\n' &&
                  option->value.data[0] != '\r' && (option->value.data[0] & 0x80) == 0;
    if (!is_tab && !is_one)
        leat_diagnostic_error(diagnostics, option->place,
                              "`%.*s` takes one character of ASCII that ends no line, or \\t",
                              LEAT_FMT(option->name));
}

void leat_csv_check(const leat_connector_config *config,
                    bool is_sink,
                    leat_diagnostics *diagnostics)
{
    const leat_connector_option *delimiter = setting(config, "delimiter", "csv.field-delimiter");
    const leat_connector_option *quote = setting(config, "quote", "csv.quote-character");
    check_character(delimiter, diagnostics);
    check_character(quote, diagnostics);
    csv_settings settings = settings_of(config);
    if (settings.delimiter == settings.quote)
        leat_diagnostic_error(diagnostics, (quote != NULL ? quote : delimiter)->place,
                              "`delimiter` and `quote` must differ");
    bool has_header = leat_option_bool(config, "header", false, diagnostics);
    if (has_header && is_sink)
        leat_diagnostic_error(diagnostics, leat_option_find(config, "header")->place,
                              "a sink writes no `header`: its rows lie in many parts");
}

bool leat_csv_has_header(const leat_connector_config *config)
{
    return leat_option_bool(config, "header", false, NULL);
}

/* ------------------------------------------------------------------ in */

leat_csv *leat_csv_new(const leat_connector_config *config)
{
    leat_csv *csv = LEAT_NEW(leat_csv);
    csv->config = config;
    csv->settings = settings_of(config);
    csv->column_count = config->schema->field_count;
    csv->columns = leat_alloc_zero(LEAT_MAX(csv->column_count, 1), sizeof *csv->columns);
    for (uint32_t i = 0; i < csv->column_count; i++)
        csv->columns[i] = (int32_t)i;
    return csv;
}

void leat_csv_free(leat_csv **csv_at)
{
    leat_csv *csv = LEAT_TAKE(*csv_at);
    if (csv == NULL)
        return;
    leat_free(csv->columns);
    leat_arena_fini(&csv->arena);
    leat_free(csv);
}

/* From behind the opening quote to behind the closing one; NULL: it is still open. */
static const char *quoted_read(leat_csv *csv, const char *at, const char *end, leat_bytes *out_text)
{
    char quote = csv->settings.quote;
    char *text = leat_arena_alloc(&csv->arena, (size_t)(end - at) + 1);
    size_t size = 0;
    for (; at < end; at++) {
        if (*at == quote && (at + 1 == end || at[1] != quote)) {
            *out_text = leat_bytes_of(text, size);
            return at + 1;
        }
        at += *at == quote;
        text[size++] = *at;
    }
    return NULL;
}

/* The field at *at; *at then stands behind it: at a delimiter or the end. */
static leat_code field_read(leat_csv *csv, const char **at, const char *end, csv_field *out)
{
    const char *start = *at;
    out->is_quoted = start < end && *start == csv->settings.quote;
    if (!out->is_quoted) {
        const char *stop =
            start == end ? NULL : memchr(start, csv->settings.delimiter, (size_t)(end - start));
        *at = stop == NULL ? end : stop;
        out->text = leat_bytes_of(start, (size_t)(*at - start));
        return LEAT_OK;
    }
    const char *stop = quoted_read(csv, start + 1, end, &out->text);
    if (stop == NULL)
        return LEAT_AGAIN;
    *at = stop;
    if (stop == end || *stop == csv->settings.delimiter)
        return LEAT_OK;
    snprintf(csv->reason, REASON_MAX, "text behind a closing quote");
    return LEAT_RECORD;
}

static leat_code field_wrong(leat_csv *csv, uint32_t column, leat_bytes text, const char *what)
{
    const leat_field *field = &csv->config->schema->fields[column];
    leat_buf type = {0};
    leat_type_print(field->type, &type);
    snprintf(csv->reason, REASON_MAX, "column `%.*s` %s: `%.*s` for %s",
             (int)LEAT_MIN(field->name.size, (size_t)LEAT_NAME_BYTES_MAX), field->name.data, what,
             (int)LEAT_MIN(text.size, (size_t)REASON_TEXT_MAX), text.data, leat_buf_text(&type));
    leat_buf_fini(&type);
    return LEAT_RECORD;
}

static leat_code
field_set(leat_csv *csv, uint32_t column, const csv_field *field, leat_builder *builder)
{
    const leat_schema *schema = csv->config->schema;
    if (csv->config->wanted != NULL && !csv->config->wanted[column])
        return LEAT_OK;
    if (!field->is_quoted && leat_bytes_equal(field->text, csv->settings.null)) {
        if (!schema->fields[column].is_nullable)
            return field_wrong(csv, column, field->text, "is declared not null");
        leat_builder_set_null(builder, column);
        return LEAT_OK;
    }
    leat_value value;
    if (leat_value_parse(schema->fields[column].type, field->text, &csv->arena, &value, NULL) !=
        LEAT_OK)
        return field_wrong(csv, column, field->text, "has a value that does not fit");
    leat_builder_set_value(builder, column, &value);
    return LEAT_OK;
}

static leat_code fields_read(leat_csv *csv, leat_bytes record, leat_builder *builder)
{
    const char *at = record.data, *end = record.data + record.size;
    for (uint32_t index = 0;; index++) {
        csv_field field;
        LEAT_TRY(field_read(csv, &at, end, &field));
        if (index >= csv->column_count) {
            snprintf(csv->reason, REASON_MAX, "more than %u fields", csv->column_count);
            return LEAT_RECORD;
        }
        if (csv->columns[index] >= 0)
            LEAT_TRY(field_set(csv, (uint32_t)csv->columns[index], &field, builder));
        if (at == end)
            return LEAT_OK;
        at++;
    }
}

/* Fields that the record did not have. */
static leat_code missing_set(leat_csv *csv, leat_builder *builder)
{
    const leat_schema *schema = csv->config->schema;
    for (uint32_t c = 0; c < schema->field_count; c++) {
        bool is_wanted = csv->config->wanted == NULL || csv->config->wanted[c];
        if (!is_wanted || leat_builder_is_set(builder, c))
            continue;
        if (!schema->fields[c].is_nullable)
            return field_wrong(csv, c, LEAT_BYTES(""), "is missing but declared not null");
        leat_builder_set_null(builder, c);
    }
    return LEAT_OK;
}

static leat_bytes without_return(leat_bytes record)
{
    bool has_return = record.size > 0 && record.data[record.size - 1] == '\r';
    return leat_bytes_of(record.data, record.size - has_return);
}

leat_code
leat_csv_read(leat_csv *csv, leat_bytes record, leat_builder *builder, const char **out_reason)
{
    leat_arena_reset(&csv->arena);
    leat_code code = fields_read(csv, without_return(record), builder);
    if (code == LEAT_OK)
        code = missing_set(csv, builder);
    if (code == LEAT_OK)
        leat_builder_commit(builder, 1);
    else
        leat_builder_abandon(builder);
    *out_reason = csv->reason;
    return code;
}

static int32_t column_of(const leat_schema *schema, leat_bytes name)
{
    int32_t exact = leat_schema_find(schema, name);
    if (exact >= 0)
        return exact;
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].name.size == name.size &&
            strncasecmp(schema->fields[i].name.data, name.data, name.size) == 0)
            return (int32_t)i;
    return -1;
}

leat_code leat_csv_read_header(leat_csv *csv, leat_bytes record, const char **out_reason)
{
    *out_reason = csv->reason;
    record = without_return(record);
    const char *at = record.data, *end = record.data + record.size;
    csv->column_count = 0;
    leat_arena_reset(&csv->arena);
    for (;;) {
        csv_field field;
        LEAT_TRY(field_read(csv, &at, end, &field));
        csv->columns = leat_realloc(csv->columns, (csv->column_count + 1) * sizeof *csv->columns);
        csv->columns[csv->column_count++] = column_of(csv->config->schema, field.text);
        if (at == end)
            return LEAT_OK;
        at++;
    }
}

/* ------------------------------------------------------------------ out */

static bool needs_quotes(const csv_settings *settings, leat_bytes text)
{
    if (leat_bytes_equal(text, settings->null))
        return true; /* text that would read as NULL */
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == settings->delimiter || text.data[i] == settings->quote ||
            text.data[i] == '\n' || text.data[i] == '\r')
            return true;
    return false;
}

static void field_write(const csv_settings *settings, leat_bytes text, leat_buf *out)
{
    if (!needs_quotes(settings, text)) {
        leat_buf_add(out, text.data, text.size);
        return;
    }
    leat_buf_add_char(out, settings->quote);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == settings->quote)
            leat_buf_add_char(out, settings->quote);
        leat_buf_add_char(out, text.data[i]);
    }
    leat_buf_add_char(out, settings->quote);
}

void leat_csv_write(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    csv_settings settings = settings_of(config);
    leat_buf text = {0};
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        for (uint32_t c = 0; c < rows->schema->field_count; c++) {
            leat_value value = leat_column_value(&rows->columns[c], at);
            if (c > 0)
                leat_buf_add_char(out, settings.delimiter);
            if (value.is_null) {
                leat_buf_add(out, settings.null.data, settings.null.size);
                continue;
            }
            leat_buf_clear(&text);
            leat_value_print(&value, &text);
            field_write(&settings, leat_buf_bytes(&text), out);
        }
        leat_buf_add_char(out, '\n');
    }
    leat_buf_fini(&text);
}
