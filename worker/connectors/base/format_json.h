/* SPDX-License-Identifier: Apache-2.0
 *
 * format_json - rows as JSON, one object a line (decisions 21), in and out.
 *
 * In: fields in any order, unknown ones ignored, a missing one is NULL, the last of equal names
 * counts. Names match a column exactly, else case-insensitively where that is unambiguous; an
 * exact name beats an inexact one within a record. Per column type:
 *   boolean, int, bigint, double, decimal   the JSON value, or its text in a string; 3.0 is an int
 *   string                                  a string; numbers, true and nested values as their text
 *   timestamp, interval, bytes              their text in a string
 * Only wanted columns are looked at: a fault elsewhere in the record passes when brackets and
 * quotes balance. NULL in a wanted NOT NULL column makes a bad record.
 *
 * Out: timestamps and decimals as strings, NULL as null, NaN and infinities as strings.
 *
 * Reader: one owner; it learns the order of the fields from the records before.
 */
#ifndef LEAT_WORKER_CONNECTORS_BASE_FORMAT_JSON_H
#define LEAT_WORKER_CONNECTORS_BASE_FORMAT_JSON_H

#include "common/columns/builder.h"

typedef struct leat_json_lines leat_json_lines;

/* wanted: per column, or NULL for all; both are kept until free. */
leat_json_lines *leat_json_lines_new(const leat_schema *schema, const bool *wanted);
void leat_json_lines_free(leat_json_lines **reader);

/* Append one record to the builder (which has the reader's schema, unwanted columns omitted, and
 * room for a row). LEAT_RECORD: nothing was appended, *out_reason says why until the next call. */
leat_code leat_json_lines_read(leat_json_lines *reader,
                               leat_bytes record,
                               leat_builder *builder,
                               const char **out_reason);

/* Append each selected row as a line. */
void leat_json_lines_write(const leat_rows *rows, leat_buf *out);

#endif
