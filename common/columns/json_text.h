/* SPDX-License-Identifier: Apache-2.0
 *
 * json_text - JSON values as text: normalized once when they come in, walked where they lie.
 *
 * Normalized text is what PostgreSQL prints for jsonb: members sorted by the length of their
 * names, then by their bytes, the last of equal names; one space behind each comma and colon; no
 * other white space; numbers without exponents; only what must be escaped is. So equal values have
 * equal bytes (numbers keep their zeros at the end: 1.0 is not 1).
 *
 * Everything but leat_json_normalize needs normalized text and reads any other without harm.
 * Thread: any.
 */
#ifndef LEAT_COMMON_COLUMNS_JSON_TEXT_H
#define LEAT_COMMON_COLUMNS_JSON_TEXT_H

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/error.h"

enum { LEAT_JSON_TEXT_DEPTH_MAX = 64 };

/* Any JSON text to its normal form. Errors: LEAT_RECORD (no text) when it is not JSON. */
LEAT_MUST_USE leat_code leat_json_normalize(leat_bytes text,
                                            leat_arena *arena,
                                            leat_bytes *out_text);

typedef enum leat_json_kind {
    LEAT_JSON_NULL,
    LEAT_JSON_BOOLEAN,
    LEAT_JSON_NUMBER,
    LEAT_JSON_STRING,
    LEAT_JSON_ARRAY,
    LEAT_JSON_OBJECT,
} leat_json_kind;

leat_json_kind leat_json_kind_of(leat_bytes json);

/* Walking an array's elements or an object's members. */
typedef struct leat_json_walk {
    leat_bytes json;
    size_t at;
    leat_bytes name; /* of the member, as it is quoted and escaped, without quotes */
    leat_bytes value;
} leat_json_walk;

leat_json_walk leat_json_walk_of(leat_bytes json);
bool leat_json_walk_next(leat_json_walk *walk); /* false at the end, and for what holds nothing */

/* Member by its name, element by its index (from the end when negative). False: there is none. */
bool leat_json_find_member(leat_bytes json, leat_bytes name, leat_bytes *out_value);
bool leat_json_find_element(leat_bytes json, int64_t index, leat_bytes *out_value);
uint32_t leat_json_count_of(leat_bytes json);

/* A string's text without quotes and escapes; of other values their text. */
void leat_json_plain(leat_bytes json, leat_buf *out);

#endif
