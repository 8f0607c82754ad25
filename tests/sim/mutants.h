/* SPDX-License-Identifier: Apache-2.0
 *
 * mutants - turns on one deliberate bug after another and asks whether the oracle notices.
 */
#ifndef TESTS_SIM_MUTANTS_H
#define TESTS_SIM_MUTANTS_H

#include <stdbool.h>

/* "name" or "name,name"; false: no such mutant, or not a build with mutants. */
bool sim_mutants_choose(const char *names);
/* Every mutant of the list until a seed catches it; prints a table. 0: all were caught. */
int sim_mutants_run(void);

#endif
