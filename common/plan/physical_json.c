/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan's arrays as JSON: for tools, and for a diff between two plans.
 */
#include "common/plan/physical.h"
#include "common/text/json.h"

/* What `print` appends becomes a text value. */
static void put_printed(leat_json_writer *w, const char *key, leat_buf *text)
{
    leat_json_put_text(w, key, leat_buf_bytes(text));
    leat_buf_clear(text);
}

static void put_schema(leat_json_writer *w, const char *key, const leat_schema *schema)
{
    leat_buf text = {0};
    leat_json_begin_array(w, key);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        leat_json_begin_object(w, NULL);
        leat_json_put_text(w, "name", schema->fields[i].name);
        leat_type_print(schema->fields[i].type, &text);
        put_printed(w, "type", &text);
        leat_json_put_bool(w, "nullable", schema->fields[i].is_nullable);
        if (schema->event_time == (int32_t)i)
            leat_json_put_bool(w, "event_time", true);
        leat_json_end(w);
    }
    leat_json_end(w);
    leat_buf_fini(&text);
}

static const char *logical_kind_name(leat_logical_kind kind)
{
    static const char *const names[LEAT_LOGICAL_KIND_COUNT] = {
        "source",   "filter", "project", "route", "union",     "aggregate",
        "sink",     "join",   "window",  "over",  "top_n",     "deduplicate",
        "distinct", "set_op", "unnest",  "sort",  "normalize", "materialize"};
    return names[kind];
}

static void put_inputs(leat_json_writer *w, const leat_logical_node *node)
{
    leat_json_begin_array(w, "inputs");
    for (uint32_t i = 0; i < node->input_count; i++) {
        leat_json_begin_object(w, NULL);
        leat_json_put_u64(w, "node", node->inputs[i].node);
        leat_json_put_u64(w, "output", node->inputs[i].output);
        leat_json_end(w);
    }
    leat_json_end(w);
}

static void put_outputs(leat_json_writer *w, const leat_logical_node *node)
{
    leat_json_begin_array(w, "outputs");
    for (uint32_t i = 0; i < node->output_count; i++) {
        leat_json_begin_object(w, NULL);
        leat_json_put_text(w, "name", node->outputs[i].name);
        leat_json_put_bool(w, "updating", node->outputs[i].is_updating);
        leat_json_put_bool(w, "read", node->outputs[i].is_read);
        put_schema(w, "columns", node->outputs[i].schema);
        leat_json_end(w);
    }
    leat_json_end(w);
}

static void put_nodes(leat_json_writer *w, const leat_logical_plan *plan)
{
    leat_buf text = {0};
    leat_json_begin_array(w, "nodes");
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const leat_logical_node *node = &plan->nodes[i];
        leat_json_begin_object(w, NULL);
        leat_json_put_text(w, "operator", node->operator_id);
        leat_json_put_text(w, "kind", leat_bytes_text(logical_kind_name(node->kind)));
        leat_logical_print_node(plan, i, &text);
        put_printed(w, "text", &text);
        if (node->connector.size > 0)
            leat_json_put_text(w, "connector", node->connector);
        if (node->kind == LEAT_LOGICAL_SINK)
            leat_json_put_text(w, "guarantee",
                               leat_bytes_text(leat_physical_guarantee(node->connector)));
        put_inputs(w, node);
        put_outputs(w, node);
        leat_json_end(w);
    }
    leat_json_end(w);
    leat_buf_fini(&text);
}

static void put_operators(leat_json_writer *w, const leat_physical_plan *plan)
{
    leat_json_begin_array(w, "operators");
    for (uint32_t i = 0; i < plan->operator_count; i++) {
        const leat_physical_operator *op = &plan->operators[i];
        leat_json_begin_object(w, NULL);
        leat_json_put_text(w, "kind", leat_bytes_text(leat_physical_kind_name(op->kind)));
        leat_json_put_u64(w, "stage", op->stage);
        leat_json_put_u64(w, "node", op->logical);
        if (op->kind == LEAT_PHYSICAL_EXCHANGE)
            leat_json_put_u64(w, "edge", op->edge);
        if (op->state != LEAT_PHYSICAL_NO_STATE)
            leat_json_put_u64(w, "state", op->state);
        leat_json_begin_array(w, "feeds");
        for (uint32_t j = 0; j < op->feed_count; j++) {
            leat_json_begin_object(w, NULL);
            if (op->feeds[j].from == LEAT_PHYSICAL_STAGE_INPUT)
                leat_json_put_null(w, "operator");
            else
                leat_json_put_i64(w, "operator", op->feeds[j].from);
            leat_json_put_u64(w, "output", op->feeds[j].output);
            leat_json_put_u64(w, "port", op->feeds[j].port);
            leat_json_end(w);
        }
        leat_json_end(w);
        leat_json_end(w);
    }
    leat_json_end(w);
}

static void put_edges(leat_json_writer *w, const leat_physical_plan *plan)
{
    leat_json_begin_array(w, "edges");
    for (uint32_t i = 0; i < plan->edge_count; i++) {
        const leat_physical_edge *edge = &plan->edges[i];
        leat_json_begin_object(w, NULL);
        leat_json_put_text(
            w, "kind", edge->kind == LEAT_EDGE_HASH ? LEAT_BYTES("hash") : LEAT_BYTES("forward"));
        leat_json_put_u64(w, "from", edge->from_stage);
        leat_json_put_u64(w, "to", edge->to_stage);
        leat_json_put_u64(w, "port", edge->port);
        leat_json_begin_array(w, "keys");
        for (uint32_t j = 0; j < edge->key_count; j++)
            leat_json_put_text(w, NULL, edge->schema->fields[edge->keys[j]].name);
        leat_json_end(w);
        leat_json_end(w);
    }
    leat_json_end(w);
}

static void put_states(leat_json_writer *w, const leat_physical_plan *plan)
{
    leat_json_begin_array(w, "states");
    for (uint32_t i = 0; i < plan->operator_count; i++) {
        const leat_physical_operator *op = &plan->operators[i];
        for (uint32_t j = 0; j < op->state_count; j++) {
            const leat_physical_state *state = &plan->states[op->state + j];
            leat_json_begin_object(w, NULL);
            leat_json_put_text(w, "operator", state->operator_id);
            leat_json_put_text(w, "name", state->name);
            leat_json_put_text(w, "growth", leat_bytes_text(leat_physical_growth(plan, i)));
            if (state->key != NULL) {
                put_schema(w, "key", state->key);
                put_schema(w, "value", state->value);
            }
            leat_json_end(w);
        }
    }
    leat_json_end(w);
}

void leat_physical_print_json(const leat_physical_plan *plan, leat_buf *out)
{
    const leat_logical_plan *logical = plan->logical;
    leat_json_writer w = leat_json_write(out);
    leat_json_begin_object(&w, NULL);
    leat_json_put_text(&w, "topology", logical->name);
    if (logical->parallelism == 0)
        leat_json_put_null(&w, "parallelism");
    else
        leat_json_put_u64(&w, "parallelism", logical->parallelism);
    leat_json_put_u64(&w, "key_groups", logical->key_group_count);
    leat_json_put_i64(&w, "epoch_interval_us", logical->epoch_interval_us);
    leat_json_put_u64(&w, "replicas", logical->replicas);
    leat_json_put_u64(&w, "min_replicas", logical->min_replicas);
    put_nodes(&w, logical);
    put_operators(&w, plan);
    put_edges(&w, plan);
    put_states(&w, plan);
    leat_json_end(&w);
}
