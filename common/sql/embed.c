/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sql/embed.h"

#include "common/plan/inline.h"
#include "common/sql/planner.h"

/* The column of that name, or -1. */
static int32_t column_named(const leat_schema *schema, const char *name)
{
    int32_t column = leat_schema_find(schema, leat_bytes_text(name));
    return column < 0 ? -1 : column;
}

static void add_stream(leat_sql_planner *p, const leat_sql_stream *stream)
{
    const leat_logical_output *output = leat_sql_output(p, stream->from);
    const leat_schema *schema = output->schema;
    leat_sql_object *object = LEAT_ARENA_NEW(p->arena, leat_sql_object);
    object->name = stream->name;
    object->is_planned = true;
    leat_sql_relation *rows = &object->relation;
    *rows = (leat_sql_relation){.out = stream->from,
                                .field_count = schema->field_count,
                                .window_start = -1,
                                .window_end = -1};
    rows->fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++)
        rows->fields[i] = (leat_sql_field){stream->name, schema->fields[i].name, false, false};
    int32_t end = column_named(schema, "window_end");
    if (output->time_is_window_end && end >= 0 && end == schema->event_time) {
        rows->window_start = column_named(schema, "window_start");
        rows->window_end = rows->window_start < 0 ? -1 : end;
    }
    leat_vec_push(&p->objects, object);
}

/* The columns under the names that they have for a reader. */
static bool name_columns(leat_sql_planner *p, leat_sql_relation *rows, leat_span span)
{
    const leat_schema *schema = leat_sql_schema(p, rows);
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, rows->field_count);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, rows->field_count);
    bool is_named = schema->field_count == rows->field_count;
    for (uint32_t i = 0; i < rows->field_count; i++) {
        fields[i] = schema->fields[i];
        fields[i].name = rows->fields[i].name;
        bound[i] = leat_bound_column(schema, i, p->arena);
        is_named &= leat_bytes_equal(fields[i].name, schema->fields[i].name);
        for (uint32_t j = 0; j < i; j++) {
            if (!leat_bytes_equal(fields[i].name, fields[j].name))
                continue;
            LEAT_SQL_REPORT(p, span, "two columns are called `%.*s`: rename one with AS",
                            LEAT_FMT(fields[i].name));
            return false;
        }
    }
    if (!is_named)
        rows->out = leat_sql_project(p, rows->out, fields, bound, rows->field_count, span);
    return true;
}

static bool plan_only(leat_sql_planner *p, leat_sql_relation *out)
{
    const leat_sql_script *script = leat_sql_parse(p->source, p->arena, p->diagnostics);
    if (script == NULL)
        return false;
    p->now = 1;
    if (script->count != 1 || script->statements[0].kind != LEAT_SQL_QUERY) {
        LEAT_SQL_REPORT(p, ((leat_span){0}), "expected one SELECT");
        return false;
    }
    const leat_sql_statement *statement = &script->statements[0];
    return leat_sql_plan_query(p, statement->query, out) && name_columns(p, out, statement->span);
}

bool leat_sql_embed(const leat_sql_embedding *embedding,
                    leat_arena *arena,
                    leat_diagnostics *diagnostics,
                    leat_sql_embedded *out)
{
    const leat_sql_config config = {.allows_unbounded_state = true};
    leat_sql_planner p = {.arena = arena, .diagnostics = diagnostics, .config = &config};
    p.source = embedding->source;
    p.owner = embedding->owner;
    p.plan = LEAT_ARENA_NEW(arena, leat_logical_plan);
    leat_sql_settings_init(&p);
    for (uint32_t i = 0; i < embedding->node_count; i++)
        leat_vec_push(&p.nodes, embedding->nodes[i]);
    for (uint32_t i = 0; i < embedding->stream_count; i++)
        add_stream(&p, &embedding->streams[i]);
    uint32_t errors_before = diagnostics->error_count;
    leat_sql_relation rows;
    bool is_fine = plan_only(&p, &rows) && diagnostics->error_count == errors_before;
    if (is_fine) {
        out->out = rows.out;
        out->node_count = (uint32_t)p.nodes.count - embedding->node_count;
        out->nodes = leat_arena_copy(arena, p.nodes.items + embedding->node_count,
                                     out->node_count * sizeof *out->nodes);
    }
    leat_sql_scratch_fini(&p);
    return is_fine;
}
