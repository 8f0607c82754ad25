/* SPDX-License-Identifier: Apache-2.0
 *
 * recovery - generations: who restores what, when sources may go, when to start over.
 *
 * A generation is logged before anybody hears of it. Owners come from the slots' holders,
 * the disks that can restore the completed epoch by contract (C3); a disk that says it cannot
 * stops being one. Key groups never change hands here: that is what moves.c prepares.
 */
#include "coordinator/core/state.h"

#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/mark.h"

/* Nothing is deployed; the tick tries to start it again. */
void leat_coord_job_wait(leat_coord_core *core, leat_coord_job *job)
{
    if (job->state != LEAT_JOB_STOPPING && job->state != LEAT_JOB_CREATED)
        leat_coord_job_move(core, job, LEAT_JOB_RECOVERING);
    if (job->lost_ms == 0)
        job->lost_ms = core->now_ms;
}

static int64_t backoff_ms(const leat_coord_job *job)
{
    if (job->failed_starts <= 1)
        return 0; /* the first loss is not punished */
    uint32_t doublings = LEAT_MIN(job->failed_starts - 2, 7u);
    return LEAT_MIN(INT64_C(50) << doublings, (int64_t)LEAT_COORD_BACKOFF_MAX_MS);
}

void leat_coord_job_restart(leat_coord_core *core, leat_coord_job *job, const char *reason)
{
    if (job->deployment == NULL)
        return;
    (void)snprintf(job->reason, sizeof job->reason, "%s", reason);
    leat_coord_say(core, RESTART, job->job, job->generation);
    if (job->open_epoch != 0)
        job->aborted_count++;
    job->open_epoch = 0;
    leat_coord_moves_forget(core, job);
    leat_deployment_unref(&job->deployment);
    job->is_started = false;
    job->failed_starts++;
    job->start_at_ms = core->now_ms + backoff_ms(job);
    leat_coord_job_wait(core, job);
    leat_coord_job_try_start(core, job);
}

/* ---- choosing who ---- */

static uint32_t assigned_load(const leat_assignment *a, uint32_t upto, uint32_t worker)
{
    uint32_t load = 0;
    for (uint32_t s = 0; s < upto; s++)
        load += a->slots[s].owner == worker;
    return load;
}

/* The worker that owned it, else the least loaded holder; one that is leaving only at need. */
static uint32_t choose_owner(const leat_coord_core *core,
                             const leat_coord_cut *cut,
                             const leat_assignment *so_far,
                             uint32_t s)
{
    const leat_coord_slot *slot = &cut->slots[s];
    if (leat_coord_is_usable(core, slot->owner) && leat_worker_set_has(&slot->holders, slot->owner))
        return slot->owner;
    uint32_t best = 0, best_rank = UINT32_MAX;
    for (uint32_t i = 0; i < slot->holders.count; i++) {
        uint32_t worker = slot->holders.workers[i];
        if (!leat_coord_is_alive(core, worker))
            continue;
        uint32_t rank = assigned_load(so_far, s, worker);
        if (!leat_coord_is_usable(core, worker))
            rank += LEAT_PARALLELISM_MAX;
        if (rank < best_rank) {
            best = worker;
            best_rank = rank;
        }
    }
    return best;
}

static uint32_t choose_executor(leat_coord_core *core,
                                const leat_coord_cut *cut,
                                const leat_assignment *so_far,
                                uint32_t s)
{
    uint32_t worker = so_far->slots[s].owner;
    uint32_t count = LEAT_MAX(leat_coord_member_get(core, worker)->executor_count, 1u);
    if (cut->slots[s].owner == worker && cut->slots[s].executor < count)
        return cut->slots[s].executor;
    uint32_t best = 0, best_load = UINT32_MAX;
    for (uint32_t e = 0; e < count; e++) {
        uint32_t load = 0;
        for (uint32_t i = 0; i < cut->slot_count; i++) {
            if (i == s)
                continue;
            const leat_assigned_slot *other = &so_far->slots[i];
            bool is_placed = i < s;
            uint32_t owner = is_placed ? other->owner : cut->slots[i].owner;
            uint32_t executor = is_placed ? other->executor : cut->slots[i].executor;
            load += owner == worker && executor == e;
        }
        if (load < best_load) {
            best = e;
            best_load = load;
        }
    }
    return best;
}

/* Keep the cut, take owners from holders. False: `*out_missing` has no live holder. */
static bool assign_again(leat_coord_core *core,
                         uint32_t key_group_count,
                         const leat_coord_cut *cut,
                         leat_assignment *out,
                         uint32_t *out_missing)
{
    leat_assignment_init(out, key_group_count, cut->slot_count);
    memcpy(out->key_groups, cut->key_groups, key_group_count * sizeof *cut->key_groups);
    for (uint32_t s = 0; s < cut->slot_count; s++) {
        const leat_coord_slot *slot = &cut->slots[s];
        leat_assigned_slot *assigned = &out->slots[s];
        assigned->owner = choose_owner(core, cut, out, s);
        if (assigned->owner == 0) {
            *out_missing = s;
            return false;
        }
        assigned->executor = choose_executor(core, cut, out, s);
        leat_worker_set_add(&assigned->copies, assigned->owner);
        for (uint32_t i = 0; i < slot->in_sync.count; i++) {
            uint32_t worker = slot->in_sync.workers[i];
            bool is_fit =
                leat_coord_is_alive(core, worker) && leat_worker_set_has(&slot->holders, worker);
            if (is_fit && assigned->copies.count < LEAT_REPLICAS_MAX)
                leat_worker_set_add(&assigned->copies, worker);
        }
    }
    return true;
}

uint32_t leat_coord_usable_workers(const leat_coord_core *core, leat_usable_worker *out)
{
    uint32_t count = 0;
    for (size_t i = 0; i < core->members.count; i++) {
        const leat_member *member = core->members.items[i];
        if (leat_coord_is_usable(core, member->worker) && member->executor_count > 0)
            out[count++] = (leat_usable_worker){member->worker, member->executor_count};
    }
    return count;
}

/* Nothing was completed yet: whoever is here will do. False when they are too few. */
static bool
assign_fresh(const leat_coord_core *core, const leat_coord_job *job, leat_assignment *out)
{
    leat_usable_worker *workers =
        leat_alloc_zero(LEAT_MAX(core->members.count, (size_t)1), sizeof *workers);
    uint32_t count = leat_coord_usable_workers(core, workers);
    uint32_t executors = 0;
    for (uint32_t i = 0; i < count; i++)
        executors += workers[i].executor_count;
    bool is_enough = count > 0 && count >= job->min_replicas;
    if (is_enough) {
        leat_schedule schedule = {
            .workers = workers,
            .worker_count = count,
            .slot_count = job->parallelism != 0 ? job->parallelism : executors,
            .copy_count = job->replicas,
            .key_group_count = job->key_group_count,
        };
        schedule.slot_count = LEAT_MIN(schedule.slot_count, job->key_group_count);
        schedule.slot_count = LEAT_MIN(schedule.slot_count, (uint32_t)LEAT_PARALLELISM_MAX);
        leat_assignment none = {0};
        leat_schedule_plan(&schedule, &none, out);
    }
    leat_free(workers);
    return is_enough;
}

static void job_wait_for_copies(leat_coord_core *core, leat_coord_job *job, uint32_t missing)
{
    if (job->waiting_ms == 0) {
        job->waiting_ms = core->now_ms;
        leat_coord_say(core, JOB_WAITING, job->job, missing);
    }
    const leat_worker_set *holders = &job->slots[missing].holders;
    leat_buf text = {0};
    leat_buf_print(&text, "no live copy of slot %u at epoch %llu; needed is one of the workers",
                   missing, (unsigned long long)job->completed);
    for (uint32_t i = 0; i < holders->count; i++) {
        const leat_member *member = leat_coord_member_get(core, holders->workers[i]);
        leat_buf_print(&text, " %u (%.40s)", holders->workers[i],
                       member == NULL ? "?" : member->name);
    }
    if (core->now_ms - job->waiting_ms >= core->options.replica_wait_ms) {
        LEAT_MARK(coord_halted_without_copies);
        char reason[LEAT_CONTROL_TEXT_MAX];
        (void)snprintf(reason, sizeof reason, "%s", leat_buf_text(&text));
        leat_coord_job_end(core, job, LEAT_JOB_HALTED, reason);
    } else
        (void)snprintf(job->reason, sizeof job->reason, "%s", leat_buf_text(&text));
    leat_buf_fini(&text);
}

/* Everybody who was in sync is here: no reason to wait for more HELLOs. */
static bool job_is_complete(const leat_coord_core *core, const leat_coord_job *job)
{
    for (uint32_t s = 0; s < job->slot_count; s++) {
        for (uint32_t i = 0; i < job->slots[s].in_sync.count; i++) {
            if (!leat_coord_is_alive(core, job->slots[s].in_sync.workers[i]))
                return false;
        }
    }
    return job->slot_count > 0;
}

static bool somebody_stays(const leat_coord_core *core)
{
    for (size_t i = 0; i < core->members.count; i++) {
        if (leat_coord_is_usable(core, core->members.items[i]->worker))
            return true;
    }
    return false;
}

void leat_coord_job_try_start(leat_coord_core *core, leat_coord_job *job)
{
    if (job->deployment != NULL || leat_coord_job_is_over(job))
        return;
    if (!somebody_stays(core)) {
        job->waiting_ms = 0; /* nobody is here: that is no missing copy */
        return;
    }
    bool is_settling = core->now_ms < core->started_ms + core->options.settle_ms;
    if (is_settling && !job_is_complete(core, job))
        return;
    if (!is_settling && core->now_ms < job->start_at_ms)
        return;
    leat_assignment assignment = {0};
    leat_coord_cut present = leat_coord_job_cut(job);
    uint32_t missing = 0, ignored = 0;
    if (job->completed == 0) {
        if (assign_fresh(core, job, &assignment))
            leat_coord_job_start_with(core, job, &assignment, &present);
        leat_assignment_fini(&assignment);
        return;
    }
    if (assign_again(core, job->key_group_count, &present, &assignment, &missing)) {
        leat_coord_job_start_with(core, job, &assignment, &present);
        leat_assignment_fini(&assignment);
        return;
    }
    leat_assignment_fini(&assignment);
    if (job->before.slot_count > 0 &&
        assign_again(core, job->key_group_count, &job->before, &assignment, &ignored)) {
        LEAT_MARK(coord_went_back_to_the_cut_before);
        leat_coord_job_start_with(core, job, &assignment, &job->before);
    } else
        job_wait_for_copies(core, job, missing);
    leat_assignment_fini(&assignment);
}

/* ---- starting it ---- */

static void
deployment_fill_workers(leat_coord_core *core, const leat_coord_job *job, leat_deployment *d)
{
    uint32_t count = 0;
    for (size_t i = 0; i < core->members.count; i++) {
        const leat_member *member = core->members.items[i];
        bool has_part = false;
        for (uint32_t s = 0; s < job->slot_count && !has_part; s++)
            has_part = leat_worker_set_has(&job->slots[s].in_sync, member->worker);
        if (!has_part)
            continue;
        leat_worker_place *place = &d->workers[count++];
        place->worker = member->worker;
        memcpy(place->endpoint, member->endpoint, sizeof place->endpoint);
    }
    d->worker_count = count;
}

static void deployment_fill_slots(const leat_coord_job *job, leat_deployment *d)
{
    memcpy(d->key_groups, job->key_groups, job->key_group_count * sizeof *job->key_groups);
    for (uint32_t s = 0; s < job->slot_count; s++) {
        const leat_coord_slot *slot = &job->slots[s];
        d->slots[s].worker = slot->owner;
        d->slots[s].executor = slot->executor;
        for (uint32_t i = 0; i < slot->in_sync.count; i++) {
            if (slot->in_sync.workers[i] != slot->owner)
                d->slots[s].standbys[d->slots[s].standby_count++] = slot->in_sync.workers[i];
        }
    }
}

static void deployment_fill_splits(leat_coord_job *job, leat_deployment *d)
{
    uint32_t at = 0, listed = 0;
    LEAT_VEC_EACH (splits, &job->splits) {
        leat_cursor c = leat_cursor_over(leat_buf_bytes(&splits->names));
        for (uint32_t number = 0; number < splits->count; number++) {
            leat_split split = {splits->source, number, leat_cursor_bytes(&c)};
            leat_deployment_set_split(d, at++, &split);
        }
        if (splits->is_final)
            d->listed_sources[listed++] = splits->source;
    }
}

static leat_deployment *deployment_of(leat_coord_core *core, leat_coord_job *job)
{
    leat_deployment_sizes sizes = {
        .key_group_count = job->key_group_count,
        .slot_count = job->slot_count,
        .worker_count = (uint32_t)core->members.count,
        .manifest_count = job->manifest_count,
    };
    LEAT_VEC_EACH (splits, &job->splits) {
        sizes.split_count += splits->count;
        sizes.listed_count += splits->is_final;
    }
    leat_deployment *d = leat_deployment_new(&sizes);
    d->job = job->job;
    d->generation = job->generation;
    d->restore_epoch = job->completed;
    d->plan = leat_blob_ref(job->plan);
    deployment_fill_workers(core, job, d);
    deployment_fill_slots(job, d);
    deployment_fill_splits(job, d);
    if (job->manifest_count > 0)
        memcpy(d->manifests, job->manifests, job->manifest_count * sizeof *d->manifests);
    LEAT_ASSERT(leat_deployment_check(d));
    return d;
}

/* Those who had a part in the last generation and have none now must hear that it is over. */
static void fence_others(leat_coord_core *core,
                         leat_coord_job *job,
                         const leat_worker_set *before,
                         uint32_t before_count)
{
    leat_control fenced = leat_coord_job_message(job, LEAT_CONTROL_FENCED);
    for (size_t i = 0; i < core->members.count; i++) {
        uint32_t worker = core->members.items[i]->worker;
        if (!core->members.items[i]->is_alive ||
            leat_deployment_worker(job->deployment, worker) != NULL)
            continue;
        for (uint32_t s = 0; s < before_count; s++) {
            if (leat_worker_set_has(&before[s], worker)) {
                leat_coord_tell(core, worker, fenced);
                break;
            }
        }
    }
}

void leat_coord_job_start_with(leat_coord_core *core,
                               leat_coord_job *job,
                               const leat_assignment *assignment,
                               const leat_coord_cut *from)
{
    uint32_t before_count = job->slot_count;
    leat_worker_set *before = leat_alloc_zero(LEAT_MAX(before_count, 1u), sizeof *before);
    for (uint32_t s = 0; s < before_count; s++)
        before[s] = job->slots[s].in_sync;

    leat_coord_log_generation(core, job, assignment, from);
    leat_deployment_unref(&job->deployment);
    job->deployment = deployment_of(core, job);
    job->is_started = false;
    job->has_completed = false;
    job->open_epoch = 0;
    job->aborts = 0;
    job->waiting_ms = 0;
    job->park_epoch = 0;
    job->deployed_ms = core->now_ms;
    job->restart_count += job->generation > 1;
    if (job->state == LEAT_JOB_CREATED)
        leat_coord_job_move(core, job, LEAT_JOB_DEPLOYING);
    leat_coord_say(core, GENERATION, job->job, job->generation, job->completed, job->slot_count);
    leat_coord_changed(core, job->job);

    leat_control deploy = leat_coord_job_message(job, LEAT_CONTROL_DEPLOY);
    deploy.deploy.deployment = leat_deployment_ref(job->deployment);
    leat_coord_job_tell(core, job, &deploy, false);
    leat_control_fini(&deploy);
    fence_others(core, job, before, before_count);
    leat_free(before);
}

/* ---- READY, START ---- */

static void job_go(leat_coord_core *core, leat_coord_job *job)
{
    job->is_started = true;
    if (job->state != LEAT_JOB_STOPPING) {
        leat_coord_job_move(core, job, LEAT_JOB_RUNNING);
        job->reason[0] = '\0';
    }
    leat_coord_say(core, STARTED, job->job, job->generation);
    if (job->lost_ms != 0)
        job->last_recovery_ms = core->now_ms - job->lost_ms;
    job->lost_ms = 0;
    job->next_epoch_ms = core->now_ms + (job->completed == 0 ? job->epoch_interval_ms : 0);
    job->wants_epoch = false;
    job->is_target_stale = true;
    leat_control start = leat_coord_job_message(job, LEAT_CONTROL_START);
    leat_coord_job_tell(core, job, &start, true);
    if (job->wish == LEAT_WISH_DRAIN) {
        leat_control drain = leat_coord_job_message(job, LEAT_CONTROL_DRAIN);
        leat_coord_job_tell(core, job, &drain, true);
    }
    leat_coord_epoch_consider(core, job);
}

void leat_coord_job_check_ready(leat_coord_core *core, leat_coord_job *job)
{
    if (job->deployment == NULL || job->is_started)
        return;
    for (uint32_t s = 0; s < job->slot_count; s++) {
        for (uint32_t i = 0; i < job->slots[s].in_sync.count; i++) {
            if (!leat_worker_set_has(&job->slots[s].ready, job->slots[s].in_sync.workers[i]))
                return;
        }
    }
    if (job->completed_is_last)
        leat_coord_job_check_done(core, job); /* READY says that everything is visible */
    else
        job_go(core, job);
}

void leat_coord_job_ready(leat_coord_core *core,
                          leat_coord_job *job,
                          uint32_t worker,
                          const leat_control *message)
{
    leat_coord_slot *slot = &job->slots[message->slot];
    if (!leat_worker_set_has(&slot->in_sync, worker))
        return;
    leat_worker_set_add(&slot->ready, worker);
    if (slot->owner == worker)
        slot->sink_done = LEAT_MAX(slot->sink_done, job->deployment->restore_epoch);
    leat_coord_job_check_ready(core, job);
}

/* ---- losing ---- */

void leat_coord_copy_remove(leat_coord_core *core, leat_coord_job *job, uint32_t s, uint32_t worker)
{
    leat_coord_log_copy(core, job, s, worker, 0);
    leat_coord_say(core, COPY_REMOVED, job->job, s, worker);
    job->slots[s].shrunk_ms = core->now_ms;
    job->is_target_stale = true;
    leat_control unfollow = leat_coord_job_message(job, LEAT_CONTROL_UNFOLLOW);
    unfollow.slot = s;
    unfollow.unfollow.worker = worker;
    leat_coord_tell(core, job->slots[s].owner, unfollow);
    leat_coord_tell(core, worker, unfollow);
}

void leat_coord_job_member_lost(leat_coord_core *core, leat_coord_job *job, uint32_t worker)
{
    if (job->deployment == NULL)
        return;
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (job->slots[s].owner == worker) {
            char reason[64];
            (void)snprintf(reason, sizeof reason, "worker %u was lost", worker);
            leat_coord_job_restart(core, job, reason);
            return;
        }
    }
    leat_coord_moves_lost(core, job, worker);
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (leat_worker_set_has(&job->slots[s].in_sync, worker))
            leat_coord_copy_remove(core, job, s, worker);
    }
    leat_coord_job_check_ready(core, job);
    leat_coord_epoch_check(core, job);
}

/* A deployment that does not get READY: do without the standbys that are late, start over when
 * an owner is. */
static void job_deploy_timeout(leat_coord_core *core, leat_coord_job *job)
{
    LEAT_MARK(coord_deploy_timeout);
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (!leat_worker_set_has(&job->slots[s].ready, job->slots[s].owner)) {
            leat_coord_job_restart(core, job, "an owner did not get ready in time");
            return;
        }
    }
    for (uint32_t s = 0; s < job->slot_count; s++) {
        leat_worker_set in_sync = job->slots[s].in_sync;
        for (uint32_t i = 0; i < in_sync.count; i++) {
            if (!leat_worker_set_has(&job->slots[s].ready, in_sync.workers[i]))
                leat_coord_copy_remove(core, job, s, in_sync.workers[i]);
        }
    }
    leat_coord_job_check_ready(core, job);
}

void leat_coord_recovery_tick(leat_coord_core *core, leat_coord_job *job)
{
    if (job->deployment == NULL)
        leat_coord_job_try_start(core, job);
    else if (!job->is_started && core->now_ms - job->deployed_ms >= LEAT_COORD_DEPLOY_TIMEOUT_MS)
        job_deploy_timeout(core, job);
}
