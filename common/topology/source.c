/* SPDX-License-Identifier: Apache-2.0 */
#include "common/topology/load.h"

/* "decimal(12,2) not null" without its last two words; whether they stood there. */
static leat_bytes cut_not_null(leat_bytes text, bool *out_not_null)
{
    static const char *const words[] = {"null", "not"};
    leat_bytes rest = text;
    *out_not_null = false;
    for (size_t i = 0; i < LEAT_COUNT_OF(words); i++) {
        size_t size = strlen(words[i]);
        while (rest.size > 0 && rest.data[rest.size - 1] == ' ')
            rest.size--;
        if (rest.size <= size || strncasecmp(rest.data + rest.size - size, words[i], size) != 0 ||
            rest.data[rest.size - size - 1] != ' ')
            return text;
        rest.size -= size;
    }
    while (rest.size > 0 && rest.data[rest.size - 1] == ' ')
        rest.size--;
    *out_not_null = true;
    return rest;
}

static bool read_field(leat_topology_loader *loader, const leat_yaml *yaml, leat_field *out)
{
    leat_bytes text = LEAT_BYTES("");
    if (!leat_yaml_read_text(yaml, &text, loader->diagnostics))
        return false;
    bool is_not_null;
    leat_error error;
    leat_bytes type = cut_not_null(text, &is_not_null);
    if (leat_type_parse(type, &out->type, &error) != LEAT_OK) {
        leat_diagnostic_error(loader->diagnostics, yaml->place, "column `%.*s`: %s",
                              LEAT_FMT(yaml->key), error.text);
        return false;
    }
    out->name = yaml->key;
    out->is_nullable = !is_not_null;
    return true;
}

/* *out_count is 0 after an error. */
static leat_field *
read_schema(leat_topology_loader *loader, const leat_topology_item *item, uint32_t *out_count)
{
    const leat_yaml *yaml = leat_yaml_get(item->yaml, "schema");
    *out_count = 0;
    if (yaml == NULL) {
        leat_diagnostic_error(loader->diagnostics, item->place,
                              "source `%.*s` needs a `schema`: {column: type, ...}",
                              LEAT_FMT(item->name));
        return NULL;
    }
    if (!leat_yaml_expect(yaml, LEAT_YAML_MAPPING, loader->diagnostics))
        return NULL;
    if (yaml->count == 0 || yaml->count > LEAT_SCHEMA_FIELDS_MAX) {
        leat_diagnostic_error(loader->diagnostics, yaml->place, "`schema` needs 1 to %d columns",
                              LEAT_SCHEMA_FIELDS_MAX);
        return NULL;
    }
    leat_field *fields = LEAT_ARENA_ARRAY(loader->arena, leat_field, yaml->count);
    bool is_fine = true;
    for (uint32_t i = 0; i < yaml->count; i++)
        is_fine &= read_field(loader, &yaml->items[i], &fields[i]);
    *out_count = is_fine ? yaml->count : 0;
    return fields;
}

static bool find_time_column(leat_topology_loader *loader,
                             const leat_yaml *yaml,
                             const leat_schema *schema,
                             leat_logical_node *node)
{
    leat_bytes name = LEAT_BYTES("");
    if (!leat_yaml_read_text(yaml, &name, loader->diagnostics))
        return false;
    int32_t column = leat_schema_find(schema, name);
    if (column < 0) {
        const char **names = LEAT_ARENA_ARRAY(loader->arena, const char *, schema->field_count);
        for (uint32_t i = 0; i < schema->field_count; i++)
            names[i] = leat_arena_text(loader->arena, schema->fields[i].name);
        const char *near = leat_suggest(name, names, schema->field_count);
        leat_diagnostic_error(loader->diagnostics, yaml->place,
                              "the schema has no column `%.*s`%s%s%s", LEAT_FMT(name),
                              near == NULL ? "" : ", did you mean `", near == NULL ? "" : near,
                              near == NULL ? "" : "`?");
        return false;
    }
    if (schema->fields[column].type.id != LEAT_TYPE_TIMESTAMP) {
        leat_diagnostic_error(loader->diagnostics, yaml->place,
                              "the event time must be a timestamp, `%.*s` is not", LEAT_FMT(name));
        return false;
    }
    node->event_time = column;
    return true;
}

static bool read_event_time(leat_topology_loader *loader,
                            const leat_topology_item *item,
                            const leat_schema *schema,
                            leat_logical_node *node)
{
    static const char *const known[] = {"column", "watermark", "idle_after", "max_future"};
    const leat_yaml *yaml = leat_yaml_get(item->yaml, "event_time");
    leat_diagnostics *diagnostics = loader->diagnostics;
    if (yaml == NULL)
        return true;
    if (!leat_yaml_expect(yaml, LEAT_YAML_MAPPING, diagnostics))
        return false;
    leat_yaml_check_keys(yaml, "`event_time`", known, LEAT_COUNT_OF(known), diagnostics);
    bool is_fine = true;
    struct {
        const char *key;
        int64_t *us;
    } durations[] = {{"watermark", &node->out_of_orderness_us},
                     {"idle_after", &node->idle_after_us},
                     {"max_future", &node->max_future_us}};
    for (size_t i = 0; i < LEAT_COUNT_OF(durations); i++) {
        const leat_yaml *value = leat_yaml_get(yaml, durations[i].key);
        if (value != NULL)
            is_fine &= leat_yaml_read_duration(value, durations[i].us, diagnostics);
    }
    const leat_yaml *column = leat_yaml_get(yaml, "column");
    if (column == NULL) {
        leat_diagnostic_error(diagnostics, yaml->place, "`event_time` needs a `column`");
        return false;
    }
    return schema != NULL && find_time_column(loader, column, schema, node) && is_fine;
}

/* raw, file, position, reason: what is known of a record that could not be read. */
static const leat_schema *bad_record_schema(leat_arena *arena)
{
    const leat_field fields[] = {
        {LEAT_BYTES("raw"), LEAT_TYPE(STRING), false},
        {LEAT_BYTES("file"), LEAT_TYPE(STRING), false},
        {LEAT_BYTES("position"), LEAT_TYPE(BIGINT), false},
        {LEAT_BYTES("reason"), LEAT_TYPE(STRING), false},
    };
    return leat_schema_new(arena, fields, LEAT_COUNT_OF(fields), -1);
}

static void offer_streams(leat_topology_loader *loader,
                          leat_topology_item *item,
                          leat_logical_node *node,
                          const leat_schema *schema)
{
    bool has_side = node->on_bad_record == LEAT_BAD_RECORD_TO;
    leat_topology_outputs(loader, node, has_side ? 2 : 1, NULL);
    node->outputs[0].schema = schema;
    node->outputs[0].is_updating = leat_logical_format_changes(node);
    if (has_side) {
        node->outputs[1].name = LEAT_BYTES("bad");
        node->outputs[1].schema = bad_record_schema(loader->arena);
    }
    node->wanted = LEAT_ARENA_ARRAY(loader->arena, bool, schema->field_count);
    for (uint32_t i = 0; i < schema->field_count; i++)
        node->wanted[i] = true;
    leat_logical_input output = leat_topology_add(loader, node);
    leat_topology_offer(item, LEAT_BYTES(""), item->place, output);
    if (has_side)
        leat_topology_offer(item, LEAT_BYTES("bad"),
                            leat_yaml_get(item->yaml, "on_bad_record")->place,
                            (leat_logical_input){output.node, 1});
}

bool leat_topology_lower_source(leat_topology_loader *loader, leat_topology_item *item)
{
    static const char *const own[] = {"connector", "schema", "event_time", "rate", "on_bad_record"};
    leat_logical_node node =
        leat_topology_node(loader, item, LEAT_LOGICAL_SOURCE, "source", (leat_logical_input){0});
    node.input_count = 0;
    bool is_fine = leat_topology_read_options(loader, item, own, LEAT_COUNT_OF(own), &node);
    is_fine &= leat_topology_read_policy(loader, item, true, &node.on_bad_record);
    const leat_yaml *rate = leat_yaml_get(item->yaml, "rate");
    if (rate != NULL)
        is_fine &= leat_yaml_read_number(rate, 1, UINT64_C(1000000000000), &node.rate,
                                         loader->diagnostics);

    uint32_t field_count;
    leat_field *fields = read_schema(loader, item, &field_count);
    const leat_schema *schema =
        field_count == 0 ? NULL : leat_schema_new(loader->arena, fields, field_count, -1);
    is_fine &= read_event_time(loader, item, schema, &node);
    if (schema == NULL || !is_fine)
        return false;
    schema = leat_schema_new(loader->arena, fields, field_count, node.event_time);
    offer_streams(loader, item, &node, schema);
    if (loader->checks != NULL)
        loader->checks->check(loader->checks->self, &node, schema, loader->diagnostics);
    return true;
}
