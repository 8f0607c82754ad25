/* SPDX-License-Identifier: Apache-2.0
 */
#include "common/plan/control_wire.h"

#include <criterion/criterion.h>

#include "common/base/alloc.h"
#include "common/base/prng.h"

static leat_deployment *small_deployment(void)
{
    leat_deployment_sizes sizes = {.key_group_count = 8,
                                   .slot_count = 2,
                                   .worker_count = 2,
                                   .manifest_count = 1,
                                   .split_count = 1,
                                   .listed_count = 1};
    leat_deployment *d = leat_deployment_new(&sizes);
    d->job = 4;
    d->generation = 9;
    d->restore_epoch = 77;
    d->plan = leat_blob_copy(LEAT_BYTES("plan\0bytes"));
    for (uint32_t g = 0; g < 8; g++)
        d->key_groups[g] = (uint16_t)(g % 2);
    d->workers[0] = (leat_worker_place){.worker = 11, .endpoint = "tcp://a:1"};
    d->workers[1] = (leat_worker_place){.worker = 12, .endpoint = "tcp://b:2"};
    d->slots[0] = (leat_slot_place){.worker = 11, .standby_count = 1, .standbys = {12}};
    d->slots[1] =
        (leat_slot_place){.worker = 12, .executor = 3, .standby_count = 1, .standbys = {11}};
    d->manifests[0] = (leat_restore_manifest){.slot = 1, .hash = UINT64_MAX};
    leat_split split = {.source = 2, .number = 5, .name = LEAT_BYTES("file:1")};
    leat_deployment_set_split(d, 0, &split);
    d->listed_sources[0] = 2;
    return d;
}

static leat_control deploy_message(void)
{
    leat_control m = {
        .kind = LEAT_CONTROL_DEPLOY, .session = 3, .seq = 8, .job = 4, .generation = 9};
    m.deploy.deployment = small_deployment();
    return m;
}

/* Encode, decode, encode: equal bytes mean that nothing was lost on the way. */
static leat_control there_and_back(const leat_control *message)
{
    leat_buf first = {0};
    leat_buf second = {0};
    leat_control back = {0};
    leat_error err = {0};
    leat_control_encode(message, &first);
    cr_assert_eq(leat_control_decode(leat_buf_bytes(&first), &back, &err), LEAT_OK, "%s: %s",
                 leat_control_name(message->kind), err.text);
    leat_control_encode(&back, &second);
    cr_assert(leat_bytes_equal(leat_buf_bytes(&first), leat_buf_bytes(&second)), "%s",
              leat_control_name(message->kind));
    leat_buf_fini(&first);
    leat_buf_fini(&second);
    return back;
}

Test(control_wire, carries_a_whole_deployment)
{
    leat_control m = deploy_message();

    leat_control back = there_and_back(&m);

    const leat_deployment *d = back.deploy.deployment;
    cr_assert_eq(back.session, 3);
    cr_assert_eq(d->restore_epoch, 77);
    cr_assert(leat_bytes_equal(leat_blob_bytes(d->plan), LEAT_BYTES("plan\0bytes")));
    cr_assert_eq(d->key_groups[7], 1);
    cr_assert_eq(d->slots[1].executor, 3);
    cr_assert_eq(d->slots[1].standbys[0], 11);
    cr_assert_str_eq(d->workers[1].endpoint, "tcp://b:2");
    cr_assert_eq(d->manifests[0].hash, UINT64_MAX);
    cr_assert(leat_bytes_equal(d->splits[0].name, LEAT_BYTES("file:1")));
    cr_assert_eq(d->listed_sources[0], 2);
    leat_control_fini(&m);
    leat_control_fini(&back);
}

Test(control_wire, carries_hello_with_what_the_disk_remembers)
{
    leat_control m = {.kind = LEAT_CONTROL_HELLO, .session = 1};
    m.hello.incarnation = (leat_incarnation){.high = UINT64_MAX, .low = 1};
    m.hello.executor_count = 2;
    strcpy(m.hello.name, "w1");
    m.hello.job_count = 2;
    m.hello.jobs = leat_alloc_zero(2, sizeof *m.hello.jobs);
    m.hello.jobs[1] = (leat_job_memory){.job = 7, .generation_seen = 8, .decided_epoch = 9};

    leat_control back = there_and_back(&m);

    cr_assert_eq(back.hello.incarnation.high, UINT64_MAX);
    cr_assert_str_eq(back.hello.name, "w1");
    cr_assert_eq(back.hello.jobs[1].decided_epoch, 9);
    leat_control_fini(&m);
    leat_control_fini(&back);
}

/* Every byte of the union set to something small and odd: numbers of every kind must survive. */
Test(control_wire, carries_the_numbers_of_every_kind)
{
    for (int kind = LEAT_CONTROL_NONE + 1; kind < LEAT_CONTROL_KIND_COUNT; kind++) {
        if (kind == LEAT_CONTROL_DEPLOY || kind == LEAT_CONTROL_HELLO)
            continue;
        leat_control m = {.kind = (leat_control_kind)kind,
                          .session = 5,
                          .seq = 6,
                          .job = 7,
                          .slot = 8,
                          .generation = 9};
        m.stats = (leat_slot_stats){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -11, ""};
        if (kind == LEAT_CONTROL_FOLLOW || kind == LEAT_CONTROL_SEED ||
            kind == LEAT_CONTROL_SPLITS || kind == LEAT_CONTROL_READY ||
            kind == LEAT_CONTROL_CHUNK || kind == LEAT_CONTROL_MANIFEST ||
            kind == LEAT_CONTROL_SEED_PAGE || kind == LEAT_CONTROL_UNDEPLOY)
            m.stats = (leat_slot_stats){0}; /* pointers, booleans and text start as nothing */
        leat_control back = there_and_back(&m);
        cr_assert_eq(back.kind, m.kind);
        cr_assert_eq(back.slot, 8);
        if (kind == LEAT_CONTROL_STATS)
            cr_assert_eq(memcmp(&back.stats, &m.stats, offsetof(leat_slot_stats, waiting)), 0);
        leat_control_fini(&back);
    }
}

Test(control_wire, carries_epochs_flags_and_reasons)
{
    leat_control barrier = {.kind = LEAT_CONTROL_BARRIER};
    barrier.barrier.epoch = 12;
    barrier.barrier.completed = 11;
    barrier.barrier.flags = LEAT_BARRIER_LAST;
    leat_control back = there_and_back(&barrier);
    cr_assert_eq(back.barrier.epoch, 12);
    cr_assert_eq(back.barrier.completed, 11);
    cr_assert_eq(back.barrier.flags, LEAT_BARRIER_LAST);

    leat_control failed = {.kind = LEAT_CONTROL_FAILED};
    failed.trouble.from_slot = 3;
    failed.trouble.needs_person = true;
    strcpy(failed.trouble.text, "row 7: not a number");
    back = there_and_back(&failed);
    cr_assert_eq(back.trouble.from_slot, 3);
    cr_assert(back.trouble.needs_person);
    cr_assert_str_eq(back.trouble.text, "row 7: not a number");

    leat_control chunk = {.kind = LEAT_CONTROL_CHUNK};
    chunk.chunk.index = 2;
    chunk.chunk.bytes = leat_blob_copy(LEAT_BYTES("rows\0of state"));
    back = there_and_back(&chunk);
    cr_assert(leat_bytes_equal(leat_blob_bytes(back.chunk.bytes), LEAT_BYTES("rows\0of state")));
    leat_control_fini(&back);
    leat_control_fini(&chunk);
}

/* Cut, flipped and random bytes: a clear no or a message, never a crash or a leak. */
Test(control_wire, survives_hostile_bytes)
{
    leat_control m = deploy_message();
    leat_buf wire = {0};
    leat_control_encode(&m, &wire);
    leat_control_fini(&m);
    leat_prng prng = {1};
    for (int round = 0; round < 20000; round++) {
        leat_buf hurt = {0};
        leat_buf_add(&hurt, wire.data, (size_t)leat_prng_below(&prng, wire.size) + 1);
        for (uint64_t flips = leat_prng_below(&prng, 4); flips > 0; flips--)
            hurt.data[leat_prng_below(&prng, hurt.size)] = (char)leat_prng_next(&prng);
        leat_control back = {0};
        if (leat_control_decode(leat_buf_bytes(&hurt), &back, NULL) == LEAT_OK)
            leat_control_fini(&back);
        leat_buf_fini(&hurt);
    }
    leat_buf_fini(&wire);
}

Test(control_wire, refuses_a_worker_of_more_executors_than_there_can_be)
{
    leat_control m = {.kind = LEAT_CONTROL_HELLO};
    for (uint32_t count = LEAT_EXECUTORS_MAX; count <= LEAT_EXECUTORS_MAX + 1; count++) {
        leat_buf wire = {0};
        leat_control back = {0};
        m.hello.executor_count = count;
        leat_control_encode(&m, &wire);
        cr_assert_eq(leat_control_decode(leat_buf_bytes(&wire), &back, NULL),
                     count > LEAT_EXECUTORS_MAX ? LEAT_CORRUPT : LEAT_OK);
        leat_control_fini(&back);
        leat_buf_fini(&wire);
    }
}

Test(control_wire, refuses_a_deployment_that_breaks_its_rules)
{
    leat_control m = deploy_message();
    m.deploy.deployment->slots[0].worker = 99; /* nobody */
    leat_buf wire = {0};
    leat_control_encode(&m, &wire);

    leat_control back = {0};
    cr_assert_eq(leat_control_decode(leat_buf_bytes(&wire), &back, NULL), LEAT_CORRUPT);
    leat_buf_fini(&wire);
    leat_control_fini(&m);
}

Test(control_wire, refuses_many_empty_parts_before_they_fill_memory)
{
    leat_buf wire = {0};
    leat_buf_add(&wire, "\x08\x09\x9a\x01", 4); /* kind DEPLOY, deployment */
    leat_buf_add(&wire, "\x80\x89\x7a", 3);     /* of 2 MB */
    for (int i = 0; i < 1000000; i++)
        leat_buf_add(&wire, "\x32\x00", 2); /* empty slots */
    leat_control back = {0};
    cr_assert_eq(leat_control_decode(leat_buf_bytes(&wire), &back, NULL), LEAT_CORRUPT);
    leat_buf_fini(&wire);
}
