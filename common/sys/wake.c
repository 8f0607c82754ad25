/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sys/wake.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/assert.h"

leat_code leat_wake_init(leat_wake *wake, leat_error *err)
{
    atomic_init(&wake->is_asleep, false);
    wake->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake->fd < 0)
        return leat_fail(err, LEAT_LIMIT, "cannot make an eventfd: %s", strerror(errno));
    return LEAT_OK;
}

void leat_wake_fini(leat_wake *wake)
{
    close(wake->fd);
    wake->fd = -1;
}

void leat_wake_prepare(leat_wake *wake)
{
    atomic_store_explicit(&wake->is_asleep, true, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* W1 */
}

bool leat_wake_wait(leat_wake *wake, int timeout_ms)
{
    struct pollfd rung = {.fd = wake->fd, .events = POLLIN};
    return poll(&rung, 1, timeout_ms) > 0;
}

void leat_wake_cancel(leat_wake *wake)
{
    uint64_t rings;
    atomic_store_explicit(&wake->is_asleep, false, memory_order_relaxed);
    ssize_t got = read(wake->fd, &rings, sizeof rings);
    LEAT_ASSERT(got == sizeof rings || errno == EAGAIN || errno == EINTR);
}

void leat_wake_ring(leat_wake *wake)
{
    const uint64_t one = 1;
    atomic_thread_fence(memory_order_seq_cst); /* W1 */
    if (!atomic_load_explicit(&wake->is_asleep, memory_order_relaxed))
        return;
    if (!atomic_exchange(&wake->is_asleep, false))
        return; /* another sender rang */
    ssize_t put = write(wake->fd, &one, sizeof one);
    LEAT_ASSERT(put == sizeof one || errno == EAGAIN);
}
