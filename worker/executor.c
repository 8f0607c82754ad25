/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/executor.h"

#include <stdio.h>

#include "common/base/alloc.h"
#include "common/obs/log.h"
#include "common/sys/clock.h"
#include "common/sys/thread.h"
#include "worker/convert.h"
#include "worker/exec/state_reader.h"

enum { EARLY_LETTERS_MAX = 4096 };

/* One open slot. */
typedef struct berth {
    uint32_t job;
    uint32_t slot_number;
    uint64_t generation;
    leat_slot *slot;
    leat_deployment *deployment;
    leat_plan_share *plan;
    leat_state_reader *reader; /* until READY */
    leat_slot_store store;
    leat_slot_actions actions;
    bool has_more; /* as the last step said */
    uint64_t wake_us;

    /* where its time went, see leat_slot_stats */
    int64_t left_us; /* end of the last step; 0 = there was none */
    bool is_backpressured;
    uint64_t busy_us;
    uint64_t idle_us;
    uint64_t backpressured_us;
    uint64_t delta_bytes;
} berth;

struct leat_executor {
    const leat_crew *crew;
    uint32_t index;
    leat_mailbox box;
    leat_thread thread;
    LEAT_VEC(berth *) berths;
    LEAT_VEC(leat_letter *) early; /* messages for slots that are not open yet, oldest first */
};

/* -- berths --------------------------------------------------------------------------------- */

static berth *berth_find(leat_executor *self, uint32_t job, uint32_t slot)
{
    LEAT_VEC_EACH (at, &self->berths)
        if ((*at)->job == job && (*at)->slot_number == slot)
            return *at;
    return NULL;
}

static void berth_free(berth *b)
{
    leat_slot_free(&b->slot);
    leat_slot_actions_fini(&b->actions);
    leat_state_reader_free(&b->reader);
    leat_deployment_unref(&b->deployment);
    leat_plan_share_unref(&b->plan);
    leat_free(b);
}

static void berth_close(leat_executor *self, berth *b)
{
    for (size_t i = 0; i < self->berths.count; i++)
        if (self->berths.items[i] == b) {
            leat_vec_remove(&self->berths, i);
            break;
        }
    berth_free(b);
}

static void post_up(leat_executor *self, leat_up *up)
{
    leat_letter *letter = leat_letter_new(LEAT_LETTER_UP);
    letter->up = *up;
    *up = (leat_up){0};
    leat_mailbox_post(self->crew->control, letter);
}

static void post_failed(leat_executor *self, const berth *b, const leat_error *err)
{
    leat_up up = {
        .kind = LEAT_UP_FAILED, .job = b->job, .slot = b->slot_number, .generation = b->generation};
    snprintf(up.text, sizeof up.text, "%.*s", (int)sizeof up.text - 1, err->text);
    post_up(self, &up);
}

static void add_times(const berth *b, leat_slot_stats *stats)
{
    stats->busy_us = b->busy_us;
    stats->idle_us = b->idle_us;
    stats->backpressured_us = b->backpressured_us;
    stats->delta_bytes = b->delta_bytes;
}

static void post_stats(leat_executor *self, const berth *b)
{
    leat_up up = {.kind = LEAT_UP_STATS,
                  .job = b->job,
                  .slot = b->slot_number,
                  .generation = b->generation,
                  .stats = leat_slot_stats_of(b->slot)};
    add_times(b, &up.stats);
    post_up(self, &up);
}

/* -- actions -------------------------------------------------------------------------------- */

static void post_message(leat_executor *self, const berth *b, leat_message *message)
{
    const leat_deployment *d = b->deployment;
    uint32_t target = leat_message_target(message);
    const leat_slot_place *place = &d->slots[target];
    if (place->worker == d->slots[b->slot_number].worker) {
        leat_letter *letter = leat_letter_new(LEAT_LETTER_MESSAGE);
        letter->message = *message;
        letter->plan = leat_plan_share_ref(b->plan);
        *message = (leat_message){0};
        leat_mailbox_post(self->crew->executors[place->executor % self->crew->executor_count],
                          letter);
        return;
    }
    const leat_worker_place *to = leat_deployment_worker(d, place->worker);
    if (to == NULL || self->crew->courier == NULL)
        return; /* a hole in the deployment: the receiver's watchdog reports it */
    leat_letter *letter = leat_letter_new(LEAT_LETTER_SEND);
    letter->frame = leat_frame_of_slot_message(message, place->executor, self->crew->compression);
    letter->to = *to;
    leat_mailbox_post(self->crew->courier, letter);
}

static void perform(leat_executor *self, berth *b, leat_slot_action *action)
{
    switch (action->kind) {
    case LEAT_SLOT_SEND:
        post_message(self, b, &action->message);
        break;
    case LEAT_SLOT_UP:
        if (action->up.kind == LEAT_UP_READY)
            leat_state_reader_free(&b->reader);
        if (action->up.kind == LEAT_UP_CHUNK || action->up.kind == LEAT_UP_FROZEN)
            b->delta_bytes += leat_blob_bytes(action->up.bytes).size;
        if (action->up.kind == LEAT_UP_STATS)
            add_times(b, &action->up.stats);
        if (action->up.kind == LEAT_UP_FROZEN)
            post_stats(self, b); /* so that the counts of a job's end are exact */
        post_up(self, &action->up);
        break;
    case LEAT_SLOT_NOTE:
        leat_log(LEAT_LOG_WARN, "rows_skipped", LEAT_KU("job", b->job),
                 LEAT_KU("slot", b->slot_number), LEAT_KB("operator", action->note.node),
                 LEAT_KB("reason", leat_blob_bytes(action->note.text)));
        break;
    case LEAT_SLOT_PRINT:
        self->crew->print(self->crew->print_self, b->job, action->print.sink,
                          leat_blob_bytes(action->print.lines));
        break;
    }
}

/* The time since its last step was spent with others or asleep. */
static void account_gap(berth *b, int64_t now_us)
{
    uint64_t gap_us = b->left_us == 0 ? 0 : (uint64_t)(now_us - b->left_us);
    if (b->has_more)
        b->busy_us += gap_us;
    else if (b->is_backpressured)
        b->backpressured_us += gap_us;
    else
        b->idle_us += gap_us;
}

static void berth_step(leat_executor *self, berth *b, leat_slot_event *event)
{
    int64_t began_us = leat_clock_us();
    account_gap(b, began_us);
    event->now_us = leat_clock_wall_us();
    event->steady_us = (uint64_t)began_us;
    leat_slot_step(b->slot, event, &b->actions);
    LEAT_VEC_EACH (action, &b->actions.items)
        perform(self, b, action);
    b->has_more = b->actions.has_more;
    b->wake_us = b->actions.wake_us;
    b->is_backpressured = !b->has_more && leat_slot_is_backpressured(b->slot);
    leat_slot_actions_clear(&b->actions);
    b->left_us = leat_clock_us();
    b->busy_us += (uint64_t)(b->left_us - began_us);
}

/* -- letters -------------------------------------------------------------------------------- */

static void deliver_message(leat_executor *self, berth *b, leat_message *message)
{
    leat_slot_event event = {.kind = LEAT_SLOT_MESSAGE};
    event.message = *message;
    *message = (leat_message){0};
    berth_step(self, b, &event);
    leat_message_fini(&event.message);
}

static void deliver_frame(leat_executor *self, berth *b, const leat_frame *frame)
{
    leat_message message = {0};
    leat_error err = {0};
    if (leat_frame_to_slot_message(frame, leat_plan_share_plan(b->plan), &message, &err) == LEAT_OK)
        deliver_message(self, b, &message);
    else
        leat_log_failure(LEAT_LOG_WARN, "frame_rejected",
                         &err); /* the hole is found by its number */
    leat_message_fini(&message);
}

/* Whom a MESSAGE or data FRAME letter is for. */
static void letter_address(const leat_letter *letter,
                           uint32_t *out_job,
                           uint32_t *out_slot,
                           uint64_t *out_generation)
{
    if (letter->kind == LEAT_LETTER_FRAME) {
        const leat_frame_head *head = leat_frame_head_of(letter->frame);
        *out_job = head->job;
        *out_slot = leat_frame_target_slot(letter->frame);
        *out_generation = head->generation;
    } else {
        *out_job = letter->message.job;
        *out_slot = leat_message_target(&letter->message);
        *out_generation = letter->message.generation;
    }
}

/* Keeps the letter (sets it to NULL) when its slot is still to come. */
static void data_letter(leat_executor *self, leat_letter **letter)
{
    uint32_t job;
    uint32_t slot;
    uint64_t generation;
    letter_address(*letter, &job, &slot, &generation);
    berth *b = berth_find(self, job, slot);
    if (b != NULL && b->generation == generation) {
        if ((*letter)->kind == LEAT_LETTER_FRAME)
            deliver_frame(self, b, (*letter)->frame);
        else
            deliver_message(self, b, &(*letter)->message);
        return;
    }
    if (b != NULL && b->generation > generation)
        return;
    if (self->early.count == EARLY_LETTERS_MAX) {
        leat_letter_free(&self->early.items[0]);
        leat_vec_remove(&self->early, 0);
    }
    leat_vec_push(&self->early, LEAT_TAKE(*letter));
}

/* Slots of `generation` of the job opened or closed: deliver what waited for an open one, drop
 * what older generations left. */
static void early_letters(leat_executor *self, uint32_t job, uint64_t generation)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->early.count; i++) {
        leat_letter *letter = self->early.items[i];
        uint32_t its_job;
        uint32_t slot;
        uint64_t its_generation;
        letter_address(letter, &its_job, &slot, &its_generation);
        bool is_current = its_job == job && its_generation == generation;
        bool is_old = its_job == job && its_generation < generation;
        if (is_current && berth_find(self, job, slot) != NULL)
            data_letter(self, &letter);
        else if (!is_old)
            self->early.items[kept++] = LEAT_TAKE(letter);
        leat_letter_free(&letter);
    }
    self->early.count = kept;
}

static void open_slot(leat_executor *self, leat_letter *letter)
{
    const leat_down *down = &letter->down;
    berth *old = berth_find(self, down->job, down->slot);
    if (old != NULL)
        berth_close(self, old);
    berth *b = LEAT_NEW(berth);
    b->job = down->job;
    b->slot_number = down->slot;
    b->generation = down->generation;
    b->deployment = leat_deployment_ref(down->deployment);
    b->plan = LEAT_TAKE(letter->plan);
    leat_vec_push(&self->berths, b);
    if (b->deployment->restore_epoch > 0) {
        b->reader =
            leat_state_reader_new(&self->crew->stores, b->job, b->deployment->restore_epoch);
        b->store = leat_state_reader_store(b->reader);
    }
    leat_slot_args args = {
        .plan = leat_plan_share_plan(b->plan),
        .deployment = b->deployment,
        .slot = b->slot_number,
        .connectors = self->crew->connectors,
        .store = b->reader != NULL ? &b->store : NULL,
        .files_root = self->crew->files_root,
        .limits = self->crew->limits,
    };
    leat_error err = {0};
    if (leat_slot_new(&args, &b->slot, &err) != LEAT_OK) {
        post_failed(self, b, &err);
        berth_close(self, b);
        return;
    }
    leat_slot_event run = {.kind = LEAT_SLOT_RUN};
    berth_step(self, b, &run);
    early_letters(self, b->job, b->generation);
}

static void down_letter(leat_executor *self, leat_letter *letter)
{
    leat_down *down = &letter->down;
    if (down->kind == LEAT_DOWN_OPEN) {
        open_slot(self, letter);
        return;
    }
    berth *b = berth_find(self, down->job, down->slot);
    if (b == NULL || b->generation != down->generation)
        return; /* it failed to open, or a later one took its place */
    if (down->kind == LEAT_DOWN_CLOSE) {
        uint32_t job = b->job;
        uint64_t generation = b->generation;
        berth_close(self, b);
        early_letters(self, job, generation + 1); /* nothing of it will be wanted again */
        return;
    }
    leat_slot_event event = {.kind = LEAT_SLOT_DOWN};
    event.down = *down;
    *down = (leat_down){0};
    berth_step(self, b, &event);
    leat_down_fini(&event.down);
}

/* False: the thread ends. */
static bool take_letters(leat_executor *self)
{
    bool goes_on = true;
    leat_letter *letter = leat_mailbox_take(&self->box);
    while (letter != NULL) {
        leat_letter *next = letter->next;
        if (letter->kind == LEAT_LETTER_QUIT)
            goes_on = false;
        else if (letter->kind == LEAT_LETTER_DOWN)
            down_letter(self, letter);
        else
            data_letter(self, &letter);
        leat_letter_free(&letter);
        letter = next;
    }
    return goes_on;
}

/* -- the thread ----------------------------------------------------------------------------- */

/* One slice for every slot that has work. Returns when the earliest wants to run again, as time
 * from now; 0 = at once, -1 = only when something comes. */
static int64_t run_slots(leat_executor *self)
{
    uint64_t now_us = (uint64_t)leat_clock_us();
    uint64_t wake_us = UINT64_MAX;
    for (size_t i = 0; i < self->berths.count; i++) {
        berth *b = self->berths.items[i];
        if (b->has_more || b->wake_us <= now_us) {
            leat_slot_event run = {.kind = LEAT_SLOT_RUN};
            berth_step(self, b, &run);
        }
        wake_us = b->has_more ? 0 : LEAT_MIN(wake_us, b->wake_us);
    }
    if (wake_us == UINT64_MAX)
        return -1;
    now_us = (uint64_t)leat_clock_us();
    return wake_us <= now_us ? 0 : (int64_t)((wake_us - now_us + 999) / 1000);
}

static void executor_main(void *argument)
{
    leat_executor *self = argument;
    while (take_letters(self)) {
        int64_t pause_ms = run_slots(self);
        if (pause_ms != 0)
            leat_mailbox_wait(&self->box, pause_ms);
    }
}

leat_code leat_executor_new(const leat_crew *crew,
                            uint32_t index,
                            leat_executor **out_executor,
                            leat_error *err)
{
    leat_executor *executor = LEAT_NEW(leat_executor);
    executor->crew = crew;
    executor->index = index;
    leat_code code = leat_mailbox_init(&executor->box, err);
    if (code != LEAT_OK)
        leat_free(executor);
    else
        *out_executor = executor;
    return code;
}

leat_mailbox *leat_executor_mailbox(leat_executor *executor)
{
    return &executor->box;
}

leat_code leat_executor_start(leat_executor *executor, leat_error *err)
{
    char name[16];
    snprintf(name, sizeof name, "leat-exec-%u", executor->index);
    return leat_thread_start(&executor->thread, name, executor_main, executor, err);
}

void leat_executor_stop(leat_executor *executor)
{
    if (!executor->thread.is_running)
        return;
    leat_mailbox_post(&executor->box, leat_letter_new(LEAT_LETTER_QUIT));
    leat_thread_join(&executor->thread);
}

void leat_executor_free(leat_executor **executor)
{
    leat_executor *self = LEAT_TAKE(*executor);
    if (self == NULL)
        return;
    leat_executor_stop(self);
    while (self->berths.count > 0)
        berth_close(self, self->berths.items[0]);
    leat_vec_fini(&self->berths);
    for (size_t i = 0; i < self->early.count; i++)
        leat_letter_free(&self->early.items[i]);
    leat_vec_fini(&self->early);
    leat_mailbox_fini(&self->box);
    leat_free(self);
}
