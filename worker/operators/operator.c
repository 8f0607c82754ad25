/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/operator.h"

#include "common/base/assert.h"
#include "worker/operators/operators.h"

leat_operator *leat_operator_open(const leat_operator_args *args)
{
    LEAT_ASSERT(args->row_capacity >= 2); /* a -U and its +U share a batch */
    switch (leat_args_operator(args)->kind) {
    case LEAT_PHYSICAL_FILTER:
        return leat_filter_open(args);
    case LEAT_PHYSICAL_PROJECT:
        return leat_project_open(args);
    case LEAT_PHYSICAL_ROUTE:
        return leat_route_open(args);
    case LEAT_PHYSICAL_AGGREGATE:
        return leat_aggregate_open(args);
    case LEAT_PHYSICAL_WINDOW_AGGREGATE:
        return leat_window_aggregate_open(args);
    case LEAT_PHYSICAL_WINDOW:
        return leat_window_open(args);
    case LEAT_PHYSICAL_SORT:
        return leat_sort_open(args);
    case LEAT_PHYSICAL_OVER:
        return leat_over_open(args);
    case LEAT_PHYSICAL_UNNEST:
        return leat_unnest_open(args);
    case LEAT_PHYSICAL_JOIN:
        return leat_join_open(args);
    case LEAT_PHYSICAL_MATERIALIZE:
        return leat_materialize_open(args);
    case LEAT_PHYSICAL_NORMALIZE:
        return leat_normalize_open(args);
    case LEAT_PHYSICAL_SET_OP:
        return leat_set_op_open(args);
    case LEAT_PHYSICAL_DISTINCT:
        return leat_distinct_open(args);
    case LEAT_PHYSICAL_DEDUPLICATE:
        return leat_deduplicate_open(args);
    case LEAT_PHYSICAL_TOP_N:
        return leat_top_n_open(args);
    case LEAT_PHYSICAL_SOURCE:
    case LEAT_PHYSICAL_EXCHANGE:
    case LEAT_PHYSICAL_SINK:
    case LEAT_PHYSICAL_KIND_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

void leat_operator_close(leat_operator **operator_)
{
    leat_operator *op = LEAT_TAKE(*operator_);
    if (op != NULL)
        op->class->close(op);
}
