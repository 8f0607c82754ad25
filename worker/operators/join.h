/* SPDX-License-Identifier: Apache-2.0
 *
 * join - what the joins share: two sides, the rows each keeps, pairs and what must hold of them.
 *
 * A side keeps its rows per join key in a sorted table; the value of an entry is a leat_join_row
 * and then the stored row. How entries are ordered, and when they go, is each join's own.
 * Private to worker/operators.
 */
#ifndef LEAT_WORKER_OPERATORS_JOIN_H
#define LEAT_WORKER_OPERATORS_JOIN_H

#include "common/base/vec.h"
#include "worker/operators/keyed_input.h"
#include "worker/operators/pair_output.h"
#include "worker/state/state.h"

enum { LEAT_JOIN_LEFT_SIDE = 0, LEAT_JOIN_RIGHT_SIDE = 1, LEAT_JOIN_SIDES = 2 };

typedef struct leat_join_row {
    int64_t count;   /* equal rows */
    int64_t matches; /* rows of the other side that match; only of sides that count them */
} leat_join_row;     /* the stored row follows */

/* Candidate pairs and the residual condition. */
typedef struct leat_pair_test {
    leat_eval *eval; /* NULL: every candidate matches */
    leat_output output;
    const char **rows[LEAT_JOIN_SIDES];
    uint32_t *selected;
} leat_pair_test;

typedef struct leat_join_side {
    leat_keyed_input input;
    leat_sorted_table *table;
    bool is_outer;       /* its unmatched rows go out, with NULLs */
    bool counts_matches; /* whether a row is matched decides what goes out */
    leat_buf order;      /* scratch */
    leat_bin **others;   /* bins of the other side's table, for the batch at hand */
} leat_join_side;

typedef struct leat_join_base {
    leat_operator base;
    leat_arena arena;
    const leat_join *join;
    bool is_filter; /* SEMI or ANTI: rows of the left alone go out */
    leat_join_side sides[LEAT_JOIN_SIDES];
    leat_pair_output pairs;
    leat_pair_test test;
    LEAT_VEC(leat_entry *) matches; /* of the row at hand */
} leat_join_base;

void leat_join_init(leat_join_base *join, const leat_operator_args *args);
void leat_join_fini(leat_join_base *join);

/* Take the batch of a side: its keys, rows, and the bins of both sides (own ones are made). */
void leat_join_take(leat_join_base *join, uint32_t side, const leat_rows *rows);
/* Emit what is noted and free what was removed. */
void leat_join_finish(leat_join_base *join, leat_emitter *out);

/* Leave in join->matches the entries that satisfy the residual with `row` of `side`. */
void leat_join_test(leat_join_base *join, uint32_t side, const char *row, leat_emitter *out);

static inline leat_join_row leat_join_row_of(leat_entry *entry)
{
    leat_join_row row;
    memcpy(&row, leat_entry_value(entry), sizeof row);
    return row;
}

static inline leat_bytes leat_join_stored(leat_entry *entry)
{
    return leat_bytes_of(leat_entry_value(entry) + sizeof(leat_join_row),
                         entry->value_size - sizeof(leat_join_row));
}

/* A new entry with that row, with a count of one. */
leat_entry *leat_join_insert(
    leat_join_base *join, uint32_t side, leat_bin *bin, leat_bytes order, leat_bytes row);
void leat_join_set_row(leat_join_base *join, uint32_t side, leat_entry *entry, leat_join_row row);

/* Note a result: `own` is of `side`, `other` of the other one (NULL: NULLs). */
void leat_join_put(leat_join_base *join,
                   uint32_t side,
                   const char *own,
                   const char *other,
                   bool is_retract,
                   leat_emitter *out);

leat_operator *leat_join_regular_open(const leat_operator_args *args);
leat_operator *leat_join_bounded_open(const leat_operator_args *args);
leat_operator *leat_join_temporal_open(const leat_operator_args *args);
leat_operator *leat_join_lookup_open(const leat_operator_args *args);
leat_operator *leat_join_asof_open(const leat_operator_args *args);

#endif
