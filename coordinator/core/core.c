/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/core/core.h"

#include "common/base/alloc.h"
#include "coordinator/core/state.h"

enum { DEFAULT_REPLICA_WAIT_MS = 30000, DEFAULT_SETTLE_MS = 500 };

leat_coord_core *leat_coord_core_new(const leat_coord_options *options)
{
    leat_coord_core *core = LEAT_NEW(leat_coord_core);
    core->options = *options;
    if (core->options.replica_wait_ms == 0)
        core->options.replica_wait_ms = DEFAULT_REPLICA_WAIT_MS;
    if (core->options.settle_ms == 0)
        core->options.settle_ms = DEFAULT_SETTLE_MS;
    if (core->options.compact_every == 0)
        core->options.compact_every = LEAT_COORD_COMPACT_EVERY;
    core->next_attempt = 1;
    return core;
}

void leat_coord_core_free(leat_coord_core **core)
{
    leat_coord_core *old = LEAT_TAKE(*core);
    if (old == NULL)
        return;
    for (size_t i = 0; i < old->members.count; i++)
        leat_free(old->members.items[i]);
    for (size_t i = 0; i < old->jobs.count; i++)
        leat_coord_job_free(&old->jobs.items[i]);
    leat_vec_fini(&old->members);
    leat_vec_fini(&old->jobs);
    leat_buf_fini(&old->record);
    leat_free(old);
}

void leat_coord_core_set_tracer(leat_coord_core *core, const leat_tracer *tracer)
{
    core->tracer = *tracer;
}

leat_coord_action *leat_coord_act(leat_coord_core *core, leat_coord_action_kind kind)
{
    leat_coord_action *action = leat_vec_add(core->actions);
    action->kind = kind;
    return action;
}

void leat_coord_changed(leat_coord_core *core, uint32_t job)
{
    if (core->actions->count > 0) {
        const leat_coord_action *newest = &core->actions->items[core->actions->count - 1];
        if (newest->kind == LEAT_COORD_CHANGED && newest->job == job)
            return;
    }
    leat_coord_act(core, LEAT_COORD_CHANGED)->job = job;
}

/* After a (re)start nothing is deployed as far as we know: every job that should run gets a new
 * generation once the workers had time to say HELLO. */
static void core_begin(leat_coord_core *core)
{
    core->has_started = true;
    core->started_ms = core->now_ms;
    core->settle_ms = core->now_ms + core->options.settle_ms;
    for (size_t i = 0; i < core->jobs.count; i++) {
        leat_coord_job *job = core->jobs.items[i];
        job->next_epoch = job->epoch_block_end; /* I2: what was reserved may have been used */
        if (!leat_coord_job_is_over(job) && job->state != LEAT_JOB_STOPPING)
            job->state = job->completed > 0 ? LEAT_JOB_RECOVERING : LEAT_JOB_CREATED;
        job->start_at_ms = core->now_ms + core->options.settle_ms;
    }
}

static void core_tick(leat_coord_core *core)
{
    leat_coord_members_tick(core);
    for (size_t i = 0; i < core->jobs.count; i++) {
        leat_coord_job *job = core->jobs.items[i];
        if (leat_coord_job_is_over(job))
            continue;
        leat_coord_recovery_tick(core, job);
        leat_coord_epochs_tick(core, job);
        leat_coord_moves_consider(core, job);
        leat_coord_epoch_consider(core, job);
    }
    if (core->record_count >= core->options.compact_every)
        leat_coord_log_compact(core);
}

/* When the job has something to do by itself; INT64_MAX = when it hears of something. */
static int64_t job_deadline_ms(const leat_coord_core *core, const leat_coord_job *job)
{
    if (leat_coord_job_is_over(job))
        return INT64_MAX;
    if (job->deployment == NULL)
        return LEAT_MAX(job->start_at_ms, core->started_ms + core->options.settle_ms);
    return job->is_started && job->open_epoch == 0 ? job->next_epoch_ms : INT64_MAX;
}

/* The next tick, or sooner when a start or a barrier is due before it: a user waits for these. */
static void core_wake(leat_coord_core *core)
{
    bool is_due = core->wake_ms <= core->now_ms;
    int64_t wake_ms = is_due ? core->now_ms + LEAT_COORD_TICK_MS : core->wake_ms;
    for (size_t i = 0; i < core->jobs.count; i++) {
        int64_t deadline_ms = job_deadline_ms(core, core->jobs.items[i]);
        if (deadline_ms > core->now_ms) /* else it waits for something else */
            wake_ms = LEAT_MIN(wake_ms, deadline_ms);
    }
    if (!is_due && wake_ms == core->wake_ms)
        return;
    core->wake_ms = wake_ms;
    leat_coord_act(core, LEAT_COORD_WAKE_AT)->at_ms = wake_ms;
}

void leat_coord_step(leat_coord_core *core, leat_coord_event *event, leat_coord_actions *actions)
{
    LEAT_ASSERT(event->now_ms >= core->now_ms); /* I13 */
    core->now_ms = event->now_ms;
    core->actions = actions;
    if (!core->has_started)
        core_begin(core);

    switch (event->kind) {
    case LEAT_COORD_WAKE:
        core_tick(core);
        break;
    case LEAT_COORD_MESSAGE:
        leat_coord_members_message(core, event->peer, &event->message);
        break;
    case LEAT_COORD_LINK_DOWN:
        leat_coord_members_link_down(core, event->peer);
        break;
    case LEAT_COORD_COMMAND:
        if (event->command.kind == LEAT_COMMAND_DRAIN_WORKER)
            leat_coord_members_drain(core, &event->command);
        else
            leat_coord_jobs_command(core, &event->command);
        break;
    case LEAT_COORD_EVENT_KIND_COUNT:
        break;
    }
    core_wake(core);
    leat_coord_event_fini(event);
    core->actions = NULL;
}
