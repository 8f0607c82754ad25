/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/cluster.h"

#include "cli/sim/world.h"
#include "common/base/alloc.h"
#include "common/base/mark.h"

enum {
    WORKERS = 3,
    EXECUTORS = 2,
    EPOCH_MS = 300,           /* and up to 700 more */
    QUIET_MS = 90,            /* C2: polls wait 20 ms, watermarks 50, links 3 */
    BROKEN_MS = 4000,         /* what does not come back by itself in that time is repaired */
    EVENTS_MAX = 3000 * 1000, /* between two times of rest */
    FAULTS_MAX = 6,           /* about, in one case */
    NEVER_MS = INT32_MAX,
};

/* What strikes here. The links keep their pace: C2 counts on it. */
static const leat_sim_fault_kind fault_kinds[] = {
    LEAT_SIM_FAULT_KILL,     LEAT_SIM_FAULT_KILL,         LEAT_SIM_FAULT_POWER,
    LEAT_SIM_FAULT_WIPE,     LEAT_SIM_FAULT_PAUSE,        LEAT_SIM_FAULT_KILL_AT_DISK,
    LEAT_SIM_FAULT_RESET,    LEAT_SIM_FAULT_CUT,          LEAT_SIM_FAULT_COORD_KILL,
    LEAT_SIM_FAULT_RACK,     LEAT_SIM_FAULT_COORD_PAUSE,  LEAT_SIM_FAULT_COORD_AT_RECORD,
    LEAT_SIM_FAULT_JOIN,     LEAT_SIM_FAULT_DRAIN_WORKER, LEAT_SIM_FAULT_LEAVE,
    LEAT_SIM_FAULT_STOP,     LEAT_SIM_FAULT_FULL_DISK,    LEAT_SIM_FAULT_NO_ROOM,
    LEAT_SIM_FAULT_IO_ERROR, LEAT_SIM_FAULT_SCALE,
};

struct leat_case_cluster {
    leat_case_cluster_args args;
    leat_sim_world *world;
    leat_blob *plan;
    leat_prng prng;
    uint32_t fault_count; /* so far */
    bool was_stopped;     /* as restore_after_op asks */

    bool runs;             /* nothing is broken, and the newest generation runs */
    uint64_t generation;   /* newest one whose slots ran */
    bool was_restored;     /* since the last rest: rows must be given again */
    bool is_troubled;      /* something broke since the last rest */
    leat_sim_ns looked_ns; /* is_at_rest looks once in a millisecond */
    uint64_t moved_count;  /* as of moved_ns */
    leat_sim_ns moved_ns;  /* last movement, or last trouble */
    uint64_t epoch;        /* newest that was opened ... */
    leat_sim_ns epoch_ns;  /* ... then */
};

/* ------------------------------------------------------------------ life */

/* Before a slot does anything (C1). */
static void slot_steps(void *self, uint64_t generation)
{
    leat_case_cluster *cluster = self;
    if (generation > cluster->generation) {
        cluster->was_restored = cluster->generation > 0;
        cluster->generation = generation;
        if (cluster->was_restored)
            leat_case_feed_suspend(cluster->args.feed);
    }
    leat_case_feed_set_stale(cluster->args.feed, generation < cluster->generation);
}

static leat_sim_config shape(leat_case_cluster *cluster)
{
    const leat_case_cluster_args *args = &cluster->args;
    return (leat_sim_config){
        .worker_count = WORKERS,
        .executor_count = EXECUTORS,
        .job_count = 1,
        .jobs = {{.plan = args->plan,
                  .blob = cluster->plan,
                  .key_group_count = args->key_group_count,
                  .parallelism = args->parallelism,
                  .replicas = 2,
                  .min_replicas = 1,
                  .epoch_interval_ms = EPOCH_MS + (int64_t)leat_prng_below(&cluster->prng, 700)}},
        .connectors = args->connectors,
        .hooks = {cluster, slot_steps},
        .heal_ms = NEVER_MS,
        .deadline_ms = NEVER_MS,
        .events_max = UINT64_MAX,
        .link_ns = 200 * LEAT_SIM_US + leat_prng_below(&cluster->prng, 2 * LEAT_SIM_MS),
        .epoch_timeout_ms = 1000,
        .merge = {.chain_epochs = 24},
        .step_ns = 20 * LEAT_SIM_US,
        .disk_ns = 100 * LEAT_SIM_US + leat_prng_below(&cluster->prng, 3 * LEAT_SIM_MS),
    };
}

leat_case_cluster *leat_case_cluster_new(const leat_case_cluster_args *args)
{
    leat_case_cluster *cluster = LEAT_NEW(leat_case_cluster);
    cluster->args = *args;
    cluster->prng.state = args->seed * 31 + 7;
    leat_buf wire = {0};
    leat_plan_encode(args->plan, &wire);
    cluster->plan = leat_blob_copy(leat_buf_bytes(&wire));
    leat_buf_fini(&wire);
    leat_sim_config config = shape(cluster);
    cluster->world = leat_sim_world_new(args->seed, &config, false);
    leat_sim_set_clock(cluster->world, leat_case_feed_clock_us(args->feed, UINT32_MAX));
    return cluster;
}

void leat_case_cluster_free(leat_case_cluster **cluster_at)
{
    leat_case_cluster *cluster = LEAT_TAKE(*cluster_at);
    if (cluster == NULL)
        return;
    leat_sim_world_free(&cluster->world);
    leat_blob_unref(&cluster->plan);
    leat_free(cluster);
}

/* ------------------------------------------------------------------ rest */

static leat_code failed(const leat_case_cluster *cluster, leat_error *err)
{
    return leat_fail(err, LEAT_INVALID, "%s", cluster->world->failure);
}

/* A lost message shows at the next barrier: after trouble, an epoch that began in peace must end.
 */
static bool has_epoch(leat_case_cluster *cluster, const leat_job_view *job)
{
    leat_sim_ns now_ns = cluster->world->now_ns;
    if (job->open_epoch != 0 && job->open_epoch != cluster->epoch) {
        cluster->epoch = job->open_epoch;
        cluster->epoch_ns = now_ns;
    }
    return job->completed_epoch == cluster->epoch &&
           cluster->epoch_ns > cluster->moved_ns + QUIET_MS * LEAT_SIM_MS;
}

/* C2 */
static bool is_at_rest(leat_case_cluster *cluster)
{
    leat_sim_world *world = cluster->world;
    leat_job_view job;
    cluster->looked_ns = world->now_ns;
    cluster->runs = leat_sim_is_calm(world) && leat_sim_coordinator_job(world, 0, &job) &&
                    job.state == LEAT_JOB_RUNNING && job.generation == cluster->generation;
    bool is_given = cluster->runs && leat_case_feed_is_given(cluster->args.feed);
    cluster->is_troubled |= !cluster->runs;
    if (!is_given || world->moved_count != cluster->moved_count) {
        cluster->moved_count = world->moved_count;
        cluster->moved_ns = world->now_ns;
        return false;
    }
    bool is_quiet = world->now_ns > cluster->moved_ns + QUIET_MS * LEAT_SIM_MS;
    if (!is_quiet || (!has_epoch(cluster, &job) && cluster->is_troubled))
        return false;
    cluster->is_troubled = false;
    return true;
}

/* Step until it is, or until the job has finished. */
static leat_code settle(leat_case_cluster *cluster, leat_error *err)
{
    leat_sim_world *world = cluster->world;
    leat_sim_ns runs_ns = world->now_ns;
    cluster->moved_ns = world->now_ns;
    for (uint64_t i = 0; leat_sim_world_step(world); i++) {
        if (i > EVENTS_MAX)
            return leat_fail(err, LEAT_TIMEOUT, "rows keep moving");
        if (world->now_ns < cluster->looked_ns + LEAT_SIM_MS)
            continue;
        if (is_at_rest(cluster))
            return LEAT_OK;
        if (cluster->runs)
            runs_ns = world->now_ns;
        if (world->now_ns <= runs_ns + BROKEN_MS * LEAT_SIM_MS)
            continue;
        leat_sim_heal(world);
        world->is_healed = false;
        runs_ns = world->now_ns;
    }
    return world->failure[0] == '\0' ? LEAT_OK : failed(cluster, err);
}

/* The same; then, when the job was restored meanwhile, this is the next arrival. */
static leat_code settle_at(leat_case_cluster *cluster, uint32_t *next, leat_error *err)
{
    LEAT_TRY(settle(cluster, err));
    if (cluster->was_restored) {
        LEAT_MARK(case_given_again);
        *next = leat_case_feed_resume(cluster->args.feed);
    }
    cluster->was_restored = false;
    return LEAT_OK;
}

/* ------------------------------------------------------------------ trouble */

static void strike(leat_case_cluster *cluster)
{
    leat_sim_world *world = cluster->world;
    leat_prng *prng = &cluster->prng;
    uint32_t workers = world->config.worker_count;
    leat_sim_fault *fault = &world->config.faults[0];
    *fault = (leat_sim_fault){
        .kind = fault_kinds[leat_prng_below(prng, LEAT_COUNT_OF(fault_kinds))],
        .for_ns = (1 + leat_prng_below(prng, 1500)) * LEAT_SIM_MS,
        .node = 1 + (uint32_t)leat_prng_below(prng, workers),
        .lane = (leat_sim_lane)leat_prng_below(prng, LEAT_SIM_LANE_COUNT),
        .arg = 1 + leat_prng_below(prng, 30),
        .flag = leat_prng_chance(prng, 0.5),
    };
    fault->other = fault->lane == LEAT_SIM_LANE_CONTROL
                       ? LEAT_SIM_NODE_COORDINATOR
                       : 1 + (uint32_t)leat_prng_below(prng, workers);
    cluster->fault_count++;
    cluster->is_troubled = true;
    LEAT_MARK(case_struck);
    leat_sim_fault_strike(world, 0);
}

/* Some time after an arrival, before the job is at rest. */
static leat_code wander_and_strike(leat_case_cluster *cluster, leat_error *err)
{
    uint64_t step_count = leat_prng_below(&cluster->prng, 400);
    for (uint64_t i = 0; i < step_count && leat_sim_world_step(cluster->world); i++)
        continue;
    if (cluster->world->failure[0] != '\0')
        return failed(cluster, err);
    strike(cluster);
    return LEAT_OK;
}

/* ------------------------------------------------------------------ feeding */

static bool is_restore_point(const leat_case_cluster *cluster, uint32_t next)
{
    const leat_case_cluster_args *args = &cluster->args;
    return !cluster->was_stopped && args->restore_after_op != 0 && next > 0 &&
           leat_case_feed_op(args->feed, next - 1) >= args->restore_after_op;
}

static void stop_and_go_on(leat_case_cluster *cluster)
{
    cluster->was_stopped = cluster->is_troubled = true;
    cluster->world->jobs[0].was_stopped = true;
    leat_sim_coordinator_command(cluster->world, 0, (leat_command){.kind = LEAT_COMMAND_STOP});
}

static leat_code feed_all(leat_case_cluster *cluster, uint32_t *next, leat_error *err)
{
    leat_case_feed *feed = cluster->args.feed;
    uint32_t count = leat_case_feed_count(feed);
    double chance = count == 0 ? 0 : (double)FAULTS_MAX / count;
    while (*next < count) {
        leat_time now_us = leat_case_feed_clock_us(feed, *next);
        leat_sim_set_clock(cluster->world, now_us);
        if (cluster->args.forgets) {
            uint32_t wanted = *next;
            LEAT_TRY(settle_at(cluster, next, err));
            if (*next != wanted)
                continue; /* restored: begin with what is lost */
        }
        while (leat_case_feed_release(feed, (*next)++) && *next < count)
            continue;
        if (cluster->fault_count < FAULTS_MAX && leat_prng_chance(&cluster->prng, chance))
            LEAT_TRY(wander_and_strike(cluster, err));
        LEAT_TRY(settle_at(cluster, next, err));
        if (!is_restore_point(cluster, *next))
            continue;
        LEAT_MARK(case_restored);
        stop_and_go_on(cluster);
        LEAT_TRY(settle_at(cluster, next, err));
    }
    return LEAT_OK;
}

leat_code leat_case_cluster_run(leat_case_cluster *cluster, leat_error *err)
{
    uint32_t next = 0;
    LEAT_TRY(settle_at(cluster, &next, err));
    next = 0;
    while (!cluster->world->is_over) {
        LEAT_TRY(feed_all(cluster, &next, err));
        leat_sim_heal(cluster->world);
        leat_case_feed_end(cluster->args.feed);
        LEAT_TRY(settle_at(cluster, &next, err)); /* restored: what its state lacks again */
    }
    return LEAT_OK;
}

void leat_case_cluster_read(const leat_case_cluster *cluster, const char *folder, leat_buf *out)
{
    leat_sim_files_read(cluster->world, folder, out);
}
