/* SPDX-License-Identifier: Apache-2.0
 */
#include "common/transport/transport.h"

#include <zmq.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/transport/socket.h"

struct leat_transport {
    void *context;
    _Atomic uint64_t monitor_count; /* names for monitor endpoints */
};

leat_transport *leat_transport_new(void)
{
    leat_transport *transport = LEAT_NEW(leat_transport);
    transport->context = zmq_ctx_new();
    LEAT_ASSERT(transport->context != NULL);
    return transport;
}

void leat_transport_free(leat_transport **transport)
{
    if (*transport == NULL)
        return;
    while (zmq_ctx_term((*transport)->context) != 0)
        ; /* interrupted by a signal: go on waiting */
    leat_free(*transport);
    *transport = NULL;
}

void *leat_transport_context(leat_transport *transport)
{
    return transport->context;
}

uint64_t leat_transport_monitor_number(leat_transport *transport)
{
    return transport->monitor_count++;
}
