/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/snapshot.h"

#include "common/base/fsm.h"
#include "common/base/mark.h"
#include "common/base/mutant.h"
#include "worker/state/delta.h"

typedef enum phase {
    PHASE_IDLE,
    PHASE_ALIGNING,
    PHASE_GATHERING,
    PHASE_SEALING,
} phase;

static const leat_fsm_state phases[] = {
    [PHASE_IDLE] = {"idle", LEAT_FSM_TO(PHASE_ALIGNING)},
    [PHASE_ALIGNING] = {"aligning", LEAT_FSM_TO(PHASE_ALIGNING) | LEAT_FSM_TO(PHASE_GATHERING)},
    [PHASE_GATHERING] = {"gathering", LEAT_FSM_TO(PHASE_ALIGNING) | LEAT_FSM_TO(PHASE_SEALING)},
    [PHASE_SEALING] = {"sealing", LEAT_FSM_TO(PHASE_ALIGNING) | LEAT_FSM_TO(PHASE_IDLE)},
};
static const leat_fsm_table snapshot_fsm = {"snapshot", phases, LEAT_COUNT_OF(phases)};

struct leat_snapshot {
    leat_slot_context *context;
    leat_delta_writer *writer;
    phase phase;
    uint64_t epoch;
    uint64_t completed;
    uint64_t before;       /* the epoch begun before this one, completed or not */
    uint64_t chain_to;     /* N3 */
    uint32_t frozen_count; /* stages */
    uint64_t begun_us;
    leat_blob *manifest; /* SEALING */
};

static void take_chunk(void *self, uint32_t chunk_index, leat_blob *chunk)
{
    leat_snapshot *snapshot = self;
    leat_up up = {
        .kind = LEAT_UP_CHUNK, .epoch = snapshot->epoch, .index = chunk_index, .bytes = chunk};
    leat_slot_say(snapshot->context, &up);
}

leat_snapshot *leat_snapshot_new(leat_slot_context *context)
{
    leat_snapshot *snapshot = LEAT_NEW(leat_snapshot);
    snapshot->context = context;
    snapshot->writer = leat_delta_writer_new(take_chunk, snapshot);
    snapshot->epoch = context->args.deployment->restore_epoch;
    return snapshot;
}

void leat_snapshot_free(leat_snapshot **snapshot_at)
{
    leat_snapshot *snapshot = LEAT_TAKE(*snapshot_at);
    if (snapshot == NULL)
        return;
    leat_delta_writer_free(&snapshot->writer);
    leat_blob_unref(&snapshot->manifest);
    leat_free(snapshot);
}

void leat_snapshot_begin(leat_snapshot *snapshot, uint64_t epoch, uint64_t completed)
{
    LEAT_ASSERT(epoch > snapshot->epoch && completed < epoch); /* N1 */
    if (snapshot->phase != PHASE_IDLE)
        LEAT_MARK(snapshot_abandoned);
    leat_fsm_move(&snapshot_fsm, &snapshot->phase, PHASE_ALIGNING);
    leat_blob_unref(&snapshot->manifest);
    snapshot->chain_to = leat_mutant(LEAT_MUTANT_prev_local) ? snapshot->epoch : completed;
    snapshot->before = LEAT_MAX(snapshot->epoch, completed);
    snapshot->epoch = epoch;
    snapshot->completed = completed;
    snapshot->frozen_count = 0;
    snapshot->begun_us = snapshot->context->steady_us;
}

static void begin_delta(leat_snapshot *snapshot)
{
    const leat_slot_context *context = snapshot->context;
    const leat_deployment *deployment = context->args.deployment;
    leat_fsm_move(&snapshot_fsm, &snapshot->phase, PHASE_GATHERING);
    leat_delta_id id = {.job = {deployment->job},
                        .generation = {deployment->generation},
                        .epoch = {snapshot->epoch},
                        .prev = {snapshot->chain_to},
                        .slot = {context->args.slot}};
    leat_delta_begin(snapshot->writer, id, context->key_groups, context->key_group_count);
}

void leat_snapshot_freeze(leat_snapshot *snapshot,
                          uint64_t epoch,
                          const uint16_t *states,
                          uint32_t state_count)
{
    if (epoch != snapshot->epoch) {
        LEAT_ASSERT(epoch < snapshot->epoch); /* a barrier comes through our own source first */
        LEAT_MARK(snapshot_stale_barrier);
        return;
    }
    LEAT_ASSERT(snapshot->phase == PHASE_ALIGNING);
    uint64_t since =
        leat_mutant(LEAT_MUTANT_abort_forgets) ? snapshot->before : snapshot->completed;
    if (state_count > 0)
        leat_state_freeze(snapshot->context->state, states, state_count, epoch, since);
    if (++snapshot->frozen_count == snapshot->context->plan->stage_count)
        begin_delta(snapshot);
}

static void add_record(void *self, const leat_record *record)
{
    leat_snapshot *snapshot = self;
    leat_delta_add(snapshot->writer, record);
}

static void say_frozen(leat_snapshot *snapshot)
{
    leat_fsm_move(&snapshot_fsm, &snapshot->phase, PHASE_IDLE);
    leat_up up = {.kind = LEAT_UP_FROZEN,
                  .epoch = snapshot->epoch,
                  .previous = snapshot->chain_to,
                  .hash = leat_manifest_hash(leat_blob_bytes(snapshot->manifest)),
                  .bytes = LEAT_TAKE(snapshot->manifest)};
    leat_slot_say(snapshot->context, &up);
}

void leat_snapshot_run(leat_snapshot *snapshot, bool is_sealing)
{
    if (snapshot->phase == PHASE_GATHERING &&
        leat_state_gather(snapshot->context->state, snapshot->context->args.limits.gather_rows,
                          add_record, snapshot)) {
        snapshot->manifest = leat_delta_finish(snapshot->writer);
        leat_fsm_move(&snapshot_fsm, &snapshot->phase, PHASE_SEALING);
    }
    if (snapshot->phase == PHASE_SEALING && !is_sealing)
        say_frozen(snapshot); /* N2 */
}

bool leat_snapshot_has_work(const leat_snapshot *snapshot, bool is_sealing)
{
    return snapshot->phase == PHASE_GATHERING || (snapshot->phase == PHASE_SEALING && !is_sealing);
}

uint64_t leat_snapshot_epoch(const leat_snapshot *snapshot)
{
    return snapshot->epoch;
}

uint64_t leat_snapshot_aligning_since_us(const leat_snapshot *snapshot)
{
    return snapshot->phase == PHASE_ALIGNING ? snapshot->begun_us : UINT64_MAX;
}
