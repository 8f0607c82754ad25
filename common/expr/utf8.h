/* SPDX-License-Identifier: Apache-2.0
 *
 * utf8 - code points in text. Private to common/expr.
 *
 * Text is UTF-8 by contract, but nothing here relies on it: a byte that cannot stand where it is
 * counts as one character, and no function reads past the end.
 */
#ifndef LEAT_COMMON_EXPR_UTF8_H
#define LEAT_COMMON_EXPR_UTF8_H

#include "common/base/bytes.h"

static inline bool leat_utf8_continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes of the character at `at`; at < text.size. */
static inline size_t leat_utf8_size(leat_bytes text, size_t at)
{
    size_t end = at + 1;
    if ((unsigned char)text.data[at] < 0xc0)
        return 1;
    while (end < text.size && end < at + 4 && leat_utf8_continues(text.data[end]))
        end++;
    return end - at;
}

static inline size_t leat_utf8_count(leat_bytes text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.size; at += leat_utf8_size(text, at))
        count++;
    return count;
}

/* Where character `index` starts; text.size when there are not so many. */
static inline size_t leat_utf8_offset(leat_bytes text, size_t index)
{
    size_t at = 0;
    for (; index > 0 && at < text.size; index--)
        at += leat_utf8_size(text, at);
    return at;
}

/* Where the character before `end` starts; end > 0. */
static inline size_t leat_utf8_before(leat_bytes text, size_t end)
{
    size_t at = end - 1;
    while (at > 0 && end - at < 4 && leat_utf8_continues(text.data[at]))
        at--;
    return at + leat_utf8_size(text, at) == end ? at : end - 1;
}

static inline leat_bytes leat_utf8_part(leat_bytes text, size_t start, size_t end)
{
    return leat_bytes_of(text.data + start, end - start);
}

#endif
