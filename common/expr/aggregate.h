/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate - accumulators of aggregate functions, as fixed-size cells inside state rows.
 *
 * An accumulator is `size` bytes at a 16-byte aligned address inside a state row; all zero is
 * the empty one. Text of min/max(string) is kept by the state table's heap: accumulators of
 * class TEXT hold a leat_view, in their first 16 bytes, that the table rewrites. Retraction:
 * count, sum, avg take retracts (decisions 13); min and max over retracting input are refused by
 * the planner for now.
 *
 * Sums of decimals and bigints accumulate in 128 bits; floating sums add in row order.
 */
#ifndef LEAT_COMMON_EXPR_AGGREGATE_H
#define LEAT_COMMON_EXPR_AGGREGATE_H

#include "common/expr/bound.h"

typedef struct leat_aggregate {
    leat_aggregate_kind kind;
    leat_type input; /* type of the argument; UNKNOWN for COUNT_STAR */
    leat_type result;
    uint16_t size;   /* bytes of the accumulator, multiple of 8 */
    bool holds_text; /* min/max over STRING or BYTES */
    bool can_retract;
    /* Fold the rows in: for i in [0, count): accumulator at cells[i] + offset, argument at
     * positions[i]. NULL arguments are skipped. changes as in leat_rows. May be called with equal
     * cells repeated. Text views point into the batch: the caller copies what changed. */
    void (*update)(const struct leat_aggregate *self,
                   char *const *cells,
                   uint32_t offset,
                   const leat_column *argument,
                   const uint8_t *changes,
                   const uint32_t *positions,
                   uint32_t count);
    /* Fold one accumulator into another (panes, two-phase). */
    void (*merge)(const struct leat_aggregate *self, char *into, const char *from);
    /* The results of `count` accumulators: out_values[i] and bit i of out_validity (whole words are
     * written, the bits behind the last result 0) are those of cells[i]. Averages round half away
     * from zero. Returns LEAT_RECORD when some result is out of range (that row is NULL). */
    leat_code (*result_of)(const struct leat_aggregate *self,
                           char *const *cells,
                           uint32_t offset,
                           uint32_t count,
                           void *out_values,
                           uint64_t *out_validity);
} leat_aggregate;

/* The accumulator of a bound aggregate. out_values of result_of is an array of the *wide* layout
 * for DECIMAL results (leat_i128) and of the type's layout otherwise. */
leat_aggregate leat_aggregate_of(const leat_bound_aggregate *bound);

#endif
