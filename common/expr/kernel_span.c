/* SPDX-License-Identifier: Apache-2.0
 *
 * Times and intervals by unit: timestampdiff and timestampadd, floor and ceil to a unit, age, the
 * justify family, date_bin, intervals times a number.
 */
#include "common/columns/time_text.h"
#include "common/expr/function.h"
#include "common/expr/time_field.h"
#include "common/expr/time_parts.h"

#include <math.h>
#include <strings.h>

static const char *const timestamp_range = "timestamp out of range";
static const char *const interval_range = "interval out of range";

static leat_time time_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return LEAT_COLUMN_GET(&call->arguments[argument], int64_t, row);
}

static leat_interval span_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return LEAT_COLUMN_GET(&call->arguments[argument], leat_interval, row);
}

static int64_t int_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return (int64_t)leat_column_integer(&call->arguments[argument], row);
}

static void time_store(leat_kernel_call *call, uint32_t row, leat_i128 time)
{
    ((int64_t *)call->values)[row] = (int64_t)time;
    if (time != (int64_t)time)
        leat_kernel_fail(call, row, timestamp_range);
}

/* --- Units. --- */

typedef struct time_unit {
    int64_t months; /* one of the two is not 0 */
    int64_t micros;
    int64_t origin; /* of multiples of micros: weeks begin on Mondays */
} time_unit;

static bool unit_find(leat_bytes name, time_unit *out)
{
    static const struct {
        leat_time_field field;
        time_unit unit;
    } units[] = {
        {LEAT_FIELD_MICROSECOND, {0, 1, 0}},
        {LEAT_FIELD_MILLISECOND, {0, 1000, 0}},
        {LEAT_FIELD_SECOND, {0, LEAT_SECOND_US, 0}},
        {LEAT_FIELD_MINUTE, {0, LEAT_MINUTE_US, 0}},
        {LEAT_FIELD_HOUR, {0, LEAT_HOUR_US, 0}},
        {LEAT_FIELD_DAY, {0, LEAT_DAY_US, 0}},
        {LEAT_FIELD_WEEK, {0, 7 * LEAT_DAY_US, 4 * LEAT_DAY_US}},
        {LEAT_FIELD_MONTH, {1, 0, 0}},
        {LEAT_FIELD_QUARTER, {3, 0, 0}},
        {LEAT_FIELD_YEAR, {12, 0, 0}},
    };
    leat_time_field field = leat_time_field_find(name);
    for (size_t i = 0; i < LEAT_COUNT_OF(units); i++) {
        if (units[i].field == field) {
            *out = units[i].unit;
            return true;
        }
    }
    return false;
}

static const void *unit_prepare(const leat_bound *call, leat_arena *arena, const char **out_reason)
{
    const leat_bound *given = call->arguments[0];
    time_unit *unit = LEAT_ARENA_NEW(arena, time_unit);
    bool is_known = given->kind == LEAT_BOUND_CONSTANT && !given->value.is_null &&
                    unit_find(given->value.text, unit);
    if (!is_known)
        *out_reason = "unknown unit, expected microsecond, millisecond, second, minute, hour, day, "
                      "week, month, quarter or year";
    return unit;
}

static int64_t month_number(leat_time time, int64_t *out_rest)
{
    int64_t days = leat_floor_divide(time, LEAT_DAY_US);
    leat_date date = leat_date_of_days(days);
    *out_rest = (date.day - 1) * LEAT_DAY_US + (time - days * LEAT_DAY_US);
    return date.year * 12 + date.month - 1;
}

/* Whole units from the second to the third. */
static void unit_difference(leat_kernel_call *call)
{
    const time_unit *unit = call->prepared;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_time from = time_at(call, 1, row), to = time_at(call, 2, row);
        leat_i128 count = 0;
        if (unit->micros != 0) {
            count = ((leat_i128)to - from) / unit->micros;
        } else {
            int64_t from_rest, to_rest;
            int64_t months = -month_number(from, &from_rest);
            months += month_number(to, &to_rest);
            months -= months > 0 && to_rest < from_rest;
            months += months < 0 && to_rest > from_rest;
            count = months / unit->months;
        }
        time_store(call, row, count);
    }
}

static leat_i128 months_moved(leat_time time, int64_t months)
{
    int64_t rest;
    int64_t month = month_number(time, &rest) + months;
    leat_date date = {leat_floor_divide(month, 12), 0, 1};
    date.month = (unsigned)(month - date.year * 12) + 1;
    int64_t last = (leat_month_days(date.year, date.month) - 1) * LEAT_DAY_US;
    int64_t of_day = rest % LEAT_DAY_US;
    return (leat_i128)leat_date_days(date) * LEAT_DAY_US + LEAT_MIN(rest - of_day, last) + of_day;
}

/* timestampadd(unit, count, time). */
static void unit_add(leat_kernel_call *call)
{
    enum { MONTHS_MAX = 12 * 600000 };
    const time_unit *unit = call->prepared;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t count = int_at(call, 1, row);
        leat_time time = time_at(call, 2, row);
        leat_i128 months = (leat_i128)count * unit->months;
        if (months > MONTHS_MAX || months < -MONTHS_MAX)
            leat_kernel_fail(call, row, timestamp_range);
        else if (unit->months != 0)
            time_store(call, row, months_moved(time, (int64_t)months));
        else
            time_store(call, row, time + (leat_i128)count * unit->micros);
    }
}

/* The start of the unit that a time is in, or the next where it is no start itself. */
static void unit_round(leat_kernel_call *call, bool is_up)
{
    const time_unit *unit = call->prepared;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_time time = time_at(call, 1, row);
        leat_i128 start, next;
        if (unit->micros != 0) {
            leat_i128 over = ((leat_i128)time - unit->origin) % unit->micros;
            start = time - over - (over < 0 ? unit->micros : 0);
            next = start + unit->micros;
        } else {
            int64_t rest;
            int64_t month = month_number(time, &rest);
            int64_t first = leat_floor_divide(month, unit->months) * unit->months;
            int64_t year = leat_floor_divide(first, 12);
            leat_date date = {year, (unsigned)(first - year * 12) + 1, 1};
            start = (leat_i128)leat_date_days(date) * LEAT_DAY_US;
            next = months_moved((leat_time)start, unit->months);
        }
        time_store(call, row, is_up && start != time ? next : start);
    }
}

static void unit_floor(leat_kernel_call *call)
{
    unit_round(call, false);
}

static void unit_ceil(leat_kernel_call *call)
{
    unit_round(call, true);
}

/* date_bin(stride, time, origin). */
static void date_bin(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_interval stride = span_at(call, 0, row);
        leat_i128 size = (leat_i128)stride.days * LEAT_DAY_US + stride.micros;
        if (stride.months != 0 || size <= 0) {
            leat_kernel_fail(call, row, "a stride must be positive and without months");
            continue;
        }
        leat_i128 origin = time_at(call, 2, row);
        leat_i128 over = (time_at(call, 1, row) - origin) % size;
        time_store(call, row, time_at(call, 1, row) - over - (over < 0 ? size : 0));
    }
}

/* --- Between two times. --- */

/* Years, months and days as people count them: borrowing from the month before the later one. */
static leat_interval age_of(leat_time later, leat_time earlier)
{
    bool is_negative = later < earlier;
    leat_time high = is_negative ? earlier : later, low = is_negative ? later : earlier;
    int64_t high_days = leat_floor_divide(high, LEAT_DAY_US);
    int64_t low_days = leat_floor_divide(low, LEAT_DAY_US);
    leat_date a = leat_date_of_days(high_days), b = leat_date_of_days(low_days);
    int64_t micros = (high - high_days * LEAT_DAY_US) - (low - low_days * LEAT_DAY_US);
    int64_t days = (int64_t)a.day - b.day;
    int64_t months = (a.year - b.year) * 12 + ((int64_t)a.month - b.month);
    if (micros < 0) {
        micros += LEAT_DAY_US;
        days--;
    }
    if (days < 0) {
        days += leat_month_days(b.year, b.month);
        months--;
    }
    int sign = is_negative ? -1 : 1;
    return (leat_interval){(int32_t)(months * sign), (int32_t)(days * sign), micros * sign};
}

static void age(leat_kernel_call *call)
{
    leat_interval *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = age_of(time_at(call, 0, row), time_at(call, 1, row));
}

/* --- Intervals. --- */

static bool span_fits(leat_i128 months, leat_i128 days, leat_i128 micros, leat_interval *out)
{
    *out = (leat_interval){(int32_t)months, (int32_t)days, (int64_t)micros};
    return out->months == months && out->days == days && out->micros == micros;
}

/* Whole days of the time, whole months of the days; then one sign for all. */
static bool justify(leat_interval span, bool hours, bool days, leat_interval *out)
{
    leat_i128 m = span.months, d = span.days, u = span.micros;
    if (hours) {
        d += u / LEAT_DAY_US;
        u %= LEAT_DAY_US;
    }
    if (days) {
        m += d / 30;
        d %= 30;
    }
    if (days && m > 0 && (d < 0 || (d == 0 && u < 0 && hours))) {
        d += 30;
        m--;
    } else if (days && m < 0 && (d > 0 || (d == 0 && u > 0 && hours))) {
        d -= 30;
        m++;
    }
    if (hours && d > 0 && u < 0) {
        u += LEAT_DAY_US;
        d--;
    } else if (hours && d < 0 && u > 0) {
        u -= LEAT_DAY_US;
        d++;
    }
    return span_fits(m, d, u, out);
}

#define JUSTIFY(name, hours, days)                                                                 \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        leat_interval *out = call->values;                                                         \
        LEAT_KERNEL_EACH_VALID(call, row)                                                          \
        if (!justify(span_at(call, 0, row), hours, days, &out[row]))                               \
            leat_kernel_fail(call, row, interval_range);                                           \
    }
JUSTIFY(justify_hours, true, false)
JUSTIFY(justify_days, false, true)
JUSTIFY(justify_interval, true, true)

/* What is broken of a month becomes days, of a day time. */
static bool span_scale(leat_interval span, double factor, leat_interval *out)
{
    double months = span.months * factor, days = span.days * factor;
    double whole_months = trunc(months), month_days = (months - whole_months) * 30;
    month_days = rint(month_days * 1e6) / 1e6;
    double whole_days = trunc(days) + trunc(month_days);
    double rest = (days - trunc(days)) + (month_days - trunc(month_days));
    rest = rint(rest * 1e6 * 86400) / (1e6 * 86400);
    if (fabs(rest) >= 1) {
        whole_days += trunc(rest);
        rest -= trunc(rest);
    }
    double micros = rint((double)span.micros * factor + rest * (double)LEAT_DAY_US);
    bool is_fine = fabs(whole_months) < 2e9 && fabs(whole_days) < 2e9 && fabs(micros) < 9e18;
    if (is_fine)
        *out = (leat_interval){(int32_t)whole_months, (int32_t)whole_days, (int64_t)micros};
    return is_fine; /* not for NaN, either */
}

static void span_times(leat_kernel_call *call, uint32_t span, bool is_divided)
{
    leat_interval *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        double factor = LEAT_COLUMN_GET(&call->arguments[1 - span], double, row);
        if (is_divided && factor == 0)
            leat_kernel_fail(call, row, "division by zero");
        else if (!span_scale(span_at(call, span, row), is_divided ? 1 / factor : factor, &out[row]))
            leat_kernel_fail(call, row, interval_range);
    }
}

static void span_multiply(leat_kernel_call *call)
{
    span_times(call, 0, false);
}

static void multiply_span(leat_kernel_call *call)
{
    span_times(call, 1, false);
}

static void span_divide(leat_kernel_call *call)
{
    span_times(call, 0, true);
}

/* Seconds, or thousandths of them. */
static void to_timestamp_scaled(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t precision = int_at(call, 1, row);
        int64_t unit = precision == 0   ? LEAT_SECOND_US
                       : precision == 3 ? 1000
                       : precision == 6 ? 1
                                        : 0;
        if (unit == 0)
            leat_kernel_fail(call, row, "expected 0 (seconds), 3 (milliseconds) or 6");
        else
            time_store(call, row, (leat_i128)int_at(call, 0, row) * unit);
    }
}

/* All times are UTC: to any other zone there is no way that would not lose which it was. */
static const void *zone_prepare(const leat_bound *call, leat_arena *arena, const char **out_reason)
{
    static const char *const names[] = {"utc", "gmt", "z", "etc/utc", "+00", "+00:00"};
    const leat_bound *given = call->arguments[1];
    (void)arena;
    *out_reason = "the one time zone here is UTC";
    if (given->kind != LEAT_BOUND_CONSTANT || given->value.is_null)
        return NULL;
    for (size_t i = 0; i < LEAT_COUNT_OF(names); i++)
        if (strlen(names[i]) == given->value.text.size &&
            strncasecmp(names[i], given->value.text.data, given->value.text.size) == 0)
            *out_reason = NULL;
    return NULL;
}

static void at_time_zone(leat_kernel_call *call)
{
    const int64_t *xs = call->arguments[0].values;
    int64_t *out = call->values;
    LEAT_KERNEL_ROWS(call, i, out[i] = xs[i];);
}

/* --- Rows. --- */

#define SPAN_ROW(symbol, text, kernel_name, result, ...)                                           \
    {                                                                                              \
        .name = (symbol), .summary = (text), .can_fail = true, .kernel = kernel_name,              \
        LEAT_RESULT(result), __VA_ARGS__                                                           \
    }

static const leat_function rows[] = {
    SPAN_ROW("timestampdiff",
             "timestampdiff(unit, from, to): whole units between",
             unit_difference,
             BIGINT,
             LEAT_ARGUMENTS_3(STRING, TIMESTAMP, TIMESTAMP),
             .prepare = unit_prepare),
    SPAN_ROW("timestampadd",
             "timestampadd(unit, count, time): so many units later",
             unit_add,
             TIMESTAMP,
             LEAT_ARGUMENTS_3(STRING, BIGINT, TIMESTAMP),
             .prepare = unit_prepare),
    SPAN_ROW("floor_to",
             "floor(time TO unit): the start of its unit",
             unit_floor,
             TIMESTAMP,
             LEAT_ARGUMENTS_2(STRING, TIMESTAMP),
             .prepare = unit_prepare),
    SPAN_ROW("ceil_to",
             "ceil(time TO unit): the next start of a unit",
             unit_ceil,
             TIMESTAMP,
             LEAT_ARGUMENTS_2(STRING, TIMESTAMP),
             .prepare = unit_prepare),
    SPAN_ROW("date_bin",
             "date_bin(stride, time, origin): the start of its stride",
             date_bin,
             TIMESTAMP,
             LEAT_ARGUMENTS_3(INTERVAL, TIMESTAMP, TIMESTAMP)),
    SPAN_ROW("age",
             "years, months, days and time from the second to the first",
             age,
             INTERVAL,
             LEAT_ARGUMENTS_2(TIMESTAMP, TIMESTAMP)),
    SPAN_ROW(
        "justify_hours", "24 hours as a day", justify_hours, INTERVAL, LEAT_ARGUMENTS_1(INTERVAL)),
    SPAN_ROW(
        "justify_days", "30 days as a month", justify_days, INTERVAL, LEAT_ARGUMENTS_1(INTERVAL)),
    SPAN_ROW("justify_interval",
             "both, and one sign for all parts",
             justify_interval,
             INTERVAL,
             LEAT_ARGUMENTS_1(INTERVAL)),
    SPAN_ROW("*", "so many times", span_multiply, INTERVAL, LEAT_ARGUMENTS_2(INTERVAL, DOUBLE)),
    SPAN_ROW("*", "so many times", multiply_span, INTERVAL, LEAT_ARGUMENTS_2(DOUBLE, INTERVAL)),
    SPAN_ROW("/", "a part of it", span_divide, INTERVAL, LEAT_ARGUMENTS_2(INTERVAL, DOUBLE)),
    SPAN_ROW("at_time_zone",
             "time AT TIME ZONE 'UTC': as it is",
             at_time_zone,
             TIMESTAMP,
             LEAT_ARGUMENTS_2(TIMESTAMP, STRING),
             .prepare = zone_prepare),
    SPAN_ROW("to_timestamp_ltz",
             "of seconds (0), milliseconds (3) or microseconds (6) since 1970",
             to_timestamp_scaled,
             TIMESTAMP,
             LEAT_ARGUMENTS_2(BIGINT, INT)),
};

const leat_function_family leat_functions_span = {"Times by unit", rows, LEAT_COUNT_OF(rows)};
