/* SPDX-License-Identifier: Apache-2.0
 *
 * distinct_sets - the values of DISTINCT calls in typed tables: one per argument, shared by its
 * calls (common/plan/distinct_plan.h). A row is (group key, value); its cells say which calls have
 * the value: a bit each, or a count each when rows may be retracted.
 *
 * A run of rows is taken once per set; then each call asks which of them brought it a value or
 * took one away. Rows keep to the key group of their group. Private to worker/operators.
 */
#ifndef LEAT_WORKER_OPERATORS_DISTINCT_SETS_H
#define LEAT_WORKER_OPERATORS_DISTINCT_SETS_H

#include "common/plan/distinct_plan.h"
#include "worker/operators/operators.h"
#include "worker/state/state.h"

/* Bytes of cells of a set's rows. */
static inline uint32_t leat_distinct_value_size(uint32_t call_count, bool retracts)
{
    return (uint32_t)sizeof(uint64_t) * (retracts ? call_count : 1);
}

typedef struct leat_distinct_sets {
    leat_distinct_plan plan;
    leat_table *tables[LEAT_DISTINCT_SETS_MAX];
    bool retracts;
    uint32_t call_count; /* of the node */
    uint32_t key_count;  /* of the groups */
    leat_column *keys;   /* those, and the value */
    uint64_t *starts;    /* per key group and one more: its first hash; the last is 0 */
    uint64_t *masks;     /* per row of the run: calls that take the value */
    uint64_t *fresh[LEAT_DISTINCT_SETS_MAX];   /* per row of the run: calls whose set it changes */
    uint64_t fresh_in[LEAT_DISTINCT_SETS_MAX]; /* of all rows of the run */
    uint32_t *positions;                       /* scratch: rows that some call takes */
    uint32_t *rows;                            /* their places in the run */
    uint64_t *hashes;
    char **cells;
} leat_distinct_sets;

/* The rows of a batch and what it takes to find their values. */
typedef struct leat_distinct_batch {
    const leat_rows *rows;
    const leat_column *keys;      /* of the groups */
    const leat_column *evaluated; /* arguments and filters ... */
    const int32_t *arguments;     /* ... where they are, per call; -1: none */
    const int32_t *filters;
    const uint32_t *positions; /* of the run */
    const uint64_t *hashes;    /* of the groups' keys */
    uint32_t count;
} leat_distinct_batch;

/* The tables are the states from `first_state` on. */
void leat_distinct_sets_init(leat_distinct_sets *sets,
                             const leat_operator_args *args,
                             uint32_t first_state,
                             uint32_t key_count,
                             leat_arena *arena);
/* Put the values of a run into all sets, or take them out. */
void leat_distinct_sets_take(leat_distinct_sets *sets,
                             int64_t pane,
                             const leat_distinct_batch *batch);
/* Whether call `index` has a set. */
static inline bool leat_distinct_sets_has(const leat_distinct_sets *sets, uint32_t index)
{
    return sets->plan.set_count > 0 && sets->plan.set_of[index] >= 0;
}
/* Bit per call of the rows taken last: its set changed; of call `index` the one in out_bit. */
static inline const uint64_t *
leat_distinct_sets_fresh(const leat_distinct_sets *sets, uint32_t index, uint64_t *out_bit)
{
    int set = sets->plan.set_of[index];
    *out_bit = UINT64_C(1) << sets->plan.bit_of[index];
    return (sets->fresh_in[set] & *out_bit) != 0 ? sets->fresh[set] : NULL;
}
void leat_distinct_sets_drop(leat_distinct_sets *sets, int64_t pane);

#endif
