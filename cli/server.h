/* SPDX-License-Identifier: Apache-2.0
 *
 * server - what the verbs that stay have in common: signals, print sinks, words about security.
 */
#ifndef LEAT_CLI_SERVER_H
#define LEAT_CLI_SERVER_H

#include "cli/args.h"
#include "common/obs/log_ring.h"
#include "common/sys/signals.h"
#include "common/sys/wake.h"

/* Takes --insecure out of the arguments. Without it prints what to do and returns false: links
 * are not encrypted yet, and nobody should find that out later. */
LEAT_MUST_USE bool leat_server_may_start(leat_args *args);

/* LEAT_LOG=debug|info|warn|error and LEAT_FAILPOINT from the environment. Before any thread. */
LEAT_MUST_USE bool leat_server_environment(const char *verb);

/* Keep what this process logs for `leat logs`. Call once; it lives as long as the process. */
leat_log_ring *leat_server_log_ring(void);

/* Sleep until a signal comes or `wake` is rung or the time is over (< 0 = no limit). The signal,
 * taken, or 0. */
int leat_server_wait(leat_signals *signals, leat_wake *wake, int64_t timeout_ms);

/* leat_worker_print onto standard output: whole lines, never mixed. `self`: a leat_wake that is
 * rung when nobody reads them any more, or NULL. */
void leat_server_print(void *self, uint32_t job, leat_bytes sink, leat_bytes lines);
bool leat_server_print_has_failed(void);

/* "leat VERB: where: text" on standard error. */
void leat_server_fail(const char *verb, const leat_error *err);

#endif
