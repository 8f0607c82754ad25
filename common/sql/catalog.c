/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables as sources and sinks, views as queries: each planned when first read, and once.
 */
#include "common/plan/changes.h"
#include "common/sql/planner.h"

#include "common/text/duration.h"
#include <strings.h>

static bool same_name(leat_bytes a, leat_bytes b)
{
    return a.size == b.size && (a.size == 0 || strncasecmp(a.data, b.data, a.size) == 0);
}

/* Whether an object had that name then, and nothing had dropped it. */
static bool has_name(const leat_sql_object *object, leat_bytes name, uint32_t when, bool is_exact)
{
    leat_bytes held = object->name;
    if (object->made_at > when || (object->dropped_at != 0 && object->dropped_at <= when))
        return false;
    for (const leat_sql_former *former = object->former; former != NULL; former = former->next)
        if (former->until > when)
            held = former->name;
    return is_exact ? leat_bytes_equal(held, name) : same_name(held, name);
}

static leat_sql_object *
find_as_of(const leat_sql_planner *p, leat_bytes name, uint32_t when, bool is_exact)
{
    for (size_t i = p->objects.count; i-- > 0;) {
        leat_sql_object *object = p->objects.items[i];
        bool is_hidden = object->is_open || (object->statement == NULL && i < p->cte_floor);
        if (!is_hidden && has_name(object, name, when, is_exact))
            return object;
    }
    return NULL;
}

/* The newest first: a CTE hides a table. An exact match goes before one in another case, what was
 * there when a view was made before what came later. */
leat_sql_object *leat_sql_find(leat_sql_planner *p, leat_bytes name)
{
    uint32_t when = p->as_of != 0 ? p->as_of : p->now;
    leat_sql_object *found = find_as_of(p, name, when, true);
    if (found == NULL)
        found = find_as_of(p, name, when, false);
    if (found == NULL && p->as_of != 0)
        found = find_as_of(p, name, p->now, true);
    if (found == NULL && p->as_of != 0)
        found = find_as_of(p, name, p->now, false);
    return found;
}

void leat_sql_unknown_table(leat_sql_planner *p, leat_sql_name name)
{
    const char **names = LEAT_ARENA_ARRAY(p->arena, const char *, p->objects.count);
    size_t count = 0;
    for (size_t i = 0; i < p->objects.count; i++)
        if (p->objects.items[i]->dropped_at == 0)
            names[count++] = leat_arena_text(p->arena, p->objects.items[i]->name);
    const char *near = leat_suggest(name.text, names, count);
    LEAT_SQL_REPORT(p, name.span, "there is no table or view '%.*s'%s%s%s", LEAT_FMT(name.text),
                    near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
                    near == NULL ? "" : "'?");
}

/* --- Options. --- */

/* The table's own options are taken; the rest is the connector's. */
static bool read_number(leat_sql_planner *p, const leat_sql_option *option, uint64_t *out)
{
    uint64_t number = 0;
    for (size_t i = 0; i < option->value.size; i++) {
        char c = option->value.data[i];
        if (c < '0' || c > '9' || number > UINT64_MAX / 16) {
            LEAT_SQL_REPORT(p, option->value_span, "`%.*s` takes a whole number",
                            LEAT_FMT(option->name.text));
            return false;
        }
        number = number * 10 + (uint64_t)(c - '0');
    }
    *out = number;
    return true;
}

static bool
read_sink_changes(leat_sql_planner *p, const leat_sql_option *option, leat_logical_node *node)
{
    node->writes_op = leat_bytes_equal(option->value, LEAT_BYTES("log"));
    if (!node->writes_op)
        LEAT_SQL_REPORT(p, option->value_span, "`changes` takes log");
    return node->writes_op;
}

/* What a source's rows may say of earlier ones. Its node has its output already. */
static bool
read_source_changes(leat_sql_planner *p, const leat_sql_option *option, leat_logical_node *node)
{
    static const char *const modes[LEAT_CHANGES_COUNT] = {[LEAT_CHANGES_APPEND] = "append",
                                                          [LEAT_CHANGES_RETRACT] = "retract",
                                                          [LEAT_CHANGES_UPSERT] = "upsert"};
    for (int mode = 0; mode < LEAT_CHANGES_COUNT; mode++) {
        if (!leat_bytes_equal(option->value, leat_bytes_text(modes[mode])))
            continue;
        node->outputs[0].changes = (leat_change_mode)mode;
        return true;
    }
    LEAT_SQL_REPORT(p, option->value_span,
                    "`changes` of a table that is read takes append, retract or upsert");
    return false;
}

static bool read_option(leat_sql_planner *p, const leat_sql_option *option, leat_logical_node *node)
{
    leat_bytes name = option->name.text;
    if (leat_bytes_equal(name, LEAT_BYTES("connector"))) {
        node->connector = leat_arena_bytes(p->arena, option->value);
        node->connector_place = leat_sql_place(p, option->value_span);
        return true;
    }
    if (leat_bytes_equal(name, LEAT_BYTES("rate")) && node->kind == LEAT_LOGICAL_SOURCE)
        return read_number(p, option, &node->rate);
    if (leat_bytes_equal(name, LEAT_BYTES("changes")))
        return node->kind == LEAT_LOGICAL_SINK ? read_sink_changes(p, option, node)
                                               : read_source_changes(p, option, node);
    if (leat_bytes_equal(name, LEAT_BYTES("on_bad_record"))) {
        bool skips = leat_bytes_equal(option->value, LEAT_BYTES("skip"));
        node->on_bad_record = skips ? LEAT_BAD_RECORD_SKIP : LEAT_BAD_RECORD_FAIL;
        return true;
    }
    node->options[node->option_count++] =
        (leat_option){leat_arena_bytes(p->arena, name), leat_arena_bytes(p->arena, option->value),
                      leat_sql_place(p, option->value_span), leat_sql_place(p, option->value_span)};
    return true;
}

static bool read_options(leat_sql_planner *p,
                         const leat_sql_options *options,
                         leat_sql_name table,
                         leat_logical_node *node)
{
    bool is_fine = true;
    node->options = LEAT_ARENA_ARRAY(p->arena, leat_option, options->count);
    for (uint32_t i = 0; i < options->count; i++)
        is_fine &= read_option(p, &options->items[i], node);
    if (node->connector.size > 0)
        return is_fine;
    LEAT_SQL_REPORT(p, table.span, "the table '%.*s' needs WITH ('connector' = '...')",
                    LEAT_FMT(table.text));
    return false;
}

static void
check_connector(leat_sql_planner *p, const leat_logical_node *node, const leat_schema *schema)
{
    const leat_logical_checks *checks = p->config->checks;
    if (checks != NULL)
        checks->check(checks->self, node, schema, p->diagnostics);
}

/* --- Sources. --- */

/* What computes the column of that name, or NULL. */
static const leat_expr *computed_column(const leat_sql_table *table, leat_bytes name)
{
    for (uint32_t i = 0; i < table->column_count; i++)
        if (table->columns[i].kind == LEAT_SQL_COLUMN_FIELD &&
            same_name(table->columns[i].name.text, name))
            return table->columns[i].computed;
    return NULL;
}

/* The event time is a stored column, or computed from some. */
static bool read_time(leat_sql_planner *p,
                      const leat_sql_table *table,
                      leat_sql_name column,
                      const leat_schema *stored,
                      leat_logical_node *node)
{
    const leat_expr *computed = computed_column(table, column.text);
    const leat_type *type = NULL;
    node->event_time = -1;
    for (uint32_t i = 0; i < stored->field_count && computed == NULL; i++)
        if (same_name(stored->fields[i].name, column.text))
            node->event_time = (int32_t)i;
    if (node->event_time >= 0)
        type = &stored->fields[node->event_time].type;
    if (computed != NULL) {
        leat_sql_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, stored->field_count);
        for (uint32_t i = 0; i < stored->field_count; i++)
            fields[i].name = stored->fields[i].name;
        leat_expr *expr = leat_sql_resolve(p, fields, 0, stored->field_count, computed);
        leat_bound *bound = expr == NULL ? NULL : leat_sql_bind(p, stored, expr);
        if (bound == NULL)
            return false;
        type = &bound->type;
        node->expression_count = 1;
        node->expressions = leat_arena_copy(p->arena, &bound, sizeof bound);
    }
    if (type != NULL && type->id == LEAT_TYPE_TIMESTAMP)
        return true;
    LEAT_SQL_REPORT(p, column.span,
                    type == NULL ? "the table has no column '%.*s'"
                                 : "the event time must be a timestamp, '%.*s' is not",
                    LEAT_FMT(column.text));
    return false;
}

/* `c` or `c - INTERVAL '5' SECOND`. */
static bool read_watermark(leat_sql_planner *p,
                           const leat_sql_table *table,
                           const leat_sql_watermark *watermark,
                           const leat_schema *stored,
                           leat_logical_node *node)
{
    if (!read_time(p, table, watermark->column, stored, node))
        return false;
    const leat_expr *bound = watermark->bound;
    bool has_delay = leat_sql_is_call(bound, "-") && bound->argument_count == 2;
    const leat_expr *column = has_delay ? bound->arguments[0] : bound;
    if (column->kind != LEAT_EXPR_COLUMN || !same_name(column->name, watermark->column.text)) {
        LEAT_SQL_REPORT(p, watermark->span,
                        "expected the column, or the column minus an interval: %.*s - INTERVAL '5' "
                        "SECOND",
                        LEAT_FMT(watermark->column.text));
        return false;
    }
    if (watermark->late_to.text.size > 0) {
        LEAT_SQL_REPORT(p, watermark->late_to.span,
                        "LATE TO is not there in SQL yet, a topology's `late_to` is: late rows are "
                        "counted and dropped");
        return false;
    }
    return (!has_delay || leat_sql_interval(p, bound->arguments[1], &node->out_of_orderness_us)) &&
           (watermark->idle_after == NULL ||
            leat_sql_interval(p, watermark->idle_after, &node->idle_after_us)) &&
           (watermark->max_future == NULL ||
            leat_sql_interval(p, watermark->max_future, &node->max_future_us));
}

/* Stored columns are the source's; computed ones a projection above. */
static bool source_fields(leat_sql_planner *p,
                          const leat_sql_table *table,
                          leat_field *fields,
                          uint32_t *out_count,
                          bool *out_computes)
{
    *out_count = 0;
    *out_computes = false;
    for (uint32_t i = 0; i < table->column_count; i++) {
        const leat_sql_column *column = &table->columns[i];
        if (column->kind != LEAT_SQL_COLUMN_FIELD)
            continue;
        if (column->computed != NULL) {
            *out_computes = true;
            continue;
        }
        fields[(*out_count)++] = (leat_field){column->name.text, column->type,
                                              !column->is_not_null && !column->is_primary_key};
    }
    if (*out_count > 0)
        return true;
    LEAT_SQL_REPORT(p, table->name.span, "the table '%.*s' has no columns",
                    LEAT_FMT(table->name.text));
    return false;
}

/* The columns of PRIMARY KEY among the stored ones. */
static bool read_key(leat_sql_planner *p,
                     const leat_sql_table *table,
                     const leat_field *fields,
                     uint32_t count,
                     leat_logical_output *output)
{
    output->upsert_keys = LEAT_ARENA_ARRAY(p->arena, uint16_t, table->column_count + count);
    for (uint32_t i = 0; i < table->column_count; i++) {
        const leat_sql_column *column = &table->columns[i];
        leat_sql_names names = column->key;
        leat_sql_name own = column->name;
        if (column->kind == LEAT_SQL_COLUMN_FIELD)
            names = (leat_sql_names){column->is_primary_key ? 1 : 0, &own};
        else if (column->kind != LEAT_SQL_COLUMN_KEY)
            continue;
        for (uint32_t n = 0; n < names.count; n++) {
            uint32_t at = 0;
            while (at < count && !same_name(fields[at].name, names.items[n].text))
                at++;
            if (at == count) {
                LEAT_SQL_REPORT(p, names.items[n].span, "the table has no column '%.*s' of its own",
                                LEAT_FMT(names.items[n].text));
                return false;
            }
            output->has_upsert_key = true;
            output->upsert_keys[output->upsert_key_count++] = (uint16_t)at;
        }
    }
    return true;
}

/* Upserts as full changes: the rest of the plan knows no others. */
static bool normalize(leat_sql_planner *p, const leat_sql_table *table, leat_sql_relation *rows)
{
    const leat_logical_output *output = leat_sql_output(p, rows->out);
    if (output->changes != LEAT_CHANGES_UPSERT)
        return true;
    if (!output->has_upsert_key) {
        LEAT_SQL_REPORT(p, table->name.span,
                        "a table with 'changes' = 'upsert' needs a PRIMARY KEY (...) NOT ENFORCED");
        return false;
    }
    leat_logical_node node =
        leat_sql_node(p, LEAT_LOGICAL_NORMALIZE, "normalize", table->name.span);
    leat_sql_set_inputs(p, &node, &rows->out, 1);
    node.operator_id =
        leat_bytes_text(leat_arena_print(p->arena, "%.*s/normalize", LEAT_FMT(table->name.text)));
    node.key_count = output->upsert_key_count;
    node.keys = output->upsert_keys;
    rows->out = leat_sql_add(p, &node, output->schema);
    return true;
}

static bool is_event_time(const leat_sql_table *table, const leat_sql_column *column)
{
    for (uint32_t i = 0; i < table->column_count; i++)
        if (table->columns[i].kind == LEAT_SQL_COLUMN_WATERMARK &&
            same_name(table->columns[i].watermark->column.text, column->name.text))
            return true;
    return false;
}

static bool add_computed(leat_sql_planner *p, const leat_sql_table *table, leat_sql_object *object)
{
    leat_sql_relation *rows = &object->relation;
    const leat_schema *schema = leat_sql_schema(p, rows);
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, table->column_count);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, table->column_count);
    leat_sql_field *names = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, table->column_count);
    uint32_t count = 0;
    int32_t event_time = -1;
    for (uint32_t i = 0; i < table->column_count; i++) {
        const leat_sql_column *column = &table->columns[i];
        if (column->kind != LEAT_SQL_COLUMN_FIELD)
            continue;
        if (is_event_time(table, column))
            event_time = (int32_t)count;
        leat_expr stored = {
            .kind = LEAT_EXPR_COLUMN, .name = column->name.text, .offset = column->name.span.start};
        const leat_expr *written = column->computed == NULL ? &stored : column->computed;
        leat_expr *expr = leat_sql_resolve(p, rows->fields, 0, rows->field_count, written);
        if (expr == NULL || (bound[count] = leat_sql_bind(p, schema, expr)) == NULL)
            return false;
        fields[count] =
            (leat_field){column->name.text, bound[count]->type, bound[count]->is_nullable};
        names[count++] = (leat_sql_field){LEAT_BYTES(""), column->name.text, false, false};
    }
    rows->out = leat_sql_project(p, rows->out, fields, bound, count, table->name.span);
    leat_logical_output *output = p->nodes.items[rows->out.node].outputs;
    if (output->schema->event_time != event_time)
        output->schema = leat_schema_new(p->arena, fields, count, event_time);
    rows->fields = names;
    rows->field_count = count;
    return true;
}

static bool plan_table(leat_sql_planner *p, leat_sql_object *object)
{
    const leat_sql_table *table = object->statement->table;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, table->column_count);
    uint32_t count;
    bool computes;
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_SOURCE, "source", table->name.span);
    node.name = object->name;
    node.operator_id =
        leat_bytes_text(leat_arena_print(p->arena, "%.*s/source", LEAT_FMT(object->name)));
    node.on_bad_record = LEAT_BAD_RECORD_FAIL;
    node.outputs = LEAT_ARENA_NEW(p->arena, leat_logical_output);
    if (!read_options(p, &table->options, table->name, &node) ||
        !source_fields(p, table, fields, &count, &computes) ||
        !read_key(p, table, fields, count, node.outputs))
        return false;
    if (node.outputs->changes == LEAT_CHANGES_APPEND && leat_logical_format_changes(&node))
        node.outputs->changes = LEAT_CHANGES_RETRACT;
    const leat_schema *stored = leat_schema_new(p->arena, fields, count, -1);
    for (uint32_t i = 0; i < table->column_count; i++)
        if (table->columns[i].kind == LEAT_SQL_COLUMN_WATERMARK &&
            !read_watermark(p, table, table->columns[i].watermark, stored, &node))
            return false;
    const leat_schema *schema = leat_schema_new(p->arena, fields, count, node.event_time);
    node.wanted = LEAT_ARENA_ARRAY(p->arena, bool, count);
    memset(node.wanted, true, count);
    check_connector(p, &node, schema);
    leat_sql_relation *rows = &object->relation;
    *rows = (leat_sql_relation){.window_start = -1, .window_end = -1, .field_count = count};
    rows->fields = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, count);
    for (uint32_t i = 0; i < count; i++)
        rows->fields[i].name = schema->fields[i].name;
    rows->out = leat_sql_add(p, &node, schema);
    return normalize(p, table, rows) && (!computes || add_computed(p, table, object));
}

static bool plan_view(leat_sql_planner *p, leat_sql_object *object)
{
    leat_bytes owner = p->owner;
    uint32_t as_of = p->as_of;
    size_t cte_floor = p->cte_floor;
    if (object->statement != NULL) {
        p->owner = object->name;
        p->as_of = object->made_at;
        p->cte_floor = p->objects.count;
    }
    bool is_fine = leat_sql_plan_query(p, object->query, &object->relation);
    p->owner = owner;
    p->as_of = as_of;
    p->cte_floor = cte_floor;
    leat_sql_relation *rows = &object->relation;
    for (uint32_t i = 0; i < object->columns.count && i < rows->field_count && is_fine; i++)
        rows->fields[i].name = object->columns.items[i].text;
    return is_fine;
}

bool leat_sql_plan_source(leat_sql_planner *p, leat_sql_object *object)
{
    if (object->is_planned)
        return true;
    object->is_open = true;
    bool is_table = object->statement != NULL && object->statement->kind == LEAT_SQL_CREATE_TABLE;
    bool is_fine = is_table ? plan_table(p, object) : plan_view(p, object);
    object->is_open = false;
    object->is_planned = is_fine;
    return is_fine;
}

/* --- Sinks. --- */

static bool add_sink(leat_sql_planner *p,
                     leat_logical_node *node,
                     const leat_sql_relation *rows,
                     leat_span span)
{
    const leat_logical_output *output = leat_sql_output(p, rows->out);
    node->operator_id =
        leat_bytes_text(leat_arena_print(p->arena, "%.*s/sink", LEAT_FMT(node->name)));
    leat_sql_set_inputs(p, node, &rows->out, 1);
    if (output->is_updating && !node->writes_op && !leat_logical_format_changes(node)) {
        LEAT_SQL_REPORT(p, span,
                        "the rows for '%.*s' change after they were written: give the table "
                        "'changes' = 'log' to write every change with its `op`",
                        LEAT_FMT(node->name));
        return false;
    }
    check_connector(p, node, output->schema);
    node->order_count = rows->order_count;
    node->orders = rows->orders;
    leat_sql_add(p, node, NULL);
    return true;
}

/* The rows in the types and under the names of the table's columns. */
static bool fit(leat_sql_planner *p,
                const leat_sql_table *table,
                leat_sql_names columns,
                leat_span span,
                leat_sql_relation *rows)
{
    const leat_schema *schema = leat_sql_schema(p, rows);
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, table->column_count);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, table->column_count);
    uint32_t count = 0, taken = 0;
    for (uint32_t i = 0; i < table->column_count; i++) {
        const leat_sql_column *column = &table->columns[i];
        if (column->kind != LEAT_SQL_COLUMN_FIELD || column->computed != NULL)
            continue;
        uint32_t from = columns.count == 0 ? taken : UINT32_MAX;
        for (uint32_t c = 0; c < columns.count; c++)
            if (same_name(columns.items[c].text, column->name.text))
                from = c;
        leat_expr input = {.kind = LEAT_EXPR_INPUT, .column = from, .offset = span.start};
        leat_expr *argument = leat_arena_copy(p->arena, &input, sizeof input);
        if (from >= rows->field_count)
            *argument = (leat_expr){.kind = LEAT_EXPR_LITERAL, .value = {.is_null = true}};
        leat_expr cast = {.kind = LEAT_EXPR_CAST,
                          .offset = span.start,
                          .length = span.end - span.start,
                          .type = column->type,
                          .argument_count = 1,
                          .arguments = &argument};
        if ((bound[count] = leat_sql_bind(p, schema, &cast)) == NULL)
            return false;
        taken += from < rows->field_count;
        fields[count] = (leat_field){column->name.text, column->type, bound[count]->is_nullable};
        count++;
    }
    uint32_t wanted = columns.count == 0 ? count : columns.count;
    if (wanted != rows->field_count || taken != rows->field_count) {
        LEAT_SQL_REPORT(p, span, "%u columns for a table of %u", rows->field_count, wanted);
        return false;
    }
    rows->out = leat_sql_project(p, rows->out, fields, bound, count, span);
    rows->order_count = columns.count == 0 ? rows->order_count : 0;
    return true;
}

/* Rows that change, for a table with a key of its own: of those with one key the last counts. */
static bool materialize(leat_sql_planner *p,
                        const leat_sql_table *table,
                        leat_span span,
                        leat_sql_relation *rows)
{
    const leat_logical_output *output = leat_sql_output(p, rows->out);
    const leat_schema *schema = output->schema;
    leat_logical_output keyed = {0};
    if (!read_key(p, table, schema->fields, schema->field_count, &keyed))
        return false;
    if (!keyed.has_upsert_key || !output->is_updating ||
        leat_logical_is_unique_by(output, keyed.upsert_keys, keyed.upsert_key_count))
        return true;
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_MATERIALIZE, "materialize", span);
    leat_sql_set_inputs(p, &node, &rows->out, 1);
    node.key_count = keyed.upsert_key_count;
    node.keys = keyed.upsert_keys;
    rows->out = leat_sql_add(p, &node, schema);
    return true;
}

bool leat_sql_plan_sink(leat_sql_planner *p,
                        const leat_sql_table *table,
                        leat_sql_name name,
                        leat_sql_names columns,
                        const leat_sql_relation *rows)
{
    leat_sql_relation fitted = *rows;
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_SINK, "sink", name.span);
    if (table->column_count > 0 &&
        (!fit(p, table, columns, name.span, &fitted) || !materialize(p, table, name.span, &fitted)))
        return false;
    return read_options(p, &table->options, table->name, &node) &&
           add_sink(p, &node, &fitted, name.span);
}

bool leat_sql_plan_print(leat_sql_planner *p, const leat_sql_relation *rows, leat_span span)
{
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_SINK, "sink", span);
    node.connector = LEAT_BYTES("print");
    node.connector_place = node.place;
    node.writes_op = leat_sql_output(p, rows->out)->is_updating;
    return add_sink(p, &node, rows, span);
}
