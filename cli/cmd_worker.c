/* SPDX-License-Identifier: Apache-2.0
 *
 * `leat worker`: one worker until SIGTERM, which lets it hand over first.
 */
#include <stdio.h>
#include <unistd.h>

#include "cli/printer.h"
#include "cli/server.h"
#include "cli/verbs.h"
#include "common/sys/clock.h"
#include "common/sys/file.h"
#include "worker/connectors/builtin.h"
#include "worker/worker.h"

enum { DRAIN_SECONDS = 8, GRACE_MS = 2000 };

/* Wait for the worker's end; signals ask for it: the first in order, the second at once. */
static leat_code
attend(leat_worker *worker, leat_signals *signals, leat_wake *ended, int64_t drain_ms)
{
    int64_t give_up_ms = INT64_MAX;
    leat_wake_prepare(ended);
    while (!leat_worker_has_ended(worker)) {
        int64_t now_ms = leat_clock_ms();
        int64_t timeout_ms =
            give_up_ms == INT64_MAX ? -1 : LEAT_MAX(give_up_ms - now_ms, (int64_t)0);
        int signal = leat_server_wait(signals, ended, timeout_ms);
        leat_wake_cancel(ended);
        if (signal != 0 && give_up_ms == INT64_MAX) {
            leat_worker_terminate(worker, drain_ms);
            give_up_ms = leat_clock_ms() + drain_ms + GRACE_MS;
        } else if (signal != 0 || leat_clock_ms() >= give_up_ms) {
            leat_worker_abandon(worker);
            break;
        }
        leat_wake_prepare(ended);
    }
    return leat_worker_wait(worker);
}

static leat_code serve(leat_worker_options *options, int64_t drain_ms, leat_error *err)
{
    leat_signals signals;
    leat_wake ended;
    leat_worker *worker = NULL;
    LEAT_TRY(leat_signals_open(&signals, err));
    leat_code code = leat_wake_init(&ended, err);
    if (code != LEAT_OK) {
        leat_signals_close(&signals);
        return code;
    }
    leat_printer *printer = NULL;
    options->transport = leat_transport_new();
    code = leat_dir_make(options->files_root, err);
    if (code == LEAT_OK)
        code = leat_printer_start(STDOUT_FILENO, &printer, err);
    options->print_self = printer;
    if (code == LEAT_OK)
        code = leat_worker_open(options, &worker, err);
    if (code == LEAT_OK) {
        leat_worker_set_end_wake(worker, &ended);
        code = leat_worker_start(worker, err);
    }
    if (code == LEAT_OK) {
        code = attend(worker, &signals, &ended, drain_ms);
        if (code != LEAT_OK)
            leat_fail(err, code, "the worker had to stop: %s", leat_code_name(code));
    }
    leat_worker_close(&worker);
    leat_printer_stop(&printer);
    leat_transport_free(&options->transport);
    leat_wake_fini(&ended);
    leat_signals_close(&signals);
    return code;
}

static const char *value_or(leat_args *args, const char *name, const char *otherwise)
{
    const char *value = leat_args_value(args, name);
    return value == NULL ? otherwise : value;
}

int leat_cmd_worker(leat_args *args)
{
    uint64_t executors = 0;
    uint64_t drain_seconds = DRAIN_SECONDS;
    leat_connectors connectors = {0};
    leat_connectors_add_builtin(&connectors);
    leat_buf coordinator = {0};
    leat_buf listen = {0};
    leat_buf_print(&coordinator, "tcp://%s", value_or(args, "--coordinator", "127.0.0.1:7071"));
    leat_buf_print(&listen, "tcp://%s", value_or(args, "--listen", "127.0.0.1:*"));
    leat_worker_options options = {.coordinator = leat_buf_text(&coordinator),
                                   .data_folder = value_or(args, "--data", "./leat-worker"),
                                   .files_root = value_or(args, "--files", "."),
                                   .listen = leat_buf_text(&listen),
                                   .advertise = leat_args_value(args, "--advertise"),
                                   .name = leat_args_value(args, "--name"),
                                   .connectors = &connectors,
                                   .print = leat_printer_print};
    leat_args_number(args, "--executors", 1, LEAT_EXECUTORS_MAX, &executors);
    leat_args_number(args, "--drain-timeout", 0, 3600, &drain_seconds);
    options.executor_count = (uint32_t)executors;
    bool may_start = leat_server_may_start(args);
    int code = LEAT_EXIT_USAGE;
    if (leat_args_end(args, 0, 0) && may_start && leat_server_environment(args->verb)) {
        leat_error err = {0};
        options.log_ring = leat_server_log_ring();
        code = serve(&options, (int64_t)drain_seconds * 1000, &err) == LEAT_OK ? LEAT_EXIT_OK
                                                                               : LEAT_EXIT_FAILED;
        if (code != LEAT_EXIT_OK)
            leat_server_fail(args->verb, &err);
    }
    leat_buf_fini(&coordinator);
    leat_buf_fini(&listen);
    return code;
}
