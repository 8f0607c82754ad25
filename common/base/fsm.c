/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/fsm.h"

#include <stdio.h>

#include "common/base/assert.h"

bool leat_fsm_allows(const leat_fsm_table *table, unsigned from, unsigned to)
{
    LEAT_ASSERT(table->count <= 64 && from < table->count && to < table->count);
    return (table->states[from].successors & LEAT_FSM_TO(to)) != 0;
}

const char *leat_fsm_name(const leat_fsm_table *table, unsigned state)
{
    LEAT_ASSERT(state < table->count);
    return table->states[state].name;
}

void leat_fsm_check(const leat_fsm_table *table, unsigned from, unsigned to)
{
    if (LEAT_LIKELY(leat_fsm_allows(table, from, to)))
        return;
    char move[160];
    const leat_fsm_state *states = table->states;
    snprintf(move, sizeof move, "%s moves %s -> %s", table->name, states[from].name,
             states[to].name);
    leat_assert_failed(move, __FILE__, __LINE__, __func__);
}
