/* SPDX-License-Identifier: Apache-2.0
 *
 * Every target on mutated seeds, the same ones for the same --seed: the slice of fuzzing that
 * runs with the tests. Also writes the seeds as a corpus for libFuzzer and runs single files.
 *
 *   fuzz_replay [--runs N] [--seed S] [TARGET...]
 *   fuzz_replay --corpus DIR TARGET
 *   fuzz_replay --file FILE TARGET
 *
 * A run that dies says before which input it was: `fuzz: TARGET, seed S, run N`.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/sys/file.h"
#include "tests/fuzz/mutate.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>

/* So that what UBSan finds comes past on_abort too. */
const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
    return "abort_on_error=1:print_stacktrace=1";
}
#endif

static const leat_fuzz_target *const targets[] = {
    &leat_fuzz_batch,      &leat_fuzz_clog,       &leat_fuzz_control, &leat_fuzz_csv,
    &leat_fuzz_debezium,   &leat_fuzz_expression, &leat_fuzz_frame,   &leat_fuzz_json_lines,
    &leat_fuzz_json_text,  &leat_fuzz_manifest,   &leat_fuzz_page,    &leat_fuzz_plan,
    &leat_fuzz_record,     &leat_fuzz_seed_part,  &leat_fuzz_sql,     &leat_fuzz_topology,
    &leat_fuzz_value_text,
};

static char place[128]; /* what runs now; read when the process dies */

static void place_print(void)
{
    ssize_t rc = write(STDERR_FILENO, place, strlen(place));
    (void)rc;
}

static void on_abort(int number)
{
    place_print();
    signal(number, SIG_DFL);
}

static void watch_deaths(void)
{
    signal(SIGABRT, on_abort);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_set_death_callback(place_print);
#endif
}

static void seeds_fini(leat_fuzz_seeds *seeds)
{
    LEAT_VEC_EACH (seed, seeds)
        leat_buf_fini(seed);
    leat_vec_fini(seeds);
}

static bool seeds_run(const leat_fuzz_target *target, leat_fuzz_seeds *seeds)
{
    for (size_t i = 0; i < seeds->count; i++) {
        snprintf(place, sizeof place, "fuzz: %s, seed input %zu\n", target->name, i);
        if (!target->run(leat_buf_bytes(&seeds->items[i]))) {
            printf("%s: its valid input %zu is refused\n", target->name, i);
            return false;
        }
    }
    return seeds->count > 0;
}

static bool target_run(const leat_fuzz_target *target, uint64_t seed, uint64_t runs)
{
    leat_fuzz_seeds seeds = {0};
    target->seed(&seeds);
    if (!seeds_run(target, &seeds)) {
        seeds_fini(&seeds);
        return false;
    }
    leat_prng prng = {seed};
    leat_buf input = {0};
    uint64_t accepted = 0;
    for (uint64_t run = 0; run < runs; run++) {
        snprintf(place, sizeof place, "fuzz: %s, seed %llu, run %llu\n", target->name,
                 (unsigned long long)seed, (unsigned long long)run);
        const leat_buf *from = &seeds.items[leat_prng_below(&prng, seeds.count)];
        const leat_buf *other = &seeds.items[leat_prng_below(&prng, seeds.count)];
        leat_buf_clear(&input);
        leat_buf_add(&input, from->data, from->size);
        leat_fuzz_mutate(&prng, &input, leat_buf_bytes(other), target->words);
        if (target->mend != NULL && leat_prng_chance(&prng, 0.8))
            target->mend(&input);
        accepted += target->run(leat_buf_bytes(&input));
    }
    printf("%-12s %llu inputs, %llu accepted\n", target->name, (unsigned long long)runs,
           (unsigned long long)accepted);
    leat_buf_fini(&input);
    seeds_fini(&seeds);
    return true;
}

static const leat_fuzz_target *target_find(const char *name)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(targets); i++)
        if (strcmp(targets[i]->name, name) == 0)
            return targets[i];
    fprintf(stderr, "fuzz: there is no target `%s`; there are:", name);
    for (size_t i = 0; i < LEAT_COUNT_OF(targets); i++)
        fprintf(stderr, " %s", targets[i]->name);
    fprintf(stderr, "\n");
    exit(2);
}

static int corpus_write(const char *folder, const leat_fuzz_target *target)
{
    leat_fuzz_seeds seeds = {0};
    target->seed(&seeds);
    for (size_t i = 0; i < seeds.count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/seed-%zu", folder, i);
        FILE *file = fopen(path, "wb");
        LEAT_ASSERT(file != NULL);
        LEAT_ASSERT(fwrite(seeds.items[i].data, 1, seeds.items[i].size, file) ==
                    seeds.items[i].size);
        LEAT_ASSERT(fclose(file) == 0);
    }
    seeds_fini(&seeds);
    return 0;
}

static int file_run(const char *path, const leat_fuzz_target *target)
{
    leat_buf input = {0};
    leat_error err = {0};
    if (leat_file_read(path, 1 << 20, &input, &err) != LEAT_OK) {
        fprintf(stderr, "fuzz: %s\n", err.text);
        return 2;
    }
    printf("%s\n", target->run(leat_buf_bytes(&input)) ? "accepted" : "refused");
    leat_buf_fini(&input);
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: fuzz_replay [--runs N] [--seed S] [TARGET...]\n"
                    "       fuzz_replay --corpus DIR TARGET | --file FILE TARGET | --list\n");
    return 2;
}

int main(int argc, char **argv)
{
    uint64_t runs = 2000, seed = 1;
    int at = 1;
    watch_deaths();
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < LEAT_COUNT_OF(targets); i++)
            printf("%s\n", targets[i]->name);
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "--corpus") == 0)
        return corpus_write(argv[2], target_find(argv[3]));
    if (argc == 4 && strcmp(argv[1], "--file") == 0)
        return file_run(argv[2], target_find(argv[3]));
    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        if (strcmp(argv[at], "--runs") == 0)
            runs = strtoull(argv[at + 1], NULL, 10);
        else if (strcmp(argv[at], "--seed") == 0)
            seed = strtoull(argv[at + 1], NULL, 10);
        else
            return usage();
    }
    bool ok = true;
    for (int i = at; i < argc; i++)
        ok = target_run(target_find(argv[i]), seed, runs) && ok;
    for (size_t i = 0; i < LEAT_COUNT_OF(targets) && at == argc; i++)
        ok = target_run(targets[i], seed, runs) && ok;
    return ok ? 0 : 1;
}
