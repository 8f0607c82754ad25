/* SPDX-License-Identifier: Apache-2.0
 *
 * compare - is this the result that a case expects, and if not, where do they part?
 *
 * Numbers are compared by value (2.50 is 2.5), times as times, the rest as text. Floating sums
 * depend on the order of the rows, so a double may be off by 1e-9 of its value and a `real` by
 * 1e-6; of two decimals with ten digits behind the point and more, one may have been cut earlier.
 * Everything else is exact unless the case says otherwise.
 */
#ifndef LEAT_CLI_CASE_COMPARE_H
#define LEAT_CLI_CASE_COMPARE_H

#include "cli/case/result.h"

/* True when they are equal; else `diff` says what is missing (-) and what is too much (+).
 * Errors (LEAT_INVALID): an expected row does not fit the sink's columns. */
LEAT_MUST_USE leat_code leat_case_compare(const leat_case *one,
                                          const leat_case_expectation *expected,
                                          const leat_case_result *result,
                                          bool *out_is_equal,
                                          leat_buf *diff,
                                          leat_error *err);
/* The same for a result that is given as a count or a hash. */
bool leat_case_compare_sum(const leat_case_expectation *expected,
                           const leat_case_result *result,
                           leat_buf *diff);

#endif
