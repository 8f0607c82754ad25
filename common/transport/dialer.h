/* SPDX-License-Identifier: Apache-2.0
 *
 * dialer - the connecting end of one link: dials, reports UP and DOWN, dials again.
 *
 * A DEALER socket that never reconnects by itself: when the connection breaks the socket goes
 * with everything queued in it, DOWN is reported, and a new socket dials after a pause that
 * grows from 20 ms to 500 ms. So a connection is a socket, and nothing of the old one can slip
 * into the new one.
 *
 * Invariants
 *   D1  UP and DOWN alternate; frames arrive only between them.
 *   D2  What is accepted while up is sent in order on this connection, or DOWN follows.
 */
#ifndef LEAT_COMMON_TRANSPORT_DIALER_H
#define LEAT_COMMON_TRANSPORT_DIALER_H

#include "common/transport/link.h"
#include "common/transport/transport.h"

/* Frames that may wait in one dialer for its connection to take them. */
enum { LEAT_DIALER_QUEUE_MAX = 16 * 1024 };

/* Starts at once. LEAT_INVALID: not an address. */
LEAT_MUST_USE leat_code leat_dialer_open(leat_transport *transport,
                                         const char *endpoint,
                                         size_t frame_bytes_max,
                                         leat_dialer **out_dialer,
                                         leat_error *err);
void leat_dialer_close(leat_dialer **dialer); /* NULL is fine */

/* Takes the frame on LEAT_OK. LEAT_UNAVAILABLE: not connected. LEAT_FULL: too much is waiting.
 * LEAT_LIMIT: larger than `frame_bytes_max`; the other end would break the connection over it. */
LEAT_MUST_USE leat_code leat_dialer_send(leat_dialer *dialer, leat_frame **frame);

/* Drive the connection and give the next event, or LEAT_AGAIN. */
LEAT_MUST_USE leat_code leat_dialer_next(leat_dialer *dialer,
                                         int64_t now_ms,
                                         leat_link_event *out_event);

/* When it wants to be driven again though nothing arrived; INT64_MAX = never. */
int64_t leat_dialer_wake_at_ms(const leat_dialer *dialer);
bool leat_dialer_is_up(const leat_dialer *dialer);

#endif
