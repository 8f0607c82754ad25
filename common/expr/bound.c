/* SPDX-License-Identifier: Apache-2.0 */
#include "common/expr/bound.h"

#include "common/expr/function.h"

static bool value_equal(const leat_value *a, const leat_value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    switch ((leat_type_id)a->type.id) {
    case LEAT_TYPE_BOOLEAN:
        return a->boolean == b->boolean;
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
        return a->integer == b->integer;
    case LEAT_TYPE_DOUBLE: /* by bits: -0 and 0 print differently */
        return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        return leat_bytes_equal(a->text, b->text);
    case LEAT_TYPE_INTERVAL:
        return a->interval.months == b->interval.months && a->interval.days == b->interval.days &&
               a->interval.micros == b->interval.micros;
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        return true;
    }
    return false;
}

bool leat_bound_equal(const leat_bound *a, const leat_bound *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->kind != b->kind || !leat_type_equal(a->type, b->type) ||
        a->argument_count != b->argument_count)
        return false;
    if (a->kind == LEAT_BOUND_CONSTANT)
        return value_equal(&a->value, &b->value);
    if (a->kind == LEAT_BOUND_COLUMN)
        return a->column == b->column;
    if (a->kind == LEAT_BOUND_CALL && a->function != b->function)
        return false;
    for (uint32_t i = 0; i < a->argument_count; i++)
        if (!leat_bound_equal(a->arguments[i], b->arguments[i]))
            return false;
    return true;
}

bool leat_bound_fits(const leat_bound *bound, const leat_schema *schema)
{
    if (bound->kind == LEAT_BOUND_COLUMN)
        return bound->column < schema->field_count &&
               leat_type_equal(bound->type, schema->fields[bound->column].type);
    for (uint32_t i = 0; i < bound->argument_count; i++)
        if (!leat_bound_fits(bound->arguments[i], schema))
            return false;
    return true;
}

void leat_bound_uses(const leat_bound *bound, bool *uses)
{
    if (bound->kind == LEAT_BOUND_COLUMN)
        uses[bound->column] = true;
    for (uint32_t i = 0; i < bound->argument_count; i++)
        leat_bound_uses(bound->arguments[i], uses);
}

leat_bound *leat_bound_remap(const leat_bound *bound, const uint32_t *map, leat_arena *arena)
{
    leat_bound *copy = leat_arena_copy(arena, bound, sizeof *bound);
    if (bound->kind == LEAT_BOUND_COLUMN)
        copy->column = map[bound->column];
    copy->arguments = LEAT_ARENA_ARRAY(arena, leat_bound *, bound->argument_count);
    for (uint32_t i = 0; i < bound->argument_count; i++)
        copy->arguments[i] = leat_bound_remap(bound->arguments[i], map, arena);
    return copy;
}

/* The expression that would bind to this: there is one printer. */
static leat_expr *unbound(const leat_bound *bound, const leat_schema *schema, leat_arena *arena)
{
    leat_expr *expr = LEAT_ARENA_NEW(arena, leat_expr);
    expr->type = bound->type;
    expr->argument_count = bound->argument_count;
    expr->arguments = LEAT_ARENA_ARRAY(arena, leat_expr *, bound->argument_count);
    for (uint32_t i = 0; i < bound->argument_count; i++)
        expr->arguments[i] = unbound(bound->arguments[i], schema, arena);
    switch (bound->kind) {
    case LEAT_BOUND_CONSTANT:
        expr->kind = LEAT_EXPR_LITERAL;
        expr->value = bound->value;
        break;
    case LEAT_BOUND_COLUMN:
        expr->kind = LEAT_EXPR_COLUMN;
        expr->name = schema != NULL && bound->column < schema->field_count
                         ? schema->fields[bound->column].name
                         : leat_bytes_text(leat_arena_print(arena, "$%u", bound->column));
        break;
    case LEAT_BOUND_CALL: {
        const leat_function *function = leat_function_at(bound->function);
        expr->kind = function->rule == LEAT_RESULT_CAST || function->rule == LEAT_RESULT_TRY_CAST
                         ? LEAT_EXPR_CAST
                         : LEAT_EXPR_CALL;
        expr->name = leat_bytes_text(function->name);
        break;
    }
    case LEAT_BOUND_CASE: {
        expr->kind = LEAT_EXPR_CASE;
        const leat_bound *otherwise = bound->arguments[bound->argument_count - 1];
        bool says_nothing = otherwise->kind == LEAT_BOUND_CONSTANT && otherwise->value.is_null;
        expr->argument_count -= says_nothing && bound->argument_count > 1;
        break;
    }
    }
    return expr;
}

void leat_bound_print(const leat_bound *bound, const leat_schema *schema, leat_buf *out)
{
    leat_arena arena = {0};
    leat_expr_print(unbound(bound, schema, &arena), out);
    leat_arena_fini(&arena);
}
