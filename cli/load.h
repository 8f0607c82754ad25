/* SPDX-License-Identifier: Apache-2.0
 *
 * load - a topology file from disk to a plan that can run, with everything said that is wrong.
 *
 * The same for every verb that takes a FILE: validate, plan, run, submit.
 */
#ifndef LEAT_CLI_LOAD_H
#define LEAT_CLI_LOAD_H

#include "common/plan/physical.h"
#include "common/text/variables.h"
#include "common/topology/topology.h"
#include "worker/connectors/base/connector.h"

/* What knows connectors for leat_topology_load, made of a registry. Both are borrowed. */
typedef struct leat_connector_checks {
    const leat_connectors *connectors;
    const char *files_root; /* relative paths stand below it; NULL = working directory */
} leat_connector_checks;

leat_topology_checks leat_connector_checks_of(leat_connector_checks *checks);

typedef struct leat_topology_file {
    leat_arena arena;                   /* both plans live here */
    leat_buf text;                      /* of the file */
    const leat_logical_plan *written;   /* as the user wrote it */
    const leat_physical_plan *physical; /* rewritten and cut; ->logical is the rewritten one */
    uint32_t warning_count;
} leat_topology_file;

/* Reads, checks (connector options included) and plans. Diagnostics go to stderr. False when the
 * file cannot be run. `fini` is wanted either way. */
bool leat_topology_file_load(leat_topology_file *file,
                             const char *path,
                             const leat_variables *variables,
                             const leat_connectors *connectors);
void leat_topology_file_fini(leat_topology_file *file);

#endif
