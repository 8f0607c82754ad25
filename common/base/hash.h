/* SPDX-License-Identifier: Apache-2.0
 *
 * hash - XXH3-64, seed 0: the key hash of decisions 17. Changing it is a new state format;
 * golden vectors in tests/unit/common/base/hash_test.c hold it still.
 */
#ifndef LEAT_COMMON_BASE_HASH_H
#define LEAT_COMMON_BASE_HASH_H

#include "common/base/bytes.h"

LEAT_PURE uint64_t leat_hash(const void *data, size_t size);

/* A running hash over several pieces, for content checks (not for keys). */
LEAT_PURE uint64_t leat_hash_seeded(uint64_t seed, const void *data, size_t size);

static inline uint64_t leat_hash_bytes(leat_bytes bytes)
{
    return leat_hash(bytes.data, bytes.size);
}

#endif
