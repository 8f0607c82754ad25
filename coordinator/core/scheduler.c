/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/core/scheduler.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"

bool leat_worker_set_has(const leat_worker_set *set, uint32_t worker)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->workers[i] == worker)
            return true;
    }
    return false;
}

void leat_worker_set_add(leat_worker_set *set, uint32_t worker)
{
    if (set->count < LEAT_WORKER_SET_MAX && !leat_worker_set_has(set, worker))
        set->workers[set->count++] = worker;
}

void leat_worker_set_remove(leat_worker_set *set, uint32_t worker)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->workers[i] != worker)
            set->workers[kept++] = set->workers[i];
    }
    set->count = kept;
}

void leat_assignment_init(leat_assignment *assignment,
                          uint32_t key_group_count,
                          uint32_t slot_count)
{
    *assignment = (leat_assignment){.key_group_count = key_group_count, .slot_count = slot_count};
    assignment->key_groups = leat_alloc_zero(key_group_count, sizeof *assignment->key_groups);
    assignment->slots = leat_alloc_zero(slot_count, sizeof *assignment->slots);
}

void leat_assignment_fini(leat_assignment *assignment)
{
    leat_free(assignment->key_groups);
    leat_free(assignment->slots);
    *assignment = (leat_assignment){0};
}

static bool slot_equal(const leat_assigned_slot *a, const leat_assigned_slot *b)
{
    if (a->owner != b->owner || a->executor != b->executor || a->copies.count != b->copies.count)
        return false;
    for (uint32_t i = 0; i < a->copies.count; i++) {
        if (!leat_worker_set_has(&b->copies, a->copies.workers[i]))
            return false;
    }
    return true;
}

bool leat_assignment_equal(const leat_assignment *a, const leat_assignment *b)
{
    if (a->slot_count != b->slot_count || a->key_group_count != b->key_group_count)
        return false;
    for (uint32_t s = 0; s < a->slot_count; s++) {
        if (!slot_equal(&a->slots[s], &b->slots[s]))
            return false;
    }
    for (uint32_t g = 0; g < a->key_group_count; g++) {
        if (a->key_groups[g] != b->key_groups[g])
            return false;
    }
    return true;
}

/* One executor thread of one worker, and how many of the new slots it has. */
typedef struct seat {
    uint32_t worker;
    uint32_t executor;
    uint32_t load;
} seat;

#define SLOT_NEW  UINT32_MAX
#define SEAT_NONE UINT32_MAX

/* The plan under construction: slots under their old numbers, then the new ones. */
typedef struct draft {
    const leat_schedule *schedule;
    const leat_assignment *now;
    uint32_t seat_count;
    seat *seats; /* executor 0 of every worker, then executor 1 ... */
    uint32_t slot_count;
    uint32_t *old;       /* per slot: its number now, or SLOT_NEW */
    uint32_t *slot_seat; /* per slot: index of its seat, or SEAT_NONE */
} draft;

static void draft_make_seats(draft *d)
{
    uint32_t most = 0;
    for (uint32_t w = 0; w < d->schedule->worker_count; w++) {
        d->seat_count += d->schedule->workers[w].executor_count;
        most = LEAT_MAX(most, d->schedule->workers[w].executor_count);
    }
    LEAT_ASSERT(d->seat_count > 0);
    d->seats = leat_alloc_zero(d->seat_count, sizeof *d->seats);
    uint32_t made = 0;
    for (uint32_t e = 0; e < most; e++) {
        for (uint32_t w = 0; w < d->schedule->worker_count; w++) {
            if (e < d->schedule->workers[w].executor_count)
                d->seats[made++] = (seat){d->schedule->workers[w].worker, e, 0};
        }
    }
}

static uint32_t draft_find_seat(const draft *d, uint32_t worker, uint32_t executor)
{
    for (uint32_t i = 0; i < d->seat_count; i++) {
        if (d->seats[i].worker == worker && d->seats[i].executor == executor)
            return i;
    }
    return SEAT_NONE;
}

static uint32_t worker_load(const draft *d, uint32_t worker)
{
    uint32_t load = 0;
    for (uint32_t i = 0; i < d->seat_count; i++) {
        if (d->seats[i].worker == worker)
            load += d->seats[i].load;
    }
    return load;
}

static bool slot_has_copy(const draft *d, uint32_t slot, uint32_t worker)
{
    return d->old[slot] != SLOT_NEW &&
           leat_worker_set_has(&d->now->slots[d->old[slot]].copies, worker);
}

/* Least loaded seat, then one on a worker that has a copy of `slot`, then the least loaded
 * worker, then the first. */
static uint32_t draft_best_seat(const draft *d, uint32_t slot)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < d->seat_count; i++) {
        const seat *a = &d->seats[i], *b = &d->seats[best];
        if (a->load != b->load) {
            if (a->load < b->load)
                best = i;
            continue;
        }
        bool has_a = slot_has_copy(d, slot, a->worker), has_b = slot_has_copy(d, slot, b->worker);
        if (has_a != has_b) {
            if (has_a)
                best = i;
            continue;
        }
        if (worker_load(d, a->worker) < worker_load(d, b->worker))
            best = i;
    }
    return best;
}

static void draft_seat_slot(draft *d, uint32_t slot, uint32_t to)
{
    if (d->slot_seat[slot] != SEAT_NONE)
        d->seats[d->slot_seat[slot]].load--;
    d->slot_seat[slot] = to;
    if (to != SEAT_NONE)
        d->seats[to].load++;
}

static void draft_keep_slots(draft *d)
{
    uint32_t room = LEAT_MAX(d->now->slot_count, d->schedule->slot_count);
    d->old = leat_alloc_zero(room, sizeof *d->old);
    d->slot_seat = leat_alloc_zero(room, sizeof *d->slot_seat);
    d->slot_count = d->now->slot_count;
    for (uint32_t s = 0; s < room; s++) {
        d->old[s] = s < d->slot_count ? s : SLOT_NEW;
        d->slot_seat[s] = SEAT_NONE;
    }
    for (uint32_t s = 0; s < d->slot_count; s++) {
        const leat_assigned_slot *slot = &d->now->slots[s];
        draft_seat_slot(d, s, draft_find_seat(d, slot->owner, slot->executor));
    }
}

/* The slot to give up: one without a seat, else one on the fullest seat; the highest number. */
static uint32_t draft_worst_slot(const draft *d)
{
    uint32_t worst = 0;
    uint32_t worst_load = 0;
    for (uint32_t s = 0; s < d->slot_count; s++) {
        uint32_t at = d->slot_seat[s];
        uint32_t load = at == SEAT_NONE ? UINT32_MAX : d->seats[at].load;
        if (load >= worst_load) {
            worst = s;
            worst_load = load;
        }
    }
    return worst;
}

static void draft_resize(draft *d)
{
    while (d->slot_count > d->schedule->slot_count) {
        uint32_t worst = draft_worst_slot(d);
        draft_seat_slot(d, worst, SEAT_NONE);
        for (uint32_t s = worst; s + 1 < d->slot_count; s++) {
            d->old[s] = d->old[s + 1];
            d->slot_seat[s] = d->slot_seat[s + 1];
        }
        d->slot_count--;
    }
    d->slot_count = d->schedule->slot_count; /* those beyond are new, without a seat */
    for (uint32_t s = 0; s < d->slot_count; s++) {
        if (d->slot_seat[s] == SEAT_NONE)
            draft_seat_slot(d, s, draft_best_seat(d, s));
    }
}

/* S1: move one slot at a time from the fullest to the emptiest seat. */
static void draft_balance(draft *d)
{
    for (uint32_t round = 0; round < d->slot_count; round++) {
        uint32_t least = 0, most = 0;
        for (uint32_t i = 1; i < d->seat_count; i++) {
            if (d->seats[i].load < d->seats[least].load)
                least = i;
            if (d->seats[i].load > d->seats[most].load)
                most = i;
        }
        if (d->seats[most].load - d->seats[least].load < 2)
            return;
        uint32_t chosen = SLOT_NEW;
        for (uint32_t s = 0; s < d->slot_count; s++) {
            if (d->slot_seat[s] != most)
                continue;
            if (chosen == SLOT_NEW || slot_has_copy(d, s, d->seats[least].worker))
                chosen = s;
        }
        draft_seat_slot(d, chosen, least);
    }
}

/* S2, S3: orphans and what is above the quota go to whoever is below it. */
static void draft_share_key_groups(const draft *d, leat_assignment *target)
{
    uint32_t groups = d->schedule->key_group_count;
    uint32_t *held = leat_alloc_zero(d->slot_count, sizeof *held);
    uint32_t *new_of_old = leat_alloc_zero(d->now->slot_count, sizeof *new_of_old);
    for (uint32_t s = 0; s < d->now->slot_count; s++)
        new_of_old[s] = SLOT_NEW;
    for (uint32_t s = 0; s < d->slot_count; s++) {
        if (d->old[s] != SLOT_NEW)
            new_of_old[d->old[s]] = s;
    }

    uint32_t least = groups / d->slot_count, spare = groups % d->slot_count;
    for (uint32_t g = 0; g < groups; g++) {
        target->key_groups[g] = UINT16_MAX;
        if (d->now->slot_count == 0)
            continue;
        uint32_t s = new_of_old[d->now->key_groups[g]];
        if (s == SLOT_NEW || held[s] > least || (held[s] == least && spare == 0))
            continue;
        spare -= held[s] == least;
        held[s]++;
        target->key_groups[g] = (uint16_t)s;
    }
    uint32_t at = 0;
    for (uint32_t g = 0; g < groups; g++) {
        if (target->key_groups[g] != UINT16_MAX)
            continue;
        for (uint32_t tries = 0; held[at] >= least && tries < d->slot_count; tries++)
            at = (at + 1) % d->slot_count;
        target->key_groups[g] = (uint16_t)at;
        held[at]++;
        at = (at + 1) % d->slot_count;
    }
    leat_free(held);
    leat_free(new_of_old);
}

static uint32_t copies_held(const leat_assignment *target, uint32_t worker)
{
    uint32_t count = 0;
    for (uint32_t s = 0; s < target->slot_count; s++)
        count += leat_worker_set_has(&target->slots[s].copies, worker);
    return count;
}

static bool schedule_has(const leat_schedule *schedule, uint32_t worker)
{
    for (uint32_t w = 0; w < schedule->worker_count; w++) {
        if (schedule->workers[w].worker == worker)
            return true;
    }
    return false;
}

/* Owner first, then whoever has a copy already, then whoever has the fewest. */
static void draft_place_copies(const draft *d, leat_assignment *target)
{
    uint32_t wanted = LEAT_MIN(d->schedule->copy_count, d->schedule->worker_count);
    for (uint32_t s = 0; s < d->slot_count; s++) {
        leat_assigned_slot *slot = &target->slots[s];
        leat_worker_set_add(&slot->copies, slot->owner);
        if (d->old[s] == SLOT_NEW)
            continue;
        const leat_worker_set *held = &d->now->slots[d->old[s]].copies;
        for (uint32_t i = 0; i < held->count && slot->copies.count < wanted; i++) {
            if (schedule_has(d->schedule, held->workers[i]))
                leat_worker_set_add(&slot->copies, held->workers[i]);
        }
    }
    for (uint32_t s = 0; s < d->slot_count; s++) {
        leat_worker_set *copies = &target->slots[s].copies;
        while (copies->count < wanted) {
            uint32_t best = 0, best_held = UINT32_MAX;
            for (uint32_t i = 0; i < d->schedule->worker_count; i++) {
                /* Start at another worker for each slot: ties spread. */
                uint32_t w = d->schedule->workers[(i + s) % d->schedule->worker_count].worker;
                uint32_t held = copies_held(target, w);
                if (!leat_worker_set_has(copies, w) && held < best_held) {
                    best = w;
                    best_held = held;
                }
            }
            leat_worker_set_add(copies, best);
        }
    }
}

void leat_schedule_plan(const leat_schedule *schedule,
                        const leat_assignment *now,
                        leat_assignment *out_target)
{
    LEAT_ASSERT(schedule->slot_count > 0 && schedule->slot_count <= schedule->key_group_count);
    LEAT_ASSERT(now->slot_count == 0 || now->key_group_count == schedule->key_group_count);
    draft d = {.schedule = schedule, .now = now};
    draft_make_seats(&d);
    draft_keep_slots(&d);
    draft_resize(&d);
    draft_balance(&d);

    leat_assignment_init(out_target, schedule->key_group_count, d.slot_count);
    for (uint32_t s = 0; s < d.slot_count; s++) {
        out_target->slots[s].owner = d.seats[d.slot_seat[s]].worker;
        out_target->slots[s].executor = d.seats[d.slot_seat[s]].executor;
    }
    draft_share_key_groups(&d, out_target);
    draft_place_copies(&d, out_target);
    leat_free(d.seats);
    leat_free(d.old);
    leat_free(d.slot_seat);
}
