/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/crc32c.h"

#include <pthread.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

/* The reversed polynomial: bit 0 is the highest power. */
#define POLYNOMIAL UINT32_C(0x82F63B78)

/* table[k][b] = the checksum's change by byte b with k zero bytes behind it ("slicing by 8",
 * Kounavis and Berry, 2005). */
static uint32_t table[8][256];

typedef uint32_t extend_function(uint32_t state, const unsigned char *at, size_t size);
static extend_function *extend;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void table_fill(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
        table[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int byte = 0; byte < 256; byte++)
            table[k][byte] = (table[k - 1][byte] >> 8) ^ table[0][table[k - 1][byte] & 0xFF];
}

static uint32_t extend_table(uint32_t state, const unsigned char *at, size_t size)
{
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        word ^= state;
        state = 0;
        for (int k = 0; k < 8; k++)
            state ^= table[7 - k][(word >> (8 * k)) & 0xFF];
    }
    for (; size > 0; at++, size--)
        state = (state >> 8) ^ table[0][(state ^ *at) & 0xFF];
    return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t
extend_sse42(uint32_t state, const unsigned char *at, size_t size)
{
    uint64_t wide = state;
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        wide = _mm_crc32_u64(wide, word);
    }
    state = (uint32_t)wide;
    for (; size > 0; at++, size--)
        state = _mm_crc32_u8(state, *at);
    return state;
}
#endif

static void choose(void)
{
    table_fill();
    extend = extend_table;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2"))
        extend = extend_sse42;
#endif
}

uint32_t leat_crc32c_extend(uint32_t crc, const void *data, size_t size)
{
    pthread_once(&once, choose);
    return ~extend(~crc, data, size);
}

uint32_t leat_crc32c_extend_table(uint32_t crc, const void *data, size_t size)
{
    pthread_once(&once, choose);
    return ~extend_table(~crc, data, size);
}

uint32_t leat_crc32c(const void *data, size_t size)
{
    return leat_crc32c_extend(0, data, size);
}
