/* SPDX-License-Identifier: Apache-2.0
 *
 * config - the shape of a simulated cluster, its jobs, and the list of what goes wrong in it.
 */
#ifndef LEAT_CLI_SIM_CONFIG_H
#define LEAT_CLI_SIM_CONFIG_H

#include "common/base/blob.h"
#include "common/plan/physical.h"
#include "worker/exec/slot.h"
#include "worker/state/merge.h"

enum { LEAT_SIM_EXECUTORS_MAX = 2, LEAT_SIM_FAULTS_MAX = 24 };

typedef uint64_t leat_sim_ns;

#define LEAT_SIM_US UINT64_C(1000)
#define LEAT_SIM_MS UINT64_C(1000000)
#define LEAT_SIM_S  UINT64_C(1000000000)

typedef enum leat_sim_lane {
    LEAT_SIM_LANE_CONTROL, /* worker <-> coordinator */
    LEAT_SIM_LANE_PEER,    /* worker core <-> worker core */
    LEAT_SIM_LANE_DATA,    /* slots <-> slots */
    LEAT_SIM_LANE_COUNT
} leat_sim_lane;

typedef enum leat_sim_fault_kind {
    LEAT_SIM_FAULT_KILL,         /* worker: kill -9, back after `for_ns` */
    LEAT_SIM_FAULT_POWER,        /* worker: the machine goes, unsynced bytes with it */
    LEAT_SIM_FAULT_WIPE,         /* worker: killed, and its folder is gone */
    LEAT_SIM_FAULT_PAUSE,        /* worker: stopped, continued after `for_ns` */
    LEAT_SIM_FAULT_KILL_AT_DISK, /* worker: killed before or after the `arg`-th disk operation from
                                  * now
                                  */
    LEAT_SIM_FAULT_SLOW_DISK,    /* worker: every batch takes `arg` us longer */
    LEAT_SIM_FAULT_COORD_KILL,
    LEAT_SIM_FAULT_COORD_PAUSE,
    LEAT_SIM_FAULT_COORD_AT_RECORD, /* killed before or after the `arg`-th record from now */
    LEAT_SIM_FAULT_RESET,           /* a connection breaks and stands again at once */
    LEAT_SIM_FAULT_CUT,             /* a link says nothing for `for_ns`, one way or both */
    LEAT_SIM_FAULT_SLOW_LINK,
    LEAT_SIM_FAULT_LEAVE,     /* worker: SIGTERM */
    LEAT_SIM_FAULT_JOIN,      /* one more worker */
    LEAT_SIM_FAULT_STOP,      /* the job: stop, and submit again later */
    LEAT_SIM_FAULT_FULL_DISK, /* worker: no room for `for_ns` */
    LEAT_SIM_FAULT_RACK,      /* everything loses power at once */
    LEAT_SIM_FAULT_FIRST_COUNT,
    LEAT_SIM_FAULT_DRAIN = LEAT_SIM_FAULT_FIRST_COUNT, /* the job: drain, and submit again later */
    LEAT_SIM_FAULT_IO_ERROR, /* worker: the journal does not answer at the `arg`-th operation from
                                now */
    LEAT_SIM_FAULT_NO_ROOM,  /* worker: no room for sink files for `for_ns` */
    LEAT_SIM_FAULT_ROT,      /* worker: a byte on its disk turns over while it is down */
    LEAT_SIM_FAULT_SCALE,    /* the job: run in other many slots */
    LEAT_SIM_FAULT_DRAIN_WORKER, /* move what the worker has elsewhere, then let it go */
    LEAT_SIM_FAULT_DRAWN_COUNT,  /* the rest is for plans that ask for it */
    LEAT_SIM_FAULT_LATE = LEAT_SIM_FAULT_DRAWN_COUNT, /* what a link is given for `for_ns` comes
                                                         `arg` times 50 ms later */
    LEAT_SIM_FAULT_KIND_COUNT
} leat_sim_fault_kind;

typedef struct leat_sim_fault {
    leat_sim_fault_kind kind;
    leat_sim_ns at_ns;
    leat_sim_ns for_ns;
    uint32_t node;
    uint32_t other;
    leat_sim_lane lane;
    uint64_t arg;
    bool flag; /* CUT: both ways; KILL_AT_*: after rather than before; RESET: heard of */
} leat_sim_fault;

enum { LEAT_SIM_JOBS_MAX = 2 };

typedef struct leat_sim_job {
    const leat_physical_plan *plan; /* borrowed, as the blob */
    leat_blob *blob;                /* the same as it travels */
    uint32_t key_group_count;
    uint32_t parallelism; /* 0: executors present */
    uint32_t replicas;
    uint32_t min_replicas;
    int64_t epoch_interval_ms;
    bool may_drain; /* the answer is the same when its input ends for a while */
} leat_sim_job;

/* Told before a slot is stepped; zeroed: nobody. */
typedef struct leat_sim_hooks {
    void *self;
    void (*slot_steps)(void *self, uint64_t generation);
} leat_sim_hooks;

typedef struct leat_sim_config {
    uint32_t worker_count;
    uint32_t executor_count; /* of each */
    uint32_t job_count;
    leat_sim_job jobs[LEAT_SIM_JOBS_MAX]; /* submitted at once, and again whenever they stop */
    const leat_connectors *connectors;    /* borrowed */
    leat_sim_hooks hooks;
    uint32_t fault_count;
    leat_sim_fault faults[LEAT_SIM_FAULTS_MAX];
    int64_t heal_ms;     /* no fault strikes or lasts beyond */
    int64_t deadline_ms; /* the jobs must be over by then */
    uint64_t events_max; /* a run that does not end is a failure too */
    leat_slot_limits limits;
    leat_sim_ns link_ns; /* base latency */
    int64_t epoch_timeout_ms;
    leat_merge_limits merge;
    leat_sim_ns step_ns; /* of a slot */
    leat_sim_ns disk_ns; /* base commit time */
} leat_sim_config;

const char *leat_sim_fault_name(leat_sim_fault_kind kind);
void leat_sim_fault_print(const leat_sim_fault *fault, leat_buf *out);

#endif
