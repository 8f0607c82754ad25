/* SPDX-License-Identifier: Apache-2.0
 *
 * sort_key - ORDER BY columns as bytes that compare with memcmp: the order bytes of entries.
 *
 * Per column a byte for NULL, then the value: integers, doubles and intervals big endian with the
 * sign flipped, text with zeros escaped and an end mark; everything inverted when descending.
 * Order and equality are those of comparisons (NaN is the largest double, -0 = 0).
 */
#ifndef LEAT_WORKER_OPERATORS_SORT_KEY_H
#define LEAT_WORKER_OPERATORS_SORT_KEY_H

#include "common/columns/rows.h"
#include "common/plan/logical.h"

/* Append the key of the row at position `at`. */
void leat_sort_key_write(const leat_order *orders,
                         uint32_t order_count,
                         const leat_rows *rows,
                         uint32_t at,
                         leat_buf *out);

/* A time, or an arrival number, in ascending order. */
static inline void leat_sort_key_add_time(leat_buf *out, int64_t time)
{
    leat_buf_add_u64(out, __builtin_bswap64((uint64_t)time ^ (UINT64_C(1) << 63)));
}

static inline int64_t leat_sort_key_time(const char *bytes)
{
    uint64_t time;
    memcpy(&time, bytes, sizeof time);
    return (int64_t)(__builtin_bswap64(time) ^ (UINT64_C(1) << 63));
}

static inline void leat_sort_key_add_number(leat_buf *out, uint64_t number)
{
    leat_buf_add_u64(out, __builtin_bswap64(number));
}

#endif
