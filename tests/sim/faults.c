/* SPDX-License-Identifier: Apache-2.0
 *
 * What a seed means: the shape of the cluster, and an explicit list of faults, each from a
 * random stream of its own, so that leaving one out changes no other.
 *
 * Swarm: each seed allows a random subset of the kinds, so that some runs are all about one.
 */
#include "tests/sim/world.h"

#include <inttypes.h>

#include "common/base/alloc.h"

static const char *const fault_names[SIM_FAULT_KIND_COUNT] = {
    "kill",        "power",           "wipe",  "pause", "kill_at_disk", "slow_disk", "coord_kill",
    "coord_pause", "coord_at_record", "reset", "cut",   "slow_link",    "leave",     "join",
    "stop",        "full_disk",       "rack",  "drain", "io_error",     "no_room",   "rot",
};

void sim_fault_print(const sim_fault *fault, leat_buf *out)
{
    leat_buf_print(
        out,
        "%s at %" PRIu64 " ms for %" PRIu64 " ms, node %u, other %u, lane %d, arg %" PRIu64 "%s",
        fault_names[fault->kind], fault->at_ns / SIM_MS, fault->for_ns / SIM_MS, fault->node,
        fault->other, (int)fault->lane, fault->arg, fault->flag ? ", flag" : "");
}

static uint64_t pick(leat_prng *prng, uint64_t least, uint64_t most)
{
    return least + leat_prng_below(prng, most - least + 1);
}

static void make_fault(sim_config *config, uint64_t seed, uint32_t index, uint32_t allowed)
{
    leat_prng prng = {seed * 1000003 + index * 7919 + 17};
    (void)leat_prng_next(&prng);
    sim_fault *fault = &config->faults[index];
    /* Old seeds keep their faults. */
    bool has_later = allowed >> SIM_FAULT_FIRST_COUNT != 0;
    do
        fault->kind = (sim_fault_kind)leat_prng_below(&prng, has_later ? SIM_FAULT_KIND_COUNT
                                                                       : SIM_FAULT_FIRST_COUNT);
    while ((allowed >> fault->kind & 1) == 0);
    uint64_t end_ms = 1000 + (uint64_t)config->load.row_count * config->load.pace_us / 1000;
    fault->at_ns = pick(&prng, 300, end_ms + 300) * SIM_MS + pick(&prng, 0, 999999);
    fault->for_ns = pick(&prng, 1, leat_prng_chance(&prng, 0.5) ? 200 : 2500) * SIM_MS;
    fault->node = (uint32_t)pick(&prng, 1, config->worker_count);
    fault->lane = (sim_lane)leat_prng_below(&prng, SIM_LANE_COUNT);
    fault->other = fault->lane == SIM_LANE_CONTROL ? SIM_NODE_COORDINATOR
                                                   : (uint32_t)pick(&prng, 1, config->worker_count);
    fault->flag = leat_prng_chance(&prng, 0.5);
    fault->arg = pick(&prng, 1, 30);
}

static void make_shape(sim_config *config, leat_prng *prng)
{
    config->worker_count = (uint32_t)pick(prng, 1, 4);
    if (config->worker_count == 1 && leat_prng_chance(prng, 0.7))
        config->worker_count = 3;
    config->executor_count = (uint32_t)pick(prng, 1, SIM_EXECUTORS_MAX);
    config->replicas = (uint32_t)pick(prng, 2, leat_prng_chance(prng, 0.2) ? 3 : 2);
    config->min_replicas = 1;
    config->key_group_count = (uint32_t)(4 << pick(prng, 0, 2));
    config->parallelism = leat_prng_chance(prng, 0.5) ? 0 : (uint32_t)pick(prng, 1, 4);
    config->epoch_interval_ms = (int64_t)pick(prng, 80, 300);
    config->topology = (uint32_t)leat_prng_below(prng, SIM_SMALL_TOPOLOGY_COUNT);
    config->link_ns = pick(prng, 50, leat_prng_chance(prng, 0.3) ? 30000 : 2000) * SIM_US;
    config->disk_ns = pick(prng, 50, 8000) * SIM_US;
    config->epoch_timeout_ms = (int64_t)pick(prng, 100, leat_prng_chance(prng, 0.5) ? 400 : 3000);
    config->merge = (leat_merge_limits){.chain_bytes_min = 1 << pick(prng, 0, 12),
                                        .chain_epochs = (uint32_t)pick(prng, 3, 12)};
    config->step_ns = pick(prng, 20, leat_prng_chance(prng, 0.2) ? 2000 : 100) * SIM_US;
    config->limits = (leat_slot_limits){
        .batch_rows = (uint32_t)pick(prng, 4, 64),
        .gather_rows = (uint32_t)pick(prng, 4, 64),
        .channel_bytes = (uint32_t)(pick(prng, 1, 8) * 2048),
        .inbox_bytes = (uint32_t)(pick(prng, 1, 8) * 8192),
    };
    config->load.split_count = (uint32_t)pick(prng, 1, 4);
    config->load.row_count = (uint32_t)pick(prng, 20, 120);
    config->load.key_count = (uint32_t)pick(prng, 1, 24);
    config->load.pace_us = (uint32_t)pick(prng, 2000, 24000);
}

/* Plans aimed at something; the name of a kind is a plan of that kind alone. */
static const struct {
    const char *name;
    uint32_t kinds;
} plans[] = {
    {"rolling", 1u << SIM_FAULT_LEAVE | 1u << SIM_FAULT_JOIN | 1u << SIM_FAULT_KILL},
    {"zombie", 1u << SIM_FAULT_KILL | 1u << SIM_FAULT_PAUSE | 1u << SIM_FAULT_SLOW_LINK |
                   1u << SIM_FAULT_COORD_KILL},
    {"durable_steps", 1u << SIM_FAULT_KILL_AT_DISK | 1u << SIM_FAULT_COORD_AT_RECORD},
    {"aborts", 1u << SIM_FAULT_FULL_DISK | 1u << SIM_FAULT_SLOW_DISK | 1u << SIM_FAULT_KILL},
    {"disks", 1u << SIM_FAULT_IO_ERROR | 1u << SIM_FAULT_NO_ROOM | 1u << SIM_FAULT_ROT |
                  1u << SIM_FAULT_FULL_DISK | 1u << SIM_FAULT_WIPE},
    {"links", 1u << SIM_FAULT_RESET | 1u << SIM_FAULT_CUT | 1u << SIM_FAULT_SLOW_LINK},
};

static uint32_t plan_faults(const char *plan, uint32_t *fault_count, leat_prng *prng)
{
    if (strcmp(plan, "none") == 0)
        *fault_count = 0;
    else
        *fault_count = (uint32_t)pick(prng, 2, 10);
    for (size_t i = 0; i < LEAT_COUNT_OF(plans); i++) {
        if (strcmp(plan, plans[i].name) == 0)
            return plans[i].kinds;
    }
    for (uint32_t kind = 0; kind < SIM_FAULT_KIND_COUNT; kind++) {
        if (strcmp(plan, fault_names[kind]) == 0)
            return 1u << kind;
    }
    return 1u << SIM_FAULT_KILL;
}

/* The shape of a seed names one of the small topologies; most seeds run a query instead. */
static void choose_topology(sim_config *config, uint64_t seed, const char *name)
{
    leat_prng prng = {seed * 11 + 5};
    (void)leat_prng_next(&prng);
    if (name == NULL && leat_prng_chance(&prng, 0.7))
        config->topology =
            SIM_SMALL_TOPOLOGY_COUNT + (uint32_t)leat_prng_below(&prng, sim_query_count);
    if (name != NULL) /* "small" is none: the shape's stays */
        (void)sim_topology_find(name, &config->topology);
}

/* A barrier passes every stage, and a copy has to be acknowledged: no epoch can be faster. */
static void give_epochs_time(sim_config *config)
{
    uint64_t link_ns = config->link_ns * 3 / 2;
    uint64_t disk_ns = config->disk_ns * 3 / 2;
    uint32_t hops = sim_topology_get(config->topology)->plan->stage_count + 4;
    uint64_t least_ms = (hops * (link_ns + config->step_ns) + 4 * disk_ns) / SIM_MS;
    config->epoch_timeout_ms = LEAT_MAX(config->epoch_timeout_ms, (int64_t)(2 * least_ms));
}

void sim_config_of_seed(uint64_t seed, const sim_aim *aim, sim_config *out_config)
{
    const char *plan = aim->plan;
    leat_prng prng = {seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
    *out_config = (sim_config){0};
    make_shape(out_config, &prng);
    choose_topology(out_config, seed, aim->topology);
    if (out_config->topology >= SIM_SMALL_TOPOLOGY_COUNT)
        give_epochs_time(out_config);
    out_config->load.seed = seed;
    uint32_t allowed = (uint32_t)leat_prng_next(&prng) | 1u << SIM_FAULT_KILL;
    out_config->fault_count = (uint32_t)leat_prng_below(&prng, 9);
    if (leat_prng_chance(&prng, 0.1))
        out_config->fault_count = (uint32_t)pick(&prng, 9, SIM_FAULTS_MAX);
    bool is_old = aim->topology != NULL && strcmp(aim->topology, "small") == 0;
    allowed &= is_old ? (1u << SIM_FAULT_FIRST_COUNT) - 1 : (1u << SIM_FAULT_KIND_COUNT) - 1;
    if (plan != NULL)
        allowed = plan_faults(plan, &out_config->fault_count, &prng);
    for (uint32_t i = 0; i < out_config->fault_count; i++)
        make_fault(out_config, seed, i, allowed);
}

/* ---- striking ---- */

void sim_start_again(sim_world *world, uint32_t node, sim_ns in_ns)
{
    sim_event *event = sim_event_new(world, SIM_EVENT_FAULT, SIM_NODE_COORDINATOR);
    event->index = UINT32_MAX - 1 - node; /* see strike_end */
    sim_schedule(world, world->now_ns + in_ns, event);
}

static void end_later(sim_world *world, uint32_t index, sim_ns in_ns)
{
    sim_event *event = sim_event_new(world, SIM_EVENT_FAULT, SIM_NODE_COORDINATOR);
    event->index = SIM_FAULTS_MAX + index;
    sim_schedule(world, world->now_ns + in_ns, event);
}

bool sim_was_lost(const sim_world *world, uint64_t worker_id)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(world->lost); i++) {
        if (world->lost[i] == worker_id)
            return true;
    }
    return false;
}

static void note_lost(sim_world *world, uint32_t worker_id)
{
    for (size_t i = 0; worker_id != 0 && i < LEAT_COUNT_OF(world->lost); i++) {
        if (world->lost[i] == 0) {
            world->lost[i] = worker_id;
            return;
        }
    }
}

/* The coordinator's id of the data folder that is on the node now; 0 = it has none. */
static uint32_t worker_id_of(const sim_world *world, uint32_t node)
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

static bool is_live_copy(const sim_world *world, uint32_t worker_id)
{
    for (size_t i = 0; i < leat_coord_member_count(world->coordinator.core); i++) {
        leat_member_view view;
        leat_coord_member_view(world->coordinator.core, i, &view);
        if (view.worker == worker_id)
            return sim_node_is_alive(world, (uint32_t)(view.name[1] - '0')) &&
                   !sim_was_lost(world, worker_id);
    }
    return false;
}

/* The fault budget: a wipe must leave a live copy of every slot (R - 1 losses between repairs). */
static bool may_wipe(const sim_world *world, uint32_t node)
{
    if (!world->coordinator.is_alive)
        return false;
    leat_job_view job;
    if (!sim_coordinator_job(world, &job) || job.completed_epoch + job.open_epoch == 0)
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

static void strike_wipe(sim_world *world, uint32_t node, sim_ns for_ns)
{
    if (!may_wipe(world, node))
        return;
    note_lost(world, worker_id_of(world, node));
    sim_worker_wipe(world, node);
    if (!sim_worker_of(world, node)->is_gone)
        sim_start_again(world, node, for_ns);
}

/* Bytes turn over while nobody looks: a worker that finds them at its start or later. */
static void strike_rot(sim_world *world, uint32_t node, sim_ns for_ns)
{
    if (sim_worker_of(world, node)->is_gone || !may_wipe(world, node))
        return;
    sim_worker_kill(world, node);
    if (sim_worker_rot(world, node))
        note_lost(world, worker_id_of(world, node));
    sim_start_again(world, node, for_ns);
}

static void strike_worker(sim_world *world, const sim_fault *fault)
{
    sim_worker *worker = sim_worker_of(world, fault->node);
    if (fault->kind == SIM_FAULT_WIPE) {
        strike_wipe(world, fault->node, fault->for_ns);
        return;
    }
    if (fault->kind == SIM_FAULT_ROT) {
        strike_rot(world, fault->node, fault->for_ns);
        return;
    }
    if (!worker->is_alive)
        return;
    if (fault->kind == SIM_FAULT_KILL || fault->kind == SIM_FAULT_POWER) {
        sim_worker_kill(world, fault->node);
        if (fault->kind == SIM_FAULT_POWER)
            sim_files_power_loss(world, fault->node);
        sim_start_again(world, fault->node, fault->for_ns);
    } else if (fault->kind == SIM_FAULT_PAUSE)
        worker->paused_until = world->now_ns + fault->for_ns;
    else if (fault->kind == SIM_FAULT_KILL_AT_DISK) {
        worker->kill_at_disk = worker->disk_ops + fault->arg;
        worker->kill_after = fault->flag;
        sim_start_again(world, fault->node, 500 * SIM_MS + fault->for_ns);
    } else if (fault->kind == SIM_FAULT_SLOW_DISK)
        worker->disk_slow_ns = fault->arg * 10 * SIM_MS;
    else if (fault->kind == SIM_FAULT_FULL_DISK) {
        leat_kv_mem_set_quota(worker->journal, 1);
        sim_start_again(world, fault->node, fault->for_ns);
    } else if (fault->kind == SIM_FAULT_NO_ROOM) {
        worker->has_no_room = true;
        sim_start_again(world, fault->node, fault->for_ns);
    } else if (fault->kind == SIM_FAULT_IO_ERROR) {
        worker->io_fails_at = worker->disk_ops + fault->arg;
    } else if (fault->kind == SIM_FAULT_LEAVE) {
        leat_worker_event leave = {.kind = LEAT_WORKER_TERMINATE, .drain_ms = 3000};
        sim_worker_event(world, fault->node, &leave);
    }
}

static void strike_link(sim_world *world, const sim_fault *fault, uint32_t index)
{
    if (fault->node == fault->other)
        return;
    if (fault->kind == SIM_FAULT_RESET)
        sim_net_reset(world, fault->lane, fault->node, fault->other, fault->flag);
    else if (fault->kind == SIM_FAULT_CUT) {
        sim_net_cut(world, fault->lane, fault->node, fault->other, true);
        if (fault->flag)
            sim_net_cut(world, fault->lane, fault->other, fault->node, true);
        end_later(world, index, fault->for_ns);
    } else
        world->links[fault->lane][fault->node][fault->other].slow_ns = fault->arg * 5 * SIM_MS;
}

static void strike_rack(sim_world *world, sim_ns for_ns)
{
    sim_coordinator_kill(world);
    sim_start_again(world, SIM_NODE_COORDINATOR, for_ns);
    for (uint32_t w = 1; w <= world->config.worker_count; w++) {
        if (!sim_worker_of(world, w)->is_alive)
            continue;
        sim_worker_kill(world, w);
        sim_files_power_loss(world, w);
        sim_start_again(world, w, for_ns);
    }
}

static void strike_coordinator(sim_world *world, const sim_fault *fault)
{
    sim_coordinator *coordinator = &world->coordinator;
    if (fault->kind == SIM_FAULT_COORD_KILL) {
        sim_coordinator_kill(world);
        sim_start_again(world, SIM_NODE_COORDINATOR, fault->for_ns);
    } else if (fault->kind == SIM_FAULT_COORD_PAUSE)
        coordinator->paused_until = world->now_ns + fault->for_ns;
    else {
        coordinator->kill_at_record = coordinator->record_count + fault->arg;
        coordinator->kill_after = fault->flag;
        sim_start_again(world, SIM_NODE_COORDINATOR, 700 * SIM_MS + fault->for_ns);
    }
}

static void strike_join(sim_world *world)
{
    if (world->config.worker_count >= SIM_WORKERS_MAX)
        return;
    uint32_t node = ++world->config.worker_count;
    sim_worker_make(world, node);
    sim_worker_start(world, node);
}

static void strike(sim_world *world, uint32_t index)
{
    const sim_fault *fault = &world->config.faults[index];
    leat_buf text = {0};
    if (world->prints) {
        sim_fault_print(fault, &text);
        sim_say(world, fault->node, "FAULT %s", leat_buf_text(&text));
        leat_buf_fini(&text);
    }
    switch (fault->kind) {
    case SIM_FAULT_KILL:
    case SIM_FAULT_POWER:
    case SIM_FAULT_WIPE:
    case SIM_FAULT_PAUSE:
    case SIM_FAULT_KILL_AT_DISK:
    case SIM_FAULT_SLOW_DISK:
    case SIM_FAULT_LEAVE:
    case SIM_FAULT_FULL_DISK:
    case SIM_FAULT_IO_ERROR:
    case SIM_FAULT_NO_ROOM:
    case SIM_FAULT_ROT:
        strike_worker(world, fault);
        return;
    case SIM_FAULT_COORD_KILL:
    case SIM_FAULT_COORD_PAUSE:
    case SIM_FAULT_COORD_AT_RECORD:
        strike_coordinator(world, fault);
        return;
    case SIM_FAULT_RESET:
    case SIM_FAULT_CUT:
    case SIM_FAULT_SLOW_LINK:
        strike_link(world, fault, index);
        return;
    case SIM_FAULT_JOIN:
        strike_join(world);
        return;
    case SIM_FAULT_STOP:
        world->was_stopped = true;
        sim_coordinator_command(world, LEAT_COMMAND_STOP);
        return;
    case SIM_FAULT_DRAIN: /* whose windows fire early gives another answer */
        if (!world->topology->is_timeless)
            return;
        world->was_stopped = true;
        sim_coordinator_command(world, LEAT_COMMAND_DRAIN);
        return;
    case SIM_FAULT_RACK:
        strike_rack(world, fault->for_ns);
        return;
    case SIM_FAULT_KIND_COUNT:
        return;
    }
}

static void node_back(sim_world *world, uint32_t node)
{
    if (node != SIM_NODE_COORDINATOR) {
        leat_kv_mem_set_quota(sim_worker_of(world, node)->journal, 0);
        sim_worker_of(world, node)->has_no_room = false;
    }
    if (sim_node_is_alive(world, node))
        return;
    if (node == SIM_NODE_COORDINATOR)
        sim_coordinator_start(world);
    else if (!sim_worker_of(world, node)->is_gone)
        sim_worker_start(world, node);
}

/* Everything that was broken is repaired, for good. */
void sim_heal(sim_world *world)
{
    sim_say(world, SIM_NODE_COORDINATOR, "HEAL");
    world->is_healed = true;
    world->coordinator.paused_until = 0;
    world->coordinator.kill_at_record = 0;
    sim_net_heal(world);
    node_back(world, SIM_NODE_COORDINATOR);
    for (uint32_t w = 1; w <= world->config.worker_count; w++) {
        sim_worker *worker = sim_worker_of(world, w);
        worker->paused_until = 0;
        worker->disk_slow_ns = 0;
        worker->kill_at_disk = 0;
        worker->io_fails_at = 0;
        /* Those who left in order keep their folders: they may hold the only copies. */
        worker->is_gone = false;
        node_back(world, w);
    }
}

void sim_fault_strike(sim_world *world, uint32_t index)
{
    if (index == UINT32_MAX)
        sim_heal(world);
    else if (index >= UINT32_MAX - 1 - SIM_NODES_MAX)
        node_back(world, UINT32_MAX - 1 - index);
    else if (index >= SIM_FAULTS_MAX) {
        const sim_fault *fault = &world->config.faults[index - SIM_FAULTS_MAX];
        sim_net_cut(world, fault->lane, fault->node, fault->other, false);
        sim_net_cut(world, fault->lane, fault->other, fault->node, false);
    } else if (!world->is_healed)
        strike(world, index);
}
