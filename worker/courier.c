/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/courier.h"

#include "common/base/alloc.h"
#include "common/obs/log.h"
#include "common/sys/clock.h"
#include "common/sys/thread.h"
#include "common/transport/dialer.h"
#include "common/transport/listener.h"
#include "worker/convert.h"

enum {
    RECEIVE_QUOTA = 256,           /* frames of one round: letters get their turn */
    NEIGHBOUR_IDLE_MS = 60 * 1000, /* down and silent this long: forgotten */
};

typedef struct neighbour {
    leat_worker_place place;
    leat_dialer *dialer;
    LEAT_VEC(leat_frame *) waiting; /* for the connection to come up */
    size_t waiting_bytes;
    int64_t used_at_ms;
} neighbour;

struct leat_courier {
    const leat_crew *crew;
    leat_transport *transport;
    leat_listener *listener;
    leat_mailbox box;
    leat_thread thread;
    LEAT_VEC(neighbour *) neighbours;
    uint64_t dropped_count;
};

static void waiting_drop(neighbour *n)
{
    for (size_t i = 0; i < n->waiting.count; i++)
        leat_frame_free(&n->waiting.items[i]);
    leat_vec_clear(&n->waiting);
    n->waiting_bytes = 0;
}

static void neighbour_free(neighbour *n)
{
    waiting_drop(n);
    leat_vec_fini(&n->waiting);
    leat_dialer_close(&n->dialer);
    leat_free(n);
}

/* The neighbour's entry, dialling its newest endpoint; NULL when that is no address. */
static neighbour *neighbour_of(leat_courier *self, const leat_worker_place *place)
{
    for (size_t i = 0; i < self->neighbours.count; i++) {
        neighbour *n = self->neighbours.items[i];
        if (n->place.worker != place->worker)
            continue;
        if (strcmp(n->place.endpoint, place->endpoint) == 0)
            return n;
        neighbour_free(n); /* it was started again and listens elsewhere */
        leat_vec_remove(&self->neighbours, i);
        break;
    }
    neighbour *n = LEAT_NEW(neighbour);
    n->place = *place;
    leat_error err = {0};
    if (leat_dialer_open(self->transport, place->endpoint, LEAT_FRAME_BYTES_MAX, &n->dialer,
                         &err) != LEAT_OK) {
        leat_log_failure(LEAT_LOG_WARN, "neighbour_unreachable", &err);
        neighbour_free(n);
        return NULL;
    }
    leat_vec_push(&self->neighbours, n);
    return n;
}

static void send_frame(leat_courier *self, const leat_worker_place *to, leat_frame **frame)
{
    neighbour *n = neighbour_of(self, to);
    if (n == NULL) {
        self->dropped_count++;
        return;
    }
    n->used_at_ms = leat_clock_ms();
    size_t bytes = leat_frame_payload(*frame).size;
    leat_code code = n->waiting.count == 0 ? leat_dialer_send(n->dialer, frame) : LEAT_FULL;
    if (code == LEAT_OK)
        return;
    if (code == LEAT_LIMIT)
        leat_log(LEAT_LOG_ERROR, "frame_too_large", LEAT_KU("bytes", bytes));
    if (leat_dialer_is_up(n->dialer) || n->waiting_bytes + bytes > LEAT_COURIER_WAITING_BYTES_MAX) {
        self->dropped_count++;
        return;
    }
    n->waiting_bytes += bytes;
    leat_vec_push(&n->waiting, LEAT_TAKE(*frame));
}

static void neighbour_up(leat_courier *self, neighbour *n)
{
    for (size_t i = 0; i < n->waiting.count; i++)
        if (leat_dialer_send(n->dialer, &n->waiting.items[i]) != LEAT_OK)
            self->dropped_count++;
    waiting_drop(n);
    leat_log(LEAT_LOG_DEBUG, "neighbour_connected", LEAT_KU("worker", n->place.worker));
}

static void neighbour_events(leat_courier *self, neighbour *n, int64_t now_ms)
{
    leat_link_event event;
    while (leat_dialer_next(n->dialer, now_ms, &event) == LEAT_OK) {
        if (event.kind == LEAT_LINK_UP)
            neighbour_up(self, n);
        if (event.kind == LEAT_LINK_DOWN)
            leat_log(LEAT_LOG_INFO, "neighbour_disconnected", LEAT_KU("worker", n->place.worker));
        if (event.kind == LEAT_LINK_FRAME)
            leat_frame_free(&event.frame); /* neighbours answer on connections of their own */
    }
}

static void connect_all(leat_courier *self, const leat_deployment *deployment)
{
    for (uint32_t i = 0; i < deployment->worker_count; i++) {
        neighbour *n = neighbour_of(self, &deployment->workers[i]);
        if (n != NULL)
            n->used_at_ms = leat_clock_ms();
    }
}

static bool take_letters(leat_courier *self)
{
    bool goes_on = true;
    leat_letter *letter = leat_mailbox_take(&self->box);
    while (letter != NULL) {
        leat_letter *next = letter->next;
        if (letter->kind == LEAT_LETTER_QUIT)
            goes_on = false;
        if (letter->kind == LEAT_LETTER_SEND)
            send_frame(self, &letter->to, &letter->frame);
        if (letter->kind == LEAT_LETTER_CONNECT)
            connect_all(self, letter->deployment);
        leat_letter_free(&letter);
        letter = next;
    }
    return goes_on;
}

static void pass_on(leat_courier *self, leat_frame *frame)
{
    leat_mailbox *to = self->crew->control;
    if (leat_frame_is_slot_message(frame))
        to = self->crew->executors[leat_frame_executor(frame) % self->crew->executor_count];
    leat_letter *letter = leat_letter_new(LEAT_LETTER_FRAME);
    letter->frame = frame;
    leat_mailbox_post(to, letter);
}

/* True: there may be more. */
static bool receive(leat_courier *self)
{
    leat_link_event event;
    for (int i = 0; i < RECEIVE_QUOTA; i++) {
        if (leat_listener_next(self->listener, &event) != LEAT_OK)
            return false;
        if (event.kind == LEAT_LINK_FRAME)
            pass_on(self, event.frame);
    }
    return true;
}

static void forget_idle(leat_courier *self, int64_t now_ms)
{
    for (size_t i = self->neighbours.count; i-- > 0;) {
        neighbour *n = self->neighbours.items[i];
        if (leat_dialer_is_up(n->dialer) || now_ms - n->used_at_ms < NEIGHBOUR_IDLE_MS)
            continue;
        neighbour_free(n);
        leat_vec_remove(&self->neighbours, i);
    }
}

static void sleep_until_something(leat_courier *self, int64_t now_ms)
{
    leat_dialer *dialers[LEAT_LINK_WAIT_MAX];
    size_t count = LEAT_MIN(self->neighbours.count, (size_t)LEAT_LINK_WAIT_MAX);
    int64_t wake_at_ms = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        dialers[i] = self->neighbours.items[i]->dialer;
        wake_at_ms = LEAT_MIN(wake_at_ms, leat_dialer_wake_at_ms(dialers[i]));
    }
    int64_t timeout_ms = wake_at_ms == INT64_MAX ? -1 : LEAT_MAX(wake_at_ms - now_ms, (int64_t)0);
    leat_wake_prepare(&self->box.wake);
    if (leat_mailbox_is_empty(&self->box))
        leat_link_wait(self->listener, dialers, count, self->box.wake.fd, timeout_ms);
    leat_wake_cancel(&self->box.wake);
}

static void courier_main(void *argument)
{
    leat_courier *self = argument;
    while (take_letters(self)) {
        int64_t now_ms = leat_clock_ms();
        for (size_t i = 0; i < self->neighbours.count; i++)
            neighbour_events(self, self->neighbours.items[i], now_ms);
        bool has_more = receive(self);
        forget_idle(self, now_ms);
        if (!has_more)
            sleep_until_something(self, now_ms);
    }
}

leat_code leat_courier_new(const leat_crew *crew,
                           leat_transport *transport,
                           const char *endpoint,
                           leat_courier **out_courier,
                           leat_error *err)
{
    leat_courier *courier = LEAT_NEW(leat_courier);
    courier->crew = crew;
    courier->transport = transport;
    courier->box.wake.fd = -1;
    leat_code code = leat_mailbox_init(&courier->box, err);
    if (code == LEAT_OK)
        code =
            leat_listener_open(transport, endpoint, LEAT_FRAME_BYTES_MAX, &courier->listener, err);
    if (code != LEAT_OK)
        leat_courier_free(&courier);
    else
        *out_courier = courier;
    return code;
}

leat_mailbox *leat_courier_mailbox(leat_courier *courier)
{
    return &courier->box;
}

const char *leat_courier_endpoint(const leat_courier *courier)
{
    return leat_listener_endpoint(courier->listener);
}

leat_code leat_courier_start(leat_courier *courier, leat_error *err)
{
    return leat_thread_start(&courier->thread, "leat-courier", courier_main, courier, err);
}

void leat_courier_stop(leat_courier *courier)
{
    if (!courier->thread.is_running)
        return;
    leat_mailbox_post(&courier->box, leat_letter_new(LEAT_LETTER_QUIT));
    leat_thread_join(&courier->thread);
}

void leat_courier_free(leat_courier **courier)
{
    leat_courier *self = LEAT_TAKE(*courier);
    if (self == NULL)
        return;
    leat_courier_stop(self);
    for (size_t i = 0; i < self->neighbours.count; i++)
        neighbour_free(self->neighbours.items[i]);
    leat_vec_fini(&self->neighbours);
    leat_listener_close(&self->listener);
    if (self->box.wake.fd >= 0)
        leat_mailbox_fini(&self->box);
    leat_free(self);
}
