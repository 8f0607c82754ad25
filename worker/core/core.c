/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/core.h"

#include "common/base/mark.h"
#include "worker/core/state.h"

leat_worker_core *leat_worker_core_new(const leat_worker_identity *identity)
{
    leat_worker_core *core = LEAT_NEW(leat_worker_core);
    core->identity = *identity;
    core->identity.jobs = NULL;
    core->next_ticket = 1;
    core->session = identity->boot << 32; /* sessions of one folder only ever grow */
    for (uint32_t i = 0; i < identity->job_count; i++) {
        leat_worker_job *job = leat_worker_job_add(core, identity->jobs[i].job);
        job->generation_seen = identity->jobs[i].generation_seen;
        job->decided = identity->jobs[i].decided_epoch;
    }
    return core;
}

void leat_worker_core_free(leat_worker_core **core)
{
    leat_worker_core *old = LEAT_TAKE(*core);
    if (old == NULL)
        return;
    for (size_t i = 0; i < old->jobs.count; i++)
        leat_worker_job_free(&old->jobs.items[i]);
    leat_vec_fini(&old->jobs);
    leat_vec_fini(&old->tickets);
    leat_vec_fini(&old->forgotten);
    leat_free(old);
}

void leat_worker_core_set_tracer(leat_worker_core *core, const leat_tracer *tracer)
{
    core->tracer = *tracer;
}

leat_worker_action *leat_worker_act(leat_worker_core *core, leat_worker_action_kind kind)
{
    leat_worker_action *action = leat_vec_add(core->actions);
    action->kind = kind;
    return action;
}

leat_worker_job *leat_worker_job_get(leat_worker_core *core, uint32_t job)
{
    for (size_t i = 0; i < core->jobs.count; i++) {
        if (core->jobs.items[i]->job == job)
            return core->jobs.items[i];
    }
    return NULL;
}

leat_worker_job *leat_worker_job_add(leat_worker_core *core, uint32_t job)
{
    leat_worker_job *known = leat_worker_job_get(core, job);
    if (known != NULL)
        return known;
    leat_worker_job *made = LEAT_NEW(leat_worker_job);
    made->job = job;
    leat_vec_push(&core->jobs, made);
    return made;
}

void leat_worker_disk(leat_worker_core *core, leat_disk_op op, const leat_ticket *waiting)
{
    if (waiting != NULL) {
        op.ticket = core->next_ticket++;
        leat_ticket *ticket = leat_vec_add(&core->tickets);
        *ticket = *waiting;
        ticket->ticket = op.ticket;
        ticket->kind = op.kind;
        ticket->job = op.job;
        ticket->generation = op.generation;
        ticket->slot = op.slot;
        ticket->epoch = op.epoch;
        ticket->hash = op.hash;
    }
    leat_worker_act(core, LEAT_WORKER_DISK_WRITE)->op = op;
}

bool leat_worker_disk_is_busy(const leat_worker_core *core, leat_disk_op_kind kind)
{
    for (size_t i = 0; i < core->tickets.count; i++) {
        if (core->tickets.items[i].kind == kind)
            return true;
    }
    return false;
}

void leat_worker_exit(leat_worker_core *core, leat_code code)
{
    leat_worker_say(core, EXIT, code);
    leat_worker_act(core, LEAT_WORKER_EXIT)->code = code;
}

static bool take_ticket(leat_worker_core *core, uint64_t number, leat_ticket *out_ticket)
{
    for (size_t i = 0; i < core->tickets.count; i++) {
        if (core->tickets.items[i].ticket == number) {
            *out_ticket = core->tickets.items[i];
            leat_vec_remove(&core->tickets, i);
            return true;
        }
    }
    return false;
}

static void merge_done(leat_worker_core *core, const leat_disk_done *done)
{
    core->is_merging = false;
    leat_worker_forget_waiting(core);
    leat_worker_pieces_waiting(core);
    leat_worker_job *job = leat_worker_job_get(core, done->job);
    if (job != NULL && done->code == LEAT_OK && !done->is_last)
        leat_worker_merge(core, job);
}

static void core_disk(leat_worker_core *core, leat_disk_done *done)
{
    if (done->code == LEAT_IO || done->code == LEAT_FATAL) {
        LEAT_MARK(worker_disk_is_dead);
        leat_worker_exit(core, done->code); /* a standby takes over; never retry on a bad disk */
        return;
    }
    if (done->kind >= LEAT_DISK_FILE_WRITE) {
        leat_worker_file_done(core, done);
        return;
    }
    leat_ticket ticket;
    if (!take_ticket(core, done->ticket, &ticket)) {
        if (done->kind == LEAT_DISK_CHUNK && done->code != LEAT_OK)
            leat_worker_chunk_failed(core, done); /* nobody waits: its manifest will fail too */
        return;
    }
    if (ticket.kind == LEAT_DISK_MERGE) {
        merge_done(core, done);
        return;
    }
    leat_worker_job *job = leat_worker_job_get(core, ticket.job);
    if (job == NULL || job->generation != ticket.generation)
        return; /* of a generation that was dropped meanwhile */
    if (ticket.kind == LEAT_DISK_KEEP && ticket.attempt != 0)
        leat_worker_keep_done(core, &ticket, done);
    else if (ticket.kind == LEAT_DISK_KEEP || ticket.kind == LEAT_DISK_GENERATION)
        leat_worker_opening_done(core, job, done->code);
    else if (ticket.kind == LEAT_DISK_MANIFEST && ticket.is_own)
        leat_worker_own_durable(core, &ticket, done);
    else if (ticket.kind == LEAT_DISK_MANIFEST)
        leat_worker_copy_durable(core, &ticket, done);
    else if (ticket.kind == LEAT_DISK_SEED_READ)
        leat_worker_seed_read_done(core, &ticket, done);
    else if (ticket.kind == LEAT_DISK_SEED_WRITE)
        leat_worker_seed_write_done(core, &ticket, done);
}

static void core_tick(leat_worker_core *core)
{
    leat_worker_session_tick(core);
    for (size_t i = 0; i < core->jobs.count; i++) {
        leat_worker_deployments_tick(core, core->jobs.items[i]);
        leat_worker_deltas_tick(core, core->jobs.items[i]);
        leat_worker_replicas_tick(core, core->jobs.items[i]);
    }
    if (core->is_leaving && core->now_ms >= core->exit_ms)
        leat_worker_exit(core, LEAT_TIMEOUT);
}

void leat_worker_leave(leat_worker_core *core, int64_t exit_ms)
{
    leat_worker_say(core, LEAVING, 0);
    core->exit_ms = core->is_leaving ? LEAT_MIN(core->exit_ms, exit_ms) : exit_ms;
    core->is_leaving = true;
    leat_worker_tell(core, (leat_control){.kind = LEAT_CONTROL_LEAVE});
}

static void core_terminate(leat_worker_core *core, int64_t drain_ms)
{
    if (core->is_welcome)
        leat_worker_leave(core, core->now_ms + drain_ms);
    else
        leat_worker_exit(core, LEAT_OK);
}

void leat_worker_step(leat_worker_core *core,
                      leat_worker_event *event,
                      leat_worker_actions *actions)
{
    LEAT_ASSERT(event->now_ms >= core->now_ms); /* I13 */
    core->now_ms = event->now_ms;
    core->actions = actions;
    if (!core->has_begun) {
        core->has_begun = true;
        leat_worker_session_hello(core);
    }
    switch (event->kind) {
    case LEAT_WORKER_WAKE:
        core_tick(core);
        break;
    case LEAT_WORKER_COORDINATOR:
        leat_worker_session_message(core, &event->message);
        break;
    case LEAT_WORKER_LINK_UP:
        leat_worker_session_hello(core);
        break;
    case LEAT_WORKER_LINK_DOWN:
        core->is_welcome = false; /* HELLO follows LINK_UP, or the tick */
        break;
    case LEAT_WORKER_PEER:
        leat_worker_peer_message(core, &event->message);
        break;
    case LEAT_WORKER_SLOT:
        leat_worker_slot_up(core, &event->up);
        break;
    case LEAT_WORKER_DISK:
        core_disk(core, &event->done);
        break;
    case LEAT_WORKER_TERMINATE:
        core_terminate(core, event->drain_ms);
        break;
    case LEAT_WORKER_EVENT_KIND_COUNT:
        break;
    }
    if (core->wake_ms <= core->now_ms) {
        core->wake_ms = core->now_ms + LEAT_WORKER_TICK_MS;
        leat_worker_act(core, LEAT_WORKER_WAKE_AT)->at_ms = core->wake_ms;
    }
    leat_worker_event_fini(event);
    core->actions = NULL;
}
