/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sys/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t taken_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

leat_code leat_signals_open(leat_signals *signals, leat_error *err)
{
    sigset_t set = taken_signals();
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signals->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals->fd < 0)
        return leat_fail(err, LEAT_LIMIT, "cannot make a signalfd: %s", strerror(errno));
    return LEAT_OK;
}

void leat_signals_close(leat_signals *signals)
{
    sigset_t set = taken_signals();
    close(signals->fd);
    signals->fd = -1;
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int leat_signals_take(leat_signals *signals)
{
    struct signalfd_siginfo info;
    ssize_t got = read(signals->fd, &info, sizeof info);
    return got == sizeof info ? (int)info.ssi_signo : 0;
}
