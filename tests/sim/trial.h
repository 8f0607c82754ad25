/* SPDX-License-Identifier: Apache-2.0
 *
 * trial - what a seed means: the shape of a cluster, its work, what goes wrong, and the verdict.
 */
#ifndef TESTS_SIM_TRIAL_H
#define TESTS_SIM_TRIAL_H

#include "cli/sim/world.h"
#include "tests/sim/workload.h"

/* What a seed is asked to be about, beside what it says itself. */
typedef struct sim_aim {
    const char *plan;     /* NULL for a swarm, "none", or the name of a fault kind or of a plan */
    const char *topology; /* name; NULL: the seed's; "small": the seed as it was without queries */
} sim_aim;

typedef struct sim_trial {
    uint64_t seed;
    leat_sim_config cluster;
    const sim_topology *topologies[LEAT_SIM_JOBS_MAX]; /* of the cluster's jobs */
    sim_workload load;
} sim_trial;

void sim_trial_of_seed(uint64_t seed, const sim_aim *aim, sim_trial *out_trial);
/* Run it to the end and check everything. The caller frees the world, which says what failed. */
leat_sim_world *sim_trial_run(const sim_trial *trial, bool prints);

/* reference.c: the rows that an undisturbed run of a topology leaves in its sink, in lines. */
typedef LEAT_VEC(char *) sim_lines;
void sim_lines_fini(sim_lines *lines);
/* False: the text does not end with a line. */
bool sim_lines_cut(leat_bytes text, sim_lines *out);
/* Apply a changelog. A row that is taken back but not there is a failure of the world. */
void sim_lines_fold(leat_sim_world *world,
                    const char *sink,
                    const sim_lines *changes,
                    sim_lines *out);
void sim_lines_sort(sim_lines *lines);
void sim_reference(leat_sim_world *world,
                   const sim_topology *topology,
                   const sim_sink *sink,
                   sim_lines *out);

/* oracle.c */
void sim_check_output(leat_sim_world *world, uint32_t job, const sim_topology *topology);
void sim_check_replicas(leat_sim_world *world, uint32_t job, const sim_topology *topology);

#endif
