/* SPDX-License-Identifier: Apache-2.0
 *
 * `leat run FILE`: coordinator and worker in one process, to the end of the input or Ctrl-C. The
 * data folder remembers: run again, it goes on where it was.
 */
#include <stdio.h>

#include "cli/embedded.h"
#include "cli/load.h"
#include "cli/server.h"
#include "cli/verbs.h"
#include "common/obs/log.h"
#include "common/plan/rewrite.h"
#include "common/sys/clock.h"
#include "common/sys/file.h"
#include "common/sys/thread.h"
#include "worker/connectors/builtin.h"

enum { LAST_EPOCH_MS = 10000 };

typedef struct run_options {
    const char *data;     /* NULL = ./leat-data/NAME */
    uint64_t executors;   /* threads; 0 = as many as the job has slots, or the machine cores */
    uint64_t parallelism; /* slots, instead of the topology's; 0 = as it says */
    bool is_fresh;
} run_options;

/* One run: everything that must be closed again. */
typedef struct run {
    const leat_topology_file *file;
    leat_connectors connectors;
    char *files_root;
    leat_signals signals;
    leat_wake changed;
    leat_embedded embedded;
    leat_job_view job; /* as last seen */
    bool has_job;
    bool was_asked; /* by a signal: to stop */
    bool has_other_plan;
    leat_blob *plan; /* the file's, on the wire */
} run;

static void look(void *self, const leat_coord_core *core)
{
    run *r = self;
    char name[LEAT_NAME_MAX] = {0};
    leat_bytes full = r->file->physical->logical->name;
    memcpy(name, full.data, LEAT_MIN(full.size, sizeof name - 1));
    r->has_job = leat_coord_job_find(core, name, &r->job);
    r->has_other_plan =
        r->has_job && !leat_bytes_equal(leat_blob_bytes(leat_coord_job_plan(core, r->job.job)),
                                        leat_blob_bytes(r->plan));
}

static leat_code command(run *r, leat_command *command, leat_error *err)
{
    return leat_embedded_command(&r->embedded, r->file->physical->logical->name, command, err);
}

static leat_code submit(run *r, uint32_t parallelism, leat_error *err)
{
    const leat_logical_plan *plan = r->file->physical->logical;
    leat_command submission = leat_embedded_submission(plan, r->plan, parallelism);
    return command(r, &submission, err);
}

/* What keeps the job from going on, once for each reason. */
static void say_trouble(const run *r, char *said, size_t size)
{
    if (!r->has_job || leat_job_is_over(r->job.state) || r->job.reason[0] == '\0' ||
        strcmp(said, r->job.reason) == 0)
        return;
    (void)snprintf(said, size, "%s", r->job.reason);
    fprintf(stderr, "leat run: trying again: %s\n", said);
}

/* Ctrl-C: the first asks for one last epoch; the second ends at once, as does patience: a full
 * disk must not keep the process. */
static leat_code watch(run *r, leat_error *err)
{
    int64_t give_up_ms = INT64_MAX;
    char said[LEAT_CONTROL_TEXT_MAX] = "";
    leat_wake_prepare(&r->changed);
    for (;;) {
        leat_coordinator_look(r->embedded.coordinator, look, r);
        say_trouble(r, said, sizeof said);
        if (r->has_job && leat_job_is_over(r->job.state))
            return LEAT_OK;
        if (leat_embedded_has_ended(&r->embedded))
            return leat_fail(err, LEAT_IO, "the data folder cannot be written");
        int64_t now_ms = leat_clock_ms();
        int64_t patience_ms =
            give_up_ms == INT64_MAX ? -1 : LEAT_MAX(give_up_ms - now_ms, (int64_t)0);
        int signal = leat_server_wait(&r->signals, &r->changed, patience_ms);
        leat_wake_cancel(&r->changed);
        leat_wake_prepare(&r->changed);
        bool is_unread = leat_server_print_has_failed() && !r->was_asked;
        if (signal == 0 && !is_unread && leat_clock_ms() < give_up_ms)
            continue;
        if (r->was_asked)
            return leat_fail(err, LEAT_UNAVAILABLE,
                             "ended without a last epoch; run again to "
                             "go on from epoch %llu",
                             (unsigned long long)r->job.completed_epoch);
        leat_command stop = {.kind = LEAT_COMMAND_STOP};
        LEAT_TRY(command(r, &stop, err));
        give_up_ms = leat_clock_ms() + LAST_EPOCH_MS;
        r->was_asked = true;
    }
}

static leat_code report(const run *r, leat_error *err)
{
    const leat_job_view *job = &r->job;
    switch (job->state) {
    case LEAT_JOB_FINISHED:
        fprintf(stderr, "leat run: finished: %llu rows in, %llu rows out, %llu late, %llu bad\n",
                (unsigned long long)job->totals.rows_in, (unsigned long long)job->totals.rows_out,
                (unsigned long long)job->totals.late_rows,
                (unsigned long long)job->totals.bad_rows);
        return LEAT_OK;
    case LEAT_JOB_STOPPED:
        fprintf(stderr, "leat run: stopped after epoch %llu; run again to go on\n",
                (unsigned long long)job->completed_epoch);
        return LEAT_OK;
    case LEAT_JOB_CANCELED:
    case LEAT_JOB_FAILED:
    case LEAT_JOB_HALTED:
    case LEAT_JOB_CREATED:
    case LEAT_JOB_DEPLOYING:
    case LEAT_JOB_RUNNING:
    case LEAT_JOB_RECOVERING:
    case LEAT_JOB_STOPPING:
    case LEAT_JOB_STATE_COUNT:
        break;
    }
    return leat_fail(err, LEAT_INVALID, "job is %s: %s", leat_job_state_name(job->state),
                     job->reason);
}

/* Submit, go on, or say that there is nothing to do. */
static leat_code drive(run *r, uint32_t parallelism, leat_error *err)
{
    leat_coordinator_look(r->embedded.coordinator, look, r);
    if (r->has_job && r->job.state == LEAT_JOB_FINISHED) {
        fprintf(stderr, "leat run: this job has finished; --fresh starts over\n");
        return LEAT_OK;
    }
    if (r->has_job && !leat_job_is_over(r->job.state) && r->has_other_plan)
        return leat_fail(err, LEAT_EXISTS,
                         "the topology is not the one this folder is in the middle of; run that "
                         "one to its end, or --fresh starts over");
    if (!r->has_job || leat_job_is_over(r->job.state))
        LEAT_TRY(submit(r, parallelism, err));
    LEAT_TRY(watch(r, err));
    if (r->job.state == LEAT_JOB_STOPPED && !r->was_asked) { /* an earlier run's last wish */
        LEAT_TRY(submit(r, parallelism, err));
        LEAT_TRY(watch(r, err));
    }
    return report(r, err);
}

static leat_code open_both(run *r, const char *data, uint32_t executors, leat_error *err)
{
    leat_embedded_options options = {.data = data,
                                     .files_root = r->files_root,
                                     .executor_count = executors,
                                     .name = "run",
                                     .connectors = &r->connectors,
                                     .print = leat_server_print,
                                     .print_self = &r->changed,
                                     .changed = &r->changed};
    return leat_embedded_open(&options, &r->embedded, err);
}

/* Everything below DATA is ours or the folder is refused: --fresh must not delete the user's. */
static leat_code start_over(const char *data, leat_error *err)
{
    leat_names names = {0};
    leat_code code = leat_dir_list(data, &names, err);
    bool is_ours = true;
    for (size_t i = 0; code == LEAT_OK && i < names.count; i++)
        is_ours &= strcmp(names.items[i], "coordinator") == 0 ||
                   strcmp(names.items[i], "worker") == 0 || strcmp(names.items[i], "lock") == 0;
    leat_names_fini(&names);
    if (code == LEAT_NOT_FOUND)
        return LEAT_OK;
    LEAT_TRY(code);
    if (!is_ours)
        return leat_fail(err, LEAT_DENIED, "'%s' holds files that are not leat's; not deleted",
                         data);
    leat_buf path = {0};
    leat_buf_print(&path, "%s/coordinator", data);
    code = leat_dir_remove(leat_buf_text(&path), err);
    leat_buf_clear(&path);
    leat_buf_print(&path, "%s/worker", data);
    if (code == LEAT_OK)
        code = leat_dir_remove(leat_buf_text(&path), err);
    leat_buf_fini(&path);
    return code;
}

static leat_code run_locked(run *r, const run_options *options, const char *data, leat_error *err)
{
    if (options->is_fresh)
        LEAT_TRY(start_over(data, err));
    uint32_t executors = (uint32_t)options->executors;
    if (executors == 0)
        executors = (uint32_t)options->parallelism;
    if (executors == 0)
        executors = r->file->physical->logical->parallelism;
    if (executors == 0)
        executors = leat_thread_processor_count();
    LEAT_TRY(leat_signals_open(&r->signals, err));
    leat_code code = leat_wake_init(&r->changed, err);
    if (code == LEAT_OK) {
        code = open_both(r, data, executors, err);
        if (code == LEAT_OK)
            code = drive(r, (uint32_t)options->parallelism, err);
        leat_embedded_close(&r->embedded);
        leat_wake_fini(&r->changed);
    }
    leat_signals_close(&r->signals);
    return code;
}

static leat_code run_file(run *r, const run_options *options, const char *data, leat_error *err)
{
    int lock = -1;
    leat_buf path = {0};
    leat_code code = leat_dir_make(data, err);
    leat_buf_print(&path, "%s/lock", data);
    if (code == LEAT_OK)
        code = leat_file_lock(leat_buf_text(&path), &lock, err);
    if (code == LEAT_BUSY)
        leat_fail(err, code, "'%s' is in use by another run", data);
    if (code == LEAT_OK)
        code = run_locked(r, options, data, err);
    leat_file_unlock(&lock);
    leat_buf_fini(&path);
    return code;
}

static int run_topology(const char *path,
                        const leat_variables *variables,
                        const run_options *options,
                        const char *verb)
{
    run r = {0};
    leat_topology_file file;
    leat_error err = {0};
    leat_buf data = {0};
    leat_buf wire = {0};
    int exit_code = LEAT_EXIT_FAILED;
    leat_connectors_add_builtin(&r.connectors);
    if (leat_topology_file_load(&file, path, variables, &r.connectors)) {
        leat_bytes name = file.physical->logical->name;
        const char *slash = strrchr(path, '/');
        r.file = &file;
        r.files_root = leat_arena_text(&file.arena,
                                       slash == NULL ? LEAT_BYTES(".")
                                                     : leat_bytes_of(path, (size_t)(slash - path)));
        leat_plan_encode(file.physical, &wire);
        r.plan = leat_blob_copy(leat_buf_bytes(&wire));
        if (options->data != NULL)
            leat_buf_add_text(&data, options->data);
        else
            leat_buf_print(&data, "leat-data/%.*s", LEAT_FMT(name));
        if (run_file(&r, options, leat_buf_text(&data), &err) == LEAT_OK)
            exit_code = LEAT_EXIT_OK;
        else
            leat_server_fail(verb, &err);
    }
    leat_blob_unref(&r.plan);
    leat_buf_fini(&wire);
    leat_buf_fini(&data);
    leat_topology_file_fini(&file);
    return exit_code;
}

int leat_cmd_run(leat_args *args)
{
    leat_arena arena = {0};
    run_options options = {.data = leat_args_value(args, "--data"),
                           .is_fresh = leat_args_flag(args, "--fresh")};
    leat_args_number(args, "--parallelism", 1, LEAT_PARALLELISM_MAX, &options.parallelism);
    leat_args_number(args, "--executors", 1, LEAT_EXECUTORS_MAX, &options.executors);
    leat_variables variables = leat_args_variables(args, &arena);
    int code = LEAT_EXIT_USAGE;
    leat_log_set_level(LEAT_LOG_WARN);
    if (leat_args_end(args, 1, 1) && leat_server_environment(args->verb))
        code = run_topology(args->words[0], &variables, &options, args->verb);
    leat_arena_fini(&arena);
    return code;
}
