/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/logical.h"
#include "common/text/duration.h"

static const leat_schema *
schema_of(const leat_logical_plan *plan, const leat_logical_node *node, uint32_t port)
{
    leat_logical_input input = node->inputs[port];
    return plan->nodes[input.node].outputs[input.output].schema;
}

void leat_logical_print_window(const leat_window *window, leat_buf *out)
{
    static const char *const names[LEAT_WINDOW_KIND_COUNT] = {
        "no window", "tumble", "hop", "cumulate", "session", "carried window"};
    leat_buf_add_text(out, names[window->kind]);
    if (window->kind == LEAT_WINDOW_CARRIED)
        return;
    leat_buf_add_char(out, ' ');
    leat_duration_print(window->size_us, out);
    if (window->slide_us > 0) {
        leat_buf_add_text(out, " every ");
        leat_duration_print(window->slide_us, out);
    }
    if (window->offset_us > 0) {
        leat_buf_add_text(out, " offset ");
        leat_duration_print(window->offset_us, out);
    }
    if (window->is_by_column)
        leat_buf_print(out, " by column %u", window->start_column);
    if (window->is_processing_time)
        leat_buf_add_text(out, " of processing time");
}

static void print_columns(const char *before,
                          const uint16_t *columns,
                          uint32_t count,
                          const leat_schema *schema,
                          leat_buf *out)
{
    for (uint32_t i = 0; i < count; i++)
        leat_buf_print(out, "%s%.*s", i == 0 ? before : ", ",
                       LEAT_FMT(schema->fields[columns[i]].name));
}

static void print_orders(const leat_logical_node *node, const leat_schema *schema, leat_buf *out)
{
    for (uint32_t i = 0; i < node->order_count; i++) {
        const leat_order *order = &node->orders[i];
        leat_buf_print(out, "%s%.*s%s", i == 0 ? " order by " : ", ",
                       LEAT_FMT(schema->fields[order->column].name),
                       order->is_descending ? " desc" : "");
        if (order->nulls_first != order->is_descending)
            leat_buf_add_text(out, order->nulls_first ? " nulls first" : " nulls last");
    }
}

/* Columns of both sides under one roof, for conditions over pairs. */
static const leat_schema *
paired(const leat_schema *left, const leat_schema *right, leat_arena *arena)
{
    uint32_t count = left->field_count + right->field_count;
    leat_field *fields = LEAT_ARENA_ARRAY(arena, leat_field, count);
    memcpy(fields, left->fields, left->field_count * sizeof *fields);
    memcpy(fields + left->field_count, right->fields, right->field_count * sizeof *fields);
    return leat_schema_new(arena, fields, count, -1);
}

static void print_timing(const leat_join *join,
                         const leat_schema *left,
                         const leat_schema *right,
                         leat_buf *out)
{
    static const char *const compared[LEAT_ASOF_COUNT] = {"<", "<=", ">", ">="};
    leat_bytes left_time = left->fields[join->left_time].name;
    leat_bytes right_time = right->fields[join->right_time].name;
    switch (join->timing) {
    case LEAT_JOIN_INTERVAL:
        leat_buf_print(out, ", %.*s in %.*s", LEAT_FMT(right_time), LEAT_FMT(left_time));
        leat_buf_print(out, " + [%lld us, %lld us]", (long long)join->lower_us,
                       (long long)join->upper_us);
        break;
    case LEAT_JOIN_WINDOW:
        leat_buf_print(out, ", by window (%.*s)", LEAT_FMT(left_time));
        break;
    case LEAT_JOIN_TEMPORAL:
        leat_buf_print(out, ", right as of %.*s", LEAT_FMT(left_time));
        break;
    case LEAT_JOIN_LOOKUP:
        leat_buf_add_text(out, ", right as of arrival");
        break;
    case LEAT_JOIN_ASOF:
        leat_buf_print(out, ", nearest %.*s %s %.*s", LEAT_FMT(left_time), compared[join->asof],
                       LEAT_FMT(right_time));
        break;
    case LEAT_JOIN_REGULAR:
    case LEAT_JOIN_TIMING_COUNT:
        break;
    }
}

static void print_join(const leat_logical_plan *plan, const leat_logical_node *node, leat_buf *out)
{
    static const char *const names[LEAT_JOIN_KIND_COUNT] = {"inner", "left", "right",
                                                            "full",  "semi", "anti"};
    const leat_join *join = node->join;
    const leat_schema *left = schema_of(plan, node, 0);
    const leat_schema *right = schema_of(plan, node, 1);
    leat_buf_print(out, "%s join", names[join->kind]);
    if (join->key_count == 0)
        leat_buf_add_text(out, " of all pairs");
    for (uint32_t i = 0; i < join->key_count; i++)
        leat_buf_print(out, "%s%.*s %s %.*s", i == 0 ? " on " : " and ",
                       LEAT_FMT(left->fields[join->left_keys[i]].name),
                       join->null_matches[i] ? "is" : "=",
                       LEAT_FMT(right->fields[join->right_keys[i]].name));
    print_timing(join, left, right, out);
    if (join->residual == NULL)
        return;
    leat_arena arena = {0};
    leat_buf_add_text(out, " where ");
    leat_bound_print(join->residual, paired(left, right, &arena), out);
    leat_arena_fini(&arena);
}

static void print_call(const leat_over_call *call, const leat_schema *input, leat_buf *out)
{
    static const char *const names[LEAT_OVER_FUNCTION_COUNT] = {
        "",      "row_number", "rank", "dense_rank",  "percent_rank", "cume_dist",
        "ntile", "lag",        "lead", "first_value", "last_value",   "nth_value"};
    if (call->function == LEAT_OVER_AGGREGATE) {
        leat_logical_print_call(&call->aggregate, input, out);
        return;
    }
    leat_buf_print(out, "%s(", names[call->function]);
    if (call->argument != NULL)
        leat_bound_print(call->argument, input, out);
    leat_buf_add_char(out, ')');
}

static void print_over(const leat_logical_plan *plan, const leat_logical_node *node, leat_buf *out)
{
    const leat_schema *input = schema_of(plan, node, 0);
    leat_buf_add_text(out, node->over->is_by_watermark ? "over, as the watermark passes" : "over");
    print_columns(" partition by ", node->keys, node->key_count, input, out);
    print_orders(node, input, out);
    for (uint32_t i = 0; i < node->over->call_count; i++) {
        leat_buf_print(out, "%s%.*s = ", i == 0 ? ": " : ", ",
                       LEAT_FMT(node->outputs[0].schema->fields[input->field_count + i].name));
        print_call(&node->over->calls[i], input, out);
    }
}

static void print_top(const leat_logical_node *node, const leat_schema *input, leat_buf *out)
{
    static const char *const names[LEAT_RANK_KIND_COUNT] = {"row_number", "rank", "dense_rank"};
    const leat_top *top = node->top;
    if (top->limit == UINT64_MAX)
        leat_buf_add_text(out, "all");
    else
        leat_buf_print(out, "first %llu", (unsigned long long)top->limit);
    if (top->offset > 0)
        leat_buf_print(out, " after %llu", (unsigned long long)top->offset);
    leat_buf_print(out, " by %s", names[top->kind]);
    print_columns(" per ", node->keys, node->key_count, input, out);
    print_orders(node, input, out);
    if (top->window_end >= 0)
        leat_buf_add_text(out, ", when the window closes");
}

void leat_logical_print_relational(const leat_logical_plan *plan, uint32_t index, leat_buf *out)
{
    const leat_logical_node *node = &plan->nodes[index];
    const leat_schema *input = schema_of(plan, node, 0);
    switch (node->kind) {
    case LEAT_LOGICAL_JOIN:
        print_join(plan, node, out);
        break;
    case LEAT_LOGICAL_WINDOW:
        leat_logical_print_window(&node->window, out);
        print_columns(" per ", node->keys, node->key_count, input, out);
        break;
    case LEAT_LOGICAL_OVER:
        print_over(plan, node, out);
        break;
    case LEAT_LOGICAL_TOP_N:
        print_top(node, input, out);
        break;
    case LEAT_LOGICAL_DEDUPLICATE:
        leat_buf_print(out, "the %s row", node->dedup->keeps_last ? "last" : "first");
        print_columns(" per ", node->keys, node->key_count, input, out);
        print_orders(node, input, out);
        break;
    case LEAT_LOGICAL_DISTINCT:
        leat_buf_add_text(out, "distinct rows");
        break;
    case LEAT_LOGICAL_SET_OP:
        leat_buf_print(out, "%s%s", node->set->kind == LEAT_SET_INTERSECT ? "intersect" : "except",
                       node->set->is_all ? " all" : "");
        break;
    case LEAT_LOGICAL_UNNEST:
        leat_buf_add_text(out, node->unnest->kind == LEAT_UNNEST_ARRAY ? "unnest " : "series ");
        for (uint32_t i = 0; i < node->expression_count; i++) {
            leat_buf_add_text(out, i == 0 ? "" : ", ");
            leat_bound_print(node->expressions[i], input, out);
        }
        break;
    case LEAT_LOGICAL_SORT:
        leat_buf_add_text(out, "sort");
        print_orders(node, input, out);
        break;
    case LEAT_LOGICAL_NORMALIZE:
        leat_buf_add_text(out, "upserts to full changes");
        print_columns(" per ", node->keys, node->key_count, input, out);
        break;
    case LEAT_LOGICAL_MATERIALIZE:
        leat_buf_add_text(out, "the last row");
        print_columns(" per ", node->keys, node->key_count, input, out);
        break;
    case LEAT_LOGICAL_SOURCE:
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_PROJECT:
    case LEAT_LOGICAL_ROUTE:
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_AGGREGATE:
    case LEAT_LOGICAL_SINK:
    case LEAT_LOGICAL_KIND_COUNT:
        LEAT_UNREACHABLE();
    }
}
