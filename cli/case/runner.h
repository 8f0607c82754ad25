/* SPDX-License-Identifier: Apache-2.0
 *
 * runner - runs one case: plan it, feed it, fold what comes out, judge it.
 *
 * After every arrival the job comes to rest before the next one: so what comes out does not depend
 * on parallelism or seed, only on the case. Processing time is a clock that moves a millisecond
 * with every arrival. With faults it runs in a simulated cluster where everything breaks now and
 * then (cluster.h). The answer must not change.
 */
#ifndef LEAT_CLI_CASE_RUNNER_H
#define LEAT_CLI_CASE_RUNNER_H

#include "cli/case/result.h"
#include "common/plan/physical.h"
#include "common/topology/topology.h"

typedef struct leat_case_options {
    uint32_t parallelism; /* slots; 0 = 1 */
    uint64_t seed;
    bool has_faults;
    const leat_topology_checks *checks; /* of connectors, or NULL; borrowed */
    const leat_variables *variables;    /* for the topology; borrowed */
} leat_case_options;

typedef enum leat_case_status {
    LEAT_CASE_PASS,
    LEAT_CASE_FAIL,
    LEAT_CASE_ERROR, /* it could not be run */
    LEAT_CASE_SKIP,
    LEAT_CASE_DONE, /* it ran, and nothing says what should have come out */
    LEAT_CASE_STATUS_COUNT
} leat_case_status;

/* What became of a case. */
typedef struct leat_case_outcome {
    leat_case_status status;
    leat_buf reason;                    /* of FAIL: the diff; of ERROR, SKIP: a sentence */
    LEAT_VEC(leat_case_result) results; /* one per expectation */
    leat_arena arena;                   /* the plan, which the results point into */
} leat_case_outcome;

/* The outcome is the caller's to finish, whatever it is. */
void leat_case_run(const leat_case *one,
                   const leat_case_options *options,
                   leat_case_outcome *out_outcome);
void leat_case_outcome_fini(leat_case_outcome *outcome);

const char *leat_case_status_name(leat_case_status status); /* "pass" */
/* One JSON object: name, status, reason, columns, rows (values as in a case). */
void leat_case_outcome_print_json(const leat_case *one,
                                  const leat_case_outcome *outcome,
                                  leat_buf *out);
/* "pass NAME", and what is wrong otherwise. */
void leat_case_outcome_print(const leat_case *one, const leat_case_outcome *outcome, leat_buf *out);

#endif
