/* SPDX-License-Identifier: Apache-2.0
 *
 * Types as text. A scalar's spelling is looked up in a table; what nests is read by descent.
 */
#include <ctype.h>
#include <strings.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/columns/type.h"
#include "common/text/diagnostic.h"

enum {
    ARGUMENT_MAX = 1000 * 1000,
    DECIMAL_PRECISION_DEFAULT = 38,
    ARGUMENT_COUNT_MAX = 2,
    SPELLING_BYTES_MAX = 64
};

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
    {"date", LEAT_TYPE_DATE, 0},
    {"time", LEAT_TYPE_TIME, 1},
    {"json", LEAT_TYPE_JSON, 0},
    {"jsonb", LEAT_TYPE_JSON, 0},
    {"variant", LEAT_TYPE_JSON, 0},
    {"time without time zone", LEAT_TYPE_TIME, 1},
    {"smallint", LEAT_TYPE_INT, 0},
    {"tinyint", LEAT_TYPE_INT, 0},
    {"int2", LEAT_TYPE_INT, 0},
    {"real", LEAT_TYPE_DOUBLE, 0},
    {"float", LEAT_TYPE_DOUBLE, 1},
    {"float4", LEAT_TYPE_DOUBLE, 0},
    {"varbinary", LEAT_TYPE_BYTES, 1},
    {"binary", LEAT_TYPE_BYTES, 1},
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
    {"time with time zone", LEAT_TYPE_TIME, 1},
    {"timestamp with time zone", LEAT_TYPE_TIMESTAMP, 1},
    {"timestamp with local time zone", LEAT_TYPE_TIMESTAMP, 1},
    {"timestamp without time zone", LEAT_TYPE_TIMESTAMP, 1},
    {"bytea", LEAT_TYPE_BYTES, 0},
};

static bool is_plain_name(leat_bytes name)
{
    bool is_plain = name.size > 0 && !isdigit((unsigned char)name.data[0]);
    for (size_t i = 0; i < name.size; i++)
        is_plain &= isalnum((unsigned char)name.data[i]) || name.data[i] == '_';
    return is_plain;
}

static void name_print(leat_bytes name, leat_buf *out)
{
    bool is_plain = is_plain_name(name);
    leat_buf_add_text(out, is_plain ? "" : "\"");
    for (size_t i = 0; i < name.size; i++) {
        if (!is_plain && name.data[i] == '"')
            leat_buf_add_char(out, '"');
        leat_buf_add_char(out, name.data[i]);
    }
    leat_buf_add_text(out, is_plain ? "" : "\"");
}

static void nested_print(leat_type type, leat_buf *out)
{
    const leat_type_shape *shape = leat_type_shape_of(type);
    leat_buf_add_text(out, type.id == LEAT_TYPE_ARRAY ? "array<"
                           : type.id == LEAT_TYPE_MAP ? "map<"
                                                      : "row<");
    for (uint32_t i = 0; i < shape->field_count; i++) {
        leat_buf_add_text(out, i > 0 ? ", " : "");
        if (type.id == LEAT_TYPE_ROW) {
            name_print(shape->fields[i].name, out);
            leat_buf_add_char(out, ' ');
        }
        leat_type_print(shape->fields[i].type, out);
    }
    leat_buf_add_char(out, '>');
}

void leat_type_print(leat_type type, leat_buf *out)
{
    if (type.id == LEAT_TYPE_UNKNOWN) {
        leat_buf_add_text(out, "unknown");
        return;
    }
    if (leat_type_is_nested(type)) {
        nested_print(type, out);
        return;
    }
    for (size_t i = 0; i < LEAT_COUNT_OF(spellings); i++) {
        if (spellings[i].id != type.id)
            continue;
        leat_buf_add_text(out, spellings[i].name);
        if (type.id == LEAT_TYPE_DECIMAL && type.precision > 0)
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

static leat_code scalar_parse(leat_bytes text, leat_type *out_type, leat_error *err)
{
    text = text_trim(text);
    leat_bytes name = text;
    long arguments[ARGUMENT_COUNT_MAX] = {0};
    int argument_count = 0;
    char words[SPELLING_BYTES_MAX];
    const char *open = text.size == 0 ? NULL : memchr(text.data, '(', text.size);
    if (open != NULL) {
        const char *end = text.data + text.size;
        const char *close = memchr(open, ')', (size_t)(end - open));
        if (close != NULL)
            argument_count =
                arguments_parse(leat_bytes_of(open + 1, (size_t)(close - open) - 1), arguments);
        size_t before = (size_t)(open - text.data);
        size_t behind = close == NULL ? 0 : (size_t)(end - close) - 1;
        if (close == NULL || argument_count < 0 || before + behind >= sizeof words)
            return leat_fail(err, LEAT_INVALID,
                             "`%.*s` is no type, expected numbers in parentheses after its name",
                             LEAT_FMT(text));
        memcpy(words, text.data, before); /* timestamp(3) with time zone */
        memcpy(words + before, close + 1, behind);
        name = text_trim(leat_bytes_of(words, before + behind));
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

/* --- What nests. --- */

typedef struct type_reader {
    const char *at;
    const char *end;
    leat_bytes text; /* all of it, for errors */
    unsigned depth;
    leat_error *err;
} type_reader;

static leat_code type_read(type_reader *in, leat_type *out_type);

static leat_code unreadable(const type_reader *in, const char *expected)
{
    return leat_fail(in->err, LEAT_INVALID, "`%.*s` is no type, expected %s", LEAT_FMT(in->text),
                     expected);
}

static bool char_take(type_reader *in, char c)
{
    in->at = spaces_skip(in->at, in->end);
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

/* A word in any case with a boundary behind it. */
static bool word_take(type_reader *in, const char *word)
{
    size_t size = strlen(word);
    const char *at = spaces_skip(in->at, in->end);
    if ((size_t)(in->end - at) < size || strncasecmp(at, word, size) != 0)
        return false;
    if (at + size < in->end && (isalnum((unsigned char)at[size]) || at[size] == '_'))
        return false;
    in->at = at + size;
    return true;
}

/* ARRAY< but not ARRAY as anything else. */
static bool opening_take(type_reader *in, const char *word, const char *brackets, char *out_close)
{
    const char *before = in->at;
    if (word_take(in, word)) {
        for (; *brackets != '\0'; brackets += 2) {
            if (char_take(in, brackets[0])) {
                *out_close = brackets[1];
                return true;
            }
        }
    }
    in->at = before;
    return false;
}

/* a, "a b" or `a b`; quotes are not doubled within. */
static leat_code name_read(type_reader *in, leat_bytes *out_name)
{
    in->at = spaces_skip(in->at, in->end);
    const char *start = in->at;
    if (start < in->end && (*start == '"' || *start == '`')) {
        const char *quote = memchr(start + 1, *start, (size_t)(in->end - start) - 1);
        if (quote == NULL)
            return unreadable(in, "a closing quote");
        *out_name = leat_bytes_of(start + 1, (size_t)(quote - start) - 1);
        in->at = quote + 1;
        return LEAT_OK;
    }
    while (in->at < in->end &&
           (isalnum((unsigned char)*in->at) || *in->at == '_' || (unsigned char)*in->at >= 0x80))
        in->at++;
    *out_name = leat_bytes_of(start, (size_t)(in->at - start));
    return in->at == start ? unreadable(in, "the name of a field") : LEAT_OK;
}

static void nullability_skip(type_reader *in)
{
    if (word_take(in, "not"))
        (void)word_take(in, "null");
    else
        (void)word_take(in, "null");
}

static leat_code fields_read(type_reader *in, char close, leat_type *out_type)
{
    leat_type_field *fields = leat_alloc_zero(LEAT_TYPE_FIELDS_MAX, sizeof *fields);
    uint32_t count = 0;
    leat_code code = LEAT_OK;
    do {
        if (count == LEAT_TYPE_FIELDS_MAX) {
            code = unreadable(in, "fewer fields");
            break;
        }
        code = name_read(in, &fields[count].name);
        if (code == LEAT_OK)
            code = type_read(in, &fields[count].type);
        if (code == LEAT_OK)
            nullability_skip(in);
        count++;
    } while (code == LEAT_OK && char_take(in, ','));
    if (code == LEAT_OK && !char_take(in, close))
        code =
            unreadable(in, close == '>' ? "`>` after the last field" : "`)` after the last field");
    if (code == LEAT_OK)
        *out_type = leat_type_row(fields, count);
    leat_free(fields);
    return code;
}

/* The text of a scalar: up to what can follow one, parentheses included. */
static leat_code scalar_read(type_reader *in, leat_type *out_type)
{
    const char *start = in->at;
    unsigned open = 0;
    for (; in->at < in->end; in->at++) {
        open += *in->at == '(';
        if (open == 0 && strchr(",>[)", *in->at) != NULL)
            break;
        open -= *in->at == ')' && open > 0;
    }
    leat_bytes text = text_trim(leat_bytes_of(start, (size_t)(in->at - start)));
    static const char *const endings[] = {"not null", "null"};
    for (size_t i = 0; in->depth > 1 && i < LEAT_COUNT_OF(endings); i++) {
        size_t size = strlen(endings[i]);
        if (text.size > size && strncasecmp(text.data + text.size - size, endings[i], size) == 0)
            text = text_trim(leat_bytes_of(text.data, text.size - size));
    }
    return scalar_parse(text, out_type, in->err);
}

static leat_code base_read(type_reader *in, leat_type *out_type)
{
    char close = '\0';
    leat_type key, value;
    if (opening_take(in, "array", "<>", &close)) {
        LEAT_TRY(type_read(in, &value));
        nullability_skip(in);
        *out_type = leat_type_array(value);
        return char_take(in, close) ? LEAT_OK : unreadable(in, "`>` after the elements' type");
    }
    if (opening_take(in, "map", "<>()", &close)) {
        LEAT_TRY(type_read(in, &key));
        nullability_skip(in);
        if (!char_take(in, ','))
            return unreadable(in, "`,` between the types of keys and values");
        LEAT_TRY(type_read(in, &value));
        nullability_skip(in);
        *out_type = leat_type_map(key, value);
        return char_take(in, close) ? LEAT_OK : unreadable(in, "`>` after the values' type");
    }
    if (opening_take(in, "row", "<>()", &close) || opening_take(in, "struct", "<>()", &close))
        return fields_read(in, close, out_type);
    return scalar_read(in, out_type);
}

static leat_code type_read(type_reader *in, leat_type *out_type)
{
    leat_type type;
    if (++in->depth > LEAT_TYPE_DEPTH_MAX)
        return unreadable(in, "less nesting");
    in->at = spaces_skip(in->at, in->end);
    LEAT_TRY(base_read(in, &type));
    while (type.id != LEAT_TYPE_UNKNOWN && char_take(in, '[')) {
        in->at = spaces_skip(in->at, in->end);
        while (in->at < in->end && isdigit((unsigned char)*in->at))
            in->at++; /* int[3] is int[], as in PostgreSQL */
        if (!char_take(in, ']'))
            return unreadable(in, "`]`");
        type = leat_type_array(type);
    }
    if (type.id == LEAT_TYPE_UNKNOWN)
        return leat_fail(in->err, LEAT_LIMIT, "`%.*s`: too many nested types, or nested too deep",
                         LEAT_FMT(in->text));
    in->depth--;
    *out_type = type;
    return LEAT_OK;
}

leat_code leat_type_parse(leat_bytes text, leat_type *out_type, leat_error *err)
{
    text = text_trim(text);
    type_reader in = {text.data, text.data + text.size, text, 0, err};
    leat_type type;
    LEAT_TRY(type_read(&in, &type));
    in.at = spaces_skip(in.at, in.end);
    if (in.at != in.end)
        return unreadable(&in, "nothing more");
    *out_type = type;
    return LEAT_OK;
}
