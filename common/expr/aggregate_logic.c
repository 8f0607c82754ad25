/* SPDX-License-Identifier: Apache-2.0
 *
 * Aggregates of truth values and bits, by counting: how many are true, how often each bit is set.
 * Where no row is taken back the bits themselves are enough; exclusive or is its own inverse.
 */
#include "common/expr/aggregate_cells.h"

typedef struct truth_cell {
    int64_t count;
    int64_t trues;
} truth_cell;

typedef struct bits_cell {
    uint64_t bits;
    int64_t count;
} bits_cell;

/* Of int and bigint: how many values have each bit. */
typedef struct bit_counts32_cell {
    int64_t count;
    int64_t ones[32];
} bit_counts32_cell;

typedef struct bit_counts64_cell {
    int64_t count;
    int64_t ones[64];
} bit_counts64_cell;

/* --- Booleans. --- */

UPDATE(truth_update, truth_cell, cell->count += sign;
       cell->trues += leat_bit_get(values, at) ? sign : 0;)

MERGE(truth_merge, truth_cell, into->count += from->count; into->trues += from->trues;)

RESULT_BIT(bool_and_result, truth_cell, is_null = cell->count == 0;
           is_true = cell->trues == cell->count;)
RESULT_BIT(bool_or_result, truth_cell, is_null = cell->count == 0; is_true = cell->trues > 0;)

/* --- Bits that stay. --- */

#define BITS_UPDATE(name, T, first, combined)                                                      \
    UPDATE(name, bits_cell, const uint64_t x = (uint64_t)(int64_t)ARGUMENT(T);                     \
           cell->bits = cell->count == 0 ? (first) : (combined); cell->count += sign;)

BITS_UPDATE(and32_update, int32_t, x, cell->bits &x)
BITS_UPDATE(and64_update, int64_t, x, cell->bits &x)
BITS_UPDATE(or32_update, int32_t, x, cell->bits | x)
BITS_UPDATE(or64_update, int64_t, x, cell->bits | x)
BITS_UPDATE(xor32_update, int32_t, cell->bits ^ x, cell->bits ^ x)
BITS_UPDATE(xor64_update, int64_t, cell->bits ^ x, cell->bits ^ x)

MERGE(xor_merge, bits_cell, into->bits ^= from->bits; into->count += from->count;)

/* An empty cell would be the neutral one of or, but not of and. */
MERGE(bits_merge, bits_cell, const bool is_and = self->kind == LEAT_AGGREGATE_BIT_AND;
      const uint64_t both = is_and ? into->bits & from->bits : into->bits | from->bits;
      into->bits = into->count == 0   ? from->bits
                   : from->count == 0 ? into->bits
                                      : both;
      into->count += from->count;)

RESULT(bits32_result, bits_cell, int32_t, is_null = cell->count == 0;
       out[i] = (int32_t)(int64_t)cell->bits;)
RESULT(bits64_result, bits_cell, int64_t, is_null = cell->count == 0; out[i] = (int64_t)cell->bits;)

/* --- Bits that may go. --- */

#define BIT_COUNTS(width, T)                                                                       \
    UPDATE(counts##width##_update, bit_counts##width##_cell,                                       \
           const uint##width##_t x = (uint##width##_t)ARGUMENT(T);                                 \
           cell->count += sign;                                                                    \
           for (unsigned b = 0; b < (width); b++) cell->ones[b] += (x >> b & 1) != 0 ? sign : 0;)  \
    MERGE(counts##width##_merge, bit_counts##width##_cell, into->count += from->count;             \
          for (unsigned b = 0; b < (width); b++) into->ones[b] += from->ones[b];)                  \
    RESULT(counts##width##_result, bit_counts##width##_cell, T, uint##width##_t bits = 0;          \
           const int64_t wanted = self->kind == LEAT_AGGREGATE_BIT_AND ? cell->count : 1;          \
           for (unsigned b = 0; b < (width); b++) bits |=                                          \
           (uint##width##_t)(cell->ones[b] >= wanted) << b;                                        \
           is_null = cell->count == 0; out[i] = (T)bits;)

BIT_COUNTS(32, int32_t)
BIT_COUNTS(64, int64_t)

/* --- Which. --- */

static leat_aggregate bits_shape(leat_aggregate_kind kind, bool is_32)
{
    leat_aggregate shape =
        SHAPE(bits_cell, NULL, bits_merge, is_32 ? bits32_result : bits64_result);
    if (kind == LEAT_AGGREGATE_BIT_AND)
        shape.update = is_32 ? and32_update : and64_update;
    else if (kind == LEAT_AGGREGATE_BIT_OR)
        shape.update = is_32 ? or32_update : or64_update;
    if (kind != LEAT_AGGREGATE_BIT_XOR)
        return shape;
    shape.update = is_32 ? xor32_update : xor64_update;
    shape.merge = xor_merge;
    return shape;
}

leat_aggregate leat_aggregate_logic(leat_aggregate_kind kind, leat_type input, bool retracts)
{
    if (kind == LEAT_AGGREGATE_BOOL_AND || kind == LEAT_AGGREGATE_BOOL_OR)
        return SHAPE(truth_cell, truth_update, truth_merge,
                     kind == LEAT_AGGREGATE_BOOL_AND ? bool_and_result : bool_or_result);
    bool is_32 = input.id == LEAT_TYPE_INT;
    if (!retracts || kind == LEAT_AGGREGATE_BIT_XOR)
        return bits_shape(kind, is_32);
    if (is_32)
        return SHAPE(bit_counts32_cell, counts32_update, counts32_merge, counts32_result);
    return SHAPE(bit_counts64_cell, counts64_update, counts64_merge, counts64_result);
}
