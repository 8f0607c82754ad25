/* SPDX-License-Identifier: Apache-2.0
 *
 * exchange - the thread between the data sockets and the other threads. Moves frames, looks
 * into none.
 *
 * One dialer per neighbour; frames for a neighbour that is being dialled wait, bounded by bytes.
 * What cannot be sent is dropped and counted: every channel and every delta notices a hole.
 */
#ifndef LEAT_WORKER_EXCHANGE_H
#define LEAT_WORKER_EXCHANGE_H

#include "common/transport/transport.h"
#include "worker/crew.h"

typedef struct leat_exchange leat_exchange;

enum { LEAT_EXCHANGE_WAITING_BYTES_MAX = 32 * 1024 * 1024 };

/* Bind `endpoint`. Errors as leat_listener_open. */
LEAT_MUST_USE leat_code leat_exchange_new(const leat_crew *crew,
                                          leat_transport *transport,
                                          const char *endpoint,
                                          leat_exchange **out_exchange,
                                          leat_error *err);
leat_mailbox *leat_exchange_mailbox(leat_exchange *exchange);
const char *leat_exchange_endpoint(const leat_exchange *exchange); /* as bound */
LEAT_MUST_USE leat_code leat_exchange_start(leat_exchange *exchange, leat_error *err);
void leat_exchange_stop(leat_exchange *exchange);
void leat_exchange_free(leat_exchange **exchange); /* NULL inside is fine */

#endif
