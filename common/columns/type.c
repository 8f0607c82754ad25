/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/type.h"

#include <ctype.h>
#include <strings.h>

#include "common/base/assert.h"
#include "common/text/diagnostic.h"

enum { ARGUMENT_MAX = 1000 * 1000, DECIMAL_PRECISION_DEFAULT = 38, ARGUMENT_COUNT_MAX = 2 };

typedef struct type_spelling {
    const char *name; /* words separated by one space */
    leat_type_id id;
    int argument_count; /* at most this many numbers in parentheses */
} type_spelling;

/* The first spelling of an id is the one that is printed. */
static const type_spelling spellings[] = {
    {"boolean", LEAT_TYPE_BOOLEAN, 0},
    {"int", LEAT_TYPE_INT, 0},
    {"bigint", LEAT_TYPE_BIGINT, 0},
    {"double", LEAT_TYPE_DOUBLE, 0},
    {"decimal", LEAT_TYPE_DECIMAL, 2},
    {"string", LEAT_TYPE_STRING, 0},
    {"timestamp", LEAT_TYPE_TIMESTAMP, 1},
    {"interval", LEAT_TYPE_INTERVAL, 0},
    {"bytes", LEAT_TYPE_BYTES, 0},
    {"bool", LEAT_TYPE_BOOLEAN, 0},
    {"integer", LEAT_TYPE_INT, 0},
    {"int4", LEAT_TYPE_INT, 0},
    {"int8", LEAT_TYPE_BIGINT, 0},
    {"double precision", LEAT_TYPE_DOUBLE, 0},
    {"float8", LEAT_TYPE_DOUBLE, 0},
    {"numeric", LEAT_TYPE_DECIMAL, 2},
    {"dec", LEAT_TYPE_DECIMAL, 2},
    {"varchar", LEAT_TYPE_STRING, 1},
    {"character varying", LEAT_TYPE_STRING, 1},
    {"char", LEAT_TYPE_STRING, 1},
    {"character", LEAT_TYPE_STRING, 1},
    {"text", LEAT_TYPE_STRING, 0},
    {"timestamp_ltz", LEAT_TYPE_TIMESTAMP, 1},
    {"timestamptz", LEAT_TYPE_TIMESTAMP, 1},
    {"timestamp with time zone", LEAT_TYPE_TIMESTAMP, 0},
    {"timestamp without time zone", LEAT_TYPE_TIMESTAMP, 0},
    {"bytea", LEAT_TYPE_BYTES, 0},
};

leat_layout leat_type_layout(leat_type type)
{
    switch ((leat_type_id)type.id) {
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_BOOLEAN:
        return LEAT_LAYOUT_BIT;
    case LEAT_TYPE_INT:
        return LEAT_LAYOUT_I32;
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_TIMESTAMP:
        return LEAT_LAYOUT_I64;
    case LEAT_TYPE_DOUBLE:
        return LEAT_LAYOUT_F64;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
        return LEAT_LAYOUT_VIEW;
    case LEAT_TYPE_INTERVAL:
        return LEAT_LAYOUT_INTERVAL;
    case LEAT_TYPE_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

size_t leat_layout_size(leat_layout layout)
{
    switch (layout) {
    case LEAT_LAYOUT_BIT:
        return 0;
    case LEAT_LAYOUT_I32:
        return sizeof(int32_t);
    case LEAT_LAYOUT_I64:
    case LEAT_LAYOUT_F64:
        return sizeof(int64_t);
    case LEAT_LAYOUT_I128:
        return sizeof(leat_i128);
    case LEAT_LAYOUT_INTERVAL:
        return sizeof(leat_interval);
    case LEAT_LAYOUT_VIEW:
        return sizeof(leat_view);
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

void leat_type_print(leat_type type, leat_buf *out)
{
    if (type.id == LEAT_TYPE_UNKNOWN) {
        leat_buf_add_text(out, "unknown");
        return;
    }
    for (size_t i = 0; i < LEAT_COUNT_OF(spellings); i++) {
        if (spellings[i].id != type.id)
            continue;
        leat_buf_add_text(out, spellings[i].name);
        if (type.id == LEAT_TYPE_DECIMAL)
            leat_buf_print(out, "(%u,%u)", type.precision, type.scale);
        return;
    }
    LEAT_UNREACHABLE();
}

static leat_code type_unknown(leat_bytes text, leat_error *err)
{
    const char *names[LEAT_COUNT_OF(spellings)];
    for (size_t i = 0; i < LEAT_COUNT_OF(spellings); i++)
        names[i] = spellings[i].name;
    const char *nearest = leat_suggest(text, names, LEAT_COUNT_OF(names));
    if (nearest == NULL)
        return leat_fail(err, LEAT_INVALID, "unknown type `%.*s`", LEAT_FMT(text));
    return leat_fail(err, LEAT_INVALID, "unknown type `%.*s`, did you mean `%s`?", LEAT_FMT(text),
                     nearest);
}

static const char *spaces_skip(const char *at, const char *end)
{
    while (at < end && isspace((unsigned char)*at))
        at++;
    return at;
}

/* Does text spell `name`, where one space of the name stands for any white space? */
static bool spelling_matches(const char *name, leat_bytes text)
{
    const char *at = text.data;
    const char *end = at + text.size;
    for (; *name != '\0'; name++) {
        if (*name == ' ') {
            const char *next = spaces_skip(at, end);
            if (next == at)
                return false;
            at = next;
        } else if (at < end && tolower((unsigned char)*at) == *name) {
            at++;
        } else {
            return false;
        }
    }
    return at == end;
}

static const type_spelling *spelling_find(leat_bytes name)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(spellings); i++) {
        if (spelling_matches(spellings[i].name, name))
            return &spellings[i];
    }
    return NULL;
}

/* "12 , 2" -> {12, 2}; -1 when it is not a list of one or two small numbers. */
static int arguments_parse(leat_bytes text, long arguments[ARGUMENT_COUNT_MAX])
{
    const char *at = text.data;
    const char *end = at + text.size;
    for (int count = 1; count <= ARGUMENT_COUNT_MAX; count++) {
        at = spaces_skip(at, end);
        const char *digits = at;
        long value = 0;
        while (at < end && isdigit((unsigned char)*at) && value < ARGUMENT_MAX)
            value = value * 10 + (*at++ - '0');
        if (at == digits)
            return -1;
        arguments[count - 1] = value;
        at = spaces_skip(at, end);
        if (at == end)
            return count;
        if (*at++ != ',')
            return -1;
    }
    return -1;
}

static leat_code type_decimal_of(
    leat_bytes text, const long *arguments, int count, leat_type *out_type, leat_error *err)
{
    long precision = count >= 1 ? arguments[0] : DECIMAL_PRECISION_DEFAULT;
    long scale = count >= 2 ? arguments[1] : 0;
    if (precision < 1 || precision > LEAT_DECIMAL_PRECISION_MAX)
        return leat_fail(err, LEAT_INVALID, "`%.*s`: the precision of a decimal is 1 to %d",
                         LEAT_FMT(text), LEAT_DECIMAL_PRECISION_MAX);
    if (scale > precision)
        return leat_fail(err, LEAT_INVALID,
                         "`%.*s`: the scale of a decimal cannot exceed its precision",
                         LEAT_FMT(text));
    *out_type = leat_type_decimal((unsigned)precision, (unsigned)scale);
    return LEAT_OK;
}

static leat_bytes text_trim(leat_bytes text)
{
    const char *start = text.data;
    const char *end = start + text.size;
    start = spaces_skip(start, end);
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    return leat_bytes_of(start, (size_t)(end - start));
}

leat_code leat_type_parse(leat_bytes text, leat_type *out_type, leat_error *err)
{
    text = text_trim(text);
    leat_bytes name = text;
    long arguments[ARGUMENT_COUNT_MAX] = {0};
    int argument_count = 0;
    const char *open = text.size == 0 ? NULL : memchr(text.data, '(', text.size);
    if (open != NULL) {
        const char *end = text.data + text.size;
        if (end[-1] == ')')
            argument_count =
                arguments_parse(leat_bytes_of(open + 1, (size_t)(end - open) - 2), arguments);
        if (end[-1] != ')' || argument_count < 0)
            return leat_fail(err, LEAT_INVALID,
                             "`%.*s` is no type, expected numbers in parentheses after its name",
                             LEAT_FMT(text));
        name = text_trim(leat_bytes_of(text.data, (size_t)(open - text.data)));
    }
    const type_spelling *spelling = spelling_find(name);
    if (spelling == NULL)
        return type_unknown(name, err);
    if (argument_count > spelling->argument_count)
        return leat_fail(err, LEAT_INVALID, "type `%s` takes %s", spelling->name,
                         spelling->argument_count == 0 ? "no numbers in parentheses"
                                                       : "one number in parentheses");
    if (spelling->id == LEAT_TYPE_DECIMAL)
        return type_decimal_of(text, arguments, argument_count, out_type, err);
    *out_type = (leat_type){(uint8_t)spelling->id, 0, 0};
    return LEAT_OK;
}
