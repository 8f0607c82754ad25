/* SPDX-License-Identifier: Apache-2.0
 *
 * task_core - the protocol side of a slot's tasks: channels, credit, barriers, watermarks, ends,
 * and whose turn it is. It moves messages and never looks into a batch.
 *
 * A slot runs one task per stage. Messages come in by `receive`; `next` hands the slot one turn
 * at a time: rows of one input, a watermark that rose, an aligned barrier, the end of all input.
 * The slot does its work and sends by `send`, `say_*`; what must leave the slot is collected in
 * `outbox`, in order. A channel from the slot to itself works the same and never leaves.
 *
 * Invariants
 *   K1  A task gets no turn while one of its outgoing channels waits for credit: what is not
 *       taken gives no credit upstream. That is all the back pressure there is.
 *   K2  The rows of a message come before its watermark, and both before anything later on that
 *       channel. After a BARRIER turn nothing older than the barrier comes.
 *   K3  Inputs of a task take turns by message, tasks of a slot take turns by turn.
 *   K4  Same calls, same turns: order depends on nothing else.
 *
 * Thread: the executor that owns the slot.
 */
#ifndef LEAT_WORKER_CORE_TASK_CORE_H
#define LEAT_WORKER_CORE_TASK_CORE_H

#include "common/base/vec.h"
#include "common/plan/physical.h"
#include "worker/core/message.h"

typedef struct leat_task_core leat_task_core;

typedef struct leat_task_core_args {
    const leat_physical_plan *plan; /* borrowed */
    uint32_t job;
    uint64_t generation;
    uint32_t slot;
    uint32_t slot_count;
    uint64_t restore_epoch; /* barriers must be above it */
    uint64_t inbox_bytes;   /* shared by the inputs of a task */
    uint64_t channel_bytes; /* most of it one channel may have */
} leat_task_core_args;

leat_task_core *leat_task_core_new(const leat_task_core_args *args);
void leat_task_core_free(leat_task_core **core);

typedef enum leat_task_verdict {
    LEAT_TASK_OK,
    LEAT_TASK_STALE, /* of another generation: dropped */
    LEAT_TASK_GAP,   /* something is missing on its channel; the core must not be used further */
} leat_task_verdict;

/* Take a message from another slot (the batch is taken whatever the verdict). */
LEAT_MUST_USE leat_task_verdict leat_task_core_receive(leat_task_core *core, leat_message *message);

typedef enum leat_turn_kind {
    LEAT_TURN_NONE,      /* nothing can be done now */
    LEAT_TURN_ROWS,      /* run `batch` through the stage, unref it */
    LEAT_TURN_WATERMARK, /* advance the stage's operators to `watermark`, then say it on */
    LEAT_TURN_BARRIER,   /* the stage has aligned `epoch`: flush, freeze, then say it on */
    LEAT_TURN_END,       /* all inputs ended: say it on */
    LEAT_TURN_GAP,       /* a barrier does not fit: something was lost from `from_slot` */
} leat_turn_kind;

typedef struct leat_turn {
    leat_turn_kind kind;
    uint32_t stage;
    uint32_t edge;       /* ROWS */
    uint32_t from_slot;  /* ROWS, GAP */
    leat_batch *batch;   /* ROWS: owned reference */
    leat_time watermark; /* WATERMARK; ROWS: what their port had promised before them */
    bool is_idle;        /* WATERMARK: the stage has only idle inputs; watermark holds */
    uint64_t epoch;      /* BARRIER */
    uint64_t completed;  /* BARRIER */
} leat_turn;

/* The next turn of `stage`; the slot asks its stages one after another (K3). */
leat_turn leat_task_core_next(leat_task_core *core, uint32_t stage);
/* May a turn be asked for: nothing of the stage waits for credit (K1)? Sources ask it too. */
/* What was received and not taken yet, over all tasks. */
uint64_t leat_task_core_queued_bytes(const leat_task_core *core);
bool leat_task_core_may_run(const leat_task_core *core, uint32_t stage);
/* Is there a turn now? */
bool leat_task_core_has_turn(const leat_task_core *core, uint32_t stage);

/* Rows for slot `to` on `edge`; takes the reference. */
void leat_task_core_send(
    leat_task_core *core, uint32_t edge, uint32_t to, leat_batch *batch, uint64_t steady_us);
/* The channel has nothing waiting and nothing in flight: its receiver may be starving. */
bool leat_task_core_is_drained(const leat_task_core *core, uint32_t edge, uint32_t to);

/* To every outgoing channel of the stage, after everything sent before. */
void leat_task_core_say_barrier(leat_task_core *core,
                                uint32_t stage,
                                uint64_t epoch,
                                uint64_t completed);
void leat_task_core_say_end(leat_task_core *core, uint32_t stage); /* = LEAT_TIME_MAX too */

/* The stage's promise for what it emits from now on; batches sent later carry it. */
void leat_task_core_set_watermark(leat_task_core *core,
                                  uint32_t stage,
                                  leat_time watermark,
                                  bool is_idle);
/* Counts the changes of that promise: the same number, nothing new to say. */
uint64_t leat_task_core_watermark_version(const leat_task_core *core, uint32_t stage);
/* When the channel must hear the promise without waiting for a batch: UINT64_MAX = it has heard,
 * or rows wait before it; 0 = now, for idleness changed; else LEAT_WATERMARK_IDLE_MS after it last
 * heard something. Then send what is under construction (it carries the promise) or say it. */
uint64_t leat_task_core_watermark_due_us(const leat_task_core *core, uint32_t edge, uint32_t to);
/* Needs: every row emitted before for this channel was sent. */
void leat_task_core_say_watermark(leat_task_core *core,
                                  uint32_t edge,
                                  uint32_t to,
                                  uint64_t steady_us);

/* What must go to other slots, in order; the slot takes it and empties it (count = 0). */
typedef LEAT_VEC(leat_message) leat_outbox;
leat_outbox *leat_task_core_outbox(leat_task_core *core);

/* For `describe`, STALLED and tests. */
leat_time leat_task_core_watermark(const leat_task_core *core, uint32_t stage); /* of its inputs */
bool leat_task_core_is_aligning(const leat_task_core *core, uint32_t stage, uint32_t *out_missing);

#endif
