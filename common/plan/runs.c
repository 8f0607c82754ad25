/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be planned but has no operator yet; shrinks as operators come.
 */
#include "common/plan/logical.h"

bool leat_logical_runs(const leat_logical_node *node)
{
    switch (node->kind) {
    case LEAT_LOGICAL_SOURCE:
    case LEAT_LOGICAL_FILTER:
    case LEAT_LOGICAL_PROJECT:
    case LEAT_LOGICAL_ROUTE:
    case LEAT_LOGICAL_UNION:
    case LEAT_LOGICAL_SINK:
    case LEAT_LOGICAL_WINDOW:
    case LEAT_LOGICAL_TOP_N:
    case LEAT_LOGICAL_DEDUPLICATE:
    case LEAT_LOGICAL_DISTINCT:
    case LEAT_LOGICAL_SET_OP:
    case LEAT_LOGICAL_OVER:
    case LEAT_LOGICAL_NORMALIZE:
    case LEAT_LOGICAL_MATERIALIZE:
    case LEAT_LOGICAL_JOIN:
    case LEAT_LOGICAL_UNNEST:
    case LEAT_LOGICAL_SORT:
        return true;
    case LEAT_LOGICAL_AGGREGATE:
        return true;
    case LEAT_LOGICAL_KIND_COUNT:
        break;
    }
    return false;
}
