/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/grouping.h"

#include <limits.h>

#include "common/base/alloc.h"
#include "worker/operators/selection.h"

enum {
    CELL_ALIGNMENT = 8, /* of accumulators (aggregate.h) */
    RESULT_ROWS = 256,  /* whose groups stay in the L1 cache from column to column */
};

static uint32_t aligned(uint32_t size)
{
    return (size + CELL_ALIGNMENT - 1) / CELL_ALIGNMENT * CELL_ALIGNMENT;
}

static bool input_retracts(const leat_logical_plan *plan, const leat_logical_node *node)
{
    leat_logical_input input = node->inputs[0];
    return plan->nodes[input.node].outputs[input.output].is_updating;
}

void leat_group_layout_of(const leat_logical_plan *plan,
                          const leat_logical_node *node,
                          leat_group_layout *out_layout)
{
    *out_layout = (leat_group_layout){0};
    out_layout->counts_rows = input_retracts(plan, node);
    out_layout->count = node->aggregate_count;
    uint32_t offset = out_layout->counts_rows ? CELL_ALIGNMENT : 0;
    for (uint32_t i = 0; i < node->aggregate_count; i++) {
        out_layout->aggregates[i] =
            leat_aggregate_of(&node->aggregates[i], out_layout->counts_rows);
        out_layout->offsets[i] = offset;
        out_layout->holds_text |= out_layout->aggregates[i].holds_text;
        offset += aligned(out_layout->aggregates[i].size);
    }
    out_layout->value_size = offset;
}

static int32_t add_bound(leat_bound **bounds, int32_t *count, leat_bound *bound)
{
    if (bound == NULL)
        return -1;
    bounds[*count] = bound;
    return (*count)++;
}

/* Argument, option unless it is constant, orders: in a row, as leat_gathering and aggregates of
 * pairs want them. */
static int32_t
add_arguments(leat_bound **bounds, int32_t *count, const leat_bound_aggregate *aggregate)
{
    int32_t first = add_bound(bounds, count, aggregate->argument);
    bool is_constant = aggregate->option != NULL && aggregate->option->kind == LEAT_BOUND_CONSTANT;
    if (!is_constant || aggregate->kind <= LEAT_AGGREGATE_REGR_R2)
        add_bound(bounds, count, aggregate->option);
    uint32_t orders = aggregate->argument == NULL ? 0 : leat_gathering_orders(aggregate);
    for (uint32_t i = 0; i < orders; i++)
        add_bound(bounds, count, aggregate->orders[i].by);
    return first;
}

static void compile_arguments(leat_grouping *g, const leat_operator_args *args)
{
    const leat_logical_node *node = g->node;
    uint32_t bounds_max = 1;
    for (uint32_t i = 0; i < node->aggregate_count; i++)
        bounds_max += 3 + node->aggregates[i].order_count;
    leat_bound **bounds = LEAT_ARENA_ARRAY(&g->arena, leat_bound *, bounds_max);
    g->arguments = LEAT_ARENA_ARRAY(&g->arena, int32_t, node->aggregate_count);
    g->filters = LEAT_ARENA_ARRAY(&g->arena, int32_t, node->aggregate_count);
    int32_t count = 0;
    for (uint32_t i = 0; i < node->aggregate_count; i++) {
        g->arguments[i] = add_arguments(bounds, &count, &node->aggregates[i]);
        g->filters[i] = add_bound(bounds, &count, node->aggregates[i].filter);
    }
    if (count == 0)
        return;
    const leat_program *program =
        leat_program_compile(bounds, (uint32_t)count, leat_args_operator(args)->input, &g->arena);
    g->eval = leat_args_eval(args, program);
    g->evaluated = LEAT_ARENA_ARRAY(&g->arena, leat_column, (uint32_t)count);
}

static void init_gatherings(leat_grouping *g)
{
    for (uint32_t i = 0; i < g->layout.count; i++) {
        const leat_aggregate *aggregate = &g->layout.aggregates[i];
        if (!aggregate->is_gathered)
            continue;
        if (g->gatherings == NULL)
            g->gatherings = LEAT_ARENA_ARRAY(&g->arena, leat_gathering, g->layout.count);
        leat_gathering *gathering = &g->gatherings[i];
        gathering->index = i;
        gathering->offset = g->layout.offsets[i];
        leat_gathering_init(gathering, &g->node->aggregates[i], aggregate, &g->arena);
    }
}

static bool is_extreme(leat_aggregate_kind kind)
{
    return kind == LEAT_AGGREGATE_MIN || kind == LEAT_AGGREGATE_MAX;
}

bool leat_group_keeps_values(const leat_logical_plan *plan, const leat_logical_node *node)
{
    bool retracts = input_retracts(plan, node);
    for (uint32_t i = 0; i < node->aggregate_count; i++)
        if (leat_aggregate_keeps_values(&node->aggregates[i], retracts))
            return true;
    return false;
}

bool leat_group_is_windowed(const leat_logical_plan *plan, const leat_logical_node *node)
{
    leat_window_kind kind = node->window.kind;
    bool is_sliced = kind == LEAT_WINDOW_HOP || kind == LEAT_WINDOW_CUMULATE;
    return kind == LEAT_WINDOW_SESSION || (is_sliced && leat_group_keeps_values(plan, node));
}

static void choose_keys(leat_grouping *g)
{
    const leat_logical_node *node = g->node;
    uint16_t *keys = LEAT_ARENA_ARRAY(&g->arena, uint16_t, node->key_count + 2);
    g->key_columns = keys;
    if (node->window.kind == LEAT_WINDOW_CARRIED) {
        keys[g->key_count++] = node->window.start_column;
        keys[g->key_count++] = node->window.end_column;
    }
    for (uint32_t i = 0; i < node->key_count; i++)
        keys[g->key_count++] = node->keys[i];
}

void leat_grouping_init(leat_grouping *grouping, const leat_operator_args *args)
{
    leat_grouping *g = grouping;
    uint32_t capacity = args->row_capacity;
    *g = (leat_grouping){.node = leat_args_node(args), .row_capacity = capacity};
    g->table = leat_state_table(args->state, leat_args_operator(args)->state);
    leat_group_layout_of(args->plan->logical, g->node, &g->layout);
    compile_arguments(g, args);
    init_gatherings(g);
    choose_keys(g);
    g->results.pane = LEAT_PANE_NONE;
    g->keys = LEAT_ARENA_ARRAY(&g->arena, leat_column, g->key_count + 1);
    g->selected = LEAT_ARENA_ARRAY(&g->arena, uint32_t, capacity);
    g->hashes = LEAT_ARENA_ARRAY(&g->arena, uint64_t, capacity);
    g->cells = LEAT_ARENA_ARRAY(&g->arena, char *, capacity);
    g->filtered_cells = LEAT_ARENA_ARRAY(&g->arena, char *, capacity);
    g->filtered_positions = LEAT_ARENA_ARRAY(&g->arena, uint32_t, capacity);
    g->filtered_hashes = LEAT_ARENA_ARRAY(&g->arena, uint64_t, capacity);
    if (leat_group_keeps_values(args->plan->logical, g->node))
        g->distinct = (leat_distinct_values){
            .table = leat_state_sorted_table(args->state, leat_args_operator(args)->state + 1u),
            .keys = g->key_columns,
            .key_count = g->key_count,
        };
    uint32_t first_set = leat_args_operator(args)->state + 1u + (g->distinct.table != NULL);
    leat_distinct_sets_init(&g->sets, args, first_set, g->key_count, &g->arena);
    g->all = LEAT_ARENA_ARRAY(&g->arena, uint32_t, capacity);
    for (uint32_t i = 0; i < capacity; i++)
        g->all[i] = i;
    leat_output_init(&g->output, g->node->outputs[0].schema, capacity, &g->arena);
    g->results.keys = LEAT_ARENA_ARRAY(&g->arena, char *, capacity);
    g->results.cells = LEAT_ARENA_ARRAY(&g->arena, char *, capacity);
    g->failed = LEAT_ARENA_ARRAY(&g->arena, uint64_t, leat_bit_words(capacity));
    g->changes = LEAT_ARENA_ARRAY(&g->arena, uint8_t, capacity);
}

void leat_grouping_fini(leat_grouping *grouping)
{
    leat_eval_free(&grouping->eval);
    leat_distinct_values_fini(&grouping->distinct);
    leat_arena_fini(&grouping->settled);
    leat_arena_fini(&grouping->arena);
}

void leat_grouping_begin(leat_grouping *grouping,
                         leat_operator *self,
                         const leat_rows *rows,
                         leat_emitter *out)
{
    leat_grouping *g = grouping;
    self->counts.rows_in += rows->selected_count;
    g->rows = *rows;
    if (g->eval != NULL) {
        leat_eval_errors errors;
        leat_eval_run(g->eval, rows, g->evaluated, &errors);
        if (errors.count > 0) {
            leat_operator_fail_rows(self, out, rows, &errors);
            g->rows.selected_count = leat_selection_without(rows, &errors, g->selected);
            g->rows.selected = g->selected;
        }
    }
    for (uint32_t i = 0; i < g->key_count; i++)
        g->keys[i] = rows->columns[g->key_columns[i]];
    leat_key_hash(&g->rows, g->node->keys, g->node->key_count, g->hashes);
}

void leat_grouping_upsert(leat_grouping *grouping,
                          leat_pane *pane,
                          const leat_group_run *run,
                          char **out_cells)
{
    leat_key_run keys = {
        .keys = grouping->keys,
        .positions = run->positions,
        .hashes = run->hashes,
        .count = run->count,
    };
    leat_table_upsert(grouping->table, pane, &keys, out_cells);
}

static void update_row_counts(char *const *cells, const leat_group_run *run, const uint8_t *changes)
{
    for (uint32_t i = 0; i < run->count; i++) {
        bool is_retract = changes != NULL && (changes[run->positions[i]] & 1);
        int64_t rows = leat_group_rows(cells[i]) + (is_retract ? -1 : 1);
        memcpy(cells[i], &rows, sizeof rows);
    }
}

/* The rows of the run whose filter is true, into the scratch arrays. */
static uint32_t
filter_rows(leat_grouping *g, uint32_t index, const leat_group_run *run, char *const *cells)
{
    const leat_column *filter = g->filters[index] < 0 ? NULL : &g->evaluated[g->filters[index]];
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        uint32_t at = run->positions[i];
        g->filtered_cells[count] = cells[i];
        g->filtered_positions[count] = at;
        g->filtered_hashes[count] = run->hashes[i];
        count += filter == NULL || (!leat_column_is_null(filter, at) &&
                                    leat_bit_get(filter->values, filter->is_constant ? 0 : at));
    }
    return count;
}

/* The rows of the run that change the accumulator: filter, then first of a value. */
static uint32_t filter_one(
    leat_grouping *g, uint32_t index, int64_t pane, const leat_group_run *run, char *const *cells)
{
    uint32_t count = filter_rows(g, index, run, cells);
    bool is_folded_once =
        g->node->aggregates[index].is_distinct && !is_extreme(g->node->aggregates[index].kind);
    if (!is_folded_once || g->arguments[index] < 0)
        return count;
    leat_distinct_run distinct = {g->filtered_positions, g->filtered_hashes, g->filtered_cells,
                                  count};
    leat_distinct_values_filter(&g->distinct, &g->rows, pane, index,
                                &g->evaluated[g->arguments[index]], &distinct);
    return distinct.count;
}

/* The rows of the run that bring a call its first of a value, or take its last. */
static uint32_t
filter_fresh(leat_grouping *g, uint32_t index, const leat_group_run *run, char *const *cells)
{
    uint64_t bit;
    const uint64_t *fresh = leat_distinct_sets_fresh(&g->sets, index, &bit);
    uint32_t count = 0;
    for (uint32_t i = 0; fresh != NULL && i < run->count; i++) {
        g->filtered_cells[count] = cells[i];
        g->filtered_positions[count] = run->positions[i];
        count += (fresh[i] & bit) != 0;
    }
    return count;
}

static void update_one(
    leat_grouping *g, uint32_t index, int64_t pane, const leat_group_run *run, char *const *cells)
{
    const leat_aggregate *aggregate = &g->layout.aggregates[index];
    const leat_column *argument =
        g->arguments[index] < 0 ? NULL : &g->evaluated[g->arguments[index]];
    const uint32_t *positions = run->positions;
    uint32_t count = run->count;
    if (aggregate->is_gathered) {
        leat_distinct_run rows = {g->filtered_positions, g->filtered_hashes, g->filtered_cells,
                                  filter_rows(g, index, run, cells)};
        leat_gathered_values_fold(&g->distinct, &g->rows, pane, &g->gatherings[index], argument,
                                  &rows);
        return;
    }
    if (g->layout.counts_rows && is_extreme(aggregate->kind)) {
        const leat_extreme extreme = {aggregate, index, g->layout.offsets[index], argument};
        leat_distinct_run rows = {g->filtered_positions, g->filtered_hashes, g->filtered_cells,
                                  filter_one(g, index, pane, run, cells)};
        leat_extreme_values_fold(&g->distinct, &g->rows, pane, &extreme, &rows);
        return;
    }
    if (g->filters[index] >= 0 || g->node->aggregates[index].is_distinct) {
        count = leat_distinct_sets_has(&g->sets, index) ? filter_fresh(g, index, run, cells)
                                                        : filter_one(g, index, pane, run, cells);
        cells = g->filtered_cells;
        positions = g->filtered_positions;
    }
    aggregate->update(aggregate, cells, g->layout.offsets[index], argument, g->rows.changes,
                      positions, count);
}

void leat_grouping_own_texts(const leat_grouping *grouping, char *cells, leat_arena *arena)
{
    const leat_group_layout *layout = &grouping->layout;
    for (uint32_t i = 0; i < layout->count; i++) {
        leat_view view;
        if (!layout->aggregates[i].holds_text)
            continue;
        memcpy(&view, cells + layout->offsets[i], sizeof view);
        if (view.size <= LEAT_VIEW_INLINE_MAX)
            continue;
        view.data = leat_arena_copy(arena, view.data, view.size);
        memcpy(cells + layout->offsets[i], &view, sizeof view);
    }
}

void leat_grouping_drop_pane(leat_grouping *grouping, leat_pane *pane)
{
    if (grouping->distinct.table != NULL)
        leat_distinct_values_drop(&grouping->distinct, leat_pane_end(pane));
    leat_distinct_sets_drop(&grouping->sets, leat_pane_end(pane));
    leat_table_drop_pane(grouping->table, pane);
}

void leat_grouping_update(leat_grouping *grouping,
                          leat_pane *pane,
                          const leat_group_run *run,
                          char *const *cells)
{
    leat_grouping *g = grouping;
    leat_group_run placed = *run;
    if (placed.positions == NULL)
        placed.positions = g->all;
    if (g->layout.counts_rows)
        update_row_counts(cells, &placed, g->rows.changes);
    if (g->sets.plan.set_count > 0) {
        const leat_distinct_batch batch = {&g->rows,      g->keys,     g->evaluated,
                                           g->arguments,  g->filters,  placed.positions,
                                           placed.hashes, placed.count};
        leat_distinct_sets_take(&g->sets, leat_pane_end(pane), &batch);
    }
    for (uint32_t i = 0; i < g->layout.count; i++)
        update_one(g, i, leat_pane_end(pane), &placed, cells);
    if (g->layout.holds_text)
        leat_table_keep_views(g->table, pane, cells, run->hashes, run->count);
}

/* Which results of one aggregate are out of range: asked row by row, only when some is. */
static void mark_failed(leat_grouping *g, uint32_t index, leat_eval_errors *errors)
{
    const leat_aggregate *aggregate = &g->layout.aggregates[index];
    for (uint32_t i = 0; i < g->results.count; i++) {
        leat_i128 value; /* the widest layout */
        uint64_t validity;
        leat_code code = aggregate->result_of(aggregate, g->results.cells + i,
                                              g->layout.offsets[index], 1, &value, &validity);
        if (code == LEAT_OK || leat_bit_get(g->failed, i))
            continue;
        leat_bit_set(g->failed, i, true);
        errors->first_row = errors->count == 0 ? i : LEAT_MIN(errors->first_row, i);
        errors->count++;
    }
}

/* Where a column's values from row `from` (a multiple of 64) on stand. */
static void *values_from(const leat_output *output, uint32_t column, uint32_t from)
{
    leat_layout layout = (leat_layout)output->columns[column].layout;
    size_t bytes = layout == LEAT_LAYOUT_BIT ? from / CHAR_BIT : from * leat_layout_size(layout);
    return (char *)output->values[column] + bytes;
}

static void set_all_valid(uint64_t *validity, uint32_t count)
{
    memset(validity, 0xff, leat_bit_words(count) * sizeof *validity);
}

static bool is_all_valid(const uint64_t *validity, uint32_t count)
{
    uint64_t missing = 0;
    for (uint32_t word = 0; word < count / 64; word++)
        missing |= ~validity[word];
    if (count % 64 != 0)
        missing |= ~validity[count / 64] << (64 - count % 64);
    return missing == 0;
}

static bool is_stale(const leat_grouping *g, const char *cells, uint32_t index)
{
    leat_value_cell cell;
    if (!g->layout.aggregates[index].is_gathered)
        return false;
    memcpy(&cell, cells + g->layout.offsets[index], sizeof cell);
    return cell.is_stale != 0;
}

/* Make stale results of gathered aggregates anew. Those of a running aggregate stay in its table,
 * which the next change is told from; of a window nothing stays. */
static void
settle_one(leat_grouping *g, const leat_rows *keys, const uint16_t *columns, uint32_t at)
{
    bool is_running = g->results.pane == LEAT_PANE_NONE;
    char **cells = &g->results.cells[at];
    uint64_t hash;
    leat_rows one = *keys;
    one.selected = &at;
    one.selected_count = 1;
    leat_key_hash(&one, columns + g->key_count - g->node->key_count, g->node->key_count, &hash);
    const leat_gathered_group group = {
        .keys = keys,
        .columns = columns,
        .at = at,
        .key_group = leat_key_group_of(hash, leat_table_key_group_count(g->table)),
        .pane = g->results.pane,
    };
    if (!is_running)
        *cells = leat_arena_copy(&g->settled, *cells, g->layout.value_size);
    for (uint32_t i = 0; i < g->layout.count; i++)
        if (is_stale(g, *cells, i))
            leat_gathered_values_settle(&g->distinct, &g->gatherings[i], &group, &g->settled,
                                        *cells);
    if (is_running && g->layout.holds_text)
        leat_table_keep_views(g->table, leat_table_pane(g->table, LEAT_PANE_NONE), cells, &hash, 1);
}

static void settle(leat_grouping *g, uint32_t first_column, uint32_t from, uint32_t count)
{
    uint16_t columns[LEAT_TABLE_KEYS_MAX];
    for (uint32_t key = 0; key < g->key_count; key++)
        columns[key] = (uint16_t)(first_column + key);
    leat_rows keys = leat_output_rows(&g->output, from + count, false);
    for (uint32_t at = from; at < from + count; at++)
        for (uint32_t i = 0; i < g->layout.count; i++)
            if (is_stale(g, g->results.cells[at], i)) {
                settle_one(g, &keys, columns, at);
                break;
            }
}

/* All columns of `count` results from `from` on; returns whether some is out of range. */
static bool fill_block(leat_grouping *g, uint32_t column, uint32_t from, uint32_t count)
{
    leat_output *output = &g->output;
    char **keys = g->results.keys + from, **cells = g->results.cells + from;
    bool has_failed = false;
    for (uint32_t key = 0; key < g->key_count; key++, column++) {
        uint64_t *validity = output->validity[column] + from / 64;
        void *values = values_from(output, column, from);
        if (leat_table_keys(g->table, keys, count, key, values, validity))
            leat_output_set_nulls(output, column, true);
        else
            set_all_valid(validity, count);
    }
    if (g->gatherings != NULL)
        settle(g, column - g->key_count, from, count);
    for (uint32_t i = 0; i < g->layout.count; i++, column++) {
        const leat_aggregate *aggregate = &g->layout.aggregates[i];
        uint64_t *validity = output->validity[column] + from / 64;
        void *values = values_from(output, column, from);
        has_failed |= aggregate->result_of(aggregate, cells, g->layout.offsets[i], count, values,
                                           validity) != LEAT_OK;
        if (!is_all_valid(validity, count))
            leat_output_set_nulls(output, column, true);
    }
    return has_failed;
}

/* Block by block, so that a row is read once for all its columns. */
static void fill_results(leat_grouping *g, uint32_t first_column, leat_eval_errors *errors)
{
    const uint32_t column_count = g->key_count + g->layout.count;
    for (uint32_t i = 0; i < column_count; i++)
        leat_output_set_nulls(&g->output, first_column + i, false);
    bool has_failed = false;
    for (uint32_t from = 0; from < g->results.count; from += RESULT_ROWS) {
        uint32_t count = LEAT_MIN(g->results.count - from, (uint32_t)RESULT_ROWS);
        has_failed |= fill_block(g, first_column, from, count);
    }
    for (uint32_t i = 0; has_failed && i < g->layout.count; i++)
        mark_failed(g, i, errors);
}

void leat_grouping_emit(leat_grouping *grouping,
                        leat_operator *self,
                        uint32_t first_column,
                        leat_emitter *out)
{
    leat_grouping *g = grouping;
    if (g->results.count == 0)
        return;
    leat_eval_errors errors = {.rows = g->failed, .first_reason = "aggregate out of range"};
    fill_results(g, first_column, &errors);
    leat_rows rows = leat_output_rows(&g->output, g->results.count, g->results.has_changes);
    if (errors.count > 0) {
        leat_operator_fail_rows(self, out, &rows, &errors);
        rows.selected_count = leat_selection_without(&rows, &errors, g->filtered_positions);
        rows.selected = g->filtered_positions;
        leat_selection_repair_changes(&rows, g->changes);
        memset(g->failed, 0, leat_bit_words(g->row_capacity) * sizeof *g->failed);
    }
    g->results.count = 0;
    leat_operator_emit(self, out, 0, &rows);
    leat_arena_reset(&g->settled);
}
