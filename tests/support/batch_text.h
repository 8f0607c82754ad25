/* SPDX-License-Identifier: Apache-2.0
 *
 * batch_text - batches written and read as text, so that tests state rows and failures show them.
 *
 *   leat_batch *batch = BATCH("k bigint, v string", "1, a", "-D 2, null");
 *   cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(batch)), "1, a\n-D 2, null\n");
 *
 * Cells are separated by commas and trimmed; "null" is NULL; a cell in double quotes keeps commas
 * and spaces. Wrong text aborts. Schemas and texts live until the test's process ends.
 */
#ifndef LEAT_TESTS_SUPPORT_BATCH_TEXT_H
#define LEAT_TESTS_SUPPORT_BATCH_TEXT_H

#include "common/columns/batch.h"
#include "common/columns/builder.h"

/* "k bigint not null, v decimal(12,2)" */
const leat_schema *leat_test_schema(const char *text);
/* Append one row, "[+I|-U|+U|-D] cell, cell". */
void leat_test_row(leat_builder *builder, const leat_schema *schema, const char *row);
/* rows ends with NULL. The caller unrefs the batch. */
leat_batch *leat_test_batch(const leat_schema *schema, const char *const *rows);
/* leat_rows_print as a string. */
const char *leat_test_rows_text(const leat_rows *rows);

#define BATCH(schema, ...)                                                                         \
    leat_test_batch(leat_test_schema(schema), (const char *const[]){__VA_ARGS__, NULL})
#define ROWS_TEXT(rows) leat_test_rows_text(rows)

#endif
