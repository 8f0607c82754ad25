/* SPDX-License-Identifier: Apache-2.0
 *
 * coordinator - one coordinator: a control thread around coordinator/core, its command log, and
 * (when asked for) its HTTP API. The same for `leat coordinator` and inside `leat run`.
 *
 * Everybody else speaks to the core through `command` and `look`, which are carried to the
 * control thread and wait for its answer.
 */
#ifndef LEAT_COORDINATOR_COORDINATOR_H
#define LEAT_COORDINATOR_COORDINATOR_H

#include "common/obs/log_ring.h"
#include "common/sys/wake.h"
#include "common/topology/topology.h"
#include "common/transport/transport.h"
#include "coordinator/core/core.h"
#include "coordinator/core/view.h"
#include "coordinator/logs.h"

typedef struct leat_coordinator leat_coordinator;

typedef struct leat_coordinator_options {
    leat_transport *transport;          /* outlives the coordinator */
    const char *control_endpoint;       /* to bind: "tcp://HOST:PORT" or "inproc://NAME" */
    const char *data_folder;            /* of the command log; made when missing */
    const char *http_address;           /* "HOST:PORT"; NULL = no HTTP */
    const leat_topology_checks *checks; /* for topologies that come by HTTP */
    leat_coord_options core;
    leat_log_ring *log_ring; /* this process's lines, shown with those of the workers; borrowed,
                              * NULL = none */
    leat_wake *changed;      /* rung when a job or the members changed; NULL = nobody */
} leat_coordinator_options;

/* Lock and replay the log, bind. Errors: LEAT_BUSY, LEAT_INVALID, LEAT_CORRUPT, LEAT_IO. */
LEAT_MUST_USE leat_code leat_coordinator_open(const leat_coordinator_options *options,
                                              leat_coordinator **out_coordinator,
                                              leat_error *err);
LEAT_MUST_USE leat_code leat_coordinator_start(leat_coordinator *coordinator, leat_error *err);
void leat_coordinator_close(leat_coordinator **coordinator); /* NULL inside is fine */

/* Ended by itself: the log could not be written. Thread: any. */
bool leat_coordinator_has_failed(const leat_coordinator *coordinator);
const char *leat_coordinator_http_address(const leat_coordinator *coordinator); /* as bound */

leat_logs *leat_coordinator_logs(leat_coordinator *coordinator); /* borrowed */

/* What the core answered. */
typedef struct leat_command_answer {
    leat_code code;
    uint32_t job;
    char text[LEAT_CONTROL_TEXT_MAX];
} leat_command_answer;

/* Takes what the command owns; waits. Thread: any but control. */
void leat_coordinator_command(leat_coordinator *coordinator,
                              leat_command *command,
                              leat_command_answer *out_answer);

/* Run `look` on the control thread between two steps; waits. Thread: any but control. */
typedef void leat_coordinator_look_at(void *self, const leat_coord_core *core);
void leat_coordinator_look(leat_coordinator *coordinator,
                           leat_coordinator_look_at *look,
                           void *self);

#endif
