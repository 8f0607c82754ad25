/* SPDX-License-Identifier: Apache-2.0
 */
#include "common/transport/dialer.h"

#include <errno.h>

#include "common/base/alloc.h"
#include "common/base/vec.h"
#include "common/transport/internal.h"
#include "common/transport/socket.h"

enum {
    PAUSE_MS_MIN = 20,
    PAUSE_MS_MAX = 500,
    MONITORED = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED |
                ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,
};

struct leat_dialer {
    leat_transport *transport;
    char *endpoint;
    size_t frame_bytes_max;
    leat_socket socket; /* zeroed while pausing */
    bool is_up;
    bool is_broken;     /* DOWN has to be reported */
    int64_t pause_ms;   /* next one */
    int64_t dial_at_ms; /* while pausing */
    LEAT_VEC(leat_frame *) queue;
    size_t queue_at;
};

static leat_code dialer_dial(leat_dialer *dialer, leat_error *err)
{
    leat_socket_open(dialer->transport, ZMQ_DEALER, dialer->endpoint, dialer->frame_bytes_max,
                     MONITORED, &dialer->socket);
    if (zmq_connect(dialer->socket.socket, dialer->endpoint) == 0)
        return LEAT_OK;
    int error = errno;
    leat_socket_close(&dialer->socket);
    return leat_fail(err, LEAT_INVALID, "cannot connect to '%s': %s", dialer->endpoint,
                     zmq_strerror(error));
}

leat_code leat_dialer_open(leat_transport *transport,
                           const char *endpoint,
                           size_t frame_bytes_max,
                           leat_dialer **out_dialer,
                           leat_error *err)
{
    leat_dialer *dialer = LEAT_NEW(leat_dialer);
    dialer->transport = transport;
    dialer->endpoint = leat_strdup(endpoint);
    dialer->frame_bytes_max = frame_bytes_max;
    dialer->pause_ms = PAUSE_MS_MIN;
    leat_code code = dialer_dial(dialer, err);
    if (code != LEAT_OK) {
        leat_dialer_close(&dialer);
        return code;
    }
    *out_dialer = dialer;
    return LEAT_OK;
}

static void queue_drop(leat_dialer *dialer)
{
    for (size_t i = dialer->queue_at; i < dialer->queue.count; i++)
        leat_frame_free(&dialer->queue.items[i]);
    leat_vec_clear(&dialer->queue);
    dialer->queue_at = 0;
}

void leat_dialer_close(leat_dialer **dialer)
{
    leat_dialer *self = *dialer;
    if (self == NULL)
        return;
    queue_drop(self);
    leat_vec_fini(&self->queue);
    leat_socket_close(&self->socket);
    leat_free(self->endpoint);
    leat_free(self);
    *dialer = NULL;
}

leat_socket *leat_dialer_socket(leat_dialer *dialer)
{
    return &dialer->socket;
}

bool leat_dialer_is_up(const leat_dialer *dialer)
{
    return dialer->is_up;
}

bool leat_dialer_wants_to_send(const leat_dialer *dialer)
{
    return dialer->is_up && dialer->queue_at < dialer->queue.count;
}

int64_t leat_dialer_wake_at_ms(const leat_dialer *dialer)
{
    return dialer->socket.socket == NULL ? dialer->dial_at_ms : INT64_MAX;
}

static void queue_flush(leat_dialer *dialer)
{
    while (dialer->queue_at < dialer->queue.count) {
        if (leat_socket_send(&dialer->socket, &dialer->queue.items[dialer->queue_at]) != LEAT_OK)
            return;
        dialer->queue_at++;
    }
    leat_vec_clear(&dialer->queue);
    dialer->queue_at = 0;
}

leat_code leat_dialer_send(leat_dialer *dialer, leat_frame **frame)
{
    if (leat_frame_payload(*frame).size > dialer->frame_bytes_max)
        return LEAT_LIMIT;
    if (!dialer->is_up)
        return LEAT_UNAVAILABLE;
    if (dialer->queue.count - dialer->queue_at >= LEAT_DIALER_QUEUE_MAX)
        return LEAT_FULL;
    leat_vec_push(&dialer->queue, LEAT_TAKE(*frame));
    queue_flush(dialer);
    return LEAT_OK;
}

static void dialer_break(leat_dialer *dialer, int64_t now_ms)
{
    leat_socket_close(&dialer->socket);
    queue_drop(dialer);
    dialer->is_broken = dialer->is_up;
    dialer->is_up = false;
    dialer->dial_at_ms = now_ms + dialer->pause_ms;
    dialer->pause_ms = LEAT_MIN(dialer->pause_ms * 2, (int64_t)PAUSE_MS_MAX);
}

/* Within the process there is nothing to watch: up at once, for ever. */
static bool became_up(leat_dialer *dialer, int64_t now_ms)
{
    if (dialer->socket.socket != NULL && dialer->socket.monitor == NULL && !dialer->is_up)
        return true;
    int event;
    int value;
    while (leat_socket_monitor_next(&dialer->socket, &event, &value)) {
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            return true;
        dialer_break(dialer, now_ms);
    }
    return false;
}

leat_code leat_dialer_next(leat_dialer *dialer, int64_t now_ms, leat_link_event *out_event)
{
    if (dialer->socket.socket == NULL && !dialer->is_broken) {
        if (now_ms < dialer->dial_at_ms)
            return LEAT_AGAIN;
        if (dialer_dial(dialer, NULL) != LEAT_OK) /* out of descriptors or such: later */
            dialer->dial_at_ms = now_ms + PAUSE_MS_MAX;
    }
    if (became_up(dialer, now_ms)) {
        dialer->is_up = true;
        dialer->pause_ms = PAUSE_MS_MIN;
        *out_event = (leat_link_event){.kind = LEAT_LINK_UP};
        return LEAT_OK;
    }
    if (dialer->is_broken) {
        dialer->is_broken = false;
        *out_event = (leat_link_event){.kind = LEAT_LINK_DOWN};
        return LEAT_OK;
    }
    if (!dialer->is_up)
        return LEAT_AGAIN;
    queue_flush(dialer);
    for (;;) {
        leat_frame *frame = NULL;
        leat_code code = leat_socket_receive(&dialer->socket, NULL, &frame);
        if (code == LEAT_AGAIN)
            return LEAT_AGAIN;
        if (code != LEAT_OK)
            continue; /* malformed: whoever counts frames sees the hole */
        *out_event = (leat_link_event){.kind = LEAT_LINK_FRAME, .frame = frame};
        return LEAT_OK;
    }
}
