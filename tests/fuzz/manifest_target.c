/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests of deltas, as a standby gets them and a journal holds them.
 */
#include "common/base/crc32c.h"
#include "tests/fuzz/fuzz.h"
#include "worker/state/manifest.h"

enum { CRC_AT = 4, HEAD_BYTES = 8 };

static void seed(leat_fuzz_seeds *seeds)
{
    static const uint16_t groups[] = {0, 3, 7};
    static const leat_manifest_chunk chunks[] = {{0x1234, 100}, {0x5678, 60}};
    static const leat_manifest_section sections[] = {
        {0, 0, 0, 0, 40, 2}, {0, 3, 0, 40, 60, 1}, {1, 3, 1, 0, 60, 3}};
    leat_manifest manifest = {
        .id = {.job = {1}, .generation = {2}, .epoch = {9}, .prev = {8}, .slot = {1}},
        .key_group_count = LEAT_COUNT_OF(groups),
        .key_groups = groups,
    };
    leat_manifest_encode(&manifest, leat_fuzz_seed(seeds)); /* nothing changed */
    manifest.chunk_count = LEAT_COUNT_OF(chunks);
    manifest.chunks = chunks;
    manifest.section_count = LEAT_COUNT_OF(sections);
    manifest.sections = sections;
    leat_manifest_encode(&manifest, leat_fuzz_seed(seeds));
}

static void mend(leat_buf *input)
{
    if (input->size < HEAD_BYTES)
        return;
    uint32_t crc = leat_crc32c(input->data + HEAD_BYTES, input->size - HEAD_BYTES);
    memcpy(input->data + CRC_AT, &crc, sizeof crc);
}

static bool run(leat_bytes input)
{
    leat_arena arena = {0};
    leat_error err = {0};
    leat_manifest manifest;
    bool accepted = leat_manifest_decode(input, &arena, &manifest, &err) == LEAT_OK;
    if (accepted) {
        leat_buf again = {0};
        leat_manifest_encode(&manifest, &again);
        LEAT_ASSERT(leat_bytes_equal(input, leat_buf_bytes(&again)));
        for (uint32_t i = 0; i < manifest.key_group_count; i++)
            LEAT_ASSERT(leat_manifest_covers(&manifest, manifest.key_groups[i]));
        leat_buf_fini(&again);
    }
    leat_arena_fini(&arena);
    return accepted;
}

const leat_fuzz_target leat_fuzz_manifest = {
    .name = "manifest", .seed = seed, .mend = mend, .run = run};
