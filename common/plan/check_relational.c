/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/check.h"

typedef struct relational {
    const leat_logical_node *node;
    const leat_schema *input;
    const leat_schema *right; /* NULL when there is one input */
    const leat_schema *output;
} relational;

static bool columns_exist(const uint16_t *columns, uint32_t count, const leat_schema *schema)
{
    for (uint32_t i = 0; i < count; i++)
        if (columns[i] >= schema->field_count)
            return false;
    return true;
}

static bool orders_exist(const relational *r)
{
    for (uint32_t i = 0; i < r->node->order_count; i++)
        if (r->node->orders[i].column >= r->input->field_count)
            return false;
    return true;
}

static bool is_timestamp(const leat_schema *schema, uint32_t column)
{
    return column < schema->field_count && schema->fields[column].type.id == LEAT_TYPE_TIMESTAMP;
}

/* The output starts with the types of `schema`, from column `first` on. */
static bool output_has(const relational *r, uint32_t first, const leat_schema *schema)
{
    if (r->output->field_count < first + schema->field_count)
        return false;
    for (uint32_t i = 0; i < schema->field_count; i++)
        if (!leat_type_equal(schema->fields[i].type, r->output->fields[first + i].type))
            return false;
    return true;
}

/* The output is the input and `more` further columns. */
static bool output_adds(const relational *r, uint32_t more)
{
    return r->output->field_count == r->input->field_count + more && output_has(r, 0, r->input);
}

static const leat_schema *paired(const relational *r, leat_arena *arena)
{
    uint32_t left = r->input->field_count;
    leat_field *fields = LEAT_ARENA_ARRAY(arena, leat_field, left + r->right->field_count);
    memcpy(fields, r->input->fields, left * sizeof *fields);
    memcpy(fields + left, r->right->fields, r->right->field_count * sizeof *fields);
    return leat_schema_new(arena, fields, left + r->right->field_count, -1);
}

static bool residual_fits(const relational *r)
{
    const leat_bound *residual = r->node->join->residual;
    leat_arena arena = {0};
    bool fits = residual == NULL || (residual->type.id == LEAT_TYPE_BOOLEAN &&
                                     leat_bound_fits(residual, paired(r, &arena)));
    leat_arena_fini(&arena);
    return fits;
}

static bool join_keys_fit(const relational *r, const leat_join *join)
{
    if (!columns_exist(join->left_keys, join->key_count, r->input) ||
        !columns_exist(join->right_keys, join->key_count, r->right))
        return false;
    for (uint32_t i = 0; i < join->key_count; i++)
        if (!leat_type_equal(r->input->fields[join->left_keys[i]].type,
                             r->right->fields[join->right_keys[i]].type))
            return false;
    return true;
}

static bool join_times_fit(const relational *r, const leat_join *join)
{
    switch (join->timing) {
    case LEAT_JOIN_REGULAR:
    case LEAT_JOIN_LOOKUP:
        return true;
    case LEAT_JOIN_INTERVAL:
        return join->lower_us <= join->upper_us && is_timestamp(r->input, join->left_time) &&
               is_timestamp(r->right, join->right_time);
    case LEAT_JOIN_WINDOW:
    case LEAT_JOIN_TEMPORAL:
        return is_timestamp(r->input, join->left_time) && is_timestamp(r->right, join->right_time);
    case LEAT_JOIN_ASOF:
        return join->left_time < r->input->field_count && join->right_time < r->right->field_count;
    case LEAT_JOIN_TIMING_COUNT:
        break;
    }
    return false;
}

static bool join_fits(const relational *r)
{
    const leat_join *join = r->node->join;
    bool has_right = join->kind != LEAT_JOIN_SEMI && join->kind != LEAT_JOIN_ANTI;
    uint32_t right_count = has_right ? r->right->field_count : 0;
    return output_adds(r, right_count) &&
           (!has_right || output_has(r, r->input->field_count, r->right)) &&
           join_keys_fit(r, join) && join_times_fit(r, join) && residual_fits(r);
}

/* Frames are folded without DISTINCT and without orders of their own. */
static bool aggregate_fits(const leat_bound_aggregate *call, leat_type type)
{
    leat_type result;
    bool has_filter = call->filter != NULL;
    return leat_aggregate_is_sound(call) && !call->is_distinct && call->order_count == 0 &&
           leat_aggregate_result(call, &result) && leat_type_equal(result, type) &&
           (!has_filter || call->filter->type.id == LEAT_TYPE_BOOLEAN);
}

static bool call_fits(const relational *r, const leat_over_call *call)
{
    const leat_bound_aggregate *aggregate = &call->aggregate;
    const leat_bound *read[] = {call->argument, call->otherwise, aggregate->argument,
                                aggregate->option, aggregate->filter};
    for (size_t i = 0; i < LEAT_COUNT_OF(read); i++)
        if (read[i] != NULL && !leat_bound_fits(read[i], r->input))
            return false;
    return call->function != LEAT_OVER_AGGREGATE || aggregate_fits(aggregate, call->type);
}

static bool over_fits(const relational *r)
{
    const leat_over *over = r->node->over;
    if (!output_adds(r, over->call_count))
        return false;
    for (uint32_t i = 0; i < over->call_count; i++)
        if (!call_fits(r, &over->calls[i]) ||
            !leat_type_equal(over->calls[i].type,
                             r->output->fields[r->input->field_count + i].type))
            return false;
    return true;
}

static bool window_fits(const relational *r)
{
    const leat_window *window = &r->node->window;
    bool is_known = window->kind != LEAT_WINDOW_NONE && window->kind != LEAT_WINDOW_CARRIED;
    if (!is_known || window->size_us <= 0 || window->slide_us < 0 || !output_adds(r, 3) ||
        (r->input->event_time < 0 && !window->is_processing_time && !window->is_by_column) ||
        (window->is_by_column &&
         (window->kind == LEAT_WINDOW_SESSION || !is_timestamp(r->input, window->start_column))))
        return false;
    bool slides = window->kind == LEAT_WINDOW_HOP || window->kind == LEAT_WINDOW_CUMULATE;
    for (uint32_t i = 0; i < 3; i++)
        if (!is_timestamp(r->output, r->input->field_count + i))
            return false;
    return slides == (window->slide_us > 0);
}

static bool unnest_fits(const relational *r)
{
    for (uint32_t i = 0; i < r->node->expression_count; i++)
        if (!leat_bound_fits(r->node->expressions[i], r->input))
            return false;
    return output_adds(r, r->node->unnest->has_ordinality ? 2 : 1);
}

static bool whole_rows_fit(const relational *r)
{
    return r->node->key_count == r->input->field_count && output_adds(r, 0) &&
           (r->right == NULL ||
            (r->right->field_count == r->input->field_count && output_has(r, 0, r->right)));
}

static bool window_end_fits(const relational *r, int32_t column)
{
    return column < 0 || is_timestamp(r->input, (uint32_t)column);
}

static bool node_fits(const relational *r)
{
    switch (r->node->kind) {
    case LEAT_LOGICAL_JOIN:
        return join_fits(r);
    case LEAT_LOGICAL_WINDOW:
        return window_fits(r);
    case LEAT_LOGICAL_OVER:
        return over_fits(r);
    case LEAT_LOGICAL_TOP_N:
        return output_adds(r, r->node->top->has_rank) &&
               window_end_fits(r, r->node->top->window_end);
    case LEAT_LOGICAL_DEDUPLICATE:
        return output_adds(r, 0) && r->node->order_count <= 1 &&
               r->node->dedup->is_by_arrival == (r->node->order_count == 0) &&
               window_end_fits(r, r->node->dedup->window_end);
    case LEAT_LOGICAL_DISTINCT:
    case LEAT_LOGICAL_SET_OP:
        return whole_rows_fit(r);
    case LEAT_LOGICAL_UNNEST:
        return unnest_fits(r);
    case LEAT_LOGICAL_SORT:
    case LEAT_LOGICAL_NORMALIZE:
    case LEAT_LOGICAL_MATERIALIZE:
        return output_adds(r, 0);
    case LEAT_LOGICAL_SOURCE:
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_PROJECT:
    case LEAT_LOGICAL_ROUTE:
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_AGGREGATE:
    case LEAT_LOGICAL_SINK:
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    return false;
}

leat_code leat_plan_check_relational(const leat_logical_plan *plan, uint32_t index, leat_error *err)
{
    const leat_logical_node *node = &plan->nodes[index];
    const leat_schema *inputs[2] = {NULL, NULL};
    for (uint32_t i = 0; i < node->input_count; i++)
        inputs[i] = plan->nodes[node->inputs[i].node].outputs[node->inputs[i].output].schema;
    relational r = {node, inputs[0], inputs[1], node->outputs[0].schema};
    if (columns_exist(node->keys, node->key_count, r.input) && orders_exist(&r) && node_fits(&r))
        return LEAT_OK;
    return leat_fail(err, LEAT_CORRUPT, "the plan is damaged: node %u does not fit its rows",
                     index);
}
