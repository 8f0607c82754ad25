/* SPDX-License-Identifier: Apache-2.0 */
#include "common/topology/load.h"

/* A sink writes rows once; a stream that corrects itself needs `changes: log`. */
static bool check_changes(leat_topology_loader *loader,
                          const leat_topology_item *item,
                          const leat_logical_output *input,
                          const leat_logical_node *node)
{
    const leat_yaml *changes = leat_yaml_get(item->yaml, "changes");
    if (!node->writes_op && input->is_updating && !leat_logical_format_changes(node)) {
        leat_diagnostic_error(loader->diagnostics, leat_yaml_get(item->yaml, "input")->place,
                              "`%.*s` only appends, but its input takes back and corrects rows it "
                              "has sent: add `changes: log` to write every change with its `op`, "
                              "or a `window` to the aggregation",
                              LEAT_FMT(item->name));
        return false;
    }
    if (node->writes_op && leat_schema_find(input->schema, LEAT_BYTES("op")) >= 0) {
        leat_diagnostic_error(loader->diagnostics, changes->place,
                              "`changes: log` adds a column `op`, but the input has one: rename it "
                              "with `select`");
        return false;
    }
    return true;
}

static bool
read_changes(leat_topology_loader *loader, const leat_topology_item *item, leat_logical_node *node)
{
    static const char *const words[] = {"log"};
    const leat_yaml *changes = leat_yaml_get(item->yaml, "changes");
    uint32_t word;
    node->writes_op = changes != NULL;
    return changes == NULL || leat_yaml_read_word(changes, words, 1, &word, loader->diagnostics);
}

bool leat_topology_lower_sink(leat_topology_loader *loader, leat_topology_item *item)
{
    static const char *const own[] = {"connector", "input", "changes"};
    leat_logical_input input = {0};
    leat_logical_node node = leat_topology_node(loader, item, LEAT_LOGICAL_SINK, "sink", input);
    bool is_fine = leat_topology_read_options(loader, item, own, LEAT_COUNT_OF(own), &node);
    is_fine &= read_changes(loader, item, &node);
    if (!leat_topology_read_input(loader, item, &input) || !is_fine)
        return false;
    node.inputs[0] = input;
    const leat_logical_output *stream = leat_topology_output(loader, input);
    if (!check_changes(loader, item, stream, &node))
        return false;
    leat_topology_add(loader, &node);
    if (loader->checks != NULL)
        loader->checks->check(loader->checks->self, &node, stream->schema, loader->diagnostics);
    return true;
}
