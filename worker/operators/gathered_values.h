/* SPDX-License-Identifier: Apache-2.0
 *
 * gathered_values - the values of aggregates that are made of all of them in order (string_agg,
 * percentiles, mode, first_value with an order): kept per group, gathered when a result is wanted.
 *
 * Entries lie in the bins of distinct_values.h, apart from the others by their first bytes:
 *
 *     order = eight bytes 0xff | aggregate | group key | sort key [| arrival]
 *     value = i64 how often | stored row of the argument and, unless constant, the option
 *
 * A value counts (and has no arrival) where equal ones need not be told apart: mode, percentiles,
 * DISTINCT. Else a counter entry of the group, under the aggregate's number with its top bit set,
 * says which arrival is next, and a row that goes is looked for among those with its sort key.
 *
 * Private to worker/operators.
 */
#ifndef LEAT_WORKER_OPERATORS_GATHERED_VALUES_H
#define LEAT_WORKER_OPERATORS_GATHERED_VALUES_H

#include "common/expr/aggregate.h"
#include "common/plan/relational.h"
#include "worker/operators/distinct_values.h"
#include "worker/operators/stored_row.h"

/* How many of the call's orders are columns of their own: none where the argument is the order. */
uint32_t leat_gathering_orders(const leat_bound_aggregate *call);

/* One aggregate. Columns are those evaluated for it: argument, option unless constant, orders. */
typedef struct leat_gathering {
    const leat_aggregate *aggregate;
    uint32_t index;  /* of the aggregate */
    uint32_t offset; /* of its accumulator in the cells */
    bool is_counted;
    bool is_once; /* DISTINCT: counted, but every value stands there once */
    bool keeps_nulls;
    bool has_option;
    leat_order *orders;
    uint32_t order_count;
    leat_row_format format;
} leat_gathering;

void leat_gathering_init(leat_gathering *gathering,
                         const leat_bound_aggregate *call,
                         const leat_aggregate *aggregate,
                         leat_arena *arena);

/* Take the rows of the run in or back, and mark the accumulators of their groups stale. */
void leat_gathered_values_fold(leat_distinct_values *values,
                               const leat_rows *rows,
                               int64_t pane,
                               const leat_gathering *gathering,
                               const leat_column *columns,
                               const leat_distinct_run *run);

/* Where a group's values are: its key, as columns and a position in them. */
typedef struct leat_gathered_group {
    const leat_rows *keys;
    const uint16_t *columns; /* the group's key, in the order of its table */
    uint32_t at;
    uint32_t key_group;
    int64_t pane;
} leat_gathered_group;

/* Make the result of a group anew, into the accumulator in `cells`. Text lies in the arena. */
void leat_gathered_values_settle(leat_distinct_values *values,
                                 const leat_gathering *gathering,
                                 const leat_gathered_group *group,
                                 leat_arena *arena,
                                 char *cells);

#endif
