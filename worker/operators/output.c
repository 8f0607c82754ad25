/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/output.h"

void leat_output_init(leat_output *output,
                      const leat_schema *schema,
                      uint32_t row_capacity,
                      leat_arena *arena)
{
    uint32_t count = schema->field_count;
    *output = (leat_output){.schema = schema, .row_capacity = row_capacity};
    output->columns = LEAT_ARENA_ARRAY(arena, leat_column, count);
    output->values = LEAT_ARENA_ARRAY(arena, void *, count);
    output->validity = LEAT_ARENA_ARRAY(arena, uint64_t *, count);
    output->changes = LEAT_ARENA_ARRAY(arena, uint8_t, row_capacity);
    for (uint32_t i = 0; i < count; i++) {
        leat_type type = schema->fields[i].type;
        leat_layout layout =
            type.id == LEAT_TYPE_DECIMAL ? LEAT_LAYOUT_I128 : leat_type_layout(type);
        size_t size = layout == LEAT_LAYOUT_BIT ? leat_bit_words(row_capacity) * 8
                                                : row_capacity * leat_layout_size(layout);
        output->values[i] = leat_arena_aligned(arena, 64, size);
        memset(output->values[i], 0, size);
        output->validity[i] = LEAT_ARENA_ARRAY(arena, uint64_t, leat_bit_words(row_capacity));
        output->columns[i] =
            (leat_column){.type = type, .layout = (uint8_t)layout, .values = output->values[i]};
    }
}

void leat_output_set_time(leat_output *output, uint32_t column, leat_time value)
{
    output->columns[column].is_constant = true;
    memcpy(output->values[column], &value, sizeof value);
}

leat_rows leat_output_rows(const leat_output *output, uint32_t count, bool has_changes)
{
    return (leat_rows){
        .schema = output->schema,
        .columns = output->columns,
        .changes = has_changes ? output->changes : NULL,
        .row_count = count,
        .selected_count = count,
    };
}
