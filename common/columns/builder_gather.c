/* SPDX-License-Identifier: Apache-2.0
 *
 * Copying rows by position. Control flow per column, loops per row: each loop below is over plain
 * arrays of one width.
 */
#include "common/base/assert.h"
#include "common/columns/builder_parts.h"

#define GATHER_LOOP(type)                                                                          \
    do {                                                                                           \
        const type *in = from->values;                                                             \
        type *out = (type *)cells->values + builder->count;                                        \
        if (from->is_constant) {                                                                   \
            for (uint32_t i = 0; i < count; i++)                                                   \
                out[i] = in[0];                                                                    \
        } else {                                                                                   \
            for (uint32_t i = 0; i < count; i++)                                                   \
                out[i] = in[positions[i]];                                                         \
        }                                                                                          \
    } while (0)

static void gather_bits(leat_builder *builder,
                        const leat_column *from,
                        leat_cells *cells,
                        const uint32_t *positions,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = from->is_constant ? 0 : positions[i];
        leat_bit_set(cells->values, builder->count + i, leat_bit_get(from->values, at));
    }
}

/* Views of text that moves into the builder's heap; those of NULLs may point anywhere. */
static void gather_views(leat_builder *builder,
                         const leat_column *from,
                         leat_view *out,
                         const uint32_t *positions,
                         uint32_t count)
{
    const leat_view *in = from->values;
    size_t long_bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        out[i] = in[from->is_constant ? 0 : positions[i]];
        if (from->validity != NULL && leat_column_is_null(from, positions[i]))
            out[i] = (leat_view){0};
        long_bytes += out[i].size > LEAT_VIEW_INLINE_MAX ? out[i].size : 0;
    }
    if (long_bytes == 0)
        return;
    char *text = leat_builder_heap(builder, long_bytes);
    for (uint32_t i = 0; i < count; i++) {
        if (out[i].size <= LEAT_VIEW_INLINE_MAX)
            continue;
        memcpy(text, out[i].data, out[i].size);
        out[i].data = text;
        text += out[i].size;
    }
}

/* Decimals of unlike widths; the builder's column may have to become wide first. */
static void gather_integers(leat_builder *builder,
                            uint32_t column,
                            const leat_column *from,
                            const uint32_t *positions,
                            uint32_t count)
{
    const leat_column *to = &builder->slab->columns[column];
    for (uint32_t i = 0; to->layout == LEAT_LAYOUT_I64 && i < count; i++) {
        leat_i128 value = leat_column_integer(from, positions[i]);
        if (value != (leat_i128)(int64_t)value)
            leat_builder_widen(builder, column);
    }
    void *values = builder->slab->cells[column].values;
    for (uint32_t i = 0; i < count; i++) {
        leat_i128 value = leat_column_integer(from, positions[i]);
        if (to->layout == LEAT_LAYOUT_I64)
            ((int64_t *)values)[builder->count + i] = (int64_t)value;
        else
            ((leat_i128 *)values)[builder->count + i] = value;
    }
}

static void gather_validity(leat_builder *builder,
                            uint32_t column,
                            const leat_column *from,
                            const uint32_t *positions,
                            uint32_t count)
{
    if (from->validity == NULL)
        return;
    size_t size = leat_layout_size((leat_layout)builder->slab->columns[column].layout);
    leat_cells *cells = &builder->slab->cells[column];
    for (uint32_t i = 0; i < count; i++) {
        if (!leat_column_is_null(from, positions[i]))
            continue;
        leat_builder_need_validity(builder, column);
        leat_bit_set(cells->validity, builder->count + i, false);
        memset((char *)cells->values + size * (builder->count + i), 0, size);
    }
}

static void gather_column(leat_builder *builder,
                          uint32_t column,
                          const leat_column *from,
                          const uint32_t *positions,
                          uint32_t count)
{
    leat_cells *cells = &builder->slab->cells[column];
    leat_layout to = (leat_layout)builder->slab->columns[column].layout;
    if (from->layout != to) {
        gather_integers(builder, column, from, positions, count);
        gather_validity(builder, column, from, positions, count);
        return;
    }
    switch (to) {
    case LEAT_LAYOUT_BIT:
        gather_bits(builder, from, cells, positions, count);
        break;
    case LEAT_LAYOUT_I32:
        GATHER_LOOP(int32_t);
        break;
    case LEAT_LAYOUT_I64:
        GATHER_LOOP(int64_t);
        break;
    case LEAT_LAYOUT_F64:
        GATHER_LOOP(double);
        break;
    case LEAT_LAYOUT_I128:
        GATHER_LOOP(leat_i128);
        break;
    case LEAT_LAYOUT_INTERVAL:
        GATHER_LOOP(leat_interval);
        break;
    case LEAT_LAYOUT_VIEW:
        gather_views(builder, from, (leat_view *)cells->values + builder->count, positions, count);
        break;
    case LEAT_LAYOUT_COUNT:
        LEAT_UNREACHABLE();
    }
    gather_validity(builder, column, from, positions, count);
}

void leat_builder_gather(leat_builder *builder,
                         const leat_rows *rows,
                         const uint32_t *positions,
                         uint32_t count)
{
    LEAT_ASSERT(count <= leat_builder_room(builder));
    LEAT_ASSERT(rows->schema->field_count == builder->schema->field_count);
    LEAT_ASSERT(builder->set_count == builder->omitted_count); /* no half-set row */
    for (uint32_t c = 0; c < builder->schema->field_count; c++) {
        LEAT_ASSERT(leat_type_equal(rows->columns[c].type, builder->schema->fields[c].type));
        if (!builder->is_omitted[c])
            gather_column(builder, c, &rows->columns[c], positions, count);
    }
    if (rows->changes != NULL) {
        uint8_t *changes = leat_builder_changes(builder) + builder->count;
        for (uint32_t i = 0; i < count; i++)
            changes[i] = rows->changes[positions[i]];
    }
    builder->count += count;
}
