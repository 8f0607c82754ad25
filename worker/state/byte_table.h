/* SPDX-License-Identifier: Apache-2.0
 *
 * byte_table - a small table of bytes by (key group, key bytes): splits, sink handles.
 *
 * The same life as a typed table (state.h) with plain bytes on both sides. Kept sorted in record
 * order; meant for thousands of rows, not millions: insertion moves the rows behind.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_STATE_BYTE_TABLE_H
#define LEAT_WORKER_STATE_BYTE_TABLE_H

#include "common/base/bytes.h"

typedef struct leat_byte_table leat_byte_table;

/* Key and value are copied. The key group must be owned. */
void leat_byte_table_put(leat_byte_table *table,
                         uint32_t key_group,
                         leat_bytes key,
                         leat_bytes value);
/* False when absent. *out_value is valid until the next change of the table. */
bool leat_byte_table_get(const leat_byte_table *table,
                         uint32_t key_group,
                         leat_bytes key,
                         leat_bytes *out_value);
/* Removing what is not there is fine. */
void leat_byte_table_remove(leat_byte_table *table, uint32_t key_group, leat_bytes key);

/* Every row of every owned key group, ordered by (key group, hash, key). The table must not change
 * during the walk; collect first. */
typedef void
leat_byte_table_visit(void *self, uint32_t key_group, leat_bytes key, leat_bytes value);
void leat_byte_table_each(const leat_byte_table *table, leat_byte_table_visit *visit, void *self);
uint32_t leat_byte_table_count(const leat_byte_table *table);

#endif
