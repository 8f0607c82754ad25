/* SPDX-License-Identifier: Apache-2.0
 *
 * The coordinator's shell in the world: runs the core's actions in order; a record is durable
 * before the next action runs, or the process dies before or after it and says nothing more.
 */
#include <stdio.h>

#include "cli/sim/world.h"
#include "common/base/alloc.h"

enum { JOB_NAME_MAX = 16 };

/* What the log knows, whatever becomes of the process that wrote it (coordinator/core/record.c:
 * kind 6 is EPOCH_DONE {job, epoch}). */
static void remember_completed(leat_sim_world *world, const leat_blob *record)
{
    leat_cursor c = leat_cursor_over(leat_blob_bytes(record));
    if (leat_cursor_u8(&c) != 6)
        return;
    uint32_t job = leat_cursor_u32(&c);
    uint64_t epoch = leat_cursor_u64(&c);
    leat_sim_job_state *state = &world->jobs[leat_sim_job_find(world, job)];
    state->logged_epoch = LEAT_MAX(state->logged_epoch, epoch);
}

void leat_sim_coordinator_start(leat_sim_world *world)
{
    leat_sim_coordinator *coordinator = &world->coordinator;
    coordinator->is_alive = true;
    coordinator->paused_until = 0;
    leat_coord_options options = {.replica_wait_ms = 20000,
                                  .epoch_timeout_ms = world->config.epoch_timeout_ms,
                                  .settle_ms = 300,
                                  .compact_every = 5 + world->seed % 60};
    coordinator->core = leat_coord_core_new(&options);
    leat_tracer tracer = {leat_sim_trace, world, LEAT_SIM_NODE_COORDINATOR};
    leat_coord_core_set_tracer(coordinator->core, &tracer);
    for (size_t i = 0; i < coordinator->log.count; i++) {
        leat_error err = {0};
        if (leat_coord_replay(coordinator->core, leat_blob_bytes(coordinator->log.items[i]),
                              &err) != LEAT_OK)
            leat_sim_fail(world, "replay: %s", err.text);
    }
    leat_sim_say(world, LEAT_SIM_NODE_COORDINATOR, "coordinator starts, %zu records",
                 coordinator->log.count);
    leat_coord_event wake = {.kind = LEAT_COORD_WAKE};
    leat_sim_coordinator_event(world, &wake);
}

void leat_sim_coordinator_kill(leat_sim_world *world)
{
    leat_sim_coordinator *coordinator = &world->coordinator;
    if (!coordinator->is_alive)
        return;
    leat_sim_say(world, LEAT_SIM_NODE_COORDINATOR, "coordinator dies");
    coordinator->is_alive = false;
    coordinator->life++;
    leat_coord_core_free(&coordinator->core);
    leat_sim_net_node_died(world, LEAT_SIM_NODE_COORDINATOR);
}

/* False: it died at this record. */
static bool log_record(leat_sim_world *world, leat_coord_action *action)
{
    leat_sim_coordinator *coordinator = &world->coordinator;
    bool dies = ++coordinator->record_count == coordinator->kill_at_record;
    if (dies && !coordinator->kill_after) {
        leat_sim_coordinator_kill(world);
        return false;
    }
    if (action->kind == LEAT_COORD_COMPACT) {
        for (size_t i = 0; i < coordinator->log.count; i++)
            leat_blob_unref(&coordinator->log.items[i]);
        leat_vec_clear(&coordinator->log);
    }
    remember_completed(world, action->record);
    leat_vec_push(&coordinator->log, LEAT_TAKE(action->record));
    if (dies)
        leat_sim_coordinator_kill(world);
    return !dies;
}

static bool action_run(leat_sim_world *world, leat_coord_action *action)
{
    switch (action->kind) {
    case LEAT_COORD_RECORD:
    case LEAT_COORD_COMPACT:
        return log_record(world, action);
    case LEAT_COORD_SEND: {
        uint32_t to = (uint32_t)action->send.peer;
        leat_sim_event *frame = leat_sim_event_new(world, LEAT_SIM_EVENT_FRAME, to);
        frame->control = action->send.message;
        action->send.message = (leat_control){0};
        leat_sim_net_send(world, LEAT_SIM_LANE_CONTROL, LEAT_SIM_NODE_COORDINATOR, to, frame);
        return true;
    }
    case LEAT_COORD_REPLY:
        /* Wishes come at bad moments: EXISTS, INVALID and NOT_FOUND are answers. */
        if (action->reply.code != LEAT_OK && action->reply.code != LEAT_EXISTS &&
            action->reply.code != LEAT_INVALID && action->reply.code != LEAT_NOT_FOUND)
            leat_sim_fail(world, "command refused: %s", action->reply.text);
        return true;
    case LEAT_COORD_WAKE_AT: {
        leat_sim_event *wake =
            leat_sim_event_new(world, LEAT_SIM_EVENT_COORD_WAKE, LEAT_SIM_NODE_COORDINATOR);
        leat_sim_schedule(world, (leat_sim_ns)action->at_ms * LEAT_SIM_MS, wake);
        return true;
    }
    case LEAT_COORD_CHANGED:
    case LEAT_COORD_ACTION_KIND_COUNT:
        return true;
    }
    return true;
}

void leat_sim_coordinator_event(leat_sim_world *world, leat_coord_event *event)
{
    leat_sim_coordinator *coordinator = &world->coordinator;
    leat_coord_actions actions = {0};
    event->now_ms = leat_sim_now_ms(world);
    uint32_t life = coordinator->life;
    leat_coord_step(coordinator->core, event, &actions);
    LEAT_VEC_EACH (action, &actions) {
        if (coordinator->life != life || !action_run(world, action))
            break;
    }
    leat_coord_actions_fini(&actions);
}

static void job_name(uint32_t index, char *out)
{
    (void)snprintf(out, JOB_NAME_MAX, "job%u", index);
}

uint32_t leat_sim_job_find(const leat_sim_world *world, uint32_t job)
{
    for (uint32_t i = 0; i < world->config.job_count; i++)
        if (world->jobs[i].job == job)
            return i;
    LEAT_UNREACHABLE();
}

void leat_sim_coordinator_command(leat_sim_world *world, uint32_t index, leat_command wish)
{
    if (!world->coordinator.is_alive || world->coordinator.paused_until > world->now_ns)
        return;
    leat_coord_event event = {.kind = LEAT_COORD_COMMAND, .command = wish};
    leat_command *command = &event.command;
    job_name(index, command->name);
    if (wish.kind == LEAT_COMMAND_SUBMIT) {
        const leat_sim_job *job = &world->config.jobs[index];
        command->plan = leat_blob_ref(job->blob);
        command->key_group_count = job->key_group_count;
        command->parallelism = job->parallelism;
        command->replicas = job->replicas;
        command->min_replicas = job->min_replicas;
        command->epoch_interval_ms = job->epoch_interval_ms;
    }
    leat_sim_coordinator_event(world, &event);
}

bool leat_sim_coordinator_job(const leat_sim_world *world, uint32_t index, leat_job_view *out_view)
{
    char name[JOB_NAME_MAX];
    job_name(index, name);
    return world->coordinator.is_alive &&
           leat_coord_job_find(world->coordinator.core, name, out_view);
}
