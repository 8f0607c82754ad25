/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/slot_world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/prng.h"
#include "common/kv/kv_mem.h"
#include "worker/exec/state_disk.h"
#include "worker/exec/state_reader.h"

enum { JOB = 1, STEPS_MAX = 400000 };

typedef struct world_file {
    char *name;
    leat_buf data;
    bool is_sealed;
    bool is_published;
} world_file;

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

struct slot_world {
    slot_world_args args;
    leat_prng prng;
    uint64_t steady_us;
    uint64_t generation;
    uint64_t epoch; /* last given out */
    uint64_t completed;
    bool is_undecided;
    bool is_stopping; /* the last barrier was sent */
    bool has_finished;
    bool is_draining;
    bool is_losing;
    bool has_started;
    char failure[256];

    leat_state_disk disk;
    LEAT_VEC(leat_disk_op) ops; /* the journal thread's queue */
    LEAT_VEC(world_file) files;
    LEAT_VEC(leat_split) splits; /* logged; names are owned */
    LEAT_VEC(uint32_t) listed;   /* sources whose list of splits is final */

    leat_deployment *deployment;
    world_slot *slots;
    LEAT_VEC(leat_message) links; /* FIFO per (from, to) pair */
    LEAT_VEC(leat_down) downs;    /* FIFO */
    leat_slot_actions actions;
    LEAT_VEC(char *) shown;
};

static void act(slot_world *world);

/* ------------------------------------------------------------------ stepping slots */

static void step(slot_world *world, uint32_t slot, leat_slot_event *event)
{
    event->steady_us = world->steady_us;
    event->now_us = (leat_time)world->steady_us;
    leat_slot_step(world->slots[slot].slot, event, &world->actions);
    world->slots[slot].wake_us = world->actions.has_more ? 0 : world->actions.wake_us;
    act(world);
}

static void down(slot_world *world, uint32_t slot, leat_down message)
{
    message.job = JOB;
    message.slot = slot;
    message.generation = world->generation;
    leat_vec_push(&world->downs, message);
}

static void deliver_down(slot_world *world)
{
    leat_slot_event event = {.kind = LEAT_SLOT_DOWN, .down = world->downs.items[0]};
    leat_vec_remove(&world->downs, 0);
    step(world, event.down.slot, &event);
}

static void down_all(slot_world *world, leat_down message)
{
    for (uint32_t i = 0; i < world->args.slot_count; i++) {
        leat_down one = message;
        one.names = leat_blob_ref(message.names);
        down(world, i, one);
    }
}

/* ------------------------------------------------------------------ disk */

static world_file *file_find(slot_world *world, const char *name)
{
    LEAT_VEC_EACH (file, &world->files) {
        if (strcmp(file->name, name) == 0)
            return file;
    }
    return NULL;
}

static leat_code file_write(slot_world *world, const leat_disk_op *op)
{
    world_file *file = file_find(world, op->path);
    if (file == NULL) {
        cr_assert_eq(op->offset, 0, "%s must start at 0", op->path);
        file = leat_vec_add(&world->files);
        file->name = leat_strdup(op->path);
    }
    cr_assert_not(file->is_sealed, "%s is written after its seal", op->path);
    cr_assert_eq(op->offset, file->data.size);
    leat_bytes bytes = leat_blob_bytes(op->bytes);
    leat_buf_add(&file->data, bytes.data, bytes.size);
    return LEAT_OK;
}

static leat_code file_publish(slot_world *world, const leat_disk_op *op)
{
    const world_file *final = file_find(world, op->target);
    if (final != NULL)
        return final->data.size == op->size ? LEAT_OK : LEAT_NOT_FOUND;
    world_file *file = file_find(world, op->path);
    if (file == NULL || file->data.size != op->size)
        return LEAT_NOT_FOUND;
    cr_assert(file->is_sealed, "%s is published before its seal", op->path);
    leat_free(file->name);
    file->name = leat_strdup(op->target);
    file->is_published = true;
    return LEAT_OK;
}

static void file_drop(slot_world *world, size_t at)
{
    leat_free(world->files.items[at].name);
    leat_buf_fini(&world->files.items[at].data);
    leat_vec_remove(&world->files, at);
}

/* ".tmp-<sink>-<slot>-<generation>-<epoch>" */
static uint64_t part_generation(const char *name)
{
    const char *epoch = strrchr(name, '-');
    const char *at = epoch;
    while (at[-1] != '-')
        at--;
    return strtoull(at, NULL, 10);
}

static void sweep(slot_world *world, const leat_disk_op *op)
{
    for (size_t i = world->files.count; i-- > 0;) {
        const world_file *file = &world->files.items[i];
        if (!file->is_published && strncmp(file->name, op->path, strlen(op->path)) == 0 &&
            part_generation(file->name) < op->generation)
            file_drop(world, i);
    }
}

static void complete_epoch(slot_world *world);

static void state_op(slot_world *world, const leat_disk_op *op)
{
    leat_disk_done done;
    leat_state_disk_run(&world->disk, op, 1, &done);
    cr_assert_eq(done.code, LEAT_OK, "%s", done.text);
    if (op->kind != LEAT_DISK_MANIFEST)
        return;
    world->slots[op->slot].frozen = op->epoch;
    complete_epoch(world);
}

/* The journal thread does its next piece of work. */
static void disk_step(slot_world *world)
{
    leat_disk_op op = world->ops.items[0];
    leat_vec_remove(&world->ops, 0);
    leat_disk_done done = {.ticket = op.ticket, .kind = op.kind, .slot = op.slot};
    if (op.kind == LEAT_DISK_FILE_WRITE)
        done.code = file_write(world, &op);
    else if (op.kind == LEAT_DISK_FILE_SEAL)
        file_find(world, op.path)->is_sealed = true;
    else if (op.kind == LEAT_DISK_FILE_PUBLISH)
        done.code = file_publish(world, &op);
    else if (op.kind == LEAT_DISK_FILE_SWEEP)
        sweep(world, &op);
    else
        state_op(world, &op);
    snprintf(done.text, sizeof done.text, "%s", leat_code_name(done.code));
    uint32_t slot = op.slot;
    leat_disk_op_fini(&op);
    if (done.ticket == 0)
        return;
    leat_disk_done *told = LEAT_NEW(leat_disk_done);
    *told = done;
    down(world, slot, (leat_down){.kind = LEAT_DOWN_DISK_DONE, .done = told});
}

/* ------------------------------------------------------------------ coordinator */

static void complete_epoch(slot_world *world)
{
    if (!world->is_undecided)
        return;
    for (uint32_t i = 0; i < world->args.slot_count; i++) {
        if (world->slots[i].frozen != world->epoch)
            return;
    }
    world->is_undecided = false;
    if (!world->is_stopping && leat_prng_chance(&world->prng, world->args.abort_chance))
        return; /* given up: the next barrier says so */
    world->completed = world->epoch;
    leat_vec_push(&world->ops, (leat_disk_op){.kind = LEAT_DISK_DECIDED,
                                              .job = JOB,
                                              .generation = world->generation,
                                              .epoch = world->completed});
    down_all(world, (leat_down){.kind = LEAT_DOWN_DECIDED, .completed = world->completed});
}

static void start_barrier(slot_world *world)
{
    bool all_ended = true;
    for (uint32_t i = 0; i < world->args.slot_count; i++)
        all_ended &= world->slots[i].has_ended;
    world->is_undecided = true;
    world->is_stopping = all_ended;
    down_all(world, (leat_down){.kind = LEAT_DOWN_BARRIER,
                                .epoch = ++world->epoch,
                                .completed = world->completed,
                                .flags = all_ended ? LEAT_BARRIER_LAST : 0});
}

static bool is_listed(const slot_world *world, uint32_t source)
{
    LEAT_VEC_EACH (listed, &world->listed)
        if (*listed == source)
            return true;
    return false;
}

/* Numbers are per source; the log stays in order of (source, number). */
static void log_split(slot_world *world, uint32_t source, uint32_t number, leat_bytes name)
{
    char *kept = leat_alloc(name.size);
    memcpy(kept, name.data, name.size);
    leat_split split = {source, number, {kept, name.size}};
    leat_vec_push(&world->splits, split);
    size_t at = world->splits.count - 1;
    for (; at > 0 && world->splits.items[at - 1].source > source; at--)
        world->splits.items[at] = world->splits.items[at - 1];
    world->splits.items[at] = split;
}

static void log_splits(slot_world *world, const leat_up *up)
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

static void check_finished(slot_world *world)
{
    if (!world->is_stopping || world->is_undecided)
        return;
    for (uint32_t i = 0; i < world->args.slot_count; i++) {
        if (world->slots[i].sink_done < world->completed)
            return;
    }
    world->has_finished = true;
}

static void start_all(slot_world *world)
{
    for (uint32_t i = 0; i < world->args.slot_count; i++) {
        if (!world->slots[i].is_ready)
            return;
    }
    if (world->has_started)
        return;
    world->has_started = true;
    down_all(world, (leat_down){.kind = LEAT_DOWN_START});
    if (world->is_draining)
        down_all(world, (leat_down){.kind = LEAT_DOWN_DRAIN});
}

static void fail(slot_world *world, const leat_up *up)
{
    if (world->failure[0] == '\0')
        snprintf(world->failure, sizeof world->failure, "%s %s", leat_up_name(up->kind), up->text);
}

static void journal(slot_world *world, leat_disk_op_kind kind, leat_up *up)
{
    leat_vec_push(&world->ops, (leat_disk_op){.kind = kind,
                                              .job = JOB,
                                              .slot = up->slot,
                                              .generation = up->generation,
                                              .epoch = up->epoch,
                                              .previous = up->previous,
                                              .hash = up->hash,
                                              .index = up->index,
                                              .bytes = LEAT_TAKE(up->bytes)});
}

static void take_up(slot_world *world, leat_up *up)
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
        cr_assert(!(world->is_undecided && up->epoch > world->epoch));
        journal(world, LEAT_DISK_MANIFEST, up);
        return;
    case LEAT_UP_DISK:
        leat_vec_push(&world->ops, up->op);
        up->op = (leat_disk_op){0};
        return;
    case LEAT_UP_SINK_DONE:
        cr_assert_leq(up->epoch, world->completed);
        slot->sink_done = up->epoch;
        check_finished(world);
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
        fail(world, up);
        return;
    case LEAT_UP_FIRST_OUTPUT:
    case LEAT_UP_STATS:
    case LEAT_UP_NONE:
    case LEAT_UP_KIND_COUNT:
        return;
    }
}

static void show(slot_world *world, leat_blob *lines)
{
    leat_bytes bytes = leat_blob_bytes(lines);
    const char *at = bytes.data;
    const char *end = at + bytes.size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        char *line = leat_alloc_zero(1, (size_t)(stop - at) + 1);
        memcpy(line, at, (size_t)(stop - at));
        leat_vec_push(&world->shown, line);
        at = stop + 1;
    }
}

static void act(slot_world *world)
{
    LEAT_VEC_EACH (action, &world->actions.items) {
        if (action->kind == LEAT_SLOT_UP) {
            take_up(world, &action->up);
        } else if (action->kind == LEAT_SLOT_PRINT) {
            show(world, action->print.lines);
        } else if (world->is_losing && action->message.kind != LEAT_MESSAGE_CREDIT) {
            world->is_losing = false;
        } else {
            leat_vec_push(&world->links, action->message);
            action->message = (leat_message){0};
        }
    }
    leat_slot_actions_clear(&world->actions);
}

/* ------------------------------------------------------------------ life */

static void deploy(slot_world *world)
{
    const slot_world_args *args = &world->args;
    leat_deployment_sizes sizes = {.key_group_count = args->key_group_count,
                                   .slot_count = args->slot_count,
                                   .split_count = (uint32_t)world->splits.count,
                                   .listed_count = (uint32_t)world->listed.count};
    leat_deployment *deployment = leat_deployment_new(&sizes);
    deployment->job = JOB;
    deployment->generation = ++world->generation;
    deployment->restore_epoch = world->completed;
    for (uint32_t g = 0; g < args->key_group_count; g++)
        deployment->key_groups[g] = (uint16_t)(g % args->slot_count);
    for (uint32_t i = 0; i < world->splits.count; i++)
        leat_deployment_set_split(deployment, i, &world->splits.items[i]);
    for (uint32_t i = 0; i < world->listed.count; i++)
        deployment->listed_sources[i] = world->listed.items[i];
    world->deployment = deployment;

    uint64_t held[LEAT_KEY_GROUPS_MAX / 64];
    memset(held, 0xff, sizeof held);
    size_t words = (args->key_group_count + 63) / 64;
    leat_disk_op ops[] = {
        {.kind = LEAT_DISK_GENERATION,
         .job = JOB,
         .generation = world->generation,
         .epoch = world->completed},
        {.kind = LEAT_DISK_KEEP,
         .job = JOB,
         .generation = world->generation,
         .deployment = deployment,
         .bytes = leat_blob_copy(leat_bytes_of(held, words * 8))},
    };
    leat_disk_done done[2];
    leat_state_disk_run(&world->disk, ops, 2, done);
    cr_assert(done[0].code == LEAT_OK && done[1].code == LEAT_OK, "%s%s", done[0].text,
              done[1].text);
    leat_blob_unref(&ops[1].bytes);

    world->has_started = world->is_undecided = world->is_stopping = false;
    world->slots = leat_alloc_zero(args->slot_count, sizeof *world->slots);
    for (uint32_t i = 0; i < args->slot_count; i++) {
        world_slot *one = &world->slots[i];
        one->reader = leat_state_reader_new(&world->disk, JOB, world->completed);
        one->store = leat_state_reader_store(one->reader);
        leat_slot_args slot_args = {.plan = args->plan,
                                    .deployment = deployment,
                                    .slot = i,
                                    .connectors = slot_world_connectors(),
                                    .store = &one->store};
        if (args->is_small)
            slot_args.limits = (leat_slot_limits){.batch_rows = 32,
                                                  .batch_bytes = 600,
                                                  .builder_bytes = 2000,
                                                  .inbox_bytes = 1,
                                                  .channel_bytes = 1,
                                                  .gather_rows = 3,
                                                  .dirty_bytes = 400,
                                                  .sink_bytes = 500};
        leat_error err = {0};
        cr_assert_eq(leat_slot_new(&slot_args, &one->slot, &err), LEAT_OK, "%s", err.text);
    }
}

static void undeploy(slot_world *world)
{
    for (uint32_t i = 0; i < world->args.slot_count; i++) {
        leat_slot_free(&world->slots[i].slot);
        leat_state_reader_free(&world->slots[i].reader);
    }
    leat_free(LEAT_TAKE(world->slots));
    leat_deployment_unref(&world->deployment);
    LEAT_VEC_EACH (message, &world->links)
        leat_message_fini(message);
    leat_vec_clear(&world->links);
    LEAT_VEC_EACH (op, &world->ops)
        leat_disk_op_fini(op);
    leat_vec_clear(&world->ops);
    LEAT_VEC_EACH (message, &world->downs)
        leat_down_fini(message);
    leat_vec_clear(&world->downs);
}

slot_world *slot_world_new(const slot_world_args *args)
{
    slot_world *world = LEAT_NEW(slot_world);
    world->args = *args;
    if (world->args.barrier_chance <= 0)
        world->args.barrier_chance = 0.02;
    world->prng.state = args->seed * 7919 + 1;
    world->disk = (leat_state_disk){.journal = leat_kv_mem_new(), .base = leat_kv_mem_new()};
    deploy(world);
    return world;
}

void slot_world_free(slot_world **world_at)
{
    slot_world *world = LEAT_TAKE(*world_at);
    undeploy(world);
    while (world->files.count > 0)
        file_drop(world, 0);
    LEAT_VEC_EACH (split, &world->splits)
        leat_free((void *)(uintptr_t)split->name.data);
    LEAT_VEC_EACH (line, &world->shown)
        leat_free(*line);
    leat_vec_fini(&world->shown);
    leat_vec_fini(&world->files);
    leat_vec_fini(&world->splits);
    leat_vec_fini(&world->listed);
    leat_vec_fini(&world->links);
    leat_vec_fini(&world->ops);
    leat_vec_fini(&world->downs);
    leat_slot_actions_fini(&world->actions);
    leat_kv_close(&world->disk.journal);
    leat_kv_close(&world->disk.base);
    leat_free(world);
}

void slot_world_crash(slot_world *world, uint32_t slot_count)
{
    undeploy(world);
    for (size_t i = world->files.count; i-- > 0;) {
        if (!world->files.items[i].is_sealed)
            file_drop(world, i);
    }
    world->args.slot_count = slot_count;
    deploy(world);
}

/* ------------------------------------------------------------------ schedule */

/* The first message of a pair of slots: messages of a pair keep their order. */
static void deliver(slot_world *world)
{
    size_t at = leat_prng_below(&world->prng, world->links.count);
    for (size_t i = 0; i < at; i++) {
        if (world->links.items[i].from_slot == world->links.items[at].from_slot &&
            world->links.items[i].to_slot == world->links.items[at].to_slot &&
            (world->links.items[i].kind == LEAT_MESSAGE_CREDIT) ==
                (world->links.items[at].kind == LEAT_MESSAGE_CREDIT))
            at = i;
    }
    leat_message message = world->links.items[at];
    leat_vec_remove(&world->links, at);
    leat_slot_event event = {.kind = LEAT_SLOT_MESSAGE, .message = message};
    step(world, leat_message_target(&message), &event);
}

static void run_slot(slot_world *world)
{
    uint32_t slot = (uint32_t)leat_prng_below(&world->prng, world->args.slot_count);
    leat_slot_event event = {.kind = LEAT_SLOT_RUN};
    step(world, slot, &event);
}

bool slot_world_step(slot_world *world)
{
    if (world->has_finished || world->failure[0] != '\0')
        return false;
    world->steady_us += leat_prng_below(&world->prng, 1000);
    uint64_t choice = leat_prng_below(&world->prng, 5);
    if (world->has_started && !world->is_undecided && !world->is_stopping &&
        leat_prng_chance(&world->prng, world->args.barrier_chance))
        start_barrier(world);
    else if (choice == 0 && world->ops.count > 0)
        disk_step(world);
    else if (choice == 1 && world->links.count > 0)
        deliver(world);
    else if (choice == 2 && world->downs.count > 0)
        deliver_down(world);
    else
        run_slot(world);
    return true;
}

void slot_world_finish(slot_world *world)
{
    for (uint32_t i = 0; slot_world_step(world); i++)
        cr_assert_lt(i, STEPS_MAX, "no end: epoch %llu, completed %llu",
                     (unsigned long long)world->epoch, (unsigned long long)world->completed);
}

void slot_world_lose_message(slot_world *world)
{
    world->is_losing = true;
}

void slot_world_drain(slot_world *world)
{
    world->is_draining = true;
    if (world->has_started)
        down_all(world, (leat_down){.kind = LEAT_DOWN_DRAIN});
}

/* ------------------------------------------------------------------ looking */

bool slot_world_has_finished(const slot_world *world)
{
    return world->has_finished;
}

const char *slot_world_failure(const slot_world *world)
{
    return world->failure[0] == '\0' ? NULL : world->failure;
}

uint64_t slot_world_completed(const slot_world *world)
{
    return world->completed;
}

uint32_t slot_world_hidden_file_count(const slot_world *world)
{
    uint32_t count = 0;
    LEAT_VEC_EACH (file, &world->files)
        count += !file->is_published;
    return count;
}

/* ".../part-<slot>-<epoch>.jsonl": keys may move between slots, so epochs come first. */
static int by_epoch(const void *a, const void *b)
{
    const char *name_a = (*(const world_file *const *)a)->name;
    const char *name_b = (*(const world_file *const *)b)->name;
    int order = strcmp(strrchr(name_a, '-'), strrchr(name_b, '-'));
    return order != 0 ? order : strcmp(name_a, name_b);
}

slot_world_lines slot_world_read(const slot_world *world, const char *path)
{
    LEAT_VEC(const world_file *) found = {0};
    LEAT_VEC_EACH (file, &world->files) {
        if (file->is_published && strncmp(file->name, path, strlen(path)) == 0)
            leat_vec_push(&found, file);
    }
    if (found.count > 0)
        qsort(found.items, found.count, sizeof *found.items, by_epoch);
    slot_world_lines lines = {0};
    LEAT_VEC_EACH (file, &found) {
        const char *at = (*file)->data.data;
        const char *end = at + (*file)->data.size;
        while (at < end) {
            const char *stop = memchr(at, '\n', (size_t)(end - at));
            cr_assert_not_null(stop, "%s ends inside a line", (*file)->name);
            char *line = leat_alloc_zero(1, (size_t)(stop - at) + 1);
            memcpy(line, at, (size_t)(stop - at));
            leat_vec_push(&lines, line);
            at = stop + 1;
        }
    }
    leat_vec_fini(&found);
    return lines;
}

slot_world_lines slot_world_shown(const slot_world *world)
{
    slot_world_lines lines = {0};
    LEAT_VEC_EACH (line, &world->shown)
        leat_vec_push(&lines, leat_strdup(*line));
    return lines;
}

void slot_world_lines_fini(slot_world_lines *lines)
{
    LEAT_VEC_EACH (line, lines)
        leat_free(*line);
    leat_vec_fini(lines);
}
