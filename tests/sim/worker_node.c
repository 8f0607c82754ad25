/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's shell in the world: the control thread, the journal thread and the merge thread.
 *
 * The journal takes what waits as one batch; state operations between two file operations are
 * one transaction. A batch takes time; a process that dies meanwhile finds it whole or not at
 * all, file operations up to any point.
 */
#include <stdio.h>

#include "common/base/alloc.h"
#include "tests/sim/world.h"
#include "worker/state/journal.h"

static void disk_begin(sim_world *world, uint32_t node);

void sim_worker_make(sim_world *world, uint32_t node)
{
    sim_worker *worker = sim_worker_of(world, node);
    worker->incarnation = (leat_incarnation){world->seed + 1, node * 1000 + worker->wipe_count};
    worker->boot = 0;
    worker->executor_count = world->config.executor_count;
    worker->journal = leat_kv_mem_new();
    worker->base = leat_kv_mem_new();
    worker->disk = (leat_state_disk){worker->journal, worker->base, world->config.merge};
}

typedef LEAT_VEC(leat_job_memory) job_memories;

static void remember_job(void *self, leat_job_id job, const leat_job_facts *facts)
{
    job_memories *memories = self;
    leat_job_memory memory = {job.value, facts->gen_seen.value, facts->decided.value};
    leat_vec_push(memories, memory);
}

static void read_memories(sim_worker *worker, job_memories *out)
{
    leat_error err = {0};
    leat_kv_txn *txn = NULL;
    leat_code code = leat_kv_begin_read(worker->journal, &txn, &err);
    if (code == LEAT_OK)
        code = leat_journal_each_job(txn, remember_job, out, &err);
    LEAT_ASSERT(code == LEAT_OK);
    leat_kv_abort(&txn);
}

void sim_worker_start(sim_world *world, uint32_t node)
{
    sim_worker *worker = sim_worker_of(world, node);
    LEAT_ASSERT(!worker->is_alive);
    worker->is_alive = true;
    worker->is_gone = false;
    worker->paused_until = 0;
    worker->boot++;
    job_memories memories = {0};
    read_memories(worker, &memories);
    leat_worker_identity identity = {
        .incarnation = worker->incarnation,
        .boot = worker->boot,
        .nonce = world->seed * 1000 + node * 100 + worker->life,
        .executor_count = worker->executor_count,
        .job_count = (uint32_t)memories.count,
        .jobs = memories.items,
    };
    (void)snprintf(identity.name, sizeof identity.name, "w%u", node);
    (void)snprintf(identity.endpoint, sizeof identity.endpoint, "%u", node);
    worker->core = leat_worker_core_new(&identity);
    leat_vec_fini(&memories);
    leat_tracer tracer = {sim_trace, world, node};
    leat_worker_core_set_tracer(worker->core, &tracer);
    sim_say(world, node, "worker starts, boot %u", (unsigned)worker->boot);
    leat_worker_event up = {.kind = LEAT_WORKER_LINK_UP};
    sim_worker_event(world, node, &up);
}

/* ---- the journal ---- */

static bool is_file_op(const leat_disk_op *op)
{
    return op->kind >= LEAT_DISK_FILE_WRITE;
}

/* Perform ops [first, first + count): runs of state operations are transactions. */
static void
perform(sim_world *world, uint32_t node, leat_disk_op *ops, size_t count, leat_disk_done *out_done)
{
    sim_worker *worker = sim_worker_of(world, node);
    size_t at = 0;
    while (at < count) {
        if (is_file_op(&ops[at])) {
            sim_file_op(world, node, &ops[at], &out_done[at]);
            at++;
            continue;
        }
        size_t end = at;
        while (end < count && !is_file_op(&ops[end]))
            end++;
        leat_state_disk_run(&worker->disk, &ops[at], (uint32_t)(end - at), &out_done[at]);
        at = end;
    }
}

static void drop_ops(leat_disk_op *ops, size_t count)
{
    for (size_t i = 0; i < count; i++)
        leat_disk_op_fini(&ops[i]);
}

/* The process dies while a batch is under way: a prefix of its parts happened. */
static void disk_crash(sim_world *world, uint32_t node)
{
    sim_worker *worker = sim_worker_of(world, node);
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
    leat_disk_op_fini(&worker->merge_busy);
}

static void disk_begin(sim_world *world, uint32_t node)
{
    sim_worker *worker = sim_worker_of(world, node);
    if (worker->disk_busy.count > 0 || worker->disk_waiting.count == 0)
        return;
    LEAT_VEC_EACH (op, &worker->disk_waiting)
        leat_vec_push(&worker->disk_busy, *op);
    leat_vec_clear(&worker->disk_waiting);
    sim_ns takes_ns = sim_jitter(&world->disk_random, world->config.disk_ns) + worker->disk_slow_ns;
    sim_schedule(world, world->now_ns + takes_ns, sim_event_new(world, SIM_EVENT_DISK, node));
}

void sim_worker_disk_done(sim_world *world, uint32_t node)
{
    sim_worker *worker = sim_worker_of(world, node);
    size_t count = worker->disk_busy.count;
    uint32_t life = worker->life;
    bool dies =
        worker->kill_at_disk > worker->disk_ops && worker->kill_at_disk <= worker->disk_ops + count;
    worker->disk_ops += count;
    if (dies && !worker->kill_after) {
        sim_worker_kill(world, node);
        return;
    }
    leat_disk_done *done = leat_alloc_zero(count, sizeof *done);
    leat_disk_op *ops = leat_alloc_zero(count, sizeof *ops);
    memcpy(ops, worker->disk_busy.items, count * sizeof *ops);
    leat_vec_clear(&worker->disk_busy);
    perform(world, node, ops, count, done);
    if (dies)
        sim_worker_kill(world, node);
    for (size_t i = 0; i < count; i++) {
        bool is_wanted = done[i].ticket != 0 || done[i].code != LEAT_OK;
        if (worker->life == life && is_wanted) {
            leat_worker_event event = {.kind = LEAT_WORKER_DISK};
            event.done = done[i];
            done[i].bytes = NULL;
            sim_worker_event(world, node, &event);
        }
        leat_blob_unref(&done[i].bytes);
    }
    drop_ops(ops, count);
    leat_free(ops);
    leat_free(done);
    if (worker->life == life)
        disk_begin(world, node);
}

void sim_worker_merge_done(sim_world *world, uint32_t node)
{
    sim_worker *worker = sim_worker_of(world, node);
    leat_worker_event event = {.kind = LEAT_WORKER_DISK};
    leat_state_disk_merge(&worker->disk, &worker->merge_busy, &event.done);
    leat_disk_op_fini(&worker->merge_busy);
    sim_worker_event(world, node, &event);
}

static void disk_op(sim_world *world, uint32_t node, leat_disk_op *op)
{
    sim_worker *worker = sim_worker_of(world, node);
    if (op->kind == LEAT_DISK_MERGE) {
        LEAT_ASSERT(worker->merge_busy.kind == LEAT_DISK_NONE);
        worker->merge_busy = *op;
        sim_ns takes_ns = sim_jitter(&world->disk_random, 2 * world->config.disk_ns);
        sim_schedule(world, world->now_ns + takes_ns, sim_event_new(world, SIM_EVENT_MERGE, node));
    } else {
        leat_vec_push(&worker->disk_waiting, *op);
        disk_begin(world, node);
    }
    *op = (leat_disk_op){0};
}

/* ---- the control thread ---- */

static uint32_t node_of_endpoint(const char *endpoint)
{
    return (uint32_t)(endpoint[0] - '0');
}

static void
send_frame(sim_world *world, uint32_t node, uint32_t to, sim_lane lane, leat_control *message)
{
    sim_event *frame = sim_event_new(world, SIM_EVENT_FRAME, to);
    frame->lane = lane;
    frame->control = *message;
    *message = (leat_control){0};
    sim_net_send(world, lane, node, to, frame);
}

static void send_down(sim_world *world, uint32_t node, leat_worker_action *action)
{
    sim_worker *worker = sim_worker_of(world, node);
    sim_event *event = sim_event_new(world, SIM_EVENT_DOWN, node);
    event->index = action->executor;
    event->down = action->down;
    action->down = (leat_down){0};
    sim_ns *last_ns = &worker->down_ns[action->executor % SIM_EXECUTORS_MAX];
    sim_ring_next(world, last_ns, 20 * SIM_US);
    sim_schedule(world, *last_ns, event);
}

static void worker_exit(sim_world *world, uint32_t node, leat_code code)
{
    sim_say(world, node, "worker exits: %s", leat_code_name(code));
    if (code != LEAT_OK && code != LEAT_TIMEOUT)
        sim_fail(world, "worker %u exited: %s", node, leat_code_name(code));
    /* After the heal somebody starts it again: its folder may hold the only copy of something. */
    sim_worker_of(world, node)->is_gone = !world->is_healed;
    sim_worker_kill(world, node);
    if (world->is_healed)
        sim_start_again(world, node, 500 * SIM_MS);
}

static void action_run(sim_world *world, uint32_t node, leat_worker_action *action)
{
    switch (action->kind) {
    case LEAT_WORKER_SEND:
        send_frame(world, node, SIM_NODE_COORDINATOR, SIM_LANE_CONTROL, &action->message);
        return;
    case LEAT_WORKER_SEND_PEER:
        send_frame(world, node, node_of_endpoint(action->place.endpoint), SIM_LANE_PEER,
                   &action->message);
        return;
    case LEAT_WORKER_SEND_SLOT:
        send_down(world, node, action);
        return;
    case LEAT_WORKER_DISK_WRITE:
        disk_op(world, node, &action->op);
        return;
    case LEAT_WORKER_WAKE_AT:
        sim_schedule(world, (sim_ns)action->at_ms * SIM_MS,
                     sim_event_new(world, SIM_EVENT_WORKER_WAKE, node));
        return;
    case LEAT_WORKER_EXIT:
        worker_exit(world, node, action->code);
        return;
    case LEAT_WORKER_ACTION_KIND_COUNT:
        return;
    }
}

void sim_worker_event(sim_world *world, uint32_t node, leat_worker_event *event)
{
    sim_worker *worker = sim_worker_of(world, node);
    leat_worker_actions actions = {0};
    event->now_ms = sim_now_ms(world);
    uint32_t life = worker->life;
    leat_worker_step(worker->core, event, &actions);
    LEAT_VEC_EACH (action, &actions) {
        if (worker->life != life)
            break;
        action_run(world, node, action);
    }
    leat_worker_actions_fini(&actions);
}

void sim_worker_kill(sim_world *world, uint32_t node)
{
    sim_worker *worker = sim_worker_of(world, node);
    if (!worker->is_alive)
        return;
    sim_say(world, node, "worker dies");
    worker->is_alive = false;
    worker->life++;
    worker->paused_until = 0;
    sim_slots_free(world, node);
    disk_crash(world, node);
    leat_worker_core_free(&worker->core);
    sim_net_node_died(world, node);
}

void sim_worker_wipe(sim_world *world, uint32_t node)
{
    sim_worker *worker = sim_worker_of(world, node);
    sim_worker_kill(world, node);
    sim_say(world, node, "its folder is gone");
    leat_kv_close(&worker->journal);
    leat_kv_close(&worker->base);
    worker->wipe_count++;
    sim_worker_make(world, node);
}
