/* SPDX-License-Identifier: Apache-2.0
 */
#include "cli/server.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mark.h"
#include "common/obs/log.h"
#include "common/sys/file.h"
#include "common/sys/mutex.h"

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
    (void)self;
    (void)job;
    (void)sink;
    leat_mutex_lock(&mutex);
    leat_code code = leat_file_write_all(STDOUT_FILENO, lines, "standard output", NULL);
    leat_mutex_unlock(&mutex);
    if (code != LEAT_OK)
        leat_log_event(LEAT_LOG_WARN, "print_failed", NULL, 0);
}

void leat_server_fail(const char *verb, const leat_error *err)
{
    char text[LEAT_ERROR_TEXT_MAX + LEAT_ERROR_FRAMES_MAX * LEAT_ERROR_FRAME_MAX];
    leat_error_print(err, text, sizeof text);
    fprintf(stderr, "leat %s: %s\n", verb, text);
}
