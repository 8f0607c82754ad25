/* SPDX-License-Identifier: Apache-2.0
 *
 * How what goes wrong strikes a world, and how it ends.
 */
#include "cli/sim/world.h"

#include <inttypes.h>

#include "common/base/alloc.h"

static const char *const fault_names[LEAT_SIM_FAULT_KIND_COUNT] = {
    "kill",        "power",           "wipe",  "pause", "kill_at_disk", "slow_disk", "coord_kill",
    "coord_pause", "coord_at_record", "reset", "cut",   "slow_link",    "leave",     "join",
    "stop",        "full_disk",       "rack",  "drain", "io_error",     "no_room",   "rot",
    "scale",       "drain_worker",    "late",
};

const char *leat_sim_fault_name(leat_sim_fault_kind kind)
{
    return fault_names[kind];
}

void leat_sim_fault_print(const leat_sim_fault *fault, leat_buf *out)
{
    leat_buf_print(
        out,
        "%s at %" PRIu64 " ms for %" PRIu64 " ms, node %u, other %u, lane %d, arg %" PRIu64 "%s",
        fault_names[fault->kind], fault->at_ns / LEAT_SIM_MS, fault->for_ns / LEAT_SIM_MS,
        fault->node, fault->other, (int)fault->lane, fault->arg, fault->flag ? ", flag" : "");
}

void leat_sim_start_again(leat_sim_world *world, uint32_t node, leat_sim_ns in_ns)
{
    leat_sim_event *event =
        leat_sim_event_new(world, LEAT_SIM_EVENT_FAULT, LEAT_SIM_NODE_COORDINATOR);
    event->index = UINT32_MAX - 1 - node; /* see strike_end */
    leat_sim_schedule(world, world->now_ns + in_ns, event);
}

static void end_later(leat_sim_world *world, uint32_t index, leat_sim_ns in_ns)
{
    leat_sim_event *event =
        leat_sim_event_new(world, LEAT_SIM_EVENT_FAULT, LEAT_SIM_NODE_COORDINATOR);
    event->index = LEAT_SIM_FAULTS_MAX + index;
    leat_sim_schedule(world, world->now_ns + in_ns, event);
}

bool leat_sim_was_lost(const leat_sim_world *world, uint64_t worker_id)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(world->lost); i++) {
        if (world->lost[i] == worker_id)
            return true;
    }
    return false;
}

static void note_lost(leat_sim_world *world, uint32_t worker_id)
{
    for (size_t i = 0; worker_id != 0 && i < LEAT_COUNT_OF(world->lost); i++) {
        if (world->lost[i] == 0) {
            world->lost[i] = worker_id;
            return;
        }
    }
}

/* The coordinator's id of the data folder that is on the node now; 0 = it has none. */
static uint32_t worker_id_of(const leat_sim_world *world, uint32_t node)
{
    uint32_t newest = 0;
    char name[8] = {'w', (char)('0' + node), '\0'};
    for (size_t i = 0; i < leat_coord_member_count(world->coordinator.core); i++) {
        leat_member_view view;
        leat_coord_member_view(world->coordinator.core, i, &view);
        if (strcmp(view.name, name) == 0)
            newest = view.worker;
    }
    return newest;
}

static bool is_live_copy(const leat_sim_world *world, uint32_t worker_id)
{
    for (size_t i = 0; i < leat_coord_member_count(world->coordinator.core); i++) {
        leat_member_view view;
        leat_coord_member_view(world->coordinator.core, i, &view);
        if (view.worker == worker_id)
            return leat_sim_node_is_alive(world, (uint32_t)(view.name[1] - '0')) &&
                   !leat_sim_was_lost(world, worker_id);
    }
    return false;
}

/* The fault budget: a wipe must leave a live copy of every slot (R - 1 losses between repairs). */
static bool leaves_copies(const leat_sim_world *world, uint32_t index, uint32_t node)
{
    leat_job_view job;
    if (!leat_sim_coordinator_job(world, index, &job) || job.completed_epoch + job.open_epoch == 0)
        return true;
    uint32_t id = worker_id_of(world, node);
    for (uint32_t s = 0; s < job.slot_count; s++) {
        leat_slot_view slot;
        leat_coord_slot_view(world->coordinator.core, job.job, s, &slot);
        uint32_t left = 0;
        for (uint32_t i = 0; i < slot.in_sync_count; i++)
            left += slot.in_sync[i] != id && is_live_copy(world, slot.in_sync[i]);
        if (left == 0)
            return false;
    }
    return true;
}

static bool may_wipe(const leat_sim_world *world, uint32_t node)
{
    bool leaves = world->coordinator.is_alive;
    for (uint32_t i = 0; leaves && i < world->config.job_count; i++)
        leaves = leaves_copies(world, i, node);
    return leaves;
}

static void strike_wipe(leat_sim_world *world, uint32_t node, leat_sim_ns for_ns)
{
    if (!may_wipe(world, node))
        return;
    note_lost(world, worker_id_of(world, node));
    leat_sim_worker_wipe(world, node);
    if (!leat_sim_worker_of(world, node)->is_gone)
        leat_sim_start_again(world, node, for_ns);
}

/* Bytes turn over while nobody looks: a worker that finds them at its start or later. */
static void strike_rot(leat_sim_world *world, uint32_t node, leat_sim_ns for_ns)
{
    if (leat_sim_worker_of(world, node)->is_gone || !may_wipe(world, node))
        return;
    leat_sim_worker_kill(world, node);
    if (leat_sim_worker_rot(world, node))
        note_lost(world, worker_id_of(world, node));
    leat_sim_start_again(world, node, for_ns);
}

static void strike_worker(leat_sim_world *world, const leat_sim_fault *fault)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, fault->node);
    if (fault->kind == LEAT_SIM_FAULT_WIPE) {
        strike_wipe(world, fault->node, fault->for_ns);
        return;
    }
    if (fault->kind == LEAT_SIM_FAULT_ROT) {
        strike_rot(world, fault->node, fault->for_ns);
        return;
    }
    if (!worker->is_alive)
        return;
    if (fault->kind == LEAT_SIM_FAULT_KILL || fault->kind == LEAT_SIM_FAULT_POWER) {
        leat_sim_worker_kill(world, fault->node);
        if (fault->kind == LEAT_SIM_FAULT_POWER)
            leat_sim_files_power_loss(world, fault->node);
        leat_sim_start_again(world, fault->node, fault->for_ns);
    } else if (fault->kind == LEAT_SIM_FAULT_PAUSE)
        worker->paused_until = world->now_ns + fault->for_ns;
    else if (fault->kind == LEAT_SIM_FAULT_KILL_AT_DISK) {
        worker->kill_at_disk = worker->disk_ops + fault->arg;
        worker->kill_after = fault->flag;
        leat_sim_start_again(world, fault->node, 500 * LEAT_SIM_MS + fault->for_ns);
    } else if (fault->kind == LEAT_SIM_FAULT_SLOW_DISK)
        worker->disk_slow_ns = fault->arg * 10 * LEAT_SIM_MS;
    else if (fault->kind == LEAT_SIM_FAULT_FULL_DISK) {
        leat_kv_mem_set_quota(worker->journal, 1);
        leat_sim_start_again(world, fault->node, fault->for_ns);
    } else if (fault->kind == LEAT_SIM_FAULT_NO_ROOM) {
        worker->has_no_room = true;
        leat_sim_start_again(world, fault->node, fault->for_ns);
    } else if (fault->kind == LEAT_SIM_FAULT_IO_ERROR) {
        worker->io_fails_at = worker->disk_ops + fault->arg;
    } else if (fault->kind == LEAT_SIM_FAULT_LEAVE) {
        leat_worker_event leave = {.kind = LEAT_WORKER_TERMINATE, .drain_ms = 3000};
        leat_sim_worker_event(world, fault->node, &leave);
    }
}

static void strike_link(leat_sim_world *world, const leat_sim_fault *fault, uint32_t index)
{
    if (fault->node == fault->other)
        return;
    if (fault->kind == LEAT_SIM_FAULT_RESET)
        leat_sim_net_reset(world, fault->lane, fault->node, fault->other, fault->flag);
    else if (fault->kind == LEAT_SIM_FAULT_CUT) {
        leat_sim_net_cut(world, fault->lane, fault->node, fault->other, true);
        if (fault->flag)
            leat_sim_net_cut(world, fault->lane, fault->other, fault->node, true);
        end_later(world, index, fault->for_ns);
    } else if (fault->kind == LEAT_SIM_FAULT_LATE) {
        leat_sim_link *link = &world->links[fault->lane][fault->node][fault->other];
        link->is_late = true;
        link->slow_ns = fault->arg * 50 * LEAT_SIM_MS;
        end_later(world, index, fault->for_ns);
    } else
        world->links[fault->lane][fault->node][fault->other].slow_ns = fault->arg * 5 * LEAT_SIM_MS;
}

static void strike_rack(leat_sim_world *world, leat_sim_ns for_ns)
{
    leat_sim_coordinator_kill(world);
    leat_sim_start_again(world, LEAT_SIM_NODE_COORDINATOR, for_ns);
    for (uint32_t w = 1; w <= world->config.worker_count; w++) {
        if (!leat_sim_worker_of(world, w)->is_alive)
            continue;
        leat_sim_worker_kill(world, w);
        leat_sim_files_power_loss(world, w);
        leat_sim_start_again(world, w, for_ns);
    }
}

static void strike_coordinator(leat_sim_world *world, const leat_sim_fault *fault)
{
    leat_sim_coordinator *coordinator = &world->coordinator;
    if (fault->kind == LEAT_SIM_FAULT_COORD_KILL) {
        leat_sim_coordinator_kill(world);
        leat_sim_start_again(world, LEAT_SIM_NODE_COORDINATOR, fault->for_ns);
    } else if (fault->kind == LEAT_SIM_FAULT_COORD_PAUSE)
        coordinator->paused_until = world->now_ns + fault->for_ns;
    else {
        coordinator->kill_at_record = coordinator->record_count + fault->arg;
        coordinator->kill_after = fault->flag;
        leat_sim_start_again(world, LEAT_SIM_NODE_COORDINATOR, 700 * LEAT_SIM_MS + fault->for_ns);
    }
}

static void strike_join(leat_sim_world *world)
{
    if (world->config.worker_count >= LEAT_SIM_WORKERS_MAX)
        return;
    uint32_t node = ++world->config.worker_count;
    leat_sim_worker_make(world, node);
    leat_sim_worker_start(world, node);
}

/* What a person asks for, at a bad moment. */
static void strike_job(leat_sim_world *world, const leat_sim_fault *fault)
{
    uint32_t index = fault->other % world->config.job_count;
    leat_command wish = {.kind = LEAT_COMMAND_STOP};
    if (fault->kind == LEAT_SIM_FAULT_DRAIN) {
        if (!world->config.jobs[index].may_drain)
            return;
        wish.kind = LEAT_COMMAND_DRAIN;
    } else if (fault->kind == LEAT_SIM_FAULT_SCALE) {
        wish.kind = LEAT_COMMAND_SCALE;
        wish.parallelism = (uint32_t)(fault->arg % 5);
    } else if (fault->kind == LEAT_SIM_FAULT_DRAIN_WORKER) {
        if (!world->coordinator.is_alive)
            return;
        wish.kind = LEAT_COMMAND_DRAIN_WORKER;
        wish.worker = worker_id_of(world, fault->node);
    }
    world->jobs[index].was_stopped |=
        wish.kind == LEAT_COMMAND_STOP || wish.kind == LEAT_COMMAND_DRAIN;
    leat_sim_coordinator_command(world, index, wish);
}

static void strike(leat_sim_world *world, uint32_t index)
{
    const leat_sim_fault *fault = &world->config.faults[index];
    leat_buf text = {0};
    if (world->prints) {
        leat_sim_fault_print(fault, &text);
        leat_sim_say(world, fault->node, "FAULT %s", leat_buf_text(&text));
        leat_buf_fini(&text);
    }
    switch (fault->kind) {
    case LEAT_SIM_FAULT_KILL:
    case LEAT_SIM_FAULT_POWER:
    case LEAT_SIM_FAULT_WIPE:
    case LEAT_SIM_FAULT_PAUSE:
    case LEAT_SIM_FAULT_KILL_AT_DISK:
    case LEAT_SIM_FAULT_SLOW_DISK:
    case LEAT_SIM_FAULT_LEAVE:
    case LEAT_SIM_FAULT_FULL_DISK:
    case LEAT_SIM_FAULT_IO_ERROR:
    case LEAT_SIM_FAULT_NO_ROOM:
    case LEAT_SIM_FAULT_ROT:
        strike_worker(world, fault);
        return;
    case LEAT_SIM_FAULT_COORD_KILL:
    case LEAT_SIM_FAULT_COORD_PAUSE:
    case LEAT_SIM_FAULT_COORD_AT_RECORD:
        strike_coordinator(world, fault);
        return;
    case LEAT_SIM_FAULT_RESET:
    case LEAT_SIM_FAULT_CUT:
    case LEAT_SIM_FAULT_SLOW_LINK:
    case LEAT_SIM_FAULT_LATE:
        strike_link(world, fault, index);
        return;
    case LEAT_SIM_FAULT_JOIN:
        strike_join(world);
        return;
    case LEAT_SIM_FAULT_STOP:
    case LEAT_SIM_FAULT_DRAIN:
    case LEAT_SIM_FAULT_SCALE:
    case LEAT_SIM_FAULT_DRAIN_WORKER:
        strike_job(world, fault);
        return;
    case LEAT_SIM_FAULT_RACK:
        strike_rack(world, fault->for_ns);
        return;
    case LEAT_SIM_FAULT_KIND_COUNT:
        return;
    }
}

static void node_back(leat_sim_world *world, uint32_t node)
{
    if (node != LEAT_SIM_NODE_COORDINATOR) {
        leat_kv_mem_set_quota(leat_sim_worker_of(world, node)->journal, 0);
        leat_sim_worker_of(world, node)->has_no_room = false;
    }
    if (leat_sim_node_is_alive(world, node))
        return;
    if (node == LEAT_SIM_NODE_COORDINATOR)
        leat_sim_coordinator_start(world);
    else if (!leat_sim_worker_of(world, node)->is_gone)
        leat_sim_worker_start(world, node);
}

/* Everything that was broken is repaired, for good. */
void leat_sim_heal(leat_sim_world *world)
{
    leat_sim_say(world, LEAT_SIM_NODE_COORDINATOR, "HEAL");
    world->is_healed = true;
    world->coordinator.paused_until = 0;
    world->coordinator.kill_at_record = 0;
    leat_sim_net_heal(world);
    node_back(world, LEAT_SIM_NODE_COORDINATOR);
    for (uint32_t w = 1; w <= world->config.worker_count; w++) {
        leat_sim_worker *worker = leat_sim_worker_of(world, w);
        worker->paused_until = 0;
        worker->disk_slow_ns = 0;
        worker->kill_at_disk = 0;
        worker->io_fails_at = 0;
        /* Those who left in order keep their folders: they may hold the only copies. */
        worker->is_gone = false;
        node_back(world, w);
    }
}

void leat_sim_fault_strike(leat_sim_world *world, uint32_t index)
{
    if (index == UINT32_MAX)
        leat_sim_heal(world);
    else if (index >= UINT32_MAX - 1 - LEAT_SIM_NODES_MAX)
        node_back(world, UINT32_MAX - 1 - index);
    else if (index >= LEAT_SIM_FAULTS_MAX) {
        const leat_sim_fault *fault = &world->config.faults[index - LEAT_SIM_FAULTS_MAX];
        leat_sim_net_cut(world, fault->lane, fault->node, fault->other, false);
        leat_sim_net_cut(world, fault->lane, fault->other, fault->node, false);
        leat_sim_link *link = &world->links[fault->lane][fault->node][fault->other];
        if (fault->kind == LEAT_SIM_FAULT_LATE)
            link->slow_ns = 0;
        link->is_late = false;
    } else if (!world->is_healed)
        strike(world, index);
}
