/* SPDX-License-Identifier: Apache-2.0
 *
 * grouping - what running and windowed aggregates share: rows of a batch folded into the
 * accumulators of their keys, and accumulators turned into result columns.
 *
 * Value cells of a row: [i64 row count, when the input retracts] accumulators, each 8-aligned.
 */
#ifndef LEAT_WORKER_OPERATORS_GROUPING_H
#define LEAT_WORKER_OPERATORS_GROUPING_H

#include "common/columns/key_hash.h"
#include "common/expr/aggregate.h"
#include "common/expr/program.h"
#include "worker/operators/distinct_sets.h"
#include "worker/operators/extreme_values.h"
#include "worker/operators/gathered_values.h"
#include "worker/operators/operators.h"
#include "worker/operators/output.h"
#include "worker/state/state.h"

/* Where the cells of a node's accumulators lie; the same for its table and its operator. */
typedef struct leat_group_layout {
    bool counts_rows; /* rows that retract may leave a group empty */
    leat_aggregate aggregates[LEAT_AGGREGATES_MAX];
    uint32_t offsets[LEAT_AGGREGATES_MAX];
    uint32_t count;
    uint32_t value_size;
    bool holds_text;
} leat_group_layout;

void leat_group_layout_of(const leat_logical_plan *plan,
                          const leat_logical_node *node,
                          leat_group_layout *out_layout);
/* Whether some aggregate keeps its values (leat_aggregate_keeps_values): in a second state. */
bool leat_group_keeps_values(const leat_logical_plan *plan, const leat_logical_node *node);
/* Whether the node's rows are given their windows first and grouped by them (sessions, which
 * need a state for that behind the others; kept values over windows that share slices). */
bool leat_group_is_windowed(const leat_logical_plan *plan, const leat_logical_node *node);
/* Live rows of a group; only when the layout counts them. */
static inline int64_t leat_group_rows(const char *cells)
{
    int64_t rows;
    memcpy(&rows, cells, sizeof rows);
    return rows;
}

/* Result rows to be: keys come from rows of the table, results from accumulators, which may be
 * copies. Change columns go to grouping->output.changes. */
typedef struct leat_group_results {
    char **keys;  /* value cells of rows of the table */
    char **cells; /* accumulators */
    uint32_t count;
    bool has_changes;
    int64_t pane; /* whose groups they are: its end, or LEAT_PANE_NONE */
} leat_group_results;

typedef struct leat_grouping {
    const leat_logical_node *node;
    leat_table *table;
    leat_group_layout layout;
    leat_arena arena;
    leat_eval *eval;        /* arguments and filters; NULL when there are none */
    leat_column *evaluated; /* its outputs */
    int32_t *arguments;     /* per aggregate: index of its argument in `evaluated`, or -1 */
    int32_t *filters;       /* per aggregate: index of its filter in `evaluated`, or -1 */
    /* The table's key columns: with a CARRIED window start and end stand before the node's keys,
     * whose hash chooses the key group all the same. */
    uint32_t key_count;
    uint16_t *key_columns;
    leat_column *keys;
    uint32_t row_capacity;

    /* of the batch at hand, per row that did not fail */
    leat_rows rows;
    uint32_t *selected;
    uint64_t *hashes;
    char **cells;

    /* scratch for filtered and distinct aggregates */
    char **filtered_cells;
    uint32_t *filtered_positions;
    uint64_t *filtered_hashes;
    leat_distinct_values distinct;
    leat_distinct_sets sets;
    leat_gathering *gatherings; /* per aggregate; NULL: none is gathered */
    leat_arena settled;         /* results of those, until they have gone out */
    uint32_t *all;              /* 0, 1, 2 ... */

    leat_output output;
    char *merged;               /* accumulators of slices folded together (slice_merge) */
    leat_group_results results; /* room for row_capacity; filled by the operator */
    uint64_t *failed;           /* bitmap of results out of range */
    uint8_t *changes;
} leat_grouping;

void leat_grouping_init(leat_grouping *grouping, const leat_operator_args *args);
void leat_grouping_fini(leat_grouping *grouping);

/* Take a batch: evaluate arguments, report and leave out rows in error, hash the keys. After this
 * grouping->rows and ->hashes are valid until the next batch. */
void leat_grouping_begin(leat_grouping *grouping,
                         leat_operator *self,
                         const leat_rows *rows,
                         leat_emitter *out);
/* Row positions of the batch and their hashes. */
typedef struct leat_group_run {
    const uint32_t *positions;
    const uint64_t *hashes;
    uint32_t count;
} leat_group_run;

/* Find or make the rows' groups: out_cells[i] for i in [0, run->count). */
void leat_grouping_upsert(leat_grouping *grouping,
                          leat_pane *pane,
                          const leat_group_run *run,
                          char **out_cells);
/* Fold the rows into their groups. */
void leat_grouping_update(leat_grouping *grouping,
                          leat_pane *pane,
                          const leat_group_run *run,
                          char *const *cells);

/* Copy the long texts of a copy of accumulators: those of the table are moved when it likes. */
void leat_grouping_own_texts(const leat_grouping *grouping, char *cells, leat_arena *arena);

/* The pane goes, with all that is known of it. */
void leat_grouping_drop_pane(leat_grouping *grouping, leat_pane *pane);

/* Emit grouping->results on output 0 (keys and aggregates from `first_column` on) and start empty.
 * Rows of which a result is out of range are reported and left out. */
void leat_grouping_emit(leat_grouping *grouping,
                        leat_operator *self,
                        uint32_t first_column,
                        leat_emitter *out);

#endif
