/* SPDX-License-Identifier: Apache-2.0
 *
 * Nested values as text. PostgreSQL quotes an element of an array when it holds what arrays are
 * written with, is empty, or reads like NULL; a field of a row likewise with its own characters.
 */
#include <ctype.h>
#include <strings.h>

#include "common/base/alloc.h"
#include "common/columns/json_text.h"
#include "common/columns/nested.h"
#include "common/columns/nested_json.h"

/* --- Printing. --- */

static bool needs_quotes(leat_bytes text, const char *special, bool is_array)
{
    if (text.size == 0)
        return true;
    if (is_array && text.size == 4 && strncasecmp(text.data, "null", 4) == 0)
        return true;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '\0' || strchr(special, text.data[i]) != NULL ||
            isspace((unsigned char)text.data[i]))
            return true;
    return false;
}

static void quoted_print(leat_bytes text, bool is_array, leat_buf *out)
{
    leat_buf_add_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        bool is_special = text.data[i] == '"' || text.data[i] == '\\';
        if (is_special) /* rows double what arrays escape */
            leat_buf_add_char(out, is_array ? '\\' : text.data[i]);
        leat_buf_add_char(out, text.data[i]);
    }
    leat_buf_add_char(out, '"');
}

static void item_print(const leat_value *value, bool is_array, leat_buf *out)
{
    if (value->is_null) {
        leat_buf_add_text(out, is_array ? "NULL" : "");
        return;
    }
    if (value->type.id == LEAT_TYPE_ARRAY && is_array) {
        leat_value_print(value, out);
        return;
    }
    if (value->type.id == LEAT_TYPE_BOOLEAN) { /* within others PostgreSQL says it in short */
        leat_buf_add_char(out, value->boolean ? 't' : 'f');
        return;
    }
    leat_buf text = {0};
    leat_value_print(value, &text);
    if (needs_quotes(leat_buf_bytes(&text), is_array ? "{},\"\\" : "(),\"\\", is_array))
        quoted_print(leat_buf_bytes(&text), is_array, out);
    else
        leat_buf_add(out, text.data, text.size);
    leat_buf_fini(&text);
}

static void map_print(const leat_type_shape *shape, leat_bytes bytes, leat_buf *out)
{
    leat_nested_reader reader = leat_nested_read(bytes, NULL);
    leat_buf_add_char(out, '{');
    for (bool is_first = true; leat_nested_more(&reader); is_first = false) {
        leat_value key = leat_nested_next(&reader, shape->fields[0].type);
        leat_value value = leat_nested_next(&reader, shape->fields[1].type);
        leat_buf_add_text(out, is_first ? "" : ", ");
        leat_value_print(&key, out);
        leat_buf_add_char(out, '=');
        leat_value_print(&value, out);
    }
    leat_buf_add_char(out, '}');
}

void leat_nested_print(leat_type type, leat_bytes bytes, leat_buf *out)
{
    const leat_type_shape *shape = leat_type_shape_of(type);
    if (type.id == LEAT_TYPE_MAP) {
        map_print(shape, bytes, out);
        return;
    }
    bool is_array = type.id == LEAT_TYPE_ARRAY;
    leat_arena arena = {0};
    leat_nested_reader reader = leat_nested_read(bytes, &arena);
    leat_buf_add_char(out, is_array ? '{' : '(');
    for (uint32_t i = 0; is_array ? leat_nested_more(&reader) : i < shape->field_count; i++) {
        leat_value value = leat_nested_next(&reader, shape->fields[is_array ? 0 : i].type);
        leat_buf_add_text(out, i > 0 ? "," : "");
        item_print(&value, is_array, out);
    }
    leat_buf_add_char(out, is_array ? '}' : ')');
    leat_arena_fini(&arena);
}

/* --- Reading. --- */

typedef struct text_reader {
    const char *at;
    const char *end;
    leat_arena *arena;
} text_reader;

static leat_code nested_read(text_reader *in, leat_type type, leat_buf *out);

static void spaces_skip(text_reader *in)
{
    while (in->at < in->end && isspace((unsigned char)*in->at))
        in->at++;
}

static bool char_take(text_reader *in, char c)
{
    spaces_skip(in);
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

/* An element up to `,` or the closing bracket, quotes and escapes undone. */
static leat_code item_text(text_reader *in, bool is_array, leat_bytes *out_text, bool *out_quoted)
{
    leat_buf text = {0};
    bool is_open = false;
    *out_quoted = false;
    size_t kept = 0; /* spaces at the end go, unless they were quoted */
    for (; in->at < in->end; in->at++) {
        char c = *in->at;
        bool is_end = c == ',' || c == (is_array ? '}' : ')') || (is_array && c == ']');
        if (!is_open && is_end)
            break;
        if (c == '\\' && in->at + 1 < in->end) {
            leat_buf_add_char(&text, *++in->at);
            kept = text.size;
        } else if (c == '"' && is_open && in->at + 1 < in->end && in->at[1] == '"') {
            leat_buf_add_char(&text, *in->at++);
            kept = text.size;
        } else if (c == '"') {
            is_open = !is_open;
            *out_quoted = true;
            kept = text.size;
        } else {
            leat_buf_add_char(&text, c);
            if (is_open || !isspace((unsigned char)c))
                kept = text.size;
        }
    }
    *out_text = leat_arena_bytes(in->arena, leat_bytes_of(text.data, is_array ? kept : text.size));
    leat_buf_fini(&text);
    return is_open ? LEAT_RECORD : LEAT_OK;
}

static leat_code item_read(text_reader *in, leat_type type, bool is_array, leat_buf *out)
{
    leat_value value = {.type = type};
    leat_bytes text;
    bool is_quoted;
    spaces_skip(in);
    if (is_array && type.id == LEAT_TYPE_ARRAY && in->at < in->end &&
        (*in->at == '{' || *in->at == '[')) {
        leat_buf_add_u8(out, 1);
        return nested_read(in, type, out);
    }
    LEAT_TRY(item_text(in, is_array, &text, &is_quoted));
    bool is_null =
        is_array ? text.size == 4 && strncasecmp(text.data, "null", 4) == 0 : text.size == 0;
    if (is_null && !is_quoted)
        value.is_null = true;
    else
        LEAT_TRY(leat_value_parse(type, text, in->arena, &value, NULL));
    leat_nested_add(out, &value);
    return LEAT_OK;
}

static leat_code array_read(text_reader *in, leat_type type, leat_buf *out)
{
    leat_type element = leat_type_element(type);
    char close = '}';
    if (!char_take(in, '{')) {
        close = ']';
        if (!char_take(in, '['))
            return LEAT_RECORD;
    }
    if (!char_take(in, close)) {
        do
            LEAT_TRY(item_read(in, element, true, out));
        while (char_take(in, ','));
        if (!char_take(in, close))
            return LEAT_RECORD;
    }
    leat_nested_end(out);
    return LEAT_OK;
}

static leat_code row_read(text_reader *in, leat_type type, leat_buf *out)
{
    const leat_type_shape *shape = leat_type_shape_of(type);
    if (!char_take(in, '('))
        return LEAT_RECORD;
    for (uint32_t i = 0; i < shape->field_count; i++) {
        if (i > 0 && !char_take(in, ','))
            return LEAT_RECORD;
        LEAT_TRY(item_read(in, shape->fields[i].type, false, out));
    }
    return char_take(in, ')') ? LEAT_OK : LEAT_RECORD;
}

static leat_code nested_read(text_reader *in, leat_type type, leat_buf *out)
{
    if (type.id == LEAT_TYPE_ARRAY)
        return array_read(in, type, out);
    return type.id == LEAT_TYPE_ROW ? row_read(in, type, out) : LEAT_RECORD;
}

static leat_code
map_parse(leat_type type, leat_bytes text, leat_arena *arena, leat_bytes *out_bytes)
{
    leat_bytes json;
    leat_value value;
    LEAT_TRY(leat_json_normalize(text, arena, &json));
    if (leat_json_kind_of(json) != LEAT_JSON_OBJECT)
        return LEAT_RECORD;
    LEAT_TRY(leat_json_value(type, json, arena, &value));
    *out_bytes = value.text;
    return LEAT_OK;
}

leat_code
leat_nested_parse(leat_type type, leat_bytes text, leat_arena *arena, leat_bytes *out_bytes)
{
    text_reader in = {text.data, text.data + text.size, arena};
    if (!leat_type_has_shape(type))
        return LEAT_RECORD;
    if (type.id == LEAT_TYPE_MAP)
        return map_parse(type, text, arena, out_bytes);
    leat_buf bytes = {0};
    leat_code code = nested_read(&in, type, &bytes);
    spaces_skip(&in);
    if (code == LEAT_OK && in.at != in.end)
        code = LEAT_RECORD;
    if (code == LEAT_OK)
        *out_bytes = leat_arena_bytes(arena, leat_buf_bytes(&bytes));
    leat_buf_fini(&bytes);
    return code;
}
