/* SPDX-License-Identifier: Apache-2.0
 *
 * `leat logs [JOB]`: what coordinator and workers logged, merged by time.
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "common/obs/log.h"
#include "common/sys/clock.h"

enum { LINES_DEFAULT = 200, LINES_MAX = 10000, FOLLOW_EVERY_MS = 500 };

typedef struct logs_options {
    const char *coordinator;
    const char *job; /* NULL = the whole cluster */
    const char *level;
    const char *worker;
    uint64_t line_count;
    bool follows;
    bool wants_json;
} logs_options;

static void print_line(const leat_json *line)
{
    char who[32] = "coordinator";
    int64_t worker = leat_client_number(line, "worker");
    if (worker != 0)
        snprintf(who, sizeof who, "worker=%lld", (long long)worker);
    leat_bytes level = leat_client_text(line, "level");
    printf("%.*s %-5.*s %-11s %.*s\n", LEAT_FMT(leat_client_text(line, "time")), LEAT_FMT(level),
           who, LEAT_FMT(leat_client_text(line, "text")));
}

static void print_lines(const logs_options *options, leat_client_answer *answer)
{
    const leat_json *lines = leat_json_member(answer->json, "lines");
    if (options->wants_json && leat_json_count(lines) > 0)
        fputs(leat_buf_text(&answer->body), stdout);
    for (size_t i = 0; !options->wants_json && i < leat_json_count(lines); i++)
        print_line(leat_json_element(lines, i));
    fflush(stdout);
}

static void query_print(const logs_options *options, uint64_t after, leat_buf *out)
{
    if (options->job != NULL) {
        leat_buf_add_text(out, "/jobs/");
        leat_client_escape(out, options->job);
    }
    leat_buf_print(out,
                   "/logs?lines=%llu&after=%llu&level=", (unsigned long long)options->line_count,
                   (unsigned long long)after);
    leat_client_escape(out, options->level);
    if (options->worker != NULL) {
        leat_buf_add_text(out, "&worker=");
        leat_client_escape(out, options->worker);
    }
}

/* One answer, shown; `*after` moves on. */
static bool show_once(const logs_options *options, uint64_t *after)
{
    leat_buf path = {0};
    leat_client_answer answer;
    query_print(options, *after, &path);
    bool is_fine = leat_client_request(options->coordinator, "GET", leat_buf_text(&path),
                                       (leat_bytes){0}, &answer);
    if (is_fine) {
        print_lines(options, &answer);
        uint64_t next = (uint64_t)leat_client_number(answer.json, "next");
        *after = next < *after ? 0 : next; /* less: another life of the coordinator */
    }
    leat_client_answer_fini(&answer);
    leat_buf_fini(&path);
    return is_fine;
}

int leat_cmd_logs(leat_args *args)
{
    logs_options options = {.coordinator = leat_client_coordinator(args),
                            .level = leat_args_value(args, "--level"),
                            .worker = leat_args_value(args, "--worker"),
                            .line_count = LINES_DEFAULT,
                            .follows = leat_args_flag(args, "--follow"),
                            .wants_json = leat_args_wants_json(args)};
    leat_args_number(args, "--lines", 1, LINES_MAX, &options.line_count);
    if (!leat_args_end(args, 0, 1))
        return LEAT_EXIT_USAGE;
    options.job = args->count > 0 ? args->words[0] : NULL;
    options.level = options.level == NULL ? "info" : options.level;
    uint64_t after = 0;
    if (!show_once(&options, &after))
        return LEAT_EXIT_FAILED;
    options.line_count = LINES_MAX; /* from here on: all that is new */
    while (options.follows && !ferror(stdout)) {
        leat_clock_sleep_ms(FOLLOW_EVERY_MS);
        if (!show_once(&options, &after))
            return LEAT_EXIT_FAILED;
    }
    return LEAT_EXIT_OK;
}
