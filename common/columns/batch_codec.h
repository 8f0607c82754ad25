/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_codec - rows to bytes and back, for channels between workers (decisions 19).
 *
 * A block: u8 version, u8 flags (1 lz4, 2 changes), u32 rows, u32 raw bytes, u32 stored bytes,
 * then u16 columns, per column its type, layout, validity (if any), values; text as u32 end offsets
 * and bytes; then a change byte per row (if any).
 * Little endian. Decoding checks every length against the block and copies into aligned memory: a
 * hostile or cut block gives LEAT_CORRUPT, never a crash; the input may lie at any address.
 */
#ifndef LEAT_COMMON_COLUMNS_BATCH_CODEC_H
#define LEAT_COMMON_COLUMNS_BATCH_CODEC_H

#include "common/columns/batch.h"

typedef enum leat_compression { LEAT_COMPRESSION_NONE, LEAT_COMPRESSION_LZ4 } leat_compression;

/* Append the selected rows. */
void leat_batch_encode(const leat_rows *rows, leat_compression compression, leat_buf *out);
/* `schema` must be the one the sender used; types and layouts are checked against it. */
LEAT_MUST_USE leat_code leat_batch_decode(leat_bytes block,
                                          const leat_schema *schema,
                                          leat_batch **out_batch,
                                          leat_error *err);

#endif
