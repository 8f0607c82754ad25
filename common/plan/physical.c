/* SPDX-License-Identifier: Apache-2.0
 *
 * Cutting a logical plan into stages.
 *
 * The walk follows the logical order. What an output of a node has become is a list of leaves: an
 * operator's output, or the input of a stage; a union has the leaves of all its inputs and is no
 * operator itself. A reader whose leaves stand in one stage joins that stage; else it starts a
 * new one, fed by one edge from every stage it reads. So an edge is added exactly when its target
 * stage is made, and edges come out sorted by it.
 *
 * An aggregate needs its rows where its keys live: hash edges, unless the rows are already
 * partitioned by exactly its keys (then the same slot has them).
 */
#include "common/plan/physical.h"

typedef struct leaf {
    uint32_t stage;
    leat_physical_feed feed; /* `from` counts operators as they were added */
} leaf;

/* What is known of the rows of one output. */
typedef struct placed_output {
    uint32_t leaf_count;
    leaf *leaves;
    bool is_partitioned; /* by the hash of exactly these columns */
    uint32_t key_count;
    uint16_t *keys;
} placed_output;

typedef struct cutter {
    const leat_logical_plan *logical;
    leat_arena *arena;
    placed_output **placed; /* [node][output] */
    LEAT_VEC(leat_physical_stage) stages;
    LEAT_VEC(leat_physical_operator) operators; /* in the order they were added */
    LEAT_VEC(leat_physical_edge) edges;
    LEAT_VEC(leat_physical_state) states;
} cutter;

static uint32_t add_stage(cutter *c, bool is_source)
{
    leat_physical_stage stage = {.is_source = is_source, .edge_in_first = (uint32_t)c->edges.count};
    leat_vec_push(&c->stages, stage);
    return (uint32_t)c->stages.count - 1;
}

static uint32_t add_operator(cutter *c, const leat_physical_operator *op)
{
    leat_vec_push(&c->operators, *op);
    return (uint32_t)c->operators.count - 1;
}

/* One edge from every stage that has leaves, with the exchange that ends the branch there. */
static void
add_edges(cutter *c, const placed_output *rows, const leat_physical_edge *like, uint32_t logical)
{
    for (uint32_t i = 0; i < rows->leaf_count; i++) {
        uint32_t stage = rows->leaves[i].stage;
        bool is_done = false;
        for (uint32_t j = 0; j < i; j++)
            is_done |= rows->leaves[j].stage == stage;
        if (is_done)
            continue;
        leat_physical_operator exchange = {.kind = LEAT_PHYSICAL_EXCHANGE,
                                           .logical = logical,
                                           .stage = stage,
                                           .input = like->schema,
                                           .edge = (uint32_t)c->edges.count,
                                           .state = LEAT_PHYSICAL_NO_STATE};
        exchange.feeds = LEAT_ARENA_ARRAY(c->arena, leat_physical_feed, rows->leaf_count);
        for (uint32_t j = i; j < rows->leaf_count; j++)
            if (rows->leaves[j].stage == stage)
                exchange.feeds[exchange.feed_count++] = rows->leaves[j].feed;
        add_operator(c, &exchange);
        leat_physical_edge edge = *like;
        edge.from_stage = stage;
        leat_vec_push(&c->edges, edge);
        c->stages.items[like->to_stage].edge_in_count++;
    }
}

static bool is_one_stage(const placed_output *rows)
{
    for (uint32_t i = 1; i < rows->leaf_count; i++)
        if (rows->leaves[i].stage != rows->leaves[0].stage)
            return false;
    return true;
}

static void set_stage_input(cutter *c, placed_output *rows, uint32_t stage)
{
    leaf input = {stage, {.from = LEAT_PHYSICAL_STAGE_INPUT}};
    rows->leaf_count = 1;
    rows->leaves = leat_arena_copy(c->arena, &input, sizeof input);
}

/* The columns by which input `port` of a node must be partitioned; false: it does not matter. */
static bool
wanted_keys(const leat_logical_node *node, uint32_t port, uint32_t *out_count, uint16_t **out_keys)
{
    *out_count = node->key_count;
    *out_keys = node->keys;
    switch (node->kind) {
    case LEAT_LOGICAL_AGGREGATE:
    case LEAT_LOGICAL_OVER:
    case LEAT_LOGICAL_TOP_N:
    case LEAT_LOGICAL_DEDUPLICATE:
    case LEAT_LOGICAL_DISTINCT:
    case LEAT_LOGICAL_SET_OP:
    case LEAT_LOGICAL_SORT:
    case LEAT_LOGICAL_NORMALIZE:
    case LEAT_LOGICAL_MATERIALIZE:
        return true;
    case LEAT_LOGICAL_WINDOW:
        return node->window.kind == LEAT_WINDOW_SESSION;
    case LEAT_LOGICAL_JOIN:
        *out_count = node->join->key_count;
        *out_keys = port == 0 ? node->join->left_keys : node->join->right_keys;
        return true;
    case LEAT_LOGICAL_SOURCE:
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_PROJECT:
    case LEAT_LOGICAL_ROUTE:
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_SINK:
    case LEAT_LOGICAL_UNNEST:
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    return false;
}

static bool is_partitioned_by(const placed_output *rows, uint32_t count, const uint16_t *keys)
{
    return rows->is_partitioned && rows->key_count == count &&
           (count == 0 || memcmp(rows->keys, keys, count * sizeof *keys) == 0);
}

static placed_output *placed_input(cutter *c, uint32_t index, uint32_t port)
{
    leat_logical_input input = c->logical->nodes[index].inputs[port];
    return &c->placed[input.node][input.output];
}

static const leat_schema *schema_of(const cutter *c, leat_logical_input input)
{
    return c->logical->nodes[input.node].outputs[input.output].schema;
}

/* Bring one input over to `stage`, where it comes in on `port`. */
static placed_output ship(cutter *c, uint32_t index, uint32_t port, uint32_t stage)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    placed_output *rows = placed_input(c, index, port);
    placed_output here = {.is_partitioned = true};
    bool is_hash = wanted_keys(node, port, &here.key_count, &here.keys) &&
                   !is_partitioned_by(rows, here.key_count, here.keys);
    leat_physical_edge edge = {.kind = is_hash ? LEAT_EDGE_HASH : LEAT_EDGE_FORWARD,
                               .to_stage = stage,
                               .port = port,
                               .schema = schema_of(c, node->inputs[port]),
                               .key_count = is_hash ? here.key_count : 0,
                               .keys = is_hash ? here.keys : NULL};
    add_edges(c, rows, &edge, index);
    leaf input = {stage, {.from = LEAT_PHYSICAL_STAGE_INPUT, .output = port, .port = port}};
    here.leaf_count = 1;
    here.leaves = leat_arena_copy(c->arena, &input, sizeof input);
    return here;
}

/* The inputs of a node with two of them, brought into one stage: as they are when both stand in
 * one already, rightly partitioned; else both come over into a new one. */
static void gather_two(cutter *c, uint32_t index, placed_output out_rows[2])
{
    const leat_logical_node *node = &c->logical->nodes[index];
    bool is_there = true;
    for (uint32_t port = 0; port < 2; port++) {
        uint32_t count;
        uint16_t *keys;
        out_rows[port] = *placed_input(c, index, port);
        wanted_keys(node, port, &count, &keys);
        is_there &=
            is_one_stage(&out_rows[port]) && is_partitioned_by(&out_rows[port], count, keys);
    }
    if (is_there && out_rows[0].leaves[0].stage == out_rows[1].leaves[0].stage)
        return;
    uint32_t stage = add_stage(c, false);
    for (uint32_t port = 0; port < 2; port++)
        out_rows[port] = ship(c, index, port, stage);
}

/* The rows that node `index` reads, brought into one stage: as leaves that stand there. */
static placed_output gather_input(cutter *c, uint32_t index)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    placed_output *rows = placed_input(c, index, 0);
    leat_physical_edge edge = {.kind = LEAT_EDGE_FORWARD, .schema = schema_of(c, node->inputs[0])};
    uint32_t key_count;
    uint16_t *keys;
    bool is_hash =
        wanted_keys(node, 0, &key_count, &keys) && !is_partitioned_by(rows, key_count, keys);
    if (!is_hash && is_one_stage(rows))
        return *rows;
    if (is_hash)
        return ship(c, index, 0, add_stage(c, false));
    edge.to_stage = add_stage(c, false);
    /* A union over stages: made once, for all its readers. */
    add_edges(c, rows, &edge, index);
    set_stage_input(c, rows, edge.to_stage);
    return *rows;
}

/* Key columns through a projection; unknown when one is not passed on. */
static void partition_project(cutter *c,
                              const leat_logical_node *node,
                              const placed_output *rows,
                              placed_output *out)
{
    out->is_partitioned = rows->is_partitioned;
    out->key_count = rows->key_count;
    out->keys = LEAT_ARENA_ARRAY(c->arena, uint16_t, rows->key_count);
    for (uint32_t i = 0; i < rows->key_count && out->is_partitioned; i++) {
        out->is_partitioned = false;
        for (uint32_t j = 0; j < node->expression_count && !out->is_partitioned; j++) {
            const leat_bound *bound = node->expressions[j];
            if (bound->kind == LEAT_BOUND_COLUMN && bound->column == rows->keys[i]) {
                out->is_partitioned = true;
                out->keys[i] = (uint16_t)j;
            }
        }
    }
}

static void partition_output(cutter *c,
                             const leat_logical_node *node,
                             uint32_t output,
                             const placed_output *rows,
                             placed_output *out)
{
    if (node->kind == LEAT_LOGICAL_PROJECT) {
        partition_project(c, node, rows, out);
        return;
    }
    out->is_partitioned = rows->is_partitioned;
    out->key_count = rows->key_count;
    out->keys = rows->keys;
    if (node->kind == LEAT_LOGICAL_JOIN) /* rows of the right without a match have no left key */
        out->is_partitioned =
            node->join->kind != LEAT_JOIN_RIGHT && node->join->kind != LEAT_JOIN_FULL;
    if (node->kind != LEAT_LOGICAL_AGGREGATE || output != 0)
        return;
    uint32_t first = node->window.kind == LEAT_WINDOW_NONE ? 0 : 2;
    out->keys = LEAT_ARENA_ARRAY(c->arena, uint16_t, node->key_count);
    for (uint32_t i = 0; i < node->key_count; i++)
        out->keys[i] = (uint16_t)(first + i);
}

static void place_union(cutter *c, uint32_t index)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    placed_output *out = &c->placed[index][0];
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->input_count; i++)
        count += c->placed[node->inputs[i].node][node->inputs[i].output].leaf_count;
    out->leaves = LEAT_ARENA_ARRAY(c->arena, leaf, count);
    for (uint32_t i = 0; i < node->input_count; i++) {
        const placed_output *rows = &c->placed[node->inputs[i].node][node->inputs[i].output];
        memcpy(out->leaves + out->leaf_count, rows->leaves, rows->leaf_count * sizeof(leaf));
        out->leaf_count += rows->leaf_count;
        if (i == 0) {
            out->is_partitioned = rows->is_partitioned;
            out->key_count = rows->key_count;
            out->keys = rows->keys;
        } else if (!rows->is_partitioned || rows->key_count != out->key_count ||
                   (out->key_count > 0 &&
                    memcmp(rows->keys, out->keys, out->key_count * sizeof *out->keys) != 0)) {
            out->is_partitioned = false;
        }
    }
}

static leat_physical_kind kind_of(const leat_logical_node *node)
{
    switch (node->kind) {
    case LEAT_LOGICAL_SOURCE:
        return LEAT_PHYSICAL_SOURCE;
    case LEAT_LOGICAL_FILTER:
        return LEAT_PHYSICAL_FILTER;
    case LEAT_LOGICAL_PROJECT:
        return LEAT_PHYSICAL_PROJECT;
    case LEAT_LOGICAL_ROUTE:
        return LEAT_PHYSICAL_ROUTE;
    case LEAT_LOGICAL_AGGREGATE:
        return node->window.kind == LEAT_WINDOW_NONE ? LEAT_PHYSICAL_AGGREGATE
                                                     : LEAT_PHYSICAL_WINDOW_AGGREGATE;
    case LEAT_LOGICAL_SINK:
        return LEAT_PHYSICAL_SINK;
    case LEAT_LOGICAL_JOIN:
    case LEAT_LOGICAL_WINDOW:
    case LEAT_LOGICAL_OVER:
    case LEAT_LOGICAL_TOP_N:
    case LEAT_LOGICAL_DEDUPLICATE:
    case LEAT_LOGICAL_DISTINCT:
    case LEAT_LOGICAL_SET_OP:
    case LEAT_LOGICAL_UNNEST:
    case LEAT_LOGICAL_SORT:
    case LEAT_LOGICAL_NORMALIZE:
    case LEAT_LOGICAL_MATERIALIZE:
        /* From SINK on the kinds have the same names and order. */
        return (leat_physical_kind)((int)node->kind - LEAT_LOGICAL_SINK + LEAT_PHYSICAL_SINK);
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static void
feed_port(cutter *c, leat_physical_operator *op, uint32_t port, const placed_output *rows)
{
    leat_physical_feed *feeds =
        LEAT_ARENA_ARRAY(c->arena, leat_physical_feed, op->feed_count + rows->leaf_count);
    if (op->feed_count > 0)
        memcpy(feeds, op->feeds, op->feed_count * sizeof *feeds);
    op->feeds = feeds;
    for (uint32_t i = 0; i < rows->leaf_count; i++) {
        feeds[op->feed_count] = rows->leaves[i].feed;
        feeds[op->feed_count++].port = port;
    }
}

/* Where the operator stands, and what it is fed with. */
static void place_inputs(cutter *c, uint32_t index, leat_physical_operator *op, placed_output *rows)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    if (node->input_count == 1)
        rows[0] = gather_input(c, index);
    else
        gather_two(c, index, rows);
    op->stage = rows[0].leaves[0].stage;
    op->input = schema_of(c, node->inputs[0]);
    if (node->input_count == 2)
        op->right = schema_of(c, node->inputs[1]);
    for (uint32_t port = 0; port < node->input_count; port++)
        feed_port(c, op, port, &rows[port]);
}

static void place_node(cutter *c, uint32_t index)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    c->placed[index] = LEAT_ARENA_ARRAY(c->arena, placed_output, node->output_count);
    if (node->kind == LEAT_LOGICAL_UNION) {
        place_union(c, index);
        return;
    }
    placed_output rows[LEAT_PHYSICAL_PORTS_MAX] = {{0}};
    leat_physical_operator op = {
        .kind = kind_of(node), .logical = index, .state = LEAT_PHYSICAL_NO_STATE};
    if (node->kind == LEAT_LOGICAL_SOURCE)
        op.stage = add_stage(c, true);
    else
        place_inputs(c, index, &op, rows);
    uint32_t added = add_operator(c, &op);
    for (uint32_t i = 0; i < node->output_count; i++) {
        leaf here = {op.stage, {.from = (int32_t)added, .output = i}};
        c->placed[index][i].leaf_count = 1;
        c->placed[index][i].leaves = leat_arena_copy(c->arena, &here, sizeof here);
        partition_output(c, node, i, &rows[0], &c->placed[index][i]);
    }
}

static void add_states(cutter *c, leat_physical_operator *op)
{
    leat_physical_state states[LEAT_PHYSICAL_STATES_MAX];
    op->state_count = leat_physical_states(c->logical, op, c->arena, states);
    op->state = op->state_count == 0 ? LEAT_PHYSICAL_NO_STATE : (uint16_t)c->states.count;
    for (uint16_t i = 0; i < op->state_count; i++)
        leat_vec_push(&c->states, states[i]);
}

/* Operators stage by stage, in the order they were added there; feeds renumbered. */
static leat_physical_operator *order_operators(cutter *c)
{
    uint32_t count = (uint32_t)c->operators.count;
    leat_physical_operator *ordered = LEAT_ARENA_ARRAY(c->arena, leat_physical_operator, count);
    int32_t *now = LEAT_ARENA_ARRAY(c->arena, int32_t, count);
    uint32_t next = 0;
    for (uint32_t s = 0; s < c->stages.count; s++) {
        leat_physical_stage *stage = &c->stages.items[s];
        stage->operator_first = next;
        for (uint32_t i = 0; i < count; i++) {
            if (c->operators.items[i].stage != s)
                continue;
            leat_physical_operator *op = &ordered[next];
            *op = c->operators.items[i];
            now[i] = (int32_t)next++;
            for (uint32_t j = 0; j < op->feed_count; j++)
                if (op->feeds[j].from != LEAT_PHYSICAL_STAGE_INPUT)
                    op->feeds[j].from = now[op->feeds[j].from];
            add_states(c, op);
        }
        stage->operator_count = next - stage->operator_first;
    }
    return ordered;
}

const leat_physical_plan *leat_physical_of(const leat_logical_plan *logical, leat_arena *arena)
{
    cutter c = {.logical = logical, .arena = arena};
    c.placed = LEAT_ARENA_ARRAY(arena, placed_output *, logical->node_count);
    for (uint32_t i = 0; i < logical->node_count; i++)
        place_node(&c, i);
    leat_physical_plan *plan = LEAT_ARENA_NEW(arena, leat_physical_plan);
    plan->logical = logical;
    plan->operator_count = (uint32_t)c.operators.count;
    plan->operators = order_operators(&c);
    plan->stage_count = (uint32_t)c.stages.count;
    plan->stages = leat_arena_copy(arena, c.stages.items, c.stages.count * sizeof *c.stages.items);
    plan->edge_count = (uint32_t)c.edges.count;
    plan->edges = leat_arena_copy(arena, c.edges.items, c.edges.count * sizeof *c.edges.items);
    plan->state_count = (uint32_t)c.states.count;
    plan->states = leat_arena_copy(arena, c.states.items, c.states.count * sizeof *c.states.items);
    leat_vec_fini(&c.stages);
    leat_vec_fini(&c.operators);
    leat_vec_fini(&c.edges);
    leat_vec_fini(&c.states);
    return plan;
}
