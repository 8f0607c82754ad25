/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows and maps, and arrays from text and to text.
 */
#include "common/base/vec.h"
#include "common/columns/nested.h"
#include "common/expr/function.h"
#include "common/expr/utf8.h"

static leat_value value_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    leat_value value = leat_column_value(&call->arguments[argument], row);
    value.type = call->arguments[argument].type;
    return value;
}

static leat_value bytes_made(leat_kernel_call *call, leat_buf *bytes)
{
    leat_value made = leat_kernel_value_of(call, leat_buf_bytes(bytes));
    leat_buf_fini(bytes);
    return made;
}

#define ROW_KERNEL(name, row_value)                                                                \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        leat_kernel_each_value(call, row_value);                                                   \
    }

/* --- Rows. --- */

static leat_value row_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf bytes = {0};
    for (uint32_t a = 0; a < call->argument_count; a++) {
        leat_value value = value_at(call, a, row);
        leat_nested_add(&bytes, &value);
    }
    return bytes_made(call, &bytes);
}
ROW_KERNEL(row_new, row_row)

/* Which field: a number from 0. */
static const void *field_prepare(const leat_bound *call, leat_arena *arena, const char **out_reason)
{
    const leat_bound *name = call->arguments[1];
    int32_t *index = LEAT_ARENA_NEW(arena, int32_t);
    if (name->kind == LEAT_BOUND_CONSTANT && !name->value.is_null &&
        leat_type_has_shape(call->arguments[0]->type))
        *index = leat_type_field_find(call->arguments[0]->type, name->value.text);
    else
        *index = -1;
    if (*index < 0)
        *out_reason = "the row has no such field";
    return index;
}

static leat_value field_row(leat_kernel_call *call, uint32_t row)
{
    leat_value value = value_at(call, 0, row);
    uint32_t index = (uint32_t) * (const int32_t *)call->prepared;
    return leat_nested_at(value.type, value.text, index, call->arena);
}
ROW_KERNEL(row_field, field_row)

/* --- Maps. --- */

static leat_value map_row(leat_kernel_call *call, uint32_t row)
{
    leat_value *pairs = LEAT_ARENA_ARRAY(call->arena, leat_value, call->argument_count);
    leat_buf bytes = {0};
    for (uint32_t a = 0; a < call->argument_count; a++)
        pairs[a] = value_at(call, a, row);
    leat_nested_map(&bytes, pairs, call->argument_count / 2);
    return bytes_made(call, &bytes);
}
ROW_KERNEL(map_new, map_row)

static leat_value map_from_row(leat_kernel_call *call, uint32_t row)
{
    leat_value keys = value_at(call, 0, row), values = value_at(call, 1, row);
    leat_nested_reader k = leat_nested_read(keys.text, call->arena);
    leat_nested_reader v = leat_nested_read(values.text, call->arena);
    LEAT_VEC(leat_value) pairs = {0};
    while (leat_nested_more(&k) && leat_nested_more(&v)) {
        leat_vec_push(&pairs, leat_nested_next(&k, leat_type_element(keys.type)));
        leat_vec_push(&pairs, leat_nested_next(&v, leat_type_element(values.type)));
    }
    bool is_even = !leat_nested_more(&k) && !leat_nested_more(&v);
    leat_buf bytes = {0};
    leat_nested_map(&bytes, pairs.items, (uint32_t)(pairs.count / 2));
    leat_vec_fini(&pairs);
    if (!is_even)
        leat_kernel_fail(call, row, "not as many values as keys");
    leat_value made = bytes_made(call, &bytes);
    made.is_null = !is_even;
    return made;
}
ROW_KERNEL(map_from_arrays, map_from_row)

static leat_value map_get_row(leat_kernel_call *call, uint32_t row)
{
    leat_value map = value_at(call, 0, row), key = value_at(call, 1, row);
    return leat_nested_get(map.type, map.text, &key, call->arena);
}
ROW_KERNEL(map_get, map_get_row)

static leat_value half_row(leat_kernel_call *call, uint32_t row, bool wants_keys)
{
    leat_value map = value_at(call, 0, row);
    const leat_type_shape *shape = leat_type_shape_of(map.type);
    leat_nested_reader reader = leat_nested_read(map.text, call->arena);
    leat_buf bytes = {0};
    while (leat_nested_more(&reader)) {
        leat_value key = leat_nested_next(&reader, shape->fields[0].type);
        leat_value value = leat_nested_next(&reader, shape->fields[1].type);
        leat_nested_add(&bytes, wants_keys ? &key : &value);
    }
    leat_nested_end(&bytes);
    return bytes_made(call, &bytes);
}

static leat_value keys_row(leat_kernel_call *call, uint32_t row)
{
    return half_row(call, row, true);
}
ROW_KERNEL(map_keys, keys_row)

static leat_value values_row(leat_kernel_call *call, uint32_t row)
{
    return half_row(call, row, false);
}
ROW_KERNEL(map_values, values_row)

static leat_value map_size_row(leat_kernel_call *call, uint32_t row)
{
    leat_value map = value_at(call, 0, row);
    return (leat_value){.type = call->type, .integer = leat_nested_count(map.type, map.text)};
}
ROW_KERNEL(map_size, map_size_row)

/* --- Text. --- */

static void elements_print(leat_bytes array,
                           leat_type type,
                           const leat_value *between,
                           const leat_value *null,
                           bool *is_first,
                           leat_buf *out)
{
    leat_arena arena = {0};
    leat_nested_reader reader = leat_nested_read(array, &arena);
    leat_type element = leat_type_element(type);
    while (leat_nested_more(&reader)) {
        leat_value value = leat_nested_next(&reader, element);
        if (element.id == LEAT_TYPE_ARRAY && !value.is_null) {
            elements_print(value.text, element, between, null, is_first, out);
            continue;
        }
        const leat_value *shown = value.is_null ? null : &value;
        if (shown == NULL || shown->is_null)
            continue;
        if (!*is_first)
            leat_buf_add(out, between->text.data, between->text.size);
        if (shown->type.id == LEAT_TYPE_BOOLEAN)
            leat_buf_add_char(out, shown->boolean ? 't' : 'f');
        else
            leat_value_print(shown, out);
        *is_first = false;
    }
    leat_arena_fini(&arena);
}

static leat_value to_string_row(leat_kernel_call *call, uint32_t row)
{
    leat_value array = value_at(call, 0, row), between = value_at(call, 1, row), null = {0};
    if (array.is_null || between.is_null)
        return leat_kernel_null(call);
    if (call->argument_count == 3)
        null = value_at(call, 2, row);
    bool is_first = true;
    leat_buf text = {0};
    elements_print(array.text, array.type, &between, call->argument_count == 3 ? &null : NULL,
                   &is_first, &text);
    return bytes_made(call, &text);
}
ROW_KERNEL(array_to_string, to_string_row)

static void part_add(leat_bytes part, const leat_value *null, leat_buf *out)
{
    leat_value value = {.type = LEAT_TYPE(STRING), .text = part};
    value.is_null = null != NULL && !null->is_null && leat_bytes_equal(part, null->text);
    leat_nested_add(out, &value);
}

/* Without a delimiter every character is a part; an empty one cuts nothing. */
static leat_value from_string_row(leat_kernel_call *call, uint32_t row)
{
    leat_value text = value_at(call, 0, row), between = value_at(call, 1, row), null = {0};
    if (text.is_null)
        return leat_kernel_null(call);
    if (call->argument_count == 3)
        null = value_at(call, 2, row);
    const leat_value *as_null = call->argument_count == 3 ? &null : NULL;
    leat_buf bytes = {0};
    leat_bytes rest = text.text;
    while (between.is_null && rest.size > 0) {
        size_t size = leat_utf8_size(rest, 0);
        part_add(leat_bytes_of(rest.data, size), as_null, &bytes);
        rest = leat_bytes_of(rest.data + size, rest.size - size);
    }
    while (!between.is_null && between.text.size > 0 && rest.size > 0) {
        const char *at = memmem(rest.data, rest.size, between.text.data, between.text.size);
        if (at == NULL)
            break;
        size_t size = (size_t)(at - rest.data);
        part_add(leat_bytes_of(rest.data, size), as_null, &bytes);
        rest = leat_bytes_of(at + between.text.size, rest.size - size - between.text.size);
    }
    if (!between.is_null && text.text.size > 0)
        part_add(rest, as_null, &bytes);
    leat_nested_end(&bytes);
    return bytes_made(call, &bytes);
}
ROW_KERNEL(string_to_array, from_string_row)

/* --- The table. --- */

#define NESTED_ROW(symbol, text, kernel_name, ...)                                                 \
    {                                                                                              \
        .name = (symbol), .summary = (text), .can_fail = true, .kernel = kernel_name, __VA_ARGS__  \
    }
#define OPEN .may_be_null = true

static const leat_function rows[] = {
    NESTED_ROW("row",
               "ROW(a, b) or (a, b): fields f1, f2, ...",
               row_new,
               LEAT_ARGUMENTS_1(ANY),
               .is_variadic = true,
               .rule = LEAT_RESULT_ROW,
               .nulls = LEAT_NULLS_NEVER),
    NESTED_ROW("field",
               "r.name: a field of a row",
               row_field,
               LEAT_ARGUMENTS_2(ROW, STRING),
               .rule = LEAT_RESULT_FIELD,
               .prepare = field_prepare,
               OPEN),
    NESTED_ROW("map",
               "MAP[key, value, ...]",
               map_new,
               LEAT_ARGUMENTS_2(ANY, ANY),
               .is_variadic = true,
               .rule = LEAT_RESULT_MAP,
               .nulls = LEAT_NULLS_NEVER),
    NESTED_ROW("map_from_arrays",
               "of an array of keys and one of values",
               map_from_arrays,
               LEAT_ARGUMENTS_2(ARRAY, ARRAY),
               .rule = LEAT_RESULT_MAP_OF_ARRAYS),
    NESTED_ROW("element",
               "m[key]; NULL when there is none",
               map_get,
               LEAT_ARGUMENTS_2(MAP, ANY),
               .rule = LEAT_RESULT_MAP_VALUE,
               OPEN),
    NESTED_ROW(
        "map_keys", "ascending", map_keys, LEAT_ARGUMENTS_1(MAP), .rule = LEAT_RESULT_MAP_KEYS),
    NESTED_ROW("map_values",
               "in the order of their keys",
               map_values,
               LEAT_ARGUMENTS_1(MAP),
               .rule = LEAT_RESULT_MAP_VALUES),
    NESTED_ROW("cardinality", "entries", map_size, LEAT_ARGUMENTS_1(MAP), LEAT_RESULT(INT)),
    NESTED_ROW("array_to_string",
               "the elements with the second between them; NULLs are left out",
               array_to_string,
               LEAT_ARGUMENTS_2(ARRAY, STRING),
               LEAT_RESULT(STRING)),
    NESTED_ROW("array_to_string",
               "NULLs as the third",
               array_to_string,
               LEAT_ARGUMENTS_3(ARRAY, STRING, STRING),
               LEAT_RESULT(STRING),
               .nulls = LEAT_NULLS_KLEENE),
    NESTED_ROW("array_join",
               "the same as array_to_string",
               array_to_string,
               LEAT_ARGUMENTS_2(ARRAY, STRING),
               LEAT_RESULT(STRING)),
    NESTED_ROW("array_join",
               "the same as array_to_string",
               array_to_string,
               LEAT_ARGUMENTS_3(ARRAY, STRING, STRING),
               LEAT_RESULT(STRING),
               .nulls = LEAT_NULLS_KLEENE),
    NESTED_ROW("string_to_array",
               "the parts between delimiters; every character where it is NULL",
               string_to_array,
               LEAT_ARGUMENTS_2(STRING, STRING),
               .rule = LEAT_RESULT_TEXTS,
               .nulls = LEAT_NULLS_KLEENE),
    NESTED_ROW("string_to_array",
               "parts like the third as NULL",
               string_to_array,
               LEAT_ARGUMENTS_3(STRING, STRING, STRING),
               .rule = LEAT_RESULT_TEXTS,
               .nulls = LEAT_NULLS_KLEENE),
    NESTED_ROW("split",
               "the parts between delimiters",
               string_to_array,
               LEAT_ARGUMENTS_2(STRING, STRING),
               .rule = LEAT_RESULT_TEXTS),
};

const leat_function_family leat_functions_nested = {"Rows, maps, and arrays as text", rows,
                                                    LEAT_COUNT_OF(rows)};
