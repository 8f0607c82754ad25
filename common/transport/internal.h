/* SPDX-License-Identifier: Apache-2.0
 *
 * internal - what link.c must know of listeners and dialers to wait for them.
 */
#ifndef LEAT_COMMON_TRANSPORT_INTERNAL_H
#define LEAT_COMMON_TRANSPORT_INTERNAL_H

#include "common/transport/link.h"
#include "common/transport/socket.h"

leat_socket *leat_listener_socket(leat_listener *listener);
leat_socket *leat_dialer_socket(leat_dialer *dialer);
bool leat_dialer_wants_to_send(const leat_dialer *dialer); /* frames wait in its queue */

#endif
