/* SPDX-License-Identifier: Apache-2.0
 *
 * selection - the row positions an operator passes on, and the change column that fits them.
 */
#ifndef LEAT_WORKER_OPERATORS_SELECTION_H
#define LEAT_WORKER_OPERATORS_SELECTION_H

#include "common/expr/program.h"

/* The selected rows that are not marked in `errors`, written to `out_selected`; returns how many.
 */
uint32_t leat_selection_without(const leat_rows *rows,
                                const leat_eval_errors *errors,
                                uint32_t *out_selected);

/* A selection may have parted a -U from its +U; alone they are -D and +I (decisions 13). Writes the
 * corrected change column into `out_changes` (room for row_count) and points rows at it, when
 * rows carry changes at all. */
void leat_selection_repair_changes(leat_rows *rows, uint8_t *out_changes);

#endif
