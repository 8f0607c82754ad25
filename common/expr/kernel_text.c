/* SPDX-License-Identifier: Apache-2.0
 *
 * Text in, text out. Positions and lengths count characters (code points). A result that is a part
 * of its argument points into it; others are written to the evaluation's arena.
 *
 * upper and lower change ASCII letters only: what they do to others depends on language, and
 * results must not depend on where a worker runs.
 */
#include "common/expr/function.h"
#include "common/expr/utf8.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

static const char *const too_long = "text longer than 1 MiB";

static leat_bytes text_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return leat_kernel_bytes(&call->arguments[argument], row);
}

static int64_t int_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return LEAT_COLUMN_GET(&call->arguments[argument], int32_t, row);
}

static leat_view part_view(leat_bytes text, size_t start, size_t end)
{
    return leat_view_of(text.data + start, end - start);
}

static leat_view whole_view(leat_bytes text)
{
    return leat_view_of(text.data, text.size);
}

/* --- Case and length. --- */

/* Flips the case bit of the letters from `first` on. */
static void case_change(leat_kernel_call *call, char first)
{
    leat_view *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_bytes text = text_at(call, 0, row);
        char inline_room[LEAT_VIEW_INLINE_MAX];
        char *room =
            text.size <= sizeof inline_room ? inline_room : leat_kernel_room(call, text.size);
        for (size_t i = 0; i < text.size; i++) {
            unsigned char c = (unsigned char)text.data[i];
            bool is_letter = (unsigned char)(c - (unsigned char)first) < 26;
            room[i] = (char)(c ^ (is_letter ? 0x20 : 0));
        }
        out[row] = leat_view_of(room, text.size);
    }
}

static void upper_string(leat_kernel_call *call)
{
    case_change(call, 'a');
}

static void lower_string(leat_kernel_call *call)
{
    case_change(call, 'A');
}

static void length_string(leat_kernel_call *call)
{
    int32_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = (int32_t)leat_utf8_count(text_at(call, 0, row));
}

static void octet_length(leat_kernel_call *call)
{
    int32_t *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = (int32_t)text_at(call, 0, row).size;
}

/* --- Parts. --- */

/* Characters [from, to), from 0, cut to what there is. */
static leat_view characters(leat_bytes text, int64_t from, int64_t to)
{
    from = LEAT_MAX(from, (int64_t)0);
    to = LEAT_MAX(to, from);
    size_t start = leat_utf8_offset(text, (size_t)from);
    leat_bytes rest = leat_utf8_part(text, start, text.size);
    return part_view(rest, 0, leat_utf8_offset(rest, (size_t)(to - from)));
}

static void substring_from(leat_kernel_call *call)
{
    leat_view *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    out[row] = characters(text_at(call, 0, row), int_at(call, 1, row) - 1, INT64_MAX);
}

static void substring_from_for(leat_kernel_call *call)
{
    leat_view *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t from = int_at(call, 1, row) - 1, count = int_at(call, 2, row);
        if (count < 0)
            leat_kernel_fail(call, row, "negative substring length");
        else
            out[row] = characters(text_at(call, 0, row), from, from + count);
    }
}

/* A negative count leaves out that many at the other end. */
static void left_string(leat_kernel_call *call)
{
    leat_view *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_bytes text = text_at(call, 0, row);
        int64_t count = int_at(call, 1, row);
        if (count < 0)
            count += (int64_t)leat_utf8_count(text);
        out[row] = characters(text, 0, count);
    }
}

static void right_string(leat_kernel_call *call)
{
    leat_view *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_bytes text = text_at(call, 0, row);
        int64_t count = int_at(call, 1, row);
        int64_t from = count < 0 ? -count : (int64_t)leat_utf8_count(text) - count;
        out[row] = characters(text, from, INT64_MAX);
    }
}

/* Is the character at [at, end) of text one of `set`? */
static bool is_in_set(leat_bytes set, leat_bytes text, size_t at, size_t end)
{
    for (size_t i = 0; i < set.size;) {
        size_t size = leat_utf8_size(set, i);
        if (size == end - at && memcmp(set.data + i, text.data + at, size) == 0)
            return true;
        i += size;
    }
    return false;
}

static void trim(leat_kernel_call *call, bool at_start, bool at_end)
{
    leat_view *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_bytes text = text_at(call, 0, row);
        leat_bytes set = call->argument_count == 2 ? text_at(call, 1, row) : LEAT_BYTES(" ");
        size_t start = 0, end = text.size;
        while (at_start && start < end &&
               is_in_set(set, text, start, start + leat_utf8_size(text, start)))
            start += leat_utf8_size(text, start);
        while (at_end && start < end && is_in_set(set, text, leat_utf8_before(text, end), end))
            end = leat_utf8_before(text, end);
        out[row] = part_view(text, start, end);
    }
}

static void trim_both(leat_kernel_call *call)
{
    trim(call, true, true);
}

static void trim_left(leat_kernel_call *call)
{
    trim(call, true, false);
}

static void trim_right(leat_kernel_call *call)
{
    trim(call, false, true);
}

static size_t find_from(leat_bytes text, size_t from, leat_bytes part)
{
    if (text.size - from < part.size)
        return text.size + 1;
    const char *at = memmem(text.data + from, text.size - from, part.data, part.size);
    return at == NULL ? text.size + 1 : (size_t)(at - text.data);
}

/* Part n from 1; from the end when n is negative. Empty when there are not so many. */
static leat_view split_nth(leat_bytes text, leat_bytes delimiter, int64_t n)
{
    if (delimiter.size == 0)
        return n == 1 || n == -1 ? whole_view(text) : leat_view_of("", 0);
    if (n < 0) {
        int64_t parts = 1;
        for (size_t at = 0; (at = find_from(text, at, delimiter)) <= text.size; parts++)
            at += delimiter.size;
        n += parts + 1;
        if (n <= 0)
            return leat_view_of("", 0);
    }
    size_t start = 0;
    for (; n > 1; n--) {
        start = find_from(text, start, delimiter);
        if (start > text.size)
            return leat_view_of("", 0);
        start += delimiter.size;
    }
    size_t end = find_from(text, start, delimiter);
    return part_view(text, start, LEAT_MIN(end, text.size));
}

static void split_part(leat_kernel_call *call)
{
    leat_view *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        int64_t n = int_at(call, 2, row);
        if (n == 0)
            leat_kernel_fail(call, row, "field position must not be zero");
        else
            out[row] = split_nth(text_at(call, 0, row), text_at(call, 1, row), n);
    }
}

/* --- New text. --- */

/* The pieces of a row, one after the other; NULLs are left out. */
static void join_row(leat_kernel_call *call, uint32_t row)
{
    leat_view *out = call->values;
    size_t size = 0;
    for (uint32_t a = 0; a < call->argument_count; a++)
        if (!leat_column_is_null(&call->arguments[a], row))
            size += text_at(call, a, row).size;
    if (size > TEXT_BYTES_MAX) {
        leat_kernel_fail(call, row, too_long);
        return;
    }
    char inline_room[LEAT_VIEW_INLINE_MAX];
    char *room = size <= sizeof inline_room ? inline_room : leat_kernel_room(call, size);
    size_t at = 0;
    for (uint32_t a = 0; a < call->argument_count; a++) {
        if (leat_column_is_null(&call->arguments[a], row))
            continue;
        leat_bytes piece = text_at(call, a, row);
        if (piece.size > 0)
            memcpy(room + at, piece.data, piece.size);
        at += piece.size;
    }
    out[row] = leat_view_of(room, size);
}

static void join(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    join_row(call, row);
}

static void replace_string(leat_kernel_call *call)
{
    leat_view *out = call->values;
    leat_buf built = {0};
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_bytes text = text_at(call, 0, row), from = text_at(call, 1, row);
        leat_bytes to = text_at(call, 2, row);
        size_t found = from.size == 0 ? text.size + 1 : find_from(text, 0, from);
        if (found > text.size) {
            out[row] = whole_view(text);
            continue;
        }
        leat_buf_clear(&built);
        size_t at = 0;
        for (; found <= text.size && built.size <= TEXT_BYTES_MAX;
             found = find_from(text, at, from)) {
            leat_buf_add(&built, text.data + at, found - at);
            leat_buf_add(&built, to.data, to.size);
            at = found + from.size;
        }
        leat_buf_add(&built, text.data + at, text.size - at);
        if (built.size > TEXT_BYTES_MAX)
            leat_kernel_fail(call, row, too_long);
        else
            out[row] = leat_kernel_text(call, leat_buf_bytes(&built));
    }
    leat_buf_fini(&built);
}

static void reverse_string(leat_kernel_call *call)
{
    leat_view *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_bytes text = text_at(call, 0, row);
        char inline_room[LEAT_VIEW_INLINE_MAX];
        char *room =
            text.size <= sizeof inline_room ? inline_room : leat_kernel_room(call, text.size);
        for (size_t at = 0; at < text.size;) {
            size_t size = leat_utf8_size(text, at);
            memcpy(room + text.size - at - size, text.data + at, size);
            at += size;
        }
        out[row] = leat_view_of(room, text.size);
    }
}

static void repeat_string(leat_kernel_call *call)
{
    leat_view *out = call->values;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_bytes text = text_at(call, 0, row);
        size_t count = (size_t)LEAT_MAX(int_at(call, 1, row), (int64_t)0);
        if (text.size > 0 && count > TEXT_BYTES_MAX / text.size) {
            leat_kernel_fail(call, row, too_long);
            continue;
        }
        count = text.size == 0 ? 0 : count;
        char *room = leat_kernel_room(call, text.size * count + 1);
        for (size_t i = 0; i < count; i++)
            memcpy(room + i * text.size, text.data, text.size);
        out[row] = leat_view_of(room, text.size * count);
    }
}

/* To exactly `wanted` characters: cut at the end, or filled with the repeated fill. */
static void pad_row(leat_kernel_call *call, uint32_t row, bool at_start)
{
    leat_view *out = call->values;
    leat_bytes text = text_at(call, 0, row);
    leat_bytes fill = call->argument_count == 3 ? text_at(call, 2, row) : LEAT_BYTES(" ");
    int64_t wanted = LEAT_MAX(int_at(call, 1, row), (int64_t)0);
    int64_t missing = wanted - (int64_t)leat_utf8_count(text);
    if (missing <= 0 || fill.size == 0) {
        out[row] = characters(text, 0, wanted);
        return;
    }
    size_t fill_count = leat_utf8_count(fill);
    size_t rounds = (size_t)missing / fill_count;
    size_t rest = leat_utf8_offset(fill, (size_t)missing % fill_count);
    if (rounds > TEXT_BYTES_MAX / fill.size || text.size + rounds * fill.size > TEXT_BYTES_MAX) {
        leat_kernel_fail(call, row, too_long);
        return;
    }
    size_t padding = rounds * fill.size + rest;
    char *room = leat_kernel_room(call, text.size + padding);
    char *to = at_start ? room : room + text.size;
    for (size_t i = 0; i < rounds; i++)
        memcpy(to + i * fill.size, fill.data, fill.size);
    memcpy(to + rounds * fill.size, fill.data, rest);
    if (text.size > 0)
        memcpy(at_start ? room + padding : room, text.data, text.size);
    out[row] = leat_view_of(room, text.size + padding);
}

static void lpad_string(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    pad_row(call, row, true);
}

static void rpad_string(leat_kernel_call *call)
{
    LEAT_KERNEL_EACH_VALID(call, row)
    pad_row(call, row, false);
}

/* --- Rows. --- */

#define TEXT_ROW(symbol, text, arguments, result, fails, kernel_name)                              \
    {                                                                                              \
        .name = (symbol), .summary = (text), arguments, LEAT_RESULT(result), .can_fail = (fails),  \
        .kernel = kernel_name                                                                      \
    }

#define ONE   LEAT_ARGUMENTS_1(STRING)
#define TWO   LEAT_ARGUMENTS_2(STRING, STRING)
#define COUNT LEAT_ARGUMENTS_2(STRING, INT)

static const leat_function rows[] = {
    {.name = "||",
     .summary = "one after the other; other types as text",
     LEAT_ARGUMENTS_2(STRING, STRING),
     LEAT_RESULT(STRING),
     .takes_as_text = true,
     .can_fail = true,
     .kernel = join},
    {.name = "concat",
     .summary = "one after the other as text; NULLs are left out",
     LEAT_ARGUMENTS_1(STRING),
     LEAT_RESULT(STRING),
     .is_variadic = true,
     .takes_as_text = true,
     .nulls = LEAT_NULLS_NEVER,
     .can_fail = true,
     .kernel = join},
    TEXT_ROW("upper", "ASCII letters in upper case", ONE, STRING, false, upper_string),
    TEXT_ROW("lower", "ASCII letters in lower case", ONE, STRING, false, lower_string),
    TEXT_ROW("length", "characters", ONE, INT, false, length_string),
    TEXT_ROW("char_length", "characters", ONE, INT, false, length_string),
    TEXT_ROW("character_length", "characters", ONE, INT, false, length_string),
    TEXT_ROW("octet_length", "bytes", ONE, INT, false, octet_length),
    TEXT_ROW("substring", "from that character (from 1) on", COUNT, STRING, false, substring_from),
    TEXT_ROW("substr", "from that character (from 1) on", COUNT, STRING, false, substring_from),
    TEXT_ROW("substring",
             "from that character, so many",
             LEAT_ARGUMENTS_3(STRING, INT, INT),
             STRING,
             true,
             substring_from_for),
    TEXT_ROW("substr",
             "from that character, so many",
             LEAT_ARGUMENTS_3(STRING, INT, INT),
             STRING,
             true,
             substring_from_for),
    TEXT_ROW("left", "the first so many; all but the last -n", COUNT, STRING, false, left_string),
    TEXT_ROW("right", "the last so many; all but the first -n", COUNT, STRING, false, right_string),
    TEXT_ROW("trim", "without spaces at both ends", ONE, STRING, false, trim_both),
    TEXT_ROW("btrim", "without spaces at both ends", ONE, STRING, false, trim_both),
    TEXT_ROW("ltrim", "without spaces at the start", ONE, STRING, false, trim_left),
    TEXT_ROW("rtrim", "without spaces at the end", ONE, STRING, false, trim_right),
    TEXT_ROW("trim", "without those characters at both ends", TWO, STRING, false, trim_both),
    TEXT_ROW("btrim", "without those characters at both ends", TWO, STRING, false, trim_both),
    TEXT_ROW("ltrim", "without those characters at the start", TWO, STRING, false, trim_left),
    TEXT_ROW("rtrim", "without those characters at the end", TWO, STRING, false, trim_right),
    TEXT_ROW("split_part",
             "part n (from 1, or from the end when negative) between delimiters",
             LEAT_ARGUMENTS_3(STRING, STRING, INT),
             STRING,
             true,
             split_part),
    TEXT_ROW("replace",
             "every second by the third",
             LEAT_ARGUMENTS_3(STRING, STRING, STRING),
             STRING,
             true,
             replace_string),
    TEXT_ROW("reverse", "characters in reverse", ONE, STRING, false, reverse_string),
    TEXT_ROW("repeat", "so many times", COUNT, STRING, true, repeat_string),
    TEXT_ROW("lpad", "to that length, spaces at the start", COUNT, STRING, true, lpad_string),
    TEXT_ROW("rpad", "to that length, spaces at the end", COUNT, STRING, true, rpad_string),
    TEXT_ROW("lpad",
             "to that length, the third at the start",
             LEAT_ARGUMENTS_3(STRING, INT, STRING),
             STRING,
             true,
             lpad_string),
    TEXT_ROW("rpad",
             "to that length, the third at the end",
             LEAT_ARGUMENTS_3(STRING, INT, STRING),
             STRING,
             true,
             rpad_string),
};

const leat_function_family leat_functions_text = {"Text", rows, LEAT_COUNT_OF(rows)};
