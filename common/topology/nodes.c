/* SPDX-License-Identifier: Apache-2.0
 *
 * How logical nodes are made while a topology is lowered.
 */
#include "common/topology/load.h"

const leat_logical_output *leat_topology_output(const leat_topology_loader *loader,
                                                leat_logical_input input)
{
    return &loader->nodes.items[input.node].outputs[input.output];
}

leat_logical_node leat_topology_node(leat_topology_loader *loader,
                                     const leat_topology_item *item,
                                     leat_logical_kind kind,
                                     const char *role,
                                     leat_logical_input input)
{
    leat_logical_node node = {.kind = kind, .name = item->name, .place = item->place};
    node.operator_id =
        leat_bytes_text(leat_arena_print(loader->arena, "%.*s/%s", LEAT_FMT(item->name), role));
    node.event_time = -1;
    node.input_count = 1;
    node.inputs = leat_arena_copy(loader->arena, &input, sizeof input);
    return node;
}

void leat_topology_outputs(leat_topology_loader *loader,
                           leat_logical_node *node,
                           uint32_t count,
                           const leat_logical_output *like)
{
    node->output_count = count;
    node->outputs = LEAT_ARENA_ARRAY(loader->arena, leat_logical_output, count);
    for (uint32_t i = 0; i < count; i++) {
        if (like != NULL)
            node->outputs[i] = *like;
        node->outputs[i].name = LEAT_BYTES("");
        node->outputs[i].is_read = false;
    }
}

leat_logical_input leat_topology_add(leat_topology_loader *loader, const leat_logical_node *node)
{
    for (uint32_t i = 0; i < node->output_count; i++)
        if (node->outputs[i].is_updating && node->outputs[i].changes == LEAT_CHANGES_APPEND)
            node->outputs[i].changes = LEAT_CHANGES_RETRACT;
    leat_vec_push(&loader->nodes, *node);
    return (leat_logical_input){(uint32_t)loader->nodes.count - 1, 0};
}
