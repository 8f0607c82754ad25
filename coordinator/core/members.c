/* SPDX-License-Identifier: Apache-2.0
 *
 * members - who is there: sessions with workers, heartbeats, and the verdict that one is lost.
 *
 * A worker is its data folder: the id goes with the incarnation, so a wiped disk comes back as
 * somebody else (C4). A process of it is told apart by its nonce; a session, by the number that
 * the worker chose. Whatever belongs to another session is dropped unread.
 */
#include "coordinator/core/state.h"

#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/mark.h"

leat_member *leat_coord_member_get(leat_coord_core *core, uint32_t worker)
{
    return worker == 0 || worker > core->members.count ? NULL : core->members.items[worker - 1];
}

bool leat_coord_is_alive(const leat_coord_core *core, uint32_t worker)
{
    return worker != 0 && worker <= core->members.count &&
           core->members.items[worker - 1]->is_alive;
}

bool leat_coord_is_usable(const leat_coord_core *core, uint32_t worker)
{
    return leat_coord_is_alive(core, worker) && !core->members.items[worker - 1]->is_leaving;
}

void leat_coord_tell(leat_coord_core *core, uint32_t worker, leat_control message)
{
    leat_member *member = leat_coord_member_get(core, worker);
    if (member == NULL || !member->is_alive) {
        leat_control_fini(&message);
        return;
    }
    message.session = member->session;
    message.seq = ++member->seq_out;
    member->said_ms = core->now_ms;
    leat_coord_action *action = leat_coord_act(core, LEAT_COORD_SEND);
    action->send.peer = member->peer;
    action->send.message = message;
}

/* Outside of any session: an answer to somebody we have no session with. */
static void answer(leat_coord_core *core, uint64_t peer, leat_control_kind kind, uint64_t session)
{
    leat_coord_action *action = leat_coord_act(core, LEAT_COORD_SEND);
    action->send.peer = peer;
    action->send.message = (leat_control){.kind = kind, .session = session};
}

static leat_member *member_of_incarnation(leat_coord_core *core, leat_incarnation incarnation)
{
    for (size_t i = 0; i < core->members.count; i++) {
        leat_member *member = core->members.items[i];
        if (member->incarnation.high == incarnation.high &&
            member->incarnation.low == incarnation.low)
            return member;
    }
    return NULL;
}

static leat_member *member_of_peer(leat_coord_core *core, uint64_t peer)
{
    for (size_t i = 0; i < core->members.count; i++) {
        if (core->members.items[i]->is_alive && core->members.items[i]->peer == peer)
            return core->members.items[i];
    }
    return NULL;
}

static void member_lost(leat_coord_core *core, leat_member *member)
{
    member->is_alive = false;
    member->is_leaving = false;
    member->lost_ms = member->has_left ? 0 : core->now_ms; /* who left is not expected back */
    core->settle_ms = core->now_ms + core->options.settle_ms;
    if (member->has_left)
        leat_coord_say(core, WORKER_LEFT, member->worker);
    else
        leat_coord_say(core, WORKER_LOST, member->worker);
    leat_coord_changed(core, 0);
    for (size_t i = 0; i < core->jobs.count; i++) {
        leat_coord_job *job = core->jobs.items[i];
        job->is_target_stale = true;
        if (!leat_coord_job_is_over(job))
            leat_coord_job_member_lost(core, job, member->worker);
    }
}

/* The disk of a worker must never know more than the log: then the log is an old copy. */
static void
check_memory(leat_coord_core *core, const leat_member *member, const leat_control *hello)
{
    for (uint32_t i = 0; i < hello->hello.job_count; i++) {
        const leat_job_memory *memory = &hello->hello.jobs[i];
        leat_coord_job *job = leat_coord_job_get(core, memory->job);
        if (job == NULL || job->state == LEAT_JOB_CANCELED || job->state == LEAT_JOB_FINISHED) {
            leat_control forget = {.kind = LEAT_CONTROL_UNDEPLOY, .job = memory->job};
            forget.generation = memory->generation_seen;
            forget.undeploy.forget = job != NULL; /* never delete what we know nothing about */
            leat_coord_tell(core, member->worker, forget);
            continue;
        }
        if (memory->generation_seen > job->generation || memory->decided_epoch > job->completed) {
            LEAT_MARK(coord_log_is_older_than_a_worker);
            if (!leat_coord_job_is_over(job))
                leat_coord_job_end(core, job, LEAT_JOB_HALTED,
                                   "a worker knows a newer state than the command log: was an old "
                                   "copy of it restored?");
            continue;
        }
        if (leat_coord_job_is_over(job)) {
            leat_control stop = leat_coord_job_message(job, LEAT_CONTROL_UNDEPLOY);
            leat_coord_tell(core, member->worker, stop);
        }
    }
}

static void
member_welcome(leat_coord_core *core, leat_member *member, uint64_t peer, const leat_control *hello)
{
    member->is_alive = true;
    member->has_left = false;
    member->peer = peer;
    member->session = hello->session;
    member->nonce = hello->hello.nonce;
    member->boot = hello->hello.boot;
    member->seq_out = 0;
    member->seq_in = 0;
    member->heard_ms = core->now_ms;
    member->broken_ms = 0;
    member->executor_count = hello->hello.executor_count;
    memcpy(member->endpoint, hello->hello.endpoint, sizeof member->endpoint);
    leat_control welcome = {.kind = LEAT_CONTROL_WELCOME};
    welcome.welcome.worker = member->worker;
    leat_coord_tell(core, member->worker, welcome);
    check_memory(core, member, hello);
    leat_coord_changed(core, 0);
}

static void members_hello(leat_coord_core *core, uint64_t peer, const leat_control *hello)
{
    leat_member *member = member_of_incarnation(core, hello->hello.incarnation);
    if (member == NULL) {
        if (core->members.count >= LEAT_WORKERS_MAX)
            return;
        leat_coord_log_worker(core, hello);
        member = core->members.items[core->members.count - 1];
        leat_coord_say(core, WORKER_NEW, member->worker);
    }
    bool is_same_process = member->nonce == hello->hello.nonce && member->boot == hello->hello.boot;
    if (is_same_process && member->session >= hello->session)
        return; /* said again, or a frame of an older connection */
    if (!is_same_process && member->is_alive && hello->hello.boot <= member->boot) {
        LEAT_MARK(coord_second_claim_refused);
        leat_coord_say(core, WORKER_REFUSED, member->worker);
        answer(core, peer, LEAT_CONTROL_REFUSED, hello->session);
        return;
    }
    if (member->is_alive && !is_same_process)
        member_lost(core, member); /* it restarted faster than we noticed */

    bool was_alive = member->is_alive;
    member_welcome(core, member, peer, hello);
    if (was_alive)
        leat_coord_say(core, WORKER_BACK, member->worker, hello->session);
    else {
        leat_coord_say(core, WORKER_JOINED, member->worker, member->boot);
        core->settle_ms = core->now_ms + core->options.settle_ms;
    }
    for (size_t i = 0; i < core->jobs.count; i++) {
        leat_coord_job *job = core->jobs.items[i];
        job->is_target_stale = true;
        if (leat_coord_job_is_over(job))
            continue;
        if (job->deployment != NULL)
            leat_coord_job_resay(core, job, member->worker);
        else
            leat_coord_job_try_start(core, job);
    }
}

static void members_leave(leat_coord_core *core, leat_member *member)
{
    if (member->is_leaving)
        return;
    member->is_leaving = true;
    leat_coord_say(core, WORKER_LEAVING, member->worker);
    core->settle_ms = core->now_ms;
    for (size_t i = 0; i < core->jobs.count; i++)
        core->jobs.items[i]->is_target_stale = true;
    leat_coord_changed(core, 0);
}

/* Why nobody could take over from `member`; false: somebody can. */
static bool
drain_fault(const leat_coord_core *core, const leat_member *member, char *text, size_t size)
{
    uint32_t others = 0;
    for (size_t i = 0; i < core->members.count; i++) {
        const leat_member *other = core->members.items[i];
        others += other != member && leat_coord_is_usable(core, other->worker);
    }
    for (size_t i = 0; i < core->jobs.count; i++) {
        const leat_coord_job *job = core->jobs.items[i];
        if (leat_coord_job_is_over(job) || others >= job->min_replicas)
            continue;
        if (others == 0)
            (void)snprintf(text, size,
                           "worker %u (%.60s) is the last one: job '%.60s' would have nowhere to "
                           "go; start another worker first, or stop the job",
                           member->worker, member->name, job->name);
        else
            (void)snprintf(text, size,
                           "without worker %u (%.60s) there are %u workers, and job '%.60s' needs "
                           "min_replicas: %u of them",
                           member->worker, member->name, others, job->name, job->min_replicas);
        return true;
    }
    return false;
}

void leat_coord_members_drain(leat_coord_core *core, const leat_command *command)
{
    char text[LEAT_CONTROL_TEXT_MAX];
    leat_member *member = leat_coord_member_get(core, command->worker);
    if (member == NULL || !member->is_alive) {
        (void)snprintf(text, sizeof text, "worker %u is not here", command->worker);
        leat_coord_reply(core, command, LEAT_NOT_FOUND, 0, text);
        return;
    }
    if (!member->is_leaving && drain_fault(core, member, text, sizeof text)) {
        LEAT_MARK(coord_last_worker_stays);
        leat_coord_reply(core, command, LEAT_INVALID, 0, text);
        return;
    }
    leat_coord_tell(core, member->worker, (leat_control){.kind = LEAT_CONTROL_LEAVE});
    members_leave(core, member); /* it says so too, and again after a restart of ours */
    leat_coord_reply(core, command, LEAT_OK, 0, "draining");
}

/* What an owner of the slot says about it. */

static void on_first_output(leat_coord_core *core, leat_coord_job *job, leat_control *message)
{
    (void)message;
    job->wants_epoch |= !job->has_completed;
    leat_coord_epoch_consider(core, job);
}

static void on_sink_done(leat_coord_core *core, leat_coord_job *job, leat_control *message)
{
    leat_coord_slot *slot = &job->slots[message->slot];
    slot->sink_done = LEAT_MAX(slot->sink_done, message->sink_done.epoch);
    leat_coord_job_check_done(core, job);
}

static void on_ended(leat_coord_core *core, leat_coord_job *job, leat_control *message)
{
    job->slots[message->slot].has_ended = true;
    leat_coord_epoch_consider(core, job);
}

static bool job_waits_for_room(const leat_coord_job *job)
{
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (job->slots[s].stats.waiting[0] != '\0')
            return true;
    }
    return false;
}

static void on_trouble(leat_coord_core *core, leat_coord_job *job, leat_control *message)
{
    if (message->kind == LEAT_CONTROL_STALLED && job_waits_for_room(job))
        return; /* back pressure of a full disk: starting again would not make room */
    if (job->is_started)
        leat_coord_job_restart(core, job, message->trouble.text);
}

static void on_failed(leat_coord_core *core, leat_coord_job *job, leat_control *message)
{
    leat_coord_job_end(core, job, message->trouble.needs_person ? LEAT_JOB_HALTED : LEAT_JOB_FAILED,
                       message->trouble.text);
}

static void on_stats(leat_coord_core *core, leat_coord_job *job, leat_control *message)
{
    (void)core;
    job->slots[message->slot].stats = message->stats;
}

typedef void owner_handler(leat_coord_core *core, leat_coord_job *job, leat_control *message);

static owner_handler *const owner_handlers[LEAT_CONTROL_KIND_COUNT] = {
    [LEAT_CONTROL_FIRST_OUTPUT] = on_first_output,
    [LEAT_CONTROL_SINK_DONE] = on_sink_done,
    [LEAT_CONTROL_ENDED] = on_ended,
    [LEAT_CONTROL_GAP] = on_trouble,
    [LEAT_CONTROL_STALLED] = on_trouble,
    [LEAT_CONTROL_FAILED] = on_failed,
    [LEAT_CONTROL_SPLITS] = leat_coord_job_splits,
    [LEAT_CONTROL_STATS] = on_stats,
};

/* What any replica of the slot may say. */
static bool
replica_message(leat_coord_core *core, leat_coord_job *job, uint32_t worker, leat_control *message)
{
    if (message->kind == LEAT_CONTROL_READY && message->ready.attempt != 0)
        leat_coord_moves_ready(core, job, worker, message);
    else if (message->kind == LEAT_CONTROL_READY)
        leat_coord_job_ready(core, job, worker, message);
    else if (message->kind == LEAT_CONTROL_CAUGHT_UP)
        leat_coord_moves_caught_up(core, job, worker, message);
    else if (message->kind == LEAT_CONTROL_DURABLE) {
        message->durable.replica = worker; /* an id is not taken from the message */
        leat_coord_epoch_durable(core, job, message);
    } else if (message->kind == LEAT_CONTROL_NACK) {
        message->nack.replica = worker;
        leat_coord_epoch_nack(core, job, message);
    } else
        return false;
    return true;
}

static void job_message(leat_coord_core *core, leat_member *member, leat_control *message)
{
    leat_coord_job *job = leat_coord_job_get(core, message->job);
    if (job == NULL || leat_coord_job_is_over(job))
        return;
    bool is_current = job->deployment != NULL && message->generation == job->generation;
    if (!is_current || message->slot >= job->slot_count) {
        LEAT_MARK(coord_message_of_another_generation);
        return; /* I1 */
    }
    if (replica_message(core, job, member->worker, message))
        return;
    owner_handler *handler = owner_handlers[message->kind];
    if (handler != NULL && job->slots[message->slot].owner == member->worker)
        handler(core, job, message);
}

void leat_coord_members_message(leat_coord_core *core, uint64_t peer, leat_control *message)
{
    if (message->kind >= LEAT_CONTROL_KIND_COUNT)
        return;
    if (message->kind == LEAT_CONTROL_HELLO) {
        members_hello(core, peer, message);
        return;
    }
    leat_member *member = member_of_peer(core, peer);
    if (member == NULL || member->session != message->session) {
        if (member == NULL || message->session > member->session)
            answer(core, peer, LEAT_CONTROL_RESET, message->session);
        return;
    }
    if (message->seq != member->seq_in + 1) {
        LEAT_MARK(coord_session_gap);
        leat_coord_say(core, SESSION_GAP, member->worker, member->seq_in + 1, message->seq - 1);
        answer(core, peer, LEAT_CONTROL_RESET, message->session);
        return; /* a HELLO follows; until then silence counts as silence */
    }
    member->seq_in = message->seq;
    member->heard_ms = core->now_ms;
    member->broken_ms = 0;
    if (message->kind == LEAT_CONTROL_LEAVE)
        members_leave(core, member);
    else if (message->kind != LEAT_CONTROL_HEARTBEAT)
        job_message(core, member, message);
}

void leat_coord_members_link_down(leat_coord_core *core, uint64_t peer)
{
    leat_member *member = member_of_peer(core, peer);
    if (member != NULL && member->broken_ms == 0)
        member->broken_ms = core->now_ms;
}

/* Does the job need this worker's disk? As long as a generation has completed no epoch, those who
 * can restore the last one may be the only ones. */
static bool job_needs(const leat_coord_job *job, uint32_t worker)
{
    if (leat_coord_job_is_over(job) || (job->deployment == NULL && job->park_epoch != 0))
        return false;
    bool is_settled = job->deployment != NULL && job->has_completed;
    for (uint32_t s = 0; s < job->slot_count; s++) {
        if (leat_worker_set_has(&job->slots[s].in_sync, worker) ||
            (!is_settled && leat_worker_set_has(&job->slots[s].holders, worker)))
            return true;
    }
    for (uint32_t s = 0; s < job->before.slot_count; s++) {
        if (leat_worker_set_has(&job->before.slots[s].holders, worker))
            return true; /* the way back, until the new cut has completed an epoch */
    }
    return leat_coord_moves_uses(job, worker);
}

static bool member_is_used(const leat_coord_core *core, uint32_t worker)
{
    for (size_t i = 0; i < core->jobs.count; i++) {
        if (job_needs(core->jobs.items[i], worker))
            return true;
    }
    return false;
}

void leat_coord_members_tick(leat_coord_core *core)
{
    for (size_t i = 0; i < core->members.count; i++) {
        leat_member *member = core->members.items[i];
        if (!member->is_alive)
            continue;
        bool is_silent = core->now_ms - member->heard_ms >= LEAT_SUSPECT_MS;
        bool is_broken =
            member->broken_ms != 0 && core->now_ms - member->broken_ms >= LEAT_COORD_RELINK_MS;
        if (is_silent || is_broken) {
            member_lost(core, member);
            continue;
        }
        if (core->now_ms - member->said_ms >= LEAT_HEARTBEAT_MS) {
            leat_control beat = {.kind = LEAT_CONTROL_HEARTBEAT};
            beat.heartbeat.heard_seq = member->seq_in;
            leat_coord_tell(core, member->worker, beat);
        }
        if (member->is_leaving && !member->has_left && !member_is_used(core, member->worker)) {
            member->has_left = true;
            leat_coord_say(core, WORKER_DISMISSED, member->worker);
            leat_coord_tell(core, member->worker, (leat_control){.kind = LEAT_CONTROL_SHUTDOWN});
        }
    }
}
