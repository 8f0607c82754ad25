/* SPDX-License-Identifier: Apache-2.0
 *
 * courier - the thread between the data sockets and the other threads. Moves frames, looks
 * into none.
 *
 * One dialer per neighbour; frames for a neighbour that is being dialled wait, bounded by bytes.
 * What cannot be sent is dropped and counted: every channel and every delta notices a hole.
 */
#ifndef LEAT_WORKER_COURIER_H
#define LEAT_WORKER_COURIER_H

#include "common/transport/transport.h"
#include "worker/crew.h"

typedef struct leat_courier leat_courier;

enum { LEAT_COURIER_WAITING_BYTES_MAX = 32 * 1024 * 1024 };

/* Bind `endpoint`. Errors as leat_listener_open. */
LEAT_MUST_USE leat_code leat_courier_new(const leat_crew *crew,
                                         leat_transport *transport,
                                         const char *endpoint,
                                         leat_courier **out_courier,
                                         leat_error *err);
leat_mailbox *leat_courier_mailbox(leat_courier *courier);
const char *leat_courier_endpoint(const leat_courier *courier); /* as bound */
LEAT_MUST_USE leat_code leat_courier_start(leat_courier *courier, leat_error *err);
void leat_courier_stop(leat_courier *courier);
void leat_courier_free(leat_courier **courier); /* NULL inside is fine */

#endif
