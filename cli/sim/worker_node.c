/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's shell in the world: its life, and its control thread. worker_disk.c has the others.
 */
#include <stdio.h>

#include "cli/sim/world.h"
#include "common/base/alloc.h"
#include "worker/state/journal.h"

void leat_sim_worker_make(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
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

static void read_memories(leat_sim_worker *worker, job_memories *out)
{
    leat_error err = {0};
    leat_kv_txn *txn = NULL;
    leat_code code = leat_kv_begin_read(worker->journal, &txn, &err);
    if (code == LEAT_OK)
        code = leat_journal_each_job(txn, remember_job, out, &err);
    LEAT_ASSERT(code == LEAT_OK);
    leat_kv_abort(&txn);
}

void leat_sim_worker_start(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
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
    leat_tracer tracer = {leat_sim_trace, world, node};
    leat_worker_core_set_tracer(worker->core, &tracer);
    leat_sim_say(world, node, "worker starts, boot %u", (unsigned)worker->boot);
    leat_worker_event up = {.kind = LEAT_WORKER_LINK_UP};
    leat_sim_worker_event(world, node, &up);
}

/* ---- the control thread ---- */

static uint32_t node_of_endpoint(const char *endpoint)
{
    return (uint32_t)(endpoint[0] - '0');
}

static void send_frame(
    leat_sim_world *world, uint32_t node, uint32_t to, leat_sim_lane lane, leat_control *message)
{
    leat_sim_event *frame = leat_sim_event_new(world, LEAT_SIM_EVENT_FRAME, to);
    frame->lane = lane;
    frame->control = *message;
    *message = (leat_control){0};
    leat_sim_net_send(world, lane, node, to, frame);
}

static void send_down(leat_sim_world *world, uint32_t node, leat_worker_action *action)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    leat_sim_event *event = leat_sim_event_new(world, LEAT_SIM_EVENT_DOWN, node);
    event->index = action->executor;
    event->down = action->down;
    action->down = (leat_down){0};
    leat_sim_ns *last_ns = &worker->down_ns[action->executor % LEAT_SIM_EXECUTORS_MAX];
    leat_sim_ring_next(world, last_ns, 20 * LEAT_SIM_US);
    leat_sim_schedule(world, *last_ns, event);
}

static void worker_exit(leat_sim_world *world, uint32_t node, leat_code code)
{
    leat_sim_say(world, node, "worker exits: %s", leat_code_name(code));
    bool is_expected = code == LEAT_OK || code == LEAT_TIMEOUT ||
                       (code == LEAT_IO && leat_sim_worker_of(world, node)->had_io_error);
    if (!is_expected)
        leat_sim_fail(world, "worker %u exited: %s", node, leat_code_name(code));
    /* After the heal, and when its disk failed once, somebody starts it again: its folder may hold
     * the only copy of something. */
    leat_sim_worker_of(world, node)->is_gone = !world->is_healed && code != LEAT_IO;
    leat_sim_worker_kill(world, node);
    if (world->is_healed || code == LEAT_IO)
        leat_sim_start_again(world, node, 500 * LEAT_SIM_MS);
}

static void action_run(leat_sim_world *world, uint32_t node, leat_worker_action *action)
{
    switch (action->kind) {
    case LEAT_WORKER_SEND:
        send_frame(world, node, LEAT_SIM_NODE_COORDINATOR, LEAT_SIM_LANE_CONTROL, &action->message);
        return;
    case LEAT_WORKER_SEND_PEER:
        send_frame(world, node, node_of_endpoint(action->place.endpoint), LEAT_SIM_LANE_PEER,
                   &action->message);
        return;
    case LEAT_WORKER_SEND_SLOT:
        send_down(world, node, action);
        return;
    case LEAT_WORKER_DISK_WRITE:
        leat_sim_worker_disk_op(world, node, &action->op);
        return;
    case LEAT_WORKER_WAKE_AT:
        leat_sim_schedule(world, (leat_sim_ns)action->at_ms * LEAT_SIM_MS,
                          leat_sim_event_new(world, LEAT_SIM_EVENT_WORKER_WAKE, node));
        return;
    case LEAT_WORKER_EXIT:
        worker_exit(world, node, action->code);
        return;
    case LEAT_WORKER_ACTION_KIND_COUNT:
        return;
    }
}

void leat_sim_worker_event(leat_sim_world *world, uint32_t node, leat_worker_event *event)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    leat_worker_actions actions = {0};
    event->now_ms = leat_sim_now_ms(world);
    uint32_t life = worker->life;
    leat_worker_step(worker->core, event, &actions);
    LEAT_VEC_EACH (action, &actions) {
        if (worker->life != life)
            break;
        action_run(world, node, action);
    }
    leat_worker_actions_fini(&actions);
}

void leat_sim_worker_kill(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    if (!worker->is_alive)
        return;
    leat_sim_say(world, node, "worker dies");
    worker->is_alive = false;
    worker->life++;
    worker->paused_until = 0;
    leat_sim_slots_free(world, node);
    leat_sim_worker_disk_crash(world, node);
    leat_worker_core_free(&worker->core);
    leat_sim_net_node_died(world, node);
}

void leat_sim_worker_wipe(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    leat_sim_worker_kill(world, node);
    leat_sim_say(world, node, "its folder is gone");
    leat_kv_close(&worker->journal);
    leat_kv_close(&worker->base);
    worker->wipe_count++;
    leat_sim_worker_make(world, node);
}
