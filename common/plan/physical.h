/* SPDX-License-Identifier: Apache-2.0
 *
 * physical - what runs: stages of chained operators between exchanges, as flat arrays.
 *
 * Every slot runs one task of every stage. A stage starts with a source operator or with the
 * rows of its incoming edges; its operators form a tree: each names the operators and outputs it
 * is fed by (or the stage's input), always with lower indices, so one pass in order suffices.
 * An edge is an exchange between two stages: FORWARD keeps the slot, HASH re-keys.
 *
 * Read-only; the same on every node; printable; travels as one blob (wire.h). Arrays and
 * indices only (decisions 20).
 */
#ifndef LEAT_COMMON_PLAN_PHYSICAL_H
#define LEAT_COMMON_PLAN_PHYSICAL_H

#include "common/plan/logical.h"

typedef enum leat_physical_kind {
    LEAT_PHYSICAL_SOURCE,
    LEAT_PHYSICAL_FILTER,
    LEAT_PHYSICAL_PROJECT,
    LEAT_PHYSICAL_ROUTE,
    LEAT_PHYSICAL_AGGREGATE,        /* running, updating output */
    LEAT_PHYSICAL_WINDOW_AGGREGATE, /* every kind of window; append output */
    LEAT_PHYSICAL_EXCHANGE,         /* last of a branch: sends on `edge` */
    LEAT_PHYSICAL_SINK,
    LEAT_PHYSICAL_JOIN, /* two inputs; the rest one: see the logical kind of the same name */
    LEAT_PHYSICAL_WINDOW,
    LEAT_PHYSICAL_OVER,
    LEAT_PHYSICAL_TOP_N,
    LEAT_PHYSICAL_DEDUPLICATE,
    LEAT_PHYSICAL_DISTINCT,
    LEAT_PHYSICAL_SET_OP, /* two inputs */
    LEAT_PHYSICAL_UNNEST,
    LEAT_PHYSICAL_SORT,
    LEAT_PHYSICAL_NORMALIZE,
    LEAT_PHYSICAL_MATERIALIZE,
    LEAT_PHYSICAL_KIND_COUNT
} leat_physical_kind;

enum { LEAT_PHYSICAL_STAGE_INPUT = -1 };

/* Where rows come from: an output of an earlier operator of the same stage, or the stage's input.
 */
typedef struct leat_physical_feed {
    int32_t from;    /* operator index, or LEAT_PHYSICAL_STAGE_INPUT */
    uint32_t output; /* which output of it; of the stage's input: the port of its edges */
    uint32_t port;   /* which input of the reader this feeds: 0, or 1 of JOIN and SET_OP */
} leat_physical_feed;

enum { LEAT_PHYSICAL_PORTS_MAX = 2 };

typedef struct leat_physical_operator {
    leat_physical_kind kind;
    uint32_t logical; /* node of the logical plan it came from: all configuration is there */
    uint32_t stage;
    uint32_t feed_count; /* 0 for SOURCE; more than one where a union was */
    leat_physical_feed *feeds;
    const leat_schema *input; /* schema of the rows it gets; NULL for SOURCE */
    const leat_schema *right; /* the same of port 1; NULL unless it has two inputs */
    uint32_t edge;            /* EXCHANGE: index into edges */
    uint16_t state;           /* id of its state, LEAT_PHYSICAL_NO_STATE when stateless */
    uint16_t state_count;     /* so many states, consecutive; what each is: physical_state.c */
} leat_physical_operator;

enum { LEAT_PHYSICAL_NO_STATE = UINT16_MAX };

typedef enum leat_edge_kind { LEAT_EDGE_FORWARD, LEAT_EDGE_HASH } leat_edge_kind;

typedef struct leat_physical_edge {
    leat_edge_kind kind;
    uint32_t from_stage;
    uint32_t to_stage;
    uint32_t port; /* input of the target stage: edges of one port carry one schema */
    const leat_schema *schema;
    uint32_t key_count; /* HASH: key columns of schema */
    uint16_t *keys;
} leat_physical_edge;

typedef struct leat_physical_stage {
    bool is_source;
    uint32_t operator_first; /* operators of a stage are consecutive */
    uint32_t operator_count;
    uint32_t edge_in_first; /* edges are sorted by to_stage, then port */
    uint32_t edge_in_count;
} leat_physical_stage;

/* A piece of named state: its identity across plans is (operator id, name). */
typedef struct leat_physical_state {
    leat_bytes operator_id;
    leat_bytes name;        /* "groups", "splits", "handles" */
    const leat_schema *key; /* NULL for splits and handles */
    const leat_schema *value;
} leat_physical_state;

typedef struct leat_physical_plan {
    const leat_logical_plan *logical;
    uint32_t stage_count;
    leat_physical_stage *stages;
    uint32_t operator_count;
    leat_physical_operator *operators;
    uint32_t edge_count;
    leat_physical_edge *edges;
    uint32_t state_count;
    leat_physical_state *states;
} leat_physical_plan;

/* Cut a checked logical plan into stages. Cannot fail: check it first. */
const leat_physical_plan *leat_physical_of(const leat_logical_plan *logical, leat_arena *arena);
/* What `leat plan` prints: stages, chains, edges, state, per sink the guarantee. */
void leat_physical_print(const leat_physical_plan *plan, leat_buf *out);

/* The same as one JSON object: the arrays of this header (decisions 20). */
void leat_physical_print_json(const leat_physical_plan *plan, leat_buf *out);
/* How the state of an operator grows, in words: "one row per split". */
const char *leat_physical_growth(const leat_physical_plan *plan, uint32_t operator_index);
/* physical_state.c: append the states that an operator keeps, with op->input (and ->right) set. */
uint16_t leat_physical_states(const leat_logical_plan *logical,
                              const leat_physical_operator *op,
                              leat_arena *arena,
                              leat_physical_state *out_states);
enum { LEAT_PHYSICAL_STATES_MAX = 8 }; /* of one operator */
/* What a sink promises, in words, by its connector. */
const char *leat_physical_guarantee(leat_bytes connector);
const char *leat_physical_kind_name(leat_physical_kind kind);

/* wire.c: the plan as one flat blob and back. Decoding trusts nothing: LEAT_CORRUPT with where. */
void leat_plan_encode(const leat_physical_plan *plan, leat_buf *out);
LEAT_MUST_USE leat_code leat_plan_decode(leat_bytes blob,
                                         leat_arena *arena,
                                         const leat_physical_plan **out_plan,
                                         leat_error *err);

#endif
