/* SPDX-License-Identifier: Apache-2.0
 *
 * session - the worker's half of the numbered conversation with the coordinator (control.h).
 *
 * A worker goes on working without a coordinator; it only cannot finish an epoch. So losing the
 * session loses nothing but time: HELLO, WELCOME, and what still matters is said again.
 */
#include "worker/core/state.h"

#include "common/base/mark.h"
#include "common/base/mutant.h"

void leat_controls_fini(leat_controls *controls)
{
    LEAT_VEC_EACH (message, controls)
        leat_control_fini(message);
    leat_vec_fini(controls);
}

static void session_send(leat_worker_core *core, leat_control message)
{
    core->said_ms = core->now_ms;
    leat_worker_act(core, LEAT_WORKER_SEND)->message = message;
}

void leat_worker_tell(leat_worker_core *core, leat_control message)
{
    if (!core->is_welcome) {
        leat_control_fini(&message);
        return;
    }
    message.session = core->session;
    message.seq = ++core->seq_out;
    session_send(core, message);
}

void leat_worker_tell_lasting(leat_worker_core *core, leat_controls *said, leat_control message)
{
    for (size_t i = 0; i < said->count; i++) {
        leat_control *old = &said->items[i];
        bool is_other_source =
            message.kind == LEAT_CONTROL_SPLITS && message.splits.source != old->splits.source;
        if (old->kind != message.kind || is_other_source)
            continue;
        leat_control_fini(old);
        leat_vec_remove(said, i);
        break;
    }
    leat_vec_push(said, leat_control_copy(&message));
    leat_worker_tell(core, message);
}

void leat_worker_session_hello(leat_worker_core *core)
{
    core->is_welcome = false;
    core->session++;
    core->seq_out = 0;
    core->seq_in = 0;
    core->hello_ms = core->now_ms;
    leat_control hello = {.kind = LEAT_CONTROL_HELLO, .session = core->session};
    hello.hello.incarnation = core->identity.incarnation;
    hello.hello.boot = core->identity.boot;
    hello.hello.nonce = core->identity.nonce;
    hello.hello.executor_count = core->identity.executor_count;
    memcpy(hello.hello.name, core->identity.name, sizeof hello.hello.name);
    memcpy(hello.hello.endpoint, core->identity.endpoint, sizeof hello.hello.endpoint);
    hello.hello.jobs = leat_alloc_zero(core->jobs.count, sizeof *hello.hello.jobs);
    for (size_t i = 0; i < core->jobs.count; i++) {
        const leat_worker_job *job = core->jobs.items[i];
        if (job->generation_seen == 0)
            continue;
        hello.hello.jobs[hello.hello.job_count++] =
            (leat_job_memory){job->job, job->generation_seen, job->decided};
    }
    leat_worker_say(core, HELLO, core->session);
    session_send(core, hello);
}

static void session_welcome(leat_worker_core *core, const leat_control *message)
{
    core->is_welcome = true;
    core->worker = message->welcome.worker;
    leat_worker_say(core, WELCOME, core->worker);
    for (size_t i = 0; i < core->jobs.count; i++)
        leat_worker_job_report(core, core->jobs.items[i]);
    if (core->is_leaving)
        leat_worker_tell(core, (leat_control){.kind = LEAT_CONTROL_LEAVE});
}

/* Numbered messages in order; false ends the session. */
static bool session_accept(leat_worker_core *core, const leat_control *message)
{
    if (message->seq == core->seq_in + 1) {
        core->seq_in = message->seq;
        return true;
    }
    LEAT_MARK(worker_session_gap);
    leat_worker_say(core, SESSION_GAP, core->seq_in + 1, message->seq - 1);
    leat_worker_session_hello(core);
    return false;
}

void leat_worker_session_message(leat_worker_core *core, leat_control *message)
{
    if (message->session != core->session) { /* of an older connection */
        if (leat_mutant(LEAT_MUTANT_no_session) && message->kind == LEAT_CONTROL_DEPLOY &&
            core->worker != 0)
            leat_worker_deploy(core, message->deploy.deployment);
        return;
    }
    if (message->kind == LEAT_CONTROL_RESET) {
        leat_worker_session_hello(core);
        return;
    }
    if (message->kind == LEAT_CONTROL_REFUSED) {
        leat_worker_exit(core, LEAT_EXISTS);
        return;
    }
    if (!session_accept(core, message))
        return;
    core->heard_ms = core->now_ms;
    if (message->kind == LEAT_CONTROL_WELCOME)
        session_welcome(core, message);
    else if (message->kind == LEAT_CONTROL_SHUTDOWN)
        leat_worker_exit(core, LEAT_OK);
    else if (message->kind == LEAT_CONTROL_LEAVE)
        leat_worker_leave(core, INT64_MAX);
    else if (message->kind == LEAT_CONTROL_DEPLOY)
        leat_worker_deploy(core, message->deploy.deployment);
    else if (message->kind != LEAT_CONTROL_HEARTBEAT)
        leat_worker_job_message_in(core, message);
}

void leat_worker_session_tick(leat_worker_core *core)
{
    if (!core->is_welcome) {
        if (core->now_ms - core->hello_ms >= LEAT_WORKER_HELLO_MS)
            leat_worker_session_hello(core);
        return;
    }
    if (core->now_ms - core->heard_ms >= LEAT_SUSPECT_MS) {
        leat_worker_session_hello(core); /* the coordinator is away, or does not hear us */
        return;
    }
    if (core->now_ms - core->said_ms >= LEAT_HEARTBEAT_MS) {
        leat_control beat = {.kind = LEAT_CONTROL_HEARTBEAT};
        beat.heartbeat.heard_seq = core->seq_in;
        leat_worker_tell(core, beat);
    }
}
