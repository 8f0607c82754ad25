/* SPDX-License-Identifier: Apache-2.0
 *
 * GROUP BY: keys and calls to an AGGREGATE, and every expression of the SELECT to one over its
 * output. Keys window_start and window_end are the window: of the window function below, when only
 * filters stand between (then it is fused with the aggregate), else the one that the rows carry.
 *
 *     [PROJECT keys]  ->  AGGREGATE
 *
 * Several grouping sets are an aggregate each, over the same rows; a projection gives them all the
 * keys, NULL where a set has them not, and the number of the set, by which GROUPING() is answered:
 *
 *     [PROJECT keys]  ->  AGGREGATE per set  ->  PROJECT  ->  UNION
 */
#include "common/sql/stage.h"

typedef struct grouper {
    leat_sql_planner *p;
    leat_sql_stage *stage;
    leat_span span;
    const leat_sql_exprs *sets;
    uint32_t set_count;
    uint32_t key_count; /* of all sets */
    leat_expr **keys;   /* over the rows; without the window's columns */
    uint16_t *columns;  /* of the keys */
    leat_window window;
    leat_logical_input input;
    const leat_schema *rows;    /* of input, before keys were computed */
    const leat_schema *grouped; /* [window_start, window_end,] keys */
} grouper;

static bool is_window_column(const leat_expr *expr, int32_t column)
{
    return column >= 0 && expr->kind == LEAT_EXPR_INPUT && expr->column == (uint32_t)column;
}

/* The number of a key; key_count: it is none. */
static uint32_t key_number(const grouper *g, const leat_expr *expr)
{
    uint32_t i = 0;
    while (i < g->key_count && !leat_sql_expr_equal(expr, g->keys[i]))
        i++;
    return i;
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

/* Whether the rows are grouped by what a session window is partitioned by. */
static bool has_partition_keys(const grouper *g, const leat_logical_node *window)
{
    for (uint32_t i = 0; i < g->key_count; i++) {
        bool is_partition = false;
        for (uint32_t k = 0; k < window->key_count; k++)
            is_partition |= is_window_column(g->keys[i], window->keys[k]);
        if (!is_partition)
            return false;
    }
    return g->key_count == window->key_count;
}

static void fuse_window(grouper *g)
{
    const leat_logical_node *window = window_below(g, g->stage->rows.out);
    /* The rows of a session wait for its close anyway: its aggregate reads what they carry. */
    if (window == NULL)
        return;
    bool is_session = window->window.kind == LEAT_WINDOW_SESSION;
    if (is_session && !(window->window.is_processing_time && has_partition_keys(g, window)))
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

static bool is_key_of_window(const grouper *g, const leat_expr *key)
{
    const leat_sql_relation *rows = &g->stage->rows;
    return is_window_column(key, rows->window_start) || is_window_column(key, rows->window_end);
}

/* The keys of all sets, each once, and whether the window is among them. */
static bool collect_keys(grouper *g)
{
    const leat_sql_relation *rows = &g->stage->rows;
    uint32_t total = 0, windowed = 0;
    for (uint32_t s = 0; s < g->set_count; s++)
        total += g->sets[s].count;
    g->keys = LEAT_ARENA_ARRAY(g->p->arena, leat_expr *, total);
    for (uint32_t s = 0; s < g->set_count; s++) {
        bool has_window = false;
        for (uint32_t i = 0; i < g->sets[s].count; i++)
            has_window |= is_key_of_window(g, g->sets[s].items[i]);
        windowed += has_window;
    }
    bool has_time = rows->window_end >= 0 && window_below(g, rows->out) != NULL;
    for (uint32_t s = 0; s < g->set_count; s++)
        for (uint32_t i = 0; i < g->sets[s].count; i++) {
            leat_expr *key = g->sets[s].items[i];
            bool is_given =
                windowed > 0 && (is_key_of_window(g, key) ||
                                 (has_time && is_window_column(key, rows->window_end + 1)));
            if (!is_given && key_number(g, key) == g->key_count)
                g->keys[g->key_count++] = key;
        }
    if (windowed == 0 || windowed == g->set_count) {
        g->window.kind = windowed > 0 ? LEAT_WINDOW_CARRIED : LEAT_WINDOW_NONE;
        return true;
    }
    LEAT_SQL_REPORT(g->p, g->span, "the window must be in all grouping sets, or in none");
    return false;
}

/* Split the window's columns off the keys. */
static bool read_window(grouper *g)
{
    const leat_sql_relation *rows = &g->stage->rows;
    g->input = rows->out;
    if (!collect_keys(g))
        return false;
    if (g->window.kind == LEAT_WINDOW_NONE)
        return true;
    g->window.start_column = (uint16_t)rows->window_start;
    g->window.end_column = (uint16_t)rows->window_end;
    fuse_window(g);
    return true;
}

/* Keys as columns, and the schema that grouped expressions are bound over. */
static bool place_keys(grouper *g)
{
    leat_sql_planner *p = g->p;
    g->rows = leat_sql_output(p, g->input)->schema;
    uint32_t first = g->window.kind == LEAT_WINDOW_NONE ? 0 : 2;
    bool has_sets = g->set_count > 1;
    uint32_t count = first + g->key_count + has_sets;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, count);
    g->columns = LEAT_ARENA_ARRAY(p->arena, uint16_t, g->key_count);
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
        fields[first + i] = (leat_field){name, bound[i]->type, bound[i]->is_nullable || has_sets};
    }
    if (has_sets)
        fields[count - 1] = (leat_field){LEAT_BYTES("$set"), LEAT_TYPE(INT), false};
    g->input = leat_sql_with_columns(p, g->input, bound, g->key_count, g->columns, g->span);
    g->grouped = leat_schema_new(p->arena, fields, count,
                                 first > 0 && !g->window.is_processing_time ? 1 : -1);
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

static leat_expr *integer_of(grouper *g, const leat_expr *like, uint64_t number)
{
    leat_expr *literal = leat_sql_input(g->p, like, 0);
    literal->kind = LEAT_EXPR_LITERAL;
    literal->value = (leat_value){.type = LEAT_TYPE(INT), .integer = (leat_i128)number};
    literal->type = literal->value.type;
    return literal;
}

static bool set_has(const leat_sql_exprs *set, const leat_expr *key)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (leat_sql_expr_equal(set->items[i], key))
            return true;
    return false;
}

/* GROUPING(a, b): a bit per argument, the first the highest; 1 where the set has it not. */
static leat_expr *grouping(grouper *g, const leat_expr *call)
{
    leat_expr **arms = LEAT_ARENA_ARRAY(g->p->arena, leat_expr *, 2 * g->set_count + 1);
    uint32_t count = 0;
    for (uint32_t s = 0; s < g->set_count; s++) {
        uint64_t bits = 0;
        for (uint32_t i = 0; i < call->argument_count; i++) {
            const leat_expr *key = call->arguments[i];
            if (key_number(g, key) == g->key_count && !set_has(&g->sets[s], key)) {
                LEAT_SQL_REPORT(g->p, leat_sql_span(key), "GROUPING() takes keys of GROUP BY");
                return NULL;
            }
            bits = bits << 1 | !set_has(&g->sets[s], key);
        }
        leat_expr *sides[2] = {leat_sql_input(g->p, call, g->grouped->field_count - 1),
                               integer_of(g, call, s)};
        leat_expr *is_set = integer_of(g, call, 0);
        is_set->kind = LEAT_EXPR_CALL;
        is_set->name = LEAT_BYTES("=");
        is_set->argument_count = 2;
        is_set->arguments = leat_arena_copy(g->p->arena, sides, sizeof sides);
        if (s + 1 < g->set_count)
            arms[count++] = is_set;
        arms[count++] = integer_of(g, call, bits);
    }
    if (g->set_count == 1)
        return arms[0];
    leat_expr *answer = integer_of(g, call, 0);
    answer->kind = LEAT_EXPR_CASE;
    answer->argument_count = count;
    answer->arguments = arms;
    return answer;
}

/* Over the grouped columns; aggregates stay as they are, over the rows. NULL after a report. */
static leat_expr *regroup(void *self, leat_expr *expr)
{
    grouper *g = self;
    const leat_sql_relation *rows = &g->stage->rows;
    uint32_t first = g->window.kind == LEAT_WINDOW_NONE ? 0 : 2;
    uint32_t key = key_number(g, expr);
    if (key < g->key_count)
        return leat_sql_input(g->p, expr, first + key);
    if (first > 0 && is_window_column(expr, rows->window_start))
        return leat_sql_input(g->p, expr, 0);
    if (first > 0 && is_window_column(expr, rows->window_end))
        return leat_sql_input(g->p, expr, 1);
    if (first > 0 && is_window_column(expr, rows->window_end + 1))
        return window_time(g, expr);
    if (leat_sql_is_aggregate(expr))
        return expr;
    if (leat_sql_is_call(expr, "grouping") || leat_sql_is_call(expr, "grouping_id"))
        return grouping(g, expr);
    if (expr->kind == LEAT_EXPR_INPUT) {
        const leat_sql_field *field = &rows->fields[expr->column];
        LEAT_SQL_REPORT(g->p, leat_sql_span(expr),
                        "'%.*s' must be in GROUP BY or inside an aggregate", LEAT_FMT(field->name));
        return NULL;
    }
    return leat_sql_map_children(g->p, expr, regroup, g);
}

typedef struct collecting {
    grouper *g;
    leat_bound_aggregates calls;
} collecting;

/* Aggregates inside become columns behind the grouped ones; the call list grows. */
static leat_expr *collect(void *self, leat_expr *expr)
{
    collecting *c = self;
    grouper *g = c->g;
    if (!leat_sql_is_aggregate(expr))
        return leat_sql_map_children(g->p, expr, collect, c);
    leat_binder binder = {.arena = g->p->arena,
                          .schema = g->rows,
                          .source = g->p->source,
                          .diagnostics = g->p->diagnostics};
    leat_bound *bound =
        leat_bind_grouped(&binder, expr, g->grouped, g->grouped->field_count, &c->calls);
    if (bound == NULL)
        return NULL;
    return leat_sql_dialect_aggregate(g->p,
                                      &c->calls.items[bound->column - g->grouped->field_count],
                                      leat_sql_input(g->p, expr, bound->column));
}

/* The calls of one set: grouped columns, without the number of the set, then one per call. */
static leat_logical_input
add_aggregate(grouper *g, const leat_sql_exprs *set, const leat_bound_aggregates *calls)
{
    leat_sql_planner *p = g->p;
    bool has_window = g->window.kind != LEAT_WINDOW_NONE;
    uint32_t first = has_window ? 2 : 0, count = first;
    leat_field *fields =
        LEAT_ARENA_ARRAY(p->arena, leat_field, first + g->key_count + calls->count);
    leat_logical_node node =
        leat_sql_node(p, LEAT_LOGICAL_AGGREGATE, has_window ? "window" : "group", g->span);
    node.keys = LEAT_ARENA_ARRAY(p->arena, uint16_t, g->key_count);
    memcpy(fields, g->grouped->fields, first * sizeof *fields);
    for (uint32_t i = 0; i < g->key_count; i++) {
        if (!set_has(set, g->keys[i]))
            continue;
        node.keys[node.key_count++] = g->columns[i];
        fields[count++] = g->grouped->fields[first + i];
    }
    for (uint32_t i = 0; i < calls->count; i++) {
        leat_aggregate_kind kind = calls->items[i].kind;
        bool is_count = kind == LEAT_AGGREGATE_COUNT || kind == LEAT_AGGREGATE_COUNT_STAR;
        fields[count++] = (leat_field){leat_bytes_text(leat_arena_print(p->arena, "$call%u", i)),
                                       calls->items[i].type, !is_count};
    }
    leat_sql_set_inputs(p, &node, &g->input, 1);
    node.aggregate_count = calls->count;
    node.aggregates = calls->items;
    node.window = g->window;
    bool has_time = has_window && !g->window.is_processing_time;
    leat_logical_input out =
        leat_sql_add(p, &node, leat_schema_new(p->arena, fields, count, has_time ? 1 : -1));
    p->nodes.items[out.node].outputs[0].time_is_window_end = has_time;
    return out;
}

/* Rows of one set under the schema of all of them. */
static leat_logical_input
add_set(grouper *g, uint32_t number, const leat_schema *schema, const leat_bound_aggregates *calls)
{
    leat_sql_planner *p = g->p;
    const leat_sql_exprs *set = &g->sets[number];
    leat_logical_input rows = add_aggregate(g, set, calls);
    const leat_schema *own = leat_sql_output(p, rows)->schema;
    leat_bound **bound = LEAT_ARENA_ARRAY(p->arena, leat_bound *, schema->field_count);
    uint32_t first = g->window.kind == LEAT_WINDOW_NONE ? 0 : 2, next = 0;
    for (uint32_t i = 0; i < schema->field_count; i++) {
        leat_expr nothing = {.kind = LEAT_EXPR_LITERAL, .value = {.is_null = true}};
        leat_expr *argument = &nothing;
        leat_expr expr = {.kind = LEAT_EXPR_CAST,
                          .type = schema->fields[i].type,
                          .argument_count = 1,
                          .arguments = &argument};
        bool is_key = i >= first && i < first + g->key_count;
        if (i == first + g->key_count)
            expr = *integer_of(g, &nothing, number);
        else if (!is_key || set_has(set, g->keys[i - first]))
            expr = (leat_expr){.kind = LEAT_EXPR_INPUT, .column = next++};
        bound[i] = leat_sql_bind(p, own, &expr);
    }
    return leat_sql_project(p, rows, schema->fields, bound, schema->field_count, g->span);
}

static leat_logical_input unite_sets(grouper *g, const leat_bound_aggregates *calls)
{
    leat_sql_planner *p = g->p;
    const leat_schema *grouped = g->grouped;
    uint32_t count = grouped->field_count + calls->count;
    leat_field *fields = LEAT_ARENA_ARRAY(p->arena, leat_field, count);
    memcpy(fields, grouped->fields, grouped->field_count * sizeof *fields);
    for (uint32_t i = 0; i < calls->count; i++)
        fields[grouped->field_count + i] = (leat_field){
            leat_bytes_text(leat_arena_print(p->arena, "$call%u", i)), calls->items[i].type, true};
    const leat_schema *schema = leat_schema_new(p->arena, fields, count, grouped->event_time);
    leat_logical_input *inputs = LEAT_ARENA_ARRAY(p->arena, leat_logical_input, g->set_count);
    for (uint32_t s = 0; s < g->set_count; s++)
        inputs[s] = add_set(g, s, schema, calls);
    leat_logical_node node = leat_sql_node(p, LEAT_LOGICAL_UNION, "sets", g->span);
    leat_sql_set_inputs(p, &node, inputs, g->set_count);
    return leat_sql_add(p, &node, schema);
}

static void finish_rows(grouper *g, const leat_bound_aggregates *calls)
{
    leat_sql_relation *rows = &g->stage->rows;
    rows->out = g->set_count == 1 ? add_aggregate(g, &g->sets[0], calls) : unite_sets(g, calls);
    const leat_schema *schema = leat_sql_schema(g->p, rows);
    bool has_window = g->window.kind != LEAT_WINDOW_NONE;
    const leat_sql_field *before = rows->fields;
    uint32_t first = has_window ? 2 : 0;
    rows->field_count = schema->field_count;
    rows->fields = LEAT_ARENA_ARRAY(g->p->arena, leat_sql_field, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++)
        rows->fields[i].name = schema->fields[i].name;
    for (uint32_t i = 0; i < g->key_count; i++) /* subqueries name keys as they were called */
        if (g->keys[i]->kind == LEAT_EXPR_INPUT)
            rows->fields[first + i] = before[g->keys[i]->column];
    rows->window_start = has_window ? 0 : -1;
    rows->window_end = has_window ? 1 : -1;
}

bool leat_sql_plan_group(leat_sql_planner *p,
                         const leat_sql_select *select,
                         const leat_sql_exprs *sets,
                         uint32_t set_count,
                         leat_sql_stage *stage)
{
    grouper g = {
        .p = p, .stage = stage, .span = select->span, .sets = sets, .set_count = set_count};
    if (!read_window(&g) || !place_keys(&g))
        return false;
    collecting c = {.g = &g};
    c.calls.items = LEAT_ARENA_ARRAY(p->arena, leat_bound_aggregate, LEAT_AGGREGATES_MAX);
    bool is_fine = true;
    for (uint32_t i = 0; i < stage->expr_count; i++) {
        if (stage->exprs[i] == NULL)
            continue;
        leat_expr *regrouped = regroup(&g, stage->exprs[i]);
        stage->exprs[i] = regrouped == NULL ? NULL : collect(&c, regrouped);
        is_fine &= stage->exprs[i] != NULL;
    }
    if (is_fine)
        finish_rows(&g, &c.calls);
    return is_fine;
}
