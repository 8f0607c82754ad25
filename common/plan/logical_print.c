/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/logical.h"
#include "common/text/duration.h"

void leat_logical_print_call(const leat_bound_aggregate *call,
                             const leat_schema *input,
                             leat_buf *out)
{
    leat_buf_add_text(out, leat_aggregate_name(call->kind));
    if (call->argument != NULL) {
        leat_buf_add_text(out, call->is_distinct ? "(distinct " : "(");
        leat_bound_print(call->argument, input, out);
        if (call->option != NULL) {
            leat_buf_add_text(out, ", ");
            leat_bound_print(call->option, input, out);
        }
        for (uint32_t i = 0; i < call->order_count; i++) {
            leat_buf_add_text(out, i == 0 ? " order by " : ", ");
            leat_bound_print(call->orders[i].by, input, out);
            leat_buf_add_text(out, call->orders[i].is_descending ? " desc" : "");
        }
        leat_buf_add_char(out, ')');
    }
    if (call->filter != NULL) {
        leat_buf_add_text(out, " filter (where ");
        leat_bound_print(call->filter, input, out);
        leat_buf_add_char(out, ')');
    }
}

static const leat_schema *input_schema(const leat_logical_plan *plan, const leat_logical_node *node)
{
    return plan->nodes[node->inputs[0].node].outputs[node->inputs[0].output].schema;
}

static void print_connector(const leat_logical_node *node, leat_buf *out)
{
    leat_buf_print(out, "%.*s", LEAT_FMT(node->connector));
    for (uint32_t i = 0; i < node->option_count; i++)
        leat_buf_print(out, "%s%.*s=%.*s", i == 0 ? " (" : ", ", LEAT_FMT(node->options[i].name),
                       LEAT_FMT(node->options[i].value));
    if (node->option_count > 0)
        leat_buf_add_char(out, ')');
    if (node->writes_op)
        leat_buf_add_text(out, "; writes changes as `op`");
}

static void print_source(const leat_logical_node *node, leat_buf *out)
{
    const leat_schema *schema = node->outputs[0].schema;
    print_connector(node, out);
    if (node->event_time >= 0) {
        leat_bytes name = schema->fields[node->event_time].name;
        leat_buf_print(out, "; event time %.*s, watermark ", LEAT_FMT(name));
        leat_duration_print(node->out_of_orderness_us, out);
    }
    if (node->rate > 0)
        leat_buf_print(out, "; at most %llu rows/s", (unsigned long long)node->rate);
    uint32_t wanted_count = 0;
    for (uint32_t i = 0; i < schema->field_count; i++)
        wanted_count += node->wanted[i];
    if (wanted_count == schema->field_count)
        return;
    leat_buf_add_text(out, "; reads only");
    const char *separator = " ";
    for (uint32_t i = 0; i < schema->field_count; i++) {
        if (!node->wanted[i])
            continue;
        leat_buf_print(out, "%s%.*s", separator, LEAT_FMT(schema->fields[i].name));
        separator = ", ";
    }
}

static void
print_aggregate(const leat_logical_plan *plan, const leat_logical_node *node, leat_buf *out)
{
    const leat_schema *input = input_schema(plan, node);
    const leat_schema *output = node->outputs[0].schema;
    uint32_t first = node->window.kind == LEAT_WINDOW_NONE ? 0 : 2;
    if (first > 0) {
        leat_logical_print_window(&node->window, out);
        leat_buf_add_char(out, ' ');
    }
    leat_buf_add_text(out, node->key_count == 0 ? "over all rows" : "by ");
    for (uint32_t i = 0; i < node->key_count; i++)
        leat_buf_print(out, "%s%.*s", i == 0 ? "" : ", ",
                       LEAT_FMT(input->fields[node->keys[i]].name));
    for (uint32_t i = 0; i < node->aggregate_count; i++) {
        leat_bytes name = output->fields[first + node->key_count + i].name;
        leat_buf_print(out, "%s%.*s = ", i == 0 ? ": " : ", ", LEAT_FMT(name));
        leat_logical_print_call(&node->aggregates[i], input, out);
    }
    if (first > 0)
        leat_buf_add_text(out, node->window.late_to ? "; late rows to a side output"
                                                    : "; late rows are counted and dropped");
}

static void print_project(const leat_logical_node *node, const leat_schema *input, leat_buf *out)
{
    for (uint32_t i = 0; i < node->expression_count; i++) {
        leat_bytes name = node->outputs[0].schema->fields[i].name;
        const leat_bound *bound = node->expressions[i];
        leat_buf_add_text(out, i == 0 ? "" : ", ");
        leat_bound_print(bound, input, out);
        if (bound->kind != LEAT_BOUND_COLUMN ||
            !leat_bytes_equal(input->fields[bound->column].name, name))
            leat_buf_print(out, " as %.*s", LEAT_FMT(name));
    }
}

static void print_route(const leat_logical_node *node, const leat_schema *input, leat_buf *out)
{
    for (uint32_t i = 0; i < node->output_count; i++) {
        leat_buf_add_text(out, i == 0 ? "" : "; ");
        if (node->expressions[i] == NULL)
            leat_buf_add_text(out, "else");
        else
            leat_bound_print(node->expressions[i], input, out);
        leat_buf_print(out, " to %.*s", LEAT_FMT(node->outputs[i].name));
    }
}

void leat_logical_print_node(const leat_logical_plan *plan, uint32_t index, leat_buf *out)
{
    const leat_logical_node *node = &plan->nodes[index];
    leat_buf_print(out, "%.*s: ", LEAT_FMT(node->operator_id));
    switch (node->kind) {
    case LEAT_LOGICAL_SOURCE:
        print_source(node, out);
        break;
    case LEAT_LOGICAL_FILTER:
        leat_bound_print(node->expressions[0], input_schema(plan, node), out);
        break;
    case LEAT_LOGICAL_PROJECT:
        print_project(node, input_schema(plan, node), out);
        break;
    case LEAT_LOGICAL_ROUTE:
        print_route(node, input_schema(plan, node), out);
        break;
    case LEAT_LOGICAL_UNION:
        leat_buf_print(out, "of %u streams", node->input_count);
        break;
    case LEAT_LOGICAL_AGGREGATE:
        print_aggregate(plan, node, out);
        break;
    case LEAT_LOGICAL_SINK:
        print_connector(node, out);
        break;
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
        leat_logical_print_relational(plan, index, out);
        break;
    case LEAT_LOGICAL_KIND_COUNT:
        LEAT_UNREACHABLE();
    }
}

static void print_output(const leat_logical_output *output, uint32_t depth, leat_buf *out)
{
    leat_buf_print(out, "%*s", (int)(2 * depth + 4), "-> ");
    if (output->name.size > 0)
        leat_buf_print(out, "%.*s: ", LEAT_FMT(output->name));
    leat_schema_print(output->schema, out);
    if (output->is_updating)
        leat_buf_add_text(out, " (updating)");
    leat_buf_add_char(out, '\n');
}

static void print_tree(const leat_logical_plan *plan,
                       leat_logical_input at,
                       uint32_t depth,
                       bool *is_printed,
                       leat_buf *out)
{
    const leat_logical_node *node = &plan->nodes[at.node];
    leat_buf_print(out, "%*s", (int)(2 * depth), "");
    if (is_printed[at.node])
        leat_buf_print(out, "%.*s: see above", LEAT_FMT(node->operator_id));
    else
        leat_logical_print_node(plan, at.node, out);
    leat_buf_add_char(out, '\n');
    if (node->output_count > 0)
        print_output(&node->outputs[at.output], depth, out);
    if (is_printed[at.node])
        return;
    is_printed[at.node] = true;
    for (uint32_t i = 0; i < node->input_count; i++)
        print_tree(plan, node->inputs[i], depth + 1, is_printed, out);
}

void leat_logical_print(const leat_logical_plan *plan, leat_buf *out)
{
    leat_arena arena = {0};
    bool *is_printed = LEAT_ARENA_ARRAY(&arena, bool, plan->node_count);
    for (uint32_t i = 0; i < plan->node_count; i++)
        if (plan->nodes[i].kind == LEAT_LOGICAL_SINK)
            print_tree(plan, (leat_logical_input){i, 0}, 0, is_printed, out);
    leat_arena_fini(&arena);
}
