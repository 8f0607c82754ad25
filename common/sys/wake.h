/* SPDX-License-Identifier: Apache-2.0
 *
 * wake - lets one thread sleep until another has work for it: an eventfd, written only when
 * the sleeper says that it sleeps, so that a busy thread costs its senders one atomic read.
 *
 * The sleeper:  if (queue is empty) { leat_wake_prepare(w);
 *                                     if (queue is still empty) leat_wake_wait(w, ms);
 *                                     leat_wake_cancel(w); }
 * A sender:     push to the queue, then leat_wake_ring(w).
 *
 * Invariant W1: a push whose ring found nobody asleep is seen by the sleeper's second look
 * (both sides put a full fence between their store and their load).
 *
 * Thread: ring: any; the rest: the sleeper. The descriptor may be polled with others.
 */
#ifndef LEAT_COMMON_SYS_WAKE_H
#define LEAT_COMMON_SYS_WAKE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/error.h"

typedef struct leat_wake {
    int fd; /* readable while a ring has not been taken */
    _Atomic bool is_asleep;
} leat_wake;

LEAT_MUST_USE leat_code leat_wake_init(leat_wake *wake, leat_error *err);
void leat_wake_fini(leat_wake *wake);

void leat_wake_prepare(leat_wake *wake);
/* Until a ring or `timeout_ms` (< 0: for ever). True when it was rung. */
bool leat_wake_wait(leat_wake *wake, int timeout_ms);
void leat_wake_cancel(leat_wake *wake); /* awake again; forgets rings */

void leat_wake_ring(leat_wake *wake);

#endif
