/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/driver.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/sys/clock.h"

enum { EPOCH_US = 1000000 };

static void tell_all(bench_driver *b, const leat_down *down)
{
    for (uint32_t i = 0; i < b->slot_count; i++) {
        leat_down one = *down;
        one.names = leat_blob_ref(down->names);
        leat_vec_push(&b->berths[i].downs, one);
    }
}

static void complete_epoch(bench_driver *b)
{
    if (++b->frozen_count < b->slot_count)
        return;
    b->frozen_count = 0;
    b->is_undecided = false;
    b->completed = b->epoch;
    b->has_finished = b->is_last;
    tell_all(b, &(leat_down){.kind = LEAT_DOWN_DECIDED, .completed = b->completed});
}

static void confirm_disk(bench_driver *b, bench_berth *at, const leat_disk_op *op)
{
    b->file_bytes += leat_blob_bytes(op->bytes).size;
    leat_disk_done *done = LEAT_NEW(leat_disk_done);
    *done = (leat_disk_done){.ticket = op->ticket, .kind = op->kind};
    leat_vec_push(&at->downs, (leat_down){.kind = LEAT_DOWN_DISK_DONE, .done = done});
}

static void take_up(bench_driver *b, bench_berth *at, const leat_up *up)
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
        fprintf(stderr, "bench: %s %s\n", leat_up_name(up->kind), up->text);
        exit(1);
    default:
        break;
    }
}

static void step(bench_driver *b, bench_berth *at, leat_slot_event *event)
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
static void start_barrier(bench_driver *b)
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
static void round_of(bench_driver *b, bench_berth *at)
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

void bench_driver_run(bench_driver *b)
{
    b->barrier_at_us = (uint64_t)leat_clock_us() + EPOCH_US;
    while (!b->has_finished) {
        start_barrier(b);
        for (uint32_t i = 0; i < b->slot_count; i++)
            round_of(b, &b->berths[i]);
    }
}

leat_code bench_driver_open(bench_driver *b,
                            const leat_physical_plan *plan,
                            const leat_connectors *connectors,
                            leat_error *err)
{
    leat_deployment_sizes sizes = {.key_group_count = BENCH_KEY_GROUPS,
                                   .slot_count = b->slot_count};
    leat_deployment *deployment = leat_deployment_new(&sizes);
    deployment->job = 1;
    deployment->generation = 1;
    for (uint32_t g = 0; g < BENCH_KEY_GROUPS; g++)
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

void bench_driver_close(bench_driver *b)
{
    for (uint32_t i = 0; i < b->slot_count; i++) {
        bench_berth *at = &b->berths[i];
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

leat_slot_stats bench_driver_stats(const bench_driver *b)
{
    leat_slot_stats sum = {0};
    for (uint32_t i = 0; i < b->slot_count; i++) {
        leat_slot_stats stats = leat_slot_stats_of(b->berths[i].slot);
        sum.rows_in += stats.rows_in;
        sum.rows_out += stats.rows_out;
        sum.late_rows += stats.late_rows;
        sum.state_bytes += stats.state_bytes;
    }
    return sum;
}
