/* SPDX-License-Identifier: Apache-2.0
 *
 * The control thread of a worker: poll, convert, step, act. Decisions are worker/core's.
 */
#include "worker/worker.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "common/obs/log_wire.h"
#include "common/sys/clock.h"
#include "common/sys/thread.h"
#include "common/transport/dialer.h"
#include "worker/convert.h"
#include "worker/core/core.h"
#include "worker/courier.h"
#include "worker/disk.h"
#include "worker/executor.h"
#include "worker/folder.h"
#include "worker/story_log.h"

enum { LOG_BYTES_MAX = 32 * 1024 }; /* of lines in one frame */

/* The plan of a generation that has open slots here. */
typedef struct open_plan {
    uint32_t job;
    uint64_t generation;
    uint32_t slot_count;
    leat_plan_share *plan;
} open_plan;

struct leat_worker {
    leat_crew crew;
    char *coordinator;
    char *files_root;
    leat_transport *transport;
    leat_folder folder;
    leat_worker_identity identity;
    leat_disk *disk;
    leat_courier *courier;
    leat_executor *executors[LEAT_EXECUTORS_MAX];

    leat_mailbox box;
    leat_thread thread;
    leat_wake *end_wake;
    _Atomic bool has_ended;
    leat_code end_code;

    /* control thread */
    leat_worker_core *core;
    leat_dialer *dialer;
    leat_worker_actions actions;
    int64_t wake_at_ms; /* INT64_MAX = never */
    leat_log_ring *log_ring;
    bool is_known;     /* the coordinator knows whose frames these are */
    uint64_t log_sent; /* number of the last line that it was sent */
    LEAT_VEC(open_plan) plans;
};

/* -- plans ---------------------------------------------------------------------------------- */

static open_plan *plan_find(leat_worker *self, uint32_t job, uint64_t generation)
{
    LEAT_VEC_EACH (at, &self->plans)
        if (at->job == job && at->generation == generation)
            return at;
    return NULL;
}

/* One more slot of the generation opens: its plan, decoded once. */
static leat_code
plan_open(leat_worker *self, const leat_deployment *d, leat_plan_share **out_plan, leat_error *err)
{
    open_plan *found = plan_find(self, d->job, d->generation);
    if (found == NULL) {
        open_plan fresh = {.job = d->job, .generation = d->generation};
        LEAT_TRY(leat_plan_share_new(d->plan, &fresh.plan, err));
        leat_vec_push(&self->plans, fresh);
        found = &self->plans.items[self->plans.count - 1];
    }
    found->slot_count++;
    *out_plan = leat_plan_share_ref(found->plan);
    return LEAT_OK;
}

static void plan_close(leat_worker *self, uint32_t job, uint64_t generation)
{
    open_plan *found = plan_find(self, job, generation);
    if (found == NULL || --found->slot_count > 0)
        return;
    leat_plan_share_unref(&found->plan);
    leat_vec_remove(&self->plans, (size_t)(found - self->plans.items));
}

/* -- actions -------------------------------------------------------------------------------- */

static void send_coordinator(leat_worker *self, const leat_control *message)
{
    leat_frame *frame = leat_frame_of_control(message);
    if (leat_dialer_send(self->dialer, &frame) != LEAT_OK)
        leat_frame_free(&frame); /* the session notices the hole */
}

static void send_peer(leat_worker *self, const leat_worker_action *action)
{
    if (self->courier == NULL)
        return;
    leat_letter *letter = leat_letter_new(LEAT_LETTER_SEND);
    letter->frame = leat_frame_of_control(&action->message);
    letter->to = action->place;
    leat_mailbox_post(self->crew.courier, letter);
}

static void connect_neighbours(leat_worker *self, leat_deployment *deployment)
{
    if (self->courier == NULL)
        return;
    leat_letter *letter = leat_letter_new(LEAT_LETTER_CONNECT);
    letter->deployment = leat_deployment_ref(deployment);
    leat_mailbox_post(self->crew.courier, letter);
}

/* A plan that does not decode cannot run anywhere: the job fails with the reason. */
static void report_bad_plan(leat_worker *self, const leat_down *down, const leat_error *err)
{
    leat_letter *letter = leat_letter_new(LEAT_LETTER_UP);
    letter->up = (leat_up){.kind = LEAT_UP_FAILED,
                           .job = down->job,
                           .slot = down->slot,
                           .generation = down->generation};
    snprintf(letter->up.text, sizeof letter->up.text, "%.*s", (int)sizeof letter->up.text - 1,
             err->text);
    leat_mailbox_post(&self->box, letter); /* as an event of its own, after these actions */
}

static void send_slot(leat_worker *self, leat_worker_action *action)
{
    leat_log(LEAT_LOG_DEBUG, "slot_told", LEAT_KS("kind", leat_down_name(action->down.kind)),
             LEAT_KU("job", action->down.job), LEAT_KU("slot", action->down.slot),
             LEAT_KU("epoch", action->down.epoch), LEAT_KU("completed", action->down.completed));
    leat_letter *letter = leat_letter_new(LEAT_LETTER_DOWN);
    letter->down = action->down;
    action->down = (leat_down){0};
    const leat_down *down = &letter->down;
    if (down->kind == LEAT_DOWN_OPEN) {
        leat_error err = {0};
        connect_neighbours(self, down->deployment);
        if (plan_open(self, down->deployment, &letter->plan, &err) != LEAT_OK) {
            report_bad_plan(self, down, &err);
            leat_letter_free(&letter);
            return;
        }
    }
    if (down->kind == LEAT_DOWN_CLOSE)
        plan_close(self, down->job, down->generation);
    leat_mailbox_post(self->crew.executors[action->executor % self->crew.executor_count], letter);
}

static void perform(leat_worker *self, leat_worker_action *action)
{
    switch (action->kind) {
    case LEAT_WORKER_SEND:
        send_coordinator(self, &action->message);
        break;
    case LEAT_WORKER_SEND_PEER:
        send_peer(self, action);
        break;
    case LEAT_WORKER_SEND_SLOT:
        send_slot(self, action);
        break;
    case LEAT_WORKER_DISK_WRITE:
        leat_disk_post(self->disk, &action->op);
        break;
    case LEAT_WORKER_WAKE_AT:
        self->wake_at_ms = action->at_ms;
        break;
    case LEAT_WORKER_EXIT:
        self->end_code = action->code;
        self->has_ended = true;
        break;
    case LEAT_WORKER_ACTION_KIND_COUNT:
        LEAT_UNREACHABLE();
    }
}

static void step(leat_worker *self, leat_worker_event *event)
{
    event->now_ms = leat_clock_ms();
    leat_worker_step(self->core, event, &self->actions);
    leat_worker_event_fini(event);
    LEAT_VEC_EACH (action, &self->actions)
        perform(self, action);
    leat_worker_actions_clear(&self->actions);
}

/* -- events --------------------------------------------------------------------------------- */

static void control_frame(leat_worker *self, const leat_frame *frame, leat_worker_event_kind kind)
{
    leat_worker_event event = {.kind = kind};
    leat_error err = {0};
    if (leat_frame_to_control(frame, &event.message, &err) != LEAT_OK) {
        leat_log_failure(LEAT_LOG_WARN, "message_rejected", &err);
        return;
    }
    if (event.message.kind == LEAT_CONTROL_WELCOME) {
        self->is_known = true;
        self->log_sent = 0; /* what was under way may be lost: it drops what it has */
    }
    step(self, &event);
}

static void link_events(leat_worker *self)
{
    leat_link_event link;
    while (!self->has_ended && leat_dialer_next(self->dialer, leat_clock_ms(), &link) == LEAT_OK) {
        if (link.kind == LEAT_LINK_FRAME) {
            control_frame(self, link.frame, LEAT_WORKER_COORDINATOR);
            leat_frame_free(&link.frame);
            continue;
        }
        bool is_up = link.kind == LEAT_LINK_UP;
        self->is_known = false;
        leat_log_event(LEAT_LOG_INFO, is_up ? "coordinator_connected" : "coordinator_disconnected",
                       NULL, 0);
        leat_worker_event event = {.kind = is_up ? LEAT_WORKER_LINK_UP : LEAT_WORKER_LINK_DOWN};
        step(self, &event);
    }
}

/* What a letter says, as an event; false when it is none. */
static bool letter_event(leat_letter *letter, leat_worker_event *out_event)
{
    switch (letter->kind) {
    case LEAT_LETTER_UP:
        leat_log(LEAT_LOG_DEBUG, "slot_said", LEAT_KS("kind", leat_up_name(letter->up.kind)),
                 LEAT_KU("job", letter->up.job), LEAT_KU("slot", letter->up.slot),
                 LEAT_KU("epoch", letter->up.epoch), LEAT_KS("text", letter->up.text));
        *out_event = (leat_worker_event){.kind = LEAT_WORKER_SLOT};
        out_event->up = letter->up;
        letter->up = (leat_up){0};
        return true;
    case LEAT_LETTER_DONE:
        leat_log(LEAT_LOG_DEBUG, "disk_done", LEAT_KS("kind", leat_disk_op_name(letter->done.kind)),
                 LEAT_KU("job", letter->done.job), LEAT_KU("epoch", letter->done.epoch),
                 LEAT_KS("code", leat_code_name(letter->done.code)),
                 LEAT_KS("text", letter->done.text));
        *out_event = (leat_worker_event){.kind = LEAT_WORKER_DISK};
        out_event->done = letter->done;
        letter->done = (leat_disk_done){0};
        return true;
    case LEAT_LETTER_TERMINATE:
        *out_event = (leat_worker_event){.kind = LEAT_WORKER_TERMINATE};
        out_event->drain_ms = letter->drain_ms;
        return true;
    case LEAT_LETTER_FRAME:
    case LEAT_LETTER_DOWN:
    case LEAT_LETTER_MESSAGE:
    case LEAT_LETTER_SEND:
    case LEAT_LETTER_CONNECT:
    case LEAT_LETTER_OP:
    case LEAT_LETTER_QUIT:
        return false;
    }
    return false;
}

static void take_letters(leat_worker *self)
{
    leat_letter *letter = leat_mailbox_take(&self->box);
    while (letter != NULL) {
        leat_letter *next = letter->next;
        leat_worker_event event;
        if (letter->kind == LEAT_LETTER_QUIT)
            self->has_ended = true;
        else if (self->has_ended)
            ; /* the core has said its last word */
        else if (letter->kind == LEAT_LETTER_FRAME)
            control_frame(self, letter->frame, LEAT_WORKER_PEER);
        else if (letter_event(letter, &event))
            step(self, &event);
        leat_letter_free(&letter);
        letter = next;
    }
}

/* New lines of the log. Not under the eyes of the core: nothing depends on them. */
static void send_log(leat_worker *self)
{
    leat_log_tick();
    if (self->log_ring == NULL || !self->is_known || leat_log_ring_newest() == self->log_sent)
        return;
    leat_buf lines = {0};
    uint64_t last = leat_log_wire_encode(self->log_ring, self->log_sent, LOG_BYTES_MAX, &lines);
    leat_frame_head head = {.kind = LEAT_FRAME_LOG, .value = self->identity.nonce};
    leat_frame *frame = lines.size == 0 ? NULL : leat_frame_new(&head, &lines);
    if (frame != NULL && leat_dialer_send(self->dialer, &frame) == LEAT_OK)
        self->log_sent = last;
    leat_frame_free(&frame);
    leat_buf_fini(&lines);
}

static void sleep_until_something(leat_worker *self)
{
    int64_t at_ms = LEAT_MIN(self->wake_at_ms, leat_dialer_wake_at_ms(self->dialer));
    int64_t timeout_ms = at_ms == INT64_MAX ? -1 : LEAT_MAX(at_ms - leat_clock_ms(), (int64_t)0);
    leat_wake_prepare(&self->box.wake);
    if (leat_mailbox_is_empty(&self->box))
        leat_link_wait(NULL, &self->dialer, 1, self->box.wake.fd, timeout_ms);
    leat_wake_cancel(&self->box.wake);
}

static void control_main(void *argument)
{
    leat_worker *self = argument;
    while (!self->has_ended) {
        link_events(self);
        take_letters(self);
        if (!self->has_ended && leat_clock_ms() >= self->wake_at_ms) {
            self->wake_at_ms = INT64_MAX;
            leat_worker_event event = {.kind = LEAT_WORKER_WAKE};
            step(self, &event);
        }
        send_log(self);
        if (!self->has_ended)
            sleep_until_something(self);
    }
    if (self->end_wake != NULL)
        leat_wake_ring(self->end_wake);
}

/* -- life ----------------------------------------------------------------------------------- */

/* "tcp://0.0.0.0:4567" seen from elsewhere is "tcp://HOST:4567". */
static void advertise(leat_worker *self, const char *host)
{
    const char *bound = self->courier == NULL ? "" : leat_courier_endpoint(self->courier);
    const char *port = strrchr(bound, ':');
    if (host == NULL || port == NULL)
        snprintf(self->identity.endpoint, sizeof self->identity.endpoint, "%s", bound);
    else
        snprintf(self->identity.endpoint, sizeof self->identity.endpoint, "tcp://%s%s", host, port);
}

static void identify(leat_worker *self, const leat_worker_options *options)
{
    leat_worker_identity *identity = &self->identity;
    identity->incarnation = self->folder.incarnation;
    identity->boot = self->folder.boot;
    identity->nonce = leat_folder_random();
    identity->executor_count = self->crew.executor_count;
    identity->job_count = (uint32_t)self->folder.jobs.count;
    identity->jobs = self->folder.jobs.items;
    char host[40] = "worker";
    if (options->name != NULL) {
        snprintf(identity->name, sizeof identity->name, "%s", options->name);
    } else {
        if (gethostname(host, sizeof host) != 0 || memchr(host, 0, sizeof host) == NULL)
            host[sizeof host - 1] = '\0';
        snprintf(identity->name, sizeof identity->name, "%s-%d", host, (int)getpid());
    }
    advertise(self, options->advertise);
}

static leat_code crew_open(leat_worker *self, const leat_worker_options *options, leat_error *err)
{
    leat_crew *crew = &self->crew;
    crew->control = &self->box;
    crew->connectors = options->connectors;
    crew->files_root = self->files_root;
    crew->stores = (leat_state_disk){.journal = self->folder.journal, .base = self->folder.base};
    crew->print = options->print;
    crew->print_self = options->print_self;
    uint32_t count = options->executor_count;
    if (count == 0)
        count = leat_thread_processor_count();
    crew->executor_count = LEAT_MIN(count, (uint32_t)LEAT_EXECUTORS_MAX);
    for (uint32_t i = 0; i < crew->executor_count; i++) {
        LEAT_TRY(leat_executor_new(crew, i, &self->executors[i], err));
        crew->executors[i] = leat_executor_mailbox(self->executors[i]);
    }
    if (options->listen == NULL)
        return LEAT_OK;
    LEAT_TRY(leat_courier_new(crew, self->transport, options->listen, &self->courier, err));
    crew->courier = leat_courier_mailbox(self->courier);
    return LEAT_OK;
}

leat_code
leat_worker_open(const leat_worker_options *options, leat_worker **out_worker, leat_error *err)
{
    leat_worker *worker = LEAT_NEW(leat_worker);
    worker->transport = options->transport;
    worker->coordinator = leat_strdup(options->coordinator);
    worker->files_root = leat_strdup(options->files_root);
    worker->wake_at_ms = INT64_MAX;
    worker->box.wake.fd = -1;
    leat_code code = leat_mailbox_init(&worker->box, err);
    if (code == LEAT_OK)
        code = leat_folder_open(options->data_folder, &worker->folder, err);
    if (code == LEAT_OK)
        code = crew_open(worker, options, err);
    if (code == LEAT_OK)
        code = leat_dialer_open(worker->transport, worker->coordinator, LEAT_FRAME_BYTES_MAX,
                                &worker->dialer, err);
    if (code != LEAT_OK) {
        leat_worker_close(&worker);
        return code;
    }
    identify(worker, options);
    worker->log_ring = options->log_ring;
    worker->core = leat_worker_core_new(&worker->identity);
    leat_tracer tracer = {.sink = leat_worker_story_log};
    leat_worker_core_set_tracer(worker->core, &tracer);
    *out_worker = worker;
    return LEAT_OK;
}

leat_code leat_worker_start(leat_worker *worker, leat_error *err)
{
    LEAT_TRY(leat_disk_start(&worker->crew.stores, worker->files_root, &worker->box, &worker->disk,
                             err));
    for (uint32_t i = 0; i < worker->crew.executor_count; i++)
        LEAT_TRY(leat_executor_start(worker->executors[i], err));
    if (worker->courier != NULL)
        LEAT_TRY(leat_courier_start(worker->courier, err));
    LEAT_TRY(leat_thread_start(&worker->thread, "leat-control", control_main, worker, err));
    leat_log(LEAT_LOG_INFO, "worker_started", LEAT_KS("name", worker->identity.name),
             LEAT_KU("executors", worker->crew.executor_count),
             LEAT_KS("endpoint", worker->identity.endpoint),
             LEAT_KU("boot", worker->identity.boot));
    return LEAT_OK;
}

void leat_worker_terminate(leat_worker *worker, int64_t drain_ms)
{
    leat_letter *letter = leat_letter_new(LEAT_LETTER_TERMINATE);
    letter->drain_ms = drain_ms;
    leat_mailbox_post(&worker->box, letter);
}

void leat_worker_abandon(leat_worker *worker)
{
    leat_mailbox_post(&worker->box, leat_letter_new(LEAT_LETTER_QUIT));
}

bool leat_worker_has_ended(const leat_worker *worker)
{
    return worker->has_ended;
}

void leat_worker_set_end_wake(leat_worker *worker, leat_wake *wake)
{
    worker->end_wake = wake;
}

leat_code leat_worker_wait(leat_worker *worker)
{
    leat_thread_join(&worker->thread);
    return worker->end_code;
}

void leat_worker_close(leat_worker **worker)
{
    leat_worker *self = LEAT_TAKE(*worker);
    if (self == NULL)
        return;
    if (self->thread.is_running) {
        leat_worker_abandon(self);
        leat_thread_join(&self->thread);
    }
    for (uint32_t i = 0; i < self->crew.executor_count; i++)
        if (self->executors[i] != NULL)
            leat_executor_stop(self->executors[i]);
    if (self->courier != NULL)
        leat_courier_stop(self->courier);
    leat_disk_stop(&self->disk); /* after those who post to it */
    for (uint32_t i = 0; i < self->crew.executor_count; i++)
        leat_executor_free(&self->executors[i]);
    leat_courier_free(&self->courier);
    leat_dialer_close(&self->dialer);
    leat_worker_core_free(&self->core);
    leat_worker_actions_fini(&self->actions);
    LEAT_VEC_EACH (open, &self->plans)
        leat_plan_share_unref(&open->plan);
    leat_vec_fini(&self->plans);
    leat_folder_close(&self->folder);
    if (self->box.wake.fd >= 0)
        leat_mailbox_fini(&self->box);
    leat_free(self->coordinator);
    leat_free(self->files_root);
    leat_free(self);
}
