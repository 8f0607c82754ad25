/* SPDX-License-Identifier: Apache-2.0
 *
 * nested - the bytes of an ARRAY, MAP or ROW: one value, as a view column holds it.
 *
 * The bytes are canonical and keep the order: two values are equal when their bytes are, and less
 * when their bytes are less (bytewise, as text is compared). So whatever groups, joins, sorts,
 * takes a minimum, stores or sends text does the same with nested values and knows nothing of
 * them. NULL within sorts last, as PostgreSQL compares arrays and rows.
 *
 *   ARRAY   for each element MARK value; then END
 *   MAP     for each entry, keys ascending: MARK key, MARK value; then END
 *   ROW     for each field MARK value
 *   MARK    1 = a value follows, 2 = NULL (no value follows); END = 0
 *
 *   BOOLEAN           0 or 1
 *   integers          0x80 + n, then n bytes, highest first; negative ones: 0x7f - n and their
 *                     lowest n bytes.  INT, BIGINT, DATE, TIME, TIMESTAMP and scaled DECIMAL.
 *   DOUBLE            8 bytes, highest first, turned so that they sort; -0 is 0, one NaN
 *   STRING, BYTES, JSON   its bytes, where 00 is 00 FF, then 00
 *   INTERVAL          its length as an integer (months of 30 days), then months, days, micros
 *
 * A value within a value has the bytes it would have alone. Every reading function stands any
 * bytes: malformed ones end early. Thread: any.
 */
#ifndef LEAT_COMMON_COLUMNS_NESTED_H
#define LEAT_COMMON_COLUMNS_NESTED_H

#include "common/columns/value.h"

/* Writing: add the elements, keys and values, or fields in order; close ARRAYs and MAPs. */
void leat_nested_add(leat_buf *out, const leat_value *value); /* MARK value, or the mark of NULL */
void leat_nested_end(leat_buf *out);                          /* of ARRAY and MAP */
/* A MAP's entries from pairs in any order; of equal keys the last stays. keys and values are
 * alternating: key, value, key, value. */
void leat_nested_map(leat_buf *out, const leat_value *pairs, uint32_t pair_count);

/* Reading, front to back. `arena` is for text with zero bytes in it; it may be NULL when the types
 * hold no text: what is read otherwise points into the bytes. */
typedef struct leat_nested_reader {
    leat_cursor in;
    leat_arena *arena;
} leat_nested_reader;

static inline leat_nested_reader leat_nested_read(leat_bytes bytes, leat_arena *arena)
{
    return (leat_nested_reader){leat_cursor_over(bytes), arena};
}

/* Another element (entry) of an ARRAY (MAP)? */
bool leat_nested_more(const leat_nested_reader *reader);
/* The next element, key, value or field, of its type; NULL after the end. */
leat_value leat_nested_next(leat_nested_reader *reader, leat_type type);

uint32_t leat_nested_count(leat_type type, leat_bytes bytes); /* elements, entries or fields */
/* Element `index` of an ARRAY, field `index` of a ROW, from 0; NULL when there is none. */
leat_value leat_nested_at(leat_type type, leat_bytes bytes, uint32_t index, leat_arena *arena);
/* What a MAP has for a key; NULL when there is none. */
leat_value
leat_nested_get(leat_type type, leat_bytes bytes, const leat_value *key, leat_arena *arena);

/* {1,2,NULL,"a b"}, (1,"a b",), as PostgreSQL prints arrays and rows; MAPs like Flink: {a=1, b=2}.
 * What leat_value_print prints for these types. */
void leat_nested_print(leat_type type, leat_bytes bytes, leat_buf *out);
/* The same read back: PostgreSQL's text of arrays and rows (Flink's [1, 2] too); MAPs as JSON.
 * Errors: LEAT_RECORD or LEAT_LIMIT without a text. */
LEAT_MUST_USE leat_code leat_nested_parse(leat_type type,
                                          leat_bytes text,
                                          leat_arena *arena,
                                          leat_bytes *out_bytes);

#endif
