/* SPDX-License-Identifier: Apache-2.0
 *
 * api - the coordinator's HTTP API: paths to commands and views, JSON out.
 *
 *   POST  /jobs                      submit: JSON {topology, file, defines, ignore_state}, or YAML
 *   GET   /jobs  /jobs/NAME          states; one with its slots
 *   GET   /jobs/NAME/plan            what runs
 *   POST  /jobs/NAME/stop?drain=true one last epoch (with `drain`, windows fire first)
 *   PATCH /jobs/NAME?mode=cancel     end now
 *   POST  /jobs/NAME/scale?parallelism=N|auto   run it in so many slots from the next cut on
 *   POST  /workers/ID/drain          move what it has elsewhere, then let it go
 *   GET   /jobs/NAME/logs  /logs     newest log lines of a job, of everything, by time:
 *                                    ?lines=200&level=info&after=N&worker=ID
 *   GET   /overview  /workers        the cluster
 *   GET   /metrics  /healthz         for machines
 *
 * A job is named or numbered, and so is a worker. Errors are {"error": "..."} with the fitting
 * status; a refused topology carries its "messages" with places and carets.
 *
 * Thread: those of the server.
 */
#ifndef LEAT_COORDINATOR_API_H
#define LEAT_COORDINATOR_API_H

#include "coordinator/coordinator.h"

typedef struct leat_api leat_api;

LEAT_MUST_USE leat_code leat_api_open(leat_coordinator *coordinator,
                                      const char *address,
                                      const leat_topology_checks *checks,
                                      leat_api **out_api,
                                      leat_error *err);
void leat_api_close(leat_api **api); /* NULL inside is fine */
const char *leat_api_address(const leat_api *api);

#endif
