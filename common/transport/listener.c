/* SPDX-License-Identifier: Apache-2.0
 *
 * Which connection broke, the monitor says by file descriptor; which connection a frame came
 * on, the frame says by file descriptor too. Descriptors are used again, so before a frame of
 * an unknown peer is believed, what the monitor said so far is read: the end of the former user
 * of the descriptor is in there, for ZeroMQ reported it before it accepted the new one.
 */
#include "common/transport/listener.h"

#include <errno.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/vec.h"
#include "common/transport/internal.h"
#include "common/transport/socket.h"

enum { ROUTING_ID_BYTES = 5, ENDPOINT_BYTES = 256, ENDED_PEERS_MAX = 4096 };

typedef struct peer_entry {
    uint64_t peer;
    int fd; /* -1: within this process, or it has ended */
    bool has_ended;
} peer_entry;

struct leat_listener {
    leat_socket socket;
    char endpoint[ENDPOINT_BYTES];
    LEAT_VEC(peer_entry) peers;
    LEAT_VEC(leat_link_event) pending; /* found while something else was looked for */
    size_t pending_at;
    uint64_t rejected_count;
};

leat_code leat_listener_open(leat_transport *transport,
                             const char *endpoint,
                             size_t frame_bytes_max,
                             leat_listener **out_listener,
                             leat_error *err)
{
    leat_listener *listener = LEAT_NEW(leat_listener);
    leat_socket_open(transport, ZMQ_ROUTER, endpoint, frame_bytes_max, ZMQ_EVENT_DISCONNECTED,
                     &listener->socket);
    if (zmq_bind(listener->socket.socket, endpoint) != 0) {
        int error = errno;
        leat_listener_close(&listener);
        leat_code code = error == EADDRINUSE ? LEAT_BUSY
                         : error == EINVAL || error == ENODEV || error == EPROTONOSUPPORT
                             ? LEAT_INVALID
                             : LEAT_IO;
        return leat_fail(err, code, "cannot listen at '%s': %s", endpoint, zmq_strerror(error));
    }
    size_t size = sizeof listener->endpoint;
    int rc = zmq_getsockopt(listener->socket.socket, ZMQ_LAST_ENDPOINT, listener->endpoint, &size);
    LEAT_ASSERT(rc == 0);
    *out_listener = listener;
    return LEAT_OK;
}

void leat_listener_close(leat_listener **listener)
{
    leat_listener *self = *listener;
    if (self == NULL)
        return;
    leat_socket_close(&self->socket);
    for (size_t i = self->pending_at; i < self->pending.count; i++)
        leat_frame_free(&self->pending.items[i].frame);
    leat_vec_fini(&self->pending);
    leat_vec_fini(&self->peers);
    leat_free(self);
    *listener = NULL;
}

const char *leat_listener_endpoint(const leat_listener *listener)
{
    return listener->endpoint;
}

leat_socket *leat_listener_socket(leat_listener *listener)
{
    return &listener->socket;
}

uint64_t leat_listener_rejected_count(const leat_listener *listener)
{
    return listener->rejected_count;
}

/* ROUTER names a connection by a zero byte and a number that it counts up. */
static uint64_t peer_of_id(const void *id)
{
    uint32_t number;
    memcpy(&number, (const char *)id + 1, sizeof number);
    return (uint64_t)number + 1; /* never 0 */
}

static peer_entry *peer_find(leat_listener *listener, uint64_t peer)
{
    LEAT_VEC_EACH (entry, &listener->peers)
        if (entry->peer == peer)
            return entry;
    return NULL;
}

leat_code leat_listener_send(leat_listener *listener, uint64_t peer, leat_frame **frame)
{
    const peer_entry *entry = peer_find(listener, peer);
    if (entry == NULL || entry->has_ended)
        return LEAT_UNAVAILABLE;
    char id[ROUTING_ID_BYTES] = {0};
    uint32_t number = (uint32_t)(peer - 1);
    memcpy(id + 1, &number, sizeof number);
    int sent;
    do
        sent = zmq_send(listener->socket.socket, id, sizeof id, ZMQ_DONTWAIT | ZMQ_SNDMORE);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EAGAIN ? LEAT_FULL : LEAT_UNAVAILABLE;
    return leat_socket_send(&listener->socket, frame);
}

static void forget_ended_peers(leat_listener *listener)
{
    size_t kept = 0;
    for (size_t i = 0; i < listener->peers.count; i++)
        if (!listener->peers.items[i].has_ended)
            listener->peers.items[kept++] = listener->peers.items[i];
    listener->peers.count = kept;
}

static void read_monitor(leat_listener *listener)
{
    int event;
    int fd;
    while (leat_socket_monitor_next(&listener->socket, &event, &fd))
        LEAT_VEC_EACH (entry, &listener->peers)
            if (entry->fd == fd) {
                entry->fd = -1;
                entry->has_ended = true;
                leat_vec_push(&listener->pending,
                              (leat_link_event){.kind = LEAT_LINK_DOWN, .peer = entry->peer});
            }
}

static void peer_add(leat_listener *listener, uint64_t peer, int fd)
{
    read_monitor(listener);
    if (listener->peers.count >= ENDED_PEERS_MAX)
        forget_ended_peers(listener);
    leat_vec_push(&listener->peers, (peer_entry){.peer = peer, .fd = fd});
    leat_vec_push(&listener->pending, (leat_link_event){.kind = LEAT_LINK_UP, .peer = peer});
}

static bool pending_pop(leat_listener *listener, leat_link_event *out_event)
{
    if (listener->pending_at == listener->pending.count) {
        leat_vec_clear(&listener->pending);
        listener->pending_at = 0;
        return false;
    }
    *out_event = listener->pending.items[listener->pending_at++];
    return true;
}

/* Read one message; what it means is left in `pending`. */
static bool receive_one(leat_listener *listener)
{
    zmq_msg_t id;
    zmq_msg_init(&id);
    leat_frame *frame = NULL;
    leat_code code = leat_socket_receive(&listener->socket, &id, &frame);
    if (code == LEAT_OK && zmq_msg_size(&id) == ROUTING_ID_BYTES) {
        uint64_t peer = peer_of_id(zmq_msg_data(&id));
        const peer_entry *entry = peer_find(listener, peer);
        if (entry == NULL)
            peer_add(listener, peer, zmq_msg_get(leat_frame_message(frame), ZMQ_SRCFD));
        if (entry == NULL || !entry->has_ended)
            leat_vec_push(&listener->pending, (leat_link_event){.kind = LEAT_LINK_FRAME,
                                                                .peer = peer,
                                                                .frame = LEAT_TAKE(frame)});
    } else if (code != LEAT_AGAIN) {
        listener->rejected_count++;
    }
    leat_frame_free(&frame);
    zmq_msg_close(&id);
    return code != LEAT_AGAIN;
}

leat_code leat_listener_next(leat_listener *listener, leat_link_event *out_event)
{
    for (;;) {
        if (pending_pop(listener, out_event))
            return LEAT_OK;
        read_monitor(listener);
        if (listener->pending.count == 0 && !receive_one(listener))
            return LEAT_AGAIN;
    }
}
