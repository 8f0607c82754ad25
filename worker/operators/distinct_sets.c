/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/distinct_sets.h"

#include "common/columns/key_hash.h"

enum { MARK_EMPTIED = LEAT_MARK_FIRST };

void leat_distinct_sets_init(leat_distinct_sets *sets,
                             const leat_operator_args *args,
                             uint32_t first_state,
                             uint32_t key_count,
                             leat_arena *arena)
{
    *sets = (leat_distinct_sets){.call_count = leat_args_node(args)->aggregate_count,
                                 .key_count = key_count,
                                 .retracts = leat_args_retracts(args, 0)};
    leat_distinct_plan_of(args->plan->logical, leat_args_node(args), &sets->plan);
    if (sets->plan.set_count == 0)
        return;
    uint32_t capacity = args->row_capacity;
    for (uint32_t i = 0; i < sets->plan.set_count; i++) {
        sets->tables[i] = leat_state_table(args->state, first_state + i);
        sets->fresh[i] = LEAT_ARENA_ARRAY(arena, uint64_t, capacity);
    }
    sets->keys = LEAT_ARENA_ARRAY(arena, leat_column, key_count + 1);
    sets->masks = LEAT_ARENA_ARRAY(arena, uint64_t, capacity);
    sets->positions = LEAT_ARENA_ARRAY(arena, uint32_t, capacity);
    sets->rows = LEAT_ARENA_ARRAY(arena, uint32_t, capacity);
    sets->hashes = LEAT_ARENA_ARRAY(arena, uint64_t, capacity);
    sets->cells = LEAT_ARENA_ARRAY(arena, char *, capacity);
    uint32_t key_groups = leat_table_key_group_count(sets->tables[0]);
    sets->starts = LEAT_ARENA_ARRAY(arena, uint64_t, key_groups + 1);
    for (uint32_t i = 0; i <= key_groups; i++)
        sets->starts[i] = (uint64_t)((((leat_u128)i << 64) + key_groups - 1) / key_groups);
}

static void add_call(leat_distinct_sets *sets, const leat_distinct_batch *batch, uint32_t index)
{
    const uint64_t bit = UINT64_C(1) << sets->plan.bit_of[index];
    if (batch->filters[index] < 0) {
        for (uint32_t i = 0; i < batch->count; i++)
            sets->masks[i] |= bit;
        return;
    }
    const leat_column *filter = &batch->evaluated[batch->filters[index]];
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t at = batch->positions[i];
        bool is_true = !leat_column_is_null(filter, at) &&
                       leat_bit_get(filter->values, filter->is_constant ? 0 : at);
        sets->masks[i] |= is_true ? bit : 0;
    }
}

/* A hash of value and group, moved into the group's key group. */
static uint64_t moved(const leat_distinct_sets *sets, uint64_t group, uint64_t value)
{
    uint32_t key_group = leat_key_group_of(group, leat_table_key_group_count(sets->tables[0]));
    uint64_t mixed = (value ^ (group * UINT64_C(0x9E3779B97F4A7C15)));
    mixed = (mixed ^ (mixed >> 32)) * UINT64_C(0xff51afd7ed558ccd);
    mixed ^= mixed >> 29;
    uint64_t width = sets->starts[key_group + 1] - sets->starts[key_group];
    if (width == 0) /* one key group: all hashes are its */
        return mixed;
    return sets->starts[key_group] + (uint64_t)(((leat_u128)mixed * width) >> 64);
}

/* Masks of the run; then the rows that some call takes, with their hashes. Returns how many. */
static uint32_t
select_rows(leat_distinct_sets *sets, uint32_t set, const leat_distinct_batch *batch)
{
    const leat_column *argument = NULL;
    memset(sets->masks, 0, batch->count * sizeof *sets->masks);
    for (uint32_t i = 0; i < sets->call_count; i++) {
        if (sets->plan.set_of[i] != (int8_t)set)
            continue;
        argument = &batch->evaluated[batch->arguments[i]];
        add_call(sets, batch, i);
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        sets->positions[count] = batch->positions[i];
        sets->rows[count] = i;
        count += sets->masks[i] != 0 && !leat_column_is_null(argument, batch->positions[i]);
    }
    static const uint16_t only = 0;
    const leat_rows values = {.columns = argument,
                              .selected = sets->positions,
                              .row_count = batch->rows->row_count,
                              .selected_count = count};
    leat_key_hash(&values, &only, 1, sets->hashes);
    for (uint32_t i = 0; i < count; i++)
        sets->hashes[i] = moved(sets, batch->hashes[sets->rows[i]], sets->hashes[i]);
    sets->keys[sets->key_count] = *argument;
    return count;
}

static void add_bits(leat_distinct_sets *sets, uint32_t set, uint32_t count)
{
    uint64_t *fresh = sets->fresh[set], all = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t has, mask = sets->masks[sets->rows[i]];
        memcpy(&has, sets->cells[i], sizeof has);
        fresh[sets->rows[i]] = mask & ~has;
        all |= mask & ~has;
        has |= mask;
        memcpy(sets->cells[i], &has, sizeof has);
    }
    sets->fresh_in[set] = all;
}

/* The calls for which this row brings the first of the value, or takes the last. */
static uint64_t count_row(char *cells, uint64_t mask, bool is_retract)
{
    uint64_t fresh = 0;
    for (uint64_t left = mask; left != 0; left &= left - 1) {
        uint32_t bit = (uint32_t)__builtin_ctzll(left);
        int64_t count;
        memcpy(&count, cells + bit * sizeof count, sizeof count);
        if (is_retract && count == 0)
            continue; /* it never came */
        count += is_retract ? -1 : 1;
        memcpy(cells + bit * sizeof count, &count, sizeof count);
        if (count == (is_retract ? 0 : 1))
            fresh |= UINT64_C(1) << bit;
    }
    return fresh;
}

static bool is_empty(const leat_distinct_sets *sets, uint32_t set, const char *cells)
{
    int64_t any = 0;
    for (uint32_t i = 0; i < sets->plan.call_counts[set]; i++) {
        int64_t count;
        memcpy(&count, cells + i * sizeof count, sizeof count);
        any |= count;
    }
    return any == 0;
}

/* Values that nobody has any more; each once, whatever the number of rows that took it. */
static void remove_empty(leat_distinct_sets *sets, uint32_t set, leat_pane *pane, uint32_t count)
{
    uint32_t gone = 0;
    for (uint32_t i = 0; i < count; i++) {
        char *cells = sets->cells[i];
        if (leat_cells_mark(cells) == MARK_EMPTIED || !is_empty(sets, set, cells))
            continue;
        leat_cells_set_mark(cells, MARK_EMPTIED);
        sets->cells[gone] = cells;
        sets->hashes[gone++] = sets->hashes[i];
    }
    leat_table_remove(sets->tables[set], pane, sets->cells, sets->hashes, gone);
}

static void
add_counts(leat_distinct_sets *sets, uint32_t set, const leat_distinct_batch *batch, uint32_t count)
{
    const uint8_t *changes = batch->rows->changes;
    uint64_t all = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = sets->rows[i];
        bool is_retract = changes != NULL && (changes[batch->positions[row]] & 1);
        uint64_t fresh = count_row(sets->cells[i], sets->masks[row], is_retract);
        sets->fresh[set][row] = fresh;
        all |= fresh;
    }
    sets->fresh_in[set] = all;
}

static void
take_one(leat_distinct_sets *sets, uint32_t set, int64_t pane_end, const leat_distinct_batch *batch)
{
    uint32_t count = select_rows(sets, set, batch);
    memset(sets->fresh[set], 0, batch->count * sizeof *sets->fresh[set]);
    sets->fresh_in[set] = 0;
    if (count == 0)
        return;
    leat_pane *pane = leat_table_pane(sets->tables[set], pane_end);
    const leat_key_run run = {sets->keys, sets->positions, sets->hashes, count};
    leat_table_upsert(sets->tables[set], pane, &run, sets->cells);
    if (!sets->retracts) {
        add_bits(sets, set, count);
        return;
    }
    add_counts(sets, set, batch, count);
    remove_empty(sets, set, pane, count);
}

void leat_distinct_sets_take(leat_distinct_sets *sets,
                             int64_t pane,
                             const leat_distinct_batch *batch)
{
    for (uint32_t i = 0; i < sets->key_count; i++)
        sets->keys[i] = batch->keys[i];
    for (uint32_t set = 0; set < sets->plan.set_count; set++)
        take_one(sets, set, pane, batch);
}

void leat_distinct_sets_drop(leat_distinct_sets *sets, int64_t pane)
{
    for (uint32_t set = 0; set < sets->plan.set_count; set++) {
        leat_table *table = sets->tables[set];
        leat_pane *found = pane == INT64_MIN ? leat_table_first_pane(table)
                                             : leat_table_next_pane(table, pane - 1);
        if (found != NULL && leat_pane_end(found) == pane)
            leat_table_drop_pane(table, found);
    }
}
