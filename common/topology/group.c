/* SPDX-License-Identifier: Apache-2.0
 *
 * `group_by`, `window`, `aggregate`, `having` of a processor become
 *
 *     [PROJECT keys]  ->  AGGREGATE  ->  [FILTER having]  ->  [PROJECT output]
 *
 * `keys` only when a key is computed, `output` only when an aggregate's expression is more than
 * one aggregate call. AGGREGATE puts out the grouped columns (window_start, window_end, keys) and
 * one column per distinct aggregate call; the user's expressions are bound over those.
 */
#include "common/plan/inline.h"
#include "common/topology/load.h"

typedef struct group {
    leat_topology_loader *loader;
    leat_topology_item *item;
    leat_logical_input input;      /* rows that are grouped */
    uint32_t visible_column_count; /* of them; computed keys stand behind */
    leat_window window;
    LEAT_VEC(leat_field) grouped; /* window_start, window_end, keys */
    LEAT_VEC(uint16_t) keys;
    LEAT_VEC(leat_bound *) results; /* of `aggregate`, over grouped columns, then calls */
    leat_bound_aggregates calls;
    leat_bound *having; /* over the output of AGGREGATE, or NULL */
} group;

bool leat_topology_is_grouped(const leat_yaml *yaml)
{
    return leat_yaml_get(yaml, "aggregate") != NULL;
}

static const leat_schema *input_schema(const group *g)
{
    return leat_topology_output(g->loader, g->input)->schema;
}

static bool add_grouped(group *g, leat_bytes name, leat_type type, bool is_nullable, leat_place at)
{
    LEAT_VEC_EACH (field, &g->grouped) {
        if (!leat_bytes_equal(field->name, name))
            continue;
        leat_diagnostic_error(g->loader->diagnostics, at,
                              "two columns are called `%.*s`: rename one with AS", LEAT_FMT(name));
        return false;
    }
    leat_field field = {.name = name, .type = type, .is_nullable = is_nullable};
    leat_vec_push(&g->grouped, field);
    return true;
}

/* {tumble: 1m}, {hop: 10m, slide: 1m}, {cumulate: 1d, step: 1h}, {session: 30m} */
typedef struct window_word {
    const char *word;
    leat_window_kind kind;
    const char *step; /* key of the second length, or NULL */
} window_word;

static const window_word WINDOWS[] = {{"tumble", LEAT_WINDOW_TUMBLE, NULL},
                                      {"hop", LEAT_WINDOW_HOP, "slide"},
                                      {"cumulate", LEAT_WINDOW_CUMULATE, "step"},
                                      {"session", LEAT_WINDOW_SESSION, NULL}};

static const window_word *window_word_of(const leat_yaml *yaml)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(WINDOWS); i++)
        if (leat_yaml_get(yaml, WINDOWS[i].word) != NULL)
            return &WINDOWS[i];
    return NULL;
}

static bool read_length(group *g, const leat_yaml *yaml, const char *key, int64_t *out_us)
{
    const leat_yaml *one = leat_yaml_get(yaml, key);
    return one == NULL || leat_yaml_read_duration(one, out_us, g->loader->diagnostics);
}

static bool read_lengths(group *g, const leat_yaml *yaml, const window_word *word)
{
    leat_diagnostics *diagnostics = g->loader->diagnostics;
    leat_window *w = &g->window;
    if (word->step != NULL && leat_yaml_get(yaml, word->step) == NULL) {
        leat_diagnostic_error(diagnostics, yaml->place,
                              "a `%s` window needs its `%s`: {%s: 1h, %s: "
                              "10m}",
                              word->word, word->step, word->word, word->step);
        return false;
    }
    if (!read_length(g, yaml, word->word, &w->size_us) ||
        !read_length(g, yaml, "offset", &w->offset_us) ||
        (word->step != NULL && !read_length(g, yaml, word->step, &w->slide_us)))
        return false;
    int64_t unit = word->step != NULL ? w->slide_us : w->size_us;
    if (w->size_us == 0 || unit == 0 || w->offset_us >= unit) {
        const leat_yaml *offset = leat_yaml_get(yaml, "offset");
        leat_diagnostic_error(diagnostics,
                              w->size_us == 0 || unit == 0 || offset == NULL
                                  ? leat_yaml_get(yaml, word->word)->place
                                  : offset->place,
                              "a window must be longer than 0s and longer than its offset");
        return false;
    }
    if (w->kind == LEAT_WINDOW_CUMULATE && w->size_us % w->slide_us != 0) {
        leat_diagnostic_error(diagnostics, leat_yaml_get(yaml, word->step)->place,
                              "a cumulating window must be a whole number of steps long");
        return false;
    }
    return true;
}

static bool read_window_time(group *g, const leat_yaml *yaml)
{
    static const char *const times[] = {"event", "processing"};
    const leat_logical_output *stream = leat_topology_output(g->loader, g->input);
    const leat_yaml *time = leat_yaml_get(yaml, "time");
    uint32_t word = 0;
    if (time != NULL && !leat_yaml_read_word(time, times, 2, &word, g->loader->diagnostics))
        return false;
    g->window.is_processing_time = word == 1;
    if (word == 1)
        return true;
    g->window.time_lag_us = stream->time_is_window_end ? LEAT_LOGICAL_WINDOW_TIME_LAG_US : 0;
    if (stream->schema->event_time >= 0)
        return true;
    leat_diagnostic_error(g->loader->diagnostics, yaml->key_place,
                          "a window needs an event time, and its input has none: give the source "
                          "an `event_time` and keep that column in every `select`, or say `time: "
                          "processing`");
    return false;
}

static bool read_window(group *g)
{
    static const char *const known[] = {"tumble", "hop",  "slide",   "cumulate",
                                        "step",   "time", "session", "offset"};
    leat_diagnostics *diagnostics = g->loader->diagnostics;
    const leat_yaml *yaml = leat_yaml_get(g->item->yaml, "window");
    if (yaml == NULL)
        return true;
    if (!leat_yaml_expect(yaml, LEAT_YAML_MAPPING, diagnostics))
        return false;
    leat_yaml_check_keys(yaml, "`window`", known, LEAT_COUNT_OF(known), diagnostics);
    const window_word *word = window_word_of(yaml);
    if (word == NULL) {
        leat_diagnostic_error(diagnostics, yaml->place,
                              "`window` needs a size: {tumble: 1m}, {hop: 10m, slide: 1m}, "
                              "{cumulate: 1d, step: 1h} or {session: 30m}");
        return false;
    }
    g->window.kind = word->kind;
    if (!read_lengths(g, yaml, word) || !read_window_time(g, yaml))
        return false;
    leat_type type = LEAT_TYPE(TIMESTAMP);
    return add_grouped(g, LEAT_BYTES("window_start"), type, false, yaml->place) &&
           add_grouped(g, LEAT_BYTES("window_end"), type, false, yaml->place);
}

/* The keys as fields with expressions over the input. */
static bool read_keys(group *g, leat_topology_fields *list)
{
    const leat_yaml *yaml = leat_yaml_get(g->item->yaml, "group_by");
    if (yaml == NULL)
        return true;
    if (!leat_topology_read_select(g->loader, yaml, input_schema(g), list))
        return false;
    bool is_fine = true;
    for (size_t i = 0; i < list->fields.count; i++) {
        const leat_field *field = &list->fields.items[i];
        is_fine &= add_grouped(g, field->name, field->type, field->is_nullable, yaml->place);
    }
    return is_fine;
}

/* Plain columns are keys where they stand; computed ones are added to the rows first. */
static bool place_keys(group *g, const leat_topology_fields *list, const leat_yaml *yaml)
{
    leat_topology_fields rows = {0};
    const leat_schema *schema = input_schema(g);
    bool is_computed = false;
    bool is_fine = true;
    for (uint32_t i = 0; i < schema->field_count; i++)
        is_fine &=
            leat_topology_fields_add(g->loader, &rows, schema->fields[i].name,
                                     leat_bound_column(schema, i, g->loader->arena), yaml->place);
    for (size_t i = 0; i < list->fields.count && is_fine; i++) {
        leat_bound *key = list->expressions.items[i];
        if (key->kind == LEAT_BOUND_COLUMN) {
            leat_vec_push(&g->keys, (uint16_t)key->column);
            continue;
        }
        is_computed = true;
        const char *name = leat_arena_print(g->loader->arena, "$key%zu", i);
        leat_vec_push(&g->keys, (uint16_t)rows.fields.count);
        is_fine =
            leat_topology_fields_add(g->loader, &rows, leat_bytes_text(name), key, yaml->place);
    }
    if (is_fine && is_computed)
        g->input = leat_topology_project(g->loader, g->item, "keys", g->input, &rows);
    leat_topology_fields_fini(&rows);
    return is_fine;
}

static leat_bound *bind_grouped(group *g, const leat_yaml *scalar, const leat_schema *grouped)
{
    if (!leat_yaml_expect(scalar, LEAT_YAML_SCALAR, g->loader->diagnostics))
        return NULL;
    leat_expr *expr =
        leat_expr_parse(leat_yaml_source(scalar), g->loader->arena, g->loader->diagnostics);
    if (expr == NULL)
        return NULL;
    const leat_schema *whole = input_schema(g);
    const leat_schema *visible =
        leat_schema_new(g->loader->arena, whole->fields, g->visible_column_count, -1);
    leat_binder binder = leat_topology_binder(g->loader, scalar, visible);
    return leat_bind_grouped(&binder, expr, grouped, grouped->field_count, &g->calls);
}

static bool read_aggregates(group *g, const leat_yaml *yaml)
{
    if (!leat_yaml_expect(yaml, LEAT_YAML_MAPPING, g->loader->diagnostics))
        return false;
    if (yaml->count == 0) {
        leat_diagnostic_error(g->loader->diagnostics, yaml->place,
                              "`aggregate` needs at least one entry");
        return false;
    }
    const leat_schema *grouped =
        leat_schema_new(g->loader->arena, g->grouped.items, (uint32_t)g->grouped.count, -1);
    g->calls.items = LEAT_ARENA_ARRAY(g->loader->arena, leat_bound_aggregate, LEAT_AGGREGATES_MAX);
    bool is_fine = true;
    for (uint32_t i = 0; i < yaml->count; i++) {
        const leat_yaml *entry = &yaml->items[i];
        if (leat_schema_find(grouped, entry->key) >= 0) {
            leat_diagnostic_error(g->loader->diagnostics, entry->key_place,
                                  "`%.*s` is the name of a key already", LEAT_FMT(entry->key));
            is_fine = false;
            continue;
        }
        leat_bound *result = bind_grouped(g, entry, grouped);
        is_fine &= result != NULL;
        if (result != NULL)
            leat_vec_push(&g->results, result);
    }
    return is_fine;
}

/* `having` may use the names of `aggregate` too: they stand for their expressions. Columns while
 * binding: grouped, names, calls; after it: grouped, calls. */
static bool read_having(group *g, const leat_yaml *aggregate)
{
    const leat_yaml *yaml = leat_yaml_get(g->item->yaml, "having");
    if (yaml == NULL)
        return true;
    leat_arena *arena = g->loader->arena;
    uint32_t grouped_count = (uint32_t)g->grouped.count;
    uint32_t named_count = grouped_count + aggregate->count;
    leat_field *fields = LEAT_ARENA_ARRAY(arena, leat_field, named_count);
    for (uint32_t i = 0; i < grouped_count; i++)
        fields[i] = g->grouped.items[i];
    for (uint32_t i = 0; i < aggregate->count; i++)
        fields[grouped_count + i] = (leat_field){.name = aggregate->items[i].key,
                                                 .type = g->results.items[i]->type,
                                                 .is_nullable = g->results.items[i]->is_nullable};
    const leat_schema *named = leat_schema_new(arena, fields, named_count, -1);
    leat_bound *bound = bind_grouped(g, yaml, named);
    if (bound == NULL)
        return false;
    if (bound->type.id != LEAT_TYPE_BOOLEAN) {
        leat_diagnostic_error(g->loader->diagnostics, yaml->place,
                              "`having` must be true or false");
        return false;
    }
    leat_bound **replacements = LEAT_ARENA_ARRAY(arena, leat_bound *, named_count + g->calls.count);
    for (uint32_t i = 0; i < grouped_count; i++)
        replacements[i] = leat_bound_column(named, i, arena);
    for (uint32_t i = 0; i < aggregate->count; i++)
        replacements[grouped_count + i] = g->results.items[i];
    for (uint32_t i = 0; i < g->calls.count; i++) {
        leat_bound *call = LEAT_ARENA_NEW(arena, leat_bound);
        call->kind = LEAT_BOUND_COLUMN;
        call->type = g->calls.items[i].type;
        call->is_nullable = true;
        call->column = grouped_count + i;
        replacements[named_count + i] = call;
    }
    g->having = leat_bound_inline(bound, replacements, arena);
    if (leat_bound_depth(g->having) > LEAT_BOUND_DEPTH_MAX) {
        leat_diagnostic_error(g->loader->diagnostics, yaml->place,
                              "`having` is nested too deeply together with what it names");
        return false;
    }
    return true;
}

static bool is_count(leat_aggregate_kind kind)
{
    return kind == LEAT_AGGREGATE_COUNT || kind == LEAT_AGGREGATE_COUNT_STAR;
}

static void warn_of_growth(const group *g)
{
    bool is_bounded =
        g->loader->state_ttl_us > 0 || leat_yaml_get(g->item->yaml, "state_ttl") != NULL;
    if (g->window.kind == LEAT_WINDOW_NONE && g->keys.count > 0 && !is_bounded)
        leat_diagnostic_warning(g->loader->diagnostics,
                                leat_yaml_get(g->item->yaml, "group_by")->key_place,
                                "`%.*s` keeps every group it has ever seen: its state can grow for "
                                "ever; a `window` bounds it",
                                LEAT_FMT(g->item->name));
}

/* The user's name where a call is one entry of `aggregate`, else one that nobody can write. */
static leat_bytes
call_name(const group *g, const leat_yaml *aggregate, uint32_t grouped_count, uint32_t call)
{
    for (uint32_t i = 0; i < aggregate->count; i++) {
        const leat_bound *result = g->results.items[i];
        if (result->kind == LEAT_BOUND_COLUMN && result->column == grouped_count + call)
            return aggregate->items[i].key;
    }
    return leat_bytes_text(leat_arena_print(g->loader->arena, "$call%u", call));
}

static leat_logical_input add_aggregate(group *g, const leat_yaml *aggregate)
{
    leat_topology_loader *loader = g->loader;
    bool has_window = g->window.kind != LEAT_WINDOW_NONE;
    bool has_time = has_window && !g->window.is_processing_time;
    uint32_t grouped_count = (uint32_t)g->grouped.count;
    leat_logical_output input = *leat_topology_output(loader, g->input);
    for (uint32_t i = 0; i < g->calls.count; i++) {
        leat_field field = {.name = call_name(g, aggregate, grouped_count, i),
                            .type = g->calls.items[i].type,
                            .is_nullable = !is_count(g->calls.items[i].kind)};
        leat_vec_push(&g->grouped, field);
    }
    leat_logical_node node = leat_topology_node(loader, g->item, LEAT_LOGICAL_AGGREGATE,
                                                has_window ? "window" : "group", g->input);
    node.key_count = (uint32_t)g->keys.count;
    node.keys = leat_arena_copy(loader->arena, g->keys.items, g->keys.count * sizeof(uint16_t));
    node.aggregate_count = g->calls.count;
    node.aggregates = g->calls.items;
    node.window = g->window;
    leat_topology_outputs(loader, &node, g->window.late_to ? 2 : 1, NULL);
    node.outputs[0].schema = leat_schema_new(loader->arena, g->grouped.items,
                                             (uint32_t)g->grouped.count, has_time ? 1 : -1);
    node.outputs[0].time_is_window_end = has_time;
    node.outputs[0].is_updating = !has_window || input.is_updating;
    if (g->window.late_to) {
        node.outputs[1] = input;
        node.outputs[1].name = LEAT_BYTES("late");
        node.outputs[1].is_read = false;
    }
    return leat_topology_add(loader, &node);
}

/* Late rows as they came: without the keys that were computed for grouping. */
static void offer_late(group *g, leat_logical_input late)
{
    const leat_yaml *yaml = leat_yaml_get(g->item->yaml, "late_to");
    const leat_schema *schema = leat_topology_output(g->loader, late)->schema;
    if (schema->field_count > g->visible_column_count) {
        leat_topology_fields list = {0};
        for (uint32_t i = 0; i < g->visible_column_count; i++) {
            leat_bound *column = leat_bound_column(schema, i, g->loader->arena);
            leat_vec_push(&list.fields, schema->fields[i]);
            leat_vec_push(&list.expressions, column);
        }
        late = leat_topology_project(g->loader, g->item, "late", late, &list);
        leat_topology_fields_fini(&list);
    }
    leat_topology_offer(g->item, yaml->text, yaml->place, late);
}

static leat_logical_input
add_having(leat_topology_loader *loader, const group *g, leat_logical_input input)
{
    leat_logical_node node =
        leat_topology_node(loader, g->item, LEAT_LOGICAL_FILTER, "having", input);
    node.expression_count = 1;
    node.expressions = leat_arena_copy(loader->arena, &g->having, sizeof g->having);
    leat_topology_outputs(loader, &node, 1, leat_topology_output(loader, input));
    return leat_topology_add(loader, &node);
}

/* Whether the results are just the calls in their order. */
static bool is_plain(const group *g, uint32_t grouped_count)
{
    bool is_plain = g->results.count == g->calls.count;
    for (size_t i = 0; i < g->results.count && is_plain; i++) {
        const leat_bound *result = g->results.items[i];
        is_plain = result->kind == LEAT_BOUND_COLUMN && result->column == grouped_count + i;
    }
    return is_plain;
}

static leat_logical_input
add_output(group *g, const leat_yaml *aggregate, uint32_t grouped_count, leat_logical_input input)
{
    leat_topology_fields list = {0};
    const leat_schema *schema = leat_topology_output(g->loader, input)->schema;
    for (uint32_t i = 0; i < grouped_count; i++) {
        leat_bound *column = leat_bound_column(schema, i, g->loader->arena);
        leat_vec_push(&list.fields, schema->fields[i]);
        leat_vec_push(&list.expressions, column);
    }
    for (uint32_t i = 0; i < aggregate->count; i++) {
        leat_bound *result = g->results.items[i];
        leat_field field = {
            .name = aggregate->items[i].key, .type = result->type, .is_nullable = true};
        if (result->kind == LEAT_BOUND_COLUMN)
            field.is_nullable = schema->fields[result->column].is_nullable;
        leat_vec_push(&list.fields, field);
        leat_vec_push(&list.expressions, result);
    }
    leat_logical_input output = leat_topology_project(g->loader, g->item, "output", input, &list);
    leat_topology_fields_fini(&list);
    return output;
}

static bool read_late(group *g)
{
    const leat_yaml *yaml = leat_yaml_get(g->item->yaml, "late_to");
    leat_bytes name = LEAT_BYTES("");
    if (yaml == NULL)
        return true;
    if (!leat_yaml_read_text(yaml, &name, g->loader->diagnostics) ||
        !leat_topology_name_check(g->loader, name, yaml->place))
        return false;
    if (leat_yaml_get(g->item->yaml, "window") == NULL) {
        leat_diagnostic_error(g->loader->diagnostics, yaml->key_place,
                              "`late_to` needs a `window`: only there can a row be late");
        return false;
    }
    if (g->window.kind == LEAT_WINDOW_SESSION || g->window.is_processing_time) {
        leat_diagnostic_error(g->loader->diagnostics, yaml->key_place,
                              "`late_to` goes with tumbling, hopping and cumulating windows of "
                              "event time");
        return false;
    }
    g->window.late_to = true;
    return true;
}

static bool lower(group *g)
{
    const leat_yaml *aggregate = leat_yaml_get(g->item->yaml, "aggregate");
    leat_topology_fields keys = {0};
    bool is_fine = read_window(g);
    is_fine &= read_late(g);
    is_fine &= read_keys(g, &keys);
    is_fine = is_fine && place_keys(g, &keys, aggregate);
    leat_topology_fields_fini(&keys);
    if (!is_fine || !read_aggregates(g, aggregate) || !read_having(g, aggregate))
        return false;
    warn_of_growth(g);
    uint32_t grouped_count = (uint32_t)g->grouped.count;
    leat_logical_input output = add_aggregate(g, aggregate);
    if (g->window.late_to)
        offer_late(g, (leat_logical_input){output.node, 1});
    if (g->having != NULL)
        output = add_having(g->loader, g, output);
    if (!is_plain(g, grouped_count))
        output = add_output(g, aggregate, grouped_count, output);
    g->input = output;
    return true;
}

bool leat_topology_lower_group(leat_topology_loader *loader,
                               leat_topology_item *item,
                               leat_logical_input *input)
{
    group g = {.loader = loader, .item = item, .input = *input};
    g.visible_column_count = leat_topology_output(loader, *input)->schema->field_count;
    bool is_fine = lower(&g);
    if (is_fine)
        *input = g.input;
    leat_vec_fini(&g.grouped);
    leat_vec_fini(&g.keys);
    leat_vec_fini(&g.results);
    return is_fine;
}
