/* SPDX-License-Identifier: Apache-2.0
 *
 * Control messages, the deployment in DEPLOY and the session memory in HELLO included.
 */
#include <stdio.h>

#include "common/base/alloc.h"
#include "common/plan/control_wire.h"
#include "tests/fuzz/fuzz.h"

static leat_deployment *deployment_new(void)
{
    leat_deployment_sizes sizes = {.key_group_count = 8,
                                   .slot_count = 2,
                                   .worker_count = 2,
                                   .manifest_count = 2,
                                   .split_count = 1,
                                   .listed_count = 1};
    leat_deployment *d = leat_deployment_new(&sizes);
    d->job = 4;
    d->generation = 9;
    d->restore_epoch = 77;
    d->plan = leat_blob_copy(LEAT_BYTES("plan"));
    for (uint32_t g = 0; g < sizes.key_group_count; g++)
        d->key_groups[g] = (uint16_t)(g % 2);
    for (uint32_t i = 0; i < 2; i++) {
        d->workers[i] = (leat_worker_place){.worker = 11 + i, .endpoint = "tcp://a:1"};
        d->slots[i] = (leat_slot_place){.worker = 11 + i, .standby_count = 1, .standbys = {12 - i}};
        d->manifests[i] = (leat_restore_manifest){.slot = i, .hash = 1234567 * i};
    }
    leat_split split = {.source = 2, .number = 0, .name = LEAT_BYTES("file:1")};
    leat_deployment_set_split(d, 0, &split);
    d->listed_sources[0] = 2;
    return d;
}

static void seed_kind(leat_fuzz_seeds *seeds, leat_control_kind kind)
{
    leat_control m = {.kind = kind, .session = 5, .seq = 6, .job = 7, .slot = 1, .generation = 9};
    switch ((unsigned)kind) {
    case LEAT_CONTROL_DEPLOY:
        m.deploy.deployment = deployment_new();
        break;
    case LEAT_CONTROL_HELLO:
        snprintf(m.hello.name, sizeof m.hello.name, "worker-1");
        snprintf(m.hello.endpoint, sizeof m.hello.endpoint, "tcp://127.0.0.1:4000");
        m.hello.executor_count = 2;
        m.hello.job_count = 2;
        m.hello.jobs = leat_alloc_zero(2, sizeof *m.hello.jobs);
        m.hello.jobs[1] = (leat_job_memory){.job = 7, .generation_seen = 8, .decided_epoch = 9};
        break;
    case LEAT_CONTROL_SPLITS:
        m.splits.names = leat_blob_copy(LEAT_BYTES("\4\0\0\0name"));
        break;
    case LEAT_CONTROL_CHUNK:
        m.chunk.bytes = leat_blob_copy(LEAT_BYTES("rows of state"));
        break;
    case LEAT_CONTROL_MANIFEST:
        m.manifest.bytes = leat_blob_copy(LEAT_BYTES("manifest"));
        break;
    case LEAT_CONTROL_SEED_PAGE:
        m.seed_page.bytes = leat_blob_copy(LEAT_BYTES("page"));
        break;
    case LEAT_CONTROL_BARRIER:
        m.barrier.epoch = 12;
        break;
    default: /* zeros */
        break;
    }
    leat_control_encode(&m, leat_fuzz_seed(seeds));
    leat_control_fini(&m);
}

static void seed(leat_fuzz_seeds *seeds)
{
    for (int kind = LEAT_CONTROL_NONE + 1; kind < LEAT_CONTROL_KIND_COUNT; kind++)
        seed_kind(seeds, (leat_control_kind)kind);
}

static bool run(leat_bytes input)
{
    leat_error err = {0};
    leat_control message = {0}, again = {0};
    if (leat_control_decode(input, &message, &err) != LEAT_OK)
        return false;
    if (message.kind == LEAT_CONTROL_DEPLOY)
        LEAT_ASSERT(leat_deployment_check(message.deploy.deployment));
    leat_buf first = {0}, second = {0};
    leat_control_encode(&message, &first);
    leat_code code = leat_control_decode(leat_buf_bytes(&first), &again, &err);
    LEAT_ASSERT(code == LEAT_OK);
    leat_control_encode(&again, &second);
    LEAT_ASSERT(leat_bytes_equal(leat_buf_bytes(&first), leat_buf_bytes(&second)));
    leat_control_fini(&message);
    leat_control_fini(&again);
    leat_buf_fini(&first);
    leat_buf_fini(&second);
    return true;
}

const leat_fuzz_target leat_fuzz_control = {.name = "control", .seed = seed, .run = run};
