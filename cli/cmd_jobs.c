/* SPDX-License-Identifier: Apache-2.0
 *
 * The verbs that look: jobs, workers, describe.
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/verbs.h"

typedef void answer_print(const leat_json *json);

/* GET a path; the answer as it came (--output json) or as `print` shows it. */
static int look(const char *coordinator, const char *path, bool wants_json, answer_print *print)
{
    leat_client_answer answer;
    bool is_fine = leat_client_request(coordinator, "GET", path, (leat_bytes){0}, &answer);
    if (is_fine && wants_json)
        fputs(leat_buf_text(&answer.body), stdout);
    else if (is_fine)
        print(answer.json);
    leat_client_answer_fini(&answer);
    return is_fine ? LEAT_EXIT_OK : LEAT_EXIT_FAILED;
}

static void print_text(const leat_json *json, const char *key, int width)
{
    leat_bytes text = leat_client_text(json, key);
    printf("%-*.*s ", width, LEAT_FMT(text));
}

static void print_number(const leat_json *json, const char *key, int width)
{
    printf("%*lld ", width, (long long)leat_client_number(json, key));
}

static void print_job_line(const leat_json *job)
{
    print_number(job, "id", 4);
    print_text(job, "name", 24);
    print_text(job, "state", 10);
    print_number(job, "epoch", 8);
    print_number(job, "rows_in", 14);
    print_number(job, "rows_out", 14);
    print_number(job, "restarts", 8);
    printf("%.*s\n", LEAT_FMT(leat_client_text(job, "reason")));
}

static void print_jobs(const leat_json *json)
{
    const leat_json *jobs = leat_json_member(json, "jobs");
    printf("%4s %-24s %-10s %8s %14s %14s %8s\n", "ID", "NAME", "STATE", "EPOCH", "ROWS IN",
           "ROWS OUT", "RESTARTS");
    for (size_t i = 0; i < leat_json_count(jobs); i++)
        print_job_line(leat_json_element(jobs, i));
}

static void print_workers(const leat_json *json)
{
    const leat_json *workers = leat_json_member(json, "workers");
    printf("%4s %-24s %-8s %9s %6s %8s %s\n", "ID", "NAME", "STATE", "EXECUTORS", "SLOTS",
           "STANDBYS", "ENDPOINT");
    for (size_t i = 0; i < leat_json_count(workers); i++) {
        const leat_json *worker = leat_json_element(workers, i);
        print_number(worker, "id", 4);
        print_text(worker, "name", 24);
        print_text(worker, "state", 8);
        print_number(worker, "executors", 9);
        print_number(worker, "slots", 6);
        print_number(worker, "standbys", 8);
        printf("%.*s\n", LEAT_FMT(leat_client_text(worker, "endpoint")));
    }
}

static void print_job(const leat_json *job)
{
    static const char *const texts[] = {"name", "state", "reason", "waiting", "watermark"};
    static const char *const numbers[] = {
        "id",          "generation",      "epoch",    "published_epoch",  "restarts",
        "parallelism", "key_groups",      "replicas", "replicas_in_sync", "rows_in",
        "rows_out",    "late_rows",       "bad_rows", "state_bytes",      "aborted_epochs",
        "open_epoch",  "last_recovery_ms"};
    for (size_t i = 0; i < LEAT_COUNT_OF(texts); i++) {
        leat_bytes text = leat_client_text(job, texts[i]);
        printf("%-18s %.*s\n", texts[i], text.size == 0 ? 1 : (int)text.size,
               text.size == 0 ? "-" : text.data);
    }
    for (size_t i = 0; i < LEAT_COUNT_OF(numbers); i++)
        printf("%-18s %lld\n", numbers[i], (long long)leat_client_number(job, numbers[i]));
    const leat_json *slots = leat_json_member(job, "slots");
    printf("\n%4s %6s %8s %14s %14s %14s %s\n", "SLOT", "WORKER", "EXECUTOR", "ROWS IN", "ROWS OUT",
           "STATE BYTES", "WATERMARK");
    for (size_t i = 0; i < leat_json_count(slots); i++) {
        const leat_json *slot = leat_json_element(slots, i);
        print_number(slot, "slot", 4);
        print_number(slot, "worker", 6);
        print_number(slot, "executor", 8);
        print_number(slot, "rows_in", 14);
        print_number(slot, "rows_out", 14);
        print_number(slot, "state_bytes", 14);
        printf("%.*s\n", LEAT_FMT(leat_client_text(slot, "watermark")));
    }
}

int leat_cmd_jobs(leat_args *args)
{
    const char *coordinator = leat_client_coordinator(args);
    bool wants_json = leat_args_wants_json(args);
    if (!leat_args_end(args, 0, 0))
        return LEAT_EXIT_USAGE;
    return look(coordinator, "/jobs", wants_json, print_jobs);
}

int leat_cmd_workers(leat_args *args)
{
    const char *coordinator = leat_client_coordinator(args);
    bool wants_json = leat_args_wants_json(args);
    if (!leat_args_end(args, 0, 0))
        return LEAT_EXIT_USAGE;
    return look(coordinator, "/workers", wants_json, print_workers);
}

int leat_cmd_describe(leat_args *args)
{
    const char *coordinator = leat_client_coordinator(args);
    bool wants_json = leat_args_wants_json(args);
    if (!leat_args_end(args, 1, 1))
        return LEAT_EXIT_USAGE;
    leat_buf path = {0};
    leat_buf_add_text(&path, "/jobs/");
    leat_client_escape(&path, args->words[0]);
    int code = look(coordinator, leat_buf_text(&path), wants_json, print_job);
    leat_buf_fini(&path);
    return code;
}
