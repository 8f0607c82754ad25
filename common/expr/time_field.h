/* SPDX-License-Identifier: Apache-2.0
 *
 * time_field - the parts of a time that extract and date_trunc name. Private to common/expr.
 */
#ifndef LEAT_COMMON_EXPR_TIME_FIELD_H
#define LEAT_COMMON_EXPR_TIME_FIELD_H

#include "common/columns/type.h"

typedef enum leat_time_field {
    LEAT_FIELD_MICROSECOND, /* of the minute, as PostgreSQL counts them */
    LEAT_FIELD_MILLISECOND,
    LEAT_FIELD_SECOND,
    LEAT_FIELD_MINUTE,
    LEAT_FIELD_HOUR,
    LEAT_FIELD_DAY,
    LEAT_FIELD_WEEK, /* ISO: Monday first, week 1 has the year's first Thursday */
    LEAT_FIELD_MONTH,
    LEAT_FIELD_QUARTER,
    LEAT_FIELD_YEAR,
    LEAT_FIELD_ISOYEAR, /* the year of the ISO week */
    LEAT_FIELD_DOW,     /* 0 = Sunday */
    LEAT_FIELD_ISODOW,  /* 7 = Sunday */
    LEAT_FIELD_DOY,     /* from 1 */
    LEAT_FIELD_EPOCH,   /* seconds since 1970 */
    LEAT_FIELD_COUNT
} leat_time_field;

/* Singular or plural, in any case; LEAT_FIELD_COUNT when it is none. */
leat_time_field leat_time_field_find(leat_bytes name);
/* What extract gives: bigint, or a decimal where there are fractions. */
leat_type leat_time_field_type(leat_time_field field);

#endif
