/* SPDX-License-Identifier: Apache-2.0
 *
 * leat-sim - runs simulated clusters from seeds. Exit 0: all held; 10: some did not; 14: usage.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mark.h"
#include "tests/sim/mutants.h"
#include "tests/sim/trial.h"

typedef struct totals {
    uint64_t seeds, failures, epochs, generations, events;
} totals;

static void print_trial(const sim_trial *trial)
{
    const leat_sim_config *cluster = &trial->cluster;
    printf("seed %" PRIu64 ": %u workers x %u, %u faults\n", trial->seed, cluster->worker_count,
           cluster->executor_count, cluster->fault_count);
    for (uint32_t i = 0; i < cluster->job_count; i++)
        printf("job %u: %s, R=%u, K=%u, P=%u\n", i, trial->topologies[i]->name,
               cluster->jobs[i].replicas, cluster->jobs[i].key_group_count,
               cluster->jobs[i].parallelism);
}

static bool run_seed(uint64_t seed, const sim_aim *aim, bool prints, bool doubles, totals *sum)
{
    sim_trial trial;
    sim_trial_of_seed(seed, aim, &trial);
    if (prints)
        print_trial(&trial);
    leat_sim_world *world = sim_trial_run(&trial, prints);
    bool held = world->failure[0] == '\0';
    if (!held)
        printf(
            "FAIL seed=%" PRIu64 "%s%s%s%s (%s): %s\n", seed,
            aim->plan == NULL ? "" : " plan=", aim->plan == NULL ? "" : aim->plan,
            aim->topology == NULL ? "" : " topology=", aim->topology == NULL ? "" : aim->topology,
            trial.topologies[0]->name, world->failure);
    if (prints)
        printf("%s, %" PRIu64 " events, %" PRIu64 " epochs, %" PRIu64 " generations, %" PRIu64
               " ms, trace %016" PRIx64 "\n",
               held ? "held" : "FAILED", world->event_count, world->epoch_count,
               world->generation_count, world->now_ns / LEAT_SIM_MS, world->trace_hash);
    if (doubles) { /* T7: the same seed is the same run */
        leat_sim_world *again = sim_trial_run(&trial, false);
        if (again->trace_hash != world->trace_hash) {
            printf("FAIL seed=%" PRIu64 ": two runs differ\n", seed);
            held = false;
        }
        leat_sim_world_free(&again);
    }
    sum->seeds++;
    sum->failures += !held;
    sum->epochs += world->epoch_count;
    sum->generations += world->generation_count;
    sum->events += world->event_count;
    leat_sim_world_free(&world);
    return held;
}

/* Of this thread on a CPU: the machine may be busy with other things. */
static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run_seeds(uint64_t first, uint64_t last, const sim_aim *aim, uint64_t failures_max)
{
    totals sum = {0};
    double began = seconds_now();
    for (uint64_t seed = first; seed <= last && sum.failures < failures_max; seed++)
        (void)run_seed(seed, aim, false, seed % 20 == 0, &sum);
    double took = seconds_now() - began;
    printf("sim: %" PRIu64 " seeds, %" PRIu64 " failed, %" PRIu64 " epochs, %" PRIu64
           " generations, %" PRIu64 " events, %.0f seeds/s\n",
           sum.seeds, sum.failures, sum.epochs, sum.generations, sum.events,
           (double)sum.seeds / took);
    return sum.failures == 0 ? 0 : 10;
}

/* Lines of "seed plan topology what it was", - for the seed's own; # begins a comment. */
static int run_regressions(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 14;
    totals sum = {0};
    char line[256], plan[32], topology[32];
    unsigned long long seed;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#' || sscanf(line, "%llu %31s %31s", &seed, plan, topology) != 3)
            continue;
        sim_aim aim = {strcmp(plan, "-") == 0 ? NULL : plan,
                       strcmp(topology, "-") == 0 ? NULL : topology};
        (void)run_seed(seed, &aim, false, true, &sum);
    }
    (void)fclose(file);
    printf("sim: %" PRIu64 " old seeds, %" PRIu64 " failed\n", sum.seeds, sum.failures);
    return sum.failures == 0 && sum.seeds > 0 ? 0 : 10;
}

static void print_marks(void)
{
    size_t count;
    leat_mark *const *marks = leat_marks(&count);
    for (size_t i = 0; i < count; i++)
        printf("%10" PRIu64 " %s (%s:%d)\n", (uint64_t)marks[i]->count, marks[i]->name,
               marks[i]->file, marks[i]->line);
}

/* What the seeds choose from, each as it runs. */
static int print_topologies(void)
{
    leat_buf text = {0};
    for (uint32_t i = 0; i < sim_topology_count(); i++) {
        leat_buf_print(&text, "---- %s\n", sim_topology_get(i)->name);
        leat_physical_print(sim_topology_get(i)->plan, &text);
    }
    printf("%s", leat_buf_text(&text));
    leat_buf_fini(&text);
    sim_topologies_free();
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: leat-sim [--seeds A..B] [--plan NAME] [--topology NAME] [--keep-going] "
                    "[--marks]\n"
                    "       leat-sim --replay SEED [--plan NAME] [--topology NAME]\n"
                    "       leat-sim --topologies\n"
                    "       leat-sim --regressions FILE\n"
                    "       leat-sim --mutants            (of a build with LEAT_MUTANTS)\n"
                    "       leat-sim --mutant NAME[,NAME] ...\n");
    return 14;
}

int main(int argc, char **argv)
{
    uint64_t first = 1, last = 1000, failures_max = 1;
    sim_aim aim = {0};
    const char *replay = NULL, *regressions = NULL;
    bool marks = false, mutants = false;
    for (int i = 1; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--seeds") == 0 && next != NULL) {
            char *end;
            first = strtoull(next, &end, 10);
            last = strncmp(end, "..", 2) == 0 ? strtoull(end + 2, NULL, 10) : first;
            i++;
        } else if (strcmp(argv[i], "--plan") == 0 && next != NULL)
            aim.plan = argv[++i];
        else if (strcmp(argv[i], "--topology") == 0 && next != NULL)
            aim.topology = argv[++i];
        else if (strcmp(argv[i], "--topologies") == 0)
            return print_topologies();
        else if (strcmp(argv[i], "--replay") == 0 && next != NULL)
            replay = argv[++i];
        else if (strcmp(argv[i], "--regressions") == 0 && next != NULL)
            regressions = argv[++i];
        else if (strcmp(argv[i], "--mutant") == 0 && next != NULL) {
            if (!sim_mutants_choose(argv[++i]))
                return usage();
        } else if (strcmp(argv[i], "--keep-going") == 0)
            failures_max = UINT64_MAX;
        else if (strcmp(argv[i], "--marks") == 0)
            marks = true;
        else if (strcmp(argv[i], "--mutants") == 0)
            mutants = true;
        else
            return usage();
    }
    int code;
    if (mutants)
        code = sim_mutants_run();
    else if (regressions != NULL)
        code = run_regressions(regressions);
    else if (replay != NULL) {
        totals sum = {0};
        code = run_seed(strtoull(replay, NULL, 10), &aim, true, false, &sum) ? 0 : 10;
    } else
        code = run_seeds(first, last, &aim, failures_max);
    if (marks)
        print_marks();
    sim_topologies_free();
    return code;
}
