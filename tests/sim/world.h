/* SPDX-License-Identifier: Apache-2.0
 *
 * world - a whole cluster in one thread, from one seed: nodes, links, disks, time.
 *
 * The nodes run the product's own libraries: coordinator core, worker cores, slots with their
 * operators and state tables, the state disk over kv_mem. The world only moves what they say,
 * late, and now and then loses it in the ways that ZeroMQ, processes and machines do.
 *
 * Invariants
 *   W1  What happens is a function of the seed: one event heap by (virtual time, order of
 *       insertion), one random stream per purpose, no clock, no addresses in decisions.
 *   W2  A node that dies takes its life number with it: whatever was under way to, from or
 *       inside that life is judged by it.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "common/base/heap.h"
#include "common/base/mutant.h"
#include "common/base/prng.h"
#include "common/kv/kv_mem.h"
#include "coordinator/core/view.h"
#include "tests/sim/faults.h"
#include "tests/sim/workload.h"
#include "worker/core/core.h"
#include "worker/exec/slot.h"
#include "worker/exec/state_disk.h"
#include "worker/exec/state_reader.h"

enum {
    SIM_WORKERS_MAX = 6,
    SIM_NODE_COORDINATOR = 0, /* worker i is node i + 1 */
    SIM_NODES_MAX = SIM_WORKERS_MAX + 1,
};

/* ---- links: one direction each ---- */

typedef struct sim_link {
    uint32_t connection; /* counts re-connections */
    uint64_t sent;       /* frames on all connections */
    uint64_t lost_from;  /* frames of older connections from this number on are lost ... */
    uint64_t lost_to;    /* ... up to here */
    sim_ns last_ns;      /* arrival of the newest frame: FIFO */
    bool is_cut;         /* frames wait in `held` for the heal */
    sim_ns slow_ns;      /* added to every frame */
    LEAT_VEC(struct sim_event *) held;
} sim_link;

/* ---- events ---- */

typedef enum sim_event_kind {
    SIM_EVENT_COORD_WAKE,
    SIM_EVENT_WORKER_WAKE,
    SIM_EVENT_FRAME,     /* a message arrives over a link */
    SIM_EVENT_LINK_NEWS, /* a node hears that its control connection broke or stands */
    SIM_EVENT_DOWN,      /* worker core -> slot ring */
    SIM_EVENT_UP,        /* slot -> worker core ring */
    SIM_EVENT_LOCAL,     /* slot -> slot of the same worker */
    SIM_EVENT_SLOT_RUN,
    SIM_EVENT_DISK, /* the journal thread has finished its batch */
    SIM_EVENT_MERGE,
    SIM_EVENT_ROOM, /* file operations that found no room try again */
    SIM_EVENT_FAULT,
    SIM_EVENT_KIND_COUNT
} sim_event_kind;

typedef struct sim_event {
    sim_event_kind kind;
    uint32_t node; /* whose */
    uint32_t life; /* ... life it belongs to */
    uint32_t from; /* FRAME: sender */
    uint32_t from_life;
    sim_lane lane;
    uint32_t connection;
    uint64_t number; /* FRAME: of the link; SLOT_RUN: of the wish */
    uint32_t job;    /* SLOT_RUN, LOCAL */
    uint32_t slot;
    uint64_t generation;
    uint32_t index; /* FAULT: which; LINK_NEWS: 1 = up */
    union {
        leat_control control; /* FRAME on CONTROL, PEER */
        leat_message message; /* FRAME on DATA; LOCAL */
        leat_down down;
        leat_up up;
    };
    struct sim_event *next_free;
} sim_event;

/* ---- nodes ---- */

typedef struct sim_slot {
    leat_slot *slot;
    leat_state_reader *reader;
    leat_slot_store store;
    leat_deployment *deployment;
    uint32_t job;
    uint32_t index;
    uint64_t generation;
    uint32_t executor;
    sim_ns run_ns;       /* RUN is scheduled then; 0 = not */
    uint64_t run_number; /* newest wish */
} sim_slot;

typedef struct sim_worker {
    bool is_alive;
    bool is_gone; /* left in order: does not come back by itself */
    uint32_t life;
    sim_ns paused_until; /* 0 = runs */
    leat_incarnation incarnation;
    uint64_t boot;
    uint32_t executor_count;

    /* The data folder. */
    leat_kv *journal;
    leat_kv *base;
    leat_state_disk disk;
    uint32_t wipe_count;

    /* The process. */
    leat_worker_core *core;
    LEAT_VEC(sim_slot *) slots;
    LEAT_VEC(leat_disk_op) disk_waiting; /* emitted, not begun */
    LEAT_VEC(leat_disk_op) disk_busy;    /* the batch under way */
    LEAT_VEC(leat_disk_op) disk_parked;  /* of files: there was no room */
    leat_disk_op merge_busy;
    bool has_no_room; /* for sink files */
    bool had_io_error;
    sim_ns disk_slow_ns;
    sim_ns down_ns[SIM_EXECUTORS_MAX]; /* rings are FIFO */
    sim_ns up_ns;
    sim_ns local_ns;
    uint64_t disk_ops;     /* done in all lives */
    uint64_t kill_at_disk; /* die at that one; 0 = no */
    bool kill_after;
    uint64_t io_fails_at; /* the first transaction from there on fails; 0 = no */
} sim_worker;

typedef struct sim_coordinator {
    bool is_alive;
    uint32_t life;
    sim_ns paused_until;
    leat_coord_core *core;
    LEAT_VEC(leat_blob *) log; /* durable */
    uint64_t record_count;
    uint64_t kill_at_record;
    bool kill_after;
} sim_coordinator;

/* ---- the files that all workers share ---- */

typedef struct sim_file {
    char *path;
    leat_buf bytes;
    size_t synced_bytes;
    bool is_sealed;
    bool is_published;
    bool was_sealed_once; /* for messages */
    sim_ns written_ns;    /* newest write */
    uint32_t writer;      /* node */
} sim_file;

typedef struct sim_world {
    uint64_t seed;
    sim_config config;
    leat_heap events;
    sim_ns now_ns;
    sim_event *free_events;
    leat_prng net_random, disk_random, fault_random;
    sim_coordinator coordinator;
    sim_worker workers[SIM_WORKERS_MAX];
    sim_link links[SIM_LANE_COUNT][SIM_NODES_MAX][SIM_NODES_MAX];
    LEAT_VEC(sim_file *) files;
    leat_connectors connectors;
    const sim_topology *topology;

    sim_ns swept_ns;                    /* newest sweep */
    uint64_t logged_epoch;              /* completed according to the durable log */
    uint64_t lost[SIM_WORKERS_MAX * 8]; /* worker ids of disks that were wiped or rotted */
    bool is_healed;
    bool is_over;
    bool was_stopped;
    uint64_t trace_hash;
    uint64_t event_count;
    uint64_t epoch_count;
    uint64_t generation_count;
    bool prints;       /* the story goes to stdout */
    char failure[512]; /* "" = none */
} sim_world;

/* world.c */
sim_world *sim_world_new(uint64_t seed, const sim_config *config, bool prints);
void sim_world_free(sim_world **world);
/* Run to the end. True: everything held. */
bool sim_world_run(sim_world *world);
sim_event *sim_event_new(sim_world *world, sim_event_kind kind, uint32_t node);
void sim_event_drop(sim_world *world, sim_event *event);
void sim_schedule(sim_world *world, sim_ns at_ns, sim_event *event);
void sim_fail(sim_world *world, const char *format, ...) LEAT_PRINTF(2, 3);
void sim_say(sim_world *world, uint32_t node, const char *format, ...) LEAT_PRINTF(3, 4);
void sim_trace(void *context, const leat_trace_event *event);
bool sim_node_is_alive(const sim_world *world, uint32_t node);
uint32_t sim_node_life(const sim_world *world, uint32_t node);
sim_ns sim_node_paused_until(const sim_world *world, uint32_t node);

static inline sim_worker *sim_worker_of(sim_world *world, uint32_t node)
{
    return &world->workers[node - 1];
}

static inline int64_t sim_now_ms(const sim_world *world)
{
    return (int64_t)(world->now_ns / SIM_MS);
}

static inline sim_ns sim_jitter(leat_prng *prng, sim_ns about)
{
    return about / 2 + leat_prng_below(prng, about + 1);
}

/* When the next item of a FIFO ring arrives: after the last one, about `about` from now. */
static inline void sim_ring_next(sim_world *world, sim_ns *last_ns, sim_ns about)
{
    sim_ns at_ns = world->now_ns + sim_jitter(&world->net_random, about);
    *last_ns = LEAT_MAX(*last_ns + 1, at_ns);
}

/* net.c */
void sim_net_send(sim_world *world, sim_lane lane, uint32_t from, uint32_t to, sim_event *frame);
bool sim_net_arrives(sim_world *world, const sim_event *frame); /* or was lost on the way */
void sim_net_reset(sim_world *world, sim_lane lane, uint32_t a, uint32_t b, bool is_heard);
void sim_net_cut(sim_world *world, sim_lane lane, uint32_t from, uint32_t to, bool is_cut);
void sim_net_node_died(sim_world *world, uint32_t node);
void sim_net_heal(sim_world *world);

/* coordinator_node.c */
void sim_coordinator_start(sim_world *world);
void sim_coordinator_kill(sim_world *world);
void sim_coordinator_event(sim_world *world, leat_coord_event *event);
void sim_coordinator_command(sim_world *world, leat_command_kind kind);
bool sim_coordinator_job(const sim_world *world, leat_job_view *out_view);

/* worker_node.c */
void sim_worker_make(sim_world *world, uint32_t node);
void sim_worker_start(sim_world *world, uint32_t node);
void sim_worker_kill(sim_world *world, uint32_t node);
void sim_worker_wipe(sim_world *world, uint32_t node);
void sim_worker_event(sim_world *world, uint32_t node, leat_worker_event *event);

/* worker_disk.c */
void sim_worker_disk_op(sim_world *world, uint32_t node, leat_disk_op *op);
void sim_worker_disk_done(sim_world *world, uint32_t node);
void sim_worker_disk_crash(sim_world *world, uint32_t node);
void sim_worker_room(sim_world *world, uint32_t node);
/* A byte of something that is kept turns over. False: nothing is. */
bool sim_worker_rot(sim_world *world, uint32_t node);
void sim_worker_merge_done(sim_world *world, uint32_t node);

/* executor_node.c */
void sim_slot_down(sim_world *world, uint32_t node, leat_down *down, uint32_t executor);
void sim_slot_message(sim_world *world, uint32_t node, leat_message *message);
void sim_slot_run(sim_world *world, uint32_t node, const sim_event *event);
void sim_slots_free(sim_world *world, uint32_t node);

/* files.c */
void sim_file_op(sim_world *world, uint32_t node, const leat_disk_op *op, leat_disk_done *done);
void sim_files_power_loss(sim_world *world, uint32_t node);
void sim_files_free(sim_world *world);

/* faults.c */
void sim_fault_strike(sim_world *world, uint32_t index);
void sim_heal(sim_world *world);
/* Whether that copy may be bad: the disk was wiped, or a byte of it turned over. */
bool sim_was_lost(const sim_world *world, uint64_t worker_id);
/* The node comes back by then, unless it left in order. */
void sim_start_again(sim_world *world, uint32_t node, sim_ns in_ns);

/* reference.c: the rows that an undisturbed run of the world's topology leaves in its sink, folded
 * and sorted, a line each, or NULL after a failure. The caller frees what is in them. */
typedef LEAT_VEC(char *) sim_lines;
void sim_lines_fini(sim_lines *lines);
/* Cut text into lines. False: it does not end with one. */
bool sim_lines_cut(leat_bytes text, sim_lines *out);
/* Apply a changelog. A row that is taken back but not there is a failure of the world. */
void sim_lines_fold(sim_world *world, const char *sink, const sim_lines *changes, sim_lines *out);
void sim_lines_sort(sim_lines *lines);
void sim_reference(sim_world *world, const sim_sink *sink, sim_lines *out);

/* oracle.c */
void sim_check_output(sim_world *world);
void sim_check_replicas(sim_world *world);

#endif
