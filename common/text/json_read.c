/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "common/base/assert.h"
#include "common/text/json.h"

/* A leat_json is jansson's value under our name; the struct is never defined. */
static json_t *value_of(const leat_json *json)
{
    union {
        const leat_json *ours;
        json_t *value;
    } same = {.ours = json};
    return same.value;
}

static leat_json *json_of(json_t *value)
{
    return (leat_json *)(void *)value;
}

/* jansson limits recursion while it parses, at 2048; we want less, and it cannot be told. */
static bool is_too_deep(leat_bytes text)
{
    unsigned depth = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (is_quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                is_quoted = false;
        } else if (c == '"') {
            is_quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > LEAT_JSON_DEPTH_MAX)
                return true;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return false;
}

leat_code leat_json_parse(leat_bytes text, leat_json **out_json, leat_error *err)
{
    json_error_t problem;
    if (is_too_deep(text))
        return leat_fail(err, LEAT_INVALID, "JSON is nested deeper than %d levels",
                         LEAT_JSON_DEPTH_MAX);
    const char *data = text.size == 0 ? "" : text.data;
    json_t *value = json_loadb(data, text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (value == NULL)
        return leat_fail(err, LEAT_INVALID, "bad JSON at line %d, column %d: %s", problem.line,
                         problem.column, problem.text);
    *out_json = json_of(value);
    return LEAT_OK;
}

void leat_json_free(leat_json **json)
{
    json_decref(value_of(LEAT_TAKE(*json)));
}

const leat_json *leat_json_member(const leat_json *json, const char *key)
{
    return json_of(json_object_get(value_of(json), key));
}

const leat_json *leat_json_element(const leat_json *json, size_t index)
{
    return json_of(json_array_get(value_of(json), index));
}

size_t leat_json_count(const leat_json *json)
{
    json_t *value = value_of(json);
    return json_is_object(value) ? json_object_size(value) : json_array_size(value);
}

const char *leat_json_key(const leat_json *json, size_t index)
{
    void *at = json_object_iter(value_of(json));
    for (size_t i = 0; i < index && at != NULL; i++)
        at = json_object_iter_next(value_of(json), at);
    LEAT_ASSERT(at != NULL);
    return json_object_iter_key(at);
}

bool leat_json_is_object(const leat_json *json)
{
    return json_is_object(value_of(json));
}

bool leat_json_is_array(const leat_json *json)
{
    return json_is_array(value_of(json));
}

bool leat_json_is_null(const leat_json *json)
{
    return json == NULL || json_is_null(value_of(json));
}

bool leat_json_as_text(const leat_json *json, leat_bytes *out)
{
    json_t *value = value_of(json);
    if (!json_is_string(value))
        return false;
    *out = leat_bytes_of(json_string_value(value), json_string_length(value));
    return true;
}

bool leat_json_as_i64(const leat_json *json, int64_t *out)
{
    json_t *value = value_of(json);
    if (!json_is_integer(value))
        return false;
    *out = (int64_t)json_integer_value(value);
    return true;
}

bool leat_json_as_double(const leat_json *json, double *out)
{
    json_t *value = value_of(json);
    if (!json_is_number(value))
        return false;
    *out = json_number_value(value);
    return true;
}

bool leat_json_as_bool(const leat_json *json, bool *out)
{
    json_t *value = value_of(json);
    if (!json_is_boolean(value))
        return false;
    *out = json_is_true(value);
    return true;
}

static leat_code need_fail(bool is_missing, const char *key, const char *type, leat_error *err)
{
    if (is_missing)
        return leat_fail(err, LEAT_INVALID, "`%s` is missing: expected %s", key, type);
    return leat_fail(err, LEAT_INVALID, "`%s` is not %s", key, type);
}

leat_code
leat_json_need_text(const leat_json *json, const char *key, leat_bytes *out, leat_error *err)
{
    const leat_json *member = leat_json_member(json, key);
    return leat_json_as_text(member, out) ? LEAT_OK : need_fail(member == NULL, key, "a text", err);
}

leat_code leat_json_need_i64(const leat_json *json, const char *key, int64_t *out, leat_error *err)
{
    const leat_json *member = leat_json_member(json, key);
    return leat_json_as_i64(member, out) ? LEAT_OK
                                         : need_fail(member == NULL, key, "an integer", err);
}
