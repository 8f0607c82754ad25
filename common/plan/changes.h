/* SPDX-License-Identifier: Apache-2.0
 *
 * changes - what follows for a node's main output from its kind, its configuration and its inputs:
 * which changes it carries, and which of its columns are unique at any time (decisions 14).
 *
 * The upsert key is one of those that hold, the narrowest that is easily seen; none is no mistake,
 * only a materialiser more below a sink with a key.
 */
#ifndef LEAT_COMMON_PLAN_CHANGES_H
#define LEAT_COMMON_PLAN_CHANGES_H

#include "common/plan/logical.h"

/* Set changes, is_updating and the upsert key of `node->outputs[0]`, whose schema is there. A
 * SOURCE has said its own. `nodes` are those that the node's inputs point into. */
void leat_logical_derive_changes(const leat_logical_node *nodes,
                                 leat_logical_node *node,
                                 leat_arena *arena);

/* Whether `columns` hold the whole upsert key, so that rows are unique by them. */
bool leat_logical_is_unique_by(const leat_logical_output *output,
                               const uint16_t *columns,
                               uint32_t count);

#endif
