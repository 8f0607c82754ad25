/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/base/alloc.h"
#include "coordinator/core/story.h"
#include "worker/core/story.h"

enum {
    HEAL_MS = 5000,       /* no fault strikes or lasts beyond */
    DEADLINE_MS = 60000,  /* the job must be over by then */
    EVENTS_MAX = 3000000, /* W1: a run that does not end is a failure too */
};

sim_event *sim_event_new(sim_world *world, sim_event_kind kind, uint32_t node)
{
    sim_event *event = world->free_events;
    if (event != NULL)
        world->free_events = event->next_free;
    else
        event = leat_alloc(sizeof *event);
    memset(event, 0, sizeof *event);
    event->kind = kind;
    event->node = node;
    event->life = sim_node_life(world, node);
    return event;
}

void sim_event_drop(sim_world *world, sim_event *event)
{
    if (event->kind == SIM_EVENT_FRAME && event->lane != SIM_LANE_DATA)
        leat_control_fini(&event->control);
    else if (event->kind == SIM_EVENT_FRAME || event->kind == SIM_EVENT_LOCAL)
        leat_message_fini(&event->message);
    else if (event->kind == SIM_EVENT_DOWN)
        leat_down_fini(&event->down);
    else if (event->kind == SIM_EVENT_UP)
        leat_up_fini(&event->up);
    event->next_free = world->free_events;
    world->free_events = event;
}

void sim_schedule(sim_world *world, sim_ns at_ns, sim_event *event)
{
    leat_heap_add(&world->events, LEAT_MAX(at_ns, world->now_ns), event);
}

void sim_fail(sim_world *world, const char *format, ...)
{
    if (world->failure[0] != '\0')
        return; /* the first one is the cause */
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(world->failure, sizeof world->failure, format, arguments);
    va_end(arguments);
    world->is_over = true;
    sim_say(world, SIM_NODE_COORDINATOR, "FAILURE: %s", world->failure);
}

static void print_node(uint32_t node)
{
    if (node == SIM_NODE_COORDINATOR)
        printf("c   ");
    else
        printf("w%-2u ", node);
}

void sim_say(sim_world *world, uint32_t node, const char *format, ...)
{
    if (!world->prints)
        return;
    printf("[%6" PRIu64 ".%03" PRIu64 "] ", world->now_ns / SIM_MS, world->now_ns / 1000 % 1000);
    print_node(node);
    va_list arguments;
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

void sim_trace(void *context, const leat_trace_event *event)
{
    sim_world *world = context;
    world->trace_hash = leat_trace_hash(world->trace_hash, event);
    if (event->event == LEAT_COORD_SAYS_EPOCH_DONE)
        world->epoch_count++;
    if (event->event == LEAT_COORD_SAYS_GENERATION)
        world->generation_count++;
    /* Wiped disks have other names; rotten ones may say so. */
    if (event->event == LEAT_COORD_SAYS_COPY_LOST && !sim_was_lost(world, event->args[2]))
        sim_fail(world,
                 "worker %" PRIu64 " cannot restore slot %" PRIu64 ", but counted as a holder",
                 event->args[2], event->args[1]);
    if (!world->prints)
        return;
    leat_buf text = {0};
    if (event->event > LEAT_WORKER_STORY_BASE)
        leat_trace_format(event, leat_worker_story, leat_worker_story_count, &text);
    else
        leat_trace_format(event, leat_coord_story, leat_coord_story_count, &text);
    sim_say(world, event->node, "%s", leat_buf_text(&text));
    leat_buf_fini(&text);
}

bool sim_node_is_alive(const sim_world *world, uint32_t node)
{
    return node == SIM_NODE_COORDINATOR ? world->coordinator.is_alive
                                        : world->workers[node - 1].is_alive;
}

uint32_t sim_node_life(const sim_world *world, uint32_t node)
{
    return node == SIM_NODE_COORDINATOR ? world->coordinator.life : world->workers[node - 1].life;
}

sim_ns sim_node_paused_until(const sim_world *world, uint32_t node)
{
    return node == SIM_NODE_COORDINATOR ? world->coordinator.paused_until
                                        : world->workers[node - 1].paused_until;
}

sim_world *sim_world_new(uint64_t seed, const sim_config *config, bool prints)
{
    sim_world *world = LEAT_NEW(sim_world);
    world->seed = seed;
    world->config = *config;
    world->prints = prints;
    world->net_random.state = seed * 3 + 1;
    world->disk_random.state = seed * 5 + 2;
    world->fault_random.state = seed * 7 + 3;
    sim_workload_now = config->load;
    sim_workload_connectors(&world->connectors);
    world->topology = sim_topology_get(config->topology);
    for (uint32_t w = 1; w <= config->worker_count; w++)
        sim_worker_make(world, w);
    return world;
}

static void coordinator_free(sim_world *world)
{
    leat_coord_core_free(&world->coordinator.core);
    for (size_t i = 0; i < world->coordinator.log.count; i++)
        leat_blob_unref(&world->coordinator.log.items[i]);
    leat_vec_fini(&world->coordinator.log);
}

static void worker_free(sim_world *world, uint32_t node)
{
    sim_worker *worker = sim_worker_of(world, node);
    if (worker->journal == NULL)
        return;
    sim_slots_free(world, node);
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

void sim_world_free(sim_world **world_at)
{
    sim_world *world = LEAT_TAKE(*world_at);
    while (!leat_heap_is_empty(&world->events))
        sim_event_drop(world, leat_heap_take(&world->events).value);
    leat_heap_fini(&world->events);
    for (uint32_t node = 1; node < SIM_NODES_MAX; node++)
        worker_free(world, node);
    coordinator_free(world);
    sim_files_free(world);
    for (uint32_t lane = 0; lane < SIM_LANE_COUNT; lane++) {
        for (uint32_t a = 0; a < SIM_NODES_MAX; a++) {
            for (uint32_t b = 0; b < SIM_NODES_MAX; b++) {
                sim_link *link = &world->links[lane][a][b];
                for (size_t i = 0; i < link->held.count; i++)
                    sim_event_drop(world, link->held.items[i]);
                leat_vec_fini(&link->held);
            }
        }
    }
    while (world->free_events != NULL) {
        sim_event *next = world->free_events->next_free;
        leat_free(world->free_events);
        world->free_events = next;
    }
    leat_free(world);
}

/* ---- the loop ---- */

static void frame_arrives(sim_world *world, sim_event *event)
{
    if (!sim_net_arrives(world, event))
        return;
    if (event->lane == SIM_LANE_DATA) {
        sim_slot_message(world, event->node, &event->message);
        return;
    }
    if (event->node == SIM_NODE_COORDINATOR) {
        leat_coord_event to = {.kind = LEAT_COORD_MESSAGE, .peer = event->from};
        to.message = event->control;
        event->control = (leat_control){0};
        sim_coordinator_event(world, &to);
        return;
    }
    leat_worker_event to = {.kind = LEAT_WORKER_COORDINATOR};
    if (event->lane == SIM_LANE_PEER)
        to.kind = LEAT_WORKER_PEER;
    to.message = event->control;
    event->control = (leat_control){0};
    sim_worker_event(world, event->node, &to);
}

static void link_news(sim_world *world, const sim_event *event)
{
    if (event->node == SIM_NODE_COORDINATOR) {
        leat_coord_event to = {.kind = LEAT_COORD_LINK_DOWN, .peer = event->from};
        sim_coordinator_event(world, &to);
        return;
    }
    leat_worker_event to = {.kind =
                                event->index == 1 ? LEAT_WORKER_LINK_UP : LEAT_WORKER_LINK_DOWN};
    sim_worker_event(world, event->node, &to);
}

static void event_handle(sim_world *world, sim_event *event)
{
    switch (event->kind) {
    case SIM_EVENT_COORD_WAKE: {
        leat_coord_event wake = {.kind = LEAT_COORD_WAKE};
        sim_coordinator_event(world, &wake);
        return;
    }
    case SIM_EVENT_WORKER_WAKE: {
        leat_worker_event wake = {.kind = LEAT_WORKER_WAKE};
        sim_worker_event(world, event->node, &wake);
        return;
    }
    case SIM_EVENT_FRAME:
        frame_arrives(world, event);
        return;
    case SIM_EVENT_LINK_NEWS:
        link_news(world, event);
        return;
    case SIM_EVENT_DOWN:
        sim_slot_down(world, event->node, &event->down, event->index);
        return;
    case SIM_EVENT_UP: {
        leat_worker_event up = {.kind = LEAT_WORKER_SLOT};
        up.up = event->up;
        event->up = (leat_up){0};
        sim_worker_event(world, event->node, &up);
        return;
    }
    case SIM_EVENT_LOCAL:
        sim_slot_message(world, event->node, &event->message);
        return;
    case SIM_EVENT_SLOT_RUN:
        sim_slot_run(world, event->node, event);
        return;
    case SIM_EVENT_DISK:
        sim_worker_disk_done(world, event->node);
        return;
    case SIM_EVENT_MERGE:
        sim_worker_merge_done(world, event->node);
        return;
    case SIM_EVENT_ROOM:
        sim_worker_room(world, event->node);
        return;
    case SIM_EVENT_FAULT:
        sim_fault_strike(world, event->index);
        return;
    case SIM_EVENT_KIND_COUNT:
        return;
    }
}

typedef enum due { DUE_NOW, DUE_LATER, DUE_NEVER } due;

/* W2 */
static due event_due(const sim_world *world, const sim_event *event)
{
    if (event->kind == SIM_EVENT_FAULT)
        return DUE_NOW;
    bool is_frame = event->kind == SIM_EVENT_FRAME || event->kind == SIM_EVENT_LINK_NEWS;
    if (!sim_node_is_alive(world, event->node))
        return DUE_NEVER;
    if (!is_frame && event->life != sim_node_life(world, event->node))
        return DUE_NEVER;
    return sim_node_paused_until(world, event->node) > world->now_ns ? DUE_LATER : DUE_NOW;
}

static void check_end(sim_world *world)
{
    leat_job_view view;
    if (!sim_coordinator_job(world, &view)) {
        sim_coordinator_command(world, LEAT_COMMAND_SUBMIT); /* it died before it was logged */
        return;
    }
    if (view.state == LEAT_JOB_FINISHED)
        world->is_over = true;
    else if (view.state == LEAT_JOB_STOPPED && !world->was_stopped)
        sim_fail(world, "job stopped by itself");
    else if (view.state == LEAT_JOB_FAILED)
        sim_fail(world, "job failed: %s", view.reason);
    else if (view.state == LEAT_JOB_HALTED && !world->config.is_over_budget)
        sim_fail(world, "job halted: %s", view.reason);
    else if (view.state == LEAT_JOB_HALTED)
        world->is_over = true;
    else if (view.state == LEAT_JOB_STOPPED) /* by a fault: go on where it stopped */
        sim_coordinator_command(world, LEAT_COMMAND_SUBMIT);
}

static void world_begin(sim_world *world)
{
    sim_coordinator_start(world);
    for (uint32_t w = 1; w <= world->config.worker_count; w++)
        sim_worker_start(world, w);
    for (uint32_t i = 0; i < world->config.fault_count; i++) {
        sim_event *event = sim_event_new(world, SIM_EVENT_FAULT, SIM_NODE_COORDINATOR);
        event->index = i;
        sim_schedule(world, world->config.faults[i].at_ns, event);
    }
    sim_event *heal = sim_event_new(world, SIM_EVENT_FAULT, SIM_NODE_COORDINATOR);
    heal->index = UINT32_MAX;
    sim_schedule(world, HEAL_MS * SIM_MS, heal);
}

bool sim_world_run(sim_world *world)
{
    world_begin(world);
    while (!world->is_over && !leat_heap_is_empty(&world->events)) {
        leat_heap_item item = leat_heap_take(&world->events);
        sim_event *event = item.value;
        LEAT_ASSERT(item.priority >= world->now_ns);
        world->now_ns = item.priority;
        if (world->now_ns > DEADLINE_MS * SIM_MS || ++world->event_count > EVENTS_MAX) {
            leat_job_view view = {0};
            (void)sim_coordinator_job(world, &view);
            sim_fail(world, "not over after %d s (%" PRIu64 " events): %s at epoch %" PRIu64 ": %s",
                     DEADLINE_MS / 1000, world->event_count, leat_job_state_name(view.state),
                     view.completed_epoch, view.reason);
        }
        due when = event_due(world, event);
        if (when == DUE_LATER) { /* the node is stopped: in the order in which they came */
            sim_schedule(world, sim_node_paused_until(world, event->node), event);
            continue;
        }
        if (when == DUE_NOW)
            event_handle(world, event);
        sim_event_drop(world, event);
        if (!world->is_over)
            check_end(world);
    }
    if (world->failure[0] == '\0')
        sim_check_output(world);
    if (world->failure[0] == '\0')
        sim_check_replicas(world);
    return world->failure[0] == '\0';
}
