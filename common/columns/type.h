/* SPDX-License-Identifier: Apache-2.0
 *
 * type - the SQL types of columns and how each lies in memory.
 *
 * A type is a plain value. The layout says what a column's `values` array holds; a DECIMAL
 * column is I64 when every value of the batch fits, else I128 (decisions 16), every other type
 * has one layout.
 *
 * The types inside an ARRAY, MAP or ROW are its *shape*. Shapes are kept once per process for its
 * whole life, so that a type stays three bytes and equal types have equal bytes. Which number a
 * shape has depends on who came first: a type travels and is stored by leat_type_encode, never by
 * its bytes. Thread: any; making shapes takes a short lock, reading them none.
 */
#ifndef LEAT_COMMON_COLUMNS_TYPE_H
#define LEAT_COMMON_COLUMNS_TYPE_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/error.h"

typedef enum leat_type_id {
    LEAT_TYPE_UNKNOWN,   /* a bare NULL literal before the binder gives it a type */
    LEAT_TYPE_BOOLEAN,   /* bitmap, LSB first */
    LEAT_TYPE_INT,       /* int32_t */
    LEAT_TYPE_BIGINT,    /* int64_t */
    LEAT_TYPE_DOUBLE,    /* double */
    LEAT_TYPE_DECIMAL,   /* scaled integer: value * 10^scale, int64_t or leat_i128 */
    LEAT_TYPE_STRING,    /* UTF-8 text, leat_view; spelled string, varchar(n), text */
    LEAT_TYPE_TIMESTAMP, /* int64_t microseconds since 1970 UTC */
    LEAT_TYPE_INTERVAL,  /* leat_interval */
    LEAT_TYPE_BYTES,     /* leat_view */
    LEAT_TYPE_DATE,      /* int32_t days since 1970 */
    LEAT_TYPE_TIME,      /* int64_t microseconds since midnight */
    LEAT_TYPE_JSON,      /* leat_view: normalized text as PostgreSQL prints jsonb (json_text.h) */
    LEAT_TYPE_ARRAY,     /* leat_view of the bytes of nested.h, like the next two */
    LEAT_TYPE_MAP,       /* keys ascending */
    LEAT_TYPE_ROW,
    LEAT_TYPE_COUNT
} leat_type_id;

typedef enum leat_layout {
    LEAT_LAYOUT_BIT,
    LEAT_LAYOUT_I32,
    LEAT_LAYOUT_I64,
    LEAT_LAYOUT_F64,
    LEAT_LAYOUT_I128,
    LEAT_LAYOUT_INTERVAL,
    LEAT_LAYOUT_VIEW,
    LEAT_LAYOUT_COUNT
} leat_layout;

typedef struct leat_type {
    uint8_t id;        /* leat_type_id */
    uint8_t precision; /* DECIMAL: 1..38 digits in all; nested: of its shape's number; else 0 */
    uint8_t scale;     /* DECIMAL: digits after the point, <= precision; nested: likewise; else 0 */
} leat_type;

/* What an ARRAY, MAP or ROW holds. */
typedef struct leat_type_field {
    leat_bytes name; /* of a ROW's field; else empty */
    leat_type type;
} leat_type_field;

typedef struct leat_type_shape {
    leat_type type;       /* whose shape it is */
    uint32_t field_count; /* ARRAY: 1; MAP: key and value; ROW: its fields */
    const leat_type_field *fields;
} leat_type_shape;

__extension__ typedef __int128 leat_i128;
__extension__ typedef unsigned __int128 leat_u128;
typedef int64_t leat_time; /* microseconds since 1970 UTC */

#define LEAT_TIME_MIN INT64_MIN /* no watermark yet */
#define LEAT_TIME_MAX INT64_MAX /* end of input */

typedef struct leat_interval {
    int32_t months;
    int32_t days;
    int64_t micros;
} leat_interval;

enum {
    LEAT_VIEW_INLINE_MAX = 12,
    LEAT_DECIMAL_PRECISION_MAX = 38,
    LEAT_DECIMAL_PRECISION_I64 = 18,
    LEAT_TYPE_DEPTH_MAX = 16, /* of nested types */
    LEAT_TYPE_FIELDS_MAX = 1024,
    LEAT_TYPE_SHAPES_MAX = 1 << 16 /* different ones in one process */
};

/* Text or bytes in 16 bytes: up to 12 inline (zero padded), longer ones by pointer with their
 * first four bytes beside the length, so that most comparisons never follow the pointer.
 * Memory: what `data` points into must outlive the view; batches keep their heaps alive. */
typedef struct leat_view {
    uint32_t size;
    char prefix[4];
    union {
        char rest[8];     /* size <= 12: bytes 4..11 */
        const char *data; /* size > 12: all bytes */
    };
} leat_view;

LEAT_STATIC_ASSERT(sizeof(leat_view) == 16, "views are 16 bytes");

#define LEAT_TYPE(name) ((leat_type){LEAT_TYPE_##name, 0, 0})

static inline leat_type leat_type_decimal(unsigned precision, unsigned scale)
{
    return (leat_type){LEAT_TYPE_DECIMAL, (uint8_t)precision, (uint8_t)scale};
}

static inline bool leat_type_equal(leat_type a, leat_type b)
{
    return a.id == b.id && a.precision == b.precision && a.scale == b.scale;
}

static inline bool leat_type_is_nested(leat_type type)
{
    return type.id == LEAT_TYPE_ARRAY || type.id == LEAT_TYPE_MAP || type.id == LEAT_TYPE_ROW;
}

/* A value of one is a value of the other as it lies: equal, or decimals of one scale. */
static inline bool leat_type_fits(leat_type a, leat_type b)
{
    if (a.id == LEAT_TYPE_DECIMAL)
        return b.id == LEAT_TYPE_DECIMAL && a.scale == b.scale;
    return leat_type_equal(a, b);
}

/* Whether it says what it holds: an argument of any array does not. */
bool leat_type_has_shape(leat_type type);
/* ARRAY<element>, MAP<key, value>, ROW<fields>. UNKNOWN when there would be too many shapes, too
 * many fields, or nesting too deep. */
leat_type leat_type_array(leat_type element);
leat_type leat_type_map(leat_type key, leat_type value);
leat_type leat_type_row(const leat_type_field *fields, uint32_t field_count);
/* Needs: leat_type_is_nested(type). Valid: for ever. */
const leat_type_shape *leat_type_shape_of(leat_type type);
/* Of an ARRAY. */
leat_type leat_type_element(leat_type type);
/* The field of a ROW by name: exactly, else in any case; -1 when there is none. */
int32_t leat_type_field_find(leat_type type, leat_bytes name);

/* The layout of a type; for DECIMAL the narrow one (I64). */
leat_layout leat_type_layout(leat_type type);
/* Bytes of one value in a layout; 0 for BIT. */
size_t leat_layout_size(leat_layout layout);

/* "bigint", "decimal(12,2)", "array<row<a int, b string>>": what leat_type_parse takes. */
void leat_type_print(leat_type type, leat_buf *out);
/* Parse SQL's and Flink's spellings: boolean, int[eger], bigint, double [precision], float8,
 * decimal(p[,s]), numeric, string, varchar[(n)], text, char(n), date, time, timestamp[(n)],
 * timestamp_ltz, interval, bytes, bytea, json[b], variant, t[], array<t>, map<k, v>,
 * row<name t, ...> or row(name t, ...). `not null` is the schema's business, and read over inside
 * nested types.
 * Errors: LEAT_INVALID naming the text and the nearest spelling. */
LEAT_MUST_USE leat_code leat_type_parse(leat_bytes text, leat_type *out_type, leat_error *err);

/* Bytes that mean the same in every process: id, precision, scale; of a nested type its fields. */
void leat_type_encode(leat_type type, leat_buf *out);
/* False when the bytes are no type (UNKNOWN is one only where `takes_unknown`). */
LEAT_MUST_USE bool leat_type_decode(leat_cursor *in, bool takes_unknown, leat_type *out_type);

static inline leat_view leat_view_of(const char *data, size_t size)
{
    leat_view view = {.size = (uint32_t)size};
    if (size <= LEAT_VIEW_INLINE_MAX) {
        /* prefix and rest are adjacent: one copy fills both */
        memcpy((char *)&view + 4, data, size);
        return view;
    }
    memcpy(view.prefix, data, 4);
    view.data = data;
    return view;
}

/* The bytes of a view. Valid as long as *view itself and what it points into. */
static inline leat_bytes leat_view_bytes(const leat_view *view)
{
    return leat_bytes_of(view->size <= LEAT_VIEW_INLINE_MAX ? (const char *)view + 4 : view->data,
                         view->size);
}

static inline bool leat_view_equal(const leat_view *a, const leat_view *b)
{
    uint64_t heads[2];
    memcpy(&heads[0], a, 8);
    memcpy(&heads[1], b, 8);
    if (heads[0] != heads[1])
        return false;
    if (a->size <= LEAT_VIEW_INLINE_MAX)
        return memcmp(a->rest, b->rest, 8) == 0;
    return memcmp(a->data, b->data, a->size) == 0;
}

#endif
