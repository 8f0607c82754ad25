/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/mutants.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mutant.h"
#include "tests/sim/trial.h"

#ifdef LEAT_MUTANTS

uint64_t leat_mutants_on;

static const char *const mutant_names[] = {
#define X(name) #name,
    LEAT_MUTANTS_ALL(X)
#undef X
};

bool sim_mutants_choose(const char *names)
{
    leat_mutants_on = 0;
    while (*names != '\0') {
        size_t length = strcspn(names, ",");
        bool is_found = false;
        for (uint32_t i = 0; i < LEAT_MUTANT_COUNT; i++) {
            if (strlen(mutant_names[i]) != length || strncmp(names, mutant_names[i], length) != 0)
                continue;
            leat_mutants_on |= UINT64_C(1) << i;
            is_found = true;
        }
        if (!is_found)
            return false;
        names += length + (names[length] == ',');
    }
    return true;
}

/* What is to be caught, by which faults, within how many seeds. */
typedef struct hunt {
    const char *mutants;
    const char *plan; /* NULL: the swarm */
    uint64_t seeds_max;
    const char *masked_by; /* of a mutant that alone does no harm: the rule that covers it */
} hunt;

static const hunt hunts[] = {
    {"abort_forgets", NULL, 20000, NULL},
    {"epoch_reuse", NULL, 20000, NULL},
    {"merge_on_local_durable", NULL, 20000, NULL},
    {"prune_loses_handles,merge_keeps_none", NULL, 20000,
     "the base stays two completed epochs behind, and a part is published before the next epoch "
     "can be durable: a live handle never reaches a base that counts"},
    {"no_sink_recommit", NULL, 20000, NULL},
    {"no_live_rollback", NULL, 20000, NULL},
    {"ack_without_standby", NULL, 20000, NULL},
    {"complete_before_durable", NULL, 20000, NULL},
    {"no_seq", NULL, 20000, NULL},
    {"sink_unfenced", NULL, 20000, NULL},
    {"prev_local", "links", 20000, NULL},
    {"sink_part_reopened", NULL, 20000, NULL},
    {"ack_without_chain", "links", 20000, NULL},
    {"ack_without_chain,admit_early", NULL, 20000,
     "a copy counts only when it has caught up (C3), so every chain it is given connects"},
    {"gen_volatile,no_session", "reborn", 20000,
     "what was said to a dead process carries a session that the next one does not take"},
};

static bool seed_holds(const hunt *one, uint64_t seed, bool says)
{
    sim_trial trial;
    sim_trial_of_seed(seed, &(sim_aim){.plan = one->plan}, &trial);
    leat_sim_world *world = sim_trial_run(&trial, false);
    bool held = world->failure[0] == '\0';
    if (!held && says)
        printf("%-44s seed %6" PRIu64 ": %.90s\n", one->mutants, seed, world->failure);
    leat_sim_world_free(&world);
    return held;
}

/* The seed that catches it, or 0; one that fails without the mutant too catches nothing. An
 * assertion that fires catches it as well: the caller forks. */
static uint64_t hunt_run(const hunt *one)
{
    for (uint64_t seed = 1; seed <= one->seeds_max; seed++) {
        if (seed_holds(one, seed, false))
            continue;
        uint64_t mutants = leat_mutants_on;
        leat_mutants_on = 0;
        bool is_catch = seed_holds(one, seed, true);
        leat_mutants_on = mutants;
        if (is_catch) {
            (void)seed_holds(one, seed, true);
            return seed;
        }
    }
    return 0;
}

#include <sys/wait.h>
#include <unistd.h>

int sim_mutants_run(void)
{
    uint32_t caught = 0;
    for (size_t i = 0; i < LEAT_COUNT_OF(hunts); i++) {
        const hunt *one = &hunts[i];
        if (!sim_mutants_choose(one->mutants))
            return 14;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            bool is_caught = hunt_run(one) != 0;
            fflush(stdout);
            _exit(is_caught ? 1 : 0);
        }
        int status = 0;
        (void)waitpid(child, &status, 0);
        if (WIFSIGNALED(status))
            printf("%-44s caught by an assertion\n", one->mutants);
        else if (WEXITSTATUS(status) == 0)
            printf("%-44s NOT CAUGHT in %" PRIu64 " seeds\n", one->mutants, one->seeds_max);
        if (one->masked_by != NULL)
            printf("%-44s   (one alone is covered: %s)\n", "", one->masked_by);
        caught += WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
    }
    leat_mutants_on = 0;
    printf("mutants: %u of %zu caught\n", caught, LEAT_COUNT_OF(hunts));
    return caught == LEAT_COUNT_OF(hunts) ? 0 : 10;
}

#else

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

#endif
