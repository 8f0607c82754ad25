/* SPDX-License-Identifier: Apache-2.0
 *
 * world - a whole cluster in one thread, from one seed: nodes, links, disks, time, jobs.
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
#ifndef LEAT_CLI_SIM_WORLD_H
#define LEAT_CLI_SIM_WORLD_H

#include "cli/sim/config.h"
#include "cli/sim/files.h"
#include "common/base/heap.h"
#include "common/base/mutant.h"
#include "common/base/prng.h"
#include "common/kv/kv_mem.h"
#include "coordinator/core/view.h"
#include "worker/core/core.h"
#include "worker/exec/slot.h"
#include "worker/exec/state_disk.h"
#include "worker/exec/state_reader.h"

enum {
    LEAT_SIM_WORKERS_MAX = 6,
    LEAT_SIM_NODE_COORDINATOR = 0, /* worker i is node i + 1 */
    LEAT_SIM_NODES_MAX = LEAT_SIM_WORKERS_MAX + 1,
};

/* ---- links: one direction each ---- */

typedef struct leat_sim_link {
    uint32_t connection; /* counts re-connections */
    uint64_t sent;       /* frames on all connections */
    uint64_t lost_from;  /* frames of older connections from this number on are lost ... */
    uint64_t lost_to;    /* ... up to here */
    leat_sim_ns last_ns; /* arrival of the newest frame: FIFO */
    bool is_cut;         /* frames wait in `held` for the heal */
    bool is_late;        /* what is sent now survives a break */
    leat_sim_ns slow_ns; /* added to every frame */
    LEAT_VEC(struct leat_sim_event *) held;
} leat_sim_link;

/* ---- events ---- */

typedef enum leat_sim_event_kind {
    LEAT_SIM_EVENT_COORD_WAKE,
    LEAT_SIM_EVENT_WORKER_WAKE,
    LEAT_SIM_EVENT_FRAME,     /* a message arrives over a link */
    LEAT_SIM_EVENT_LINK_NEWS, /* a node hears that its control connection broke or stands */
    LEAT_SIM_EVENT_DOWN,      /* worker core -> slot ring */
    LEAT_SIM_EVENT_UP,        /* slot -> worker core ring */
    LEAT_SIM_EVENT_LOCAL,     /* slot -> slot of the same worker */
    LEAT_SIM_EVENT_SLOT_RUN,
    LEAT_SIM_EVENT_DISK, /* the journal thread has finished its batch */
    LEAT_SIM_EVENT_MERGE,
    LEAT_SIM_EVENT_ROOM, /* file operations that found no room try again */
    LEAT_SIM_EVENT_FAULT,
    LEAT_SIM_EVENT_KIND_COUNT
} leat_sim_event_kind;

typedef struct leat_sim_event {
    leat_sim_event_kind kind;
    uint32_t node; /* whose */
    uint32_t life; /* ... life it belongs to */
    uint32_t from; /* FRAME: sender */
    uint32_t from_life;
    leat_sim_lane lane;
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
    struct leat_sim_event *next_free;
} leat_sim_event;

/* ---- nodes ---- */

typedef struct leat_sim_slot {
    leat_slot *slot;
    leat_state_reader *reader;
    leat_slot_store store;
    leat_deployment *deployment;
    uint32_t job;
    uint32_t index;
    uint64_t generation;
    uint32_t executor;
    leat_sim_ns run_ns;  /* RUN is scheduled then; 0 = not */
    uint64_t run_number; /* newest wish */
} leat_sim_slot;

typedef struct leat_sim_worker {
    bool is_alive;
    bool is_gone; /* left in order: does not come back by itself */
    uint32_t life;
    leat_sim_ns paused_until; /* 0 = runs */
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
    LEAT_VEC(leat_sim_slot *) slots;
    LEAT_VEC(leat_disk_op) disk_waiting; /* emitted, not begun */
    LEAT_VEC(leat_disk_op) disk_busy;    /* the batch under way */
    LEAT_VEC(leat_disk_op) disk_parked;  /* of files: there was no room */
    leat_disk_op merge_busy;
    bool has_no_room; /* for sink files */
    bool had_io_error;
    leat_sim_ns disk_slow_ns;
    leat_sim_ns down_ns[LEAT_SIM_EXECUTORS_MAX]; /* rings are FIFO */
    leat_sim_ns up_ns;
    leat_sim_ns local_ns;
    uint64_t disk_ops;     /* done in all lives */
    uint64_t kill_at_disk; /* die at that one; 0 = no */
    bool kill_after;
    uint64_t io_fails_at; /* the first transaction from there on fails; 0 = no */
} leat_sim_worker;

typedef struct leat_sim_coordinator {
    bool is_alive;
    uint32_t life;
    leat_sim_ns paused_until;
    leat_coord_core *core;
    LEAT_VEC(leat_blob *) log; /* durable */
    uint64_t record_count;
    uint64_t kill_at_record;
    bool kill_after;
} leat_sim_coordinator;

/* By the order of leat_sim_config.jobs. */
typedef struct leat_sim_job_state {
    uint32_t job;          /* the coordinator's id; 0 = it has none yet */
    uint64_t logged_epoch; /* completed according to the durable log */
    leat_sim_ns swept_ns;  /* newest sweep */
    bool was_stopped;      /* by a fault */
    bool is_over;          /* finished */
} leat_sim_job_state;

typedef struct leat_sim_world {
    uint64_t seed;
    leat_sim_config config;
    leat_heap events;
    leat_sim_ns now_ns;
    leat_sim_event *free_events;
    leat_prng net_random, disk_random, fault_random;
    leat_sim_coordinator coordinator;
    leat_sim_worker workers[LEAT_SIM_WORKERS_MAX];
    leat_sim_link links[LEAT_SIM_LANE_COUNT][LEAT_SIM_NODES_MAX][LEAT_SIM_NODES_MAX];
    LEAT_VEC(leat_sim_file *) files;
    leat_sim_job_state jobs[LEAT_SIM_JOBS_MAX];

    uint64_t lost[LEAT_SIM_WORKERS_MAX * 8]; /* worker ids of disks that were wiped or rotted */
    bool has_begun;
    bool is_healed;
    bool is_over;
    uint64_t trace_hash;
    uint64_t event_count;
    uint64_t epoch_count;
    uint64_t generation_count;
    uint32_t cut_count;   /* links that are cut */
    uint64_t moved_count; /* rows and promises that went from slot to slot */
    bool has_clock;       /* the wall clock of slots stands at clock_us; else it is now_ns */
    leat_time clock_us;
    bool prints;       /* the story goes to stdout */
    char failure[512]; /* "" = none */
} leat_sim_world;

/* world.c */
leat_sim_world *leat_sim_world_new(uint64_t seed, const leat_sim_config *config, bool prints);
void leat_sim_world_free(leat_sim_world **world);
/* One event. False: it is over. */
bool leat_sim_world_step(leat_sim_world *world);
/* Run to the end. True: everything held. */
bool leat_sim_world_run(leat_sim_world *world);
/* What slots take for the wall clock from now on: it stands. Before, it is the time of the world.
 */
void leat_sim_set_clock(leat_sim_world *world, leat_time now_us);
/* Nothing is down, stopped, cut off or without room. */
bool leat_sim_is_calm(const leat_sim_world *world);
/* The index into config.jobs of one of the coordinator's jobs. */
uint32_t leat_sim_job_find(const leat_sim_world *world, uint32_t job);
leat_sim_event *leat_sim_event_new(leat_sim_world *world, leat_sim_event_kind kind, uint32_t node);
void leat_sim_event_drop(leat_sim_world *world, leat_sim_event *event);
void leat_sim_schedule(leat_sim_world *world, leat_sim_ns at_ns, leat_sim_event *event);
void leat_sim_fail(leat_sim_world *world, const char *format, ...) LEAT_PRINTF(2, 3);
void leat_sim_say(leat_sim_world *world, uint32_t node, const char *format, ...) LEAT_PRINTF(3, 4);
void leat_sim_trace(void *context, const leat_trace_event *event);
bool leat_sim_node_is_alive(const leat_sim_world *world, uint32_t node);
uint32_t leat_sim_node_life(const leat_sim_world *world, uint32_t node);
leat_sim_ns leat_sim_node_paused_until(const leat_sim_world *world, uint32_t node);

static inline leat_sim_worker *leat_sim_worker_of(leat_sim_world *world, uint32_t node)
{
    return &world->workers[node - 1];
}

static inline int64_t leat_sim_now_ms(const leat_sim_world *world)
{
    return (int64_t)(world->now_ns / LEAT_SIM_MS);
}

static inline leat_sim_ns leat_sim_jitter(leat_prng *prng, leat_sim_ns about)
{
    return about / 2 + leat_prng_below(prng, about + 1);
}

/* When the next item of a FIFO ring arrives: after the last one, about `about` from now. */
static inline void
leat_sim_ring_next(leat_sim_world *world, leat_sim_ns *last_ns, leat_sim_ns about)
{
    leat_sim_ns at_ns = world->now_ns + leat_sim_jitter(&world->net_random, about);
    *last_ns = LEAT_MAX(*last_ns + 1, at_ns);
}

/* net.c */
void leat_sim_net_send(
    leat_sim_world *world, leat_sim_lane lane, uint32_t from, uint32_t to, leat_sim_event *frame);
bool leat_sim_net_arrives(leat_sim_world *world,
                          const leat_sim_event *frame); /* or was lost on the way */
void leat_sim_net_reset(
    leat_sim_world *world, leat_sim_lane lane, uint32_t a, uint32_t b, bool is_heard);
void leat_sim_net_cut(
    leat_sim_world *world, leat_sim_lane lane, uint32_t from, uint32_t to, bool is_cut);
void leat_sim_net_node_died(leat_sim_world *world, uint32_t node);
void leat_sim_net_heal(leat_sim_world *world);

/* coordinator_node.c */
void leat_sim_coordinator_start(leat_sim_world *world);
void leat_sim_coordinator_kill(leat_sim_world *world);
void leat_sim_coordinator_event(leat_sim_world *world, leat_coord_event *event);
/* A person's wish for the job of that index; a SUBMIT is filled in. */
void leat_sim_coordinator_command(leat_sim_world *world, uint32_t index, leat_command wish);
bool leat_sim_coordinator_job(const leat_sim_world *world, uint32_t index, leat_job_view *out_view);

/* worker_node.c */
void leat_sim_worker_make(leat_sim_world *world, uint32_t node);
void leat_sim_worker_start(leat_sim_world *world, uint32_t node);
void leat_sim_worker_kill(leat_sim_world *world, uint32_t node);
void leat_sim_worker_wipe(leat_sim_world *world, uint32_t node);
void leat_sim_worker_event(leat_sim_world *world, uint32_t node, leat_worker_event *event);

/* worker_disk.c */
void leat_sim_worker_disk_op(leat_sim_world *world, uint32_t node, leat_disk_op *op);
void leat_sim_worker_disk_done(leat_sim_world *world, uint32_t node);
void leat_sim_worker_disk_crash(leat_sim_world *world, uint32_t node);
void leat_sim_worker_room(leat_sim_world *world, uint32_t node);
/* A byte of something that is kept turns over. False: nothing is. */
bool leat_sim_worker_rot(leat_sim_world *world, uint32_t node);
void leat_sim_worker_merge_done(leat_sim_world *world, uint32_t node);

/* executor_node.c */
void leat_sim_slot_down(leat_sim_world *world, uint32_t node, leat_down *down, uint32_t executor);
void leat_sim_slot_message(leat_sim_world *world, uint32_t node, leat_message *message);
void leat_sim_slot_run(leat_sim_world *world, uint32_t node, const leat_sim_event *event);
void leat_sim_slots_free(leat_sim_world *world, uint32_t node);

/* faults.c */
void leat_sim_fault_strike(leat_sim_world *world, uint32_t index);
void leat_sim_heal(leat_sim_world *world);
/* Whether that copy may be bad: the disk was wiped, or a byte of it turned over. */
bool leat_sim_was_lost(const leat_sim_world *world, uint64_t worker_id);
/* The node comes back by then, unless it left in order. */
void leat_sim_start_again(leat_sim_world *world, uint32_t node, leat_sim_ns in_ns);

#endif
