/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/shuffle_plan.h"

#include <stdio.h>

#include "tests/support/batch_text.h"

static void set_option(shuffle_plan *s, uint32_t at, const char *name, uint64_t value)
{
    snprintf(s->texts[at], sizeof s->texts[at], "%llu", (unsigned long long)value);
    s->options[at] =
        (leat_option){.name = leat_bytes_text(name), .value = leat_bytes_text(s->texts[at])};
}

shuffle_plan *shuffle_plan_of(const slot_world_args *args, const char *sink)
{
    shuffle_plan *s = leat_alloc_zero(1, sizeof *s);
    const leat_schema *schema = leat_test_schema("k bigint, v bigint, ts timestamp");
    set_option(s, 0, "salt", args->seed);
    set_option(s, 1, "rows", args->row_count);
    set_option(s, 2, "keys", args->key_count);
    set_option(s, 3, "splits", args->split_count);
    s->options[4] = (leat_option){.name = LEAT_BYTES("path"), .value = LEAT_BYTES("out")};
    s->outputs[0] = (leat_logical_output){.schema = schema, .is_read = true};
    s->nodes[0] = (leat_logical_node){.kind = LEAT_LOGICAL_SOURCE,
                                      .name = LEAT_BYTES("numbers"),
                                      .output_count = 1,
                                      .outputs = s->outputs,
                                      .connector = LEAT_BYTES("rows"),
                                      .option_count = 4,
                                      .options = s->options,
                                      .event_time = 2,
                                      .out_of_orderness_us = 1000000};
    s->nodes[1] = (leat_logical_node){.kind = LEAT_LOGICAL_SINK,
                                      .name = LEAT_BYTES("kept"),
                                      .connector = leat_bytes_text(sink),
                                      .option_count = 1,
                                      .options = &s->options[4]};
    s->logical = (leat_logical_plan){
        .node_count = 2, .nodes = s->nodes, .key_group_count = args->key_group_count};
    s->feeds[0] = (leat_physical_feed){.from = 0};
    s->feeds[1] = (leat_physical_feed){.from = LEAT_PHYSICAL_STAGE_INPUT};
    s->operators[0] = (leat_physical_operator){.kind = LEAT_PHYSICAL_SOURCE, .state = 0};
    s->operators[1] = (leat_physical_operator){.kind = LEAT_PHYSICAL_EXCHANGE,
                                               .feed_count = 1,
                                               .feeds = &s->feeds[0],
                                               .input = schema,
                                               .state = LEAT_PHYSICAL_NO_STATE};
    s->operators[2] = (leat_physical_operator){.kind = LEAT_PHYSICAL_SINK,
                                               .logical = 1,
                                               .stage = 1,
                                               .feed_count = 1,
                                               .feeds = &s->feeds[1],
                                               .input = schema,
                                               .state = 1};
    s->edges[0] = (leat_physical_edge){
        .kind = LEAT_EDGE_HASH, .to_stage = 1, .schema = schema, .key_count = 1, .keys = s->keys};
    s->stages[0] = (leat_physical_stage){.is_source = true, .operator_count = 2};
    s->stages[1] =
        (leat_physical_stage){.operator_first = 2, .operator_count = 1, .edge_in_count = 1};
    s->plan = (leat_physical_plan){.logical = &s->logical,
                                   .stage_count = 2,
                                   .stages = s->stages,
                                   .operator_count = 3,
                                   .operators = s->operators,
                                   .edge_count = 1,
                                   .edges = s->edges,
                                   .state_count = 2,
                                   .states = s->states};
    return s;
}
