/* SPDX-License-Identifier: Apache-2.0
 *
 * crc32c - the Castagnoli checksum (polynomial 0x1EDC6F41) that guards every stored record.
 *
 * Uses the SSE4.2 instruction where the processor has it, a table of 8 x 256 words elsewhere;
 * both give the same value (tested). Thread: any.
 */
#ifndef LEAT_COMMON_BASE_CRC32C_H
#define LEAT_COMMON_BASE_CRC32C_H

#include "common/base/bytes.h"

/* The checksum of `size` bytes. crc32c("123456789") == 0xE3069283. */
uint32_t leat_crc32c(const void *data, size_t size);

/* Go on from the checksum of what came before: extend(crc32c(a), b) == crc32c(ab). */
uint32_t leat_crc32c_extend(uint32_t crc, const void *data, size_t size);

/* The portable path, for the test that compares the two. */
uint32_t leat_crc32c_extend_table(uint32_t crc, const void *data, size_t size);

#endif
