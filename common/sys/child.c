/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sys/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <unistd.h>

#include "common/sys/clock.h"

enum { READ_BYTES = 64 * 1024 };

static LEAT_NORETURN void child_main(leat_child_work *work, void *self, int to)
{
    leat_buf out = {0};
    work(self, &out);
    for (size_t at = 0; at < out.size;) {
        ssize_t written = write(to, out.data + at, out.size - at);
        if (written < 0 && errno != EINTR)
            _exit(1);
        at += written > 0 ? (size_t)written : 0;
    }
    _exit(0);
}

/* Until the child closes its end; false when the time is over. */
static bool read_all(int from, int64_t deadline_us, leat_buf *out)
{
    for (;;) {
        int64_t now_us = leat_clock_us();
        if (now_us >= deadline_us)
            return false;
        struct pollfd wait = {.fd = from, .events = POLLIN};
        int64_t left_ms = (deadline_us - now_us) / 1000 + 1;
        if (poll(&wait, 1, (int)LEAT_MIN(left_ms, (int64_t)60000)) <= 0)
            continue;
        ssize_t size = read(from, leat_buf_reserve(out, READ_BYTES), READ_BYTES);
        if (size == 0)
            return true;
        out->size += size > 0 ? (size_t)size : 0;
    }
}

static leat_code reap(pid_t child, bool is_in_time, leat_error *err)
{
    int status = 0;
    if (!is_in_time)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (!is_in_time)
        return leat_fail(err, LEAT_TIMEOUT, "it took too long");
    if (WIFSIGNALED(status))
        return leat_fail(err, LEAT_FATAL, "it crashed with signal %d (%s)", WTERMSIG(status),
                         strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0)
        return leat_fail(err, LEAT_FATAL, "it ended with code %d", WEXITSTATUS(status));
    return LEAT_OK;
}

leat_code
leat_child_run(leat_child_work *work, void *self, int64_t limit_ms, leat_buf *out, leat_error *err)
{
    int ends[2];
    fflush(NULL);
    if (pipe(ends) != 0)
        return leat_fail(err, LEAT_UNAVAILABLE, "no pipe to a child process");
    int64_t deadline_us = leat_clock_us() + limit_ms * 1000;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        child_main(work, self, ends[1]);
    }
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return leat_fail(err, LEAT_UNAVAILABLE, "no child process");
    }
    bool is_in_time = read_all(ends[0], deadline_us, out);
    close(ends[0]);
    return reap(child, is_in_time, err);
}
