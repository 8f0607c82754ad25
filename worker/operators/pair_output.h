/* SPDX-License-Identifier: Apache-2.0
 *
 * pair_output - result rows made of stored rows: a left and a right one, or one alone, and a
 * change. They are noted by pointer and turned into columns when a batch of them is full.
 *
 * What was noted must stay readable until the flush: rows of the batch at hand do, and entries of
 * sorted tables until the next sweep. Flush before sweeping.
 */
#ifndef LEAT_WORKER_OPERATORS_PAIR_OUTPUT_H
#define LEAT_WORKER_OPERATORS_PAIR_OUTPUT_H

#include "common/expr/program.h"
#include "worker/operators/operators.h"
#include "worker/operators/stored_row.h"

typedef struct leat_pair_output {
    leat_operator *self;
    leat_output output;
    const leat_row_format *left;
    const leat_row_format *right; /* NULL: rows are left ones alone */
    const char **left_rows;       /* NULL: all its columns are NULL */
    const char **right_rows;
    int64_t *numbers;  /* of a last bigint column, or NULL */
    leat_eval *filter; /* only pairs for which it is true go out; or NULL */
    uint32_t *selected;
    uint8_t *changes;
    uint32_t count;
    bool has_changes;
} leat_pair_output;

/* The output has the left columns, the right ones if any, and with `has_number` a bigint. */
void leat_pair_output_init(leat_pair_output *pairs,
                           leat_operator *self,
                           const leat_schema *schema,
                           uint32_t row_capacity,
                           bool has_number,
                           leat_arena *arena);
void leat_pair_output_flush(leat_pair_output *pairs, leat_emitter *out);

/* Have room for `count` rows that must share a batch. */
static inline void
leat_pair_output_reserve(leat_pair_output *pairs, uint32_t count, leat_emitter *out)
{
    if (pairs->count + count > pairs->output.row_capacity)
        leat_pair_output_flush(pairs, out);
}

static inline void leat_pair_output_add(leat_pair_output *pairs,
                                        const char *left,
                                        const char *right,
                                        leat_change change,
                                        leat_emitter *out)
{
    leat_pair_output_reserve(pairs, 1, out);
    uint32_t at = pairs->count++;
    pairs->left_rows[at] = left;
    pairs->right_rows[at] = right;
    pairs->output.changes[at] = (uint8_t)change;
    pairs->has_changes |= change != LEAT_CHANGE_INSERT;
}

/* A left row alone, with the number of the last column where there is one. */
typedef struct leat_numbered_row {
    const char *row; /* NULL: there is none */
    int64_t number;
} leat_numbered_row;

/* `before` goes, `after` comes: -U +U, -D or +I. */
void leat_pair_output_update(leat_pair_output *pairs,
                             leat_numbered_row before,
                             leat_numbered_row after,
                             leat_emitter *out);

#endif
