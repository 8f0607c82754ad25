/* SPDX-License-Identifier: Apache-2.0
 *
 * story_log - what a worker's core notices, as log lines with stable names.
 *
 * Thread: the worker's control thread.
 */
#ifndef LEAT_WORKER_STORY_LOG_H
#define LEAT_WORKER_STORY_LOG_H

#include "common/base/trace.h"

void leat_worker_story_log(void *unused, const leat_trace_event *event);

#endif
