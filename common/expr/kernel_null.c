/* SPDX-License-Identifier: Apache-2.0
 *
 * Counting NULLs. What chooses between values (if, ifnull, nvl, coalesce) is CASE or coalesce
 * after binding.
 */
#include "common/expr/function.h"

static void count_rows(leat_kernel_call *call, bool wants_nulls)
{
    int32_t *out = call->values;
    LEAT_KERNEL_EACH(call, row)
    {
        int32_t nulls = 0;
        for (uint32_t a = 0; a < call->argument_count; a++)
            nulls += leat_column_is_null(&call->arguments[a], row);
        out[row] = wants_nulls ? nulls : (int32_t)call->argument_count - nulls;
    }
}

static void num_nulls(leat_kernel_call *call)
{
    count_rows(call, true);
}

static void num_nonnulls(leat_kernel_call *call)
{
    count_rows(call, false);
}

#define NULL_ROW(symbol, text, kernel_name)                                                        \
    {                                                                                              \
        .name = (symbol), .summary = (text), LEAT_ARGUMENTS_1(ANY), LEAT_RESULT(INT),              \
        .is_variadic = true, .nulls = LEAT_NULLS_NEVER, .kernel = kernel_name                      \
    }

static const leat_function rows[] = {
    NULL_ROW("num_nulls", "how many are NULL", num_nulls),
    NULL_ROW("num_nonnulls", "how many are not NULL", num_nonnulls),
};

const leat_function_family leat_functions_null = {"NULLs", rows, LEAT_COUNT_OF(rows)};
