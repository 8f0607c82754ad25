/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/value.h"

#include <ctype.h>
#include <strings.h>

#include "common/base/assert.h"
#include "common/columns/json_text.h"
#include "common/columns/nested.h"

leat_value leat_column_value(const leat_column *column, uint32_t at)
{
    leat_value value = {.type = column->type};
    if (column->type.id == LEAT_TYPE_UNKNOWN || leat_column_is_null(column, at)) {
        value.is_null = true;
        return value;
    }
    switch ((leat_layout)column->layout) {
    case LEAT_LAYOUT_BIT:
        value.boolean = leat_bit_get(column->values, column->is_constant ? 0 : at);
        return value;
    case LEAT_LAYOUT_I32:
    case LEAT_LAYOUT_I64:
    case LEAT_LAYOUT_I128:
        value.integer = leat_column_integer(column, at);
        return value;
    case LEAT_LAYOUT_F64:
        value.real = LEAT_COLUMN_GET(column, double, at);
        return value;
    case LEAT_LAYOUT_INTERVAL:
        value.interval = LEAT_COLUMN_GET(column, leat_interval, at);
        return value;
    case LEAT_LAYOUT_VIEW:
        value.text = leat_view_bytes(&LEAT_COLUMN_GET(column, leat_view, at));
        return value;
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static bool integer_is_wide(leat_i128 value)
{
    return value != (leat_i128)(int64_t)value;
}

leat_column leat_value_column(const leat_value *value, leat_arena *arena)
{
    leat_column column = {
        .type = value->type, .layout = (uint8_t)leat_type_layout(value->type), .is_constant = true};
    if (value->type.id == LEAT_TYPE_DECIMAL && !value->is_null && integer_is_wide(value->integer))
        column.layout = LEAT_LAYOUT_I128;
    char *cell = leat_arena_zero(arena, 1, sizeof(leat_i128));
    column.values = cell;
    if (value->is_null || value->type.id == LEAT_TYPE_UNKNOWN) {
        column.validity = leat_arena_zero(arena, 1, sizeof(uint64_t));
        return column;
    }
    switch ((leat_layout)column.layout) {
    case LEAT_LAYOUT_BIT:
        cell[0] = value->boolean;
        return column;
    case LEAT_LAYOUT_I32:
    case LEAT_LAYOUT_I64:
    case LEAT_LAYOUT_I128: /* little endian: the low bytes are the narrow value */
        memcpy(cell, &value->integer, leat_layout_size(column.layout));
        return column;
    case LEAT_LAYOUT_F64:
        memcpy(cell, &value->real, sizeof value->real);
        return column;
    case LEAT_LAYOUT_INTERVAL:
        memcpy(cell, &value->interval, sizeof value->interval);
        return column;
    case LEAT_LAYOUT_VIEW: {
        leat_bytes text = leat_arena_bytes(arena, value->text);
        leat_view view = leat_view_of(text.data, text.size);
        memcpy(cell, &view, sizeof view);
        return column;
    }
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static void bytes_print(leat_bytes bytes, leat_buf *out)
{
    static const char digits[] = "0123456789abcdef";
    leat_buf_add_text(out, "\\x");
    for (size_t i = 0; i < bytes.size; i++) {
        leat_buf_add_char(out, digits[(uint8_t)bytes.data[i] >> 4]);
        leat_buf_add_char(out, digits[bytes.data[i] & 15]);
    }
}

void leat_value_print(const leat_value *value, leat_buf *out)
{
    if (value->is_null) {
        leat_buf_add_text(out, "NULL");
        return;
    }
    switch ((leat_type_id)value->type.id) {
    case LEAT_TYPE_BOOLEAN:
        leat_buf_add_text(out, value->boolean ? "true" : "false");
        return;
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
        leat_integer_print((int64_t)value->integer, out);
        return;
    case LEAT_TYPE_DOUBLE:
        leat_double_print(value->real, out);
        return;
    case LEAT_TYPE_DECIMAL:
        leat_decimal_print(value->integer, value->type.scale, out);
        return;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_JSON:
        leat_buf_add(out, value->text.data, value->text.size);
        return;
    case LEAT_TYPE_DATE:
        leat_date_print((int32_t)value->integer, out);
        return;
    case LEAT_TYPE_TIME:
        leat_clock_print((int64_t)value->integer, out);
        return;
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        leat_nested_print(value->type, value->text, out);
        return;
    case LEAT_TYPE_BYTES:
        bytes_print(value->text, out);
        return;
    case LEAT_TYPE_TIMESTAMP:
        leat_timestamp_print((leat_time)value->integer, out);
        return;
    case LEAT_TYPE_INTERVAL:
        leat_interval_print(value->interval, out);
        return;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static leat_code boolean_parse(leat_bytes text, bool *out_value)
{
    static const char *const words[2][6] = {{"false", "f", "no", "n", "off", "0"},
                                            {"true", "t", "yes", "y", "on", "1"}};
    for (unsigned truth = 0; truth <= 1; truth++) {
        for (size_t i = 0; i < LEAT_COUNT_OF(words[0]); i++) {
            const char *word = words[truth][i];
            if (strlen(word) == text.size && strncasecmp(word, text.data, text.size) == 0) {
                *out_value = truth == 1;
                return LEAT_OK;
            }
        }
    }
    return LEAT_RECORD;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \x followed by hex digits, else the bytes as they stand. */
static leat_code bytes_parse(leat_bytes text, leat_arena *arena, leat_bytes *out_bytes)
{
    if (text.size < 2 || text.data[0] != '\\' || text.data[1] != 'x') {
        *out_bytes = text;
        return LEAT_OK;
    }
    size_t size = text.size / 2 - 1;
    char *bytes = leat_arena_alloc(arena, size);
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text.data[2 + 2 * i]);
        int low = hex_digit(text.data[3 + 2 * i]);
        if (high < 0 || low < 0)
            return LEAT_RECORD;
        bytes[i] = (char)(high << 4 | low);
    }
    *out_bytes = leat_bytes_of(bytes, size);
    return text.size % 2 == 0 ? LEAT_OK : LEAT_RECORD;
}

static leat_bytes text_trim(leat_bytes text)
{
    while (text.size > 0 && isspace((unsigned char)text.data[0]))
        text = leat_bytes_of(text.data + 1, text.size - 1);
    while (text.size > 0 && isspace((unsigned char)text.data[text.size - 1]))
        text.size--;
    return text;
}

static leat_code integer_value_parse(leat_bytes text, int64_t limit, leat_value *value)
{
    int64_t integer = 0;
    LEAT_TRY(leat_integer_parse(text, &integer));
    if (integer > limit || integer < -limit - 1)
        return LEAT_LIMIT;
    value->integer = integer;
    return LEAT_OK;
}

static leat_code value_parse(leat_bytes text, leat_arena *arena, leat_value *value)
{
    leat_bytes word = text_trim(text);
    switch ((leat_type_id)value->type.id) {
    case LEAT_TYPE_BOOLEAN:
        return boolean_parse(word, &value->boolean);
    case LEAT_TYPE_INT:
        return integer_value_parse(word, INT32_MAX, value);
    case LEAT_TYPE_BIGINT:
        return integer_value_parse(word, INT64_MAX, value);
    case LEAT_TYPE_DOUBLE:
        return leat_double_parse(word, &value->real);
    case LEAT_TYPE_DECIMAL:
        return leat_decimal_parse(word, value->type, &value->integer);
    case LEAT_TYPE_STRING:
        value->text = text;
        return LEAT_OK;
    case LEAT_TYPE_BYTES:
        return bytes_parse(text, arena, &value->text);
    case LEAT_TYPE_TIMESTAMP: {
        leat_time time = 0;
        LEAT_TRY(leat_timestamp_parse(word, &time));
        value->integer = time;
        return LEAT_OK;
    }
    case LEAT_TYPE_INTERVAL:
        return leat_interval_parse(word, &value->interval);
    case LEAT_TYPE_DATE: {
        int32_t days = 0;
        LEAT_TRY(leat_date_parse(word, &days));
        value->integer = days;
        return LEAT_OK;
    }
    case LEAT_TYPE_TIME: {
        int64_t micros = 0;
        LEAT_TRY(leat_clock_parse(word, &micros));
        value->integer = micros;
        return LEAT_OK;
    }
    case LEAT_TYPE_JSON:
        return leat_json_normalize(text, arena, &value->text);
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        return leat_nested_parse(value->type, text, arena, &value->text);
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

leat_code leat_value_parse(
    leat_type type, leat_bytes text, leat_arena *arena, leat_value *out_value, leat_error *err)
{
    leat_value value = {.type = type};
    leat_code code = value_parse(text, arena, &value);
    if (code == LEAT_OK) {
        *out_value = value;
        return LEAT_OK;
    }
    leat_buf name = {0};
    leat_type_print(type, &name);
    int shown = (int)LEAT_MIN(text.size, (size_t)100);
    leat_fail(err, LEAT_RECORD,
              code == LEAT_LIMIT ? "`%.*s` is out of the range of %s" : "`%.*s` is not a valid %s",
              shown, text.data, leat_buf_text(&name));
    leat_buf_fini(&name);
    return LEAT_RECORD;
}
