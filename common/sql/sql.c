/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/limits.h"
#include "common/plan/explain.h"
#include "common/sql/planner.h"

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
    if (table->as == NULL)
        return leat_sql_object_add(p, create);
    leat_sql_relation rows;
    p->owner = leat_arena_bytes(p->arena, create->name.text);
    p->sequence = 0;
    return leat_sql_plan_query(p, table->as, &rows) &&
           leat_sql_plan_sink(p, table, create->name, (leat_sql_names){0}, &rows);
}

/* A materialized view that is kept is a view, and a result under its name. */
static bool plan_kept_view(leat_sql_planner *p, const leat_sql_statement *create)
{
    leat_sql_object *object = leat_sql_find(p, create->name.text);
    p->owner = object->name;
    p->sequence = 0;
    return leat_sql_plan_source(p, object) &&
           leat_sql_plan_print(p, &object->relation, create->name.span);
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

static bool plan_inners(leat_sql_planner *p, const leat_sql_statement *set)
{
    for (uint32_t i = 0; i < set->inner_count; i++)
        if (!leat_sql_plan_statement(p, &set->inners[i]))
            return false;
    return true;
}

/* What runs. */
static bool plan_running(leat_sql_planner *p, const leat_sql_statement *statement)
{
    if (statement->kind == LEAT_SQL_INSERT)
        return plan_insert(p, statement);
    if (statement->kind == LEAT_SQL_STATEMENT_SET)
        return plan_inners(p, statement);
    return plan_result(p, statement);
}

/* What is answered. */
static bool answer(leat_sql_planner *p, const leat_sql_statement *statement)
{
    p->has_acted = true;
    if (p->config->answers == NULL) {
        LEAT_SQL_REPORT(p, statement->span,
                        "this statement asks something, and nobody listens here: see `leat sql`");
        return false;
    }
    if (statement->kind == LEAT_SQL_EXPLAIN)
        return leat_sql_answer_explain(p, statement);
    if (statement->kind == LEAT_SQL_DESCRIBE)
        return leat_sql_answer_describe(p, statement);
    return leat_sql_answer_show(p, statement);
}

bool leat_sql_plan_statement(leat_sql_planner *p, const leat_sql_statement *statement)
{
    bool is_settled = statement->span.start < p->config->settled;
    switch (statement->kind) {
    case LEAT_SQL_CREATE_TABLE:
        return (is_settled && statement->table->as != NULL) || plan_create(p, statement);
    case LEAT_SQL_CREATE_VIEW:
        if (!leat_sql_object_add(p, statement))
            return false;
        return is_settled || !statement->is_materialized || !p->config->keeps_views ||
               plan_kept_view(p, statement);
    case LEAT_SQL_DROP:
        return leat_sql_object_drop(p, statement);
    case LEAT_SQL_ALTER:
        return leat_sql_object_alter(p, statement);
    case LEAT_SQL_SET:
        if (statement->options.count > 0)
            return leat_sql_plan_set(p, &statement->options.items[0]);
        return is_settled || answer(p, statement);
    case LEAT_SQL_RESET:
        return leat_sql_plan_reset(p, statement->name);
    case LEAT_SQL_USE:
        p->has_acted = true;
        return true;
    case LEAT_SQL_BEGIN:
    case LEAT_SQL_END:
        return true;
    case LEAT_SQL_INSERT:
    case LEAT_SQL_QUERY:
    case LEAT_SQL_STATEMENT_SET:
        return is_settled || plan_running(p, statement);
    case LEAT_SQL_EXPLAIN:
    case LEAT_SQL_SHOW:
    case LEAT_SQL_DESCRIBE:
        break;
    }
    return is_settled || answer(p, statement);
}

/* --- The plan as a whole. --- */

/* State that can grow for ever is refused: a job that runs for months must not end by it. */
static void check_growth(leat_sql_planner *p, const bool *is_live)
{
    static const char *const kept[LEAT_GROWTH_COUNT] = {
        [LEAT_GROWTH_GROUPS] = "one row for every key it ever sees",
        [LEAT_GROWTH_ROWS] = "every row it ever sees"};
    for (uint32_t i = 0; i < p->plan->node_count && !p->allows_unbounded_state; i++) {
        leat_growth growth = leat_logical_growth(p->plan, i);
        if (!is_live[i] || (growth != LEAT_GROWTH_GROUPS && growth != LEAT_GROWTH_ROWS))
            continue;
        const leat_logical_node *node = &p->plan->nodes[i];
        const char *text = leat_arena_print(
            p->arena,
            "the %s %.*s keeps %s, and no watermark ever ends that: SET 'state.ttl' = '1 d' "
            "forgets what was not touched for so long, SET 'state.unbounded' = 'allow' lets it "
            "grow",
            leat_logical_kind_name(node->kind), LEAT_FMT(node->operator_id), kept[growth]);
        if (p->is_explaining)
            leat_diagnostic_warning(p->diagnostics, node->place, "%s", text);
        else
            leat_diagnostic_error(p->diagnostics, node->place, "%s", text);
    }
}

/* Windows of processing time fire where their rows are counted. */
static void check_processing_time(leat_sql_planner *p, const bool *is_live)
{
    for (uint32_t i = 0; i < p->plan->node_count; i++) {
        const leat_logical_node *node = &p->plan->nodes[i];
        if (is_live[i] && node->kind == LEAT_LOGICAL_WINDOW && node->window.is_processing_time)
            leat_diagnostic_error(p->diagnostics, node->place,
                                  "windows of processing time can only be aggregated: GROUP BY "
                                  "their window_start and window_end (and by the partition of a "
                                  "session)");
    }
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

bool leat_sql_finish_plan(leat_sql_planner *p)
{
    uint32_t errors_before = p->diagnostics->error_count;
    leat_logical_plan *plan = p->plan;
    plan->node_count = (uint32_t)p->nodes.count;
    plan->nodes = leat_arena_copy(p->arena, p->nodes.items, p->nodes.count * sizeof *plan->nodes);
    plan->min_replicas = LEAT_MAX(plan->replicas, 2U) - 1;
    for (uint32_t i = 0; i < plan->node_count; i++)
        for (uint32_t j = 0; j < plan->nodes[i].input_count; j++) {
            leat_logical_input input = plan->nodes[i].inputs[j];
            plan->nodes[input.node].outputs[input.output].is_read = true;
        }
    const bool *is_live = live_nodes(p);
    check_growth(p, is_live);
    check_processing_time(p, is_live);
    return p->diagnostics->error_count == errors_before;
}

static bool has_sink(const leat_sql_planner *p)
{
    for (size_t i = 0; i < p->nodes.count; i++)
        if (p->nodes.items[i].kind == LEAT_LOGICAL_SINK)
            return true;
    return false;
}

static const leat_logical_plan *plan_script(leat_sql_planner *p, const leat_sql_script *script)
{
    uint32_t errors_before = p->diagnostics->error_count;
    for (uint32_t i = 0; script != NULL && i < script->count; i++) {
        p->now = i + 1;
        leat_sql_plan_statement(p, &script->statements[i]);
    }
    if (p->diagnostics->error_count > errors_before)
        return NULL;
    if (has_sink(p))
        return leat_sql_finish_plan(p) ? p->plan : NULL;
    bool may_be_idle = p->config->answers != NULL && p->has_acted;
    if (!may_be_idle)
        leat_diagnostic_error(p->diagnostics, (leat_place){0},
                              "there is nothing to run: expected an INSERT INTO or a SELECT");
    return NULL;
}

const leat_logical_plan *leat_sql_load(leat_bytes source,
                                       const leat_sql_config *config,
                                       leat_arena *arena,
                                       leat_diagnostics *diagnostics)
{
    uint32_t errors_before = diagnostics->error_count;
    leat_sql_planner p = {.arena = arena, .diagnostics = diagnostics, .config = config};
    const leat_logical_plan *plan = NULL;
    p.source = (leat_source_text){leat_arena_bytes(arena, source), {1, 1, 0}, true, 0};
    p.plan = LEAT_ARENA_NEW(arena, leat_logical_plan);
    p.plan->key_group_count = LEAT_KEY_GROUPS_DEFAULT;
    leat_sql_settings_init(&p);
    const leat_sql_script *script = leat_sql_parse(p.source, arena, diagnostics);
    if (diagnostics->error_count == errors_before)
        plan = plan_script(&p, script);
    leat_sql_scratch_fini(&p);
    return plan;
}
