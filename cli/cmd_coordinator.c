/* SPDX-License-Identifier: Apache-2.0
 *
 * `leat coordinator`: one coordinator until SIGTERM. Jobs go on without it and are found again.
 */
#include <stdio.h>

#include "cli/load.h"
#include "cli/server.h"
#include "cli/verbs.h"
#include "coordinator/coordinator.h"
#include "worker/connectors/builtin.h"

typedef struct coordinator_args {
    const char *http;
    const char *control;
    const char *data;
} coordinator_args;

static leat_code serve(const coordinator_args *args, leat_error *err)
{
    leat_signals signals;
    leat_wake changed;
    leat_connectors connectors = {0};
    leat_coordinator *coordinator = NULL;
    leat_connectors_add_builtin(&connectors);
    leat_connector_checks connector_checks = {.connectors = &connectors, .files_root = "."};
    leat_topology_checks checks = leat_connector_checks_of(&connector_checks);
    LEAT_TRY(leat_signals_open(&signals, err));
    leat_code code = leat_wake_init(&changed, err);
    if (code != LEAT_OK) {
        leat_signals_close(&signals);
        return code;
    }
    leat_transport *transport = leat_transport_new();
    leat_buf endpoint = {0};
    leat_buf_print(&endpoint, "tcp://%s", args->control);
    leat_coordinator_options options = {.transport = transport,
                                        .control_endpoint = leat_buf_text(&endpoint),
                                        .data_folder = args->data,
                                        .http_address = args->http,
                                        .checks = &checks,
                                        .log_ring = leat_server_log_ring(),
                                        .changed = &changed};
    code = leat_coordinator_open(&options, &coordinator, err);
    if (code == LEAT_OK)
        code = leat_coordinator_start(coordinator, err);
    while (code == LEAT_OK && leat_server_wait(&signals, &changed, -1) == 0) {
        leat_wake_cancel(&changed);
        if (leat_coordinator_has_failed(coordinator))
            code = leat_fail(err, LEAT_IO, "the command log in '%s' cannot be written", args->data);
        leat_wake_prepare(&changed);
    }
    leat_coordinator_close(&coordinator);
    leat_transport_free(&transport);
    leat_buf_fini(&endpoint);
    leat_wake_fini(&changed);
    leat_signals_close(&signals);
    return code;
}

static const char *value_or(leat_args *args, const char *name, const char *otherwise)
{
    const char *value = leat_args_value(args, name);
    return value == NULL ? otherwise : value;
}

int leat_cmd_coordinator(leat_args *args)
{
    coordinator_args given = {.http = value_or(args, "--listen", "127.0.0.1:7070"),
                              .control = value_or(args, "--listen-control", "127.0.0.1:7071"),
                              .data = value_or(args, "--data", "./leat-coordinator")};
    bool may_start = leat_server_may_start(args);
    if (!leat_args_end(args, 0, 0) || !may_start || !leat_server_environment(args->verb))
        return LEAT_EXIT_USAGE;
    leat_error err = {0};
    if (serve(&given, &err) == LEAT_OK)
        return LEAT_EXIT_OK;
    leat_server_fail(args->verb, &err);
    return LEAT_EXIT_FAILED;
}
