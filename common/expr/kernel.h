/* SPDX-License-Identifier: Apache-2.0
 *
 * kernel - the loop behind one function: argument columns in, one result column out.
 *
 * Private to common/expr. A kernel computes the selected rows; a *dense* one computes all rows
 * when that is cheaper than to follow the selection, so it must stand any garbage at unselected
 * and NULL rows. What is not true of garbage (text views, errors) is done row by row with
 * LEAT_KERNEL_EACH_VALID.
 *
 * Invariants
 *   K1  a constant argument has its value at index 0; not all arguments are constant, unless
 *       row_count is 1.
 *   K2  of a strict function no constant argument is NULL, and `validity` is the conjunction of
 *       the arguments' validity before the kernel starts.
 *   K3  only selected, valid rows fail; a failed row is NULL.
 */
#ifndef LEAT_COMMON_EXPR_KERNEL_H
#define LEAT_COMMON_EXPR_KERNEL_H

#include "common/base/assert.h"
#include "common/columns/value.h"
#include "common/expr/program.h"

/* Rows in error of one evaluation; leat_eval_errors is its public face. */
typedef struct leat_kernel_errors {
    uint64_t *rows; /* bitmap */
    uint32_t count;
    uint32_t first_row;
    const char *first_reason;
} leat_kernel_errors;

typedef struct leat_kernel_call {
    const leat_column *arguments;
    uint32_t argument_count;
    const void *prepared; /* what the function made of its constant arguments, or NULL */

    leat_time now; /* processing time of this run */
    uint32_t row_count;
    const uint32_t *selected; /* NULL = all rows */
    uint32_t selected_count;

    leat_type type;           /* of the result */
    leat_layout layout;       /* of values; a DECIMAL kernel may make it I128 */
    void *values;             /* room for row_count values; for DECIMAL of the wide layout */
    const uint64_t *validity; /* NULL = all valid */
    uint64_t *own_validity;   /* room for a bitmap, used by the first NULL a kernel makes */
    leat_arena *arena;        /* text of results and temporaries; lives as long as the result */
    leat_kernel_errors *errors;
} leat_kernel_call;

typedef void leat_kernel(leat_kernel_call *call);

/* On a kernel whose loops vectorise: compiled for several generations of x86-64, chosen once when
 * the program is loaded (decisions 22). Sanitizers start too late for such a choice. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LEAT_KERNEL_CLONES                                                                         \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LEAT_KERNEL_CLONES
#endif

/* A comparison with a constant, straight into a selection: writes the selected positions of
 * `column` for which it holds, returns how many. NULL rows do not hold. */
typedef uint32_t leat_kernel_select(const leat_column *column,
                                    const leat_column *constant,
                                    const uint32_t *selected,
                                    uint32_t count,
                                    uint32_t *out_selected);

/* Following a selection costs about as much as computing four rows. */
static inline bool leat_kernel_is_dense(const leat_kernel_call *call)
{
    return call->selected == NULL || call->selected_count >= call->row_count / 4;
}

/* The bitmap to clear bits in; made at first use, all valid where nothing was known. */
uint64_t *leat_kernel_validity(leat_kernel_call *call);
void leat_kernel_set_null(leat_kernel_call *call, uint32_t row);
/* Mark a row that is not NULL as a record error; `reason` is static text. */
void leat_kernel_fail(leat_kernel_call *call, uint32_t row, const char *reason);

static inline bool leat_kernel_is_valid(const leat_kernel_call *call, uint32_t row)
{
    return call->validity == NULL || leat_bit_get(call->validity, row);
}

/* Text results: a copy, or room for `size` bytes. */
leat_view leat_kernel_text(leat_kernel_call *call, leat_bytes text);
char *leat_kernel_room(leat_kernel_call *call, size_t size);

static inline uint32_t leat_kernel_at(const leat_column *column, uint32_t row)
{
    return column->is_constant ? 0 : row;
}

static inline leat_bytes leat_kernel_bytes(const leat_column *column, uint32_t row)
{
    return leat_view_bytes((const leat_view *)column->values + leat_kernel_at(column, row));
}

/* Kernels that are not hot: a value per row, of any type. `row_value` gives NULL for a row that is
 * NULL or has failed; text it gives lives as long as the result. */
typedef leat_value leat_kernel_row_value(leat_kernel_call *call, uint32_t row);
void leat_kernel_each_value(leat_kernel_call *call, leat_kernel_row_value *row_value);
/* A value of the result's type from bytes, which are copied; and NULL. */
leat_value leat_kernel_value_of(leat_kernel_call *call, leat_bytes text);
static inline leat_value leat_kernel_null(const leat_kernel_call *call)
{
    return (leat_value){.type = call->type, .is_null = true};
}

/* DECIMAL results that are not hot: fill all selected, valid rows of a zeroed array of 128-bit
 * values, then store; the layout becomes I64 if they fit. */
leat_i128 *leat_kernel_wide_room(leat_kernel_call *call);
void leat_kernel_store_wide(leat_kernel_call *call, const leat_i128 *wide);
/* The argument as 128-bit values; a copy where it is narrow. */
leat_column leat_kernel_widened(leat_kernel_call *call, const leat_column *column);

/* For each selected row / each selected row whose result is not NULL already. */
#define LEAT_KERNEL_EACH(call, row)                                                                \
    for (uint32_t row##_i = 0, row = 0;                                                            \
         row##_i < (call)->selected_count &&                                                       \
         (row = (call)->selected == NULL ? row##_i : (call)->selected[row##_i], true);             \
         row##_i++)
#define LEAT_KERNEL_EACH_VALID(call, row)                                                          \
    LEAT_KERNEL_EACH(call, row)                                                                    \
    if (leat_kernel_is_valid((call), row))

/* BODY for every row index i: all rows when dense, else the selected ones. */
#define LEAT_KERNEL_ROWS(call, i, ...)                                                             \
    do {                                                                                           \
        if (leat_kernel_is_dense(call)) {                                                          \
            const uint32_t rows_ = (call)->row_count;                                              \
            for (uint32_t i = 0; i < rows_; i++) {                                                 \
                __VA_ARGS__                                                                        \
            }                                                                                      \
        } else {                                                                                   \
            for (uint32_t k_ = 0; k_ < (call)->selected_count; k_++) {                             \
                const uint32_t i = (call)->selected[k_];                                           \
                __VA_ARGS__                                                                        \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* BODY over x = first argument, y = second, as types TX and TY, for every row i. The three loops
 * (constant left, constant right, neither) let the compiler keep a constant in a register. */
#define LEAT_KERNEL_PAIRS(call, TX, TY, i, ...)                                                    \
    do {                                                                                           \
        const TX *restrict xs_ = (call)->arguments[0].values;                                      \
        const TY *restrict ys_ = (call)->arguments[1].values;                                      \
        if ((call)->arguments[0].is_constant) {                                                    \
            const TX x = xs_[0];                                                                   \
            LEAT_KERNEL_ROWS(call, i, const TY y = ys_[i]; __VA_ARGS__);                           \
        } else if ((call)->arguments[1].is_constant) {                                             \
            const TY y = ys_[0];                                                                   \
            LEAT_KERNEL_ROWS(call, i, const TX x = xs_[i]; __VA_ARGS__);                           \
        } else {                                                                                   \
            LEAT_KERNEL_ROWS(call, i, const TX x = xs_[i]; const TY y = ys_[i]; __VA_ARGS__);      \
        }                                                                                          \
    } while (0)

/* One bit per row into the result's bitmap: BODY is an expression over row i. Sixty-four at a
 * time through bytes, which the compiler vectorises, then packed by a multiplication. */
#define LEAT_KERNEL_BITS(call, i, expression)                                                      \
    do {                                                                                           \
        uint64_t *restrict out_ = (call)->values;                                                  \
        if (leat_kernel_is_dense(call)) {                                                          \
            for (uint32_t base_ = 0; base_ < (call)->row_count; base_ += 64) {                     \
                uint8_t flags_[64] = {0};                                                          \
                const uint32_t left_ = (call)->row_count - base_;                                  \
                const uint32_t n_ = left_ < 64 ? left_ : 64;                                       \
                for (uint32_t j_ = 0; j_ < n_; j_++) {                                             \
                    const uint32_t i = base_ + j_;                                                 \
                    flags_[j_] = (expression);                                                     \
                }                                                                                  \
                out_[base_ / 64] = leat_kernel_pack(flags_);                                       \
            }                                                                                      \
        } else {                                                                                   \
            memset(out_, 0, leat_bit_words((call)->row_count) * sizeof *out_);                     \
            for (uint32_t k_ = 0; k_ < (call)->selected_count; k_++) {                             \
                const uint32_t i = (call)->selected[k_];                                           \
                out_[i >> 6] |= (uint64_t)(expression) << (i & 63);                                \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* Sixty-four bytes of 0 or 1 into a word; the product moves byte i to bit 56 + i. */
static inline uint64_t leat_kernel_pack(const uint8_t flags[64])
{
    uint64_t word = 0;
    for (uint32_t j = 0; j < 8; j++) {
        uint64_t eight;
        memcpy(&eight, flags + (size_t)j * 8, 8);
        word |= ((eight * UINT64_C(0x0102040810204080)) >> 56) << (j * 8);
    }
    return word;
}

#endif
