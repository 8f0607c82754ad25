/* SPDX-License-Identifier: Apache-2.0
 *
 * topology - a topology file (YAML) lowered to the logical plan.
 *
 * Everything that is wrong is reported, each with its place; a plan comes back only when nothing
 * is. The plan is as written: common/plan/rewrite.h makes it good. Key reference: docs/topology.md.
 * Pure: variables and connector checks are given by the caller.
 */
#ifndef LEAT_COMMON_TOPOLOGY_TOPOLOGY_H
#define LEAT_COMMON_TOPOLOGY_TOPOLOGY_H

#include "common/plan/logical.h"
#include "common/text/variables.h"

typedef leat_logical_checks leat_topology_checks;

/* NULL after an error was reported. Warnings may be reported either way. `variables` and `checks`
 * are borrowed; checks may be NULL. Nothing of the plan points into `source`. */
const leat_logical_plan *leat_topology_load(leat_bytes source,
                                            const leat_variables *variables,
                                            const leat_topology_checks *checks,
                                            leat_arena *arena,
                                            leat_diagnostics *diagnostics);

#endif
