/* SPDX-License-Identifier: Apache-2.0
 *
 * time_pattern - a pattern of times, read once: what to_char, date_format, to_timestamp and to_date
 * print and read by.
 *
 * Two spellings give the same list of items: PostgreSQL's ("YYYY-MM-DD HH24:MI:SS.MS") and Java's,
 * which Flink has ("yyyy-MM-dd HH:mm:ss.SSS"). Names of months and days are English ones.
 *
 * Private to common/expr; lives in the arena it was made in. Thread: any.
 */
#ifndef LEAT_COMMON_EXPR_TIME_PATTERN_H
#define LEAT_COMMON_EXPR_TIME_PATTERN_H

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/columns/time_text.h"

typedef enum leat_pattern_style {
    LEAT_PATTERN_POSTGRES,
    LEAT_PATTERN_JAVA,
    LEAT_PATTERN_EITHER, /* Java's where HH is followed by mm, as no one means months there */
} leat_pattern_style;

typedef enum leat_pattern_field {
    LEAT_PATTERN_LITERAL,   /* text */
    LEAT_PATTERN_SEPARATOR, /* text that is neither letter nor digit: reading is lenient there */
    LEAT_PATTERN_YEAR,
    LEAT_PATTERN_YEAR_LAST, /* the last `width` digits */
    LEAT_PATTERN_YEAR_COMMA,
    LEAT_PATTERN_ISO_YEAR,
    LEAT_PATTERN_ISO_YEAR_LAST,
    LEAT_PATTERN_CENTURY,
    LEAT_PATTERN_ERA, /* "AD", "B.C." */
    LEAT_PATTERN_QUARTER,
    LEAT_PATTERN_MONTH,
    LEAT_PATTERN_MONTH_NAME,
    LEAT_PATTERN_MONTH_SHORT,
    LEAT_PATTERN_MONTH_ROMAN,
    LEAT_PATTERN_WEEK_OF_MONTH,
    LEAT_PATTERN_WEEK, /* of the year, from January 1st */
    LEAT_PATTERN_ISO_WEEK,
    LEAT_PATTERN_DAY,
    LEAT_PATTERN_DAY_OF_YEAR,
    LEAT_PATTERN_DAY_OF_ISO_YEAR,
    LEAT_PATTERN_WEEKDAY,     /* 1 = Sunday */
    LEAT_PATTERN_ISO_WEEKDAY, /* 1 = Monday */
    LEAT_PATTERN_DAY_NAME,
    LEAT_PATTERN_DAY_SHORT,
    LEAT_PATTERN_JULIAN,
    LEAT_PATTERN_HOUR,
    LEAT_PATTERN_HOUR_12,
    LEAT_PATTERN_MINUTE,
    LEAT_PATTERN_SECOND,
    LEAT_PATTERN_FRACTION, /* `width` digits of the second */
    LEAT_PATTERN_SECOND_OF_DAY,
    LEAT_PATTERN_HALF_DAY,     /* "AM", "p.m." */
    LEAT_PATTERN_ZONE_NAME,    /* times are UTC */
    LEAT_PATTERN_ZONE_HOURS,   /* "+00" */
    LEAT_PATTERN_ZONE_MINUTES, /* "00" */
} leat_pattern_field;

typedef enum leat_pattern_case {
    LEAT_CASE_UPPER,
    LEAT_CASE_LOWER,
    LEAT_CASE_TITLE,
} leat_pattern_case;

typedef struct leat_pattern_item {
    leat_pattern_field field;
    leat_pattern_case letters; /* of names and of the ordinal's ending */
    uint8_t width;             /* filled to that many; 0 = as it comes */
    uint8_t digits;            /* read at most that many where digits follow; 0 = any */
    bool has_dots;             /* "A.M." */
    bool is_ordinal;           /* 1st, 2nd */
    leat_bytes text;           /* LITERAL, SEPARATOR */
} leat_pattern_item;

typedef struct leat_time_pattern {
    uint32_t item_count;
    leat_pattern_item *items;
} leat_time_pattern;

leat_time_pattern *
leat_time_pattern_new(leat_bytes text, leat_pattern_style style, leat_arena *arena);
void leat_time_pattern_print(const leat_time_pattern *pattern, leat_time time, leat_buf *out);
/* Times in the same multiple of so many microseconds print alike. */
int64_t leat_time_pattern_unit_us(const leat_time_pattern *pattern);
/* NULL when `text` could be read, else why not (static text). */
const char *
leat_time_pattern_parse(const leat_time_pattern *pattern, leat_bytes text, leat_time *out_time);

extern const char *const leat_month_names[12]; /* "January" */
extern const char *const leat_day_names[7];    /* from "Sunday" */
extern const char *const leat_roman_months[12];

#endif
