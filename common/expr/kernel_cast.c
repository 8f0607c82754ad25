/* SPDX-License-Identifier: Apache-2.0
 *
 * CAST between all pairs that make sense. Numbers are range-checked; to whole numbers they round
 * (decimals half away from zero, doubles half to even, as PostgreSQL does); text is read and
 * written by columns/value.h, so that a cast and a file agree.
 */
#include "common/columns/nested.h"
#include "common/columns/nested_json.h"
#include "common/expr/decimal.h"
#include "common/expr/function.h"
#include "common/expr/time_parts.h"

#include <math.h>

static const char *const out_of_range_int = "int out of range";
static const char *const out_of_range_bigint = "bigint out of range";
static const char *const out_of_range_decimal = "decimal out of range";

/* --- Numbers. --- */

#define WIDEN(name, T, R)                                                                          \
    LEAT_KERNEL_CLONES static void name(leat_kernel_call *call)                                    \
    {                                                                                              \
        const T *restrict xs = call->arguments[0].values;                                          \
        R *restrict out = call->values;                                                            \
        LEAT_KERNEL_ROWS(call, i, out[i] = (R)xs[i];);                                             \
    }

WIDEN(int_to_bigint, int32_t, int64_t)
WIDEN(int_to_double, int32_t, double)
WIDEN(bigint_to_double, int64_t, double)

static void bigint_to_int(leat_kernel_call *call)
{
    const int64_t *restrict xs = call->arguments[0].values;
    int32_t *restrict out = call->values;
    int64_t lost = 0;
    LEAT_KERNEL_ROWS(call, i, const int32_t z = (int32_t)xs[i]; out[i] = z; lost |= xs[i] ^ z;);
    if (LEAT_LIKELY(lost == 0))
        return;
    LEAT_KERNEL_EACH_VALID(call, row)
    if (xs[row] < INT32_MIN || xs[row] > INT32_MAX)
        leat_kernel_fail(call, row, out_of_range_int);
}

/* The bounds are exact as doubles. */
#define FROM_DOUBLE(name, R, low, high, reason)                                                    \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        const double *xs = call->arguments[0].values;                                              \
        R *out = call->values;                                                                     \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            const double x = nearbyint(xs[row]);                                                   \
            if (x >= (low) && x < (high))                                                          \
                out[row] = (R)x;                                                                   \
            else                                                                                   \
                leat_kernel_fail(call, row, reason);                                               \
        }                                                                                          \
    }

FROM_DOUBLE(double_to_int, int32_t, -0x1p31, 0x1p31, out_of_range_int)
FROM_DOUBLE(double_to_bigint, int64_t, -0x1p63, 0x1p63, out_of_range_bigint)

/* --- Decimals. --- */

/* The same number in the scale of the result; 64 bits as long as they do. */
static bool rescale_narrow(leat_kernel_call *call, const int64_t *xs, unsigned digits)
{
    int64_t *restrict out = call->values;
    const int64_t factor = (int64_t)leat_decimal_power(digits);
    bool has_overflow = false;
    LEAT_KERNEL_ROWS(call, i, int64_t z; has_overflow |= __builtin_mul_overflow(xs[i], factor, &z);
                     out[i] = z;);
    return !has_overflow;
}

/* Whatever the source's digits, the result's are enough: nothing to check per row. */
static bool cannot_overflow(leat_type from, leat_type to)
{
    return from.precision - from.scale <= to.precision - to.scale && from.scale <= to.scale;
}

static void decimal_to_decimal(leat_kernel_call *call)
{
    const leat_column *column = &call->arguments[0];
    unsigned from = column->type.scale, to = call->type.scale;
    bool is_fast = column->layout == LEAT_LAYOUT_I64 && to >= from && to - from <= 18 &&
                   cannot_overflow(column->type, call->type);
    if (is_fast && rescale_narrow(call, column->values, to - from))
        return;
    leat_i128 *wide = leat_kernel_wide_room(call);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_i128 x = leat_column_integer(column, row);
        if (!leat_decimal_rescale(x, from, to, &wide[row]) ||
            !leat_decimal_fits(wide[row], call->type.precision)) {
            wide[row] = 0;
            leat_kernel_fail(call, row, out_of_range_decimal);
        }
    }
    leat_kernel_store_wide(call, wide);
}

static void integer_to_decimal(leat_kernel_call *call)
{
    const leat_column *column = &call->arguments[0];
    leat_i128 *wide = leat_kernel_wide_room(call);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_i128 x = leat_column_integer(column, row);
        if (!leat_decimal_rescale(x, 0, call->type.scale, &wide[row]) ||
            !leat_decimal_fits(wide[row], call->type.precision)) {
            wide[row] = 0;
            leat_kernel_fail(call, row, out_of_range_decimal);
        }
    }
    leat_kernel_store_wide(call, wide);
}

static void double_to_decimal(leat_kernel_call *call)
{
    const double *xs = call->arguments[0].values;
    leat_i128 *wide = leat_kernel_wide_room(call);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        if (!leat_decimal_from_double(xs[row], call->type.scale, &wide[row]) ||
            !leat_decimal_fits(wide[row], call->type.precision)) {
            wide[row] = 0;
            leat_kernel_fail(call, row, out_of_range_decimal);
        }
    }
    leat_kernel_store_wide(call, wide);
}

#define FROM_DECIMAL(name, R, low, high, reason)                                                   \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        const leat_column *column = &call->arguments[0];                                           \
        R *out = call->values;                                                                     \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        {                                                                                          \
            leat_i128 x = leat_column_integer(column, row);                                        \
            bool fits = leat_decimal_rescale(x, column->type.scale, 0, &x);                        \
            if (fits && x >= (low) && x <= (high))                                                 \
                out[row] = (R)x;                                                                   \
            else                                                                                   \
                leat_kernel_fail(call, row, reason);                                               \
        }                                                                                          \
    }

FROM_DECIMAL(decimal_to_int, int32_t, INT32_MIN, INT32_MAX, out_of_range_int)
FROM_DECIMAL(decimal_to_bigint, int64_t, INT64_MIN, INT64_MAX, out_of_range_bigint)

static void decimal_to_double(leat_kernel_call *call)
{
    const leat_column *column = &call->arguments[0];
    double *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = leat_decimal_to_double(leat_column_integer(column, row), column->type.scale);
}

/* --- Booleans. --- */

static void boolean_to_int(leat_kernel_call *call)
{
    const uint64_t *bits = call->arguments[0].values;
    int32_t *out = call->values;
    LEAT_KERNEL_ROWS(call, i, out[i] = leat_bit_get(bits, i););
}

static void int_to_boolean(leat_kernel_call *call)
{
    const int32_t *xs = call->arguments[0].values;
    LEAT_KERNEL_BITS(call, i, xs[i] != 0);
}

/* --- Text. --- */

static void any_to_string(leat_kernel_call *call)
{
    leat_view *out = call->values;
    leat_buf text = {0};
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_value value = leat_column_value(&call->arguments[0], row);
        leat_buf_clear(&text);
        leat_value_print(&value, &text);
        out[row] = leat_kernel_text(call, leat_buf_bytes(&text));
    }
    leat_buf_fini(&text);
}

/* Views are shared: text and bytes lie alike. */
static void view_to_view(leat_kernel_call *call)
{
    const leat_view *xs = call->arguments[0].values;
    leat_view *out = call->values;
    LEAT_KERNEL_ROWS(call, i, out[i] = xs[i];);
}

static const char *unreadable(leat_type type)
{
    static const char *const reasons[LEAT_TYPE_COUNT] = {
        [LEAT_TYPE_BOOLEAN] = "the text is not a boolean",
        [LEAT_TYPE_INT] = "the text is not an int",
        [LEAT_TYPE_BIGINT] = "the text is not a bigint",
        [LEAT_TYPE_DOUBLE] = "the text is not a double",
        [LEAT_TYPE_DECIMAL] = "the text is not a decimal of that size",
        [LEAT_TYPE_TIMESTAMP] = "the text is not a timestamp",
        [LEAT_TYPE_INTERVAL] = "the text is not an interval",
        [LEAT_TYPE_DATE] = "the text is not a date",
        [LEAT_TYPE_TIME] = "the text is not a time of day",
        [LEAT_TYPE_JSON] = "the text is not JSON",
        [LEAT_TYPE_ARRAY] = "the text is not an array of that type",
        [LEAT_TYPE_MAP] = "the text is not a map of that type",
        [LEAT_TYPE_ROW] = "the text is not a row of that type",
    };
    return reasons[type.id];
}

static leat_value string_value(leat_kernel_call *call, uint32_t row)
{
    leat_value value = {0};
    leat_bytes text = leat_kernel_bytes(&call->arguments[0], row);
    if (leat_value_parse(call->type, text, call->arena, &value, NULL) == LEAT_OK)
        return value;
    leat_kernel_fail(call, row, unreadable(call->type));
    return leat_kernel_null(call);
}

static void string_to_any(leat_kernel_call *call)
{
    leat_kernel_each_value(call, string_value);
}

/* --- Days and times of day. --- */

static void date_to_timestamp(leat_kernel_call *call)
{
    const int32_t *xs = call->arguments[0].values;
    int64_t *out = call->values;
    LEAT_KERNEL_ROWS(call, i, out[i] = xs[i] * LEAT_DAY_US;);
}

static void timestamp_to_date(leat_kernel_call *call)
{
    const int64_t *xs = call->arguments[0].values;
    int32_t *out = call->values;
    LEAT_KERNEL_ROWS(call, i, out[i] = (int32_t)leat_floor_divide(xs[i], LEAT_DAY_US););
}

static void timestamp_to_time(leat_kernel_call *call)
{
    const int64_t *xs = call->arguments[0].values;
    int64_t *out = call->values;
    LEAT_KERNEL_ROWS(call, i, const int64_t over = xs[i] % LEAT_DAY_US;
                     out[i] = over + (over < 0 ? LEAT_DAY_US : 0););
}

static void time_to_interval(leat_kernel_call *call)
{
    const int64_t *xs = call->arguments[0].values;
    leat_interval *out = call->values;
    LEAT_KERNEL_ROWS(call, i, out[i] = (leat_interval){.micros = xs[i]};);
}

static void interval_to_time(leat_kernel_call *call)
{
    const leat_interval *xs = call->arguments[0].values;
    int64_t *out = call->values;
    LEAT_KERNEL_ROWS(call, i, const int64_t over = xs[i].micros % LEAT_DAY_US;
                     out[i] = over + (over < 0 ? LEAT_DAY_US : 0););
}

/* --- What nests, and JSON. --- */

/* A value as another type: exactly where both are numbers, else by way of its text. */
static bool value_convert(const leat_value *from, leat_type to, leat_arena *arena, leat_value *out);

static bool nested_convert(const leat_value *from, leat_type to, leat_arena *arena, leat_value *out)
{
    const leat_type_shape *old = leat_type_shape_of(from->type), *new = leat_type_shape_of(to);
    leat_nested_reader reader = leat_nested_read(from->text, arena);
    leat_buf bytes = {0};
    bool is_row = to.id == LEAT_TYPE_ROW, is_converted = old->field_count == new->field_count;
    while (is_converted && (is_row ? bytes.size == 0 : leat_nested_more(&reader))) {
        for (uint32_t i = 0; i < new->field_count &&is_converted; i++) {
            leat_value item = leat_nested_next(&reader, old->fields[i].type), made;
            is_converted = value_convert(&item, new->fields[i].type, arena, &made);
            if (is_converted)
                leat_nested_add(&bytes, &made);
        }
    }
    if (!is_row)
        leat_nested_end(&bytes);
    *out = (leat_value){.type = to, .text = leat_arena_bytes(arena, leat_buf_bytes(&bytes))};
    leat_buf_fini(&bytes);
    return is_converted;
}

static bool is_whole(leat_type type)
{
    return type.id == LEAT_TYPE_INT || type.id == LEAT_TYPE_BIGINT;
}

static bool value_convert(const leat_value *from, leat_type to, leat_arena *arena, leat_value *out)
{
    *out = *from;
    out->type = to;
    if (from->is_null || leat_type_fits(from->type, to))
        return true;
    if (from->type.id == to.id && leat_type_is_nested(to))
        return nested_convert(from, to, arena, out);
    if (is_whole(from->type) && to.id == LEAT_TYPE_BIGINT)
        return true;
    if (from->type.id == LEAT_TYPE_DECIMAL && is_whole(to)) {
        leat_i128 limit = to.id == LEAT_TYPE_INT ? INT32_MAX : INT64_MAX;
        return leat_decimal_rescale(from->integer, from->type.scale, 0, &out->integer) &&
               out->integer <= limit && out->integer >= -limit - 1;
    }
    leat_buf text = {0};
    leat_value_print(from, &text);
    leat_bytes copy = leat_arena_bytes(arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return leat_value_parse(to, copy, arena, out, NULL) == LEAT_OK;
}

static leat_value converted(leat_kernel_call *call, uint32_t row)
{
    leat_value from = leat_column_value(&call->arguments[0], row), to;
    from.type = call->arguments[0].type;
    if (value_convert(&from, call->type, call->arena, &to))
        return to;
    leat_kernel_fail(call, row, "a value within does not fit the type");
    return leat_kernel_null(call);
}

static void nested_to_nested(leat_kernel_call *call)
{
    leat_kernel_each_value(call, converted);
}

static leat_value json_value(leat_kernel_call *call, uint32_t row)
{
    leat_value value;
    leat_bytes json = leat_kernel_bytes(&call->arguments[0], row);
    if (leat_json_value(call->type, json, call->arena, &value) == LEAT_OK)
        return value;
    leat_kernel_fail(call, row, "the JSON value does not fit the type");
    return leat_kernel_null(call);
}

static void json_to_any(leat_kernel_call *call)
{
    leat_kernel_each_value(call, json_value);
}

/* --- try_cast: the cast's own kernel, its errors kept to itself. --- */

static void try_cast(leat_kernel_call *call)
{
    leat_type_id from = (leat_type_id)call->arguments[0].type.id;
    leat_function_id id = leat_function_cast(from, (leat_type_id)call->type.id);
    LEAT_ASSERT(id != LEAT_FUNCTION_NONE); /* the binder or the decoder has looked */
    size_t words = leat_bit_words(call->row_count);
    leat_kernel_errors ours = {.rows = LEAT_ARENA_ARRAY(call->arena, uint64_t, words)};
    leat_kernel_errors *outer = call->errors;
    call->errors = &ours;
    leat_function_at(id)->kernel(call);
    call->errors = outer;
}

/* --- Rows. --- */

#define CAST_ROW(from, to, fails, kernel_name, text)                                               \
    {                                                                                              \
        .name = "cast", .summary = (text), LEAT_ARGUMENTS_1(from), LEAT_RESULT(to),                \
        .rule = LEAT_RESULT_CAST, .can_fail = (fails), .kernel = kernel_name                       \
    }

static const leat_function rows[] = {
    CAST_ROW(INT, BIGINT, false, int_to_bigint, "exact"),
    CAST_ROW(INT, DOUBLE, false, int_to_double, "exact"),
    CAST_ROW(INT, DECIMAL, true, integer_to_decimal, "exact; fails when it does not fit"),
    CAST_ROW(INT, STRING, false, any_to_string, "decimal digits"),
    CAST_ROW(INT, BOOLEAN, false, int_to_boolean, "0 is false"),
    CAST_ROW(BIGINT, INT, true, bigint_to_int, "fails when out of range"),
    CAST_ROW(BIGINT, DOUBLE, false, bigint_to_double, "nearest"),
    CAST_ROW(BIGINT, DECIMAL, true, integer_to_decimal, "exact; fails when it does not fit"),
    CAST_ROW(BIGINT, STRING, false, any_to_string, "decimal digits"),
    CAST_ROW(DOUBLE, INT, true, double_to_int, "rounded half to even"),
    CAST_ROW(DOUBLE, BIGINT, true, double_to_bigint, "rounded half to even"),
    CAST_ROW(DOUBLE, DECIMAL, true, double_to_decimal, "rounded half away from zero"),
    CAST_ROW(DOUBLE, STRING, false, any_to_string, "the shortest that reads back"),
    CAST_ROW(DECIMAL, INT, true, decimal_to_int, "rounded half away from zero"),
    CAST_ROW(DECIMAL, BIGINT, true, decimal_to_bigint, "rounded half away from zero"),
    CAST_ROW(DECIMAL, DOUBLE, false, decimal_to_double, "nearest"),
    CAST_ROW(DECIMAL, DECIMAL, true, decimal_to_decimal, "rounded; fails when it does not fit"),
    CAST_ROW(DECIMAL, STRING, false, any_to_string, "with all digits of its scale"),
    CAST_ROW(BOOLEAN, INT, false, boolean_to_int, "0 or 1"),
    CAST_ROW(BOOLEAN, STRING, false, any_to_string, "true or false"),
    CAST_ROW(TIMESTAMP, STRING, false, any_to_string, "YYYY-MM-DD HH:MM:SS[.ffffff]"),
    CAST_ROW(INTERVAL, STRING, false, any_to_string, "as PostgreSQL writes it"),
    CAST_ROW(STRING, BOOLEAN, true, string_to_any, "true, false, t, f, yes, no, on, off, 1, 0"),
    CAST_ROW(STRING, INT, true, string_to_any, "digits"),
    CAST_ROW(STRING, BIGINT, true, string_to_any, "digits"),
    CAST_ROW(STRING, DOUBLE, true, string_to_any, "a number"),
    CAST_ROW(STRING, DECIMAL, true, string_to_any, "a number, rounded to the scale"),
    CAST_ROW(STRING, TIMESTAMP, true, string_to_any, "ISO 8601"),
    CAST_ROW(STRING, INTERVAL, true, string_to_any, "'5 minutes', '1 day 02:00:00'"),
    CAST_ROW(STRING, BYTES, false, view_to_view, "its UTF-8 bytes"),
    CAST_ROW(BYTES, STRING, false, view_to_view, "taken as UTF-8"),
    CAST_ROW(DATE, TIMESTAMP, false, date_to_timestamp, "its midnight"),
    CAST_ROW(TIMESTAMP, DATE, false, timestamp_to_date, "its day"),
    CAST_ROW(TIMESTAMP, TIME, false, timestamp_to_time, "its time of day"),
    CAST_ROW(TIME, INTERVAL, false, time_to_interval, "since midnight"),
    CAST_ROW(INTERVAL, TIME, false, interval_to_time, "its time of day"),
    CAST_ROW(DATE, STRING, false, any_to_string, "YYYY-MM-DD"),
    CAST_ROW(TIME, STRING, false, any_to_string, "HH:MM:SS[.ffffff]"),
    CAST_ROW(STRING, DATE, true, string_to_any, "YYYY-MM-DD"),
    CAST_ROW(STRING, TIME, true, string_to_any, "HH:MM[:SS[.f]]"),
    CAST_ROW(JSON, STRING, false, any_to_string, "normalized, as jsonb prints"),
    CAST_ROW(STRING, JSON, true, string_to_any, "JSON"),
    CAST_ROW(JSON, BOOLEAN, true, json_to_any, "of true and false"),
    CAST_ROW(JSON, INT, true, json_to_any, "of a number"),
    CAST_ROW(JSON, BIGINT, true, json_to_any, "of a number"),
    CAST_ROW(JSON, DOUBLE, true, json_to_any, "of a number"),
    CAST_ROW(JSON, DECIMAL, true, json_to_any, "of a number"),
    CAST_ROW(JSON, ARRAY, true, json_to_any, "of an array"),
    CAST_ROW(JSON, MAP, true, json_to_any, "of an object"),
    CAST_ROW(JSON, ROW, true, json_to_any, "of an object, by name"),
    CAST_ROW(ARRAY, STRING, false, any_to_string, "{1,2}"),
    CAST_ROW(MAP, STRING, false, any_to_string, "{a=1}"),
    CAST_ROW(ROW, STRING, false, any_to_string, "(1,2)"),
    CAST_ROW(STRING, ARRAY, true, string_to_any, "{1,2}"),
    CAST_ROW(STRING, ROW, true, string_to_any, "(1,2)"),
    CAST_ROW(ARRAY, ARRAY, true, nested_to_nested, "element by element"),
    CAST_ROW(MAP, MAP, true, nested_to_nested, "entry by entry"),
    CAST_ROW(ROW, ROW, true, nested_to_nested, "field by field"),
    {.name = "try_cast",
     .summary = "TRY_CAST(value AS type): the cast, or NULL where it fails",
     LEAT_ARGUMENTS_1(ANY),
     .rule = LEAT_RESULT_TRY_CAST,
     .may_be_null = true,
     .kernel = try_cast},
};

const leat_function_family leat_functions_cast = {"Casts", rows, LEAT_COUNT_OF(rows)};
