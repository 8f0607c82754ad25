/* SPDX-License-Identifier: Apache-2.0
 *
 * The coordinator's command log: records back to back. What is accepted is run: the core that came
 * of it takes a step.
 */
#include <stdio.h>

#include "coordinator/core/core.h"
#include "tests/fuzz/fuzz.h"

static void records_take(leat_coord_actions *actions, leat_buf *out)
{
    LEAT_VEC_EACH (action, actions)
        if (action->kind == LEAT_COORD_RECORD) {
            leat_bytes record = leat_blob_bytes(action->record);
            leat_buf_add(out, record.data, record.size);
        }
    leat_coord_actions_clear(actions);
}

static leat_coord_event hello(uint32_t worker, int64_t now_ms)
{
    leat_coord_event event = {.kind = LEAT_COORD_MESSAGE, .now_ms = now_ms, .peer = worker};
    leat_control *m = &event.message;
    m->kind = LEAT_CONTROL_HELLO;
    m->session = 1;
    m->hello.incarnation = (leat_incarnation){worker, worker};
    m->hello.boot = 1;
    m->hello.nonce = 1;
    m->hello.executor_count = 2;
    snprintf(m->hello.name, sizeof m->hello.name, "worker-%u", worker);
    snprintf(m->hello.endpoint, sizeof m->hello.endpoint, "tcp://127.0.0.1:%u", 4000 + worker);
    return event;
}

static leat_coord_event submit(int64_t now_ms)
{
    leat_coord_event event = {.kind = LEAT_COORD_COMMAND, .now_ms = now_ms};
    event.command = (leat_command){.kind = LEAT_COMMAND_SUBMIT,
                                   .token = 1,
                                   .name = "job",
                                   .plan = leat_blob_copy(LEAT_BYTES("plan")),
                                   .key_group_count = 8,
                                   .parallelism = 2,
                                   .replicas = 2,
                                   .min_replicas = 1,
                                   .epoch_interval_ms = 1000};
    return event;
}

static void seed(leat_fuzz_seeds *seeds)
{
    leat_buf *log = leat_fuzz_seed(seeds);
    leat_coord_options options = {.settle_ms = 1};
    leat_coord_core *core = leat_coord_core_new(&options);
    leat_coord_actions actions = {0};
    int64_t now_ms = 1;
    for (uint32_t worker = 1; worker <= 2; worker++) {
        leat_coord_event event = hello(worker, now_ms++);
        leat_coord_step(core, &event, &actions);
        records_take(&actions, log);
    }
    leat_coord_event event = submit(now_ms++);
    leat_coord_step(core, &event, &actions);
    records_take(&actions, log);
    for (int i = 0; i < 10; i++) {
        event = (leat_coord_event){.kind = LEAT_COORD_WAKE, .now_ms = now_ms += 50};
        leat_coord_step(core, &event, &actions);
        records_take(&actions, log);
    }
    leat_coord_actions_fini(&actions);
    leat_coord_core_free(&core);
}

static bool run(leat_bytes input)
{
    leat_coord_options options = {.settle_ms = 1};
    leat_coord_core *core = leat_coord_core_new(&options);
    leat_error err = {0};
    bool accepted = leat_coord_replay(core, input, &err) == LEAT_OK;
    leat_coord_actions actions = {0};
    for (int64_t i = 1; accepted && i <= 3; i++) {
        leat_coord_event event = {.kind = LEAT_COORD_WAKE, .now_ms = i * 1000};
        leat_coord_step(core, &event, &actions);
        leat_coord_actions_clear(&actions);
        event = hello((uint32_t)i, i * 1000 + 1);
        leat_coord_step(core, &event, &actions);
        leat_coord_actions_clear(&actions);
    }
    leat_coord_actions_fini(&actions);
    leat_coord_core_free(&core);
    return accepted;
}

const leat_fuzz_target leat_fuzz_clog = {.name = "clog", .seed = seed, .run = run};
