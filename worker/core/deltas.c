/* SPDX-License-Identifier: Apache-2.0
 *
 * deltas - the epochs of owned slots: to the journal, to the followers, and what is decided.
 *
 * A slot hands over chunks, then the manifest. Both go to the journal and to every follower at
 * once. The newest delta is kept until it is decided, so that a follower that missed part of it
 * gets all of it again; chunks and manifests are absolute, so hearing them twice is harmless.
 */
#include "worker/core/state.h"

#include "common/base/mark.h"
#include "common/base/mutant.h"

void leat_own_slot_forget_delta(leat_own_slot *own)
{
    for (size_t i = 0; i < own->chunks.count; i++)
        leat_blob_unref(&own->chunks.items[i]);
    leat_vec_clear(&own->chunks);
    leat_blob_unref(&own->manifest);
    own->epoch = 0;
    LEAT_VEC_EACH (follower, &own->followers)
        follower->resend_ms = 0;
}

static void send_peer(leat_worker_core *core, const leat_worker_place *to, leat_control message)
{
    leat_worker_action *action = leat_worker_act(core, LEAT_WORKER_SEND_PEER);
    action->place = *to;
    action->message = message;
}

static void send_chunk(leat_worker_core *core,
                       leat_worker_job *job,
                       leat_own_slot *own,
                       const leat_follower *follower,
                       uint32_t index)
{
    leat_control chunk = leat_worker_job_message(job, LEAT_CONTROL_CHUNK, own->slot);
    chunk.chunk.epoch = own->epoch;
    chunk.chunk.index = index;
    chunk.chunk.bytes = leat_blob_ref(own->chunks.items[index]);
    send_peer(core, &follower->place, chunk);
}

static void send_manifest(leat_worker_core *core,
                          leat_worker_job *job,
                          leat_own_slot *own,
                          leat_follower *follower)
{
    leat_control manifest = leat_worker_job_message(job, LEAT_CONTROL_MANIFEST, own->slot);
    manifest.manifest.epoch = own->epoch;
    manifest.manifest.previous = own->previous;
    manifest.manifest.hash = own->hash;
    manifest.manifest.bytes = leat_blob_ref(own->manifest);
    send_peer(core, &follower->place, manifest);
    follower->resend_ms = core->now_ms + follower->patience_ms;
}

void leat_worker_send_delta(leat_worker_core *core,
                            leat_worker_job *job,
                            leat_own_slot *own,
                            leat_follower *follower)
{
    for (size_t i = 0; i < own->chunks.count; i++)
        send_chunk(core, job, own, follower, (uint32_t)i);
    if (own->manifest != NULL)
        send_manifest(core, job, own, follower);
}

static void delta_begin(leat_own_slot *own, uint64_t epoch)
{
    if (own->epoch == epoch)
        return;
    leat_own_slot_forget_delta(own); /* an older one: decided, or aborted and folded back */
    own->epoch = epoch;
    LEAT_VEC_EACH (follower, &own->followers)
        follower->patience_ms = LEAT_WORKER_RESEND_MS;
}

void leat_worker_chunk(leat_worker_core *core,
                       leat_worker_job *job,
                       leat_own_slot *own,
                       leat_up *up)
{
    delta_begin(own, up->epoch);
    LEAT_ASSERT(up->index == own->chunks.count);
    leat_disk_op op = {.kind = LEAT_DISK_CHUNK, .job = job->job, .slot = own->slot};
    op.generation = job->generation;
    op.epoch = up->epoch;
    op.index = up->index;
    op.bytes = leat_blob_ref(up->bytes);
    leat_worker_disk(core, op, NULL);
    leat_vec_push(&own->chunks, LEAT_TAKE(up->bytes));
    LEAT_VEC_EACH (follower, &own->followers)
        send_chunk(core, job, own, follower, up->index);
}

void leat_worker_frozen(leat_worker_core *core,
                        leat_worker_job *job,
                        leat_own_slot *own,
                        leat_up *up)
{
    delta_begin(own, up->epoch);
    own->previous = up->previous;
    own->hash = up->hash;
    own->manifest = LEAT_TAKE(up->bytes);
    leat_worker_say(core, FROZEN, job->job, own->slot, own->epoch, own->previous);
    leat_disk_op op = {.kind = LEAT_DISK_MANIFEST, .job = job->job, .slot = own->slot};
    op.generation = job->generation;
    op.epoch = own->epoch;
    op.previous = own->previous;
    op.hash = own->hash;
    op.is_own = true;
    op.bytes = leat_blob_ref(own->manifest);
    leat_ticket waiting = {.is_own = true};
    leat_worker_disk(core, op, &waiting);
    LEAT_VEC_EACH (follower, &own->followers)
        send_manifest(core, job, own, follower);
}

void leat_worker_chunk_failed(leat_worker_core *core, const leat_disk_done *done)
{
    leat_worker_job *job = leat_worker_job_get(core, done->job);
    leat_own_slot *own = job == NULL ? NULL : leat_worker_own(job, done->slot);
    if (own == NULL)
        return;
    own->failed_epoch = done->epoch;
    memcpy(own->failure, done->text, sizeof own->failure);
}

void leat_worker_own_durable(leat_worker_core *core,
                             const leat_ticket *ticket,
                             const leat_disk_done *done)
{
    leat_worker_job *job = leat_worker_job_get(core, ticket->job);
    leat_own_slot *own = leat_worker_own(job, ticket->slot);
    if (own == NULL)
        return;
    if (done->code != LEAT_OK) {
        LEAT_MARK(worker_own_delta_failed);
        leat_control nack = leat_worker_job_message(job, LEAT_CONTROL_NACK, own->slot);
        nack.nack.epoch = ticket->epoch;
        nack.nack.replica = core->worker;
        bool has_cause = own->failed_epoch == ticket->epoch;
        memcpy(nack.nack.text, has_cause ? own->failure : done->text, sizeof nack.nack.text);
        leat_worker_tell(core, nack);
        return;
    }
    leat_worker_say(core, DURABLE, job->job, own->slot, ticket->epoch);
    LEAT_MARK(worker_own_delta_durable);
    leat_control durable = leat_worker_job_message(job, LEAT_CONTROL_DURABLE, own->slot);
    durable.durable.epoch = ticket->epoch;
    durable.durable.replica = core->worker;
    durable.durable.hash = ticket->hash;
    leat_worker_tell_lasting(core, &own->said, durable);
    if (leat_mutant(LEAT_MUTANT_merge_on_local_durable))
        leat_worker_merge(core, job);
}

static bool is_seeding(leat_worker_job *job)
{
    LEAT_VEC_EACH (copied, &job->copied) {
        if (copied->is_seeding)
            return true;
    }
    return false;
}

void leat_worker_merge(leat_worker_core *core, leat_worker_job *job)
{
    if (core->is_merging || !job->has_kept || leat_worker_disk_is_busy(core, LEAT_DISK_SEED_WRITE))
        return;
    if (is_seeding(job))
        return; /* half a copy: nothing to fold yet */
    core->is_merging = true;
    leat_disk_op op = {.kind = LEAT_DISK_MERGE, .job = job->job, .epoch = job->decided};
    op.generation = job->generation;
    leat_ticket waiting = {0};
    leat_worker_disk(core, op, &waiting);
}

/* I4: to disk first; the journal is in order, so what slots do because of it comes after. */
void leat_worker_decide(leat_worker_core *core, leat_worker_job *job, uint64_t completed)
{
    if (completed <= job->decided)
        return;
    job->decided = completed;
    leat_worker_say(core, DECIDED, job->job, completed);
    leat_disk_op op = {.kind = LEAT_DISK_DECIDED, .job = job->job, .epoch = completed};
    op.generation = job->generation;
    op.is_following = is_seeding(job);
    leat_worker_disk(core, op, NULL);
    LEAT_MARK(worker_decided);
    if (!job->is_open)
        return;
    LEAT_VEC_EACH (own, &job->own) {
        leat_worker_action *action = leat_worker_act(core, LEAT_WORKER_SEND_SLOT);
        action->executor = own->executor;
        action->down = (leat_down){.kind = LEAT_DOWN_DECIDED,
                                   .job = job->job,
                                   .slot = own->slot,
                                   .generation = job->generation,
                                   .completed = completed};
        if (own->epoch != 0 && own->epoch <= completed)
            leat_own_slot_forget_delta(own);
    }
    if (!job->has_kept && completed > job->deployment->restore_epoch) {
        job->has_kept = true;
        leat_worker_job_keep(core, job, false, NULL);
    }
    leat_worker_merge(core, job);
}

void leat_worker_barrier(leat_worker_core *core, leat_worker_job *job, const leat_control *message)
{
    if (!leat_mutant(LEAT_MUTANT_prev_local))
        leat_worker_decide(core, job, message->barrier.completed);
    if (message->barrier.epoch <= job->barrier || !job->is_open)
        return; /* said again in a new session */
    job->barrier = message->barrier.epoch;
    leat_worker_say(core, BARRIER, job->job, job->barrier, message->barrier.completed);
    LEAT_VEC_EACH (own, &job->own) {
        leat_worker_action *action = leat_worker_act(core, LEAT_WORKER_SEND_SLOT);
        action->executor = own->executor;
        action->down = (leat_down){.kind = LEAT_DOWN_BARRIER,
                                   .job = job->job,
                                   .slot = own->slot,
                                   .generation = job->generation,
                                   .epoch = message->barrier.epoch,
                                   .completed = leat_mutant(LEAT_MUTANT_prev_local)
                                                    ? job->decided
                                                    : message->barrier.completed,
                                   .flags = message->barrier.flags};
    }
}

void leat_worker_deltas_tick(leat_worker_core *core, leat_worker_job *job)
{
    LEAT_VEC_EACH (own, &job->own) {
        if (own->manifest == NULL)
            continue;
        LEAT_VEC_EACH (follower, &own->followers) {
            bool is_due = follower->resend_ms != 0 && core->now_ms >= follower->resend_ms &&
                          follower->acked_epoch < own->epoch;
            if (!is_due)
                continue;
            LEAT_MARK(worker_delta_sent_again);
            leat_worker_say(core, RESENT, job->job, own->slot, own->epoch, follower->place.worker);
            follower->patience_ms =
                LEAT_MIN(follower->patience_ms * 2, (int64_t)LEAT_WORKER_RESEND_MAX_MS);
            leat_worker_send_delta(core, job, own, follower);
        }
    }
}
