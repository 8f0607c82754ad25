/* SPDX-License-Identifier: Apache-2.0
 *
 * state - what a worker core remembers: shared by the control files of this folder.
 *
 * All of it is volatile. What must survive is on disk (disk_op.h) or with the coordinator; a
 * new session with the coordinator gets everything that still matters said again (`said`).
 */
#ifndef LEAT_WORKER_CORE_STATE_H
#define LEAT_WORKER_CORE_STATE_H

#include "worker/core/core.h"
#include "worker/core/story.h"

enum {
    LEAT_WORKER_TICK_MS = 50,
    LEAT_WORKER_HELLO_MS = 500,  /* say HELLO again after this long without WELCOME */
    LEAT_WORKER_RESEND_MS = 500, /* a delta or piece that nobody acknowledged; doubles */
    LEAT_WORKER_RESEND_MAX_MS = 8000,
};

typedef LEAT_VEC(leat_control) leat_controls;

/* Somebody who keeps a copy of a slot of ours, and what it still owes us. */
typedef struct leat_follower {
    leat_worker_place place;
    uint64_t acked_epoch;
    int64_t resend_ms; /* 0 = nothing to send again */
    int64_t patience_ms;

    uint64_t attempt; /* seeding under way; 0 = none */
    leat_seed_cursor position;
    uint32_t number;  /* of `piece` */
    leat_blob *piece; /* on its way; NULL = being read from disk */
    bool is_last_piece;
    int64_t piece_resend_ms;
} leat_follower;

/* A slot that this worker owns. */
typedef struct leat_own_slot {
    uint32_t slot;
    uint32_t executor;
    leat_controls said; /* what the coordinator must hear again in a new session */
    LEAT_VEC(leat_follower) followers;

    /* The newest delta: kept until it is decided, to be sent again. */
    uint64_t epoch; /* 0 = none */
    uint64_t previous;
    uint64_t hash;
    LEAT_VEC(leat_blob *) chunks;
    leat_blob *manifest; /* NULL until FROZEN */

    uint64_t failed_epoch;               /* a chunk of this epoch could not be stored, */
    char failure[LEAT_CONTROL_TEXT_MAX]; /* and why: the manifest will only miss it */
} leat_own_slot;

/* A slot of another worker that this one keeps a copy of. */
typedef struct leat_copied_slot {
    uint32_t slot;
    uint64_t attempt;   /* of FOLLOW; 0: in sync since the generation started */
    bool is_seeding;    /* its chain may not connect yet: acknowledge nothing */
    bool is_connecting; /* the last piece is on its way to disk: from here on chains must connect */
    uint64_t stored_epoch; /* newest delta that was stored unconnected */
    leat_worker_place owner;
    leat_controls said;
    uint32_t next_piece;
    leat_control piece; /* SEED_PAGE that waits for the merge thread; NONE = none */
} leat_copied_slot;

typedef struct leat_worker_job {
    uint32_t job;
    uint64_t generation_seen; /* as on disk, or on its way there before anything else */
    uint64_t decided;         /* the same */
    uint64_t generation;      /* deployed in this process; 0 = none */
    leat_deployment *deployment;
    bool is_open;           /* generation_seen is on disk: slots may exist */
    uint32_t opening_count; /* operations that must succeed before that */
    bool needs_purge;
    bool has_opening_failed;
    int64_t reopen_ms; /* try them again then; 0 = no */
    bool has_kept;     /* key groups of others were dropped in this generation */
    uint64_t barrier;  /* newest one passed on */
    LEAT_VEC(leat_own_slot) own;
    LEAT_VEC(leat_copied_slot) copied;
} leat_worker_job;

/* A disk operation whose end the core waits for. */
typedef struct leat_ticket {
    uint64_t ticket;
    leat_disk_op_kind kind;
    uint32_t job;
    uint64_t generation;
    uint32_t slot;
    bool is_own;
    bool is_following;
    bool is_last; /* SEED_WRITE */
    uint64_t epoch;
    uint64_t hash;
    uint32_t worker; /* SEED_READ: for whom */
    uint64_t attempt;
} leat_ticket;

struct leat_worker_core {
    leat_worker_identity identity; /* jobs: NULL, they are below */
    leat_tracer tracer;
    int64_t now_ms;
    int64_t wake_ms;
    leat_worker_actions *actions;

    /* Session with the coordinator. */
    uint32_t worker; /* who we are; 0 = not told yet */
    bool is_welcome;
    uint64_t session;
    uint64_t seq_out;
    uint64_t seq_in;
    int64_t hello_ms; /* said HELLO then */
    int64_t heard_ms;
    int64_t said_ms;
    bool has_begun;

    bool is_leaving;
    int64_t exit_ms;
    bool is_merging; /* MERGE is under way: no SEED_WRITE, no FORGET meanwhile */
    uint64_t next_ticket;
    LEAT_VEC(leat_ticket) tickets;
    LEAT_VEC(leat_worker_job *) jobs;
    LEAT_VEC(uint32_t) forgotten; /* jobs to FORGET once the merge is through */
};

/* core.c */
leat_worker_action *leat_worker_act(leat_worker_core *core, leat_worker_action_kind kind);
leat_worker_job *leat_worker_job_get(leat_worker_core *core, uint32_t job); /* or NULL */
leat_worker_job *leat_worker_job_add(leat_worker_core *core, uint32_t job);
/* Takes `op`; `waiting` (may be NULL) is what to remember until its end. */
void leat_worker_disk(leat_worker_core *core, leat_disk_op op, const leat_ticket *waiting);
bool leat_worker_disk_is_busy(const leat_worker_core *core, leat_disk_op_kind kind);
void leat_worker_exit(leat_worker_core *core, leat_code code);
/* Say LEAVE, now and in every session to come; exit at `exit_ms` at the latest. */
void leat_worker_leave(leat_worker_core *core, int64_t exit_ms);

/* session.c */
void leat_worker_session_hello(leat_worker_core *core);
void leat_worker_session_message(leat_worker_core *core, leat_control *message);
void leat_worker_session_tick(leat_worker_core *core);
/* Takes the message; dropped without a session. */
void leat_worker_tell(leat_worker_core *core, leat_control message);
/* The same, and again in every new session, until another of its kind (and source) replaces it. */
void leat_worker_tell_lasting(leat_worker_core *core, leat_controls *said, leat_control message);
void leat_controls_fini(leat_controls *controls);

/* deployments.c: generations, and what slots say. */
leat_control
leat_worker_job_message(const leat_worker_job *job, leat_control_kind kind, uint32_t slot);
leat_own_slot *leat_worker_own(leat_worker_job *job, uint32_t slot); /* or NULL */
void leat_worker_deploy(leat_worker_core *core, leat_deployment *deployment);
void leat_worker_job_message_in(leat_worker_core *core, leat_control *message);
void leat_worker_job_drop(leat_worker_core *core, leat_worker_job *job);
void leat_worker_job_keep(leat_worker_core *core,
                          leat_worker_job *job,
                          bool everything,
                          const leat_ticket *waiting);
void leat_worker_opening_done(leat_worker_core *core, leat_worker_job *job, leat_code code);
void leat_worker_deployments_tick(leat_worker_core *core, leat_worker_job *job);
void leat_worker_job_report(leat_worker_core *core, leat_worker_job *job);
void leat_worker_slot_up(leat_worker_core *core, leat_up *up);
void leat_worker_file_done(leat_worker_core *core, leat_disk_done *done);
void leat_worker_forget_waiting(leat_worker_core *core);
void leat_worker_job_free(leat_worker_job **job);

/* deltas.c: epochs of owned slots. */
void leat_worker_chunk(leat_worker_core *core,
                       leat_worker_job *job,
                       leat_own_slot *own,
                       leat_up *up);
void leat_worker_frozen(leat_worker_core *core,
                        leat_worker_job *job,
                        leat_own_slot *own,
                        leat_up *up);
void leat_worker_chunk_failed(leat_worker_core *core, const leat_disk_done *done);
void leat_worker_own_durable(leat_worker_core *core,
                             const leat_ticket *ticket,
                             const leat_disk_done *done);
void leat_worker_decide(leat_worker_core *core, leat_worker_job *job, uint64_t completed);
void leat_worker_barrier(leat_worker_core *core, leat_worker_job *job, const leat_control *message);
void leat_worker_merge(leat_worker_core *core, leat_worker_job *job);
void leat_own_slot_forget_delta(leat_own_slot *own);
/* Everything there is of the newest delta, to one follower. */
void leat_worker_send_delta(leat_worker_core *core,
                            leat_worker_job *job,
                            leat_own_slot *own,
                            leat_follower *follower);
void leat_worker_deltas_tick(leat_worker_core *core, leat_worker_job *job);

/* replicas.c: copies of slots, ours elsewhere and others' here. */
leat_copied_slot *leat_worker_copied(leat_worker_job *job, uint32_t slot); /* or NULL */
void leat_worker_follow(leat_worker_core *core, leat_worker_job *job, leat_control *message);
void leat_worker_copied_ready(leat_worker_core *core,
                              leat_worker_job *job,
                              leat_copied_slot *copied);
void leat_worker_keep_done(leat_worker_core *core,
                           const leat_ticket *ticket,
                           const leat_disk_done *done);
void leat_worker_seed(leat_worker_core *core, leat_worker_job *job, const leat_control *message);
void leat_worker_unfollow(leat_worker_core *core,
                          leat_worker_job *job,
                          const leat_control *message);
void leat_worker_peer_message(leat_worker_core *core, leat_control *message);
void leat_worker_copy_durable(leat_worker_core *core,
                              const leat_ticket *ticket,
                              const leat_disk_done *done);
void leat_worker_seed_read_done(leat_worker_core *core,
                                const leat_ticket *ticket,
                                leat_disk_done *done);
void leat_worker_seed_write_done(leat_worker_core *core,
                                 const leat_ticket *ticket,
                                 const leat_disk_done *done);
void leat_worker_pieces_waiting(leat_worker_core *core);
void leat_worker_replicas_tick(leat_worker_core *core, leat_worker_job *job);
void leat_follower_fini(leat_follower *follower);
void leat_copied_slot_fini(leat_copied_slot *copied);

#endif
