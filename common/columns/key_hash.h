/* SPDX-License-Identifier: Apache-2.0
 *
 * key_hash - the hash of a row's key columns (decisions 17), computed once per row at an exchange.
 *
 * The hash is XXH3-64 over the canonical key bytes: per column a tag byte (0 NULL, 1 value), then
 * integers, timestamps and booleans as 64 bits, doubles with -0 = 0 and one NaN, decimals as 128
 * bits with trailing zeros removed and their scale, intervals as months, days, micros, text as u32
 * length + bytes. For a single non-NULL integer key the bytes are those of the tag and the value,
 * so the fast path hashes nine bytes. Golden vectors in the tests.
 */
#ifndef LEAT_COMMON_COLUMNS_KEY_HASH_H
#define LEAT_COMMON_COLUMNS_KEY_HASH_H

#include "common/columns/rows.h"

/* out_hashes[i] belongs to the i-th *selected* row. key_columns: indices into rows->columns. */
void leat_key_hash(const leat_rows *rows,
                   const uint16_t *key_columns,
                   uint32_t key_count,
                   uint64_t *out_hashes);
/* The canonical key bytes of one row, appended. Two rows have equal keys iff these are equal. */
void leat_key_encode(const leat_rows *rows,
                     const uint16_t *key_columns,
                     uint32_t key_count,
                     uint32_t position,
                     leat_buf *out);

/* The key group of a hash: its top bits scaled to [0, key_groups). */
static inline uint32_t leat_key_group_of(uint64_t hash, uint32_t key_groups)
{
    return (uint32_t)(((leat_u128)hash * key_groups) >> 64);
}

#endif
