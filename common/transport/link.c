/* SPDX-License-Identifier: Apache-2.0
 */
#include "common/transport/link.h"

#include <zmq.h>

#include "common/base/assert.h"
#include "common/base/attrs.h"
#include "common/transport/internal.h"

static size_t add_item(zmq_pollitem_t *items, size_t count, void *socket, short events)
{
    if (socket == NULL)
        return count;
    items[count] = (zmq_pollitem_t){.socket = socket, .events = events};
    return count + 1;
}

void leat_link_wait(leat_listener *listener,
                    leat_dialer *const *dialers,
                    size_t dialer_count,
                    int wake_fd,
                    int64_t timeout_ms)
{
    zmq_pollitem_t items[2 * LEAT_LINK_WAIT_MAX + 3];
    size_t count = 0;
    LEAT_ASSERT(dialer_count <= LEAT_LINK_WAIT_MAX);
    if (wake_fd >= 0)
        items[count++] = (zmq_pollitem_t){.fd = wake_fd, .events = ZMQ_POLLIN};
    if (listener != NULL) {
        leat_socket *socket = leat_listener_socket(listener);
        count = add_item(items, count, socket->socket, ZMQ_POLLIN);
        count = add_item(items, count, socket->monitor, ZMQ_POLLIN);
    }
    for (size_t i = 0; i < dialer_count; i++) {
        leat_socket *socket = leat_dialer_socket(dialers[i]);
        short events =
            leat_dialer_wants_to_send(dialers[i]) ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN;
        count = add_item(items, count, socket->socket, events);
        count = add_item(items, count, socket->monitor, ZMQ_POLLIN);
    }
    zmq_poll(items, (int)count, timeout_ms < 0 ? -1 : (long)timeout_ms);
}
