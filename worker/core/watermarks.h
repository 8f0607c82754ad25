/* SPDX-License-Identifier: Apache-2.0
 *
 * watermarks - the least promise over the inputs of one task (or the splits of one source).
 *
 * An input promises: no event older than w follows. The task's own promise is the least of its
 * active inputs. An idle input is left out until it brings something again; an ended one (w =
 * LEAT_TIME_MAX) is left out too, unless all have ended: then the promise is LEAT_TIME_MAX. When
 * nobody is active and somebody is only idle, the promise holds where it is and the task itself
 * is idle.
 *
 * Invariants
 *   W1  The task's promise never decreases, even when an idle input wakes up behind it.
 *   W2  An input's promise never decreases.
 *
 * Thread: one owner. Never allocates after init.
 */
#ifndef LEAT_WORKER_CORE_WATERMARKS_H
#define LEAT_WORKER_CORE_WATERMARKS_H

#include <stdbool.h>

#include "common/columns/type.h"

typedef struct leat_watermark_input {
    leat_time watermark;
    bool is_idle;
} leat_watermark_input;

typedef struct leat_watermarks {
    uint32_t input_count;
    leat_watermark_input *inputs; /* owned */
    leat_time watermark;          /* of the task */
    bool is_idle;
} leat_watermarks;

/* Inputs start active at LEAT_TIME_MIN, and so does the task. */
void leat_watermarks_init(leat_watermarks *watermarks, uint32_t input_count);
void leat_watermarks_fini(leat_watermarks *watermarks);
/* A further input; only for sources, whose splits come and go. Returns its index. */
uint32_t leat_watermarks_add(leat_watermarks *watermarks, leat_time watermark, bool is_idle);

/* The input promises `watermark` (lower than before: ignored) and is active or idle. Returns
 * whether the task's promise or idleness changed. */
bool leat_watermarks_update(leat_watermarks *watermarks,
                            uint32_t input,
                            leat_time watermark,
                            bool is_idle);

#endif
