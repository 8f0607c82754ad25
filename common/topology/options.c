/* SPDX-License-Identifier: Apache-2.0
 *
 * What sources and sinks have in common: the connector, its options, the bad-record policy.
 */
#include "common/topology/load.h"

static bool is_own(leat_bytes key, const char *const *own, size_t own_count)
{
    for (size_t i = 0; i < own_count; i++)
        if (leat_bytes_equal(key, leat_bytes_text(own[i])))
            return true;
    return false;
}

/* Perhaps it is there, misspelt. */
static void report_no_connector(leat_topology_loader *loader, const leat_topology_item *item)
{
    static const char *const wanted[] = {"connector"};
    for (uint32_t i = 0; i < item->yaml->count; i++) {
        const leat_yaml *entry = &item->yaml->items[i];
        if (leat_suggest(entry->key, wanted, 1) == NULL)
            continue;
        leat_diagnostic_error(loader->diagnostics, entry->key_place,
                              "`%.*s` needs a `connector`, did you mean that by `%.*s`?",
                              LEAT_FMT(item->name), LEAT_FMT(entry->key));
        return;
    }
    leat_diagnostic_error(loader->diagnostics, item->place, "`%.*s` needs a `connector`",
                          LEAT_FMT(item->name));
}

/* The keys of a source or sink that are not the runtime's belong to its connector, which knows
 * whether they are right. */
bool leat_topology_read_options(leat_topology_loader *loader,
                                const leat_topology_item *item,
                                const char *const *own,
                                size_t own_count,
                                leat_logical_node *node)
{
    const leat_yaml *connector = leat_yaml_get(item->yaml, "connector");
    bool is_fine = true;
    if (connector == NULL) {
        report_no_connector(loader, item);
        is_fine = false;
    } else {
        is_fine = leat_yaml_read_text(connector, &node->connector, loader->diagnostics);
        node->connector_place = connector->place;
    }
    node->options = LEAT_ARENA_ARRAY(loader->arena, leat_option, item->yaml->count);
    for (uint32_t i = 0; i < item->yaml->count; i++) {
        const leat_yaml *entry = &item->yaml->items[i];
        if (is_own(entry->key, own, own_count))
            continue;
        if (!leat_yaml_expect(entry, LEAT_YAML_SCALAR, loader->diagnostics)) {
            is_fine = false;
            continue;
        }
        node->options[node->option_count++] = (leat_option){.name = entry->key,
                                                            .value = entry->text,
                                                            .place = entry->place,
                                                            .key_place = entry->key_place};
    }
    return is_fine;
}

/* `{to: NAME.bad}`; `{to: bad}` means the same. */
static bool read_policy_side(leat_topology_loader *loader,
                             const leat_topology_item *item,
                             const leat_yaml *yaml)
{
    static const char *const known[] = {"to"};
    leat_yaml_check_keys(yaml, "`on_bad_record`", known, 1, loader->diagnostics);
    const leat_yaml *to = leat_yaml_get(yaml, "to");
    leat_bytes name = LEAT_BYTES("");
    if (to == NULL || !leat_yaml_read_text(to, &name, loader->diagnostics))
        return false;
    const char *full = leat_arena_print(loader->arena, "%.*s.bad", LEAT_FMT(item->name));
    if (leat_bytes_equal(name, leat_bytes_text(full)) || leat_bytes_equal(name, LEAT_BYTES("bad")))
        return true;
    leat_diagnostic_error(loader->diagnostics, to->place,
                          "bad records of `%.*s` go to its own side output: write {to: %s}",
                          LEAT_FMT(item->name), full);
    return false;
}

bool leat_topology_read_policy(leat_topology_loader *loader,
                               const leat_topology_item *item,
                               bool can_go_to_side,
                               leat_bad_record_policy *out_policy)
{
    static const char *const words[] = {"fail", "skip"};
    const leat_yaml *yaml = leat_yaml_get(item->yaml, "on_bad_record");
    *out_policy = LEAT_BAD_RECORD_FAIL;
    if (yaml == NULL)
        return true;
    if (yaml->kind == LEAT_YAML_MAPPING && can_go_to_side) {
        *out_policy = LEAT_BAD_RECORD_TO;
        return read_policy_side(loader, item, yaml);
    }
    if (yaml->kind == LEAT_YAML_MAPPING) {
        leat_diagnostic_error(loader->diagnostics, yaml->place,
                              "only a source has a side output for bad records: write fail or "
                              "skip");
        return false;
    }
    uint32_t word;
    if (!leat_yaml_read_word(yaml, words, 2, &word, loader->diagnostics))
        return false;
    *out_policy = word == 1 ? LEAT_BAD_RECORD_SKIP : LEAT_BAD_RECORD_FAIL;
    return true;
}
