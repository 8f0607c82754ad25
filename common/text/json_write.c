/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/assert.h"
#include "common/text/json.h"

/* How each byte below 0x20, the quote and the backslash is written; 0 = as it is. */
static void add_escaped(leat_buf *out, unsigned char c)
{
    static const char *const hex = "0123456789abcdef";
    switch (c) {
    case '"':
        leat_buf_add(out, "\\\"", 2);
        return;
    case '\\':
        leat_buf_add(out, "\\\\", 2);
        return;
    case '\n':
        leat_buf_add(out, "\\n", 2);
        return;
    case '\r':
        leat_buf_add(out, "\\r", 2);
        return;
    case '\t':
        leat_buf_add(out, "\\t", 2);
        return;
    default:
        leat_buf_add(out, "\\u00", 4);
        leat_buf_add_char(out, hex[c >> 4]);
        leat_buf_add_char(out, hex[c & 15]);
        return;
    }
}

void leat_json_quote(leat_buf *out, leat_bytes text)
{
    size_t plain = 0; /* start of the run that needs no escape */
    leat_buf_add_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        leat_buf_add(out, text.data + plain, i - plain);
        add_escaped(out, c);
        plain = i + 1;
    }
    if (text.size > plain)
        leat_buf_add(out, text.data + plain, text.size - plain);
    leat_buf_add_char(out, '"');
}

leat_json_writer leat_json_write(leat_buf *out)
{
    return (leat_json_writer){.out = out, .is_array = 1}; /* the top is like an array of one */
}

/* Comma and key before a value. */
static void put_key(leat_json_writer *w, const char *key)
{
    uint64_t here = UINT64_C(1) << w->depth;
    LEAT_ASSERT((key == NULL) == ((w->is_array & here) != 0));
    if ((w->has_item & here) != 0)
        leat_buf_add_char(w->out, ',');
    w->has_item |= here;
    if (key == NULL)
        return;
    leat_json_quote(w->out, leat_bytes_text(key));
    leat_buf_add_char(w->out, ':');
}

static void begin(leat_json_writer *w, const char *key, bool is_array)
{
    put_key(w, key);
    leat_buf_add_char(w->out, is_array ? '[' : '{');
    LEAT_ASSERT(w->depth + 1 < LEAT_JSON_DEPTH_MAX);
    w->depth++;
    uint64_t here = UINT64_C(1) << w->depth;
    w->has_item &= ~here;
    w->is_array = is_array ? w->is_array | here : w->is_array & ~here;
}

void leat_json_begin_object(leat_json_writer *w, const char *key)
{
    begin(w, key, false);
}

void leat_json_begin_array(leat_json_writer *w, const char *key)
{
    begin(w, key, true);
}

void leat_json_end(leat_json_writer *w)
{
    LEAT_ASSERT(w->depth > 0);
    leat_buf_add_char(w->out, (w->is_array >> w->depth & 1) != 0 ? ']' : '}');
    w->depth--;
}

void leat_json_put_text(leat_json_writer *w, const char *key, leat_bytes value)
{
    put_key(w, key);
    leat_json_quote(w->out, value);
}

void leat_json_put_i64(leat_json_writer *w, const char *key, int64_t value)
{
    put_key(w, key);
    leat_buf_print(w->out, "%" PRId64, value);
}

void leat_json_put_u64(leat_json_writer *w, const char *key, uint64_t value)
{
    put_key(w, key);
    leat_buf_print(w->out, "%" PRIu64, value);
}

void leat_json_put_double(leat_json_writer *w, const char *key, double value)
{
    char text[40];
    if (!isfinite(value)) {
        leat_json_put_null(w, key);
        return;
    }
    /* The shortest that reads back the same. */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    put_key(w, key);
    leat_buf_add_text(w->out, text);
}

void leat_json_put_bool(leat_json_writer *w, const char *key, bool value)
{
    put_key(w, key);
    leat_buf_add_text(w->out, value ? "true" : "false");
}

void leat_json_put_null(leat_json_writer *w, const char *key)
{
    put_key(w, key);
    leat_buf_add_text(w->out, "null");
}
