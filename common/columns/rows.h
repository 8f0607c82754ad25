/* SPDX-License-Identifier: Apache-2.0
 *
 * rows - columns of equal length as operators see them: borrowed, with an optional selection.
 *
 * This is the unit of work inside a chain. It owns nothing: columns point into a batch, a
 * builder, or a program's scratch, and stay valid for the call that hands them over. A filter
 * adds a selection and copies nothing; a projection adds columns of the same length and keeps
 * the selection. Values at unselected positions exist but are undefined.
 *
 * Invariants
 *   R1  every column holds row_count values of its layout, naturally aligned.
 *   R2  selected, when present, is strictly ascending, below row_count.
 *   R3  validity == NULL means no NULL at any selected position; bit 1 = valid.
 *   R4  changes == NULL means every row is an insert. -U stands directly before its +U.
 */
#ifndef LEAT_COMMON_COLUMNS_ROWS_H
#define LEAT_COMMON_COLUMNS_ROWS_H

#include "common/columns/schema.h"

/* A row's sign (decisions 13); bit 0 = retract. */
typedef enum leat_change {
    LEAT_CHANGE_INSERT = 0,        /* +I */
    LEAT_CHANGE_UPDATE_BEFORE = 1, /* -U */
    LEAT_CHANGE_UPDATE_AFTER = 2,  /* +U */
    LEAT_CHANGE_DELETE = 3,        /* -D */
} leat_change;

const char *leat_change_text(leat_change change); /* "+I", "-U", "+U", "-D" */

typedef struct leat_column {
    leat_type type;
    uint8_t layout;   /* leat_layout of values */
    bool is_constant; /* one value (and one validity bit) at index 0 stands for all rows */
    const void *values;
    const uint64_t *validity; /* bitmap or NULL */
} leat_column;

typedef struct leat_rows {
    const leat_schema *schema;
    const leat_column *columns; /* schema->field_count of them */
    const uint8_t *changes;     /* leat_change per row position, or NULL */
    const uint32_t *selected;   /* row positions, or NULL = all */
    uint32_t row_count;         /* length of every column */
    uint32_t selected_count;    /* rows in the selection; = row_count when selected == NULL */
} leat_rows;

static inline bool leat_bit_get(const uint64_t *bits, uint32_t index)
{
    return (bits[index >> 6] >> (index & 63)) & 1;
}

static inline void leat_bit_set(uint64_t *bits, uint32_t index, bool value)
{
    uint64_t mask = UINT64_C(1) << (index & 63);
    bits[index >> 6] = value ? bits[index >> 6] | mask : bits[index >> 6] & ~mask;
}

static inline size_t leat_bit_words(uint32_t count)
{
    return ((size_t)count + 63) / 64;
}

/* Position in the columns of the i-th selected row. */
static inline uint32_t leat_rows_at(const leat_rows *rows, uint32_t i)
{
    return rows->selected == NULL ? i : rows->selected[i];
}

static inline bool leat_column_is_null(const leat_column *column, uint32_t at)
{
    return column->validity != NULL &&
           !leat_bit_get(column->validity, column->is_constant ? 0 : at);
}

/* Typed access by row position; the caller knows the layout. */
#define LEAT_COLUMN_GET(column, type, at)                                                          \
    (((const type *)(column)->values)[(column)->is_constant ? 0 : (at)])

/* An I64 or I128 decimal, any integer or timestamp, as 128 bits. */
leat_i128 leat_column_integer(const leat_column *column, uint32_t at);

#endif
