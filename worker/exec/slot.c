/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/slot.h"

#include "common/base/fsm.h"
#include "common/base/hash.h"
#include "common/base/limits.h"
#include "common/base/mark.h"
#include "worker/exec/chain.h"
#include "worker/exec/context.h"
#include "worker/exec/snapshot.h"
#include "worker/operators/plan_state.h"

/*  RESTORING --key groups loaded--> PUBLISHING --handles confirmed--> READY --START--> RUNNING  */
typedef enum slot_phase {
    SLOT_RESTORING,
    SLOT_PUBLISHING,
    SLOT_READY,
    SLOT_RUNNING,
} slot_phase;

static const leat_fsm_state slot_phases[] = {
    [SLOT_RESTORING] = {"restoring", LEAT_FSM_TO(SLOT_PUBLISHING)},
    [SLOT_PUBLISHING] = {"publishing", LEAT_FSM_TO(SLOT_READY)},
    [SLOT_READY] = {"ready", LEAT_FSM_TO(SLOT_RUNNING)},
    [SLOT_RUNNING] = {"running", 0},
};
static const leat_fsm_table slot_fsm = {"slot", slot_phases, LEAT_COUNT_OF(slot_phases)};

enum {
    DEFAULT_GATHER_ROWS = 4096,
    DEFAULT_SINK_BYTES = 8 * LEAT_MIB,
    DEFAULT_DIRTY_BYTES = 256 * LEAT_MIB,
    DEFAULT_FLUSH_AFTER_US = 5000,
    STATS_INTERVAL_US = 1000000,
    STALLED_AFTER_US = 15 * 1000000,
};

struct leat_slot {
    leat_slot_context context;
    slot_phase phase;
    leat_chain **chains; /* per stage */
    leat_snapshot *snapshot;
    uint32_t restored_count; /* key groups loaded */
    uint64_t decided;        /* highest heard */
    uint64_t done;           /* SINK_DONE said up to here */
    bool has_ended;          /* ENDED was said */
    bool has_stalled;        /* STALLED was said for this epoch */
    uint64_t stats_at_us;
};

/* ------------------------------------------------------------------ life */

static void fill_limits(leat_slot_limits *limits)
{
#define DEFAULT(field, value)                                                                      \
    if (limits->field == 0)                                                                        \
    limits->field = (value)
    DEFAULT(batch_rows, LEAT_BATCH_ROWS_MAX);
    DEFAULT(batch_bytes, LEAT_BATCH_BYTES_MAX);
    DEFAULT(builder_bytes, LEAT_OUTBOX_BYTES);
    DEFAULT(inbox_bytes, LEAT_INBOX_BYTES);
    DEFAULT(channel_bytes, LEAT_CHANNEL_BYTES);
    DEFAULT(gather_rows, DEFAULT_GATHER_ROWS);
    DEFAULT(sink_bytes, DEFAULT_SINK_BYTES);
    DEFAULT(dirty_bytes, DEFAULT_DIRTY_BYTES);
    DEFAULT(flush_after_us, DEFAULT_FLUSH_AFTER_US);
#undef DEFAULT
    LEAT_ASSERT(limits->batch_rows >= 2);
}

static void open_context(leat_slot_context *context, const leat_slot_args *args)
{
    context->args = *args;
    context->args.deployment = leat_deployment_ref(args->deployment);
    fill_limits(&context->args.limits);
    context->plan = args->plan;
    context->stats.watermark_us = LEAT_TIME_MIN;
    const leat_deployment *deployment = args->deployment;
    context->state =
        leat_plan_state_new(args->plan, deployment->key_group_count, deployment->restore_epoch);
    context->key_groups = leat_alloc_zero(deployment->key_group_count, sizeof(uint16_t));
    for (uint32_t g = 0; g < deployment->key_group_count; g++) {
        if (!leat_slot_owns(context, g))
            continue;
        context->key_groups[context->key_group_count++] = (uint16_t)g;
        leat_state_add_group(context->state, g);
    }
    context->core = leat_task_core_new(
        &(leat_task_core_args){.plan = args->plan,
                               .job = deployment->job,
                               .generation = deployment->generation,
                               .slot = args->slot,
                               .slot_count = deployment->slot_count,
                               .restore_epoch = deployment->restore_epoch,
                               .inbox_bytes = context->args.limits.inbox_bytes,
                               .channel_bytes = context->args.limits.channel_bytes});
}

leat_code leat_slot_new(const leat_slot_args *args, leat_slot **out_slot, leat_error *err)
{
    LEAT_ASSERT(args->slot < args->deployment->slot_count);
    LEAT_ASSERT(args->store != NULL || args->deployment->restore_epoch == 0);
    leat_slot *slot = LEAT_NEW(leat_slot);
    open_context(&slot->context, args);
    slot->snapshot = leat_snapshot_new(&slot->context);
    slot->decided = slot->done = args->deployment->restore_epoch;
    slot->chains = leat_alloc_zero(args->plan->stage_count, sizeof(leat_chain *));
    for (uint32_t stage = 0; stage < args->plan->stage_count; stage++) {
        leat_code code = leat_chain_new(&slot->context, stage, &slot->chains[stage], err);
        if (code != LEAT_OK) {
            leat_slot_free(&slot);
            return code;
        }
    }
    *out_slot = slot;
    return LEAT_OK;
}

void leat_slot_free(leat_slot **slot_at)
{
    leat_slot *slot = LEAT_TAKE(*slot_at);
    if (slot == NULL)
        return;
    for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++)
        leat_chain_free(&slot->chains[stage]);
    leat_free(slot->chains);
    leat_snapshot_free(&slot->snapshot);
    leat_task_core_free(&slot->context.core);
    leat_state_free(&slot->context.state);
    leat_deployment_unref(&slot->context.args.deployment);
    leat_free(slot->context.key_groups);
    leat_free(slot);
}

/* ------------------------------------------------------------------ all sinks, all sources */

/* Visit every sink of the slot: for (sink_walk w = {0}; next_sink(slot, &w);) w.sink ... */
typedef struct sink_walk {
    uint32_t stage;
    uint32_t at;
    leat_sink *sink;
} sink_walk;

static bool next_sink(const leat_slot *slot, sink_walk *walk)
{
    for (; walk->stage < slot->context.plan->stage_count; walk->stage++, walk->at = 0) {
        const leat_chain *chain = slot->chains[walk->stage];
        if (walk->at < leat_chain_sink_count(chain)) {
            walk->sink = leat_chain_sink(chain, walk->at++);
            return true;
        }
    }
    return false;
}

static bool is_sealing(const leat_slot *slot)
{
    for (sink_walk w = {0}; next_sink(slot, &w);) {
        if (leat_sink_is_sealing(w.sink))
            return true;
    }
    return false;
}

static bool is_publishing(const leat_slot *slot, uint64_t epoch)
{
    for (sink_walk w = {0}; next_sink(slot, &w);) {
        if (leat_sink_is_publishing(w.sink, epoch))
            return true;
    }
    return false;
}

/* What the slot's files wait for; "" when nothing. */
static const char *waiting(const leat_slot *slot)
{
    for (sink_walk w = {0}; next_sink(slot, &w);) {
        if (leat_sink_waiting(w.sink)[0] != '\0')
            return leat_sink_waiting(w.sink);
    }
    return "";
}

/* S5: the disk is behind with this stage's parts. */
static bool is_sink_full(const leat_slot *slot, uint32_t stage)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < leat_chain_sink_count(slot->chains[stage]); i++)
        bytes += leat_sink_pending_bytes(leat_chain_sink(slot->chains[stage], i));
    return bytes >= slot->context.args.limits.sink_bytes;
}

/* Decisions 24: an epoch must complete before more state may change. */
static bool is_too_dirty(const leat_slot *slot)
{
    return leat_state_dirty_bytes(slot->context.state) >= slot->context.args.limits.dirty_bytes;
}

static leat_source *stage_source(const leat_slot *slot, uint32_t stage)
{
    return leat_chain_source(slot->chains[stage]);
}

/* ------------------------------------------------------------------ restore */

typedef struct apply_to {
    leat_state *state;
    leat_code code;
    leat_error err;
} apply_to;

static void apply_record(void *self, const leat_record *record)
{
    apply_to *to = self;
    if (to->code == LEAT_OK)
        to->code = leat_state_apply(to->state, record, &to->err);
}

static void restore_group(leat_slot *slot)
{
    leat_slot_context *context = &slot->context;
    uint16_t group = context->key_groups[slot->restored_count++];
    const leat_slot_store *store = context->args.store;
    apply_to to = {.state = context->state};
    leat_code code = store->restore(store->self, group, apply_record, &to, &to.err);
    if (code == LEAT_OK && to.code == LEAT_OK)
        return;
    leat_error_add(&to.err, "key group %u", group);
    leat_slot_cannot(context, &to.err);
}

static void say_ready(leat_slot *slot)
{
    leat_fsm_move(&slot_fsm, &slot->phase, SLOT_READY);
    leat_up up = {.kind = LEAT_UP_READY};
    leat_slot_say(&slot->context, &up);
}

/* One slice: a key group, or what follows the last one. */
static void restore(leat_slot *slot)
{
    bool has_state = slot->context.args.deployment->restore_epoch > 0;
    if (has_state && slot->restored_count < slot->context.key_group_count) {
        restore_group(slot);
        return;
    }
    for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++) {
        if (stage_source(slot, stage) != NULL)
            leat_source_restore(stage_source(slot, stage));
    }
    for (sink_walk w = {0}; next_sink(slot, &w);)
        leat_sink_restore(w.sink);
    leat_fsm_move(&slot_fsm, &slot->phase, SLOT_PUBLISHING);
    if (!is_publishing(slot, slot->decided))
        say_ready(slot);
}

/* ------------------------------------------------------------------ a stage's turns */

static void stage_advance(leat_slot *slot, uint32_t stage, leat_time watermark, bool is_idle)
{
    leat_chain_advance(slot->chains[stage], watermark);
    leat_task_core_set_watermark(slot->context.core, stage, watermark, is_idle);
}

static void stage_end(leat_slot *slot, uint32_t stage)
{
    leat_chain_flush(slot->chains[stage]);
    leat_task_core_say_end(slot->context.core, stage);
}

/* Everything before the barrier is in the state or on its way; nothing after it is. */
static void stage_barrier(leat_slot *slot, uint32_t stage, uint64_t epoch, uint64_t completed)
{
    leat_chain *chain = slot->chains[stage];
    leat_chain_close_epoch(chain, epoch);
    if (stage_source(slot, stage) != NULL)
        leat_source_close_epoch(stage_source(slot, stage));
    for (uint32_t i = 0; i < leat_chain_sink_count(chain); i++)
        leat_sink_close_epoch(leat_chain_sink(chain, i), epoch);
    uint32_t state_count;
    const uint16_t *states = leat_chain_states(chain, &state_count);
    leat_snapshot_freeze(slot->snapshot, epoch, states, state_count);
    leat_task_core_say_barrier(slot->context.core, stage, epoch, completed);
}

static void stage_turn(leat_slot *slot, uint32_t stage)
{
    leat_turn turn = leat_task_core_next(slot->context.core, stage);
    switch (turn.kind) {
    case LEAT_TURN_NONE:
        return;
    case LEAT_TURN_ROWS:
        leat_chain_promise(slot->chains[stage], turn.edge, turn.watermark);
        leat_chain_add(slot->chains[stage], turn.edge, leat_batch_rows(turn.batch));
        leat_batch_unref(&turn.batch);
        return;
    case LEAT_TURN_WATERMARK:
        stage_advance(slot, stage, turn.watermark, turn.is_idle);
        return;
    case LEAT_TURN_BARRIER:
        stage_barrier(slot, stage, turn.epoch, turn.completed);
        return;
    case LEAT_TURN_END:
        stage_end(slot, stage);
        return;
    case LEAT_TURN_GAP:
        leat_slot_gap(&slot->context, turn.from_slot);
        return;
    }
    LEAT_UNREACHABLE();
}

static void say_ended(leat_slot *slot)
{
    for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++) {
        const leat_source *source = stage_source(slot, stage);
        if (source != NULL && !leat_source_has_ended(source))
            return;
    }
    leat_up up = {.kind = LEAT_UP_ENDED};
    leat_slot_say(&slot->context, &up);
    slot->has_ended = true;
}

static void source_turn(leat_slot *slot, uint32_t stage)
{
    leat_source *source = stage_source(slot, stage);
    leat_source_turn turn = leat_source_poll(source);
    if (turn == LEAT_SOURCE_NOTHING || slot->context.is_over)
        return;
    stage_advance(slot, stage, leat_source_watermark(source), leat_source_is_idle(source));
    if (turn != LEAT_SOURCE_END)
        return;
    stage_end(slot, stage);
    say_ended(slot);
}

/* ------------------------------------------------------------------ messages from below */

static void start(leat_slot *slot)
{
    leat_fsm_move(&slot_fsm, &slot->phase, SLOT_RUNNING);
    slot->stats_at_us = slot->context.steady_us + STATS_INTERVAL_US;
    for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++) {
        leat_source *source = stage_source(slot, stage);
        if (source == NULL)
            continue;
        leat_source_start(source);
        leat_task_core_set_watermark(slot->context.core, stage, leat_source_watermark(source),
                                     leat_source_is_idle(source));
    }
    if (!leat_slot_owns(&slot->context, 0)) /* one slot sweeps for all */
        return;
    for (sink_walk w = {0}; next_sink(slot, &w);)
        leat_sink_sweep(w.sink);
}

static void say_sink_done(leat_slot *slot)
{
    if (slot->done >= slot->decided || is_publishing(slot, slot->decided))
        return;
    slot->done = slot->decided;
    leat_up up = {.kind = LEAT_UP_SINK_DONE, .epoch = slot->done};
    leat_slot_say(&slot->context, &up);
}

static void decide(leat_slot *slot, uint64_t completed)
{
    if (completed <= slot->decided)
        return;
    slot->decided = completed;
    leat_state_decided(slot->context.state, completed);
    for (sink_walk w = {0}; next_sink(slot, &w);)
        leat_sink_decide(w.sink, completed);
    say_sink_done(slot);
}

static void barrier(leat_slot *slot, const leat_down *down)
{
    if (down->epoch <= leat_snapshot_epoch(slot->snapshot)) {
        LEAT_MARK(slot_barrier_again);
        return;
    }
    decide(slot, down->completed);
    slot->has_stalled = false;
    leat_snapshot_begin(slot->snapshot, down->epoch, down->completed);
    for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++) {
        leat_source *source = stage_source(slot, stage);
        if (source == NULL)
            continue;
        if (down->flags & LEAT_BARRIER_LAST)
            leat_source_stop(source);
        stage_barrier(slot, stage, down->epoch, down->completed);
    }
}

static void disk_done(leat_slot *slot, const leat_disk_done *done)
{
    for (sink_walk w = {0}; next_sink(slot, &w);) {
        if (leat_sink_disk_done(w.sink, done))
            break;
    }
    if (slot->phase == SLOT_PUBLISHING && !is_publishing(slot, slot->decided))
        say_ready(slot);
    say_sink_done(slot);
}

static void take_down(leat_slot *slot, const leat_down *down)
{
    switch (down->kind) {
    case LEAT_DOWN_START:
        if (slot->phase == SLOT_READY)
            start(slot);
        return;
    case LEAT_DOWN_BARRIER:
        barrier(slot, down);
        return;
    case LEAT_DOWN_DECIDED:
        decide(slot, down->completed);
        return;
    case LEAT_DOWN_SPLITS:
    case LEAT_DOWN_DRAIN:
        for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++) {
            leat_source *source = stage_source(slot, stage);
            if (source != NULL && down->kind == LEAT_DOWN_SPLITS)
                leat_source_add_splits(source, down);
            else if (source != NULL)
                leat_source_drain(source);
        }
        return;
    case LEAT_DOWN_DISK_DONE:
        disk_done(slot, down->done);
        return;
    case LEAT_DOWN_NONE:
    case LEAT_DOWN_OPEN:
    case LEAT_DOWN_CLOSE:
    case LEAT_DOWN_KIND_COUNT:
        break;
    }
    LEAT_UNREACHABLE(); /* OPEN is new, CLOSE is free */
}

/* ------------------------------------------------------------------ steps */

/* May the stage emit? */
static bool may_run(const leat_slot *slot, uint32_t stage)
{
    return leat_task_core_may_run(slot->context.core, stage) && !is_sink_full(slot, stage);
}

static void say_stats(leat_slot *slot)
{
    if (slot->context.steady_us < slot->stats_at_us)
        return;
    slot->stats_at_us = slot->context.steady_us + STATS_INTERVAL_US;
    leat_slot_note_rest(&slot->context);
    leat_up up = {.kind = LEAT_UP_STATS, .stats = leat_slot_stats_of(slot)};
    leat_slot_say(&slot->context, &up);
}

static void say_stalled(leat_slot *slot)
{
    uint64_t since_us = leat_snapshot_aligning_since_us(slot->snapshot);
    if (since_us == UINT64_MAX || slot->has_stalled ||
        slot->context.steady_us < since_us + STALLED_AFTER_US)
        return;
    if (waiting(slot)[0] != '\0')
        return; /* the disk is full: nothing is wrong with a channel */
    slot->has_stalled = true;
    leat_up up = {.kind = LEAT_UP_STALLED, .from_slot = slot->context.args.slot};
    for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++) {
        if (leat_task_core_is_aligning(slot->context.core, stage, &up.from_slot))
            break;
    }
    leat_slot_say(&slot->context, &up);
}

/* Each stage gets one turn; then one slice of gathering. */
static void run(leat_slot *slot)
{
    if (slot->phase == SLOT_RESTORING) {
        restore(slot);
        return;
    }
    for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++) {
        if (slot->context.is_over)
            return;
        if (slot->phase == SLOT_RUNNING && may_run(slot, stage))
            leat_chain_pass(slot->chains[stage]);
        if (!may_run(slot, stage))
            continue;
        if (stage_source(slot, stage) == NULL)
            stage_turn(slot, stage);
        else if (!is_too_dirty(slot))
            source_turn(slot, stage);
    }
    leat_snapshot_run(slot->snapshot, is_sealing(slot));
    if (slot->phase == SLOT_RUNNING) {
        say_stats(slot);
        say_stalled(slot);
    }
}

/* When there is work for a RUN: 0 = now. */
static uint64_t work_us(const leat_slot *slot)
{
    const leat_slot_context *context = &slot->context;
    if (slot->phase == SLOT_RESTORING || leat_snapshot_has_work(slot->snapshot, is_sealing(slot)))
        return 0;
    uint64_t wake_us = slot->phase == SLOT_RUNNING ? slot->stats_at_us : UINT64_MAX;
    for (uint32_t stage = 0; stage < context->plan->stage_count; stage++) {
        if (!may_run(slot, stage))
            continue;
        if (leat_task_core_has_turn(context->core, stage))
            return 0;
        wake_us = LEAT_MIN(wake_us, leat_chain_pass_us(slot->chains[stage]));
        if (stage_source(slot, stage) != NULL && !is_too_dirty(slot))
            wake_us = LEAT_MIN(wake_us, leat_source_wake_us(stage_source(slot, stage)));
    }
    return wake_us;
}

/* The end of a slice: send what is due. Returns when the next RUN makes sense. */
static uint64_t next_run_us(leat_slot *slot)
{
    uint64_t now_us = slot->context.steady_us;
    /* Before START nobody listens. */
    bool is_busy = slot->phase != SLOT_RUNNING || work_us(slot) <= now_us;
    uint64_t wake_us = UINT64_MAX;
    for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++)
        wake_us = LEAT_MIN(wake_us, leat_chain_tick(slot->chains[stage], is_busy));
    return LEAT_MIN(wake_us, work_us(slot)); /* again: what was sent may have come back here */
}

static void take_outbox(leat_slot *slot)
{
    leat_outbox *outbox = leat_task_core_outbox(slot->context.core);
    LEAT_VEC_EACH (message, outbox) {
        leat_slot_action *action = leat_vec_add(&slot->context.actions->items);
        action->kind = LEAT_SLOT_SEND;
        action->message = *message;
    }
    leat_vec_clear(outbox);
}

static void take_message(leat_slot *slot, leat_message *message)
{
    uint32_t from_slot = message->from_slot;
    uint32_t row_count = message->batch == NULL ? 0 : leat_batch_row_count(message->batch);
    bool is_current = message->generation == slot->context.args.deployment->generation;
    if (is_current && row_count > slot->context.args.limits.batch_rows) {
        leat_slot_fail(&slot->context, "a batch of %u rows came from slot %u: at most %u fit",
                       row_count, from_slot, slot->context.args.limits.batch_rows);
        return;
    }
    if (leat_task_core_receive(slot->context.core, message) == LEAT_TASK_GAP)
        leat_slot_gap(&slot->context, from_slot);
}

void leat_slot_step(leat_slot *slot, leat_slot_event *event, leat_slot_actions *actions)
{
    leat_slot_context *context = &slot->context;
    context->actions = actions;
    context->now_us = event->now_us;
    context->clock = LEAT_MAX(context->clock, event->now_us);
    context->steady_us = event->steady_us;
    actions->has_more = false;
    actions->wake_us = UINT64_MAX;
    if (!context->is_over) {
        switch (event->kind) {
        case LEAT_SLOT_MESSAGE:
            take_message(slot, &event->message);
            break;
        case LEAT_SLOT_DOWN:
            take_down(slot, &event->down);
            break;
        case LEAT_SLOT_RUN:
            run(slot);
            break;
        }
    }
    if (event->kind == LEAT_SLOT_MESSAGE)
        leat_message_fini(&event->message);
    if (event->kind == LEAT_SLOT_DOWN)
        leat_down_fini(&event->down);
    uint64_t run_us = UINT64_MAX;
    if (!context->is_over) /* many messages, then one RUN: only that looks at every channel */
        run_us = event->kind == LEAT_SLOT_RUN ? next_run_us(slot) : 0;
    take_outbox(slot);
    actions->has_more = run_us <= event->steady_us;
    actions->wake_us = run_us;
    context->actions = NULL;
}

bool leat_slot_is_backpressured(const leat_slot *slot)
{
    for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++) {
        if (!may_run(slot, stage))
            return true;
    }
    return is_too_dirty(slot);
}

leat_slot_stats leat_slot_stats_of(const leat_slot *slot)
{
    leat_slot_stats stats = slot->context.stats;
    stats.watermark_us = LEAT_TIME_MAX;
    stats.late_rows = 0;
    for (uint32_t stage = 0; stage < slot->context.plan->stage_count; stage++) {
        const leat_source *source = stage_source(slot, stage);
        leat_time watermark = source != NULL ? leat_source_watermark(source)
                                             : leat_task_core_watermark(slot->context.core, stage);
        stats.watermark_us = LEAT_MIN(stats.watermark_us, watermark);
        stats.late_rows += leat_chain_late_rows(slot->chains[stage]);
    }
    stats.state_bytes = leat_state_bytes(slot->context.state);
    stats.queue_bytes = leat_task_core_queued_bytes(slot->context.core);
    memcpy(stats.waiting, waiting(slot), strlen(waiting(slot)) + 1);
    return stats;
}

uint64_t leat_slot_state_hash(const leat_slot *slot)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < slot->context.key_group_count; i++) {
        uint64_t parts[2] = {slot->context.key_groups[i],
                             leat_state_hash(slot->context.state, slot->context.key_groups[i])};
        hash = leat_hash_seeded(hash, parts, sizeof parts);
    }
    return hash;
}
