/* SPDX-License-Identifier: Apache-2.0
 *
 * submission - the text of a topology or an SQL script made into the command that submits it.
 *
 * Everything wrong with the text comes back at once, as people read it: places, lines, carets.
 * Pure; thread: any.
 */
#ifndef LEAT_COORDINATOR_SUBMISSION_H
#define LEAT_COORDINATOR_SUBMISSION_H

#include "common/text/variables.h"
#include "common/topology/topology.h"
#include "coordinator/core/event.h"

typedef struct leat_submission {
    leat_bytes text;
    const char *file; /* as messages name it; NAME.sql: the text is SQL, the job's name NAME */
    uint32_t settled; /* SQL: statements before this byte have run already */
    const leat_variables *variables;
    const leat_topology_checks *checks; /* NULL = connectors are not checked */
    uint32_t parallelism;               /* instead of the topology's; 0 = as it says */
    bool ignore_state;
} leat_submission;

/* LEAT_INVALID: `out_messages` has every error. Warnings are appended either way. */
LEAT_MUST_USE leat_code leat_submission_compile(const leat_submission *submission,
                                                leat_command *out_command,
                                                leat_buf *out_messages);

#endif
