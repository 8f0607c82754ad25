/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/task_core.h"

#include "common/base/limits.h"
#include "common/base/mark.h"
#include "worker/core/barriers.h"
#include "worker/core/channels.h"
#include "worker/core/watermarks.h"

/* One task: the share of one stage. Inputs are numbered over its edges, slot by slot. */
typedef struct task {
    uint32_t input_first; /* index of input 0 in core->in */
    uint32_t input_count; /* 0: a source */
    uint32_t ended_count;
    leat_barriers barriers;
    leat_watermarks inputs;
    bool is_watermark_due; /* inputs.watermark or idleness changed, no turn told it yet */
    bool is_end_due;

    /* Inputs with something to read that are not blocked, in the order of their turns. */
    uint32_t *ready; /* ring of input numbers, input_count long */
    uint32_t ready_first;
    uint32_t ready_count;

    uint32_t waiting_count; /* outgoing channels that wait for credit (K1) */
    leat_time watermark;    /* promised for what goes out */
    bool is_idle;
    uint64_t watermark_version;
} task;

struct leat_task_core {
    leat_task_core_args args;
    uint32_t task_count;
    task *tasks;
    uint32_t in_count;
    leat_channel_in *in;
    uint32_t out_count;
    leat_channel_out *out;
    uint32_t *edge_in;  /* per edge: index of its first channel in `in` */
    uint32_t *edge_out; /* and in `out` */
    leat_outbox outbox;
};

/* ------------------------------------------------------------------ channels of an edge */

static uint32_t edge_width(const leat_task_core *core, uint32_t edge)
{
    return core->args.plan->edges[edge].kind == LEAT_EDGE_HASH ? core->args.slot_count : 1;
}

/* A FORWARD edge has one channel, to the slot itself. */
static leat_channel_in *channel_in(const leat_task_core *core, uint32_t edge, uint32_t from)
{
    uint32_t at = core->args.plan->edges[edge].kind == LEAT_EDGE_HASH ? from : 0;
    return &core->in[core->edge_in[edge] + at];
}

static leat_channel_out *channel_out(const leat_task_core *core, uint32_t edge, uint32_t to)
{
    uint32_t at = core->args.plan->edges[edge].kind == LEAT_EDGE_HASH ? to : 0;
    return &core->out[core->edge_out[edge] + at];
}

static uint32_t stage_input_count(const leat_task_core *core, uint32_t stage)
{
    const leat_physical_stage *one = &core->args.plan->stages[stage];
    uint32_t count = 0;
    for (uint32_t i = 0; i < one->edge_in_count; i++)
        count += edge_width(core, one->edge_in_first + i);
    return count;
}

/* Both ends compute it alike: the receiving task's budget shared by its inputs. */
static uint64_t edge_window(const leat_task_core *core, uint32_t edge)
{
    uint32_t inputs = stage_input_count(core, core->args.plan->edges[edge].to_stage);
    uint64_t share = core->args.inbox_bytes / LEAT_MAX(inputs, 1);
    share = LEAT_MIN(share, core->args.channel_bytes);
    return LEAT_MAX(share, LEAT_CHANNEL_BYTES_MIN);
}

static void open_channels(leat_task_core *core)
{
    uint32_t edge_count = core->args.plan->edge_count;
    core->edge_in = leat_alloc_zero(edge_count + 1, sizeof(uint32_t));
    core->edge_out = leat_alloc_zero(edge_count + 1, sizeof(uint32_t));
    uint32_t total = 0;
    for (uint32_t e = 0; e < edge_count; e++) {
        core->edge_in[e] = core->edge_out[e] = total;
        total += edge_width(core, e);
    }
    core->in_count = core->out_count = total;
    core->in = leat_alloc_zero(total + 1, sizeof *core->in);
    core->out = leat_alloc_zero(total + 1, sizeof *core->out);
    for (uint32_t e = 0; e < edge_count; e++) {
        const leat_physical_edge *edge = &core->args.plan->edges[e];
        bool is_hash = edge->kind == LEAT_EDGE_HASH;
        uint64_t window = edge_window(core, e);
        for (uint32_t i = 0; i < edge_width(core, e); i++) {
            uint32_t peer = is_hash ? i : core->args.slot;
            core->in[core->edge_in[e] + i] = (leat_channel_in){.edge = e,
                                                               .from_slot = peer,
                                                               .stage = edge->to_stage,
                                                               .credit = leat_credit_in_of(window)};
            core->out[core->edge_out[e] + i] =
                (leat_channel_out){.edge = e,
                                   .to_slot = peer,
                                   .stage = edge->from_stage,
                                   .credit = leat_credit_out_of(window),
                                   .watermark = LEAT_TIME_MIN};
        }
    }
}

static void open_task(leat_task_core *core, uint32_t stage)
{
    task *t = &core->tasks[stage];
    const leat_physical_stage *one = &core->args.plan->stages[stage];
    t->watermark = LEAT_TIME_MIN;
    t->input_count = stage_input_count(core, stage);
    leat_watermarks_init(&t->inputs, t->input_count);
    if (t->input_count == 0)
        return;
    t->input_first = core->edge_in[one->edge_in_first];
    leat_barriers_init(&t->barriers, t->input_count);
    t->barriers.epoch = core->args.restore_epoch;
    t->ready = leat_alloc_zero(t->input_count, sizeof(uint32_t));
    for (uint32_t i = 0; i < t->input_count; i++) {
        LEAT_ASSERT(core->in[t->input_first + i].stage == stage); /* edges sorted by to_stage */
        core->in[t->input_first + i].input = i;
    }
}

leat_task_core *leat_task_core_new(const leat_task_core_args *args)
{
    LEAT_ASSERT(args->slot < args->slot_count);
    leat_task_core *core = LEAT_NEW(leat_task_core);
    core->args = *args;
    open_channels(core);
    core->task_count = args->plan->stage_count;
    core->tasks = leat_alloc_zero(core->task_count, sizeof *core->tasks);
    for (uint32_t stage = 0; stage < core->task_count; stage++)
        open_task(core, stage);
    return core;
}

void leat_task_core_free(leat_task_core **core_at)
{
    leat_task_core *core = LEAT_TAKE(*core_at);
    if (core == NULL)
        return;
    for (uint32_t i = 0; i < core->task_count; i++) {
        leat_barriers_fini(&core->tasks[i].barriers);
        leat_watermarks_fini(&core->tasks[i].inputs);
        leat_free(core->tasks[i].ready);
    }
    for (uint32_t i = 0; i < core->in_count; i++)
        leat_message_queue_fini(&core->in[i].queue);
    for (uint32_t i = 0; i < core->out_count; i++)
        leat_message_queue_fini(&core->out[i].waiting);
    LEAT_VEC_EACH (message, &core->outbox)
        leat_message_fini(message);
    leat_vec_fini(&core->outbox);
    leat_free(core->tasks);
    leat_free(core->in);
    leat_free(core->out);
    leat_free(core->edge_in);
    leat_free(core->edge_out);
    leat_free(core);
}

/* ------------------------------------------------------------------ coming in */

static void list_input(task *t, leat_channel_in *channel)
{
    if (channel->is_listed || channel->queue.count == 0 ||
        leat_barriers_is_blocked(&t->barriers, channel->input))
        return;
    LEAT_ASSERT(t->ready_count < t->input_count);
    t->ready[(t->ready_first + t->ready_count++) % t->input_count] = channel->input;
    channel->is_listed = true;
}

static leat_task_verdict deliver(leat_task_core *core, leat_message *message)
{
    leat_channel_in *channel = channel_in(core, message->edge, message->from_slot);
    if (leat_channel_receive(channel, message) == LEAT_RECEIVE_GAP)
        return LEAT_TASK_GAP;
    list_input(&core->tasks[channel->stage], channel);
    return LEAT_TASK_OK;
}

/* Let everything go that may: into the outbox, or straight into the slot's own inbox. */
static void pump(leat_task_core *core, leat_channel_out *channel)
{
    bool was_waiting = channel->waiting.count > 0;
    while (leat_channel_may_send(channel)) {
        leat_message message = leat_channel_send_next(channel);
        if (channel->to_slot != core->args.slot) {
            leat_vec_push(&core->outbox, message);
            continue;
        }
        leat_task_verdict verdict = deliver(core, &message);
        LEAT_ASSERT(verdict == LEAT_TASK_OK); /* both ends are here */
    }
    LEAT_ASSERT(was_waiting || channel->waiting.count == 0);
}

static void hear_credit(leat_task_core *core, leat_channel_out *channel, uint64_t granted)
{
    leat_credit_hear(&channel->credit, granted);
    if (channel->waiting.count == 0)
        return;
    pump(core, channel);
    if (channel->waiting.count == 0)
        core->tasks[channel->stage].waiting_count--;
}

static bool is_ours(const leat_task_core *core, const leat_message *message)
{
    if (message->edge >= core->args.plan->edge_count ||
        leat_message_target(message) != core->args.slot ||
        message->from_slot >= core->args.slot_count || message->to_slot >= core->args.slot_count)
        return false;
    return core->args.plan->edges[message->edge].kind == LEAT_EDGE_HASH ||
           message->from_slot == message->to_slot;
}

leat_task_verdict leat_task_core_receive(leat_task_core *core, leat_message *message)
{
    leat_task_verdict verdict = LEAT_TASK_STALE;
    if (message->generation == core->args.generation && is_ours(core, message)) {
        verdict = LEAT_TASK_OK;
        if (message->kind == LEAT_MESSAGE_CREDIT)
            hear_credit(core, channel_out(core, message->edge, message->to_slot),
                        message->credit_bytes);
        else
            verdict = deliver(core, message);
    }
    leat_message_fini(message);
    *message = (leat_message){0};
    return verdict;
}

static void say_credit(leat_task_core *core, leat_channel_in *channel)
{
    uint64_t granted = leat_credit_grant(&channel->credit);
    if (channel->from_slot == core->args.slot) {
        hear_credit(core, channel_out(core, channel->edge, core->args.slot), granted);
        return;
    }
    leat_vec_push(&core->outbox, (leat_message){.kind = LEAT_MESSAGE_CREDIT,
                                                .job = core->args.job,
                                                .generation = core->args.generation,
                                                .edge = channel->edge,
                                                .from_slot = channel->from_slot,
                                                .to_slot = core->args.slot,
                                                .credit_bytes = granted});
}

/* ------------------------------------------------------------------ turns */

/* The least promise of the inputs of one port: what rows of that port are judged by where the
 * other port's promise does not count. As leat_watermarks, but over some of the inputs. */
static leat_time port_watermark(const leat_task_core *core, const task *t, uint32_t port)
{
    leat_time least = LEAT_TIME_MAX;
    for (uint32_t i = 0; i < t->input_count; i++) {
        const leat_watermark_input *input = &t->inputs.inputs[i];
        uint32_t edge = core->in[t->input_first + i].edge;
        if (core->args.plan->edges[edge].port == port && !input->is_idle)
            least = LEAT_MIN(least, input->watermark);
    }
    return least == LEAT_TIME_MAX ? LEAT_TIME_MIN : least;
}

static leat_turn
take_rows(leat_task_core *core, uint32_t stage, leat_channel_in *channel, leat_message *message)
{
    task *t = &core->tasks[stage];
    leat_credit_consume(&channel->credit, message->credit_bytes);
    if (leat_credit_is_due(&channel->credit))
        say_credit(core, channel);
    leat_time promised = LEAT_TIME_MIN;
    if (core->args.plan->stages[stage].edge_in_count > 1)
        promised = port_watermark(core, t, core->args.plan->edges[channel->edge].port);
    t->is_watermark_due |=
        leat_watermarks_update(&t->inputs, channel->input, message->watermark, false);
    return (leat_turn){.kind = LEAT_TURN_ROWS,
                       .stage = stage,
                       .edge = channel->edge,
                       .from_slot = channel->from_slot,
                       .batch = message->batch,
                       .watermark = promised};
}

static leat_turn take_barrier(leat_task_core *core,
                              uint32_t stage,
                              leat_channel_in *channel,
                              const leat_message *message)
{
    task *t = &core->tasks[stage];
    leat_barrier_verdict verdict =
        leat_barriers_arrive(&t->barriers, channel->input, message->epoch);
    /* Once more: what was lost heals here. Not before the input is blocked: to our own slot the
     * credit may bring the rows behind the barrier at once. */
    say_credit(core, channel);
    switch (verdict) {
    case LEAT_BARRIER_WAIT:
        return (leat_turn){.kind = LEAT_TURN_NONE};
    case LEAT_BARRIER_INVALID:
        return (leat_turn){.kind = LEAT_TURN_GAP, .stage = stage, .from_slot = channel->from_slot};
    case LEAT_BARRIER_ALIGNED:
        break;
    }
    for (uint32_t i = 0; i < t->input_count; i++)
        list_input(t, &core->in[t->input_first + i]);
    return (leat_turn){.kind = LEAT_TURN_BARRIER,
                       .stage = stage,
                       .epoch = message->epoch,
                       .completed = message->completed};
}

/* Take one message of the input whose turn it is. NONE: it told the slot nothing. */
static leat_turn take_message(leat_task_core *core, uint32_t stage)
{
    task *t = &core->tasks[stage];
    leat_channel_in *channel = &core->in[t->input_first + t->ready[t->ready_first]];
    t->ready_first = (t->ready_first + 1) % t->input_count;
    t->ready_count--;
    channel->is_listed = false;
    LEAT_ASSERT(!leat_barriers_is_blocked(&t->barriers, channel->input)); /* B2 */

    leat_turn turn = {.kind = LEAT_TURN_NONE};
    leat_message message = leat_message_queue_take(&channel->queue);
    switch (message.kind) {
    case LEAT_MESSAGE_DATA:
        turn = take_rows(core, stage, channel, &message);
        break;
    case LEAT_MESSAGE_WATERMARK:
        t->is_watermark_due |=
            leat_watermarks_update(&t->inputs, channel->input, message.watermark, message.is_idle);
        break;
    case LEAT_MESSAGE_BARRIER:
        turn = take_barrier(core, stage, channel, &message);
        break;
    case LEAT_MESSAGE_END:
        t->is_watermark_due |=
            leat_watermarks_update(&t->inputs, channel->input, LEAT_TIME_MAX, false);
        t->is_end_due = ++t->ended_count == t->input_count;
        break;
    case LEAT_MESSAGE_CREDIT:
    case LEAT_MESSAGE_KIND_COUNT:
        LEAT_UNREACHABLE();
    }
    list_input(t, channel);
    return turn;
}

leat_turn leat_task_core_next(leat_task_core *core, uint32_t stage)
{
    task *t = &core->tasks[stage];
    while (leat_task_core_has_turn(core, stage)) {
        if (t->is_watermark_due) { /* K2 */
            t->is_watermark_due = false;
            return (leat_turn){.kind = LEAT_TURN_WATERMARK,
                               .stage = stage,
                               .watermark = t->inputs.watermark,
                               .is_idle = t->inputs.is_idle};
        }
        if (t->is_end_due) {
            t->is_end_due = false;
            return (leat_turn){.kind = LEAT_TURN_END, .stage = stage};
        }
        leat_turn turn = take_message(core, stage);
        if (turn.kind != LEAT_TURN_NONE)
            return turn;
    }
    return (leat_turn){.kind = LEAT_TURN_NONE, .stage = stage};
}

uint64_t leat_task_core_queued_bytes(const leat_task_core *core)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < core->in_count; i++)
        bytes += core->in[i].credit.received - core->in[i].credit.consumed;
    return bytes;
}

bool leat_task_core_may_run(const leat_task_core *core, uint32_t stage)
{
    return core->tasks[stage].waiting_count == 0; /* K1 */
}

bool leat_task_core_has_turn(const leat_task_core *core, uint32_t stage)
{
    const task *t = &core->tasks[stage];
    return t->waiting_count == 0 && (t->is_watermark_due || t->is_end_due || t->ready_count > 0);
}

/* ------------------------------------------------------------------ going out */

static void send(leat_task_core *core, leat_channel_out *channel, leat_message *message)
{
    message->job = core->args.job;
    message->generation = core->args.generation;
    message->edge = channel->edge;
    message->from_slot = core->args.slot;
    message->to_slot = channel->to_slot;
    bool was_waiting = channel->waiting.count > 0;
    leat_message_queue_put(&channel->waiting, message);
    if (was_waiting) /* H2: credit will let it go */
        return;
    if (leat_channel_may_send(channel)) {
        pump(core, channel);
        return;
    }
    LEAT_MARK(channel_without_credit);
    core->tasks[channel->stage].waiting_count++;
}

void leat_task_core_send(
    leat_task_core *core, uint32_t edge, uint32_t to, leat_batch *batch, uint64_t steady_us)
{
    leat_channel_out *channel = channel_out(core, edge, to);
    const task *t = &core->tasks[channel->stage];
    channel->watermark = t->watermark;
    channel->is_idle = false;
    channel->said_at_us = steady_us;
    leat_message message = {.kind = LEAT_MESSAGE_DATA,
                            .watermark = t->watermark,
                            .credit_bytes =
                                leat_credit_charge(&channel->credit, leat_batch_size_bytes(batch)),
                            .batch = batch};
    send(core, channel, &message);
}

bool leat_task_core_is_drained(const leat_task_core *core, uint32_t edge, uint32_t to)
{
    const leat_channel_out *channel = channel_out(core, edge, to);
    return channel->waiting.count == 0 && leat_credit_is_drained(&channel->credit);
}

static void say_all(leat_task_core *core, uint32_t stage, const leat_message *what)
{
    for (uint32_t i = 0; i < core->out_count; i++) {
        if (core->out[i].stage != stage)
            continue;
        leat_message message = *what;
        send(core, &core->out[i], &message);
    }
}

void leat_task_core_say_barrier(leat_task_core *core,
                                uint32_t stage,
                                uint64_t epoch,
                                uint64_t completed)
{
    say_all(core, stage,
            &(leat_message){.kind = LEAT_MESSAGE_BARRIER, .epoch = epoch, .completed = completed});
}

void leat_task_core_say_end(leat_task_core *core, uint32_t stage)
{
    leat_task_core_set_watermark(core, stage, LEAT_TIME_MAX, false);
    for (uint32_t i = 0; i < core->out_count; i++) {
        if (core->out[i].stage == stage)
            core->out[i].watermark = LEAT_TIME_MAX;
    }
    say_all(core, stage, &(leat_message){.kind = LEAT_MESSAGE_END, .watermark = LEAT_TIME_MAX});
}

void leat_task_core_set_watermark(leat_task_core *core,
                                  uint32_t stage,
                                  leat_time watermark,
                                  bool is_idle)
{
    task *t = &core->tasks[stage];
    LEAT_ASSERT(watermark >= t->watermark);
    t->watermark_version += watermark != t->watermark || is_idle != t->is_idle;
    t->watermark = watermark;
    t->is_idle = is_idle;
}

uint64_t leat_task_core_watermark_version(const leat_task_core *core, uint32_t stage)
{
    return core->tasks[stage].watermark_version;
}

uint64_t leat_task_core_watermark_due_us(const leat_task_core *core, uint32_t edge, uint32_t to)
{
    const leat_channel_out *channel = channel_out(core, edge, to);
    const task *t = &core->tasks[channel->stage];
    if (channel->waiting.count > 0)
        return UINT64_MAX;
    if (channel->is_idle != t->is_idle)
        return 0;
    if (channel->watermark == t->watermark)
        return UINT64_MAX;
    return channel->said_at_us + LEAT_WATERMARK_IDLE_MS * UINT64_C(1000);
}

void leat_task_core_say_watermark(leat_task_core *core,
                                  uint32_t edge,
                                  uint32_t to,
                                  uint64_t steady_us)
{
    leat_channel_out *channel = channel_out(core, edge, to);
    const task *t = &core->tasks[channel->stage];
    channel->watermark = t->watermark;
    channel->is_idle = t->is_idle;
    channel->said_at_us = steady_us;
    leat_message message = {
        .kind = LEAT_MESSAGE_WATERMARK, .watermark = t->watermark, .is_idle = t->is_idle};
    send(core, channel, &message);
}

leat_outbox *leat_task_core_outbox(leat_task_core *core)
{
    return &core->outbox;
}

leat_time leat_task_core_watermark(const leat_task_core *core, uint32_t stage)
{
    return core->tasks[stage].inputs.watermark;
}

bool leat_task_core_is_aligning(const leat_task_core *core, uint32_t stage, uint32_t *out_missing)
{
    const task *t = &core->tasks[stage];
    if (t->input_count == 0 || !leat_barriers_is_aligning(&t->barriers))
        return false;
    for (uint32_t i = 0; i < t->input_count; i++) {
        if (!leat_barriers_is_blocked(&t->barriers, i)) {
            *out_missing = core->in[t->input_first + i].from_slot;
            break;
        }
    }
    return true;
}
