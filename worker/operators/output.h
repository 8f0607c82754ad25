/* SPDX-License-Identifier: Apache-2.0
 *
 * output - the result rows of an aggregate: column arrays that are filled, emitted, filled again.
 *
 * Text in them is borrowed (from state tables); the rows are valid until the next fill.
 */
#ifndef LEAT_WORKER_OPERATORS_OUTPUT_H
#define LEAT_WORKER_OPERATORS_OUTPUT_H

#include "common/base/arena.h"
#include "common/columns/rows.h"

typedef struct leat_output {
    const leat_schema *schema;
    leat_column *columns; /* decimals are in the wide layout */
    void **values;        /* writable arrays behind the columns */
    uint64_t **validity;
    uint8_t *changes;
    uint32_t row_capacity;
} leat_output;

void leat_output_init(leat_output *output,
                      const leat_schema *schema,
                      uint32_t row_capacity,
                      leat_arena *arena);
/* Make a column one value for all rows. */
void leat_output_set_time(leat_output *output, uint32_t column, leat_time value);
/* Column `column` was written for `count` rows. */
static inline void leat_output_set_nulls(leat_output *output, uint32_t column, bool has_nulls)
{
    output->columns[column].validity = has_nulls ? output->validity[column] : NULL;
}
leat_rows leat_output_rows(const leat_output *output, uint32_t count, bool has_changes);

#endif
