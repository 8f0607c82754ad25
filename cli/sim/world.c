/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/base/alloc.h"
#include "coordinator/core/story.h"
#include "worker/core/story.h"

leat_sim_event *leat_sim_event_new(leat_sim_world *world, leat_sim_event_kind kind, uint32_t node)
{
    leat_sim_event *event = world->free_events;
    if (event != NULL)
        world->free_events = event->next_free;
    else
        event = leat_alloc(sizeof *event);
    memset(event, 0, sizeof *event);
    event->kind = kind;
    event->node = node;
    event->life = leat_sim_node_life(world, node);
    return event;
}

void leat_sim_event_drop(leat_sim_world *world, leat_sim_event *event)
{
    if (event->kind == LEAT_SIM_EVENT_FRAME && event->lane != LEAT_SIM_LANE_DATA)
        leat_control_fini(&event->control);
    else if (event->kind == LEAT_SIM_EVENT_FRAME || event->kind == LEAT_SIM_EVENT_LOCAL)
        leat_message_fini(&event->message);
    else if (event->kind == LEAT_SIM_EVENT_DOWN)
        leat_down_fini(&event->down);
    else if (event->kind == LEAT_SIM_EVENT_UP)
        leat_up_fini(&event->up);
    event->next_free = world->free_events;
    world->free_events = event;
}

void leat_sim_schedule(leat_sim_world *world, leat_sim_ns at_ns, leat_sim_event *event)
{
    leat_heap_add(&world->events, LEAT_MAX(at_ns, world->now_ns), event);
}

void leat_sim_fail(leat_sim_world *world, const char *format, ...)
{
    if (world->failure[0] != '\0')
        return; /* the first one is the cause */
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(world->failure, sizeof world->failure, format, arguments);
    va_end(arguments);
    world->is_over = true;
    leat_sim_say(world, LEAT_SIM_NODE_COORDINATOR, "FAILURE: %s", world->failure);
}

static void print_node(uint32_t node)
{
    if (node == LEAT_SIM_NODE_COORDINATOR)
        printf("c   ");
    else
        printf("w%-2u ", node);
}

void leat_sim_say(leat_sim_world *world, uint32_t node, const char *format, ...)
{
    if (!world->prints)
        return;
    printf("[%6" PRIu64 ".%03" PRIu64 "] ", world->now_ns / LEAT_SIM_MS,
           world->now_ns / 1000 % 1000);
    print_node(node);
    va_list arguments;
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void leat_sim_trace(void *context, const leat_trace_event *event)
{
    leat_sim_world *world = context;
    world->trace_hash = leat_trace_hash(world->trace_hash, event);
    if (event->event == LEAT_COORD_SAYS_EPOCH_DONE)
        world->epoch_count++;
    if (event->event == LEAT_COORD_SAYS_GENERATION)
        world->generation_count++;
    /* Wiped disks have other names; rotten ones may say so. */
    if (event->event == LEAT_COORD_SAYS_COPY_LOST && !leat_sim_was_lost(world, event->args[2]))
        leat_sim_fail(world,
                      "worker %" PRIu64 " cannot restore slot %" PRIu64 ", but counted as a holder",
                      event->args[2], event->args[1]);
    if (!world->prints)
        return;
    leat_buf text = {0};
    if (event->event > LEAT_WORKER_STORY_BASE)
        leat_trace_format(event, leat_worker_story, leat_worker_story_count, &text);
    else
        leat_trace_format(event, leat_coord_story, leat_coord_story_count, &text);
    leat_sim_say(world, event->node, "%s", leat_buf_text(&text));
    leat_buf_fini(&text);
}

bool leat_sim_node_is_alive(const leat_sim_world *world, uint32_t node)
{
    return node == LEAT_SIM_NODE_COORDINATOR ? world->coordinator.is_alive
                                             : world->workers[node - 1].is_alive;
}

uint32_t leat_sim_node_life(const leat_sim_world *world, uint32_t node)
{
    return node == LEAT_SIM_NODE_COORDINATOR ? world->coordinator.life
                                             : world->workers[node - 1].life;
}

leat_sim_ns leat_sim_node_paused_until(const leat_sim_world *world, uint32_t node)
{
    return node == LEAT_SIM_NODE_COORDINATOR ? world->coordinator.paused_until
                                             : world->workers[node - 1].paused_until;
}

leat_sim_world *leat_sim_world_new(uint64_t seed, const leat_sim_config *config, bool prints)
{
    leat_sim_world *world = LEAT_NEW(leat_sim_world);
    world->seed = seed;
    world->config = *config;
    world->prints = prints;
    world->net_random.state = seed * 3 + 1;
    world->disk_random.state = seed * 5 + 2;
    world->fault_random.state = seed * 7 + 3;
    for (uint32_t w = 1; w <= config->worker_count; w++)
        leat_sim_worker_make(world, w);
    return world;
}

static void coordinator_free(leat_sim_world *world)
{
    leat_coord_core_free(&world->coordinator.core);
    for (size_t i = 0; i < world->coordinator.log.count; i++)
        leat_blob_unref(&world->coordinator.log.items[i]);
    leat_vec_fini(&world->coordinator.log);
}

static void worker_free(leat_sim_world *world, uint32_t node)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    if (worker->journal == NULL)
        return;
    leat_sim_slots_free(world, node);
    leat_vec_fini(&worker->slots);
    leat_worker_core_free(&worker->core);
    LEAT_VEC_EACH (op, &worker->disk_waiting)
        leat_disk_op_fini(op);
    LEAT_VEC_EACH (op, &worker->disk_busy)
        leat_disk_op_fini(op);
    LEAT_VEC_EACH (op, &worker->disk_parked)
        leat_disk_op_fini(op);
    leat_disk_op_fini(&worker->merge_busy);
    leat_vec_fini(&worker->disk_parked);
    leat_vec_fini(&worker->disk_waiting);
    leat_vec_fini(&worker->disk_busy);
    leat_kv_close(&worker->journal);
    leat_kv_close(&worker->base);
}

void leat_sim_world_free(leat_sim_world **world_at)
{
    leat_sim_world *world = LEAT_TAKE(*world_at);
    while (!leat_heap_is_empty(&world->events))
        leat_sim_event_drop(world, leat_heap_take(&world->events).value);
    leat_heap_fini(&world->events);
    for (uint32_t node = 1; node < LEAT_SIM_NODES_MAX; node++)
        worker_free(world, node);
    coordinator_free(world);
    leat_sim_files_free(world);
    for (uint32_t lane = 0; lane < LEAT_SIM_LANE_COUNT; lane++) {
        for (uint32_t a = 0; a < LEAT_SIM_NODES_MAX; a++) {
            for (uint32_t b = 0; b < LEAT_SIM_NODES_MAX; b++) {
                leat_sim_link *link = &world->links[lane][a][b];
                for (size_t i = 0; i < link->held.count; i++)
                    leat_sim_event_drop(world, link->held.items[i]);
                leat_vec_fini(&link->held);
            }
        }
    }
    while (world->free_events != NULL) {
        leat_sim_event *next = world->free_events->next_free;
        leat_free(world->free_events);
        world->free_events = next;
    }
    leat_free(world);
}

void leat_sim_set_clock(leat_sim_world *world, leat_time now_us)
{
    world->has_clock = true;
    world->clock_us = now_us;
}

static bool is_node_calm(const leat_sim_world *world, uint32_t node)
{
    const leat_sim_worker *worker =
        node == LEAT_SIM_NODE_COORDINATOR ? NULL : &world->workers[node - 1];
    if (worker != NULL && worker->is_gone)
        return true;
    return leat_sim_node_is_alive(world, node) &&
           leat_sim_node_paused_until(world, node) <= world->now_ns &&
           (worker == NULL || !worker->has_no_room);
}

bool leat_sim_is_calm(const leat_sim_world *world)
{
    uint32_t node_count = world->config.worker_count + 1;
    for (uint32_t node = 0; node < node_count; node++)
        if (!is_node_calm(world, node))
            return false;
    return world->cut_count == 0;
}

/* ---- the loop ---- */

static void frame_arrives(leat_sim_world *world, leat_sim_event *event)
{
    if (!leat_sim_net_arrives(world, event))
        return;
    if (event->lane == LEAT_SIM_LANE_DATA) {
        leat_sim_slot_message(world, event->node, &event->message);
        return;
    }
    if (event->node == LEAT_SIM_NODE_COORDINATOR) {
        leat_coord_event to = {.kind = LEAT_COORD_MESSAGE, .peer = event->from};
        to.message = event->control;
        event->control = (leat_control){0};
        leat_sim_coordinator_event(world, &to);
        return;
    }
    leat_worker_event to = {.kind = LEAT_WORKER_COORDINATOR};
    if (event->lane == LEAT_SIM_LANE_PEER)
        to.kind = LEAT_WORKER_PEER;
    to.message = event->control;
    event->control = (leat_control){0};
    leat_sim_worker_event(world, event->node, &to);
}

static void link_news(leat_sim_world *world, const leat_sim_event *event)
{
    if (event->node == LEAT_SIM_NODE_COORDINATOR) {
        leat_coord_event to = {.kind = LEAT_COORD_LINK_DOWN, .peer = event->from};
        leat_sim_coordinator_event(world, &to);
        return;
    }
    leat_worker_event to = {.kind =
                                event->index == 1 ? LEAT_WORKER_LINK_UP : LEAT_WORKER_LINK_DOWN};
    leat_sim_worker_event(world, event->node, &to);
}

static void event_handle(leat_sim_world *world, leat_sim_event *event)
{
    switch (event->kind) {
    case LEAT_SIM_EVENT_COORD_WAKE: {
        leat_coord_event wake = {.kind = LEAT_COORD_WAKE};
        leat_sim_coordinator_event(world, &wake);
        return;
    }
    case LEAT_SIM_EVENT_WORKER_WAKE: {
        leat_worker_event wake = {.kind = LEAT_WORKER_WAKE};
        leat_sim_worker_event(world, event->node, &wake);
        return;
    }
    case LEAT_SIM_EVENT_FRAME:
        frame_arrives(world, event);
        return;
    case LEAT_SIM_EVENT_LINK_NEWS:
        link_news(world, event);
        return;
    case LEAT_SIM_EVENT_DOWN:
        leat_sim_slot_down(world, event->node, &event->down, event->index);
        return;
    case LEAT_SIM_EVENT_UP: {
        leat_worker_event up = {.kind = LEAT_WORKER_SLOT};
        up.up = event->up;
        event->up = (leat_up){0};
        leat_sim_worker_event(world, event->node, &up);
        return;
    }
    case LEAT_SIM_EVENT_LOCAL:
        leat_sim_slot_message(world, event->node, &event->message);
        return;
    case LEAT_SIM_EVENT_SLOT_RUN:
        leat_sim_slot_run(world, event->node, event);
        return;
    case LEAT_SIM_EVENT_DISK:
        leat_sim_worker_disk_done(world, event->node);
        return;
    case LEAT_SIM_EVENT_MERGE:
        leat_sim_worker_merge_done(world, event->node);
        return;
    case LEAT_SIM_EVENT_ROOM:
        leat_sim_worker_room(world, event->node);
        return;
    case LEAT_SIM_EVENT_FAULT:
        leat_sim_fault_strike(world, event->index);
        return;
    case LEAT_SIM_EVENT_KIND_COUNT:
        return;
    }
}

typedef enum due { DUE_NOW, DUE_LATER, DUE_NEVER } due;

/* W2 */
static due event_due(const leat_sim_world *world, const leat_sim_event *event)
{
    if (event->kind == LEAT_SIM_EVENT_FAULT)
        return DUE_NOW;
    bool is_frame = event->kind == LEAT_SIM_EVENT_FRAME || event->kind == LEAT_SIM_EVENT_LINK_NEWS;
    if (!leat_sim_node_is_alive(world, event->node))
        return DUE_NEVER;
    if (!is_frame && event->life != leat_sim_node_life(world, event->node))
        return DUE_NEVER;
    return leat_sim_node_paused_until(world, event->node) > world->now_ns ? DUE_LATER : DUE_NOW;
}

/* True: this job needs nothing more. */
static bool check_job(leat_sim_world *world, uint32_t index)
{
    const leat_command submit = {.kind = LEAT_COMMAND_SUBMIT};
    leat_job_view view;
    if (world->jobs[index].is_over)
        return true;
    if (!leat_sim_coordinator_job(world, index, &view)) {
        /* It died before it was logged. */
        leat_sim_coordinator_command(world, index, submit);
        return false;
    }
    world->jobs[index].job = view.job;
    if (view.state == LEAT_JOB_STOPPED && !world->jobs[index].was_stopped)
        leat_sim_fail(world, "job stopped by itself");
    else if (view.state == LEAT_JOB_FAILED)
        leat_sim_fail(world, "job failed: %s", view.reason);
    else if (view.state == LEAT_JOB_HALTED)
        leat_sim_fail(world, "job halted: %s", view.reason);
    else if (view.state == LEAT_JOB_STOPPED) /* by a fault: go on where it stopped */
        leat_sim_coordinator_command(world, index, submit);
    world->jobs[index].is_over = view.state == LEAT_JOB_FINISHED;
    return world->jobs[index].is_over;
}

static void check_end(leat_sim_world *world)
{
    bool is_over = true;
    for (uint32_t i = 0; i < world->config.job_count && world->failure[0] == '\0'; i++)
        is_over &= check_job(world, i);
    world->is_over |= is_over;
}

static void check_limits(leat_sim_world *world)
{
    if (leat_sim_now_ms(world) <= world->config.deadline_ms &&
        ++world->event_count <= world->config.events_max)
        return;
    for (uint32_t i = 0; i < world->config.job_count; i++) {
        leat_job_view view = {0};
        (void)leat_sim_coordinator_job(world, i, &view);
        if (view.state != LEAT_JOB_FINISHED)
            leat_sim_fail(world,
                          "not over after %" PRId64 " ms (%" PRIu64 " events): %s at epoch %" PRIu64
                          ": %s",
                          leat_sim_now_ms(world), world->event_count,
                          leat_job_state_name(view.state), view.completed_epoch, view.reason);
    }
}

static void world_begin(leat_sim_world *world)
{
    world->has_begun = true;
    leat_sim_coordinator_start(world);
    for (uint32_t w = 1; w <= world->config.worker_count; w++)
        leat_sim_worker_start(world, w);
    for (uint32_t i = 0; i < world->config.fault_count; i++) {
        leat_sim_event *event =
            leat_sim_event_new(world, LEAT_SIM_EVENT_FAULT, LEAT_SIM_NODE_COORDINATOR);
        event->index = i;
        leat_sim_schedule(world, world->config.faults[i].at_ns, event);
    }
    leat_sim_event *heal =
        leat_sim_event_new(world, LEAT_SIM_EVENT_FAULT, LEAT_SIM_NODE_COORDINATOR);
    heal->index = UINT32_MAX;
    leat_sim_schedule(world, (leat_sim_ns)world->config.heal_ms * LEAT_SIM_MS, heal);
}

bool leat_sim_world_step(leat_sim_world *world)
{
    if (!world->has_begun)
        world_begin(world);
    if (world->is_over || leat_heap_is_empty(&world->events))
        return false;
    leat_heap_item item = leat_heap_take(&world->events);
    leat_sim_event *event = item.value;
    LEAT_ASSERT(item.priority >= world->now_ns);
    world->now_ns = item.priority;
    check_limits(world);
    due when = event_due(world, event);
    if (when == DUE_LATER) { /* the node is stopped: in the order in which they came */
        leat_sim_schedule(world, leat_sim_node_paused_until(world, event->node), event);
        return true;
    }
    if (when == DUE_NOW)
        event_handle(world, event);
    leat_sim_event_drop(world, event);
    if (!world->is_over)
        check_end(world);
    return !world->is_over;
}

bool leat_sim_world_run(leat_sim_world *world)
{
    while (leat_sim_world_step(world))
        continue;
    return world->failure[0] == '\0';
}
