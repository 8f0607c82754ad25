/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/slice_merge.h"

#define MERGED_PANE INT64_MAX /* no window ends there */

static void merge_cells(const leat_grouping *g, char *into, const char *from)
{
    if (g->layout.counts_rows) {
        int64_t rows = leat_group_rows(into) + leat_group_rows(from);
        memcpy(into, &rows, sizeof rows);
    }
    for (uint32_t i = 0; i < g->layout.count; i++) {
        const leat_aggregate *aggregate = &g->layout.aggregates[i];
        aggregate->merge(aggregate, into + g->layout.offsets[i], from + g->layout.offsets[i]);
    }
}

/* The keys of `count` rows of a slice, as columns of the output, and their hashes. */
static leat_key_run read_keys(leat_grouping *g, char *const *cells, uint32_t count)
{
    uint16_t columns[LEAT_TABLE_KEYS_MAX];
    leat_output *output = &g->output;
    for (uint32_t key = 0; key < g->key_count; key++) {
        uint32_t column = LEAT_WINDOW_RESULT_TIMES + key;
        bool has_nulls = leat_table_keys(g->table, cells, count, key, output->values[column],
                                         output->validity[column]);
        leat_output_set_nulls(output, column, has_nulls);
        columns[key] = (uint16_t)column;
    }
    leat_rows rows = leat_output_rows(output, count, false);
    leat_key_hash(&rows, columns, g->key_count, g->hashes);
    return (leat_key_run){
        .keys = output->columns + LEAT_WINDOW_RESULT_TIMES, .hashes = g->hashes, .count = count};
}

static void merge_slice(leat_grouping *g, leat_pane *slice, uint32_t key_group)
{
    leat_pane *merged = leat_table_pane(g->table, MERGED_PANE);
    char **cells;
    uint32_t count = leat_table_scan(g->table, slice, key_group, &cells);
    for (uint32_t from = 0; from < count; from += g->row_capacity) {
        uint32_t part = LEAT_MIN(count - from, g->row_capacity);
        leat_key_run keys = read_keys(g, cells + from, part);
        leat_table_upsert(g->table, merged, &keys, g->cells);
        for (uint32_t i = 0; i < part; i++)
            merge_cells(g, g->cells[i], cells[from + i]);
    }
}

static void
emit_merged(leat_grouping *g, leat_operator *self, uint32_t key_group, leat_emitter *out)
{
    char **cells;
    leat_pane *merged = leat_table_pane(g->table, MERGED_PANE);
    uint32_t count = leat_table_scan(g->table, merged, key_group, &cells);
    for (uint32_t i = 0; i < count; i++) {
        if (g->layout.counts_rows && leat_group_rows(cells[i]) <= 0)
            continue;
        if (g->results.count == g->row_capacity)
            leat_grouping_emit(g, self, LEAT_WINDOW_RESULT_TIMES, out);
        uint32_t at = g->results.count++;
        g->results.keys[at] = g->results.cells[at] = cells[i];
    }
}

void leat_slice_merge_fire(
    leat_grouping *grouping, leat_operator *self, int64_t start, int64_t end, leat_emitter *out)
{
    leat_grouping *g = grouping;
    uint32_t key_groups = leat_table_key_group_count(g->table);
    leat_output_set_time(&g->output, 0, start);
    leat_output_set_time(&g->output, 1, end);
    for (uint32_t key_group = 0; key_group < key_groups; key_group++) {
        if (leat_table_watermark(g->table, key_group) >= end - LEAT_WINDOW_FIRE_LEAD_US)
            continue; /* said before a restart */
        leat_pane *slice = leat_table_next_pane(g->table, start);
        for (; slice != NULL && leat_pane_end(slice) <= end;
             slice = leat_table_next_pane(g->table, leat_pane_end(slice)))
            merge_slice(g, slice, key_group);
        emit_merged(g, self, key_group, out);
    }
    leat_grouping_emit(g, self, LEAT_WINDOW_RESULT_TIMES, out);
    leat_table_drop_pane(g->table, leat_table_pane(g->table, MERGED_PANE));
}
