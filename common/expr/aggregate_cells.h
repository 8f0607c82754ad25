/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate_cells - how accumulators are written down: the loops of update, merge and result_of,
 * made by macros from what one row, one pair of cells and one cell do. Private to common/expr.
 *
 * One update loop per kind and layout, chosen when the plan is opened; the loop itself asks for
 * nothing but NULL and sign. Zero is the empty cell. Cells are 8-byte aligned at least.
 */
#ifndef LEAT_COMMON_EXPR_AGGREGATE_CELLS_H
#define LEAT_COMMON_EXPR_AGGREGATE_CELLS_H

#include "common/base/assert.h"
#include "common/expr/aggregate.h"

static inline leat_i128 joined(int64_t high, uint64_t low)
{
    return (leat_i128)((leat_u128)(uint64_t)high << 64 | low);
}

static inline bool is_retract(const uint8_t *changes, uint32_t row)
{
    return changes != NULL && (changes[row] & 1);
}

/* --- Update. --- */

typedef leat_aggregate self_type;

/* BODY for every row that is not NULL in `column`: `cell`, `at` (of its argument), positions[i],
 * `sign` (1, or -1 for a retract); `given` is the argument. The first loop is for what comes most:
 * a column without NULLs, and only inserts. */
#define UPDATE_OF(name, C, column, ...)                                                            \
    static void name(const self_type *self, char *const *cells, uint32_t offset,                   \
                     const leat_column *given LEAT_UNUSED, const uint8_t *changes,                 \
                     const uint32_t *positions, uint32_t count)                                    \
    {                                                                                              \
        (void)self;                                                                                \
        const leat_column *argument = (column);                                                    \
        const void *values LEAT_UNUSED = argument->values;                                         \
        const bool is_wide LEAT_UNUSED = argument->layout == LEAT_LAYOUT_I128;                     \
        if (argument->validity == NULL && changes == NULL && !argument->is_constant) {             \
            for (uint32_t i = 0; i < count; i++) {                                                 \
                C *cell = (C *)(void *)(cells[i] + offset);                                        \
                const uint32_t at LEAT_UNUSED = positions[i];                                      \
                const int64_t sign LEAT_UNUSED = 1;                                                \
                __VA_ARGS__                                                                        \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (uint32_t i = 0; i < count; i++) {                                                     \
            C *cell = (C *)(void *)(cells[i] + offset);                                            \
            const uint32_t at LEAT_UNUSED = argument->is_constant ? 0 : positions[i];              \
            const int64_t sign LEAT_UNUSED = is_retract(changes, positions[i]) ? -1 : 1;           \
            if (leat_column_is_null(argument, at))                                                 \
                continue;                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

#define UPDATE(name, C, ...) UPDATE_OF(name, C, given, __VA_ARGS__)

/* A column that is never NULL, for what has no argument or takes NULLs. */
static const leat_column nothing LEAT_UNUSED = {0};

#define ARGUMENT(T)   (((const T *)values)[at])
#define ARGUMENT_WIDE (is_wide ? ARGUMENT(leat_i128) : ARGUMENT(int64_t))

/* --- Merge. --- */

#define MERGE(name, C, ...)                                                                        \
    static void name(const self_type *self, char *into_bytes, const char *from_bytes)              \
    {                                                                                              \
        (void)self;                                                                                \
        C *into = (C *)(void *)into_bytes;                                                         \
        const C *from = (const C *)(const void *)from_bytes;                                       \
        __VA_ARGS__                                                                                \
    }

/* --- Results. --- */

/* BODY sets out[i] and returns nothing; is_null says that there is no value, is_over that it does
 * not fit. Validity is written a word at a time. */
#define RESULT(name, C, T, ...)                                                                    \
    static leat_code name(const self_type *self, char *const *cells, uint32_t offset,              \
                          uint32_t count, void *out_values, uint64_t *out_validity)                \
    {                                                                                              \
        (void)self;                                                                                \
        T *out = out_values;                                                                       \
        bool has_failed = false;                                                                   \
        for (uint32_t from = 0; from < count; from += 64) {                                        \
            const uint32_t to = LEAT_MIN(from + 64, count);                                        \
            uint64_t valid = 0;                                                                    \
            for (uint32_t i = from; i < to; i++) {                                                 \
                const C *cell = (const C *)(const void *)(cells[i] + offset);                      \
                bool is_null = false, is_over = false;                                             \
                __VA_ARGS__                                                                        \
                has_failed |= is_over;                                                             \
                valid |= (uint64_t)(!is_null && !is_over) << (i % 64);                             \
            }                                                                                      \
            out_validity[from / 64] = valid;                                                       \
        }                                                                                          \
        return has_failed ? LEAT_RECORD : LEAT_OK;                                                 \
    }

/* As RESULT, of booleans: BODY sets is_true. */
#define RESULT_BIT(name, C, ...)                                                                   \
    static leat_code name(const self_type *self, char *const *cells, uint32_t offset,              \
                          uint32_t count, void *out_values, uint64_t *out_validity)                \
    {                                                                                              \
        (void)self;                                                                                \
        uint64_t *out = out_values;                                                                \
        for (uint32_t from = 0; from < count; from += 64) {                                        \
            const uint32_t to = LEAT_MIN(from + 64, count);                                        \
            uint64_t valid = 0, values = 0;                                                        \
            for (uint32_t i = from; i < to; i++) {                                                 \
                const C *cell = (const C *)(const void *)(cells[i] + offset);                      \
                bool is_null = false, is_true = false;                                             \
                __VA_ARGS__                                                                        \
                valid |= (uint64_t)(!is_null) << (i % 64);                                         \
                values |= (uint64_t)(!is_null && is_true) << (i % 64);                             \
            }                                                                                      \
            out_validity[from / 64] = valid;                                                       \
            out[from / 64] = values;                                                               \
        }                                                                                          \
        return LEAT_OK;                                                                            \
    }

#define SHAPE(C, update_, merge_, result_)                                                         \
    (leat_aggregate)                                                                               \
    {                                                                                              \
        .size = sizeof(C), .update = (update_), .merge = (merge_), .result_of = (result_)          \
    }

/* Size, update, merge and result of a family; leat_aggregate_of fills in the rest. */
leat_aggregate leat_aggregate_logic(leat_aggregate_kind kind, leat_type input, bool retracts);
leat_aggregate leat_aggregate_statistics(leat_aggregate_kind kind, leat_type input);
leat_aggregate leat_aggregate_picking(void);
leat_aggregate leat_aggregate_gathering(void);

/* result_of of leat_value_cells. */
leat_code leat_aggregate_value_result(const leat_aggregate *self,
                                      char *const *cells,
                                      uint32_t offset,
                                      uint32_t count,
                                      void *out_values,
                                      uint64_t *out_validity);
/* Make the cell hold a column's value, which may be NULL. Text is borrowed. */
void leat_value_cell_set(leat_value_cell *cell, const leat_column *column, uint32_t at);

#endif
