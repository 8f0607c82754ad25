/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal thread and the merge thread of a worker in the world.
 *
 * The journal takes what waits as one batch; state operations between two file operations are
 * one transaction. A batch takes time; a process that dies meanwhile finds it whole or not at
 * all, file operations up to any point. A file operation without room waits, and all that come
 * after it wait behind it, while state goes on: as in worker/disk.c.
 */
#include <stdio.h>

#include "cli/sim/world.h"
#include "common/base/alloc.h"
#include "worker/state/journal.h"

enum { ROOM_RETRY_MS = 50 };

static bool is_file_op(const leat_disk_op *op)
{
    return op->kind >= LEAT_DISK_FILE_WRITE;
}

/* ---- parked: waiting for room ---- */

static void park(leat_sim_world *world, uint32_t node, leat_disk_op *op, leat_disk_done *done)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    if (worker->disk_parked.count == 0)
        leat_sim_schedule(world, world->now_ns + ROOM_RETRY_MS * LEAT_SIM_MS,
                          leat_sim_event_new(world, LEAT_SIM_EVENT_ROOM, node));
    *done = (leat_disk_done){.ticket = op->ticket,
                             .kind = op->kind,
                             .code = LEAT_NO_SPACE,
                             .job = op->job,
                             .slot = op->slot,
                             .generation = op->generation,
                             .epoch = op->epoch,
                             .is_waiting = true};
    (void)snprintf(done->text, sizeof done->text, "no room");
    leat_vec_push(&worker->disk_parked, *op);
    *op = (leat_disk_op){0};
}

/* A new generation, or the end of the job: nobody waits for the parts of the old one. */
static void parked_forget(leat_sim_worker *worker, const leat_disk_op *why)
{
    size_t kept = 0;
    for (size_t i = 0; i < worker->disk_parked.count; i++) {
        leat_disk_op *op = &worker->disk_parked.items[i];
        bool is_over = op->job == why->job &&
                       (why->kind == LEAT_DISK_FORGET || op->generation < why->generation);
        if (is_over)
            leat_disk_op_fini(op);
        else
            worker->disk_parked.items[kept++] = *op;
    }
    worker->disk_parked.count = kept;
}

static void tell(leat_sim_world *world, uint32_t node, leat_disk_done *done)
{
    leat_worker_event event = {.kind = LEAT_WORKER_DISK, .done = *done};
    done->bytes = NULL;
    leat_sim_worker_event(world, node, &event);
}

void leat_sim_worker_room(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    uint32_t life = worker->life;
    while (worker->life == life && worker->disk_parked.count > 0 && !worker->has_no_room) {
        leat_disk_op op = worker->disk_parked.items[0];
        leat_vec_remove(&worker->disk_parked, 0);
        leat_disk_done done;
        leat_sim_file_op(world, node, &op, &done);
        leat_disk_op_fini(&op);
        tell(world, node, &done);
        leat_blob_unref(&done.bytes);
    }
    if (worker->life == life && worker->disk_parked.count > 0)
        leat_sim_schedule(world, world->now_ns + ROOM_RETRY_MS * LEAT_SIM_MS,
                          leat_sim_event_new(world, LEAT_SIM_EVENT_ROOM, node));
}

/* ---- the journal ---- */

static void
run_file(leat_sim_world *world, uint32_t node, leat_disk_op *op, leat_disk_done *out_done)
{
    const leat_sim_worker *worker = leat_sim_worker_of(world, node);
    bool grows = op->kind == LEAT_DISK_FILE_WRITE;
    if (worker->disk_parked.count > 0 || (grows && worker->has_no_room))
        park(world, node, op, out_done);
    else
        leat_sim_file_op(world, node, op, out_done);
}

/* One transaction; or one whose n-th step finds that the disk does not answer. */
static void
run_state(leat_sim_worker *worker, leat_disk_op *ops, size_t count, leat_disk_done *out_done)
{
    bool fails = worker->io_fails_at > 0 && worker->io_fails_at <= worker->disk_ops;
    if (fails) {
        leat_kv_mem_fail_at(worker->journal, 1 + worker->disk_ops % (2 * count + 1), LEAT_IO, true);
        worker->io_fails_at = 0;
        worker->had_io_error = true;
    }
    leat_state_disk_run(&worker->disk, ops, (uint32_t)count, out_done);
    if (fails)
        leat_kv_mem_fail_at(worker->journal, 0, LEAT_OK, false);
}

/* Perform ops [first, first + count): runs of state operations are transactions. */
static void perform(
    leat_sim_world *world, uint32_t node, leat_disk_op *ops, size_t count, leat_disk_done *out_done)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    size_t at = 0;
    while (at < count) {
        if (is_file_op(&ops[at])) {
            run_file(world, node, &ops[at], &out_done[at]);
            at++;
            continue;
        }
        size_t end = at;
        for (; end < count && !is_file_op(&ops[end]); end++)
            if (ops[end].kind == LEAT_DISK_GENERATION || ops[end].kind == LEAT_DISK_FORGET)
                parked_forget(worker, &ops[end]);
        run_state(worker, &ops[at], end - at, &out_done[at]);
        at = end;
    }
}

static void drop_ops(leat_disk_op *ops, size_t count)
{
    for (size_t i = 0; i < count; i++)
        leat_disk_op_fini(&ops[i]);
}

/* The process dies while a batch is under way: a prefix of its parts happened. */
void leat_sim_worker_disk_crash(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    size_t count = worker->disk_busy.count;
    if (count > 0) {
        size_t happened = leat_prng_below(&world->disk_random, count + 1);
        while (happened > 0 && happened < count &&
               !is_file_op(&worker->disk_busy.items[happened]) &&
               !is_file_op(&worker->disk_busy.items[happened - 1]))
            happened--; /* a transaction is whole or not at all */
        leat_disk_done *done = leat_alloc_zero(count, sizeof *done);
        perform(world, node, worker->disk_busy.items, happened, done);
        for (size_t i = 0; i < happened; i++)
            leat_blob_unref(&done[i].bytes);
        leat_free(done);
    }
    if (worker->merge_busy.kind != LEAT_DISK_NONE && leat_prng_chance(&world->disk_random, 0.5)) {
        leat_disk_done done;
        leat_state_disk_merge(&worker->disk, &worker->merge_busy, &done);
    }
    drop_ops(worker->disk_busy.items, count);
    leat_vec_clear(&worker->disk_busy);
    drop_ops(worker->disk_waiting.items, worker->disk_waiting.count);
    leat_vec_clear(&worker->disk_waiting);
    drop_ops(worker->disk_parked.items, worker->disk_parked.count);
    leat_vec_clear(&worker->disk_parked);
    leat_disk_op_fini(&worker->merge_busy);
}

static void disk_begin(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    if (worker->disk_busy.count > 0 || worker->disk_waiting.count == 0)
        return;
    LEAT_VEC_EACH (op, &worker->disk_waiting)
        leat_vec_push(&worker->disk_busy, *op);
    leat_vec_clear(&worker->disk_waiting);
    leat_sim_ns takes_ns =
        leat_sim_jitter(&world->disk_random, world->config.disk_ns) + worker->disk_slow_ns;
    leat_sim_schedule(world, world->now_ns + takes_ns,
                      leat_sim_event_new(world, LEAT_SIM_EVENT_DISK, node));
}

void leat_sim_worker_disk_done(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    size_t count = worker->disk_busy.count;
    uint32_t life = worker->life;
    bool dies =
        worker->kill_at_disk > worker->disk_ops && worker->kill_at_disk <= worker->disk_ops + count;
    worker->disk_ops += count;
    if (dies && !worker->kill_after) {
        leat_sim_worker_kill(world, node);
        return;
    }
    leat_disk_done *done = leat_alloc_zero(count, sizeof *done);
    leat_disk_op *ops = leat_alloc_zero(count, sizeof *ops);
    memcpy(ops, worker->disk_busy.items, count * sizeof *ops);
    leat_vec_clear(&worker->disk_busy);
    perform(world, node, ops, count, done);
    if (dies)
        leat_sim_worker_kill(world, node);
    for (size_t i = 0; i < count; i++) {
        bool is_wanted = done[i].ticket != 0 || done[i].code != LEAT_OK;
        if (worker->life == life && is_wanted)
            tell(world, node, &done[i]);
        leat_blob_unref(&done[i].bytes);
    }
    drop_ops(ops, count);
    leat_free(ops);
    leat_free(done);
    if (worker->life == life)
        disk_begin(world, node);
}

void leat_sim_worker_merge_done(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    leat_worker_event event = {.kind = LEAT_WORKER_DISK};
    leat_state_disk_merge(&worker->disk, &worker->merge_busy, &event.done);
    leat_disk_op_fini(&worker->merge_busy);
    leat_sim_worker_event(world, node, &event);
}

void leat_sim_worker_disk_op(leat_sim_world *world, uint32_t node, leat_disk_op *op)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    if (op->kind == LEAT_DISK_MERGE) {
        LEAT_ASSERT(worker->merge_busy.kind == LEAT_DISK_NONE);
        worker->merge_busy = *op;
        leat_sim_ns takes_ns = leat_sim_jitter(&world->disk_random, 2 * world->config.disk_ns);
        leat_sim_schedule(world, world->now_ns + takes_ns,
                          leat_sim_event_new(world, LEAT_SIM_EVENT_MERGE, node));
    } else {
        leat_vec_push(&worker->disk_waiting, *op);
        disk_begin(world, node);
    }
    *op = (leat_disk_op){0};
}

/* ---- bit rot ---- */

/* What is protected by a checksum: manifests, chunks and pages. */
static bool may_rot(leat_bytes key)
{
    return key.data[0] == 'd' || key.data[0] == 'c' || key.data[0] == 'p';
}

/* Turn a bit of the n-th entry that may rot, or only count them. */
static size_t rot_at(leat_kv *kv, size_t n, uint64_t random)
{
    leat_error err = {0};
    leat_kv_txn *txn = NULL;
    leat_kv_cursor *cursor = NULL;
    leat_kv_entry entry;
    leat_buf key = {0}, value = {0};
    size_t count = 0;
    leat_code code = leat_kv_begin_write(kv, &txn, &err);
    if (code == LEAT_OK)
        code = leat_kv_cursor_open(txn, LEAT_BYTES(""), &cursor, &err);
    while (code == LEAT_OK && (code = leat_kv_cursor_next(cursor, &entry, &err)) == LEAT_OK) {
        if (!may_rot(entry.key) || entry.value.size == 0 || count++ != n)
            continue;
        leat_buf_add(&key, entry.key.data, entry.key.size);
        leat_buf_add(&value, entry.value.data, entry.value.size);
    }
    LEAT_ASSERT(code == LEAT_END);
    leat_kv_cursor_close(&cursor);
    if (value.size > 0) {
        value.data[random % value.size] ^= (char)(1 << random / value.size % 8);
        code = leat_kv_put(txn, leat_buf_bytes(&key), leat_buf_bytes(&value), &err);
        LEAT_ASSERT(code == LEAT_OK);
        code = leat_kv_commit(&txn, &err);
        LEAT_ASSERT(code == LEAT_OK || code == LEAT_NO_SPACE);
    }
    leat_kv_abort(&txn);
    leat_buf_fini(&key);
    leat_buf_fini(&value);
    return count;
}

bool leat_sim_worker_rot(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    uint64_t random = leat_prng_next(&world->disk_random);
    leat_kv *kv = random % 2 == 0 ? worker->journal : worker->base;
    size_t count = rot_at(kv, SIZE_MAX, 0);
    if (count == 0)
        return false;
    leat_sim_say(world, node, "a bit of its %s turns over",
                 kv == worker->base ? "base" : "journal");
    (void)rot_at(kv, leat_prng_below(&world->disk_random, count), random >> 1);
    return true;
}
