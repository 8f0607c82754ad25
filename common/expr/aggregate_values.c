/* SPDX-License-Identifier: Apache-2.0
 *
 * Aggregates whose result is a value they were given, or made of all of them: picked row by row
 * (first_value, last_value, any_value), or gathered from the values in order.
 */
#include <math.h>

#include "common/columns/json_text.h"
#include "common/columns/nested.h"
#include "common/columns/nested_json.h"
#include "common/expr/aggregate_cells.h"

/* --- Cells of one value. --- */

void leat_value_cell_set(leat_value_cell *cell, const leat_column *column, uint32_t at)
{
    cell->is_stale = 0;
    cell->state = LEAT_VALUE_NULL;
    memset(cell->value, 0, sizeof cell->value);
    if (column->type.id == LEAT_TYPE_UNKNOWN || leat_column_is_null(column, at))
        return;
    cell->state = LEAT_VALUE_THERE;
    uint32_t index = column->is_constant ? 0 : at;
    if (column->layout == LEAT_LAYOUT_BIT) {
        cell->value[0] = leat_bit_get(column->values, index);
    } else if (column->type.id == LEAT_TYPE_DECIMAL) {
        leat_i128 wide = leat_column_integer(column, at);
        memcpy(cell->value, &wide, sizeof wide);
    } else {
        size_t size = leat_layout_size((leat_layout)column->layout);
        memcpy(cell->value, (const char *)column->values + index * size, size);
    }
}

static const leat_value_cell *cell_at(char *const *cells, uint32_t offset, uint32_t i)
{
    return (const leat_value_cell *)(const void *)(cells[i] + offset);
}

static void write_bits(char *const *cells, uint32_t offset, uint32_t count, uint64_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i % 64 == 0)
            out[i / 64] = 0;
        leat_bit_set(out, i, cell_at(cells, offset, i)->value[0] != 0);
    }
}

leat_code leat_aggregate_value_result(const leat_aggregate *self,
                                      char *const *cells,
                                      uint32_t offset,
                                      uint32_t count,
                                      void *out_values,
                                      uint64_t *out_validity)
{
    leat_layout layout =
        self->result.id == LEAT_TYPE_DECIMAL ? LEAT_LAYOUT_I128 : leat_type_layout(self->result);
    size_t size = leat_layout_size(layout);
    bool has_failed = false;
    for (uint32_t i = 0; i < count; i++) {
        const leat_value_cell *cell = cell_at(cells, offset, i);
        if (i % 64 == 0)
            out_validity[i / 64] = 0;
        leat_bit_set(out_validity, i, cell->state == LEAT_VALUE_THERE);
        has_failed |= cell->state == LEAT_VALUE_OVER;
        if (layout != LEAT_LAYOUT_BIT)
            memcpy((char *)out_values + i * size, cell->value, size);
    }
    if (layout == LEAT_LAYOUT_BIT)
        write_bits(cells, offset, count, out_values);
    return has_failed ? LEAT_RECORD : LEAT_OK;
}

/* --- Picked: no row is ever taken back. --- */

UPDATE_OF(pick_update,
          leat_value_cell,
          &nothing,
          if (cell->state != LEAT_VALUE_NONE && self->kind != LEAT_AGGREGATE_LAST_VALUE) continue;
          if (self->kind != LEAT_AGGREGATE_ANY_VALUE || !leat_column_is_null(given, positions[i]))
              leat_value_cell_set(cell, given, positions[i]);)

MERGE(pick_merge, leat_value_cell, bool keeps_last = self->kind == LEAT_AGGREGATE_LAST_VALUE;
      if (into->state == LEAT_VALUE_NONE ||
          (keeps_last && from->state != LEAT_VALUE_NONE)) *into = *from;)

leat_aggregate leat_aggregate_picking(void)
{
    return SHAPE(leat_value_cell, pick_update, pick_merge, leat_aggregate_value_result);
}

leat_aggregate leat_aggregate_gathering(void)
{
    return SHAPE(leat_value_cell, NULL, NULL, leat_aggregate_value_result);
}

/* --- Gathered. --- */

static uint32_t position_of(const leat_gathered *values, uint32_t i)
{
    return values->positions == NULL ? i : values->positions[i];
}

static int64_t repeats_of(const leat_gathered *values, uint32_t i)
{
    return values->repeats == NULL ? 1 : values->repeats[i];
}

static int64_t total_of(const leat_gathered *values)
{
    int64_t total = values->count;
    for (uint32_t i = 0; values->repeats != NULL && i < values->count; i++)
        total += values->repeats[i] - 1;
    return total;
}

/* The value at `rank` (from 0), repeats counted. */
static uint32_t nth(const leat_gathered *values, int64_t rank)
{
    if (values->repeats == NULL)
        return (uint32_t)rank;
    uint32_t i = 0;
    for (; i + 1 < values->count && rank >= values->repeats[i]; i++)
        rank -= values->repeats[i];
    return i;
}

static void set_nth(const leat_gathered *values, uint32_t i, leat_value_cell *cell)
{
    leat_value_cell_set(cell, values->argument, position_of(values, i));
}

static void gather_mode(const leat_gathered *values, leat_value_cell *cell)
{
    uint32_t most = 0;
    for (uint32_t i = 1; i < values->count; i++)
        if (repeats_of(values, i) > repeats_of(values, most))
            most = i;
    set_nth(values, most, cell);
}

static leat_value percentile(leat_aggregate_kind kind, const leat_gathered *values, double fraction)
{
    int64_t total = total_of(values);
    if (kind == LEAT_AGGREGATE_PERCENTILE_DISC) {
        int64_t row = LEAT_MAX((int64_t)ceil(fraction * (double)total), INT64_C(1));
        return leat_column_value(values->argument, position_of(values, nth(values, row - 1)));
    }
    double place = fraction * (double)(total - 1);
    double below = LEAT_COLUMN_GET(values->argument, double,
                                   position_of(values, nth(values, (int64_t)floor(place))));
    double above = LEAT_COLUMN_GET(values->argument, double,
                                   position_of(values, nth(values, (int64_t)ceil(place))));
    double result = below + (place - floor(place)) * (above - below);
    return (leat_value){.type = LEAT_TYPE(DOUBLE), .real = result};
}

static void set_value(const leat_value *value, leat_arena *arena, leat_value_cell *cell)
{
    leat_column column = leat_value_column(value, arena);
    leat_value_cell_set(cell, &column, 0);
}

static void set_bytes(const leat_buf *bytes, leat_arena *arena, leat_value_cell *cell)
{
    leat_bytes kept = leat_arena_bytes(arena, leat_buf_bytes(bytes));
    leat_view view = leat_view_of(kept.data, kept.size);
    memcpy(cell->value, &view, sizeof view);
    cell->state = bytes->size > LEAT_AGGREGATE_TEXT_MAX ? LEAT_VALUE_OVER : LEAT_VALUE_THERE;
}

static void gather_percentiles(const leat_aggregate *self,
                               const leat_gathered *values,
                               leat_arena *arena,
                               leat_value_cell *cell)
{
    const leat_value *option = &self->option->value;
    if (option->is_null)
        return;
    if (self->result.id != LEAT_TYPE_ARRAY || self->option->type.id != LEAT_TYPE_ARRAY) {
        leat_value result = percentile(self->kind, values, option->real);
        set_value(&result, arena, cell);
        return;
    }
    leat_buf bytes = {0};
    leat_nested_reader fractions = leat_nested_read(option->text, arena);
    while (leat_nested_more(&fractions)) {
        leat_value fraction = leat_nested_next(&fractions, LEAT_TYPE(DOUBLE));
        leat_value result = {.type = leat_type_element(self->result), .is_null = true};
        if (!fraction.is_null)
            result = percentile(self->kind, values, fraction.real);
        leat_nested_add(&bytes, &result);
    }
    leat_nested_end(&bytes);
    set_bytes(&bytes, arena, cell);
    leat_buf_fini(&bytes);
}

static void gather_array(const leat_gathered *values, leat_arena *arena, leat_value_cell *cell)
{
    leat_buf bytes = {0};
    for (uint32_t i = 0; i < values->count; i++) {
        leat_value value = leat_column_value(values->argument, position_of(values, i));
        for (int64_t n = 0; n < repeats_of(values, i); n++)
            leat_nested_add(&bytes, &value);
    }
    leat_nested_end(&bytes);
    set_bytes(&bytes, arena, cell);
    leat_buf_fini(&bytes);
}

static void gather_json_array(const leat_gathered *values, leat_arena *arena, leat_value_cell *cell)
{
    leat_buf text = {0};
    for (uint32_t i = 0; i < values->count; i++) {
        leat_value value = leat_column_value(values->argument, position_of(values, i));
        for (int64_t n = 0; n < repeats_of(values, i); n++) {
            leat_buf_add_text(&text, text.size == 0 ? "[" : ", ");
            leat_json_add_value(&value, &text);
        }
    }
    leat_buf_add_char(&text, ']');
    set_bytes(&text, arena, cell);
    leat_buf_fini(&text);
}

/* Names are sorted, and equal ones made one, as jsonb has them. */
static void gather_json_object(const leat_aggregate *self,
                               const leat_gathered *values,
                               leat_arena *arena,
                               leat_value_cell *cell)
{
    leat_buf text = {0};
    for (uint32_t i = 0; i < values->count; i++) {
        uint32_t at = position_of(values, i);
        leat_value name = leat_column_value(values->argument, at);
        leat_value value =
            values->option == NULL ? self->option->value : leat_column_value(values->option, at);
        leat_buf_add_text(&text, text.size == 0 ? "{" : ", ");
        leat_json_add_value(&name, &text);
        leat_buf_add_text(&text, ": ");
        leat_json_add_value(&value, &text);
    }
    leat_buf_add_char(&text, '}');
    leat_bytes normal;
    cell->state = LEAT_VALUE_OVER;
    if (leat_json_normalize(leat_buf_bytes(&text), arena, &normal) == LEAT_OK) {
        leat_view view = leat_view_of(normal.data, normal.size);
        memcpy(cell->value, &view, sizeof view);
        cell->state = LEAT_VALUE_THERE;
    }
    leat_buf_fini(&text);
}

static leat_bytes separator_of(const leat_aggregate *self, const leat_gathered *values, uint32_t at)
{
    const leat_column *column = values->option;
    if (column == NULL)
        return self->option == NULL || self->option->value.is_null ? LEAT_BYTES("")
                                                                   : self->option->value.text;
    bool is_null = column->type.id == LEAT_TYPE_UNKNOWN || leat_column_is_null(column, at);
    return is_null ? LEAT_BYTES("") : leat_view_bytes(&LEAT_COLUMN_GET(column, leat_view, at));
}

/* What the texts need, separators included; `out` != NULL: write them. */
static uint64_t join_texts(const leat_aggregate *self, const leat_gathered *values, char *out)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < values->count; i++) {
        uint32_t at = position_of(values, i);
        leat_bytes text = leat_view_bytes(&LEAT_COLUMN_GET(values->argument, leat_view, at));
        leat_bytes separator = separator_of(self, values, at);
        for (int64_t n = 0; n < repeats_of(values, i); n++) {
            leat_bytes before = i == 0 && n == 0 ? LEAT_BYTES("") : separator;
            if (out != NULL) {
                memcpy(out + size, before.data, before.size);
                memcpy(out + size + before.size, text.data, text.size);
            }
            size += before.size + text.size;
        }
    }
    return size;
}

static void gather_text(const leat_aggregate *self,
                        const leat_gathered *values,
                        leat_arena *arena,
                        leat_value_cell *cell)
{
    uint64_t size = join_texts(self, values, NULL);
    if (size > LEAT_AGGREGATE_TEXT_MAX) {
        cell->state = LEAT_VALUE_OVER;
        return;
    }
    char *text = leat_arena_alloc(arena, size + 1);
    join_texts(self, values, text);
    leat_view view = leat_view_of(text, size);
    memcpy(cell->value, &view, sizeof view);
    cell->state = LEAT_VALUE_THERE;
}

void leat_aggregate_gather(const leat_aggregate *self,
                           const leat_gathered *values,
                           leat_arena *arena,
                           char *cell_bytes)
{
    leat_value_cell *cell = (leat_value_cell *)(void *)cell_bytes;
    *cell = (leat_value_cell){.state = LEAT_VALUE_NONE};
    if (values->count == 0)
        return;
    switch ((int)self->kind) {
    case LEAT_AGGREGATE_PERCENTILE_CONT:
    case LEAT_AGGREGATE_PERCENTILE_DISC:
        gather_percentiles(self, values, arena, cell);
        return;
    case LEAT_AGGREGATE_MODE:
        gather_mode(values, cell);
        return;
    case LEAT_AGGREGATE_STRING_AGG:
        gather_text(self, values, arena, cell);
        return;
    case LEAT_AGGREGATE_ARRAY_AGG:
        gather_array(values, arena, cell);
        return;
    case LEAT_AGGREGATE_JSONB_AGG:
        gather_json_array(values, arena, cell);
        return;
    case LEAT_AGGREGATE_JSONB_OBJECT_AGG:
        gather_json_object(self, values, arena, cell);
        return;
    case LEAT_AGGREGATE_LAST_VALUE:
        set_nth(values, values->count - 1, cell);
        return;
    default: /* FIRST_VALUE, ANY_VALUE */
        set_nth(values, 0, cell);
    }
}
