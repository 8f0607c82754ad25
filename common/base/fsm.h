/* SPDX-License-Identifier: Apache-2.0
 *
 * fsm - a state machine as a table: each state's name and the states that may follow.
 *
 * An illegal move is our bug: it aborts with both names. The table is static data:
 *
 *   static const leat_fsm_state states[] = {
 *       [IDLE] = {"idle", LEAT_FSM_TO(BUSY)},
 *       [BUSY] = {"busy", LEAT_FSM_TO(IDLE) | LEAT_FSM_TO(DONE)},
 *       [DONE] = {"done", 0}};
 *   static const leat_fsm_table job_fsm = {"job", states, LEAT_COUNT_OF(states)};
 *   leat_fsm_move(&job_fsm, &job->state, BUSY);
 */
#ifndef LEAT_COMMON_BASE_FSM_H
#define LEAT_COMMON_BASE_FSM_H

#include <stdbool.h>

#include "common/base/attrs.h"

#define LEAT_FSM_TO(state) (UINT64_C(1) << (state))

typedef struct leat_fsm_state {
    const char *name;
    uint64_t successors; /* LEAT_FSM_TO of each */
} leat_fsm_state;

typedef struct leat_fsm_table {
    const char *name;
    const leat_fsm_state *states;
    size_t count; /* at most 64 */
} leat_fsm_table;

bool leat_fsm_allows(const leat_fsm_table *table, unsigned from, unsigned to);
const char *leat_fsm_name(const leat_fsm_table *table, unsigned state);

/* Aborts, naming machine and states, unless the move is allowed. */
void leat_fsm_check(const leat_fsm_table *table, unsigned from, unsigned to);

/* *state may be any enum variable. */
#define leat_fsm_move(table, state, to)                                                            \
    do {                                                                                           \
        leat_fsm_check((table), (unsigned)*(state), (unsigned)(to));                               \
        *(state) = (to);                                                                           \
    } while (0)

#endif
