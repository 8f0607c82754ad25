/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expr/function.h"

#include "common/expr/aggregate_rules.h"
#include "common/expr/decimal.h"
#include "common/expr/time_field.h"

#include <stdio.h>

static const leat_function_family *const families[] = {
    &leat_functions_arithmetic, &leat_functions_decimal, &leat_functions_math,
    &leat_functions_compare,    &leat_functions_boolean, &leat_functions_choice,
    &leat_functions_text,       &leat_functions_search,  &leat_functions_regexp,
    &leat_functions_time,       &leat_functions_date,    &leat_functions_pattern,
    &leat_functions_now,        &leat_functions_array,   &leat_functions_nested,
    &leat_functions_json,       &leat_functions_digest,  &leat_functions_string,
    &leat_functions_numeric,    &leat_functions_span,    &leat_functions_null,
    &leat_functions_cast,
};

uint32_t leat_function_count(void)
{
    uint32_t count = 0;
    for (size_t f = 0; f < LEAT_COUNT_OF(families); f++)
        count += families[f]->count;
    return count;
}

const leat_function *leat_function_at(leat_function_id id)
{
    uint32_t index = id;
    for (size_t f = 0; f < LEAT_COUNT_OF(families); f++) {
        if (index < families[f]->count)
            return &families[f]->functions[index];
        index -= families[f]->count;
    }
    LEAT_UNREACHABLE();
}

leat_function_id leat_function_next(leat_bytes name, uint32_t from)
{
    uint32_t id = 0;
    for (size_t f = 0; f < LEAT_COUNT_OF(families); f++)
        for (uint32_t i = 0; i < families[f]->count; i++, id++)
            if (id >= from &&
                leat_bytes_equal(name, leat_bytes_text(families[f]->functions[i].name)))
                return (leat_function_id)id;
    return LEAT_FUNCTION_NONE;
}

leat_function_id leat_function_cast(leat_type_id from, leat_type_id to)
{
    leat_function_id id = leat_function_next(LEAT_BYTES("cast"), 0);
    for (; id != LEAT_FUNCTION_NONE; id = leat_function_next(LEAT_BYTES("cast"), id + 1U)) {
        const leat_function *function = leat_function_at(id);
        if (function->argument_ids[0] == from && function->result_id == to)
            return id;
    }
    return LEAT_FUNCTION_NONE;
}

bool leat_function_takes_count(const leat_function *function, uint32_t argument_count)
{
    if (function->is_variadic)
        return argument_count >= function->argument_count &&
               argument_count <= LEAT_FUNCTION_VARIADIC_MAX;
    return argument_count == function->argument_count;
}

leat_type_id leat_function_argument(const leat_function *function, uint32_t i)
{
    return function->argument_ids[LEAT_MIN(i, function->argument_count - 1U)];
}

bool leat_function_takes(const leat_function *function,
                         leat_bound *const *arguments,
                         uint32_t argument_count)
{
    if (!leat_function_takes_count(function, argument_count))
        return false;
    for (uint32_t i = 0; i < argument_count; i++) {
        leat_type_id wanted = leat_function_argument(function, i);
        if (wanted != LEAT_TYPE_ANY && wanted != arguments[i]->type.id)
            return false;
        if (!function->has_equal_types)
            continue;
        if (!leat_type_fits(arguments[i]->type, arguments[0]->type))
            return false;
    }
    return true;
}

/* --- Types of results. --- */

leat_type leat_type_decimal_cut(unsigned precision, unsigned scale)
{
    if (precision <= LEAT_DECIMAL_PRECISION_MAX)
        return leat_type_decimal(LEAT_MAX(precision, 1U), scale);
    unsigned whole = precision - scale;
    unsigned least = LEAT_MIN(scale, 6U);
    unsigned left = whole < LEAT_DECIMAL_PRECISION_MAX ? LEAT_DECIMAL_PRECISION_MAX - whole : 0;
    return leat_type_decimal(LEAT_DECIMAL_PRECISION_MAX, LEAT_MAX(left, least));
}

static int number_rank(leat_type type)
{
    switch ((leat_type_id)type.id) {
    case LEAT_TYPE_INT:
        return 1;
    case LEAT_TYPE_BIGINT:
        return 2;
    case LEAT_TYPE_DECIMAL:
        return 3;
    case LEAT_TYPE_DOUBLE:
        return 4;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_BOOLEAN:
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_INTERVAL:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
    case LEAT_TYPE_COUNT:
        return 0;
    }
    return 0;
}

static leat_type as_decimal(leat_type type)
{
    if (type.id == LEAT_TYPE_INT)
        return leat_type_decimal(10, 0);
    if (type.id == LEAT_TYPE_BIGINT)
        return leat_type_decimal(19, 0);
    return type;
}

/* Both as they are, or cut to 38 digits at the cost of the fraction. */
static leat_type decimal_common(leat_type a, leat_type b)
{
    unsigned scale = LEAT_MAX(a.scale, b.scale);
    unsigned whole = LEAT_MAX((unsigned)a.precision - a.scale, (unsigned)b.precision - b.scale);
    return leat_type_decimal_cut(whole + scale, scale);
}

/* Field by field; a ROW's names are the first one's. */
static bool nested_common(leat_type a, leat_type b, leat_type *out_type)
{
    leat_type_field fields[LEAT_TYPE_FIELDS_MAX];
    if (a.id != b.id)
        return false;
    const leat_type_shape *x = leat_type_shape_of(a), *y = leat_type_shape_of(b);
    if (x->field_count != y->field_count)
        return false;
    for (uint32_t i = 0; i < x->field_count; i++) {
        fields[i].name = x->fields[i].name;
        if (!leat_type_common(x->fields[i].type, y->fields[i].type, &fields[i].type))
            return false;
    }
    *out_type = a.id == LEAT_TYPE_ARRAY ? leat_type_array(fields[0].type)
                : a.id == LEAT_TYPE_MAP ? leat_type_map(fields[0].type, fields[1].type)
                                        : leat_type_row(fields, x->field_count);
    return out_type->id != LEAT_TYPE_UNKNOWN;
}

bool leat_type_common(leat_type a, leat_type b, leat_type *out_type)
{
    bool is_simple = a.id == b.id && a.id != LEAT_TYPE_DECIMAL && !leat_type_is_nested(a);
    if (is_simple || b.id == LEAT_TYPE_UNKNOWN) {
        *out_type = a;
        return true;
    }
    if (a.id == LEAT_TYPE_UNKNOWN) {
        *out_type = b;
        return true;
    }
    if (leat_type_is_nested(a))
        return nested_common(a, b, out_type);
    bool has_time = a.id == LEAT_TYPE_TIMESTAMP || b.id == LEAT_TYPE_TIMESTAMP;
    if (has_time && (a.id == LEAT_TYPE_DATE || b.id == LEAT_TYPE_DATE)) {
        *out_type = LEAT_TYPE(TIMESTAMP);
        return true;
    }
    int a_rank = number_rank(a), b_rank = number_rank(b);
    if (a_rank == 0 || b_rank == 0)
        return false;
    if (LEAT_MAX(a_rank, b_rank) == 3)
        *out_type = decimal_common(as_decimal(a), as_decimal(b));
    else
        *out_type = a_rank >= b_rank ? a : b;
    return true;
}

static leat_type round_type(leat_type type, const leat_bound *digits)
{
    unsigned whole = (unsigned)type.precision - type.scale;
    if (digits->kind != LEAT_BOUND_CONSTANT || digits->value.is_null)
        return leat_type_decimal(LEAT_MIN(type.precision + 1U, 38U), type.scale);
    leat_i128 wanted = digits->value.integer;
    unsigned scale = wanted <= 0 ? 0 : (unsigned)LEAT_MIN(wanted, (leat_i128)38);
    if (scale <= type.scale)
        return leat_type_decimal(LEAT_MIN(whole + scale + 1U, 38U), scale);
    scale = LEAT_MIN(scale, 38U - whole);
    return leat_type_decimal(whole + scale, scale);
}

static leat_type decimal_result(leat_result_rule rule, leat_type a, leat_type b)
{
    unsigned whole = (unsigned)a.precision - a.scale;
    unsigned other = (unsigned)b.precision - b.scale;
    unsigned scale = LEAT_MAX(a.scale, b.scale);
    if (rule == LEAT_RESULT_ADD)
        return leat_type_decimal(
            LEAT_MIN(LEAT_MAX(whole, other) + scale + 1U, (unsigned)LEAT_DECIMAL_PRECISION_MAX),
            scale);
    if (rule == LEAT_RESULT_MULTIPLY)
        return leat_type_decimal_cut((unsigned)a.precision + b.precision,
                                     (unsigned)a.scale + b.scale);
    scale = LEAT_MAX(scale, (unsigned)LEAT_DECIMAL_QUOTIENT_SCALE);
    return leat_type_decimal(
        LEAT_MIN(whole + b.scale + scale, (unsigned)LEAT_DECIMAL_PRECISION_MAX), scale);
}

/* Types that hold others, or are held. */
static leat_type nested_result(leat_result_rule rule, leat_bound *const *arguments, uint32_t count)
{
    leat_type_field fields[LEAT_TYPE_FIELDS_MAX];
    leat_type first = count > 0 ? arguments[0]->type : LEAT_TYPE(STRING);
    char names[LEAT_TYPE_FIELDS_MAX][8];
    switch ((unsigned)rule) {
    case LEAT_RESULT_ELEMENT:
        return leat_type_element(first);
    case LEAT_RESULT_ARRAY:
        return leat_type_array(first);
    case LEAT_RESULT_TEXTS:
        return leat_type_array(LEAT_TYPE(STRING));
    case LEAT_RESULT_PLACES:
        return leat_type_array(LEAT_TYPE(INT));
    case LEAT_RESULT_ROW:
        for (uint32_t i = 0; i < count && i < LEAT_TYPE_FIELDS_MAX; i++) {
            int size = snprintf(names[i], sizeof names[i], "f%u", i + 1);
            fields[i] =
                (leat_type_field){leat_bytes_of(names[i], (size_t)size), arguments[i]->type};
        }
        return leat_type_row(fields, count);
    case LEAT_RESULT_FIELD: {
        const leat_bound *name = arguments[1];
        bool is_known = name->kind == LEAT_BOUND_CONSTANT && !name->value.is_null;
        int32_t at = is_known ? leat_type_field_find(first, name->value.text) : -1;
        return at < 0 ? LEAT_TYPE(UNKNOWN) : leat_type_shape_of(first)->fields[at].type;
    }
    case LEAT_RESULT_MAP:
        return count % 2 == 0 ? leat_type_map(first, arguments[1]->type) : LEAT_TYPE(UNKNOWN);
    case LEAT_RESULT_MAP_OF_ARRAYS:
        return leat_type_map(leat_type_element(first), leat_type_element(arguments[1]->type));
    case LEAT_RESULT_MAP_VALUE:
        return leat_type_shape_of(first)->fields[1].type;
    case LEAT_RESULT_MAP_KEYS:
        return leat_type_array(leat_type_shape_of(first)->fields[0].type);
    case LEAT_RESULT_MAP_VALUES:
        return leat_type_array(leat_type_shape_of(first)->fields[1].type);
    default:
        return LEAT_TYPE(UNKNOWN);
    }
}

bool leat_function_result(const leat_function *function,
                          leat_bound *const *arguments,
                          uint32_t argument_count,
                          leat_type wanted,
                          leat_type *out_type)
{
    leat_type first = argument_count > 0 ? arguments[0]->type : LEAT_TYPE(UNKNOWN);
    switch (function->rule) {
    case LEAT_RESULT_FIXED:
        *out_type = (leat_type){function->result_id, 0, 0};
        return true;
    case LEAT_RESULT_FIRST:
        for (uint32_t i = 1;
             i < argument_count && function->has_equal_types && first.id == LEAT_TYPE_DECIMAL; i++)
            first.precision = LEAT_MAX(first.precision, arguments[i]->type.precision);
        *out_type = first;
        return true;
    case LEAT_RESULT_ADD:
    case LEAT_RESULT_MULTIPLY:
    case LEAT_RESULT_DIVIDE:
        *out_type = decimal_result(function->rule, first, arguments[1]->type);
        return true;
    case LEAT_RESULT_WHOLE:
        *out_type = leat_type_decimal(LEAT_MIN(first.precision - first.scale + 1U, 38U), 0);
        return true;
    case LEAT_RESULT_ROUND:
        *out_type = round_type(first, arguments[1]);
        return true;
    case LEAT_RESULT_EXTRACT:
        if (arguments[0]->kind != LEAT_BOUND_CONSTANT || arguments[0]->value.is_null ||
            leat_time_field_find(arguments[0]->value.text) == LEAT_FIELD_COUNT)
            return false;
        *out_type = leat_time_field_type(leat_time_field_find(arguments[0]->value.text));
        return true;
    case LEAT_RESULT_CAST:
        *out_type = wanted;
        return wanted.id == function->result_id;
    case LEAT_RESULT_ELEMENT:
    case LEAT_RESULT_ARRAY:
    case LEAT_RESULT_TEXTS:
    case LEAT_RESULT_PLACES:
    case LEAT_RESULT_ROW:
    case LEAT_RESULT_FIELD:
    case LEAT_RESULT_MAP:
    case LEAT_RESULT_MAP_OF_ARRAYS:
    case LEAT_RESULT_MAP_VALUE:
    case LEAT_RESULT_MAP_KEYS:
    case LEAT_RESULT_MAP_VALUES:
        *out_type = nested_result(function->rule, arguments, argument_count);
        return out_type->id != LEAT_TYPE_UNKNOWN;
    case LEAT_RESULT_SECOND:
        *out_type = arguments[1]->type;
        return true;
    case LEAT_RESULT_TRY_CAST:
        *out_type = wanted;
        return leat_function_cast((leat_type_id)first.id, (leat_type_id)wanted.id) !=
               LEAT_FUNCTION_NONE;
    }
    return false;
}

/* --- For people. --- */

const char **leat_function_names(leat_arena *arena, uint32_t *out_count)
{
    const char **names = LEAT_ARENA_ARRAY(arena, const char *, leat_function_count());
    uint32_t count = 0;
    for (uint32_t i = 0; i < leat_function_count(); i++) {
        const char *name = leat_function_at((leat_function_id)i)->name;
        bool is_word = name[0] >= 'a' && name[0] <= 'z';
        bool is_first = leat_function_next(leat_bytes_text(name), 0) == i;
        if (is_word && is_first)
            names[count++] = name;
    }
    *out_count = count;
    return names;
}

static void type_name_print(leat_type_id id, leat_buf *out)
{
    if (id == LEAT_TYPE_ANY)
        leat_buf_add_text(out, "any");
    else if (id == LEAT_TYPE_DECIMAL)
        leat_buf_add_text(out, "decimal");
    else if (leat_type_is_nested((leat_type){(uint8_t)id, 0, 0}))
        leat_buf_add_text(out, id == LEAT_TYPE_ARRAY ? "array"
                               : id == LEAT_TYPE_MAP ? "map"
                                                     : "row");
    else
        leat_type_print((leat_type){(uint8_t)id, 0, 0}, out);
}

void leat_function_signature_print(const leat_function *function, leat_buf *out)
{
    leat_buf_print(out, "%s(", function->name);
    for (uint32_t i = 0; i < function->argument_count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "");
        type_name_print(leat_function_argument(function, i), out);
    }
    leat_buf_add_text(out, function->is_variadic ? ", ...)" : ")");
}

static void result_print(const leat_function *function, leat_buf *out)
{
    switch (function->rule) {
    case LEAT_RESULT_FIXED:
    case LEAT_RESULT_CAST:
        type_name_print(function->result_id, out);
        return;
    case LEAT_RESULT_FIRST:
        type_name_print(leat_function_argument(function, 0), out);
        return;
    case LEAT_RESULT_ADD:
    case LEAT_RESULT_MULTIPLY:
    case LEAT_RESULT_DIVIDE:
    case LEAT_RESULT_WHOLE:
    case LEAT_RESULT_ROUND:
        leat_buf_add_text(out, "decimal");
        return;
    case LEAT_RESULT_SECOND:
        type_name_print(leat_function_argument(function, 1), out);
        return;
    case LEAT_RESULT_ARRAY:
    case LEAT_RESULT_TEXTS:
    case LEAT_RESULT_PLACES:
    case LEAT_RESULT_MAP_KEYS:
    case LEAT_RESULT_MAP_VALUES:
        leat_buf_add_text(out, "array");
        return;
    case LEAT_RESULT_ROW:
        leat_buf_add_text(out, "row");
        return;
    case LEAT_RESULT_MAP:
    case LEAT_RESULT_MAP_OF_ARRAYS:
        leat_buf_add_text(out, "map");
        return;
    case LEAT_RESULT_ELEMENT:
    case LEAT_RESULT_FIELD:
    case LEAT_RESULT_MAP_VALUE:
    case LEAT_RESULT_TRY_CAST:
        leat_buf_add_text(out, "any");
        return;
    case LEAT_RESULT_EXTRACT:
        leat_buf_add_text(out, "bigint or decimal");
        return;
    }
}

/* In a table of Markdown a bar ends the cell. */
static void cell_print(leat_bytes text, leat_buf *out)
{
    for (size_t i = 0; i < text.size; i++) {
        leat_buf_add_text(out, text.data[i] == '|' ? "\\" : "");
        leat_buf_add_char(out, text.data[i]);
    }
}

void leat_functions_print(leat_buf *out)
{
    leat_buf signature = {0};
    for (size_t f = 0; f < LEAT_COUNT_OF(families); f++) {
        leat_buf_print(out, "## %s\n\n| call | result | what |\n|---|---|---|\n",
                       families[f]->name);
        for (uint32_t i = 0; i < families[f]->count; i++) {
            const leat_function *function = &families[f]->functions[i];
            leat_buf_add_text(out, "| `");
            leat_buf_clear(&signature);
            leat_function_signature_print(function, &signature);
            cell_print(leat_buf_bytes(&signature), out);
            leat_buf_add_text(out, "` | ");
            result_print(function, out);
            leat_buf_add_text(out, " | ");
            cell_print(leat_bytes_text(function->summary), out);
            leat_buf_add_text(out, " |\n");
        }
        leat_buf_add_char(out, '\n');
    }
    leat_buf_fini(&signature);
    leat_aggregates_print(out);
}
