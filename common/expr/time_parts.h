/* SPDX-License-Identifier: Apache-2.0
 *
 * time_parts - arithmetic of days and weeks that extract and the patterns share.
 * Private to common/expr.
 */
#ifndef LEAT_COMMON_EXPR_TIME_PARTS_H
#define LEAT_COMMON_EXPR_TIME_PARTS_H

#include "common/columns/time_text.h"

static inline int64_t leat_floor_divide(int64_t value, int64_t unit)
{
    return value / unit - (value % unit < 0);
}

/* Monday is 0; 1970-01-01 was a Thursday. */
static inline int64_t leat_weekday_of(int64_t days)
{
    return days + 3 - leat_floor_divide(days + 3, 7) * 7;
}

/* The Thursday of a week decides its year. */
static inline int64_t leat_iso_week(int64_t days, int64_t *out_year)
{
    int64_t thursday = days - leat_weekday_of(days) + 3;
    *out_year = leat_date_of_days(thursday).year;
    return (thursday - leat_date_days((leat_date){*out_year, 1, 1})) / 7 + 1;
}

#endif
