/* SPDX-License-Identifier: Apache-2.0
 *
 * How logical nodes are made.
 */
#include "common/plan/changes.h"
#include "common/sql/planner.h"

leat_place leat_sql_place(const leat_sql_planner *p, leat_span span)
{
    leat_expr at = {.offset = span.start, .length = span.end - span.start};
    return leat_expr_place(p->source, &at);
}

leat_span leat_sql_span(const leat_expr *expr)
{
    return (leat_span){expr->offset, expr->offset + expr->length};
}

const leat_logical_output *leat_sql_output(const leat_sql_planner *p, leat_logical_input input)
{
    return &p->nodes.items[input.node].outputs[input.output];
}

const leat_schema *leat_sql_schema(const leat_sql_planner *p, const leat_sql_relation *relation)
{
    return leat_sql_output(p, relation->out)->schema;
}

leat_logical_node
leat_sql_node(leat_sql_planner *p, leat_logical_kind kind, const char *role, leat_span span)
{
    leat_logical_node node = {.kind = kind,
                              .name = p->owner,
                              .place = leat_sql_place(p, span),
                              .on_bad_record = p->on_error,
                              .state_ttl_us = p->state_ttl_us,
                              .event_time = -1};
    node.operator_id = leat_bytes_text(
        leat_arena_print(p->arena, "%.*s/%s%u", LEAT_FMT(p->owner), role, ++p->sequence));
    return node;
}

void leat_sql_set_inputs(leat_sql_planner *p,
                         leat_logical_node *node,
                         const leat_logical_input *inputs,
                         uint32_t count)
{
    node->input_count = count;
    node->inputs = leat_arena_copy(p->arena, inputs, count * sizeof *inputs);
}

leat_logical_input
leat_sql_add(leat_sql_planner *p, leat_logical_node *node, const leat_schema *schema)
{
    if (schema != NULL) {
        node->output_count = 1;
        if (node->outputs == NULL)
            node->outputs = LEAT_ARENA_NEW(p->arena, leat_logical_output);
        node->outputs[0].schema = schema;
        leat_logical_derive_changes(p->nodes.items, node, p->arena);
        bool passes_time = node->kind == LEAT_LOGICAL_FILTER ||
                           node->kind == LEAT_LOGICAL_PROJECT || node->kind == LEAT_LOGICAL_UNION ||
                           node->kind == LEAT_LOGICAL_DISTINCT ||
                           node->kind == LEAT_LOGICAL_UNNEST || node->kind == LEAT_LOGICAL_TOP_N ||
                           node->kind == LEAT_LOGICAL_OVER || node->kind == LEAT_LOGICAL_JOIN ||
                           node->window.is_by_column;
        if (passes_time && node->input_count > 0 && schema->event_time >= 0)
            node->outputs[0].time_is_window_end =
                leat_sql_output(p, node->inputs[0])->time_is_window_end;
    }
    leat_vec_push(&p->nodes, *node);
    return (leat_logical_input){(uint32_t)p->nodes.count - 1, 0};
}

leat_logical_input leat_sql_filter(leat_sql_planner *p,
                                   leat_logical_input input,
                                   leat_bound *condition,
                                   leat_span span)
{
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_FILTER, "where", span);
    leat_sql_set_inputs(p, &node, &input, 1);
    node.expression_count = 1;
    node.expressions = leat_arena_copy(p->arena, &condition, sizeof condition);
    return leat_sql_add(p, &node, leat_sql_output(p, input)->schema);
}

leat_logical_input leat_sql_project(leat_sql_planner *p,
                                    leat_logical_input input,
                                    const leat_field *fields,
                                    leat_bound **expressions,
                                    uint32_t count,
                                    leat_span span)
{
    const leat_schema *schema = leat_sql_output(p, input)->schema;
    int32_t event_time = -1;
    for (uint32_t i = 0; i < count && schema->event_time >= 0; i++)
        if (expressions[i]->kind == LEAT_BOUND_COLUMN &&
            expressions[i]->column == (uint32_t)schema->event_time && event_time < 0)
            event_time = (int32_t)i;
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_PROJECT, "select", span);
    leat_sql_set_inputs(p, &node, &input, 1);
    node.expression_count = count;
    node.expressions = leat_arena_copy(p->arena, expressions, count * sizeof(leat_bound *));
    return leat_sql_add(p, &node, leat_schema_new(p->arena, fields, count, event_time));
}

static leat_bound *column_of(leat_sql_planner *p, const leat_schema *schema, uint32_t column)
{
    leat_bound *bound = LEAT_ARENA_NEW(p->arena, leat_bound);
    bound->kind = LEAT_BOUND_COLUMN;
    bound->column = column;
    bound->type = schema->fields[column].type;
    bound->is_nullable = schema->fields[column].is_nullable;
    return bound;
}

leat_logical_input leat_sql_with_columns(leat_sql_planner *p,
                                         leat_logical_input input,
                                         leat_bound **expressions,
                                         uint32_t count,
                                         uint16_t *out_columns,
                                         leat_span span)
{
    const leat_schema *schema = leat_sql_output(p, input)->schema;
    uint32_t total = schema->field_count;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, total + count);
    leat_bound **all = LEAT_ARENA_ARRAY(p->arena, leat_bound *, total + count);
    for (uint32_t i = 0; i < total; i++) {
        fields[i] = schema->fields[i];
        all[i] = column_of(p, schema, i);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (expressions[i]->kind == LEAT_BOUND_COLUMN) {
            out_columns[i] = (uint16_t)expressions[i]->column;
            continue;
        }
        out_columns[i] = (uint16_t)total;
        fields[total] = (leat_field){leat_bytes_text(leat_arena_print(p->arena, "$key%u", i)),
                                     expressions[i]->type, expressions[i]->is_nullable};
        all[total++] = expressions[i];
    }
    if (total == schema->field_count)
        return input;
    return leat_sql_project(p, input, fields, all, total, span);
}
