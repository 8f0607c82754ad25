/* SPDX-License-Identifier: Apache-2.0
 *
 * batch - immutable, reference-counted columns: what crosses an exchange.
 *
 * A batch owns its memory (column arrays, text heaps). Once made it never changes, so any
 * thread may hold a reference; unref from the last holder frees it or returns it to its pool.
 * The schema is not owned: it lives in the job's plan, which outlives the job's batches.
 */
#ifndef LEAT_COMMON_COLUMNS_BATCH_H
#define LEAT_COMMON_COLUMNS_BATCH_H

#include "common/columns/rows.h"

typedef struct leat_batch leat_batch;

leat_batch *leat_batch_ref(leat_batch *batch);
void leat_batch_unref(leat_batch **batch); /* NULL inside is fine; sets NULL */

/* All rows, no selection. Valid as long as a reference is held. */
const leat_rows *leat_batch_rows(const leat_batch *batch);
uint32_t leat_batch_row_count(const leat_batch *batch);
/* Memory it keeps, the figure that credit is counted in. */
size_t leat_batch_size_bytes(const leat_batch *batch);

/* One line per selected row, "+I 1, a" or "1, a" where there are no changes; NULL is "null". */
void leat_rows_print(const leat_rows *rows, leat_buf *out);

#endif
