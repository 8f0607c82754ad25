/* SPDX-License-Identifier: Apache-2.0
 *
 * What a seed means: the shape of the cluster, and an explicit list of faults, each from a
 * random stream of its own, so that leaving one out changes no other.
 *
 * Swarm: each seed allows a random subset of the kinds, so that some runs are all about one.
 */
#include "tests/sim/trial.h"

static uint64_t pick(leat_prng *prng, uint64_t least, uint64_t most)
{
    return least + leat_prng_below(prng, most - least + 1);
}

static void make_fault(sim_trial *trial, uint32_t index, uint32_t allowed)
{
    leat_sim_config *config = &trial->cluster;
    leat_prng prng = {trial->seed * 1000003 + index * 7919 + 17};
    (void)leat_prng_next(&prng);
    leat_sim_fault *fault = &config->faults[index];
    /* Old seeds keep their faults. */
    bool has_later = allowed >> LEAT_SIM_FAULT_FIRST_COUNT != 0;
    do
        fault->kind = (leat_sim_fault_kind)leat_prng_below(
            &prng, has_later ? LEAT_SIM_FAULT_DRAWN_COUNT : LEAT_SIM_FAULT_FIRST_COUNT);
    while ((allowed >> fault->kind & 1) == 0);
    uint64_t end_ms = 1000 + (uint64_t)trial->load.row_count * trial->load.pace_us / 1000;
    fault->at_ns = pick(&prng, 300, end_ms + 300) * LEAT_SIM_MS + pick(&prng, 0, 999999);
    fault->for_ns = pick(&prng, 1, leat_prng_chance(&prng, 0.5) ? 200 : 2500) * LEAT_SIM_MS;
    fault->node = (uint32_t)pick(&prng, 1, config->worker_count);
    fault->lane = (leat_sim_lane)leat_prng_below(&prng, LEAT_SIM_LANE_COUNT);
    fault->other = fault->lane == LEAT_SIM_LANE_CONTROL
                       ? LEAT_SIM_NODE_COORDINATOR
                       : (uint32_t)pick(&prng, 1, config->worker_count);
    fault->flag = leat_prng_chance(&prng, 0.5);
    fault->arg = pick(&prng, 1, 30);
}

/* Draws in a fixed order: old seeds keep their shapes. */
static void make_shape(sim_trial *trial, leat_prng *prng, uint32_t *out_topology)
{
    leat_sim_config *config = &trial->cluster;
    leat_sim_job *job = &config->jobs[0];
    config->job_count = 1;
    config->worker_count = (uint32_t)pick(prng, 1, 4);
    if (config->worker_count == 1 && leat_prng_chance(prng, 0.7))
        config->worker_count = 3;
    config->executor_count = (uint32_t)pick(prng, 1, LEAT_SIM_EXECUTORS_MAX);
    job->replicas = (uint32_t)pick(prng, 2, leat_prng_chance(prng, 0.2) ? 3 : 2);
    job->min_replicas = 1;
    job->key_group_count = (uint32_t)(4 << pick(prng, 0, 2));
    job->parallelism = leat_prng_chance(prng, 0.5) ? 0 : (uint32_t)pick(prng, 1, 4);
    job->epoch_interval_ms = (int64_t)pick(prng, 80, 300);
    *out_topology = (uint32_t)leat_prng_below(prng, SIM_SMALL_TOPOLOGY_COUNT);
    config->link_ns = pick(prng, 50, leat_prng_chance(prng, 0.3) ? 30000 : 2000) * LEAT_SIM_US;
    config->disk_ns = pick(prng, 50, 8000) * LEAT_SIM_US;
    config->epoch_timeout_ms = (int64_t)pick(prng, 100, leat_prng_chance(prng, 0.5) ? 400 : 3000);
    config->merge = (leat_merge_limits){.chain_bytes_min = 1 << pick(prng, 0, 12),
                                        .chain_epochs = (uint32_t)pick(prng, 3, 12)};
    config->step_ns = pick(prng, 20, leat_prng_chance(prng, 0.2) ? 2000 : 100) * LEAT_SIM_US;
    config->limits = (leat_slot_limits){
        .batch_rows = (uint32_t)pick(prng, 4, 64),
        .gather_rows = (uint32_t)pick(prng, 4, 64),
        .channel_bytes = (uint32_t)(pick(prng, 1, 8) * 2048),
        .inbox_bytes = (uint32_t)(pick(prng, 1, 8) * 8192),
    };
    trial->load.split_count = (uint32_t)pick(prng, 1, 4);
    trial->load.row_count = (uint32_t)pick(prng, 20, 120);
    trial->load.key_count = (uint32_t)pick(prng, 1, 24);
    trial->load.pace_us = (uint32_t)pick(prng, 2000, 24000);
}

/* Plans aimed at something; the name of a kind is a plan of that kind alone. */
static const struct {
    const char *name;
    uint32_t kinds;
} plans[] = {
    {"rolling", 1u << LEAT_SIM_FAULT_LEAVE | 1u << LEAT_SIM_FAULT_JOIN | 1u << LEAT_SIM_FAULT_KILL},
    {"zombie", 1u << LEAT_SIM_FAULT_KILL | 1u << LEAT_SIM_FAULT_PAUSE |
                   1u << LEAT_SIM_FAULT_SLOW_LINK | 1u << LEAT_SIM_FAULT_COORD_KILL},
    {"durable_steps", 1u << LEAT_SIM_FAULT_KILL_AT_DISK | 1u << LEAT_SIM_FAULT_COORD_AT_RECORD},
    {"aborts",
     1u << LEAT_SIM_FAULT_FULL_DISK | 1u << LEAT_SIM_FAULT_SLOW_DISK | 1u << LEAT_SIM_FAULT_KILL},
    {"reborn", 1u << LEAT_SIM_FAULT_KILL},
    {"moves", 1u << LEAT_SIM_FAULT_SCALE | 1u << LEAT_SIM_FAULT_DRAIN_WORKER |
                  1u << LEAT_SIM_FAULT_JOIN | 1u << LEAT_SIM_FAULT_KILL |
                  1u << LEAT_SIM_FAULT_COORD_AT_RECORD},
    {"disks", 1u << LEAT_SIM_FAULT_IO_ERROR | 1u << LEAT_SIM_FAULT_NO_ROOM |
                  1u << LEAT_SIM_FAULT_ROT | 1u << LEAT_SIM_FAULT_FULL_DISK |
                  1u << LEAT_SIM_FAULT_WIPE},
    {"links",
     1u << LEAT_SIM_FAULT_RESET | 1u << LEAT_SIM_FAULT_CUT | 1u << LEAT_SIM_FAULT_SLOW_LINK},
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
    for (uint32_t kind = 0; kind < LEAT_SIM_FAULT_KIND_COUNT; kind++) {
        if (strcmp(plan, leat_sim_fault_name((leat_sim_fault_kind)kind)) == 0)
            return 1u << kind;
    }
    return 1u << LEAT_SIM_FAULT_KILL;
}

/* The shape of a seed names one of the small topologies; most seeds run a query instead. */
static void choose_topology(uint64_t seed, const char *name, uint32_t *topology)
{
    leat_prng prng = {seed * 11 + 5};
    (void)leat_prng_next(&prng);
    if (name == NULL && leat_prng_chance(&prng, 0.7))
        *topology = SIM_SMALL_TOPOLOGY_COUNT + (uint32_t)leat_prng_below(&prng, sim_query_count);
    if (name != NULL) /* "small" is none: the shape's stays */
        (void)sim_topology_find(name, topology);
}

static void
add_kill(leat_sim_config *cluster, leat_prng *prng, uint32_t node, uint64_t at_ms, uint64_t for_ms)
{
    cluster->faults[cluster->fault_count++] =
        (leat_sim_fault){.kind = LEAT_SIM_FAULT_KILL,
                         .at_ns = at_ms * LEAT_SIM_MS,
                         .for_ns = pick(prng, 1, for_ms) * LEAT_SIM_MS,
                         .node = node};
}

/* A deployment is on its way to a worker for so long that it dies twice meanwhile, and has run
 * what came after in between: the plan `reborn`. */
static void aim_at_rebirth(sim_trial *trial)
{
    leat_prng prng = {trial->seed * 17 + 3};
    leat_sim_config *cluster = &trial->cluster;
    uint64_t at_ms = pick(&prng, 400, 700);
    cluster->fault_count = 0;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t node = (uint32_t)pick(&prng, 1, cluster->worker_count);
        uint64_t late_50ms = pick(&prng, 8, 20);
        cluster->faults[cluster->fault_count++] =
            (leat_sim_fault){.kind = LEAT_SIM_FAULT_LATE,
                             .at_ns = at_ms * LEAT_SIM_MS,
                             .for_ns = 90 * LEAT_SIM_MS,
                             .lane = LEAT_SIM_LANE_CONTROL,
                             .node = LEAT_SIM_NODE_COORDINATOR,
                             .other = node,
                             .arg = late_50ms};
        /* A cause for a generation; the first death; the second, just before it arrives. */
        add_kill(cluster, &prng, node % cluster->worker_count + 1, at_ms + 1, 5);
        add_kill(cluster, &prng, node, at_ms + pick(&prng, 95, 140), 5);
        at_ms += late_50ms * 50;
        add_kill(cluster, &prng, node, at_ms - 50 + pick(&prng, 0, 130), 3);
        at_ms += pick(&prng, 100, 300);
    }
}

static void set_topology(sim_trial *trial, uint32_t job, uint32_t topology)
{
    const sim_topology *one = sim_topology_get(topology);
    trial->topologies[job] = one;
    trial->cluster.jobs[job].plan = one->plan;
    trial->cluster.jobs[job].blob = one->blob;
    trial->cluster.jobs[job].may_drain = one->is_timeless;
}

/* A second job, of another topology, with a life of its own. */
static void add_job(sim_trial *trial, uint32_t first_topology)
{
    leat_prng prng = {trial->seed * 13 + 7};
    (void)leat_prng_next(&prng);
    if (!leat_prng_chance(&prng, 0.12))
        return;
    uint32_t topology = (uint32_t)leat_prng_below(&prng, sim_topology_count() - 1);
    trial->cluster.jobs[1] = trial->cluster.jobs[0];
    trial->cluster.jobs[1].key_group_count = (uint32_t)(4 << pick(&prng, 0, 2));
    trial->cluster.jobs[1].parallelism = (uint32_t)pick(&prng, 0, 3);
    trial->cluster.jobs[1].epoch_interval_ms = (int64_t)pick(&prng, 80, 300);
    trial->cluster.job_count = 2;
    set_topology(trial, 1, topology + (topology >= first_topology));
}

/* A barrier passes every stage, and a copy has to be acknowledged: no epoch can be faster. */
static void give_epochs_time(leat_sim_config *config)
{
    uint64_t link_ns = config->link_ns * 3 / 2;
    uint64_t disk_ns = config->disk_ns * 3 / 2;
    for (uint32_t i = 0; i < config->job_count; i++) {
        uint32_t hops = config->jobs[i].plan->stage_count + 4;
        uint64_t least_ms = (hops * (link_ns + config->step_ns) + 4 * disk_ns) / LEAT_SIM_MS;
        config->epoch_timeout_ms = LEAT_MAX(config->epoch_timeout_ms, (int64_t)(2 * least_ms));
    }
}

void sim_trial_of_seed(uint64_t seed, const sim_aim *aim, sim_trial *out_trial)
{
    leat_prng prng = {seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
    bool is_old = aim->topology != NULL && strcmp(aim->topology, "small") == 0;
    uint32_t topology;
    *out_trial = (sim_trial){.seed = seed};
    leat_sim_config *cluster = &out_trial->cluster;
    *cluster = (leat_sim_config){.connectors = sim_workload_connectors(),
                                 .heal_ms = 5000,
                                 .deadline_ms = 60000,
                                 .events_max = 3000000};
    make_shape(out_trial, &prng, &topology);
    choose_topology(seed, aim->topology, &topology);
    set_topology(out_trial, 0, topology);
    if (aim->topology == NULL)
        add_job(out_trial, topology);
    if (!is_old && (topology >= SIM_SMALL_TOPOLOGY_COUNT || cluster->job_count > 1))
        give_epochs_time(cluster);
    out_trial->load.seed = seed;
    uint32_t allowed = (uint32_t)leat_prng_next(&prng) | 1u << LEAT_SIM_FAULT_KILL;
    cluster->fault_count = (uint32_t)leat_prng_below(&prng, 9);
    if (leat_prng_chance(&prng, 0.1))
        cluster->fault_count = (uint32_t)pick(&prng, 9, LEAT_SIM_FAULTS_MAX);
    allowed &= (1u << (is_old ? LEAT_SIM_FAULT_FIRST_COUNT : LEAT_SIM_FAULT_DRAWN_COUNT)) - 1;
    if (aim->plan != NULL)
        allowed = plan_faults(aim->plan, &cluster->fault_count, &prng);
    for (uint32_t i = 0; i < cluster->fault_count; i++)
        make_fault(out_trial, i, allowed);
    if (aim->plan != NULL && strcmp(aim->plan, "reborn") == 0)
        aim_at_rebirth(out_trial);
}

leat_sim_world *sim_trial_run(const sim_trial *trial, bool prints)
{
    sim_workload_now = trial->load;
    leat_sim_world *world = leat_sim_world_new(trial->seed, &trial->cluster, prints);
    bool is_checked[LEAT_SIM_JOBS_MAX] = {false};
    for (bool goes_on = true; goes_on;) {
        goes_on = leat_sim_world_step(world);
        for (uint32_t i = 0; i < trial->cluster.job_count; i++) {
            if (!world->jobs[i].is_over || is_checked[i] || world->failure[0] != '\0')
                continue;
            is_checked[i] = true; /* now: soon the workers forget it */
            sim_check_output(world, i, trial->topologies[i]);
            sim_check_replicas(world, i, trial->topologies[i]);
        }
    }
    return world;
}
