/* SPDX-License-Identifier: Apache-2.0
 *
 * The same topology once more, on one slot, without a cluster, without faults and in one epoch:
 * what a run under faults must leave. It says nothing of whether an operator is right (the unit
 * tests and the cases do), but everything of whether crashes, moves and cuts can be seen.
 */
#include <stdlib.h>

#include "cli/case/world.h"
#include "common/base/alloc.h"
#include "common/base/map.h"
#include "tests/sim/trial.h"

void sim_lines_fini(sim_lines *lines)
{
    LEAT_VEC_EACH (line, lines)
        leat_free(*line);
    leat_vec_fini(lines);
}

bool sim_lines_cut(leat_bytes text, sim_lines *out)
{
    const char *at = text.data;
    const char *end = text.data + text.size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            return false;
        size_t size = (size_t)(stop - at);
        char *line = leat_alloc(size + 1);
        memcpy(line, at, size);
        line[size] = '\0';
        leat_vec_push(out, line);
        at = stop + 1;
    }
    return true;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void sim_lines_sort(sim_lines *lines)
{
    if (lines->count > 0)
        qsort(lines->items, lines->count, sizeof *lines->items, compare_text);
}

void sim_lines_fold(leat_sim_world *world,
                    const char *sink,
                    const sim_lines *changes,
                    sim_lines *out)
{
    leat_text_map counts = {0};
    LEAT_VEC_EACH (line, changes) {
        const char *row = strchr(*line, ' ') + 1;
        bool is_retraction = (*line)[0] == '-';
        leat_text_map_entry *entry = leat_text_map_add(&counts, leat_bytes_text(row), NULL);
        intptr_t count = (intptr_t)entry->value + (is_retraction ? -1 : 1);
        if (count < 0)
            leat_sim_fail(world, "%s: `%s` is taken back and not there", sink, row);
        entry->value = (void *)count;
    }
    LEAT_VEC_EACH (line, changes) { /* the rows that are left, each as often as it is there */
        const char *row = strchr(*line, ' ') + 1;
        leat_text_map_entry *entry = leat_text_map_find(&counts, leat_bytes_text(row));
        for (intptr_t count = (intptr_t)entry->value; count > 0; count--)
            leat_vec_push(out, leat_strdup(row));
        entry->value = NULL;
    }
    leat_text_map_fini(&counts);
}

void sim_reference(leat_sim_world *world,
                   const sim_topology *topology,
                   const sim_sink *sink,
                   sim_lines *out)
{
    leat_case_world_args args = {.plan = topology->plan,
                                 .connectors = sim_workload_connectors(),
                                 .slot_count = 1,
                                 .key_group_count = 1,
                                 .seed = world->seed};
    leat_case_world *calm = NULL;
    leat_error err = {0};
    leat_code code = leat_case_world_open(&args, &calm, &err);
    if (code == LEAT_OK) {
        leat_case_world_set_clock(calm, LEAT_TIME_MAX / 2);
        code = leat_case_world_finish(calm, &err);
    }
    leat_buf text = {0};
    sim_lines changes = {0};
    if (code == LEAT_OK)
        leat_case_world_read(calm, sink->path, &text);
    else
        leat_sim_fail(world, "%s: undisturbed: %s", sink->path, err.text);
    (void)sim_lines_cut(leat_buf_bytes(&text), &changes);
    sim_lines_fold(world, sink->path, &changes, out);
    sim_lines_fini(&changes);
    leat_buf_fini(&text);
    leat_case_world_close(&calm);
}
