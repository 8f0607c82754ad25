/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/op_harness.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/sql/syntax.h"
#include "common/topology/topology.h"
#include "tests/support/batch_text.h"

static LEAT_NORETURN void harness_wrong(const char *what, const char *detail)
{
    fprintf(stderr, "op_harness: %s: %s\n", what, detail);
    abort();
}

static void lines_add(leat_op_harness *h, leat_lines *lines, const leat_rows *rows)
{
    leat_buf text = {0};
    leat_rows_print(rows, &text);
    char *all = leat_arena_text(&h->arena, leat_buf_bytes(&text)), *rest = NULL;
    for (char *line = strtok_r(all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        leat_vec_push(lines, line);
    leat_buf_fini(&text);
}

static void harness_emit(leat_emitter *self, uint32_t output, const leat_rows *rows)
{
    leat_op_harness *h = (leat_op_harness *)self;
    if (output >= LEAT_OP_OUTPUTS_MAX || rows->selected_count == 0 ||
        rows->selected_count > h->row_capacity)
        harness_wrong("emit", "wrong output, no rows or too many");
    lines_add(h, &h->lines[output], rows);
}

static void
harness_fail_rows(leat_emitter *self, const leat_rows *rows, const leat_eval_errors *errors)
{
    leat_op_harness *h = (leat_op_harness *)self;
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        if (!leat_bit_get(errors->rows, at))
            continue;
        leat_rows one = *rows;
        one.selected = &at;
        one.selected_count = 1;
        leat_lines row = {0};
        lines_add(h, &row, &one);
        char *line = leat_arena_print(&h->arena, "%s: %s", errors->first_reason, row.items[0]);
        leat_vec_push(&h->failed, line);
        leat_vec_fini(&row);
        count++;
    }
    if (count != errors->count)
        harness_wrong("fail_rows", "count and bitmap differ");
}

static const leat_physical_plan *plan_of(const char *topology, leat_arena *arena)
{
    leat_diagnostics diagnostics;
    leat_bytes source = leat_bytes_text(topology);
    leat_variables variables = {0};
    leat_diagnostics_init(&diagnostics, arena, "test.yaml", source);
    const leat_logical_plan *logical =
        leat_topology_load(source, &variables, NULL, arena, &diagnostics);
    if (logical == NULL) {
        leat_buf text = {0};
        leat_diagnostics_print(&diagnostics, &text);
        harness_wrong("topology", leat_buf_text(&text));
    }
    leat_diagnostics_fini(&diagnostics);
    return leat_physical_of(logical, arena);
}

static uint32_t operator_find(const leat_physical_plan *plan, leat_physical_kind kind, uint32_t nth)
{
    for (uint32_t i = 0; i < plan->operator_count; i++)
        if (plan->operators[i].kind == kind && nth-- == 0)
            return i;
    harness_wrong("topology", "has no such operator");
}

static leat_state *state_make(const leat_op_harness *h)
{
    leat_state *state = leat_plan_state_new(h->plan, LEAT_OP_KEY_GROUPS, h->epoch);
    for (uint32_t group = 0; group < LEAT_OP_KEY_GROUPS; group++)
        leat_state_add_group(state, group);
    return state;
}

static void operator_open(leat_op_harness *h)
{
    const leat_logical_node *node =
        &h->plan->logical->nodes[h->plan->operators[h->operator_index].logical];
    leat_operator_args args = {h->plan, h->operator_index, h->state, h->row_capacity,
                               node->window.is_processing_time ? &h->now : NULL};
    h->op = leat_operator_open(&args);
}

leat_op_harness *leat_op_harness_open(const char *topology,
                                      leat_physical_kind kind,
                                      uint32_t nth,
                                      uint32_t row_capacity)
{
    leat_op_harness *h = LEAT_NEW(leat_op_harness);
    h->emitter = (leat_emitter){harness_emit, harness_fail_rows};
    h->row_capacity = row_capacity;
    h->plan = plan_of(topology, &h->arena);
    h->operator_index = operator_find(h->plan, kind, nth);
    h->state = state_make(h);
    operator_open(h);
    return h;
}

static const leat_schema *timed_schema(const char *text, leat_arena *arena)
{
    const leat_schema *schema = leat_test_schema(text + (text[0] == '~'));
    int32_t event_time = leat_schema_find(schema, LEAT_BYTES("ts"));
    return leat_schema_new(arena, schema->fields, schema->field_count,
                           event_time >= 0 ? event_time : -1);
}

static leat_logical_output *output_of(const char *text, leat_arena *arena)
{
    leat_logical_output *output = LEAT_ARENA_NEW(arena, leat_logical_output);
    output->schema = timed_schema(text, arena);
    output->is_updating = text[0] == '~';
    output->is_read = true;
    output->changes = output->is_updating ? LEAT_CHANGES_RETRACT : LEAT_CHANGES_APPEND;
    return output;
}

static const leat_logical_plan *node_plan(const leat_logical_node *node,
                                          const char *const inputs[LEAT_PHYSICAL_PORTS_MAX],
                                          const char *out,
                                          leat_arena *arena)
{
    uint32_t input_count = inputs[1] == NULL ? 1 : 2;
    leat_logical_plan *plan = LEAT_ARENA_NEW(arena, leat_logical_plan);
    plan->key_group_count = LEAT_OP_KEY_GROUPS;
    plan->node_count = input_count + 2;
    plan->nodes = LEAT_ARENA_ARRAY(arena, leat_logical_node, plan->node_count);
    leat_logical_input *wires = LEAT_ARENA_ARRAY(arena, leat_logical_input, plan->node_count);
    for (uint32_t i = 0; i < input_count; i++) {
        plan->nodes[i] = (leat_logical_node){
            .kind = LEAT_LOGICAL_SOURCE, .output_count = 1, .outputs = output_of(inputs[i], arena)};
        plan->nodes[i].event_time = plan->nodes[i].outputs->schema->event_time;
        wires[i].node = i;
    }
    leat_logical_node *here = &plan->nodes[input_count];
    *here = *node;
    here->input_count = input_count;
    here->inputs = wires;
    here->output_count = 1;
    here->outputs = output_of(out, arena);
    wires[input_count].node = input_count;
    plan->nodes[input_count + 1] = (leat_logical_node){
        .kind = LEAT_LOGICAL_SINK, .input_count = 1, .inputs = &wires[input_count]};
    return plan;
}

static uint32_t operator_of_node(const leat_physical_plan *plan, uint32_t logical)
{
    for (uint32_t i = 0; i < plan->operator_count; i++)
        if (plan->operators[i].logical == logical &&
            plan->operators[i].kind != LEAT_PHYSICAL_EXCHANGE)
            return i;
    harness_wrong("plan", "has no such operator");
}

leat_op_harness *leat_op_harness_node(const leat_logical_node *node,
                                      const char *left,
                                      const char *right,
                                      const char *out,
                                      uint32_t row_capacity)
{
    leat_op_harness *h = LEAT_NEW(leat_op_harness);
    h->emitter = (leat_emitter){harness_emit, harness_fail_rows};
    h->row_capacity = row_capacity;
    const char *const inputs[] = {left, right};
    const leat_logical_plan *logical = node_plan(node, inputs, out, &h->arena);
    h->plan = leat_physical_of(logical, &h->arena);
    h->operator_index = operator_of_node(h->plan, right == NULL ? 1 : 2);
    h->state = state_make(h);
    operator_open(h);
    return h;
}

leat_bound *leat_op_bound(const char *expression, const char *schema, leat_arena *arena)
{
    leat_bytes bytes = leat_bytes_text(expression);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "test.sql", bytes);
    leat_source_text source = {bytes, {1, 1, 0}, true, 0};
    leat_expr *expr = leat_expr_parse(source, arena, &diagnostics);
    leat_binder binder = {.arena = arena,
                          .schema = timed_schema(schema, arena),
                          .source = source,
                          .diagnostics = &diagnostics};
    leat_bound *bound = expr == NULL ? NULL : leat_bind(&binder, expr);
    if (bound == NULL)
        harness_wrong("expression", expression);
    leat_diagnostics_fini(&diagnostics);
    return bound;
}

leat_bound_aggregate
leat_op_aggregate(const char *expression, const char *schema, leat_arena *arena)
{
    leat_bytes bytes = leat_bytes_text(expression);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "test.sql", bytes);
    leat_source_text source = {bytes, {1, 1, 0}, true, 0};
    leat_expr *expr = leat_expr_parse(source, arena, &diagnostics);
    leat_binder binder = {.arena = arena,
                          .schema = timed_schema(schema, arena),
                          .source = source,
                          .diagnostics = &diagnostics};
    leat_bound_aggregates found = {0};
    const leat_schema *no_keys = leat_schema_new(arena, NULL, 0, -1);
    if (expr == NULL || leat_bind_grouped(&binder, expr, no_keys, 0, &found) == NULL)
        harness_wrong("aggregate", expression);
    leat_diagnostics_fini(&diagnostics);
    return found.items[0];
}

void leat_op_harness_close(leat_op_harness **harness)
{
    leat_op_harness *h = LEAT_TAKE(*harness);
    leat_operator_close(&h->op);
    leat_state_free(&h->state);
    for (uint32_t i = 0; i < LEAT_OP_OUTPUTS_MAX; i++)
        leat_vec_fini(&h->lines[i]);
    leat_vec_fini(&h->failed);
    leat_arena_fini(&h->arena);
    leat_free(h);
}

const char *
leat_op_topology(leat_arena *arena, const char *schema, const char *processors, const char *out)
{
    bool has_time = strstr(schema, "ts:") != NULL;
    return leat_arena_print(arena,
                            "version: 1\n"
                            "topology: test\n"
                            "sources:\n"
                            "  in:\n"
                            "    connector: file\n"
                            "    path: in.jsonl\n"
                            "    format: json\n"
                            "    schema: {%s}\n"
                            "%s"
                            "processors:\n"
                            "%s\n"
                            "sinks:\n"
                            "  sink: {input: %s, connector: print, changes: log}\n",
                            schema, has_time ? "    event_time: {column: ts, watermark: 0s}\n" : "",
                            processors, out);
}

const leat_schema *leat_op_input(const leat_op_harness *harness)
{
    return harness->plan->operators[harness->operator_index].input;
}

/* As an idle slot does. */
static void settle(leat_op_harness *harness)
{
    if (!harness->puts_off)
        leat_op_flush(harness);
}

void leat_op_flush(leat_op_harness *harness)
{
    if (harness->op->class->flush != NULL)
        harness->op->class->flush(harness->op, &harness->emitter);
}

void leat_op_process(leat_op_harness *harness, const leat_rows *rows)
{
    harness->op->class->process(harness->op, rows, &harness->emitter);
    settle(harness);
}

void leat_op_rows(leat_op_harness *harness, const char *const *rows)
{
    leat_batch *batch = leat_test_batch(leat_op_input(harness), rows);
    leat_op_process(harness, leat_batch_rows(batch));
    leat_batch_unref(&batch);
}

void leat_op_rows_right(leat_op_harness *harness, const char *const *rows)
{
    leat_batch *batch =
        leat_test_batch(harness->plan->operators[harness->operator_index].right, rows);
    harness->op->class->process_right(harness->op, leat_batch_rows(batch), &harness->emitter);
    settle(harness);
    leat_batch_unref(&batch);
}

void leat_op_watermark(leat_op_harness *harness, leat_time watermark)
{
    if (harness->op->class->watermark != NULL)
        harness->op->class->watermark(harness->op, watermark, &harness->emitter);
}

static void record_apply(void *self, const leat_record *record)
{
    leat_error err = {0};
    if (leat_state_apply(self, record, &err) != LEAT_OK)
        harness_wrong("apply", err.text);
}

/* A full copy rather than a delta: tests/unit/worker/state covers deltas. */
void leat_op_save_and_load(leat_op_harness *harness)
{
    leat_op_harness *h = harness;
    leat_op_flush(h); /* as before a barrier */
    h->past = leat_op_counts(h);
    leat_operator_close(&h->op);
    leat_state *old = h->state;
    h->epoch++;
    h->state = state_make(h);
    for (uint32_t group = 0; group < LEAT_OP_KEY_GROUPS; group++) {
        leat_state_dump(old, group, record_apply, h->state);
        if (leat_state_hash(old, group) != leat_state_hash(h->state, group))
            harness_wrong("reload", "the state differs");
    }
    leat_state_free(&old);
    operator_open(h);
}

leat_operator_counts leat_op_counts(const leat_op_harness *harness)
{
    leat_operator_counts now = harness->op->counts, past = harness->past;
    return (leat_operator_counts){
        now.rows_in + past.rows_in,         now.rows_out + past.rows_out,
        now.rows_late + past.rows_late,     now.rows_unmatched + past.rows_unmatched,
        now.rows_failed + past.rows_failed,
    };
}

static const char *lines_join(leat_op_harness *h, const leat_lines *lines)
{
    leat_buf text = {0};
    LEAT_VEC_EACH (line, lines)
        leat_buf_print(&text, "%s\n", *line);
    char *joined = leat_arena_text(&h->arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    return joined;
}

const char *leat_op_take(leat_op_harness *harness, uint32_t output)
{
    const char *text = lines_join(harness, &harness->lines[output]);
    leat_vec_clear(&harness->lines[output]);
    return text;
}

static int line_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *leat_op_table(leat_op_harness *harness, uint32_t output)
{
    leat_lines table = {0};
    LEAT_VEC_EACH (line, &harness->lines[output]) {
        bool has_change = ((*line)[0] == '+' || (*line)[0] == '-') && (*line)[2] == ' ';
        bool is_retract = has_change && (*line)[0] == '-';
        char *row = has_change ? *line + 3 : *line;
        if (!is_retract) {
            leat_vec_push(&table, row);
            continue;
        }
        size_t at = table.count;
        while (at > 0 && strcmp(table.items[at - 1], row) != 0)
            at--;
        if (at == 0)
            harness_wrong("retracts what is not there", row);
        leat_vec_remove(&table, at - 1);
    }
    if (table.count > 0)
        qsort(table.items, table.count, sizeof *table.items, line_order);
    const char *text = lines_join(harness, &table);
    leat_vec_fini(&table);
    return text;
}
