/* SPDX-License-Identifier: Apache-2.0
 *
 * socket - a ZeroMQ socket with its monitor, set up the only way we use one: bounded frames,
 * bounded handshakes, heartbeats, no lingering. Inside common/transport only.
 */
#ifndef LEAT_COMMON_TRANSPORT_SOCKET_H
#define LEAT_COMMON_TRANSPORT_SOCKET_H

#include <zmq.h>

#include "common/base/error.h"
#include "common/transport/frame.h"
#include "common/transport/transport.h"

enum {
    LEAT_SOCKET_HEARTBEAT_MS = 1000,
    LEAT_SOCKET_HEARTBEAT_TIMEOUT_MS = 3000,
    LEAT_SOCKET_HANDSHAKE_MS = 3000,
    LEAT_SOCKET_QUEUE_FRAMES = 1000, /* per connection and direction */
    LEAT_SOCKET_HEAD_BYTES_MAX = 256 /* header frames are smaller */
};

typedef struct leat_socket {
    void *socket;
    void *monitor; /* NULL for inproc endpoints, which have no connection to watch */
} leat_socket;

void *leat_transport_context(leat_transport *transport);
uint64_t leat_transport_monitor_number(leat_transport *transport);

/* `type`: ZMQ_ROUTER or ZMQ_DEALER; `events`: what the monitor reports. */
void leat_socket_open(leat_transport *transport,
                      int type,
                      const char *endpoint,
                      size_t frame_bytes_max,
                      int events,
                      leat_socket *out_socket);
void leat_socket_close(leat_socket *socket); /* safe on zeroed memory */

/* The next monitor event: false when there is none. */
LEAT_MUST_USE bool leat_socket_monitor_next(leat_socket *socket, int *out_event, int *out_value);

/* Send both frames of `frame` and free it; LEAT_FULL keeps it. `after_id`: the routing id went
 * before, so the rest cannot be refused any more. */
LEAT_MUST_USE leat_code leat_socket_send(leat_socket *socket, leat_frame **frame);

/* Receive one message of `id` (ROUTER only, else NULL), header, payload. LEAT_AGAIN: nothing
 * there. LEAT_CORRUPT: it had another shape or did not check; it is gone. */
LEAT_MUST_USE leat_code leat_socket_receive(leat_socket *socket,
                                            zmq_msg_t *id,
                                            leat_frame **out_frame);

/* The frame of a received message; takes what `payload` holds. In frame.c. */
leat_frame *leat_frame_of_message(const leat_frame_head *head, zmq_msg_t *payload);
zmq_msg_t *leat_frame_message(leat_frame *frame);

#endif
