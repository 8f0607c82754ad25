/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/limits.h"
#include "common/sql/planner.h"
#include "common/text/duration.h"

/* --- SET. --- */

static bool read_count(leat_sql_planner *p, const leat_sql_option *option, uint32_t *out)
{
    uint32_t number = 0;
    for (size_t i = 0; i < option->value.size; i++) {
        char c = option->value.data[i];
        if (c < '0' || c > '9' || number > 100000000) {
            LEAT_SQL_REPORT(p, option->value_span, "expected a whole number");
            return false;
        }
        number = number * 10 + (uint32_t)(c - '0');
    }
    *out = number;
    return true;
}

static bool read_duration(leat_sql_planner *p, const leat_sql_option *option, int64_t *out_us)
{
    leat_error err = {0};
    if (leat_duration_parse(option->value, out_us, &err) == LEAT_OK)
        return true;
    LEAT_SQL_REPORT(p, option->value_span, "%s", err.text);
    return false;
}

static bool plan_setting(leat_sql_planner *p, const leat_sql_option *option)
{
    static const char *const known[] = {
        "job.name",  "parallelism",     "parallelism.default",  "replicas",    "epoch.interval",
        "state.ttl", "state.unbounded", "table.exec.state.ttl", "sql.dialect", "on.error"};
    leat_bytes name = option->name.text, value = option->value;
#define IS(text) leat_bytes_equal(name, LEAT_BYTES(text))
    if (IS("job.name") || IS("pipeline.name")) {
        p->plan->name = leat_arena_bytes(p->arena, value);
        return true;
    }
    if (IS("parallelism") || IS("parallelism.default"))
        return read_count(p, option, &p->plan->parallelism);
    if (IS("replicas"))
        return read_count(p, option, &p->plan->replicas);
    if (IS("epoch.interval") || IS("execution.checkpointing.interval"))
        return read_duration(p, option, &p->plan->epoch_interval_us);
    if (IS("state.ttl") || IS("table.exec.state.ttl"))
        return read_duration(p, option, &p->state_ttl_us);
    if (IS("state.unbounded")) {
        p->allows_unbounded_state = leat_bytes_equal(value, LEAT_BYTES("allow"));
        return true;
    }
    if (IS("on.error")) {
        p->on_error = leat_bytes_equal(value, LEAT_BYTES("skip")) ? LEAT_BAD_RECORD_SKIP
                                                                  : LEAT_BAD_RECORD_FAIL;
        return true;
    }
    if (IS("sql.dialect")) {
        if (leat_bytes_equal(value, LEAT_BYTES("postgres")))
            return true;
        LEAT_SQL_REPORT(p, option->value_span, "only the dialect 'postgres' is there yet");
        return false;
    }
#undef IS
    const char *near = leat_suggest(name, known, LEAT_COUNT_OF(known));
    leat_diagnostic_warning(p->diagnostics, leat_sql_place(p, option->name.span),
                            "the setting '%.*s' is not known and does nothing%s%s%s",
                            LEAT_FMT(name), near == NULL ? "" : ", did you mean '",
                            near == NULL ? "" : near, near == NULL ? "" : "'?");
    return true;
}

/* --- Statements. --- */

static void add_object(leat_sql_planner *p, const leat_sql_statement *statement)
{
    for (size_t i = 0; i < p->objects.count; i++) {
        if (!leat_bytes_equal(p->objects.items[i]->name, statement->name.text))
            continue;
        if (!statement->if_exists)
            LEAT_SQL_REPORT(p, statement->name.span, "'%.*s' is there already",
                            LEAT_FMT(statement->name.text));
        return;
    }
    leat_sql_object *object = LEAT_ARENA_NEW(p->arena, leat_sql_object);
    object->name = leat_arena_bytes(p->arena, statement->name.text);
    object->statement = statement;
    object->query = statement->query;
    object->columns = statement->columns;
    leat_vec_push(&p->objects, object);
}

static bool plan_insert(leat_sql_planner *p, const leat_sql_statement *insert)
{
    leat_sql_object *object = leat_sql_find(p, insert->name.text);
    if (object == NULL || object->statement == NULL ||
        object->statement->kind != LEAT_SQL_CREATE_TABLE) {
        leat_sql_unknown_table(p, insert->name);
        return false;
    }
    leat_sql_relation rows;
    p->owner = object->name;
    p->sequence = 0;
    return leat_sql_plan_query(p, insert->query, &rows) &&
           leat_sql_plan_sink(p, object->statement->table, insert->name, insert->columns, &rows);
}

static bool plan_create(leat_sql_planner *p, const leat_sql_statement *create)
{
    const leat_sql_table *table = create->table;
    if (table->like.text.size > 0) {
        LEAT_SQL_REPORT(p, table->like.span, "LIKE is not there yet");
        return false;
    }
    if (table->as == NULL) {
        add_object(p, create);
        return true;
    }
    leat_sql_relation rows;
    p->owner = leat_arena_bytes(p->arena, create->name.text);
    p->sequence = 0;
    return leat_sql_plan_query(p, table->as, &rows) &&
           leat_sql_plan_sink(p, table, create->name, (leat_sql_names){0}, &rows);
}

/* A SELECT by itself is shown: results are numbered. */
static bool plan_result(leat_sql_planner *p, const leat_sql_statement *statement)
{
    leat_sql_relation rows;
    p->result_count++;
    const char *name =
        p->result_count == 1 ? "result" : leat_arena_print(p->arena, "result%u", p->result_count);
    p->owner = leat_bytes_text(name);
    p->sequence = 0;
    return leat_sql_plan_query(p, statement->query, &rows) &&
           leat_sql_plan_print(p, &rows, statement->span);
}

static bool plan_statement(leat_sql_planner *p, const leat_sql_statement *statement)
{
    switch (statement->kind) {
    case LEAT_SQL_CREATE_TABLE:
        return plan_create(p, statement);
    case LEAT_SQL_CREATE_VIEW:
        add_object(p, statement);
        return true;
    case LEAT_SQL_INSERT:
        return plan_insert(p, statement);
    case LEAT_SQL_QUERY:
        return plan_result(p, statement);
    case LEAT_SQL_SET:
        return statement->options.count == 0 || plan_setting(p, &statement->options.items[0]);
    case LEAT_SQL_STATEMENT_SET:
        for (uint32_t i = 0; i < statement->inner_count; i++)
            if (!plan_statement(p, &statement->inners[i]))
                return false;
        return true;
    case LEAT_SQL_BEGIN:
    case LEAT_SQL_END:
    case LEAT_SQL_USE:
        return true;
    case LEAT_SQL_RESET:
    case LEAT_SQL_EXPLAIN:
    case LEAT_SQL_DROP:
    case LEAT_SQL_SHOW:
    case LEAT_SQL_DESCRIBE:
    case LEAT_SQL_ALTER:
        break;
    }
    LEAT_SQL_REPORT(p, statement->span, "this statement may not stand in a script that runs");
    return false;
}

/* --- The plan as a whole. --- */

static void check_growth(leat_sql_planner *p, const bool *is_live)
{
    static const char *const kept[LEAT_GROWTH_COUNT] = {
        [LEAT_GROWTH_GROUPS] = "one row per key", [LEAT_GROWTH_ROWS] = "every row"};
    for (uint32_t i = 0; i < p->plan->node_count && !p->allows_unbounded_state; i++) {
        leat_growth growth = leat_logical_growth(p->plan, i);
        if (!is_live[i] || (growth != LEAT_GROWTH_GROUPS && growth != LEAT_GROWTH_ROWS))
            continue;
        leat_diagnostic_warning(
            p->diagnostics, p->plan->nodes[i].place,
            "%.*s keeps %s for ever: bound it by SET 'state.ttl' = '1 d', or say "
            "SET 'state.unbounded' = 'allow'",
            LEAT_FMT(p->plan->nodes[i].operator_id), kept[growth]);
    }
}

/* What has a plan but no operator yet. */
static void check_runs(leat_sql_planner *p, const bool *is_live)
{
    for (uint32_t i = 0; i < p->plan->node_count; i++)
        if (is_live[i] && !leat_logical_runs(&p->plan->nodes[i]))
            leat_diagnostic_error(p->diagnostics, p->plan->nodes[i].place,
                                  "this can be planned (%.*s), but not run yet",
                                  LEAT_FMT(p->plan->nodes[i].operator_id));
}

/* What a sink reads, through others too: a rewrite on the way may have left nodes behind. */
static const bool *live_nodes(const leat_sql_planner *p)
{
    bool *is_live = LEAT_ARENA_ARRAY(p->arena, bool, p->plan->node_count);
    for (uint32_t i = p->plan->node_count; i-- > 0;) {
        const leat_logical_node *node = &p->plan->nodes[i];
        is_live[i] |= node->kind == LEAT_LOGICAL_SINK;
        for (uint32_t j = 0; j < node->input_count && is_live[i]; j++)
            is_live[node->inputs[j].node] = true;
    }
    return is_live;
}

static void finish_plan(leat_sql_planner *p)
{
    leat_logical_plan *plan = p->plan;
    plan->node_count = (uint32_t)p->nodes.count;
    plan->nodes = leat_arena_copy(p->arena, p->nodes.items, p->nodes.count * sizeof *plan->nodes);
    bool has_sink = false;
    for (uint32_t i = 0; i < plan->node_count; i++) {
        has_sink |= plan->nodes[i].kind == LEAT_LOGICAL_SINK;
        for (uint32_t j = 0; j < plan->nodes[i].input_count; j++) {
            leat_logical_input input = plan->nodes[i].inputs[j];
            plan->nodes[input.node].outputs[input.output].is_read = true;
        }
    }
    if (!has_sink)
        leat_diagnostic_error(p->diagnostics, (leat_place){0},
                              "there is nothing to run: expected an INSERT INTO or a SELECT");
    const bool *is_live = live_nodes(p);
    check_growth(p, is_live);
    check_runs(p, is_live);
}

const leat_logical_plan *leat_sql_load(leat_bytes source,
                                       const leat_sql_config *config,
                                       leat_arena *arena,
                                       leat_diagnostics *diagnostics)
{
    uint32_t errors_before = diagnostics->error_count;
    leat_sql_planner p = {.arena = arena, .diagnostics = diagnostics, .config = config};
    p.source = (leat_source_text){leat_arena_bytes(arena, source), {1, 1, 0}, true};
    p.allows_unbounded_state = config->allows_unbounded_state;
    p.plan = LEAT_ARENA_NEW(arena, leat_logical_plan);
    p.plan->name =
        config->name.size > 0 ? leat_arena_bytes(arena, config->name) : LEAT_BYTES("sql");
    p.plan->key_group_count = LEAT_KEY_GROUPS_DEFAULT;
    p.plan->epoch_interval_us = LEAT_EPOCH_INTERVAL_MS_DEFAULT * INT64_C(1000);
    p.plan->replicas = LEAT_REPLICAS_DEFAULT;
    const leat_sql_script *script = leat_sql_parse(p.source, arena, diagnostics);
    for (uint32_t i = 0; script != NULL && i < script->count; i++)
        plan_statement(&p, &script->statements[i]);
    p.plan->min_replicas = LEAT_MAX(p.plan->replicas - 1, 1U);
    if (diagnostics->error_count == errors_before)
        finish_plan(&p);
    leat_vec_fini(&p.nodes);
    leat_vec_fini(&p.objects);
    return diagnostics->error_count > errors_before ? NULL : p.plan;
}
