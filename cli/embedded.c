/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/embedded.h"

#define CONTROL_ENDPOINT "inproc://leat-control"

enum { SETTLE_MS = 1 };

static leat_code
open_coordinator(const leat_embedded_options *options, leat_embedded *embedded, leat_error *err)
{
    leat_buf folder = {0};
    leat_buf_print(&folder, "%s/coordinator", options->data);
    leat_coordinator_options coordinator = {.transport = embedded->transport,
                                            .control_endpoint = CONTROL_ENDPOINT,
                                            .data_folder = leat_buf_text(&folder),
                                            .core = {.settle_ms = SETTLE_MS},
                                            .changed = options->changed};
    leat_code code = leat_coordinator_open(&coordinator, &embedded->coordinator, err);
    leat_buf_fini(&folder);
    return code;
}

static leat_code
open_worker(const leat_embedded_options *options, leat_embedded *embedded, leat_error *err)
{
    leat_buf folder = {0};
    leat_buf_print(&folder, "%s/worker", options->data);
    leat_worker_options worker = {.transport = embedded->transport,
                                  .coordinator = CONTROL_ENDPOINT,
                                  .data_folder = leat_buf_text(&folder),
                                  .files_root = options->files_root,
                                  .name = options->name,
                                  .executor_count = options->executor_count,
                                  .connectors = options->connectors,
                                  .print = options->print,
                                  .print_self = options->print_self};
    leat_code code = leat_worker_open(&worker, &embedded->worker, err);
    leat_buf_fini(&folder);
    return code;
}

leat_code
leat_embedded_open(const leat_embedded_options *options, leat_embedded *embedded, leat_error *err)
{
    *embedded = (leat_embedded){.transport = leat_transport_new()};
    LEAT_TRY(open_coordinator(options, embedded, err));
    LEAT_TRY(open_worker(options, embedded, err));
    leat_worker_set_end_wake(embedded->worker, options->changed);
    LEAT_TRY(leat_coordinator_start(embedded->coordinator, err));
    return leat_worker_start(embedded->worker, err);
}

void leat_embedded_close(leat_embedded *embedded)
{
    leat_worker_close(&embedded->worker);
    leat_coordinator_close(&embedded->coordinator);
    leat_transport_free(&embedded->transport);
}

bool leat_embedded_has_ended(const leat_embedded *embedded)
{
    return leat_coordinator_has_failed(embedded->coordinator) ||
           leat_worker_has_ended(embedded->worker);
}

leat_code leat_embedded_command(const leat_embedded *embedded,
                                leat_bytes name,
                                leat_command *command,
                                leat_error *err)
{
    leat_command_answer answer = {0};
    memcpy(command->name, name.data, LEAT_MIN(name.size, sizeof command->name - 1));
    leat_coordinator_command(embedded->coordinator, command, &answer);
    if (answer.code != LEAT_OK)
        return leat_fail(err, answer.code, "%s",
                         answer.text[0] != '\0' ? answer.text : leat_code_name(answer.code));
    return LEAT_OK;
}

leat_command
leat_embedded_submission(const leat_logical_plan *plan, leat_blob *wire, uint32_t parallelism)
{
    return (leat_command){.kind = LEAT_COMMAND_SUBMIT,
                          .plan = leat_blob_ref(wire),
                          .key_group_count = plan->key_group_count,
                          .parallelism = parallelism != 0 ? parallelism : plan->parallelism,
                          .replicas = 1,
                          .min_replicas = 1,
                          .epoch_interval_ms = plan->epoch_interval_us / 1000};
}

bool leat_job_is_over(leat_job_state state)
{
    return state == LEAT_JOB_STOPPED || state == LEAT_JOB_FINISHED || state == LEAT_JOB_CANCELED ||
           state == LEAT_JOB_FAILED || state == LEAT_JOB_HALTED;
}
