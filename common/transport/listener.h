/* SPDX-License-Identifier: Apache-2.0
 *
 * listener - the bound end of links: many peers connect, each connection has its own name.
 *
 * A ROUTER socket that gives every connection a routing id of its own, so that a peer that
 * comes back is a new peer, a frame of its old connection can never pass for one of the new,
 * and no identity can be taken over. Who the peer is, it says itself in its first message.
 *
 * Invariants
 *   L1  UP comes first, DOWN last; no frame of a peer follows its DOWN.
 *   L2  A send to a peer that is gone is LEAT_UNAVAILABLE, never lost in silence.
 *
 * Within one process (inproc) there is no connection to break: DOWN is never reported.
 */
#ifndef LEAT_COMMON_TRANSPORT_LISTENER_H
#define LEAT_COMMON_TRANSPORT_LISTENER_H

#include "common/transport/link.h"
#include "common/transport/transport.h"

/* Bind `endpoint` ("tcp://127.0.0.1:0" takes a free port). Frames above `frame_bytes_max` close
 * the connection they came on.
 * Errors: LEAT_BUSY the address is in use; LEAT_INVALID it is not an address; LEAT_IO. */
LEAT_MUST_USE leat_code leat_listener_open(leat_transport *transport,
                                           const char *endpoint,
                                           size_t frame_bytes_max,
                                           leat_listener **out_listener,
                                           leat_error *err);
void leat_listener_close(leat_listener **listener); /* NULL is fine */

/* Where it really listens: with the port that was taken. */
const char *leat_listener_endpoint(const leat_listener *listener);

/* Takes the frame on LEAT_OK. LEAT_UNAVAILABLE: the peer is gone. LEAT_FULL: it does not read. */
LEAT_MUST_USE leat_code leat_listener_send(leat_listener *listener,
                                           uint64_t peer,
                                           leat_frame **frame);

/* The next event, or LEAT_AGAIN. */
LEAT_MUST_USE leat_code leat_listener_next(leat_listener *listener, leat_link_event *out_event);

/* Frames thrown away because they were malformed or of another version. */
uint64_t leat_listener_rejected_count(const leat_listener *listener);

#endif
