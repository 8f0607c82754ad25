/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker core by the sentence: one worker, a coordinator and a disk made of events.
 */
#include "worker/core/core.h"

#include <criterion/criterion.h>

typedef struct bench {
    leat_worker_core *core;
    leat_worker_actions actions; /* of the last step */
    int64_t now_ms;
    uint64_t session;
    uint64_t seq;
} bench;

static void bench_step(bench *b, leat_worker_event event)
{
    leat_worker_actions_clear(&b->actions);
    event.now_ms = b->now_ms;
    leat_worker_step(b->core, &event, &b->actions);
    LEAT_VEC_EACH (action, &b->actions) {
        if (action->kind == LEAT_WORKER_SEND && action->message.kind == LEAT_CONTROL_HELLO) {
            b->session = action->message.session;
            b->seq = 0;
        }
    }
}

static void hear(bench *b, leat_control message)
{
    message.session = b->session;
    message.seq = ++b->seq;
    leat_worker_event event = {.kind = LEAT_WORKER_COORDINATOR};
    event.message = message;
    bench_step(b, event);
}

static const leat_worker_action *did(const bench *b, leat_worker_action_kind kind, int what)
{
    for (size_t i = 0; i < b->actions.count; i++) {
        const leat_worker_action *action = &b->actions.items[i];
        if (action->kind != kind)
            continue;
        int is = kind == LEAT_WORKER_DISK_WRITE  ? (int)action->op.kind
                 : kind == LEAT_WORKER_SEND_SLOT ? (int)action->down.kind
                                                 : (int)action->message.kind;
        if (is == what)
            return action;
    }
    return NULL;
}

/* Every disk operation of the last step that has a ticket ends so; later steps' actions replace
 * those of the last. */
static void disk(bench *b, leat_disk_op_kind kind, leat_code code)
{
    leat_disk_done done[8];
    size_t count = 0;
    LEAT_VEC_EACH (action, &b->actions) {
        if (action->kind == LEAT_WORKER_DISK_WRITE && action->op.ticket != 0 && count < 8) {
            done[count++] = (leat_disk_done){.ticket = action->op.ticket,
                                             .kind = action->op.kind,
                                             .code = code,
                                             .job = action->op.job,
                                             .slot = action->op.slot,
                                             .generation = action->op.generation,
                                             .epoch = action->op.epoch};
        }
    }
    cr_assert_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        if (kind != LEAT_DISK_NONE && done[i].kind != kind)
            continue;
        leat_worker_event event = {.kind = LEAT_WORKER_DISK};
        event.done = done[i];
        bench_step(b, event);
    }
}

static bench bench_new(uint64_t generation_seen)
{
    bench b = {0};
    leat_job_memory memory = {1, generation_seen, 0};
    leat_worker_identity identity = {.boot = 1, .nonce = 9, .executor_count = 1};
    identity.job_count = generation_seen > 0;
    identity.jobs = &memory;
    b.core = leat_worker_core_new(&identity);
    bench_step(&b, (leat_worker_event){.kind = LEAT_WORKER_LINK_UP});
    leat_control welcome = {.kind = LEAT_CONTROL_WELCOME};
    welcome.welcome.worker = 1;
    hear(&b, welcome);
    return b;
}

static void bench_fini(bench *b)
{
    leat_worker_core_free(&b->core);
    leat_worker_actions_fini(&b->actions);
}

/* Slot 0 is ours and copied to worker 2; slot 1 the other way round. */
static void deploy(bench *b, uint64_t generation)
{
    leat_deployment_sizes sizes = {.key_group_count = 4, .slot_count = 2, .worker_count = 2};
    leat_deployment *d = leat_deployment_new(&sizes);
    d->job = 1;
    d->generation = generation;
    d->slots[0] = (leat_slot_place){.worker = 1, .standby_count = 1, .standbys = {2}};
    d->slots[1] = (leat_slot_place){.worker = 2, .standby_count = 1, .standbys = {1}};
    d->workers[0].worker = 1;
    d->workers[1].worker = 2;
    d->key_groups[1] = d->key_groups[3] = 1;
    leat_control message = {.kind = LEAT_CONTROL_DEPLOY, .job = 1, .generation = generation};
    message.deploy.deployment = d;
    hear(b, message);
}

static bench deployed(void)
{
    bench b = bench_new(0);
    deploy(&b, 3);
    disk(&b, LEAT_DISK_NONE, LEAT_OK);
    return b;
}

static void slot_says(bench *b, leat_up_kind kind, uint64_t epoch)
{
    leat_worker_event event = {.kind = LEAT_WORKER_SLOT};
    event.up.kind = kind;
    event.up.job = 1;
    event.up.generation = 3;
    event.up.epoch = epoch;
    event.up.hash = 77;
    if (kind == LEAT_UP_CHUNK || kind == LEAT_UP_FROZEN)
        event.up.bytes = leat_blob_copy(LEAT_BYTES("rows"));
    bench_step(b, event);
}

static leat_control about(leat_control_kind kind)
{
    return (leat_control){.kind = kind, .job = 1, .generation = 3};
}

Test(worker, opens_slots_only_when_the_generation_is_on_disk)
{
    bench b = bench_new(0);

    deploy(&b, 3);
    cr_assert_not_null(did(&b, LEAT_WORKER_DISK_WRITE, LEAT_DISK_GENERATION));
    cr_assert_null(did(&b, LEAT_WORKER_SEND_SLOT, LEAT_DOWN_OPEN));
    disk(&b, LEAT_DISK_NONE, LEAT_OK);

    cr_assert_not_null(did(&b, LEAT_WORKER_SEND_SLOT, LEAT_DOWN_OPEN));
    cr_assert_not_null(did(&b, LEAT_WORKER_SEND, LEAT_CONTROL_READY));
    bench_fini(&b);
}

Test(worker, tries_again_later_when_a_full_disk_refuses_the_generation)
{
    bench b = bench_new(0);

    deploy(&b, 3);
    disk(&b, LEAT_DISK_NONE, LEAT_NO_SPACE);
    cr_assert_null(did(&b, LEAT_WORKER_SEND_SLOT, LEAT_DOWN_OPEN));
    b.now_ms += 600;
    bench_step(&b, (leat_worker_event){.kind = LEAT_WORKER_WAKE});

    cr_assert_not_null(did(&b, LEAT_WORKER_DISK_WRITE, LEAT_DISK_GENERATION));
    bench_fini(&b);
}

Test(worker, ignores_a_generation_below_the_one_on_its_disk)
{
    bench b = bench_new(5);

    deploy(&b, 4);

    cr_assert_null(did(&b, LEAT_WORKER_DISK_WRITE, LEAT_DISK_GENERATION));
    cr_assert_null(did(&b, LEAT_WORKER_DISK_WRITE, LEAT_DISK_KEEP));
    bench_fini(&b);
}

Test(worker, never_purges_a_generation_that_its_disk_knows_already)
{
    bench b = bench_new(3);

    deploy(&b, 3);

    cr_assert_null(did(&b, LEAT_WORKER_DISK_WRITE, LEAT_DISK_GENERATION));
    cr_assert_not_null(did(&b, LEAT_WORKER_DISK_WRITE, LEAT_DISK_KEEP));
    bench_fini(&b);
}

Test(worker, says_durable_only_when_the_disk_has_the_manifest)
{
    bench b = deployed();

    slot_says(&b, LEAT_UP_CHUNK, 1);
    cr_assert_not_null(did(&b, LEAT_WORKER_SEND_PEER, LEAT_CONTROL_CHUNK));
    slot_says(&b, LEAT_UP_FROZEN, 1);
    cr_assert_not_null(did(&b, LEAT_WORKER_SEND_PEER, LEAT_CONTROL_MANIFEST));
    cr_assert_null(did(&b, LEAT_WORKER_SEND, LEAT_CONTROL_DURABLE));
    disk(&b, LEAT_DISK_MANIFEST, LEAT_OK);

    const leat_worker_action *durable = did(&b, LEAT_WORKER_SEND, LEAT_CONTROL_DURABLE);
    cr_assert_not_null(durable);
    cr_assert_eq(durable->message.durable.hash, 77);
    bench_fini(&b);
}

Test(worker, says_nack_when_its_disk_refuses_a_delta)
{
    bench b = deployed();
    slot_says(&b, LEAT_UP_FROZEN, 1);

    disk(&b, LEAT_DISK_MANIFEST, LEAT_NO_SPACE);

    cr_assert_not_null(did(&b, LEAT_WORKER_SEND, LEAT_CONTROL_NACK));
    bench_fini(&b);
}

Test(worker, sends_a_delta_again_until_the_copy_says_it_has_it)
{
    bench b = deployed();
    slot_says(&b, LEAT_UP_CHUNK, 1);
    slot_says(&b, LEAT_UP_FROZEN, 1);

    b.now_ms += 600;
    bench_step(&b, (leat_worker_event){.kind = LEAT_WORKER_WAKE});
    cr_assert_not_null(did(&b, LEAT_WORKER_SEND_PEER, LEAT_CONTROL_CHUNK));
    leat_worker_event ack = {.kind = LEAT_WORKER_PEER};
    ack.message = about(LEAT_CONTROL_DURABLE);
    ack.message.durable.epoch = 1;
    ack.message.durable.replica = 2;
    bench_step(&b, ack);
    b.now_ms += 5000;
    bench_step(&b, (leat_worker_event){.kind = LEAT_WORKER_WAKE});

    cr_assert_null(did(&b, LEAT_WORKER_SEND_PEER, LEAT_CONTROL_CHUNK));
    bench_fini(&b);
}

Test(worker, writes_a_decision_before_a_slot_hears_of_it)
{
    bench b = deployed();

    leat_control decided = about(LEAT_CONTROL_DECIDED);
    decided.decided.completed = 4;
    hear(&b, decided);

    size_t written = SIZE_MAX, told = SIZE_MAX;
    for (size_t i = 0; i < b.actions.count; i++) {
        const leat_worker_action *action = &b.actions.items[i];
        if (action->kind == LEAT_WORKER_DISK_WRITE && action->op.kind == LEAT_DISK_DECIDED)
            written = i;
        if (action->kind == LEAT_WORKER_SEND_SLOT && action->down.kind == LEAT_DOWN_DECIDED)
            told = i;
    }
    cr_assert_lt(written, told);
    cr_assert_neq(told, SIZE_MAX);
    bench_fini(&b);
}

Test(worker, says_again_in_a_new_session_what_still_matters)
{
    bench b = deployed();
    slot_says(&b, LEAT_UP_READY, 0);

    bench_step(&b, (leat_worker_event){.kind = LEAT_WORKER_LINK_UP});
    leat_control welcome = {.kind = LEAT_CONTROL_WELCOME};
    welcome.welcome.worker = 1;
    hear(&b, welcome);

    uint32_t ready = 0;
    LEAT_VEC_EACH (action, &b.actions)
        ready += action->kind == LEAT_WORKER_SEND && action->message.kind == LEAT_CONTROL_READY;
    cr_assert_eq(ready, 2, "its own slot, and the one it copies");
    bench_fini(&b);
}

Test(worker, begins_a_new_session_when_a_message_is_missing)
{
    bench b = deployed();
    uint64_t before = b.session;

    b.seq += 2;
    hear(&b, (leat_control){.kind = LEAT_CONTROL_HEARTBEAT});

    cr_assert_gt(b.session, before);
    bench_fini(&b);
}

Test(worker, drops_its_slots_when_it_is_fenced)
{
    bench b = deployed();

    leat_control fenced = {.kind = LEAT_CONTROL_FENCED, .job = 1, .generation = 4};
    hear(&b, fenced);

    cr_assert_not_null(did(&b, LEAT_WORKER_SEND_SLOT, LEAT_DOWN_CLOSE));
    bench_fini(&b);
}

Test(worker, passes_a_barrier_on_once)
{
    bench b = deployed();
    leat_control barrier = about(LEAT_CONTROL_BARRIER);
    barrier.barrier.epoch = 2;

    hear(&b, barrier);
    cr_assert_not_null(did(&b, LEAT_WORKER_SEND_SLOT, LEAT_DOWN_BARRIER));
    hear(&b, barrier);

    cr_assert_null(did(&b, LEAT_WORKER_SEND_SLOT, LEAT_DOWN_BARRIER));
    bench_fini(&b);
}

Test(worker, exits_when_its_disk_is_dead)
{
    bench b = deployed();
    slot_says(&b, LEAT_UP_FROZEN, 1);

    disk(&b, LEAT_DISK_MANIFEST, LEAT_IO);

    bool exits = false;
    LEAT_VEC_EACH (action, &b.actions)
        exits |= action->kind == LEAT_WORKER_EXIT && action->code == LEAT_IO;
    cr_assert(exits);
    bench_fini(&b);
}
