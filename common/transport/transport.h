/* SPDX-License-Identifier: Apache-2.0
 *
 * transport - the process's door to ZeroMQ: one I/O thread that all links share.
 *
 * ZeroMQ is a fast, lossy datagram service to us: a send that succeeds says only that the frame
 * was queued, and a broken connection takes what was queued with it. What we build on it
 * (listener, dialer) keeps one promise: between LINK_UP and LINK_DOWN of one connection frames
 * arrive in order without a hole, and a connection that broke is never silently another one.
 * Who needs more counts (channel sequence, control session).
 *
 * "inproc://NAME" endpoints connect within one transport, "tcp://HOST:PORT" between processes.
 *
 * Thread: any may open; a listener or dialer belongs to the thread that uses it.
 */
#ifndef LEAT_COMMON_TRANSPORT_TRANSPORT_H
#define LEAT_COMMON_TRANSPORT_TRANSPORT_H

#include "common/base/attrs.h"

typedef struct leat_transport leat_transport;

leat_transport *leat_transport_new(void);
/* Needs: every listener and dialer is closed. Waits for the I/O thread. NULL is fine. */
void leat_transport_free(leat_transport **transport);

#endif
