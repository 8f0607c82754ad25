/* SPDX-License-Identifier: Apache-2.0
 *
 * row_codec - a row's key and value as the bytes of a record, and back.
 *
 * Key: per column a tag byte (0 NULL, 1 value), then 8 or 16 bytes, or u32 length and text. Value:
 * the cells as they are, with the pointers of long views zeroed, then the long texts in order.
 */
#include "common/base/hash.h"
#include "worker/state/table_layout.h"

enum { INTEGER_KEY_SIZE = 9 };

static uint32_t cell_size(const leat_key_cell *cell)
{
    return cell->layout == LEAT_LAYOUT_I128 || cell->layout == LEAT_LAYOUT_INTERVAL ||
                   cell->layout == LEAT_LAYOUT_VIEW
               ? 16
               : 8;
}

static void integer_key_bytes(uint64_t head, char out[INTEGER_KEY_SIZE])
{
    out[0] = 1;
    memcpy(out + 1, &head, sizeof head);
}

uint64_t leat_row_hash(const leat_table *table, const leat_row *row)
{
    if (!table->is_integer_key)
        return row->head;
    if (row->mark & ROW_NULL_KEY)
        return leat_hash("\0", 1);
    char key[INTEGER_KEY_SIZE];
    integer_key_bytes(row->head, key);
    return leat_hash(key, sizeof key);
}

void leat_row_encode_key(const leat_table *table, const leat_row *row, leat_buf *out)
{
    if (table->is_integer_key) {
        char key[INTEGER_KEY_SIZE] = {0};
        bool is_null = (row->mark & ROW_NULL_KEY) != 0;
        if (!is_null)
            integer_key_bytes(row->head, key);
        leat_buf_add(out, key, is_null ? 1 : sizeof key);
        return;
    }
    const char *cells = (const char *)row + table->key_offset;
    uint64_t nulls;
    memcpy(&nulls, cells, sizeof nulls);
    for (uint32_t i = 0; i < table->key_count; i++) {
        const leat_key_cell *cell = &table->cells[i];
        bool is_null = (nulls >> i) & 1;
        leat_buf_add_u8(out, !is_null);
        if (is_null)
            continue;
        if (cell->layout != LEAT_LAYOUT_VIEW) {
            leat_buf_add(out, cells + cell->offset, cell_size(cell));
            continue;
        }
        leat_view view;
        memcpy(&view, cells + cell->offset, sizeof view);
        leat_buf_add_bytes(out, leat_view_bytes(&view));
    }
}

void leat_row_encode_value(const leat_table *table, const leat_row *row, leat_buf *out)
{
    const leat_table_spec *spec = &table->spec;
    const char *cells = (const char *)row + sizeof *row;
    size_t start = out->size;
    leat_buf_add(out, cells, spec->value_size);
    for (uint32_t i = 0; i < spec->view_count; i++) {
        leat_view view;
        memcpy(&view, cells + spec->view_offsets[i], sizeof view);
        if (view.size <= LEAT_VIEW_INLINE_MAX)
            continue;
        leat_buf_add(out, view.data, view.size);
        view.data = NULL;
        memcpy(out->data + start + spec->view_offsets[i], &view, sizeof view);
    }
}

void leat_row_encode(const leat_table *table,
                     const leat_part *part,
                     const leat_row *row,
                     leat_record_run *out)
{
    leat_record_run_begin(out, LEAT_RECORD_PUT, leat_row_hash(table, row), part->pane);
    leat_row_encode_key(table, row, &out->bytes);
    leat_record_run_key_end(out);
    leat_row_encode_value(table, row, &out->bytes);
    leat_record_run_end(out);
}

static bool decode_integer_key(leat_bytes key, leat_key_ref *out_key)
{
    bool is_null = key.size == 1 && key.data[0] == 0;
    if (!is_null && (key.size != INTEGER_KEY_SIZE || key.data[0] != 1))
        return false;
    out_key->is_null = is_null;
    if (!is_null)
        memcpy(&out_key->head, key.data + 1, sizeof out_key->head);
    return true;
}

bool leat_row_decode_key(
    const leat_table *table, leat_bytes key, uint64_t hash, char *staged, leat_key_ref *out_key)
{
    *out_key = (leat_key_ref){.hash = hash, .head = hash, .staged = staged};
    if (table->is_integer_key)
        return decode_integer_key(key, out_key);
    memset(staged, 0, table->key_size);
    leat_cursor in = leat_cursor_over(key);
    uint64_t nulls = 0;
    for (uint32_t i = 0; i < table->key_count; i++) {
        const leat_key_cell *cell = &table->cells[i];
        uint8_t tag = leat_cursor_u8(&in);
        if (tag > 1)
            return false;
        if (tag == 0) {
            nulls |= UINT64_C(1) << i;
        } else if (cell->layout == LEAT_LAYOUT_VIEW) {
            leat_bytes text = leat_cursor_bytes(&in);
            leat_view view = leat_view_of(text.data == NULL ? "" : text.data, text.size);
            memcpy(staged + cell->offset, &view, sizeof view);
        } else {
            const void *from = leat_cursor_take(&in, cell_size(cell));
            if (from != NULL)
                memcpy(staged + cell->offset, from, cell_size(cell));
        }
    }
    memcpy(staged, &nulls, sizeof nulls);
    return !in.is_short && in.at == in.end;
}

bool leat_row_decode_value(const leat_table *table, leat_bytes value, leat_row *row)
{
    const leat_table_spec *spec = &table->spec;
    if (value.size < spec->value_size)
        return false;
    char *cells = leat_row_cells(row);
    memcpy(cells, value.data, spec->value_size);
    leat_cursor in = leat_cursor_over(
        leat_bytes_of(value.data + spec->value_size, value.size - spec->value_size));
    for (uint32_t i = 0; i < spec->view_count; i++) {
        leat_view view;
        memcpy(&view, cells + spec->view_offsets[i], sizeof view);
        if (view.size <= LEAT_VIEW_INLINE_MAX)
            continue;
        const char *text = leat_cursor_take(&in, view.size);
        view = text == NULL ? (leat_view){0} : leat_view_of(text, view.size);
        memcpy(cells + spec->view_offsets[i], &view, sizeof view);
    }
    return !in.is_short && in.at == in.end;
}
