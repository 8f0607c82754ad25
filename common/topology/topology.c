/* SPDX-License-Identifier: Apache-2.0 */
#include "common/topology/topology.h"

#include "common/topology/load.h"

typedef struct topology_section {
    const char *key;
    const char *what;
    leat_topology_role role;
} topology_section;

static const topology_section SECTIONS[] = {
    {"sources", "source", LEAT_TOPOLOGY_SOURCE},
    {"processors", "processor", LEAT_TOPOLOGY_PROCESSOR},
    {"sinks", "sink", LEAT_TOPOLOGY_SINK},
};

/* Enter every item of the section; what is no mapping is reported and failed. */
static void declare_section(leat_topology_loader *loader,
                            const leat_yaml *root,
                            const topology_section *section)
{
    const leat_yaml *list = leat_yaml_get(root, section->key);
    if (list == NULL || list->kind == LEAT_YAML_NULL ||
        !leat_yaml_expect(list, LEAT_YAML_MAPPING, loader->diagnostics))
        return;
    for (uint32_t i = 0; i < list->count; i++) {
        const leat_yaml *yaml = &list->items[i];
        leat_topology_item item = {
            .role = section->role, .yaml = yaml, .name = yaml->key, .place = yaml->key_place};
        bool is_fine = leat_topology_name_check(loader, yaml->key, yaml->key_place);
        const leat_topology_item *other = leat_topology_find(loader, yaml->key);
        if (other != NULL) {
            /* Twice in one section was told as a duplicate key. */
            if (other->role != section->role)
                leat_diagnostic_error(loader->diagnostics, yaml->key_place,
                                      "the name `%.*s` is taken, see line %u", LEAT_FMT(yaml->key),
                                      other->place.line);
            continue;
        }
        is_fine &= leat_yaml_expect(yaml, LEAT_YAML_MAPPING, loader->diagnostics);
        item.state = is_fine ? LEAT_TOPOLOGY_WAITING : LEAT_TOPOLOGY_FAILED;
        leat_vec_push(&loader->items, item);
    }
}

static void read_number(const leat_yaml *root,
                        const char *key,
                        uint32_t least,
                        uint32_t greatest,
                        uint32_t *out,
                        leat_diagnostics *diagnostics)
{
    const leat_yaml *yaml = leat_yaml_get(root, key);
    uint64_t number;
    if (yaml != NULL && leat_yaml_read_number(yaml, least, greatest, &number, diagnostics))
        *out = (uint32_t)number;
}

static void read_version(const leat_yaml *root, leat_diagnostics *diagnostics)
{
    const leat_yaml *version = leat_yaml_get(root, "version");
    if (version == NULL)
        leat_diagnostic_error(diagnostics, root->place, "the file must start with `version: 1`");
    else if (version->kind != LEAT_YAML_SCALAR || !leat_bytes_equal(version->text, LEAT_BYTES("1")))
        leat_diagnostic_error(diagnostics, version->place, "only version 1 is known");
}

static void
read_epoch_interval(const leat_yaml *root, leat_logical_plan *plan, leat_diagnostics *diagnostics)
{
    const leat_yaml *yaml = leat_yaml_get(root, "epoch_interval");
    int64_t us;
    if (yaml == NULL || !leat_yaml_read_duration(yaml, &us, diagnostics))
        return;
    if (us < LEAT_EPOCH_INTERVAL_MS_MIN * INT64_C(1000) ||
        us > LEAT_EPOCH_INTERVAL_MS_MAX * INT64_C(1000))
        leat_diagnostic_error(diagnostics, yaml->place,
                              "`epoch_interval` must be between 100ms and 1m");
    else
        plan->epoch_interval_us = us;
}

bool leat_topology_read_ttl(leat_topology_loader *loader, const leat_yaml *mapping, int64_t *out_us)
{
    const leat_yaml *yaml = leat_yaml_get(mapping, "state_ttl");
    return yaml == NULL || leat_yaml_read_duration(yaml, out_us, loader->diagnostics);
}

static void
read_settings(leat_topology_loader *loader, const leat_yaml *root, leat_logical_plan *plan)
{
    static const char *const known[] = {"version",        "topology", "parallelism",  "key_groups",
                                        "epoch_interval", "replicas", "min_replicas", "sources",
                                        "processors",     "sinks",    "state_ttl"};
    leat_diagnostics *diagnostics = loader->diagnostics;
    leat_yaml_check_keys(root, "a topology", known, LEAT_COUNT_OF(known), diagnostics);
    read_version(root, diagnostics);
    const leat_yaml *name = leat_yaml_get(root, "topology");
    if (name == NULL)
        leat_diagnostic_error(diagnostics, root->place,
                              "the topology needs a name: `topology: NAME`");
    else if (leat_yaml_read_text(name, &plan->name, diagnostics))
        leat_topology_name_check(loader, plan->name, name->place);

    plan->key_group_count = LEAT_KEY_GROUPS_DEFAULT;
    plan->epoch_interval_us = LEAT_EPOCH_INTERVAL_MS_DEFAULT * INT64_C(1000);
    plan->replicas = LEAT_REPLICAS_DEFAULT;
    read_number(root, "parallelism", 1, LEAT_PARALLELISM_MAX, &plan->parallelism, diagnostics);
    read_number(root, "key_groups", 1, LEAT_KEY_GROUPS_MAX, &plan->key_group_count, diagnostics);
    read_number(root, "replicas", 1, LEAT_REPLICAS_MAX, &plan->replicas, diagnostics);
    plan->min_replicas = LEAT_MAX(plan->replicas - 1, 1U);
    read_number(root, "min_replicas", 1, LEAT_REPLICAS_MAX, &plan->min_replicas, diagnostics);
    if (plan->min_replicas > plan->replicas)
        leat_diagnostic_error(diagnostics, leat_yaml_get(root, "min_replicas")->place,
                              "`min_replicas` %u is more than `replicas` %u", plan->min_replicas,
                              plan->replicas);
    read_epoch_interval(root, plan, diagnostics);
    leat_topology_read_ttl(loader, root, &loader->state_ttl_us);
    if (plan->parallelism > plan->key_group_count)
        leat_diagnostic_error(diagnostics, leat_yaml_get(root, "parallelism")->place,
                              "`parallelism` %u is more than `key_groups` %u", plan->parallelism,
                              plan->key_group_count);
}

static void warn_unread(const leat_topology_loader *loader)
{
    LEAT_VEC_EACH (item, &loader->items) {
        if (item->state != LEAT_TOPOLOGY_DONE)
            continue;
        LEAT_VEC_EACH (stream, &item->streams) {
            if (stream->is_read)
                continue;
            leat_diagnostic_warning(loader->diagnostics, stream->place,
                                    "nothing reads `%.*s%s%.*s`", LEAT_FMT(item->name),
                                    stream->name.size > 0 ? "." : "", LEAT_FMT(stream->name));
        }
    }
}

static const leat_option *path_option(const leat_logical_node *node)
{
    for (uint32_t i = 0; i < node->option_count && node->kind == LEAT_LOGICAL_SINK; i++)
        if (leat_bytes_equal(node->options[i].name, LEAT_BYTES("path")))
            return &node->options[i];
    return NULL;
}

/* Two sinks in one folder would take each other's parts for their own. */
static void check_paths(const leat_topology_loader *loader)
{
    for (size_t i = 0; i < loader->nodes.count; i++) {
        const leat_option *path = path_option(&loader->nodes.items[i]);
        for (size_t j = 0; j < i && path != NULL; j++) {
            const leat_option *other = path_option(&loader->nodes.items[j]);
            if (other == NULL || !leat_bytes_equal(path->value, other->value))
                continue;
            leat_diagnostic_error(loader->diagnostics, path->place,
                                  "the sink `%.*s` writes to this path already",
                                  LEAT_FMT(loader->nodes.items[j].name));
            break;
        }
    }
}

/* Running aggregates are told where they are grouped. */
static void warn_growth(const leat_topology_loader *loader, const leat_logical_plan *plan)
{
    static const char *const kept[LEAT_GROWTH_COUNT] = {
        [LEAT_GROWTH_GROUPS] = "every key it has ever seen",
        [LEAT_GROWTH_ROWS] = "every row it has ever seen"};
    bool *is_live = LEAT_ARENA_ARRAY(loader->arena, bool, plan->node_count);
    for (uint32_t i = plan->node_count; i-- > 0;) {
        const leat_logical_node *node = &plan->nodes[i];
        leat_growth growth = leat_logical_growth(plan, i);
        is_live[i] |= node->kind == LEAT_LOGICAL_SINK;
        for (uint32_t j = 0; j < node->input_count && is_live[i]; j++)
            is_live[node->inputs[j].node] = true;
        if (is_live[i] && node->kind != LEAT_LOGICAL_AGGREGATE && kept[growth] != NULL)
            leat_diagnostic_warning(loader->diagnostics, node->place,
                                    "`%.*s` keeps %s: its state can grow for ever; `state_ttl` "
                                    "bounds it",
                                    LEAT_FMT(node->name), kept[growth]);
    }
}

/* Every input marks what it reads. */
static void mark_read(leat_logical_plan *plan)
{
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const leat_logical_node *node = &plan->nodes[i];
        for (uint32_t j = 0; j < node->input_count; j++) {
            leat_logical_input input = node->inputs[j];
            plan->nodes[input.node].outputs[input.output].is_read = true;
        }
    }
}

static void load_items(leat_topology_loader *loader, const leat_yaml *root)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(SECTIONS); i++)
        declare_section(loader, root, &SECTIONS[i]);
    if (loader->items.count > LEAT_OPERATORS_MAX) {
        leat_diagnostic_error(loader->diagnostics, root->place,
                              "%zu sources, processors and sinks; at most %d are allowed",
                              loader->items.count, LEAT_OPERATORS_MAX);
        return;
    }
    const char *missing = NULL;
    for (size_t i = 0; i < LEAT_COUNT_OF(SECTIONS); i++) {
        const leat_yaml *section = leat_yaml_get(root, SECTIONS[i].key);
        bool is_empty = section == NULL || section->count == 0;
        if (is_empty && SECTIONS[i].role != LEAT_TOPOLOGY_PROCESSOR)
            missing = SECTIONS[i].what;
        if (is_empty && missing == SECTIONS[i].what)
            leat_diagnostic_error(loader->diagnostics,
                                  section == NULL ? root->place : section->key_place,
                                  "a topology needs at least one %s", missing);
    }
    for (size_t i = 0; i < loader->items.count; i++)
        leat_topology_lower(loader, &loader->items.items[i]);
    check_paths(loader);
    warn_unread(loader);
}

const leat_logical_plan *leat_topology_load(leat_bytes source,
                                            const leat_variables *variables,
                                            const leat_topology_checks *checks,
                                            leat_arena *arena,
                                            leat_diagnostics *diagnostics)
{
    uint32_t errors_before = diagnostics->error_count;
    const leat_yaml *root = leat_yaml_parse(source, variables, arena, diagnostics);
    if (root == NULL)
        return NULL;
    if (root->kind != LEAT_YAML_MAPPING) {
        leat_diagnostic_error(diagnostics, root->place, "expected a topology: `version: 1` ...");
        return NULL;
    }
    leat_topology_loader loader = {.arena = arena, .diagnostics = diagnostics, .checks = checks};
    leat_logical_plan *plan = LEAT_ARENA_NEW(arena, leat_logical_plan);
    read_settings(&loader, root, plan);
    load_items(&loader, root);
    plan->node_count = (uint32_t)loader.nodes.count;
    plan->nodes =
        leat_arena_copy(arena, loader.nodes.items, loader.nodes.count * sizeof *plan->nodes);
    mark_read(plan);
    warn_growth(&loader, plan);
    LEAT_VEC_EACH (item, &loader.items)
        leat_vec_fini(&item->streams);
    leat_vec_fini(&loader.items);
    leat_vec_fini(&loader.open);
    leat_vec_fini(&loader.nodes);
    return diagnostics->error_count > errors_before ? NULL : plan;
}
