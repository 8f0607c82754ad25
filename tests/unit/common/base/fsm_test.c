/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/fsm.h"

#include <criterion/criterion.h>
#include <signal.h>

typedef enum door { CLOSED, OPEN, LOCKED } door;

static const leat_fsm_state states[] = {
    [CLOSED] = {"closed", LEAT_FSM_TO(OPEN) | LEAT_FSM_TO(LOCKED)},
    [OPEN] = {"open", LEAT_FSM_TO(CLOSED)},
    [LOCKED] = {"locked", LEAT_FSM_TO(CLOSED)}};
static const leat_fsm_table door_fsm = {"door", states, LEAT_COUNT_OF(states)};

Test(fsm, moves_where_the_table_allows)
{
    door state = CLOSED;

    leat_fsm_move(&door_fsm, &state, OPEN);
    leat_fsm_move(&door_fsm, &state, CLOSED);
    leat_fsm_move(&door_fsm, &state, LOCKED);

    cr_assert_str_eq(leat_fsm_name(&door_fsm, state), "locked");
    cr_assert_not(leat_fsm_allows(&door_fsm, OPEN, LOCKED));
}

Test(fsm, an_illegal_move_aborts, .signal = SIGABRT)
{
    door state = OPEN;
    leat_fsm_move(&door_fsm, &state, LOCKED);
}
