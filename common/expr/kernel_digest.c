/* SPDX-License-Identifier: Apache-2.0
 *
 * Digests, and bytes as text: hex, base64, escape.
 */
#include <ctype.h>

#include "common/expr/digest.h"
#include "common/expr/function.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static leat_bytes text_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return leat_kernel_bytes(&call->arguments[argument], row);
}

static leat_value text_made(leat_kernel_call *call, leat_buf *text)
{
    leat_value value = leat_kernel_value_of(call, leat_buf_bytes(text));
    leat_buf_fini(text);
    return value;
}

static void hex_add(leat_bytes bytes, leat_buf *out)
{
    for (size_t i = 0; i < bytes.size; i++) {
        leat_buf_add_char(out, hex_digits[(uint8_t)bytes.data[i] >> 4]);
        leat_buf_add_char(out, hex_digits[bytes.data[i] & 15]);
    }
}

#define ROW_KERNEL(name, row_value)                                                                \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        leat_kernel_each_value(call, row_value);                                                   \
    }

/* Text of a text, as Flink and PostgreSQL's md5 have it; bytes of bytes. */
static leat_value digest_row(leat_kernel_call *call, uint32_t row, leat_digest_kind kind)
{
    uint8_t bytes[LEAT_DIGEST_BYTES_MAX];
    size_t size = leat_digest(kind, text_at(call, 0, row), bytes);
    leat_buf text = {0};
    if (call->type.id == LEAT_TYPE_BYTES)
        leat_buf_add(&text, bytes, size);
    else
        hex_add(leat_bytes_of(bytes, size), &text);
    return text_made(call, &text);
}

#define DIGEST(name, kind)                                                                         \
    static leat_value name##_row(leat_kernel_call *call, uint32_t row)                             \
    {                                                                                              \
        return digest_row(call, row, kind);                                                        \
    }                                                                                              \
    ROW_KERNEL(name, name##_row)
DIGEST(md5, LEAT_DIGEST_MD5)
DIGEST(sha1, LEAT_DIGEST_SHA1)
DIGEST(sha224, LEAT_DIGEST_SHA224)
DIGEST(sha256, LEAT_DIGEST_SHA256)
DIGEST(sha384, LEAT_DIGEST_SHA384)
DIGEST(sha512, LEAT_DIGEST_SHA512)

/* --- Bytes as text. --- */

static void base64_add(leat_bytes bytes, size_t line, leat_buf *out)
{
    size_t written = 0;
    for (size_t i = 0; i < bytes.size; i += 3) {
        uint32_t three = 0;
        size_t count = LEAT_MIN(bytes.size - i, (size_t)3);
        for (size_t b = 0; b < 3; b++)
            three = three << 8 | (b < count ? (uint8_t)bytes.data[i + b] : 0);
        if (line > 0 && written == line) {
            leat_buf_add_char(out, '\n');
            written = 0;
        }
        for (size_t c = 0; c < 4; c++)
            leat_buf_add_char(out, c <= count ? base64_letters[three >> (18 - 6 * c) & 63] : '=');
        written += 4;
    }
}

static bool base64_read(leat_bytes text, leat_buf *out)
{
    uint32_t bits = 0;
    unsigned count = 0, letters = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (isspace((unsigned char)c) || c == '=')
            continue;
        const char *found = c == '\0' ? NULL : strchr(base64_letters, c);
        if (found == NULL)
            return false;
        bits = bits << 6 | (uint32_t)(found - base64_letters);
        count += 6;
        letters++;
        if (count >= 8) {
            count -= 8;
            leat_buf_add_u8(out, (uint8_t)(bits >> count));
        }
    }
    return letters % 4 != 1;
}

static int hex_digit(char c)
{
    const char *found = c == '\0' ? NULL : strchr(hex_digits, tolower((unsigned char)c));
    return found == NULL ? -1 : (int)(found - hex_digits);
}

static bool hex_read(leat_bytes text, leat_buf *out)
{
    int high = -1;
    for (size_t i = 0; i < text.size; i++) {
        int digit = hex_digit(text.data[i]);
        if (isspace((unsigned char)text.data[i]) && high < 0)
            continue;
        if (digit < 0)
            return false;
        if (high >= 0)
            leat_buf_add_u8(out, (uint8_t)(high << 4 | digit));
        high = high < 0 ? digit : -1;
    }
    return high < 0;
}

/* Zero and high bytes as \ooo, a backslash doubled. */
static void escape_add(leat_bytes bytes, leat_buf *out)
{
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t c = (uint8_t)bytes.data[i];
        if (c == 0 || c >= 0x80)
            leat_buf_print(out, "\\%03o", c);
        else if (c == '\\')
            leat_buf_add_text(out, "\\\\");
        else
            leat_buf_add_char(out, (char)c);
    }
}

static bool escape_read(leat_bytes text, leat_buf *out)
{
    for (size_t i = 0; i < text.size; i++) {
        const char *at = text.data + i;
        size_t left = text.size - i;
        if (at[0] != '\\') {
            leat_buf_add_char(out, at[0]);
        } else if (left >= 2 && at[1] == '\\') {
            leat_buf_add_char(out, '\\');
            i++;
        } else if (left >= 4 && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
                   at[3] >= '0' && at[3] <= '7') {
            leat_buf_add_u8(out,
                            (uint8_t)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0')));
            i += 3;
        } else {
            return false;
        }
    }
    return true;
}

/* "hex", "base64", "escape" in any case; for Flink a character set, of which UTF-8 is the one. */
static int format_of(leat_bytes name)
{
    static const char *const names[] = {"hex", "base64", "escape", "utf-8", "utf8", "us-ascii"};
    for (int i = 0; i < (int)LEAT_COUNT_OF(names); i++) {
        bool is_same = strlen(names[i]) == name.size;
        for (size_t k = 0; is_same && k < name.size; k++)
            is_same = tolower((unsigned char)name.data[k]) == names[i][k];
        if (is_same)
            return LEAT_MIN(i, 3);
    }
    return -1;
}

static const char *const unknown_format = "unknown format, expected hex, base64, escape or utf-8";

static leat_value encode_row(leat_kernel_call *call, uint32_t row)
{
    enum { LINE = 76 };
    leat_bytes bytes = text_at(call, 0, row);
    leat_buf text = {0};
    switch (format_of(text_at(call, 1, row))) {
    case 0:
        hex_add(bytes, &text);
        return text_made(call, &text);
    case 1:
        base64_add(bytes, LINE, &text);
        return text_made(call, &text);
    case 2:
        escape_add(bytes, &text);
        return text_made(call, &text);
    case 3:
        return leat_kernel_value_of(call, bytes);
    default:
        leat_kernel_fail(call, row, unknown_format);
        return leat_kernel_null(call);
    }
}
ROW_KERNEL(encode, encode_row)

static leat_value decode_row(leat_kernel_call *call, uint32_t row)
{
    leat_bytes text = text_at(call, 0, row);
    leat_buf bytes = {0};
    int format = format_of(text_at(call, 1, row));
    bool is_read = format == 0   ? hex_read(text, &bytes)
                   : format == 1 ? base64_read(text, &bytes)
                                 : format == 2 && escape_read(text, &bytes);
    if (format == 3)
        return leat_kernel_value_of(call, text);
    if (is_read)
        return text_made(call, &bytes);
    leat_buf_fini(&bytes);
    leat_kernel_fail(call, row, format < 0 ? unknown_format : "the text is not in that format");
    return leat_kernel_null(call);
}
ROW_KERNEL(decode, decode_row)

static leat_value to_hex_row(leat_kernel_call *call, uint32_t row)
{
    const leat_column *column = &call->arguments[0];
    leat_buf text = {0};
    int64_t number = (int64_t)leat_column_integer(column, row);
    uint64_t bits = column->type.id == LEAT_TYPE_INT ? (uint32_t)number : (uint64_t)number;
    leat_buf_print(&text, "%llx", (unsigned long long)bits);
    return text_made(call, &text);
}
ROW_KERNEL(to_hex, to_hex_row)

/* Flink's: upper case. */
static leat_value hex_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf text = {0};
    if (call->arguments[0].layout == LEAT_LAYOUT_VIEW)
        hex_add(text_at(call, 0, row), &text);
    else
        leat_buf_print(&text, "%llx",
                       (unsigned long long)leat_column_integer(&call->arguments[0], row));
    for (size_t i = 0; i < text.size; i++)
        text.data[i] = (char)toupper((unsigned char)text.data[i]);
    return text_made(call, &text);
}
ROW_KERNEL(hex, hex_row)

static leat_value unhex_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf bytes = {0};
    if (hex_read(text_at(call, 0, row), &bytes))
        return text_made(call, &bytes);
    leat_buf_fini(&bytes);
    return leat_kernel_null(call);
}
ROW_KERNEL(unhex, unhex_row)

static leat_value to_base64_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf text = {0};
    base64_add(text_at(call, 0, row), 0, &text);
    return text_made(call, &text);
}
ROW_KERNEL(to_base64, to_base64_row)

static leat_value from_base64_row(leat_kernel_call *call, uint32_t row)
{
    leat_buf bytes = {0};
    if (base64_read(text_at(call, 0, row), &bytes))
        return text_made(call, &bytes);
    leat_buf_fini(&bytes);
    return leat_kernel_null(call);
}
ROW_KERNEL(from_base64, from_base64_row)

#define DIGEST_ROW(symbol, text, kernel_name, result, ...)                                         \
    {                                                                                              \
        .name = (symbol), .summary = (text), .can_fail = true, .kernel = kernel_name,              \
        LEAT_RESULT(result), __VA_ARGS__                                                           \
    }
#define OF_TEXT  LEAT_ARGUMENTS_1(STRING)
#define OF_BYTES LEAT_ARGUMENTS_1(BYTES)
#define SHA_ROWS(digest)                                                                           \
    DIGEST_ROW(#digest, "in hex", digest, STRING, OF_TEXT),                                        \
        DIGEST_ROW(#digest, "its bytes", digest, BYTES, OF_BYTES)

static const leat_function rows[] = {
    DIGEST_ROW("md5", "in hex", md5, STRING, OF_TEXT),
    DIGEST_ROW("md5", "in hex", md5, STRING, OF_BYTES),
    SHA_ROWS(sha1),
    SHA_ROWS(sha224),
    SHA_ROWS(sha256),
    SHA_ROWS(sha384),
    SHA_ROWS(sha512),
    DIGEST_ROW("encode",
               "bytes as text: hex, base64 or escape",
               encode,
               STRING,
               LEAT_ARGUMENTS_2(BYTES, STRING)),
    DIGEST_ROW("decode",
               "text as bytes: hex, base64 or escape",
               decode,
               BYTES,
               LEAT_ARGUMENTS_2(STRING, STRING)),
    DIGEST_ROW("to_hex", "in hex", to_hex, STRING, LEAT_ARGUMENTS_1(INT)),
    DIGEST_ROW("to_hex", "in hex", to_hex, STRING, LEAT_ARGUMENTS_1(BIGINT)),
    DIGEST_ROW("hex", "in hex, upper case", hex, STRING, LEAT_ARGUMENTS_1(BIGINT)),
    DIGEST_ROW("hex", "its bytes in hex, upper case", hex, STRING, OF_TEXT),
    DIGEST_ROW(
        "unhex", "bytes; NULL when it is not hex", unhex, BYTES, OF_TEXT, .may_be_null = true),
    DIGEST_ROW("to_base64", "in base64", to_base64, STRING, OF_TEXT),
    DIGEST_ROW("to_base64", "in base64", to_base64, STRING, OF_BYTES),
    DIGEST_ROW("from_base64",
               "text; NULL when it is not base64",
               from_base64,
               STRING,
               OF_TEXT,
               .may_be_null = true),
};

const leat_function_family leat_functions_digest = {"Digests, and bytes as text", rows,
                                                    LEAT_COUNT_OF(rows)};
