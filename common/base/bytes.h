/* SPDX-License-Identifier: Apache-2.0
 *
 * bytes - a borrowed run of bytes or text, and a cursor that reads it with bounds checks.
 *
 * A `leat_bytes` owns nothing: it is valid as long as what it points into. Text is UTF-8 and
 * not NUL-terminated; print it with "%.*s", LEAT_FMT(text).
 */
#ifndef LEAT_COMMON_BASE_BYTES_H
#define LEAT_COMMON_BASE_BYTES_H

#include <stdbool.h>
#include <string.h>

#include "common/base/attrs.h"

typedef struct leat_bytes {
    const char *data; /* may be NULL when size is 0 */
    size_t size;
} leat_bytes;

#define LEAT_BYTES(literal) ((leat_bytes){(literal), sizeof(literal) - 1})
#define LEAT_FMT(b)         (int)(b).size, (b).data

static inline leat_bytes leat_bytes_of(const void *data, size_t size)
{
    return (leat_bytes){data, size};
}

static inline leat_bytes leat_bytes_text(const char *text)
{
    return (leat_bytes){text, strlen(text)};
}

static inline bool leat_bytes_equal(leat_bytes a, leat_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Bytewise order; a prefix sorts first. */
static inline int leat_bytes_compare(leat_bytes a, leat_bytes b)
{
    size_t common = LEAT_MIN(a.size, b.size);
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

/* Reads forward; once a read runs past the end, `is_short` stays set, reads give zeros, and the
 * caller checks once at the end. Numbers are little endian. */
typedef struct leat_cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool is_short;
} leat_cursor;

static inline leat_cursor leat_cursor_over(leat_bytes bytes)
{
    const uint8_t *start = (const uint8_t *)bytes.data;
    return (leat_cursor){start, start + bytes.size, false};
}

static inline const void *leat_cursor_take(leat_cursor *c, size_t size)
{
    if (LEAT_UNLIKELY((size_t)(c->end - c->at) < size)) {
        c->is_short = true;
        return NULL;
    }
    const void *taken = c->at;
    c->at += size;
    return taken;
}

#define LEAT_CURSOR_READ(name, type)                                                               \
    static inline type leat_cursor_##name(leat_cursor *c)                                          \
    {                                                                                              \
        type value = 0;                                                                            \
        const void *from = leat_cursor_take(c, sizeof value);                                      \
        if (from != NULL)                                                                          \
            memcpy(&value, from, sizeof value);                                                    \
        return value;                                                                              \
    }
LEAT_CURSOR_READ(u8, uint8_t)
LEAT_CURSOR_READ(u16, uint16_t)
LEAT_CURSOR_READ(u32, uint32_t)
LEAT_CURSOR_READ(u64, uint64_t)
LEAT_CURSOR_READ(i64, int64_t)
#undef LEAT_CURSOR_READ

/* u32 length, then that many bytes; borrowed from the cursor's bytes. */
static inline leat_bytes leat_cursor_bytes(leat_cursor *c)
{
    size_t size = leat_cursor_u32(c);
    const void *data = leat_cursor_take(c, size);
    return data == NULL ? (leat_bytes){NULL, 0} : leat_bytes_of(data, size);
}

LEAT_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "formats are little endian");

#endif
