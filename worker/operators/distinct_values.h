/* SPDX-License-Identifier: Apache-2.0
 *
 * distinct_values - how often each value is in its group, for aggregates that look at values in
 * order (extreme_values, gathered_values) and DISTINCT calls that have no set (distinct_sets): only
 * the first row with a value reaches the accumulator, and only its last retraction leaves it.
 *
 * One bin per pane and key group; an entry is (aggregate, group key, value), found by its hash,
 * and holds a count. Private to worker/operators.
 */
#ifndef LEAT_WORKER_OPERATORS_DISTINCT_VALUES_H
#define LEAT_WORKER_OPERATORS_DISTINCT_VALUES_H

#include "worker/operators/stored_row.h"
#include "worker/state/sorted_table.h"

typedef struct leat_distinct_values {
    leat_sorted_table *table; /* NULL: no aggregate needs its values */
    const uint16_t *keys;     /* columns of the group's key */
    uint32_t key_count;
    leat_buf order;          /* scratch: the order bytes at hand */
    leat_stored_rows stored; /* scratch: values on their way in */
} leat_distinct_values;

/* Rows of a batch on their way into accumulators; compacted in place. */
typedef struct leat_distinct_run {
    uint32_t *positions;
    uint64_t *hashes;
    char **cells;
    uint32_t count;
} leat_distinct_run;

void leat_distinct_values_fini(leat_distinct_values *values);
/* Keep of the run the rows that add a value to the group of aggregate `index`, or take one away.
 * Rows whose argument is NULL go. */
void leat_distinct_values_filter(leat_distinct_values *values,
                                 const leat_rows *rows,
                                 int64_t pane,
                                 uint32_t index,
                                 const leat_column *argument,
                                 leat_distinct_run *run);
/* Where values of a pane and key group lie; NULL when there are none and not is_making. */
leat_bin *leat_distinct_values_bin(leat_distinct_values *values,
                                   int64_t pane,
                                   uint32_t key_group,
                                   bool is_making);
/* Forget the values of a pane. */
void leat_distinct_values_drop(leat_distinct_values *values, int64_t pane);

#endif
