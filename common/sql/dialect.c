/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the two dialects mean different things by the same words (decisions 39). Both grammars are
 * always accepted; PostgreSQL's meaning is the one of the engine, Flink's is put around it.
 */
#include "common/sql/planner.h"

static bool is_integer(leat_type type)
{
    return type.id == LEAT_TYPE_INT || type.id == LEAT_TYPE_BIGINT;
}

static leat_expr *cast(leat_sql_planner *p, leat_expr *value, leat_type type)
{
    leat_expr *made = LEAT_ARENA_NEW(p->arena, leat_expr);
    *made = (leat_expr){.kind = LEAT_EXPR_CAST,
                        .offset = value->offset,
                        .length = value->length,
                        .type = type,
                        .argument_count = 1,
                        .arguments = leat_arena_copy(p->arena, &value, sizeof(leat_expr *))};
    return made;
}

/* A cast rounds; what Flink makes whole it cuts off. */
static leat_expr *cut(leat_sql_planner *p, leat_expr *value, leat_type type)
{
    leat_expr *whole = LEAT_ARENA_NEW(p->arena, leat_expr);
    *whole = (leat_expr){.kind = LEAT_EXPR_CALL,
                         .offset = value->offset,
                         .length = value->length,
                         .name = LEAT_BYTES("trunc"),
                         .argument_count = 1,
                         .arguments = leat_arena_copy(p->arena, &value, sizeof(leat_expr *))};
    return cast(p, whole, type);
}

leat_expr *leat_sql_dialect_aggregate(leat_sql_planner *p,
                                      const leat_bound_aggregate *aggregate,
                                      leat_expr *result)
{
    if (!p->is_flink || aggregate->argument == NULL || !is_integer(aggregate->argument->type))
        return result;
    if (aggregate->kind == LEAT_AGGREGATE_AVG)
        return cut(p, result, aggregate->argument->type);
    if (aggregate->kind == LEAT_AGGREGATE_SUM)
        return cast(p, result, aggregate->argument->type);
    return result;
}

leat_expr *leat_sql_dialect_call(leat_sql_planner *p, leat_expr *call)
{
    bool is_field = leat_sql_is_call(call, "extract") || leat_sql_is_call(call, "date_part");
    return p->is_flink && is_field ? cut(p, call, LEAT_TYPE(BIGINT)) : call;
}
