/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expr/kernel.h"

uint64_t *leat_kernel_validity(leat_kernel_call *call)
{
    if (call->validity == call->own_validity)
        return call->own_validity;
    size_t bytes = leat_bit_words(call->row_count) * sizeof(uint64_t);
    if (call->validity == NULL)
        memset(call->own_validity, 0xff, bytes);
    else
        memcpy(call->own_validity, call->validity, bytes);
    call->validity = call->own_validity;
    return call->own_validity;
}

void leat_kernel_set_null(leat_kernel_call *call, uint32_t row)
{
    leat_bit_set(leat_kernel_validity(call), row, false);
}

void leat_kernel_fail(leat_kernel_call *call, uint32_t row, const char *reason)
{
    leat_kernel_errors *errors = call->errors;
    if (!leat_kernel_is_valid(call, row))
        return;
    leat_kernel_set_null(call, row);
    if (leat_bit_get(errors->rows, row))
        return;
    leat_bit_set(errors->rows, row, true);
    if (errors->count == 0 || row < errors->first_row) {
        errors->first_row = row;
        errors->first_reason = reason;
    }
    errors->count++;
}

char *leat_kernel_room(leat_kernel_call *call, size_t size)
{
    return leat_arena_aligned(call->arena, 1, size);
}

leat_view leat_kernel_text(leat_kernel_call *call, leat_bytes text)
{
    if (text.size <= LEAT_VIEW_INLINE_MAX)
        return leat_view_of(text.size == 0 ? "" : text.data, text.size);
    char *copy = leat_kernel_room(call, text.size);
    memcpy(copy, text.data, text.size);
    return leat_view_of(copy, text.size);
}

leat_i128 *leat_kernel_wide_room(leat_kernel_call *call)
{
    return LEAT_ARENA_ARRAY(call->arena, leat_i128, call->row_count);
}

void leat_kernel_store_wide(leat_kernel_call *call, const leat_i128 *wide)
{
    int64_t *narrow = call->values;
    bool fits = true;
    for (uint32_t i = 0; i < call->row_count; i++) {
        narrow[i] = (int64_t)wide[i];
        fits &= narrow[i] == wide[i];
    }
    call->layout = fits ? LEAT_LAYOUT_I64 : LEAT_LAYOUT_I128;
    if (!fits)
        memcpy(call->values, wide, call->row_count * sizeof *wide);
}

leat_value leat_kernel_value_of(leat_kernel_call *call, leat_bytes text)
{
    return (leat_value){.type = call->type, .text = leat_arena_bytes(call->arena, text)};
}

static void value_store(leat_kernel_call *call, const leat_value *value, uint32_t row)
{
    switch (call->layout) {
    case LEAT_LAYOUT_BIT:
        leat_bit_set(call->values, row, value->boolean);
        return;
    case LEAT_LAYOUT_I32:
        ((int32_t *)call->values)[row] = (int32_t)value->integer;
        return;
    case LEAT_LAYOUT_I64:
        ((int64_t *)call->values)[row] = (int64_t)value->integer;
        return;
    case LEAT_LAYOUT_F64:
        ((double *)call->values)[row] = value->real;
        return;
    case LEAT_LAYOUT_INTERVAL:
        ((leat_interval *)call->values)[row] = value->interval;
        return;
    case LEAT_LAYOUT_VIEW:
        ((leat_view *)call->values)[row] =
            leat_view_of(value->text.size == 0 ? "" : value->text.data, value->text.size);
        return;
    case LEAT_LAYOUT_I128:
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

void leat_kernel_each_value(leat_kernel_call *call, leat_kernel_row_value *row_value)
{
    bool is_decimal = call->type.id == LEAT_TYPE_DECIMAL;
    leat_i128 *wide = is_decimal ? leat_kernel_wide_room(call) : NULL;
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        leat_value value = row_value(call, row);
        if (value.is_null)
            leat_kernel_set_null(call, row);
        else if (is_decimal)
            wide[row] = value.integer;
        else
            value_store(call, &value, row);
    }
    if (is_decimal)
        leat_kernel_store_wide(call, wide);
}

leat_column leat_kernel_widened(leat_kernel_call *call, const leat_column *column)
{
    leat_column widened = *column;
    if (column->layout == LEAT_LAYOUT_I128)
        return widened;
    uint32_t count = column->is_constant ? 1 : call->row_count;
    leat_i128 *values = LEAT_ARENA_ARRAY(call->arena, leat_i128, count);
    const int64_t *narrow = column->values;
    for (uint32_t i = 0; i < count; i++)
        values[i] = narrow[i];
    widened.values = values;
    widened.layout = LEAT_LAYOUT_I128;
    return widened;
}
