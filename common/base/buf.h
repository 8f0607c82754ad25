/* SPDX-License-Identifier: Apache-2.0
 *
 * buf - a growing run of bytes with one owner. `fini` is safe on zeroed memory; a zeroed
 * leat_buf is a valid empty one.
 */
#ifndef LEAT_COMMON_BASE_BUF_H
#define LEAT_COMMON_BASE_BUF_H

#include "common/base/bytes.h"

typedef struct leat_buf {
    char *data;      /* owned; NULL while empty */
    size_t size;     /* bytes in use */
    size_t capacity; /* bytes allocated */
} leat_buf;

void leat_buf_fini(leat_buf *buf);
void leat_buf_clear(leat_buf *buf); /* keeps the memory */

/* Make room for `more` further bytes and return where they go; does not change size. */
char *leat_buf_reserve(leat_buf *buf, size_t more);
void leat_buf_add(leat_buf *buf, const void *data, size_t size);
void leat_buf_add_text(leat_buf *buf, const char *text);
void leat_buf_add_char(leat_buf *buf, char c);
void leat_buf_add_u8(leat_buf *buf, uint8_t value);
void leat_buf_add_u16(leat_buf *buf, uint16_t value); /* little endian, as leat_cursor reads */
void leat_buf_add_u32(leat_buf *buf, uint32_t value);
void leat_buf_add_u64(leat_buf *buf, uint64_t value);
void leat_buf_add_bytes(leat_buf *buf, leat_bytes bytes); /* u32 length, then the bytes */
void leat_buf_print(leat_buf *buf, const char *format, ...) LEAT_PRINTF(2, 3);

static inline leat_bytes leat_buf_bytes(const leat_buf *buf)
{
    return leat_bytes_of(buf->data, buf->size);
}

/* NUL-terminate (not counted in size) and return the text; valid until the next change. */
const char *leat_buf_text(leat_buf *buf);

#endif
