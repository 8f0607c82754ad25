/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of state as a restore reads them, applied to a table of rows and to a table of bytes:
 * u8 which table, then a section of records.
 */
#include "common/columns/key_hash.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/batch_text.h"
#include "worker/state/delta.h"
#include "worker/state/state.h"

enum { KEY_GROUPS = 1, VALUE_BYTES = 32, VIEW_AT = 16 };

static leat_state *state_new(void)
{
    static const leat_schema *key;
    if (key == NULL)
        key = leat_test_schema("k bigint, s string");
    leat_state_spec specs[] = {
        {.is_bytes = true},
        {.table =
             {.key = *key, .value_size = VALUE_BYTES, .view_count = 1, .view_offsets = {VIEW_AT}}},
    };
    leat_state *state = leat_state_new(specs, LEAT_COUNT_OF(specs), KEY_GROUPS, 4);
    leat_state_add_group(state, 0);
    return state;
}

static void record_add(void *self, const leat_record *record)
{
    leat_record_encode(record, self);
}

static void seed_bytes(leat_fuzz_seeds *seeds)
{
    leat_state *state = state_new();
    leat_byte_table *table = leat_state_byte_table(state, 0);
    leat_byte_table_put(table, 0, LEAT_BYTES("split"), LEAT_BYTES("position"));
    leat_byte_table_put(table, 0, LEAT_BYTES("other"), LEAT_BYTES(""));
    leat_buf *seed = leat_fuzz_seed(seeds);
    leat_buf_add_u8(seed, 0);
    leat_state_dump(state, 0, record_add, seed);
    leat_state_free(&state);
}

static void seed_rows(leat_fuzz_seeds *seeds, int64_t pane)
{
    leat_state *state = state_new();
    leat_table *table = leat_state_table(state, 1);
    leat_batch *batch = BATCH("k bigint, s string", "1, a", "2, null", "3, a text of some length");
    const leat_rows *rows = leat_batch_rows(batch);
    uint64_t hashes[3];
    static const uint16_t columns[] = {0, 1};
    leat_key_hash(rows, columns, 2, hashes);
    char *cells[3];
    leat_key_run run = {.keys = rows->columns, .hashes = hashes, .count = 3};
    leat_table_upsert(table, leat_table_pane(table, pane), &run, cells);
    leat_buf *seed = leat_fuzz_seed(seeds);
    leat_buf_add_u8(seed, 1);
    leat_state_dump(state, 0, record_add, seed);
    leat_batch_unref(&batch);
    leat_state_free(&state);
}

static void seed(leat_fuzz_seeds *seeds)
{
    seed_bytes(seeds);
    seed_rows(seeds, LEAT_PANE_NONE);
    seed_rows(seeds, 60000000);
}

static void record_count(void *self, const leat_record *record)
{
    (void)record;
    (*(uint64_t *)self)++;
}

static bool run(leat_bytes input)
{
    if (input.size == 0)
        return false;
    leat_state *state = state_new();
    leat_cursor in = leat_cursor_over(leat_bytes_of(input.data + 1, input.size - 1));
    leat_record record = {.state = input.data[0] & 1, .key_group = 0};
    leat_error err = {0};
    bool accepted = true;
    while (accepted && leat_record_decode(&in, &record))
        accepted = leat_state_apply(state, &record, &err) == LEAT_OK;
    uint64_t count = 0;
    leat_state_dump(state, 0, record_count, &count);
    (void)leat_state_hash(state, 0);
    leat_state_free(&state);
    return accepted && !in.is_short;
}

const leat_fuzz_target leat_fuzz_record = {.name = "record", .seed = seed, .run = run};
