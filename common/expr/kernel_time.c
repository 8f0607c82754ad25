/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamps and intervals. Everything is UTC and proleptic Gregorian; adding a month to the 31st
 * gives the last day of the month.
 */
#include "common/columns/time_text.h"
#include "common/expr/function.h"
#include "common/expr/time_field.h"
#include "common/expr/time_parts.h"

#include <math.h>

static const char *const timestamp_range = "timestamp out of range";
static const char *const interval_range = "interval out of range";

static leat_time time_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return LEAT_COLUMN_GET(&call->arguments[argument], int64_t, row);
}

static leat_interval interval_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return LEAT_COLUMN_GET(&call->arguments[argument], leat_interval, row);
}

/* --- Fields. --- */

static const struct {
    const char *name;
    leat_type type;
} fields[LEAT_FIELD_COUNT] = {
    [LEAT_FIELD_MICROSECOND] = {"microsecond", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_MILLISECOND] = {"millisecond", {LEAT_TYPE_DECIMAL, 8, 3}},
    [LEAT_FIELD_SECOND] = {"second", {LEAT_TYPE_DECIMAL, 8, 6}},
    [LEAT_FIELD_MINUTE] = {"minute", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_HOUR] = {"hour", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_DAY] = {"day", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_WEEK] = {"week", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_MONTH] = {"month", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_QUARTER] = {"quarter", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_YEAR] = {"year", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_ISOYEAR] = {"isoyear", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_DOW] = {"dow", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_ISODOW] = {"isodow", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_DOY] = {"doy", {LEAT_TYPE_BIGINT, 0, 0}},
    [LEAT_FIELD_EPOCH] = {"epoch", {LEAT_TYPE_DECIMAL, 20, 6}},
};

leat_time_field leat_time_field_find(leat_bytes name)
{
    bool is_plural = name.size > 1 && (name.data[name.size - 1] | 0x20) == 's';
    for (int f = 0; f < LEAT_FIELD_COUNT; f++) {
        size_t size = strlen(fields[f].name);
        if (size != name.size && !(is_plural && size == name.size - 1))
            continue;
        size_t same = 0;
        while (same < size && (name.data[same] | 0x20) == fields[f].name[same])
            same++;
        if (same == size)
            return (leat_time_field)f;
    }
    return LEAT_FIELD_COUNT;
}

leat_type leat_time_field_type(leat_time_field field)
{
    return fields[field].type;
}

/* The plan of extract and date_trunc: which field. */
static const void *field_prepare(const leat_bound *call, leat_arena *arena, const char **out_reason)
{
    const leat_bound *given = call->arguments[0];
    if (given->kind != LEAT_BOUND_CONSTANT || given->value.is_null) {
        *out_reason = "the field must be a constant";
        return NULL;
    }
    leat_time_field *field = LEAT_ARENA_NEW(arena, leat_time_field);
    *field = leat_time_field_find(given->value.text);
    if (*field == LEAT_FIELD_COUNT)
        *out_reason =
            "unknown field, expected microsecond, millisecond, second, minute, hour, day, "
            "week, month, quarter, year, isoyear, dow, isodow, doy or epoch";
    return field;
}

static const void *trunc_prepare(const leat_bound *call, leat_arena *arena, const char **out_reason)
{
    const leat_time_field *field = field_prepare(call, arena, out_reason);
    if (*out_reason == NULL && *field > LEAT_FIELD_YEAR)
        *out_reason = "unknown unit, expected microsecond, millisecond, second, minute, hour, day, "
                      "week, month, quarter or year";
    return field;
}

/* --- extract. --- */

/* There is no year 0: before 1 comes -1. */
static int64_t year_shown(int64_t year)
{
    return year > 0 ? year : year - 1;
}

static int64_t date_field(leat_time_field field, int64_t days)
{
    leat_date date = leat_date_of_days(days);
    int64_t iso_year, week;
    switch (field) {
    case LEAT_FIELD_DAY:
        return date.day;
    case LEAT_FIELD_MONTH:
        return date.month;
    case LEAT_FIELD_QUARTER:
        return (date.month - 1) / 3 + 1;
    case LEAT_FIELD_YEAR:
        return year_shown(date.year);
    case LEAT_FIELD_WEEK:
        return leat_iso_week(days, &iso_year);
    case LEAT_FIELD_ISOYEAR:
        week = leat_iso_week(days, &iso_year);
        (void)week;
        return year_shown(iso_year);
    case LEAT_FIELD_DOW:
        return (leat_weekday_of(days) + 1) % 7;
    case LEAT_FIELD_ISODOW:
        return leat_weekday_of(days) + 1;
    case LEAT_FIELD_DOY:
        return days - leat_date_days((leat_date){date.year, 1, 1}) + 1;
    case LEAT_FIELD_MICROSECOND:
    case LEAT_FIELD_MILLISECOND:
    case LEAT_FIELD_SECOND:
    case LEAT_FIELD_MINUTE:
    case LEAT_FIELD_HOUR:
    case LEAT_FIELD_EPOCH:
    case LEAT_FIELD_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

/* In the scale of its type: seconds are microseconds with six digits after the point. */
static int64_t time_field(leat_time_field field, leat_time time)
{
    int64_t days = leat_floor_divide(time, LEAT_DAY_US);
    int64_t of_day = time - days * LEAT_DAY_US;
    switch (field) {
    case LEAT_FIELD_EPOCH:
        return time;
    case LEAT_FIELD_MICROSECOND:
    case LEAT_FIELD_MILLISECOND:
    case LEAT_FIELD_SECOND:
        return of_day % LEAT_MINUTE_US;
    case LEAT_FIELD_MINUTE:
        return of_day / LEAT_MINUTE_US % 60;
    case LEAT_FIELD_HOUR:
        return of_day / LEAT_HOUR_US;
    case LEAT_FIELD_DAY:
    case LEAT_FIELD_WEEK:
    case LEAT_FIELD_MONTH:
    case LEAT_FIELD_QUARTER:
    case LEAT_FIELD_YEAR:
    case LEAT_FIELD_ISOYEAR:
    case LEAT_FIELD_DOW:
    case LEAT_FIELD_ISODOW:
    case LEAT_FIELD_DOY:
    case LEAT_FIELD_COUNT:
        break;
    }
    return date_field(field, days);
}

/* Days and times of day as the timestamps they stand for. */
static leat_time moment_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    const leat_column *column = &call->arguments[argument];
    if (column->type.id == LEAT_TYPE_DATE)
        return LEAT_COLUMN_GET(column, int32_t, row) * LEAT_DAY_US;
    return LEAT_COLUMN_GET(column, int64_t, row);
}

static void extract_moment(leat_kernel_call *call)
{
    const leat_time_field field = *(const leat_time_field *)call->prepared;
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = time_field(field, moment_at(call, 1, row));
}

static void extract_timestamp(leat_kernel_call *call)
{
    const leat_time_field field = *(const leat_time_field *)call->prepared;
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = time_field(field, time_at(call, 1, row));
}

/* PostgreSQL's seconds of an interval: years of 365.25 days, months of 30. */
static bool interval_epoch(leat_interval span, leat_i128 *out)
{
    leat_i128 years = span.months / 12, months = span.months % 12;
    leat_i128 hours = years * 8766 + (months * 30 + span.days) * 24;
    *out = hours * LEAT_HOUR_US + span.micros;
    return *out >= INT64_MIN && *out <= INT64_MAX;
}

static bool interval_field(leat_time_field field, leat_interval span, int64_t *out)
{
    leat_i128 epoch;
    switch (field) {
    case LEAT_FIELD_EPOCH:
        if (!interval_epoch(span, &epoch))
            return false;
        *out = (int64_t)epoch;
        return true;
    case LEAT_FIELD_MICROSECOND:
    case LEAT_FIELD_MILLISECOND:
    case LEAT_FIELD_SECOND:
        *out = span.micros % LEAT_MINUTE_US;
        return true;
    case LEAT_FIELD_MINUTE:
        *out = span.micros / LEAT_MINUTE_US % 60;
        return true;
    case LEAT_FIELD_HOUR:
        *out = span.micros / LEAT_HOUR_US;
        return true;
    case LEAT_FIELD_DAY:
        *out = span.days;
        return true;
    case LEAT_FIELD_MONTH:
        *out = span.months % 12;
        return true;
    case LEAT_FIELD_QUARTER:
        *out = span.months % 12 / 3 + 1;
        return true;
    case LEAT_FIELD_YEAR:
        *out = span.months / 12;
        return true;
    case LEAT_FIELD_WEEK:
    case LEAT_FIELD_ISOYEAR:
    case LEAT_FIELD_DOW:
    case LEAT_FIELD_ISODOW:
    case LEAT_FIELD_DOY:
    case LEAT_FIELD_COUNT:
        break;
    }
    return false;
}

static void extract_interval(leat_kernel_call *call)
{
    const leat_time_field field = *(const leat_time_field *)call->prepared;
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    if (!interval_field(field, interval_at(call, 1, row), &out[row]))
        leat_kernel_fail(call, row, "an interval has no such field");
}

/* --- date_trunc. --- */

/* Fixed units: multiples of `unit` from `origin`. No branches, so it vectorises as far as division
 * does; wraps instead of overflowing for garbage and the last day of time. */
static void trunc_fixed(leat_kernel_call *call, int64_t unit, int64_t origin)
{
    const int64_t *restrict xs = call->arguments[1].values;
    int64_t *restrict out = call->values;
    LEAT_KERNEL_ROWS(call, i, const int64_t x = (int64_t)((uint64_t)xs[i] - (uint64_t)origin);
                     const int64_t over = x % unit;
                     const int64_t part = over + (over < 0 ? unit : 0);
                     out[i] = (int64_t)((uint64_t)xs[i] - (uint64_t)part););
}

static void trunc_months(leat_kernel_call *call, unsigned months)
{
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_date date = leat_date_of_days(leat_floor_divide(time_at(call, 1, row), LEAT_DAY_US));
        date.month -= (date.month - 1) % months;
        date.day = 1;
        if (__builtin_mul_overflow(leat_date_days(date), LEAT_DAY_US, &out[row]))
            leat_kernel_fail(call, row, timestamp_range);
    }
}

static void trunc_timestamp(leat_kernel_call *call)
{
    switch (*(const leat_time_field *)call->prepared) {
    case LEAT_FIELD_MICROSECOND:
        trunc_fixed(call, 1, 0);
        return;
    case LEAT_FIELD_MILLISECOND:
        trunc_fixed(call, 1000, 0);
        return;
    case LEAT_FIELD_SECOND:
        trunc_fixed(call, LEAT_SECOND_US, 0);
        return;
    case LEAT_FIELD_MINUTE:
        trunc_fixed(call, LEAT_MINUTE_US, 0);
        return;
    case LEAT_FIELD_HOUR:
        trunc_fixed(call, LEAT_HOUR_US, 0);
        return;
    case LEAT_FIELD_DAY:
        trunc_fixed(call, LEAT_DAY_US, 0);
        return;
    case LEAT_FIELD_WEEK: /* from Monday, 1970-01-05 */
        trunc_fixed(call, 7 * LEAT_DAY_US, 4 * LEAT_DAY_US);
        return;
    case LEAT_FIELD_MONTH:
        trunc_months(call, 1);
        return;
    case LEAT_FIELD_QUARTER:
        trunc_months(call, 3);
        return;
    case LEAT_FIELD_YEAR:
        trunc_months(call, 12);
        return;
    case LEAT_FIELD_ISOYEAR:
    case LEAT_FIELD_DOW:
    case LEAT_FIELD_ISODOW:
    case LEAT_FIELD_DOY:
    case LEAT_FIELD_EPOCH:
    case LEAT_FIELD_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

/* --- Sums and differences. --- */

static bool months_add(leat_time *time, int64_t months)
{
    int64_t days = leat_floor_divide(*time, LEAT_DAY_US);
    int64_t of_day = *time - days * LEAT_DAY_US;
    leat_date date = leat_date_of_days(days);
    int64_t month = date.year * 12 + (date.month - 1) + months;
    date.year = leat_floor_divide(month, 12);
    date.month = (unsigned)(month - date.year * 12) + 1;
    date.day = LEAT_MIN(date.day, leat_month_days(date.year, date.month));
    return !__builtin_mul_overflow(leat_date_days(date), LEAT_DAY_US, time) &&
           !__builtin_add_overflow(*time, of_day, time);
}

/* time + span, or minus it. */
static bool time_shift(leat_time time, leat_interval span, int sign, leat_time *out)
{
    if (span.months != 0 && !months_add(&time, sign * (int64_t)span.months))
        return false;
    leat_i128 shifted = (leat_i128)span.days * LEAT_DAY_US + span.micros;
    shifted = time + sign * shifted;
    *out = (leat_time)shifted;
    return shifted >= INT64_MIN && shifted <= INT64_MAX;
}

static void shift_rows(leat_kernel_call *call, uint32_t time, uint32_t span, int sign)
{
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    if (!time_shift(time_at(call, time, row), interval_at(call, span, row), sign, &out[row]))
        leat_kernel_fail(call, row, timestamp_range);
}

static void timestamp_add_interval(leat_kernel_call *call)
{
    shift_rows(call, 0, 1, 1);
}

static void interval_add_timestamp(leat_kernel_call *call)
{
    shift_rows(call, 1, 0, 1);
}

static void timestamp_subtract_interval(leat_kernel_call *call)
{
    shift_rows(call, 0, 1, -1);
}

/* Days and the rest, no months: what was between them is known, how long a month is is not. */
static void timestamp_subtract_timestamp(leat_kernel_call *call)
{
    leat_interval *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t micros;
        if (__builtin_sub_overflow(time_at(call, 0, row), time_at(call, 1, row), &micros))
            leat_kernel_fail(call, row, interval_range);
        else
            out[row] = (leat_interval){.days = (int32_t)(micros / LEAT_DAY_US),
                                       .micros = micros % LEAT_DAY_US};
    }
}

/* a + factor * b, part by part. */
static bool interval_combine(leat_interval a, leat_interval b, int64_t factor, leat_interval *out)
{
    leat_i128 months = a.months + (leat_i128)b.months * factor;
    leat_i128 days = a.days + (leat_i128)b.days * factor;
    leat_i128 micros = a.micros + (leat_i128)b.micros * factor;
    *out = (leat_interval){(int32_t)months, (int32_t)days, (int64_t)micros};
    return out->months == months && out->days == days && out->micros == micros;
}

#define INTERVAL_KERNEL(name, a, b, factor)                                                        \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        leat_interval *out = call->values;                                                         \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        if (!interval_combine(a, b, factor, &out[row]))                                            \
            leat_kernel_fail(call, row, interval_range);                                           \
    }

INTERVAL_KERNEL(interval_add, interval_at(call, 0, row), interval_at(call, 1, row), 1)
INTERVAL_KERNEL(interval_subtract, interval_at(call, 0, row), interval_at(call, 1, row), -1)
INTERVAL_KERNEL(interval_negate, (leat_interval){0}, interval_at(call, 0, row), -1)
INTERVAL_KERNEL(interval_multiply,
                (leat_interval){0},
                interval_at(call, 0, row),
                time_at(call, 1, row))
INTERVAL_KERNEL(multiply_interval,
                (leat_interval){0},
                interval_at(call, 1, row),
                time_at(call, 0, row))

/* --- From numbers. --- */

static void to_timestamp_double(leat_kernel_call *call)
{
    const leat_column *column = &call->arguments[0];
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        double micros = nearbyint(LEAT_COLUMN_GET(column, double, row) * 1e6);
        if (micros >= -0x1p63 && micros < 0x1p63)
            out[row] = (int64_t)micros;
        else
            leat_kernel_fail(call, row, timestamp_range);
    }
}

static void to_timestamp_scaled(leat_kernel_call *call, int64_t factor)
{
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    if (__builtin_mul_overflow(time_at(call, 0, row), factor, &out[row]))
        leat_kernel_fail(call, row, timestamp_range);
}

static void to_timestamp_seconds(leat_kernel_call *call)
{
    to_timestamp_scaled(call, LEAT_SECOND_US);
}

static void to_timestamp_millis(leat_kernel_call *call)
{
    to_timestamp_scaled(call, 1000);
}

static void to_timestamp_text(leat_kernel_call *call)
{
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    if (leat_timestamp_parse(leat_kernel_bytes(&call->arguments[0], row), &out[row]) != LEAT_OK)
        leat_kernel_fail(call, row, "the text is not a timestamp");
}

/* --- Rows. --- */

#define TIME_ROW(symbol, text, arguments, result, kernel_name)                                     \
    {                                                                                              \
        .name = (symbol), .summary = (text), arguments, LEAT_RESULT(result), .can_fail = true,     \
        .kernel = kernel_name                                                                      \
    }

#define EXTRACT_ROW(id, kernel_name)                                                               \
    {                                                                                              \
        .name = "extract",                                                                         \
        .summary =                                                                                 \
            "extract(field FROM time): year, quarter, month, week, day, hour, minute, second, "    \
            "millisecond, microsecond, isoyear, dow, isodow, doy, epoch",                          \
        LEAT_ARGUMENTS_2(STRING, id), .rule = LEAT_RESULT_EXTRACT, .can_fail = true,               \
        .prepare = field_prepare, .kernel = kernel_name                                            \
    }

static const leat_function rows[] = {
    TIME_ROW(
        "+", "later", LEAT_ARGUMENTS_2(TIMESTAMP, INTERVAL), TIMESTAMP, timestamp_add_interval),
    TIME_ROW(
        "+", "later", LEAT_ARGUMENTS_2(INTERVAL, TIMESTAMP), TIMESTAMP, interval_add_timestamp),
    TIME_ROW("-",
             "days and time between",
             LEAT_ARGUMENTS_2(TIMESTAMP, TIMESTAMP),
             INTERVAL,
             timestamp_subtract_timestamp),
    TIME_ROW("-",
             "earlier",
             LEAT_ARGUMENTS_2(TIMESTAMP, INTERVAL),
             TIMESTAMP,
             timestamp_subtract_interval),
    TIME_ROW(
        "+", "sum, part by part", LEAT_ARGUMENTS_2(INTERVAL, INTERVAL), INTERVAL, interval_add),
    TIME_ROW("-",
             "difference, part by part",
             LEAT_ARGUMENTS_2(INTERVAL, INTERVAL),
             INTERVAL,
             interval_subtract),
    TIME_ROW("-", "negated", LEAT_ARGUMENTS_1(INTERVAL), INTERVAL, interval_negate),
    TIME_ROW("*", "so many times", LEAT_ARGUMENTS_2(INTERVAL, BIGINT), INTERVAL, interval_multiply),
    TIME_ROW("*", "so many times", LEAT_ARGUMENTS_2(BIGINT, INTERVAL), INTERVAL, multiply_interval),
    EXTRACT_ROW(TIMESTAMP, extract_timestamp),
    EXTRACT_ROW(DATE, extract_moment),
    EXTRACT_ROW(TIME, extract_moment),
    EXTRACT_ROW(INTERVAL, extract_interval),
    {.name = "date_trunc",
     .summary =
         "date_trunc(unit, time): the start of the unit (microsecond to year; weeks begin on "
         "Monday)",
     LEAT_ARGUMENTS_2(STRING, TIMESTAMP),
     LEAT_RESULT(TIMESTAMP),
     .can_fail = true,
     .prepare = trunc_prepare,
     .kernel = trunc_timestamp},
    TIME_ROW("to_timestamp",
             "seconds since 1970",
             LEAT_ARGUMENTS_1(BIGINT),
             TIMESTAMP,
             to_timestamp_seconds),
    TIME_ROW("to_timestamp",
             "seconds since 1970, to the microsecond",
             LEAT_ARGUMENTS_1(DOUBLE),
             TIMESTAMP,
             to_timestamp_double),
    TIME_ROW(
        "to_timestamp", "ISO 8601 text", LEAT_ARGUMENTS_1(STRING), TIMESTAMP, to_timestamp_text),
    TIME_ROW("to_timestamp_ms",
             "milliseconds since 1970",
             LEAT_ARGUMENTS_1(BIGINT),
             TIMESTAMP,
             to_timestamp_millis),
};

const leat_function_family leat_functions_time = {"Time", rows, LEAT_COUNT_OF(rows)};
