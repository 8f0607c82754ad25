/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that return rows: generate_series(first, last[, step]) and UNNEST(array).
 */
#include "common/expr/function.h"
#include "common/sql/pool.h"

bool leat_sql_is_series(const leat_expr *call)
{
    return call->over == NULL &&
           (leat_sql_is_call(call, "generate_series") || leat_sql_is_call(call, "unnest"));
}

/* --- Other names. --- */

static leat_expr *call_of(leat_sql_planner *p,
                          const leat_expr *like,
                          const char *name,
                          leat_expr *const *arguments,
                          uint32_t count)
{
    leat_expr *call = leat_sql_input(p, like, 0);
    call->kind = LEAT_EXPR_CALL;
    call->name = leat_bytes_text(name);
    call->argument_count = count;
    call->arguments = leat_arena_copy(p->arena, arguments, count * sizeof(leat_expr *));
    return call;
}

/* regexp_matches(text, pattern, 'g'): an array of one per match; the pattern has one group at most.
 */
static leat_expr *matches_of(leat_sql_planner *p, const leat_expr *call)
{
    const leat_expr *flags = call->argument_count == 3 ? call->arguments[2] : NULL;
    if (flags == NULL || flags->kind != LEAT_EXPR_LITERAL || flags->value.is_null ||
        !leat_bytes_equal(flags->value.text, LEAT_BYTES("g"))) {
        LEAT_SQL_REPORT(p, leat_sql_span(call),
                        "regexp_matches takes a text, a pattern and the flag 'g'; of one match is "
                        "regexp_match");
        return NULL;
    }
    leat_expr *all = call_of(p, call, "regexp_extract_all", call->arguments, 2);
    leat_expr *each = call_of(p, call, "unnest", &all, 1);
    return call_of(p, call, "array", &each, 1);
}

leat_expr *leat_sql_name_series(void *self, leat_expr *expr)
{
    static const char *const tables[][2] = {{"regexp_split_to_table", "regexp_split_to_array"},
                                            {"string_to_table", "string_to_array"}};
    leat_sql_planner *p = self;
    leat_expr *copy = leat_sql_map_children(p, expr, leat_sql_name_series, p);
    if (copy == NULL || copy->over != NULL)
        return copy;
    if (leat_sql_is_call(copy, "regexp_matches"))
        return matches_of(p, copy);
    for (size_t i = 0; i < LEAT_COUNT_OF(tables); i++) {
        if (!leat_sql_is_call(copy, tables[i][0]))
            continue;
        leat_expr *array = call_of(p, copy, tables[i][1], copy->arguments, copy->argument_count);
        return call_of(p, copy, "unnest", &array, 1);
    }
    return copy;
}

/* --- In FROM. --- */

/* As in PostgreSQL the alias names the only column, too. */
bool leat_sql_series_fields(leat_sql_planner *p, const leat_sql_from *from, leat_sql_relation *out)
{
    const leat_expr *call = leat_sql_name_series(p, from->call);
    if (call == NULL)
        return false;
    if (!leat_sql_is_series(call)) {
        LEAT_SQL_REPORT(p, from->span,
                        "%.*s(...) returns no rows: in FROM stand generate_series and UNNEST",
                        LEAT_FMT(from->call->name));
        return false;
    }
    *out = (leat_sql_relation){.window_start = -1, .window_end = -1};
    out->field_count = from->has_ordinality ? 2 : 1;
    out->fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, out->field_count);
    out->fields[0].name = from->alias.text.size > 0 ? from->alias.text : from->call->name;
    if (from->has_ordinality)
        out->fields[1].name = LEAT_BYTES("ordinality");
    return true;
}

/* first, last and step as bound expressions, numbers widened to bigint. */
static bool bind_series(leat_sql_planner *p,
                        const leat_expr *call,
                        const leat_schema *schema,
                        leat_bound **bound,
                        leat_type *out_type)
{
    if (call->argument_count < 2 || call->argument_count > 3) {
        LEAT_SQL_REPORT(p, leat_sql_span(call), "expected generate_series(first, last[, step])");
        return false;
    }
    for (uint32_t i = 0; i < call->argument_count; i++)
        if ((bound[i] = leat_sql_bind(p, schema, call->arguments[i])) == NULL)
            return false;
    bool is_time = bound[0]->type.id == LEAT_TYPE_TIMESTAMP;
    *out_type = is_time ? LEAT_TYPE(TIMESTAMP) : LEAT_TYPE(BIGINT);
    if (!is_time && bound[0]->type.id == LEAT_TYPE_INT && bound[1]->type.id == LEAT_TYPE_INT)
        *out_type = LEAT_TYPE(INT);
    for (uint32_t i = 0; i < call->argument_count; i++) {
        leat_type wanted = i == 2 && is_time ? LEAT_TYPE(INTERVAL) : *out_type;
        leat_expr cast = {.kind = LEAT_EXPR_CAST,
                          .offset = call->arguments[i]->offset,
                          .length = call->arguments[i]->length,
                          .type = wanted,
                          .argument_count = 1,
                          .arguments = &call->arguments[i]};
        leat_type common;
        bool fits = leat_type_equal(bound[i]->type, wanted) ||
                    leat_type_common(bound[i]->type, wanted, &common);
        if (!fits) {
            LEAT_SQL_REPORT(p, leat_sql_span(call->arguments[i]),
                            "generate_series takes whole numbers, or timestamps and an interval");
            return false;
        }
        if ((bound[i] = leat_sql_bind(p, schema, &cast)) == NULL)
            return false;
    }
    return true;
}

static bool bind_array(leat_sql_planner *p,
                       const leat_expr *call,
                       const leat_schema *schema,
                       leat_bound **bound,
                       leat_type *out_type)
{
    if (call->argument_count == 1 &&
        (bound[0] = leat_sql_bind(p, schema, call->arguments[0])) == NULL)
        return false;
    if (call->argument_count == 1 && bound[0]->type.id == LEAT_TYPE_ARRAY) {
        *out_type = leat_type_element(bound[0]->type);
        return true;
    }
    LEAT_SQL_REPORT(p, leat_sql_span(call), "UNNEST takes one array");
    return false;
}

/* The fields of `rows` and the last `count` columns of its schema, which is wider. */
static void keep_last(leat_sql_planner *p, leat_sql_relation *rows, uint32_t count, leat_span span)
{
    const leat_schema *schema = leat_sql_schema(p, rows);
    uint32_t shown = rows->field_count, total = shown + count;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, total);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, total);
    for (uint32_t i = 0; i < total; i++) {
        uint32_t from = i < shown ? i : schema->field_count - count + (i - shown);
        leat_expr input = {.kind = LEAT_EXPR_INPUT, .column = from};
        fields[i] = schema->fields[from];
        bound[i] = leat_sql_bind(p, schema, &input);
    }
    rows->out = leat_sql_project(p, rows->out, fields, bound, total, span);
}

bool leat_sql_plan_series(leat_sql_planner *p,
                          const leat_expr *call,
                          bool is_outer,
                          bool has_ordinality,
                          leat_sql_relation *rows)
{
    const leat_schema *schema = leat_sql_schema(p, rows);
    leat_span span = leat_sql_span(call);
    leat_bound *bound[3];
    leat_type type;
    call = leat_sql_name_series(p, leat_sql_expr_copy(p, call));
    bool is_array = leat_sql_is_call(call, "unnest");
    if (is_array ? !bind_array(p, call, schema, bound, &type)
                 : !bind_series(p, call, schema, bound, &type))
        return false;
    uint32_t first = schema->field_count, more = has_ordinality ? 2 : 1;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, first + more);
    memcpy(fields, schema->fields, first * sizeof *fields);
    fields[first] =
        (leat_field){leat_arena_bytes(p->arena, call->name), type, is_outer || is_array};
    if (has_ordinality)
        fields[first + 1] = (leat_field){LEAT_BYTES("ordinality"), LEAT_TYPE(BIGINT), is_outer};
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_UNNEST, "unnest", span);
    leat_unnest *unnest = LEAT_ARENA_NEW(p->arena, leat_unnest);
    *unnest = (leat_unnest){.kind = is_array ? LEAT_UNNEST_ARRAY : LEAT_UNNEST_SERIES,
                            .is_outer = is_outer,
                            .has_ordinality = has_ordinality};
    leat_sql_set_inputs(p, &node, &rows->out, 1);
    node.unnest = unnest;
    node.expression_count = call->argument_count;
    node.expressions = leat_arena_copy(p->arena, bound, call->argument_count * sizeof *bound);
    rows->out =
        leat_sql_add(p, &node, leat_schema_new(p->arena, fields, first + more, schema->event_time));
    if (first > rows->field_count)
        keep_last(p, rows, more, span);
    leat_sql_field *names = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, rows->field_count + more);
    if (rows->field_count > 0)
        memcpy(names, rows->fields, rows->field_count * sizeof *names);
    for (uint32_t i = 0; i < more; i++)
        names[rows->field_count + i].name = i == 0 ? call->name : LEAT_BYTES("ordinality");
    rows->fields = names;
    rows->field_count += more;
    return true;
}
