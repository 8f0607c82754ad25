/* SPDX-License-Identifier: Apache-2.0
 *
 * stored_row - a row of columns as bytes: what operators that keep whole rows put into entries of
 * sorted tables, and read back into output columns.
 *
 * Layout: NULL bits (words of 64), then one cell of 8 or 16 bytes per column, then long texts,
 * which cells find by their offset from the start of the row. Rows with equal values of one
 * schema have equal bytes. Reading borrows: texts point into the row.
 */
#ifndef LEAT_WORKER_OPERATORS_STORED_ROW_H
#define LEAT_WORKER_OPERATORS_STORED_ROW_H

#include "worker/operators/output.h"

typedef struct leat_row_format {
    const leat_schema *schema;
    uint32_t fixed_size; /* NULL bits and cells */
    uint32_t *offsets;   /* per column: of its cell */
    uint8_t *layouts;    /* per column: leat_layout of its cell */
} leat_row_format;

void leat_row_format_init(leat_row_format *format, const leat_schema *schema, leat_arena *arena);

/* Rows of one batch, encoded. A zeroed one is empty. */
typedef struct leat_stored_rows {
    leat_buf bytes;
    size_t *starts; /* count + 1: where each row starts */
    uint32_t count;
    uint32_t capacity;
} leat_stored_rows;

void leat_stored_rows_fini(leat_stored_rows *stored);
/* Encode the selected rows; what was there before is gone. */
void leat_stored_rows_write(leat_stored_rows *stored,
                            const leat_row_format *format,
                            const leat_rows *rows);
/* Valid until the next write. */
static inline leat_bytes leat_stored_rows_at(const leat_stored_rows *stored, uint32_t i)
{
    return leat_bytes_of(stored->bytes.data + stored->starts[i],
                         stored->starts[i + 1] - stored->starts[i]);
}

/* Turn rows into the columns [first_column, ...) of the output. rows[i] == NULL is a row of
 * NULLs. */
void leat_stored_rows_read(const leat_row_format *format,
                           const char *const *rows,
                           uint32_t count,
                           leat_output *output,
                           uint32_t first_column);

static inline bool leat_stored_is_null(const char *row, uint32_t column)
{
    uint64_t word;
    memcpy(&word, row + (column >> 6) * sizeof word, sizeof word);
    return (word >> (column & 63)) & 1;
}

/* A column of an integer or timestamp type. */
static inline int64_t
leat_stored_integer(const leat_row_format *format, const char *row, uint32_t column)
{
    int64_t value;
    memcpy(&value, row + format->offsets[column], sizeof value);
    return value;
}

#endif
