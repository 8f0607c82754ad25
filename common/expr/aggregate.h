/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate - accumulators of aggregate functions, as fixed-size cells inside state rows.
 *
 * An accumulator is `size` bytes at an 8-byte aligned address inside a state row; all zero is
 * the empty one. Text of min(string) and its like is kept by the state table's heap: accumulators
 * that hold text are a leat_view in their first 16 bytes, which the table rewrites.
 *
 * Three ways to a result:
 *   folded    update takes each row in, and those that can_retract take it back: count, sum, avg,
 *             statistics, bits and booleans. min, max, first_value, last_value and any_value are
 *             folded, too, as long as no row is taken back.
 *   refolded  min and max of rows that may go: whoever keeps the values in order folds the first
 *             or the last one into an empty accumulator.
 *   gathered  the result is made from all values in order (leat_aggregate_gather): string_agg,
 *             percentiles, mode; first_value and its like with an order or over rows that may go.
 *             The accumulator only holds the last result and whether it is stale.
 *
 * Sums of decimals and bigints accumulate in 128 bits; floating sums add in row order.
 */
#ifndef LEAT_COMMON_EXPR_AGGREGATE_H
#define LEAT_COMMON_EXPR_AGGREGATE_H

#include "common/base/arena.h"
#include "common/expr/bound.h"

typedef struct leat_aggregate {
    leat_aggregate_kind kind;
    leat_type input; /* type of the argument; UNKNOWN for COUNT_STAR */
    leat_type result;
    const leat_bound *option; /* of the call, or NULL */
    uint16_t size;            /* bytes of the accumulator, multiple of 8 */
    bool holds_text;
    bool can_retract;
    bool is_gathered; /* no update, no merge; the accumulator is a leat_value_cell */
    /* Fold the rows in: for i in [0, count): accumulator at cells[i] + offset, argument at
     * positions[i]; what takes two arguments finds the second column behind the first. NULL
     * arguments are skipped. changes as in leat_rows. May be called with equal cells repeated. Text
     * views point into the batch: the caller copies what changed. */
    void (*update)(const struct leat_aggregate *self,
                   char *const *cells,
                   uint32_t offset,
                   const leat_column *argument,
                   const uint8_t *changes,
                   const uint32_t *positions,
                   uint32_t count);
    /* Fold one accumulator into another (panes, two-phase); `from` is of later rows. */
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

/* The accumulator of a bound aggregate; `retracts`: over rows that may be taken back. out_values
 * of result_of is an array of the *wide* layout for DECIMAL results (leat_i128), a bitmap for
 * BOOLEAN, and of the type's layout otherwise. */
leat_aggregate leat_aggregate_of(const leat_bound_aggregate *bound, bool retracts);

#define LEAT_AGGREGATE_TEXT_MAX (UINT32_C(1) << 30) /* bytes of a gathered text */

typedef enum leat_value_state {
    LEAT_VALUE_NONE, /* no row yet, or no value among them */
    LEAT_VALUE_THERE,
    LEAT_VALUE_NULL, /* a row, whose value is NULL */
    LEAT_VALUE_OVER, /* there is one that does not fit */
} leat_value_state;

/* The accumulator of what picks or gathers. */
typedef struct leat_value_cell {
    char value[16];    /* in the result's layout, decimals wide */
    uint32_t state;    /* leat_value_state */
    uint32_t is_stale; /* gathered: values came or went since */
} leat_value_cell;

/* Values of one group in the order they count in. */
typedef struct leat_gathered {
    const leat_column *argument;
    const leat_column *option; /* separators; NULL: what the call says */
    const uint32_t *positions; /* in the columns; NULL: 0, 1, 2 ... */
    const int64_t *repeats;    /* how often each stands there; NULL: once */
    uint32_t count;
} leat_gathered;

/* The result over `values` into the accumulator at `cell`, which is not stale then. Text lies in
 * the arena or where the values have it. */
void leat_aggregate_gather(const leat_aggregate *self,
                           const leat_gathered *values,
                           leat_arena *arena,
                           char *cell);

#endif
