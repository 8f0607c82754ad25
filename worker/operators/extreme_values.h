/* SPDX-License-Identifier: Apache-2.0
 *
 * extreme_values - min and max of rows that may be retracted: every value of a group in order,
 * with how often it is there; the accumulator is made anew from the first or the last.
 *
 * Entries lie in the bins of distinct_values.h, apart from those by their first bytes: order is
 * (eight bytes 0xff, aggregate, group key, sort key of the value). Private to worker/operators.
 */
#ifndef LEAT_WORKER_OPERATORS_EXTREME_VALUES_H
#define LEAT_WORKER_OPERATORS_EXTREME_VALUES_H

#include "common/expr/aggregate.h"
#include "worker/operators/distinct_values.h"

typedef struct leat_extreme {
    const leat_aggregate *aggregate; /* MIN or MAX */
    uint32_t index;                  /* of the aggregate */
    uint32_t offset;                 /* of its accumulator in the cells */
    const leat_column *argument;
} leat_extreme;

/* Fold the rows of the run, and set the accumulators of their groups. Text in them is borrowed
 * until the next change of the table. */
void leat_extreme_values_fold(leat_distinct_values *values,
                              const leat_rows *rows,
                              int64_t pane,
                              const leat_extreme *extreme,
                              const leat_distinct_run *run);

#endif
