/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/physical.h"
#include "common/text/duration.h"

const char *leat_physical_kind_name(leat_physical_kind kind)
{
    static const char *const names[LEAT_PHYSICAL_KIND_COUNT] = {
        "source", "filter", "project", "route",     "aggregate",  "window_aggregate", "exchange",
        "sink",   "join",   "window",  "over",      "top_n",      "deduplicate",      "distinct",
        "set_op", "unnest", "sort",    "normalize", "materialize"};
    LEAT_ASSERT(kind < LEAT_PHYSICAL_KIND_COUNT);
    return names[kind];
}

const char *leat_physical_growth(const leat_physical_plan *plan, uint32_t index)
{
    const leat_physical_operator *op = &plan->operators[index];
    if (op->kind == LEAT_PHYSICAL_EXCHANGE)
        return "none";
    switch (leat_logical_growth(plan->logical, op->logical)) {
    case LEAT_GROWTH_FIXED:
        if (op->kind == LEAT_PHYSICAL_SOURCE)
            return "one row per split";
        if (op->kind == LEAT_PHYSICAL_SINK)
            return "one row per part until it is visible";
        return "bounded";
    case LEAT_GROWTH_WINDOW:
        return op->kind == LEAT_PHYSICAL_WINDOW_AGGREGATE
                   ? "bounded: the groups of open windows"
                   : "bounded: what the watermark has not passed";
    case LEAT_GROWTH_GROUPS:
        return "unbounded: every group ever seen";
    case LEAT_GROWTH_ROWS:
        return "unbounded: every row ever seen";
    case LEAT_GROWTH_NONE:
    case LEAT_GROWTH_COUNT:
        break;
    }
    return "none";
}

const char *leat_physical_guarantee(leat_bytes connector)
{
    if (leat_bytes_equal(connector, LEAT_BYTES("file")))
        return "exactly once: rows become visible with their epoch";
    if (leat_bytes_equal(connector, LEAT_BYTES("print")))
        return "at least once: rows may be printed again after a crash";
    if (leat_bytes_equal(connector, LEAT_BYTES("blackhole")))
        return "none: rows are counted and dropped";
    return "as the connector says";
}

static void print_settings(const leat_logical_plan *plan, leat_buf *out)
{
    leat_buf_print(out, "topology %.*s\n  parallelism ", LEAT_FMT(plan->name));
    if (plan->parallelism == 0)
        leat_buf_add_text(out, "as many as there are executors");
    else
        leat_buf_print(out, "%u", plan->parallelism);
    leat_buf_print(out, ", %u key groups, an epoch every ", plan->key_group_count);
    leat_duration_print(plan->epoch_interval_us, out);
    leat_buf_print(out, ", %u %s of the state (at least %u)\n", plan->replicas,
                   plan->replicas == 1 ? "copy" : "copies", plan->min_replicas);
}

static void print_edge(const leat_physical_edge *edge, leat_buf *out)
{
    if (edge->kind == LEAT_EDGE_FORWARD) {
        leat_buf_add_text(out, "forward");
        return;
    }
    if (edge->key_count == 0) {
        leat_buf_add_text(out, "hash of nothing (one slot)");
        return;
    }
    leat_buf_add_text(out, "hash(");
    for (uint32_t i = 0; i < edge->key_count; i++)
        leat_buf_print(out, "%s%.*s", i == 0 ? "" : ", ",
                       LEAT_FMT(edge->schema->fields[edge->keys[i]].name));
    leat_buf_add_char(out, ')');
}

static void
print_feeds(const leat_physical_plan *plan, const leat_physical_operator *op, leat_buf *out)
{
    for (uint32_t i = 0; i < op->feed_count; i++) {
        const leat_physical_feed *feed = &op->feeds[i];
        leat_buf_add_text(out, i == 0 ? "  <- " : ", ");
        if (feed->from == LEAT_PHYSICAL_STAGE_INPUT) {
            leat_buf_add_text(out, feed->output == 0 ? "input" : "right input");
            continue;
        }
        const leat_logical_node *node = &plan->logical->nodes[plan->operators[feed->from].logical];
        leat_buf_print(out, "%d", feed->from);
        if (node->outputs[feed->output].name.size > 0)
            leat_buf_print(out, ".%.*s", LEAT_FMT(node->outputs[feed->output].name));
    }
}

static void print_operator(const leat_physical_plan *plan, uint32_t index, leat_buf *out)
{
    const leat_physical_operator *op = &plan->operators[index];
    const leat_logical_node *node = &plan->logical->nodes[op->logical];
    leat_buf_print(out, "  %2u %s ", index, leat_physical_kind_name(op->kind));
    if (op->kind == LEAT_PHYSICAL_EXCHANGE) {
        print_edge(&plan->edges[op->edge], out);
        leat_buf_print(out, " to stage %u", plan->edges[op->edge].to_stage);
    } else {
        leat_buf_print(out, "%.*s", LEAT_FMT(node->operator_id));
    }
    print_feeds(plan, op, out);
    leat_buf_add_char(out, '\n');
}

static void print_stages(const leat_physical_plan *plan, leat_buf *out)
{
    for (uint32_t s = 0; s < plan->stage_count; s++) {
        const leat_physical_stage *stage = &plan->stages[s];
        leat_buf_print(out, "stage %u", s);
        for (uint32_t i = 0; i < stage->edge_in_count; i++) {
            const leat_physical_edge *edge = &plan->edges[stage->edge_in_first + i];
            leat_buf_print(out, "%s stage %u by ", i == 0 ? " from" : ",", edge->from_stage);
            print_edge(edge, out);
        }
        leat_buf_add_char(out, '\n');
        for (uint32_t i = 0; i < stage->operator_count; i++)
            print_operator(plan, stage->operator_first + i, out);
    }
}

static void print_state(const leat_physical_plan *plan, leat_buf *out)
{
    leat_buf_add_text(out, "state\n");
    for (uint32_t i = 0; i < plan->operator_count; i++) {
        const leat_physical_operator *op = &plan->operators[i];
        if (op->state == LEAT_PHYSICAL_NO_STATE)
            continue;
        for (uint32_t j = 0; j < op->state_count; j++) {
            const leat_physical_state *state = &plan->states[op->state + j];
            leat_buf_print(out, "  %.*s %.*s: %s\n", LEAT_FMT(state->operator_id),
                           LEAT_FMT(state->name), leat_physical_growth(plan, i));
            if (state->key == NULL)
                continue;
            leat_buf_add_text(out, "    (");
            leat_schema_print(state->key, out);
            leat_buf_add_text(out, ") -> (");
            leat_schema_print(state->value, out);
            leat_buf_add_text(out, ")\n");
        }
    }
}

static void print_guarantees(const leat_logical_plan *plan, leat_buf *out)
{
    leat_buf_add_text(out, "guarantees\n");
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const leat_logical_node *node = &plan->nodes[i];
        if (node->kind == LEAT_LOGICAL_SINK)
            leat_buf_print(out, "  %.*s (%.*s): %s\n", LEAT_FMT(node->name),
                           LEAT_FMT(node->connector), leat_physical_guarantee(node->connector));
        else if (node->on_bad_record == LEAT_BAD_RECORD_SKIP && node->kind != LEAT_LOGICAL_UNION)
            leat_buf_print(out, "  %.*s: bad records are counted and dropped\n",
                           LEAT_FMT(node->operator_id));
    }
}

void leat_physical_print(const leat_physical_plan *plan, leat_buf *out)
{
    print_settings(plan->logical, out);
    print_stages(plan, out);
    print_state(plan, out);
    print_guarantees(plan->logical, out);
}
