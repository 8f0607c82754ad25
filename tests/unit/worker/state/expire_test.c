/* SPDX-License-Identifier: Apache-2.0
 *
 * What is forgotten by age: rows of tables, entries and bins of sorted ones; and that the next
 * delta says so.
 */
#include <criterion/criterion.h>

#include "common/base/hash.h"
#include "common/columns/key_hash.h"
#include "worker/state/state.h"

enum { GROUPS = 2, TABLE = 0, SORTED = 1, STATES = 2 };

static leat_field key_field = {.type = {.id = LEAT_TYPE_BIGINT}};

static leat_state *state_make(uint64_t completed)
{
    const leat_state_spec specs[STATES] = {
        [TABLE] = {.table = {.key = {.field_count = 1, .event_time = -1, .fields = &key_field},
                             .value_size = 8}},
        [SORTED] = {.is_sorted = true}};
    leat_state *state = leat_state_new(specs, STATES, GROUPS, completed);
    for (uint32_t group = 0; group < GROUPS; group++)
        leat_state_add_group(state, group);
    return state;
}

static void touch_row(leat_state *state, int64_t key)
{
    leat_table *table = leat_state_table(state, TABLE);
    leat_column column = {.type = LEAT_TYPE(BIGINT), .layout = LEAT_LAYOUT_I64, .values = &key};
    const leat_rows rows = {.columns = &column, .row_count = 1, .selected_count = 1};
    static const uint16_t only = 0;
    uint64_t hash;
    leat_key_hash(&rows, &only, 1, &hash);
    leat_key_run run = {.keys = &column, .hashes = &hash, .count = 1};
    char *cells;
    leat_table_upsert(table, leat_table_pane(table, LEAT_PANE_NONE), &run, &cells);
}

static void touch_entry(leat_state *state, uint8_t key, uint8_t order)
{
    leat_sorted_table *table = leat_state_sorted_table(state, SORTED);
    leat_bytes bytes = leat_bytes_of(&key, 1), order_bytes = leat_bytes_of(&order, 1);
    leat_bin *bin = leat_sorted_bin(table, leat_hash_bytes(bytes), bytes, true);
    leat_entry *entry = leat_bin_find(bin, order_bytes);
    if (entry == NULL)
        leat_bin_insert(table, bin, order_bytes, 8);
    else
        leat_entry_touch(table, entry);
}

static void drop_record(void *self, const leat_record *record)
{
    leat_error err;
    cr_assert_eq(leat_state_apply(self, record, &err), LEAT_OK);
}

/* Close an epoch and play it into the replica. */
static void close_epoch(leat_state *state, leat_state *replica, uint64_t epoch)
{
    static const uint16_t ids[STATES] = {TABLE, SORTED};
    leat_state_freeze(state, ids, STATES, epoch, epoch - 1);
    while (!leat_state_gather(state, 100, drop_record, replica))
        continue;
    leat_state_decided(state, epoch);
}

static uint64_t expire(leat_state *state, uint32_t id, uint64_t epoch, bool by_key)
{
    uint64_t gone = 0;
    for (uint32_t group = 0; group < GROUPS; group++)
        gone += leat_state_expire(state, id, group, epoch, by_key);
    return gone;
}

static void expect_equal(leat_state *state, leat_state *replica)
{
    for (uint32_t group = 0; group < GROUPS; group++)
        cr_assert_eq(leat_state_hash(state, group), leat_state_hash(replica, group));
}

Test(state_expire, rows_go_by_the_epoch_of_their_last_change_and_the_delta_says_so)
{
    leat_state *state = state_make(0), *replica = state_make(0);
    for (int64_t key = 0; key < 100; key++)
        touch_row(state, key);
    close_epoch(state, replica, 1);
    for (int64_t key = 0; key < 30; key++)
        touch_row(state, key);
    cr_assert_eq(expire(state, TABLE, 0, false), 0);
    cr_assert_eq(expire(state, TABLE, 1, false), 70);
    cr_assert_eq(leat_table_row_count(leat_state_table(state, TABLE)), 30);
    close_epoch(state, replica, 2);
    expect_equal(state, replica);
    leat_state_free(&state);
    leat_state_free(&replica);
}

Test(state_expire, entries_go_alone_or_with_their_bin)
{
    leat_state *state = state_make(0), *replica = state_make(0);
    for (uint8_t key = 0; key < 10; key++)
        for (uint8_t order = 0; order < 3; order++)
            touch_entry(state, key, order);
    close_epoch(state, replica, 1);
    for (uint8_t key = 0; key < 4; key++)
        touch_entry(state, key, 1);
    cr_assert_eq(expire(state, SORTED, 1, true), 6 * 3); /* bins that nothing touched */
    cr_assert_eq(expire(state, SORTED, 1, false), 4 * 2);
    cr_assert_eq(leat_sorted_entry_count(leat_state_sorted_table(state, SORTED)), 4);
    close_epoch(state, replica, 2);
    expect_equal(state, replica);
    leat_state_free(&state);
    leat_state_free(&replica);
}

Test(state_expire, what_was_restored_counts_as_changed_when_it_was)
{
    leat_state *state = state_make(0), *restored = state_make(7);
    touch_row(state, 1);
    close_epoch(state, restored, 1);
    cr_assert_eq(expire(restored, TABLE, 6, false), 1);
    leat_state_free(&state);
    leat_state_free(&restored);
}
