/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/batch_codec.h"

#include <lz4.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/limits.h"
#include "common/columns/batch_memory.h"

enum {
    VERSION = 1,
    FLAG_LZ4 = 1,
    FLAG_CHANGES = 2,
    FLAGS_KNOWN = FLAG_LZ4 | FLAG_CHANGES,
    HEADER_BYTES = 14,
    ROWS_MAX = 1 << 24,
    RAW_BYTES_MAX = 64 * LEAT_MIB, /* a small hostile block must not take much memory */
    LZ4_RATIO_MAX = 255,           /* no LZ4 block expands further */
};

/* NULL cells are written as zeros here and below: equal rows give equal bytes. */
static void
bits_encode(const leat_rows *rows, const leat_column *column, const uint64_t *bits, leat_buf *out)
{
    uint64_t word = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        bool bit = leat_bit_get(bits, column->is_constant ? 0 : at);
        leat_bit_set(&word, i & 63, bit && !leat_column_is_null(column, at));
        if ((i & 63) == 63) {
            leat_buf_add_u64(out, word);
            word = 0;
        }
    }
    if ((rows->selected_count & 63) != 0)
        leat_buf_add_u64(out, word);
}

static void fixed_encode(const leat_rows *rows, const leat_column *column, leat_buf *out)
{
    size_t size = leat_layout_size((leat_layout)column->layout);
    char *to = leat_buf_reserve(out, size * rows->selected_count);
    const char *from = column->values;
    if (!column->is_constant && rows->selected == NULL && rows->row_count > 0) {
        memcpy(to, from, size * rows->row_count);
    } else {
        for (uint32_t i = 0; i < rows->selected_count; i++) {
            size_t at = column->is_constant ? 0 : leat_rows_at(rows, i);
            memcpy(to + size * i, from + size * at, size);
        }
    }
    for (uint32_t i = 0; column->validity != NULL && i < rows->selected_count; i++) {
        if (leat_column_is_null(column, leat_rows_at(rows, i)))
            memset(to + size * i, 0, size);
    }
    out->size += size * rows->selected_count;
}

/* u32 end offset per row, then the bytes. */
static void views_encode(const leat_rows *rows, const leat_column *column, leat_buf *out)
{
    size_t offsets_at = out->size;
    size_t total = 0;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        if (!leat_column_is_null(column, at))
            total += LEAT_COLUMN_GET(column, leat_view, at).size;
        leat_buf_add_u32(out, (uint32_t)total);
    }
    LEAT_ASSERT(total <= UINT32_MAX);
    char *text = leat_buf_reserve(out, total);
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        if (leat_column_is_null(column, at))
            continue;
        leat_bytes bytes = leat_view_bytes(&LEAT_COLUMN_GET(column, leat_view, at));
        memcpy(text, bytes.data, bytes.size);
        text += bytes.size;
    }
    out->size += total;
    LEAT_ASSERT(text == out->data + out->size && offsets_at <= out->size);
}

static void column_encode(const leat_rows *rows, const leat_column *column, leat_buf *out)
{
    bool is_nested = leat_type_is_nested(column->type); /* whose shape both sides know */
    leat_buf_add_u8(out, column->type.id);
    leat_buf_add_u8(out, is_nested ? 0 : column->type.precision);
    leat_buf_add_u8(out, is_nested ? 0 : column->type.scale);
    leat_buf_add_u8(out, column->layout);
    leat_buf_add_u8(out, column->validity != NULL);
    if (column->validity != NULL)
        bits_encode(rows, column, column->validity, out);
    if (column->layout == LEAT_LAYOUT_BIT)
        bits_encode(rows, column, column->values, out);
    else if (column->layout == LEAT_LAYOUT_VIEW)
        views_encode(rows, column, out);
    else
        fixed_encode(rows, column, out);
}

/* Compress [body_at, end) in place when that makes it smaller. */
static bool body_compress(leat_buf *out, size_t body_at)
{
    size_t raw = out->size - body_at;
    if (raw == 0 || raw > RAW_BYTES_MAX)
        return false;
    int bound = LZ4_compressBound((int)raw);
    char *to = leat_buf_reserve(out, (size_t)bound);
    int size = LZ4_compress_default(out->data + body_at, to, (int)raw, bound);
    if (size <= 0 || (size_t)size >= raw)
        return false;
    memmove(out->data + body_at, to, (size_t)size);
    out->size = body_at + (size_t)size;
    return true;
}

void leat_batch_encode(const leat_rows *rows, leat_compression compression, leat_buf *out)
{
    LEAT_ASSERT(rows->selected_count <= ROWS_MAX);
    size_t header_at = out->size;
    size_t body_at = header_at + HEADER_BYTES;
    memset(leat_buf_reserve(out, HEADER_BYTES), 0, HEADER_BYTES);
    out->size = body_at;
    leat_buf_add_u16(out, (uint16_t)rows->schema->field_count);
    for (uint32_t c = 0; c < rows->schema->field_count; c++)
        column_encode(rows, &rows->columns[c], out);
    for (uint32_t i = 0; rows->changes != NULL && i < rows->selected_count; i++)
        leat_buf_add_u8(out, rows->changes[leat_rows_at(rows, i)]);

    size_t raw = out->size - body_at;
    LEAT_ASSERT(raw <= UINT32_MAX);
    unsigned flags = rows->changes != NULL ? FLAG_CHANGES : 0;
    if (compression == LEAT_COMPRESSION_LZ4 && body_compress(out, body_at))
        flags |= FLAG_LZ4;
    uint32_t sizes[3] = {rows->selected_count, (uint32_t)raw, (uint32_t)(out->size - body_at)};
    char *header = out->data + header_at;
    header[0] = VERSION;
    header[1] = (char)flags;
    memcpy(header + 2, sizes, sizeof sizes);
}

/* Where the parts of one column lie in the body; any address. */
typedef struct column_parts {
    const void *validity;
    const void *values; /* offsets for text */
    const void *text;
    uint32_t text_size;
} column_parts;

static size_t bits_size(uint32_t row_count)
{
    return leat_bit_words(row_count) * sizeof(uint64_t);
}

static uint32_t offset_at(const void *offsets, uint32_t i)
{
    uint32_t offset;
    memcpy(&offset, (const char *)offsets + sizeof offset * i, sizeof offset);
    return offset;
}

static bool layout_is_valid(leat_type type, uint8_t layout)
{
    return layout == leat_type_layout(type) ||
           (type.id == LEAT_TYPE_DECIMAL && layout == LEAT_LAYOUT_I128);
}

/* False when the bytes are not a column of this type. */
static bool column_scan(leat_cursor *in,
                        leat_type type,
                        uint32_t row_count,
                        uint8_t *out_layout,
                        column_parts *out_parts)
{
    leat_type found = {.id = leat_cursor_u8(in)};
    found.precision = leat_cursor_u8(in);
    found.scale = leat_cursor_u8(in);
    uint8_t layout = leat_cursor_u8(in);
    uint8_t has_validity = leat_cursor_u8(in);
    if (leat_type_is_nested(type) && found.precision == 0 && found.scale == 0 &&
        found.id == type.id)
        found = type;
    if (in->is_short || !leat_type_equal(found, type) || !layout_is_valid(type, layout) ||
        has_validity > 1)
        return false;
    column_parts parts = {0};
    if (has_validity)
        parts.validity = leat_cursor_take(in, bits_size(row_count));
    size_t size = layout == LEAT_LAYOUT_BIT    ? bits_size(row_count)
                  : layout == LEAT_LAYOUT_VIEW ? sizeof(uint32_t) * row_count
                                               : leat_layout_size(layout) * row_count;
    parts.values = leat_cursor_take(in, size);
    if (in->is_short)
        return false;
    if (layout == LEAT_LAYOUT_VIEW && row_count > 0) {
        uint32_t before = 0;
        for (uint32_t i = 0; i < row_count; i++) {
            uint32_t end = offset_at(parts.values, i);
            if (end < before)
                return false;
            before = end;
        }
        parts.text_size = before;
        parts.text = leat_cursor_take(in, before);
    }
    *out_layout = layout;
    *out_parts = parts;
    return !in->is_short;
}

static void views_decode(const column_parts *parts, leat_view *views, uint32_t rows, char *text)
{
    if (parts->text_size > 0)
        memcpy(text, parts->text, parts->text_size);
    uint32_t start = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t end = offset_at(parts->values, i);
        views[i] = leat_view_of(text + start, end - start);
        start = end;
    }
}

static void column_fill(leat_batch *batch, uint32_t c, const column_parts *parts, char *text)
{
    leat_column *column = &batch->columns[c];
    leat_cells *cells = &batch->cells[c];
    uint32_t rows = batch->rows.row_count;
    if (rows == 0)
        return;
    if (parts->validity != NULL) {
        memcpy(cells->validity, parts->validity, bits_size(rows));
        column->validity = cells->validity;
    }
    if (column->layout == LEAT_LAYOUT_VIEW)
        views_decode(parts, cells->values, rows, text);
    else if (column->layout == LEAT_LAYOUT_BIT)
        memcpy(cells->values, parts->values, bits_size(rows));
    else
        memcpy(cells->values, parts->values, leat_layout_size(column->layout) * rows);
}

static bool changes_are_valid(const uint8_t *changes, uint32_t row_count)
{
    uint8_t all = 0;
    for (uint32_t i = 0; i < row_count; i++)
        all |= changes[i];
    return all <= LEAT_CHANGE_DELETE;
}

static leat_code body_decode(leat_bytes body,
                             const leat_schema *schema,
                             uint32_t row_count,
                             bool has_changes,
                             leat_batch **out_batch,
                             leat_error *err)
{
    column_parts parts[LEAT_SCHEMA_FIELDS_MAX];
    uint8_t layouts[LEAT_SCHEMA_FIELDS_MAX];
    leat_cursor in = leat_cursor_over(body);
    size_t text_bytes = 0;
    if (leat_cursor_u16(&in) != schema->field_count)
        return leat_fail(err, LEAT_CORRUPT, "batch: its columns are not those of the schema");
    for (uint32_t c = 0; c < schema->field_count; c++) {
        if (!column_scan(&in, schema->fields[c].type, row_count, &layouts[c], &parts[c]))
            return leat_fail(err, LEAT_CORRUPT, "batch: column `%.*s` cannot be read",
                             LEAT_FMT(schema->fields[c].name));
        text_bytes += parts[c].text_size;
    }
    const uint8_t *changes = has_changes ? leat_cursor_take(&in, row_count) : NULL;
    if (in.is_short || in.at != in.end || (has_changes && !changes_are_valid(changes, row_count)))
        return leat_fail(err, LEAT_CORRUPT, "batch: its end cannot be read");

    leat_batch *batch = leat_batch_new_exact(schema, layouts, row_count, text_bytes);
    char *text = batch->text;
    for (uint32_t c = 0; c < schema->field_count; c++) {
        column_fill(batch, c, &parts[c], text);
        text += parts[c].text_size;
    }
    if (has_changes) {
        memcpy(batch->changes, changes, row_count);
        batch->rows.changes = batch->changes;
    }
    *out_batch = batch;
    return LEAT_OK;
}

leat_code leat_batch_decode(leat_bytes block,
                            const leat_schema *schema,
                            leat_batch **out_batch,
                            leat_error *err)
{
    leat_cursor in = leat_cursor_over(block);
    uint8_t version = leat_cursor_u8(&in);
    uint8_t flags = leat_cursor_u8(&in);
    uint32_t row_count = leat_cursor_u32(&in);
    uint32_t raw = leat_cursor_u32(&in);
    uint32_t stored = leat_cursor_u32(&in);
    const char *body = leat_cursor_take(&in, stored);
    if (in.is_short || in.at != in.end)
        return leat_fail(err, LEAT_CORRUPT, "batch: %zu bytes are not a whole block", block.size);
    if (version != VERSION || (flags & ~FLAGS_KNOWN) != 0 || row_count > ROWS_MAX)
        return leat_fail(err, LEAT_CORRUPT, "batch: version %u, flags %u, rows %u are unknown",
                         version, flags, row_count);
    bool has_changes = (flags & FLAG_CHANGES) != 0;
    if ((flags & FLAG_LZ4) == 0) {
        if (raw != stored)
            return leat_fail(err, LEAT_CORRUPT, "batch: %u bytes instead of %u", stored, raw);
        return body_decode(leat_bytes_of(body, raw), schema, row_count, has_changes, out_batch,
                           err);
    }
    if (stored > LZ4_MAX_INPUT_SIZE || raw > RAW_BYTES_MAX || raw / LZ4_RATIO_MAX > stored)
        return leat_fail(err, LEAT_CORRUPT, "batch: %u bytes cannot hold %u", stored, raw);
    char *scratch = leat_alloc(raw);
    leat_code code = LEAT_OK;
    if (LZ4_decompress_safe(body, scratch, (int)stored, (int)raw) != (int)raw)
        code = leat_fail(err, LEAT_CORRUPT, "batch: its LZ4 block cannot be read");
    else
        code = body_decode(leat_bytes_of(scratch, raw), schema, row_count, has_changes, out_batch,
                           err);
    leat_free(scratch);
    return code;
}
