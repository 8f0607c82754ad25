/* SPDX-License-Identifier: Apache-2.0
 *
 * program - bound expressions compiled to a flat list of steps over column registers.
 *
 * Compiled once per task, evaluated per batch: one kernel call per step, no tree walk and no
 * type switch per row. Equal subexpressions are computed once. Results stand at the same row
 * positions as the input (unselected positions undefined), so the input's selection stays valid
 * for them. CASE, AND and OR evaluate their branches under narrowed selections, so that a
 * guarded division does not fail.
 *
 * Record errors (division by zero, overflow, bad cast) do not stop a batch: the row gets NULL
 * and its position is marked in the evaluation's error bitmap; the operator decides (skip, fail,
 * side output).
 *
 * A program is read-only after compile and may be shared; a leat_eval is one thread's scratch.
 */
#ifndef LEAT_COMMON_EXPR_PROGRAM_H
#define LEAT_COMMON_EXPR_PROGRAM_H

#include "common/expr/bound.h"

typedef struct leat_program leat_program;
typedef struct leat_eval leat_eval;

/* `bounds` become outputs 0..count-1. In the arena; nothing to free. */
const leat_program *leat_program_compile(leat_bound *const *bounds,
                                         uint32_t count,
                                         const leat_schema *schema,
                                         leat_arena *arena);

/* Scratch registers for batches of up to row_capacity rows. */
leat_eval *leat_eval_new(const leat_program *program, uint32_t row_capacity);
void leat_eval_free(leat_eval **eval);
/* Processing time (PROCTIME(), now()): read at each run, the same for all rows of it. Without a
 * clock it is 1970-01-01. `now` must outlive the eval. */
void leat_eval_set_clock(leat_eval *eval, const leat_time *now);

typedef struct leat_eval_errors {
    uint32_t count;           /* rows in error */
    const uint64_t *rows;     /* bitmap by row position; valid until the next run */
    uint32_t first_row;       /* position of the first */
    const char *first_reason; /* "division by zero", "bigint out of range", ...; static text */
} leat_eval_errors;

/* Evaluate all outputs for the selected rows. out_columns[count] point into the scratch or into
 * `rows` (pass-through); valid until the next run of this eval. */
void leat_eval_run(leat_eval *eval,
                   const leat_rows *rows,
                   leat_column *out_columns,
                   leat_eval_errors *out_errors);

/* Output 0 must be BOOLEAN: write the positions where it is true (NULL counts as false) into
 * `out_selected` (room for rows->selected_count) and return how many. Errors as above. */
uint32_t leat_eval_filter(leat_eval *eval,
                          const leat_rows *rows,
                          uint32_t *out_selected,
                          leat_eval_errors *out_errors);

#endif
