/* SPDX-License-Identifier: Apache-2.0
 *
 * time_text - timestamps and intervals as text, in the proleptic Gregorian calendar, UTC.
 *
 * Parsers take the whole text and return LEAT_RECORD when it is none, LEAT_LIMIT when it is one
 * that does not fit; they set no error text, the caller knows the column.
 */
#ifndef LEAT_COMMON_COLUMNS_TIME_TEXT_H
#define LEAT_COMMON_COLUMNS_TIME_TEXT_H

#include "common/columns/type.h"

#define LEAT_SECOND_US INT64_C(1000000)
#define LEAT_MINUTE_US (60 * LEAT_SECOND_US)
#define LEAT_HOUR_US   (60 * LEAT_MINUTE_US)
#define LEAT_DAY_US    (24 * LEAT_HOUR_US)

typedef struct leat_date {
    int64_t year;
    unsigned month; /* 1..12 */
    unsigned day;   /* 1..31 */
} leat_date;

/* Days since 1970-01-01 and back. */
int64_t leat_date_days(leat_date date);
leat_date leat_date_of_days(int64_t days);
unsigned leat_month_days(int64_t year, unsigned month);

/* YYYY-MM-DD HH:MM:SS[.ffffff], trailing zeros of the fraction trimmed. */
void leat_timestamp_print(leat_time time, leat_buf *out);
/* YYYY-MM-DD[( |T)HH:MM[:SS[.f...]][Z|+HH|+HHMM|+HH:MM]]; digits beyond the sixth of a fraction
 * are dropped. */
LEAT_MUST_USE leat_code leat_timestamp_parse(leat_bytes text, leat_time *out_time);

/* YYYY-MM-DD. Reading takes a timestamp, too, and its day as it was written; and YYYYMMDD. */
void leat_date_print(int32_t days, leat_buf *out);
LEAT_MUST_USE leat_code leat_date_parse(leat_bytes text, int32_t *out_days);
/* HH:MM:SS[.ffffff] of microseconds since midnight; reading as in timestamps, 24:00 too. */
void leat_clock_print(int64_t micros, leat_buf *out);
LEAT_MUST_USE leat_code leat_clock_parse(leat_bytes text, int64_t *out_micros);

/* As PostgreSQL: "1 year 2 mons 3 days 04:05:06.5", "00:00:00" for nothing. */
void leat_interval_print(leat_interval interval, leat_buf *out);
/* Any run of `NUMBER UNIT` and `[-]HH:MM[:SS[.f]]`: "1 day 02:00:00", "5 minutes", "1.5s". */
LEAT_MUST_USE leat_code leat_interval_parse(leat_bytes text, leat_interval *out_interval);

#endif
