/* SPDX-License-Identifier: Apache-2.0
 *
 * grid - rows of a result under a heading, as SQL shells show them:
 *
 *     country |  n
 *    ---------+----
 *     DE      | 12
 *
 * Rows are added cell by cell and printed block by block; a column is as wide as its widest cell
 * so far. What a terminal could take for a command is shown as an escape.
 */
#ifndef LEAT_CLI_GRID_H
#define LEAT_CLI_GRID_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/vec.h"

typedef struct leat_grid_column {
    char *name; /* owned */
    bool is_right;
    int width; /* characters */
} leat_grid_column;

typedef struct leat_grid {
    LEAT_VEC(leat_grid_column) columns;
    LEAT_VEC(char *) cells; /* of the rows that are not printed yet; owned */
    bool has_head;          /* printed */
    uint64_t row_count;     /* printed */
} leat_grid;

void leat_grid_fini(leat_grid *grid);
void leat_grid_add_column(leat_grid *grid, leat_bytes name, bool is_right);
void leat_grid_add_cell(leat_grid *grid, leat_bytes text);
/* Append the rows that were added, under the heading if it is not there yet. */
void leat_grid_print(leat_grid *grid, leat_buf *out);
/* Append "(2 rows)"; and the next print begins with a heading again. */
void leat_grid_end(leat_grid *grid, leat_buf *out);

#endif
