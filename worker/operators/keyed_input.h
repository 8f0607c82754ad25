/* SPDX-License-Identifier: Apache-2.0
 *
 * keyed_input - the batch at hand of one input of an operator that keeps whole rows: its rows as
 * stored rows, its keys as bytes and hashes.
 *
 * Index i is the i-th selected row. Everything is valid until the next take.
 */
#ifndef LEAT_WORKER_OPERATORS_KEYED_INPUT_H
#define LEAT_WORKER_OPERATORS_KEYED_INPUT_H

#include "common/columns/key_hash.h"
#include "worker/operators/stored_row.h"
#include "worker/state/sorted_table.h"

typedef struct leat_keyed_input {
    leat_row_format format;
    const uint16_t *keys;
    uint32_t key_count;
    bool *null_keys; /* per key: a row with NULL there matches nothing; NULL: none does */

    const leat_rows *rows;
    leat_stored_rows stored;
    leat_buf key_bytes;
    uint32_t *key_starts;
    uint64_t *hashes;
    uint8_t *is_unmatched; /* per row: see null_keys */
    leat_bin **bins;
} leat_keyed_input;

void leat_keyed_input_init(leat_keyed_input *input,
                           const leat_schema *schema,
                           const uint16_t *keys,
                           uint32_t key_count,
                           uint32_t row_capacity,
                           leat_arena *arena);
void leat_keyed_input_fini(leat_keyed_input *input);
/* Keys and hashes; with `has_rows` the rows too. */
void leat_keyed_input_take(leat_keyed_input *input, const leat_rows *rows, bool has_rows);
/* Fill out_bins with the bin of each row. */
void leat_keyed_input_bins(leat_keyed_input *input,
                           leat_sorted_table *table,
                           bool is_making,
                           leat_bin **out_bins);

static inline leat_bytes leat_keyed_input_row(const leat_keyed_input *input, uint32_t i)
{
    return leat_stored_rows_at(&input->stored, i);
}

static inline leat_bytes leat_keyed_input_key(const leat_keyed_input *input, uint32_t i)
{
    return leat_bytes_of(input->key_bytes.data + input->key_starts[i],
                         input->key_starts[i + 1] - input->key_starts[i]);
}

static inline bool leat_keyed_input_is_retract(const leat_keyed_input *input, uint32_t i)
{
    const uint8_t *changes = input->rows->changes;
    return changes != NULL && (changes[leat_rows_at(input->rows, i)] & 1);
}

#endif
