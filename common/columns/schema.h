/* SPDX-License-Identifier: Apache-2.0
 *
 * schema - the names and types of a stream's columns. Immutable once built; lives in the arena
 * (plan, connector or test) that built it, and everything that points to it lives shorter.
 */
#ifndef LEAT_COMMON_COLUMNS_SCHEMA_H
#define LEAT_COMMON_COLUMNS_SCHEMA_H

#include "common/base/arena.h"
#include "common/columns/type.h"

enum { LEAT_SCHEMA_FIELDS_MAX = 1024, LEAT_SCHEMA_NOT_FOUND = -1, LEAT_SCHEMA_AMBIGUOUS = -2 };

typedef struct leat_field {
    leat_bytes name; /* case kept as written */
    leat_type type;
    bool is_nullable;
} leat_field;

typedef struct leat_schema {
    uint32_t field_count;
    int32_t event_time; /* index of the event-time column, or -1 */
    const leat_field *fields;
} leat_schema;

/* Copy fields (and their names) into `arena`. */
const leat_schema *leat_schema_new(leat_arena *arena,
                                   const leat_field *fields,
                                   uint32_t field_count,
                                   int32_t event_time);
/* Exact match first, then case-insensitive when that is unambiguous.
 * Returns the index, LEAT_SCHEMA_NOT_FOUND or LEAT_SCHEMA_AMBIGUOUS. */
int32_t leat_schema_find(const leat_schema *schema, leat_bytes name);
/* Same names, types, nullability in the same order (event time left out). */
bool leat_schema_equal(const leat_schema *a, const leat_schema *b);
/* "id bigint not null, card string". */
void leat_schema_print(const leat_schema *schema, leat_buf *out);
/* Flat bytes, for the plan's wire form and for state files. */
void leat_schema_encode(const leat_schema *schema, leat_buf *out);
LEAT_MUST_USE leat_code leat_schema_decode(leat_cursor *in,
                                           leat_arena *arena,
                                           const leat_schema **out_schema,
                                           leat_error *err);

#endif
