/* SPDX-License-Identifier: Apache-2.0
 *
 * auctions - how many events a second one executor takes through a topology file: the real
 * source, operators, state, deltas and sink encoding; a disk that confirms at once. With more
 * slots they take turns on the one thread, so what it costs to exchange rows shows.
 *
 *   bench_auctions FILE [EVENTS [SLOTS]] [--all-fields]
 *
 * Prints one line of JSON. Variables EVENTS and RATE of the file are set; epochs take one second.
 * What is left out is threads and disk: `leat run` measures those.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/driver.h"
#include "common/base/limits.h"
#include "common/plan/rewrite.h"
#include "common/sys/clock.h"
#include "common/sys/file.h"
#include "common/topology/topology.h"
#include "worker/connectors/builtin.h"

static const leat_physical_plan *
plan_file(const char *path, const char *events, bool all_fields, leat_arena *arena)
{
    leat_buf text = {0};
    leat_error err = {0};
    if (leat_file_read(path, LEAT_MIB, &text, &err) != LEAT_OK) {
        fprintf(stderr, "bench_auctions: %s\n", err.text);
        return NULL;
    }
    leat_bytes source = leat_arena_bytes(arena, leat_buf_bytes(&text));
    leat_buf_fini(&text);
    leat_variable items[] = {{LEAT_BYTES("EVENTS"), leat_bytes_text(events)},
                             {LEAT_BYTES("RATE"), LEAT_BYTES("1000000000")}};
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, path, source);
    const leat_logical_plan *plan = leat_topology_load(
        source, &(leat_variables){items, LEAT_COUNT_OF(items), NULL}, NULL, arena, &diagnostics);
    leat_buf said = {0};
    leat_diagnostics_print(&diagnostics, &said);
    fwrite(leat_buf_text(&said), 1, said.size, stderr);
    leat_buf_fini(&said);
    leat_diagnostics_fini(&diagnostics);
    if (plan == NULL)
        return NULL;
    plan = leat_rewrite(plan, arena);
    for (uint32_t i = 0; all_fields && i < plan->node_count; i++)
        plan->nodes[i].wanted = NULL;
    return leat_physical_of(plan, arena);
}

static void print_result(const bench_driver *b, bool all_fields, double seconds)
{
    leat_slot_stats sum = bench_driver_stats(b);
    printf("{\"bench\": \"auctions\", \"slots\": %u, \"all_fields\": %s, \"rows_in\": %llu, "
           "\"rows_out\": %llu, \"late\": %llu, \"seconds\": %.3f, \"rows_per_s\": %.0f, "
           "\"epochs\": %llu, \"delta_bytes\": %llu, \"file_bytes\": %llu}\n",
           b->slot_count, all_fields ? "true" : "false", (unsigned long long)sum.rows_in,
           (unsigned long long)sum.rows_out, (unsigned long long)sum.late_rows, seconds,
           (double)sum.rows_in / seconds, (unsigned long long)b->epoch,
           (unsigned long long)b->chunk_bytes, (unsigned long long)b->file_bytes);
}

int main(int argc, char **argv)
{
    bool all_fields = argc > 2 && strcmp(argv[argc - 1], "--all-fields") == 0;
    argc -= all_fields;
    bench_driver b = {.slot_count = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1};
    if (argc < 2 || b.slot_count == 0 || b.slot_count > BENCH_SLOTS_MAX) {
        fprintf(stderr, "usage: bench_auctions FILE [EVENTS [SLOTS]] [--all-fields]\n");
        return 2;
    }
    leat_arena arena = {0};
    const leat_physical_plan *plan =
        plan_file(argv[1], argc > 2 ? argv[2] : "20000000", all_fields, &arena);
    if (plan == NULL)
        return 1;
    leat_connectors connectors = {0};
    leat_connectors_add_builtin(&connectors);
    leat_error err = {0};
    if (bench_driver_open(&b, plan, &connectors, &err) != LEAT_OK) {
        fprintf(stderr, "bench_auctions: %s\n", err.text);
        return 1;
    }
    int64_t start_us = leat_clock_us();
    bench_driver_run(&b);
    print_result(&b, all_fields, (double)(leat_clock_us() - start_us) / 1e6);
    bench_driver_close(&b);
    leat_arena_fini(&arena);
    return 0;
}
