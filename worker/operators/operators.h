/* SPDX-License-Identifier: Apache-2.0
 *
 * operators - the operators by kind; leat_operator_open chooses. Private to the folder.
 */
#ifndef LEAT_WORKER_OPERATORS_OPERATORS_H
#define LEAT_WORKER_OPERATORS_OPERATORS_H

#include "worker/operators/operator.h"

leat_operator *leat_filter_open(const leat_operator_args *args);
leat_operator *leat_project_open(const leat_operator_args *args);
leat_operator *leat_route_open(const leat_operator_args *args);
leat_operator *leat_aggregate_open(const leat_operator_args *args);
leat_operator *leat_window_aggregate_open(const leat_operator_args *args);
leat_operator *leat_window_open(const leat_operator_args *args);
leat_operator *leat_session_window_open(const leat_operator_args *args); /* of a WINDOW */
leat_operator *leat_windowed_aggregate_open(const leat_operator_args *args);
leat_operator *leat_processing_window_open(const leat_operator_args *args);
leat_operator *leat_sort_open(const leat_operator_args *args);
leat_operator *leat_over_open(const leat_operator_args *args);
leat_operator *leat_unnest_open(const leat_operator_args *args);
leat_operator *leat_join_open(const leat_operator_args *args);
leat_operator *leat_top_n_open(const leat_operator_args *args);
leat_operator *leat_top_1_open(const leat_operator_args *args); /* of a DEDUPLICATE */
leat_operator *leat_deduplicate_open(const leat_operator_args *args);
leat_operator *leat_distinct_open(const leat_operator_args *args);
leat_operator *leat_set_op_open(const leat_operator_args *args);
leat_operator *leat_normalize_open(const leat_operator_args *args);
leat_operator *leat_materialize_open(const leat_operator_args *args);

static inline const leat_physical_operator *leat_args_operator(const leat_operator_args *args)
{
    return &args->plan->operators[args->operator_index];
}

static inline const leat_logical_node *leat_args_node(const leat_operator_args *args)
{
    return &args->plan->logical->nodes[leat_args_operator(args)->logical];
}

/* With the slot's clock, for PROCTIME(). */
static inline leat_eval *leat_args_eval(const leat_operator_args *args, const leat_program *program)
{
    leat_eval *eval = leat_eval_new(program, args->row_capacity);
    leat_eval_set_clock(eval, args->now);
    return eval;
}

/* Whether rows of the operator's input `port` may be retracted. */
static inline bool leat_args_retracts(const leat_operator_args *args, uint32_t port)
{
    leat_logical_input input = leat_args_node(args)->inputs[port];
    return args->plan->logical->nodes[input.node].outputs[input.output].is_updating;
}

/* Send rows on and count them. */
static inline void
leat_operator_emit(leat_operator *self, leat_emitter *out, uint32_t output, const leat_rows *rows)
{
    self->counts.rows_out += rows->selected_count;
    leat_emit(out, output, rows);
}

static inline void leat_operator_fail_rows(leat_operator *self,
                                           leat_emitter *out,
                                           const leat_rows *rows,
                                           const leat_eval_errors *errors)
{
    if (errors->count == 0)
        return;
    self->counts.rows_failed += errors->count;
    out->fail_rows(out, rows, errors);
}

#endif
