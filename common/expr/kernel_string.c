/* SPDX-License-Identifier: Apache-2.0
 *
 * More of text: functions that are called less often than those of kernel_text.c, written for
 * brevity. Positions and lengths count characters.
 */
#include <ctype.h>

#include "common/expr/function.h"
#include "common/expr/regexp.h"
#include "common/expr/utf8.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

static leat_bytes text_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return leat_kernel_bytes(&call->arguments[argument], row);
}

static int64_t int_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return (int64_t)leat_column_integer(&call->arguments[argument], row);
}

static leat_value integer_value(const leat_kernel_call *call, int64_t value)
{
    return (leat_value){.type = call->type, .integer = value};
}

static leat_value text_made(leat_kernel_call *call, uint32_t row, leat_buf *text)
{
    leat_value value = leat_kernel_null(call);
    if (text->size > TEXT_BYTES_MAX)
        leat_kernel_fail(call, row, "text longer than 1 MiB");
    else
        value = leat_kernel_value_of(call, leat_buf_bytes(text));
    leat_buf_fini(text);
    return value;
}

#define ROW_KERNEL(name, row_value)                                                                \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        leat_kernel_each_value(call, row_value);                                                   \
    }

/* --- Characters. --- */

static leat_value ascii_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes text = text_at(call, 0, row);
    if (text.size == 0)
        return integer_value(call, 0);
    size_t size = leat_utf8_size(text, 0);
    unsigned char first = (unsigned char)text.data[0];
    uint32_t code = size == 1 ? first : first & (0x7fU >> size);
    for (size_t i = 1; i < size; i++)
        code = code << 6 | ((unsigned char)text.data[i] & 0x3f);
    return integer_value(call, code);
}
ROW_KERNEL(ascii, ascii_row)

static leat_value chr_row(leat_kernel_call *call, uint32_t row)
{
    int64_t code = int_at(call, 0, row);
    if (code < 1 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        leat_kernel_fail(call, row, "there is no such character");
        return leat_kernel_null(call);
    }
    uint32_t c = (uint32_t)code;
    const char low[4] = {(char)(0x80 | c >> 18), (char)(0x80 | (c >> 12 & 0x3f)),
                         (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f))};
    if (c < 0x80)
        return leat_kernel_value_of(call, leat_bytes_of(&(char){(char)c}, 1));
    if (c < 0x800)
        return leat_kernel_value_of(call,
                                    leat_bytes_of((char[]){(char)(0xc0 | c >> 6), low[3]}, 2));
    if (c < 0x10000)
        return leat_kernel_value_of(
            call, leat_bytes_of((char[]){(char)(0xe0 | c >> 12), low[2], low[3]}, 3));
    return leat_kernel_value_of(
        call, leat_bytes_of((char[]){(char)(0xf0 | c >> 18), low[1], low[2], low[3]}, 4));
}
ROW_KERNEL(chr, chr_row)

static leat_value initcap_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes text = text_at(call, 0, row);
    leat_buf out = {0};
    bool is_inside = false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        leat_buf_add_char(&out, (char)(is_inside ? tolower(c) : toupper(c)));
        is_inside = isalnum(c) || c >= 0x80;
    }
    return text_made(call, row, &out);
}
ROW_KERNEL(initcap, initcap_row)

/* Each character of the second by the one at its place in the third, or by nothing. */
static leat_value translate_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes text = text_at(call, 0, row), from = text_at(call, 1, row);
    leat_bytes to = text_at(call, 2, row);
    leat_buf out = {0};
    for (size_t at = 0; at < text.size;) {
        size_t size = leat_utf8_size(text, at), place = 0, f = 0;
        bool is_found = false;
        for (; f < from.size && !is_found; place++) {
            size_t step = leat_utf8_size(from, f);
            is_found = step == size && memcmp(from.data + f, text.data + at, size) == 0;
            f += step;
        }
        size_t start = is_found ? leat_utf8_offset(to, place - 1) : 0;
        if (!is_found)
            leat_buf_add(&out, text.data + at, size);
        else if (start < to.size)
            leat_buf_add(&out, to.data + start, leat_utf8_size(to, start));
        at += size;
    }
    return text_made(call, row, &out);
}
ROW_KERNEL(translate, translate_row)

/* overlay(text PLACING new FROM start FOR count). */
static leat_value overlay_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes text = text_at(call, 0, row), by = text_at(call, 1, row);
    int64_t from = int_at(call, 2, row) - 1;
    int64_t count = call->argument_count == 4 ? int_at(call, 3, row) : (int64_t)leat_utf8_count(by);
    if (from < 0) {
        leat_kernel_fail(call, row, "a place in text is at least 1");
        return leat_kernel_null(call);
    }
    size_t start = leat_utf8_offset(text, (size_t)from);
    size_t end = leat_utf8_offset(text, (size_t)LEAT_MAX(from + count, (int64_t)0));
    leat_buf out = {0};
    leat_buf_add(&out, text.data, start);
    leat_buf_add(&out, by.data, by.size);
    leat_buf_add(&out, text.data + end, text.size - end);
    return text_made(call, row, &out);
}
ROW_KERNEL(overlay, overlay_row)

static leat_value bit_length_row(leat_kernel_call *call, uint32_t row)
{
    return integer_value(call, (int64_t)text_at(call, 0, row).size * 8);
}
ROW_KERNEL(bit_length, bit_length_row)

/* --- Parts. --- */

static leat_value concat_ws_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf out = {0};
    bool is_first = true;
    if (leat_column_is_null(&call->arguments[0], row))
        return leat_kernel_null(call);
    leat_bytes between = text_at(call, 0, row);
    for (uint32_t a = 1; a < call->argument_count; a++) {
        if (leat_column_is_null(&call->arguments[a], row))
            continue;
        if (!is_first)
            leat_buf_add(&out, between.data, between.size);
        leat_bytes part = text_at(call, a, row);
        leat_buf_add(&out, part.data, part.size);
        is_first = false;
    }
    return text_made(call, row, &out);
}
ROW_KERNEL(concat_ws, concat_ws_row)

/* Flink's: from 0, NULL when there is no such part. */
static leat_value split_index_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes rest = text_at(call, 0, row), between = text_at(call, 1, row);
    int64_t index = int_at(call, 2, row);
    if (index < 0 || between.size == 0)
        return leat_kernel_null(call);
    for (;; index--) {
        const char *at =
            rest.size == 0 ? NULL : memmem(rest.data, rest.size, between.data, between.size);
        size_t size = at == NULL ? rest.size : (size_t)(at - rest.data);
        if (index == 0)
            return leat_kernel_value_of(call, leat_bytes_of(rest.data, size));
        if (at == NULL)
            return leat_kernel_null(call);
        rest = leat_bytes_of(at + between.size, rest.size - size - between.size);
    }
}
ROW_KERNEL(split_index, split_index_row)

static int64_t place_of(leat_bytes part, leat_bytes text, int64_t from)
{
    size_t start = leat_utf8_offset(text, (size_t)LEAT_MAX(from - 1, (int64_t)0));
    if (part.size == 0)
        return from;
    const char *at = start >= text.size
                         ? NULL
                         : memmem(text.data + start, text.size - start, part.data, part.size);
    return at == NULL
               ? 0
               : (int64_t)leat_utf8_count(leat_bytes_of(text.data, (size_t)(at - text.data))) + 1;
}

static leat_value instr_row(leat_kernel_call *call, uint32_t row)
{
    return integer_value(call, place_of(text_at(call, 1, row), text_at(call, 0, row), 1));
}
ROW_KERNEL(instr, instr_row)

static leat_value locate_row(leat_kernel_call *call, uint32_t row)
{
    int64_t from = call->argument_count == 3 ? int_at(call, 2, row) : 1;
    return integer_value(call, place_of(text_at(call, 0, row), text_at(call, 1, row), from));
}
ROW_KERNEL(locate, locate_row)

/* --- Quoting. --- */

static void quoted_add(leat_bytes text, char quote, leat_buf *out)
{
    leat_buf_add_char(out, quote);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == quote)
            leat_buf_add_char(out, quote);
        leat_buf_add_char(out, text.data[i]);
    }
    leat_buf_add_char(out, quote);
}

static leat_value quote_literal_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf out = {0};
    quoted_add(text_at(call, 0, row), '\'', &out);
    return text_made(call, row, &out);
}
ROW_KERNEL(quote_literal, quote_literal_row)

static void identifier_add(leat_bytes name, leat_buf *out)
{
    bool is_plain = name.size > 0 && !isdigit((unsigned char)name.data[0]);
    for (size_t i = 0; i < name.size; i++)
        is_plain &= islower((unsigned char)name.data[i]) || isdigit((unsigned char)name.data[i]) ||
                    name.data[i] == '_';
    if (is_plain)
        leat_buf_add(out, name.data, name.size);
    else
        quoted_add(name, '"', out);
}

static leat_value quote_ident_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf out = {0};
    identifier_add(text_at(call, 0, row), &out);
    return text_made(call, row, &out);
}
ROW_KERNEL(quote_ident, quote_ident_row)

/* One %s, %I or %L of format; false when its argument is missing or NULL where none may be. */
static bool
format_add(leat_kernel_call *call, uint32_t row, char kind, uint32_t argument, leat_buf *out)
{
    if (argument >= call->argument_count)
        return false;
    bool is_null = leat_column_is_null(&call->arguments[argument], row);
    leat_bytes text = is_null ? LEAT_BYTES("") : text_at(call, argument, row);
    if (kind == 's')
        leat_buf_add(out, text.data, text.size);
    else if (kind == 'I' && !is_null)
        identifier_add(text, out);
    else if (kind == 'L' && is_null)
        leat_buf_add_text(out, "NULL");
    else if (kind == 'L')
        quoted_add(text, '\'', out);
    else
        return false;
    return true;
}

/* %s, %I, %L, with n$ before them, and %%. */
static leat_value format_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf out = {0};
    if (leat_column_is_null(&call->arguments[0], row))
        return leat_kernel_null(call);
    leat_bytes text = text_at(call, 0, row);
    uint32_t next = 1;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '%') {
            leat_buf_add_char(&out, text.data[i]);
            continue;
        }
        uint32_t number = 0;
        size_t at = i + 1;
        while (at < text.size && isdigit((unsigned char)text.data[at]) && number < 10000)
            number = number * 10 + (uint32_t)(text.data[at++] - '0');
        bool is_placed = number > 0 && at < text.size && text.data[at] == '$';
        at = is_placed ? at + 1 : i + 1;
        char kind = at < text.size ? text.data[at] : '\0';
        i = at;
        if (kind == '%' && !is_placed) {
            leat_buf_add_char(&out, '%');
            continue;
        }
        uint32_t argument = is_placed ? number : next;
        next = argument + 1;
        if (!format_add(call, row, kind, argument, &out)) {
            leat_buf_fini(&out);
            leat_kernel_fail(call, row, "format: no such argument, or no %s, %I or %L");
            return leat_kernel_null(call);
        }
    }
    return text_made(call, row, &out);
}
ROW_KERNEL(format, format_row)

static leat_value url_encode_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes text = text_at(call, 0, row);
    leat_buf out = {0};
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == ' ')
            leat_buf_add_char(&out, '+');
        else if (isalnum(c) || (c != '\0' && strchr("-_.*", c) != NULL))
            leat_buf_add_char(&out, (char)c);
        else
            leat_buf_print(&out, "%%%02X", c);
    }
    return text_made(call, row, &out);
}
ROW_KERNEL(url_encode, url_encode_row)

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : (tolower((unsigned char)c) - 'a') + 10;
}

static leat_value url_decode_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes text = text_at(call, 0, row);
    leat_buf out = {0};
    for (size_t i = 0; i < text.size; i++) {
        bool is_code = text.data[i] == '%';
        if (is_code && (i + 2 >= text.size || !isxdigit((unsigned char)text.data[i + 1]) ||
                        !isxdigit((unsigned char)text.data[i + 2]))) {
            leat_buf_fini(&out);
            return leat_kernel_null(call);
        }
        if (is_code)
            leat_buf_add_char(
                &out, (char)(hex_digit(text.data[i + 1]) << 4 | hex_digit(text.data[i + 2])));
        else
            leat_buf_add_char(&out, text.data[i] == '+' ? ' ' : text.data[i]);
        i += is_code ? 2 : 0;
    }
    return text_made(call, row, &out);
}
ROW_KERNEL(url_decode, url_decode_row)

/* --- Patterns that become regular expressions. --- */

/* LIKE's % and _ (and, when `is_similar`, SQL's own operators) as a regular expression. */
static void pattern_translate(leat_bytes pattern, bool is_similar, leat_buf *out)
{
    leat_buf_add_text(out, "\\A(?:");
    for (size_t i = 0; i < pattern.size; i++) {
        char c = pattern.data[i];
        bool is_escaped = c == '\\' && i + 1 < pattern.size;
        if (is_escaped)
            c = pattern.data[++i];
        if (!is_escaped && c == '%')
            leat_buf_add_text(out, ".*");
        else if (!is_escaped && c == '_')
            leat_buf_add_char(out, '.');
        else if (!is_escaped && is_similar && c != '\0' && strchr("|*+?{}()[]^-,", c) != NULL)
            leat_buf_add_char(out, c);
        else if (c != '\0' && (isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || c == ' '))
            leat_buf_add_char(out, c);
        else
            leat_buf_print(out, "\\x%02x", (unsigned char)c);
    }
    leat_buf_add_text(out, ")\\z");
}

static leat_regexp *
pattern_compile(leat_bytes pattern, bool is_similar, leat_arena *arena, const char **out_reason)
{
    leat_buf text = {0};
    pattern_translate(pattern, is_similar, &text);
    leat_bytes flags = is_similar ? LEAT_BYTES("") : LEAT_BYTES("i");
    leat_regexp *regexp = leat_regexp_new(leat_buf_bytes(&text), flags, arena, out_reason);
    leat_buf_fini(&text);
    return regexp;
}

static const void *
pattern_prepare(const leat_bound *call, bool is_similar, leat_arena *arena, const char **out_reason)
{
    const leat_bound *given = call->arguments[1];
    if (given->kind != LEAT_BOUND_CONSTANT || given->value.is_null)
        return NULL;
    return pattern_compile(given->value.text, is_similar, arena, out_reason);
}

static const void *ilike_prepare(const leat_bound *call, leat_arena *arena, const char **out_reason)
{
    return pattern_prepare(call, false, arena, out_reason);
}

static const void *
similar_prepare(const leat_bound *call, leat_arena *arena, const char **out_reason)
{
    return pattern_prepare(call, true, arena, out_reason);
}

static void pattern_rows(leat_kernel_call *call, bool is_similar)
{
    uint64_t *out = call->values;
    leat_regexp_search *search = leat_regexp_search_new(call->arena);
    memset(out, 0, leat_bit_words(call->row_count) * sizeof *out);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        const char *reason = NULL;
        leat_regexp_match match;
        const leat_regexp *regexp = call->prepared;
        if (regexp == NULL)
            regexp = pattern_compile(text_at(call, 1, row), is_similar, call->arena, &reason);
        leat_regexp_result result =
            regexp == NULL ? LEAT_REGEXP_REFUSED
                           : leat_regexp_find(regexp, search, text_at(call, 0, row), 0, &match);
        if (result == LEAT_REGEXP_REFUSED)
            leat_kernel_fail(call, row, "the pattern is not valid, or takes too many steps");
        else
            leat_bit_set(out, row, result == LEAT_REGEXP_FOUND);
    }
}

static void ilike(leat_kernel_call *call)
{
    pattern_rows(call, false);
}

static void similar_to(leat_kernel_call *call)
{
    pattern_rows(call, true);
}

/* --- Rows. --- */

#define STRING_ROW(symbol, text, kernel_name, result, ...)                                         \
    {                                                                                              \
        .name = (symbol), .summary = (text), .can_fail = true, .kernel = kernel_name,              \
        LEAT_RESULT(result), __VA_ARGS__                                                           \
    }
#define ONE   LEAT_ARGUMENTS_1(STRING)
#define TWO   LEAT_ARGUMENTS_2(STRING, STRING)
#define THREE LEAT_ARGUMENTS_3(STRING, STRING, STRING)
#define PLACE LEAT_ARGUMENTS_3(STRING, STRING, INT)
#define OPEN  .may_be_null = true

static const leat_function rows[] = {
    STRING_ROW("ascii", "the code of the first character; 0 without", ascii, INT, ONE),
    STRING_ROW("chr", "the character of a code", chr, STRING, LEAT_ARGUMENTS_1(INT)),
    STRING_ROW("initcap", "each word with a capital first letter", initcap, STRING, ONE),
    STRING_ROW("translate",
               "each character of the second by the one at its place in the third",
               translate,
               STRING,
               THREE),
    STRING_ROW("overlay",
               "overlay(text PLACING new FROM start): over as many as it has",
               overlay,
               STRING,
               PLACE),
    STRING_ROW("overlay",
               "overlay(text PLACING new FROM start FOR count)",
               overlay,
               STRING,
               LEAT_ARGUMENTS_4(STRING, STRING, INT, INT)),
    STRING_ROW("bit_length", "bits", bit_length, INT, ONE),
    STRING_ROW("concat_ws",
               "the others as text with the first between them; NULLs are left out",
               concat_ws,
               STRING,
               TWO,
               .is_variadic = true,
               .takes_as_text = true,
               .nulls = LEAT_NULLS_KLEENE),
    STRING_ROW("split_index",
               "part n (from 0) between delimiters; NULL when there is none",
               split_index,
               STRING,
               PLACE,
               OPEN),
    STRING_ROW("instr", "instr(text, part): its first place; 0 without", instr, INT, TWO),
    STRING_ROW("locate", "locate(part, text): its first place; 0 without", locate, INT, TWO),
    STRING_ROW("locate", "locate(part, text, from): from there on", locate, INT, PLACE),
    STRING_ROW("quote_literal", "as a literal of SQL", quote_literal, STRING, ONE),
    STRING_ROW("quote_ident", "as a name of SQL", quote_ident, STRING, ONE),
    STRING_ROW("format",
               "the first with %s, %I (as a name) and %L (as a literal) for the others",
               format,
               STRING,
               ONE,
               .is_variadic = true,
               .takes_as_text = true,
               .nulls = LEAT_NULLS_KLEENE),
    STRING_ROW("url_encode", "as in an address", url_encode, STRING, ONE),
    STRING_ROW("url_decode", "back; NULL when it is not valid", url_decode, STRING, ONE, OPEN),
    STRING_ROW("ilike", "LIKE in any case", ilike, BOOLEAN, TWO, .prepare = ilike_prepare),
    STRING_ROW("similar_to",
               "SIMILAR TO: % and _ as in LIKE, and | * + ? {} () [] of regular expressions",
               similar_to,
               BOOLEAN,
               TWO,
               .prepare = similar_prepare),
};

const leat_function_family leat_functions_string = {"More of text", rows, LEAT_COUNT_OF(rows)};
