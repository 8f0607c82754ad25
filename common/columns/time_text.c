/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/time_text.h"

#include <ctype.h>
#include <strings.h>

#include "common/base/assert.h"
#include "common/columns/number_text.h"

enum { DAYS_PER_ERA = 146097, YEARS_PER_ERA = 400, DAYS_TO_1970 = 719468 };

/* Eras of 400 years that start on 1 March, so that the leap day is the last of its year.
 * Source: Howard Hinnant, "chrono-compatible low-level date algorithms". */
int64_t leat_date_days(leat_date date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - (YEARS_PER_ERA - 1)) / YEARS_PER_ERA;
    int64_t year_of_era = year - era * YEARS_PER_ERA;
    int64_t month_from_march = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

leat_date leat_date_of_days(int64_t days)
{
    days += DAYS_TO_1970;
    int64_t era = (days >= 0 ? days : days - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = days - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    unsigned day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    unsigned month =
        (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    return (leat_date){year_of_era + era * YEARS_PER_ERA + (month <= 2), month, day};
}

unsigned leat_month_days(int64_t year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    LEAT_ASSERT(month >= 1 && month <= 12);
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (unsigned)(month == 2 && is_leap);
}

/* ".5" for 500000, nothing for 0. */
static void fraction_print(uint32_t micros, leat_buf *out)
{
    if (micros == 0)
        return;
    char text[7] = ".000000";
    size_t size = sizeof text;
    for (size_t i = 6; i > 0; i--, micros /= 10)
        text[i] = (char)((unsigned)'0' + micros % 10);
    while (text[size - 1] == '0')
        size--;
    leat_buf_add(out, text, size);
}

static char *two_digits(char *at, unsigned value)
{
    at[0] = (char)('0' + value / 10 % 10);
    at[1] = (char)('0' + value % 10);
    return at + 2;
}

static void year_print(int64_t year, leat_buf *out)
{
    if (year < 0 || year > 9999) {
        leat_integer_print(year, out);
        return;
    }
    char text[4];
    two_digits(two_digits(text, (unsigned)year / 100), (unsigned)year % 100);
    leat_buf_add(out, text, sizeof text);
}

void leat_date_print(int32_t days, leat_buf *out)
{
    leat_date date = leat_date_of_days(days);
    char text[] = "-00-00";
    year_print(date.year, out);
    two_digits(text + 1, date.month);
    two_digits(text + 4, date.day);
    leat_buf_add(out, text, sizeof text - 1);
}

void leat_clock_print(int64_t micros, leat_buf *out)
{
    unsigned seconds = (unsigned)(micros / LEAT_SECOND_US);
    char text[] = "00:00:00";
    two_digits(text, seconds / 3600);
    two_digits(text + 3, seconds / 60 % 60);
    two_digits(text + 6, seconds % 60);
    leat_buf_add(out, text, sizeof text - 1);
    fraction_print((uint32_t)(micros % LEAT_SECOND_US), out);
}

void leat_timestamp_print(leat_time time, leat_buf *out)
{
    int64_t days = time / LEAT_DAY_US - (time % LEAT_DAY_US < 0);
    /* unsigned: days * LEAT_DAY_US may be below INT64_MIN at the very first day */
    uint64_t of_day = (uint64_t)time - (uint64_t)days * (uint64_t)LEAT_DAY_US;
    leat_date date = leat_date_of_days(days);
    year_print(date.year, out);
    unsigned seconds = (unsigned)(of_day / (uint64_t)LEAT_SECOND_US);
    char text[] = "-00-00 00:00:00";
    two_digits(text + 1, date.month);
    two_digits(text + 4, date.day);
    two_digits(text + 7, seconds / 3600);
    two_digits(text + 10, seconds / 60 % 60);
    two_digits(text + 13, seconds % 60);
    leat_buf_add(out, text, sizeof text - 1);
    fraction_print((uint32_t)(of_day % (uint64_t)LEAT_SECOND_US), out);
}

/* Exactly `count` digits. */
static bool digits_take(leat_cursor *in, unsigned count, unsigned *out_value)
{
    if ((size_t)(in->end - in->at) < count)
        return false;
    unsigned value = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned digit = (unsigned)in->at[i] - '0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    in->at += count;
    *out_value = value;
    return true;
}

static bool char_take(leat_cursor *in, char c)
{
    if (in->at == in->end || *in->at != (uint8_t)c)
        return false;
    in->at++;
    return true;
}

/* The digits after a point as micros; at least one. */
static bool fraction_take(leat_cursor *in, uint32_t *out_micros)
{
    uint32_t unit = (uint32_t)LEAT_SECOND_US;
    uint32_t micros = 0;
    const uint8_t *start = in->at;
    for (; in->at < in->end && isdigit(*in->at); in->at++) {
        unit /= 10;
        micros += unit * (uint32_t)(*in->at - '0');
    }
    *out_micros = micros;
    return in->at > start;
}

/* HH:MM[:SS[.f...]] */
static bool clock_take(leat_cursor *in, int64_t *out_micros)
{
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    uint32_t micros = 0;
    if (!digits_take(in, 2, &hour) || !char_take(in, ':') || !digits_take(in, 2, &minute))
        return false;
    if (char_take(in, ':')) {
        if (!digits_take(in, 2, &second))
            return false;
        if (char_take(in, '.') && !fraction_take(in, &micros))
            return false;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *out_micros = hour * LEAT_HOUR_US + minute * LEAT_MINUTE_US + second * LEAT_SECOND_US + micros;
    return true;
}

/* Nothing, Z, +HH, +HHMM or +HH:MM: what must be subtracted to be at UTC. */
static bool zone_take(leat_cursor *in, int64_t *out_micros)
{
    *out_micros = 0;
    if (in->at == in->end || char_take(in, 'Z') || char_take(in, 'z'))
        return true;
    bool is_west = char_take(in, '-');
    unsigned hours = 0;
    unsigned minutes = 0;
    if ((!is_west && !char_take(in, '+')) || !digits_take(in, 2, &hours))
        return false;
    if (char_take(in, ':') || in->at < in->end) {
        if (!digits_take(in, 2, &minutes))
            return false;
    }
    if (hours > 15 || minutes > 59)
        return false;
    int64_t offset = hours * LEAT_HOUR_US + minutes * LEAT_MINUTE_US;
    *out_micros = is_west ? -offset : offset;
    return true;
}

static bool date_take(leat_cursor *in, int64_t *out_days)
{
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    if (!digits_take(in, 4, &year))
        return false;
    bool has_dashes = char_take(in, '-');
    if (!digits_take(in, 2, &month) || char_take(in, '-') != has_dashes ||
        !digits_take(in, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > leat_month_days(year, month))
        return false;
    *out_days = leat_date_days((leat_date){year, month, day});
    return true;
}

leat_code leat_clock_parse(leat_bytes text, int64_t *out_micros)
{
    leat_cursor in = leat_cursor_over(text);
    int64_t zone;
    if (leat_bytes_equal(text, LEAT_BYTES("24:00:00"))) {
        *out_micros = LEAT_DAY_US;
        return LEAT_OK;
    }
    if (!clock_take(&in, out_micros) || !zone_take(&in, &zone))
        return LEAT_RECORD;
    return LEAT_OK;
}

leat_code leat_date_parse(leat_bytes text, int32_t *out_days)
{
    leat_cursor in = leat_cursor_over(text);
    leat_time time;
    int64_t days;
    if (!date_take(&in, &days))
        return LEAT_RECORD;
    *out_days = (int32_t)days;
    return in.at == in.end ? LEAT_OK : leat_timestamp_parse(text, &time);
}

leat_code leat_timestamp_parse(leat_bytes text, leat_time *out_time)
{
    leat_cursor in = leat_cursor_over(text);
    int64_t days = 0;
    if (!date_take(&in, &days))
        return LEAT_RECORD;
    int64_t of_day = 0;
    int64_t zone = 0;
    if (char_take(&in, 'T') || char_take(&in, ' ') || char_take(&in, 't')) {
        if (!clock_take(&in, &of_day))
            return LEAT_RECORD;
        char_take(&in, ' ');
        if (!zone_take(&in, &zone))
            return LEAT_RECORD;
    }
    if (in.at != in.end)
        return LEAT_RECORD;
    *out_time = days * LEAT_DAY_US + of_day - zone;
    return LEAT_OK;
}

/* After a negative part a positive one says so. */
static void
interval_part(int64_t count, const char *unit, leat_buf *out, size_t start, bool *is_after_minus)
{
    if (count == 0)
        return;
    leat_buf_print(out, "%s%s%lld %s%s", out->size == start ? "" : " ",
                   *is_after_minus && count > 0 ? "+" : "", (long long)count, unit,
                   count == 1 ? "" : "s");
    *is_after_minus = count < 0;
}

void leat_interval_print(leat_interval interval, leat_buf *out)
{
    size_t start = out->size;
    bool is_after_minus = false;
    interval_part(interval.months / 12, "year", out, start, &is_after_minus);
    interval_part(interval.months % 12, "mon", out, start, &is_after_minus);
    interval_part(interval.days, "day", out, start, &is_after_minus);
    if (interval.micros == 0 && out->size > start)
        return;
    uint64_t micros = interval.micros < 0 ? -(uint64_t)interval.micros : (uint64_t)interval.micros;
    uint64_t seconds = micros / (uint64_t)LEAT_SECOND_US;
    leat_buf_print(out, "%s%s%02llu:%02u:%02u", out->size == start ? "" : " ",
                   interval.micros < 0 ? "-"
                   : is_after_minus    ? "+"
                                       : "",
                   (unsigned long long)(seconds / 3600), (unsigned)(seconds / 60 % 60),
                   (unsigned)(seconds % 60));
    fraction_print((uint32_t)(micros % (uint64_t)LEAT_SECOND_US), out);
}

typedef struct interval_unit {
    const char *name; /* a plural s is taken off before the comparison */
    int32_t months;   /* one of the three is not 0 */
    int32_t days;
    int64_t micros;
} interval_unit;

static const interval_unit interval_units[] = {
    {"us", 0, 0, 1},
    {"microsecond", 0, 0, 1},
    {"ms", 0, 0, 1000},
    {"millisecond", 0, 0, 1000},
    {"s", 0, 0, LEAT_SECOND_US},
    {"sec", 0, 0, LEAT_SECOND_US},
    {"second", 0, 0, LEAT_SECOND_US},
    {"m", 0, 0, LEAT_MINUTE_US},
    {"min", 0, 0, LEAT_MINUTE_US},
    {"minute", 0, 0, LEAT_MINUTE_US},
    {"h", 0, 0, LEAT_HOUR_US},
    {"hour", 0, 0, LEAT_HOUR_US},
    {"d", 0, 1, 0},
    {"day", 0, 1, 0},
    {"w", 0, 7, 0},
    {"week", 0, 7, 0},
    {"mon", 1, 0, 0},
    {"month", 1, 0, 0},
    {"y", 12, 0, 0},
    {"year", 12, 0, 0},
};

static const interval_unit *interval_unit_find(leat_bytes name)
{
    for (int plural = 0; plural <= 1; plural++) {
        if (plural == 1 && (name.size < 3 || tolower((unsigned char)name.data[--name.size]) != 's'))
            return NULL;
        for (size_t i = 0; i < LEAT_COUNT_OF(interval_units); i++) {
            const char *unit = interval_units[i].name;
            if (strlen(unit) == name.size && strncasecmp(unit, name.data, name.size) == 0)
                return &interval_units[i];
        }
    }
    return NULL;
}

static void spaces_take(leat_cursor *in)
{
    while (in->at < in->end && isspace(*in->at))
        in->at++;
}

/* Adds sign * (whole + fraction) units; false when it does not fit or cannot be divided. */
static bool interval_add(
    leat_interval *to, const interval_unit *unit, int sign, uint32_t whole, uint32_t fraction)
{
    if (unit->months != 0 && fraction != 0)
        return false;
    int64_t count = sign * (int64_t)whole;
    int64_t part = sign * (int64_t)fraction; /* millionths of the unit */
    int64_t day_unit_us = unit->days * LEAT_DAY_US;
    int64_t micros = 0;
    bool is_over = __builtin_mul_overflow(count, unit->micros, &micros);
    is_over |= __builtin_add_overflow(micros, part * ((unit->micros + day_unit_us) / 1000) / 1000,
                                      &micros);
    is_over |= __builtin_add_overflow(to->micros, micros, &to->micros);
    is_over |= __builtin_add_overflow(to->days, count * unit->days, &to->days);
    is_over |= __builtin_add_overflow(to->months, count * unit->months, &to->months);
    return !is_over;
}

/* The rest of HH:MM[:SS[.f]] after its hours. */
static bool interval_clock_take(leat_cursor *in, leat_interval *to, int sign, uint32_t hours)
{
    unsigned minutes = 0;
    unsigned seconds = 0;
    uint32_t micros = 0;
    if (!digits_take(in, 2, &minutes) || minutes > 59)
        return false;
    if (char_take(in, ':')) {
        if (!digits_take(in, 2, &seconds) || seconds > 59)
            return false;
        if (char_take(in, '.') && !fraction_take(in, &micros))
            return false;
    }
    int64_t time =
        hours * LEAT_HOUR_US + minutes * LEAT_MINUTE_US + seconds * LEAT_SECOND_US + micros;
    return !__builtin_add_overflow(to->micros, sign * time, &to->micros);
}

static leat_code interval_item_take(leat_cursor *in, leat_interval *to)
{
    int sign = char_take(in, '-') ? -1 : 1;
    if (sign == 1)
        char_take(in, '+');
    uint32_t whole = 0;
    const uint8_t *digits = in->at;
    for (; in->at < in->end && isdigit(*in->at); in->at++) {
        if (__builtin_mul_overflow(whole, 10U, &whole) ||
            __builtin_add_overflow(whole, (uint32_t)(*in->at - '0'), &whole))
            return LEAT_LIMIT;
    }
    if (in->at == digits)
        return LEAT_RECORD;
    if (char_take(in, ':'))
        return interval_clock_take(in, to, sign, whole) ? LEAT_OK : LEAT_RECORD;
    uint32_t fraction = 0;
    if (char_take(in, '.') && !fraction_take(in, &fraction))
        return LEAT_RECORD;
    spaces_take(in);
    const uint8_t *word = in->at;
    while (in->at < in->end && isalpha(*in->at))
        in->at++;
    const interval_unit *unit = interval_unit_find(leat_bytes_of(word, (size_t)(in->at - word)));
    if (unit == NULL)
        return LEAT_RECORD;
    return interval_add(to, unit, sign, whole, fraction) ? LEAT_OK : LEAT_LIMIT;
}

leat_code leat_interval_parse(leat_bytes text, leat_interval *out_interval)
{
    leat_cursor in = leat_cursor_over(text);
    leat_interval interval = {0};
    spaces_take(&in);
    if (in.at == in.end)
        return LEAT_RECORD;
    while (in.at < in.end) {
        LEAT_TRY(interval_item_take(&in, &interval));
        spaces_take(&in);
    }
    *out_interval = interval;
    return LEAT_OK;
}
