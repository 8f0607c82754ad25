/* SPDX-License-Identifier: Apache-2.0
 *
 * sink - the end of a chain: rows to what a user sees, by the sink's class.
 *
 * FILE (class S3): the rows of one epoch of one slot are one part. It is written under
 *   <path>/.tmp-<sink>-<slot>-<generation>-<epoch before>
 * sealed at the barrier, and published as <path>/part-<slot>-<epoch>.jsonl when its epoch is
 * decided. In between the part is a handle: a row of state, key = the tmp path, in the lowest key
 * group of the slot. An epoch without rows makes no part.
 * PRINT (S6): shown at once. NULL: counted.
 *
 *   rows -> [part] --barrier--> WAITING --decided--> PUBLISHING --disk--> PUBLISHED --barrier-->
 * gone handle put                                                      handle removed restore:
 * listed -> PUBLISHING
 *
 * Invariants
 *   F1  A part's tmp name holds the generation and the epoch it began after: no other slot,
 *       generation or epoch ever writes it, and after its seal nobody does.
 *   F2  A handle is published only when its epoch is decided, or listed in restored state.
 *   F3  A handle leaves the state in the first epoch after its publication was confirmed.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_EXEC_SINK_H
#define LEAT_WORKER_EXEC_SINK_H

#include "worker/exec/context.h"

typedef struct leat_sink leat_sink;

LEAT_MUST_USE leat_code leat_sink_new(leat_slot_context *context,
                                      uint32_t operator_index,
                                      leat_sink **out_sink,
                                      leat_error *err);
void leat_sink_free(leat_sink **sink);

/* Take the selected rows. */
void leat_sink_add(leat_sink *sink, const leat_rows *rows);
/* The stage has aligned `epoch`: seal its part, list it, drop what was published. Before the
 * state is frozen. */
void leat_sink_close_epoch(leat_sink *sink, uint64_t epoch);
/* Every epoch up to `completed` is decided: publish. */
void leat_sink_decide(leat_sink *sink, uint64_t completed);
/* Publish what the restored state lists. */
void leat_sink_restore(leat_sink *sink);
/* A disk operation is done, or waits for room. False: not one of this sink's. */
bool leat_sink_disk_done(leat_sink *sink, const leat_disk_done *done);

/* Why its files wait, "" when they do not. */
const char *leat_sink_waiting(const leat_sink *sink);
/* Written and not confirmed: withhold rows above a limit. */
uint64_t leat_sink_pending_bytes(const leat_sink *sink);
/* Seals that the disk has not confirmed. */
bool leat_sink_is_sealing(const leat_sink *sink);
/* Some handle of an epoch <= `epoch` is not confirmed as published. */
bool leat_sink_is_publishing(const leat_sink *sink, uint64_t epoch);
/* Ask the journal to delete unpublished parts of older generations. */
void leat_sink_sweep(leat_sink *sink);

#endif
