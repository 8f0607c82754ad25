/* SPDX-License-Identifier: Apache-2.0
 *
 * value - one typed scalar: a literal, a constant, a cell being printed or compared in tests.
 * Text is borrowed. Not used per row in the engine.
 */
#ifndef LEAT_COMMON_COLUMNS_VALUE_H
#define LEAT_COMMON_COLUMNS_VALUE_H

#include "common/columns/number_text.h"
#include "common/columns/rows.h"
#include "common/columns/time_text.h"

typedef struct leat_value {
    leat_type type;
    bool is_null;
    union {
        bool boolean;
        leat_i128 integer; /* INT, BIGINT, TIMESTAMP, DATE, TIME, scaled DECIMAL */
        double real;
        leat_interval interval;
        leat_bytes text; /* STRING, BYTES, JSON; nested: its bytes (nested.h); borrowed */
    };
} leat_value;

/* The cell at a row position. Text points into the column. */
leat_value leat_column_value(const leat_column *column, uint32_t at);
/* A constant column holding `value`, memory from the arena. */
leat_column leat_value_column(const leat_value *value, leat_arena *arena);
/* As PostgreSQL prints it: NULL, true, 12.50, 2015-09-12 00:46:58.771, text raw. */
void leat_value_print(const leat_value *value, leat_buf *out);
/* Parse text into a type, as PostgreSQL casts text. Errors: LEAT_RECORD with the reason. */
LEAT_MUST_USE leat_code leat_value_parse(
    leat_type type, leat_bytes text, leat_arena *arena, leat_value *out_value, leat_error *err);

#endif
