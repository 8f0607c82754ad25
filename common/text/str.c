/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text/str.h"

#include "common/base/limits.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

leat_bytes leat_str_trim(leat_bytes text)
{
    while (text.size > 0 && is_space(text.data[0]))
        text = leat_bytes_of(text.data + 1, text.size - 1);
    while (text.size > 0 && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

bool leat_str_equal_nocase(leat_bytes a, leat_bytes b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

bool leat_str_begins(leat_bytes text, leat_bytes prefix)
{
    return text.size >= prefix.size &&
           leat_bytes_equal(leat_bytes_of(text.data, prefix.size), prefix);
}

bool leat_str_ends(leat_bytes text, leat_bytes suffix)
{
    return text.size >= suffix.size &&
           leat_bytes_equal(leat_bytes_of(text.data + text.size - suffix.size, suffix.size),
                            suffix);
}

bool leat_str_split(leat_bytes *rest, char separator, leat_bytes *out_part)
{
    if (rest->data == NULL)
        return false;
    const char *at = rest->size == 0 ? NULL : memchr(rest->data, separator, rest->size);
    if (at == NULL) {
        *out_part = *rest;
        *rest = (leat_bytes){NULL, 0};
        return true;
    }
    size_t size = (size_t)(at - rest->data);
    *out_part = leat_bytes_of(rest->data, size);
    *rest = leat_bytes_of(at + 1, rest->size - size - 1);
    return true;
}

bool leat_str_to_u64(leat_bytes text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.size == 0)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]) || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

bool leat_str_to_i64(leat_bytes text, int64_t *out)
{
    uint64_t value;
    bool is_negative = text.size > 0 && text.data[0] == '-';
    bool has_sign = is_negative || (text.size > 0 && text.data[0] == '+');
    if (has_sign)
        text = leat_bytes_of(text.data + 1, text.size - 1);
    if (!leat_str_to_u64(text, &value) || value > (uint64_t)INT64_MAX + is_negative)
        return false;
    *out = is_negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

bool leat_str_to_size(leat_bytes text, uint64_t *out_bytes)
{
    static const struct {
        const char *name;
        unsigned shift;
    } units[] = {{"", 0},     {"b", 0},   {"k", 10},   {"kb", 10}, {"kib", 10},
                 {"m", 20},   {"mb", 20}, {"mib", 20}, {"g", 30},  {"gb", 30},
                 {"gib", 30}, {"t", 40},  {"tb", 40},  {"tib", 40}};
    size_t digits = 0;
    uint64_t value;
    while (digits < text.size && is_digit(text.data[digits]))
        digits++;
    if (!leat_str_to_u64(leat_bytes_of(text.data, digits), &value))
        return false;
    leat_bytes unit = leat_str_trim(leat_bytes_of(text.data + digits, text.size - digits));
    for (size_t i = 0; i < LEAT_COUNT_OF(units); i++) {
        if (!leat_str_equal_nocase(unit, leat_bytes_text(units[i].name)))
            continue;
        if (value > UINT64_MAX >> units[i].shift)
            return false;
        *out_bytes = value << units[i].shift;
        return true;
    }
    return false;
}

bool leat_str_is_name(leat_bytes text)
{
    if (text.size == 0 || text.size > LEAT_NAME_BYTES_MAX || is_digit(text.data[0]) ||
        text.data[0] == '-')
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = lower(text.data[i]);
        if (!((c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-'))
            return false;
    }
    return true;
}

/* Bytes of the well-formed sequence at `at`, 0 when there is none (Unicode 15, table 3-7). */
static size_t utf8_sequence(leat_bytes text, size_t at)
{
    const uint8_t *bytes = (const uint8_t *)text.data + at;
    uint8_t lead = bytes[0];
    if (lead < 0x80)
        return 1;
    size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size - at < size)
        return 0;
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

size_t leat_str_utf8_size(leat_bytes text)
{
    size_t at = 0;
    while (at < text.size) {
        size_t size = utf8_sequence(text, at);
        if (size == 0)
            break;
        at += size;
    }
    return at;
}
