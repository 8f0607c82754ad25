/* SPDX-License-Identifier: Apache-2.0
 *
 * GROUP BY: keys and calls to an AGGREGATE, and every expression of the SELECT to one over its
 * output. Keys window_start and window_end are the window: of the window function below, when only
 * filters stand between (then it is fused with the aggregate), else the one that the rows carry.
 *
 *     [PROJECT keys]  ->  AGGREGATE
 */
#include "common/sql/planner.h"

typedef struct grouper {
    leat_sql_planner *p;
    leat_sql_stage *stage;
    leat_span span;
    uint32_t key_count;
    leat_expr **keys; /* over the rows; without the window's columns */
    leat_window window;
    leat_logical_input input;
    const leat_schema *rows;    /* of input, before keys were computed */
    const leat_schema *grouped; /* [window_start, window_end,] keys */
} grouper;

static bool is_window_column(const grouper *g, const leat_expr *expr, int32_t column)
{
    (void)g;
    return column >= 0 && expr->kind == LEAT_EXPR_INPUT && expr->column == (uint32_t)column;
}

/* The WINDOW node below `at` with only filters between that leave its columns alone, or NULL. */
static const leat_logical_node *window_below(const grouper *g, leat_logical_input at)
{
    for (;;) {
        const leat_logical_node *node = &g->p->nodes.items[at.node];
        if (node->kind == LEAT_LOGICAL_WINDOW)
            return node;
        if (node->kind != LEAT_LOGICAL_FILTER)
            return NULL;
        const leat_schema *schema = node->outputs[0].schema;
        bool *uses = LEAT_ARENA_ARRAY(g->p->arena, bool, schema->field_count);
        leat_bound_uses(node->expressions[0], uses);
        for (uint32_t i = schema->field_count - 3; i < schema->field_count; i++)
            if (uses[i])
                return NULL;
        at = node->inputs[0];
    }
}

static bool uses_from(const leat_expr *expr, uint32_t first)
{
    uint32_t low, high;
    return leat_sql_inputs(expr, &low, &high) && high >= first;
}

/* Whether inside aggregates, or as keys, columns of the window are read. */
static bool reads_window(const leat_expr *expr, uint32_t first)
{
    if (leat_sql_is_aggregate(expr))
        return uses_from(expr, first);
    for (uint32_t i = 0; i < expr->argument_count; i++)
        if (reads_window(expr->arguments[i], first))
            return true;
    return false;
}

/* The same filters below the window: its columns are the last ones, so numbers stay. */
static leat_logical_input without_window(grouper *g, leat_logical_input at)
{
    leat_logical_node node = g->p->nodes.items[at.node];
    if (node.kind == LEAT_LOGICAL_WINDOW)
        return node.inputs[0];
    leat_logical_input below = without_window(g, node.inputs[0]);
    return leat_sql_filter(g->p, below, node.expressions[0], g->span);
}

static void fuse_window(grouper *g)
{
    const leat_logical_node *window = window_below(g, g->stage->rows.out);
    /* The rows of a session wait for its close anyway: its aggregate reads what they carry. */
    if (window == NULL || window->window.kind == LEAT_WINDOW_SESSION)
        return;
    uint32_t first = leat_sql_schema(g->p, &g->stage->rows)->field_count - 3;
    for (uint32_t i = 0; i < g->key_count; i++)
        if (uses_from(g->keys[i], first))
            return;
    for (uint32_t i = 0; i < g->stage->expr_count; i++)
        if (g->stage->exprs[i] != NULL && reads_window(g->stage->exprs[i], first))
            return;
    g->window = window->window;
    g->input = without_window(g, g->stage->rows.out);
}

/* Split the window's columns off the keys. False: only one of the two was asked for. */
static void read_window(grouper *g, leat_expr **set, uint32_t count)
{
    const leat_sql_relation *rows = &g->stage->rows;
    bool has_start = false, has_end = false;
    g->keys = LEAT_ARENA_ARRAY(g->p->arena, leat_expr *, count);
    for (uint32_t i = 0; i < count; i++) {
        has_start |= is_window_column(g, set[i], rows->window_start);
        has_end |= is_window_column(g, set[i], rows->window_end);
    }
    bool has_window = has_start || has_end;
    for (uint32_t i = 0; i < count; i++)
        if (!has_window ||
            (!is_window_column(g, set[i], rows->window_start) &&
             !is_window_column(g, set[i], rows->window_end) &&
             !(rows->window_end >= 0 && is_window_column(g, set[i], rows->window_end + 1) &&
               window_below(g, rows->out) != NULL)))
            g->keys[g->key_count++] = set[i];
    g->input = rows->out;
    if (!has_window)
        return;
    g->window = (leat_window){.kind = LEAT_WINDOW_CARRIED,
                              .start_column = (uint16_t)rows->window_start,
                              .end_column = (uint16_t)rows->window_end};
    fuse_window(g);
}

/* Keys as columns, and the schema that grouped expressions are bound over. */
static bool place_keys(grouper *g, uint16_t *out_columns)
{
    leat_sql_planner *p = g->p;
    g->rows = leat_sql_output(p, g->input)->schema;
    uint32_t first = g->window.kind == LEAT_WINDOW_NONE ? 0 : 2;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, first + g->key_count);
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, g->key_count);
    for (uint32_t i = 0; i < first; i++)
        fields[i] = (leat_field){i == 0 ? LEAT_BYTES("window_start") : LEAT_BYTES("window_end"),
                                 LEAT_TYPE(TIMESTAMP), false};
    for (uint32_t i = 0; i < g->key_count; i++) {
        if ((bound[i] = leat_sql_bind(p, g->rows, g->keys[i])) == NULL)
            return false;
        leat_bytes name = bound[i]->kind == LEAT_BOUND_COLUMN
                              ? g->rows->fields[bound[i]->column].name
                              : leat_bytes_text(leat_arena_print(p->arena, "$key%u", i));
        fields[first + i] = (leat_field){name, bound[i]->type, bound[i]->is_nullable};
    }
    g->input = leat_sql_with_columns(p, g->input, bound, g->key_count, out_columns, g->span);
    g->grouped = leat_schema_new(p->arena, fields, first + g->key_count, first > 0 ? 1 : -1);
    return true;
}

/* window_end - 1 ms, as PostgreSQL text has it. */
static leat_expr *window_time(grouper *g, const leat_expr *like)
{
    leat_expr *minus = leat_sql_input(g->p, like, 0);
    leat_expr *lag = leat_sql_input(g->p, like, 0);
    lag->kind = LEAT_EXPR_LITERAL;
    lag->value = (leat_value){.type = LEAT_TYPE(INTERVAL),
                              .interval = {0, 0, LEAT_LOGICAL_WINDOW_TIME_LAG_US}};
    lag->type = lag->value.type;
    leat_expr *sides[2] = {leat_sql_input(g->p, like, 1), lag};
    minus->kind = LEAT_EXPR_CALL;
    minus->name = LEAT_BYTES("-");
    minus->argument_count = 2;
    minus->arguments = leat_arena_copy(g->p->arena, sides, sizeof sides);
    return minus;
}

/* Over the grouped columns; aggregates stay as they are, over the rows. NULL after a report. */
static leat_expr *regroup(grouper *g, leat_expr *expr)
{
    const leat_sql_relation *rows = &g->stage->rows;
    uint32_t first = g->window.kind == LEAT_WINDOW_NONE ? 0 : 2;
    for (uint32_t i = 0; i < g->key_count; i++)
        if (leat_sql_expr_equal(expr, g->keys[i]))
            return leat_sql_input(g->p, expr, first + i);
    if (first > 0 && is_window_column(g, expr, rows->window_start))
        return leat_sql_input(g->p, expr, 0);
    if (first > 0 && is_window_column(g, expr, rows->window_end))
        return leat_sql_input(g->p, expr, 1);
    if (first > 0 && is_window_column(g, expr, rows->window_end + 1))
        return window_time(g, expr);
    if (leat_sql_is_aggregate(expr))
        return expr;
    if (expr->kind == LEAT_EXPR_INPUT) {
        const leat_sql_field *field = &rows->fields[expr->column];
        LEAT_SQL_REPORT(g->p, leat_sql_span(expr),
                        "'%.*s' must be in GROUP BY or inside an aggregate", LEAT_FMT(field->name));
        return NULL;
    }
    leat_expr *copy = leat_sql_expr_copy(g->p, expr);
    bool is_fine = true;
    for (uint32_t i = 0; i < copy->argument_count; i++)
        is_fine &= (copy->arguments[i] = regroup(g, expr->arguments[i])) != NULL;
    return is_fine ? copy : NULL;
}

/* Aggregates inside become columns behind the grouped ones; the call list grows. */
static leat_expr *collect(grouper *g, leat_expr *expr, leat_bound_aggregates *calls)
{
    if (leat_sql_is_aggregate(expr)) {
        leat_binder binder = {.arena = g->p->arena,
                              .schema = g->rows,
                              .source = g->p->source,
                              .diagnostics = g->p->diagnostics};
        leat_bound *bound =
            leat_bind_grouped(&binder, expr, g->grouped, g->grouped->field_count, calls);
        return bound == NULL ? NULL : leat_sql_input(g->p, expr, bound->column);
    }
    leat_expr *copy = leat_sql_expr_copy(g->p, expr);
    bool is_fine = true;
    for (uint32_t i = 0; i < copy->argument_count; i++)
        is_fine &= (copy->arguments[i] = collect(g, expr->arguments[i], calls)) != NULL;
    return is_fine ? copy : NULL;
}

static void add_aggregate(grouper *g, const uint16_t *columns, const leat_bound_aggregates *calls)
{
    leat_sql_planner *p = g->p;
    uint32_t grouped = g->grouped->field_count, count = grouped + calls->count;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, count);
    leat_sql_field *names = LEAT_ARENA_ARRAY(p->arena, leat_sql_field, count);
    memcpy(fields, g->grouped->fields, grouped * sizeof *fields);
    for (uint32_t i = 0; i < calls->count; i++) {
        leat_aggregate_kind kind = calls->items[i].kind;
        bool is_count = kind == LEAT_AGGREGATE_COUNT || kind == LEAT_AGGREGATE_COUNT_STAR;
        fields[grouped + i] =
            (leat_field){leat_bytes_text(leat_arena_print(p->arena, "$call%u", i)),
                         calls->items[i].type, !is_count};
    }
    for (uint32_t i = 0; i < count; i++)
        names[i].name = fields[i].name;
    bool has_window = g->window.kind != LEAT_WINDOW_NONE;
    leat_logical_node node =
        leat_sql_node(p, LEAT_LOGICAL_AGGREGATE, has_window ? "window" : "group", g->span);
    leat_sql_set_inputs(p, &node, &g->input, 1);
    node.key_count = g->key_count;
    node.keys = leat_arena_copy(p->arena, columns, g->key_count * sizeof *columns);
    node.aggregate_count = calls->count;
    node.aggregates = calls->items;
    node.window = g->window;
    leat_sql_relation *rows = &g->stage->rows;
    rows->out =
        leat_sql_add(p, &node, leat_schema_new(p->arena, fields, count, has_window ? 1 : -1));
    p->nodes.items[rows->out.node].outputs[0].time_is_window_end = has_window;
    rows->field_count = count;
    rows->fields = names;
    rows->window_start = has_window ? 0 : -1;
    rows->window_end = has_window ? 1 : -1;
}

bool leat_sql_plan_group(leat_sql_planner *p,
                         const leat_sql_select *select,
                         leat_expr ***sets,
                         const uint32_t *set_counts,
                         uint32_t set_count,
                         leat_sql_stage *stage)
{
    if (set_count > 1) {
        LEAT_SQL_REPORT(p, select->groups[0].span,
                        "several grouping sets (ROLLUP, CUBE, GROUPING SETS) are not there yet");
        return false;
    }
    grouper g = {.p = p, .stage = stage, .span = select->span};
    uint32_t key_total = set_count == 0 ? 0 : set_counts[0];
    read_window(&g, set_count == 0 ? NULL : sets[0], key_total);
    uint16_t *columns = LEAT_ARENA_ARRAY(p->arena, uint16_t, g.key_count);
    if (!place_keys(&g, columns))
        return false;
    leat_bound_aggregates calls = {
        .items = LEAT_ARENA_ARRAY(p->arena, leat_bound_aggregate, LEAT_AGGREGATES_MAX)};
    bool is_fine = true;
    for (uint32_t i = 0; i < stage->expr_count; i++) {
        if (stage->exprs[i] == NULL)
            continue;
        leat_expr *regrouped = regroup(&g, stage->exprs[i]);
        stage->exprs[i] = regrouped == NULL ? NULL : collect(&g, regrouped, &calls);
        is_fine &= stage->exprs[i] != NULL;
    }
    if (is_fine)
        add_aggregate(&g, columns, &calls);
    return is_fine;
}
