/* SPDX-License-Identifier: Apache-2.0
 */
#include "cli/server.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mark.h"
#include "common/obs/log.h"
#include "common/sys/file.h"
#include "common/sys/mutex.h"

static _Atomic bool print_has_failed;

bool leat_server_may_start(leat_args *args)
{
    if (leat_args_flag(args, "--insecure"))
        return true;
    fprintf(stderr,
            "leat %s: links are not encrypted yet, so it starts only with --insecure: then "
            "everybody who reaches its ports can use it\n",
            args->verb);
    return false;
}

bool leat_server_environment(const char *verb)
{
    leat_error err;
    leat_log_level level;
    const char *name = getenv("LEAT_LOG");
    if (name != NULL) {
        if (!leat_log_level_of(leat_bytes_text(name), &level)) {
            fprintf(stderr, "leat %s: LEAT_LOG is debug, info, warn or error, not '%s'\n", verb,
                    name);
            return false;
        }
        leat_log_set_level(level);
    }
    if (leat_failpoint_arm(getenv("LEAT_FAILPOINT"), &err) != LEAT_OK) {
        leat_server_fail(verb, &err);
        return false;
    }
    return true;
}

leat_log_ring *leat_server_log_ring(void)
{
    leat_log_ring *ring = leat_log_ring_new(LEAT_LOG_RING_BYTES);
    leat_log_set_ring(ring);
    return ring;
}

int leat_server_wait(leat_signals *signals, leat_wake *wake, int64_t timeout_ms)
{
    struct pollfd fds[2] = {{.fd = signals->fd, .events = POLLIN},
                            {.fd = wake->fd, .events = POLLIN}};
    int timeout = timeout_ms < 0 ? -1 : (int)LEAT_MIN(timeout_ms, (int64_t)1000000);
    (void)poll(fds, 2, timeout);
    return leat_signals_take(signals);
}

void leat_server_print(void *self, uint32_t job, leat_bytes sink, leat_bytes lines)
{
    static leat_mutex mutex = LEAT_MUTEX_INIT;
    leat_error err = {0};
    (void)job;
    (void)sink;
    if (leat_server_print_has_failed())
        return;
    leat_mutex_lock(&mutex);
    leat_code code = leat_file_write_all(STDOUT_FILENO, lines, "standard output", &err);
    leat_mutex_unlock(&mutex);
    if (code == LEAT_OK || atomic_exchange(&print_has_failed, true))
        return;
    leat_log_failure(LEAT_LOG_WARN, "print_failed", &err);
    if (self != NULL)
        leat_wake_ring(self);
}

bool leat_server_print_has_failed(void)
{
    return atomic_load(&print_has_failed);
}

void leat_server_fail(const char *verb, const leat_error *err)
{
    char text[LEAT_ERROR_TEXT_MAX + LEAT_ERROR_FRAMES_MAX * LEAT_ERROR_FRAME_MAX];
    leat_error_print(err, text, sizeof text);
    fprintf(stderr, "leat %s: %s\n", verb, text);
}
