/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/sort_key.h"

#include "common/base/assert.h"

enum { NULL_FIRST = 0, VALUE = 1, NULL_LAST = 2 };

static void add_wide(leat_buf *out, leat_i128 value)
{
    leat_buf_add_u64(out, __builtin_bswap64((uint64_t)(value >> 64) ^ (UINT64_C(1) << 63)));
    leat_buf_add_u64(out, __builtin_bswap64((uint64_t)value));
}

static void add_double(leat_buf *out, double value)
{
    value = value == 0 ? 0 : value != value ? __builtin_nan("") : value;
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    leat_buf_add_u64(out, __builtin_bswap64(bits));
}

/* A zero byte becomes 00 ff; 00 00 ends the text, so that a prefix sorts first. */
static void add_text(leat_buf *out, leat_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        leat_buf_add_u8(out, (uint8_t)text.data[i]);
        if (text.data[i] == 0)
            leat_buf_add_u8(out, UINT8_MAX);
    }
    leat_buf_add_u16(out, 0);
}

/* Months are 30 days, days 24 hours, as in comparisons. */
static leat_i128 interval_length(leat_interval interval)
{
    leat_i128 days = (leat_i128)interval.months * 30 + interval.days;
    return days * 86400 * 1000000 + interval.micros;
}

static void add_value(leat_buf *out, const leat_column *column, uint32_t at)
{
    if (column->type.id == LEAT_TYPE_DECIMAL) {
        add_wide(out, leat_column_integer(column, at));
        return;
    }
    switch ((leat_layout)column->layout) {
    case LEAT_LAYOUT_BIT:
        leat_buf_add_u8(out, leat_bit_get(column->values, column->is_constant ? 0 : at));
        return;
    case LEAT_LAYOUT_I32:
        leat_sort_key_add_time(out, LEAT_COLUMN_GET(column, int32_t, at));
        return;
    case LEAT_LAYOUT_I64:
        leat_sort_key_add_time(out, LEAT_COLUMN_GET(column, int64_t, at));
        return;
    case LEAT_LAYOUT_F64:
        add_double(out, LEAT_COLUMN_GET(column, double, at));
        return;
    case LEAT_LAYOUT_INTERVAL:
        add_wide(out, interval_length(LEAT_COLUMN_GET(column, leat_interval, at)));
        return;
    case LEAT_LAYOUT_VIEW:
        add_text(out, leat_view_bytes(&LEAT_COLUMN_GET(column, leat_view, at)));
        return;
    case LEAT_LAYOUT_I128: /* decimals only */
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

void leat_sort_key_write(const leat_order *orders,
                         uint32_t order_count,
                         const leat_rows *rows,
                         uint32_t at,
                         leat_buf *out)
{
    for (uint32_t i = 0; i < order_count; i++) {
        const leat_column *column = &rows->columns[orders[i].column];
        if (column->type.id == LEAT_TYPE_UNKNOWN || leat_column_is_null(column, at)) {
            leat_buf_add_u8(out, orders[i].nulls_first ? NULL_FIRST : NULL_LAST);
            continue;
        }
        leat_buf_add_u8(out, VALUE);
        size_t start = out->size;
        add_value(out, column, at);
        for (size_t b = start; orders[i].is_descending && b < out->size; b++)
            out->data[b] = (char)~out->data[b];
    }
}
