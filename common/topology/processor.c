/* SPDX-License-Identifier: Apache-2.0
 *
 * A processor: where, select, group_by ... having, route, in SQL's order; each is there or not.
 */
#include "common/topology/load.h"

static bool
lower_where(leat_topology_loader *loader, const leat_topology_item *item, leat_logical_input *input)
{
    const leat_yaml *yaml = leat_yaml_get(item->yaml, "where");
    if (yaml == NULL)
        return true;
    const leat_logical_output *stream = leat_topology_output(loader, *input);
    leat_bound *condition = leat_topology_condition(loader, yaml, stream->schema);
    if (condition == NULL)
        return false;
    leat_logical_node node = leat_topology_node(loader, item, LEAT_LOGICAL_FILTER, "where", *input);
    node.expression_count = 1;
    node.expressions = leat_arena_copy(loader->arena, &condition, sizeof condition);
    leat_topology_outputs(loader, &node, 1, stream);
    *input = leat_topology_add(loader, &node);
    return true;
}

static bool lower_select(leat_topology_loader *loader,
                         const leat_topology_item *item,
                         leat_logical_input *input)
{
    const leat_yaml *yaml = leat_yaml_get(item->yaml, "select");
    if (yaml == NULL)
        return true;
    leat_topology_fields list = {0};
    const leat_logical_output *stream = leat_topology_output(loader, *input);
    bool is_fine = leat_topology_read_select(loader, yaml, stream->schema, &list);
    if (is_fine)
        *input = leat_topology_project(loader, item, "select", *input, &list);
    leat_topology_fields_fini(&list);
    return is_fine;
}

/* One rule of `route`: its target's name and its condition (NULL for the default). */
static bool read_rule(leat_topology_loader *loader,
                      const leat_yaml *rule,
                      const leat_schema *schema,
                      leat_bytes *out_target,
                      leat_bound **out_condition)
{
    static const char *const known[] = {"when", "to"};
    if (!leat_yaml_expect(rule, LEAT_YAML_MAPPING, loader->diagnostics))
        return false;
    leat_yaml_check_keys(rule, "a rule of `route`", known, 2, loader->diagnostics);
    const leat_yaml *to = leat_yaml_get(rule, "to");
    const leat_yaml *when = leat_yaml_get(rule, "when");
    bool is_fine = to != NULL;
    if (to == NULL)
        leat_diagnostic_error(loader->diagnostics, rule->place,
                              "a rule of `route` needs `to: NAME`");
    else
        is_fine = leat_yaml_read_text(to, out_target, loader->diagnostics) &&
                  leat_topology_name_check(loader, *out_target, to->place);
    *out_condition = NULL;
    if (when != NULL)
        *out_condition = leat_topology_condition(loader, when, schema);
    return is_fine && (when == NULL || *out_condition != NULL);
}

static bool
check_rules(leat_topology_loader *loader, const leat_yaml *rules, const leat_bytes *targets)
{
    bool is_fine = true;
    for (uint32_t i = 0; i < rules->count; i++) {
        const leat_yaml *rule = &rules->items[i];
        for (uint32_t j = 0; j < i; j++) {
            if (!leat_bytes_equal(targets[i], targets[j]))
                continue;
            leat_diagnostic_error(loader->diagnostics, leat_yaml_get(rule, "to")->place,
                                  "`%.*s` is the target of an earlier rule: join the conditions "
                                  "with OR",
                                  LEAT_FMT(targets[i]));
            is_fine = false;
            break;
        }
        if (leat_yaml_get(rule, "when") == NULL && i + 1 < rules->count) {
            leat_diagnostic_error(loader->diagnostics, rule->place,
                                  "a rule without `when` takes every row: it must be the last");
            is_fine = false;
        }
    }
    if (leat_yaml_get(&rules->items[rules->count - 1], "when") != NULL)
        leat_diagnostic_warning(loader->diagnostics, rules->key_place,
                                "no default: rows that match no rule are dropped and counted; add "
                                "{to: NAME} as the last rule to keep them");
    return is_fine;
}

static bool lower_route(leat_topology_loader *loader,
                        leat_topology_item *item,
                        const leat_yaml *rules,
                        leat_logical_input input)
{
    if (!leat_yaml_expect(rules, LEAT_YAML_SEQUENCE, loader->diagnostics))
        return false;
    if (rules->count == 0 || rules->count > LEAT_TOPOLOGY_ROUTES_MAX) {
        leat_diagnostic_error(loader->diagnostics, rules->place, "`route` needs 1 to %d rules",
                              LEAT_TOPOLOGY_ROUTES_MAX);
        return false;
    }
    leat_logical_output stream = *leat_topology_output(loader, input);
    leat_logical_node node = leat_topology_node(loader, item, LEAT_LOGICAL_ROUTE, "route", input);
    leat_bytes *targets = LEAT_ARENA_ARRAY(loader->arena, leat_bytes, rules->count);
    node.expression_count = rules->count;
    node.expressions = LEAT_ARENA_ARRAY(loader->arena, leat_bound *, rules->count);
    bool is_fine = true;
    for (uint32_t i = 0; i < rules->count; i++)
        is_fine &=
            read_rule(loader, &rules->items[i], stream.schema, &targets[i], &node.expressions[i]);
    if (!is_fine || !check_rules(loader, rules, targets))
        return false;
    leat_topology_outputs(loader, &node, rules->count, &stream);
    for (uint32_t i = 0; i < rules->count; i++)
        node.outputs[i].name = targets[i];
    leat_logical_input first = leat_topology_add(loader, &node);
    for (uint32_t i = 0; i < rules->count; i++)
        leat_topology_offer(item, targets[i], leat_yaml_get(&rules->items[i], "to")->place,
                            (leat_logical_input){first.node, i});
    return true;
}

/* Policy and TTL hold for every node that the processor became. */
static void
set_all(leat_topology_loader *loader, size_t first, leat_bad_record_policy policy, int64_t ttl_us)
{
    for (size_t i = first; i < loader->nodes.count; i++) {
        loader->nodes.items[i].on_bad_record = policy;
        loader->nodes.items[i].state_ttl_us = ttl_us;
    }
}

/* `input`, or what stands in its place. */
static bool
lower_input(leat_topology_loader *loader, leat_topology_item *item, leat_logical_input *out)
{
    if (leat_topology_has_own_input(item->yaml))
        return leat_topology_lower_own_input(loader, item, out);
    return leat_topology_read_input(loader, item, out);
}

/* What can be told without knowing the input. */
static bool check_keys(leat_topology_loader *loader, const leat_topology_item *item)
{
    static const char *const known[] = {
        "input",   "where", "select",        "group_by", "window",   "aggregate", "having",
        "late_to", "route", "on_bad_record", "sql",      "join",     "intersect", "except",
        "top",     "dedup", "over",          "distinct", "state_ttl"};
    static const char *const grouping[] = {"group_by", "window", "having", "late_to"};
    uint32_t errors_before = loader->diagnostics->error_count;
    leat_yaml_check_keys(item->yaml, "a processor", known, LEAT_COUNT_OF(known),
                         loader->diagnostics);
    for (size_t i = 0; i < LEAT_COUNT_OF(grouping); i++) {
        const leat_yaml *yaml = leat_yaml_get(item->yaml, grouping[i]);
        if (yaml == NULL || leat_yaml_get(item->yaml, "aggregate") != NULL)
            continue;
        leat_diagnostic_error(loader->diagnostics, yaml->key_place,
                              "`%s` needs an `aggregate`: {name: \"count(*)\", ...}", grouping[i]);
        break;
    }
    return loader->diagnostics->error_count == errors_before;
}

bool leat_topology_lower_processor(leat_topology_loader *loader, leat_topology_item *item)
{
    bool is_fine = check_keys(loader, item);
    leat_bad_record_policy policy;
    is_fine &= leat_topology_read_policy(loader, item, false, &policy);
    int64_t ttl_us = loader->state_ttl_us;
    is_fine &= leat_topology_read_ttl(loader, item->yaml, &ttl_us);
    leat_logical_input input;
    size_t first = loader->nodes.count;
    if (!lower_input(loader, item, &input))
        return false;
    /* What a join reads was lowered between. */
    while (first < loader->nodes.count &&
           !leat_bytes_equal(loader->nodes.items[first].name, item->name))
        first++;
    /* `where` and `select` read the same columns: a mistake in one does not hide the other's. Those
     * of a join read both sides. */
    bool is_join = leat_yaml_get(item->yaml, "join") != NULL;
    bool where_is_fine = is_join || lower_where(loader, item, &input);
    if ((!is_join && !lower_select(loader, item, &input)) || !where_is_fine)
        return false;
    if (!leat_topology_lower_ranking(loader, item, &input))
        return false;
    if (leat_topology_is_grouped(item->yaml) && !leat_topology_lower_group(loader, item, &input))
        return false;
    const leat_yaml *route = leat_yaml_get(item->yaml, "route");
    if (route != NULL)
        is_fine &= lower_route(loader, item, route, input);
    else
        leat_topology_offer(item, LEAT_BYTES(""), item->place, input);
    set_all(loader, first, policy, ttl_us);
    return is_fine;
}
