/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/nested.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"

enum {
    END = 0,
    MARK_VALUE = 1,
    MARK_NULL = 2,
    ZERO = 0x80, /* of an integer; above it are the positive ones */
    INTEGER_BYTES_MAX = 16,
    ESCAPED = 0xff, /* behind a zero byte of text */
};

#define SIGN_BIT (UINT64_C(1) << 63)

/* --- Writing. --- */

static void integer_add(leat_buf *out, leat_i128 value)
{
    leat_u128 magnitude = value < 0 ? ~(leat_u128)value : (leat_u128)value;
    int size = 0;
    for (leat_u128 left = magnitude; left != 0; left >>= 8)
        size++;
    leat_buf_add_u8(out, (uint8_t)(value < 0 ? ZERO - 1 - size : ZERO + size));
    for (int i = size - 1; i >= 0; i--)
        leat_buf_add_u8(out, (uint8_t)((leat_u128)value >> (8 * i)));
}

static void double_add(leat_buf *out, double value)
{
    uint64_t bits;
    value = value == 0 ? 0 : value;
    memcpy(&bits, &value, sizeof bits);
    if (isnan(value))
        bits = UINT64_C(0x7ff8000000000000);
    bits ^= bits & SIGN_BIT ? UINT64_MAX : SIGN_BIT;
    bits = __builtin_bswap64(bits);
    leat_buf_add(out, &bits, sizeof bits);
}

static void text_add(leat_buf *out, leat_bytes text)
{
    while (text.size > 0) {
        const char *zero = memchr(text.data, 0, text.size);
        size_t plain = zero == NULL ? text.size : (size_t)(zero - text.data) + 1;
        leat_buf_add(out, text.data, plain);
        if (zero != NULL)
            leat_buf_add_u8(out, ESCAPED);
        text = leat_bytes_of(text.data + plain, text.size - plain);
    }
    leat_buf_add_u8(out, 0);
}

/* Microseconds, a month being 30 days: what intervals are compared by. */
static leat_i128 interval_length(leat_interval interval)
{
    leat_i128 days = (leat_i128)interval.months * 30 + interval.days;
    return days * LEAT_DAY_US + interval.micros;
}

static void interval_add(leat_buf *out, leat_interval interval)
{
    integer_add(out, interval_length(interval));
    integer_add(out, interval.months);
    integer_add(out, interval.days);
    integer_add(out, interval.micros);
}

void leat_nested_add(leat_buf *out, const leat_value *value)
{
    if (value->is_null || value->type.id == LEAT_TYPE_UNKNOWN) {
        leat_buf_add_u8(out, MARK_NULL);
        return;
    }
    leat_buf_add_u8(out, MARK_VALUE);
    switch ((leat_type_id)value->type.id) {
    case LEAT_TYPE_BOOLEAN:
        leat_buf_add_u8(out, value->boolean);
        return;
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
        integer_add(out, value->integer);
        return;
    case LEAT_TYPE_DOUBLE:
        double_add(out, value->real);
        return;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
        text_add(out, value->text);
        return;
    case LEAT_TYPE_INTERVAL:
        interval_add(out, value->interval);
        return;
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        leat_buf_add(out, value->text.data, value->text.size);
        return;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

void leat_nested_end(leat_buf *out)
{
    leat_buf_add_u8(out, END);
}

/* A pair's bytes: where its key ends, where it all ends, and when it came. */
typedef struct map_entry {
    const leat_buf *bytes;
    size_t start, value_at, end;
    uint32_t place;
} map_entry;

static leat_bytes entry_key(const map_entry *entry)
{
    return leat_bytes_of(entry->bytes->data + entry->start, entry->value_at - entry->start);
}

static int entry_order(const void *a, const void *b)
{
    const map_entry *x = a, *y = b;
    int order = leat_bytes_compare(entry_key(x), entry_key(y));
    return order != 0 ? order : x->place < y->place ? -1 : x->place > y->place;
}

void leat_nested_map(leat_buf *out, const leat_value *pairs, uint32_t pair_count)
{
    leat_buf bytes = {0};
    map_entry *entries = leat_alloc_zero(LEAT_MAX(pair_count, 1U), sizeof *entries);
    for (uint32_t i = 0; i < pair_count; i++) {
        entries[i] = (map_entry){.bytes = &bytes, .start = bytes.size, .place = i};
        leat_nested_add(&bytes, &pairs[(size_t)i * 2]);
        entries[i].value_at = bytes.size;
        leat_nested_add(&bytes, &pairs[(size_t)i * 2 + 1]);
        entries[i].end = bytes.size;
    }
    qsort(entries, pair_count, sizeof *entries, entry_order);
    for (uint32_t i = 0; i < pair_count; i++) {
        bool is_last = i + 1 == pair_count ||
                       !leat_bytes_equal(entry_key(&entries[i]), entry_key(&entries[i + 1]));
        if (is_last)
            leat_buf_add(out, bytes.data + entries[i].start, entries[i].end - entries[i].start);
    }
    leat_nested_end(out);
    leat_free(entries);
    leat_buf_fini(&bytes);
}

/* --- Reading. --- */

static leat_i128 integer_take(leat_cursor *in)
{
    int header = leat_cursor_u8(in);
    bool is_negative = header < ZERO;
    int size = is_negative ? ZERO - 1 - header : header - ZERO;
    leat_u128 value = is_negative ? ~(leat_u128)0 : 0;
    if (size > INTEGER_BYTES_MAX) {
        in->is_short = true;
        in->at = in->end;
        return 0;
    }
    for (int i = 0; i < size; i++)
        value = value << 8 | leat_cursor_u8(in);
    return (leat_i128)value;
}

static double double_take(leat_cursor *in)
{
    uint64_t bits = __builtin_bswap64(leat_cursor_u64(in));
    double value;
    bits ^= bits & SIGN_BIT ? SIGN_BIT : UINT64_MAX;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Where the text ends; *out_escapes are the zero bytes within. */
static size_t text_size(const leat_cursor *in, size_t *out_escapes)
{
    const uint8_t *at = in->at;
    *out_escapes = 0;
    while (at < in->end) {
        const uint8_t *zero = memchr(at, 0, (size_t)(in->end - at));
        if (zero == NULL)
            break;
        if (zero + 1 == in->end || zero[1] != ESCAPED)
            return (size_t)(zero - in->at);
        at = zero + 2;
        ++*out_escapes;
    }
    return SIZE_MAX;
}

static leat_bytes text_take(leat_cursor *in, leat_arena *arena)
{
    size_t escapes;
    size_t size = text_size(in, &escapes);
    if (size == SIZE_MAX) {
        in->is_short = true;
        in->at = in->end;
        return LEAT_BYTES("");
    }
    const char *from = (const char *)in->at;
    in->at += size + 1;
    if (escapes == 0 || arena == NULL)
        return leat_bytes_of(from, size);
    char *plain = leat_arena_aligned(arena, 1, size - escapes);
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        plain[count++] = from[i];
        i += from[i] == '\0'; /* and its escape */
    }
    return leat_bytes_of(plain, count);
}

static leat_interval interval_take(leat_cursor *in)
{
    (void)integer_take(in);
    leat_interval interval = {.months = (int32_t)integer_take(in)};
    interval.days = (int32_t)integer_take(in);
    interval.micros = (int64_t)integer_take(in);
    return interval;
}

static leat_value value_take(leat_nested_reader *reader, leat_type type);

/* The bytes of an inner value: to find their end they are read. */
static leat_bytes nested_take(leat_nested_reader *reader, leat_type type)
{
    const uint8_t *start = reader->in.at;
    const leat_type_shape *shape = leat_type_shape_of(type);
    leat_nested_reader inner = {reader->in, NULL};
    if (type.id == LEAT_TYPE_ROW) {
        for (uint32_t i = 0; i < shape->field_count; i++)
            (void)leat_nested_next(&inner, shape->fields[i].type);
    } else {
        while (leat_nested_more(&inner))
            for (uint32_t i = 0; i < shape->field_count; i++)
                (void)leat_nested_next(&inner, shape->fields[i].type);
        (void)leat_cursor_u8(&inner.in);
    }
    reader->in = inner.in;
    return leat_bytes_of(start, (size_t)(inner.in.at - start));
}

static leat_value value_take(leat_nested_reader *reader, leat_type type)
{
    leat_value value = {.type = type};
    switch ((leat_type_id)type.id) {
    case LEAT_TYPE_BOOLEAN:
        value.boolean = leat_cursor_u8(&reader->in) != 0;
        break;
    case LEAT_TYPE_INT:
    case LEAT_TYPE_DATE:
        value.integer = (int32_t)integer_take(&reader->in);
        break;
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_TIME:
        value.integer = (int64_t)integer_take(&reader->in);
        break;
    case LEAT_TYPE_DECIMAL:
        value.integer = integer_take(&reader->in);
        break;
    case LEAT_TYPE_DOUBLE:
        value.real = double_take(&reader->in);
        break;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
        value.text = text_take(&reader->in, reader->arena);
        break;
    case LEAT_TYPE_INTERVAL:
        value.interval = interval_take(&reader->in);
        break;
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        value.text = nested_take(reader, type);
        break;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        value.is_null = true;
        break;
    }
    value.is_null |= reader->in.is_short;
    return value;
}

bool leat_nested_more(const leat_nested_reader *reader)
{
    return reader->in.at < reader->in.end && !reader->in.is_short && *reader->in.at != END;
}

leat_value leat_nested_next(leat_nested_reader *reader, leat_type type)
{
    leat_value null = {.type = type, .is_null = true};
    if (!leat_nested_more(reader))
        return null;
    if (leat_cursor_u8(&reader->in) != MARK_VALUE)
        return null;
    return value_take(reader, type);
}

uint32_t leat_nested_count(leat_type type, leat_bytes bytes)
{
    const leat_type_shape *shape = leat_type_shape_of(type);
    if (type.id == LEAT_TYPE_ROW)
        return shape->field_count;
    leat_nested_reader reader = leat_nested_read(bytes, NULL);
    uint32_t count = 0;
    for (; leat_nested_more(&reader); count++)
        for (uint32_t i = 0; i < shape->field_count; i++)
            (void)leat_nested_next(&reader, shape->fields[i].type);
    return count;
}

leat_value leat_nested_at(leat_type type, leat_bytes bytes, uint32_t index, leat_arena *arena)
{
    const leat_type_shape *shape = leat_type_shape_of(type);
    bool is_row = type.id == LEAT_TYPE_ROW;
    leat_nested_reader reader = leat_nested_read(bytes, NULL);
    for (uint32_t i = 0; i < index && leat_nested_more(&reader); i++)
        (void)leat_nested_next(&reader, shape->fields[is_row ? i : 0].type);
    reader.arena = arena;
    return leat_nested_next(&reader, shape->fields[is_row ? index : 0].type);
}

leat_value
leat_nested_get(leat_type type, leat_bytes bytes, const leat_value *key, leat_arena *arena)
{
    const leat_type_shape *shape = leat_type_shape_of(type);
    leat_value found = {.type = shape->fields[1].type, .is_null = true};
    leat_buf wanted = {0};
    leat_nested_add(&wanted, key);
    leat_nested_reader reader = leat_nested_read(bytes, arena);
    while (leat_nested_more(&reader)) {
        const char *start = (const char *)reader.in.at;
        (void)leat_nested_next(&reader, shape->fields[0].type);
        leat_bytes entry = leat_bytes_of(start, (size_t)((const char *)reader.in.at - start));
        leat_value value = leat_nested_next(&reader, shape->fields[1].type);
        if (leat_bytes_equal(entry, leat_buf_bytes(&wanted))) {
            found = value;
            break;
        }
    }
    leat_buf_fini(&wanted);
    return found;
}
