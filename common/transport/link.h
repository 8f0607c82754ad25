/* SPDX-License-Identifier: Apache-2.0
 *
 * link - what listeners and dialers report, and how a thread waits for several of them at once.
 */
#ifndef LEAT_COMMON_TRANSPORT_LINK_H
#define LEAT_COMMON_TRANSPORT_LINK_H

#include "common/transport/frame.h"

typedef enum leat_link_event_kind {
    LEAT_LINK_UP,    /* frames can be sent; a new connection, whatever was before is lost */
    LEAT_LINK_DOWN,  /* what was sent on this connection and not answered may be lost */
    LEAT_LINK_FRAME, /* `frame` arrived: the receiver of the event owns it */
} leat_link_event_kind;

typedef struct leat_link_event {
    leat_link_event_kind kind;
    uint64_t peer;     /* listener: a name for the connection, never used again */
    leat_frame *frame; /* FRAME only */
} leat_link_event;

typedef struct leat_listener leat_listener;
typedef struct leat_dialer leat_dialer;

enum { LEAT_LINK_WAIT_MAX = 1024 /* dialers of one wait */ };

/* Sleep until one of them may have an event, `wake_fd` (-1 = none) is readable, or the time is
 * over (-1 = no limit). Spurious returns are fine. `listener` may be NULL. */
void leat_link_wait(leat_listener *listener,
                    leat_dialer *const *dialers,
                    size_t dialer_count,
                    int wake_fd,
                    int64_t timeout_ms);

#endif
