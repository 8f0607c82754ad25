/* SPDX-License-Identifier: Apache-2.0
 *
 * The coordinator's shell in the world: runs the core's actions in order; a record is durable
 * before the next action runs, or the process dies before or after it and says nothing more.
 */
#include "common/base/alloc.h"
#include "tests/sim/world.h"

static const char job_name[] = "job";

/* What the log knows, whatever becomes of the process that wrote it (coordinator/core/record.c:
 * kind 6 is EPOCH_DONE {job, epoch}). */
static void remember_completed(sim_world *world, const leat_blob *record)
{
    leat_cursor c = leat_cursor_over(leat_blob_bytes(record));
    if (leat_cursor_u8(&c) != 6)
        return;
    (void)leat_cursor_u32(&c);
    uint64_t epoch = leat_cursor_u64(&c);
    world->logged_epoch = LEAT_MAX(world->logged_epoch, epoch);
}

void sim_coordinator_start(sim_world *world)
{
    sim_coordinator *coordinator = &world->coordinator;
    coordinator->is_alive = true;
    coordinator->paused_until = 0;
    leat_coord_options options = {.replica_wait_ms = 20000,
                                  .epoch_timeout_ms = world->config.epoch_timeout_ms,
                                  .settle_ms = 300,
                                  .compact_every = 5 + world->seed % 60};
    coordinator->core = leat_coord_core_new(&options);
    leat_tracer tracer = {sim_trace, world, SIM_NODE_COORDINATOR};
    leat_coord_core_set_tracer(coordinator->core, &tracer);
    for (size_t i = 0; i < coordinator->log.count; i++) {
        leat_error err = {0};
        if (leat_coord_replay(coordinator->core, leat_blob_bytes(coordinator->log.items[i]),
                              &err) != LEAT_OK)
            sim_fail(world, "replay: %s", err.text);
    }
    sim_say(world, SIM_NODE_COORDINATOR, "coordinator starts, %zu records", coordinator->log.count);
    leat_coord_event wake = {.kind = LEAT_COORD_WAKE};
    sim_coordinator_event(world, &wake);
}

void sim_coordinator_kill(sim_world *world)
{
    sim_coordinator *coordinator = &world->coordinator;
    if (!coordinator->is_alive)
        return;
    sim_say(world, SIM_NODE_COORDINATOR, "coordinator dies");
    coordinator->is_alive = false;
    coordinator->life++;
    leat_coord_core_free(&coordinator->core);
    sim_net_node_died(world, SIM_NODE_COORDINATOR);
}

/* False: it died at this record. */
static bool log_record(sim_world *world, leat_coord_action *action)
{
    sim_coordinator *coordinator = &world->coordinator;
    bool dies = ++coordinator->record_count == coordinator->kill_at_record;
    if (dies && !coordinator->kill_after) {
        sim_coordinator_kill(world);
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
        sim_coordinator_kill(world);
    return !dies;
}

static bool action_run(sim_world *world, leat_coord_action *action)
{
    switch (action->kind) {
    case LEAT_COORD_RECORD:
    case LEAT_COORD_COMPACT:
        return log_record(world, action);
    case LEAT_COORD_SEND: {
        uint32_t to = (uint32_t)action->send.peer;
        sim_event *frame = sim_event_new(world, SIM_EVENT_FRAME, to);
        frame->control = action->send.message;
        action->send.message = (leat_control){0};
        sim_net_send(world, SIM_LANE_CONTROL, SIM_NODE_COORDINATOR, to, frame);
        return true;
    }
    case LEAT_COORD_REPLY:
        if (action->reply.code != LEAT_OK && action->reply.code != LEAT_EXISTS &&
            action->reply.code != LEAT_INVALID)
            sim_fail(world, "command refused: %s", action->reply.text);
        return true;
    case LEAT_COORD_WAKE_AT: {
        sim_event *wake = sim_event_new(world, SIM_EVENT_COORD_WAKE, SIM_NODE_COORDINATOR);
        sim_schedule(world, (sim_ns)action->at_ms * SIM_MS, wake);
        return true;
    }
    case LEAT_COORD_CHANGED:
    case LEAT_COORD_ACTION_KIND_COUNT:
        return true;
    }
    return true;
}

void sim_coordinator_event(sim_world *world, leat_coord_event *event)
{
    sim_coordinator *coordinator = &world->coordinator;
    leat_coord_actions actions = {0};
    event->now_ms = sim_now_ms(world);
    uint32_t life = coordinator->life;
    leat_coord_step(coordinator->core, event, &actions);
    LEAT_VEC_EACH (action, &actions) {
        if (coordinator->life != life || !action_run(world, action))
            break;
    }
    leat_coord_actions_fini(&actions);
}

void sim_coordinator_command(sim_world *world, leat_command_kind kind)
{
    if (!world->coordinator.is_alive || world->coordinator.paused_until > world->now_ns)
        return;
    leat_coord_event event = {.kind = LEAT_COORD_COMMAND};
    leat_command *command = &event.command;
    command->kind = kind;
    memcpy(command->name, job_name, sizeof job_name);
    if (kind == LEAT_COMMAND_SUBMIT) {
        command->plan = leat_blob_ref(world->topology->blob);
        command->key_group_count = world->config.key_group_count;
        command->parallelism = world->config.parallelism;
        command->replicas = world->config.replicas;
        command->min_replicas = world->config.min_replicas;
        command->epoch_interval_ms = world->config.epoch_interval_ms;
    }
    sim_coordinator_event(world, &event);
}

bool sim_coordinator_job(const sim_world *world, leat_job_view *out_view)
{
    return world->coordinator.is_alive &&
           leat_coord_job_find(world->coordinator.core, job_name, out_view);
}
