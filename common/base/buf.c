/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"

void leat_buf_fini(leat_buf *buf)
{
    leat_free(buf->data);
    *buf = (leat_buf){0};
}

void leat_buf_clear(leat_buf *buf)
{
    buf->size = 0;
}

char *leat_buf_reserve(leat_buf *buf, size_t more)
{
    if (LEAT_LIKELY(buf->capacity - buf->size >= more))
        return buf->data + buf->size;
    size_t capacity = LEAT_MAX(buf->capacity * 2, (size_t)64);
    while (capacity - buf->size < more)
        capacity *= 2;
    buf->data = leat_realloc(buf->data, capacity);
    buf->capacity = capacity;
    return buf->data + buf->size;
}

void leat_buf_add(leat_buf *buf, const void *data, size_t size)
{
    if (size == 0)
        return;
    memcpy(leat_buf_reserve(buf, size), data, size);
    buf->size += size;
}

void leat_buf_add_text(leat_buf *buf, const char *text)
{
    leat_buf_add(buf, text, strlen(text));
}

void leat_buf_add_char(leat_buf *buf, char c)
{
    leat_buf_add(buf, &c, 1);
}

void leat_buf_add_u8(leat_buf *buf, uint8_t value)
{
    leat_buf_add(buf, &value, sizeof value);
}

void leat_buf_add_u16(leat_buf *buf, uint16_t value)
{
    leat_buf_add(buf, &value, sizeof value);
}

void leat_buf_add_u32(leat_buf *buf, uint32_t value)
{
    leat_buf_add(buf, &value, sizeof value);
}

void leat_buf_add_u64(leat_buf *buf, uint64_t value)
{
    leat_buf_add(buf, &value, sizeof value);
}

void leat_buf_add_bytes(leat_buf *buf, leat_bytes bytes)
{
    LEAT_ASSERT(bytes.size <= UINT32_MAX);
    leat_buf_add_u32(buf, (uint32_t)bytes.size);
    leat_buf_add(buf, bytes.data, bytes.size);
}

void leat_buf_print(leat_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    LEAT_ASSERT(size >= 0);
    vsnprintf(leat_buf_reserve(buf, (size_t)size + 1), (size_t)size + 1, format, again);
    va_end(again);
    buf->size += (size_t)size;
}

const char *leat_buf_text(leat_buf *buf)
{
    *leat_buf_reserve(buf, 1) = '\0';
    return buf->data;
}
