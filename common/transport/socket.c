/* SPDX-License-Identifier: Apache-2.0
 */
#include "common/transport/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"

/* ThreadSanitizer does not see into libzmq: do not listen to what it says of it, and tell it that
 * a sent frame happens before a received one. One place for all frames is more order than there
 * is, but hides no race of ours beside them. */
#ifdef __SANITIZE_THREAD__
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:libzmq.so.5\ncalled_from_lib:libzmq.so.5\n";
}

void __tsan_acquire(void *address);
void __tsan_release(void *address);
static char handover;
#define HANDOVER_RELEASE() __tsan_release(&handover)
#define HANDOVER_ACQUIRE() __tsan_acquire(&handover)
#else
#define HANDOVER_RELEASE() ((void)0)
#define HANDOVER_ACQUIRE() ((void)0)
#endif

static void socket_set(void *socket, int option, int value)
{
    int rc = zmq_setsockopt(socket, option, &value, sizeof value);
    LEAT_ASSERT(rc == 0);
}

static void *monitor_open(leat_transport *transport, void *socket, int events)
{
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "inproc://leat-monitor-%llu",
             (unsigned long long)leat_transport_monitor_number(transport));
    int rc = zmq_socket_monitor(socket, endpoint, events);
    LEAT_ASSERT(rc == 0);
    void *monitor = zmq_socket(leat_transport_context(transport), ZMQ_PAIR);
    LEAT_ASSERT(monitor != NULL);
    socket_set(monitor, ZMQ_LINGER, 0);
    rc = zmq_connect(monitor, endpoint);
    LEAT_ASSERT(rc == 0);
    return monitor;
}

void leat_socket_open(leat_transport *transport,
                      int type,
                      const char *endpoint,
                      size_t frame_bytes_max,
                      int events,
                      leat_socket *out_socket)
{
    void *socket = zmq_socket(leat_transport_context(transport), type);
    LEAT_ASSERT(socket != NULL); /* out of file descriptors: nothing here can go on */
    int64_t message_max = (int64_t)frame_bytes_max;
    int rc = zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max);
    LEAT_ASSERT(rc == 0);
    socket_set(socket, ZMQ_LINGER, 0);
    socket_set(socket, ZMQ_IMMEDIATE, 1);
    socket_set(socket, ZMQ_SNDHWM, LEAT_SOCKET_QUEUE_FRAMES);
    socket_set(socket, ZMQ_RCVHWM, LEAT_SOCKET_QUEUE_FRAMES);
    socket_set(socket, ZMQ_HANDSHAKE_IVL, LEAT_SOCKET_HANDSHAKE_MS);
    socket_set(socket, ZMQ_HEARTBEAT_IVL, LEAT_SOCKET_HEARTBEAT_MS);
    socket_set(socket, ZMQ_HEARTBEAT_TIMEOUT, LEAT_SOCKET_HEARTBEAT_TIMEOUT_MS);
    socket_set(socket, ZMQ_HEARTBEAT_TTL, LEAT_SOCKET_HEARTBEAT_TIMEOUT_MS);
    if (type == ZMQ_ROUTER)
        socket_set(socket, ZMQ_ROUTER_MANDATORY, 1);
    if (type == ZMQ_DEALER)
        socket_set(socket, ZMQ_RECONNECT_IVL, -1); /* a connection is a socket: see dialer.h */
    bool is_inproc = strncmp(endpoint, "inproc:", 7) == 0;
    out_socket->socket = socket;
    out_socket->monitor = is_inproc ? NULL : monitor_open(transport, socket, events);
}

void leat_socket_close(leat_socket *socket)
{
    if (socket->monitor != NULL) {
        zmq_socket_monitor(socket->socket, NULL, 0);
        zmq_close(socket->monitor);
    }
    if (socket->socket != NULL)
        zmq_close(socket->socket);
    *socket = (leat_socket){0};
}

/* A monitor message is two frames: u16 event, u32 value; then the endpoint. */
bool leat_socket_monitor_next(leat_socket *socket, int *out_event, int *out_value)
{
    if (socket->monitor == NULL)
        return false;
    zmq_msg_t part;
    zmq_msg_init(&part);
    if (zmq_msg_recv(&part, socket->monitor, ZMQ_DONTWAIT) < 0)
        return false;
    uint16_t event = 0;
    uint32_t value = 0;
    LEAT_ASSERT(zmq_msg_size(&part) >= sizeof event + sizeof value);
    memcpy(&event, zmq_msg_data(&part), sizeof event);
    memcpy(&value, (const char *)zmq_msg_data(&part) + sizeof event, sizeof value);
    while (zmq_msg_more(&part))
        if (zmq_msg_recv(&part, socket->monitor, 0) < 0)
            break;
    zmq_msg_close(&part);
    *out_event = event;
    *out_value = (int)value;
    return true;
}

leat_code leat_socket_send(leat_socket *socket, leat_frame **frame)
{
    leat_buf head = {0};
    leat_frame_encode_head(*frame, &head);
    LEAT_ASSERT(head.size <= LEAT_SOCKET_HEAD_BYTES_MAX);
    int sent;
    HANDOVER_RELEASE();
    do
        sent = zmq_send(socket->socket, head.data, head.size, ZMQ_DONTWAIT | ZMQ_SNDMORE);
    while (sent < 0 && errno == EINTR);
    leat_buf_fini(&head);
    if (sent < 0)
        return LEAT_FULL;
    do
        sent = zmq_msg_send(leat_frame_message(*frame), socket->socket, 0);
    while (sent < 0 && errno == EINTR);
    leat_frame_free(frame); /* when the pipe died in between, DOWN is on its way */
    return LEAT_OK;
}

static void skip_rest(void *socket, zmq_msg_t *part)
{
    while (zmq_msg_more(part))
        if (zmq_msg_recv(part, socket, 0) < 0)
            return;
}

leat_code leat_socket_receive(leat_socket *socket, zmq_msg_t *id, leat_frame **out_frame)
{
    zmq_msg_t head_part;
    zmq_msg_t payload;
    zmq_msg_init(&head_part);
    zmq_msg_init(&payload);
    zmq_msg_t *first = id != NULL ? id : &head_part;
    if (zmq_msg_recv(first, socket->socket, ZMQ_DONTWAIT) < 0)
        return LEAT_AGAIN;
    HANDOVER_ACQUIRE();

    leat_code code = LEAT_CORRUPT;
    leat_frame_head head;
    if (id != NULL && (!zmq_msg_more(id) || zmq_msg_recv(&head_part, socket->socket, 0) < 0))
        goto done;
    if (!zmq_msg_more(&head_part) || zmq_msg_recv(&payload, socket->socket, 0) < 0)
        goto done;
    if (zmq_msg_more(&payload)) {
        skip_rest(socket->socket, &payload);
        goto done;
    }
    code = leat_frame_decode_head(leat_bytes_of(zmq_msg_data(&head_part), zmq_msg_size(&head_part)),
                                  leat_bytes_of(zmq_msg_data(&payload), zmq_msg_size(&payload)),
                                  &head, NULL);
    if (code == LEAT_OK)
        *out_frame = leat_frame_of_message(&head, &payload);
done:
    zmq_msg_close(&head_part);
    zmq_msg_close(&payload);
    return code == LEAT_OK ? LEAT_OK : LEAT_CORRUPT;
}
