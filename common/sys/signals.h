/* SPDX-License-Identifier: Apache-2.0
 *
 * signals - SIGINT and SIGTERM as a descriptor to poll, instead of handlers.
 *
 * Open before any thread starts: threads inherit the mask. SIGPIPE is ignored from then on.
 * A second SIGINT or SIGTERM after the first was taken is for the caller to act on (usually:
 * leave at once). Thread: main.
 */
#ifndef LEAT_COMMON_SYS_SIGNALS_H
#define LEAT_COMMON_SYS_SIGNALS_H

#include "common/base/error.h"

typedef struct leat_signals {
    int fd; /* readable when a signal waits */
} leat_signals;

LEAT_MUST_USE leat_code leat_signals_open(leat_signals *signals, leat_error *err);
void leat_signals_close(leat_signals *signals); /* unblocks them again */

/* The number of a waiting signal, taken; 0 = none. Never blocks. */
int leat_signals_take(leat_signals *signals);

#endif
