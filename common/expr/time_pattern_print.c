/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>

#include "common/expr/time_parts.h"
#include "common/expr/time_pattern.h"

/* Everything a pattern may ask of one time. */
typedef struct moment {
    leat_date date;
    int64_t days;
    int64_t of_day; /* microseconds since midnight */
} moment;

static void number_print(int64_t value, unsigned width, leat_buf *out)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) != 0);
    while (at > 1 && sizeof digits - at < width)
        digits[--at] = '0';
    if (value < 0)
        digits[--at] = '-';
    leat_buf_add(out, digits + at, sizeof digits - at);
}

/* A name in the letters asked for, filled with spaces at its end. */
static void name_print(const char *name, size_t size, const leat_pattern_item *item, leat_buf *out)
{
    for (size_t i = 0; i < size; i++) {
        bool is_upper = item->letters == LEAT_CASE_UPPER;
        char c = name[i];
        if (item->letters == LEAT_CASE_LOWER)
            c = (char)tolower((unsigned char)c);
        leat_buf_add_char(out, is_upper ? (char)toupper((unsigned char)c) : c);
    }
    for (size_t i = size; i < item->width; i++)
        leat_buf_add_char(out, ' ');
}

static void half_print(const leat_pattern_item *item, char letter, char second, leat_buf *out)
{
    char text[4] = {letter, second, 0, 0};
    size_t size = 2;
    if (item->has_dots) {
        text[1] = text[3] = '.';
        text[2] = second;
        size = 4;
    }
    for (size_t i = 0; i < size; i++)
        if (item->letters == LEAT_CASE_LOWER)
            text[i] = (char)tolower((unsigned char)text[i]);
    leat_buf_add(out, text, size);
}

static void ordinal_print(int64_t value, leat_pattern_case letters, leat_buf *out)
{
    int64_t last = value % 10, tens = value / 10 % 10;
    const char *ending = tens == 1   ? "TH"
                         : last == 1 ? "ST"
                         : last == 2 ? "ND"
                         : last == 3 ? "RD"
                                     : "TH";
    for (; *ending != '\0'; ending++)
        leat_buf_add_char(out, letters == LEAT_CASE_LOWER ? (char)tolower((unsigned char)*ending)
                                                          : *ending);
}

static int64_t power_of_ten(unsigned digits)
{
    int64_t power = 1;
    while (digits-- > 0)
        power *= 10;
    return power;
}

/* Before year 1 years count backwards, and BC says so. */
static int64_t year_counted(int64_t year)
{
    return year > 0 ? year : 1 - year;
}

static int64_t century_of(int64_t year)
{
    return year > 0 ? (year + 99) / 100 : -(99 - (year - 1)) / 100;
}

static int64_t date_number(leat_pattern_field field, const moment *m)
{
    int64_t iso_year, week = 0;
    int64_t day_of_year = m->days - leat_date_days((leat_date){m->date.year, 1, 1}) + 1;
    switch ((unsigned)field) {
    case LEAT_PATTERN_ISO_YEAR:
    case LEAT_PATTERN_ISO_YEAR_LAST:
        (void)leat_iso_week(m->days, &iso_year);
        return year_counted(iso_year);
    case LEAT_PATTERN_ISO_WEEK:
        return leat_iso_week(m->days, &iso_year);
    case LEAT_PATTERN_DAY_OF_ISO_YEAR:
        week = leat_iso_week(m->days, &iso_year);
        return (week - 1) * 7 + leat_weekday_of(m->days) + 1;
    case LEAT_PATTERN_CENTURY:
        return century_of(m->date.year);
    case LEAT_PATTERN_WEEK_OF_MONTH:
        return (m->date.day - 1) / 7 + 1;
    case LEAT_PATTERN_WEEK:
        return (day_of_year - 1) / 7 + 1;
    case LEAT_PATTERN_DAY_OF_YEAR:
        return day_of_year;
    case LEAT_PATTERN_WEEKDAY:
        return (leat_weekday_of(m->days) + 1) % 7 + 1;
    case LEAT_PATTERN_ISO_WEEKDAY:
        return leat_weekday_of(m->days) + 1;
    case LEAT_PATTERN_JULIAN: /* from noon of 24 November 4714 BC */
        return m->days + 2440588;
    default:
        return year_counted(m->date.year);
    }
}

static int64_t number_of(const leat_pattern_item *item, const moment *m)
{
    switch ((unsigned)item->field) {
    case LEAT_PATTERN_QUARTER:
        return (m->date.month - 1) / 3 + 1;
    case LEAT_PATTERN_MONTH:
        return m->date.month;
    case LEAT_PATTERN_DAY:
        return m->date.day;
    case LEAT_PATTERN_HOUR:
        return m->of_day / LEAT_HOUR_US;
    case LEAT_PATTERN_HOUR_12:
        return (m->of_day / LEAT_HOUR_US + 11) % 12 + 1;
    case LEAT_PATTERN_MINUTE:
        return m->of_day / LEAT_MINUTE_US % 60;
    case LEAT_PATTERN_SECOND:
        return m->of_day / LEAT_SECOND_US % 60;
    case LEAT_PATTERN_SECOND_OF_DAY:
        return m->of_day / LEAT_SECOND_US;
    case LEAT_PATTERN_FRACTION: {
        int64_t micros = m->of_day % LEAT_SECOND_US;
        return item->width <= 6 ? micros / power_of_ten(6U - item->width)
                                : micros * power_of_ten(item->width - 6U);
    }
    case LEAT_PATTERN_ZONE_MINUTES:
        return 0;
    default:
        return date_number(item->field, m);
    }
}

static void text_print(const leat_pattern_item *item, const moment *m, leat_buf *out)
{
    const char *name = "";
    size_t size = SIZE_MAX;
    switch ((unsigned)item->field) {
    case LEAT_PATTERN_MONTH_SHORT:
        size = 3;
        name = leat_month_names[m->date.month - 1];
        break;
    case LEAT_PATTERN_MONTH_NAME:
        name = leat_month_names[m->date.month - 1];
        break;
    case LEAT_PATTERN_MONTH_ROMAN:
        name = leat_roman_months[m->date.month - 1];
        break;
    case LEAT_PATTERN_DAY_SHORT:
        size = 3;
        name = leat_day_names[(leat_weekday_of(m->days) + 1) % 7];
        break;
    default:
        name = leat_day_names[(leat_weekday_of(m->days) + 1) % 7];
        break;
    }
    name_print(name, LEAT_MIN(size, strlen(name)), item, out);
}

static void item_print(const leat_pattern_item *item, const moment *m, leat_buf *out)
{
    int64_t value;
    switch ((unsigned)item->field) {
    case LEAT_PATTERN_LITERAL:
    case LEAT_PATTERN_SEPARATOR:
        leat_buf_add(out, item->text.data, item->text.size);
        return;
    case LEAT_PATTERN_YEAR_COMMA:
        value = year_counted(m->date.year);
        number_print(value / 1000, 0, out);
        leat_buf_add_char(out, ',');
        number_print(value % 1000, 3, out);
        return;
    case LEAT_PATTERN_ERA:
        half_print(item, m->date.year > 0 ? 'A' : 'B', m->date.year > 0 ? 'D' : 'C', out);
        return;
    case LEAT_PATTERN_HALF_DAY:
        half_print(item, m->of_day < 12 * LEAT_HOUR_US ? 'A' : 'P', 'M', out);
        return;
    case LEAT_PATTERN_MONTH_NAME:
    case LEAT_PATTERN_MONTH_SHORT:
    case LEAT_PATTERN_MONTH_ROMAN:
    case LEAT_PATTERN_DAY_NAME:
    case LEAT_PATTERN_DAY_SHORT:
        text_print(item, m, out);
        return;
    case LEAT_PATTERN_ZONE_NAME:
        leat_buf_add_text(out, item->letters == LEAT_CASE_LOWER ? "utc" : "UTC");
        return;
    case LEAT_PATTERN_ZONE_HOURS:
        leat_buf_add_text(out, "+00");
        return;
    default:
        break;
    }
    value = number_of(item, m);
    if (item->field == LEAT_PATTERN_YEAR_LAST || item->field == LEAT_PATTERN_ISO_YEAR_LAST)
        value %= power_of_ten(item->width);
    number_print(value, item->field == LEAT_PATTERN_ZONE_MINUTES ? 2 : item->width, out);
    if (item->is_ordinal)
        ordinal_print(value, item->letters, out);
}

void leat_time_pattern_print(const leat_time_pattern *pattern, leat_time time, leat_buf *out)
{
    moment m = {.days = leat_floor_divide(time, LEAT_DAY_US)};
    m.of_day = (int64_t)((uint64_t)time - (uint64_t)m.days * (uint64_t)LEAT_DAY_US);
    m.date = leat_date_of_days(m.days);
    for (uint32_t i = 0; i < pattern->item_count; i++)
        item_print(&pattern->items[i], &m, out);
}

static int64_t field_unit_us(leat_pattern_field field)
{
    switch (field) {
    case LEAT_PATTERN_FRACTION:
        return 1;
    case LEAT_PATTERN_SECOND:
    case LEAT_PATTERN_SECOND_OF_DAY:
        return LEAT_SECOND_US;
    case LEAT_PATTERN_MINUTE:
        return 60 * LEAT_SECOND_US;
    case LEAT_PATTERN_HOUR:
    case LEAT_PATTERN_HOUR_12:
    case LEAT_PATTERN_HALF_DAY:
        return 3600 * LEAT_SECOND_US;
    case LEAT_PATTERN_LITERAL:
    case LEAT_PATTERN_SEPARATOR:
    case LEAT_PATTERN_YEAR:
    case LEAT_PATTERN_YEAR_LAST:
    case LEAT_PATTERN_YEAR_COMMA:
    case LEAT_PATTERN_ISO_YEAR:
    case LEAT_PATTERN_ISO_YEAR_LAST:
    case LEAT_PATTERN_CENTURY:
    case LEAT_PATTERN_ERA:
    case LEAT_PATTERN_QUARTER:
    case LEAT_PATTERN_MONTH:
    case LEAT_PATTERN_MONTH_NAME:
    case LEAT_PATTERN_MONTH_SHORT:
    case LEAT_PATTERN_MONTH_ROMAN:
    case LEAT_PATTERN_WEEK_OF_MONTH:
    case LEAT_PATTERN_WEEK:
    case LEAT_PATTERN_ISO_WEEK:
    case LEAT_PATTERN_DAY:
    case LEAT_PATTERN_DAY_OF_YEAR:
    case LEAT_PATTERN_DAY_OF_ISO_YEAR:
    case LEAT_PATTERN_WEEKDAY:
    case LEAT_PATTERN_ISO_WEEKDAY:
    case LEAT_PATTERN_DAY_NAME:
    case LEAT_PATTERN_DAY_SHORT:
    case LEAT_PATTERN_JULIAN:
    case LEAT_PATTERN_ZONE_NAME:
    case LEAT_PATTERN_ZONE_HOURS:
    case LEAT_PATTERN_ZONE_MINUTES:
        break;
    }
    return LEAT_DAY_US;
}

int64_t leat_time_pattern_unit_us(const leat_time_pattern *pattern)
{
    int64_t unit_us = LEAT_DAY_US;
    for (uint32_t i = 0; i < pattern->item_count; i++)
        unit_us = LEAT_MIN(unit_us, field_unit_us(pattern->items[i].field));
    return unit_us;
}
