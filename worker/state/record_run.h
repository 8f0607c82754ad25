/* SPDX-License-Identifier: Apache-2.0
 *
 * record_run - encoded records of one key group, collected in any order, visited in record order.
 *
 * Used twice: as the side list of a part (rows put aside before they change, tombstones) and as
 * the scratch in which a key group's share of a delta is put together. A zeroed run is empty.
 */
#ifndef LEAT_WORKER_STATE_RECORD_RUN_H
#define LEAT_WORKER_STATE_RECORD_RUN_H

#include "common/base/buf.h"
#include "worker/state/hash_sort.h"
#include "worker/state/record.h"

typedef struct leat_record_run {
    leat_buf bytes; /* records, each a head and its key and value, 8-aligned */
    size_t head;    /* where the record being written starts */
} leat_record_run;

void leat_record_run_fini(leat_record_run *run);
void leat_record_run_clear(leat_record_run *run);
void leat_record_run_append(leat_record_run *run, const leat_record_run *from);

/* Write one record: begin, add the key to run->bytes, key_end, add the value, end. */
void leat_record_run_begin(leat_record_run *run,
                           leat_record_kind kind,
                           uint64_t hash,
                           int64_t pane);
void leat_record_run_key_end(leat_record_run *run);
void leat_record_run_end(leat_record_run *run);

/* A whole record at once: returns where the bytes of its key and, behind them, its value go. */
char *leat_record_run_add(leat_record_run *run,
                          leat_record_kind kind,
                          uint64_t hash,
                          int64_t pane,
                          size_t key_size,
                          size_t value_size);

/* Scratch for visiting, shared by all key groups of a table. */
typedef struct leat_record_order {
    leat_hash_item *items;
    uint32_t capacity;
    leat_hash_sorter sorter;
} leat_record_order;

void leat_record_order_fini(leat_record_order *order);

/* Visit the records ordered by (hash, key bytes, pane), each identity once: a PUT wins over the
 * REMOVE of an earlier row with its key. Returns how many were visited. */
uint32_t leat_record_run_visit(const leat_record_run *run,
                               leat_record_order *order,
                               const leat_record *place, /* state and key_group */
                               uint32_t key_groups,
                               leat_record_visit *visit,
                               void *self);

#endif
