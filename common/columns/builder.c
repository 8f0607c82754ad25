/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/builder.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/columns/builder_parts.h"

enum { COMPACT_FACTOR = 4 }; /* finish copies when less than a quarter of the memory is used */

static void column_omit(leat_builder *builder, uint32_t column)
{
    static const leat_i128 zero_cell;
    static const uint64_t no_validity;
    leat_column *descriptor = &builder->slab->columns[column];
    descriptor->is_constant = true;
    descriptor->values = &zero_cell;
    descriptor->validity = &no_validity;
}

/* Fresh columns in the slab at hand. */
static void builder_init_slab(leat_builder *builder)
{
    leat_slab_init(builder->slab, builder->schema, NULL, builder->capacity);
    for (uint32_t c = 0; builder->omitted_count > 0 && c < builder->schema->field_count; c++) {
        if (builder->is_omitted[c])
            column_omit(builder, c);
    }
}

static void builder_take_slab(leat_builder *builder)
{
    builder->slab = leat_batch_pool_take_slab(builder->pool);
    builder_init_slab(builder);
}

void leat_builder_omit(leat_builder *builder, uint32_t column)
{
    LEAT_ASSERT(column < builder->schema->field_count);
    if (builder->is_omitted[column])
        return;
    LEAT_ASSERT(builder->count == 0 && builder->set_count == builder->omitted_count);
    builder->is_omitted[column] = true;
    builder->omitted_count++;
    builder->set_count++;
    column_omit(builder, column);
}

leat_builder *leat_builder_new(const leat_schema *schema, uint32_t row_capacity)
{
    LEAT_ASSERT(row_capacity > 0);
    leat_builder *builder = LEAT_NEW(leat_builder);
    builder->schema = schema;
    builder->capacity = row_capacity;
    builder->pool = leat_batch_pool_new(leat_slab_size(schema, NULL, row_capacity, 0));
    builder->stamps = leat_alloc_zero(schema->field_count, sizeof *builder->stamps);
    builder->is_omitted = leat_alloc_zero(schema->field_count, sizeof *builder->is_omitted);
    builder->stamp = 1;
    builder->row_bytes = 1;
    for (uint32_t i = 0; i < schema->field_count; i++)
        builder->row_bytes += leat_layout_size(leat_type_layout(schema->fields[i].type)) + 1;
    builder_take_slab(builder);
    return builder;
}

void leat_builder_free(leat_builder **builder_slot)
{
    leat_builder *builder = LEAT_TAKE(*builder_slot);
    if (builder == NULL)
        return;
    leat_batch_pool_give(NULL, NULL, builder->spares);
    leat_batch_pool_give(NULL, builder->slab, builder->slab->texts);
    leat_batch_pool_unref(&builder->pool);
    leat_free(builder->stamps);
    leat_free(builder->is_omitted);
    leat_free(builder);
}

uint32_t leat_builder_count(const leat_builder *builder)
{
    return builder->count;
}

uint32_t leat_builder_room(const leat_builder *builder)
{
    return builder->capacity - builder->count;
}

size_t leat_builder_size_bytes(const leat_builder *builder)
{
    return builder->row_bytes * builder->count + builder->text_bytes;
}

/* A block for `size` more bytes; huge ones stand behind the newest, which goes on being filled. */
static char *builder_add_block(leat_builder *builder, size_t size)
{
    leat_batch *slab = builder->slab;
    if (size > LEAT_TEXT_BLOCK_BYTES && slab->texts != NULL) {
        leat_text_block *huge = leat_batch_pool_take_block(builder->pool, size);
        huge->next = slab->texts->next;
        slab->texts->next = huge;
        return huge->data;
    }
    leat_text_block *block = size <= LEAT_TEXT_BLOCK_BYTES ? builder->spares : NULL;
    if (block != NULL)
        builder->spares = block->next;
    else
        block = leat_batch_pool_take_block(builder->pool, size);
    block->next = slab->texts;
    slab->texts = block;
    builder->text_at = block->data + size;
    builder->text_end = block->data + block->capacity;
    return block->data;
}

char *leat_builder_heap(leat_builder *builder, size_t size)
{
    builder->text_bytes += size;
    if (LEAT_UNLIKELY((size_t)(builder->text_end - builder->text_at) < size ||
                      builder->text_at == NULL))
        return builder_add_block(builder, size);
    char *at = builder->text_at;
    builder->text_at += size;
    return at;
}

static void column_touch(leat_builder *builder, uint32_t column)
{
    LEAT_ASSERT(column < builder->schema->field_count);
    LEAT_ASSERT(builder->count < builder->capacity && !builder->is_omitted[column]);
    builder->set_count += builder->stamps[column] != builder->stamp;
    builder->stamps[column] = builder->stamp;
}

void leat_builder_need_validity(leat_builder *builder, uint32_t column)
{
    uint64_t *validity = builder->slab->cells[column].validity;
    if (builder->slab->columns[column].validity != NULL)
        return;
    memset(validity, 0xff, leat_bit_words(builder->capacity) * sizeof *validity);
    builder->slab->columns[column].validity = validity;
}

/* The cell of the uncommitted row is about to get a value. */
static void *column_set(leat_builder *builder, uint32_t column)
{
    column_touch(builder, column);
    leat_cells *cells = &builder->slab->cells[column];
    if (builder->slab->columns[column].validity != NULL)
        leat_bit_set(cells->validity, builder->count, true);
    return cells->values;
}

static leat_layout column_layout(const leat_builder *builder, uint32_t column)
{
    return (leat_layout)builder->slab->columns[column].layout;
}

void leat_builder_widen(leat_builder *builder, uint32_t column)
{
    size_t size = sizeof(leat_i128) * builder->capacity;
    leat_text_block *block =
        leat_batch_pool_take_block(builder->pool, LEAT_MAX(size, LEAT_TEXT_BLOCK_BYTES + 1UL));
    leat_i128 *wide = (leat_i128 *)(void *)block->data;
    leat_cells *cells = &builder->slab->cells[column];
    const int64_t *narrow = cells->values;
    for (uint32_t i = 0; i < builder->count; i++)
        wide[i] = narrow[i];
    if (builder->slab->texts == NULL) {
        builder->slab->texts = block; /* full from the start: text goes to the next block */
        builder->text_at = builder->text_end = block->data;
    } else {
        block->next = builder->slab->texts->next;
        builder->slab->texts->next = block;
    }
    cells->values = wide;
    builder->slab->columns[column].values = wide;
    builder->slab->columns[column].layout = LEAT_LAYOUT_I128;
    builder->is_widened = true;
}

void leat_builder_set_bool(leat_builder *builder, uint32_t column, bool value)
{
    LEAT_ASSERT(column_layout(builder, column) == LEAT_LAYOUT_BIT);
    leat_bit_set(column_set(builder, column), builder->count, value);
}

static bool fits_i64(leat_i128 value)
{
    return value == (leat_i128)(int64_t)value;
}

void leat_builder_set_integer(leat_builder *builder, uint32_t column, leat_i128 value)
{
    leat_layout layout = column_layout(builder, column);
    if (layout == LEAT_LAYOUT_I64 && LEAT_UNLIKELY(!fits_i64(value))) {
        LEAT_ASSERT(builder->schema->fields[column].type.id == LEAT_TYPE_DECIMAL);
        leat_builder_widen(builder, column);
        layout = LEAT_LAYOUT_I128;
    }
    void *values = column_set(builder, column);
    if (layout == LEAT_LAYOUT_I64) {
        ((int64_t *)values)[builder->count] = (int64_t)value;
    } else if (layout == LEAT_LAYOUT_I32) {
        LEAT_ASSERT(value == (leat_i128)(int32_t)value);
        ((int32_t *)values)[builder->count] = (int32_t)value;
    } else {
        LEAT_ASSERT(layout == LEAT_LAYOUT_I128);
        ((leat_i128 *)values)[builder->count] = value;
    }
}

void leat_builder_set_double(leat_builder *builder, uint32_t column, double value)
{
    LEAT_ASSERT(column_layout(builder, column) == LEAT_LAYOUT_F64);
    double *values = column_set(builder, column);
    values[builder->count] = value;
}

void leat_builder_set_interval(leat_builder *builder, uint32_t column, leat_interval value)
{
    LEAT_ASSERT(column_layout(builder, column) == LEAT_LAYOUT_INTERVAL);
    leat_interval *values = column_set(builder, column);
    values[builder->count] = value;
}

void leat_builder_set_text(leat_builder *builder, uint32_t column, leat_bytes value)
{
    LEAT_ASSERT(column_layout(builder, column) == LEAT_LAYOUT_VIEW);
    LEAT_ASSERT(value.size <= UINT32_MAX);
    leat_view *values = column_set(builder, column);
    const char *data = value.data;
    if (value.size > LEAT_VIEW_INLINE_MAX)
        data = memcpy(leat_builder_heap(builder, value.size), value.data, value.size);
    values[builder->count] = leat_view_of(data, value.size);
}

/* NULL cells hold zeros, so that a view never points nowhere and encodings are repeatable. */
static void cells_set_null(leat_builder *builder, uint32_t column, uint32_t from, uint32_t count)
{
    leat_builder_need_validity(builder, column);
    leat_cells *cells = &builder->slab->cells[column];
    leat_layout layout = column_layout(builder, column);
    for (uint32_t i = from; i < from + count; i++) {
        leat_bit_set(cells->validity, i, false);
        if (layout == LEAT_LAYOUT_BIT)
            leat_bit_set(cells->values, i, false);
    }
    size_t size = leat_layout_size(layout);
    memset((char *)cells->values + size * from, 0, size * count);
}

void leat_builder_set_null(leat_builder *builder, uint32_t column)
{
    column_touch(builder, column);
    cells_set_null(builder, column, builder->count, 1);
}

void leat_builder_set_value(leat_builder *builder, uint32_t column, const leat_value *value)
{
    if (value->is_null) {
        leat_builder_set_null(builder, column);
        return;
    }
    switch (column_layout(builder, column)) {
    case LEAT_LAYOUT_BIT:
        leat_builder_set_bool(builder, column, value->boolean);
        return;
    case LEAT_LAYOUT_I32:
    case LEAT_LAYOUT_I64:
    case LEAT_LAYOUT_I128:
        leat_builder_set_integer(builder, column, value->integer);
        return;
    case LEAT_LAYOUT_F64:
        leat_builder_set_double(builder, column, value->real);
        return;
    case LEAT_LAYOUT_INTERVAL:
        leat_builder_set_interval(builder, column, value->interval);
        return;
    case LEAT_LAYOUT_VIEW:
        leat_builder_set_text(builder, column, value->text);
        return;
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

uint8_t *leat_builder_changes(leat_builder *builder)
{
    if (builder->slab->rows.changes == NULL) {
        memset(builder->slab->changes, LEAT_CHANGE_INSERT, builder->capacity);
        builder->slab->rows.changes = builder->slab->changes;
    }
    return builder->slab->changes;
}

void leat_builder_set_change(leat_builder *builder, leat_change change)
{
    LEAT_ASSERT(builder->count < builder->capacity);
    if (change != LEAT_CHANGE_INSERT || builder->slab->rows.changes != NULL)
        leat_builder_changes(builder)[builder->count] = (uint8_t)change;
}

void *leat_builder_values(leat_builder *builder, uint32_t column)
{
    LEAT_ASSERT(column_layout(builder, column) ==
                leat_type_layout(builder->schema->fields[column].type));
    column_touch(builder, column);
    return builder->slab->cells[column].values;
}

uint64_t *leat_builder_validity(leat_builder *builder, uint32_t column)
{
    column_touch(builder, column);
    leat_builder_need_validity(builder, column);
    return builder->slab->cells[column].validity;
}

static void row_next(leat_builder *builder)
{
    builder->set_count = builder->omitted_count;
    if (LEAT_UNLIKELY(++builder->stamp == 0)) {
        memset(builder->stamps, 0, builder->schema->field_count * sizeof *builder->stamps);
        builder->stamp = 1;
    }
}

void leat_builder_commit(leat_builder *builder, uint32_t count)
{
    LEAT_ASSERT(count <= leat_builder_room(builder));
    uint32_t field_count = builder->schema->field_count;
    for (uint32_t c = 0; builder->set_count < field_count && c < field_count; c++) {
        if (builder->stamps[c] == builder->stamp || builder->is_omitted[c])
            continue;
        cells_set_null(builder, c, builder->count, count);
        builder->set_count++;
    }
    builder->count += count;
    row_next(builder);
}

bool leat_builder_row_is_full(const leat_builder *builder)
{
    return builder->set_count == builder->schema->field_count;
}

bool leat_builder_is_set(const leat_builder *builder, uint32_t column)
{
    return builder->is_omitted[column] || builder->stamps[column] == builder->stamp;
}

void leat_builder_abandon(leat_builder *builder)
{
    for (uint32_t c = 0; c < builder->schema->field_count; c++) {
        if (builder->slab->columns[c].validity == builder->slab->cells[c].validity &&
            builder->count < builder->capacity)
            leat_bit_set(builder->slab->cells[c].validity, builder->count, true); /* U2 */
    }
    if (builder->slab->rows.changes != NULL && builder->count < builder->capacity)
        builder->slab->changes[builder->count] = LEAT_CHANGE_INSERT;
    row_next(builder);
}

leat_rows leat_builder_rows(const leat_builder *builder)
{
    leat_rows rows = builder->slab->rows;
    rows.row_count = rows.selected_count = builder->count;
    return rows;
}

static void builder_reset(leat_builder *builder)
{
    builder->count = 0;
    builder->text_at = builder->text_end = NULL;
    builder->text_bytes = 0;
    builder->is_widened = false;
    builder->set_count = builder->omitted_count;
    memset(builder->stamps, 0, builder->schema->field_count * sizeof *builder->stamps);
    builder->stamp = 1;
}

void leat_builder_clear(leat_builder *builder)
{
    leat_batch *slab = builder->slab;
    for (leat_text_block *block = LEAT_TAKE(slab->texts); block != NULL;) {
        leat_text_block *next = block->next;
        if (block->capacity == LEAT_TEXT_BLOCK_BYTES) {
            block->next = builder->spares;
            builder->spares = block;
        } else {
            leat_free(block);
        }
        block = next;
    }
    builder_init_slab(builder);
    builder_reset(builder);
}

static size_t texts_capacity(const leat_text_block *block)
{
    size_t capacity = 0;
    for (; block != NULL; block = block->next)
        capacity += block->capacity;
    return capacity;
}

static void view_column_copy(const leat_view *from, leat_view *to, uint32_t count, char **text)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = from[i];
        if (from[i].size <= LEAT_VIEW_INLINE_MAX)
            continue;
        memcpy(*text, from[i].data, from[i].size);
        to[i].data = *text;
        *text += from[i].size;
    }
}

/* Counted from the views: several may share one text. */
static size_t long_text_bytes(const leat_rows *rows)
{
    size_t bytes = 0;
    for (uint32_t c = 0; c < rows->schema->field_count; c++) {
        if (rows->columns[c].layout != LEAT_LAYOUT_VIEW || rows->columns[c].is_constant)
            continue;
        const leat_view *views = rows->columns[c].values;
        for (uint32_t i = 0; i < rows->row_count; i++)
            bytes += views[i].size > LEAT_VIEW_INLINE_MAX ? views[i].size : 0;
    }
    return bytes;
}

/* A small batch must not keep the memory of a large one: copy it to memory of its size. */
static leat_batch *builder_finish_compact(leat_builder *builder)
{
    leat_rows rows = leat_builder_rows(builder);
    uint8_t layouts[LEAT_SCHEMA_FIELDS_MAX];
    for (uint32_t c = 0; c < rows.schema->field_count; c++)
        layouts[c] = rows.columns[c].layout;
    leat_batch *batch =
        leat_batch_new_exact(rows.schema, layouts, rows.row_count, long_text_bytes(&rows));
    char *text = batch->text;
    for (uint32_t c = 0; c < rows.schema->field_count; c++) {
        const leat_column *from = &rows.columns[c];
        leat_cells *to = &batch->cells[c];
        if (from->is_constant) {
            batch->columns[c] = *from; /* omitted: points to static zeros */
            continue;
        }
        size_t words = leat_bit_words(rows.row_count) * sizeof(uint64_t);
        if (from->validity != NULL) {
            memcpy(to->validity, from->validity, words);
            batch->columns[c].validity = to->validity;
        }
        if (from->layout == LEAT_LAYOUT_VIEW)
            view_column_copy(from->values, to->values, rows.row_count, &text);
        else if (from->layout == LEAT_LAYOUT_BIT)
            memcpy(to->values, from->values, words);
        else
            memcpy(to->values, from->values, leat_layout_size(from->layout) * rows.row_count);
    }
    if (rows.changes != NULL) {
        memcpy(batch->changes, rows.changes, rows.row_count);
        batch->rows.changes = batch->changes;
    }
    leat_builder_clear(builder);
    return batch;
}

leat_batch *leat_builder_finish(leat_builder *builder)
{
    leat_batch *batch = builder->slab;
    size_t kept =
        leat_slab_size(builder->schema, NULL, builder->capacity, 0) + texts_capacity(batch->texts);
    if (leat_builder_size_bytes(builder) < kept / COMPACT_FACTOR)
        return builder_finish_compact(builder);
    batch->rows = leat_builder_rows(builder);
    batch->pool = leat_batch_pool_ref(builder->pool);
    batch->size_bytes = kept;
    builder_take_slab(builder);
    builder_reset(builder);
    return batch;
}
