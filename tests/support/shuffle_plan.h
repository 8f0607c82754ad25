/* SPDX-License-Identifier: Apache-2.0
 *
 * shuffle_plan - the smallest physical plan in which everything moves: source -> hash by k -> sink.
 *
 * Stage 0 is operator 0 (source `numbers`, state 0) and operator 1 (exchange on edge 0); stage 1
 * is operator 2 (sink `kept`, state 1, path `out`). Tests change what they need before use.
 */
#ifndef LEAT_TESTS_SUPPORT_SHUFFLE_PLAN_H
#define LEAT_TESTS_SUPPORT_SHUFFLE_PLAN_H

#include "tests/support/slot_world.h"

typedef struct shuffle_plan {
    char texts[4][24];
    leat_option options[5];
    leat_logical_output outputs[2]; /* of the source: rows, and `bad` when a test makes it so */
    leat_logical_node nodes[2];
    leat_logical_plan logical;
    leat_physical_feed feeds[2];
    leat_physical_operator operators[3];
    leat_physical_edge edges[1];
    uint16_t keys[1];
    leat_physical_stage stages[2];
    leat_physical_state states[2];
    leat_physical_plan plan;
} shuffle_plan;

/* The source's options are the world's arguments; `sink` names its connector. Free with leat_free.
 */
shuffle_plan *shuffle_plan_of(const slot_world_args *args, const char *sink);

#endif
