/* SPDX-License-Identifier: Apache-2.0
 *
 * limbs - non-negative whole numbers of up to 768 bits, least significant word first: what exact
 * variances need on their way. Private to common/expr. Results that would need more are cut.
 */
#ifndef LEAT_COMMON_EXPR_LIMBS_H
#define LEAT_COMMON_EXPR_LIMBS_H

#include "common/columns/type.h"

enum { LEAT_LIMBS = 12 };

typedef struct leat_limbs {
    uint64_t words[LEAT_LIMBS];
} leat_limbs;

leat_limbs leat_limbs_of(const uint64_t *words, unsigned count);
/* a - b; needs a >= b. */
leat_limbs leat_limbs_subtract(const leat_limbs *a, const leat_limbs *b);
leat_limbs leat_limbs_multiply(const leat_limbs *a, const leat_limbs *b);
leat_limbs leat_limbs_scale(const leat_limbs *a, uint64_t by);
/* Rounds down. by != 0. */
leat_limbs leat_limbs_divide(const leat_limbs *a, uint64_t by);
/* a * 10^power, and rounded down a / 10^power. */
leat_limbs leat_limbs_shift_up(const leat_limbs *a, unsigned power);
leat_limbs leat_limbs_shift_down(const leat_limbs *a, unsigned power);
/* Rounds down. */
leat_limbs leat_limbs_root(const leat_limbs *a);
/* False when it does not fit. */
bool leat_limbs_to_i128(const leat_limbs *a, leat_i128 *out);

#endif
