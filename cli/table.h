/* SPDX-License-Identifier: Apache-2.0
 *
 * table - rows of text whose columns line up, however long a cell is.
 */
#ifndef LEAT_CLI_TABLE_H
#define LEAT_CLI_TABLE_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/vec.h"

enum { LEAT_TABLE_COLUMNS_MAX = 16 };

typedef struct leat_table_cell {
    char *text;   /* owned */
    int width;    /* characters, not bytes */
    bool is_last; /* of its row */
} leat_table_cell;

typedef struct leat_table {
    bool is_right[LEAT_TABLE_COLUMNS_MAX];
    int widths[LEAT_TABLE_COLUMNS_MAX];
    int column; /* of the next cell */
    LEAT_VEC(leat_table_cell) cells;
} leat_table;

/* The heading: names separated by spaces, `_` for a space inside one; `>` before a name puts its
 * column to the right. */
void leat_table_head(leat_table *table, const char *names);
/* The next cell; "" shows as `-`. */
void leat_table_add(leat_table *table, const char *format, ...) LEAT_PRINTF(2, 3);
void leat_table_end_row(leat_table *table);
/* Append it to `out`, and make it empty. */
void leat_table_print(leat_table *table, leat_buf *out);

#endif
