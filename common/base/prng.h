/* SPDX-License-Identifier: Apache-2.0
 *
 * prng - splitmix64: small, fast, seedable, the same everywhere. Not for secrets.
 * Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
 */
#ifndef LEAT_COMMON_BASE_PRNG_H
#define LEAT_COMMON_BASE_PRNG_H

#include <stdbool.h>
#include <stdint.h>

typedef struct leat_prng {
    uint64_t state;
} leat_prng;

static inline uint64_t leat_prng_next(leat_prng *prng)
{
    uint64_t z = (prng->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

__extension__ typedef unsigned __int128 leat_prng_wide;

/* Uniform in [0, bound) by multiply-shift; bound > 0. */
static inline uint64_t leat_prng_below(leat_prng *prng, uint64_t bound)
{
    return (uint64_t)(((leat_prng_wide)leat_prng_next(prng) * bound) >> 64);
}

/* Uniform in [0, 1). */
static inline double leat_prng_unit(leat_prng *prng)
{
    return (double)(leat_prng_next(prng) >> 11) * 0x1.0p-53;
}

static inline bool leat_prng_chance(leat_prng *prng, double probability)
{
    return leat_prng_unit(prng) < probability;
}

#endif
