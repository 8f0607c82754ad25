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
    leaf input = {stage, {LEAT_PHYSICAL_STAGE_INPUT, 0}};
    rows->leaf_count = 1;
    rows->leaves = leat_arena_copy(c->arena, &input, sizeof input);
}

static bool is_partitioned_by(const placed_output *rows, const leat_logical_node *node)
{
    return rows->is_partitioned && rows->key_count == node->key_count &&
           (node->key_count == 0 ||
            memcmp(rows->keys, node->keys, node->key_count * sizeof *node->keys) == 0);
}

/* The rows that node `index` reads, brought into one stage: as leaves that stand there. */
static placed_output gather_input(cutter *c, uint32_t index)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    leat_logical_input input = node->inputs[0];
    placed_output *rows = &c->placed[input.node][input.output];
    leat_physical_edge edge = {.kind = LEAT_EDGE_FORWARD,
                               .schema =
                                   c->logical->nodes[input.node].outputs[input.output].schema};
    bool is_hash = node->kind == LEAT_LOGICAL_AGGREGATE && !is_partitioned_by(rows, node);
    if (!is_hash && is_one_stage(rows))
        return *rows;
    edge.to_stage = add_stage(c, false);
    if (!is_hash) {
        /* A union over stages: made once, for all its readers. */
        add_edges(c, rows, &edge, index);
        set_stage_input(c, rows, edge.to_stage);
        return *rows;
    }
    edge.kind = LEAT_EDGE_HASH;
    edge.key_count = node->key_count;
    edge.keys = node->keys;
    add_edges(c, rows, &edge, index);
    placed_output gathered = {
        .is_partitioned = true, .key_count = node->key_count, .keys = node->keys};
    set_stage_input(c, &gathered, edge.to_stage);
    return gathered;
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
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static void place_node(cutter *c, uint32_t index)
{
    const leat_logical_node *node = &c->logical->nodes[index];
    c->placed[index] = LEAT_ARENA_ARRAY(c->arena, placed_output, node->output_count);
    if (node->kind == LEAT_LOGICAL_UNION) {
        place_union(c, index);
        return;
    }
    placed_output rows = {0};
    leat_physical_operator op = {
        .kind = kind_of(node), .logical = index, .state = LEAT_PHYSICAL_NO_STATE};
    if (node->kind == LEAT_LOGICAL_SOURCE) {
        op.stage = add_stage(c, true);
    } else {
        leat_logical_input input = node->inputs[0];
        rows = gather_input(c, index);
        op.stage = rows.leaves[0].stage;
        op.input = c->logical->nodes[input.node].outputs[input.output].schema;
        op.feed_count = rows.leaf_count;
        op.feeds = LEAT_ARENA_ARRAY(c->arena, leat_physical_feed, rows.leaf_count);
        for (uint32_t i = 0; i < rows.leaf_count; i++)
            op.feeds[i] = rows.leaves[i].feed;
    }
    uint32_t added = add_operator(c, &op);
    for (uint32_t i = 0; i < node->output_count; i++) {
        leaf here = {op.stage, {(int32_t)added, i}};
        c->placed[index][i].leaf_count = 1;
        c->placed[index][i].leaves = leat_arena_copy(c->arena, &here, sizeof here);
        partition_output(c, node, i, &rows, &c->placed[index][i]);
    }
}

/* What a resubmitted topology must say again to keep its state. */
static leat_bytes
call_text(const leat_bound_aggregate *call, const leat_schema *input, leat_arena *arena)
{
    leat_buf text = {0};
    leat_logical_print_call(call, input, &text);
    leat_bytes bytes = leat_arena_bytes(arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return bytes;
}

static void describe_groups(cutter *c, const leat_physical_operator *op, leat_physical_state *state)
{
    const leat_logical_node *node = &c->logical->nodes[op->logical];
    bool has_window = node->window.kind != LEAT_WINDOW_NONE;
    leat_field *keys = LEAT_ARENA_ARRAY(c->arena, leat_field, node->key_count + 1);
    leat_field *values = LEAT_ARENA_ARRAY(c->arena, leat_field, node->aggregate_count);
    uint32_t key_count = 0;
    if (has_window)
        keys[key_count++] = (leat_field){LEAT_BYTES("window_end"), LEAT_TYPE(TIMESTAMP), false};
    const leat_field *named = node->outputs[0].schema->fields + (has_window ? 2 : 0);
    for (uint32_t i = 0; i < node->key_count; i++)
        keys[key_count++] = named[i];
    for (uint32_t i = 0; i < node->aggregate_count; i++)
        values[i] = (leat_field){call_text(&node->aggregates[i], op->input, c->arena),
                                 node->aggregates[i].type, true};
    state->name = has_window ? LEAT_BYTES("panes") : LEAT_BYTES("groups");
    state->key = leat_schema_new(c->arena, keys, key_count, -1);
    state->value = leat_schema_new(c->arena, values, node->aggregate_count, -1);
}

static void add_state(cutter *c, leat_physical_operator *op)
{
    leat_physical_state state = {.operator_id = c->logical->nodes[op->logical].operator_id};
    switch (op->kind) {
    case LEAT_PHYSICAL_SOURCE:
        state.name = LEAT_BYTES("splits");
        break;
    case LEAT_PHYSICAL_SINK:
        state.name = LEAT_BYTES("handles");
        break;
    case LEAT_PHYSICAL_AGGREGATE:
    case LEAT_PHYSICAL_WINDOW_AGGREGATE:
        describe_groups(c, op, &state);
        break;
    case LEAT_PHYSICAL_FILTER:
    case LEAT_PHYSICAL_PROJECT:
    case LEAT_PHYSICAL_ROUTE:
    case LEAT_PHYSICAL_EXCHANGE:
    case LEAT_PHYSICAL_KIND_COUNT:
        return;
    }
    op->state = (uint16_t)c->states.count;
    leat_vec_push(&c->states, state);
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
            add_state(c, op);
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
