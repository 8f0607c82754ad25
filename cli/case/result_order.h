/* SPDX-License-Identifier: Apache-2.0
 *
 * result_order - the rows of a result in the order that its sink asks for.
 */
#ifndef LEAT_CLI_CASE_RESULT_ORDER_H
#define LEAT_CLI_CASE_RESULT_ORDER_H

#include "cli/case/result.h"

/* Sort result->rows, keeping rows of equal order as they are, and number the peers. */
LEAT_MUST_USE leat_code leat_case_result_sort(leat_case_result *result, leat_error *err);

#endif
