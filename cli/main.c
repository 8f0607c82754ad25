/* SPDX-License-Identifier: Apache-2.0
 *
 * `leat VERB ...`; called as leat-VERB (a link) the verb is in the name.
 */
#include <stdio.h>

#include "cli/verbs.h"

#define LEAT_VERSION "0.1.0"

typedef struct cli_verb {
    const char *name;
    const char *usage;
    const char *summary;
    const char *example; /* arguments that a person might give */
    int (*run)(leat_args *args);
} cli_verb;

/* Where a group of verbs begins in the help. */
typedef struct cli_group {
    const char *first;
    const char *heading;
} cli_group;

static const cli_group GROUPS[] = {
    {"validate", "Look at a file, run it here"},
    {"submit", "Run it on a cluster"},
    {"workers", "Look after a cluster"},
    {"coordinator", "Serve"},
};

static const cli_verb VERBS[] = {
    {"validate", "FILE [-D NAME=VALUE]...", "check a topology file", "examples/auctions.yaml",
     leat_cmd_validate},
    {"plan", "FILE [-D NAME=VALUE]... [--output json]", "show what a topology file becomes",
     "examples/payments.yaml -D DATA=/var/data", leat_cmd_plan},
    {"functions", "", "list the functions that expressions may use", "| grep date",
     leat_cmd_functions},
    {"run", "FILE [-D NAME=VALUE]... [--data DIR] [--fresh] [--executors N] [--parallelism N]",
     "run a topology in this process, to the end of its input",
     "examples/auctions.yaml -D EVENTS=1000000 --data /tmp/auctions", leat_cmd_run},
    {"sql",
     "[-f FILE | -e SQL] [--output table|changelog|json] [--files DIR] [--executors N]\n"
     "         [--coordinator URL]",
     "run SQL statements, or type them: SHOW, EXPLAIN, SELECT, INSERT ...",
     "-e \"SELECT upper('leat')\"", leat_cmd_sql},
    {"test",
     "FILE... [--parallelism N] [--seed S] [--faults] [--only TEXT] [--timeout T]\n"
     "         [-D NAME=VALUE]... [--output json] [--script]",
     "run case files: rows in, rows expected", "tests/e2e/cases/payments.yaml --parallelism 4",
     leat_cmd_test},
    {"submit", "FILE [-D NAME=VALUE]... [--ignore-state] [--coordinator URL] [--output json]",
     "run a topology on a cluster", "examples/auctions.yaml --coordinator http://10.0.0.7:7070",
     leat_cmd_submit},
    {"jobs", "[--coordinator URL] [--output json]", "list the jobs of a cluster", "--output json",
     leat_cmd_jobs},
    {"describe", "JOB [--coordinator URL] [--output json]", "show one job and its slots",
     "auctions", leat_cmd_describe},
    {"stop", "JOB [--drain] [--coordinator URL]", "end a job with one last epoch, keep its state",
     "auctions --drain", leat_cmd_stop},
    {"cancel", "JOB [--coordinator URL]", "end a job at once", "auctions", leat_cmd_cancel},
    {"workers", "[--coordinator URL] [--output json]", "list the workers of a cluster",
     "--coordinator http://10.0.0.7:7070", leat_cmd_workers},
    {"drain", "WORKER [--no-wait] [--timeout T] [--coordinator URL]",
     "move a worker's slots elsewhere and let it leave", "worker-2", leat_cmd_drain},
    {"scale", "JOB N|auto [--no-wait] [--timeout T] [--coordinator URL]",
     "run a job in N slots, or as many as there are executors", "auctions 8", leat_cmd_scale},
    {"logs",
     "[JOB] [--follow] [--lines N] [--level info|warn|error] [--worker ID] [--coordinator URL]\n"
     "         [--output json]",
     "show log lines of a job, or of the whole cluster", "auctions --follow --level warn",
     leat_cmd_logs},
    {"coordinator", "--insecure [--data DIR] [--listen HOST:PORT] [--listen-control HOST:PORT]",
     "serve as the coordinator of a cluster",
     "--insecure --data /var/lib/leat/coordinator --listen 0.0.0.0:7070", leat_cmd_coordinator},
    {"worker",
     "--insecure [--coordinator HOST:PORT] [--data DIR] [--files DIR] [--executors N]\n"
     "         [--name NAME] [--listen HOST:PORT] [--advertise HOST] [--drain-timeout SECONDS]",
     "serve as a worker of a cluster",
     "--insecure --coordinator 10.0.0.7:7071 --data /var/lib/leat/worker --files /srv/shared",
     leat_cmd_worker},
};

static int print_help(FILE *out, int code)
{
    fputs("leat - events to processors, exactly once\n\nusage: leat VERB ...\n\n", out);
    for (size_t i = 0; i < LEAT_COUNT_OF(VERBS); i++) {
        for (size_t g = 0; g < LEAT_COUNT_OF(GROUPS); g++)
            if (strcmp(GROUPS[g].first, VERBS[i].name) == 0)
                fprintf(out, "%s%s:\n", i == 0 ? "" : "\n", GROUPS[g].heading);
        fprintf(out, "  %-12s %s\n", VERBS[i].name, VERBS[i].summary);
    }
    fputs("\n`leat VERB --help` shows what a verb takes; `leat --version` the version.\n", out);
    return code;
}

static const cli_verb *verb_find(const char *name)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(VERBS); i++)
        if (strcmp(VERBS[i].name, name) == 0)
            return &VERBS[i];
    return NULL;
}

static int report_unknown(const char *name)
{
    const char *names[LEAT_COUNT_OF(VERBS)];
    for (size_t i = 0; i < LEAT_COUNT_OF(VERBS); i++)
        names[i] = VERBS[i].name;
    const char *near = leat_suggest(leat_bytes_text(name), names, LEAT_COUNT_OF(VERBS));
    fprintf(stderr, "leat: unknown verb `%s`", name);
    if (near != NULL)
        fprintf(stderr, ", did you mean `%s`?", near);
    fputs("\n`leat --help` lists the verbs\n", stderr);
    return LEAT_EXIT_USAGE;
}

static int verb_run(const cli_verb *verb, int count, const char **words)
{
    leat_args args;
    leat_args_init(&args, verb->name, verb->usage, count, words);
    if (leat_args_flag(&args, "--help")) {
        printf("usage: leat %s %s\n\n%s\n\nexample: leat %s %s\n", verb->name, verb->usage,
               verb->summary, verb->name, verb->example);
        return LEAT_EXIT_OK;
    }
    int code = verb->run(&args);
    /* A full disk or a closed pipe behind stdout must not look like success. */
    if (fflush(stdout) != 0 && code == LEAT_EXIT_OK)
        return LEAT_EXIT_FAILED;
    return code;
}

int main(int argc, char **argv)
{
    const char **words = leat_alloc_zero((size_t)argc + 1, sizeof *words);
    for (int i = 0; i < argc; i++)
        words[i] = argv[i];
    int code;
    const char *base = argc == 0 ? "leat" : strrchr(argv[0], '/');
    base = base == NULL ? argv[0] : base + (base[0] == '/');
    const cli_verb *by_name = strncmp(base, "leat-", 5) == 0 ? verb_find(base + 5) : NULL;
    if (by_name != NULL)
        code = verb_run(by_name, argc - 1, words + 1);
    else if (argc < 2)
        code = print_help(stderr, LEAT_EXIT_USAGE);
    else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        code = print_help(stdout, LEAT_EXIT_OK);
    else if (strcmp(argv[1], "--version") == 0)
        code = puts("leat " LEAT_VERSION) < 0 ? LEAT_EXIT_FAILED : LEAT_EXIT_OK;
    else if (verb_find(argv[1]) != NULL)
        code = verb_run(verb_find(argv[1]), argc - 2, words + 2);
    else
        code = report_unknown(argv[1]);
    leat_free(words);
    return code;
}
