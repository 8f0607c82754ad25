/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sys/clock.h"

#include <errno.h>
#include <time.h>

#include "common/base/assert.h"

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    int rc = clock_gettime(clock, &now);
    LEAT_ASSERT(rc == 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t leat_clock_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

int64_t leat_clock_us(void)
{
    return now_ns(CLOCK_MONOTONIC) / 1000;
}

int64_t leat_clock_ms(void)
{
    return now_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t leat_clock_boot_ms(void)
{
    return now_ns(CLOCK_BOOTTIME) / 1000000;
}

int64_t leat_clock_wall_us(void)
{
    return now_ns(CLOCK_REALTIME) / 1000;
}

void leat_clock_sleep_ms(int64_t ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (ms > 0 && nanosleep(&left, &left) != 0 && errno == EINTR) {
        /* a signal: sleep the rest */
    }
}
