/* SPDX-License-Identifier: Apache-2.0
 *
 * The slot as a machine, on the smallest plan with everything that moves: a source, an exchange,
 * a sink. Every row must come out once, in order per key and split, whatever the schedule.
 */
#include "worker/exec/slot.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/prng.h"
#include "tests/support/batch_text.h"
#include "tests/support/shuffle_plan.h"

static slot_world_args args_of(uint64_t seed, uint32_t slot_count)
{
    return (slot_world_args){.slot_count = slot_count,
                             .key_group_count = 8,
                             .seed = seed,
                             .split_count = 3,
                             .row_count = 200,
                             .key_count = 10,
                             .is_small = seed % 2 == 0};
}

/* Every row once; rows of one key and split in the order of the split. */
static void expect_all_rows(const slot_world_args *args, const slot_world_lines *lines)
{
    cr_assert_eq(lines->count, args->split_count * args->row_count, "seed %llu: %zu rows",
                 (unsigned long long)args->seed, lines->count);
    bool *seen = leat_alloc_zero(lines->count, sizeof(bool));
    long long *last = leat_alloc_zero(args->split_count * args->key_count, sizeof *last);
    LEAT_VEC_EACH (line, lines) {
        long long k;
        long long v;
        cr_assert_eq(sscanf(*line, "%lld, %lld", &k, &v), 2, "`%s`", *line);
        uint32_t split = (uint32_t)(v / 1000000);
        uint32_t row = (uint32_t)(v % 1000000);
        cr_assert_eq(slot_world_row_of(args, split, row).k, k);
        cr_assert_not(seen[split * args->row_count + row], "row %lld twice", v);
        seen[split * args->row_count + row] = true;
        long long *before = &last[split * args->key_count + k];
        cr_assert_lt(*before, v + 1, "seed %llu: key %lld goes back",
                     (unsigned long long)args->seed, k);
        *before = v + 1;
    }
    leat_free(seen);
    leat_free(last);
}

static void expect_finished(slot_world *world, const slot_world_args *args)
{
    cr_assert_null(slot_world_failure(world), "seed %llu: %s", (unsigned long long)args->seed,
                   slot_world_failure(world));
    cr_assert(slot_world_has_finished(world));
    slot_world_lines lines = slot_world_read(world, "out/");
    expect_all_rows(args, &lines);
    slot_world_lines_fini(&lines);
    cr_assert_eq(slot_world_hidden_file_count(world), 0, "parts are left behind");
}

Test(slot, gives_every_row_once_in_order_for_any_schedule)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        slot_world_args args = args_of(seed, 1 + (uint32_t)(seed % 4));
        shuffle_plan *s = shuffle_plan_of(&args, "lines");
        args.plan = &s->plan;
        slot_world *world = slot_world_new(&args);

        slot_world_finish(world);

        expect_finished(world, &args);
        slot_world_free(&world);
        leat_free(s);
    }
}

Test(slot, gives_every_row_once_when_epochs_are_given_up)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        slot_world_args args = args_of(seed, 2);
        args.barrier_chance = 0.2;
        args.abort_chance = 0.5;
        shuffle_plan *s = shuffle_plan_of(&args, "lines");
        args.plan = &s->plan;
        slot_world *world = slot_world_new(&args);

        slot_world_finish(world);

        expect_finished(world, &args);
        slot_world_free(&world);
        leat_free(s);
    }
}

Test(slot, goes_on_from_the_last_completed_epoch_after_crashes_with_any_number_of_slots)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        slot_world_args args = args_of(seed, 2);
        args.barrier_chance = 0.1;
        args.abort_chance = 0.2;
        shuffle_plan *s = shuffle_plan_of(&args, "lines");
        args.plan = &s->plan;
        slot_world *world = slot_world_new(&args);
        leat_prng prng = {seed};

        for (int crash = 0; crash < 5; crash++) {
            for (uint64_t i = leat_prng_below(&prng, 800); i > 0; i--)
                slot_world_step(world);
            slot_world_crash(world, 1 + (uint32_t)leat_prng_below(&prng, 4));
        }
        slot_world_finish(world);

        expect_finished(world, &args);
        slot_world_free(&world);
        leat_free(s);
    }
}

/* A slot of two, alone, taken to READY. */
static leat_slot *ready_slot(const shuffle_plan *s, leat_slot_actions *actions)
{
    leat_deployment_sizes sizes = {.key_group_count = 8, .slot_count = 2};
    leat_deployment *deployment = leat_deployment_new(&sizes);
    deployment->job = 1;
    deployment->generation = 5;
    leat_slot_args args = {.plan = &s->plan,
                           .deployment = deployment,
                           .connectors = slot_world_connectors(),
                           .limits = {.batch_rows = 2}};
    leat_slot *slot;
    leat_error err = {0};
    cr_assert_eq(leat_slot_new(&args, &slot, &err), LEAT_OK, "%s", err.text);
    leat_deployment_unref(&deployment);
    leat_slot_step(slot, &(leat_slot_event){.kind = LEAT_SLOT_RUN}, actions);
    cr_assert_eq(actions->items.items[0].up.kind, LEAT_UP_READY);
    leat_slot_actions_clear(actions);
    return slot;
}

static void send_rows(leat_slot *slot, uint64_t generation, leat_slot_actions *actions)
{
    leat_slot_event event = {.kind = LEAT_SLOT_MESSAGE,
                             .message = {.kind = LEAT_MESSAGE_DATA,
                                         .generation = generation,
                                         .from_slot = 1,
                                         .credit_bytes = 1000,
                                         .batch = BATCH("k bigint, v bigint, ts timestamp",
                                                        "1, 1, null", "2, 2, null", "3, 3, null")}};
    leat_slot_step(slot, &event, actions);
}

Test(slot, refuses_a_batch_that_is_larger_than_any_it_would_send)
{
    slot_world_args args = args_of(1, 2);
    shuffle_plan *s = shuffle_plan_of(&args, "lines");
    leat_slot_actions actions = {0};
    leat_slot *slot = ready_slot(s, &actions);

    send_rows(slot, 5, &actions);

    cr_assert_eq(actions.items.count, 1);
    cr_assert_eq(actions.items.items[0].up.kind, LEAT_UP_FAILED);
    cr_assert_not_null(strstr(actions.items.items[0].up.text, "3 rows came from slot 1"));
    leat_slot_actions_clear(&actions);
    leat_slot_step(slot, &(leat_slot_event){.kind = LEAT_SLOT_RUN}, &actions);
    cr_assert(actions.items.count == 0 && !actions.has_more, "it is over");
    leat_slot_free(&slot);
    leat_slot_actions_fini(&actions);
    leat_free(s);
}

Test(slot, drops_rows_of_another_generation)
{
    slot_world_args args = args_of(1, 2);
    shuffle_plan *s = shuffle_plan_of(&args, "lines");
    leat_slot_actions actions = {0};
    leat_slot *slot = ready_slot(s, &actions);

    send_rows(slot, 4, &actions);

    cr_assert_eq(actions.items.count, 0);
    leat_slot_free(&slot);
    leat_slot_actions_fini(&actions);
    leat_free(s);
}

Test(slot, finds_a_message_that_was_lost_and_a_new_generation_repairs_it)
{
    uint32_t found = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        slot_world_args args = args_of(seed, 3);
        shuffle_plan *s = shuffle_plan_of(&args, "lines");
        args.plan = &s->plan;
        slot_world *world = slot_world_new(&args);
        for (int i = 0; i < 100; i++)
            slot_world_step(world);

        slot_world_lose_message(world);
        slot_world_finish(world);

        if (slot_world_failure(world) != NULL) {
            cr_assert(strncmp(slot_world_failure(world), "gap", 3) == 0 ||
                          strncmp(slot_world_failure(world), "stalled", 7) == 0,
                      "%s", slot_world_failure(world));
            found++;
        }
        slot_world_free(&world);
        leat_free(s);
    }
    cr_assert_gt(found, 15, "%u", found);
}
