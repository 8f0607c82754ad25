/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/keyed_input.h"

enum { INTEGER_KEY_SIZE = 9 };

void leat_keyed_input_init(leat_keyed_input *input,
                           const leat_schema *schema,
                           const uint16_t *keys,
                           uint32_t key_count,
                           uint32_t row_capacity,
                           leat_arena *arena)
{
    *input = (leat_keyed_input){.keys = keys, .key_count = key_count};
    leat_row_format_init(&input->format, schema, arena);
    input->key_starts = LEAT_ARENA_ARRAY(arena, uint32_t, row_capacity + 1);
    input->hashes = LEAT_ARENA_ARRAY(arena, uint64_t, row_capacity);
    input->is_unmatched = LEAT_ARENA_ARRAY(arena, uint8_t, row_capacity);
    input->bins = LEAT_ARENA_ARRAY(arena, leat_bin *, row_capacity);
}

void leat_keyed_input_fini(leat_keyed_input *input)
{
    leat_stored_rows_fini(&input->stored);
    leat_buf_fini(&input->key_bytes);
}

/* As leat_key_encode writes one integer: a tag and eight bytes. */
static bool encode_integers(leat_keyed_input *input, const leat_rows *rows)
{
    const leat_column *key = &rows->columns[input->keys[0]];
    bool is_plain = input->key_count == 1 && key->layout == LEAT_LAYOUT_I64 &&
                    key->type.id != LEAT_TYPE_DECIMAL && key->validity == NULL;
    if (!is_plain)
        return false;
    char *to = leat_buf_reserve(&input->key_bytes, (size_t)rows->selected_count * INTEGER_KEY_SIZE);
    for (uint32_t i = 0; i < rows->selected_count; i++, to += INTEGER_KEY_SIZE) {
        int64_t value = LEAT_COLUMN_GET(key, int64_t, leat_rows_at(rows, i));
        *to = 1;
        memcpy(to + 1, &value, sizeof value);
        input->key_starts[i + 1] = (i + 1) * INTEGER_KEY_SIZE;
    }
    input->key_bytes.size = (size_t)rows->selected_count * INTEGER_KEY_SIZE;
    return true;
}

static void encode_keys(leat_keyed_input *input, const leat_rows *rows)
{
    leat_buf_clear(&input->key_bytes);
    leat_buf_reserve(&input->key_bytes, 1);
    input->key_starts[0] = 0;
    if (input->key_count > 0 && encode_integers(input, rows))
        return;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        leat_key_encode(rows, input->keys, input->key_count, leat_rows_at(rows, i),
                        &input->key_bytes);
        input->key_starts[i + 1] = (uint32_t)input->key_bytes.size;
    }
}

static void mark_unmatched(leat_keyed_input *input, const leat_rows *rows)
{
    memset(input->is_unmatched, 0, rows->selected_count);
    for (uint32_t k = 0; input->null_keys != NULL && k < input->key_count; k++) {
        const leat_column *key = &rows->columns[input->keys[k]];
        if (!input->null_keys[k] || key->validity == NULL)
            continue;
        for (uint32_t i = 0; i < rows->selected_count; i++)
            input->is_unmatched[i] |= leat_column_is_null(key, leat_rows_at(rows, i));
    }
}

void leat_keyed_input_take(leat_keyed_input *input, const leat_rows *rows, bool has_rows)
{
    input->rows = rows;
    if (has_rows)
        leat_stored_rows_write(&input->stored, &input->format, rows);
    leat_key_hash(rows, input->keys, input->key_count, input->hashes);
    encode_keys(input, rows);
    mark_unmatched(input, rows);
}

void leat_keyed_input_bins(leat_keyed_input *input,
                           leat_sorted_table *table,
                           bool is_making,
                           leat_bin **out_bins)
{
    leat_bin_run run = {
        .bytes = input->key_bytes.data,
        .starts = input->key_starts,
        .hashes = input->hashes,
        .count = input->rows->selected_count,
    };
    leat_sorted_bins(table, &run, is_making, out_bins);
}
