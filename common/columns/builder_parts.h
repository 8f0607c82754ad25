/* SPDX-License-Identifier: Apache-2.0
 *
 * builder_parts - the inside of a builder, shared by builder.c and builder_gather.c only.
 *
 * Invariants
 *   U1  rows [0, count) are committed; row `count` may be half set.
 *   U2  columns[c].validity is NULL or cells[c].validity; once made, all bits from `count` on are 1
 *       except that of a half-set row.
 *   U3  cells of NULLs are zero.
 *   U4  omitted columns have constant descriptors and count as set in every row.
 */
#ifndef LEAT_COMMON_COLUMNS_BUILDER_PARTS_H
#define LEAT_COMMON_COLUMNS_BUILDER_PARTS_H

#include "common/columns/batch_memory.h"
#include "common/columns/builder.h"

struct leat_builder {
    const leat_schema *schema;
    leat_batch_pool *pool;
    leat_batch *slab;
    uint32_t capacity;
    uint32_t count;
    size_t row_bytes; /* fixed part of a row: values, validity bits rounded up */

    char *text_at; /* free text memory of the newest block */
    char *text_end;
    size_t text_bytes;       /* given out since clear */
    leat_text_block *spares; /* blocks of earlier rounds */
    bool is_widened;         /* some decimal column is I128 */

    uint32_t stamp; /* of the uncommitted row; a column is set when its stamp equals it */
    uint32_t set_count;
    uint32_t *stamps;
    bool *is_omitted; /* per column; its descriptor is a constant NULL */
    uint32_t omitted_count;
};

/* Make the validity bitmap of a column, all valid, if it is not there. */
void leat_builder_need_validity(leat_builder *builder, uint32_t column);
/* Move a decimal column to 128 bits; the wide array lives as long as the text does. */
void leat_builder_widen(leat_builder *builder, uint32_t column);

#endif
