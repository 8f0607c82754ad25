/* SPDX-License-Identifier: Apache-2.0
 *
 * control - what the coordinator, the workers and the workers' neighbours say to each other.
 *
 * Plain values; the two cores read and write them, the shells encode them. A message owns the
 * references in it: leat_control_fini lets go of them, leat_control_copy takes more.
 *
 * Sessions. Between a worker and the coordinator every message carries the session that the
 * worker chose in HELLO and a sequence number, counted per direction from 1 (HELLO and RESET
 * are outside: 0). Inside a session nothing is lost, doubled or reordered, or the session is
 * over: a message of another session is dropped, a gap ends the session. HEARTBEATs are
 * numbered too, so a lost tail shows within one beat. After WELCOME both sides say again what
 * still matters; everything is cumulative or carries the attempt it belongs to, so hearing it
 * twice is harmless.
 *
 * Between workers there is no session: every message names (job, generation, slot, epoch) and
 * a delta that is not whole is not acknowledged.
 */
#ifndef LEAT_COMMON_PLAN_CONTROL_H
#define LEAT_COMMON_PLAN_CONTROL_H

#include "common/plan/deployment.h"

enum {
    LEAT_NAME_MAX = LEAT_NAME_BYTES_MAX + 1, /* worker and job names, with NUL */
    LEAT_CONTROL_TEXT_MAX = 240,             /* a reason for people, with NUL */
    LEAT_HEARTBEAT_MS = 200,
    LEAT_SUSPECT_MS = 1000, /* silence this long is death */
};

typedef enum leat_control_kind {
    LEAT_CONTROL_NONE,

    /* coordinator -> worker: membership */
    LEAT_CONTROL_WELCOME,  /* the answer to HELLO: you are `welcome.worker` */
    LEAT_CONTROL_RESET,    /* I do not know this session: say HELLO again with a higher one */
    LEAT_CONTROL_REFUSED,  /* another live process has your data folder: exit */
    LEAT_CONTROL_SHUTDOWN, /* you own and follow nothing any more (answer to LEAVE): exit 0 */

    /* coordinator -> worker: one job. `generation` is the job's */
    LEAT_CONTROL_DEPLOY,   /* drop older generations, take these roles, answer READY */
    LEAT_CONTROL_START,    /* everybody is READY: sources may go */
    LEAT_CONTROL_FOLLOW,   /* become a standby of `follow.slot`, out of sync; answer READY */
    LEAT_CONTROL_SEED,     /* to the owner: copy base and deltas of the slot to that worker */
    LEAT_CONTROL_UNFOLLOW, /* to owner and standby: this copy is not wanted (any more) */
    LEAT_CONTROL_BARRIER,  /* close the epoch; also says what is completed */
    LEAT_CONTROL_DECIDED,  /* `decided.completed` is durable at the coordinator: commit */
    LEAT_CONTROL_SPLITS,   /* both ways. Up: a lister found these. Down: these are logged */
    LEAT_CONTROL_DRAIN,    /* sources: say END now, as if the input were over */
    LEAT_CONTROL_UNDEPLOY, /* the job is over here; forget its state if `undeploy.forget` */
    LEAT_CONTROL_FENCED,   /* you speak for generation < `generation`: drop it */

    /* both directions */
    LEAT_CONTROL_HEARTBEAT, /* alive, and heard you up to `heartbeat.heard_seq` */

    /* worker -> coordinator */
    LEAT_CONTROL_HELLO,        /* who I am and what my disk says */
    LEAT_CONTROL_READY,        /* owner or standby of `slot`, deployed in this generation */
    LEAT_CONTROL_DURABLE,      /* worker `replica`: delta (generation, epoch, slot) is on disk */
    LEAT_CONTROL_NACK,         /* cannot: restore the slot, or make the delta of an epoch durable */
    LEAT_CONTROL_CAUGHT_UP,    /* a seeded standby can restore every epoch <= `caught_up.epoch` */
    LEAT_CONTROL_FIRST_OUTPUT, /* a first batch reached a sink: take an epoch soon */
    LEAT_CONTROL_SINK_DONE, /* all output of epochs <= `sink_done.epoch` of the slot is visible */
    LEAT_CONTROL_ENDED,     /* every source task of the slot has ended */
    LEAT_CONTROL_GAP,       /* a channel lost something: a new generation is needed */
    LEAT_CONTROL_STALLED,   /* nothing moves between two slots although it should */
    LEAT_CONTROL_FAILED,    /* the job cannot go on: `text` says why */
    LEAT_CONTROL_LEAVE,     /* SIGTERM: move my work elsewhere, then SHUTDOWN. Down: a person wants
                             * you to leave: say LEAVE, in every session from now on */
    LEAT_CONTROL_STATS,     /* counters of a slot, for people */

    /* worker -> worker: the delta stream of a slot, owner -> standby, and seeding */
    LEAT_CONTROL_CHUNK,     /* chunk `chunk.index` of delta (generation, epoch, slot) */
    LEAT_CONTROL_MANIFEST,  /* that delta is complete: commit it, tell the coordinator */
    LEAT_CONTROL_SEED_PAGE, /* `seed_page.number`-th piece of the slot's copy */
    LEAT_CONTROL_SEED_ACK,  /* standby -> owner: wrote pieces up to this one, send more */
    LEAT_CONTROL_KIND_COUNT
} leat_control_kind;

/* Identity of a data folder: 128 random bits made with it, and how often it was started. */
typedef struct leat_incarnation {
    uint64_t high;
    uint64_t low;
} leat_incarnation;

/* What a disk remembers of one job. */
typedef struct leat_job_memory {
    uint32_t job;
    uint64_t generation_seen; /* I1: never decreases */
    uint64_t decided_epoch;   /* I4: <= what the coordinator has completed */
} leat_job_memory;

enum { LEAT_BARRIER_LAST = 1 /* sources stop at this barrier: the job is being stopped */ };

typedef struct leat_slot_stats {
    uint64_t rows_in;  /* read by sources */
    uint64_t rows_out; /* given to sinks */
    uint64_t late_rows;
    uint64_t bad_rows;
    uint64_t state_bytes;
    uint64_t delta_bytes;      /* of all epochs: what was written to the journal and sent on */
    uint64_t queue_bytes;      /* received and not processed yet */
    uint64_t busy_us;          /* at work, or waiting for its executor's turn */
    uint64_t idle_us;          /* nothing to do */
    uint64_t backpressured_us; /* something to do, and nobody takes what it makes */
    int64_t watermark_us;      /* lowest of the slot's tasks; INT64_MIN = none */
    char waiting[LEAT_CONTROL_TEXT_MAX]; /* what it waits for (room on a disk), "" = nothing */
} leat_slot_stats;

typedef struct leat_control {
    leat_control_kind kind;
    uint64_t session; /* coordinator links only */
    uint64_t seq;
    uint32_t job; /* 0 where the message is not about a job */
    uint32_t slot;
    uint64_t generation;
    union {
        struct {
            uint32_t worker;
        } welcome;
        struct {
            leat_deployment *deployment; /* owned reference */
        } deploy;
        struct {
            uint64_t attempt;        /* echoed in READY, CAUGHT_UP; distinguishes tries */
            leat_worker_place owner; /* where the pages will come from */
        } follow;
        struct {
            uint64_t attempt;
            leat_worker_place to;
        } seed;
        struct {
            uint32_t worker; /* whose copy */
        } unfollow;
        struct {
            uint64_t epoch;
            uint64_t completed; /* every epoch between this and `epoch` was aborted */
            uint32_t flags;     /* LEAT_BARRIER_* */
        } barrier;
        struct {
            uint64_t completed;
        } decided;
        struct {
            uint32_t source;
            bool is_final;    /* no further ones will come */
            uint32_t first;   /* down: number of the first of `names` */
            leat_blob *names; /* owned reference; (u32 size, bytes) each */
        } splits;
        struct {
            bool forget; /* delete the job's state from disk */
        } undeploy;
        struct {
            uint64_t heard_seq;
        } heartbeat;
        struct {
            leat_incarnation incarnation;
            uint64_t boot;  /* counted on disk */
            uint64_t nonce; /* of this process */
            uint32_t executor_count;
            char name[LEAT_NAME_MAX];
            char endpoint[LEAT_ENDPOINT_MAX];
            uint32_t job_count;
            leat_job_memory *jobs; /* owned */
        } hello;
        struct {
            bool is_owner;
            uint64_t attempt; /* of FOLLOW; 0 otherwise */
        } ready;
        struct {
            uint64_t epoch;
            uint32_t replica; /* worker id of the disk it is on */
            uint64_t hash;    /* of the manifest; the same on every replica */
        } durable;
        struct {
            uint64_t epoch; /* 0: cannot restore the deployment's epoch */
            uint32_t replica;
            char text[LEAT_CONTROL_TEXT_MAX];
        } nack;
        struct {
            uint64_t attempt;
            uint64_t epoch;
        } caught_up;
        struct {
            uint64_t epoch;
        } sink_done;
        struct {
            uint32_t from_slot;
            bool needs_person; /* FAILED: the job is to be HALTED */
            char text[LEAT_CONTROL_TEXT_MAX];
        } trouble; /* GAP, STALLED, FAILED */
        leat_slot_stats stats;
        struct {
            uint64_t epoch;
            uint32_t index;   /* 0, 1, ... per delta */
            leat_blob *bytes; /* owned reference */
        } chunk;
        struct {
            uint64_t epoch;
            uint64_t previous; /* last completed epoch when the delta was frozen */
            uint64_t hash;     /* leat_hash of the bytes below */
            leat_blob *bytes;  /* owned reference */
        } manifest;
        struct {
            uint64_t attempt;
            uint32_t number;
            bool is_last;
            leat_blob *bytes; /* owned reference */
        } seed_page;
        struct {
            uint64_t attempt;
            uint32_t worker; /* who wrote them */
            uint32_t number;
        } seed_ack;
    };
} leat_control;

void leat_control_fini(leat_control *message); /* zeroes it */
leat_control leat_control_copy(const leat_control *message);
const char *leat_control_name(leat_control_kind kind); /* "deploy" */

#endif
