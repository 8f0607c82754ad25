/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/slice_merge.h"

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

/* One key after the other; a full batch of results goes out in between. */
static void merge_group(leat_grouping *g,
                        leat_operator *self,
                        leat_table_span slices,
                        uint32_t key_group,
                        leat_emitter *out)
{
    const uint32_t value_size = g->layout.value_size;
    leat_group_results *results = &g->results;
    char **cells;
    const bool *is_first;
    uint32_t count = leat_table_scan_span(g->table, slices, key_group, &cells, &is_first);
    for (uint32_t i = 0; i < count;) {
        if (results->count == g->row_capacity)
            leat_grouping_emit(g, self, LEAT_WINDOW_RESULT_TIMES, out);
        uint32_t at = results->count;
        char *merged = g->merged + (size_t)at * value_size;
        memcpy(merged, cells[i], value_size);
        results->keys[at] = cells[i];
        results->cells[at] = merged;
        for (i++; i < count && !is_first[i]; i++)
            merge_cells(g, merged, cells[i]);
        results->count += !g->layout.counts_rows || leat_group_rows(merged) > 0;
    }
}

void leat_slice_merge_fire(
    leat_grouping *grouping, leat_operator *self, int64_t start, int64_t end, leat_emitter *out)
{
    leat_grouping *g = grouping;
    uint32_t key_groups = leat_table_key_group_count(g->table);
    leat_output_set_time(&g->output, 0, start);
    leat_output_set_time(&g->output, 1, end);
    if (g->merged == NULL)
        g->merged =
            leat_arena_aligned(&g->arena, 64, g->row_capacity * (size_t)g->layout.value_size);
    for (uint32_t key_group = 0; key_group < key_groups; key_group++) {
        if (leat_table_watermark(g->table, key_group) >= end - LEAT_WINDOW_FIRE_LEAD_US)
            continue; /* said before a restart */
        merge_group(g, self, (leat_table_span){start, end}, key_group, out);
    }
    leat_grouping_emit(g, self, LEAT_WINDOW_RESULT_TIMES, out);
}
