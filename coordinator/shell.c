/* SPDX-License-Identifier: Apache-2.0
 *
 * The control thread of the coordinator: poll, convert, step, act. Decisions are those of
 * coordinator/core; a RECORD is durable before the next action runs.
 */
#include <stdio.h>

#include "common/base/alloc.h"
#include "common/obs/log.h"
#include "common/plan/control_wire.h"
#include "common/sys/clock.h"
#include "common/sys/file.h"
#include "common/sys/mutex.h"
#include "common/sys/thread.h"
#include "common/transport/listener.h"
#include "coordinator/api.h"
#include "coordinator/clog.h"
#include "coordinator/coordinator.h"
#include "coordinator/story_log.h"

/* A question from another thread, which sleeps until it is answered. */
typedef struct ask {
    struct ask *next;
    leat_command *command; /* or NULL: */
    leat_coordinator_look_at *look;
    void *look_self;
    leat_command_answer answer;
    uint64_t token; /* of a command under way */
    bool is_answered;
} ask;

struct leat_coordinator {
    leat_coord_core *core;
    leat_clog *clog;
    leat_listener *listener;
    leat_api *api;
    leat_logs *logs;
    leat_wake *changed;
    leat_thread thread;
    _Atomic bool has_failed;

    leat_mutex mutex;
    pthread_cond_t answered;
    ask *asked LEAT_FIELD_GUARDED_BY(mutex); /* newest first */
    bool quits LEAT_FIELD_GUARDED_BY(mutex);
    leat_wake wake;

    /* control thread */
    leat_coord_actions actions;
    int64_t wake_at_ms;
    uint64_t next_token;
    LEAT_VEC(ask *) waiting; /* commands that the core has not answered yet */
};

/* -- actions -------------------------------------------------------------------------------- */

static void trace(const char *event, const leat_control *message)
{
    leat_log(LEAT_LOG_DEBUG, event, LEAT_KS("kind", leat_control_name(message->kind)),
             LEAT_KU("job", message->job), LEAT_KU("slot", message->slot),
             LEAT_KU("generation", message->generation), LEAT_KU("seq", message->seq));
}

static void send(leat_coordinator *self, uint64_t peer, const leat_control *message)
{
    trace("message_sent", message);
    leat_frame_head head = {.kind = LEAT_FRAME_CONTROL,
                            .job = message->job,
                            .generation = message->generation,
                            .sequence = message->seq};
    leat_buf payload = {0};
    leat_control_encode(message, &payload);
    leat_frame *frame = leat_frame_new(&head, &payload);
    if (leat_listener_send(self->listener, peer, &frame) != LEAT_OK)
        leat_frame_free(&frame); /* the session notices the hole */
}

static void answer_ask(leat_coordinator *self, ask *a)
{
    leat_mutex_lock(&self->mutex);
    a->is_answered = true;
    pthread_cond_broadcast(&self->answered);
    leat_mutex_unlock(&self->mutex);
}

static void reply(leat_coordinator *self, const leat_coord_action *action)
{
    for (size_t i = 0; i < self->waiting.count; i++) {
        ask *a = self->waiting.items[i];
        if (a->token != action->reply.token)
            continue;
        a->answer.code = action->reply.code;
        a->answer.job = action->reply.job;
        snprintf(a->answer.text, sizeof a->answer.text, "%s", action->reply.text);
        leat_vec_remove(&self->waiting, i);
        answer_ask(self, a);
        return;
    }
}

/* False: the log cannot be written, and what follows must not be said. */
static bool record(leat_coordinator *self, const leat_coord_action *action)
{
    leat_error err = {0};
    leat_bytes bytes = leat_blob_bytes(action->record);
    leat_code code = action->kind == LEAT_COORD_COMPACT ? leat_clog_replace(self->clog, bytes, &err)
                                                        : leat_clog_append(self->clog, bytes, &err);
    if (code == LEAT_OK)
        return true;
    leat_log_failure(LEAT_LOG_ERROR, "command_log_failed", &err);
    self->has_failed = true;
    return false;
}

static bool perform(leat_coordinator *self, const leat_coord_action *action)
{
    switch (action->kind) {
    case LEAT_COORD_RECORD:
    case LEAT_COORD_COMPACT:
        return record(self, action);
    case LEAT_COORD_SEND:
        send(self, action->send.peer, &action->send.message);
        break;
    case LEAT_COORD_REPLY:
        reply(self, action);
        break;
    case LEAT_COORD_WAKE_AT:
        self->wake_at_ms = action->at_ms;
        break;
    case LEAT_COORD_CHANGED:
        if (self->changed != NULL)
            leat_wake_ring(self->changed);
        break;
    case LEAT_COORD_ACTION_KIND_COUNT:
        LEAT_UNREACHABLE();
    }
    return true;
}

static void step(leat_coordinator *self, leat_coord_event *event)
{
    event->now_ms = leat_clock_ms();
    leat_coord_step(self->core, event, &self->actions);
    leat_coord_event_fini(event);
    for (size_t i = 0; i < self->actions.count && !self->has_failed; i++)
        if (!perform(self, &self->actions.items[i]))
            break;
    leat_coord_actions_clear(&self->actions);
}

/* -- events --------------------------------------------------------------------------------- */

/* Lines of a worker's log. They are no part of its session: one of nobody we know is dropped, and
 * comes again after its HELLO. */
static leat_code take_log(leat_coordinator *self, uint64_t peer, leat_frame *frame, leat_error *err)
{
    uint32_t worker = leat_coord_member_of_peer(self->core, peer);
    if (worker == 0)
        return LEAT_OK;
    return leat_logs_take(self->logs, worker, leat_frame_head_of(frame)->value,
                          leat_frame_payload(frame), err);
}

static void take_frame(leat_coordinator *self, uint64_t peer, leat_frame *frame)
{
    leat_error err = {0};
    leat_coord_event event = {.kind = LEAT_COORD_MESSAGE, .peer = peer};
    uint32_t kind = leat_frame_head_of(frame)->kind;
    leat_code code = LEAT_OK;
    if (kind == LEAT_FRAME_LOG)
        code = take_log(self, peer, frame, &err);
    else if (kind != LEAT_FRAME_CONTROL)
        code = leat_fail(&err, LEAT_CORRUPT, "data frame on a control link");
    else
        code = leat_control_decode(leat_frame_payload(frame), &event.message, &err);
    leat_frame_free(&frame);
    if (code != LEAT_OK) {
        leat_log_failure(LEAT_LOG_WARN, "message_rejected", &err);
    } else if (kind == LEAT_FRAME_CONTROL) {
        trace("message_received", &event.message);
        step(self, &event);
    }
}

static void link_events(leat_coordinator *self)
{
    leat_link_event link;
    while (!self->has_failed && leat_listener_next(self->listener, &link) == LEAT_OK) {
        leat_coord_event event = {.kind = LEAT_COORD_LINK_DOWN, .peer = link.peer};
        if (link.kind == LEAT_LINK_FRAME)
            take_frame(self, link.peer, link.frame);
        else if (link.kind == LEAT_LINK_DOWN)
            step(self, &event); /* UP: HELLO says who it is */
    }
}

static void command_event(leat_coordinator *self, ask *a)
{
    leat_coord_event event = {.kind = LEAT_COORD_COMMAND};
    event.command = *a->command;
    *a->command = (leat_command){0};
    a->token = event.command.token = ++self->next_token;
    leat_vec_push(&self->waiting, a);
    step(self, &event);
}

/* False: the thread is to end. */
static bool answer_asks(leat_coordinator *self)
{
    leat_mutex_lock(&self->mutex);
    ask *newest = self->asked;
    bool quits = self->quits;
    self->asked = NULL;
    leat_mutex_unlock(&self->mutex);
    ask *oldest = NULL;
    while (newest != NULL) {
        ask *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest != NULL) {
        ask *next = oldest->next; /* an answered one is gone */
        if (oldest->command != NULL && !self->has_failed) {
            command_event(self, oldest);
        } else {
            if (oldest->look != NULL)
                oldest->look(oldest->look_self, self->core);
            oldest->answer.code = LEAT_UNAVAILABLE;
            answer_ask(self, oldest);
        }
        oldest = next;
    }
    return !quits;
}

static bool has_asks(leat_coordinator *self)
{
    leat_mutex_lock(&self->mutex);
    bool has = self->asked != NULL || self->quits;
    leat_mutex_unlock(&self->mutex);
    return has;
}

static void sleep_until_something(leat_coordinator *self)
{
    int64_t timeout_ms = -1;
    if (self->wake_at_ms != INT64_MAX && !self->has_failed)
        timeout_ms = LEAT_MAX(self->wake_at_ms - leat_clock_ms(), (int64_t)0);
    leat_wake_prepare(&self->wake);
    if (!has_asks(self))
        leat_link_wait(self->has_failed ? NULL : self->listener, NULL, 0, self->wake.fd,
                       timeout_ms);
    leat_wake_cancel(&self->wake);
}

static void answer_unanswered(leat_coordinator *self)
{
    while (self->waiting.count > 0) {
        ask *a = leat_vec_pop(&self->waiting);
        a->answer.code = LEAT_UNAVAILABLE;
        snprintf(a->answer.text, sizeof a->answer.text, "the coordinator is stopping");
        answer_ask(self, a);
    }
}

static void control_main(void *argument)
{
    leat_coordinator *self = argument;
    leat_coord_event start = {.kind = LEAT_COORD_WAKE};
    step(self, &start);
    while (answer_asks(self)) {
        leat_log_tick();
        link_events(self);
        if (!self->has_failed && leat_clock_ms() >= self->wake_at_ms) {
            self->wake_at_ms = INT64_MAX;
            leat_coord_event wake = {.kind = LEAT_COORD_WAKE};
            step(self, &wake);
        }
        if (self->has_failed) {
            answer_unanswered(self);
            if (self->changed != NULL)
                leat_wake_ring(self->changed);
        }
        sleep_until_something(self);
    }
    answer_unanswered(self);
}

/* -- asking --------------------------------------------------------------------------------- */

static void ask_and_wait(leat_coordinator *self, ask *a)
{
    leat_mutex_lock(&self->mutex);
    if (self->quits) {
        leat_mutex_unlock(&self->mutex);
        a->answer.code = LEAT_UNAVAILABLE;
        return;
    }
    a->next = self->asked;
    self->asked = a;
    leat_mutex_unlock(&self->mutex);
    leat_wake_ring(&self->wake);
    leat_mutex_lock(&self->mutex);
    while (!a->is_answered)
        pthread_cond_wait(&self->answered, &self->mutex.handle);
    leat_mutex_unlock(&self->mutex);
}

void leat_coordinator_command(leat_coordinator *coordinator,
                              leat_command *command,
                              leat_command_answer *out_answer)
{
    ask a = {.command = command};
    ask_and_wait(coordinator, &a);
    leat_blob_unref(&command->plan);
    *out_answer = a.answer;
}

void leat_coordinator_look(leat_coordinator *coordinator,
                           leat_coordinator_look_at *look,
                           void *self)
{
    ask a = {.look = look, .look_self = self};
    ask_and_wait(coordinator, &a);
}

leat_logs *leat_coordinator_logs(leat_coordinator *coordinator)
{
    return coordinator->logs;
}

/* -- life ----------------------------------------------------------------------------------- */

static void notice(void *self, const leat_trace_event *event)
{
    leat_coordinator *coordinator = self;
    leat_story_log(coordinator->core, event);
}

static leat_code replay(void *self, leat_bytes bytes, leat_error *err)
{
    leat_coordinator *coordinator = self;
    return leat_coord_replay(coordinator->core, bytes, err);
}

leat_code leat_coordinator_open(const leat_coordinator_options *options,
                                leat_coordinator **out_coordinator,
                                leat_error *err)
{
    leat_coordinator *self = LEAT_NEW(leat_coordinator);
    self->wake_at_ms = INT64_MAX;
    self->changed = options->changed;
    self->wake.fd = -1;
    leat_mutex_init(&self->mutex);
    pthread_cond_init(&self->answered, NULL);
    self->core = leat_coord_core_new(&options->core);
    leat_tracer tracer = {.sink = notice, .context = self};
    leat_coord_core_set_tracer(self->core, &tracer);
    self->logs = leat_logs_new(options->log_ring);
    leat_code code = leat_wake_init(&self->wake, err);
    if (code == LEAT_OK)
        code = leat_dir_make(options->data_folder, err);
    if (code == LEAT_OK)
        code = leat_clog_open(options->data_folder, &self->clog, err);
    if (code == LEAT_OK)
        code = leat_clog_each(self->clog, replay, self, err);
    if (code == LEAT_OK)
        code = leat_listener_open(options->transport, options->control_endpoint,
                                  LEAT_FRAME_BYTES_MAX, &self->listener, err);
    if (code == LEAT_OK && options->http_address != NULL)
        code = leat_api_open(self, options->http_address, options->checks, &self->api, err);
    if (code != LEAT_OK)
        leat_coordinator_close(&self);
    else
        *out_coordinator = self;
    return code;
}

leat_code leat_coordinator_start(leat_coordinator *coordinator, leat_error *err)
{
    LEAT_TRY(leat_thread_start(&coordinator->thread, "leat-coord", control_main, coordinator, err));
    leat_log(LEAT_LOG_INFO, "coordinator_started",
             LEAT_KS("control", leat_listener_endpoint(coordinator->listener)),
             LEAT_KS("http", leat_coordinator_http_address(coordinator)));
    return LEAT_OK;
}

void leat_coordinator_close(leat_coordinator **coordinator)
{
    leat_coordinator *self = LEAT_TAKE(*coordinator);
    if (self == NULL)
        return;
    leat_mutex_lock(&self->mutex);
    self->quits = true;
    leat_mutex_unlock(&self->mutex);
    if (self->thread.is_running) {
        leat_wake_ring(&self->wake);
        leat_thread_join(&self->thread);
    }
    leat_api_close(&self->api); /* its threads found `quits` and answered their clients */
    leat_listener_close(&self->listener);
    leat_clog_close(&self->clog);
    leat_logs_free(&self->logs);
    leat_coord_core_free(&self->core);
    leat_coord_actions_fini(&self->actions);
    leat_vec_fini(&self->waiting);
    if (self->wake.fd >= 0)
        leat_wake_fini(&self->wake);
    pthread_cond_destroy(&self->answered);
    leat_mutex_fini(&self->mutex);
    leat_free(self);
}

bool leat_coordinator_has_failed(const leat_coordinator *coordinator)
{
    return coordinator->has_failed;
}

const char *leat_coordinator_http_address(const leat_coordinator *coordinator)
{
    return coordinator->api == NULL ? "" : leat_api_address(coordinator->api);
}
