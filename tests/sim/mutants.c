/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/mutants.h"

#include <stdio.h>

bool sim_mutants_choose(const char *names)
{
    (void)names;
    fprintf(stderr, "sim: this build has no mutants (configure with LEAT_MUTANTS)\n");
    return false;
}

int sim_mutants_run(void)
{
    return sim_mutants_choose("") ? 0 : 14;
}
