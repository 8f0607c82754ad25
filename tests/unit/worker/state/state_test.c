/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of a slot against a replica that is fed with nothing but their deltas: random
 * upserts, removals and pane drops, frozen, gathered in slices while they go on changing, some
 * epochs aborted. After every completed epoch the replica is what the tables were at its freeze.
 */
#include "worker/state/state.h"

#include <stdio.h>

#include <criterion/criterion.h>

#include "common/base/prng.h"
#include "common/base/vec.h"
#include "common/columns/key_hash.h"

enum { GROUPS = 8, KEYS = 600, BATCH = 64 };

typedef enum key_shape { KEY_INTEGER, KEY_TEXT, KEY_MIXED } key_shape;

/* Value cells: a counter and a text. */
typedef struct cells {
    int64_t count;
    int64_t unused;
    leat_view text;
} cells;

typedef struct fixture {
    leat_arena arena;
    key_shape shape;
    leat_state_spec specs[2];
    leat_state *state;
    leat_prng prng;
} fixture;

static const leat_schema *key_schema(fixture *f)
{
    leat_field mixed[] = {
        {LEAT_BYTES("a"), LEAT_TYPE(INT), true},
        {LEAT_BYTES("b"), LEAT_TYPE(STRING), true},
        {LEAT_BYTES("c"), leat_type_decimal(12, 2), false},
    };
    leat_field integer = {LEAT_BYTES("k"), LEAT_TYPE(BIGINT), true};
    leat_field text = {LEAT_BYTES("t"), LEAT_TYPE(STRING), true};
    switch (f->shape) {
    case KEY_INTEGER:
        return leat_schema_new(&f->arena, &integer, 1, -1);
    case KEY_TEXT:
        return leat_schema_new(&f->arena, &text, 1, -1);
    case KEY_MIXED:
        break;
    }
    return leat_schema_new(&f->arena, mixed, 3, -1);
}

static leat_state *state_make(const fixture *f, uint64_t completed)
{
    leat_state *state = leat_state_new(f->specs, 2, GROUPS, completed);
    for (uint32_t group = 0; group < GROUPS; group++)
        leat_state_add_group(state, group);
    return state;
}

static void fixture_init(fixture *f, key_shape shape, uint64_t seed)
{
    *f = (fixture){.shape = shape, .prng = {seed}};
    f->specs[0].is_bytes = true;
    f->specs[1].table = (leat_table_spec){
        .key = *key_schema(f),
        .value_size = sizeof(cells),
        .view_count = 1,
        .view_offsets = {offsetof(cells, text)},
    };
    f->state = state_make(f, 0);
}

static void fixture_fini(fixture *f)
{
    leat_state_free(&f->state);
    leat_arena_fini(&f->arena);
}

/* A batch of keys numbered 0 .. KEYS-1 as columns; key 0 has NULLs where the schema allows. */
typedef struct batch {
    uint32_t count;
    int64_t integers[BATCH];
    int32_t narrow[BATCH];
    leat_view texts[BATCH];
    char bytes[BATCH][40];
    uint64_t validity[LEAT_MAX(BATCH / 64, 1)];
    leat_column columns[3];
    leat_rows rows;
    uint64_t hashes[BATCH];
    leat_key_run run;
    char *cells[BATCH];
} batch;

static void batch_key(batch *b, uint32_t i, uint32_t key)
{
    b->integers[i] = (int64_t)key * 3 - 500;
    b->narrow[i] = (int32_t)key % 7;
    const char *format = key % 3 == 0 ? "k%u" : "a rather long key that needs heap %u";
    int size = snprintf(b->bytes[i], sizeof b->bytes[i], format, key);
    b->texts[i] = leat_view_of(b->bytes[i], (size_t)size);
    leat_bit_set(b->validity, i, key != 0);
}

static void batch_finish(batch *b, const fixture *f)
{
    static const uint16_t indices[] = {0, 1, 2};
    const leat_schema *schema = &f->specs[1].table.key;
    leat_column integer = {.type = LEAT_TYPE(BIGINT),
                           .layout = LEAT_LAYOUT_I64,
                           .values = b->integers,
                           .validity = b->validity};
    leat_column text = {.type = LEAT_TYPE(STRING),
                        .layout = LEAT_LAYOUT_VIEW,
                        .values = b->texts,
                        .validity = b->validity};
    leat_column narrow = {.type = LEAT_TYPE(INT),
                          .layout = LEAT_LAYOUT_I32,
                          .values = b->narrow,
                          .validity = b->validity};
    leat_column decimal = integer;
    decimal.type = leat_type_decimal(12, 2);
    decimal.validity = NULL;
    b->columns[0] = f->shape == KEY_INTEGER ? integer : f->shape == KEY_TEXT ? text : narrow;
    b->columns[1] = text;
    b->columns[2] = decimal;
    b->rows = (leat_rows){
        .schema = schema, .columns = b->columns, .row_count = b->count, .selected_count = b->count};
    leat_key_hash(&b->rows, indices, schema->field_count, b->hashes);
    b->run = (leat_key_run){.keys = b->columns, .hashes = b->hashes, .count = b->count};
}

static int64_t pane_of(uint32_t pane)
{
    return pane == 0 ? LEAT_PANE_NONE : (int64_t)pane * 10;
}

/* Add 1 to random keys, rewrite their text. */
static void change_rows(fixture *f, uint32_t keys)
{
    leat_table *table = leat_state_table(f->state, 1);
    leat_pane *pane = leat_table_pane(table, pane_of((uint32_t)leat_prng_below(&f->prng, 3)));
    batch b = {.count = 1 + (uint32_t)leat_prng_below(&f->prng, BATCH - 1)};
    for (uint32_t i = 0; i < b.count; i++)
        batch_key(&b, i, (uint32_t)leat_prng_below(&f->prng, keys));
    batch_finish(&b, f);
    leat_table_upsert(table, pane, &b.run, b.cells);
    char text[BATCH][48];
    for (uint32_t i = 0; i < b.count; i++) {
        cells *c = (cells *)(void *)b.cells[i];
        c->count++;
        int size = snprintf(text[i], sizeof text[i],
                            c->count % 2 ? "%ld" : "text of more than twelve bytes %ld",
                            (long)leat_prng_below(&f->prng, 100));
        c->text = leat_view_of(text[i], (size_t)size);
    }
    leat_table_keep_views(table, pane, b.cells, b.hashes, b.count);
}

static void remove_row(fixture *f, uint32_t keys)
{
    leat_table *table = leat_state_table(f->state, 1);
    leat_pane *pane = leat_table_pane(table, pane_of((uint32_t)leat_prng_below(&f->prng, 3)));
    batch b = {.count = 1};
    batch_key(&b, 0, (uint32_t)leat_prng_below(&f->prng, keys));
    batch_finish(&b, f);
    if (leat_table_find(table, pane, &b.run) == NULL)
        return;
    leat_table_upsert(table, pane, &b.run, b.cells);
    leat_table_remove(table, pane, b.cells, b.hashes, 1);
    cr_assert_null(leat_table_find(table, pane, &b.run));
}

static void change_bytes(fixture *f)
{
    leat_byte_table *table = leat_state_byte_table(f->state, 0);
    uint32_t group = (uint32_t)leat_prng_below(&f->prng, GROUPS);
    char key[8];
    int size = snprintf(key, sizeof key, "s%u", (unsigned)leat_prng_below(&f->prng, 4));
    leat_bytes name = leat_bytes_of(key, (size_t)size);
    uint64_t value = leat_prng_next(&f->prng);
    if (leat_prng_chance(&f->prng, 0.3))
        leat_byte_table_remove(table, group, name);
    else
        leat_byte_table_put(table, group, name, leat_bytes_of(&value, sizeof value));
}

static void change_something(fixture *f, uint32_t keys)
{
    leat_table *table = leat_state_table(f->state, 1);
    uint64_t dice = leat_prng_below(&f->prng, 100);
    if (dice < 60)
        change_rows(f, keys);
    else if (dice < 80)
        remove_row(f, keys);
    else if (dice < 95)
        change_bytes(f);
    else if (dice < 97)
        leat_table_advance(table, (leat_time)leat_prng_below(&f->prng, 100000));
    else
        leat_table_drop_pane(table, leat_table_pane(table, pane_of(1 + (dice & 1))));
}

/* Records as they come, copied. */
typedef struct delta {
    LEAT_VEC(leat_record) records;
    leat_arena arena;
} delta;

static void delta_take(void *self, const leat_record *record)
{
    delta *d = self;
    leat_record copy = *record;
    copy.key = leat_bytes_of(leat_arena_copy(&d->arena, record->key.data, record->key.size),
                             record->key.size);
    copy.value = leat_bytes_of(leat_arena_copy(&d->arena, record->value.data, record->value.size),
                               record->value.size);
    leat_vec_push(&d->records, copy);
}

static void delta_fini(delta *d)
{
    leat_vec_fini(&d->records);
    leat_arena_fini(&d->arena);
}

static void delta_apply(const delta *d, leat_state *replica)
{
    LEAT_VEC_EACH (record, &d->records)
        cr_assert_eq(leat_state_apply(replica, record, NULL), LEAT_OK);
}

static int record_order(const leat_record *a, const leat_record *b)
{
    if (a->state != b->state)
        return a->state < b->state ? -1 : 1;
    if (a->key_group != b->key_group)
        return a->key_group < b->key_group ? -1 : 1;
    bool is_drop_a = a->kind == LEAT_RECORD_DROP_PANE, is_drop_b = b->kind == LEAT_RECORD_DROP_PANE;
    if (is_drop_a || is_drop_b)
        return is_drop_a ? -1 : 1;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    int keys = leat_bytes_compare(a->key, b->key);
    return keys != 0 ? keys : (a->pane > b->pane) - (a->pane < b->pane);
}

static void expect_ordered(const delta *d)
{
    for (size_t i = 1; i < d->records.count; i++)
        cr_assert_lt(record_order(&d->records.items[i - 1], &d->records.items[i]), 0);
}

static void gather_all(fixture *f, delta *d, uint32_t keys)
{
    while (!leat_state_gather(f->state, 50, delta_take, d))
        if (keys > 0)
            change_something(f, keys);
}

static void run_epochs(key_shape shape, uint64_t seed, uint32_t keys)
{
    static const uint16_t ids[] = {0, 1};
    fixture f;
    fixture_init(&f, shape, seed);
    leat_state *replica = state_make(&f, 0);
    uint64_t completed = 0;
    for (uint64_t epoch = 1; epoch <= 40; epoch++) {
        for (uint64_t n = leat_prng_below(&f.prng, 30); n > 0; n--)
            change_something(&f, keys);
        uint64_t at_freeze[GROUPS];
        leat_state_freeze(f.state, ids, 1, epoch, completed);
        leat_state_freeze(f.state, ids + 1, 1, epoch, completed);
        for (uint32_t group = 0; group < GROUPS; group++)
            at_freeze[group] = leat_state_hash(f.state, group);
        delta d = {0};
        bool is_aborted = leat_prng_chance(&f.prng, 0.3);
        if (is_aborted && leat_prng_chance(&f.prng, 0.5)) {
            leat_state_gather(f.state, 20, delta_take, &d);
            change_something(&f, keys);
        } else {
            gather_all(&f, &d, keys);
        }
        expect_ordered(&d);
        if (!is_aborted) {
            delta_apply(&d, replica);
            for (uint32_t group = 0; group < GROUPS; group++)
                cr_assert_eq(leat_state_hash(replica, group), at_freeze[group],
                             "seed %lu epoch %lu group %u", seed, epoch, group);
            completed = epoch;
            if (leat_prng_chance(&f.prng, 0.5))
                leat_state_decided(f.state, epoch);
        }
        delta_fini(&d);
    }
    leat_state_free(&replica);
    fixture_fini(&f);
}

Test(state, a_replica_fed_with_deltas_equals_integer_keyed_tables)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        run_epochs(KEY_INTEGER, seed, seed % 2 ? KEYS : 20);
}

Test(state, a_replica_fed_with_deltas_equals_text_keyed_tables)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        run_epochs(KEY_TEXT, seed, seed % 2 ? KEYS : 20);
}

Test(state, a_replica_fed_with_deltas_equals_tables_of_several_key_columns)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        run_epochs(KEY_MIXED, seed, seed % 2 ? KEYS : 20);
}

Test(state, an_epoch_without_changes_has_no_records)
{
    static const uint16_t ids[] = {0, 1};
    fixture f;
    fixture_init(&f, KEY_INTEGER, 5);
    change_rows(&f, KEYS);
    delta first = {0}, second = {0};

    leat_state_freeze(f.state, ids, 2, 1, 0);
    gather_all(&f, &first, 0);
    leat_state_freeze(f.state, ids, 2, 2, 1);
    gather_all(&f, &second, 0);

    cr_assert_gt(first.records.count, 0);
    cr_assert_eq(second.records.count, 0);
    delta_fini(&first);
    delta_fini(&second);
    fixture_fini(&f);
}

Test(state, an_aborted_epoch_is_gathered_again_by_the_next)
{
    static const uint16_t ids[] = {0, 1};
    fixture f;
    fixture_init(&f, KEY_INTEGER, 6);
    change_rows(&f, KEYS);
    change_bytes(&f);
    delta first = {0}, second = {0};

    leat_state_freeze(f.state, ids, 2, 1, 0);
    gather_all(&f, &first, 0);
    leat_state_freeze(f.state, ids, 2, 2, 0); /* 1 was never completed */
    gather_all(&f, &second, 0);

    cr_assert_eq(second.records.count, first.records.count);
    delta_fini(&first);
    delta_fini(&second);
    fixture_fini(&f);
}

Test(state, gather_waits_for_a_state_whose_stage_is_not_frozen_yet)
{
    static const uint16_t ids[] = {0, 1};
    fixture f;
    fixture_init(&f, KEY_INTEGER, 7);
    change_rows(&f, KEYS);
    delta d = {0};

    leat_state_freeze(f.state, ids + 1, 1, 1, 0);
    cr_assert_not(leat_state_gather(f.state, 1000000, delta_take, &d));
    cr_assert_eq(d.records.count, 0);
    leat_state_freeze(f.state, ids, 1, 1, 0);
    cr_assert(leat_state_gather(f.state, 1000000, delta_take, &d));

    cr_assert_gt(d.records.count, 0);
    delta_fini(&d);
    fixture_fini(&f);
}

Test(state, a_removed_key_group_leaves_no_memory_and_no_records)
{
    static const uint16_t ids[] = {0, 1};
    fixture f;
    fixture_init(&f, KEY_TEXT, 8);
    leat_table *table = leat_state_table(f.state, 1);
    leat_table_pane(table, LEAT_PANE_NONE);
    leat_table_pane(table, 10);
    leat_table_pane(table, 20);
    size_t empty = leat_state_bytes(f.state);
    for (uint32_t i = 0; i < 50; i++)
        change_rows(&f, KEYS);
    leat_state_freeze(f.state, ids, 2, 1, 0);
    change_rows(&f, KEYS);

    for (uint32_t group = 0; group < GROUPS; group++)
        leat_state_remove_group(f.state, group);
    delta d = {0};
    gather_all(&f, &d, 0);

    cr_assert_eq(leat_state_bytes(f.state), empty);
    cr_assert_eq(leat_table_row_count(table), 0);
    cr_assert_eq(d.records.count, 0);
    delta_fini(&d);
    fixture_fini(&f);
}

Test(state, records_that_do_not_fit_are_refused)
{
    fixture f;
    fixture_init(&f, KEY_INTEGER, 9);
    leat_error err = {0};
    leat_record record = {.state = 9};
    cr_assert_eq(leat_state_apply(f.state, &record, &err), LEAT_CORRUPT);
    record = (leat_record){.state = 1, .key_group = 1, .pane = LEAT_PANE_NONE};
    cr_assert_eq(leat_state_apply(f.state, &record, &err), LEAT_CORRUPT); /* hash of group 0 */
    record.key_group = 0;
    record.key = LEAT_BYTES("short");
    cr_assert_eq(leat_state_apply(f.state, &record, &err), LEAT_CORRUPT);
    record.key = leat_bytes_of("\1abcdefgh", 9);
    record.value = LEAT_BYTES("short");
    cr_assert_eq(leat_state_apply(f.state, &record, &err), LEAT_CORRUPT);
    leat_state_remove_group(f.state, 0);
    cr_assert_eq(leat_state_apply(f.state, &record, &err), LEAT_CORRUPT);
    fixture_fini(&f);
}
