/* SPDX-License-Identifier: Apache-2.0
 *
 * builder - fills column arrays row by row, column by column, or by gathering other rows.
 *
 * Capacity is fixed at `new`; the caller stops at leat_builder_room() == 0. Two ways to use the
 * result: leat_builder_rows() borrows the columns as they stand (sources do this: run the chain,
 * then leat_builder_clear() and reuse the memory), leat_builder_finish() moves them into a batch.
 *
 * Column-wise filling: leat_builder_values(b, c) is the array to write rows
 * [leat_builder_count(b), ...) into, then leat_builder_commit(b, n) adds n rows at once. Row-wise
 * filling: set every column of the next row (unset ones are NULL), then leat_builder_commit(b, 1).
 *
 * Text longer than 12 bytes is copied into the builder's heap. Thread: one owner.
 */
#ifndef LEAT_COMMON_COLUMNS_BUILDER_H
#define LEAT_COMMON_COLUMNS_BUILDER_H

#include "common/columns/batch.h"
#include "common/columns/value.h"

typedef struct leat_builder leat_builder;

leat_builder *leat_builder_new(const leat_schema *schema, uint32_t row_capacity);
void leat_builder_free(leat_builder **builder);

uint32_t leat_builder_count(const leat_builder *builder);    /* committed rows */
uint32_t leat_builder_room(const leat_builder *builder);     /* rows that still fit */
size_t leat_builder_size_bytes(const leat_builder *builder); /* values and text so far */

/* The next (uncommitted) row. Numbers go to the column's layout; leat_builder_set_integer takes
 * int, bigint, timestamp and decimals (already scaled) and widens a decimal column when needed. */
void leat_builder_set_bool(leat_builder *builder, uint32_t column, bool value);
void leat_builder_set_integer(leat_builder *builder, uint32_t column, leat_i128 value);
void leat_builder_set_double(leat_builder *builder, uint32_t column, double value);
void leat_builder_set_interval(leat_builder *builder, uint32_t column, leat_interval value);
void leat_builder_set_text(leat_builder *builder,
                           uint32_t column,
                           leat_bytes value); /* STRING, BYTES */
void leat_builder_set_null(leat_builder *builder, uint32_t column);
void leat_builder_set_value(leat_builder *builder, uint32_t column, const leat_value *value);
void leat_builder_set_change(leat_builder *builder, leat_change change); /* default insert */

/* Column-wise: the array of the column's layout, of `capacity` values. For BOOLEAN the bitmap.
 * Not for a decimal column that was widened. Call it anew for each commit: a column that was
 * neither set nor asked for is NULL in the committed rows. */
void *leat_builder_values(leat_builder *builder, uint32_t column);
/* Room for `size` bytes of text in the heap, to write in place and point views at;
 * stays where it is until clear or finish. */
char *leat_builder_heap(leat_builder *builder, size_t size);
/* The validity bitmap of a column, made all-valid at the first call. */
uint64_t *leat_builder_validity(leat_builder *builder, uint32_t column);

/* Of the uncommitted row: is every column set (or omitted), is this one? */
bool leat_builder_row_is_full(const leat_builder *builder);
bool leat_builder_is_set(const leat_builder *builder, uint32_t column);
/* Forget what was set of the uncommitted row: a record turned out to be bad half-way. */
void leat_builder_abandon(leat_builder *builder);
/* Nobody reads this column: it is a constant NULL from now on, in every batch, at no cost per
 * row. Needs: no committed rows (or the column is omitted already). Never set it. */
void leat_builder_omit(leat_builder *builder, uint32_t column);

/* The change bytes, made all-insert at the first call; for column-wise filling. */
uint8_t *leat_builder_changes(leat_builder *builder);

/* Add `count` rows to every column: what was set or written beyond the committed rows. */
void leat_builder_commit(leat_builder *builder, uint32_t count);

/* Append copies of rows->columns at the given positions (not indices into the selection);
 * count <= leat_builder_room(). Schemas must have equal types. */
void leat_builder_gather(leat_builder *builder,
                         const leat_rows *rows,
                         const uint32_t *positions,
                         uint32_t count);

/* Borrow what is committed. Valid until the next change of the builder. */
leat_rows leat_builder_rows(const leat_builder *builder);
/* Move the columns into a batch (reference count 1) and start empty with fresh memory. */
LEAT_MUST_USE leat_batch *leat_builder_finish(leat_builder *builder);
void leat_builder_clear(leat_builder *builder); /* keeps the memory */

#endif
