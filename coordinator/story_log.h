/* SPDX-License-Identifier: Apache-2.0
 *
 * story_log - what the coordinator's core notices, as log lines with stable names.
 *
 * Thread: the coordinator's control thread.
 */
#ifndef LEAT_COORDINATOR_STORY_LOG_H
#define LEAT_COORDINATOR_STORY_LOG_H

#include "common/base/trace.h"
#include "coordinator/core/core.h"

/* `core`: whose jobs' reasons are asked for. */
void leat_story_log(const leat_coord_core *core, const leat_trace_event *event);

#endif
