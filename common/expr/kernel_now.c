/* SPDX-License-Identifier: Apache-2.0
 *
 * Processing time: what the slot's clock says in the step that computes the row. It is handed in,
 * never read here; two runs of a job see different times, and a row that is computed again after a
 * crash gets a new one.
 */
#include "common/expr/function.h"

static void now_timestamp(leat_kernel_call *call)
{
    int64_t *out = call->values;
    LEAT_KERNEL_ROWS(call, i, out[i] = call->now;);
}

#define NOW_ROW(called, says)                                                                      \
    {                                                                                              \
        .name = called, .summary = says, LEAT_ARGUMENTS_0(), LEAT_RESULT(TIMESTAMP),               \
        .nulls = LEAT_NULLS_NEVER, .kernel = now_timestamp                                         \
    }

static const leat_function rows[] = {
    NOW_ROW("proctime", "processing time: when the row is computed, in UTC"),
    NOW_ROW("now", "processing time"),
    NOW_ROW("current_timestamp", "processing time"),
    NOW_ROW("localtimestamp", "processing time"),
    NOW_ROW("current_row_timestamp", "processing time"),
    NOW_ROW("clock_timestamp", "processing time"),
    NOW_ROW("statement_timestamp", "processing time"),
    NOW_ROW("transaction_timestamp", "processing time"),
};

const leat_function_family leat_functions_now = {"Processing time", rows, LEAT_COUNT_OF(rows)};
