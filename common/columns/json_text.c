/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/json_text.h"

#include <ctype.h>
#include <stdlib.h>

#include "common/base/vec.h"
#include "common/text/json.h"

enum { EXPONENT_MAX = 400, DIGITS_MAX = 2000 };

typedef struct json_input {
    const char *at;
    const char *end;
    unsigned depth;
} json_input;

static void spaces_skip(json_input *in)
{
    while (in->at < in->end && strchr(" \t\r\n", *in->at) != NULL && *in->at != '\0')
        in->at++;
}

static bool char_take(json_input *in, char c)
{
    spaces_skip(in);
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

/* --- Strings. --- */

static bool hex_take(json_input *in, uint32_t *out_code)
{
    *out_code = 0;
    for (int i = 0; i < 4; i++, in->at++) {
        if (in->at == in->end || !isxdigit((unsigned char)*in->at))
            return false;
        unsigned char c = (unsigned char)tolower((unsigned char)*in->at);
        *out_code = *out_code << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

static void utf8_add(uint32_t code, leat_buf *out)
{
    if (code < 0x80) {
        leat_buf_add_char(out, (char)code);
    } else if (code < 0x800) {
        leat_buf_add_char(out, (char)(0xc0 | code >> 6));
        leat_buf_add_char(out, (char)(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        leat_buf_add_char(out, (char)(0xe0 | code >> 12));
        leat_buf_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
        leat_buf_add_char(out, (char)(0x80 | (code & 0x3f)));
    } else {
        leat_buf_add_char(out, (char)(0xf0 | code >> 18));
        leat_buf_add_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
        leat_buf_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
        leat_buf_add_char(out, (char)(0x80 | (code & 0x3f)));
    }
}

/* Behind \u: one code, or the two halves of one. */
static bool unicode_take(json_input *in, leat_buf *out)
{
    uint32_t code, low;
    if (!hex_take(in, &code) || code == 0)
        return false;
    if (code >= 0xd800 && code < 0xdc00) {
        if (in->end - in->at < 2 || in->at[0] != '\\' || in->at[1] != 'u')
            return false;
        in->at += 2;
        if (!hex_take(in, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return false;
    }
    utf8_add(code, out);
    return true;
}

static bool escape_take(json_input *in, leat_buf *out)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (in->at == in->end)
        return false;
    char c = *in->at++;
    if (c == 'u')
        return unicode_take(in, out);
    const char *found = c == '\0' ? NULL : strchr(letters, c);
    if (found == NULL)
        return false;
    leat_buf_add_char(out, meanings[found - letters]);
    return true;
}

/* Behind the opening quote; the text without escapes. */
static bool string_take(json_input *in, leat_buf *out)
{
    while (in->at < in->end && *in->at != '"') {
        unsigned char c = (unsigned char)*in->at++;
        if (c < 0x20)
            return false;
        if (c != '\\')
            leat_buf_add_char(out, (char)c);
        else if (!escape_take(in, out))
            return false;
    }
    if (in->at == in->end)
        return false;
    in->at++;
    return true;
}

/* --- Numbers. --- */

static size_t digits_take(json_input *in, leat_buf *out)
{
    size_t count = 0;
    for (; in->at < in->end && isdigit((unsigned char)*in->at); in->at++, count++)
        leat_buf_add_char(out, *in->at);
    return count;
}

static bool exponent_take(json_input *in, int *out_exponent)
{
    bool is_negative = false;
    int value = 0;
    const char *start;
    if (in->at < in->end && (*in->at == '+' || *in->at == '-'))
        is_negative = *in->at++ == '-';
    start = in->at;
    for (; in->at < in->end && isdigit((unsigned char)*in->at); in->at++)
        value = LEAT_MIN(value * 10 + (*in->at - '0'), EXPONENT_MAX + 1);
    *out_exponent = is_negative ? -value : value;
    return in->at > start && value <= EXPONENT_MAX;
}

/* digits with the point behind `whole` of them, which may lie outside. */
static void number_add(leat_bytes digits, long whole, bool is_negative, leat_buf *out)
{
    bool is_zero = true;
    for (size_t i = 0; i < digits.size; i++)
        is_zero &= digits.data[i] == '0';
    if (is_negative && !is_zero)
        leat_buf_add_char(out, '-');
    long size = (long)digits.size, start = 0;
    while (start + 1 < whole && start < size && digits.data[start] == '0')
        start++;
    if (whole <= 0)
        leat_buf_add_char(out, '0');
    for (long i = start; i < LEAT_MAX(size, whole) || i < whole; i++) {
        if (i == LEAT_MAX(whole, 0L))
            leat_buf_add_char(out, '.');
        if (i == 0 && whole < 0)
            for (long z = whole; z < 0; z++)
                leat_buf_add_char(out, '0');
        leat_buf_add_char(out, i < size ? digits.data[i] : '0');
    }
}

static bool number_take(json_input *in, leat_buf *out)
{
    leat_buf digits = {0};
    bool is_negative = *in->at == '-';
    in->at += is_negative;
    bool is_zero_first = in->at < in->end && *in->at == '0';
    size_t whole = digits_take(in, &digits), fraction = 0;
    bool is_sound = whole == 1 || (whole > 1 && !is_zero_first);
    int exponent = 0;
    if (is_sound && in->at < in->end && *in->at == '.') {
        in->at++;
        fraction = digits_take(in, &digits);
        is_sound = fraction > 0;
    }
    if (is_sound && in->at < in->end && (*in->at == 'e' || *in->at == 'E')) {
        in->at++;
        is_sound = exponent_take(in, &exponent);
    }
    is_sound = is_sound && digits.size <= DIGITS_MAX;
    if (is_sound)
        number_add(leat_buf_bytes(&digits), (long)whole + exponent, is_negative, out);
    leat_buf_fini(&digits);
    return is_sound;
}

/* --- Containers. --- */

static bool value_take(json_input *in, leat_buf *out);

static bool array_take(json_input *in, leat_buf *out)
{
    leat_buf_add_char(out, '[');
    if (!char_take(in, ']')) {
        for (bool is_first = true;; is_first = false) {
            leat_buf_add_text(out, is_first ? "" : ", ");
            if (!value_take(in, out))
                return false;
            if (char_take(in, ']'))
                break;
            if (!char_take(in, ','))
                return false;
        }
    }
    leat_buf_add_char(out, ']');
    return true;
}

typedef struct member {
    const leat_buf *text; /* names without escapes, normalized values */
    size_t name_at, value_at, end;
    size_t place;
} member;

static leat_bytes member_name(const member *m)
{
    return leat_bytes_of(m->text->data + m->name_at, m->value_at - m->name_at);
}

static int member_order(const void *a, const void *b)
{
    const member *x = a, *y = b;
    leat_bytes p = member_name(x), q = member_name(y);
    if (p.size != q.size)
        return p.size < q.size ? -1 : 1;
    int order = leat_bytes_compare(p, q);
    return order != 0 ? order : x->place < y->place ? -1 : x->place > y->place;
}

typedef LEAT_VEC(member) member_list;

static bool members_take(json_input *in, member_list *members, leat_buf *text)
{
    if (char_take(in, '}'))
        return true;
    do {
        member m = {.text = text, .name_at = text->size, .place = members->count};
        if (!char_take(in, '"') || !string_take(in, text) || !char_take(in, ':'))
            return false;
        m.value_at = text->size;
        if (!value_take(in, text))
            return false;
        m.end = text->size;
        leat_vec_push(members, m);
    } while (char_take(in, ','));
    return char_take(in, '}');
}

static bool object_take(json_input *in, leat_buf *out)
{
    member_list members = {0};
    leat_buf text = {0};
    bool is_sound = members_take(in, &members, &text);
    if (is_sound && members.count > 0)
        qsort(members.items, members.count, sizeof *members.items, member_order);
    leat_buf_add_char(out, '{');
    bool is_first = true;
    for (size_t i = 0; is_sound && i < members.count; i++) {
        const member *m = &members.items[i];
        bool is_last = i + 1 == members.count ||
                       !leat_bytes_equal(member_name(m), member_name(&members.items[i + 1]));
        if (!is_last)
            continue;
        leat_buf_add_text(out, is_first ? "" : ", ");
        leat_json_quote(out, member_name(m));
        leat_buf_add_text(out, ": ");
        leat_buf_add(out, text.data + m->value_at, m->end - m->value_at);
        is_first = false;
    }
    leat_buf_add_char(out, '}');
    leat_vec_fini(&members);
    leat_buf_fini(&text);
    return is_sound;
}

static bool word_take(json_input *in, const char *word, leat_buf *out)
{
    size_t size = strlen(word);
    if ((size_t)(in->end - in->at) < size || memcmp(in->at, word, size) != 0)
        return false;
    in->at += size;
    leat_buf_add_text(out, word);
    return true;
}

static bool value_take(json_input *in, leat_buf *out)
{
    spaces_skip(in);
    if (in->at == in->end || ++in->depth > LEAT_JSON_TEXT_DEPTH_MAX)
        return false;
    bool is_sound = false;
    char c = *in->at;
    if (c == '{' || c == '[') {
        in->at++;
        is_sound = c == '{' ? object_take(in, out) : array_take(in, out);
    } else if (c == '"') {
        leat_buf text = {0};
        in->at++;
        is_sound = string_take(in, &text);
        if (is_sound)
            leat_json_quote(out, leat_buf_bytes(&text));
        leat_buf_fini(&text);
    } else if (c == '-' || isdigit((unsigned char)c)) {
        is_sound = number_take(in, out);
    } else {
        is_sound =
            word_take(in, "true", out) || word_take(in, "false", out) || word_take(in, "null", out);
    }
    in->depth--;
    return is_sound;
}

leat_code leat_json_normalize(leat_bytes text, leat_arena *arena, leat_bytes *out_text)
{
    json_input in = {text.data, text.data + text.size, 0};
    leat_buf out = {0};
    bool is_sound = value_take(&in, &out);
    spaces_skip(&in);
    is_sound = is_sound && in.at == in.end;
    if (is_sound)
        *out_text = leat_arena_bytes(arena, leat_buf_bytes(&out));
    leat_buf_fini(&out);
    return is_sound ? LEAT_OK : LEAT_RECORD;
}

/* --- Walking normalized text. --- */

leat_json_kind leat_json_kind_of(leat_bytes json)
{
    switch (json.size == 0 ? 'n' : json.data[0]) {
    case 'n':
        return LEAT_JSON_NULL;
    case 't':
    case 'f':
        return LEAT_JSON_BOOLEAN;
    case '"':
        return LEAT_JSON_STRING;
    case '[':
        return LEAT_JSON_ARRAY;
    case '{':
        return LEAT_JSON_OBJECT;
    default:
        return LEAT_JSON_NUMBER;
    }
}

/* Behind the string's closing quote. */
static size_t string_end(leat_bytes json, size_t at)
{
    for (at++; at < json.size && json.data[at] != '"'; at++)
        at += json.data[at] == '\\';
    return LEAT_MIN(at + 1, json.size);
}

static size_t value_end(leat_bytes json, size_t at)
{
    unsigned depth = 0;
    while (at < json.size) {
        char c = json.data[at];
        if (depth == 0 && (c == ',' || c == ']' || c == '}'))
            return at;
        depth += c == '[' || c == '{';
        depth -= c == ']' || c == '}';
        at = c == '"' ? string_end(json, at) : at + 1;
    }
    return json.size;
}

leat_json_walk leat_json_walk_of(leat_bytes json)
{
    return (leat_json_walk){.json = json};
}

bool leat_json_walk_next(leat_json_walk *walk)
{
    leat_bytes json = walk->json;
    leat_json_kind kind = leat_json_kind_of(json);
    if (kind != LEAT_JSON_OBJECT && kind != LEAT_JSON_ARRAY)
        return false;
    size_t at = walk->at == 0 ? 1 : walk->at + 2; /* behind the bracket, or ", " */
    if (at >= json.size || json.data[at] == ']' || json.data[at] == '}')
        return false;
    if (kind == LEAT_JSON_OBJECT) {
        size_t end = string_end(json, at);
        walk->name = leat_bytes_of(json.data + at + 1, end > at + 2 ? end - at - 2 : 0);
        at = LEAT_MIN(end + 2, json.size);
    }
    walk->at = value_end(json, at);
    walk->value = leat_bytes_of(json.data + at, walk->at - at);
    return true;
}

bool leat_json_find_member(leat_bytes json, leat_bytes name, leat_bytes *out_value)
{
    if (leat_json_kind_of(json) != LEAT_JSON_OBJECT)
        return false;
    leat_buf quoted = {0};
    leat_json_quote(&quoted, name);
    leat_bytes wanted = leat_bytes_of(quoted.data + 1, quoted.size - 2);
    leat_json_walk walk = leat_json_walk_of(json);
    bool is_found = false;
    while (!is_found && leat_json_walk_next(&walk))
        is_found = leat_bytes_equal(walk.name, wanted);
    leat_buf_fini(&quoted);
    if (is_found)
        *out_value = walk.value;
    return is_found;
}

uint32_t leat_json_count_of(leat_bytes json)
{
    leat_json_walk walk = leat_json_walk_of(json);
    uint32_t count = 0;
    while (leat_json_walk_next(&walk))
        count++;
    return count;
}

bool leat_json_find_element(leat_bytes json, int64_t index, leat_bytes *out_value)
{
    if (leat_json_kind_of(json) != LEAT_JSON_ARRAY)
        return false;
    if (index < 0)
        index += leat_json_count_of(json);
    leat_json_walk walk = leat_json_walk_of(json);
    while (index >= 0 && leat_json_walk_next(&walk))
        if (index-- == 0) {
            *out_value = walk.value;
            return true;
        }
    return false;
}

void leat_json_plain(leat_bytes json, leat_buf *out)
{
    if (leat_json_kind_of(json) != LEAT_JSON_STRING) {
        leat_buf_add(out, json.data, json.size);
        return;
    }
    json_input in = {json.data + 1, json.data + json.size, 0};
    (void)string_take(&in, out);
}
