/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/table.h"

#include <criterion/criterion.h>

#include "common/base/alloc.h"
#include "common/base/prng.h"
#include "common/columns/key_hash.h"
#include "worker/state/state.h"

enum { GROUPS = 16, ROWS = 4096 };

typedef struct fixture {
    leat_arena arena;
    leat_state *state;
    leat_table *table;
    leat_pane *pane;
    const leat_schema *schema;
    leat_column column;
    int64_t *keys;
    uint64_t *hashes;
    char **cells;
} fixture;

static void fixture_init(fixture *f)
{
    *f = (fixture){0};
    leat_field field = {LEAT_BYTES("k"), LEAT_TYPE(BIGINT), false};
    f->schema = leat_schema_new(&f->arena, &field, 1, -1);
    leat_state_spec spec = {.table = {.key = *f->schema, .value_size = 16}};
    f->state = leat_state_new(&spec, 1, GROUPS, 0);
    for (uint32_t group = 0; group < GROUPS; group++)
        leat_state_add_group(f->state, group);
    f->table = leat_state_table(f->state, 0);
    f->pane = leat_table_pane(f->table, LEAT_PANE_NONE);
    f->keys = LEAT_ARENA_ARRAY(&f->arena, int64_t, ROWS);
    f->hashes = LEAT_ARENA_ARRAY(&f->arena, uint64_t, ROWS);
    f->cells = LEAT_ARENA_ARRAY(&f->arena, char *, ROWS);
}

static void fixture_fini(fixture *f)
{
    leat_state_free(&f->state);
    leat_arena_fini(&f->arena);
}

static void upsert(fixture *f, uint32_t count)
{
    static const uint16_t first = 0;
    f->column =
        (leat_column){.type = LEAT_TYPE(BIGINT), .layout = LEAT_LAYOUT_I64, .values = f->keys};
    leat_rows rows = {
        .schema = f->schema, .columns = &f->column, .row_count = count, .selected_count = count};
    leat_key_hash(&rows, &first, 1, f->hashes);
    leat_key_run run = {.keys = &f->column, .hashes = f->hashes, .count = count};
    leat_table_upsert(f->table, f->pane, &run, f->cells);
}

/* Count rows per key and compare with counting by hand; keys are spread by `stride`. */
static void expect_counts(uint32_t key_count, int64_t stride)
{
    fixture f;
    fixture_init(&f);
    uint64_t *expected = LEAT_ARENA_ARRAY(&f.arena, uint64_t, key_count);
    leat_prng prng = {key_count};
    for (uint32_t round = 0; round < 12; round++) {
        for (uint32_t i = 0; i < ROWS; i++) {
            uint64_t key = leat_prng_below(&prng, key_count);
            expected[key]++;
            f.keys[i] = (int64_t)key * stride - 1000;
        }
        upsert(&f, ROWS);
        for (uint32_t i = 0; i < ROWS; i++)
            ++*(uint64_t *)(void *)f.cells[i];
    }
    uint64_t rows = 0, seen = 0;
    for (uint32_t group = 0; group < GROUPS; group++) {
        char **cells;
        uint32_t count = leat_table_scan(f.table, f.pane, group, &cells);
        seen += count;
        for (uint32_t i = 0; i < count; i++) {
            int64_t key;
            leat_table_keys(f.table, &cells[i], 1, 0, &key, NULL);
            cr_assert_eq(*(uint64_t *)(void *)cells[i], expected[(key + 1000) / stride]);
        }
    }
    for (uint32_t key = 0; key < key_count; key++)
        rows += expected[key] > 0;
    cr_assert_eq(seen, rows);
    cr_assert_eq(leat_table_row_count(f.table), rows);
    fixture_fini(&f);
}

Test(table, counts_dense_keys)
{
    expect_counts(20000, 1);
}

Test(table, counts_few_keys)
{
    expect_counts(1, 1);
    expect_counts(3, 1);
}

Test(table, counts_keys_whose_ordered_slots_all_collide)
{
    expect_counts(5000, INT64_C(1) << 32);
    expect_counts(5000, INT64_C(1) << 40);
}

/* The inverse of the mixing multiplier, so that mixed slots collide as well. */
static uint64_t unmixed(uint64_t slot)
{
    uint64_t multiplier = UINT64_C(0x9E3779B97F4A7C15), inverse = multiplier;
    for (int i = 0; i < 6; i++)
        inverse *= 2 - multiplier * inverse;
    return slot * inverse;
}

Test(table, stays_small_when_keys_are_chosen_to_collide_in_every_slot_function)
{
    fixture f;
    fixture_init(&f);
    for (uint32_t i = 0; i < ROWS; i++) /* equal low halves after mixing: one slot for all */
        f.keys[i] = (int64_t)unmixed(i);

    upsert(&f, ROWS);

    cr_assert_eq(leat_table_row_count(f.table), ROWS);
    cr_assert_lt(leat_state_bytes(f.state), 4u << 20);
    fixture_fini(&f);
}

Test(table, rows_made_by_one_batch_are_found_by_the_next)
{
    fixture f;
    fixture_init(&f);
    for (uint32_t i = 0; i < ROWS; i++)
        f.keys[i] = i;
    upsert(&f, ROWS);
    for (uint32_t i = 0; i < ROWS; i++)
        *(int64_t *)(void *)f.cells[i] = f.keys[i];

    for (uint32_t i = 0; i < ROWS; i++)
        f.keys[i] = ROWS - 1 - i;
    upsert(&f, ROWS);

    for (uint32_t i = 0; i < ROWS; i++)
        cr_assert_eq(*(int64_t *)(void *)f.cells[i], f.keys[i]);
    fixture_fini(&f);
}

Test(table, a_removed_row_starts_from_zero_when_it_comes_back)
{
    fixture f;
    fixture_init(&f);
    f.keys[0] = 7;
    upsert(&f, 1);
    *(int64_t *)(void *)f.cells[0] = 5;
    leat_table_remove(f.table, f.pane, f.cells, f.hashes, 1);
    upsert(&f, 1);

    cr_assert_eq(*(int64_t *)(void *)f.cells[0], 0);
    cr_assert_eq(leat_table_row_count(f.table), 1);
    fixture_fini(&f);
}

Test(table, churn_does_not_grow_the_table)
{
    fixture f;
    fixture_init(&f);
    for (int64_t key = 0; key < 20000; key++) {
        f.keys[0] = key;
        upsert(&f, 1);
        leat_table_remove(f.table, f.pane, f.cells, f.hashes, 1);
        if (key % 100 == 0) {
            static const uint16_t id = 0;
            uint64_t epoch = (uint64_t)key / 100 + 1;
            leat_state_freeze(f.state, &id, 1, epoch, epoch - 1);
        }
    }
    cr_assert_eq(leat_table_row_count(f.table), 0);
    cr_assert_lt(leat_state_bytes(f.state), 64u << 10);
    fixture_fini(&f);
}

Test(table, panes_are_found_by_their_end_and_kept_in_order)
{
    fixture f;
    fixture_init(&f);
    leat_pane *late = leat_table_pane(f.table, 300);
    leat_pane *early = leat_table_pane(f.table, 100);
    cr_assert_eq(leat_table_pane(f.table, 300), late);
    leat_table_drop_pane(f.table, f.pane);

    cr_assert_eq(leat_table_first_pane(f.table), early);
    leat_table_drop_pane(f.table, early);
    cr_assert_eq(leat_table_first_pane(f.table), late);
    fixture_fini(&f);
}

Test(table, a_watermark_never_goes_back)
{
    fixture f;
    fixture_init(&f);
    leat_table_advance(f.table, 50);
    leat_table_advance(f.table, 40);

    cr_assert_eq(leat_table_watermark(f.table, 3), 50);
    fixture_fini(&f);
}

Test(table, a_scan_of_several_panes_has_the_rows_of_a_key_together_in_their_order)
{
    enum { PANES = 4, KEYS = 600 };
    fixture f;
    fixture_init(&f);
    for (int64_t end = 1; end <= PANES; end++) {
        f.pane = leat_table_pane(f.table, end);
        uint32_t count = 0;
        for (int64_t key = 0; key < KEYS; key++)
            if (key % end == 0)
                f.keys[count++] = key;
        upsert(&f, count);
        for (uint32_t i = 0; i < count; i++)
            memcpy(f.cells[i], &end, sizeof end);
    }
    uint32_t key_count = 0, row_count = 0;
    for (uint32_t group = 0; group < GROUPS; group++) {
        char **cells;
        const bool *is_first;
        uint32_t count =
            leat_table_scan_span(f.table, (leat_table_span){1, 3}, group, &cells, &is_first);
        int64_t key = -1, pane = 0;
        for (uint32_t i = 0; i < count; i++) {
            int64_t now, in_pane;
            leat_table_keys(f.table, &cells[i], 1, 0, &now, &(uint64_t){0});
            memcpy(&in_pane, cells[i], sizeof in_pane);
            cr_assert_eq(is_first[i], now != key);
            cr_assert(in_pane >= 2 && in_pane <= 3 && (is_first[i] || in_pane > pane));
            key_count += is_first[i];
            key = now;
            pane = in_pane;
        }
        row_count += count;
    }
    cr_assert_eq(key_count, 400, "multiples of 2 or 3");
    cr_assert_eq(row_count, 500);
    fixture_fini(&f);
}
