/* SPDX-License-Identifier: Apache-2.0
 *
 * Times by a pattern: to_char and date_format print, to_timestamp and to_date read. A constant
 * pattern is understood once; one that differs by row is understood for each.
 */
#include "common/expr/function.h"
#include "common/expr/time_parts.h"
#include "common/expr/time_pattern.h"

enum { PATTERN_BYTES_MAX = 1 << 10 };

static const char *const too_long = "a pattern longer than 1 KiB";

static const void *pattern_prepare(const leat_bound *call,
                                   leat_pattern_style style,
                                   leat_arena *arena,
                                   const char **out_reason)
{
    const leat_bound *given = call->arguments[call->argument_count - 1];
    if (given->kind != LEAT_BOUND_CONSTANT || given->value.is_null)
        return NULL;
    if (given->value.text.size > PATTERN_BYTES_MAX)
        *out_reason = too_long;
    return leat_time_pattern_new(given->value.text, style, arena);
}

#define PREPARE(name, style)                                                                       \
    static const void *name(const leat_bound *call, leat_arena *arena, const char **out_reason)    \
    {                                                                                              \
        return pattern_prepare(call, (style), arena, out_reason);                                  \
    }
PREPARE(postgres_prepare, LEAT_PATTERN_POSTGRES)
PREPARE(java_prepare, LEAT_PATTERN_JAVA)
PREPARE(either_prepare, LEAT_PATTERN_EITHER)

/* The pattern of a row; NULL when it was refused. */
static const leat_time_pattern *
pattern_of(leat_kernel_call *call, leat_pattern_style style, uint32_t row)
{
    if (call->prepared != NULL)
        return call->prepared;
    leat_bytes text = leat_kernel_bytes(&call->arguments[call->argument_count - 1], row);
    if (text.size <= PATTERN_BYTES_MAX)
        return leat_time_pattern_new(text, style, call->arena);
    leat_kernel_fail(call, row, too_long);
    return NULL;
}

static bool time_of(leat_kernel_call *call, uint32_t row, leat_time *out_time)
{
    const leat_column *column = &call->arguments[0];
    if (column->type.id != LEAT_TYPE_STRING) {
        *out_time = LEAT_COLUMN_GET(column, int64_t, row);
        return true;
    }
    if (leat_timestamp_parse(leat_kernel_bytes(column, row), out_time) == LEAT_OK)
        return true;
    leat_kernel_fail(call, row, "the text is not a timestamp");
    return false;
}

static void times_print(leat_kernel_call *call, leat_pattern_style style)
{
    leat_view *out = call->values;
    leat_buf text = {0};
    /* Rows come about in order of time: most print as the one before. */
    const leat_time_pattern *known = call->prepared;
    const int64_t unit_us = known == NULL ? 1 : leat_time_pattern_unit_us(known);
    int64_t last_unit = 0;
    leat_view last = {0};
    bool has_last = false;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        const leat_time_pattern *pattern = pattern_of(call, style, row);
        leat_time time;
        if (pattern == NULL || !time_of(call, row, &time))
            continue;
        int64_t unit = leat_floor_divide(time, unit_us);
        if (has_last && unit == last_unit) {
            out[row] = last;
            continue;
        }
        if (pattern->item_count == 0 && style == LEAT_PATTERN_POSTGRES) {
            leat_kernel_set_null(call, row); /* as PostgreSQL has it */
            continue;
        }
        leat_buf_clear(&text);
        leat_time_pattern_print(pattern, time, &text);
        out[row] = last = leat_kernel_text(call, leat_buf_bytes(&text));
        last_unit = unit;
        has_last = known != NULL;
    }
    leat_buf_fini(&text);
}

static void to_char_timestamp(leat_kernel_call *call)
{
    times_print(call, LEAT_PATTERN_POSTGRES);
}

static void date_format(leat_kernel_call *call)
{
    times_print(call, LEAT_PATTERN_JAVA);
}

static bool time_read(leat_kernel_call *call,
                      const leat_time_pattern *pattern,
                      uint32_t row,
                      leat_time *out_time)
{
    if (pattern == NULL)
        return false;
    const char *reason =
        leat_time_pattern_parse(pattern, leat_kernel_bytes(&call->arguments[0], row), out_time);
    if (reason != NULL)
        leat_kernel_fail(call, row, reason);
    return reason == NULL;
}

static void to_timestamp_pattern(leat_kernel_call *call)
{
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_time time;
        if (time_read(call, pattern_of(call, LEAT_PATTERN_EITHER, row), row, &time))
            out[row] = time;
    }
}

static void to_date_pattern(leat_kernel_call *call)
{
    int32_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_time time;
        if (time_read(call, pattern_of(call, LEAT_PATTERN_EITHER, row), row, &time))
            out[row] = (int32_t)leat_floor_divide(time, LEAT_DAY_US);
    }
}

/* --- Seconds since 1970 as text, and back. --- */

static void from_unixtime(leat_kernel_call *call)
{
    static const char *const plain = "yyyy-MM-dd HH:mm:ss";
    leat_view *out = call->values;
    leat_buf text = {0};
    const leat_time_pattern *fixed =
        call->argument_count == 1
            ? leat_time_pattern_new(leat_bytes_text(plain), LEAT_PATTERN_JAVA, call->arena)
            : NULL;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        const leat_time_pattern *pattern =
            fixed != NULL ? fixed : pattern_of(call, LEAT_PATTERN_JAVA, row);
        leat_time time;
        if (pattern == NULL)
            continue;
        if (__builtin_mul_overflow(LEAT_COLUMN_GET(&call->arguments[0], int64_t, row),
                                   LEAT_SECOND_US, &time)) {
            leat_kernel_fail(call, row, "timestamp out of range");
            continue;
        }
        leat_buf_clear(&text);
        leat_time_pattern_print(pattern, time, &text);
        out[row] = leat_kernel_text(call, leat_buf_bytes(&text));
    }
    leat_buf_fini(&text);
}

static void unix_timestamp(leat_kernel_call *call)
{
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_time time;
        bool is_read =
            call->argument_count == 1
                ? time_of(call, row, &time)
                : time_read(call, pattern_of(call, LEAT_PATTERN_EITHER, row), row, &time);
        if (is_read)
            out[row] = leat_floor_divide(time, LEAT_SECOND_US);
    }
}

/* --- Rows. --- */

#define PATTERN_ROW(symbol, text, arguments, result, prepare_name, kernel_name)                    \
    {                                                                                              \
        .name = (symbol), .summary = (text), arguments, LEAT_RESULT(result), .can_fail = true,     \
        .may_be_null = true, .prepare = prepare_name, .kernel = kernel_name                        \
    }
#define TEXT_TWO LEAT_ARGUMENTS_2(STRING, STRING)

static const leat_function rows[] = {
    PATTERN_ROW("to_char",
                "as PostgreSQL's pattern says: YYYY-MM-DD HH24:MI:SS.MS",
                LEAT_ARGUMENTS_2(TIMESTAMP, STRING),
                STRING,
                postgres_prepare,
                to_char_timestamp),
    PATTERN_ROW("date_format",
                "as Java's pattern says: yyyy-MM-dd HH:mm:ss.SSS",
                LEAT_ARGUMENTS_2(TIMESTAMP, STRING),
                STRING,
                java_prepare,
                date_format),
    PATTERN_ROW("date_format",
                "a timestamp in text, as Java's pattern says",
                TEXT_TWO,
                STRING,
                java_prepare,
                date_format),
    PATTERN_ROW("to_timestamp",
                "the time that the text says by the pattern (PostgreSQL's or Java's)",
                TEXT_TWO,
                TIMESTAMP,
                either_prepare,
                to_timestamp_pattern),
    PATTERN_ROW("to_date",
                "the day that the text says by the pattern (PostgreSQL's or Java's)",
                TEXT_TWO,
                DATE,
                either_prepare,
                to_date_pattern),
    PATTERN_ROW("from_unixtime",
                "seconds since 1970 as text, yyyy-MM-dd HH:mm:ss",
                LEAT_ARGUMENTS_1(BIGINT),
                STRING,
                NULL,
                from_unixtime),
    PATTERN_ROW("from_unixtime",
                "seconds since 1970 as text, by Java's pattern",
                LEAT_ARGUMENTS_2(BIGINT, STRING),
                STRING,
                java_prepare,
                from_unixtime),
    PATTERN_ROW("unix_timestamp",
                "seconds since 1970 of a timestamp in text",
                LEAT_ARGUMENTS_1(STRING),
                BIGINT,
                NULL,
                unix_timestamp),
    PATTERN_ROW("unix_timestamp",
                "seconds since 1970 of a time in text, by the pattern",
                TEXT_TWO,
                BIGINT,
                either_prepare,
                unix_timestamp),
};

const leat_function_family leat_functions_pattern = {"Patterns of times", rows,
                                                     LEAT_COUNT_OF(rows)};
