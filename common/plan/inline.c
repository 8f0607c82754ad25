/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/inline.h"

#include "common/expr/function.h"

leat_bound *leat_bound_column(const leat_schema *schema, uint32_t column, leat_arena *arena)
{
    leat_bound *bound = LEAT_ARENA_NEW(arena, leat_bound);
    bound->kind = LEAT_BOUND_COLUMN;
    bound->type = schema->fields[column].type;
    bound->is_nullable = schema->fields[column].is_nullable;
    bound->column = column;
    return bound;
}

leat_bound *
leat_bound_inline(const leat_bound *bound, leat_bound *const *replacements, leat_arena *arena)
{
    if (bound->kind == LEAT_BOUND_COLUMN)
        return replacements[bound->column];
    leat_bound *copy = leat_arena_copy(arena, bound, sizeof *bound);
    copy->arguments = LEAT_ARENA_ARRAY(arena, leat_bound *, bound->argument_count);
    for (uint32_t i = 0; i < bound->argument_count; i++)
        copy->arguments[i] = leat_bound_inline(bound->arguments[i], replacements, arena);
    return copy;
}

uint32_t leat_bound_size(const leat_bound *bound, uint32_t limit)
{
    uint32_t size = 1;
    for (uint32_t i = 0; i < bound->argument_count && size < limit; i++)
        size += leat_bound_size(bound->arguments[i], limit - size);
    return size;
}

uint32_t leat_bound_depth(const leat_bound *bound)
{
    uint32_t below = 0;
    for (uint32_t i = 0; i < bound->argument_count; i++)
        below = LEAT_MAX(below, leat_bound_depth(bound->arguments[i]));
    return below + 1;
}

bool leat_bound_is_and(const leat_bound *bound)
{
    return bound->kind == LEAT_BOUND_CALL &&
           bound->function == leat_function_next(LEAT_BYTES("and"), 0);
}

leat_bound *leat_bound_and(leat_bound *const *conditions, uint32_t count, leat_arena *arena)
{
    if (count == 1)
        return conditions[0];
    leat_bound *all = LEAT_ARENA_NEW(arena, leat_bound);
    *all = (leat_bound){.kind = LEAT_BOUND_CALL,
                        .type = LEAT_TYPE(BOOLEAN),
                        .function = leat_function_next(LEAT_BYTES("and"), 0),
                        .argument_count = count};
    all->arguments = leat_arena_copy(arena, conditions, count * sizeof(leat_bound *));
    for (uint32_t i = 0; i < count; i++)
        all->is_nullable |= conditions[i]->is_nullable;
    return all;
}
