/* SPDX-License-Identifier: Apache-2.0
 *
 * epochs - barriers out, DURABLE in, one record when an epoch is complete.
 *
 * An epoch that is not complete is nothing: aborting it is forgetting it. The next barrier says
 * what is completed, so whoever froze something for an epoch in between folds it back.
 */
#include "coordinator/core/state.h"

#include <stdio.h>

#include "common/base/mark.h"
#include "common/base/mutant.h"

static bool job_has_ended(const leat_coord_job *job)
{
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (!job->slots[s].has_ended)
            return false;
    }
    return true;
}

static bool job_has_copies(const leat_coord_job *job)
{
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (job->slots[s].in_sync.count < job->min_replicas)
            return false;
    }
    return true;
}

leat_control leat_coord_epoch_barrier(const leat_coord_job *job)
{
    leat_control barrier = leat_coord_job_message(job, LEAT_CONTROL_BARRIER);
    barrier.barrier.epoch = job->open_epoch;
    barrier.barrier.completed = job->completed;
    barrier.barrier.flags = job->open_is_last ? LEAT_BARRIER_LAST : 0;
    return barrier;
}

static void epoch_open(leat_coord_core *core, leat_coord_job *job, bool is_last)
{
    if (leat_mutant(LEAT_MUTANT_epoch_reuse))
        job->next_epoch = job->completed + 1;
    if (job->next_epoch >= job->epoch_block_end)
        leat_coord_log_epoch_block(core, job, job->next_epoch + LEAT_COORD_EPOCH_BLOCK);
    job->open_epoch = job->next_epoch++;
    LEAT_ASSERT(job->open_epoch > job->completed); /* I2 */
    job->open_is_last = is_last;
    job->opened_ms = core->now_ms;
    job->wants_epoch = false;
    for (uint32_t s = 0; s < job->slot_count; s++) {
        job->slots[s].durable = (leat_worker_set){0};
        job->slots[s].durable_hash = 0;
    }
    leat_coord_say(core, EPOCH_OPEN, job->job, job->open_epoch, job->completed);
    leat_control barrier = leat_coord_epoch_barrier(job);
    leat_coord_job_tell(core, job, &barrier, true);
}

void leat_coord_epoch_consider(leat_coord_core *core, leat_coord_job *job)
{
    if (!job->is_started || job->open_epoch != 0 || job->completed_is_last)
        return; /* C1 */
    bool has_ended = job_has_ended(job);
    bool is_last = has_ended || job->wish == LEAT_WISH_STOP;
    bool is_due = core->now_ms >= job->next_epoch_ms;
    bool is_wanted = (job->wants_epoch || is_last) && job->aborts == 0;
    if (!is_due && !is_wanted)
        return;
    leat_coord_moves_admit(core, job);
    if (leat_coord_moves_is_due(core, job)) {
        leat_coord_moves_take(core, job);
        return;
    }
    if (job_has_copies(job))
        epoch_open(core, job, is_last);
}

static void tell_decided(leat_coord_core *core, leat_coord_job *job, uint64_t completed)
{
    leat_control decided = leat_coord_job_message(job, LEAT_CONTROL_DECIDED);
    decided.decided.completed = completed;
    leat_coord_job_tell(core, job, &decided, false);
}

static void epoch_complete(leat_coord_core *core, leat_coord_job *job)
{
    if (leat_mutant(LEAT_MUTANT_complete_before_durable))
        tell_decided(core, job, job->open_epoch);
    leat_coord_log_epoch_done(core, job);
    LEAT_MARK(coord_epoch_done_logged);
    leat_coord_say(core, EPOCH_DONE, job->job, job->completed);
    job->open_epoch = 0;
    job->aborts = 0;
    job->failed_starts = 0;
    job->has_completed = true;
    if (job->state == LEAT_JOB_RUNNING)
        job->reason[0] = '\0';                          /* what was in the way is not any more */
    job->is_target_stale |= job->target.slot_count > 0; /* holders shrank: who waited may learn */
    job->completed_ms = core->now_ms;
    job->epoch_count++;
    job->epochs_ms += core->now_ms - job->opened_ms;
    job->next_epoch_ms = LEAT_MAX(job->opened_ms + job->epoch_interval_ms, core->now_ms);
    leat_coord_changed(core, job->job);
    if (!leat_mutant(LEAT_MUTANT_complete_before_durable))
        tell_decided(core, job, job->completed);
    leat_coord_job_check_done(core, job);
    if (job->is_started && leat_coord_moves_is_due(core, job))
        leat_coord_moves_take(core, job);
}

/* When a copy was given up, those left must prove that they live: else an epoch could complete
 * on the word of a disk that is gone by now, while the copy given up still has the one before. */
static bool is_heard_since(leat_coord_core *core, uint32_t worker, int64_t since_ms)
{
    return since_ms == 0 || leat_coord_member_get(core, worker)->heard_ms > since_ms;
}

static bool slot_is_durable(leat_coord_core *core, const leat_coord_slot *slot)
{
    if (leat_mutant(LEAT_MUTANT_ack_without_standby))
        return leat_worker_set_has(&slot->durable, slot->owner);
    for (uint32_t i = 0; i < slot->in_sync.count; i++) {
        uint32_t worker = slot->in_sync.workers[i];
        if (!leat_worker_set_has(&slot->durable, worker) ||
            !is_heard_since(core, worker, slot->shrunk_ms))
            return false;
    }
    return true;
}

/* C2: complete the open epoch when every copy that counts has it. */
void leat_coord_epoch_check(leat_coord_core *core, leat_coord_job *job)
{
    if (job->open_epoch == 0 || job->deployment == NULL || !job_has_copies(job))
        return;
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (!slot_is_durable(core, &job->slots[s]))
            return;
    }
    epoch_complete(core, job);
}

void leat_coord_epoch_durable(leat_coord_core *core,
                              leat_coord_job *job,
                              const leat_control *message)
{
    leat_coord_slot *slot = &job->slots[message->slot];
    if (!leat_worker_set_has(&slot->in_sync, message->durable.replica)) {
        leat_coord_moves_durable(job, message);
        return;
    }
    if (message->durable.epoch != job->open_epoch || job->open_epoch == 0)
        return; /* of an aborted epoch, or said twice */
    if (slot->durable.count > 0 && slot->durable_hash != message->durable.hash) {
        LEAT_MARK(coord_copies_differ);
        leat_coord_job_end(core, job, LEAT_JOB_HALTED,
                           "two copies of one delta differ: a disk or a network lies");
        return;
    }
    slot->durable_hash = message->durable.hash;
    leat_worker_set_add(&slot->durable, message->durable.replica);
    leat_coord_say(core, EPOCH_DURABLE, job->job, job->open_epoch, message->slot,
                   message->durable.replica);
    leat_coord_epoch_check(core, job);
}

void leat_coord_epoch_abort(leat_coord_core *core, leat_coord_job *job, const char *reason)
{
    if (job->open_epoch == 0)
        return;
    (void)snprintf(job->reason, sizeof job->reason, "%s", reason);
    leat_coord_say(core, EPOCH_ABORT, job->job, job->open_epoch);
    LEAT_MARK(coord_epoch_aborted);
    leat_coord_changed(core, job->job);
    job->open_epoch = 0;
    job->aborted_count++;
    job->aborts++;
    job->next_epoch_ms = core->now_ms + job->epoch_interval_ms / 4;
    if (job->aborts >= LEAT_COORD_ABORTS_MAX)
        leat_coord_job_restart(core, job, reason);
}

void leat_coord_epoch_nack(leat_coord_core *core, leat_coord_job *job, const leat_control *message)
{
    uint32_t worker = message->nack.replica, s = message->slot;
    leat_coord_slot *slot = &job->slots[s];
    if (message->nack.epoch == 0) { /* it cannot restore: not a holder after all */
        if (!leat_worker_set_has(&slot->in_sync, worker) || job->is_started)
            return;
        LEAT_MARK(coord_copy_cannot_restore);
        leat_coord_say(core, COPY_LOST, job->job, s, worker);
        leat_coord_log_copy(core, job, s, worker, -1);
        leat_coord_job_restart(core, job, message->nack.text);
        return;
    }
    if (leat_coord_moves_nack(core, job, message))
        return;
    if (message->nack.epoch != job->open_epoch || !leat_worker_set_has(&slot->in_sync, worker))
        return;
    if (slot->owner == worker) {
        leat_coord_epoch_abort(core, job, message->nack.text);
        return;
    }
    LEAT_MARK(coord_standby_cannot_follow);
    leat_coord_copy_remove(core, job, s, worker);
    leat_coord_epoch_check(core, job);
}

/* The open epoch takes too long: go on without standbys that are late; without an owner there
 * is no epoch. */
static void epoch_timeout(leat_coord_core *core, leat_coord_job *job)
{
    LEAT_MARK(coord_epoch_timeout);
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (!leat_worker_set_has(&job->slots[s].durable, job->slots[s].owner)) {
            leat_coord_epoch_abort(core, job, "epochs take too long");
            return;
        }
    }
    for (uint32_t s = 0; s < job->slot_count; s++) {
        leat_worker_set in_sync = job->slots[s].in_sync;
        for (uint32_t i = 0; i < in_sync.count; i++) {
            if (!leat_worker_set_has(&job->slots[s].durable, in_sync.workers[i]))
                leat_coord_copy_remove(core, job, s, in_sync.workers[i]);
        }
    }
    if (!job_has_copies(job)) {
        leat_coord_epoch_abort(core, job, "too few copies are in sync");
        return;
    }
    leat_coord_epoch_check(core, job);
}

void leat_coord_epochs_tick(leat_coord_core *core, leat_coord_job *job)
{
    int64_t timeout_ms = core->options.epoch_timeout_ms;
    if (timeout_ms == 0)
        timeout_ms = LEAT_MAX(10 * job->epoch_interval_ms, (int64_t)LEAT_EPOCH_TIMEOUT_MS_MIN);
    if (job->open_epoch != 0 && core->now_ms - job->opened_ms >= timeout_ms)
        epoch_timeout(core, job);
    leat_coord_epoch_check(core, job); /* somebody may have been heard since */
}
