/* SPDX-License-Identifier: Apache-2.0
 *
 * Days and times of day: sums and differences as PostgreSQL has them, and making them from parts.
 */
#include "common/columns/time_text.h"
#include "common/expr/function.h"
#include "common/expr/time_parts.h"

static const char *const date_range = "date out of range";
static const char *const timestamp_range = "timestamp out of range";
static const char *const bad_field = "a field of the date or time is out of range";

static int64_t number_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return (int64_t)leat_column_integer(&call->arguments[argument], row);
}

static void date_store(leat_kernel_call *call, uint32_t row, int64_t days)
{
    ((int32_t *)call->values)[row] = (int32_t)days;
    if (days != (int32_t)days)
        leat_kernel_fail(call, row, date_range);
}

static void time_store(leat_kernel_call *call, uint32_t row, leat_i128 time)
{
    ((int64_t *)call->values)[row] = (int64_t)time;
    if (time != (int64_t)time)
        leat_kernel_fail(call, row, timestamp_range);
}

static void date_add_days(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    date_store(call, row, number_at(call, 0, row) + number_at(call, 1, row));
}

static void date_subtract_days(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    date_store(call, row, number_at(call, 0, row) - number_at(call, 1, row));
}

static void date_subtract_date(leat_kernel_call *call)
{
    int32_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = (int32_t)(number_at(call, 0, row) - number_at(call, 1, row));
}

static void date_add_time(leat_kernel_call *call)
{
    bool is_date_first = call->arguments[0].type.id == LEAT_TYPE_DATE;
    LEAT_KERNEL_EACH_VALID(call, row)
    time_store(call, row,
               (leat_i128)number_at(call, is_date_first ? 0 : 1, row) * LEAT_DAY_US +
                   number_at(call, is_date_first ? 1 : 0, row));
}

/* Only what is shorter than a day moves a time of day, around the clock. */
static void time_shift(leat_kernel_call *call, int sign)
{
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_interval span = LEAT_COLUMN_GET(&call->arguments[1], leat_interval, row);
        int64_t moved = number_at(call, 0, row) + sign * (span.micros % LEAT_DAY_US);
        out[row] = moved - leat_floor_divide(moved, LEAT_DAY_US) * LEAT_DAY_US;
    }
}

static void time_add_interval(leat_kernel_call *call)
{
    time_shift(call, 1);
}

static void time_subtract_interval(leat_kernel_call *call)
{
    time_shift(call, -1);
}

static void time_subtract_time(leat_kernel_call *call)
{
    leat_interval *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = (leat_interval){.micros = number_at(call, 0, row) - number_at(call, 1, row)};
}

/* --- From parts. --- */

static bool day_of(leat_kernel_call *call, uint32_t row, int64_t *out_days)
{
    int64_t year = number_at(call, 0, row), month = number_at(call, 1, row);
    int64_t day = number_at(call, 2, row);
    if (year < 0)
        year++; /* there is no year 0 */
    else if (year == 0)
        return false;
    if (year > 294276 || year < -4713 || month < 1 || month > 12 || day < 1 ||
        day > leat_month_days(year, (unsigned)month))
        return false;
    *out_days = leat_date_days((leat_date){year, (unsigned)month, (unsigned)day});
    return true;
}

static void make_date(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t days;
        if (day_of(call, row, &days))
            date_store(call, row, days);
        else
            leat_kernel_fail(call, row, bad_field);
    }
}

/* Hours, minutes and seconds from argument `first` on. */
static bool clock_of(leat_kernel_call *call, uint32_t first, uint32_t row, int64_t *out_micros)
{
    int64_t hour = number_at(call, first, row), minute = number_at(call, first + 1, row);
    double second = LEAT_COLUMN_GET(&call->arguments[first + 2], double, row);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || !(second >= 0 && second <= 60))
        return false;
    *out_micros = hour * LEAT_HOUR_US + minute * LEAT_MINUTE_US +
                  (int64_t)(second * (double)LEAT_SECOND_US + 0.5);
    return true;
}

static void make_time(leat_kernel_call *call)
{
    int64_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    if (!clock_of(call, 0, row, &out[row]))
        leat_kernel_fail(call, row, bad_field);
}

static void make_timestamp(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t days, micros;
        if (day_of(call, row, &days) && clock_of(call, 3, row, &micros))
            time_store(call, row, (leat_i128)days * LEAT_DAY_US + micros);
        else
            leat_kernel_fail(call, row, bad_field);
    }
}

/* Years, months, weeks, days, hours, minutes, seconds. */
static void make_interval(leat_kernel_call *call)
{
    leat_interval *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t parts[6] = {0};
        for (uint32_t a = 0; a < LEAT_MIN(call->argument_count, 6U); a++)
            parts[a] = number_at(call, a, row);
        double seconds =
            call->argument_count < 7 ? 0 : LEAT_COLUMN_GET(&call->arguments[6], double, row);
        int64_t months = parts[0] * 12 + parts[1], days = parts[2] * 7 + parts[3];
        double micros = (double)parts[4] * (double)LEAT_HOUR_US +
                        (double)parts[5] * (double)LEAT_MINUTE_US + seconds * 1e6;
        out[row] = (leat_interval){(int32_t)months, (int32_t)days, 0};
        if (out[row].months != months || out[row].days != days || !(micros < 9e18) ||
            !(micros > -9e18))
            leat_kernel_fail(call, row, "interval out of range");
        else
            out[row].micros = (int64_t)(micros < 0 ? micros - 0.5 : micros + 0.5);
    }
}

static void last_day(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_date date = leat_date_of_days(number_at(call, 0, row));
        date.day = leat_month_days(date.year, date.month);
        date_store(call, row, leat_date_days(date));
    }
}

#define DATE_ROW(symbol, text, arguments, result, fails, kernel_name)                              \
    {                                                                                              \
        .name = (symbol), .summary = (text), arguments, LEAT_RESULT(result), .can_fail = (fails),  \
        .kernel = kernel_name                                                                      \
    }

static const leat_function rows[] = {
    DATE_ROW("+", "so many days on", LEAT_ARGUMENTS_2(DATE, INT), DATE, true, date_add_days),
    DATE_ROW("+", "so many days on", LEAT_ARGUMENTS_2(INT, DATE), DATE, true, date_add_days),
    DATE_ROW("-", "days before", LEAT_ARGUMENTS_2(DATE, INT), DATE, true, date_subtract_days),
    DATE_ROW("-", "days between", LEAT_ARGUMENTS_2(DATE, DATE), INT, false, date_subtract_date),
    DATE_ROW(
        "+", "that time of the day", LEAT_ARGUMENTS_2(DATE, TIME), TIMESTAMP, true, date_add_time),
    DATE_ROW(
        "+", "that time of the day", LEAT_ARGUMENTS_2(TIME, DATE), TIMESTAMP, true, date_add_time),
    DATE_ROW("+",
             "later, around the clock",
             LEAT_ARGUMENTS_2(TIME, INTERVAL),
             TIME,
             false,
             time_add_interval),
    DATE_ROW("-",
             "earlier, around the clock",
             LEAT_ARGUMENTS_2(TIME, INTERVAL),
             TIME,
             false,
             time_subtract_interval),
    DATE_ROW(
        "-", "time between", LEAT_ARGUMENTS_2(TIME, TIME), INTERVAL, false, time_subtract_time),
    DATE_ROW(
        "make_date", "year, month, day", LEAT_ARGUMENTS_3(INT, INT, INT), DATE, true, make_date),
    DATE_ROW("make_time",
             "hour, minute, second",
             LEAT_ARGUMENTS_3(INT, INT, DOUBLE),
             TIME,
             true,
             make_time),
    DATE_ROW("make_timestamp",
             "year, month, day, hour, minute, second",
             LEAT_ARGUMENTS_6(INT, INT, INT, INT, INT, DOUBLE),
             TIMESTAMP,
             true,
             make_timestamp),
    DATE_ROW("make_interval",
             "years and months",
             LEAT_ARGUMENTS_2(INT, INT),
             INTERVAL,
             true,
             make_interval),
    DATE_ROW("make_interval",
             "years, months, weeks and days",
             LEAT_ARGUMENTS_4(INT, INT, INT, INT),
             INTERVAL,
             true,
             make_interval),
    DATE_ROW("make_interval",
             "years, months, weeks, days, hours, minutes, seconds",
             LEAT_ARGUMENTS_7(INT, INT, INT, INT, INT, INT, DOUBLE),
             INTERVAL,
             true,
             make_interval),
    DATE_ROW("last_day", "of its month", LEAT_ARGUMENTS_1(DATE), DATE, true, last_day),
};

const leat_function_family leat_functions_date = {"Days and times of day", rows,
                                                  LEAT_COUNT_OF(rows)};
