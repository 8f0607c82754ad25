/* SPDX-License-Identifier: Apache-2.0
 *
 * story - what a worker core notices, for the trace (common/base/trace.h).
 */
#ifndef LEAT_WORKER_CORE_STORY_H
#define LEAT_WORKER_CORE_STORY_H

#include "common/base/trace.h"

#define LEAT_WORKER_STORY(X)                                                                       \
    X(HELLO, "says HELLO, session {0}")                                                            \
    X(WELCOME, "is worker {0}")                                                                    \
    X(SESSION_GAP, "lost messages {0}..{1} of the coordinator")                                    \
    X(DEPLOYED, "job {0}: generation {1}, owns {2} slots, copies {3}")                             \
    X(DROPPED, "job {0}: drops generation {1}")                                                    \
    X(STALE, "job {0}: ignores generation {1}, has seen {2}")                                      \
    X(READY, "job {0}: slot {1} is ready")                                                         \
    X(BARRIER, "job {0}: barrier {1}, {2} completed")                                              \
    X(DECIDED, "job {0}: epoch {1} is decided")                                                    \
    X(FROZEN, "job {0}: slot {1} froze epoch {2} on {3}")                                          \
    X(DURABLE, "job {0}: epoch {2} of slot {1} is on disk")                                        \
    X(COPY_DURABLE, "job {0}: epoch {2} of slot {1} is on disk as a copy")                         \
    X(COPY_REFUSED, "job {0}: epoch {2} of slot {1} does not connect here")                        \
    X(RESENT, "job {0}: slot {1} sends epoch {2} again to worker {3}")                             \
    X(FOLLOWS, "job {0}: follows slot {1}, attempt {2}")                                           \
    X(SEEDS, "job {0}: copies slot {1} to worker {2}")                                             \
    X(CAUGHT_UP, "job {0}: has all of slot {1} up to epoch {2}")                                   \
    X(LEAVING, "wants to leave")                                                                   \
    X(EXIT, "exits, code {0}")

enum {
    LEAT_WORKER_STORY_BASE = 2000,
#define X(name, text) LEAT_WORKER_SAYS_##name,
    LEAT_WORKER_STORY(X)
#undef X
        LEAT_WORKER_STORY_END
};

extern const leat_trace_template leat_worker_story[];
extern const size_t leat_worker_story_count;

#define leat_worker_say(core, name, ...)                                                           \
    leat_trace(&(core)->tracer, (core)->now_ms, LEAT_WORKER_SAYS_##name, __VA_ARGS__)

#endif
