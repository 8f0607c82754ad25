/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader expects the fields of a record in the order of the record before: the k-th name is
 * compared with the k-th name of last time, and only on a mismatch looked up in the schema.
 */
#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/columns/json_text.h"
#include "common/columns/nested_json.h"
#include "common/text/json.h"
#include "worker/connectors/base/format_json.h"
#include "worker/connectors/base/json_scan.h"

enum {
    GUESSES_MAX = 64,    /* fields of a record whose order is remembered */
    GUESS_NAME_MAX = 28, /* longer names are looked up each time */
    REASON_MAX = 240,
    REASON_TEXT_MAX = 60, /* of the offending value */
    COLUMN_NONE = -1,
    SHORT_DIGITS_MAX = 18, /* they fit 64 bits without a check */
};

typedef struct json_guess {
    int16_t column; /* or COLUMN_NONE */
    bool is_exact;
    uint8_t size;
    char name[GUESS_NAME_MAX];
} json_guess;

struct leat_json_lines {
    const leat_schema *schema;
    const bool *wanted;
    uint32_t *exact_records; /* per column: the record that named it exactly last */
    uint32_t record;         /* counts records */
    uint32_t guess_count;
    json_guess guesses[GUESSES_MAX];
    leat_buf unescaped;
    leat_arena arena; /* reset per record that needed it */
    char reason[REASON_MAX];
};

/* One record on its way. */
typedef struct json_record {
    leat_json_lines *reader;
    leat_builder *builder;
    const char *start;
    const char *at;
    const char *end;
} json_record;

leat_json_lines *leat_json_lines_new(const leat_schema *schema, const bool *wanted)
{
    leat_json_lines *reader = LEAT_NEW(leat_json_lines);
    reader->schema = schema;
    reader->wanted = wanted;
    reader->exact_records = leat_alloc_zero(schema->field_count, sizeof(uint32_t));
    return reader;
}

void leat_json_lines_free(leat_json_lines **reader_slot)
{
    leat_json_lines *reader = LEAT_TAKE(*reader_slot);
    if (reader == NULL)
        return;
    leat_free(reader->exact_records);
    leat_buf_fini(&reader->unescaped);
    leat_arena_fini(&reader->arena);
    leat_free(reader);
}

static leat_code syntax_wrong(json_record *in, const char *at, const char *expected)
{
    snprintf(in->reader->reason, REASON_MAX, "not a JSON object: expected %s at byte %td", expected,
             (at == NULL ? in->end : at) - in->start);
    return LEAT_RECORD;
}

static leat_code value_wrong(json_record *in, uint32_t column, leat_bytes value, leat_code code)
{
    const leat_field *field = &in->reader->schema->fields[column];
    leat_buf type = {0};
    leat_type_print(field->type, &type);
    bool is_cut = value.size > REASON_TEXT_MAX;
    snprintf(in->reader->reason, REASON_MAX, "column `%.*s`: `%.*s%s` is %s %s",
             (int)LEAT_MIN(field->name.size, (size_t)LEAT_NAME_BYTES_MAX), field->name.data,
             (int)LEAT_MIN(value.size, (size_t)REASON_TEXT_MAX), value.data, is_cut ? "..." : "",
             code == LEAT_LIMIT ? "out of the range of" : "not a valid", leat_buf_text(&type));
    leat_buf_fini(&type);
    return LEAT_RECORD;
}

/* A number, true or false of a typed column; also the text of a string for it. */
static leat_code integer_set(json_record *in, uint32_t column, leat_bytes text)
{
    bool is_int = in->reader->schema->fields[column].type.id == LEAT_TYPE_INT;
    size_t point = text.size;
    while (point > 0 && text.data[point - 1] == '0')
        point--;
    if (point > 1 && point < text.size && text.data[point - 1] == '.')
        text.size = point - 1; /* 3.0: some writers know only floats */
    int64_t value = 0;
    LEAT_TRY(leat_integer_parse(text, &value));
    if (is_int && value != (int64_t)(int32_t)value)
        return LEAT_LIMIT;
    leat_builder_set_integer(in->builder, column, value);
    return LEAT_OK;
}

static leat_code typed_set(json_record *in, uint32_t column, leat_bytes text)
{
    leat_type type = in->reader->schema->fields[column].type;
    switch ((leat_type_id)type.id) {
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
        return integer_set(in, column, text);
    case LEAT_TYPE_DOUBLE: {
        double value = 0;
        LEAT_TRY(leat_double_parse(text, &value));
        leat_builder_set_double(in->builder, column, value);
        return LEAT_OK;
    }
    case LEAT_TYPE_DECIMAL: {
        leat_i128 value = 0;
        LEAT_TRY(leat_decimal_parse(text, type, &value));
        leat_builder_set_integer(in->builder, column, value);
        return LEAT_OK;
    }
    case LEAT_TYPE_TIMESTAMP: {
        leat_time value = 0;
        LEAT_TRY(leat_timestamp_parse(text, &value));
        leat_builder_set_integer(in->builder, column, value);
        return LEAT_OK;
    }
    case LEAT_TYPE_BOOLEAN:
    case LEAT_TYPE_INTERVAL:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME: {
        leat_value value;
        leat_code code = leat_value_parse(type, text, &in->reader->arena, &value, NULL);
        if (code == LEAT_OK)
            leat_builder_set_value(in->builder, column, &value);
        leat_arena_reset(&in->reader->arena);
        return code;
    }
    case LEAT_TYPE_STRING:
        leat_builder_set_text(in->builder, column, text);
        return LEAT_OK;
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW: {
        leat_value value;
        leat_bytes normal;
        leat_code code = leat_json_normalize(text, &in->reader->arena, &normal);
        if (code == LEAT_OK)
            code = leat_json_value(type, normal, &in->reader->arena, &value);
        if (code == LEAT_OK)
            leat_builder_set_value(in->builder, column, &value);
        leat_arena_reset(&in->reader->arena);
        return code;
    }
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    }
    return LEAT_RECORD;
}

static leat_code null_set(json_record *in, uint32_t column)
{
    const leat_field *field = &in->reader->schema->fields[column];
    if (!field->is_nullable) {
        snprintf(in->reader->reason, REASON_MAX, "column `%.*s` is NULL but declared not null",
                 (int)LEAT_MIN(field->name.size, (size_t)LEAT_NAME_BYTES_MAX), field->name.data);
        return LEAT_RECORD;
    }
    leat_builder_set_null(in->builder, column);
    return LEAT_OK;
}

/* A string for a JSON or nested column: a document in quotes, as many writers have it, else the
 * text of a value: a JSON string, {1,2}, (1,x). */
static leat_code json_string_set(json_record *in, uint32_t column, leat_bytes text)
{
    bool is_document = text.size > 0 && (text.data[0] == '{' || text.data[0] == '[');
    if (is_document && typed_set(in, column, text) == LEAT_OK)
        return LEAT_OK;
    leat_buf quoted = {0};
    leat_json_quote(&quoted, text);
    leat_code code = typed_set(in, column, leat_buf_bytes(&quoted));
    leat_buf_fini(&quoted);
    return code;
}

static leat_code string_set(json_record *in, uint32_t column)
{
    bool is_escaped = false;
    const char *start = in->at + 1;
    const char *quote = leat_json_scan_string(start, in->end, &is_escaped);
    if (quote == NULL)
        return syntax_wrong(in, in->end, "a closing quote");
    leat_bytes text = leat_bytes_of(start, (size_t)(quote - start));
    if (is_escaped) {
        leat_buf *unescaped = &in->reader->unescaped;
        leat_buf_clear(unescaped);
        if (!leat_json_unescape(text, unescaped))
            return syntax_wrong(in, start, "valid escapes in the string");
        text = leat_buf_bytes(unescaped);
    }
    in->at = quote + 1;
    leat_type type = in->reader->schema->fields[column].type;
    bool is_document = type.id == LEAT_TYPE_JSON || leat_type_is_nested(type);
    leat_code code = is_document ? json_string_set(in, column, text) : typed_set(in, column, text);
    return code == LEAT_OK ? LEAT_OK : value_wrong(in, column, text, code);
}

static bool is_word(leat_bytes text)
{
    return leat_bytes_equal(text, LEAT_BYTES("true")) ||
           leat_bytes_equal(text, LEAT_BYTES("false"));
}

/* May this unquoted text be a value of the type? Strings take any. */
static bool bare_is_allowed(leat_type type, leat_bytes text)
{
    char first = text.data[0];
    bool is_number = first == '-' || (first >= '0' && first <= '9');
    switch ((leat_type_id)type.id) {
    case LEAT_TYPE_STRING:
        return is_number || is_word(text) || first == '{' || first == '[';
    case LEAT_TYPE_BOOLEAN:
        return is_word(text);
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DOUBLE:
    case LEAT_TYPE_DECIMAL:
        return is_number;
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_INTERVAL:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    case LEAT_TYPE_JSON:
        return true;
    case LEAT_TYPE_ARRAY:
        return first == '[';
    case LEAT_TYPE_MAP:
        return first == '{';
    case LEAT_TYPE_ROW:
        return first == '{' || first == '[';
    }
    return false;
}

/* The common number: a bigint of few digits. False: anything else, nothing was done. */
static bool short_bigint_set(json_record *in, uint32_t column)
{
    const char *at = in->at;
    const char *end = at + LEAT_MIN(in->end - at, (ptrdiff_t)SHORT_DIGITS_MAX + 1);
    bool is_negative = at < end && *at == '-';
    at += is_negative;
    const char *digits = at;
    int64_t value = 0;
    for (; at < end && (unsigned)*at - '0' <= 9; at++)
        value = value * 10 + (*at - '0');
    if (at == digits || at == end || (*at != ',' && *at != '}'))
        return false;
    leat_builder_set_integer(in->builder, column, is_negative ? -value : value);
    in->at = at;
    return true;
}

static leat_code value_read(json_record *in, uint32_t column)
{
    if (in->at < in->end && *in->at == '"')
        return string_set(in, column);
    if (in->reader->schema->fields[column].type.id == LEAT_TYPE_BIGINT &&
        short_bigint_set(in, column))
        return LEAT_OK;
    const char *start = in->at;
    const char *next = leat_json_scan_value(start, in->end);
    if (next == NULL)
        return syntax_wrong(in, start, "a value");
    leat_bytes text = leat_bytes_of(start, (size_t)(next - start));
    in->at = next;
    if (leat_bytes_equal(text, LEAT_BYTES("null")))
        return null_set(in, column);
    leat_code code = LEAT_RECORD;
    if (bare_is_allowed(in->reader->schema->fields[column].type, text))
        code = typed_set(in, column, text);
    return code == LEAT_OK ? LEAT_OK : value_wrong(in, column, text, code);
}

static json_guess name_find(const leat_json_lines *reader, leat_bytes name)
{
    int32_t column = leat_schema_find(reader->schema, name);
    json_guess found = {.column = COLUMN_NONE};
    if (column >= 0 && (reader->wanted == NULL || reader->wanted[column])) {
        found.column = (int16_t)column;
        found.is_exact = leat_bytes_equal(reader->schema->fields[column].name, name);
    }
    return found;
}

/* The name that stands at `start` is the one of last time: to know it needs no search for its end.
 * Names with escapes are never remembered, so equal bytes and a quote are the whole name. */
static const json_guess *guess_at(const json_record *in, uint32_t index, const char *start)
{
    const leat_json_lines *reader = in->reader;
    if (index >= reader->guess_count)
        return NULL;
    const json_guess *guess = &reader->guesses[index];
    bool is_same = in->end - start > guess->size && memcmp(start, guess->name, guess->size) == 0 &&
                   start[guess->size] == '"';
    return is_same ? guess : NULL;
}

static void guess_keep(leat_json_lines *reader, uint32_t index, json_guess found, leat_bytes name)
{
    if (index > reader->guess_count || index >= GUESSES_MAX || name.size > GUESS_NAME_MAX)
        return;
    found.size = (uint8_t)name.size;
    memcpy(found.name, name.data, name.size);
    reader->guesses[index] = found;
    reader->guess_count = LEAT_MAX(reader->guess_count, index + 1);
}

/* A name and its quotes; what it means to *out_found. */
static leat_code name_read(json_record *in, uint32_t index, json_guess *out_found)
{
    if (in->at == in->end || *in->at != '"')
        return syntax_wrong(in, in->at, "a name in quotes");
    const char *start = in->at + 1;
    const json_guess *guess = guess_at(in, index, start);
    if (LEAT_LIKELY(guess != NULL)) {
        *out_found = (json_guess){.column = guess->column, .is_exact = guess->is_exact};
        in->at = start + guess->size + 1;
        return LEAT_OK;
    }
    bool is_escaped = false;
    const char *quote = leat_json_scan_string(start, in->end, &is_escaped);
    if (quote == NULL)
        return syntax_wrong(in, in->end, "a closing quote");
    leat_bytes name = leat_bytes_of(start, (size_t)(quote - start));
    in->at = quote + 1;
    if (is_escaped) {
        leat_buf *unescaped = &in->reader->unescaped;
        leat_buf_clear(unescaped);
        if (!leat_json_unescape(name, unescaped))
            return syntax_wrong(in, start, "valid escapes in the name");
        *out_found = name_find(in->reader, leat_buf_bytes(unescaped));
        return LEAT_OK;
    }
    *out_found = name_find(in->reader, name);
    guess_keep(in->reader, index, *out_found, name);
    return LEAT_OK;
}

/* "name": value */
static leat_code member_read(json_record *in, uint32_t index)
{
    leat_json_lines *reader = in->reader;
    json_guess found;
    LEAT_TRY(name_read(in, index, &found));
    in->at = leat_json_scan_spaces(in->at, in->end);
    if (in->at == in->end || *in->at != ':')
        return syntax_wrong(in, in->at, "`:`");
    in->at = leat_json_scan_spaces(in->at + 1, in->end);

    bool is_taken = found.column != COLUMN_NONE;
    if (is_taken && found.is_exact)
        reader->exact_records[found.column] = reader->record;
    else if (is_taken)
        is_taken = reader->exact_records[found.column] != reader->record;
    if (is_taken)
        return value_read(in, (uint32_t)found.column);
    const char *next = leat_json_scan_value(in->at, in->end);
    if (next == NULL)
        return syntax_wrong(in, in->at, "a value");
    in->at = next;
    return LEAT_OK;
}

static leat_code members_read(json_record *in)
{
    in->at = leat_json_scan_spaces(in->at, in->end);
    if (in->at < in->end && *in->at == '}') {
        in->at++;
        return LEAT_OK;
    }
    for (uint32_t index = 0;; index++) {
        LEAT_TRY(member_read(in, index));
        in->at = leat_json_scan_spaces(in->at, in->end);
        char next = in->at < in->end ? *in->at : '\0';
        if (next != ',' && next != '}')
            return syntax_wrong(in, in->at, "`,` or `}`");
        in->at++;
        if (next == '}')
            return LEAT_OK;
        in->at = leat_json_scan_spaces(in->at, in->end);
    }
}

static leat_code record_read(json_record *in)
{
    if (in->end - in->at > LEAT_RECORD_BYTES_MAX) {
        snprintf(in->reader->reason, REASON_MAX, "longer than %d bytes", LEAT_RECORD_BYTES_MAX);
        return LEAT_RECORD;
    }
    in->at = leat_json_scan_spaces(in->at, in->end);
    if (in->at == in->end || *in->at != '{')
        return syntax_wrong(in, in->at, "`{`");
    in->at++;
    LEAT_TRY(members_read(in));
    in->at = leat_json_scan_spaces(in->at, in->end);
    return in->at == in->end ? LEAT_OK : syntax_wrong(in, in->at, "nothing more");
}

/* A NOT NULL column that no name set. */
static leat_code missing_check(json_record *in)
{
    const leat_schema *schema = in->reader->schema;
    for (uint32_t c = 0; c < schema->field_count; c++) {
        bool is_wanted = in->reader->wanted == NULL || in->reader->wanted[c];
        if (schema->fields[c].is_nullable || !is_wanted || leat_builder_is_set(in->builder, c))
            continue;
        snprintf(in->reader->reason, REASON_MAX, "column `%.*s` is missing but declared not null",
                 (int)LEAT_MIN(schema->fields[c].name.size, (size_t)LEAT_NAME_BYTES_MAX),
                 schema->fields[c].name.data);
        return LEAT_RECORD;
    }
    return LEAT_OK;
}

leat_code leat_json_lines_read(leat_json_lines *reader,
                               leat_bytes record,
                               leat_builder *builder,
                               const char **out_reason)
{
    reader->record++;
    json_record in = {.reader = reader,
                      .builder = builder,
                      .start = record.data,
                      .at = record.data,
                      .end = record.data + record.size};
    leat_code code = record_read(&in);
    if (code == LEAT_OK && !leat_builder_row_is_full(builder))
        code = missing_check(&in);
    if (code != LEAT_OK) {
        leat_builder_abandon(builder);
        *out_reason = reader->reason;
        return LEAT_RECORD;
    }
    leat_builder_commit(builder, 1);
    return LEAT_OK;
}
