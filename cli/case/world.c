/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/world.h"

#include <stdio.h>

#include "cli/case/disk.h"
#include "common/base/mark.h"
#include "worker/exec/state_reader.h"

enum {
    JOB = 1,
    STEP_US = 3,          /* a step takes this long: rows wait 1 us for their batch to fill */
    SOON_US = 20,         /* what is due this soon is due */
    QUIET_US = 60 * 1000, /* more than a watermark waits before it travels alone */
    STEPS_MAX = 20 * 1000 * 1000,
    JUMPS_MAX = 100 * 1000, /* in one settling */
};

typedef struct world_slot {
    leat_slot *slot;
    leat_state_reader *reader;
    leat_slot_store store;
    bool is_ready;
    bool has_ended;
    uint64_t frozen;    /* epoch whose delta is durable */
    uint64_t sink_done; /* epoch */
    uint64_t wake_us;
} world_slot;

struct leat_case_world {
    leat_case_world_args args;
    leat_prng prng;
    leat_time now_us;
    uint64_t steady_us;
    uint64_t step_count;
    uint64_t moved_count; /* messages and rows so far: does anything move? */

    uint64_t generation;
    uint64_t epoch; /* last given out */
    uint64_t completed;
    bool has_started;
    bool is_undecided;
    bool is_stopping; /* the last barrier was sent */
    leat_error failure;

    leat_case_disk disk;
    LEAT_VEC(leat_split) splits; /* logged, by (source, number) */
    LEAT_VEC(uint32_t) listed;   /* sources whose list of splits is final */
    leat_arena names;            /* of the splits */

    leat_deployment *deployment;
    uint32_t slot_count;
    world_slot *slots;
    LEAT_VEC(leat_message) links; /* FIFO per pair of slots (W1) */
    LEAT_VEC(leat_down) downs;    /* FIFO */
    leat_slot_actions actions;
};

static void act(leat_case_world *world);

/* ------------------------------------------------------------------ to the slots */

static void step_slot(leat_case_world *world, uint32_t at, leat_slot_event *event)
{
    world_slot *slot = &world->slots[at];
    event->now_us = world->now_us;
    event->steady_us = world->steady_us;
    uint64_t rows_before = leat_slot_stats_of(slot->slot).rows_in;
    leat_slot_step(slot->slot, event, &world->actions);
    slot->wake_us = world->actions.has_more ? 0 : world->actions.wake_us;
    world->moved_count += leat_slot_stats_of(slot->slot).rows_in != rows_before;
    act(world);
}

static void down(leat_case_world *world, uint32_t slot, leat_down message)
{
    message.job = JOB;
    message.slot = slot;
    message.generation = world->generation;
    leat_vec_push(&world->downs, message);
}

static void down_all(leat_case_world *world, leat_down message)
{
    for (uint32_t i = 0; i < world->slot_count; i++) {
        leat_down one = message;
        one.names = leat_blob_ref(message.names);
        down(world, i, one);
    }
}

/* ------------------------------------------------------------------ coordinator */

static void complete(leat_case_world *world)
{
    if (!world->is_undecided)
        return;
    for (uint32_t i = 0; i < world->slot_count; i++)
        if (world->slots[i].frozen != world->epoch)
            return;
    world->is_undecided = false;
    if (!world->is_stopping && leat_prng_chance(&world->prng, world->args.abort_chance)) {
        LEAT_MARK(case_epoch_given_up); /* the next barrier says so */
        return;
    }
    world->completed = world->epoch;
    leat_disk_op decided = {.kind = LEAT_DISK_DECIDED,
                            .job = JOB,
                            .generation = world->generation,
                            .epoch = world->completed};
    leat_case_disk_ask(&world->disk, &decided);
    down_all(world, (leat_down){.kind = LEAT_DOWN_DECIDED, .completed = world->completed});
}

static void start_barrier(leat_case_world *world, bool is_last)
{
    world->is_undecided = true;
    world->is_stopping = is_last;
    down_all(world, (leat_down){.kind = LEAT_DOWN_BARRIER,
                                .epoch = ++world->epoch,
                                .completed = world->completed,
                                .flags = is_last ? LEAT_BARRIER_LAST : 0});
}

static void start_all(leat_case_world *world)
{
    for (uint32_t i = 0; i < world->slot_count; i++)
        if (!world->slots[i].is_ready)
            return;
    if (world->has_started)
        return;
    world->has_started = true;
    down_all(world, (leat_down){.kind = LEAT_DOWN_START});
}

static bool is_listed(const leat_case_world *world, uint32_t source)
{
    LEAT_VEC_EACH (listed, &world->listed)
        if (*listed == source)
            return true;
    return false;
}

/* Numbers are per source; the log stays in order of (source, number). */
static void log_split(leat_case_world *world, uint32_t source, uint32_t number, leat_bytes name)
{
    leat_split split = {source, number, leat_arena_bytes(&world->names, name)};
    leat_vec_push(&world->splits, split);
    size_t at = world->splits.count - 1;
    for (; at > 0 && world->splits.items[at - 1].source > source; at--)
        world->splits.items[at] = world->splits.items[at - 1];
    world->splits.items[at] = split;
}

static void log_splits(leat_case_world *world, const leat_up *up)
{
    if (is_listed(world, up->source))
        return;
    if (up->is_final)
        leat_vec_push(&world->listed, up->source);
    leat_cursor in = leat_cursor_over(leat_blob_bytes(up->bytes));
    uint32_t first = 0;
    LEAT_VEC_EACH (split, &world->splits)
        first += split->source == up->source;
    for (uint32_t number = first; in.at < in.end; number++)
        log_split(world, up->source, number, leat_cursor_bytes(&in));
    down_all(world, (leat_down){.kind = LEAT_DOWN_SPLITS,
                                .source = up->source,
                                .first = first,
                                .is_final = up->is_final,
                                .names = up->bytes});
}

/* ------------------------------------------------------------------ from the slots */

static void journal(leat_case_world *world, leat_disk_op_kind kind, leat_up *up)
{
    leat_disk_op op = {.kind = kind,
                       .job = JOB,
                       .slot = up->slot,
                       .generation = up->generation,
                       .epoch = up->epoch,
                       .previous = up->previous,
                       .hash = up->hash,
                       .index = up->index,
                       .bytes = LEAT_TAKE(up->bytes)};
    leat_case_disk_ask(&world->disk, &op);
}

static void take_up(leat_case_world *world, leat_up *up)
{
    world_slot *slot = &world->slots[up->slot];
    switch (up->kind) {
    case LEAT_UP_READY:
        slot->is_ready = true;
        leat_state_reader_free(&slot->reader);
        start_all(world);
        return;
    case LEAT_UP_CHUNK:
        journal(world, LEAT_DISK_CHUNK, up);
        return;
    case LEAT_UP_FROZEN:
        journal(world, LEAT_DISK_MANIFEST, up);
        return;
    case LEAT_UP_DISK:
        leat_case_disk_ask(&world->disk, &up->op);
        return;
    case LEAT_UP_SINK_DONE:
        slot->sink_done = up->epoch;
        return;
    case LEAT_UP_SPLITS:
        log_splits(world, up);
        return;
    case LEAT_UP_ENDED:
        slot->has_ended = true;
        return;
    case LEAT_UP_CANNOT:
    case LEAT_UP_GAP:
    case LEAT_UP_STALLED:
    case LEAT_UP_FAILED:
        if (world->failure.code == LEAT_OK)
            leat_fail(&world->failure, LEAT_INVALID, "%s%s%s",
                      up->kind == LEAT_UP_FAILED ? "" : leat_up_name(up->kind),
                      up->kind == LEAT_UP_FAILED ? "" : ": ", up->text);
        return;
    case LEAT_UP_FIRST_OUTPUT:
    case LEAT_UP_STATS:
    case LEAT_UP_NONE:
    case LEAT_UP_KIND_COUNT:
        return;
    }
}

static void act(leat_case_world *world)
{
    LEAT_VEC_EACH (action, &world->actions.items) {
        if (action->kind == LEAT_SLOT_UP) {
            take_up(world, &action->up);
        } else if (action->kind == LEAT_SLOT_SEND) {
            world->moved_count += action->message.kind != LEAT_MESSAGE_CREDIT;
            leat_vec_push(&world->links, action->message);
            action->message = (leat_message){0};
        }
    }
    leat_slot_actions_clear(&world->actions);
}

/* ------------------------------------------------------------------ one step */

/* The first message of a pair of slots (W1); credit goes its own way. */
static void deliver(leat_case_world *world)
{
    const leat_message *items = world->links.items;
    size_t at = leat_prng_below(&world->prng, world->links.count);
    for (size_t i = 0; i < at; i++) {
        if (items[i].from_slot == items[at].from_slot && items[i].to_slot == items[at].to_slot &&
            (items[i].kind == LEAT_MESSAGE_CREDIT) == (items[at].kind == LEAT_MESSAGE_CREDIT))
            at = i;
    }
    leat_slot_event event = {.kind = LEAT_SLOT_MESSAGE, .message = items[at]};
    leat_vec_remove(&world->links, at);
    step_slot(world, leat_message_target(&event.message), &event);
}

static void deliver_down(leat_case_world *world)
{
    leat_slot_event event = {.kind = LEAT_SLOT_DOWN, .down = world->downs.items[0]};
    leat_vec_remove(&world->downs, 0);
    step_slot(world, event.down.slot, &event);
}

static void disk_step(leat_case_world *world)
{
    leat_disk_op op;
    leat_disk_done done;
    leat_case_disk_step(&world->disk, &op, &done);
    if (op.kind == LEAT_DISK_MANIFEST && done.code == LEAT_OK) {
        world->slots[op.slot].frozen = op.epoch;
        complete(world);
    }
    if (op.kind < LEAT_DISK_FILE_WRITE && done.code != LEAT_OK && world->failure.code == LEAT_OK)
        leat_fail(&world->failure, done.code, "%s: %s", leat_disk_op_name(op.kind), done.text);
    if (done.ticket != 0) {
        leat_disk_done *told = LEAT_NEW(leat_disk_done);
        *told = done;
        down(world, op.slot, (leat_down){.kind = LEAT_DOWN_DISK_DONE, .done = told});
    }
    leat_disk_op_fini(&op);
}

static void run_slot(leat_case_world *world, uint32_t at)
{
    leat_slot_event event = {.kind = LEAT_SLOT_RUN};
    if (world->slots[at].wake_us != UINT64_MAX)
        world->steady_us = LEAT_MAX(world->steady_us, world->slots[at].wake_us);
    step_slot(world, at, &event);
}

/* A slot that has work now, or the count of slots. */
static uint32_t pick_slot(leat_case_world *world)
{
    uint32_t first = (uint32_t)leat_prng_below(&world->prng, world->slot_count);
    for (uint32_t i = 0; i < world->slot_count; i++) {
        uint32_t at = (first + i) % world->slot_count;
        if (world->slots[at].wake_us <= world->steady_us + SOON_US)
            return at;
    }
    return world->slot_count;
}

/* Do one thing that can be done now. False: there is none. */
static bool step(leat_case_world *world)
{
    if (world->failure.code != LEAT_OK)
        return false;
    world->steady_us += STEP_US;
    world->step_count++;
    if (world->has_started && !world->is_undecided && !world->is_stopping &&
        leat_prng_chance(&world->prng, world->args.barrier_chance)) {
        start_barrier(world, false);
        return true;
    }
    uint32_t slot = pick_slot(world);
    bool can[] = {world->disk.waiting.count > 0, world->links.count > 0, world->downs.count > 0,
                  slot < world->slot_count};
    uint64_t first = leat_prng_below(&world->prng, LEAT_COUNT_OF(can));
    for (uint64_t i = 0; i < LEAT_COUNT_OF(can); i++) {
        uint64_t choice = (first + i) % LEAT_COUNT_OF(can);
        if (!can[choice])
            continue;
        if (choice == 0)
            disk_step(world);
        else if (choice == 1)
            deliver(world);
        else if (choice == 2)
            deliver_down(world);
        else
            run_slot(world, slot);
        return true;
    }
    return false;
}

/* Time passes: whatever waits for it is due. */
static void jump(leat_case_world *world)
{
    world->steady_us += QUIET_US;
    for (uint32_t i = 0; i < world->slot_count; i++)
        world->slots[i].wake_us = LEAT_MIN(world->slots[i].wake_us, world->steady_us);
    for (uint32_t i = 0; i < world->slot_count && world->failure.code == LEAT_OK; i++)
        run_slot(world, i);
}

static leat_code drain(leat_case_world *world, leat_error *err)
{
    while (step(world))
        if (world->step_count > STEPS_MAX)
            return leat_fail(err, LEAT_TIMEOUT, "no end after %d steps", STEPS_MAX);
    if (world->failure.code != LEAT_OK && err != NULL)
        *err = world->failure;
    return world->failure.code;
}

void leat_case_world_wander(leat_case_world *world, uint32_t step_count)
{
    for (uint32_t i = 0; i < step_count && world->failure.code == LEAT_OK; i++)
        if (!step(world))
            jump(world);
}

leat_code leat_case_world_settle(leat_case_world *world, leat_error *err)
{
    LEAT_TRY(drain(world, err));
    for (uint32_t i = 0; i < JUMPS_MAX; i++) {
        uint64_t moved_before = world->moved_count;
        jump(world);
        LEAT_TRY(drain(world, err));
        if (world->moved_count == moved_before && world->has_started)
            return LEAT_OK;
    }
    return leat_fail(err, LEAT_TIMEOUT, "rows keep moving");
}

/* ------------------------------------------------------------------ epochs */

static bool is_published(const leat_case_world *world)
{
    for (uint32_t i = 0; i < world->slot_count; i++)
        if (world->slots[i].sink_done < world->completed)
            return false;
    return !world->is_undecided;
}

static leat_code settle_epoch(leat_case_world *world, leat_error *err)
{
    LEAT_TRY(leat_case_world_settle(world, err));
    for (uint32_t i = 0; !is_published(world); i++) {
        if (i > JUMPS_MAX)
            return leat_fail(err, LEAT_TIMEOUT, "epoch %llu does not complete",
                             (unsigned long long)world->epoch);
        jump(world);
        LEAT_TRY(drain(world, err));
    }
    return LEAT_OK;
}

static leat_code run_epoch(leat_case_world *world, bool is_last, leat_error *err)
{
    LEAT_TRY(settle_epoch(world, err));
    double barrier_chance = world->args.barrier_chance;
    double abort_chance = world->args.abort_chance;
    world->args.barrier_chance = world->args.abort_chance = 0;
    start_barrier(world, is_last);
    leat_code code = settle_epoch(world, err);
    world->args.barrier_chance = barrier_chance;
    world->args.abort_chance = abort_chance;
    return code;
}

leat_code leat_case_world_complete_epoch(leat_case_world *world, leat_error *err)
{
    return run_epoch(world, false, err);
}

leat_code leat_case_world_finish(leat_case_world *world, leat_error *err)
{
    LEAT_TRY(leat_case_world_settle(world, err));
    for (uint32_t i = 0; i < world->slot_count; i++)
        if (!world->slots[i].has_ended)
            return leat_fail(err, LEAT_TIMEOUT, "the sources of slot %u do not end", i);
    return run_epoch(world, true, err);
}

/* ------------------------------------------------------------------ life */

static leat_deployment *make_deployment(leat_case_world *world)
{
    const leat_case_world_args *args = &world->args;
    leat_deployment_sizes sizes = {.key_group_count = args->key_group_count,
                                   .slot_count = world->slot_count,
                                   .split_count = (uint32_t)world->splits.count,
                                   .listed_count = (uint32_t)world->listed.count};
    leat_deployment *deployment = leat_deployment_new(&sizes);
    deployment->job = JOB;
    deployment->generation = ++world->generation;
    deployment->restore_epoch = world->completed;
    for (uint32_t g = 0; g < args->key_group_count; g++)
        deployment->key_groups[g] = (uint16_t)(g % world->slot_count);
    for (uint32_t i = 0; i < world->splits.count; i++)
        leat_deployment_set_split(deployment, i, &world->splits.items[i]);
    for (uint32_t i = 0; i < world->listed.count; i++)
        deployment->listed_sources[i] = world->listed.items[i];
    return deployment;
}

/* What the worker core tells the journal before a generation's first slot opens. */
static leat_code begin_generation(leat_case_world *world, leat_error *err)
{
    uint64_t held[LEAT_KEY_GROUPS_MAX / 64];
    memset(held, 0xff, sizeof held);
    size_t words = (world->args.key_group_count + 63) / 64;
    leat_disk_op ops[] = {
        {.kind = LEAT_DISK_GENERATION,
         .job = JOB,
         .generation = world->generation,
         .epoch = world->completed},
        {.kind = LEAT_DISK_KEEP,
         .job = JOB,
         .generation = world->generation,
         .deployment = world->deployment,
         .bytes = leat_blob_copy(leat_bytes_of(held, words * 8))},
    };
    leat_disk_done done[LEAT_COUNT_OF(ops)];
    leat_state_disk_run(&world->disk.state, ops, LEAT_COUNT_OF(ops), done);
    leat_blob_unref(&ops[1].bytes);
    for (size_t i = 0; i < LEAT_COUNT_OF(ops); i++)
        if (done[i].code != LEAT_OK)
            return leat_fail(err, done[i].code, "%s", done[i].text);
    return LEAT_OK;
}

static leat_code deploy(leat_case_world *world, leat_error *err)
{
    world->has_started = world->is_undecided = world->is_stopping = false;
    world->deployment = make_deployment(world);
    world->slots = leat_alloc_zero(world->slot_count, sizeof *world->slots);
    LEAT_TRY(begin_generation(world, err));
    for (uint32_t i = 0; i < world->slot_count; i++) {
        world_slot *one = &world->slots[i];
        one->reader = leat_state_reader_new(&world->disk.state, JOB, world->completed);
        one->store = leat_state_reader_store(one->reader);
        one->sink_done = world->completed;
        leat_slot_args args = {.plan = world->args.plan,
                               .deployment = world->deployment,
                               .slot = i,
                               .connectors = world->args.connectors,
                               .store = &one->store,
                               .limits = {.flush_after_us = 1}};
        LEAT_TRY(leat_slot_new(&args, &one->slot, err));
    }
    return LEAT_OK;
}

static void undeploy(leat_case_world *world)
{
    for (uint32_t i = 0; i < world->slot_count; i++) {
        leat_slot_free(&world->slots[i].slot);
        leat_state_reader_free(&world->slots[i].reader);
    }
    leat_free(LEAT_TAKE(world->slots));
    leat_deployment_unref(&world->deployment);
    LEAT_VEC_EACH (message, &world->links)
        leat_message_fini(message);
    leat_vec_clear(&world->links);
    LEAT_VEC_EACH (message, &world->downs)
        leat_down_fini(message);
    leat_vec_clear(&world->downs);
}

leat_code
leat_case_world_open(const leat_case_world_args *args, leat_case_world **out_world, leat_error *err)
{
    leat_case_world *world = LEAT_NEW(leat_case_world);
    world->args = *args;
    world->slot_count = args->slot_count;
    world->prng.state = args->seed * 7919 + 1;
    world->steady_us = QUIET_US;
    leat_case_disk_init(&world->disk);
    leat_code code = deploy(world, err);
    if (code != LEAT_OK)
        leat_case_world_close(&world);
    else
        *out_world = world;
    return code;
}

void leat_case_world_close(leat_case_world **world_at)
{
    leat_case_world *world = LEAT_TAKE(*world_at);
    if (world == NULL)
        return;
    undeploy(world);
    leat_case_disk_fini(&world->disk);
    leat_vec_fini(&world->splits);
    leat_vec_fini(&world->listed);
    leat_vec_fini(&world->links);
    leat_vec_fini(&world->downs);
    leat_slot_actions_fini(&world->actions);
    leat_arena_fini(&world->names);
    leat_free(world);
}

leat_code leat_case_world_crash(leat_case_world *world, uint32_t slot_count, leat_error *err)
{
    undeploy(world);
    leat_case_disk_crash(&world->disk);
    world->slot_count = slot_count;
    return deploy(world, err);
}

void leat_case_world_set_clock(leat_case_world *world, leat_time now_us)
{
    world->now_us = now_us;
}

/* ------------------------------------------------------------------ looking */

void leat_case_world_read(const leat_case_world *world, const char *folder, leat_buf *out)
{
    leat_case_disk_read(&world->disk, folder, out);
}

leat_slot_stats leat_case_world_stats(const leat_case_world *world)
{
    leat_slot_stats sum = {0};
    for (uint32_t i = 0; i < world->slot_count; i++) {
        leat_slot_stats one = leat_slot_stats_of(world->slots[i].slot);
        sum.rows_in += one.rows_in;
        sum.rows_out += one.rows_out;
        sum.late_rows += one.late_rows;
        sum.bad_rows += one.bad_rows;
    }
    return sum;
}
