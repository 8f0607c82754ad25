/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sys/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"

/* What the new thread needs; it frees it. */
typedef struct thread_start {
    leat_thread_main *run;
    void *argument;
    char name[16];
} thread_start;

static void *thread_enter(void *argument)
{
    thread_start start = *(thread_start *)argument;
    leat_free(argument);
    pthread_setname_np(pthread_self(), start.name);
    start.run(start.argument);
    return NULL;
}

leat_code leat_thread_start(
    leat_thread *thread, const char *name, leat_thread_main *run, void *argument, leat_error *err)
{
    sigset_t all, before;
    LEAT_ASSERT(!thread->is_running);
    thread_start *start = LEAT_NEW(thread_start);
    start->run = run;
    start->argument = argument;
    snprintf(start->name, sizeof start->name, "%s", name);

    /* Faults of the thread itself must still reach it, or a crash would hang. */
    sigfillset(&all);
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    for (size_t i = 0; i < LEAT_COUNT_OF(faults); i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&thread->handle, NULL, thread_enter, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        leat_free(start);
        return leat_fail(err, LEAT_LIMIT, "cannot start thread `%s`: %s", name, strerror(rc));
    }
    thread->is_running = true;
    return LEAT_OK;
}

void leat_thread_join(leat_thread *thread)
{
    if (!thread->is_running)
        return;
    int rc = pthread_join(thread->handle, NULL);
    LEAT_ASSERT(rc == 0);
    thread->is_running = false;
}

/* The cgroup v2 quota in whole processors, rounded up; 0 = none. */
static unsigned cgroup_processor_count(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (file == NULL)
        return 0;
    unsigned long quota_us = 0, period_us = 0;
    int count = fscanf(file, "%lu %lu", &quota_us, &period_us); /* "max 100000": no quota */
    fclose(file);
    return count == 2 && period_us > 0 ? (unsigned)((quota_us + period_us - 1) / period_us) : 0;
}

unsigned leat_thread_processor_count(void)
{
    cpu_set_t allowed;
    unsigned count = 1;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        count = (unsigned)CPU_COUNT(&allowed);
    unsigned quota = cgroup_processor_count();
    if (quota > 0)
        count = LEAT_MIN(count, quota);
    return LEAT_MAX(count, 1u);
}
