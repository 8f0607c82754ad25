/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/json_scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { SURROGATE_FIRST = 0xD800, SURROGATE_LOW = 0xDC00, SURROGATE_END = 0xE000 };

#if defined(__SSE2__)
enum { BLOCK_BYTES = 16 };

/* Bit i of the answer: byte i is a quote or a backslash. */
static inline unsigned block_specials(const char *at)
{
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i quotes = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    __m128i slashes = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(quotes, slashes));
}

/* Not 0: some byte is a quote, a backslash or a control character. */
static inline unsigned block_needs_escape(const char *at)
{
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i last_control = _mm_set1_epi8(0x1f);
    __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block);
    return (unsigned)_mm_movemask_epi8(controls) | block_specials(at);
}

static inline unsigned specials_first(unsigned specials)
{
    return (unsigned)__builtin_ctz(specials);
}
#else
enum { BLOCK_BYTES = 8 };

/* The high bit of byte i of the answer: byte i is a quote or a backslash (exact for the lowest
 * one, which is all that is used). */
static inline uint64_t block_specials(const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t block;
    memcpy(&block, at, sizeof block);
    uint64_t quotes = block ^ (ones * '"');
    uint64_t slashes = block ^ (ones * '\\');
    return (((quotes - ones) & ~quotes) | ((slashes - ones) & ~slashes)) & (ones << 7);
}

static inline uint64_t block_needs_escape(const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t block;
    memcpy(&block, at, sizeof block);
    uint64_t controls = (block - ones * 0x20) & ~block & (ones << 7);
    return controls | block_specials(at);
}

static inline unsigned specials_first(uint64_t specials)
{
    return (unsigned)__builtin_ctzll(specials) / 8;
}
#endif

static const char *special_find(const char *at, const char *end)
{
    for (; end - at >= BLOCK_BYTES; at += BLOCK_BYTES) {
        __auto_type specials = block_specials(at);
        if (specials != 0)
            return at + specials_first(specials);
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

const char *leat_json_scan_string(const char *at, const char *end, bool *out_escaped)
{
    bool is_escaped = false;
    for (;;) {
        at = special_find(at, end);
        if (at == end)
            return NULL;
        if (*at == '"')
            break;
        is_escaped = true;
        if (end - at < 2)
            return NULL;
        at += 2;
    }
    *out_escaped = is_escaped;
    return at;
}

bool leat_json_is_plain(leat_bytes text)
{
    const char *at = text.data;
    const char *end = at + text.size;
    for (; end - at >= BLOCK_BYTES; at += BLOCK_BYTES) {
        if (block_needs_escape(at) != 0)
            return false;
    }
    for (; at < end; at++) {
        if ((unsigned char)*at < ' ' || *at == '"' || *at == '\\')
            return false;
    }
    return true;
}

/* Objects and arrays: a bit per open bracket says which. */
static const char *nested_skip(const char *at, const char *end)
{
    uint64_t kinds = 0;
    int depth = 0;
    bool is_escaped;
    for (; at < end; at++) {
        if (*at == '"') {
            at = leat_json_scan_string(at + 1, end, &is_escaped);
            if (at == NULL)
                return NULL;
        } else if (*at == '{' || *at == '[') {
            if (++depth > LEAT_JSON_SCAN_DEPTH_MAX)
                return NULL;
            kinds = kinds << 1 | (*at == '{');
        } else if (*at == '}' || *at == ']') {
            if ((kinds & 1) != (*at == '}'))
                return NULL;
            kinds >>= 1;
            if (--depth == 0)
                return at + 1;
        }
    }
    return NULL;
}

const char *leat_json_scan_value(const char *at, const char *end)
{
    if (at == end)
        return NULL;
    if (*at == '"') {
        bool is_escaped;
        at = leat_json_scan_string(at + 1, end, &is_escaped);
        return at == NULL ? NULL : at + 1;
    }
    if (*at == '{' || *at == '[')
        return nested_skip(at, end);
    const char *start = at;
    while (at < end && *at != ',' && *at != '}' && *at != ']' && (unsigned char)*at > ' ')
        at++;
    return at == start ? NULL : at;
}

static int hex4(const char *at)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static void utf8_add(uint32_t point, leat_buf *out)
{
    char *to = leat_buf_reserve(out, 4);
    if (point < 0x80) {
        to[0] = (char)point;
        out->size += 1;
    } else if (point < 0x800) {
        to[0] = (char)(0xC0 | point >> 6);
        to[1] = (char)(0x80 | (point & 0x3F));
        out->size += 2;
    } else if (point < 0x10000) {
        to[0] = (char)(0xE0 | point >> 12);
        to[1] = (char)(0x80 | (point >> 6 & 0x3F));
        to[2] = (char)(0x80 | (point & 0x3F));
        out->size += 3;
    } else {
        to[0] = (char)(0xF0 | point >> 18);
        to[1] = (char)(0x80 | (point >> 12 & 0x3F));
        to[2] = (char)(0x80 | (point >> 6 & 0x3F));
        to[3] = (char)(0x80 | (point & 0x3F));
        out->size += 4;
    }
}

/* XXXX of \uXXXX, with the low half that may follow. */
static const char *unicode_take(const char *at, const char *end, leat_buf *out)
{
    int unit = end - at < 4 ? -1 : hex4(at);
    if (unit < 0)
        return NULL;
    at += 4;
    if (unit < SURROGATE_FIRST || unit >= SURROGATE_END) {
        utf8_add((uint32_t)unit, out);
        return at;
    }
    int low = -1;
    if (unit < SURROGATE_LOW && end - at >= 6 && at[0] == '\\' && at[1] == 'u')
        low = hex4(at + 2);
    if (low < SURROGATE_LOW || low >= SURROGATE_END) {
        utf8_add(0xFFFD, out);
        return at;
    }
    utf8_add((uint32_t)(0x10000 + ((unit - SURROGATE_FIRST) << 10) + (low - SURROGATE_LOW)), out);
    return at + 6;
}

bool leat_json_unescape(leat_bytes escaped, leat_buf *out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *at = escaped.data;
    const char *end = at + escaped.size;
    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        if (slash == NULL)
            slash = end;
        leat_buf_add(out, at, (size_t)(slash - at));
        if (slash == end)
            return true;
        if (end - slash < 2)
            return false;
        const char *kind = slash[1] == '\0' ? NULL : strchr(from, slash[1]);
        at = slash + 2;
        if (kind != NULL) {
            leat_buf_add_char(out, to[kind - from]);
        } else {
            at = slash[1] == 'u' ? unicode_take(at, end, out) : NULL;
            if (at == NULL)
                return false;
        }
    }
    return true;
}
