/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/delta.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/crc32c.h"
#include "common/base/limits.h"
#include "common/base/vec.h"

enum { FLAG_PANE = 1, KEY_IS_LONG = 0xffff };

struct leat_delta_writer {
    leat_delta_chunk_take *take;
    void *take_self;

    bool is_open; /* between begin and finish */
    leat_delta_id id;
    LEAT_VEC(uint16_t) key_groups;
    LEAT_VEC(leat_manifest_chunk) chunks;
    LEAT_VEC(leat_manifest_section) sections;
    leat_buf chunk; /* the one being filled */
};

leat_delta_writer *leat_delta_writer_new(leat_delta_chunk_take *take, void *take_self)
{
    leat_delta_writer *writer = LEAT_NEW(leat_delta_writer);
    writer->take = take;
    writer->take_self = take_self;
    return writer;
}

void leat_delta_writer_free(leat_delta_writer **writer)
{
    leat_delta_writer *dropped = LEAT_TAKE(*writer);
    if (dropped == NULL)
        return;
    leat_vec_fini(&dropped->key_groups);
    leat_vec_fini(&dropped->chunks);
    leat_vec_fini(&dropped->sections);
    leat_buf_fini(&dropped->chunk);
    leat_free(dropped);
}

void leat_delta_begin(leat_delta_writer *writer,
                      leat_delta_id id,
                      const uint16_t *key_groups,
                      uint32_t key_group_count)
{
    LEAT_ASSERT(id.prev.value < id.epoch.value);
    writer->id = id;
    leat_vec_clear(&writer->key_groups);
    leat_vec_clear(&writer->chunks);
    leat_vec_clear(&writer->sections);
    leat_buf_clear(&writer->chunk);
    for (uint32_t i = 0; i < key_group_count; i++)
        leat_vec_push(&writer->key_groups, key_groups[i]);
    writer->is_open = true;
}

static void chunk_give(leat_delta_writer *writer)
{
    if (writer->chunk.size == 0)
        return;
    leat_blob *blob = leat_blob_copy(leat_buf_bytes(&writer->chunk));
    leat_manifest_chunk chunk = {leat_crc32c(writer->chunk.data, writer->chunk.size),
                                 (uint32_t)writer->chunk.size};
    uint32_t chunk_index = (uint32_t)writer->chunks.count;
    leat_vec_push(&writer->chunks, chunk);
    leat_buf_clear(&writer->chunk);
    writer->take(writer->take_self, chunk_index, blob);
}

/* The section that goes on at the end of the chunk being filled. */
static leat_manifest_section *section_at_end(leat_delta_writer *writer, const leat_record *record)
{
    uint32_t chunk_index = (uint32_t)writer->chunks.count;
    if (writer->sections.count > 0) {
        leat_manifest_section *last = &writer->sections.items[writer->sections.count - 1];
        if (last->state == record->state && last->key_group == record->key_group &&
            last->chunk_index == chunk_index)
            return last;
        LEAT_ASSERT(last->state < record->state || (last->state == record->state &&
                                                    last->key_group <= record->key_group)); /* D2 */
    }
    leat_manifest_section *section = leat_vec_add(&writer->sections);
    section->state = record->state;
    section->key_group = record->key_group;
    section->chunk_index = chunk_index;
    section->offset_bytes = (uint32_t)writer->chunk.size;
    return section;
}

static size_t record_size_max(const leat_record *record)
{
    return 8 + 1 + 1 + 2 + 4 + 4 + 8 + record->key.size + record->value.size;
}

void leat_delta_add(leat_delta_writer *writer, const leat_record *record)
{
    LEAT_ASSERT(writer->is_open); /* D1 */
    if (writer->chunk.size + record_size_max(record) > LEAT_CHUNK_BYTES_MAX)
        chunk_give(writer); /* D3 */
    leat_manifest_section *section = section_at_end(writer, record);
    size_t before = writer->chunk.size;
    leat_record_encode(record, &writer->chunk);
    section->size_bytes += (uint32_t)(writer->chunk.size - before);
    section->row_count++;
}

leat_blob *leat_delta_finish(leat_delta_writer *writer)
{
    LEAT_ASSERT(writer->is_open); /* D1 */
    chunk_give(writer);
    leat_manifest manifest = {.id = writer->id,
                              .key_group_count = (uint32_t)writer->key_groups.count,
                              .key_groups = writer->key_groups.items,
                              .chunk_count = (uint32_t)writer->chunks.count,
                              .chunks = writer->chunks.items,
                              .section_count = (uint32_t)writer->sections.count,
                              .sections = writer->sections.items};
    leat_manifest_encode(&manifest, &writer->chunk);
    leat_blob *blob = leat_blob_copy(leat_buf_bytes(&writer->chunk));
    leat_buf_clear(&writer->chunk);
    writer->is_open = false;
    return blob;
}

void leat_record_encode(const leat_record *record, leat_buf *out)
{
    char *at = leat_buf_reserve(out, record_size_max(record));
    const char *start = at;
    uint8_t kind = (uint8_t)record->kind;
    uint8_t flags = record->pane == LEAT_PANE_NONE ? 0 : FLAG_PANE;
    bool is_long = record->key.size >= KEY_IS_LONG;
    uint16_t key_size = is_long ? KEY_IS_LONG : (uint16_t)record->key.size;
    uint32_t long_key_size = (uint32_t)record->key.size;
    uint32_t value_size = (uint32_t)record->value.size;
#define PUT(field) (memcpy(at, &(field), sizeof(field)), at += sizeof(field))
    PUT(record->hash);
    PUT(kind);
    PUT(flags);
    PUT(key_size);
    if (is_long)
        PUT(long_key_size);
    PUT(value_size);
    if (flags & FLAG_PANE)
        PUT(record->pane);
#undef PUT
    if (record->key.size > 0)
        memcpy(at, record->key.data, record->key.size);
    at += record->key.size;
    if (record->value.size > 0)
        memcpy(at, record->value.data, record->value.size);
    at += record->value.size;
    out->size += (size_t)(at - start);
}

bool leat_record_decode(leat_cursor *in, leat_record *out_record)
{
    if (in->at == in->end)
        return false;
    leat_record record = {.hash = leat_cursor_u64(in)};
    uint8_t kind = leat_cursor_u8(in);
    uint8_t flags = leat_cursor_u8(in);
    size_t key_size = leat_cursor_u16(in);
    if (key_size == KEY_IS_LONG)
        key_size = leat_cursor_u32(in);
    size_t value_size = leat_cursor_u32(in);
    record.pane = flags & FLAG_PANE ? leat_cursor_i64(in) : LEAT_PANE_NONE;
    record.key = leat_bytes_of(leat_cursor_take(in, key_size), key_size);
    record.value = leat_bytes_of(leat_cursor_take(in, value_size), value_size);
    if (in->is_short || kind > LEAT_RECORD_DROP_PANE || flags > FLAG_PANE) {
        in->is_short = true;
        return false;
    }
    record.kind = (leat_record_kind)kind;
    record.state = out_record->state;
    record.key_group = out_record->key_group;
    *out_record = record;
    return true;
}
