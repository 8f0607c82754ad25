/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expr/limbs.h"

#include "common/base/assert.h"

static const uint64_t ten_to_19 = UINT64_C(10000000000000000000);
enum { DIGITS_A_WORD = 19, WORD_BITS = 64 };

leat_limbs leat_limbs_of(const uint64_t *words, unsigned count)
{
    leat_limbs a = {{0}};
    memcpy(a.words, words, count * sizeof *words);
    return a;
}

leat_limbs leat_limbs_subtract(const leat_limbs *a, const leat_limbs *b)
{
    leat_limbs result;
    uint64_t borrow = 0;
    for (unsigned i = 0; i < LEAT_LIMBS; i++) {
        leat_u128 difference = (leat_u128)a->words[i] - b->words[i] - borrow;
        result.words[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> WORD_BITS) & 1;
    }
    return result;
}

leat_limbs leat_limbs_multiply(const leat_limbs *a, const leat_limbs *b)
{
    leat_limbs result = {{0}};
    for (unsigned i = 0; i < LEAT_LIMBS; i++) {
        uint64_t carry = 0;
        for (unsigned j = 0; a->words[i] != 0 && i + j < LEAT_LIMBS; j++) {
            leat_u128 sum = (leat_u128)a->words[i] * b->words[j] + result.words[i + j] + carry;
            result.words[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> WORD_BITS);
        }
    }
    return result;
}

leat_limbs leat_limbs_scale(const leat_limbs *a, uint64_t by)
{
    leat_limbs result;
    uint64_t carry = 0;
    for (unsigned i = 0; i < LEAT_LIMBS; i++) {
        leat_u128 product = (leat_u128)a->words[i] * by + carry;
        result.words[i] = (uint64_t)product;
        carry = (uint64_t)(product >> WORD_BITS);
    }
    return result;
}

leat_limbs leat_limbs_divide(const leat_limbs *a, uint64_t by)
{
    LEAT_ASSERT(by != 0);
    leat_limbs result;
    uint64_t rest = 0;
    for (unsigned i = LEAT_LIMBS; i-- > 0;) {
        leat_u128 part = (leat_u128)rest << WORD_BITS | a->words[i];
        result.words[i] = (uint64_t)(part / by);
        rest = (uint64_t)(part % by);
    }
    return result;
}

static uint64_t power_of_ten(unsigned power)
{
    uint64_t result = 1;
    while (power-- > 0)
        result *= 10;
    return result;
}

leat_limbs leat_limbs_shift_up(const leat_limbs *a, unsigned power)
{
    leat_limbs result = *a;
    for (; power > DIGITS_A_WORD; power -= DIGITS_A_WORD)
        result = leat_limbs_scale(&result, ten_to_19);
    return leat_limbs_scale(&result, power_of_ten(power));
}

leat_limbs leat_limbs_shift_down(const leat_limbs *a, unsigned power)
{
    leat_limbs result = *a;
    for (; power > DIGITS_A_WORD; power -= DIGITS_A_WORD)
        result = leat_limbs_divide(&result, ten_to_19);
    return leat_limbs_divide(&result, power_of_ten(power));
}

static bool is_below(const leat_limbs *a, const leat_limbs *b)
{
    for (unsigned i = LEAT_LIMBS; i-- > 0;)
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i];
    return false;
}

static unsigned bit_count(const leat_limbs *a)
{
    for (unsigned i = LEAT_LIMBS; i-- > 0;)
        if (a->words[i] != 0)
            return (i + 1) * WORD_BITS - (unsigned)__builtin_clzll(a->words[i]);
    return 0;
}

static void halve(leat_limbs *a)
{
    for (unsigned i = 0; i < LEAT_LIMBS; i++) {
        uint64_t above = i + 1 < LEAT_LIMBS ? a->words[i + 1] : 0;
        a->words[i] = a->words[i] >> 1 | above << (WORD_BITS - 1);
    }
}

/* Digit by digit in base two: `bit` is a power of four, `root` what is known of twice the root. */
leat_limbs leat_limbs_root(const leat_limbs *a)
{
    leat_limbs rest = *a, root = {{0}}, bit = {{0}};
    unsigned bits = bit_count(a);
    if (bits == 0)
        return root;
    unsigned at = (bits - 1) & ~1u;
    bit.words[at / WORD_BITS] = UINT64_C(1) << at % WORD_BITS;
    for (unsigned step = at / 2 + 1; step-- > 0;) {
        leat_limbs taken = root;
        for (unsigned i = 0; i < LEAT_LIMBS; i++)
            taken.words[i] |= bit.words[i];
        halve(&root);
        if (!is_below(&rest, &taken)) {
            rest = leat_limbs_subtract(&rest, &taken);
            for (unsigned i = 0; i < LEAT_LIMBS; i++)
                root.words[i] |= bit.words[i];
        }
        halve(&bit);
        halve(&bit);
    }
    return root;
}

bool leat_limbs_to_i128(const leat_limbs *a, leat_i128 *out)
{
    if (bit_count(a) > 127)
        return false;
    *out = (leat_i128)((leat_u128)a->words[1] << WORD_BITS | a->words[0]);
    return true;
}
