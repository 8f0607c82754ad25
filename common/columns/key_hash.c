/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/key_hash.h"

#include <math.h>

/* Inlined: the library call would cost more than hashing nine bytes. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/base/assert.h"

enum { TAG_NULL = 0, TAG_VALUE = 1, TEXT_SHORT_MAX = 256 };

static void tagged_u64(leat_buf *out, uint64_t value)
{
    leat_buf_add_u8(out, TAG_VALUE);
    leat_buf_add_u64(out, value);
}

static uint64_t double_bits(double value)
{
    if (isnan(value))
        return UINT64_C(0x7ff8000000000000);
    uint64_t bits = 0;
    value = value == 0 ? 0 : value; /* -0 = 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* 1.50 and 1.5 are one key whatever the scale of their columns. */
static void decimal_encode(leat_i128 value, unsigned scale, leat_buf *out)
{
    while (scale > 0 && value == (leat_i128)(int64_t)value && (int64_t)value % 10 == 0) {
        value = (int64_t)value / 10;
        scale--;
    }
    while (scale > 0 && value % 10 == 0) {
        value /= 10;
        scale--;
    }
    leat_buf_add_u8(out, TAG_VALUE);
    leat_buf_add(out, &value, sizeof value);
    leat_buf_add_u8(out, (uint8_t)scale);
}

static void cell_encode(const leat_column *column, uint32_t at, leat_buf *out)
{
    if (column->type.id == LEAT_TYPE_UNKNOWN || leat_column_is_null(column, at)) {
        leat_buf_add_u8(out, TAG_NULL);
        return;
    }
    if (column->type.id == LEAT_TYPE_DECIMAL) {
        decimal_encode(leat_column_integer(column, at), column->type.scale, out);
        return;
    }
    switch ((leat_layout)column->layout) {
    case LEAT_LAYOUT_BIT:
        tagged_u64(out, leat_bit_get(column->values, column->is_constant ? 0 : at));
        return;
    case LEAT_LAYOUT_I32:
        tagged_u64(out, (uint64_t)(int64_t)LEAT_COLUMN_GET(column, int32_t, at));
        return;
    case LEAT_LAYOUT_I64:
        tagged_u64(out, (uint64_t)LEAT_COLUMN_GET(column, int64_t, at));
        return;
    case LEAT_LAYOUT_F64:
        tagged_u64(out, double_bits(LEAT_COLUMN_GET(column, double, at)));
        return;
    case LEAT_LAYOUT_INTERVAL:
        leat_buf_add_u8(out, TAG_VALUE);
        leat_buf_add(out, &LEAT_COLUMN_GET(column, leat_interval, at), sizeof(leat_interval));
        return;
    case LEAT_LAYOUT_VIEW:
        leat_buf_add_u8(out, TAG_VALUE);
        leat_buf_add_bytes(out, leat_view_bytes(&LEAT_COLUMN_GET(column, leat_view, at)));
        return;
    case LEAT_LAYOUT_I128: /* decimals only */
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

void leat_key_encode(const leat_rows *rows,
                     const uint16_t *key_columns,
                     uint32_t key_count,
                     uint32_t position,
                     leat_buf *out)
{
    for (uint32_t k = 0; k < key_count; k++)
        cell_encode(&rows->columns[key_columns[k]], position, out);
}

/* XXH3-64 of the nine bytes (tag, value), without laying them out in memory first: the overlapping
 * loads would wait for the stores. XXH3's branch for 9 to 16 bytes with its default secret. */
static inline uint64_t hash_i64(int64_t value)
{
    const uint64_t flip_low = UINT64_C(0x6782737bea4239b9),
                   flip_high = UINT64_C(0xaf56bc3b0996523a);
    uint64_t low = ((uint64_t)value << 8 | TAG_VALUE) ^ flip_low;
    uint64_t high = (uint64_t)value ^ flip_high;
    leat_u128 product = (leat_u128)low * high;
    uint64_t hash =
        9 + __builtin_bswap64(low) + high + ((uint64_t)product ^ (uint64_t)(product >> 64));
    hash ^= hash >> 37;
    hash *= UINT64_C(0x165667919e3779f9);
    return hash ^ hash >> 32;
}

static void hash_i64_column(const leat_rows *rows, const int64_t *values, uint64_t *out_hashes)
{
    if (rows->selected == NULL) {
        for (uint32_t i = 0; i < rows->row_count; i++)
            out_hashes[i] = hash_i64(values[i]);
        return;
    }
    for (uint32_t i = 0; i < rows->selected_count; i++)
        out_hashes[i] = hash_i64(values[rows->selected[i]]);
}

static void hash_i32_column(const leat_rows *rows, const int32_t *values, uint64_t *out_hashes)
{
    for (uint32_t i = 0; i < rows->selected_count; i++)
        out_hashes[i] = hash_i64(values[leat_rows_at(rows, i)]);
}

/* What stood under the NULLs was hashed as if it were a value: put that right. */
static void hash_nulls(const leat_rows *rows, const leat_column *key, uint64_t *out_hashes)
{
    static const uint8_t tag = TAG_NULL;
    if (key->validity == NULL)
        return;
    uint64_t null_hash = XXH3_64bits(&tag, sizeof tag);
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        if (leat_column_is_null(key, leat_rows_at(rows, i)))
            out_hashes[i] = null_hash;
    }
}

static inline uint64_t hash_text(leat_bytes text, leat_buf *scratch)
{
    uint8_t bytes[1 + sizeof(uint32_t) + TEXT_SHORT_MAX];
    if (text.size <= TEXT_SHORT_MAX) {
        uint32_t size = (uint32_t)text.size;
        bytes[0] = TAG_VALUE;
        memcpy(bytes + 1, &size, sizeof size);
        memcpy(bytes + 1 + sizeof size, text.data, text.size);
        return XXH3_64bits(bytes, 1 + sizeof size + text.size);
    }
    leat_buf_clear(scratch);
    leat_buf_add_u8(scratch, TAG_VALUE);
    leat_buf_add_bytes(scratch, text);
    return XXH3_64bits(scratch->data, scratch->size);
}

static void hash_text_column(const leat_rows *rows, const leat_column *key, uint64_t *out_hashes)
{
    const leat_view *values = key->values;
    leat_buf scratch = {0};
    for (uint32_t i = 0; i < rows->selected_count; i++)
        out_hashes[i] = hash_text(leat_view_bytes(&values[leat_rows_at(rows, i)]), &scratch);
    leat_buf_fini(&scratch);
}

/* The keys that most jobs have. False: none of them. */
static bool hash_single(const leat_rows *rows, const leat_column *key, uint64_t *out_hashes)
{
    if (key->is_constant || key->type.id == LEAT_TYPE_DECIMAL)
        return false;
    if (key->layout == LEAT_LAYOUT_VIEW && key->validity == NULL) {
        hash_text_column(rows, key, out_hashes);
        return true;
    }
    if (key->layout == LEAT_LAYOUT_I64)
        hash_i64_column(rows, key->values, out_hashes);
    else if (key->layout == LEAT_LAYOUT_I32)
        hash_i32_column(rows, key->values, out_hashes);
    else
        return false;
    hash_nulls(rows, key, out_hashes);
    return true;
}

void leat_key_hash(const leat_rows *rows,
                   const uint16_t *key_columns,
                   uint32_t key_count,
                   uint64_t *out_hashes)
{
    if (key_count == 1 && hash_single(rows, &rows->columns[key_columns[0]], out_hashes))
        return;
    leat_buf scratch = {0};
    leat_buf_reserve(&scratch, 1); /* no key columns: the hash of nothing, from valid memory */
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        leat_buf_clear(&scratch);
        leat_key_encode(rows, key_columns, key_count, leat_rows_at(rows, i), &scratch);
        out_hashes[i] = XXH3_64bits(scratch.data, scratch.size);
    }
    leat_buf_fini(&scratch);
}
