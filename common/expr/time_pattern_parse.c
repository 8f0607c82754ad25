/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading times by a pattern, as lenient as PostgreSQL: white space may stand before every field, a
 * separator of the pattern stands for any or none, and names may be in any case.
 */
#include <ctype.h>
#include <strings.h>

#include "common/expr/time_parts.h"
#include "common/expr/time_pattern.h"

enum { DIGITS_MAX = 15 };

/* What was read so far. -1: not given. */
typedef struct reading {
    leat_bytes text;
    size_t at;
    int64_t year, iso_year, century;
    int64_t month, day, day_of_year, julian;
    int64_t iso_week, iso_weekday, week, week_of_month;
    int64_t hour, minute, second, micros, second_of_day;
    int64_t zone_minutes;
    bool is_zone_negative;
    bool is_12_hours, is_afternoon, has_half;
    bool is_before_christ;
} reading;

static void spaces_skip(reading *r)
{
    while (r->at < r->text.size && isspace((unsigned char)r->text.data[r->at]))
        r->at++;
}

static bool is_digit_at(const reading *r)
{
    return r->at < r->text.size && isdigit((unsigned char)r->text.data[r->at]);
}

static bool number_read(reading *r, unsigned digits_max, int64_t *out, unsigned *out_digits)
{
    unsigned digits = 0;
    int64_t value = 0;
    spaces_skip(r);
    for (; is_digit_at(r) && digits < digits_max; digits++)
        value = value * 10 + (r->text.data[r->at++] - '0');
    if (digits == 0)
        return false;
    *out = value;
    if (out_digits != NULL)
        *out_digits = digits;
    return true;
}

/* One of the names, as far as `size` letters of each; any case. */
static bool
name_read(reading *r, const char *const *names, size_t count, size_t size_max, int64_t *out)
{
    spaces_skip(r);
    for (size_t i = count; i-- > 0;) { /* VIII before VII before VI */
        size_t size = LEAT_MIN(strlen(names[i]), size_max);
        if (r->text.size - r->at < size || strncasecmp(r->text.data + r->at, names[i], size) != 0)
            continue;
        r->at += size;
        *out = (int64_t)i + 1;
        return true;
    }
    return false;
}

/* "AM", "p.m.", "BC": the first letter says which. */
static bool half_read(reading *r, const char *firsts, const char *seconds, bool *out_is_second)
{
    spaces_skip(r);
    leat_bytes rest = leat_bytes_of(r->text.data + r->at, r->text.size - r->at);
    bool has_dots = rest.size >= 4 && rest.data[1] == '.' && rest.data[3] == '.';
    if (rest.size < 2)
        return false;
    char first = (char)toupper((unsigned char)rest.data[0]);
    char second = (char)toupper((unsigned char)rest.data[has_dots ? 2 : 1]);
    bool is_second = first == firsts[1] && second == seconds[1];
    if (!is_second && (first != firsts[0] || second != seconds[0]))
        return false;
    *out_is_second = is_second;
    r->at += has_dots ? 4 : 2;
    return true;
}

static bool zone_read(reading *r)
{
    spaces_skip(r);
    if (r->at < r->text.size && (r->text.data[r->at] == 'Z' || r->text.data[r->at] == 'z')) {
        r->at++;
        return true;
    }
    bool is_signed =
        r->at < r->text.size && (r->text.data[r->at] == '+' || r->text.data[r->at] == '-');
    r->is_zone_negative = is_signed && r->text.data[r->at] == '-';
    r->at += is_signed;
    int64_t hours, minutes = 0;
    if (!number_read(r, 2, &hours, NULL))
        return false;
    size_t before = r->at;
    if (r->at < r->text.size && r->text.data[r->at] == ':')
        r->at++;
    if (!is_digit_at(r) || !number_read(r, 2, &minutes, NULL)) {
        r->at = before;
        minutes = 0;
    }
    r->zone_minutes = hours * 60 + minutes;
    return true;
}

static void separator_read(reading *r, leat_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == ' ') {
            spaces_skip(r);
            if (r->at == r->text.size || isalnum((unsigned char)r->text.data[r->at]))
                continue;
        }
        spaces_skip(r);
        /* a sign may belong to the number behind it, but only a pattern's own is taken as one */
        if (r->at < r->text.size && !isalnum((unsigned char)r->text.data[r->at]) &&
            (unsigned char)r->text.data[r->at] < 0x80)
            r->at++;
    }
}

/* Two digits are of the years around 2000, as PostgreSQL takes them. */
static int64_t year_completed(int64_t year, unsigned digits)
{
    if (digits > 3)
        return year;
    if (year < 70)
        return year + 2000;
    if (year < 100)
        return year + 1900;
    return year < 520 ? year + 2000 : year + 1000;
}

static bool fraction_read(reading *r, unsigned digits_max)
{
    unsigned digits = 0;
    int64_t value;
    if (!number_read(r, LEAT_MIN(digits_max, 9U), &value, &digits))
        return false;
    for (; digits < 6; digits++)
        value *= 10;
    for (; digits > 6; digits--)
        value /= 10;
    r->micros = value;
    return true;
}

static bool year_read(reading *r, const leat_pattern_item *item, unsigned digits_max, int64_t *out)
{
    unsigned digits;
    int64_t rest;
    if (!number_read(r, digits_max, out, &digits))
        return false;
    if (item->field == LEAT_PATTERN_YEAR_COMMA) {
        if (r->at >= r->text.size || r->text.data[r->at++] != ',' ||
            !number_read(r, 3, &rest, NULL))
            return false;
        *out = *out * 1000 + rest;
        return true;
    }
    bool is_short =
        item->field == LEAT_PATTERN_YEAR_LAST || item->field == LEAT_PATTERN_ISO_YEAR_LAST;
    if (is_short || digits < 4)
        *out = is_short ? year_completed(*out, digits) : *out;
    return true;
}

/* Where a plain number goes; NULL: nowhere, it is read and forgotten. */
static int64_t *number_place(reading *r, leat_pattern_field field)
{
    switch ((unsigned)field) {
    case LEAT_PATTERN_CENTURY:
        return &r->century;
    case LEAT_PATTERN_MONTH:
        return &r->month;
    case LEAT_PATTERN_WEEK_OF_MONTH:
        return &r->week_of_month;
    case LEAT_PATTERN_WEEK:
        return &r->week;
    case LEAT_PATTERN_ISO_WEEK:
        return &r->iso_week;
    case LEAT_PATTERN_ISO_WEEKDAY:
        return &r->iso_weekday;
    case LEAT_PATTERN_DAY:
        return &r->day;
    case LEAT_PATTERN_DAY_OF_YEAR:
        return &r->day_of_year;
    case LEAT_PATTERN_JULIAN:
        return &r->julian;
    case LEAT_PATTERN_HOUR:
    case LEAT_PATTERN_HOUR_12:
        return &r->hour;
    case LEAT_PATTERN_MINUTE:
        return &r->minute;
    case LEAT_PATTERN_SECOND:
        return &r->second;
    case LEAT_PATTERN_SECOND_OF_DAY:
        return &r->second_of_day;
    default:
        return NULL;
    }
}

static bool field_read(reading *r, const leat_pattern_item *item, unsigned digits_max)
{
    int64_t ignored;
    int64_t *place;
    switch ((unsigned)item->field) {
    case LEAT_PATTERN_YEAR:
    case LEAT_PATTERN_YEAR_LAST:
    case LEAT_PATTERN_YEAR_COMMA:
        return year_read(r, item, digits_max, &r->year);
    case LEAT_PATTERN_ISO_YEAR:
    case LEAT_PATTERN_ISO_YEAR_LAST:
        return year_read(r, item, digits_max, &r->iso_year);
    case LEAT_PATTERN_ERA:
        return half_read(r, "AB", "DC", &r->is_before_christ);
    case LEAT_PATTERN_HALF_DAY:
        r->has_half = true;
        return half_read(r, "AP", "MM", &r->is_afternoon);
    case LEAT_PATTERN_MONTH_NAME:
        return name_read(r, leat_month_names, 12, SIZE_MAX, &r->month);
    case LEAT_PATTERN_MONTH_SHORT:
        return name_read(r, leat_month_names, 12, 3, &r->month);
    case LEAT_PATTERN_MONTH_ROMAN:
        return name_read(r, leat_roman_months, 12, SIZE_MAX, &r->month);
    case LEAT_PATTERN_DAY_NAME:
        return name_read(r, leat_day_names, 7, SIZE_MAX, &ignored);
    case LEAT_PATTERN_DAY_SHORT:
        return name_read(r, leat_day_names, 7, 3, &ignored);
    case LEAT_PATTERN_FRACTION:
        return fraction_read(r, item->digits == 3 ? digits_max : 9);
    case LEAT_PATTERN_ZONE_HOURS:
        return zone_read(r);
    case LEAT_PATTERN_HOUR_12:
        r->is_12_hours = true;
        break;
    default:
        break;
    }
    place = number_place(r, item->field);
    if (!number_read(r, digits_max, place == NULL ? &ignored : place, NULL))
        return false;
    if (item->is_ordinal && r->text.size - r->at >= 2)
        r->at += 2;
    return true;
}

static const char *const bad_text = "the text does not match the pattern";
static const char *const bad_field = "a field of the date or time is out of range";

/* The day, from whatever fields were given. */
static const char *days_of(const reading *r, int64_t *out_days)
{
    int64_t year = r->year;
    if (r->julian >= 0) {
        *out_days = r->julian - 2440588;
        return NULL;
    }
    if (r->iso_year >= 0) {
        int64_t first = leat_date_days((leat_date){r->iso_year, 1, 4});
        int64_t week = r->iso_week < 0 ? 1 : r->iso_week;
        int64_t weekday = r->iso_weekday < 0 ? 1 : r->iso_weekday;
        *out_days = first - leat_weekday_of(first) + (week - 1) * 7 + weekday - 1;
        return week < 1 || week > 53 || weekday < 1 || weekday > 7 ? bad_field : NULL;
    }
    if (r->century >= 0)
        year = (r->century - 1) * 100 + (year < 0 ? 1 : year % 100);
    if (year < 0)
        year = 0; /* not given: 1 BC, as PostgreSQL has it */
    else if (r->is_before_christ)
        year = 1 - year;
    int64_t month = r->month < 0 ? 1 : r->month;
    int64_t day = r->day < 0 ? 1 : r->day;
    if (r->week_of_month >= 0 && r->day < 0)
        day = (r->week_of_month - 1) * 7 + 1;
    if (year > 294276 || month < 1 || month > 12 || day < 1 ||
        day > leat_month_days(year, (unsigned)month))
        return bad_field;
    *out_days = leat_date_days((leat_date){year, (unsigned)month, (unsigned)day});
    int64_t day_of_year = r->day_of_year;
    if (r->week >= 0 && day_of_year < 0)
        day_of_year = (r->week - 1) * 7 + 1;
    if (day_of_year >= 0 && r->month < 0) {
        if (day_of_year < 1 || day_of_year > 366)
            return bad_field;
        *out_days = leat_date_days((leat_date){year, 1, 1}) + day_of_year - 1;
    }
    return NULL;
}

static const char *of_day(const reading *r, int64_t *out_micros)
{
    int64_t hour = r->hour < 0 ? 0 : r->hour, minute = LEAT_MAX(r->minute, (int64_t)0);
    int64_t second = LEAT_MAX(r->second, (int64_t)0);
    if (r->is_12_hours) {
        if (r->hour < 1 || r->hour > 12)
            return "an hour of 12 must be between 1 and 12";
        if (r->has_half)
            hour = r->hour % 12 + (r->is_afternoon ? 12 : 0);
        else
            hour = r->hour % 12;
    }
    if (r->second_of_day >= 0) {
        if (r->second_of_day >= 86400)
            return bad_field;
        *out_micros = r->second_of_day * LEAT_SECOND_US;
        return NULL;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return bad_field;
    *out_micros = ((hour * 60 + minute) * 60 + second) * LEAT_SECOND_US;
    return NULL;
}

/* A field reads all digits there are, unless another number follows it directly. */
static unsigned digits_of(const leat_time_pattern *pattern, uint32_t i)
{
    bool is_followed = i + 1 < pattern->item_count &&
                       pattern->items[i + 1].field != LEAT_PATTERN_SEPARATOR &&
                       pattern->items[i + 1].field != LEAT_PATTERN_LITERAL;
    unsigned digits = pattern->items[i].digits;
    bool is_fixed = pattern->items[i].field == LEAT_PATTERN_FRACTION;
    return digits > 0 && (is_followed || is_fixed) ? digits : DIGITS_MAX;
}

const char *
leat_time_pattern_parse(const leat_time_pattern *pattern, leat_bytes text, leat_time *out_time)
{
    reading r;
    memset(&r, 0xff, sizeof r); /* every number -1 */
    r.text = text;
    r.at = 0;
    r.micros = r.zone_minutes = 0;
    r.is_zone_negative = r.is_12_hours = r.is_afternoon = r.has_half = r.is_before_christ = false;
    for (uint32_t i = 0; i < pattern->item_count; i++) {
        const leat_pattern_item *item = &pattern->items[i];
        if (item->field == LEAT_PATTERN_SEPARATOR)
            separator_read(&r, item->text);
        else if (item->field == LEAT_PATTERN_LITERAL)
            r.at = LEAT_MIN(r.at + item->text.size, text.size);
        else if (r.at == text.size)
            break; /* what the text leaves out is at its start */
        else if (!field_read(&r, item, digits_of(pattern, i)))
            return bad_text;
    }
    int64_t days = 0, micros = 0;
    const char *reason = days_of(&r, &days);
    if (reason == NULL)
        reason = of_day(&r, &micros);
    if (reason != NULL)
        return reason;
    int64_t zone = r.zone_minutes * LEAT_MINUTE_US * (r.is_zone_negative ? 1 : -1);
    leat_i128 time = (leat_i128)days * LEAT_DAY_US + micros + r.micros + zone;
    *out_time = (leat_time)time;
    return time < INT64_MIN || time > INT64_MAX ? bad_field : NULL;
}
