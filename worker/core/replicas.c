/* SPDX-License-Identifier: Apache-2.0
 *
 * replicas - copies of slots: others' slots kept here, and ours copied to others.
 *
 * A copy acknowledges a delta to the owner when it is stored, so that it is not sent again; to
 * the coordinator only when it is durable and its chain connects here (I3). While the copy is
 * being seeded the chain may not connect, so nothing is acknowledged to the coordinator.
 */
#include "worker/core/state.h"

#include <stdio.h>

#include "common/base/mark.h"
#include "common/base/mutant.h"

void leat_follower_fini(leat_follower *follower)
{
    leat_blob_unref(&follower->piece);
}

void leat_copied_slot_fini(leat_copied_slot *copied)
{
    leat_controls_fini(&copied->said);
    leat_control_fini(&copied->piece);
}

leat_copied_slot *leat_worker_copied(leat_worker_job *job, uint32_t slot)
{
    LEAT_VEC_EACH (copied, &job->copied) {
        if (copied->slot == slot)
            return copied;
    }
    return NULL;
}

static void send_peer(leat_worker_core *core, const leat_worker_place *to, leat_control message)
{
    leat_worker_action *action = leat_worker_act(core, LEAT_WORKER_SEND_PEER);
    action->place = *to;
    action->message = message;
}

/* ---- following ---- */

static void copy_nack(
    leat_worker_core *core, leat_worker_job *job, uint32_t slot, uint64_t epoch, const char *text)
{
    leat_control nack = leat_worker_job_message(job, LEAT_CONTROL_NACK, slot);
    nack.nack.epoch = LEAT_MAX(epoch, UINT64_C(1)); /* 0 would say: cannot restore */
    nack.nack.replica = core->worker;
    (void)snprintf(nack.nack.text, sizeof nack.nack.text, "%s", text);
    leat_worker_tell(core, nack);
}

void leat_worker_copied_ready(leat_worker_core *core,
                              leat_worker_job *job,
                              leat_copied_slot *copied)
{
    leat_control ready = leat_worker_job_message(job, LEAT_CONTROL_READY, copied->slot);
    ready.ready.attempt = copied->attempt;
    leat_worker_tell_lasting(core, &copied->said, ready);
}

void leat_worker_follow(leat_worker_core *core, leat_worker_job *job, leat_control *message)
{
    if (message->slot >= job->deployment->slot_count || leat_worker_own(job, message->slot) != NULL)
        return;
    leat_copied_slot *copied = leat_worker_copied(job, message->slot);
    if (copied != NULL && copied->attempt == message->follow.attempt)
        return; /* said again in a new session */
    if (copied == NULL)
        copied = leat_vec_add(&job->copied);
    else
        leat_copied_slot_fini(copied);
    *copied = (leat_copied_slot){
        .slot = message->slot,
        .attempt = message->follow.attempt,
        .is_seeding = true,
        .owner = message->follow.owner,
    };
    leat_worker_say(core, FOLLOWS, job->job, copied->slot, copied->attempt);
    if (!job->is_open)
        return; /* READY comes when the generation is on disk */
    leat_ticket waiting = {.attempt = copied->attempt};
    leat_worker_job_keep(core, job, !job->has_kept, &waiting);
}

/* Only now may the disk be given anything of the new key groups: before, it would prune them. */
void leat_worker_keep_done(leat_worker_core *core,
                           const leat_ticket *ticket,
                           const leat_disk_done *done)
{
    leat_worker_job *job = leat_worker_job_get(core, ticket->job);
    LEAT_VEC_EACH (copied, &job->copied) {
        if (copied->attempt != ticket->attempt)
            continue;
        if (done->code == LEAT_OK)
            leat_worker_copied_ready(core, job, copied);
        else
            copy_nack(core, job, copied->slot, 1, done->text);
    }
}

static void unfollow_here(leat_worker_job *job, uint32_t slot)
{
    leat_copied_slot *copied = leat_worker_copied(job, slot);
    if (copied == NULL)
        return;
    leat_copied_slot_fini(copied);
    leat_vec_remove(&job->copied, (size_t)(copied - job->copied.items));
    /* Its key groups stay on disk until the next epoch is decided: as long as none has completed
     * without this copy, it may be the last one (seeds 196618, 199447). */
    job->has_kept = false;
}

void leat_worker_unfollow(leat_worker_core *core, leat_worker_job *job, const leat_control *message)
{
    if (message->unfollow.worker == core->worker) {
        unfollow_here(job, message->slot);
        return;
    }
    leat_own_slot *own = leat_worker_own(job, message->slot);
    if (own == NULL)
        return;
    for (size_t i = own->followers.count; i > 0; i--) {
        leat_follower *follower = &own->followers.items[i - 1];
        if (follower->place.worker == message->unfollow.worker) {
            leat_follower_fini(follower);
            leat_vec_remove(&own->followers, i - 1);
        }
    }
}

/* ---- the delta stream, receiving ---- */

static void peer_chunk(leat_worker_core *core, leat_worker_job *job, leat_control *message)
{
    leat_disk_op op = {.kind = LEAT_DISK_CHUNK, .job = job->job, .slot = message->slot};
    op.generation = job->generation;
    op.epoch = message->chunk.epoch;
    op.index = message->chunk.index;
    op.bytes = LEAT_TAKE(message->chunk.bytes);
    leat_worker_disk(core, op, NULL);
}

static void peer_manifest(leat_worker_core *core,
                          leat_worker_job *job,
                          const leat_copied_slot *copied,
                          leat_control *message)
{
    leat_disk_op op = {.kind = LEAT_DISK_MANIFEST, .job = job->job, .slot = message->slot};
    op.generation = job->generation;
    op.epoch = message->manifest.epoch;
    op.previous = message->manifest.previous;
    op.hash = message->manifest.hash;
    bool is_quiet = copied->is_seeding && !copied->is_connecting;
    op.is_following = is_quiet || leat_mutant(LEAT_MUTANT_ack_without_chain);
    op.bytes = LEAT_TAKE(message->manifest.bytes);
    is_quiet &= !leat_mutant(LEAT_MUTANT_ack_without_chain);
    leat_ticket waiting = {.is_following = is_quiet, .attempt = copied->attempt};
    leat_worker_disk(core, op, &waiting);
}

void leat_worker_copy_durable(leat_worker_core *core,
                              const leat_ticket *ticket,
                              const leat_disk_done *done)
{
    leat_worker_job *job = leat_worker_job_get(core, ticket->job);
    leat_copied_slot *copied = leat_worker_copied(job, ticket->slot);
    if (copied == NULL || copied->attempt != ticket->attempt)
        return;
    if (done->code == LEAT_CORRUPT || done->code == LEAT_FENCED)
        return; /* part of it was lost on the way: it is sent again */
    if (done->code != LEAT_OK) {
        leat_worker_say(core, COPY_REFUSED, job->job, ticket->slot, ticket->epoch);
        copy_nack(core, job, ticket->slot, ticket->epoch, done->text);
        return;
    }
    leat_control durable = leat_worker_job_message(job, LEAT_CONTROL_DURABLE, ticket->slot);
    durable.durable.epoch = ticket->epoch;
    durable.durable.replica = core->worker;
    durable.durable.hash = ticket->hash;
    send_peer(core, &copied->owner, durable);
    if (ticket->is_following) {
        copied->stored_epoch = LEAT_MAX(copied->stored_epoch, ticket->epoch);
        return;
    }
    leat_worker_say(core, COPY_DURABLE, job->job, ticket->slot, ticket->epoch);
    LEAT_MARK(worker_copy_durable);
    leat_worker_tell_lasting(core, &copied->said, durable);
}

/* ---- the delta stream, sending ---- */

static void peer_durable(leat_worker_job *job, const leat_control *message)
{
    leat_own_slot *own = leat_worker_own(job, message->slot);
    if (own == NULL)
        return;
    LEAT_VEC_EACH (follower, &own->followers) {
        if (follower->place.worker != message->durable.replica)
            continue;
        follower->acked_epoch = LEAT_MAX(follower->acked_epoch, message->durable.epoch);
        if (message->durable.epoch == own->epoch)
            follower->resend_ms = 0;
    }
}

/* ---- seeding: the owner reads pieces, one on its way at a time ---- */

static leat_follower *find_follower(leat_own_slot *own, uint32_t worker)
{
    LEAT_VEC_EACH (follower, &own->followers) {
        if (follower->place.worker == worker)
            return follower;
    }
    return NULL;
}

static void read_piece(leat_worker_core *core,
                       leat_worker_job *job,
                       const leat_own_slot *own,
                       const leat_follower *follower)
{
    leat_disk_op op = {.kind = LEAT_DISK_SEED_READ, .job = job->job, .slot = own->slot};
    op.generation = job->generation;
    op.position = follower->position;
    op.deployment = leat_deployment_ref(job->deployment);
    leat_ticket waiting = {.worker = follower->place.worker, .attempt = follower->attempt};
    leat_worker_disk(core, op, &waiting);
}

void leat_worker_seed(leat_worker_core *core, leat_worker_job *job, const leat_control *message)
{
    leat_own_slot *own = leat_worker_own(job, message->slot);
    if (own == NULL || !job->is_open)
        return;
    leat_follower *follower = find_follower(own, message->seed.to.worker);
    if (follower != NULL && follower->attempt == message->seed.attempt)
        return; /* said again in a new session */
    if (follower == NULL)
        follower = leat_vec_add(&own->followers);
    else
        leat_follower_fini(follower);
    *follower = (leat_follower){
        .place = message->seed.to,
        .attempt = message->seed.attempt,
        .patience_ms = LEAT_WORKER_RESEND_MS,
    };
    leat_worker_say(core, SEEDS, job->job, own->slot, follower->place.worker);
    /* Live deltas first, from the one under way on, then the copy: nothing falls between. */
    leat_worker_send_delta(core, job, own, follower);
    read_piece(core, job, own, follower);
}

static void send_piece(leat_worker_core *core,
                       leat_worker_job *job,
                       const leat_own_slot *own,
                       leat_follower *follower)
{
    leat_control page = leat_worker_job_message(job, LEAT_CONTROL_SEED_PAGE, own->slot);
    page.seed_page.attempt = follower->attempt;
    page.seed_page.number = follower->number;
    page.seed_page.is_last = follower->is_last_piece;
    page.seed_page.bytes = leat_blob_ref(follower->piece);
    send_peer(core, &follower->place, page);
    follower->piece_resend_ms = core->now_ms + LEAT_WORKER_RESEND_MS;
}

void leat_worker_seed_read_done(leat_worker_core *core,
                                const leat_ticket *ticket,
                                leat_disk_done *done)
{
    leat_worker_job *job = leat_worker_job_get(core, ticket->job);
    leat_own_slot *own = leat_worker_own(job, ticket->slot);
    leat_follower *follower = own == NULL ? NULL : find_follower(own, ticket->worker);
    if (follower == NULL || follower->attempt != ticket->attempt)
        return;
    if (done->code != LEAT_OK) {
        follower->piece_resend_ms = core->now_ms + LEAT_WORKER_RESEND_MS; /* read it again then */
        return;
    }
    follower->piece = LEAT_TAKE(done->bytes);
    follower->position = done->position;
    follower->is_last_piece = done->is_last;
    send_piece(core, job, own, follower);
}

static void peer_seed_ack(leat_worker_core *core, leat_worker_job *job, const leat_control *message)
{
    leat_own_slot *own = leat_worker_own(job, message->slot);
    leat_follower *follower = own == NULL ? NULL : find_follower(own, message->seed_ack.worker);
    bool is_expected = follower != NULL && follower->attempt == message->seed_ack.attempt &&
                       follower->piece != NULL && follower->number == message->seed_ack.number;
    if (!is_expected)
        return;
    leat_blob_unref(&follower->piece);
    follower->piece_resend_ms = 0;
    if (follower->is_last_piece)
        return; /* a follower like any other from here on */
    follower->number++;
    read_piece(core, job, own, follower);
}

/* ---- seeding: the learner writes them ---- */

static void write_piece(leat_worker_core *core, leat_worker_job *job, leat_control *page)
{
    leat_disk_op op = {.kind = LEAT_DISK_SEED_WRITE, .job = job->job, .slot = page->slot};
    op.generation = job->generation;
    op.is_last = page->seed_page.is_last;
    op.bytes = LEAT_TAKE(page->seed_page.bytes);
    op.deployment = leat_deployment_ref(job->deployment);
    leat_ticket waiting = {.attempt = page->seed_page.attempt, .is_last = op.is_last};
    leat_worker_disk(core, op, &waiting);
}

static void say_seed_ack(leat_worker_core *core,
                         leat_worker_job *job,
                         const leat_copied_slot *copied,
                         uint32_t number)
{
    leat_control ack = leat_worker_job_message(job, LEAT_CONTROL_SEED_ACK, copied->slot);
    ack.seed_ack.attempt = copied->attempt;
    ack.seed_ack.worker = core->worker;
    ack.seed_ack.number = number;
    send_peer(core, &copied->owner, ack);
}

static void peer_seed_page(leat_worker_core *core,
                           leat_worker_job *job,
                           leat_copied_slot *copied,
                           leat_control *message)
{
    if (message->seed_page.attempt != copied->attempt)
        return;
    if (message->seed_page.number < copied->next_piece) {
        say_seed_ack(core, job, copied, message->seed_page.number); /* the ack was lost */
        return;
    }
    if (!copied->is_seeding || message->seed_page.number != copied->next_piece ||
        copied->piece.kind != LEAT_CONTROL_NONE)
        return; /* being written, or from nowhere */
    copied->piece = leat_control_copy(message);
    leat_worker_pieces_waiting(core);
}

/* Pieces wait while the merge thread writes the base. The message stays, without its bytes, until
 * the disk has answered: one piece is written at a time. */
void leat_worker_pieces_waiting(leat_worker_core *core)
{
    if (core->is_merging)
        return;
    for (size_t i = 0; i < core->jobs.count; i++) {
        leat_worker_job *job = core->jobs.items[i];
        LEAT_VEC_EACH (copied, &job->copied) {
            bool is_waiting = copied->piece.kind == LEAT_CONTROL_SEED_PAGE &&
                              copied->piece.seed_page.bytes != NULL;
            if (!is_waiting)
                continue;
            copied->is_connecting = copied->piece.seed_page.is_last;
            write_piece(core, job, &copied->piece);
        }
    }
}

void leat_worker_seed_write_done(leat_worker_core *core,
                                 const leat_ticket *ticket,
                                 const leat_disk_done *done)
{
    leat_worker_job *job = leat_worker_job_get(core, ticket->job);
    leat_copied_slot *copied = leat_worker_copied(job, ticket->slot);
    if (copied == NULL || copied->attempt != ticket->attempt)
        return;
    leat_control_fini(&copied->piece);
    if (done->code != LEAT_OK) {
        LEAT_MARK(worker_piece_refused);
        copy_nack(core, job, copied->slot, 1, done->text);
        return;
    }
    say_seed_ack(core, job, copied, copied->next_piece);
    copied->next_piece++;
    if (!ticket->is_last)
        return;
    if (copied->stored_epoch > done->epoch) {
        /* A live delta was lost meanwhile and what came after it stands on nothing; the next one
         * would connect to that and be acknowledged (seed 214 of the plan `links`). */
        LEAT_MARK(worker_copy_has_a_hole);
        copy_nack(core, job, copied->slot, 1, "a delta was lost while the copy was under way");
        return;
    }
    copied->is_seeding = false;
    leat_worker_say(core, CAUGHT_UP, job->job, copied->slot, done->epoch);
    LEAT_MARK(worker_copy_caught_up);
    leat_control caught_up = leat_worker_job_message(job, LEAT_CONTROL_CAUGHT_UP, copied->slot);
    caught_up.caught_up.attempt = copied->attempt;
    caught_up.caught_up.epoch = done->epoch;
    leat_worker_tell_lasting(core, &copied->said, caught_up);
}

void leat_worker_replicas_tick(leat_worker_core *core, leat_worker_job *job)
{
    LEAT_VEC_EACH (own, &job->own) {
        LEAT_VEC_EACH (follower, &own->followers) {
            if (follower->piece_resend_ms == 0 || core->now_ms < follower->piece_resend_ms)
                continue;
            follower->piece_resend_ms = 0;
            if (follower->piece != NULL)
                send_piece(core, job, own, follower);
            else
                read_piece(core, job, own, follower);
        }
    }
}

void leat_worker_peer_message(leat_worker_core *core, leat_control *message)
{
    leat_worker_job *job = leat_worker_job_get(core, message->job);
    if (job == NULL || !job->is_open || message->generation != job->generation) {
        LEAT_MARK(worker_peer_of_another_generation);
        return; /* I1 */
    }
    if (message->kind == LEAT_CONTROL_DURABLE) {
        peer_durable(job, message);
        return;
    }
    if (message->kind == LEAT_CONTROL_SEED_ACK) {
        peer_seed_ack(core, job, message);
        return;
    }
    leat_copied_slot *copied = leat_worker_copied(job, message->slot);
    if (copied == NULL)
        return;
    if (message->kind == LEAT_CONTROL_CHUNK)
        peer_chunk(core, job, message);
    else if (message->kind == LEAT_CONTROL_MANIFEST)
        peer_manifest(core, job, copied, message);
    else if (message->kind == LEAT_CONTROL_SEED_PAGE)
        peer_seed_page(core, job, copied, message);
}
