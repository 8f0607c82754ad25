/* SPDX-License-Identifier: Apache-2.0
 *
 * over_frame - one partition of an OVER: its rows in order as columns, and what each call gives
 * for a row. Private to worker/operators.
 *
 * Everything is computed anew from the rows; results and texts live in the arena of the call.
 */
#ifndef LEAT_WORKER_OPERATORS_OVER_FRAME_H
#define LEAT_WORKER_OPERATORS_OVER_FRAME_H

#include "common/expr/aggregate.h"
#include "worker/operators/operators.h"
#include "worker/operators/output.h"

/* A value of any layout, the wide one for decimals. */
typedef struct leat_over_cell {
    _Alignas(16) char bytes[16];
    bool is_null;
} leat_over_cell;

/* Rows of a partition in order. Columns hold `count` values, decimals wide. */
typedef struct leat_over_rows {
    uint32_t count;
    const uint32_t *peers;    /* per row: number of its group of peers, ascending */
    const leat_column *order; /* first order column, or NULL when there is none */
    bool is_descending;
    const leat_column *arguments; /* per call; values == NULL: it has none */
    const leat_column *otherwise; /* per call, the same; an aggregate's option */
    const leat_column *filters;   /* per call, boolean, the same */
} leat_over_rows;

/* Results of call `index` for every row. Returns false when some result is out of range. */
bool leat_over_compute(const leat_over_call *call,
                       uint32_t index,
                       const leat_over_rows *rows,
                       leat_arena *arena,
                       leat_over_cell *out_cells);

#endif
