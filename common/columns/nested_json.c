/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/nested_json.h"

#include <math.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/vec.h"
#include "common/columns/json_text.h"
#include "common/columns/nested.h"
#include "common/text/json.h"

/* --- Writing. --- */

static void printed_add(const leat_value *value, bool has_t, leat_buf *out)
{
    leat_buf text = {0};
    leat_value_print(value, &text);
    char *space = has_t ? memchr(text.data, ' ', text.size) : NULL;
    if (space != NULL)
        *space = 'T';
    leat_json_quote(out, leat_buf_bytes(&text));
    leat_buf_fini(&text);
}

static void name_add(const leat_value *key, leat_buf *out)
{
    leat_buf text = {0};
    leat_value_print(key, &text);
    leat_json_quote(out, leat_buf_bytes(&text));
    leat_buf_fini(&text);
}

static void nested_add(const leat_value *value, leat_buf *out)
{
    const leat_type_shape *shape = leat_type_shape_of(value->type);
    bool is_array = value->type.id == LEAT_TYPE_ARRAY, is_row = value->type.id == LEAT_TYPE_ROW;
    leat_arena arena = {0};
    leat_nested_reader reader = leat_nested_read(value->text, &arena);
    leat_buf_add_char(out, is_array ? '[' : '{');
    for (uint32_t i = 0; is_row ? i < shape->field_count : leat_nested_more(&reader); i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "");
        if (is_row) {
            leat_json_quote(out, shape->fields[i].name);
        } else if (!is_array) {
            leat_value key = leat_nested_next(&reader, shape->fields[0].type);
            name_add(&key, out);
        }
        leat_buf_add_text(out, is_array ? "" : ": ");
        leat_value item = leat_nested_next(&reader, shape->fields[is_row     ? i
                                                                  : is_array ? 0
                                                                             : 1]
                                                        .type);
        leat_json_add_value(&item, out);
    }
    leat_buf_add_char(out, is_array ? ']' : '}');
    leat_arena_fini(&arena);
}

void leat_json_add_value(const leat_value *value, leat_buf *out)
{
    if (value->is_null) {
        leat_buf_add_text(out, "null");
        return;
    }
    switch ((leat_type_id)value->type.id) {
    case LEAT_TYPE_BOOLEAN:
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_JSON:
        leat_value_print(value, out);
        return;
    case LEAT_TYPE_DOUBLE:
        if (isfinite(value->real))
            leat_value_print(value, out);
        else
            printed_add(value, false, out);
        return;
    case LEAT_TYPE_STRING:
        leat_json_quote(out, value->text);
        return;
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_INTERVAL:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
        printed_add(value, value->type.id == LEAT_TYPE_TIMESTAMP, out);
        return;
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        nested_add(value, out);
        return;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

/* --- Reading. --- */

static leat_code array_value(leat_type type, leat_bytes json, leat_arena *arena, leat_buf *out)
{
    leat_type element = leat_type_element(type);
    leat_json_walk walk = leat_json_walk_of(json);
    if (leat_json_kind_of(json) != LEAT_JSON_ARRAY)
        return LEAT_RECORD;
    while (leat_json_walk_next(&walk)) {
        leat_value value;
        LEAT_TRY(leat_json_value(element, walk.value, arena, &value));
        leat_nested_add(out, &value);
    }
    leat_nested_end(out);
    return LEAT_OK;
}

/* The text of a member's name or a string. */
static leat_bytes plain_of(leat_bytes quoted, leat_arena *arena)
{
    leat_buf text = {0};
    leat_json_plain(quoted, &text);
    leat_bytes plain = leat_arena_bytes(arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return plain;
}

static leat_code map_value(leat_type type, leat_bytes json, leat_arena *arena, leat_buf *out)
{
    const leat_type_shape *shape = leat_type_shape_of(type);
    leat_json_walk walk = leat_json_walk_of(json);
    LEAT_VEC(leat_value) pairs = {0};
    leat_code code = leat_json_kind_of(json) == LEAT_JSON_OBJECT ? LEAT_OK : LEAT_RECORD;
    while (code == LEAT_OK && leat_json_walk_next(&walk)) {
        leat_value key, value;
        leat_bytes quoted = leat_bytes_of(walk.name.data - 1, walk.name.size + 2);
        code = leat_value_parse(shape->fields[0].type, plain_of(quoted, arena), arena, &key, NULL);
        if (code == LEAT_OK)
            code = leat_json_value(shape->fields[1].type, walk.value, arena, &value);
        if (code != LEAT_OK)
            break;
        leat_vec_push(&pairs, key);
        leat_vec_push(&pairs, value);
    }
    if (code == LEAT_OK)
        leat_nested_map(out, pairs.items, (uint32_t)(pairs.count / 2));
    leat_vec_fini(&pairs);
    return code;
}

static leat_code row_value(leat_type type, leat_bytes json, leat_arena *arena, leat_buf *out)
{
    const leat_type_shape *shape = leat_type_shape_of(type);
    leat_json_kind kind = leat_json_kind_of(json);
    if (kind != LEAT_JSON_OBJECT && kind != LEAT_JSON_ARRAY)
        return LEAT_RECORD;
    for (uint32_t i = 0; i < shape->field_count; i++) {
        leat_bytes member;
        leat_value value = {.type = shape->fields[i].type, .is_null = true};
        bool is_there = kind == LEAT_JSON_OBJECT
                            ? leat_json_find_member(json, shape->fields[i].name, &member)
                            : leat_json_find_element(json, i, &member);
        if (is_there)
            LEAT_TRY(leat_json_value(shape->fields[i].type, member, arena, &value));
        leat_nested_add(out, &value);
    }
    return LEAT_OK;
}

static leat_code nested_value(leat_type type, leat_bytes json, leat_arena *arena, leat_bytes *out)
{
    leat_buf bytes = {0};
    leat_code code = type.id == LEAT_TYPE_ARRAY ? array_value(type, json, arena, &bytes)
                     : type.id == LEAT_TYPE_MAP ? map_value(type, json, arena, &bytes)
                                                : row_value(type, json, arena, &bytes);
    if (code == LEAT_OK)
        *out = leat_arena_bytes(arena, leat_buf_bytes(&bytes));
    leat_buf_fini(&bytes);
    return code;
}

leat_code leat_json_value(leat_type type, leat_bytes json, leat_arena *arena, leat_value *out_value)
{
    leat_json_kind kind = leat_json_kind_of(json);
    leat_value value = {.type = type};
    if (type.id == LEAT_TYPE_JSON) {
        value.text = leat_arena_bytes(arena, json);
    } else if (kind == LEAT_JSON_NULL) {
        value.is_null = true;
    } else if (leat_type_is_nested(type) && kind != LEAT_JSON_STRING) {
        LEAT_TRY(nested_value(type, json, arena, &value.text));
    } else {
        leat_bytes text = kind == LEAT_JSON_STRING ? plain_of(json, arena) : json;
        LEAT_TRY(leat_value_parse(type, text, arena, &value, NULL));
    }
    *out_value = value;
    return LEAT_OK;
}
