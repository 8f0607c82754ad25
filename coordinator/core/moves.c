/* SPDX-License-Identifier: Apache-2.0
 *
 * moves - copies built in the background, and assignments taken over once they are prepared.
 *
 * The scheduler says what ought to be. Whoever will need key groups it has not becomes a
 * learner of the slot that has them now: FOLLOW (make room, take the live deltas), SEED (the
 * owner sends base and older deltas), CAUGHT_UP, and between two epochs it begins to count. When
 * every copy the plan needs is in sync, one generation takes the plan over: the pause is a
 * reload, never a copy.
 *
 * Only what is in sync is durable knowledge; learners and plans are forgotten at a restart.
 */
#include "coordinator/core/state.h"

#include "common/base/alloc.h"
#include "common/base/mark.h"
#include "common/base/mutant.h"

/* ---- learners ---- */

static leat_learner *find_learner(leat_coord_job *job, uint32_t slot, uint32_t worker)
{
    LEAT_VEC_EACH (learner, &job->learners) {
        if (learner->slot == slot && learner->worker == worker)
            return learner;
    }
    return NULL;
}

static leat_worker_place place_of(leat_coord_core *core, uint32_t worker)
{
    leat_worker_place place = {.worker = worker};
    memcpy(place.endpoint, leat_coord_member_get(core, worker)->endpoint, sizeof place.endpoint);
    return place;
}

static void say_follow(leat_coord_core *core, leat_coord_job *job, const leat_learner *learner)
{
    leat_control deploy = leat_coord_job_message(job, LEAT_CONTROL_DEPLOY);
    deploy.deploy.deployment = leat_deployment_ref(job->deployment);
    leat_coord_tell(core, learner->worker, deploy); /* the cut; ignored where it is known */
    leat_control follow = leat_coord_job_message(job, LEAT_CONTROL_FOLLOW);
    follow.slot = learner->slot;
    follow.follow.attempt = learner->attempt;
    follow.follow.owner = place_of(core, job->slots[learner->slot].owner);
    leat_coord_tell(core, learner->worker, follow);
}

static void say_seed(leat_coord_core *core, leat_coord_job *job, const leat_learner *learner)
{
    leat_control seed = leat_coord_job_message(job, LEAT_CONTROL_SEED);
    seed.slot = learner->slot;
    seed.seed.attempt = learner->attempt;
    seed.seed.to = place_of(core, learner->worker);
    leat_coord_tell(core, job->slots[learner->slot].owner, seed);
}

static void
learner_start(leat_coord_core *core, leat_coord_job *job, uint32_t slot, uint32_t worker)
{
    leat_learner *learner = leat_vec_add(&job->learners);
    learner->slot = slot;
    learner->worker = worker;
    learner->attempt = core->next_attempt++;
    leat_coord_say(core, COPY_WANTED, job->job, slot, worker);
    say_follow(core, job, learner);
}

static void learner_stop(leat_coord_core *core, leat_coord_job *job, size_t index)
{
    const leat_learner *learner = &job->learners.items[index];
    leat_control unfollow = leat_coord_job_message(job, LEAT_CONTROL_UNFOLLOW);
    unfollow.slot = learner->slot;
    unfollow.unfollow.worker = learner->worker;
    leat_coord_tell(core, job->slots[learner->slot].owner, unfollow);
    leat_coord_tell(core, learner->worker, unfollow);
    leat_vec_remove(&job->learners, index);
}

void leat_coord_moves_ready(leat_coord_core *core,
                            leat_coord_job *job,
                            uint32_t worker,
                            const leat_control *message)
{
    leat_learner *learner = find_learner(job, message->slot, worker);
    if (learner == NULL || learner->attempt != message->ready.attempt ||
        learner->phase != LEAT_LEARNER_FOLLOWING)
        return;
    learner->phase = LEAT_LEARNER_SEEDING;
    say_seed(core, job, learner);
}

void leat_coord_moves_caught_up(leat_coord_core *core,
                                leat_coord_job *job,
                                uint32_t worker,
                                const leat_control *message)
{
    leat_learner *learner = find_learner(job, message->slot, worker);
    if (learner == NULL || learner->attempt != message->caught_up.attempt)
        return;
    learner->phase = LEAT_LEARNER_CAUGHT_UP;
    learner->epoch = LEAT_MAX(learner->epoch, message->caught_up.epoch);
    leat_coord_say(core, COPY_CAUGHT_UP, job->job, message->slot, worker, learner->epoch);
}

bool leat_coord_moves_durable(leat_coord_job *job, const leat_control *message)
{
    leat_learner *learner = find_learner(job, message->slot, message->durable.replica);
    if (learner == NULL || learner->phase != LEAT_LEARNER_CAUGHT_UP)
        return false;
    learner->epoch = LEAT_MAX(learner->epoch, message->durable.epoch);
    return true;
}

bool leat_coord_moves_nack(leat_coord_core *core, leat_coord_job *job, const leat_control *message)
{
    leat_learner *learner = find_learner(job, message->slot, message->nack.replica);
    if (learner == NULL)
        return false;
    LEAT_MARK(coord_learner_starts_again);
    learner_stop(core, job, (size_t)(learner - job->learners.items));
    job->is_target_stale = true; /* it will be asked again, with a new attempt */
    return true;
}

/* C3 holds: whoever is admitted can restore the completed epoch, and the epoch that is opened
 * next waits for it. Never while an epoch is open. */
void leat_coord_moves_admit(leat_coord_core *core, leat_coord_job *job)
{
    LEAT_ASSERT(job->open_epoch == 0);
    for (size_t i = job->learners.count; i > 0; i--) {
        leat_learner learner = job->learners.items[i - 1];
        leat_coord_slot *slot = &job->slots[learner.slot];
        if (leat_mutant(LEAT_MUTANT_admit_early)) {
            learner.phase = LEAT_LEARNER_CAUGHT_UP;
            learner.epoch = job->completed;
        }
        bool is_behind = learner.phase == LEAT_LEARNER_CAUGHT_UP && learner.epoch < job->completed;
        if (is_behind && ++job->learners.items[i - 1].behind_count > LEAT_COORD_BEHIND_MAX) {
            LEAT_MARK(coord_learner_fell_behind);
            learner_stop(core, job, i - 1);
            job->is_target_stale = true;
        }
        if (learner.phase != LEAT_LEARNER_CAUGHT_UP || learner.epoch < job->completed ||
            slot->in_sync.count >= LEAT_REPLICAS_MAX)
            continue;
        leat_vec_remove(&job->learners, i - 1);
        leat_coord_log_copy(core, job, learner.slot, learner.worker, 1);
        leat_worker_set_add(&slot->ready, learner.worker);
        LEAT_MARK(coord_copy_added);
        leat_coord_say(core, COPY_ADDED, job->job, learner.slot, learner.worker);
        job->is_target_stale = true;
    }
}

void leat_coord_moves_resay(leat_coord_core *core, leat_coord_job *job, uint32_t worker)
{
    LEAT_VEC_EACH (learner, &job->learners) {
        if (learner->worker == worker)
            say_follow(core, job, learner);
        if (learner->phase == LEAT_LEARNER_SEEDING && job->slots[learner->slot].owner == worker)
            say_seed(core, job, learner);
    }
}

void leat_coord_moves_forget(leat_coord_core *core, leat_coord_job *job)
{
    (void)core;
    leat_vec_clear(&job->learners);
    leat_assignment_fini(&job->target);
    job->is_target_stale = true;
}

void leat_coord_moves_lost(leat_coord_core *core, leat_coord_job *job, uint32_t worker)
{
    for (size_t i = job->learners.count; i > 0; i--) {
        if (job->learners.items[i - 1].worker == worker)
            learner_stop(core, job, i - 1);
    }
}

bool leat_coord_moves_uses(const leat_coord_job *job, uint32_t worker)
{
    for (size_t i = 0; i < job->learners.count; i++) {
        if (job->learners.items[i].worker == worker)
            return true;
    }
    return false;
}

/* ---- the plan ---- */

static void assignment_of(const leat_coord_job *job, leat_assignment *out)
{
    leat_assignment_init(out, job->key_group_count, job->slot_count);
    memcpy(out->key_groups, job->key_groups, job->key_group_count * sizeof *job->key_groups);
    for (uint32_t s = 0; s < job->slot_count; s++) {
        out->slots[s].owner = job->slots[s].owner;
        out->slots[s].executor = job->slots[s].executor;
        out->slots[s].copies = job->slots[s].in_sync;
    }
}

/* Executors that count for an unset parallelism: those here, and those just lost, which are
 * probably restarting. */
static uint32_t expected_executors(const leat_coord_core *core)
{
    uint32_t count = 0;
    for (size_t i = 0; i < core->members.count; i++) {
        const leat_member *member = core->members.items[i];
        bool is_expected = !member->is_alive && member->lost_ms != 0 &&
                           core->now_ms - member->lost_ms < LEAT_COORD_EXPECT_BACK_MS;
        if (is_expected || leat_coord_is_usable(core, member->worker))
            count += member->executor_count;
    }
    return count;
}

static void plan_target(leat_coord_core *core,
                        leat_coord_job *job,
                        const leat_usable_worker *workers,
                        uint32_t count)
{
    uint32_t wanted = job->parallelism != 0 ? job->parallelism : expected_executors(core);
    wanted = LEAT_MIN(wanted, job->key_group_count);
    leat_schedule schedule = {
        .workers = workers,
        .worker_count = count,
        .slot_count = LEAT_MIN(wanted, (uint32_t)LEAT_PARALLELISM_MAX),
        .copy_count = job->replicas,
        .key_group_count = job->key_group_count,
    };
    leat_assignment now = {0};
    assignment_of(job, &now);
    leat_assignment_fini(&job->target);
    leat_schedule_plan(&schedule, &now, &job->target);
    if (leat_assignment_equal(&now, &job->target))
        leat_assignment_fini(&job->target);
    else
        leat_coord_say(core, MOVE_PLANNED, job->job, job->target.slot_count);
    leat_assignment_fini(&now);
}

/* Does the plan need a copy of what slot `s` has now on `worker`? */
static bool target_needs(const leat_coord_job *job, uint32_t s, uint32_t worker)
{
    for (uint32_t g = 0; g < job->key_group_count; g++) {
        if (job->key_groups[g] != s)
            continue;
        const leat_assigned_slot *next = &job->target.slots[job->target.key_groups[g]];
        if (leat_worker_set_has(&next->copies, worker))
            return true;
    }
    return false;
}

/* A copy under way is no copy. So whoever can still restore the completed epoch is left alone until
 * the next one completes, unless none can complete without it (seed 147434). */
static bool may_learn(leat_coord_core *core, leat_coord_job *job, uint32_t s, uint32_t worker)
{
    if (job->learners.count >= LEAT_COORD_LEARNERS_MAX || job->before.slot_count > 0)
        return false;
    if (!leat_worker_set_has(&job->slots[s].holders, worker))
        return true;
    if (job->slots[s].in_sync.count >= job->min_replicas)
        return false;
    leat_coord_log_copy(core, job, s, worker, -1);
    return true;
}

/* Stop learners that the plan does not need, start those it does. True: nothing is missing. */
static bool build_copies(leat_coord_core *core,
                         leat_coord_job *job,
                         const leat_usable_worker *workers,
                         uint32_t count)
{
    for (size_t i = job->learners.count; i > 0; i--) {
        const leat_learner *learner = &job->learners.items[i - 1];
        if (job->target.slot_count == 0 || !target_needs(job, learner->slot, learner->worker))
            learner_stop(core, job, i - 1);
    }
    bool is_whole = true;
    for (uint32_t s = 0; s < job->slot_count && job->target.slot_count > 0; s++) {
        for (uint32_t w = 0; w < count; w++) {
            uint32_t worker = workers[w].worker;
            if (leat_worker_set_has(&job->slots[s].in_sync, worker) ||
                !target_needs(job, s, worker))
                continue;
            is_whole = false;
            if (find_learner(job, s, worker) == NULL && may_learn(core, job, s, worker))
                learner_start(core, job, s, worker);
        }
    }
    return is_whole;
}

/* Owners, executors or the cut differ: only a generation can bring that about. */
static bool target_needs_generation(const leat_coord_job *job)
{
    if (job->target.slot_count != job->slot_count)
        return true;
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (job->target.slots[s].owner != job->slots[s].owner ||
            job->target.slots[s].executor != job->slots[s].executor)
            return true;
    }
    return memcmp(job->target.key_groups, job->key_groups,
                  job->key_group_count * sizeof *job->key_groups) != 0;
}

static bool target_is_prepared(const leat_coord_job *job)
{
    for (uint32_t g = 0; g < job->key_group_count; g++) {
        const leat_worker_set *needed = &job->target.slots[job->target.key_groups[g]].copies;
        for (uint32_t i = 0; i < needed->count; i++) {
            if (!leat_worker_set_has(&job->slots[job->key_groups[g]].in_sync, needed->workers[i]))
                return false;
        }
    }
    return true;
}

/* The plan differs in copies alone and has them all: let go of those it does not name. */
static void drop_surplus(leat_coord_core *core, leat_coord_job *job)
{
    for (uint32_t s = 0; s < job->slot_count; s++) {
        leat_worker_set in_sync = job->slots[s].in_sync;
        for (uint32_t i = 0; i < in_sync.count; i++) {
            if (!leat_worker_set_has(&job->target.slots[s].copies, in_sync.workers[i]))
                leat_coord_copy_remove(core, job, s, in_sync.workers[i]);
        }
    }
    leat_assignment_fini(&job->target);
    leat_coord_epoch_check(core, job);
}

void leat_coord_moves_consider(leat_coord_core *core, leat_coord_job *job)
{
    if (!job->is_started || job->state != LEAT_JOB_RUNNING || core->now_ms < core->settle_ms)
        return;
    bool is_due =
        job->is_target_stale || core->now_ms - job->planned_ms >= LEAT_COORD_PLAN_EVERY_MS;
    if (!is_due)
        return;
    job->is_target_stale = false;
    job->planned_ms = core->now_ms;
    leat_usable_worker *workers =
        leat_alloc_zero(LEAT_MAX(core->members.count, (size_t)1), sizeof *workers);
    uint32_t count = leat_coord_usable_workers(core, workers);
    if (count > 0) {
        job->park_epoch = 0;
        plan_target(core, job, workers, count);
        bool is_whole = build_copies(core, job, workers, count);
        if (job->target.slot_count > 0 && is_whole && !target_needs_generation(job))
            drop_surplus(core, job);
    } else if (job->park_epoch == 0) { /* everybody is leaving: one more epoch, then wait */
        job->park_epoch = job->next_epoch;
        job->wants_epoch = true;
    }
    leat_free(workers);
}

bool leat_coord_moves_is_due(const leat_coord_core *core, const leat_coord_job *job)
{
    if (job->target.slot_count == 0 || !job->is_started || job->open_epoch != 0 ||
        job->state != LEAT_JOB_RUNNING)
        return false;
    for (uint32_t s = 0; s < job->target.slot_count; s++) {
        const leat_worker_set *copies = &job->target.slots[s].copies;
        for (uint32_t i = 0; i < copies->count; i++) {
            if (!leat_coord_is_usable(core, copies->workers[i]))
                return false; /* the plan is older than the members: wait for the next one */
        }
    }
    return target_needs_generation(job) && target_is_prepared(job);
}

void leat_coord_moves_take(leat_coord_core *core, leat_coord_job *job)
{
    LEAT_MARK(coord_move_taken);
    leat_coord_say(core, MOVE_TAKEN, job->job);
    leat_assignment target = job->target;
    job->target = (leat_assignment){0};
    leat_coord_moves_forget(core, job);
    leat_coord_job_wait(core, job);
    leat_coord_cut present = leat_coord_job_cut(job);
    leat_coord_job_start_with(core, job, &target, &present);
    leat_assignment_fini(&target);
}
