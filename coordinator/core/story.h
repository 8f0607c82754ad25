/* SPDX-License-Identifier: Apache-2.0
 *
 * story - what a coordinator core notices, for the trace (common/base/trace.h). The texts are
 * in story.c; the core itself never formats anything.
 */
#ifndef LEAT_COORDINATOR_CORE_STORY_H
#define LEAT_COORDINATOR_CORE_STORY_H

#include "common/base/trace.h"

#define LEAT_COORD_STORY(X)                                                                        \
    X(WORKER_NEW, "worker {0} is new")                                                             \
    X(WORKER_JOINED, "worker {0} is here, boot {1}")                                               \
    X(WORKER_BACK, "worker {0} is back in session {1}")                                            \
    X(WORKER_REFUSED, "worker {0}: a second process claims its folder, refused")                   \
    X(WORKER_LOST, "worker {0} is lost")                                                           \
    X(WORKER_LEAVING, "worker {0} wants to leave")                                                 \
    X(WORKER_DISMISSED, "worker {0} may go")                                                       \
    X(WORKER_LEFT, "worker {0} has left")                                                          \
    X(SESSION_GAP, "session of worker {0} lost messages {1}..{2}")                                 \
    X(JOB_SUBMITTED, "job {0} submitted")                                                          \
    X(JOB_SCALED, "job {0} shall have {1} slots")                                                  \
    X(JOB_WAITING, "job {0} waits for a copy of slot {1}")                                         \
    X(JOB_ENDED, "job {0} ends in state {1}")                                                      \
    X(GENERATION, "job {0}: generation {1} from epoch {2}, {3} slots")                             \
    X(STARTED, "job {0}: generation {1} runs")                                                     \
    X(RESTART, "job {0}: generation {1} is given up")                                              \
    X(EPOCH_OPEN, "job {0}: epoch {1} opened, {2} completed")                                      \
    X(EPOCH_DURABLE, "job {0}: epoch {1} slot {2} durable on worker {3}")                          \
    X(EPOCH_DONE, "job {0}: epoch {1} completed")                                                  \
    X(EPOCH_ABORT, "job {0}: epoch {1} aborted")                                                   \
    X(EPOCH_PUBLISHED, "job {0}: epoch {1} visible in every sink")                                 \
    X(COPY_WANTED, "job {0}: worker {2} shall copy slot {1}")                                      \
    X(COPY_CAUGHT_UP, "job {0}: worker {2} caught up with slot {1} at epoch {3}")                  \
    X(COPY_ADDED, "job {0}: worker {2} is in sync with slot {1}")                                  \
    X(COPY_REMOVED, "job {0}: worker {2} is not in sync with slot {1} any more")                   \
    X(COPY_LOST, "job {0}: worker {2} cannot restore slot {1}")                                    \
    X(MOVE_PLANNED, "job {0}: a new assignment with {1} slots is planned")                         \
    X(MOVE_TAKEN, "job {0}: the planned assignment is taken over")

enum {
    LEAT_COORD_STORY_BASE = 1000,
#define X(name, text) LEAT_COORD_SAYS_##name,
    LEAT_COORD_STORY(X)
#undef X
        LEAT_COORD_STORY_END
};

extern const leat_trace_template leat_coord_story[];
extern const size_t leat_coord_story_count;

#define leat_coord_say(core, name, ...)                                                            \
    leat_trace(&(core)->tracer, (core)->now_ms, LEAT_COORD_SAYS_##name, __VA_ARGS__)

#endif
