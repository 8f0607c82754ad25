/* SPDX-License-Identifier: Apache-2.0
 *
 * logical - what the user asked for: the one graph that topologies and SQL both lower to.
 *
 * An immutable array of nodes in topological order (inputs before users), in the plan arena. A
 * node has one or more outputs, each a named stream with a schema: output 0 is the main one,
 * further ones are side outputs (route targets, `late`, `bad`), spelled NODE.NAME everywhere.
 */
#ifndef LEAT_COMMON_PLAN_LOGICAL_H
#define LEAT_COMMON_PLAN_LOGICAL_H

#include "common/plan/relational.h"

/* Each with its outputs. Where nothing else is said, output 0 has the changes of the input and
 * the node keeps nothing. */
typedef enum leat_logical_kind {
    LEAT_LOGICAL_SOURCE,
    LEAT_LOGICAL_FILTER,  /* condition */
    LEAT_LOGICAL_PROJECT, /* expressions */
    LEAT_LOGICAL_ROUTE,   /* one output per target, first match */
    LEAT_LOGICAL_UNION,
    LEAT_LOGICAL_AGGREGATE, /* keys, aggregates, optional window */
    LEAT_LOGICAL_SINK,
    /* relational.h says what the rest is configured with. */
    LEAT_LOGICAL_JOIN,   /* `join`; two inputs */
    LEAT_LOGICAL_WINDOW, /* `window`: a copy of the row per window it is in, with further columns
                            window_start, window_end, window_time (= end - 1 ms, the event time).
                            SESSION waits for the window to close; keys = its partition */
    LEAT_LOGICAL_OVER,   /* `over`, keys, orders */
    LEAT_LOGICAL_TOP_N,  /* `top`, keys, orders (none: by arrival) */
    LEAT_LOGICAL_DEDUPLICATE, /* `dedup`, keys, orders (one, or none) */
    LEAT_LOGICAL_DISTINCT,    /* equal rows once; append stays append; counts rows otherwise */
    LEAT_LOGICAL_SET_OP,      /* `set`; two inputs of equal types */
    LEAT_LOGICAL_UNNEST,      /* `unnest`, expressions */
    LEAT_LOGICAL_SORT,        /* orders, the first by event time ascending, append: rows in order as
                                 the watermark passes; of equal order by arrival */
    LEAT_LOGICAL_NORMALIZE,   /* keys: upsert changes in, full ones out; keeps the last row per key.
                                 A -D of an unknown key is dropped, an equal row is no change */
    LEAT_LOGICAL_MATERIALIZE, /* keys of the sink: changes of rows in, changes of the row with that
                                 key out: of the rows kept per key, in arrival order, the last one
                                 counts (decisions 14) */
    LEAT_LOGICAL_KIND_COUNT
} leat_logical_kind;

typedef struct leat_option {
    leat_bytes name;
    leat_bytes value;
    leat_place place;     /* of the value */
    leat_place key_place; /* of the name */
} leat_option;

typedef enum leat_bad_record_policy {
    LEAT_BAD_RECORD_FAIL, /* the default */
    LEAT_BAD_RECORD_SKIP, /* dropped and counted */
    LEAT_BAD_RECORD_TO,   /* to the side output `bad` */
} leat_bad_record_policy;

/* One edge end: output `output` of node `node`. */
typedef struct leat_logical_input {
    uint32_t node;
    uint32_t output;
} leat_logical_input;

typedef struct leat_logical_output {
    leat_bytes name;           /* "" for the main one, else "late", "bad", a route target */
    const leat_schema *schema; /* event_time says which column carries time */
    bool is_updating;          /* carries retractions: changes is not APPEND */
    bool is_read;              /* somebody has it as input */
    bool time_is_window_end;   /* event time = that column - 1 ms (decisions 7) */
    leat_change_mode changes;
    bool has_upsert_key; /* the columns below are unique at any time; none of them: one row */
    uint32_t upsert_key_count;
    uint16_t *upsert_keys;
} leat_logical_output;

typedef struct leat_logical_node {
    leat_logical_kind kind;
    leat_bytes name;        /* the user's: "per_minute" */
    leat_bytes operator_id; /* name + role: "per_minute/window" (decisions 2) */
    leat_place place;       /* in the user's file */
    uint32_t input_count;
    leat_logical_input *inputs;
    uint32_t output_count;
    leat_logical_output *outputs;

    /* SOURCE, SINK */
    leat_bytes connector; /* "file", "print", "nexmark" */
    leat_place connector_place;
    uint32_t option_count;
    leat_option *options;
    leat_bad_record_policy on_bad_record; /* of every kind; TO only for SOURCE: output 1 */
    int32_t event_time;                   /* SOURCE: column, or -1 */
    int64_t out_of_orderness_us;          /* `watermark:` */
    int64_t idle_after_us;                /* 0 = never */
    int64_t max_future_us;                /* 0 = no cap */
    uint64_t rate;                        /* rows a second, 0 = unlimited */
    bool *wanted;                         /* SOURCE: columns somebody reads, the others stay NULL */
    bool writes_op; /* SINK, `changes: log`: a first column `op` (+I -U +U -D) */

    /* FILTER, ROUTE (one condition per output, NULL = default), PROJECT (one per field), UNNEST;
     * SOURCE: one when the event time is computed from its columns (event_time is -1 then) */
    uint32_t expression_count;
    leat_bound **expressions;

    /* AGGREGATE: output 0; output 1 is `late` when window.late_to. Output schema = [window_start,
     * window_end,] keys..., aggregates... With a CARRIED window its two columns are no keys. An
     * aggregate without keys and window has one row from the start on, over no rows too. */
    uint32_t key_count;
    uint16_t *keys; /* columns of the input */
    uint32_t aggregate_count;
    leat_bound_aggregate *aggregates;
    leat_window window;

    /* TOP_N, DEDUPLICATE, OVER, SORT; SINK: the order in which a final result is shown */
    uint32_t order_count;
    leat_order *orders;
    union { /* by kind; none for DISTINCT, SORT, NORMALIZE, MATERIALIZE */
        const leat_join *join;
        const leat_over *over;
        const leat_top *top;
        const leat_dedup *dedup;
        const leat_set *set;
        const leat_unnest *unnest;
    };
    int64_t
        state_ttl_us; /* a row not touched for so long (processing time) is forgotten; 0: never */
} leat_logical_node;

typedef struct leat_logical_plan {
    leat_bytes name; /* of the topology */
    uint32_t node_count;
    leat_logical_node *nodes;
    uint32_t parallelism; /* 0 = executors present when a generation starts */
    uint32_t key_group_count;
    int64_t epoch_interval_us;
    uint32_t replicas;
    uint32_t min_replicas;
} leat_logical_plan;

enum { LEAT_LOGICAL_WINDOW_TIME_LAG_US = 1000 };

/* Knows connectors. Called once for every source and sink whose own keys are right: reports an
 * unknown connector (at connector_place) and wrong options. `schema` is that of the rows. */
typedef struct leat_logical_checks {
    void *self;
    void (*check)(void *self,
                  const leat_logical_node *node,
                  const leat_schema *schema,
                  leat_diagnostics *diagnostics);
} leat_logical_checks;

/* What a node does with which inputs, without its names, places and outputs: nodes with equal bytes
 * do the same. wire.c. */
void leat_plan_encode_node(const leat_logical_node *node, leat_buf *out);

/* How the state of a node grows, by its kind, configuration and inputs (GROWTH_FIXED with a TTL).
 */
leat_growth leat_logical_growth(const leat_logical_plan *plan, uint32_t node);
/* Whether the `format` of a source or sink carries changes: debezium-json. */
bool leat_logical_format_changes(const leat_logical_node *node);
/* Whether it is its TTL that bounds the state of a node: what is too old is forgotten. */
bool leat_logical_expires(const leat_logical_plan *plan, uint32_t node);

/* Indented tree per sink, one line per node with its schema: what `leat plan` shows first. */
void leat_logical_print(const leat_logical_plan *plan, leat_buf *out);
/* One node without its schema: "per_minute/window: tumble 1m by country; n = count(*)". */
void leat_logical_print_node(const leat_logical_plan *plan, uint32_t node, leat_buf *out);
/* logical_print_relational.c: what stands after the operator id for the kinds of relational.h. */
void leat_logical_print_relational(const leat_logical_plan *plan, uint32_t node, leat_buf *out);
/* "tumble 1m offset 10s". */
void leat_logical_print_window(const leat_window *window, leat_buf *out);
/* "count(*)", "sum(amount) filter (where ok)". */
void leat_logical_print_call(const leat_bound_aggregate *call,
                             const leat_schema *input,
                             leat_buf *out);

#endif
