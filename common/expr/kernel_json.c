/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON: PostgreSQL's operators and functions of jsonb, and SQL's json_value, json_query and
 * json_exists over simple paths ($.a.b[0]). Values are walked where they lie; what is made is
 * normalized again.
 */
#include "common/columns/json_text.h"
#include "common/columns/nested.h"
#include "common/columns/nested_json.h"
#include "common/expr/function.h"
#include "common/text/json.h"

enum { JSON_BYTES_MAX = 1 << 20 };

static leat_value value_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    leat_value value = leat_column_value(&call->arguments[argument], row);
    value.type = call->arguments[argument].type;
    return value;
}

static leat_bytes text_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return leat_kernel_bytes(&call->arguments[argument], row);
}

/* A part of an argument, as JSON or as plain text: a JSON null is NULL then. */
static leat_value part_value(leat_kernel_call *call, leat_bytes json)
{
    if (call->type.id == LEAT_TYPE_JSON)
        return leat_kernel_value_of(call, json);
    if (leat_json_kind_of(json) == LEAT_JSON_NULL)
        return leat_kernel_null(call);
    leat_buf plain = {0};
    leat_json_plain(json, &plain);
    leat_value value = leat_kernel_value_of(call, leat_buf_bytes(&plain));
    leat_buf_fini(&plain);
    return value;
}

/* What was put together, normalized. */
static leat_value made_value(leat_kernel_call *call, uint32_t row, leat_buf *text)
{
    leat_value value = {.type = call->type};
    bool is_sound = text->size <= JSON_BYTES_MAX &&
                    leat_json_normalize(leat_buf_bytes(text), call->arena, &value.text) == LEAT_OK;
    leat_buf_fini(text);
    if (is_sound)
        return value;
    leat_kernel_fail(call, row, "JSON longer than 1 MiB, or nested too deep");
    return leat_kernel_null(call);
}

static leat_value boolean_value(const leat_kernel_call *call, bool value)
{
    return (leat_value){.type = call->type, .boolean = value};
}

#define ROW_KERNEL(name, row_value)                                                                \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        leat_kernel_each_value(call, row_value);                                                   \
    }

/* --- Taking apart. --- */

static leat_value member_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes part;
    bool is_there = leat_json_find_member(text_at(call, 0, row), text_at(call, 1, row), &part);
    return is_there ? part_value(call, part) : leat_kernel_null(call);
}
ROW_KERNEL(json_member, member_row)

static leat_value item_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes part;
    int64_t index = (int64_t)leat_column_integer(&call->arguments[1], row);
    bool is_there = leat_json_find_element(text_at(call, 0, row), index, &part);
    return is_there ? part_value(call, part) : leat_kernel_null(call);
}
ROW_KERNEL(json_item, item_row)

/* A name, or a number for an array. */
static bool step_take(leat_bytes json, leat_bytes step, leat_bytes *out)
{
    if (leat_json_kind_of(json) == LEAT_JSON_OBJECT)
        return leat_json_find_member(json, step, out);
    leat_arena none = {0};
    leat_value index = {.type = LEAT_TYPE(INT)};
    return leat_value_parse(LEAT_TYPE(INT), step, &none, &index, NULL) == LEAT_OK &&
           leat_json_find_element(json, (int64_t)index.integer, out);
}

static leat_value path_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes json = text_at(call, 0, row);
    leat_value path = value_at(call, 1, row);
    leat_nested_reader reader = leat_nested_read(path.text, call->arena);
    while (leat_nested_more(&reader)) {
        leat_value step = leat_nested_next(&reader, leat_type_element(path.type));
        if (step.is_null || step.type.id != LEAT_TYPE_STRING || !step_take(json, step.text, &json))
            return leat_kernel_null(call);
    }
    return part_value(call, json);
}
ROW_KERNEL(json_path, path_row)

static leat_value steps_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes json = text_at(call, 0, row);
    for (uint32_t a = 1; a < call->argument_count; a++)
        if (!step_take(json, text_at(call, a, row), &json))
            return leat_kernel_null(call);
    return part_value(call, json);
}
ROW_KERNEL(json_steps, steps_row)

static leat_value length_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes json = text_at(call, 0, row);
    leat_value count = {.type = call->type, .integer = leat_json_count_of(json)};
    if (leat_json_kind_of(json) == LEAT_JSON_ARRAY)
        return count;
    leat_kernel_fail(call, row, "the JSON value is not an array");
    return leat_kernel_null(call);
}
ROW_KERNEL(json_length, length_row)

static leat_value kind_row(leat_kernel_call *call, uint32_t row)
{
    static const char *const names[] = {"null", "boolean", "number", "string", "array", "object"};
    leat_json_kind kind = leat_json_kind_of(text_at(call, 0, row));
    return (leat_value){.type = call->type, .text = leat_bytes_text(names[kind])};
}
ROW_KERNEL(json_kind, kind_row)

/* --- Containing. --- */

static leat_bytes without_zeros(leat_bytes number)
{
    if (memchr(number.data, '.', number.size) == NULL)
        return number;
    while (number.data[number.size - 1] == '0')
        number.size--;
    number.size -= number.data[number.size - 1] == '.';
    return number;
}

static bool scalar_equal(leat_bytes a, leat_bytes b)
{
    bool are_numbers = a.size > 0 && b.size > 0 && leat_json_kind_of(a) == LEAT_JSON_NUMBER &&
                       leat_json_kind_of(b) == LEAT_JSON_NUMBER;
    return are_numbers ? leat_bytes_equal(without_zeros(a), without_zeros(b))
                       : leat_bytes_equal(a, b);
}

static bool contains(leat_bytes whole, leat_bytes part, bool is_top);

static bool has_item(leat_bytes array, leat_bytes item)
{
    leat_json_walk walk = leat_json_walk_of(array);
    while (leat_json_walk_next(&walk))
        if (contains(walk.value, item, false))
            return true;
    return false;
}

static bool contains(leat_bytes whole, leat_bytes part, bool is_top)
{
    leat_json_kind kind = leat_json_kind_of(whole), part_kind = leat_json_kind_of(part);
    bool is_scalar = part_kind != LEAT_JSON_ARRAY && part_kind != LEAT_JSON_OBJECT;
    if (kind == LEAT_JSON_ARRAY && is_scalar && is_top)
        return has_item(whole, part);
    if (kind != part_kind)
        return false;
    if (is_scalar)
        return scalar_equal(whole, part);
    leat_json_walk walk = leat_json_walk_of(part);
    while (leat_json_walk_next(&walk)) {
        leat_json_walk other = leat_json_walk_of(whole);
        bool is_found = kind == LEAT_JSON_ARRAY && has_item(whole, walk.value);
        while (kind == LEAT_JSON_OBJECT && !is_found && leat_json_walk_next(&other))
            is_found =
                leat_bytes_equal(other.name, walk.name) && contains(other.value, walk.value, false);
        if (!is_found)
            return false;
    }
    return true;
}

static leat_value contains_row(leat_kernel_call *call, uint32_t row)
{
    return boolean_value(call, contains(text_at(call, 0, row), text_at(call, 1, row), true));
}
ROW_KERNEL(json_contains, contains_row)

static leat_value contained_row(leat_kernel_call *call, uint32_t row)
{
    return boolean_value(call, contains(text_at(call, 1, row), text_at(call, 0, row), true));
}
ROW_KERNEL(json_contained, contained_row)

/* A member of that name, or a text among the elements. */
static bool has_name(leat_bytes json, leat_bytes name)
{
    leat_bytes found;
    leat_buf quoted = {0};
    leat_json_quote(&quoted, name);
    bool is_there = leat_json_find_member(json, name, &found) ||
                    (leat_json_kind_of(json) == LEAT_JSON_ARRAY
                         ? has_item(json, leat_buf_bytes(&quoted))
                         : leat_bytes_equal(json, leat_buf_bytes(&quoted)));
    leat_buf_fini(&quoted);
    return is_there;
}

static leat_value exists_row(leat_kernel_call *call, uint32_t row)
{
    return boolean_value(call, has_name(text_at(call, 0, row), text_at(call, 1, row)));
}
ROW_KERNEL(json_exists, exists_row)

static leat_value exist_row(leat_kernel_call *call, uint32_t row, bool wants_all)
{
    leat_value names = value_at(call, 1, row);
    leat_nested_reader reader = leat_nested_read(names.text, call->arena);
    while (leat_nested_more(&reader)) {
        leat_value name = leat_nested_next(&reader, leat_type_element(names.type));
        bool is_there = !name.is_null && name.type.id == LEAT_TYPE_STRING &&
                        has_name(text_at(call, 0, row), name.text);
        if (!name.is_null && is_there != wants_all)
            return boolean_value(call, !wants_all);
    }
    return boolean_value(call, wants_all);
}

static leat_value exist_any_row(leat_kernel_call *call, uint32_t row)
{
    return exist_row(call, row, false);
}
ROW_KERNEL(json_exist_any, exist_any_row)

static leat_value exist_all_row(leat_kernel_call *call, uint32_t row)
{
    return exist_row(call, row, true);
}
ROW_KERNEL(json_exist_all, exist_all_row)

/* --- Making. --- */

static leat_value to_json_row(leat_kernel_call *call, uint32_t row)
{
    leat_value value = value_at(call, 0, row);
    leat_buf text = {0};
    leat_json_add_value(&value, &text);
    return made_value(call, row, &text);
}
ROW_KERNEL(to_json, to_json_row)

static leat_value json_string_row(leat_kernel_call *call, uint32_t row)
{
    leat_value value = value_at(call, 0, row);
    leat_buf text = {0};
    leat_json_add_value(&value, &text);
    leat_value made = leat_kernel_value_of(call, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return made;
}
ROW_KERNEL(json_string, json_string_row)

static leat_value build_array_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf text = {0};
    leat_buf_add_char(&text, '[');
    for (uint32_t a = 0; a < call->argument_count; a++) {
        leat_value value = value_at(call, a, row);
        leat_buf_add_text(&text, a > 0 ? "," : "");
        leat_json_add_value(&value, &text);
    }
    leat_buf_add_char(&text, ']');
    return made_value(call, row, &text);
}
ROW_KERNEL(build_array, build_array_row)

static leat_value build_object_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf text = {0}, name = {0};
    bool is_sound = call->argument_count % 2 == 0;
    leat_buf_add_char(&text, '{');
    for (uint32_t a = 0; a + 1 < call->argument_count; a += 2) {
        leat_value key = value_at(call, a, row), value = value_at(call, a + 1, row);
        is_sound &= !key.is_null;
        leat_buf_clear(&name);
        leat_value_print(&key, &name);
        leat_buf_add_text(&text, a > 0 ? "," : "");
        leat_json_quote(&text, leat_buf_bytes(&name));
        leat_buf_add_char(&text, ':');
        leat_json_add_value(&value, &text);
    }
    leat_buf_add_char(&text, '}');
    leat_buf_fini(&name);
    if (is_sound)
        return made_value(call, row, &text);
    leat_buf_fini(&text);
    leat_kernel_fail(call, row, "an object needs a value for each name, and no name may be NULL");
    return leat_kernel_null(call);
}
ROW_KERNEL(build_object, build_object_row)

static void items_add(leat_bytes json, leat_buf *out, bool *is_first)
{
    leat_json_kind kind = leat_json_kind_of(json);
    bool holds = kind == LEAT_JSON_ARRAY || kind == LEAT_JSON_OBJECT;
    leat_bytes inner = holds ? leat_bytes_of(json.data + 1, json.size - 2) : json;
    if (inner.size == 0)
        return;
    leat_buf_add_text(out, *is_first ? "" : ",");
    leat_buf_add(out, inner.data, inner.size);
    *is_first = false;
}

/* Objects are merged, the second wins; everything else becomes one array. */
static leat_value merge_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes a = text_at(call, 0, row), b = text_at(call, 1, row);
    bool are_objects =
        leat_json_kind_of(a) == LEAT_JSON_OBJECT && leat_json_kind_of(b) == LEAT_JSON_OBJECT;
    bool is_first = true;
    leat_buf text = {0};
    leat_bytes both[] = {a, b};
    leat_buf_add_char(&text, are_objects ? '{' : '[');
    for (int i = 0; i < 2; i++) {
        if (!are_objects && leat_json_kind_of(both[i]) == LEAT_JSON_OBJECT) {
            leat_buf_add_text(&text, is_first ? "" : ",");
            leat_buf_add(&text, both[i].data, both[i].size);
            is_first = false;
        } else {
            items_add(both[i], &text, &is_first);
        }
    }
    leat_buf_add_char(&text, are_objects ? '}' : ']');
    return made_value(call, row, &text);
}
ROW_KERNEL(json_merge, merge_row)

/* Without the member, the elements of that text, or the element at that place. */
static leat_value without_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes json = text_at(call, 0, row);
    leat_value what = value_at(call, 1, row);
    bool is_object = leat_json_kind_of(json) == LEAT_JSON_OBJECT, is_first = true;
    leat_buf text = {0}, quoted = {0};
    int64_t place = 0, index = -1;
    if (what.type.id == LEAT_TYPE_STRING)
        leat_json_quote(&quoted, what.text);
    else
        index = (int64_t)what.integer < 0 ? (int64_t)what.integer + leat_json_count_of(json)
                                          : (int64_t)what.integer;
    leat_json_walk walk = leat_json_walk_of(json);
    leat_buf_add_char(&text, is_object ? '{' : '[');
    for (; leat_json_walk_next(&walk); place++) {
        leat_bytes name = {0};
        if (is_object) /* with its quotes */
            name = leat_bytes_of(walk.name.data - 1, walk.name.size + 2);
        leat_bytes compared = is_object ? name : walk.value;
        if (place == index || leat_bytes_equal(compared, leat_buf_bytes(&quoted)))
            continue;
        leat_buf_add_text(&text, is_first ? "" : ",");
        if (is_object) {
            leat_buf_add(&text, name.data, name.size);
            leat_buf_add_char(&text, ':');
        }
        leat_buf_add(&text, walk.value.data, walk.value.size);
        is_first = false;
    }
    leat_buf_add_char(&text, is_object ? '}' : ']');
    leat_buf_fini(&quoted);
    return made_value(call, row, &text);
}
ROW_KERNEL(json_without, without_row)

static void stripped_add(leat_bytes json, leat_buf *out)
{
    leat_json_kind kind = leat_json_kind_of(json);
    if (kind != LEAT_JSON_OBJECT && kind != LEAT_JSON_ARRAY) {
        leat_buf_add(out, json.data, json.size);
        return;
    }
    bool is_first = true;
    leat_json_walk walk = leat_json_walk_of(json);
    leat_buf_add_char(out, kind == LEAT_JSON_OBJECT ? '{' : '[');
    while (leat_json_walk_next(&walk)) {
        if (kind == LEAT_JSON_OBJECT && leat_json_kind_of(walk.value) == LEAT_JSON_NULL)
            continue;
        leat_buf_add_text(out, is_first ? "" : ", ");
        if (kind == LEAT_JSON_OBJECT) {
            leat_buf_add(out, walk.name.data - 1, walk.name.size + 2);
            leat_buf_add_text(out, ": ");
        }
        stripped_add(walk.value, out);
        is_first = false;
    }
    leat_buf_add_char(out, kind == LEAT_JSON_OBJECT ? '}' : ']');
}

static leat_value strip_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf text = {0};
    stripped_add(text_at(call, 0, row), &text);
    return made_value(call, row, &text);
}
ROW_KERNEL(json_strip, strip_row)

/* --- Paths: $, .name, ."name", [n], with lax or strict before. --- */

static bool path_follow(leat_bytes path, leat_bytes *json)
{
    const char *at = path.data, *end = at + path.size;
    while (at < end && *at != '$')
        at++;
    if (at == end)
        return false;
    for (at++; at < end;) {
        char c = *at++;
        if (c == ' ')
            continue;
        bool is_name = c == '.', is_quoted = at < end && (*at == '"' || *at == '\'');
        if (!is_name && c != '[')
            return false;
        char quote = is_quoted ? *at++ : '\0';
        const char *start = at;
        while (at < end && (is_quoted ? *at != quote
                            : is_name ? *at != '.' && *at != '[' && *at != ' '
                                      : *at != ']'))
            at++;
        leat_bytes step = leat_bytes_of(start, (size_t)(at - start));
        at += is_quoted && at < end;
        if (!is_name && (at == end || *at++ != ']'))
            return false;
        if (step.size == 0 || !step_take(*json, step, json))
            return false;
    }
    return true;
}

/* The argument may be text that is no JSON: then there is nothing. */
static bool json_of(leat_kernel_call *call, uint32_t row, leat_bytes *out_json)
{
    leat_bytes text = text_at(call, 0, row);
    if (call->arguments[0].type.id == LEAT_TYPE_JSON) {
        *out_json = text;
        return true;
    }
    return leat_json_normalize(text, call->arena, out_json) == LEAT_OK;
}

static leat_value path_value(leat_kernel_call *call, uint32_t row, bool wants_scalar)
{
    leat_bytes json;
    if (!json_of(call, row, &json) || !path_follow(text_at(call, 1, row), &json))
        return leat_kernel_null(call);
    leat_json_kind kind = leat_json_kind_of(json);
    bool is_scalar = kind != LEAT_JSON_OBJECT && kind != LEAT_JSON_ARRAY;
    if (is_scalar != wants_scalar)
        return leat_kernel_null(call);
    return part_value(call, json);
}

static leat_value json_value_row(leat_kernel_call *call, uint32_t row)
{
    return path_value(call, row, true);
}
ROW_KERNEL(json_value, json_value_row)

static leat_value json_query_row(leat_kernel_call *call, uint32_t row)
{
    return path_value(call, row, false);
}
ROW_KERNEL(json_query, json_query_row)

static leat_value path_exists_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes json;
    return boolean_value(call,
                         json_of(call, row, &json) && path_follow(text_at(call, 1, row), &json));
}
ROW_KERNEL(json_path_exists, path_exists_row)

static leat_value is_json_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes json;
    return boolean_value(call, json_of(call, row, &json));
}
ROW_KERNEL(is_json, is_json_row)

static leat_value try_parse_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes json;
    return json_of(call, row, &json) ? leat_kernel_value_of(call, json) : leat_kernel_null(call);
}
ROW_KERNEL(try_parse_json, try_parse_row)

/* --- Rows. --- */

#define OPEN .may_be_null = true
#define JSON_ROW(symbol, text, kernel_name, result, ...)                                           \
    {                                                                                              \
        .name = (symbol), .summary = (text), .can_fail = true, .kernel = kernel_name,              \
        LEAT_RESULT(result), __VA_ARGS__                                                           \
    }
#define MAKES_ANY(symbol, text, kernel_name)                                                       \
    JSON_ROW(symbol, text, kernel_name, JSON, LEAT_ARGUMENTS_1(ANY), .is_variadic = true,          \
             .nulls = LEAT_NULLS_NEVER)
#define BOTH_NAMES(tail, text, kernel_name, result, ...)                                           \
    JSON_ROW("jsonb_" tail, text, kernel_name, result, __VA_ARGS__),                               \
        JSON_ROW("json_" tail, text, kernel_name, result, __VA_ARGS__)
#define NAME  LEAT_ARGUMENTS_2(JSON, STRING)
#define PLACE LEAT_ARGUMENTS_2(JSON, INT)
#define PATH  LEAT_ARGUMENTS_2(JSON, ARRAY)
#define ONE   LEAT_ARGUMENTS_1(JSON)
#define PAIR  LEAT_ARGUMENTS_2(JSON, JSON)
#define PLAIN LEAT_ARGUMENTS_2(STRING, STRING)

static const leat_function rows[] = {
    JSON_ROW("->", "the member of that name", json_member, JSON, NAME, OPEN),
    JSON_ROW("->", "the element, from 0, or from the end", json_item, JSON, PLACE, OPEN),
    JSON_ROW("->>", "the member of that name as text", json_member, STRING, NAME, OPEN),
    JSON_ROW("->>", "the element as text", json_item, STRING, PLACE, OPEN),
    JSON_ROW("element", "j['name']: a member", json_member, JSON, NAME, OPEN),
    JSON_ROW("element", "j[n]: an element, from 0", json_item, JSON, PLACE, OPEN),
    JSON_ROW("#>", "what a path of names and numbers leads to", json_path, JSON, PATH, OPEN),
    JSON_ROW("#>>", "the same as text", json_path, STRING, PATH, OPEN),
    BOTH_NAMES("extract_path",
               "what the names and numbers lead to",
               json_steps,
               JSON,
               NAME,
               .is_variadic = true,
               OPEN),
    BOTH_NAMES("extract_path_text",
               "the same as text",
               json_steps,
               STRING,
               NAME,
               .is_variadic = true,
               OPEN),
    BOTH_NAMES("array_length", "elements; fails when it is no array", json_length, INT, ONE, OPEN),
    BOTH_NAMES("typeof", "null, boolean, number, string, array or object", json_kind, STRING, ONE),
    JSON_ROW("@>", "holds the second, member by member", json_contains, BOOLEAN, PAIR),
    JSON_ROW("<@", "is held by the second", json_contained, BOOLEAN, PAIR),
    JSON_ROW("?", "has a member or an element of that text", json_exists, BOOLEAN, NAME),
    JSON_ROW("?|", "has one of them", json_exist_any, BOOLEAN, PATH),
    JSON_ROW("?&", "has all of them", json_exist_all, BOOLEAN, PATH),
    JSON_ROW("||", "objects merged, anything else as one array", json_merge, JSON, PAIR),
    JSON_ROW("-", "without that member or text", json_without, JSON, NAME),
    JSON_ROW("-", "without that element", json_without, JSON, PLACE),
    BOTH_NAMES("strip_nulls", "without members that are null", json_strip, JSON, ONE, OPEN),
    JSON_ROW("to_jsonb", "as JSON", to_json, JSON, LEAT_ARGUMENTS_1(ANY), OPEN),
    JSON_ROW("to_json", "as JSON", to_json, JSON, LEAT_ARGUMENTS_1(ANY), OPEN),
    JSON_ROW("row_to_json", "an object of its fields", to_json, JSON, LEAT_ARGUMENTS_1(ROW), OPEN),
    JSON_ROW("array_to_json", "an array", to_json, JSON, LEAT_ARGUMENTS_1(ARRAY), OPEN),
    JSON_ROW("json_string", "JSON in text", json_string, STRING, LEAT_ARGUMENTS_1(ANY), OPEN),
    MAKES_ANY("jsonb_build_array", "an array of them", build_array),
    MAKES_ANY("json_build_array", "an array of them", build_array),
    MAKES_ANY("jsonb_build_object", "an object of names and values in turn", build_object),
    MAKES_ANY("json_build_object", "an object of names and values in turn", build_object),
    JSON_ROW("json_value", "the scalar at a path, $.a[0], as text", json_value, STRING, NAME, OPEN),
    JSON_ROW("json_value", "the same of text that is JSON", json_value, STRING, PLAIN, OPEN),
    JSON_ROW("json_query", "the object or array at a path as text", json_query, STRING, NAME, OPEN),
    JSON_ROW("json_query", "the same of text that is JSON", json_query, STRING, PLAIN, OPEN),
    JSON_ROW("json_exists", "the path leads to something", json_path_exists, BOOLEAN, NAME),
    JSON_ROW("json_exists", "the same of text that is JSON", json_path_exists, BOOLEAN, PLAIN),
    JSON_ROW("is_json", "the text is JSON", is_json, BOOLEAN, LEAT_ARGUMENTS_1(STRING)),
    JSON_ROW(
        "try_parse_json", "JSON, or NULL", try_parse_json, JSON, LEAT_ARGUMENTS_1(STRING), OPEN),
};

const leat_function_family leat_functions_json = {"JSON", rows, LEAT_COUNT_OF(rows)};
