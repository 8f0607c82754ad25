/* SPDX-License-Identifier: Apache-2.0
 *
 * deployments - generations on this worker: roles taken and dropped, slots opened and closed,
 * and everything that slots and the coordinator say to each other through the control thread.
 *
 * I1: a generation is on disk before anything of it is answered; a lower one is never acted on.
 */
#include "worker/core/state.h"

#include "common/base/bitset.h"
#include "common/base/mark.h"

leat_control
leat_worker_job_message(const leat_worker_job *job, leat_control_kind kind, uint32_t slot)
{
    return (leat_control){
        .kind = kind, .job = job->job, .slot = slot, .generation = job->generation};
}

leat_own_slot *leat_worker_own(leat_worker_job *job, uint32_t slot)
{
    LEAT_VEC_EACH (own, &job->own) {
        if (own->slot == slot)
            return own;
    }
    return NULL;
}

static void send_down(leat_worker_core *core,
                      const leat_worker_job *job,
                      const leat_own_slot *own,
                      leat_down down)
{
    down.job = job->job;
    down.slot = own->slot;
    down.generation = job->generation;
    leat_worker_action *action = leat_worker_act(core, LEAT_WORKER_SEND_SLOT);
    action->down = down;
    action->executor = own->executor;
}

static void own_slot_fini(leat_own_slot *own)
{
    leat_own_slot_forget_delta(own);
    leat_vec_fini(&own->chunks);
    LEAT_VEC_EACH (follower, &own->followers)
        leat_follower_fini(follower);
    leat_vec_fini(&own->followers);
    leat_controls_fini(&own->said);
}

static void job_clear(leat_worker_job *job)
{
    LEAT_VEC_EACH (own, &job->own)
        own_slot_fini(own);
    leat_vec_clear(&job->own);
    LEAT_VEC_EACH (copied, &job->copied)
        leat_copied_slot_fini(copied);
    leat_vec_clear(&job->copied);
    leat_deployment_unref(&job->deployment);
    job->generation = 0;
    job->is_open = false;
    job->has_kept = false;
    job->barrier = 0;
    job->opening_count = 0;
    job->reopen_ms = 0;
}

void leat_worker_job_free(leat_worker_job **job)
{
    leat_worker_job *old = LEAT_TAKE(*job);
    if (old == NULL)
        return;
    job_clear(old);
    leat_vec_fini(&old->own);
    leat_vec_fini(&old->copied);
    leat_free(old);
}

/* Forget everything volatile of the generation under way. */
void leat_worker_job_drop(leat_worker_core *core, leat_worker_job *job)
{
    if (job->generation == 0)
        return;
    leat_worker_say(core, DROPPED, job->job, job->generation);
    LEAT_VEC_EACH (own, &job->own) {
        if (job->is_open)
            send_down(core, job, own, (leat_down){.kind = LEAT_DOWN_CLOSE});
    }
    job_clear(job);
}

/* Which key groups this worker has a part in, as the disk must know before their first delta.
 * `everything`: at a start, until an epoch of the generation completes, nothing is given up, for
 * this disk may hold one of the last copies of what it is not responsible for any more. */
void leat_worker_job_keep(leat_worker_core *core,
                          leat_worker_job *job,
                          bool everything,
                          const leat_ticket *waiting)
{
    const leat_deployment *d = job->deployment;
    size_t words = (d->key_group_count + 63) / 64;
    leat_blob *bitmap = leat_blob_new(words * sizeof(uint64_t));
    uint64_t *bits = leat_alloc_zero(words, sizeof *bits);
    for (uint32_t g = 0; g < d->key_group_count; g++) {
        uint32_t slot = d->key_groups[g];
        bool is_kept = everything || leat_worker_own(job, slot) != NULL ||
                       leat_worker_copied(job, slot) != NULL;
        if (is_kept)
            bits[g / 64] |= UINT64_C(1) << (g % 64);
    }
    memcpy(leat_blob_data(bitmap), bits, words * sizeof *bits);
    leat_free(bits);
    leat_disk_op op = {.kind = LEAT_DISK_KEEP, .job = job->job, .generation = job->generation};
    op.bytes = bitmap;
    op.deployment = leat_deployment_ref(job->deployment);
    leat_worker_disk(core, op, waiting);
}

static void job_take_roles(leat_worker_core *core, leat_worker_job *job)
{
    const leat_deployment *d = job->deployment;
    for (uint32_t s = 0; s < d->slot_count; s++) {
        const leat_slot_place *place = &d->slots[s];
        if (place->worker == core->worker) {
            leat_own_slot *own = leat_vec_add(&job->own);
            own->slot = s;
            own->executor = place->executor;
            for (uint32_t i = 0; i < place->standby_count; i++) {
                leat_follower *follower = leat_vec_add(&own->followers);
                follower->place = *leat_deployment_worker(d, place->standbys[i]);
            }
        } else if (leat_deployment_is_standby(d, s, core->worker)) {
            leat_copied_slot *copied = leat_vec_add(&job->copied);
            copied->slot = s;
            copied->owner = *leat_deployment_worker(d, place->worker);
        }
    }
}

/* What must be on disk before the generation is answered. A generation that this disk knew before
 * was purged then: what is newer than its restore epoch may count by now. */
static void job_begin_opening(leat_worker_core *core, leat_worker_job *job)
{
    leat_ticket waiting = {0};
    job->has_opening_failed = false;
    job->reopen_ms = 0;
    job->opening_count = 1;
    if (job->needs_purge) {
        job->opening_count++;
        leat_disk_op op = {.kind = LEAT_DISK_GENERATION, .job = job->job};
        op.generation = job->generation;
        op.epoch = job->deployment->restore_epoch;
        leat_worker_disk(core, op, &waiting);
    }
    leat_worker_job_keep(core, job, true, &waiting);
}

void leat_worker_deploy(leat_worker_core *core, leat_deployment *deployment)
{
    if (deployment == NULL || !leat_deployment_check(deployment))
        return;
    leat_worker_job *job = leat_worker_job_add(core, deployment->job);
    if (deployment->generation < job->generation_seen) {
        LEAT_MARK(worker_stale_deployment);
        leat_worker_say(core, STALE, job->job, deployment->generation, job->generation_seen);
        return; /* I1 */
    }
    if (deployment->generation == job->generation)
        return; /* said again in a new session */
    leat_worker_job_drop(core, job);
    job->deployment = leat_deployment_ref(deployment);
    job->generation = deployment->generation;
    job_take_roles(core, job);
    leat_worker_say(core, DEPLOYED, job->job, job->generation, job->own.count, job->copied.count);

    job->needs_purge = job->generation > job->generation_seen;
    job->generation_seen = job->generation;
    leat_worker_decide(core, job, deployment->restore_epoch);
    job_begin_opening(core, job);
}

/* The generation is on disk: slots may be opened, standbys are ready. */
static void job_open(leat_worker_core *core, leat_worker_job *job)
{
    job->is_open = true;
    LEAT_MARK(worker_generation_on_disk);
    LEAT_VEC_EACH (own, &job->own) {
        leat_down open = {.kind = LEAT_DOWN_OPEN};
        open.deployment = leat_deployment_ref(job->deployment);
        send_down(core, job, own, open);
    }
    LEAT_VEC_EACH (copied, &job->copied)
        leat_worker_copied_ready(core, job, copied);
}

void leat_worker_opening_done(leat_worker_core *core, leat_worker_job *job, leat_code code)
{
    LEAT_ASSERT(job->opening_count > 0);
    job->has_opening_failed |= code != LEAT_OK;
    if (--job->opening_count > 0)
        return;
    if (!job->has_opening_failed) {
        job_open(core, job);
        return;
    }
    LEAT_MARK(worker_generation_does_not_fit);
    job->reopen_ms = core->now_ms + LEAT_WORKER_RESEND_MS; /* a full disk: there may be room then */
}

void leat_worker_deployments_tick(leat_worker_core *core, leat_worker_job *job)
{
    if (job->reopen_ms != 0 && core->now_ms >= job->reopen_ms)
        job_begin_opening(core, job);
}

/* A new session: everything that still matters, in the order in which it was first said. */
void leat_worker_job_report(leat_worker_core *core, leat_worker_job *job)
{
    LEAT_VEC_EACH (own, &job->own) {
        LEAT_VEC_EACH (message, &own->said)
            leat_worker_tell(core, leat_control_copy(message));
    }
    LEAT_VEC_EACH (copied, &job->copied) {
        LEAT_VEC_EACH (message, &copied->said)
            leat_worker_tell(core, leat_control_copy(message));
    }
}

/* ---- from the coordinator ---- */

static void job_undeploy(leat_worker_core *core, leat_worker_job *job, const leat_control *message)
{
    leat_worker_job_drop(core, job);
    if (!message->undeploy.forget)
        return;
    leat_vec_push(&core->forgotten, job->job);
    leat_worker_forget_waiting(core);
}

void leat_worker_forget_waiting(leat_worker_core *core)
{
    while (!core->is_merging && core->forgotten.count > 0) {
        leat_disk_op op = {.kind = LEAT_DISK_FORGET, .job = leat_vec_pop(&core->forgotten)};
        leat_worker_disk(core, op, NULL);
    }
}

static void tell_slots(leat_worker_core *core, leat_worker_job *job, const leat_control *message)
{
    LEAT_VEC_EACH (own, &job->own) {
        leat_down down = {0};
        if (message->kind == LEAT_CONTROL_START)
            down.kind = LEAT_DOWN_START;
        else if (message->kind == LEAT_CONTROL_DRAIN)
            down.kind = LEAT_DOWN_DRAIN;
        else {
            down.kind = LEAT_DOWN_SPLITS;
            down.source = message->splits.source;
            down.first = message->splits.first;
            down.is_final = message->splits.is_final;
            down.names = leat_blob_ref(message->splits.names);
        }
        send_down(core, job, own, down);
    }
}

void leat_worker_job_message_in(leat_worker_core *core, leat_control *message)
{
    leat_worker_job *job = leat_worker_job_get(core, message->job);
    if (job == NULL)
        return;
    if (message->kind == LEAT_CONTROL_FENCED) {
        if (job->generation < message->generation)
            leat_worker_job_drop(core, job);
        return;
    }
    if (message->kind == LEAT_CONTROL_UNDEPLOY) {
        if (job->generation <= message->generation)
            job_undeploy(core, job, message);
        return;
    }
    if (message->generation != job->generation) {
        LEAT_MARK(worker_message_of_another_generation);
        return;
    }
    if (message->kind == LEAT_CONTROL_BARRIER)
        leat_worker_barrier(core, job, message);
    else if (message->kind == LEAT_CONTROL_DECIDED)
        leat_worker_decide(core, job, message->decided.completed);
    else if (message->kind == LEAT_CONTROL_FOLLOW)
        leat_worker_follow(core, job, message);
    else if (message->kind == LEAT_CONTROL_SEED)
        leat_worker_seed(core, job, message);
    else if (message->kind == LEAT_CONTROL_UNFOLLOW)
        leat_worker_unfollow(core, job, message);
    else if (message->kind == LEAT_CONTROL_START || message->kind == LEAT_CONTROL_DRAIN ||
             message->kind == LEAT_CONTROL_SPLITS) {
        if (job->is_open)
            tell_slots(core, job, message);
    }
}

/* ---- from the slots ---- */

static leat_control
trouble_message(const leat_worker_job *job, const leat_up *up, leat_control_kind kind)
{
    leat_control message = leat_worker_job_message(job, kind, up->slot);
    message.trouble.from_slot = up->from_slot;
    message.trouble.needs_person = up->needs_person;
    memcpy(message.trouble.text, up->text, sizeof message.trouble.text);
    return message;
}

/* What goes on to the coordinator, and is said again in a new session. */
static void slot_said(leat_worker_core *core, leat_worker_job *job, leat_own_slot *own, leat_up *up)
{
    leat_control message = {0};
    if (up->kind == LEAT_UP_READY) {
        leat_worker_say(core, READY, job->job, own->slot);
        message = leat_worker_job_message(job, LEAT_CONTROL_READY, own->slot);
        message.ready.is_owner = true;
    } else if (up->kind == LEAT_UP_CANNOT) {
        message = leat_worker_job_message(job, LEAT_CONTROL_NACK, own->slot);
        message.nack.replica = core->worker;
        memcpy(message.nack.text, up->text, sizeof message.nack.text);
    } else if (up->kind == LEAT_UP_FIRST_OUTPUT)
        message = leat_worker_job_message(job, LEAT_CONTROL_FIRST_OUTPUT, own->slot);
    else if (up->kind == LEAT_UP_SINK_DONE) {
        message = leat_worker_job_message(job, LEAT_CONTROL_SINK_DONE, own->slot);
        message.sink_done.epoch = up->epoch;
    } else if (up->kind == LEAT_UP_SPLITS) {
        message = leat_worker_job_message(job, LEAT_CONTROL_SPLITS, own->slot);
        message.splits.source = up->source;
        message.splits.is_final = up->is_final;
        message.splits.names = LEAT_TAKE(up->bytes);
    } else if (up->kind == LEAT_UP_ENDED)
        message = leat_worker_job_message(job, LEAT_CONTROL_ENDED, own->slot);
    else if (up->kind == LEAT_UP_GAP)
        message = trouble_message(job, up, LEAT_CONTROL_GAP);
    else if (up->kind == LEAT_UP_STALLED)
        message = trouble_message(job, up, LEAT_CONTROL_STALLED);
    else
        message = trouble_message(job, up, LEAT_CONTROL_FAILED);
    leat_worker_tell_lasting(core, &own->said, message);
}

void leat_worker_slot_up(leat_worker_core *core, leat_up *up)
{
    leat_worker_job *job = leat_worker_job_get(core, up->job);
    if (job == NULL || job->generation != up->generation)
        return; /* a slot that was closed meanwhile */
    leat_own_slot *own = leat_worker_own(job, up->slot);
    if (own == NULL)
        return;
    switch (up->kind) {
    case LEAT_UP_CHUNK:
        leat_worker_chunk(core, job, own, up);
        return;
    case LEAT_UP_FROZEN:
        leat_worker_frozen(core, job, own, up);
        return;
    case LEAT_UP_DISK:
        up->op.job = job->job;
        up->op.slot = own->slot;
        leat_worker_act(core, LEAT_WORKER_DISK_WRITE)->op = up->op;
        up->op = (leat_disk_op){0};
        return;
    case LEAT_UP_STATS: {
        leat_control stats = leat_worker_job_message(job, LEAT_CONTROL_STATS, own->slot);
        stats.stats = up->stats;
        leat_worker_tell(core, stats);
        return;
    }
    case LEAT_UP_READY:
    case LEAT_UP_CANNOT:
    case LEAT_UP_FIRST_OUTPUT:
    case LEAT_UP_SINK_DONE:
    case LEAT_UP_SPLITS:
    case LEAT_UP_ENDED:
    case LEAT_UP_GAP:
    case LEAT_UP_STALLED:
    case LEAT_UP_FAILED:
        slot_said(core, job, own, up);
        return;
    case LEAT_UP_NONE:
    case LEAT_UP_KIND_COUNT:
        break;
    }
}

/* The end of a sink file operation goes back to the slot that asked for it. A slot of an older
 * generation is gone: names carry the generation, so nobody else cares. */
void leat_worker_file_done(leat_worker_core *core, leat_disk_done *done)
{
    leat_worker_job *job = leat_worker_job_get(core, done->job);
    if (job == NULL || job->generation != done->generation || !job->is_open)
        return;
    leat_own_slot *own = leat_worker_own(job, done->slot);
    if (own == NULL)
        return;
    leat_down down = {.kind = LEAT_DOWN_DISK_DONE};
    down.done = LEAT_NEW(leat_disk_done);
    *down.done = *done;
    done->bytes = NULL;
    send_down(core, job, own, down);
}
