/* SPDX-License-Identifier: Apache-2.0
 *
 * auctions - how many events a second one executor takes through a topology file: one slot, the
 * real source, operators, state, deltas and sink encoding; a disk that confirms at once.
 *
 *   bench_auctions FILE [EVENTS] [--all-fields]
 *
 * Prints one line of JSON. Variables EVENTS and RATE of the file are set; epochs take one second.
 * What is left out is threads and disk: `leat run` measures those.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/plan/rewrite.h"
#include "common/sys/clock.h"
#include "common/sys/file.h"
#include "common/topology/topology.h"
#include "worker/connectors/builtin.h"
#include "worker/exec/slot.h"

enum { EPOCH_US = 1000000, KEY_GROUPS = 256 };

typedef struct bench {
    leat_slot *slot;
    leat_slot_actions actions;
    LEAT_VEC(leat_down) downs;
    uint64_t epoch;
    uint64_t completed;
    uint64_t barrier_at_us;
    uint64_t chunk_bytes;
    uint64_t file_bytes;
    bool is_undecided;
    bool has_ended;
    bool is_last;
    bool has_finished;
} bench;

static void take_up(bench *b, leat_up *up)
{
    switch ((int)up->kind) {
    case LEAT_UP_READY:
        leat_vec_push(&b->downs, (leat_down){.kind = LEAT_DOWN_START});
        break;
    case LEAT_UP_SPLITS:
        leat_vec_push(&b->downs, (leat_down){.kind = LEAT_DOWN_SPLITS,
                                             .source = up->source,
                                             .is_final = up->is_final,
                                             .names = LEAT_TAKE(up->bytes)});
        break;
    case LEAT_UP_CHUNK:
        b->chunk_bytes += leat_blob_bytes(up->bytes).size;
        break;
    case LEAT_UP_FROZEN:
        b->is_undecided = false;
        b->completed = up->epoch;
        leat_vec_push(&b->downs, (leat_down){.kind = LEAT_DOWN_DECIDED, .completed = b->completed});
        b->has_finished = b->is_last;
        break;
    case LEAT_UP_DISK: {
        b->file_bytes += leat_blob_bytes(up->op.bytes).size;
        leat_disk_done *done = LEAT_NEW(leat_disk_done);
        *done = (leat_disk_done){.ticket = up->op.ticket, .kind = up->op.kind};
        leat_vec_push(&b->downs, (leat_down){.kind = LEAT_DOWN_DISK_DONE, .done = done});
        break;
    }
    case LEAT_UP_ENDED:
        b->has_ended = true;
        b->barrier_at_us = 0;
        break;
    case LEAT_UP_FAILED:
    case LEAT_UP_CANNOT:
    case LEAT_UP_GAP:
        fprintf(stderr, "bench_auctions: %s %s\n", leat_up_name(up->kind), up->text);
        exit(1);
    default:
        break;
    }
}

static void step(bench *b, leat_slot_event *event)
{
    event->steady_us = (uint64_t)leat_clock_us();
    event->now_us = leat_clock_wall_us();
    leat_slot_step(b->slot, event, &b->actions);
    LEAT_VEC_EACH (action, &b->actions.items) {
        if (action->kind == LEAT_SLOT_UP)
            take_up(b, &action->up);
    }
    leat_slot_actions_clear(&b->actions);
}

/* The coordinator's part: a barrier a second, and a last one at the end. */
static void start_barrier(bench *b)
{
    uint64_t now_us = (uint64_t)leat_clock_us();
    if (b->is_undecided || now_us < b->barrier_at_us)
        return;
    b->is_undecided = true;
    b->is_last = b->has_ended;
    b->barrier_at_us = now_us + EPOCH_US;
    leat_vec_push(&b->downs, (leat_down){.kind = LEAT_DOWN_BARRIER,
                                         .epoch = ++b->epoch,
                                         .completed = b->completed,
                                         .flags = b->is_last ? LEAT_BARRIER_LAST : 0});
}

static void run(bench *b)
{
    b->barrier_at_us = (uint64_t)leat_clock_us() + EPOCH_US;
    while (!b->has_finished) {
        start_barrier(b);
        for (size_t i = 0; i < b->downs.count; i++) {
            leat_slot_event event = {.kind = LEAT_SLOT_DOWN, .down = b->downs.items[i]};
            step(b, &event);
        }
        leat_vec_clear(&b->downs);
        leat_slot_event event = {.kind = LEAT_SLOT_RUN};
        step(b, &event);
    }
}

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

int main(int argc, char **argv)
{
    bool all_fields = argc > 2 && strcmp(argv[argc - 1], "--all-fields") == 0;
    argc -= all_fields;
    if (argc < 2) {
        fprintf(stderr, "usage: bench_auctions FILE [EVENTS] [--all-fields]\n");
        return 2;
    }
    leat_arena arena = {0};
    const leat_physical_plan *plan =
        plan_file(argv[1], argc > 2 ? argv[2] : "20000000", all_fields, &arena);
    if (plan == NULL)
        return 1;
    leat_connectors connectors = {0};
    leat_connectors_add_builtin(&connectors);
    leat_deployment_sizes sizes = {.key_group_count = KEY_GROUPS, .slot_count = 1};
    leat_deployment *deployment = leat_deployment_new(&sizes);
    deployment->job = 1;
    deployment->generation = 1;
    bench b = {0};
    leat_error err = {0};
    leat_slot_args args = {.plan = plan, .deployment = deployment, .connectors = &connectors};
    if (leat_slot_new(&args, &b.slot, &err) != LEAT_OK) {
        fprintf(stderr, "bench_auctions: %s\n", err.text);
        return 1;
    }
    int64_t start_us = leat_clock_us();
    run(&b);
    double seconds = (double)(leat_clock_us() - start_us) / 1e6;
    leat_slot_stats stats = leat_slot_stats_of(b.slot);
    printf("{\"bench\": \"auctions\", \"all_fields\": %s, \"rows_in\": %llu, \"rows_out\": %llu, "
           "\"late\": %llu, \"seconds\": %.3f, \"rows_per_s\": %.0f, \"epochs\": %llu, "
           "\"delta_bytes\": %llu, \"file_bytes\": %llu}\n",
           all_fields ? "true" : "false", (unsigned long long)stats.rows_in,
           (unsigned long long)stats.rows_out, (unsigned long long)stats.late_rows, seconds,
           (double)stats.rows_in / seconds, (unsigned long long)b.epoch,
           (unsigned long long)b.chunk_bytes, (unsigned long long)b.file_bytes);
    leat_slot_free(&b.slot);
    leat_slot_actions_fini(&b.actions);
    leat_vec_fini(&b.downs);
    leat_deployment_unref(&deployment);
    leat_arena_fini(&arena);
    return 0;
}
