/* SPDX-License-Identifier: Apache-2.0
 *
 * byte_table_layout - a byte table's side of epochs; private to worker/state.
 */
#ifndef LEAT_WORKER_STATE_BYTE_TABLE_LAYOUT_H
#define LEAT_WORKER_STATE_BYTE_TABLE_LAYOUT_H

#include "common/base/error.h"
#include "worker/state/byte_table.h"
#include "worker/state/record.h"

leat_byte_table *
leat_byte_table_new(uint32_t state_id, uint32_t key_group_count, uint64_t completed);
void leat_byte_table_free(leat_byte_table **table);
void leat_byte_table_add_group(leat_byte_table *table, uint32_t key_group);
void leat_byte_table_remove_group(leat_byte_table *table, uint32_t key_group);

void leat_byte_table_freeze(leat_byte_table *table, uint64_t epoch, uint64_t completed);
void leat_byte_table_decided(leat_byte_table *table, uint64_t epoch);
/* All at once: the table is small. */
uint32_t leat_byte_table_gather(leat_byte_table *table, leat_record_visit *visit, void *self);
bool leat_byte_table_is_gathered(const leat_byte_table *table);
void leat_byte_table_dump(const leat_byte_table *table,
                          uint32_t key_group,
                          leat_record_visit *visit,
                          void *self);
void leat_byte_table_apply(leat_byte_table *table, const leat_record *record);
size_t leat_byte_table_bytes(const leat_byte_table *table);

#endif
