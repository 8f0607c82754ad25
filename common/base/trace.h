/* SPDX-License-Identifier: Apache-2.0
 *
 * trace - what a core noticed, as plain numbers: the story of a run, told later.
 *
 * A core appends events without formatting; the simulator or a debug shell formats them with
 * the table of the folder that defined them, so that a core never prints. Event ids are given
 * by each folder (`base + n`): coordinator/core from 1000, worker/core from 2000, worker/exec
 * from 3000, tests/sim from 9000.
 *
 * A formatter's template writes arguments as {0}..{5}: "task {0}: barrier {1} on input {2}".
 */
#ifndef LEAT_COMMON_BASE_TRACE_H
#define LEAT_COMMON_BASE_TRACE_H

#include "common/base/buf.h"

enum { LEAT_TRACE_ARGS_MAX = 6 };

typedef struct leat_trace_event {
    int64_t time_ms;
    uint32_t node;  /* who: the simulator's node number, or a worker id */
    uint16_t event; /* what: an id from the folder's table */
    uint16_t arg_count;
    uint64_t args[LEAT_TRACE_ARGS_MAX];
} leat_trace_event;

/* Where events go; a zeroed tracer drops them. Held by value in a core. */
typedef struct leat_tracer {
    void (*sink)(void *context, const leat_trace_event *event);
    void *context;
    uint32_t node;
} leat_tracer;

typedef struct leat_trace_template {
    uint16_t event;
    const char *text;
} leat_trace_template;

void leat_trace_emit(const leat_tracer *tracer,
                     int64_t time_ms,
                     uint16_t event,
                     const uint64_t *args,
                     size_t arg_count);

/* leat_trace(&core->tracer, now_ms, TRACE_BARRIER, task, epoch, input): each argument as u64. */
#define leat_trace(tracer, time_ms, event, ...)                                                    \
    do {                                                                                           \
        if (LEAT_UNLIKELY((tracer)->sink != NULL)) {                                               \
            const uint64_t leat_args_[] = {__VA_ARGS__};                                           \
            leat_trace_emit((tracer), (time_ms), (event), leat_args_, LEAT_COUNT_OF(leat_args_));  \
        }                                                                                          \
    } while (0)

/* Append the event's text; an unknown id is printed with its numbers. */
void leat_trace_format(const leat_trace_event *event,
                       const leat_trace_template *templates,
                       size_t template_count,
                       leat_buf *out);

/* A hash over a run's events: equal seeds must give equal hashes. Start with 0. */
uint64_t leat_trace_hash(uint64_t hash, const leat_trace_event *event);

#endif
