/* SPDX-License-Identifier: Apache-2.0
 *
 * The executors of a worker in the world: slots are opened, stepped and freed; each step is a
 * point in virtual time, and whatever it says travels.
 */
#include "cli/sim/world.h"
#include "common/base/alloc.h"

/* Two generations of one slot may stand side by side for a moment, on two executors. */
static leat_sim_slot *
find_slot(leat_sim_worker *worker, uint32_t job, uint32_t index, uint64_t generation)
{
    for (size_t i = 0; i < worker->slots.count; i++) {
        leat_sim_slot *slot = worker->slots.items[i];
        if (slot->job == job && slot->index == index && slot->generation == generation)
            return slot;
    }
    return NULL;
}

static void slot_free(leat_sim_slot *slot)
{
    leat_slot_free(&slot->slot);
    leat_state_reader_free(&slot->reader);
    leat_deployment_unref(&slot->deployment);
    leat_free(slot);
}

void leat_sim_slots_free(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    for (size_t i = 0; i < worker->slots.count; i++)
        slot_free(worker->slots.items[i]);
    leat_vec_clear(&worker->slots);
}

static void wish_run(leat_sim_world *world, uint32_t node, leat_sim_slot *slot, leat_sim_ns at_ns)
{
    if (slot->run_ns != 0 && slot->run_ns <= at_ns)
        return;
    slot->run_ns = at_ns;
    leat_sim_event *run = leat_sim_event_new(world, LEAT_SIM_EVENT_SLOT_RUN, node);
    run->job = slot->job;
    run->slot = slot->index;
    run->generation = slot->generation;
    run->number = ++slot->run_number;
    leat_sim_schedule(world, at_ns, run);
}

static void
send_message(leat_sim_world *world, uint32_t node, leat_sim_slot *slot, leat_message *message)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    uint32_t target = leat_message_target(message);
    world->moved_count +=
        message->kind != LEAT_MESSAGE_CREDIT && message->kind != LEAT_MESSAGE_BARRIER;
    const leat_slot_place *place = &slot->deployment->slots[target];
    const leat_worker_place *at = leat_deployment_worker(slot->deployment, place->worker);
    uint32_t to = (uint32_t)(at->endpoint[0] - '0');
    if (to != node) {
        leat_sim_event *frame = leat_sim_event_new(world, LEAT_SIM_EVENT_FRAME, to);
        frame->lane = LEAT_SIM_LANE_DATA;
        frame->message = *message;
        *message = (leat_message){0};
        leat_sim_net_send(world, LEAT_SIM_LANE_DATA, node, to, frame);
        return;
    }
    leat_sim_event *local = leat_sim_event_new(world, LEAT_SIM_EVENT_LOCAL, node);
    local->message = *message;
    *message = (leat_message){0};
    leat_sim_ring_next(world, &worker->local_ns, 10 * LEAT_SIM_US);
    leat_sim_schedule(world, worker->local_ns, local);
}

static void send_up(leat_sim_world *world, uint32_t node, leat_up *up)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    leat_sim_event *event = leat_sim_event_new(world, LEAT_SIM_EVENT_UP, node);
    event->up = *up;
    *up = (leat_up){0};
    leat_sim_ring_next(world, &worker->up_ns, 20 * LEAT_SIM_US);
    leat_sim_schedule(world, worker->up_ns, event);
}

static void
slot_step(leat_sim_world *world, uint32_t node, leat_sim_slot *slot, leat_slot_event *event)
{
    static leat_slot_actions actions; /* its memory is reused: steps are many and small */
    const leat_sim_hooks *hooks = &world->config.hooks;
    if (hooks->slot_steps != NULL)
        hooks->slot_steps(hooks->self, slot->generation);
    event->now_us = world->has_clock ? world->clock_us : (leat_time)(world->now_ns / LEAT_SIM_US);
    event->steady_us = world->now_ns / LEAT_SIM_US;
    leat_slot_step(slot->slot, event, &actions);
    LEAT_VEC_EACH (action, &actions.items) {
        if (action->kind == LEAT_SLOT_SEND)
            send_message(world, node, slot, &action->message);
        else if (action->kind == LEAT_SLOT_UP) {
            if (action->up.kind == LEAT_UP_READY)
                leat_state_reader_free(&slot->reader);
            send_up(world, node, &action->up);
        }
    }
    bool has_more = actions.has_more;
    uint64_t wake_us = actions.wake_us;
    leat_slot_actions_clear(&actions);
    if (has_more)
        wish_run(world, node, slot,
                 world->now_ns + leat_sim_jitter(&world->net_random, world->config.step_ns));
    else if (wake_us != UINT64_MAX)
        wish_run(world, node, slot, LEAT_MAX(wake_us * LEAT_SIM_US, world->now_ns + LEAT_SIM_US));
}

static void slot_open(leat_sim_world *world, uint32_t node, leat_down *down, uint32_t executor)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    if (find_slot(worker, down->job, down->slot, down->generation) != NULL) {
        leat_sim_fail(world, "slot %u is opened twice on worker %u", down->slot, node);
        return;
    }
    leat_sim_slot *slot = LEAT_NEW(leat_sim_slot);
    slot->job = down->job;
    slot->index = down->slot;
    slot->generation = down->generation;
    slot->executor = executor;
    slot->deployment = leat_deployment_ref(down->deployment);
    slot->reader = leat_state_reader_new(&worker->disk, down->job, down->deployment->restore_epoch);
    slot->store = leat_state_reader_store(slot->reader);
    leat_slot_args args = {
        .plan = world->config.jobs[leat_sim_job_find(world, down->job)].plan,
        .deployment = down->deployment,
        .slot = down->slot,
        .connectors = world->config.connectors,
        .store = &slot->store,
        .limits = world->config.limits,
    };
    leat_error err = {0};
    if (leat_slot_new(&args, &slot->slot, &err) != LEAT_OK)
        leat_sim_fail(world, "slot %u does not open: %s", down->slot, err.text);
    leat_vec_push(&worker->slots, slot);
    wish_run(world, node, slot, world->now_ns + world->config.step_ns);
}

static void slot_close(leat_sim_worker *worker, const leat_down *down)
{
    for (size_t i = 0; i < worker->slots.count; i++) {
        leat_sim_slot *slot = worker->slots.items[i];
        if (slot->job != down->job || slot->index != down->slot ||
            slot->generation != down->generation)
            continue;
        slot_free(slot);
        leat_vec_remove(&worker->slots, i);
        return;
    }
}

void leat_sim_slot_down(leat_sim_world *world, uint32_t node, leat_down *down, uint32_t executor)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    if (down->kind == LEAT_DOWN_OPEN) {
        slot_open(world, node, down, executor);
        return;
    }
    if (down->kind == LEAT_DOWN_CLOSE) {
        slot_close(worker, down);
        return;
    }
    leat_sim_slot *slot = find_slot(worker, down->job, down->slot, down->generation);
    if (slot == NULL)
        return;
    leat_slot_event event = {.kind = LEAT_SLOT_DOWN};
    event.down = *down;
    *down = (leat_down){0};
    slot_step(world, node, slot, &event);
}

void leat_sim_slot_message(leat_sim_world *world, uint32_t node, leat_message *message)
{
    leat_sim_slot *slot = find_slot(leat_sim_worker_of(world, node), message->job,
                                    leat_message_target(message), message->generation);
    if (slot == NULL)
        return;
    leat_slot_event event = {.kind = LEAT_SLOT_MESSAGE};
    event.message = *message;
    *message = (leat_message){0};
    slot_step(world, node, slot, &event);
}

void leat_sim_slot_run(leat_sim_world *world, uint32_t node, const leat_sim_event *event)
{
    leat_sim_slot *slot =
        find_slot(leat_sim_worker_of(world, node), event->job, event->slot, event->generation);
    bool is_newest = slot != NULL && slot->run_number == event->number;
    if (!is_newest)
        return;
    slot->run_ns = 0;
    leat_slot_event run = {.kind = LEAT_SLOT_RUN};
    slot_step(world, node, slot, &run);
}
