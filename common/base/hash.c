/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/hash.h"

#include <xxhash.h>

uint64_t leat_hash(const void *data, size_t size)
{
    return XXH3_64bits(data, size);
}

uint64_t leat_hash_seeded(uint64_t seed, const void *data, size_t size)
{
    return XXH3_64bits_withSeed(data, size, seed);
}
