/* SPDX-License-Identifier: Apache-2.0
 *
 * thread - start a named thread, join it. Threads block all signals: only main hears them.
 */
#ifndef LEAT_COMMON_SYS_THREAD_H
#define LEAT_COMMON_SYS_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "common/base/error.h"

typedef struct leat_thread {
    pthread_t handle;
    bool is_running; /* started and not yet joined; a zeroed thread is not */
} leat_thread;

typedef void leat_thread_main(void *argument);

/* `name` shows in `top -H`; the kernel keeps its first 15 bytes. */
LEAT_MUST_USE leat_code leat_thread_start(
    leat_thread *thread, const char *name, leat_thread_main *run, void *argument, leat_error *err);

/* Wait for its end; does nothing when it does not run. */
void leat_thread_join(leat_thread *thread);

/* Processors this process may use: affinity and the cgroup's quota, at least 1. */
unsigned leat_thread_processor_count(void);

#endif
