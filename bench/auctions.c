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

#include "common/base/limits.h"
#include "common/plan/rewrite.h"
#include "common/sys/clock.h"
#include "common/sys/file.h"
#include "common/topology/topology.h"
#include "worker/connectors/builtin.h"
#include "worker/exec/slot.h"

enum { EPOCH_US = 1000000, KEY_GROUPS = 256, SLOTS_MAX = 64 };

typedef struct berth {
    leat_slot *slot;
    leat_slot_actions actions;
    LEAT_VEC(leat_down) downs;
    LEAT_VEC(leat_message) messages;
} berth;

typedef struct bench {
    berth berths[SLOTS_MAX];
    uint32_t slot_count;
    uint64_t epoch;
    uint64_t completed;
    uint64_t barrier_at_us;
    uint64_t chunk_bytes;
    uint64_t file_bytes;
    uint32_t ready_count;
    uint32_t ended_count;
    uint32_t frozen_count;
    bool is_undecided;
    bool is_last;
    bool has_finished;
} bench;

static void tell_all(bench *b, const leat_down *down)
{
    for (uint32_t i = 0; i < b->slot_count; i++) {
        leat_down one = *down;
        one.names = leat_blob_ref(down->names);
        leat_vec_push(&b->berths[i].downs, one);
    }
}

static void complete_epoch(bench *b)
{
    if (++b->frozen_count < b->slot_count)
        return;
    b->frozen_count = 0;
    b->is_undecided = false;
    b->completed = b->epoch;
    b->has_finished = b->is_last;
    tell_all(b, &(leat_down){.kind = LEAT_DOWN_DECIDED, .completed = b->completed});
}

static void confirm_disk(bench *b, berth *at, const leat_disk_op *op)
{
    b->file_bytes += leat_blob_bytes(op->bytes).size;
    leat_disk_done *done = LEAT_NEW(leat_disk_done);
    *done = (leat_disk_done){.ticket = op->ticket, .kind = op->kind};
    leat_vec_push(&at->downs, (leat_down){.kind = LEAT_DOWN_DISK_DONE, .done = done});
}

static void take_up(bench *b, berth *at, const leat_up *up)
{
    switch ((int)up->kind) {
    case LEAT_UP_READY:
        if (++b->ready_count == b->slot_count)
            tell_all(b, &(leat_down){.kind = LEAT_DOWN_START});
        break;
    case LEAT_UP_SPLITS:
        tell_all(b, &(leat_down){.kind = LEAT_DOWN_SPLITS,
                                 .source = up->source,
                                 .is_final = up->is_final,
                                 .names = up->bytes});
        break;
    case LEAT_UP_CHUNK:
        b->chunk_bytes += leat_blob_bytes(up->bytes).size;
        break;
    case LEAT_UP_FROZEN:
        complete_epoch(b);
        break;
    case LEAT_UP_DISK:
        confirm_disk(b, at, &up->op);
        break;
    case LEAT_UP_ENDED:
        if (++b->ended_count == b->slot_count)
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

static void step(bench *b, berth *at, leat_slot_event *event)
{
    event->steady_us = (uint64_t)leat_clock_us();
    event->now_us = leat_clock_wall_us();
    leat_slot_step(at->slot, event, &at->actions);
    LEAT_VEC_EACH (action, &at->actions.items) {
        if (action->kind == LEAT_SLOT_UP)
            take_up(b, at, &action->up);
        if (action->kind != LEAT_SLOT_SEND)
            continue;
        leat_vec_push(&b->berths[leat_message_target(&action->message)].messages, action->message);
        action->message = (leat_message){0};
    }
    bool has_more = at->actions.has_more;
    leat_slot_actions_clear(&at->actions);
    at->actions.has_more = has_more;
}

/* The coordinator's part: a barrier a second, and a last one at the end. */
static void start_barrier(bench *b)
{
    uint64_t now_us = (uint64_t)leat_clock_us();
    if (b->is_undecided || now_us < b->barrier_at_us)
        return;
    b->is_undecided = true;
    b->is_last = b->ended_count == b->slot_count;
    b->barrier_at_us = now_us + EPOCH_US;
    tell_all(b, &(leat_down){.kind = LEAT_DOWN_BARRIER,
                             .epoch = ++b->epoch,
                             .completed = b->completed,
                             .flags = b->is_last ? LEAT_BARRIER_LAST : 0});
}

/* One round of an executor for one slot. */
static void round_of(bench *b, berth *at)
{
    for (size_t i = 0; i < at->downs.count; i++) {
        leat_slot_event event = {.kind = LEAT_SLOT_DOWN, .down = at->downs.items[i]};
        step(b, at, &event);
    }
    leat_vec_clear(&at->downs);
    for (size_t i = 0; i < at->messages.count; i++) {
        leat_slot_event event = {.kind = LEAT_SLOT_MESSAGE, .message = at->messages.items[i]};
        step(b, at, &event);
    }
    leat_vec_clear(&at->messages);
    leat_slot_event event = {.kind = LEAT_SLOT_RUN};
    step(b, at, &event);
}

static void run(bench *b)
{
    b->barrier_at_us = (uint64_t)leat_clock_us() + EPOCH_US;
    while (!b->has_finished) {
        start_barrier(b);
        for (uint32_t i = 0; i < b->slot_count; i++)
            round_of(b, &b->berths[i]);
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

static leat_code open_slots(bench *b,
                            const leat_physical_plan *plan,
                            const leat_connectors *connectors,
                            leat_error *err)
{
    leat_deployment_sizes sizes = {.key_group_count = KEY_GROUPS, .slot_count = b->slot_count};
    leat_deployment *deployment = leat_deployment_new(&sizes);
    deployment->job = 1;
    deployment->generation = 1;
    for (uint32_t g = 0; g < KEY_GROUPS; g++)
        deployment->key_groups[g] = (uint16_t)(g % b->slot_count);
    leat_code code = LEAT_OK;
    for (uint32_t i = 0; i < b->slot_count && code == LEAT_OK; i++) {
        leat_slot_args args = {
            .plan = plan, .deployment = deployment, .slot = i, .connectors = connectors};
        code = leat_slot_new(&args, &b->berths[i].slot, err);
    }
    leat_deployment_unref(&deployment);
    return code;
}

static void print_result(const bench *b, bool all_fields, double seconds)
{
    leat_slot_stats sum = {0};
    for (uint32_t i = 0; i < b->slot_count; i++) {
        leat_slot_stats stats = leat_slot_stats_of(b->berths[i].slot);
        sum.rows_in += stats.rows_in;
        sum.rows_out += stats.rows_out;
        sum.late_rows += stats.late_rows;
    }
    printf("{\"bench\": \"auctions\", \"slots\": %u, \"all_fields\": %s, \"rows_in\": %llu, "
           "\"rows_out\": %llu, \"late\": %llu, \"seconds\": %.3f, \"rows_per_s\": %.0f, "
           "\"epochs\": %llu, \"delta_bytes\": %llu, \"file_bytes\": %llu}\n",
           b->slot_count, all_fields ? "true" : "false", (unsigned long long)sum.rows_in,
           (unsigned long long)sum.rows_out, (unsigned long long)sum.late_rows, seconds,
           (double)sum.rows_in / seconds, (unsigned long long)b->epoch,
           (unsigned long long)b->chunk_bytes, (unsigned long long)b->file_bytes);
}

static void close_slots(bench *b)
{
    for (uint32_t i = 0; i < b->slot_count; i++) {
        berth *at = &b->berths[i];
        leat_slot_free(&at->slot);
        leat_slot_actions_fini(&at->actions);
        LEAT_VEC_EACH (down, &at->downs)
            leat_down_fini(down);
        LEAT_VEC_EACH (message, &at->messages)
            leat_message_fini(message);
        leat_vec_fini(&at->downs);
        leat_vec_fini(&at->messages);
    }
}

int main(int argc, char **argv)
{
    bool all_fields = argc > 2 && strcmp(argv[argc - 1], "--all-fields") == 0;
    argc -= all_fields;
    bench b = {.slot_count = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1};
    if (argc < 2 || b.slot_count == 0 || b.slot_count > SLOTS_MAX) {
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
    if (open_slots(&b, plan, &connectors, &err) != LEAT_OK) {
        fprintf(stderr, "bench_auctions: %s\n", err.text);
        return 1;
    }
    int64_t start_us = leat_clock_us();
    run(&b);
    print_result(&b, all_fields, (double)(leat_clock_us() - start_us) / 1e6);
    close_slots(&b);
    leat_arena_fini(&arena);
    return 0;
}
