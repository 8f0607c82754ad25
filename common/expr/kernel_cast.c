/* SPDX-License-Identifier: Apache-2.0
 *
 * CAST between all pairs that make sense. Numbers are range-checked; to whole numbers they round
 * (decimals half away from zero, doubles half to even, as PostgreSQL does); text is read and
 * written by columns/value.h, so that a cast and a file agree.
 */
#include "common/expr/decimal.h"
#include "common/expr/function.h"

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
    };
    return reasons[type.id];
}

static void value_store(leat_kernel_call *call, const leat_value *value, uint32_t row)
{
    switch (call->layout) {
    case LEAT_LAYOUT_BIT:
        leat_bit_set(call->values, row, value->boolean);
        return;
    case LEAT_LAYOUT_I32:
        ((int32_t *)call->values)[row] = (int32_t)value->integer;
        return;
    case LEAT_LAYOUT_I64:
        ((int64_t *)call->values)[row] = (int64_t)value->integer;
        return;
    case LEAT_LAYOUT_F64:
        ((double *)call->values)[row] = value->real;
        return;
    case LEAT_LAYOUT_INTERVAL:
        ((leat_interval *)call->values)[row] = value->interval;
        return;
    case LEAT_LAYOUT_I128:
    case LEAT_LAYOUT_VIEW:
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static void string_to_any(leat_kernel_call *call)
{
    bool is_decimal = call->type.id == LEAT_TYPE_DECIMAL;
    leat_i128 *wide = is_decimal ? leat_kernel_wide_room(call) : NULL;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_value value = {0};
        leat_bytes text = leat_kernel_bytes(&call->arguments[0], row);
        if (leat_value_parse(call->type, text, call->arena, &value, NULL) != LEAT_OK)
            leat_kernel_fail(call, row, unreadable(call->type));
        else if (is_decimal)
            wide[row] = value.integer;
        else
            value_store(call, &value, row);
    }
    if (is_decimal)
        leat_kernel_store_wide(call, wide);
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
};

const leat_function_family leat_functions_cast = {"Casts", rows, LEAT_COUNT_OF(rows)};
