/* SPDX-License-Identifier: Apache-2.0
 *
 * state - what a coordinator core remembers: shared by the files of this folder, by nobody else.
 *
 * Fields marked `durable` change only in record.c, by applying a record that is logged in the
 * same breath: the live path and the replay are one path. All others are asked for again after
 * a restart.
 */
#ifndef LEAT_COORDINATOR_CORE_STATE_H
#define LEAT_COORDINATOR_CORE_STATE_H

#include "coordinator/core/scheduler.h"
#include "coordinator/core/story.h"
#include "coordinator/core/view.h"

enum {
    LEAT_COORD_TICK_MS = 50,              /* deadlines are looked at this often */
    LEAT_COORD_RELINK_MS = 200,           /* a broken link that is not back by then is death */
    LEAT_COORD_DEPLOY_TIMEOUT_MS = 60000, /* loading state takes about 0.4 s per GB */
    LEAT_COORD_BACKOFF_MAX_MS = 5000,
    LEAT_COORD_ABORTS_MAX = 3,         /* epochs given up in a row before a new generation */
    LEAT_COORD_EPOCH_BLOCK = 1000,     /* epoch numbers reserved at once */
    LEAT_COORD_LEARNERS_MAX = 16,      /* copies of one job being built at once */
    LEAT_COORD_EXPECT_BACK_MS = 10000, /* a lost worker's executors still count for so long */
    LEAT_COORD_PLAN_EVERY_MS = 1000,
    LEAT_COORD_BEHIND_MAX = 4,
    LEAT_COORD_COMPACT_EVERY = 4096, /* records */
};

typedef struct leat_member {
    uint32_t worker;              /* durable: 1, 2, ... in the order of first HELLOs */
    leat_incarnation incarnation; /* durable */
    char name[LEAT_NAME_MAX];     /* durable: as first heard */

    /* The session, while alive. */
    bool is_alive;
    bool is_leaving;
    bool has_left; /* told to go, having nothing any more: its end is no loss */
    uint64_t peer;
    uint64_t session;
    uint64_t nonce;
    uint64_t boot;
    uint64_t seq_out; /* last sent */
    uint64_t seq_in;  /* last received */
    int64_t heard_ms;
    int64_t said_ms;
    int64_t broken_ms; /* link went down then; 0 = link stands */
    int64_t lost_ms;   /* declared dead then; 0 = never */
    uint32_t executor_count;
    char endpoint[LEAT_ENDPOINT_MAX];
} leat_member;

typedef struct leat_coord_slot {
    uint32_t owner;          /* durable */
    uint32_t executor;       /* durable */
    leat_worker_set in_sync; /* durable: the owner and the standbys that complete an epoch */
    leat_worker_set holders; /* durable: every disk that can restore the completed epoch; a
                              * superset of in_sync until the next epoch completes (C3) */

    leat_worker_set ready;   /* READY in this generation */
    leat_worker_set durable; /* DURABLE for the open epoch */
    uint64_t durable_hash;   /* ... with this hash */
    int64_t shrunk_ms;       /* a copy was given up then; 0 = none in this generation */
    bool has_ended;
    uint64_t sink_done;
    leat_slot_stats stats;
} leat_coord_slot;

/* Which slot has which key group, and who has what of the slots. */
typedef struct leat_coord_cut {
    uint32_t slot_count; /* 0 = none */
    uint16_t *key_groups;
    leat_coord_slot *slots;
} leat_coord_cut;

/* A copy that is being built. */
typedef struct leat_learner {
    uint32_t slot;
    uint32_t worker;
    uint64_t attempt;
    enum { LEAT_LEARNER_FOLLOWING, LEAT_LEARNER_SEEDING, LEAT_LEARNER_CAUGHT_UP } phase;
    uint64_t epoch;        /* newest completed or open epoch known to be restorable there */
    uint32_t behind_count; /* epochs opened while it lacked the completed one */
} leat_learner;

typedef struct leat_coord_splits {
    uint32_t source;
    bool is_final;
    uint32_t count;
    leat_buf names; /* (u32 size, bytes) each */
} leat_coord_splits;

typedef enum leat_job_wish { LEAT_WISH_RUN, LEAT_WISH_STOP, LEAT_WISH_DRAIN } leat_job_wish;

typedef struct leat_coord_job {
    uint32_t job; /* durable, as the rest of this group */
    char name[LEAT_NAME_MAX];
    leat_blob *plan;
    uint32_t parallelism; /* asked for; 0 = as many as there are executors */
    uint32_t replicas;
    uint32_t min_replicas;
    int64_t epoch_interval_ms;
    leat_job_state state; /* durable: the final ones, STOPPING and CREATED */
    leat_job_wish wish;
    char reason[LEAT_CONTROL_TEXT_MAX];
    uint64_t generation;
    uint64_t completed;       /* last completed epoch */
    bool completed_is_last;   /* ... and it was asked to be the last one */
    uint64_t epoch_block_end; /* numbers below are reserved */
    uint64_t next_epoch;      /* after a restart: epoch_block_end */
    uint32_t key_group_count;
    uint16_t *key_groups;
    uint32_t slot_count; /* 0 before the first generation */
    leat_coord_slot *slots;
    leat_coord_cut before; /* the cut that the completed epoch was made with, as long as another one
                            * has not completed any: the way back when that one fails */
    uint32_t manifest_count; /* of the completed epoch */
    leat_restore_manifest *manifests;
    LEAT_VEC(leat_coord_splits) splits;

    /* The generation under way. */
    leat_deployment *deployment; /* NULL: nothing is deployed, start_at_ms says when to try */
    bool is_started;
    int64_t deployed_ms;
    int64_t start_at_ms;    /* not before: settling, back-off */
    int64_t waiting_ms;     /* since when a needed replica is absent; 0 = it is not */
    uint32_t failed_starts; /* generations in a row that completed no epoch */
    int64_t lost_ms;        /* RUNNING ended then; 0 = it has not */

    /* The open epoch. */
    uint64_t open_epoch; /* 0 = none */
    bool open_is_last;
    int64_t opened_ms;
    int64_t next_epoch_ms; /* open the next one then */
    bool wants_epoch;      /* now rather: a first output, a park */
    bool has_completed;    /* an epoch of this generation */
    uint32_t aborts;       /* in a row */

    /* Copies and moves. */
    LEAT_VEC(leat_learner) learners;
    leat_assignment target; /* slot_count 0: none planned */
    bool is_target_stale;
    int64_t planned_ms;
    uint64_t park_epoch; /* every worker is leaving: stop after this one; 0 = no */

    uint64_t restart_count;
    uint64_t aborted_count;
    uint64_t epoch_count; /* completed in this life of the coordinator */
    int64_t epochs_ms;    /* and how long they took from barrier to completion, together */
    int64_t completed_ms;
    int64_t last_recovery_ms;
} leat_coord_job;

struct leat_coord_core {
    leat_coord_options options;
    leat_tracer tracer;
    int64_t now_ms;
    int64_t started_ms;
    int64_t wake_ms; /* asked for; 0 = nothing */
    bool has_started;
    leat_coord_actions *actions;     /* of the step under way */
    leat_buf record;                 /* the record being built */
    uint64_t record_count;           /* since the last compaction */
    LEAT_VEC(leat_member *) members; /* by worker id: members[id - 1] */
    LEAT_VEC(leat_coord_job *) jobs; /* by job id: jobs[id - 1] */
    int64_t settle_ms;               /* members changed: moves are planned from then on */
    uint64_t next_attempt;
};

/* core.c */
leat_coord_action *leat_coord_act(leat_coord_core *core, leat_coord_action_kind kind);
void leat_coord_changed(leat_coord_core *core, uint32_t job);

/* members.c: who is there. */
leat_member *leat_coord_member_get(leat_coord_core *core, uint32_t worker); /* NULL = unknown */
bool leat_coord_is_alive(const leat_coord_core *core, uint32_t worker);
bool leat_coord_is_usable(const leat_coord_core *core, uint32_t worker); /* alive, not leaving */
/* Send inside the member's session; dropped silently when it has none. */
void leat_coord_tell(leat_coord_core *core, uint32_t worker, leat_control message);
void leat_coord_members_drain(leat_coord_core *core, const leat_command *command);
void leat_coord_members_message(leat_coord_core *core, uint64_t peer, leat_control *message);
void leat_coord_members_link_down(leat_coord_core *core, uint64_t peer);
void leat_coord_members_tick(leat_coord_core *core);

/* jobs.c: what a job's life looks like. */
leat_coord_job *leat_coord_job_get(leat_coord_core *core, uint32_t job); /* NULL = unknown */
bool leat_coord_job_is_over(const leat_coord_job *job); /* nothing of it should run */
leat_control leat_coord_job_message(const leat_coord_job *job, leat_control_kind kind);
/* To every worker with a part in the deployment; owners only when `owners_only`. */
void leat_coord_job_tell(leat_coord_core *core,
                         leat_coord_job *job,
                         const leat_control *message,
                         bool owners_only);
void leat_coord_jobs_command(leat_coord_core *core, leat_command *command);
void leat_coord_reply(leat_coord_core *core,
                      const leat_command *command,
                      leat_code code,
                      uint32_t job,
                      const char *text);
void leat_coord_job_end(leat_coord_core *core,
                        leat_coord_job *job,
                        leat_job_state state,
                        const char *reason);
void leat_coord_job_check_done(leat_coord_core *core, leat_coord_job *job);
void leat_coord_job_splits(leat_coord_core *core, leat_coord_job *job, leat_control *message);
void leat_coord_job_move(leat_coord_core *core, leat_coord_job *job, leat_job_state to);
void leat_coord_job_resay(leat_coord_core *core, leat_coord_job *job, uint32_t worker);

/* recovery.c: generations. */
void leat_coord_job_wait(leat_coord_core *core, leat_coord_job *job);
void leat_coord_copy_remove(leat_coord_core *core,
                            leat_coord_job *job,
                            uint32_t s,
                            uint32_t worker);
/* Alive, not leaving, with executors; `out` has room for every member. Returns how many. */
uint32_t leat_coord_usable_workers(const leat_coord_core *core, leat_usable_worker *out);
void leat_coord_job_restart(leat_coord_core *core, leat_coord_job *job, const char *reason);
void leat_coord_job_try_start(leat_coord_core *core, leat_coord_job *job);
/* `from`: the cut whose holders can restore it: the job's, or the one before. */
void leat_coord_job_start_with(leat_coord_core *core,
                               leat_coord_job *job,
                               const leat_assignment *assignment,
                               const leat_coord_cut *from);
leat_coord_cut leat_coord_job_cut(const leat_coord_job *job); /* a view of the present one */
void leat_coord_job_ready(leat_coord_core *core,
                          leat_coord_job *job,
                          uint32_t worker,
                          const leat_control *message);
void leat_coord_job_check_ready(leat_coord_core *core, leat_coord_job *job);
void leat_coord_job_member_lost(leat_coord_core *core, leat_coord_job *job, uint32_t worker);
void leat_coord_recovery_tick(leat_coord_core *core, leat_coord_job *job);

/* epochs.c: barriers and completion. */
leat_control leat_coord_epoch_barrier(const leat_coord_job *job);
void leat_coord_epoch_consider(leat_coord_core *core, leat_coord_job *job);
void leat_coord_epoch_durable(leat_coord_core *core,
                              leat_coord_job *job,
                              const leat_control *message);
void leat_coord_epoch_check(leat_coord_core *core, leat_coord_job *job);
void leat_coord_epoch_nack(leat_coord_core *core, leat_coord_job *job, const leat_control *message);
void leat_coord_epoch_abort(leat_coord_core *core, leat_coord_job *job, const char *reason);
void leat_coord_epochs_tick(leat_coord_core *core, leat_coord_job *job);

/* moves.c: copies built in the background, and planned changes of the assignment. */
void leat_coord_moves_consider(leat_coord_core *core, leat_coord_job *job);
void leat_coord_moves_ready(leat_coord_core *core,
                            leat_coord_job *job,
                            uint32_t worker,
                            const leat_control *message);
void leat_coord_moves_caught_up(leat_coord_core *core,
                                leat_coord_job *job,
                                uint32_t worker,
                                const leat_control *message);
/* A learner's DURABLE or NACK; false when the worker is not one of that slot. */
bool leat_coord_moves_durable(leat_coord_job *job, const leat_control *message);
bool leat_coord_moves_nack(leat_coord_core *core, leat_coord_job *job, const leat_control *message);
/* Between two epochs: copies that have caught up begin to count. */
void leat_coord_moves_admit(leat_coord_core *core, leat_coord_job *job);
void leat_coord_moves_resay(leat_coord_core *core, leat_coord_job *job, uint32_t worker);
void leat_coord_moves_take(leat_coord_core *core, leat_coord_job *job);
void leat_coord_moves_forget(leat_coord_core *core, leat_coord_job *job);
void leat_coord_moves_lost(leat_coord_core *core, leat_coord_job *job, uint32_t worker);
/* The planned assignment can be taken over now: every copy it needs is in sync. */
bool leat_coord_moves_is_due(const leat_coord_core *core, const leat_coord_job *job);
bool leat_coord_moves_uses(const leat_coord_job *job, uint32_t worker);

/* record.c: log and apply at once. */
void leat_coord_log_worker(leat_coord_core *core, const leat_control *hello);
void leat_coord_log_job(leat_coord_core *core, uint32_t job, const leat_command *command);
void leat_coord_log_state(leat_coord_core *core,
                          leat_coord_job *job,
                          leat_job_state state,
                          leat_job_wish wish,
                          const char *reason);
void leat_coord_log_generation(leat_coord_core *core,
                               leat_coord_job *job,
                               const leat_assignment *assignment,
                               const leat_coord_cut *from);
void leat_coord_log_epoch_block(leat_coord_core *core, leat_coord_job *job, uint64_t end);
void leat_coord_log_epoch_done(leat_coord_core *core, leat_coord_job *job);
void leat_coord_log_copy(leat_coord_core *core,
                         leat_coord_job *job,
                         uint32_t slot,
                         uint32_t worker,
                         int change); /* +1 in sync, 0 not in sync, -1 cannot restore either */
void leat_coord_log_splits(leat_coord_core *core,
                           leat_coord_job *job,
                           const leat_control *splits,
                           leat_bytes fresh_names);
void leat_coord_log_compact(leat_coord_core *core);
void leat_coord_job_free(leat_coord_job **job);

#endif
