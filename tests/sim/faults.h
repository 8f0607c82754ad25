/* SPDX-License-Identifier: Apache-2.0
 *
 * faults - what a seed means: the shape of a cluster, its work, and the list of what goes wrong.
 */
#ifndef TESTS_SIM_FAULTS_H
#define TESTS_SIM_FAULTS_H

#include "tests/sim/workload.h"
#include "worker/exec/slot.h"
#include "worker/state/merge.h"

enum { SIM_EXECUTORS_MAX = 2, SIM_FAULTS_MAX = 24 };

typedef uint64_t sim_ns;

#define SIM_US UINT64_C(1000)
#define SIM_MS UINT64_C(1000000)
#define SIM_S  UINT64_C(1000000000)

typedef enum sim_lane {
    SIM_LANE_CONTROL, /* worker <-> coordinator */
    SIM_LANE_PEER,    /* worker core <-> worker core */
    SIM_LANE_DATA,    /* slots <-> slots */
    SIM_LANE_COUNT
} sim_lane;

typedef enum sim_fault_kind {
    SIM_FAULT_KILL,         /* worker: kill -9, back after `for_ns` */
    SIM_FAULT_POWER,        /* worker: the machine goes, unsynced bytes with it */
    SIM_FAULT_WIPE,         /* worker: killed, and its folder is gone */
    SIM_FAULT_PAUSE,        /* worker: stopped, continued after `for_ns` */
    SIM_FAULT_KILL_AT_DISK, /* worker: killed before or after the `arg`-th disk operation from now
                             */
    SIM_FAULT_SLOW_DISK,    /* worker: every batch takes `arg` us longer */
    SIM_FAULT_COORD_KILL,
    SIM_FAULT_COORD_PAUSE,
    SIM_FAULT_COORD_AT_RECORD, /* killed before or after the `arg`-th record from now */
    SIM_FAULT_RESET,           /* a connection breaks and stands again at once */
    SIM_FAULT_CUT,             /* a link says nothing for `for_ns`, one way or both */
    SIM_FAULT_SLOW_LINK,
    SIM_FAULT_LEAVE,     /* worker: SIGTERM */
    SIM_FAULT_JOIN,      /* one more worker */
    SIM_FAULT_STOP,      /* the job: stop, and submit again later */
    SIM_FAULT_FULL_DISK, /* worker: no room for `for_ns` */
    SIM_FAULT_RACK,      /* everything loses power at once */
    SIM_FAULT_FIRST_COUNT,
    SIM_FAULT_DRAIN = SIM_FAULT_FIRST_COUNT, /* the job: drain, and submit again later */
    SIM_FAULT_IO_ERROR, /* worker: the journal does not answer at the `arg`-th operation from now */
    SIM_FAULT_NO_ROOM,  /* worker: no room for sink files for `for_ns` */
    SIM_FAULT_ROT,      /* worker: a byte on its disk turns over while it is down */
    SIM_FAULT_KIND_COUNT
} sim_fault_kind;

typedef struct sim_fault {
    sim_fault_kind kind;
    sim_ns at_ns;
    sim_ns for_ns;
    uint32_t node;
    uint32_t other;
    sim_lane lane;
    uint64_t arg;
    bool flag; /* CUT: both ways; KILL_AT_*: after rather than before; RESET: heard of */
} sim_fault;

typedef struct sim_config {
    uint32_t worker_count;
    uint32_t executor_count;
    uint32_t replicas;
    uint32_t min_replicas;
    uint32_t key_group_count;
    uint32_t parallelism;
    int64_t epoch_interval_ms;
    uint32_t topology;
    uint32_t fault_count;
    sim_fault faults[SIM_FAULTS_MAX];
    bool is_over_budget; /* wipes may take the last copy: HALTED is right then */
    leat_slot_limits limits;
    sim_ns link_ns; /* base latency */
    int64_t epoch_timeout_ms;
    leat_merge_limits merge;
    sim_ns step_ns; /* of a slot */
    sim_ns disk_ns; /* base commit time */
    sim_workload load;
} sim_config;

/* What a seed is asked to be about, beside what it says itself. */
typedef struct sim_aim {
    const char *plan;     /* NULL for a swarm, "none", or the name of a fault kind or of a plan */
    const char *topology; /* name; NULL: the seed's; "small": its small one */
} sim_aim;

void sim_config_of_seed(uint64_t seed, const sim_aim *aim, sim_config *out_config);
void sim_fault_print(const sim_fault *fault, leat_buf *out);

#endif
