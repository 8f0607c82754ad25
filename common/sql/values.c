/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows that stand in the text: VALUES, and the one row of a SELECT without FROM. They are a
 * `sequence` of so many numbered rows, and a projection that says what row n holds:
 *
 *     VALUES (1), (2)  ->  sequence of 2  ->  CASE WHEN seq = 0 THEN 1 WHEN seq = 1 THEN 2 END
 */
#include "common/expr/function.h"
#include "common/sql/planner.h"

static leat_logical_input add_sequence(leat_sql_planner *p, uint32_t count, leat_span span)
{
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_SOURCE, "values", span);
    const char *rows = leat_arena_print(p->arena, "%u", count);
    leat_option options[] = {{LEAT_BYTES("rows"), leat_bytes_text(rows), node.place, node.place},
                             {LEAT_BYTES("splits"), LEAT_BYTES("1"), node.place, node.place}};
    node.name = node.operator_id;
    node.connector = LEAT_BYTES("sequence");
    node.connector_place = node.place;
    node.option_count = LEAT_COUNT_OF(options);
    node.options = leat_arena_copy(p->arena, options, sizeof options);
    node.on_bad_record = LEAT_BAD_RECORD_FAIL;
    node.wanted = LEAT_ARENA_NEW(p->arena, bool);
    node.wanted[0] = true;
    leat_field field = {LEAT_BYTES("seq"), LEAT_TYPE(BIGINT), false};
    return leat_sql_add(
        p, &node,
        leat_schema_new(p->arena, leat_arena_copy(p->arena, &field, sizeof field), 1, -1));
}

void leat_sql_plan_one_row(leat_sql_planner *p, leat_span span, leat_sql_relation *out)
{
    *out = (leat_sql_relation){.out = add_sequence(p, 1, span), .window_start = -1};
    out->window_end = -1;
}

/* --- VALUES. --- */

typedef struct listing {
    leat_sql_planner *p;
    const leat_sql_body *body;
    const leat_schema *sequence;
    leat_expr ***cells; /* [row][column] */
} listing;

/* The types of a column's cells in common; NULLs fit any. */
static bool column_type(listing *l, uint32_t column, leat_type *out_type)
{
    *out_type = LEAT_TYPE(UNKNOWN);
    for (uint32_t row = 0; row < l->body->row_count; row++) {
        const leat_expr *cell = l->cells[row][column];
        leat_bound *bound = leat_sql_bind(l->p, l->sequence, cell);
        leat_type common;
        if (bound == NULL)
            return false;
        if (bound->kind == LEAT_BOUND_CONSTANT && bound->value.is_null)
            continue;
        if (out_type->id == LEAT_TYPE_UNKNOWN) {
            *out_type = bound->type;
        } else if (leat_type_common(*out_type, bound->type, &common)) {
            *out_type = common;
        } else {
            LEAT_SQL_REPORT(l->p, leat_sql_span(cell),
                            "this value has no type in common with those above it in column %u",
                            column + 1);
            return false;
        }
    }
    if (out_type->id == LEAT_TYPE_UNKNOWN)
        *out_type = LEAT_TYPE(STRING);
    return true;
}

static leat_expr *new_expr(listing *l, leat_expr_kind kind, leat_expr **arguments, uint32_t count)
{
    leat_expr like = {.offset = l->body->span.start,
                      .length = l->body->span.end - l->body->span.start};
    leat_expr *expr = leat_sql_input(l->p, &like, 0);
    expr->kind = kind;
    expr->argument_count = count;
    expr->arguments = leat_arena_copy(l->p->arena, arguments, count * sizeof(leat_expr *));
    return expr;
}

static leat_expr *is_row(listing *l, uint32_t row)
{
    leat_expr *sides[2] = {new_expr(l, LEAT_EXPR_INPUT, NULL, 0),
                           new_expr(l, LEAT_EXPR_LITERAL, NULL, 0)};
    sides[1]->value = (leat_value){.type = LEAT_TYPE(BIGINT), .integer = row};
    sides[1]->type = sides[1]->value.type;
    leat_expr *equal = new_expr(l, LEAT_EXPR_CALL, sides, 2);
    equal->name = LEAT_BYTES("=");
    return equal;
}

static leat_bound *column_value(listing *l, uint32_t column)
{
    uint32_t rows = l->body->row_count;
    leat_type type;
    if (!column_type(l, column, &type))
        return NULL;
    leat_expr **arms = LEAT_ARENA_ARRAY(l->p->arena, leat_expr *, 2 * rows);
    uint32_t count = 0;
    for (uint32_t row = 0; row < rows; row++) {
        leat_expr *cell = new_expr(l, LEAT_EXPR_CAST, &l->cells[row][column], 1);
        cell->type = type;
        if (row + 1 < rows)
            arms[count++] = is_row(l, row);
        arms[count++] = cell;
    }
    leat_expr *value = rows == 1 ? arms[0] : new_expr(l, LEAT_EXPR_CASE, arms, count);
    return leat_sql_bind(l->p, l->sequence, value);
}

/* Rows of equal length, over nothing but themselves. */
static bool read_cells(listing *l, uint32_t columns)
{
    const leat_sql_body *body = l->body;
    l->cells = LEAT_ARENA_ARRAY(l->p->arena, leat_expr **, body->row_count);
    for (uint32_t row = 0; row < body->row_count; row++) {
        if (body->rows[row].count != columns) {
            LEAT_SQL_REPORT(l->p, leat_sql_span(body->rows[row].items[0]),
                            "this row has %u values, the first has %u", body->rows[row].count,
                            columns);
            return false;
        }
        l->cells[row] = LEAT_ARENA_ARRAY(l->p->arena, leat_expr *, columns);
        for (uint32_t c = 0; c < columns; c++)
            if ((l->cells[row][c] = leat_sql_resolve(l->p, NULL, 0, 0, body->rows[row].items[c])) ==
                NULL)
                return false;
    }
    return true;
}

bool leat_sql_plan_values(leat_sql_planner *p, const leat_sql_body *body, leat_sql_relation *out)
{
    listing l = {.p = p, .body = body};
    uint32_t columns = body->rows[0].count;
    *out = (leat_sql_relation){.out = add_sequence(p, body->row_count, body->span),
                               .window_start = -1,
                               .window_end = -1,
                               .field_count = columns};
    l.sequence = leat_sql_schema(p, out);
    if (!read_cells(&l, columns))
        return false;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, columns);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, columns);
    out->fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, columns);
    for (uint32_t c = 0; c < columns; c++) {
        leat_bytes name = leat_bytes_text(leat_arena_print(p->arena, "column%u", c + 1));
        if ((bound[c] = column_value(&l, c)) == NULL)
            return false;
        fields[c] = (leat_field){name, bound[c]->type, bound[c]->is_nullable};
        out->fields[c].name = name;
    }
    out->out = leat_sql_project(p, out->out, fields, bound, columns, body->span);
    return true;
}
