/* SPDX-License-Identifier: Apache-2.0
 *
 * view - what people may see of a coordinator core: copies for HTTP, CLI and tests.
 *
 * Thread: the coordinator's control thread; what is returned is a copy.
 */
#ifndef LEAT_COORDINATOR_CORE_VIEW_H
#define LEAT_COORDINATOR_CORE_VIEW_H

#include "coordinator/core/core.h"

/*          submit                       all READY
 *  CREATED -------> DEPLOYING ----------------------> RUNNING --stop, drain--> STOPPING -> STOPPED
 *                     ^   ^                             |  |                      |   \--> FINISHED
 *                     |   +------- RECOVERING <--lost---+  +--last epoch of the input--/
 *                     +---resubmit--- STOPPED             cancel -> CANCELED, failure -> FAILED,
 *                                                         promises cannot be kept -> HALTED */
typedef enum leat_job_state {
    LEAT_JOB_CREATED,   /* submitted; too few workers */
    LEAT_JOB_DEPLOYING, /* first generation is being deployed */
    LEAT_JOB_RUNNING,
    LEAT_JOB_RECOVERING, /* a later generation is being deployed, or waited for */
    LEAT_JOB_STOPPING,   /* last epoch asked for */
    LEAT_JOB_STOPPED,    /* state kept; submit resumes */
    LEAT_JOB_FINISHED,   /* input ended, all output visible */
    LEAT_JOB_CANCELED,
    LEAT_JOB_FAILED,
    LEAT_JOB_HALTED, /* needs a person */
    LEAT_JOB_STATE_COUNT
} leat_job_state;

typedef struct leat_job_view {
    uint32_t job;
    char name[LEAT_NAME_MAX];
    leat_job_state state;
    char reason[LEAT_CONTROL_TEXT_MAX]; /* FAILED, HALTED, waiting: why */
    uint64_t generation;
    uint64_t completed_epoch;
    uint64_t open_epoch;      /* 0 = none */
    uint64_t published_epoch; /* every sink confirmed up to here */
    int64_t completed_at_ms;  /* when completed_epoch was; 0 = not in this life */
    uint64_t restart_count;   /* generations beyond the first */
    uint64_t aborted_count;   /* epochs given up */
    uint64_t epoch_count;     /* completed in this life of the coordinator */
    int64_t epochs_ms;        /* and how long they took, together */
    int64_t last_recovery_ms; /* from losing RUNNING to having it again; 0 = never */
    uint32_t slot_count;
    uint32_t slots_asked; /* by file or person; 0 = as many as there are executors */
    uint32_t key_group_count;
    uint32_t copies_asked;
    uint32_t copies_in_sync; /* the least over slots */
    leat_slot_stats totals;  /* sums over slots; watermark: the least */
} leat_job_view;

typedef struct leat_member_view {
    uint32_t worker;
    char name[LEAT_NAME_MAX];
    char endpoint[LEAT_ENDPOINT_MAX];
    uint32_t executor_count;
    bool is_alive;
    bool is_leaving;
    bool has_left;        /* and nothing was lost with it */
    uint32_t owned_count; /* slots, over all jobs */
    uint32_t standby_count;
    int64_t heard_ms_ago;
} leat_member_view;

typedef struct leat_slot_view {
    uint32_t slot;
    uint32_t owner;
    uint32_t executor;
    uint32_t in_sync_count;
    uint32_t in_sync[LEAT_REPLICAS_MAX]; /* the owner first */
    bool is_ready;
    bool has_ended;
    leat_slot_stats stats;
} leat_slot_view;

size_t leat_coord_job_count(const leat_coord_core *core);
/* By index, oldest job first. */
void leat_coord_job_view(const leat_coord_core *core, size_t index, leat_job_view *out_view);
/* The newest job of that name; false when there is none. */
LEAT_MUST_USE bool
leat_coord_job_find(const leat_coord_core *core, const char *name, leat_job_view *out_view);
void leat_coord_slot_view(const leat_coord_core *core,
                          uint32_t job,
                          uint32_t slot,
                          leat_slot_view *out_view);
/* Which slot has the key group now. */
uint32_t leat_coord_key_group_slot(const leat_coord_core *core, uint32_t job, uint32_t key_group);
/* The plan of a job: borrowed, valid as long as the job. */
const leat_blob *leat_coord_job_plan(const leat_coord_core *core, uint32_t job);

size_t leat_coord_member_count(const leat_coord_core *core);
void leat_coord_member_view(const leat_coord_core *core, size_t index, leat_member_view *out_view);
/* The live worker behind a peer; 0 = none. */
uint32_t leat_coord_member_of_peer(const leat_coord_core *core, uint64_t peer);
const char *leat_job_state_name(leat_job_state state); /* "RUNNING" */

#endif
