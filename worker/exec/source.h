/* SPDX-License-Identifier: Apache-2.0
 *
 * source - the splits of one source that this slot owns: polled in turn, positions and watermarks
 * kept as state.
 *
 * Split number n lives in key group n mod K, so the key-group table says who reads it. In the
 * state a split is one row: key = its name, value = flags, watermark, position. It is written
 * when a barrier closes an epoch, only for splits that moved.
 *
 * A split's watermark is its highest event time (capped at now + max_future) minus the allowed
 * out-of-orderness. The source promises the least of its active splits: idle and ended ones are
 * left out. It holds until it knows which splits it has, and is idle when it has none that is
 * active.
 *
 *   END comes when the list of splits is final and all own ones have ended, or at a drain.
 *
 * Invariants
 *   P1  A position in the state of epoch E covers exactly the rows emitted before barrier E.
 *   P2  Nothing is polled before START, after the end, or after a LAST barrier.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_EXEC_SOURCE_H
#define LEAT_WORKER_EXEC_SOURCE_H

#include "worker/exec/context.h"

typedef struct leat_source leat_source;

/* Rows that could not be read, for the side output `bad` (output 1). */
typedef void leat_source_emit(void *self, uint32_t output, const leat_rows *rows);

typedef enum leat_source_turn {
    LEAT_SOURCE_NOTHING,   /* no split has rows now; see wake */
    LEAT_SOURCE_ROWS,      /* rows were emitted */
    LEAT_SOURCE_WATERMARK, /* only the promise or idleness changed */
    LEAT_SOURCE_END,       /* the source has ended; comes once */
} leat_source_turn;

LEAT_MUST_USE leat_code leat_source_new(leat_slot_context *context,
                                        uint32_t operator_index,
                                        leat_source_emit *emit,
                                        void *emit_self,
                                        leat_source **out_source,
                                        leat_error *err);
void leat_source_free(leat_source **source);

/* Take positions and watermarks of the own splits out of the restored state. */
void leat_source_restore(leat_source *source);
/* START: polling may begin; the lister lists. */
void leat_source_start(leat_source *source);
/* Splits were logged: names from number `first` on. */
void leat_source_add_splits(leat_source *source, const leat_down *splits);
/* Poll one batch at most, and emit it. */
leat_source_turn leat_source_poll(leat_source *source);
/* When polling makes sense again: 0 = now, UINT64_MAX = never by itself. */
uint64_t leat_source_wake_us(const leat_source *source);

leat_time leat_source_watermark(const leat_source *source);
bool leat_source_is_idle(const leat_source *source);
bool leat_source_has_ended(const leat_source *source);

/* A barrier: write what moved to the state. is_last: poll no more. */
void leat_source_close_epoch(leat_source *source);
void leat_source_stop(leat_source *source);  /* LAST */
void leat_source_drain(leat_source *source); /* the next poll gives END */

#endif
