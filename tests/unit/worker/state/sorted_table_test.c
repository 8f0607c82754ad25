/* SPDX-License-Identifier: Apache-2.0
 *
 * A sorted table against a plain sorted array, and against a replica that is fed with nothing but
 * its deltas while it goes on changing and some epochs are aborted.
 */
#include "worker/state/sorted_table.h"

#include <criterion/criterion.h>

#include "common/base/hash.h"
#include "common/base/prng.h"
#include "common/base/vec.h"
#include "worker/state/state.h"
#include "worker/state/timers.h"

enum { GROUPS = 4 };

static leat_state *state_make(bool has_arrival, uint64_t completed)
{
    leat_state_spec spec = {.is_sorted = true, .has_arrival = has_arrival};
    leat_state *state = leat_state_new(&spec, 1, GROUPS, completed);
    for (uint32_t group = 0; group < GROUPS; group++)
        leat_state_add_group(state, group);
    return state;
}

static leat_bin *bin_of(leat_sorted_table *table, uint32_t key, bool is_making)
{
    leat_bytes bytes = leat_bytes_of(&key, sizeof key);
    return leat_sorted_bin(table, leat_hash_bytes(bytes), bytes, is_making);
}

static uint64_t swapped(uint64_t value)
{
    return __builtin_bswap64(value);
}

/* --- One bin against an array. --- */

typedef struct model {
    uint64_t orders[5000];
    uint32_t count;
} model;

static uint32_t model_seek(const model *m, uint64_t order)
{
    uint32_t at = 0;
    while (at < m->count && m->orders[at] < order)
        at++;
    return at;
}

static void expect_equal(leat_bin *bin, const model *m)
{
    cr_assert_eq(leat_bin_count(bin), m->count);
    leat_bin_place place = leat_bin_first(bin);
    for (uint32_t i = 0; i < m->count; i++, leat_bin_next(&place)) {
        cr_assert_eq(leat_bin_rank(&place), i);
        uint64_t order;
        memcpy(&order, leat_bin_at(&place)->order, sizeof order);
        cr_assert_eq(swapped(order), m->orders[i]);
        leat_bin_place nth = leat_bin_nth(bin, i);
        cr_assert_eq(leat_bin_at(&nth), leat_bin_at(&place));
    }
    cr_assert_null(leat_bin_at(&place));
    place = leat_bin_last(bin);
    for (uint32_t i = m->count; i > 0; i--) {
        cr_assert_eq(swapped(*(uint64_t *)(void *)leat_bin_at(&place)->order), m->orders[i - 1]);
        cr_assert_eq(leat_bin_previous(&place), i > 1);
    }
}

static void model_step(leat_sorted_table *table, leat_bin *bin, model *m, uint64_t order)
{
    uint64_t bytes = swapped(order);
    uint32_t at = model_seek(m, order);
    leat_bin_place place = leat_bin_seek(bin, leat_bytes_of(&bytes, sizeof bytes));
    cr_assert_eq(leat_bin_rank(&place), at);
    if (at < m->count && m->orders[at] == order) {
        leat_bin_remove(table, &place);
        leat_entry *next = leat_bin_at(&place);
        memmove(m->orders + at, m->orders + at + 1, (m->count - at - 1) * sizeof *m->orders);
        m->count--;
        cr_assert_eq(next == NULL, at == m->count);
        leat_sorted_sweep(table);
        return;
    }
    leat_bin_insert(table, bin, leat_bytes_of(&bytes, sizeof bytes), 0);
    memmove(m->orders + at + 1, m->orders + at, (m->count - at) * sizeof *m->orders);
    m->orders[at] = order;
    m->count++;
}

Test(sorted_table, a_bin_is_what_a_sorted_array_is)
{
    static const uint64_t spans[] = {3, 40, 1000, 8000};
    for (uint32_t s = 0; s < LEAT_COUNT_OF(spans); s++) {
        leat_state *state = state_make(false, 0);
        leat_sorted_table *table = leat_state_sorted_table(state, 0);
        leat_bin *bin = bin_of(table, 7, true);
        leat_prng prng = {s + 1};
        static model m;
        m.count = 0;
        for (uint64_t i = 0; i < 900; i++) /* in order, then at random */
            model_step(table, bin, &m, i < 400 ? 100000 + i : leat_prng_below(&prng, spans[s]));
        expect_equal(bin, &m);
        while (m.count > 0)
            model_step(table, bin, &m, m.orders[leat_prng_below(&prng, m.count)]);
        expect_equal(bin, &m);
        leat_sorted_sweep(table);
        cr_assert_null(bin_of(table, 7, false));
        leat_state_free(&state);
    }
}

Test(sorted_table, a_prefix_sorts_first_and_equal_prefixes_by_the_rest)
{
    static const char *const words[] = {"",          "a",         "a\0\0", "aaaaaaaa",
                                        "aaaaaaaaa", "aaaaaaaab", "b"};
    static const size_t sizes[] = {0, 1, 3, 8, 9, 9, 1};
    leat_state *state = state_make(false, 0);
    leat_sorted_table *table = leat_state_sorted_table(state, 0);
    leat_bin *bin = bin_of(table, 1, true);
    for (uint32_t i = 0; i < 7; i++) {
        uint32_t at = i * 3 % 7;
        leat_bin_insert(table, bin, leat_bytes_of(words[at], sizes[at]), 0);
    }

    leat_bin_place place = leat_bin_first(bin);
    for (uint32_t i = 0; i < 7; i++, leat_bin_next(&place))
        cr_assert(leat_bytes_equal(leat_entry_order(leat_bin_at(&place)),
                                   leat_bytes_of(words[i], sizes[i])));
    leat_state_free(&state);
}

Test(sorted_table, a_removed_entry_stays_readable_until_the_sweep)
{
    leat_state *state = state_make(false, 0);
    leat_sorted_table *table = leat_state_sorted_table(state, 0);
    leat_bin *bin = bin_of(table, 1, true);
    leat_entry *entry = leat_bin_insert(table, bin, LEAT_BYTES("some order bytes"), 8);
    leat_entry_remove(table, entry);
    leat_bin_insert(table, bin, LEAT_BYTES("some other bytes"), 8);

    cr_assert(leat_bytes_equal(leat_entry_order(entry), LEAT_BYTES("some order bytes")));
    leat_state_free(&state);
}

/* --- Epochs. --- */

typedef struct delta {
    leat_state *replica;
    uint32_t count;
    leat_record last;
    uint64_t last_hash;
} delta;

static void delta_apply(void *self, const leat_record *record)
{
    delta *d = self;
    leat_error err = {0};
    cr_assert_eq(leat_state_apply(d->replica, record, &err), LEAT_OK, "%s", err.text);
    d->count++;
}

static void change_something(leat_sorted_table *table, leat_prng *prng, uint32_t keys)
{
    leat_bin *bin = bin_of(table, (uint32_t)leat_prng_below(prng, keys), true);
    uint64_t order = swapped(leat_prng_below(prng, 12));
    leat_bytes bytes = leat_bytes_of(&order, sizeof order);
    leat_entry *entry = leat_bin_find(bin, bytes);
    uint64_t value = leat_prng_next(prng);
    if (entry == NULL) {
        entry = leat_bin_insert(table, bin, bytes, 8 * (uint32_t)leat_prng_below(prng, 3));
    } else if (leat_prng_chance(prng, 0.5)) {
        leat_entry_touch(table, entry);
    } else {
        leat_entry_remove(table, entry);
        leat_sorted_sweep(table);
        return;
    }
    if (entry->value_size >= 8)
        memcpy(leat_entry_value(entry), &value, sizeof value);
    if (leat_prng_chance(prng, 0.05))
        leat_sorted_advance(table, (leat_time)leat_prng_below(prng, 100000));
}

static void run_epochs(uint64_t seed, uint32_t keys)
{
    static const uint16_t id = 0;
    leat_prng prng = {seed};
    leat_state *state = state_make(false, 0);
    leat_sorted_table *table = leat_state_sorted_table(state, 0);
    leat_state *replica = state_make(false, 0);
    uint64_t completed = 0;
    for (uint64_t epoch = 1; epoch <= 60; epoch++) {
        for (uint64_t n = leat_prng_below(&prng, 200); n > 0; n--)
            change_something(table, &prng, keys);
        leat_state_freeze(state, &id, 1, epoch, completed);
        uint64_t at_freeze[GROUPS];
        for (uint32_t group = 0; group < GROUPS; group++)
            at_freeze[group] = leat_state_hash(state, group);
        bool is_aborted = leat_prng_chance(&prng, 0.3);
        leat_state *target = is_aborted ? state_make(false, 0) : replica;
        delta d = {.replica = target};
        bool is_cut = is_aborted && leat_prng_chance(&prng, 0.5);
        while (!leat_state_gather(state, 5, delta_apply, &d) && !is_cut)
            change_something(table, &prng, keys);
        if (is_aborted) {
            leat_state_free(&target);
            continue;
        }
        for (uint32_t group = 0; group < GROUPS; group++)
            cr_assert_eq(leat_state_hash(replica, group), at_freeze[group],
                         "seed %lu epoch %lu group %u", seed, epoch, group);
        completed = epoch;
        if (leat_prng_chance(&prng, 0.5))
            leat_state_decided(state, epoch);
    }
    leat_state_free(&replica);
    leat_state_free(&state);
}

Test(sorted_table, a_replica_fed_with_deltas_equals_it)
{
    for (uint64_t seed = 1; seed <= 15; seed++)
        run_epochs(seed, seed % 2 ? 50 : 3);
}

Test(sorted_table, what_comes_and_goes_within_an_epoch_is_never_told)
{
    static const uint16_t id = 0;
    leat_state *state = state_make(false, 0);
    leat_sorted_table *table = leat_state_sorted_table(state, 0);
    leat_bin *bin = bin_of(table, 1, true);
    leat_entry_remove(table, leat_bin_insert(table, bin, LEAT_BYTES("x"), 8));
    leat_state *replica = state_make(false, 0);
    delta d = {.replica = replica};

    leat_state_freeze(state, &id, 1, 1, 0);
    leat_state_gather(state, 1000, delta_apply, &d);

    cr_assert_eq(d.count, 0);
    leat_state_free(&replica);
    leat_state_free(&state);
}

Test(sorted_table, arrival_numbers_go_on_after_a_reload)
{
    leat_state *state = state_make(true, 0), *copy = state_make(true, 1);
    leat_sorted_table *table = leat_state_sorted_table(state, 0);
    leat_bin *bin = bin_of(table, 1, true);
    uint64_t arrival = 0;
    for (uint32_t i = 0; i < 5; i++) {
        arrival = leat_sorted_arrival(table, leat_bin_key_group(bin));
        uint64_t order = swapped(arrival);
        leat_bin_insert(table, bin, leat_bytes_of(&order, sizeof order), 0);
    }
    delta d = {.replica = copy};
    leat_state_dump(state, leat_bin_key_group(bin), delta_apply, &d);

    leat_sorted_table *loaded = leat_state_sorted_table(copy, 0);
    cr_assert_eq(leat_sorted_arrival(loaded, leat_bin_key_group(bin)), arrival + 1);
    leat_state_free(&copy);
    leat_state_free(&state);
}

Test(sorted_table, removed_key_groups_leave_nothing)
{
    leat_state *state = state_make(false, 0);
    leat_sorted_table *table = leat_state_sorted_table(state, 0);
    size_t empty = leat_state_bytes(state);
    leat_prng prng = {3};
    for (uint32_t i = 0; i < 2000; i++)
        change_something(table, &prng, 100);
    for (uint32_t group = 0; group < GROUPS; group++)
        leat_state_remove_group(state, group);

    cr_assert_eq(leat_sorted_entry_count(table), 0);
    cr_assert_eq(leat_state_bytes(state), empty);
    leat_state_free(&state);
}

Test(sorted_table, records_that_do_not_fit_are_refused)
{
    leat_state *state = state_make(true, 0);
    leat_error err = {0};
    leat_record record = {.key_group = 1, .pane = LEAT_PANE_NONE};
    cr_assert_eq(leat_state_apply(state, &record, &err), LEAT_CORRUPT); /* hash of group 0 */
    record.key_group = 0;
    record.key = leat_bytes_of("\xff\0\0\0key", 7);
    cr_assert_eq(leat_state_apply(state, &record, &err), LEAT_CORRUPT); /* longer than it is */
    record.key = leat_bytes_of("\1\0\0\0kshort", 10);
    cr_assert_eq(leat_state_apply(state, &record, &err), LEAT_CORRUPT); /* no arrival number */
    leat_state_free(&state);
}

/* --- Timers. --- */

static void timer_set(leat_sorted_table *timers, leat_time time, uint64_t hash, const char *key)
{
    leat_timer timer = {.time = time, .hash = hash, .kind = 1, .key = leat_bytes_text(key)};
    leat_timer_set(timers, &timer);
}

Test(timers, come_in_the_order_of_time_hash_and_key_each_once)
{
    leat_state *state = state_make(false, 0);
    leat_sorted_table *timers = leat_state_sorted_table(state, 0);
    timer_set(timers, 20, 1, "late");
    timer_set(timers, 10, 2, "b");
    timer_set(timers, -5, 9, "before 1970");
    timer_set(timers, 10, 1, "a");
    timer_set(timers, 10, 1, "a");

    static const char *const expected[] = {"before 1970", "a", "b"};
    leat_timer timer;
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert(leat_timer_take(timers, 0, 10, &timer));
        cr_assert(leat_bytes_equal(timer.key, leat_bytes_text(expected[i])));
    }
    cr_assert_not(leat_timer_take(timers, 0, 19, &timer));
    cr_assert(leat_timer_take(timers, 0, 20, &timer));
    cr_assert_eq(timer.time, 20);
    leat_state_free(&state);
}
