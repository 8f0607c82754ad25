/* SPDX-License-Identifier: Apache-2.0
 *
 * case_plan - the job of a case: its topology or script, with the sources fed by the case and the
 * sinks read by it.
 */
#ifndef LEAT_CLI_CASE_CASE_PLAN_H
#define LEAT_CLI_CASE_CASE_PLAN_H

#include "cli/case/feed.h"
#include "cli/case/runner.h"

/* The plan as it would run, on an arena of the caller.
 * Errors (LEAT_INVALID, LEAT_UNSUPPORTED): everything that is wrong with the text, with carets. */
LEAT_MUST_USE leat_code leat_case_plan(const leat_case *one,
                                       const leat_case_options *options,
                                       leat_arena *arena,
                                       const leat_logical_plan **out_plan,
                                       leat_buf *said,
                                       leat_error *err);

/* The same with the connector `case` at both ends, cut into stages. The feed is made for `plan`. */
const leat_physical_plan *
leat_case_plan_connect(const leat_logical_plan *plan, leat_case_feed *feed, leat_arena *arena);

#endif
