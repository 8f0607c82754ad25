/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/core/scheduler.h"

#include <criterion/criterion.h>

enum { GROUPS = 64 };

static const leat_usable_worker three[] = {{1, 2}, {2, 2}, {3, 2}};

static leat_assignment plan(uint32_t workers, uint32_t slots, const leat_assignment *now)
{
    leat_schedule schedule = {three, workers, slots, 2, GROUPS};
    leat_assignment none = {0}, target = {0};
    leat_schedule_plan(&schedule, now == NULL ? &none : now, &target);
    return target;
}

static uint32_t groups_of(const leat_assignment *a, uint32_t slot)
{
    uint32_t count = 0;
    for (uint32_t g = 0; g < GROUPS; g++)
        count += a->key_groups[g] == slot;
    return count;
}

static uint32_t moved_groups(const leat_assignment *a, const leat_assignment *b)
{
    uint32_t count = 0;
    for (uint32_t g = 0; g < GROUPS; g++) {
        count += a->slots[a->key_groups[g]].owner != b->slots[b->key_groups[g]].owner ||
                 a->slots[a->key_groups[g]].executor != b->slots[b->key_groups[g]].executor;
    }
    return count;
}

Test(scheduler, starts_with_key_group_mod_slots_spread_over_workers)
{
    leat_assignment a = plan(2, 4, NULL);

    for (uint32_t g = 0; g < GROUPS; g++)
        cr_assert_eq(a.key_groups[g], g % 4);
    cr_assert_eq(a.slots[0].owner, 1);
    cr_assert_eq(a.slots[1].owner, 2);
    cr_assert_eq(a.slots[2].owner, 1);
    cr_assert_eq(a.slots[2].executor, 1);
    leat_assignment_fini(&a);
}

Test(scheduler, puts_every_standby_on_another_worker_than_its_owner)
{
    leat_assignment a = plan(3, 6, NULL);

    for (uint32_t s = 0; s < a.slot_count; s++) {
        cr_assert_eq(a.slots[s].copies.count, 2);
        cr_assert_eq(a.slots[s].copies.workers[0], a.slots[s].owner);
        cr_assert_neq(a.slots[s].copies.workers[1], a.slots[s].owner);
    }
    leat_assignment_fini(&a);
}

Test(scheduler, changes_nothing_when_nothing_changed)
{
    leat_assignment a = plan(3, 6, NULL);
    leat_assignment b = plan(3, 6, &a);

    cr_assert(leat_assignment_equal(&a, &b));
    leat_assignment_fini(&a);
    leat_assignment_fini(&b);
}

Test(scheduler, gives_a_new_worker_its_share_and_leaves_the_rest_alone)
{
    leat_assignment a = plan(2, 4, NULL);
    leat_assignment b = plan(3, 6, &a);

    for (uint32_t s = 0; s < 6; s++)
        cr_assert(groups_of(&b, s) == GROUPS / 6 || groups_of(&b, s) == GROUPS / 6 + 1);
    cr_assert_leq(moved_groups(&a, &b), GROUPS / 3 + 2);
    leat_assignment_fini(&a);
    leat_assignment_fini(&b);
}

Test(scheduler, takes_everything_from_a_worker_that_is_gone)
{
    leat_assignment a = plan(3, 6, NULL);
    leat_assignment b = plan(2, 4, &a);

    for (uint32_t s = 0; s < b.slot_count; s++) {
        cr_assert_neq(b.slots[s].owner, 3);
        cr_assert_not(leat_worker_set_has(&b.slots[s].copies, 3));
        cr_assert_eq(groups_of(&b, s), GROUPS / 4);
    }
    cr_assert_leq(moved_groups(&a, &b), GROUPS / 3 + 4);
    leat_assignment_fini(&a);
    leat_assignment_fini(&b);
}

Test(scheduler, keeps_the_slots_of_a_fixed_parallelism_and_moves_whole_ones)
{
    leat_assignment a = plan(1, 4, NULL);
    leat_assignment b = plan(2, 4, &a);

    uint32_t on_two = 0;
    for (uint32_t s = 0; s < 4; s++)
        on_two += b.slots[s].owner == 2;
    cr_assert_eq(on_two, 2);
    for (uint32_t g = 0; g < GROUPS; g++)
        cr_assert_eq(a.key_groups[g], b.key_groups[g]);
    leat_assignment_fini(&a);
    leat_assignment_fini(&b);
}

Test(scheduler, prefers_a_standby_when_it_must_move_a_slot)
{
    leat_assignment a = plan(3, 3, NULL);
    uint32_t lost = 0;
    for (uint32_t s = 0; s < 3; s++) {
        if (a.slots[s].owner == 3)
            lost = s;
    }
    uint32_t standby = a.slots[lost].copies.workers[1];
    leat_assignment b = plan(2, 3, &a);

    cr_assert_eq(b.slots[lost].owner, standby);
    leat_assignment_fini(&a);
    leat_assignment_fini(&b);
}
