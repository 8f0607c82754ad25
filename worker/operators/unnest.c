/* SPDX-License-Identifier: Apache-2.0
 *
 * unnest - a row once per element of its array, or of the series that its expressions describe:
 * first, last[, step], of numbers or timestamps.
 *
 * The elements of an array are gathered in a builder, by batches, so that any type can be one;
 * those of a series are made where they are wanted.
 */
#include "common/base/alloc.h"
#include "common/columns/builder.h"
#include "common/columns/nested.h"
#include "worker/operators/pair_output.h"

enum { ELEMENTS_MAX = 1 << 24 };

/* A stored row of the elements' format: NULL bits, a narrow element and its number. */
typedef struct element_row {
    uint64_t nulls;
    int64_t element;
    int64_t number;
    int64_t unused; /* a wide element would reach here */
} element_row;

typedef struct unnest {
    leat_operator base;
    leat_arena arena;
    const leat_logical_node *node;
    leat_eval *eval;
    leat_column *bounds; /* first, last, step */
    leat_row_format rows;
    leat_row_format elements;
    leat_stored_rows stored;
    leat_pair_output pairs;
    leat_arena work; /* element rows of the batch */
    uint64_t *failed;

    /* ARRAY */
    leat_builder *builder;
    leat_stored_rows values;
    uint32_t *owners; /* per element in the builder: the row of the batch it is of */
    uint8_t *changes;
} unnest;

/* --- Series. --- */

/* A row's series; false: some bound is NULL, or the step has no fixed length. */
static bool series_of(const unnest *u, uint32_t at, int64_t *first, int64_t *last, int64_t *step)
{
    for (uint32_t i = 0; i < u->node->expression_count; i++)
        if (leat_column_is_null(&u->bounds[i], at))
            return false;
    *first = (int64_t)leat_column_integer(&u->bounds[0], at);
    *last = (int64_t)leat_column_integer(&u->bounds[1], at);
    *step = 1;
    if (u->node->expression_count < 3)
        return true;
    const leat_column *by = &u->bounds[2];
    if (by->layout != LEAT_LAYOUT_INTERVAL) {
        *step = (int64_t)leat_column_integer(by, at);
        return true;
    }
    leat_interval interval = LEAT_COLUMN_GET(by, leat_interval, at);
    *step = (int64_t)interval.days * 86400 * 1000000 + interval.micros;
    return interval.months == 0;
}

static void
add_element(unnest *u, uint32_t i, element_row element, leat_change change, leat_emitter *out)
{
    element_row *kept = leat_arena_copy(&u->work, &element, sizeof element);
    leat_pair_output_add(&u->pairs, leat_stored_rows_at(&u->stored, i).data, (const char *)kept,
                         change, out);
}

/* False: more elements than anybody wants, or none that end. */
static bool unnest_row(unnest *u, const leat_rows *rows, uint32_t i, leat_emitter *out)
{
    uint32_t at = leat_rows_at(rows, i);
    int64_t first, last, step;
    leat_change change =
        rows->changes != NULL && (rows->changes[at] & 1) ? LEAT_CHANGE_DELETE : LEAT_CHANGE_INSERT;
    bool has_series = series_of(u, at, &first, &last, &step);
    if (has_series && step == 0)
        return false;
    bool is_empty = !has_series || (step > 0 ? first > last : first < last);
    if (is_empty && u->node->unnest->is_outer)
        add_element(u, i, (element_row){.nulls = 3}, change, out);
    if (is_empty)
        return true;
    leat_i128 count = ((leat_i128)last - first) / step + 1;
    if (count > ELEMENTS_MAX)
        return false;
    for (int64_t n = 0; n < (int64_t)count; n++)
        add_element(u, i, (element_row){.element = first + n * step, .number = n + 1}, change, out);
    return true;
}

/* --- Arrays. --- */

static void flush_elements(unnest *u, leat_emitter *out)
{
    leat_rows elements = leat_builder_rows(u->builder);
    leat_stored_rows_write(&u->values, &u->elements, &elements);
    for (uint32_t i = 0; i < elements.row_count; i++)
        leat_pair_output_add(&u->pairs, leat_stored_rows_at(&u->stored, u->owners[i]).data,
                             leat_stored_rows_at(&u->values, i).data, (leat_change)u->changes[i],
                             out);
    leat_pair_output_flush(&u->pairs, out);
    leat_builder_clear(u->builder);
}

static void add_value(unnest *u,
                      uint32_t row,
                      const leat_value *value,
                      int64_t number,
                      uint8_t change,
                      leat_emitter *out)
{
    if (leat_builder_room(u->builder) == 0)
        flush_elements(u, out);
    uint32_t at = leat_builder_count(u->builder);
    u->owners[at] = row;
    u->changes[at] = change;
    leat_builder_set_value(u->builder, 0, value);
    if (u->node->unnest->has_ordinality && number > 0)
        leat_builder_set_integer(u->builder, 1, number);
    else if (u->node->unnest->has_ordinality)
        leat_builder_set_null(u->builder, 1);
    leat_builder_commit(u->builder, 1);
}

static void unnest_array(unnest *u, const leat_rows *rows, uint32_t i, leat_emitter *out)
{
    uint32_t at = leat_rows_at(rows, i);
    const leat_column *arrays = &u->bounds[0];
    leat_type type = u->node->expressions[0]->type, element = leat_type_element(type);
    bool retracts = rows->changes != NULL && (rows->changes[at] & 1);
    uint8_t change = retracts ? LEAT_CHANGE_DELETE : LEAT_CHANGE_INSERT;
    int64_t number = 0;
    if (!leat_column_is_null(arrays, at)) {
        const leat_view *view = &LEAT_COLUMN_GET(arrays, leat_view, at);
        leat_nested_reader reader = leat_nested_read(leat_view_bytes(view), &u->work);
        while (leat_nested_more(&reader)) {
            leat_value value = leat_nested_next(&reader, element);
            add_value(u, i, &value, ++number, change, out);
        }
    }
    if (number > 0 || !u->node->unnest->is_outer)
        return;
    leat_value nothing = {.type = element, .is_null = true};
    add_value(u, i, &nothing, 0, change, out);
}

static void
unnest_arrays(unnest *u, const leat_rows *rows, const leat_eval_errors *errors, leat_emitter *out)
{
    for (uint32_t i = 0; i < rows->selected_count; i++)
        if (errors->count == 0 || !leat_bit_get(errors->rows, leat_rows_at(rows, i)))
            unnest_array(u, rows, i, out);
    flush_elements(u, out);
    leat_arena_reset(&u->work);
}

/* --- Both. --- */

static void unnest_process(leat_operator *self, const leat_rows *rows, leat_emitter *out)
{
    unnest *u = (unnest *)self;
    u->base.counts.rows_in += rows->selected_count;
    leat_eval_errors errors;
    leat_eval_run(u->eval, rows, u->bounds, &errors);
    leat_operator_fail_rows(self, out, rows, &errors);
    leat_stored_rows_write(&u->stored, &u->rows, rows);
    if (u->node->unnest->kind == LEAT_UNNEST_ARRAY) {
        unnest_arrays(u, rows, &errors, out);
        return;
    }
    leat_eval_errors endless = {.rows = u->failed,
                                .first_reason = "series without an end, or too long"};
    memset(u->failed, 0, leat_bit_words(rows->row_count) * sizeof *u->failed);
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        if (errors.count > 0 && leat_bit_get(errors.rows, at))
            continue;
        if (unnest_row(u, rows, i, out))
            continue;
        endless.first_row = endless.count++ == 0 ? at : endless.first_row;
        leat_bit_set(u->failed, at, true);
    }
    leat_operator_fail_rows(self, out, rows, &endless);
    leat_pair_output_flush(&u->pairs, out);
    leat_arena_reset(&u->work);
}

static void unnest_close(leat_operator *self)
{
    unnest *u = (unnest *)self;
    leat_eval_free(&u->eval);
    leat_stored_rows_fini(&u->stored);
    leat_stored_rows_fini(&u->values);
    leat_builder_free(&u->builder);
    leat_arena_fini(&u->work);
    leat_arena_fini(&u->arena);
    leat_free(u);
}

static const leat_operator_class unnest_class = {
    .name = "unnest",
    .process = unnest_process,
    .close = unnest_close,
};

leat_operator *leat_unnest_open(const leat_operator_args *args)
{
    const leat_schema *input = leat_args_operator(args)->input;
    unnest *u = LEAT_NEW(unnest);
    u->base.class = &unnest_class;
    u->node = leat_args_node(args);
    const leat_schema *output = u->node->outputs[0].schema;
    uint32_t count = u->node->expression_count;
    u->eval =
        leat_args_eval(args, leat_program_compile(u->node->expressions, count, input, &u->arena));
    u->bounds = LEAT_ARENA_ARRAY(&u->arena, leat_column, count);
    u->failed = LEAT_ARENA_ARRAY(&u->arena, uint64_t, leat_bit_words(args->row_capacity));
    leat_row_format_init(&u->rows, input, &u->arena);
    const leat_schema *elements = leat_schema_new(&u->arena, output->fields + input->field_count,
                                                  output->field_count - input->field_count, -1);
    leat_row_format_init(&u->elements, elements, &u->arena);
    if (u->node->unnest->kind == LEAT_UNNEST_ARRAY) {
        u->builder = leat_builder_new(elements, args->row_capacity);
        u->owners = LEAT_ARENA_ARRAY(&u->arena, uint32_t, args->row_capacity);
        u->changes = LEAT_ARENA_ARRAY(&u->arena, uint8_t, args->row_capacity);
    }
    leat_pair_output_init(&u->pairs, &u->base, output, args->row_capacity, false, &u->arena);
    u->pairs.left = &u->rows;
    u->pairs.right = &u->elements;
    return &u->base;
}
