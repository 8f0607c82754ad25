/* SPDX-License-Identifier: Apache-2.0
 *
 * operator - the running form of one processor step inside a task, behind one small vtable.
 *
 * Contract (worker/exec drives it, the operator harness in tests/support checks it)
 *   1. open once; then any number of process and watermark calls; then close once.
 *   2. process borrows its rows for the call and emits results by leat_emit before it returns;
 *      whatever it keeps goes into its state tables, never into private memory that a restart
 *      would lose.
 *   3. watermark(w): w never decreases; rows emitted because of it (fired windows) are judged by
 * later operators against the watermark of *before* the advance: exec passes w on afterwards.
 *   4. Results do not depend on how rows are cut into batches, nor on a save and load in between.
 *   5. What process puts off (so as to say it once for many rows) it keeps to itself until flush or
 *      a limit of its own. exec calls flush when no input waits, before a barrier and at the end:
 *      nothing is put off in a snapshot. An operator that feeds readers of time flushes itself
 *      when it hears of a watermark.
 *   6. Between batches rows of its state may vanish (`state.ttl`): what is not there is as if it
 *      had never come.
 *   7. No clock, no randomness, no I/O: processing time comes with the call.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_OPERATORS_OPERATOR_H
#define LEAT_WORKER_OPERATORS_OPERATOR_H

#include "common/expr/program.h"
#include "common/plan/physical.h"

typedef struct leat_operator leat_operator;
typedef struct leat_emitter leat_emitter;
typedef struct leat_state leat_state; /* worker/state/state.h: the tables of one slot */

/* Where an operator's output goes; given by exec. */
struct leat_emitter {
    void (*emit)(leat_emitter *self, uint32_t output, const leat_rows *rows);
    /* Record errors of this operator (policy of the topology): `count` rows of `rows` at the marked
     * positions failed for `reason`. exec counts, fails the job, or routes to the side output. */
    void (*fail_rows)(leat_emitter *self, const leat_rows *rows, const leat_eval_errors *errors);
};

static inline void leat_emit(leat_emitter *emitter, uint32_t output, const leat_rows *rows)
{
    if (rows->selected_count > 0)
        emitter->emit(emitter, output, rows);
}

/* Counters every operator keeps; exec reads them for metrics. */
typedef struct leat_operator_counts {
    uint64_t rows_in;
    uint64_t rows_out;
    uint64_t rows_late;
    uint64_t rows_unmatched; /* route without default */
    uint64_t rows_failed;
} leat_operator_counts;

typedef struct leat_operator_class {
    const char *name;
    void (*process)(leat_operator *self, const leat_rows *rows, leat_emitter *out);
    /* Rows of port 1; NULL: one input. */
    void (*process_right)(leat_operator *self, const leat_rows *rows, leat_emitter *out);
    void (*watermark)(leat_operator *self,
                      leat_time watermark,
                      leat_emitter *out); /* NULL: nothing to do */
    /* Say what was put off; NULL: nothing ever is. */
    void (*flush)(leat_operator *self, leat_emitter *out);
    /* Processing time has passed; told before the rows of a step, never backwards within a
     * generation. Returns when to be told again at the latest, LEAT_TIME_MAX: after the next rows.
     * NULL: nothing to do. */
    leat_time (*pass)(leat_operator *self, leat_time now, leat_emitter *out);
    /* No row older than this comes on that port. Told before rows, so that lateness need not depend
     * on how far the other port is; NULL: nothing to do. */
    void (*promise)(leat_operator *self, uint32_t port, leat_time watermark);
    void (*close)(leat_operator *self);
} leat_operator_class;

/* Operators embed this first. */
struct leat_operator {
    const leat_operator_class *class;
    leat_operator_counts counts;
};

typedef struct leat_operator_args {
    const leat_physical_plan *plan;
    uint32_t operator_index;
    leat_state *state;     /* its tables are registered already; outlives the operator */
    uint32_t row_capacity; /* most rows one batch has */
    const leat_time *now;  /* processing time of the running step; NULL: there is none */
} leat_operator_args;

/* Make an operator of any kind but SOURCE, EXCHANGE and SINK, which are exec's. Cannot fail: the
 * plan was checked. */
leat_operator *leat_operator_open(const leat_operator_args *args);
void leat_operator_close(leat_operator **operator_);

#endif
