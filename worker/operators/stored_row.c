/* SPDX-License-Identifier: Apache-2.0
 *
 * Column by column, both ways: the type is asked for once per column and batch.
 */
#include "worker/operators/stored_row.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"

static uint8_t cell_layout(leat_type type)
{
    bool is_wide = type.id == LEAT_TYPE_DECIMAL && type.precision > LEAT_DECIMAL_PRECISION_I64;
    return is_wide ? (uint8_t)LEAT_LAYOUT_I128 : (uint8_t)leat_type_layout(type);
}

static uint32_t cell_size(uint8_t layout)
{
    bool is_wide =
        layout == LEAT_LAYOUT_I128 || layout == LEAT_LAYOUT_INTERVAL || layout == LEAT_LAYOUT_VIEW;
    return is_wide ? 16 : 8;
}

void leat_row_format_init(leat_row_format *format, const leat_schema *schema, leat_arena *arena)
{
    uint32_t offset = (uint32_t)leat_bit_words(schema->field_count) * 8;
    *format = (leat_row_format){.schema = schema};
    format->offsets = LEAT_ARENA_ARRAY(arena, uint32_t, schema->field_count);
    format->layouts = LEAT_ARENA_ARRAY(arena, uint8_t, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++) {
        format->layouts[i] = cell_layout(schema->fields[i].type);
        format->offsets[i] = offset;
        offset += cell_size(format->layouts[i]);
    }
    format->fixed_size = offset;
}

void leat_stored_rows_fini(leat_stored_rows *stored)
{
    leat_buf_fini(&stored->bytes);
    leat_free(stored->starts);
    *stored = (leat_stored_rows){0};
}

/* --- Writing. --- */

/* starts[i + 1] = size of row i. */
static void measure(leat_stored_rows *stored, const leat_row_format *format, const leat_rows *rows)
{
    for (uint32_t i = 0; i < stored->count; i++)
        stored->starts[i + 1] = format->fixed_size;
    for (uint32_t column = 0; column < format->schema->field_count; column++) {
        const leat_column *from = &rows->columns[column];
        if (format->layouts[column] != LEAT_LAYOUT_VIEW || from->type.id == LEAT_TYPE_UNKNOWN)
            continue;
        for (uint32_t i = 0; i < stored->count; i++) {
            uint32_t at = leat_rows_at(rows, i);
            if (leat_column_is_null(from, at))
                continue;
            uint32_t size = LEAT_COLUMN_GET(from, leat_view, at).size;
            stored->starts[i + 1] += size > LEAT_VIEW_INLINE_MAX ? (size + 7u) / 8u * 8u : 0;
        }
    }
    stored->starts[0] = 0;
    for (uint32_t i = 0; i < stored->count; i++)
        stored->starts[i + 1] += stored->starts[i];
}

/* One column of one batch on its way. `used` says how much of each row is written. */
typedef struct column_writer {
    leat_stored_rows *stored;
    const leat_rows *rows;
    const leat_column *from;
    uint32_t offset;
    uint32_t column;
    size_t *used;
} column_writer;

static char *row_at(const column_writer *w, uint32_t i)
{
    return w->stored->bytes.data + w->stored->starts[i];
}

/* BODY for every value that is not NULL: `at` is its position, `to` its cell. */
#define WRITE_CELLS(...)                                                                           \
    for (uint32_t i = 0; i < w->stored->count; i++) {                                              \
        uint32_t at = leat_rows_at(w->rows, i);                                                    \
        char *to = row_at(w, i) + w->offset;                                                       \
        if (!leat_column_is_null(w->from, at)) {                                                   \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

#define WRITE_AS(T, value) WRITE_CELLS(T cell = (value); memcpy(to, &cell, sizeof cell);)

static void write_nulls(const column_writer *w)
{
    if (w->from->validity == NULL)
        return;
    uint32_t word_at = w->column >> 6;
    for (uint32_t i = 0; i < w->stored->count; i++) {
        if (!leat_column_is_null(w->from, leat_rows_at(w->rows, i)))
            continue;
        uint64_t word;
        memcpy(&word, row_at(w, i) + word_at * sizeof word, sizeof word);
        word |= UINT64_C(1) << (w->column & 63);
        memcpy(row_at(w, i) + word_at * sizeof word, &word, sizeof word);
    }
}

static void write_all_null(const column_writer *w)
{
    for (uint32_t i = 0; i < w->stored->count; i++) {
        char *row = row_at(w, i) + (w->column >> 6) * sizeof(uint64_t);
        uint64_t word;
        memcpy(&word, row, sizeof word);
        word |= UINT64_C(1) << (w->column & 63);
        memcpy(row, &word, sizeof word);
    }
}

static void write_views(const column_writer *w)
{
    WRITE_CELLS(leat_view view = LEAT_COLUMN_GET(w->from, leat_view, at);
                if (view.size > LEAT_VIEW_INLINE_MAX) {
                    size_t padded = (view.size + 7u) / 8u * 8u;
                    char *text = row_at(w, i) + w->used[i];
                    memcpy(text, view.data, view.size);
                    memset(text + view.size, 0, padded - view.size);
                    uint64_t offset = w->used[i];
                    w->used[i] += padded;
                    memcpy(&view.data, &offset, sizeof offset);
                } memcpy(to, &view, sizeof view);)
}

static void write_column(const column_writer *w, uint8_t layout)
{
    if (w->from->type.id == LEAT_TYPE_UNKNOWN) {
        write_all_null(w);
        return;
    }
    write_nulls(w);
    if (w->from->type.id == LEAT_TYPE_DECIMAL) {
        if (layout == LEAT_LAYOUT_I128)
            WRITE_AS(leat_i128, leat_column_integer(w->from, at))
        else if (w->from->layout == LEAT_LAYOUT_I64)
            WRITE_AS(int64_t, LEAT_COLUMN_GET(w->from, int64_t, at))
        else
            WRITE_AS(int64_t, (int64_t)leat_column_integer(w->from, at))
        return;
    }
    switch ((leat_layout)layout) {
    case LEAT_LAYOUT_BIT:
        WRITE_AS(int64_t, leat_bit_get(w->from->values, w->from->is_constant ? 0 : at))
        return;
    case LEAT_LAYOUT_I32:
        WRITE_AS(int64_t, LEAT_COLUMN_GET(w->from, int32_t, at))
        return;
    case LEAT_LAYOUT_I64:
        WRITE_AS(int64_t, LEAT_COLUMN_GET(w->from, int64_t, at))
        return;
    case LEAT_LAYOUT_F64:
        WRITE_AS(double, LEAT_COLUMN_GET(w->from, double, at))
        return;
    case LEAT_LAYOUT_INTERVAL:
        WRITE_AS(leat_interval, LEAT_COLUMN_GET(w->from, leat_interval, at))
        return;
    case LEAT_LAYOUT_VIEW:
        write_views(w);
        return;
    case LEAT_LAYOUT_I128: /* decimals only */
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

void leat_stored_rows_write(leat_stored_rows *stored,
                            const leat_row_format *format,
                            const leat_rows *rows)
{
    stored->count = rows->selected_count;
    if (stored->count > stored->capacity || stored->starts == NULL) {
        stored->capacity = stored->count;
        stored->starts =
            leat_realloc(stored->starts, (2 * (size_t)stored->count + 1) * sizeof *stored->starts);
    }
    measure(stored, format, rows);
    size_t size = stored->starts[stored->count];
    leat_buf_clear(&stored->bytes);
    leat_buf_reserve(&stored->bytes, size + 1);
    stored->bytes.size = size;
    column_writer w = {.stored = stored, .rows = rows, .used = stored->starts + stored->count + 1};
    for (uint32_t i = 0; i < stored->count; i++) {
        w.used[i] = format->fixed_size;
        memset(row_at(&w, i), 0, format->fixed_size);
    }
    for (w.column = 0; w.column < format->schema->field_count; w.column++) {
        w.from = &rows->columns[w.column];
        w.offset = format->offsets[w.column];
        write_column(&w, format->layouts[w.column]);
    }
}

/* --- Reading. --- */

/* BODY for every row: `cell` is where its cell is, `i` its index. NULLs have cells of zero. */
#define READ_CELLS(...)                                                                            \
    for (uint32_t i = 0; i < count; i++) {                                                         \
        if (rows[i] == NULL)                                                                       \
            continue;                                                                              \
        const char *cell = rows[i] + offset;                                                       \
        __VA_ARGS__                                                                                \
    }

#define READ_AS(T, C)                                                                              \
    {                                                                                              \
        T *to = values;                                                                            \
        READ_CELLS(C value; memcpy(&value, cell, sizeof value); to[i] = (T)value;)                 \
    }

static void read_views(const char *const *rows, uint32_t count, uint32_t offset, leat_view *to)
{
    READ_CELLS(leat_view view; memcpy(&view, cell, sizeof view);
               if (view.size > LEAT_VIEW_INLINE_MAX) {
                   uint64_t text;
                   memcpy(&text, &view.data, sizeof text);
                   view.data = rows[i] + text;
               } to[i] = view;)
}

static void
read_intervals(const char *const *rows, uint32_t count, uint32_t offset, leat_interval *to)
{
    READ_CELLS(memcpy(&to[i], cell, sizeof to[i]);)
}

static void read_bits(const char *const *rows, uint32_t count, uint32_t offset, uint64_t *to)
{
    READ_CELLS(leat_bit_set(to, i, *cell != 0);)
}

static void read_column(const leat_row_format *format,
                        const char *const *rows,
                        uint32_t count,
                        uint32_t column,
                        void *values)
{
    uint32_t offset = format->offsets[column];
    bool is_decimal = format->schema->fields[column].type.id == LEAT_TYPE_DECIMAL;
    switch ((leat_layout)format->layouts[column]) {
    case LEAT_LAYOUT_BIT:
        read_bits(rows, count, offset, values);
        return;
    case LEAT_LAYOUT_I32:
        READ_AS(int32_t, int64_t)
        return;
    case LEAT_LAYOUT_I64: /* decimals come out wide */
        if (is_decimal)
            READ_AS(leat_i128, int64_t)
        else
            READ_AS(int64_t, int64_t)
        return;
    case LEAT_LAYOUT_F64:
        READ_AS(double, double)
        return;
    case LEAT_LAYOUT_I128:
        READ_AS(leat_i128, leat_i128)
        return;
    case LEAT_LAYOUT_INTERVAL:
        read_intervals(rows, count, offset, values);
        return;
    case LEAT_LAYOUT_VIEW:
        read_views(rows, count, offset, values);
        return;
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static bool read_validity(const char *const *rows, uint32_t count, uint32_t column, uint64_t *bits)
{
    bool has_nulls = false;
    for (uint32_t i = 0; i < count; i++) {
        bool is_null = rows[i] == NULL || leat_stored_is_null(rows[i], column);
        leat_bit_set(bits, i, !is_null);
        has_nulls |= is_null;
    }
    return has_nulls;
}

void leat_stored_rows_read(const leat_row_format *format,
                           const char *const *rows,
                           uint32_t count,
                           leat_output *output,
                           uint32_t first_column)
{
    for (uint32_t column = 0; column < format->schema->field_count; column++) {
        uint32_t to = first_column + column;
        bool has_nulls = read_validity(rows, count, column, output->validity[to]);
        leat_output_set_nulls(output, to, has_nulls);
        read_column(format, rows, count, column, output->values[to]);
    }
}
