/* SPDX-License-Identifier: Apache-2.0
 *
 * order - how two values of a type compare; one place for comparisons, min, max and greatest.
 *
 * Private to common/expr. false < true; text bytewise; NaN equals itself and is the largest
 * double, as in keys and in PostgreSQL; intervals by length, a month being 30 days and a day 24
 * hours. EQ and LT are macros so that loops over plain numbers vectorise.
 */
#ifndef LEAT_COMMON_EXPR_ORDER_H
#define LEAT_COMMON_EXPR_ORDER_H

#include "common/columns/type.h"

#define LEAT_PLAIN_EQ(x, y) ((x) == (y))
#define LEAT_PLAIN_LT(x, y) ((x) < (y))

/* Bitwise on purpose: no branches. */
#define LEAT_REAL_EQ(x, y) (((x) == (y)) | (((x) != (x)) & ((y) != (y))))
#define LEAT_REAL_LT(x, y) (((x) < (y)) | (((y) != (y)) & ((x) == (x))))

#define LEAT_VIEW_EQ(x, y) leat_view_equal(&(x), &(y))
#define LEAT_VIEW_LT(x, y) (leat_view_order(&(x), &(y)) < 0)

#define LEAT_SPAN_EQ(x, y) (leat_interval_length(x) == leat_interval_length(y))
#define LEAT_SPAN_LT(x, y) (leat_interval_length(x) < leat_interval_length(y))

/* The first four bytes (zeros where there are none) decide most of the time. */
static inline int leat_view_order(const leat_view *a, const leat_view *b)
{
    uint32_t x, y;
    memcpy(&x, a->prefix, sizeof x);
    memcpy(&y, b->prefix, sizeof y);
    if (x != y)
        return __builtin_bswap32(x) < __builtin_bswap32(y) ? -1 : 1;
    return leat_bytes_compare(leat_view_bytes(a), leat_view_bytes(b));
}

/* Microseconds. */
static inline leat_i128 leat_interval_length(leat_interval interval)
{
    leat_i128 days = (leat_i128)interval.months * 30 + interval.days;
    return days * 86400 * 1000000 + interval.micros;
}

#endif
