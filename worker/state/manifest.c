/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/manifest.h"

#include "common/base/crc32c.h"
#include "common/base/hash.h"
#include "common/base/limits.h"

enum { MAGIC = 0x4d4c4544, FORMAT = 1, HEAD_BYTES = 8, SECTION_BYTES = 20, CHUNK_BYTES = 8 };

void leat_manifest_encode(const leat_manifest *manifest, leat_buf *out)
{
    size_t start = out->size;
    leat_buf_add_u32(out, MAGIC);
    leat_buf_add_u32(out, 0);
    leat_buf_add_u16(out, FORMAT);
    leat_buf_add_u32(out, manifest->id.job.value);
    leat_buf_add_u64(out, manifest->id.generation.value);
    leat_buf_add_u64(out, manifest->id.epoch.value);
    leat_buf_add_u64(out, manifest->id.prev.value);
    leat_buf_add_u32(out, manifest->id.slot.value);
    leat_buf_add_u16(out, (uint16_t)manifest->key_group_count);
    for (uint32_t i = 0; i < manifest->key_group_count; i++)
        leat_buf_add_u16(out, manifest->key_groups[i]);
    leat_buf_add_u32(out, manifest->chunk_count);
    for (uint32_t i = 0; i < manifest->chunk_count; i++) {
        leat_buf_add_u32(out, manifest->chunks[i].crc);
        leat_buf_add_u32(out, manifest->chunks[i].size_bytes);
    }
    leat_buf_add_u32(out, manifest->section_count);
    for (uint32_t i = 0; i < manifest->section_count; i++) {
        const leat_manifest_section *section = &manifest->sections[i];
        leat_buf_add_u16(out, section->state);
        leat_buf_add_u16(out, section->key_group);
        leat_buf_add_u32(out, section->chunk_index);
        leat_buf_add_u32(out, section->offset_bytes);
        leat_buf_add_u32(out, section->size_bytes);
        leat_buf_add_u32(out, section->row_count);
    }
    uint32_t crc = leat_crc32c(out->data + start + HEAD_BYTES, out->size - start - HEAD_BYTES);
    memcpy(out->data + start + 4, &crc, sizeof crc);
}

static leat_code key_groups_decode(leat_cursor *in, leat_arena *arena, leat_manifest *manifest)
{
    manifest->key_group_count = leat_cursor_u16(in);
    if (manifest->key_group_count > LEAT_KEY_GROUPS_MAX)
        return LEAT_CORRUPT;
    uint16_t *key_groups = LEAT_ARENA_ARRAY(arena, uint16_t, manifest->key_group_count);
    for (uint32_t i = 0; i < manifest->key_group_count; i++) {
        key_groups[i] = leat_cursor_u16(in);
        bool in_order = i == 0 || key_groups[i] > key_groups[i - 1];
        if (!in_order || key_groups[i] >= LEAT_KEY_GROUPS_MAX)
            return LEAT_CORRUPT;
    }
    manifest->key_groups = key_groups;
    return LEAT_OK;
}

static leat_code chunks_decode(leat_cursor *in, leat_arena *arena, leat_manifest *manifest)
{
    manifest->chunk_count = leat_cursor_u32(in);
    if (manifest->chunk_count > (size_t)(in->end - in->at) / CHUNK_BYTES)
        return LEAT_CORRUPT;
    leat_manifest_chunk *chunks =
        LEAT_ARENA_ARRAY(arena, leat_manifest_chunk, manifest->chunk_count);
    for (uint32_t i = 0; i < manifest->chunk_count; i++) {
        chunks[i].crc = leat_cursor_u32(in);
        chunks[i].size_bytes = leat_cursor_u32(in);
    }
    manifest->chunks = chunks;
    return LEAT_OK;
}

static leat_code sections_decode(leat_cursor *in, leat_arena *arena, leat_manifest *manifest)
{
    manifest->section_count = leat_cursor_u32(in);
    if (manifest->section_count > (size_t)(in->end - in->at) / SECTION_BYTES)
        return LEAT_CORRUPT;
    leat_manifest_section *sections =
        LEAT_ARENA_ARRAY(arena, leat_manifest_section, manifest->section_count);
    for (uint32_t i = 0; i < manifest->section_count; i++) {
        leat_manifest_section *section = &sections[i];
        section->state = leat_cursor_u16(in);
        section->key_group = leat_cursor_u16(in);
        section->chunk_index = leat_cursor_u32(in);
        section->offset_bytes = leat_cursor_u32(in);
        section->size_bytes = leat_cursor_u32(in);
        section->row_count = leat_cursor_u32(in);
        if (section->chunk_index >= manifest->chunk_count)
            return LEAT_CORRUPT;
        uint32_t chunk_bytes = manifest->chunks[section->chunk_index].size_bytes;
        if (section->offset_bytes > chunk_bytes ||
            section->size_bytes > chunk_bytes - section->offset_bytes)
            return LEAT_CORRUPT;
    }
    manifest->sections = sections;
    return LEAT_OK;
}

leat_code leat_manifest_decode(leat_bytes bytes,
                               leat_arena *arena,
                               leat_manifest *out_manifest,
                               leat_error *err)
{
    leat_cursor in = leat_cursor_over(bytes);
    uint32_t magic = leat_cursor_u32(&in);
    uint32_t crc = leat_cursor_u32(&in);
    if (in.is_short || magic != MAGIC)
        return leat_fail(err, LEAT_CORRUPT, "not a manifest (%zu bytes)", bytes.size);
    if (leat_crc32c(in.at, (size_t)(in.end - in.at)) != crc)
        return leat_fail(err, LEAT_CORRUPT, "manifest checksum differs");
    uint16_t format = leat_cursor_u16(&in);
    if (format != FORMAT)
        return leat_fail(err, LEAT_CORRUPT, "manifest format %u, expected %d", format, FORMAT);

    leat_manifest manifest = {0};
    manifest.id.job.value = leat_cursor_u32(&in);
    manifest.id.generation.value = leat_cursor_u64(&in);
    manifest.id.epoch.value = leat_cursor_u64(&in);
    manifest.id.prev.value = leat_cursor_u64(&in);
    manifest.id.slot.value = leat_cursor_u32(&in);
    if (key_groups_decode(&in, arena, &manifest) != LEAT_OK)
        return leat_fail(err, LEAT_CORRUPT, "manifest key groups are not ascending");
    if (chunks_decode(&in, arena, &manifest) != LEAT_OK)
        return leat_fail(err, LEAT_CORRUPT, "manifest chunk list is cut");
    if (sections_decode(&in, arena, &manifest) != LEAT_OK)
        return leat_fail(err, LEAT_CORRUPT, "manifest section lies outside its chunk");
    if (in.is_short || in.at != in.end || manifest.id.prev.value >= manifest.id.epoch.value)
        return leat_fail(err, LEAT_CORRUPT, "manifest length or epochs do not fit");
    *out_manifest = manifest;
    return LEAT_OK;
}

uint64_t leat_manifest_hash(leat_bytes encoded)
{
    return leat_hash_bytes(encoded);
}

bool leat_manifest_covers(const leat_manifest *manifest, uint16_t key_group)
{
    uint32_t low = 0;
    uint32_t high = manifest->key_group_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (manifest->key_groups[middle] < key_group)
            low = middle + 1;
        else
            high = middle;
    }
    return low < manifest->key_group_count && manifest->key_groups[low] == key_group;
}
