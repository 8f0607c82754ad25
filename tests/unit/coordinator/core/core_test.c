/* SPDX-License-Identifier: Apache-2.0
 *
 * The coordinator core by the sentence: a few workers made of messages, one job.
 */
#include "coordinator/core/core.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "coordinator/core/story.h"
#include "coordinator/core/view.h"

/* A coordinator and what it said last, with the log it wrote. */
typedef struct bench {
    leat_coord_core *core;
    leat_coord_actions actions; /* of the last step */
    LEAT_VEC(leat_blob *) log;
    int64_t now_ms;
    uint64_t seq[8]; /* per worker: last sent */
    uint64_t session[8];
} bench;

static void bench_step(bench *b, leat_coord_event event)
{
    leat_coord_actions_clear(&b->actions);
    event.now_ms = b->now_ms;
    leat_coord_step(b->core, &event, &b->actions);
    LEAT_VEC_EACH (action, &b->actions) {
        if (action->kind == LEAT_COORD_RECORD)
            leat_vec_push(&b->log, leat_blob_ref(action->record));
    }
}

static bench bench_new(void)
{
    bench b = {0};
    leat_coord_options options = {.epoch_timeout_ms = 2000, .settle_ms = 100};
    b.core = leat_coord_core_new(&options);
    return b;
}

static void bench_fini(bench *b)
{
    leat_coord_core_free(&b->core);
    leat_coord_actions_fini(&b->actions);
    for (size_t i = 0; i < b->log.count; i++)
        leat_blob_unref(&b->log.items[i]);
    leat_vec_fini(&b->log);
}

static void pass(bench *b, int64_t ms)
{
    b->now_ms += ms;
    bench_step(b, (leat_coord_event){.kind = LEAT_COORD_WAKE});
}

static void say(bench *b, uint32_t worker, leat_control message)
{
    message.session = b->session[worker];
    message.seq = ++b->seq[worker];
    leat_coord_event event = {.kind = LEAT_COORD_MESSAGE, .peer = worker};
    event.message = message;
    bench_step(b, event);
}

static void hello(bench *b, uint32_t worker, uint64_t boot)
{
    leat_control message = {.kind = LEAT_CONTROL_HELLO};
    message.session = b->session[worker] = (boot << 32) + ++b->session[0];
    b->seq[worker] = 0;
    message.hello.incarnation = (leat_incarnation){1, worker};
    message.hello.boot = boot;
    message.hello.nonce = worker * 100 + boot;
    message.hello.executor_count = 1;
    (void)snprintf(message.hello.endpoint, sizeof message.hello.endpoint, "%u", worker);
    leat_coord_event event = {.kind = LEAT_COORD_MESSAGE, .peer = worker};
    event.message = message;
    bench_step(b, event);
}

static void submit(bench *b)
{
    leat_coord_event event = {.kind = LEAT_COORD_COMMAND};
    event.command = (leat_command){
        .kind = LEAT_COMMAND_SUBMIT,
        .name = "job",
        .plan = leat_blob_copy(LEAT_BYTES("plan")),
        .key_group_count = 8,
        .replicas = 2,
        .min_replicas = 1,
        .epoch_interval_ms = 100,
    };
    bench_step(b, event);
}

static const leat_control *told(const bench *b, uint32_t worker, leat_control_kind kind)
{
    for (size_t i = 0; i < b->actions.count; i++) {
        const leat_coord_action *action = &b->actions.items[i];
        if (action->kind == LEAT_COORD_SEND && action->send.peer == worker &&
            action->send.message.kind == kind)
            return &action->send.message;
    }
    return NULL;
}

static leat_job_view job_view(const bench *b)
{
    leat_job_view view;
    cr_assert(leat_coord_job_find(b->core, "job", &view));
    return view;
}

static leat_control about(const bench *b, leat_control_kind kind, uint32_t slot)
{
    leat_job_view view = job_view(b);
    return (leat_control){
        .kind = kind, .job = view.job, .slot = slot, .generation = view.generation};
}

static void ready(bench *b, uint32_t worker, uint32_t slot)
{
    say(b, worker, about(b, LEAT_CONTROL_READY, slot));
}

static void durable(bench *b, uint32_t worker, uint32_t slot, uint64_t epoch, uint64_t hash)
{
    leat_control message = about(b, LEAT_CONTROL_DURABLE, slot);
    message.durable.epoch = epoch;
    message.durable.replica = worker;
    message.durable.hash = hash;
    say(b, worker, message);
}

/* Two workers, one slot each, copied to the other; generation 1 runs and epoch 1 is open. */
static bench running(void)
{
    bench b = bench_new();
    hello(&b, 1, 1);
    hello(&b, 2, 1);
    submit(&b);
    pass(&b, 150);
    for (uint32_t worker = 1; worker <= 2; worker++) {
        ready(&b, worker, 0);
        ready(&b, worker, 1);
    }
    pass(&b, 50);
    pass(&b, 60);
    return b;
}

static void complete(bench *b, uint64_t epoch)
{
    for (uint32_t worker = 1; worker <= 2; worker++) {
        durable(b, worker, 0, epoch, 70);
        durable(b, worker, 1, epoch, 71);
    }
}

/* Alive until further notice. */
static void beat(bench *b, uint32_t worker)
{
    say(b, worker, (leat_control){.kind = LEAT_CONTROL_HEARTBEAT});
}

static int64_t wakes_at(const bench *b)
{
    for (size_t i = 0; i < b->actions.count; i++)
        if (b->actions.items[i].kind == LEAT_COORD_WAKE_AT)
            return b->actions.items[i].at_ms;
    return 0;
}

Test(coordinator, wakes_when_a_job_may_start_and_not_a_tick_later)
{
    bench b = bench_new();
    hello(&b, 1, 1);
    submit(&b);

    pass(&b, 70);

    cr_assert_eq(wakes_at(&b), 100, "it may start when its workers had 100 ms to come");
    pass(&b, 30);
    cr_assert_not_null(told(&b, 1, LEAT_CONTROL_DEPLOY));
    bench_fini(&b);
}

Test(coordinator, deploys_a_job_to_every_worker_once_they_had_time_to_come)
{
    bench b = bench_new();
    hello(&b, 1, 1);
    submit(&b);
    hello(&b, 2, 1);
    cr_assert_eq(job_view(&b).state, LEAT_JOB_CREATED);

    pass(&b, 150);

    cr_assert_eq(job_view(&b).state, LEAT_JOB_DEPLOYING);
    cr_assert_not_null(told(&b, 1, LEAT_CONTROL_DEPLOY));
    cr_assert_not_null(told(&b, 2, LEAT_CONTROL_DEPLOY));
    cr_assert_eq(job_view(&b).slot_count, 2);
    bench_fini(&b);
}

Test(coordinator, starts_sources_only_when_owners_and_standbys_are_ready)
{
    bench b = bench_new();
    hello(&b, 1, 1);
    hello(&b, 2, 1);
    submit(&b);
    pass(&b, 150);

    ready(&b, 1, 0);
    ready(&b, 1, 1);
    ready(&b, 2, 0);
    cr_assert_null(told(&b, 1, LEAT_CONTROL_START));
    ready(&b, 2, 1);

    cr_assert_not_null(told(&b, 1, LEAT_CONTROL_START));
    cr_assert_eq(job_view(&b).state, LEAT_JOB_RUNNING);
    bench_fini(&b);
}

Test(coordinator, completes_an_epoch_only_when_every_copy_in_sync_has_it)
{
    bench b = running();
    cr_assert_eq(job_view(&b).open_epoch, 1);

    durable(&b, 1, 0, 1, 70);
    durable(&b, 1, 1, 1, 71);
    durable(&b, 2, 0, 1, 70);
    cr_assert_eq(job_view(&b).completed_epoch, 0);
    durable(&b, 2, 1, 1, 71);

    cr_assert_eq(job_view(&b).completed_epoch, 1);
    bench_fini(&b);
}

Test(coordinator, records_a_completed_epoch_before_it_tells_anybody)
{
    bench b = running();

    complete(&b, 1);

    bool is_recorded = false;
    LEAT_VEC_EACH (action, &b.actions) {
        is_recorded |= action->kind == LEAT_COORD_RECORD;
        if (action->kind == LEAT_COORD_SEND && action->send.message.kind == LEAT_CONTROL_DECIDED)
            cr_assert(is_recorded);
    }
    cr_assert_not_null(told(&b, 1, LEAT_CONTROL_DECIDED));
    bench_fini(&b);
}

Test(coordinator, halts_when_two_copies_of_a_delta_differ)
{
    bench b = running();

    durable(&b, 1, 0, 1, 70);
    durable(&b, 2, 0, 1, 99);

    cr_assert_eq(job_view(&b).state, LEAT_JOB_HALTED);
    bench_fini(&b);
}

Test(coordinator, never_gives_an_epoch_number_twice_after_an_abort)
{
    bench b = running();

    leat_control nack = about(&b, LEAT_CONTROL_NACK, 0);
    nack.nack.epoch = 1;
    leat_slot_view slot;
    leat_coord_slot_view(b.core, 1, 0, &slot);
    say(&b, slot.owner, nack);
    cr_assert_eq(job_view(&b).open_epoch, 0);
    pass(&b, 100);

    cr_assert_eq(job_view(&b).open_epoch, 2);
    bench_fini(&b);
}

Test(coordinator, ignores_what_is_said_in_an_older_generation)
{
    bench b = running();

    leat_control old = about(&b, LEAT_CONTROL_DURABLE, 0);
    old.generation--;
    old.durable.epoch = 1;
    say(&b, 1, old);

    leat_slot_view slot;
    leat_coord_slot_view(b.core, 1, 0, &slot);
    complete(&b, 1);
    cr_assert_eq(job_view(&b).completed_epoch, 1);
    bench_fini(&b);
}

Test(coordinator, promotes_the_standby_of_a_lost_worker)
{
    bench b = running();
    complete(&b, 1);

    for (int i = 0; i < 12; i++) {
        beat(&b, 1);
        pass(&b, 100);
    }

    cr_assert_eq(job_view(&b).generation, 2);
    for (uint32_t s = 0; s < 2; s++) {
        leat_slot_view slot;
        leat_coord_slot_view(b.core, 1, s, &slot);
        cr_assert_eq(slot.owner, 1);
        cr_assert_eq(slot.in_sync_count, 1);
    }
    bench_fini(&b);
}

Test(coordinator, takes_a_restarted_worker_for_lost_and_back_at_once)
{
    bench b = running();
    complete(&b, 1);

    hello(&b, 2, 2);

    cr_assert_eq(job_view(&b).generation, 2);
    bench_fini(&b);
}

Test(coordinator, refuses_a_second_process_on_the_same_folder)
{
    bench b = running();

    leat_control clone = {.kind = LEAT_CONTROL_HELLO, .session = 99};
    clone.hello.incarnation = (leat_incarnation){1, 2};
    clone.hello.boot = 1;
    clone.hello.nonce = 777;
    leat_coord_event event = {.kind = LEAT_COORD_MESSAGE, .peer = 5};
    event.message = clone;
    bench_step(&b, event);

    cr_assert_not_null(told(&b, 5, LEAT_CONTROL_REFUSED));
    cr_assert_eq(job_view(&b).generation, 1);
    bench_fini(&b);
}

Test(coordinator, asks_for_a_new_session_when_messages_are_missing)
{
    bench b = running();

    b.seq[1] += 3;
    beat(&b, 1);

    cr_assert_not_null(told(&b, 1, LEAT_CONTROL_RESET));
    bench_fini(&b);
}

Test(coordinator, says_again_in_a_new_session_what_still_matters)
{
    bench b = running();

    b.session[0]++;
    hello(&b, 1, 1);

    cr_assert_not_null(told(&b, 1, LEAT_CONTROL_DEPLOY));
    cr_assert_not_null(told(&b, 1, LEAT_CONTROL_START));
    cr_assert_not_null(told(&b, 1, LEAT_CONTROL_BARRIER));
    cr_assert_eq(job_view(&b).generation, 1);
    bench_fini(&b);
}

Test(coordinator, rebuilds_itself_from_its_log_and_starts_one_generation)
{
    bench b = running();
    complete(&b, 1);
    leat_coord_options options = {.settle_ms = 100};
    leat_coord_core *again = leat_coord_core_new(&options);
    for (size_t i = 0; i < b.log.count; i++)
        cr_assert_eq(leat_coord_replay(again, leat_blob_bytes(b.log.items[i]), NULL), LEAT_OK);
    leat_coord_core_free(&b.core);
    b.core = again;

    pass(&b, 10);
    cr_assert_eq(job_view(&b).completed_epoch, 1);
    cr_assert_eq(job_view(&b).state, LEAT_JOB_RECOVERING);
    hello(&b, 1, 1);
    hello(&b, 2, 1);

    cr_assert_eq(job_view(&b).generation, 2);
    const leat_control *deploy = told(&b, 2, LEAT_CONTROL_DEPLOY);
    cr_assert_not_null(deploy);
    cr_assert_eq(deploy->deploy.deployment->restore_epoch, 1);
    bench_fini(&b);
}

Test(coordinator, halts_rather_than_trust_a_log_that_is_older_than_a_worker)
{
    bench b = running();

    leat_control message = {.kind = LEAT_CONTROL_HELLO, .session = UINT64_C(9) << 32};
    message.hello.incarnation = (leat_incarnation){1, 7};
    message.hello.boot = 9;
    message.hello.nonce = 1;
    message.hello.job_count = 1;
    message.hello.jobs = leat_alloc_zero(1, sizeof *message.hello.jobs);
    message.hello.jobs[0] = (leat_job_memory){1, 5, 3};
    leat_coord_event event = {.kind = LEAT_COORD_MESSAGE, .peer = 7};
    event.message = message;
    bench_step(&b, event);

    cr_assert_eq(job_view(&b).state, LEAT_JOB_HALTED);
    bench_fini(&b);
}

Test(coordinator, finishes_a_job_when_the_last_epoch_is_visible_everywhere)
{
    bench b = running();
    complete(&b, 1);
    for (uint32_t s = 0; s < 2; s++) {
        leat_slot_view slot;
        leat_coord_slot_view(b.core, 1, s, &slot);
        say(&b, slot.owner, about(&b, LEAT_CONTROL_ENDED, s));
    }
    cr_assert_eq(job_view(&b).open_epoch, 2);
    complete(&b, 2);
    cr_assert_eq(job_view(&b).state, LEAT_JOB_RUNNING);

    for (uint32_t s = 0; s < 2; s++) {
        leat_slot_view slot;
        leat_coord_slot_view(b.core, 1, s, &slot);
        leat_control done = about(&b, LEAT_CONTROL_SINK_DONE, s);
        done.sink_done.epoch = 2;
        say(&b, slot.owner, done);
    }

    cr_assert_eq(job_view(&b).state, LEAT_JOB_FINISHED);
    cr_assert(told(&b, 1, LEAT_CONTROL_UNDEPLOY) != NULL || told(&b, 2, LEAT_CONTROL_UNDEPLOY));
    bench_fini(&b);
}

Test(coordinator, does_not_complete_on_the_word_of_a_copy_unheard_since_another_was_given_up)
{
    bench b = running();
    complete(&b, 1);
    pass(&b, 100);
    leat_slot_view slot;
    leat_coord_slot_view(b.core, 1, 0, &slot);
    durable(&b, slot.owner, 0, 2, 80);
    durable(&b, slot.owner, 1, 2, 81);

    /* both fall silent: nothing may complete on what the owner said before */
    for (int i = 0; i < 15; i++)
        pass(&b, 100);

    cr_assert_eq(job_view(&b).completed_epoch, 1);
    bench_fini(&b);
}

static const leat_coord_action *ask(bench *b, leat_command command)
{
    leat_coord_event event = {.kind = LEAT_COORD_COMMAND};
    event.command = command;
    bench_step(b, event);
    for (size_t i = 0; i < b->actions.count; i++)
        if (b->actions.items[i].kind == LEAT_COORD_REPLY)
            return &b->actions.items[i];
    cr_assert_fail("no reply");
    return NULL;
}

static leat_member_view member_view(const bench *b, uint32_t worker)
{
    leat_member_view view;
    leat_coord_member_view(b->core, worker - 1, &view);
    return view;
}

Test(coordinator, asks_a_worker_that_is_to_be_drained_to_leave)
{
    bench b = running();

    const leat_coord_action *reply =
        ask(&b, (leat_command){.kind = LEAT_COMMAND_DRAIN_WORKER, .worker = 2});

    cr_assert_eq(reply->reply.code, LEAT_OK);
    cr_assert_not_null(told(&b, 2, LEAT_CONTROL_LEAVE));
    cr_assert(member_view(&b, 2).is_leaving);
    bench_fini(&b);
}

Test(coordinator, does_not_drain_the_last_worker_of_a_job)
{
    bench b = running();
    ask(&b, (leat_command){.kind = LEAT_COMMAND_DRAIN_WORKER, .worker = 2});

    const leat_coord_action *reply =
        ask(&b, (leat_command){.kind = LEAT_COMMAND_DRAIN_WORKER, .worker = 1});

    cr_assert_eq(reply->reply.code, LEAT_INVALID);
    cr_assert_not_null(strstr(reply->reply.text, "is the last one: job 'job'"), "%s",
                       reply->reply.text);
    cr_assert_not(member_view(&b, 1).is_leaving);
    bench_fini(&b);
}

Test(coordinator, lets_a_drained_worker_go_once_and_does_not_expect_it_back)
{
    bench b = bench_new();
    hello(&b, 1, 1);
    hello(&b, 2, 1);
    ask(&b, (leat_command){.kind = LEAT_COMMAND_DRAIN_WORKER, .worker = 2});

    pass(&b, 50);
    cr_assert_not_null(told(&b, 2, LEAT_CONTROL_SHUTDOWN));
    pass(&b, 50);
    cr_assert_null(told(&b, 2, LEAT_CONTROL_SHUTDOWN));
    for (int i = 0; i < 11; i++) {
        beat(&b, 1);
        pass(&b, 100);
    }

    cr_assert_not(member_view(&b, 2).is_alive);
    cr_assert(member_view(&b, 2).has_left);
    bench_fini(&b);
}

Test(coordinator, plans_and_remembers_as_many_slots_as_a_person_asks_for)
{
    bench b = running();
    complete(&b, 1);

    const leat_coord_action *reply =
        ask(&b, (leat_command){.kind = LEAT_COMMAND_SCALE, .name = "job", .parallelism = 4});
    cr_assert_eq(reply->reply.code, LEAT_OK);
    cr_assert_eq(job_view(&b).slots_asked, 4);
    pass(&b, 50);
    pass(&b, 50); /* both workers have a copy of everything: the cut is due between two epochs */
    cr_assert_eq(job_view(&b).slot_count, 4);

    bench again = bench_new();
    leat_error err;
    for (size_t i = 0; i < b.log.count; i++)
        cr_assert_eq(leat_coord_replay(again.core, leat_blob_bytes(b.log.items[i]), &err), LEAT_OK);
    cr_assert_eq(job_view(&again).slots_asked, 4);
    bench_fini(&again);
    bench_fini(&b);
}

Test(coordinator, refuses_more_slots_than_key_groups_and_to_scale_what_does_not_run)
{
    bench b = running();

    const leat_coord_action *reply =
        ask(&b, (leat_command){.kind = LEAT_COMMAND_SCALE, .name = "job", .parallelism = 9});
    cr_assert_str_eq(reply->reply.text, "job 'job' can have at most 8 slots, one per key group");
    reply = ask(&b, (leat_command){.kind = LEAT_COMMAND_SCALE, .name = "nobody", .parallelism = 2});
    cr_assert_eq(reply->reply.code, LEAT_NOT_FOUND);
    ask(&b, (leat_command){.kind = LEAT_COMMAND_CANCEL, .name = "job"});
    reply = ask(&b, (leat_command){.kind = LEAT_COMMAND_SCALE, .name = "job", .parallelism = 2});

    cr_assert_str_eq(reply->reply.text, "job 'job' is not running: it is CANCELED");
    bench_fini(&b);
}

Test(coordinator, refuses_a_second_job_of_the_same_name)
{
    bench b = running();

    submit(&b);

    bool is_refused = false;
    LEAT_VEC_EACH (action, &b.actions)
        is_refused |= action->kind == LEAT_COORD_REPLY && action->reply.code == LEAT_EXISTS;
    cr_assert(is_refused);
    bench_fini(&b);
}

static void tell_story(void *context, const leat_trace_event *event)
{
    leat_buf *story = context;
    leat_buf_print(story, "[%4lld] ", (long long)event->time_ms);
    leat_trace_format(event, leat_coord_story, leat_coord_story_count, story);
    leat_buf_add_char(story, '\n');
}

static leat_code command(bench *b, leat_command_kind kind)
{
    leat_coord_event event = {.kind = LEAT_COORD_COMMAND};
    event.command = (leat_command){.kind = kind, .name = "job"};
    bench_step(b, event);
    LEAT_VEC_EACH (action, &b->actions)
        if (action->kind == LEAT_COORD_REPLY)
            return action->reply.code;
    return LEAT_AGAIN; /* no reply */
}

Test(coordinator, refuses_to_drain_what_is_stopping_already)
{
    bench b = running();
    cr_assert_eq(command(&b, LEAT_COMMAND_STOP), LEAT_OK);

    cr_assert_eq(command(&b, LEAT_COMMAND_DRAIN), LEAT_INVALID);

    complete(&b, 1);
    cr_assert_eq(job_view(&b).state, LEAT_JOB_STOPPING);
    bench_fini(&b);
}

Test(coordinator_story, a_worker_falls_silent_and_its_standby_takes_over)
{
    bench b = running();
    leat_buf story = {0};
    leat_tracer tracer = {tell_story, &story, 0};
    leat_coord_core_set_tracer(b.core, &tracer);

    complete(&b, 1);
    for (int i = 0; i < 10; i++) {
        beat(&b, 1);
        pass(&b, 100);
    }
    ready(&b, 1, 0);
    ready(&b, 1, 1);

    cr_assert_str_eq(leat_buf_text(&story), "[ 260] job 1: epoch 1 slot 0 durable on worker 1\n"
                                            "[ 260] job 1: epoch 1 slot 1 durable on worker 1\n"
                                            "[ 260] job 1: epoch 1 slot 0 durable on worker 2\n"
                                            "[ 260] job 1: epoch 1 slot 1 durable on worker 2\n"
                                            "[ 260] job 1: epoch 1 completed\n"
                                            "[ 360] job 1: epoch 2 opened, 1 completed\n"
                                            "[1260] worker 2 is lost\n"
                                            "[1260] job 1: generation 1 is given up\n"
                                            "[1260] job 1: generation 2 from epoch 1, 2 slots\n"
                                            "[1260] job 1: generation 2 runs\n"
                                            "[1260] job 1: epoch 3 opened, 1 completed\n");
    leat_buf_fini(&story);
    bench_fini(&b);
}
