/* SPDX-License-Identifier: Apache-2.0
 *
 * coalesce, greatest, least: one of the arguments. NULLs are passed over.
 *
 * coalesce is a form of program.c (later arguments see only the rows still NULL); nullif is
 * rewritten by the binder to a CASE.
 */
#include "common/expr/function.h"
#include "common/expr/order.h"

/* Takes argument after argument: a row is replaced when it has no value yet or a worse one. */
#define CHOOSE(name, T, better)                                                                    \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        T *out = call->values;                                                                     \
        uint64_t *validity = leat_kernel_validity(call);                                           \
        memset(validity, 0, leat_bit_words(call->row_count) * sizeof *validity);                   \
        for (uint32_t a = 0; a < call->argument_count; a++) {                                      \
            const leat_column *column = &call->arguments[a];                                       \
            LEAT_KERNEL_EACH(call, row)                                                            \
            {                                                                                      \
                if (leat_column_is_null(column, row))                                              \
                    continue;                                                                      \
                const T x = LEAT_COLUMN_GET(column, T, row), y = out[row];                         \
                if (!leat_bit_get(validity, row) || (better))                                      \
                    out[row] = x;                                                                  \
                leat_bit_set(validity, row, true);                                                 \
            }                                                                                      \
        }                                                                                          \
    }

#define BOTH(type, T, LT)                                                                          \
    CHOOSE(greatest_##type, T, LT(y, x))                                                           \
    CHOOSE(least_##type, T, LT(x, y))

BOTH(i32, int32_t, LEAT_PLAIN_LT)
BOTH(i64, int64_t, LEAT_PLAIN_LT)
BOTH(f64, double, LEAT_REAL_LT)
BOTH(wide, leat_i128, LEAT_PLAIN_LT)
BOTH(view, leat_view, LEAT_VIEW_LT)
BOTH(interval, leat_interval, LEAT_SPAN_LT)

/* Decimals of one scale: all narrow, or all made wide. */
static void decimal_choose(leat_kernel_call *call, leat_kernel *narrow, leat_kernel *wide)
{
    const leat_column *given = call->arguments;
    bool is_narrow = true;
    for (uint32_t a = 0; a < call->argument_count; a++)
        is_narrow &= given[a].layout == LEAT_LAYOUT_I64;
    if (is_narrow) {
        narrow(call);
        return;
    }
    leat_column *widened = LEAT_ARENA_ARRAY(call->arena, leat_column, call->argument_count);
    for (uint32_t a = 0; a < call->argument_count; a++)
        widened[a] = leat_kernel_widened(call, &given[a]);
    call->arguments = widened;
    call->layout = LEAT_LAYOUT_I128;
    wide(call);
    call->arguments = given;
}

static void greatest_decimal(leat_kernel_call *call)
{
    decimal_choose(call, greatest_i64, greatest_wide);
}

static void least_decimal(leat_kernel_call *call)
{
    decimal_choose(call, least_i64, least_wide);
}

#define CHOICE_ROW(symbol, text, id, kernel_name)                                                  \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_1(id), .rule = LEAT_RESULT_FIRST,      \
        .is_variadic = true, .has_equal_types = true, .nulls = LEAT_NULLS_ALL,                     \
        .kernel = kernel_name                                                                      \
    }

#define CHOICE_ROWS(name, text)                                                                    \
    CHOICE_ROW(#name, text, INT, name##_i32), CHOICE_ROW(#name, text, BIGINT, name##_i64),         \
        CHOICE_ROW(#name, text, DECIMAL, name##_decimal),                                          \
        CHOICE_ROW(#name, text, DOUBLE, name##_f64), CHOICE_ROW(#name, text, STRING, name##_view), \
        CHOICE_ROW(#name, text, TIMESTAMP, name##_i64),                                            \
        CHOICE_ROW(#name, text, INTERVAL, name##_interval),                                        \
        CHOICE_ROW(#name, text, BYTES, name##_view), CHOICE_ROW(#name, text, DATE, name##_i32),    \
        CHOICE_ROW(#name, text, TIME, name##_i64), CHOICE_ROW(#name, text, ARRAY, name##_view),    \
        CHOICE_ROW(#name, text, ROW, name##_view)

static const leat_function rows[] = {
    {.name = "coalesce",
     .summary = "the first that is not NULL; later ones are computed only where needed",
     LEAT_ARGUMENTS_1(ANY),
     .rule = LEAT_RESULT_FIRST,
     .is_variadic = true,
     .has_equal_types = true,
     .nulls = LEAT_NULLS_ALL,
     .form = LEAT_FORM_COALESCE},
    CHOICE_ROWS(greatest, "the largest that is not NULL"),
    CHOICE_ROWS(least, "the smallest that is not NULL"),
};

const leat_function_family leat_functions_choice = {"Choice", rows, LEAT_COUNT_OF(rows)};
