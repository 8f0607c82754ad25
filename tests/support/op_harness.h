/* SPDX-License-Identifier: Apache-2.0
 *
 * op_harness - one operator of a topology, driven by hand: rows and watermarks in, lines out.
 *
 * The operator's contract says that results depend neither on how rows are cut into batches nor
 * on a save and load in between; the harness makes both one call, so that every test can vary
 * them. Texts live until the harness is closed. Wrong topologies abort with their diagnostics.
 */
#ifndef LEAT_TESTS_SUPPORT_OP_HARNESS_H
#define LEAT_TESTS_SUPPORT_OP_HARNESS_H

#include "common/base/vec.h"
#include "common/columns/builder.h"
#include "worker/operators/operator.h"
#include "worker/operators/plan_state.h"

enum { LEAT_OP_OUTPUTS_MAX = 8, LEAT_OP_KEY_GROUPS = 8 };

typedef LEAT_VEC(char *) leat_lines;

typedef struct leat_op_harness {
    leat_emitter emitter; /* first: the operator's calls come here */
    leat_arena arena;
    const leat_physical_plan *plan;
    uint32_t operator_index;
    uint32_t row_capacity;
    leat_state *state;
    leat_operator *op;
    bool puts_off; /* do not flush after every batch */
    leat_time now; /* processing time, for nodes that window by it */
    uint64_t epoch;
    leat_lines lines[LEAT_OP_OUTPUTS_MAX]; /* emitted rows as printed, per output */
    leat_lines failed;                     /* "reason: row" */
    leat_operator_counts past;             /* of operators before the last reload */
} leat_op_harness;

/* The n-th operator of that kind in the topology; `sources` and `sinks` are whatever reads and
 * writes it. See op_topology for the usual frame. */
leat_op_harness *leat_op_harness_open(const char *topology,
                                      leat_physical_kind kind,
                                      uint32_t nth,
                                      uint32_t row_capacity);
/* One node over sources of these schemas ("k bigint, ts timestamp": a column `ts` is the event
 * time; "~" in front: rows may be retracted); `right` is NULL for nodes of one input. The node's
 * inputs and outputs are filled in; the rest of it must live as long as the harness. */
leat_op_harness *leat_op_harness_node(const leat_logical_node *node,
                                      const char *left,
                                      const char *right,
                                      const char *out,
                                      uint32_t row_capacity);
/* A bound expression over columns of that schema text; in `arena`. */
leat_bound *leat_op_bound(const char *expression, const char *schema, leat_arena *arena);
/* A bound aggregate, the same: "string_agg(s, ',' order by v)". */
leat_bound_aggregate
leat_op_aggregate(const char *expression, const char *schema, leat_arena *arena);
void leat_op_harness_close(leat_op_harness **harness);

/* A topology with one source `in` of that schema (event time `ts` when it has one), the given
 * processors, and a blackhole-like sink for the stream `out`. */
const char *
leat_op_topology(leat_arena *arena, const char *schema, const char *processors, const char *out);

const leat_schema *leat_op_input(const leat_op_harness *harness);
void leat_op_process(leat_op_harness *harness, const leat_rows *rows);
/* Rows as in batch_text, ended by NULL. */
void leat_op_rows(leat_op_harness *harness, const char *const *rows);
#define OP_ROWS(harness, ...) leat_op_rows((harness), (const char *const[]){__VA_ARGS__, NULL})
/* The same for port 1. */
void leat_op_rows_right(leat_op_harness *harness, const char *const *rows);
#define OP_ROWS_RIGHT(harness, ...)                                                                \
    leat_op_rows_right((harness), (const char *const[]){__VA_ARGS__, NULL})
void leat_op_watermark(leat_op_harness *harness, leat_time watermark);
/* Freeze, gather, build new tables from the records, open the operator anew. */
void leat_op_save_and_load(leat_op_harness *harness);
/* Say what the operator has put off. */
void leat_op_flush(leat_op_harness *harness);
leat_operator_counts leat_op_counts(const leat_op_harness *harness);

/* What was emitted on an output since the last take, one row a line. */
const char *leat_op_take(leat_op_harness *harness, uint32_t output);
/* The same with changes applied: the rows that are in the stream's table, sorted. Aborts when a
 * row is retracted that is not there. Does not take. */
const char *leat_op_table(leat_op_harness *harness, uint32_t output);

#endif
