/* SPDX-License-Identifier: Apache-2.0
 *
 * log_ring - the newest log lines of somebody, bounded by bytes: the oldest go first.
 *
 * Invariants
 *   R1  A ring holds at most `bytes_max` of text, whatever is added.
 *   R2  Numbers grow within a ring and are given out once in a process, so that lines of several
 *       rings can be read on from where the last reading ended: whoever read every ring after
 *       asking for leat_log_ring_newest has seen all lines up to that number.
 *
 * Thread: any.
 */
#ifndef LEAT_COMMON_OBS_LOG_RING_H
#define LEAT_COMMON_OBS_LOG_RING_H

#include "common/base/bytes.h"
#include "common/obs/log.h"

enum { LEAT_LOG_RING_BYTES = 256 * 1024 }; /* of a process, and of a worker at its coordinator */

typedef struct leat_log_line {
    uint64_t number;   /* given by the ring: R2 */
    uint64_t position; /* given by the ring: 1, 2, 3, ... in it */
    int64_t time_ms;   /* wall clock of who wrote it, since 1970 UTC */
    leat_log_level level;
    uint32_t job;    /* 0 = of none */
    leat_bytes text; /* "event key=value ..." */
} leat_log_line;

leat_log_ring *leat_log_ring_new(size_t bytes_max);
void leat_log_ring_free(leat_log_ring **ring); /* NULL inside is fine */

/* Copies the text; a line above `bytes_max` is not kept. */
void leat_log_ring_add(leat_log_ring *ring, const leat_log_line *line);

/* The number of the newest line in any ring of this process; 0 = there is none. */
uint64_t leat_log_ring_newest(void);

/* Every line above `after`, oldest first; under the ring's lock: copy what you want to keep.
 * `visit` returns false to end it. */
typedef bool leat_log_ring_visit(void *self, const leat_log_line *line);
void leat_log_ring_each(leat_log_ring *ring,
                        uint64_t after,
                        leat_log_ring_visit *visit,
                        void *self);

#endif
