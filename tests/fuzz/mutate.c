/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/mutate.h"

static const uint64_t edges[] = {0,         1,          2,          127,        128,
                                 255,       256,        32767,      32768,      65535,
                                 65536,     0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
                                 INT64_MAX, UINT64_MAX, 1024,       4096,       0xfffffff0};

static size_t place_in(leat_prng *prng, const leat_buf *input)
{
    return input->size == 0 ? 0 : leat_prng_below(prng, input->size);
}

static void insert_bytes(leat_buf *input, size_t at, const char *bytes, size_t size)
{
    if (input->size + size > LEAT_FUZZ_INPUT_MAX || size == 0)
        return;
    leat_buf copy = {0};
    leat_buf_add(&copy, bytes, size);
    leat_buf_reserve(input, size);
    memmove(input->data + at + size, input->data + at, input->size - at);
    memcpy(input->data + at, copy.data, size);
    input->size += size;
    leat_buf_fini(&copy);
}

static void overwrite_number(leat_prng *prng, leat_buf *input)
{
    static const size_t widths[] = {1, 2, 4, 8};
    size_t width = widths[leat_prng_below(prng, LEAT_COUNT_OF(widths))];
    if (input->size < width)
        return;
    size_t at = leat_prng_below(prng, input->size - width + 1);
    uint64_t value = edges[leat_prng_below(prng, LEAT_COUNT_OF(edges))];
    if (leat_prng_chance(prng, 0.3)) { /* near what stands there */
        memcpy(&value, input->data + at, width);
        value += leat_prng_below(prng, 5) - 2;
    }
    memcpy(input->data + at, &value, width);
}

static void remove_piece(leat_prng *prng, leat_buf *input)
{
    size_t at = place_in(prng, input);
    size_t size = leat_prng_below(prng, LEAT_MIN(input->size - at, (size_t)32) + 1);
    memmove(input->data + at, input->data + at + size, input->size - at - size);
    input->size -= size;
}

static void insert_piece(leat_prng *prng, leat_buf *input, leat_bytes from)
{
    if (from.size == 0)
        return;
    size_t start = leat_prng_below(prng, from.size);
    size_t size = leat_prng_below(prng, LEAT_MIN(from.size - start, (size_t)64) + 1);
    insert_bytes(input, place_in(prng, input), from.data + start, size);
}

static void insert_word(leat_prng *prng, leat_buf *input, const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    const char *word = words[leat_prng_below(prng, count)];
    insert_bytes(input, place_in(prng, input), word, strlen(word));
}

static void
mutate_once(leat_prng *prng, leat_buf *input, leat_bytes other, const char *const *words)
{
    if (input->size == 0) {
        insert_piece(prng, input, other);
        return;
    }
    switch (leat_prng_below(prng, words == NULL ? 7 : 9)) {
    case 0:
        input->data[place_in(prng, input)] ^= (char)(1u << leat_prng_below(prng, 8));
        return;
    case 1:
        input->data[place_in(prng, input)] = (char)leat_prng_below(prng, 256);
        return;
    case 2:
        overwrite_number(prng, input);
        return;
    case 3:
        remove_piece(prng, input);
        return;
    case 4:
        insert_piece(prng, input, leat_buf_bytes(input));
        return;
    case 5:
        insert_piece(prng, input, other);
        return;
    case 6:
        if (leat_prng_chance(prng, 0.2))
            input->size = place_in(prng, input);
        return;
    default:
        insert_word(prng, input, words);
    }
}

void leat_fuzz_mutate(leat_prng *prng, leat_buf *input, leat_bytes other, const char *const *words)
{
    uint64_t count = 1 + leat_prng_below(prng, leat_prng_chance(prng, 0.5) ? 2 : 8);
    for (uint64_t i = 0; i < count; i++)
        mutate_once(prng, input, other, words);
}
