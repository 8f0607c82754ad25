/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs - a job's life between a person's commands and its end; what is said to its workers.
 */
#include "coordinator/core/state.h"

#include <stdio.h>

#include "common/base/fsm.h"
#include "common/base/mark.h"

#define TO(state) LEAT_FSM_TO(LEAT_JOB_##state)
#define ENDS      (TO(CANCELED) | TO(FAILED) | TO(HALTED))

/* The diagram is in view.h. A job that lost its workers while STOPPING stays STOPPING. */
static const leat_fsm_state job_states[LEAT_JOB_STATE_COUNT] = {
    [LEAT_JOB_CREATED] = {"CREATED", TO(DEPLOYING) | TO(STOPPED) | ENDS},
    [LEAT_JOB_DEPLOYING] = {"DEPLOYING", TO(RUNNING) | TO(RECOVERING) | TO(STOPPING) | ENDS},
    [LEAT_JOB_RUNNING] = {"RUNNING",
                          TO(RECOVERING) | TO(STOPPING) | TO(STOPPED) | TO(FINISHED) | ENDS},
    [LEAT_JOB_RECOVERING] = {"RECOVERING",
                             TO(RUNNING) | TO(STOPPING) | TO(STOPPED) | TO(FINISHED) | ENDS},
    [LEAT_JOB_STOPPING] = {"STOPPING", TO(STOPPING) | TO(STOPPED) | ENDS},
    [LEAT_JOB_STOPPED] = {"STOPPED", TO(RECOVERING) | TO(CREATED)},
    [LEAT_JOB_FINISHED] = {"FINISHED", 0},
    [LEAT_JOB_CANCELED] = {"CANCELED", 0},
    [LEAT_JOB_FAILED] = {"FAILED", TO(RECOVERING) | TO(CREATED)},
    [LEAT_JOB_HALTED] = {"HALTED", TO(RECOVERING) | TO(CREATED)},
};

static const leat_fsm_table job_fsm = {"job", job_states, LEAT_COUNT_OF(job_states)};

const char *leat_job_state_name(leat_job_state state)
{
    return leat_fsm_name(&job_fsm, state);
}

/* Logged states: those a restart must know. The others follow from what is deployed. */
static void job_log_move(leat_coord_core *core,
                         leat_coord_job *job,
                         leat_job_state to,
                         leat_job_wish wish,
                         const char *reason)
{
    leat_fsm_check(&job_fsm, job->state, to);
    leat_coord_log_state(core, job, to, wish, reason);
}

void leat_coord_job_move(leat_coord_core *core, leat_coord_job *job, leat_job_state to)
{
    if (job->state == to)
        return;
    leat_fsm_move(&job_fsm, &job->state, to);
    leat_coord_changed(core, job->job);
}

leat_coord_job *leat_coord_job_get(leat_coord_core *core, uint32_t job)
{
    return job == 0 || job > core->jobs.count ? NULL : core->jobs.items[job - 1];
}

bool leat_coord_job_is_over(const leat_coord_job *job)
{
    return job->state >= LEAT_JOB_STOPPED;
}

leat_control leat_coord_job_message(const leat_coord_job *job, leat_control_kind kind)
{
    return (leat_control){.kind = kind, .job = job->job, .generation = job->generation};
}

/* What a worker has to do with a job now. */
static bool job_has_owner(const leat_coord_job *job, uint32_t worker)
{
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (job->slots[s].owner == worker)
            return true;
    }
    return false;
}

static bool job_has_replica(const leat_coord_job *job, uint32_t worker)
{
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (leat_worker_set_has(&job->slots[s].in_sync, worker))
            return true;
    }
    return false;
}

void leat_coord_job_tell(leat_coord_core *core,
                         leat_coord_job *job,
                         const leat_control *message,
                         bool owners_only)
{
    for (size_t i = 0; i < core->members.count; i++) {
        uint32_t worker = core->members.items[i]->worker;
        if (!core->members.items[i]->is_alive)
            continue;
        if (owners_only ? job_has_owner(job, worker)
                        : job_has_replica(job, worker) || leat_coord_moves_uses(job, worker))
            leat_coord_tell(core, worker, leat_control_copy(message));
    }
}

static void job_say_splits(leat_coord_core *core,
                           leat_coord_job *job,
                           uint32_t worker,
                           const leat_coord_splits *splits)
{
    leat_control message = leat_coord_job_message(job, LEAT_CONTROL_SPLITS);
    message.splits.source = splits->source;
    message.splits.is_final = splits->is_final;
    message.splits.first = 0;
    message.splits.names = leat_blob_copy(leat_buf_bytes(&splits->names));
    leat_coord_tell(core, worker, message);
}

/* A new session with a process that may have missed the end of the old one: say again what
 * still matters. All of it is harmless to hear twice. */
void leat_coord_job_resay(leat_coord_core *core, leat_coord_job *job, uint32_t worker)
{
    if (!job_has_replica(job, worker) && !leat_coord_moves_uses(job, worker)) {
        leat_coord_tell(core, worker, leat_coord_job_message(job, LEAT_CONTROL_FENCED));
        return;
    }
    if (job_has_replica(job, worker)) {
        leat_control deploy = leat_coord_job_message(job, LEAT_CONTROL_DEPLOY);
        deploy.deploy.deployment = leat_deployment_ref(job->deployment);
        leat_coord_tell(core, worker, deploy);
    }
    leat_coord_moves_resay(core, job, worker);
    leat_control decided = leat_coord_job_message(job, LEAT_CONTROL_DECIDED);
    decided.decided.completed = job->completed;
    leat_coord_tell(core, worker, decided);
    if (!job->is_started || !job_has_owner(job, worker))
        return;
    leat_coord_tell(core, worker, leat_coord_job_message(job, LEAT_CONTROL_START));
    LEAT_VEC_EACH (splits, &job->splits)
        job_say_splits(core, job, worker, splits);
    if (job->wish == LEAT_WISH_DRAIN)
        leat_coord_tell(core, worker, leat_coord_job_message(job, LEAT_CONTROL_DRAIN));
    if (job->open_epoch != 0)
        leat_coord_tell(core, worker, leat_coord_epoch_barrier(job));
}

static void job_undeploy(leat_coord_core *core, leat_coord_job *job, bool forget)
{
    leat_control undeploy = leat_coord_job_message(job, LEAT_CONTROL_UNDEPLOY);
    undeploy.undeploy.forget = forget;
    leat_coord_job_tell(core, job, &undeploy, false);
    leat_coord_moves_forget(core, job);
    leat_deployment_unref(&job->deployment);
    job->is_started = false;
    job->open_epoch = 0;
    job->waiting_ms = 0;
}

void leat_coord_job_end(leat_coord_core *core,
                        leat_coord_job *job,
                        leat_job_state state,
                        const char *reason)
{
    job_log_move(core, job, state, state == LEAT_JOB_STOPPED ? LEAT_WISH_RUN : job->wish, reason);
    leat_coord_say(core, JOB_ENDED, job->job, state);
    job_undeploy(core, job, state == LEAT_JOB_CANCELED || state == LEAT_JOB_FINISHED);
    job->park_epoch = 0;
}

/* Everything completed is visible: a job that was on its last epoch is over. */
void leat_coord_job_check_done(leat_coord_core *core, leat_coord_job *job)
{
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (job->slots[s].sink_done < job->completed)
            return;
    }
    if (job->open_epoch == 0 && job->completed_is_last) {
        bool is_finished = job->wish == LEAT_WISH_RUN;
        leat_coord_job_end(core, job, is_finished ? LEAT_JOB_FINISHED : LEAT_JOB_STOPPED, "");
        return;
    }
    if (job->park_epoch != 0 && job->completed >= job->park_epoch) {
        LEAT_MARK(coord_job_parked);
        job_undeploy(core, job, false);
        leat_coord_job_wait(core, job);
    }
}

/* ---- splits of sources ---- */

static bool splits_have(const leat_coord_splits *splits, leat_bytes name)
{
    leat_cursor c = leat_cursor_over(leat_buf_bytes(&splits->names));
    while (c.at < c.end && !c.is_short) {
        if (leat_bytes_equal(leat_cursor_bytes(&c), name))
            return true;
    }
    return false;
}

void leat_coord_job_splits(leat_coord_core *core, leat_coord_job *job, leat_control *message)
{
    leat_coord_splits none = {0}, *known = &none;
    LEAT_VEC_EACH (splits, &job->splits) {
        if (splits->source == message->splits.source)
            known = splits;
    }
    leat_buf fresh = {0};
    leat_cursor c = leat_cursor_over(leat_blob_bytes(message->splits.names));
    while (c.at < c.end && !c.is_short) {
        leat_bytes name = leat_cursor_bytes(&c);
        if (!c.is_short && !splits_have(known, name))
            leat_buf_add_bytes(&fresh, name);
    }
    bool is_news = fresh.size > 0 || (message->splits.is_final && !known->is_final);
    if (is_news) {
        uint32_t first = known->count;
        leat_coord_log_splits(core, job, message, leat_buf_bytes(&fresh));
        leat_control news = leat_coord_job_message(job, LEAT_CONTROL_SPLITS);
        news.splits.source = message->splits.source;
        news.splits.is_final = message->splits.is_final;
        news.splits.first = first;
        news.splits.names = leat_blob_copy(leat_buf_bytes(&fresh));
        leat_coord_job_tell(core, job, &news, true);
        leat_control_fini(&news);
    }
    leat_buf_fini(&fresh);
}

/* ---- commands ---- */

void leat_coord_reply(leat_coord_core *core,
                      const leat_command *command,
                      leat_code code,
                      uint32_t job,
                      const char *text)
{
    leat_coord_action *action = leat_coord_act(core, LEAT_COORD_REPLY);
    action->reply.token = command->token;
    action->reply.code = code;
    action->reply.job = job;
    (void)snprintf(action->reply.text, sizeof action->reply.text, "%s", text);
}

static leat_coord_job *job_named(leat_coord_core *core, const char *name)
{
    for (size_t i = core->jobs.count; i > 0; i--) {
        if (strcmp(core->jobs.items[i - 1]->name, name) == 0)
            return core->jobs.items[i - 1];
    }
    return NULL;
}

static const char *submit_fault(const leat_command *command)
{
    if (command->key_group_count == 0 || command->key_group_count > LEAT_KEY_GROUPS_MAX)
        return "key_groups must be between 1 and 4096";
    if (command->parallelism > command->key_group_count)
        return "parallelism must not exceed key_groups";
    if (command->parallelism > LEAT_PARALLELISM_MAX)
        return "parallelism must not exceed 1024";
    if (command->replicas == 0 || command->replicas > LEAT_REPLICAS_MAX)
        return "replicas must be between 1 and 5";
    if (command->min_replicas == 0 || command->min_replicas > command->replicas)
        return "min_replicas must be between 1 and replicas";
    if (command->plan == NULL || command->name[0] == '\0')
        return "a job needs a name and a plan";
    return NULL;
}

static void submit_resume(leat_coord_core *core, leat_coord_job *job, const leat_command *command)
{
    if (job->key_group_count != command->key_group_count) {
        leat_coord_reply(
            core, command, LEAT_INVALID, job->job,
            "key_groups is fixed for the life of a job's state: submit with --ignore-state");
        return;
    }
    leat_coord_log_job(core, job->job, command);
    job_log_move(core, job, job->completed > 0 ? LEAT_JOB_RECOVERING : LEAT_JOB_CREATED,
                 LEAT_WISH_RUN, "");
    job->failed_starts = 0;
    leat_coord_reply(core, command, LEAT_OK, job->job, "resumed");
    leat_coord_job_try_start(core, job);
}

static void command_submit(leat_coord_core *core, leat_coord_job *job, const leat_command *command)
{
    const char *fault = submit_fault(command);
    if (fault != NULL) {
        leat_coord_reply(core, command, LEAT_INVALID, 0, fault);
        return;
    }
    if (job != NULL && !leat_coord_job_is_over(job)) {
        leat_coord_reply(core, command, LEAT_EXISTS, job->job, "a job of this name is running");
        return;
    }
    if (job != NULL && job->state == LEAT_JOB_FINISHED && !command->ignore_state) {
        leat_coord_reply(
            core, command, LEAT_EXISTS, job->job,
            "this job has finished, its output is complete: --ignore-state runs it anew");
        return;
    }
    if (job != NULL && job->state != LEAT_JOB_CANCELED && !command->ignore_state) {
        submit_resume(core, job, command);
        return;
    }
    if (core->jobs.count >= LEAT_JOBS_MAX) {
        leat_coord_reply(core, command, LEAT_LIMIT, 0, "too many jobs: the limit is 256");
        return;
    }
    leat_coord_log_job(core, (uint32_t)core->jobs.count + 1, command);
    job = core->jobs.items[core->jobs.count - 1];
    leat_coord_say(core, JOB_SUBMITTED, job->job);
    leat_coord_reply(core, command, LEAT_OK, job->job, "submitted");
    leat_coord_job_try_start(core, job);
}

static void command_stop(leat_coord_core *core, leat_coord_job *job, const leat_command *command)
{
    bool drains = command->kind == LEAT_COMMAND_DRAIN;
    if (drains && job->state == LEAT_JOB_STOPPING && job->wish == LEAT_WISH_STOP) {
        /* Its sources may have stopped at the last barrier: they would never come to their end. */
        leat_coord_reply(core, command, LEAT_INVALID, job->job, "this job is stopping already");
        return;
    }
    leat_coord_reply(core, command, LEAT_OK, job->job, "stopping");
    if (job->state == LEAT_JOB_CREATED) {
        leat_coord_job_end(core, job, LEAT_JOB_STOPPED, ""); /* nothing ran yet */
        return;
    }
    job_log_move(core, job, LEAT_JOB_STOPPING, drains ? LEAT_WISH_DRAIN : LEAT_WISH_STOP, "");
    if (drains && job->is_started) {
        leat_control drain = leat_coord_job_message(job, LEAT_CONTROL_DRAIN);
        leat_coord_job_tell(core, job, &drain, true);
    }
    leat_coord_epoch_consider(core, job);
}

/* The cut changes when the copies that it needs are there: moves.c plans it from now on. */
static void command_scale(leat_coord_core *core, leat_coord_job *job, const leat_command *command)
{
    char text[LEAT_CONTROL_TEXT_MAX];
    uint32_t most = LEAT_MIN(job->key_group_count, (uint32_t)LEAT_PARALLELISM_MAX);
    if (job->state == LEAT_JOB_STOPPING) {
        leat_coord_reply(core, command, LEAT_INVALID, job->job, "this job is stopping");
        return;
    }
    if (command->parallelism > most) {
        (void)snprintf(text, sizeof text, "job '%s' can have at most %u slots%s", job->name, most,
                       most == job->key_group_count ? ", one per key group" : "");
        leat_coord_reply(core, command, LEAT_INVALID, job->job, text);
        return;
    }
    leat_command changed = {.plan = job->plan, /* borrowed */
                            .key_group_count = job->key_group_count,
                            .parallelism = command->parallelism,
                            .replicas = job->replicas,
                            .min_replicas = job->min_replicas,
                            .epoch_interval_ms = job->epoch_interval_ms};
    memcpy(changed.name, job->name, sizeof changed.name);
    leat_coord_log_job(core, job->job, &changed);
    leat_coord_say(core, JOB_SCALED, job->job, job->parallelism);
    leat_coord_reply(core, command, LEAT_OK, job->job, "scaling");
    job->is_target_stale = true;
    leat_coord_changed(core, job->job);
}

void leat_coord_jobs_command(leat_coord_core *core, leat_command *command)
{
    leat_coord_job *job = job_named(core, command->name);
    if (command->kind == LEAT_COMMAND_SUBMIT) {
        command_submit(core, job, command);
        return;
    }
    if (job == NULL) {
        char text[LEAT_CONTROL_TEXT_MAX];
        (void)snprintf(text, sizeof text, "there is no job '%s'", command->name);
        leat_coord_reply(core, command, LEAT_NOT_FOUND, 0, text);
        return;
    }
    if (leat_coord_job_is_over(job)) {
        char text[LEAT_CONTROL_TEXT_MAX];
        (void)snprintf(text, sizeof text, "job '%s' is not running: it is %s", job->name,
                       leat_job_state_name(job->state));
        leat_coord_reply(core, command, LEAT_INVALID, job->job, text);
        return;
    }
    if (command->kind == LEAT_COMMAND_CANCEL) {
        leat_coord_reply(core, command, LEAT_OK, job->job, "canceled");
        leat_coord_job_end(core, job, LEAT_JOB_CANCELED, "");
        return;
    }
    if (command->kind == LEAT_COMMAND_SCALE) {
        command_scale(core, job, command);
        return;
    }
    command_stop(core, job, command);
}
